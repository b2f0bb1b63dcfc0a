"""DuckDB files: ``duckdb:///shop.duckdb`` below this folder, ``duckdb:////data/shop.duckdb`` from the root.

Tables of other schemas than ``main`` are called ``schema.table``. Generated columns are left out of the plan: the copy
computes its own from masked values. Types without a twin in Parquet travel as text and are cast back.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

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

_TEXT_TYPES = re.compile(r"\b(U?HUGEINT|BIT|INTERVAL|TIME WITH TIME ZONE|TIMETZ|UNION|VARINT|BIGNUM|UUID|GEOMETRY)\b")
"""Types that Parquet, or the Arrow types that masking knows, cannot hold as they are."""
_ROWS = "_dataops_rows"
_CONFIGURATION: Mapping[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def open_uri(text: str) -> "DuckdbPlace":
    """The place that ``text`` names; nothing is opened yet.

    :raises MaskingError: it is written wrongly.
    """
    return DuckdbPlace(parse_path(text))


@dataclass(frozen=True)
class _Column:
    name: str
    type: str

    @property
    def selected(self) -> str:
        name = identifier(self.name)
        return f"CAST({name} AS VARCHAR) AS {name}" if _TEXT_TYPES.search(self.type) else name


@dataclass(frozen=True)
class _Table:
    name: TableName
    columns: tuple[_Column, ...]
    generated: tuple[str, ...]
    statement: str


class DuckdbPlace(EmbeddedPlace):
    """A DuckDB file."""

    scheme = "duckdb"
    refused = (duckdb.Error,)
    logs = (".wal",)
    unfit = (duckdb.ConstraintException, duckdb.ConversionException, duckdb.OutOfRangeException)

    def read(self, folder: Path, progress: Progress) -> None:
        """All tables as of one transaction."""
        with _connected(self.file, read_only=True) as database:
            database.execute("BEGIN")
            tables = _tables(database)
            notes = _notes(database, tables)
            tables = [table for table in tables if table.name != MANIFEST_TABLE]
            names = self.names(notes, [table.name for table in tables])
            for table in tables:
                known_as = names[table.name]
                selected = ", ".join(column.selected for column in table.columns)
                found = database.sql(f"SELECT {selected} FROM {table.name.sql}")  # noqa: S608 - quoted
                reader = found.to_arrow_reader(ROWS_PER_BATCH)
                rows = restored(iter(reader), reader.schema, notes.orders.get(known_as))
                write_table(folder, known_as, reader.schema, rows, progress)
            write_catalogue(_catalogue(database, tables, names), folder)
        if notes.manifest is not None:
            (folder / FOLDER_MANIFEST).write_bytes(notes.manifest)

    def build(self, file: Path, source: Source, catalogue: Catalogue, manifest: bytes, progress: Progress) -> None:
        """The tables as the source's database states them, or plain ones where it was no DuckDB."""
        with _connected(file, read_only=False) as database:
            database.execute("BEGIN")
            tables, indexes = self.statements(catalogue)
            for statement in tables:
                database.execute(statement)
            made = {table.name: table for table in _tables(database)}
            stated = [name for name in source.tables if self.called(name) in made]
            # What is referred to comes first: that is the order in which tables were made.
            stated.sort(key=lambda name: list(made).index(self.called(name)))
            orders: dict[str, bytes] = {}
            for known_as in [*stated, *(name for name in source.tables if name not in stated)]:
                name = self.called(known_as)
                with self.loading(shown_name(name)):
                    order = _load(database, source.tables[known_as], name, name in made, catalogue, progress)
                orders |= {} if order is None else {known_as: order}
            for statement in indexes:
                database.execute(statement)
            write_notes(database, Notes(manifest, orders, self.own_names(source)))
            database.execute("COMMIT")
            database.execute("CHECKPOINT")

    def called(self, known_as: str) -> TableName:
        """With its schema, where there is a dot."""
        return TableName.of_known(known_as, DEFAULT_SCHEMA)

    def reason(self, error: Exception) -> str:
        """By the kind of the error: its text may repeat a value."""
        if isinstance(error, duckdb.IOException) and "Could not set lock" in str(error):
            return "another program has opened it: wait until that has ended"
        return super().reason(error)

    def notes(self) -> Notes:
        """What is noted in the file."""
        with _connected(self.file, read_only=True) as database:
            return _notes(database, _tables(database))


