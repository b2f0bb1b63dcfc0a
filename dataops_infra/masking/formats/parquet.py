"""Parquet files: row groups are read in bounded batches and written with the source's compression."""

from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.masking.formats.base import batch_rows, bounded, checked, reading
from dataops_infra.masking.formats.metadata import safe_schema
from dataops_infra.masking.formats.own_values import own_dictionaries
from dataops_infra.masking.formats.parquet_views import ParquetViews, beside
from dataops_infra.masking.formats.spreading import rows_of, spread_depths, spread_numbers, spread_places
from dataops_infra.masking.stores import placed

SUFFIXES = (".parquet", ".parq", ".pq")
KIND = "Parquet"
ROW_GROUP_ROWS = 262_144
"""Rows of a written row group at most."""
ROW_GROUP_BYTES = 64 * 1024 * 1024
"""Bytes of a written row group in memory, about."""

WRITE_BATCH_ROWS = 65_536
"""Values that are encoded at a time; with the 1,024 of the library writing takes 7 % longer."""

_SMALL_DICTIONARY = 128 * 1024
_DICTIONARY_BYTES_PER_VALUE = 1
_SAMPLED_BYTES_A_ROW = 128 * 1024
"""So many bytes are decoded for each row of a sample, as far as whole row groups allow."""
_ROWS_A_GROUP = (4, 64)
"""Least and most rows of a sample that one row group gives, as far as there are enough groups."""
_SMALL_GROUP = 1024 * 1024
"""Bytes of a row group that is always read to its end."""
_LEAST_DEPTH = 0.125
"""Share of a large row group that is read at least, where several are."""


