"""Files of one table that hold its columns in different layouts or another order, read as if they were alike.

Older partitions are ``string``, newer ones ``large_string`` or dictionaries: that is up to the program that wrote them.
Each file's twin is written in the layout of that file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from dataops_infra.masking.formats.base import DataFile, Writer
from dataops_infra.masking.formats.parquet import ParquetFile
from dataops_infra.masking.layouts import common_layout


def in_one_layout(files: Sequence[DataFile]) -> list[DataFile]:
    """The files of a table; those that differ in layout or order alone are read as the first in one layout."""
    schema = files[0].schema
    for file in files[1:]:
        schema = _common(schema, file.schema) or schema
    return [InLayout(file, schema) if _is_other_layout(file.schema, schema) else file for file in files]


def own_file(data: DataFile) -> DataFile:
    """The file as it is, whatever layout its columns are read in."""
    return data.own if isinstance(data, InLayout) else data


def parts(data: DataFile, at_most: int) -> list[DataFile]:
    """A file in pieces of at most so many stored bytes each, where its format lets it be read in pieces."""
    if isinstance(data, InLayout):
        return [InLayout(part, data.schema) for part in parts(data.own, at_most)]
    return [*data.parts(at_most)] if isinstance(data, ParquetFile) else [data]


def stored_bytes(data: DataFile) -> int | None:
    """How many bytes the rows of a file, or of such a piece, take where they are stored; None = its format hides it."""
    own = own_file(data)
    return own.stored_bytes if isinstance(own, ParquetFile) else None


def _is_other_layout(schema: pa.Schema, wanted: pa.Schema) -> bool:
    return not schema.equals(wanted) and _common(wanted, schema) is not None


def _common(one: pa.Schema, other: pa.Schema) -> pa.Schema | None:
    """``one`` in the layout that has room for both; None = they differ in more than that and their order."""
    if sorted(one.names) != sorted(other.names) or len(set(one.names)) < len(one.names):
        return None
    pairs = [(field, other.field(field.name)) for field in one]
    kinds = [common_layout(mine.type, their.type) for mine, their in pairs if mine.nullable == their.nullable]
    if None in kinds or len(kinds) < len(pairs):
        return None
    return pa.schema([field.with_type(kind) for field, kind in zip(one, kinds, strict=True)], one.metadata)


@dataclass(frozen=True)
class InLayout:
    """One file, whose columns come in the layout of its table."""

    own: DataFile
    schema: pa.Schema
    """Columns and their types, as the table has them."""

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.own.path

    @property
    def kind(self) -> str:
        """Its format in words."""
        return self.own.kind

    @property
    def rows(self) -> int | None:
        """How many rows it has; None where only reading it would tell."""
        return self.own.rows

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order.

        :raises MaskingError: the file is damaged.
        """
        for batch in self.own.batches(columns):
            yield _relaid(batch, _chosen(self.schema, columns))

    def encoded_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, where columns that the file holds as dictionaries may come as such."""
        return (_encoded(batch, _chosen(self.schema, columns)) for batch in self.own.encoded_batches(columns))

    def quick_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, in the layout that is read quickest but for nested columns; texts are checked."""
        nested = {field.name: field for field in self.schema if pa.types.is_nested(field.type)}
        for batch in self.own.quick_batches(columns):
            yield _encoded(batch, pa.schema([nested.get(field.name, field) for field in batch.schema]))

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, where few are asked for."""
        return (_relaid(batch, _chosen(self.schema, columns)) for batch in self.own.first_batches(rows, columns))

    def sample(self, rows: int) -> pa.Table:
        """Rows from all over the file, always the same ones."""
        return self.own.sample(rows).select(self.schema.names).cast(self.schema)

    def writer(self, target: Path) -> Writer:
        """What writes a file of this format in the file's own layout."""
        return _OwnLayoutWriter(self.own.writer(target), self.own.schema)


class _OwnLayoutWriter:
    """Takes batches in the layout of a table, and writes them in that of a file."""

    def __init__(self, writer: Writer, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema
        self.close, self.abort = writer.close, writer.abort

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of ``batch``."""
        self._writer.write(_encoded(batch, self._schema))


def _chosen(schema: pa.Schema, columns: Sequence[str] | None) -> pa.Schema:
    return schema if columns is None else pa.schema([schema.field(name) for name in columns])


def _relaid(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [batch.column(field.name).cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _encoded(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of ``batch`` that ``schema`` has, as there; dictionaries stay some, of texts as there."""
    columns = [_entries_in(batch.column(field.name), field.type) for field in schema]
    fields = [field.with_type(column.type) for field, column in zip(schema, columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _entries_in(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if not pa.types.is_dictionary(column.type) or pa.types.is_dictionary(kind):
        return column.cast(kind)
    return pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(kind), ordered=column.type.ordered)