@contextmanager
def _connected(file: Path, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    database = duckdb.connect(str(file), read_only=read_only, config=dict(_CONFIGURATION))
    try:
        database.execute("SET TimeZone = 'UTC'")
        yield database
    finally:
        database.close()


def _tables(database: duckdb.DuckDBPyConnection) -> list[_Table]:
    """All tables in the order in which they were made, so that what is referred to comes first."""
    columns: dict[tuple[str, str], list[_Column]] = {}
    generated: dict[tuple[str, str], list[str]] = {}
    for schema, table, name, kind, is_generated in database.execute(
        "SELECT table_schema, table_name, column_name, data_type, is_generated = 'ALWAYS'"
        " FROM information_schema.columns ORDER BY ordinal_position"
    ).fetchall():
        if is_generated:
            generated.setdefault((schema, table), []).append(name)
        else:
            columns.setdefault((schema, table), []).append(_Column(name, kind))
    found = database.execute(
        "SELECT schema_name, table_name, sql FROM duckdb_tables()"
        " WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY table_oid"
    ).fetchall()
    return [
        _Table(
            TableName(schema, name),
            tuple(columns.get((schema, name), ())),
            tuple(generated.get((schema, name), ())),
            sql,
        )
        for schema, name, sql in found
    ]


def _catalogue(
    database: duckdb.DuckDBPyConnection, tables: Sequence[_Table], names: Mapping[TableName, str]
) -> Catalogue:
    stated: dict[str, dict[str, Any]] = {
        names[table.name]: {"generated": table.generated, "unique": []} for table in tables
    }
    keys = []
    for schema, table, kind, columns, other, others in database.execute(
        "SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table,"
        " referenced_column_names FROM duckdb_constraints()"
        " WHERE database_name = current_database()"
    ).fetchall():
        name = names.get(TableName(schema, table))
        if name is None:
            continue  # the notes of a copy
        if kind == "PRIMARY KEY":
            stated[name]["primary_key"] = columns
        elif kind == "UNIQUE":
            stated[name]["unique"].append(columns)
        elif kind == "FOREIGN KEY":
            target = names[TableName(schema, other)]
            keys.append(StatedKey(table=name, columns=columns, references=target, referenced_columns=others))
    return Catalogue(
        tables={name: StatedTable(**facts) for name, facts in stated.items()},
        foreign_keys=tuple(keys),
        dialect=DuckdbPlace.scheme,
        statements=tuple(_statements(database, tables)),
        indexes=_texts(database, "SELECT sql FROM duckdb_indexes() WHERE sql IS NOT NULL ORDER BY index_oid"),
    )


def _statements(database: duckdb.DuckDBPyConnection, tables: Sequence[_Table]) -> Iterator[str]:
    for schema in dict.fromkeys(table.name.schema for table in tables if table.name.schema != DEFAULT_SCHEMA):
        yield f"CREATE SCHEMA {identifier(schema)}"
    yield from _texts(database, "SELECT sql FROM duckdb_sequences() WHERE NOT temporary ORDER BY sequence_oid")
    yield from (table.statement for table in tables)


def _texts(database: duckdb.DuckDBPyConnection, query: str) -> tuple[str, ...]:
    return tuple(row[0] for row in database.execute(query).fetchall())


def _notes(database: duckdb.DuckDBPyConnection, tables: Sequence[_Table]) -> Notes:
    return read_notes(database) if any(table.name == MANIFEST_TABLE for table in tables) else Notes()


def _load(
    database: duckdb.DuckDBPyConnection,
    table: SourceTable,
    name: TableName,
    is_made: bool,
    catalogue: Catalogue,
    progress: Progress,
) -> bytes | None:
    """Insert all rows; what is returned tells how to read them in the same order, None = as they are."""
    schema = table.schema
    if not is_made:
        _make_plain(database, name, schema)
    statement = f"INSERT INTO {name.sql} ({identifiers(schema.names)}) SELECT * FROM {_ROWS}"  # noqa: S608

    def insert(rows: pa.Table | pa.RecordBatchReader) -> None:
        database.register(_ROWS, rows)
        database.execute(statement)
        database.unregister(_ROWS)

    own = [key for key in catalogue.foreign_keys if key.table == table.name == key.references]
    if not is_made or not own:
        insert(pa.RecordBatchReader.from_batches(schema, _told(table, progress)))
        return None
    whole = pa.Table.from_batches(_told(table, progress), schema)
    levels = _levels(whole, own)
    for level in sorted(levels.unique()):
        insert(whole.filter((levels == level).to_arrow()))
    return stored_places(levels.arg_sort().to_numpy()) if levels.n_unique() > 1 else None


def _make_plain(database: duckdb.DuckDBPyConnection, name: TableName, schema: pa.Schema) -> None:
    if name.schema != DEFAULT_SCHEMA:
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(name.schema)}")
    database.register(_ROWS, pa.Table.from_batches([], schema))
    database.execute(f"CREATE TABLE {name.sql} AS SELECT * FROM {_ROWS}")  # noqa: S608 - quoted
    database.unregister(_ROWS)


def _told(table: SourceTable, progress: Progress) -> Iterator[pa.RecordBatch]:
    for batch in table.batches():
        yield batch
        progress.advance(batch.num_rows)


def _levels(rows: pa.Table, keys: Sequence[StatedKey]) -> pl.Series:
    """How many steps each row is away from rows that refer to none of the same table: DuckDB wants those first."""
    frame = pl.from_arrow(rows.select(sorted({c for key in keys for c in (*key.columns, *key.referenced_columns)})))
    assert isinstance(frame, pl.DataFrame)
    frame = frame.with_row_index("position")
    level = pl.Series("level", [0], dtype=pl.Int64).new_from_index(0, frame.height)
    parents = [
        frame.join(
            frame, left_on=list(key.columns), right_on=list(key.referenced_columns), how="inner", suffix="_parent"
        ).select("position", "position_parent")
        for key in keys
    ]
    pairs = pl.concat(parents).filter(pl.col("position") != pl.col("position_parent"))
    for _step in range(frame.height):
        deeper = (
            pairs.with_columns(level=level.gather(pairs["position_parent"]) + 1)
            .group_by("position")
            .agg(pl.col("level").max())
        )
        raised = frame.select("position").join(deeper, on="position", how="left", maintain_order="left")["level"]
        raised = raised.fill_null(0)
        if raised.equals(level):
            break
        level = raised
    return level.alias("level")