class ParquetFile:
    """One Parquet file."""

    kind = KIND

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(path, KIND), self._open() as file:
            self.metadata = file.metadata
            self.row_groups = range(file.metadata.num_row_groups)
            """The row groups that are read: all, or those of a :meth:`part`."""
            self.schema = safe_schema(file.schema_arrow)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(int(self.metadata.row_group(number).num_rows) for number in self.row_groups)

    @cached_property
    def dictionary_columns(self) -> tuple[str, ...]:
        """Text columns that the file holds as nothing but dictionaries: those of few different values."""
        texts = {
            field.name
            for field in self.schema
            if pa.types.is_string(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_string(field.type)
        }
        return tuple(name for name in self.coded_paths if name in texts)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order."""
        yield from self._read(columns, ())

    def encoded_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order, with :attr:`dictionary_columns` as dictionaries."""
        yield from self._read(columns, self.dictionary_columns)

    def quick_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`encoded_batches`, texts checked, and as views where polars reads them."""
        with reading(self.path, KIND), self._open(self.dictionary_columns, self.metadata) as file:
            fields = _chosen(file, columns)
            # Parts of an object in a store are requests, for which polars would look for credentials of its own.
            is_local = placed(self.path)[1] is None
            views = ParquetViews(self.path, self.metadata, fields) if is_local else None
            others = [field for field in fields if views is None or field.name not in views.names]
            for number in self.row_groups:
                group = None if views is None else views.read(number)
                if group is None:
                    yield from checked(self._group(file, number, fields), self.path)
                elif others:
                    yield from beside(group, checked(self._group(file, number, others), self.path))
                else:
                    yield from bounded(iter(group.to_batches()))
                del group  # so that the next one is read into its memory

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, of at most ``rows`` rows each, so that no more are decoded."""
        yield from self._read(columns, (), rows)

    def sample(self, rows: int) -> pa.Table:
        """Rows from all over the row groups; of many or large ones, from some that are evenly spread.

        What stands in front of a page must be decoded to get at it. So large groups are read to different depths.
        """
        sizes = [self._bytes_of(number) for number in range(self.metadata.num_row_groups)]
        least, most = max(-(-rows // _ROWS_A_GROUP[1]), 2), -(-rows // _ROWS_A_GROUP[0])
        affordable = rows * _SAMPLED_BYTES_A_ROW * len(sizes) // max(sum(sizes), 1)
        chosen = spread_numbers(len(sizes), min(max(least, affordable), most))
        share = -(-rows // max(len(chosen), 1))
        parts = [pa.Table.from_batches([], self.schema)]
        with reading(self.path, KIND), self._open(metadata=self.metadata) as file:
            for group, depth in zip(chosen, spread_depths(len(chosen), _LEAST_DEPTH), strict=True):
                count = self.metadata.row_group(group).num_rows
                deep = count if sizes[group] <= _SMALL_GROUP else max(int(count * depth), min(share, count))
                step = min(batch_rows(sizes[group], count), max(deep, 1))
                batches = file.iter_batches(step, row_groups=[group], use_threads=False)
                parts.append(rows_of(batches, self.schema, spread_places(deep, share)))
        return pa.concat_tables(parts)

    @property
    def stored_bytes(self) -> int:
        """How many bytes its row groups take in the file."""
        return sum(map(self._stored, self.row_groups))

    def parts(self, at_most: int) -> "list[ParquetFile]":
        """The file as runs of row groups, of at most so many stored bytes each or one row group; in order."""
        found: list[range] = []
        size = 0
        for number in self.row_groups:
            stored = self._stored(number)
            if not found or size + stored > at_most:
                found.append(range(number, number))
                size = 0
            size += stored
            found[-1] = range(found[-1].start, number + 1)
        return [self._part(groups) for groups in found] or [self]

    def writer(self, target: Path) -> "ParquetWriter":
        """A writer with this file's compression and dictionaries."""
        return ParquetWriter(target, self)

    def compressions(self) -> dict[str, str]:
        """Column path -> codec, as in the first row group."""
        if not self.metadata.num_row_groups:
            return {}
        group = self.metadata.row_group(0)
        return {
            group.column(n).path_in_schema: _codec(group.column(n).compression)
            for n in range(self.metadata.num_columns)
        }

    @cached_property
    def coded_paths(self) -> list[str]:
        """Paths of the leaf columns that were written as dictionaries to the end."""
        groups = self.metadata.num_row_groups
        places = list(range(self.metadata.num_columns if groups else 0))
        for number in range(groups):  # one at a time: what is known of all columns of all of them is megabytes
            group = self.metadata.row_group(number)
            places = [place for place in places if _is_coded(group.column(place))]
        return [self.metadata.schema.column(place).path for place in places]

    def stated_paths(self) -> list[str]:
        """Paths of the leaf columns whose statistics a reader may skip row groups by, as far as they are there.

        Least and greatest texts cost an eighth of writing them and tell row groups apart only where these are sorted.
        """
        groups = self.metadata.num_row_groups
        if not groups:
            return []
        first, last = self.metadata.row_group(0), self.metadata.row_group(groups - 1)
        columns = [(first.column(n), last.column(n)) for n in range(self.metadata.num_columns)]
        # The one row group of a file may differ from those of the table's other files.
        return [
            chunk.path_in_schema
            for chunk, other in columns
            if chunk.is_stats_set and (groups == 1 or chunk.physical_type != "BYTE_ARRAY" or _are_apart(chunk, other))
        ]

    def _stored(self, number: int) -> int:
        group = self.metadata.row_group(number)
        return sum(group.column(n).total_compressed_size for n in range(self.metadata.num_columns))

    def _part(self, groups: range) -> "ParquetFile":
        part = copy(self)
        part.row_groups = groups
        return part

    def _bytes_of(self, number: int) -> int:
        group = self.metadata.row_group(number)
        return sum(group.column(n).total_uncompressed_size for n in range(self.metadata.num_columns))

    def _open(self, dictionaries: Sequence[str] = (), metadata: Any = None) -> pq.ParquetFile:
        name, filesystem = placed(self.path)
        return pq.ParquetFile(
            name,
            metadata=metadata,
            read_dictionary=list(dictionaries) or None,
            memory_map=False,
            pre_buffer=filesystem is not None,  # many small reads are slow where each is a request
            filesystem=filesystem,
        )

    def _read(
        self, columns: Sequence[str] | None, dictionaries: Sequence[str], at_most: int = ROW_GROUP_ROWS
    ) -> Iterator[pa.RecordBatch]:
        with reading(self.path, KIND), self._open(dictionaries, self.metadata) as file:
            fields = _chosen(file, columns)
            for number in self.row_groups:
                yield from self._group(file, number, fields, at_most)

    def _group(
        self, file: pq.ParquetFile, number: int, fields: Sequence[pa.Field], at_most: int = ROW_GROUP_ROWS
    ) -> Iterator[pa.RecordBatch]:
        rows = min(batch_rows(self._bytes_of(number), self.metadata.row_group(number).num_rows), at_most)
        columns = [field.name for field in fields]
        for batch in bounded(file.iter_batches(rows, row_groups=[number], columns=columns, use_threads=False)):
            yield _ordered(batch, fields)
            del batch  # so that the next one is read into its memory


def _chosen(file: pq.ParquetFile, columns: Sequence[str] | None) -> list[pa.Field]:
    """The columns that are asked for, as ``file`` reads them."""
    schema = safe_schema(file.schema_arrow)
    return list(schema) if columns is None else [schema.field(name) for name in columns]


def _ordered(batch: pa.RecordBatch, fields: Sequence[pa.Field]) -> pa.RecordBatch:
    found = dict(zip(batch.schema.names, batch.columns, strict=True))
    return pa.RecordBatch.from_arrays([found[field.name] for field in fields], schema=pa.schema(fields))


class ParquetWriter:
    """Collects batches into row groups; statistics are those of the masked data."""

    def __init__(self, target: Path, like: ParquetFile) -> None:
        self._target, self._like = target, like
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of ``batch``; a row group is written when enough have come."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Finish the file."""
        if self._waiting or self._writer is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def abort(self) -> None:
        """Let go of the file as it is."""
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        schema = self._waiting[0].schema if self._waiting else self._like.schema
        batches = [_with_own_dictionaries(batch) for batch in self._waiting]
        table = pa.Table.from_batches(batches, schema).unify_dictionaries()
        if self._writer is None:
            self._writer = self._open(schema)
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self._waiting, self._rows, self._bytes = [], 0, 0

    def _open(self, schema: pa.Schema) -> pq.ParquetWriter:
        like = self._like
        codecs = like.compressions()
        # A file of the same columns that were read as dictionaries: the stored schema says what they are to a reader.
        name, filesystem = placed(self._target)
        writer = pq.ParquetWriter(
            name,
            schema.remove_metadata(),
            filesystem=filesystem,
            compression=codecs or "snappy",
            use_dictionary=like.coded_paths,
            write_statistics=like.stated_paths(),
            write_batch_size=WRITE_BATCH_ROWS,
            store_schema=False,
        )
        writer.add_key_value_metadata(_key_value_metadata(like.schema))
        return writer


def _key_value_metadata(schema: pa.Schema) -> dict[str, str]:
    import base64

    stored = {"ARROW:schema": base64.b64encode(schema.serialize().to_pybytes()).decode()}
    return stored | {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}


def _with_own_dictionaries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """``batch`` with dictionaries that the writer takes, of entries in use: it would write the others too."""
    named = zip(batch.schema.names, batch.columns, strict=True)
    return pa.RecordBatch.from_arrays([own_dictionaries(*each) for each in named], schema=batch.schema)


def _is_coded(chunk: Any) -> bool:
    """Whether a column chunk has few different values.

    The list of encodings does not say whether a writer gave its dictionary up half-way. It does so when the dictionary
    has grown large (1 MiB in Arrow and Spark), so a small one of many values was kept to the end.
    """
    if not chunk.has_dictionary_page:
        return False
    size = chunk.data_page_offset - chunk.dictionary_page_offset
    return bool(0 < size <= min(_SMALL_DICTIONARY, chunk.num_values * _DICTIONARY_BYTES_PER_VALUE))


def _are_apart(first: Any, last: Any) -> bool:
    """Whether no value of one column chunk lies between the least and the greatest of the other.

    As bytes, which texts are ordered by: whoever reads a text that is no UTF-8 refuses it, with its column's name.
    """
    sides = first.statistics, last.statistics
    if any(side is None or not side.has_min_max for side in sides):
        return False
    return bool(sides[0].max_raw < sides[1].min_raw or sides[1].max_raw < sides[0].min_raw)


def _codec(name: str) -> str:
    return {"UNCOMPRESSED": "NONE", "LZ4": "LZ4", "LZ4_RAW": "LZ4"}.get(name, name)
