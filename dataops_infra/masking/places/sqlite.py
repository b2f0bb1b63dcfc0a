"""SQLite files: ``sqlite:///shop.db`` below this folder, ``sqlite:////data/shop.db`` from the root.

SQLite's columns take values of any type; masking needs one type per column, which is read from the values. Virtual
tables, their shadow tables, views and triggers are left out, generated columns too: the copy computes its own.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import Catalogue, StatedKey, StatedTable, write_catalogue
from dataops_infra.masking.manifest import FOLDER_MANIFEST
from dataops_infra.masking.places.copy_notes import (
    MANIFEST_TABLE,
    ROWS_PER_BATCH,
    Notes,
    read_notes,
    restored,
    stored_places,
    write_notes,
)
from dataops_infra.masking.places.embedded import DEFAULT_SCHEMA, EmbeddedPlace, parse_path, shown_name, write_table
from dataops_infra.masking.places.names import TableName, identifier, identifiers
from dataops_infra.masking.progress import Progress
from dataops_infra.masking.sources import Source, SourceTable

_REASONS = {
    "SQLITE_BUSY": "another program has locked it: wait until that has ended",
    "SQLITE_NOTADB": "it is no SQLite database",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_READONLY": "a change of it was not ended: open it once with a program that may write",
    "SQLITE_FULL": "the disk is full",
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


@dataclass(frozen=True)
class _Table:
    name: TableName
    columns: tuple[str, ...]
    declared: tuple[str, ...]
    required: tuple[bool, ...]
    primary_key: tuple[str, ...]
    generated: tuple[str, ...]
    has_row_ids: bool
    statement: str

    @property
    def stored_order(self) -> str:
        """The order in which SQLite keeps the rows."""
        return "_rowid_" if self.has_row_ids else identifiers(self.primary_key)


class SqlitePlace(EmbeddedPlace):
    """A SQLite file."""

    scheme = "sqlite"
    unfit = (sqlite3.IntegrityError, OverflowError)
    refused = (sqlite3.Error, UnicodeError, OverflowError)
    logs = ("-wal", "-journal")

    def read(self, folder: Path, progress: Progress) -> None:
        """All tables as of one transaction."""
        with _connected(self.file, "ro") as database:
            database.execute("BEGIN")
            tables = _tables(database)
            notes = _notes(database, tables)
            tables = [table for table in tables if table.name != MANIFEST_TABLE]
            names = self.names(notes, [table.name for table in tables])
            for table in tables:
                schema, known_as = _schema(database, table), names[table.name]
                rows = restored(_batches(database, table, schema), schema, notes.orders.get(known_as))
                write_table(folder, known_as, schema, rows, progress)
            write_catalogue(_catalogue(database, tables, names), folder)
        if notes.manifest is not None:
            (folder / FOLDER_MANIFEST).write_bytes(notes.manifest)

    def build(self, file: Path, source: Source, catalogue: Catalogue, manifest: bytes, progress: Progress) -> None:
        """The tables as the source's database states them, or plain ones where it was no SQLite."""
        with _connected(file, "rwc") as database:
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute("BEGIN")
            tables, indexes = self.statements(catalogue)
            for statement in tables:
                database.execute(statement)
            made = {table.name: table for table in _tables(database)}
            for known_as, table in source.tables.items():
                name = self.called(known_as)
                if name not in made:
                    database.execute(_plain_table(name, table.schema))
                with self.loading(shown_name(name)):
                    _insert(database, name, table, progress)
            orders: dict[str, bytes] = {}
            delivered = {self.called(known_as): known_as for known_as in source.tables}
            for fresh in _tables(database):
                if fresh.primary_key and fresh.name in delivered:
                    known_as = delivered[fresh.name]
                    order = _order(database, fresh, source.tables[known_as])
                    orders |= {} if order is None else {known_as: order}
            for statement in indexes:
                database.execute(statement)
            write_notes(database, Notes(manifest, orders, self.own_names(source)))
            database.execute("COMMIT")

    def called(self, known_as: str) -> TableName:
        """SQLite has no schemas: dots are parts of names."""
        return TableName(DEFAULT_SCHEMA, unquote(known_as))

    def reason(self, error: Exception) -> str:
        """By SQLite's own name of the error: its text may repeat a value."""
        if str(error).startswith("Could not decode to UTF-8"):
            return "a text in it is not UTF-8"
        name = str(getattr(error, "sqlite_errorname", type(error).__name__))
        return next((said for beginning, said in _REASONS.items() if name.startswith(beginning)), name)

    def notes(self) -> Notes:
        """What is noted in the file."""
        with _connected(self.file, "ro") as database:
            return _notes(database, _tables(database))


