"""Tables as Parquet files: one snapshot, binary COPY, rows in the order in which they lie."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import Catalogue, StatedColumn, StatedKey, StatedTable, write_catalogue
from dataops_infra.masking.formats.parquet import ROW_GROUP_BYTES, ROW_GROUP_ROWS
from dataops_infra.masking.manifest import FOLDER_MANIFEST
from dataops_infra.masking.places.postgresql.address import Address
from dataops_infra.masking.places.postgresql.choosing import chosen_tables
from dataops_infra.masking.places.postgresql.names import SUFFIX, identifier
from dataops_infra.masking.places.postgresql.notes import MANIFEST, ORDER, read_note
from dataops_infra.masking.places.postgresql.order import in_order
from dataops_infra.masking.places.postgresql.session import ORDERED, Failure, Session
from dataops_infra.masking.places.postgresql.tables import Column, Database, Table
from dataops_infra.masking.progress import Progress

_SAMPLED_ROWS = 20_000
_REPETITION = 0.1
"""A column of at most this share of different values is written as a dictionary."""
_PRIVILEGE = "42501"


def fetch(session: Session, address: Address, folder: Path, progress: Progress, *, is_copy: bool = False) -> None:
    """Write the chosen tables, their catalogue and the manifest of a masked copy below ``folder``.

    :param is_copy: whether it is to be judged, and need not hold all tables that its keys name.

    :raises MaskingError: tables are missing or cannot be read, or hold what no file can.
    """
    default = address.schemas[0]
    try:
        database, tables = chosen_tables(session, address, is_copy=is_copy)
        session.run(f"LOCK TABLE {', '.join(table.sql for table in tables)} IN ACCESS SHARE MODE")
        manifest = read_note(session, default, MANIFEST)
        partitioned = [table.name.known_as(default) for table in tables if table.is_partitioned]
        noted = {name: read_note(session, default, f"{ORDER}{name}") for name in partitioned}
        orders = {name: note for name, note in noted.items() if note is not None}
    except Failure as failure:
        raise MaskingError(f"{address.shown}: its catalogue cannot be read (SQLSTATE {failure.state})") from None
    write_catalogue(catalogue_of(database, tables, default), folder)
    session.set(ORDERED)
    for table in tables:
        if table.stored:
            _write(session, table, folder / f"{table.name.known_as(default)}{SUFFIX}", progress)
    for name, order in orders.items():
        in_order(folder / f"{name}{SUFFIX}", order)
    if manifest is not None:
        (folder / FOLDER_MANIFEST).write_bytes(manifest)


def catalogue_of(database: Database, tables: Sequence[Table], default_schema: str) -> Catalogue:
    """What is stated about ``tables``, under the names that files have."""
    names = {table.name: table.name.known_as(default_schema) for table in tables if table.stored}
    left_out = {name.known_as(default_schema): what for name, what in database.left_out.items()}
    left_out |= {table.name.known_as(default_schema): "without columns" for table in tables if not table.stored}
    return Catalogue(
        tables={names[table.name]: _stated(table) for table in tables if table.stored},
        foreign_keys=tuple(
            StatedKey(
                table=names[key.table],
                columns=key.columns,
                references=names[key.references],
                referenced_columns=key.referenced_columns,
            )
            for key in database.foreign_keys
            if key.table in names and key.references in names
        ),
        left_out=left_out,
    )


def selection(table: Table) -> str:
    """The query of all stored columns, in their order."""
    selected = ", ".join(
        f"{column.carriage.selected(column.name)} AS {identifier(column.name)}" for column in table.stored
    )
    arrays = [identifier(column.name) for column in table.stored if column.carriage.is_array]
    odd = " OR ".join(f"array_ndims({name}) > 1 OR array_lower({name}, 1) <> 1" for name in arrays)
    return f"SELECT {selected}{f', COALESCE({odd}, false)' if odd else ''} FROM {table.sql}"  # noqa: S608 - quoted


def schema_of(table: Table) -> pa.Schema:
    """The columns of its file."""
    return pa.schema([pa.field(column.name, column.carriage.arrow) for column in table.stored])


def batches_of(session: Session, table: Table) -> Iterator[pa.RecordBatch]:
    """The rows of a table, in the types of its file.

    :raises MaskingError: it cannot be read, or holds what no file can.
    """
    schema = schema_of(table)
    try:
        for batch in session.stream(selection(table)):
            columns = batch.columns[: len(schema)]
            if len(columns) < batch.num_columns and pc.any(batch.column(len(schema))).as_py():
                raise MaskingError(
                    f"{table.name.shown} has arrays of several dimensions or that do not begin at 1, which no file "
                    "holds; leave the table out by ?tables="
                )
            pairs = zip(table.stored, columns, strict=True)
            yield pa.RecordBatch.from_arrays([_typed(table, *pair) for pair in pairs], schema=schema)
    except Failure as failure:
        raise MaskingError(_unread(session, table, failure)) from None


def _unread(session: Session, table: Table, failure: Failure) -> str:
    if failure.state == _PRIVILEGE:
        return (
            f"{session.shown}: {table.name.shown} cannot be read whole: a row security policy, or a missing right, "
            "hides a part of it from this user"
        )
    return f"{session.shown}: {table.name.shown} cannot be read (SQLSTATE {failure.state})"


def _typed(table: Table, column: Column, values: pa.Array) -> pa.Array:
    kind = column.carriage.arrow
    if values.type == kind:
        return values
    try:
        return values.cast(kind)
    except pa.ArrowException:
        raise MaskingError(
            f"{table.name.shown}.{column.name} holds values that its type {column.type} has beside numbers, such as "
            "NaN, and that no file holds; set them to null, or make the column double precision"
        ) from None


def _stated(table: Table) -> StatedTable:
    columns = {}
    for column in table.stored:
        carriage = column.carriage
        if carriage.is_closed or carriage.length is not None:
            path = f"{column.name}[]" if carriage.is_array else column.name
            columns[path] = StatedColumn(
                type=column.type,
                length=carriage.length,
                is_closed=carriage.is_closed,
                stand_in=carriage.stand_in,
                values=carriage.values,
            )
    return StatedTable(
        primary_key=table.primary_key,
        unique=table.unique,
        generated=tuple(column.name for column in table.columns if column.is_generated),
        columns=columns,
    )


def _write(session: Session, table: Table, path: Path, progress: Progress) -> None:
    with TableFile(path, required_schema(table)) as file:
        for batch in batches_of(session, table):
            file.write(batch)
            progress.advance(batch.num_rows)


def required_schema(table: Table) -> pa.Schema:
    """As :func:`schema_of`, with the columns that must not be null."""
    required = {column.name for column in table.stored if column.is_required}
    return pa.schema([field.with_nullable(field.name not in required) for field in schema_of(table)])


class TableFile:
    """A Parquet file that is written beside what goes on: a row group is encoded while the next one arrives."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._schema = path, schema
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0
        self._writer: pq.ParquetWriter | None = None
        self._encoding: Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, "write")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._pool:
            if kind is None:
                self._flush()
                self._finish()
        if self._writer is not None:
            self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows.

        :raises OSError: what came before could not be written.
        """
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._finish()
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting).cast(self._schema)
        self._waiting, self._rows, self._bytes = [], 0, 0
        if self._writer is None:
            repeated = [name for name in table.column_names if _is_repetitive(table[name])]
            self._writer = pq.ParquetWriter(
                self._path, self._schema, compression="lz4", use_dictionary=repeated, write_statistics=False
            )
        if table.num_rows:
            self._encoding = self._pool.submit(self._writer.write_table, table, ROW_GROUP_ROWS)

    def _finish(self) -> None:
        if self._encoding is not None:
            self._encoding.result()
            self._encoding = None


def _is_repetitive(values: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(values.type):
        return False
    some = values.slice(0, _SAMPLED_ROWS)
    return bool(pc.count_distinct(some).as_py() <= _REPETITION * len(some))
