"""SQLite files: ``sqlite:///shop.db`` below this folder, ``sqlite:////data/shop.db`` from the root.

SQLite's columns take values of any type; masking needs one type per column, which is read from the values. Virtual
tables, their shadow tables, views and triggers are left out, generated columns too: the copy computes its own.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from dataops_infra.conventions.listing import listed
from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import Catalogue
from dataops_infra.masking.places import misfits
from dataops_infra.masking.places.copy_notes import ROWS_PER_BATCH, is_bytes, stored_places
from dataops_infra.masking.places.embedded import DEFAULT_SCHEMA, Delivery, EmbeddedPlace, parse_path
from dataops_infra.masking.places.names import TableName, identifier, identifiers
from dataops_infra.masking.places.sqlite_tables import DIALECT, Table, catalogue_of, read_tables
from dataops_infra.masking.places.statements import columns_of, condition_of
from dataops_infra.masking.progress import QUIET, Progress
from dataops_infra.masking.sources import SourceTable
from dataops_infra.reporting.escaping import one_line

_REASONS = {
    "SQLITE_BUSY": "another program has locked it: wait until that has ended",
    "SQLITE_NOTADB": "it is no SQLite database",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_READONLY": "a change of it was not ended: open it once with a program that may write",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_ERROR_MISSING_COLLSEQ": "it orders texts by a rule (COLLATE) that only its application knows",
}
"""Beginning of an error's name (https://www.sqlite.org/rescode.html) -> what it means here."""
_FIRST_ROWS = 256
_BYTES_PER_BATCH = 32 * 1024 * 1024
"""So that rows with pictures or documents in them fit into memory: batches are as long as the last one allows."""
_LARGEST_EXACT = 2**53
"""Whole numbers up to here are the same as floating point numbers."""


def open_uri(text: str) -> "SqlitePlace":
    """The place that ``text`` names; nothing is opened yet.

    :raises MaskingError: it is written wrongly.
    """
    return SqlitePlace(parse_path(text))


class SqlitePlace(EmbeddedPlace[sqlite3.Connection, Table]):
    """A SQLite file."""

    scheme = DIALECT
    unfit = (sqlite3.IntegrityError, OverflowError)
    refused = (sqlite3.Error, UnicodeError, OverflowError)
    logs = ("-wal", "-journal")

    @contextmanager
    def connected(self, file: Path, *, is_new: bool) -> Iterator[sqlite3.Connection]:
        """By the standard library; keys of a copy are not checked row by row."""
        mode = "rwc" if is_new else "ro"
        database = sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        try:
            database.execute("PRAGMA foreign_keys = OFF")
            yield database
        finally:
            database.close()

    def has_type(self, kind: pa.DataType) -> bool:
        """Whether it is one of SQLite's, or can be written as text."""
        try:
            _stored(pa.array([], kind))
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            return False
        return True

    def called(self, known_as: str) -> TableName:
        """SQLite has no schemas: dots are parts of names."""
        return TableName(DEFAULT_SCHEMA, unquote(known_as))

    def tables(self, database: sqlite3.Connection) -> list[Table]:
        """As :func:`read_tables` does."""
        return read_tables(database)

    def rows(self, database: sqlite3.Connection, table: Table) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """As they lie.

        :raises MaskingError: a column holds values of several types, or rows have no order.
        """
        schema = _schema(database, table)
        return schema, _batches(database, table, schema)

    def catalogue(
        self, database: sqlite3.Connection, tables: Sequence[Table], names: Mapping[TableName, str]
    ) -> Catalogue:
        """As :func:`catalogue_of` does."""
        return catalogue_of(database, tables, names)

    def load(self, database: sqlite3.Connection, delivery: Delivery[Table], progress: Progress) -> bytes | None:
        """Row by row; what has no type here as text."""
        if delivery.made is None:
            database.execute(_plain_table(delivery.name, delivery.source.schema))
        _insert(database, delivery.name, delivery.source, progress)
        has_key = delivery.made is not None and delivery.made.primary_key
        return _order(database, delivery.made, delivery.source) if delivery.made is not None and has_key else None

    def try_rows(self, database: sqlite3.Connection, delivery: Delivery[Table], made: Table) -> None:  # noqa: ARG002
        """By loading them."""
        self._load(database, delivery, QUIET)

    def misfit(self, error: Exception, delivery: Delivery[Table]) -> str:
        """By SQLite's own text, which names columns and never a value."""
        said, table, columns = str(error), delivery.shown, delivery.source.schema.names
        named = said.partition(" failed: ")[2]
        if said.startswith("NOT NULL"):
            return misfits.of_null(named)
        if said.startswith("UNIQUE"):
            key = [column for column in columns if f"{table}.{column}" in named.split(", ")]
            return misfits.of_key(table, ", ".join(key) or one_line(named))
        if said.startswith("CHECK"):
            condition = condition_of(delivery.made.statement, named) if delivery.made is not None else named
            return misfits.of_check(table, columns_of(condition, columns), one_line(named))
        if said == "datatype mismatch" and delivery.made is not None:
            return misfits.of_type(f"{table}.{delivery.made.primary_key[0]} (INTEGER PRIMARY KEY)")
        typed = [column for column in columns if said.endswith(f"{table}.{column}")]
        return misfits.of_type(f"{table}.{typed[0]}" if typed else table)

    def reason(self, error: Exception) -> str:
        """By SQLite's own name of the error: its text may repeat a value."""
        if str(error).startswith("Could not decode to UTF-8"):
            return "a text in it is not UTF-8"
        name = str(getattr(error, "sqlite_errorname", type(error).__name__))
        return next((said for beginning, said in _REASONS.items() if name.startswith(beginning)), name)