@contextmanager
def _connected(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    try:
        yield database
    finally:
        database.close()


def _tables(database: sqlite3.Connection) -> list[_Table]:
    listed = database.execute(
        "SELECT l.name, l.wr, m.sql FROM pragma_table_list AS l JOIN sqlite_master AS m"
        " ON m.name = l.name AND m.type = 'table'"
        " WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.rowid"
    ).fetchall()
    return [_table(database, name, bool(without_row_ids), sql) for name, without_row_ids, sql in listed]


def _table(database: sqlite3.Connection, name: str, without_row_ids: bool, sql: str) -> _Table:
    found = database.execute(
        'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid', (name,)
    ).fetchall()
    stored = [row for row in found if row[4] == 0]
    keys = sorted((row[3], row[0]) for row in stored if row[3])
    return _Table(
        name=TableName(DEFAULT_SCHEMA, name),
        columns=tuple(row[0] for row in stored),
        declared=tuple((row[1] or "").upper() for row in stored),
        required=tuple(bool(row[2]) for row in stored),
        primary_key=tuple(column for _position, column in keys),
        generated=tuple(row[0] for row in found if row[4]),
        has_row_ids=not without_row_ids,
        statement=sql,
    )


def _schema(database: sqlite3.Connection, table: _Table) -> pa.Schema:
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
            f"sqlite table {table.name.name} holds values of several types in {', '.join(mixed)}: give each column one "
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


def _batches(database: sqlite3.Connection, table: _Table, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
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


def _catalogue(database: sqlite3.Connection, tables: Sequence[_Table], names: Mapping[TableName, str]) -> Catalogue:
    stated, keys = {}, []
    named = {table.name.name.lower(): table for table in tables}
    for table in tables:
        stated[names[table.name]] = StatedTable(
            primary_key=table.primary_key, unique=tuple(_unique(database, table)), generated=table.generated
        )
        keys += list(_foreign_keys(database, table, named, names))
    index_query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid"
    return Catalogue(
        tables=stated,
        foreign_keys=tuple(keys),
        dialect=SqlitePlace.scheme,
        statements=tuple(table.statement for table in tables),
        indexes=tuple(row[0] for row in database.execute(index_query).fetchall()),
    )


def _unique(database: sqlite3.Connection, table: _Table) -> Iterator[tuple[str, ...]]:
    for index, origin in database.execute(
        'SELECT name, origin FROM pragma_index_list(?) WHERE "unique" AND NOT partial', (table.name.name,)
    ).fetchall():
        columns = [row[0] for row in database.execute("SELECT name FROM pragma_index_info(?)", (index,)).fetchall()]
        if origin != "pk" and None not in columns:
            yield tuple(columns)


def _foreign_keys(
    database: sqlite3.Connection, table: _Table, named: Mapping[str, _Table], names: Mapping[TableName, str]
) -> Iterator[StatedKey]:
    parts: dict[int, list[tuple[str, str, str | None]]] = {}
    for number, other, own, theirs in database.execute(
        'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq', (table.name.name,)
    ).fetchall():
        parts.setdefault(number, []).append((other, own, theirs))
    for columns in parts.values():
        target = named.get(columns[0][0].lower())
        if target is None:
            continue  # SQLite allows a key to a table that is not there
        # SQLite repeats the name as the key writes it, in any case.
        spelled = {name.lower(): name for name in (*target.columns, *target.generated)}
        theirs = tuple(spelled.get(name.lower(), name) for _other, _own, name in columns if name is not None)
        yield StatedKey(
            table=names[table.name],
            columns=tuple(own for _other, own, _theirs in columns),
            references=names[target.name],
            referenced_columns=theirs or target.primary_key,
        )


def _notes(database: sqlite3.Connection, tables: Sequence[_Table]) -> Notes:
    return read_notes(database) if any(table.name == MANIFEST_TABLE for table in tables) else Notes()


def _plain_table(name: TableName, schema: pa.Schema) -> str:
    columns = ", ".join(f"{identifier(field.name)} {_sql_type(field.type)}" for field in schema)
    return f"CREATE TABLE {name.sql} ({columns})"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "INTEGER"
    if pa.types.is_floating(kind):
        return "REAL"
    return "BLOB" if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else "TEXT"


def _insert(database: sqlite3.Connection, name: TableName, table: SourceTable, progress: Progress) -> None:
    names = table.schema.names
    places = ", ".join("?" for _name in names)
    statement = f"INSERT INTO {name.sql} ({identifiers(names)}) VALUES ({places})"  # noqa: S608
    for batch in table.batches():
        columns = [_stored(column) for column in batch.columns]
        database.executemany(statement, zip(*columns, strict=True))
        progress.advance(batch.num_rows)


def _stored(column: pa.Array) -> list[Any]:
    """The values as SQLite takes them; what it has no type for as text."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    plain = column.cast(kind)
    if pa.types.is_nested(kind):
        raise MaskingError(f"SQLite has no type for {kind}: choose another target")
    is_stored = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if is_stored or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return list(plain.to_pylist())
    return list(plain.cast(pa.string()).to_pylist())


def _order(database: sqlite3.Connection, table: _Table, delivered: SourceTable) -> bytes | None:
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