def _schema(database: sqlite3.Connection, table: Table) -> pa.Schema:
    """One type per column, by what is stored in it; where nothing is, by its declared type.

    :raises MaskingError: a column holds values of types that are not one.
    """
    selected = ", ".join(f"group_concat(DISTINCT typeof({identifier(column)}))" for column in table.columns)
    stored = database.execute(f"SELECT {selected} FROM {table.name.sql}").fetchone()  # noqa: S608 - quoted
    fields, mixed = [], []
    for column, declared, required, kinds in zip(table.columns, table.declared, table.required, stored, strict=True):
        found = set((kinds or "").split(",")) - {"null", ""}
        if found == {"integer", "real"} and _are_exact(database, table.name, column):
            found = {"real"}
        if len(found) > 1:
            mixed.append(f"{column} ({', '.join(sorted(found))})")
            continue
        kind = _TYPES[found.pop()] if found else _by_affinity(declared)
        fields.append(pa.field(column, kind, nullable=not required))
    if mixed:
        raise MaskingError(
            f"sqlite table {table.name.name} holds values of several types in {listed(mixed)}: give each column one "
            "type"
        )
    return pa.schema(fields)


_TYPES = {"integer": pa.int64(), "real": pa.float64(), "text": pa.string(), "blob": pa.binary()}
_AFFINITIES = (("INT", pa.int64()), ("CHAR", pa.string()), ("CLOB", pa.string()), ("TEXT", pa.string()))


def _by_affinity(declared: str) -> pa.DataType:
    """https://www.sqlite.org/datatype3.html, section 3.1; NUMERIC is read as floating point."""
    for part, kind in _AFFINITIES:
        if part in declared:
            return kind
    return pa.binary() if "BLOB" in declared or not declared else pa.float64()


def _are_exact(database: sqlite3.Connection, table: TableName, column: str) -> bool:
    name = identifier(column)
    query = f"SELECT min({name}), max({name}) FROM {table.sql} WHERE typeof({name}) = 'integer'"  # noqa: S608
    lowest, highest = database.execute(query).fetchone()
    return bool(lowest >= -_LARGEST_EXACT and highest <= _LARGEST_EXACT)


def _batches(database: sqlite3.Connection, table: Table, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    selected = identifiers(table.columns)
    cursor = database.execute(
        f"SELECT {selected} FROM {table.name.sql} ORDER BY {table.stored_order}"  # noqa: S608 - quoted
    )
    wanted = _FIRST_ROWS
    while rows := cursor.fetchmany(wanted):
        columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
        batch = pa.RecordBatch.from_arrays(columns, schema=schema)
        yield batch
        wanted = max(1, min(ROWS_PER_BATCH, _BYTES_PER_BATCH * len(rows) // max(1, batch.nbytes)))


def _plain_table(name: TableName, schema: pa.Schema) -> str:
    columns = ", ".join(f"{identifier(field.name)} {_sql_type(field.type)}" for field in schema)
    return f"CREATE TABLE {name.sql} ({columns})"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "INTEGER"
    if pa.types.is_floating(kind):
        return "REAL"
    return "BLOB" if is_bytes(kind) else "TEXT"


def _insert(database: sqlite3.Connection, name: TableName, table: SourceTable, progress: Progress) -> None:
    names = table.schema.names
    places = ", ".join("?" for _name in names)
    statement = f"INSERT INTO {name.sql} ({identifiers(names)}) VALUES ({places})"  # noqa: S608
    for batch in table.batches():
        columns = [_stored(values) for values in batch.columns]
        database.executemany(statement, zip(*columns, strict=True))
        progress.advance(batch.num_rows)


def _stored(values: pa.Array) -> list[Any]:
    """The values as SQLite takes them; what it has no type for as text.

    :raises pyarrow.ArrowNotImplementedError: there is no text for them either.
    """
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    plain = values.cast(kind)
    if isinstance(kind, pa.UuidType):
        return [None if value is None else str(value) for value in plain.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or is_bytes(kind):
        return list(plain.to_pylist())
    return list(plain.cast(pa.string()).to_pylist())


def _order(database: sqlite3.Connection, table: Table, delivered: SourceTable) -> bytes | None:
    """Where SQLite keeps its rows by the key that was masked: how to read them in the order they were delivered in."""
    key = identifiers(table.primary_key)
    query = f"SELECT {key} FROM {table.name.sql} ORDER BY {table.stored_order}"  # noqa: S608 - quoted
    position: dict[tuple[Any, ...], int] = {}
    for batch in delivered.batches(table.primary_key):
        columns = [_stored(batch.column(name)) for name in table.primary_key]
        for row in zip(*columns, strict=True):
            position[row] = len(position)
    stored = [position[row] for row in database.execute(query) if row in position]
    if len(stored) != len(position) or stored == list(range(len(stored))):
        return None
    return stored_places(stored)
