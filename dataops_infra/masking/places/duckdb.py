"""DuckDB files: ``duckdb:///shop.duckdb`` below this folder, ``duckdb:////data/shop.duckdb`` from the root.

Tables of other schemas than ``main`` are called ``schema.table``. Generated columns are left out of the plan: the copy
computes its own from masked values. Types without a twin in Parquet travel as text and are cast back.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import Catalogue, StatedKey
from dataops_infra.masking.places import misfits
from dataops_infra.masking.places.copy_notes import ROWS_PER_BATCH, stored_places
from dataops_infra.masking.places.duckdb_tables import (
    DIALECT,
    Column,
    Table,
    catalogue_of,
    read_tables,
)
from dataops_infra.masking.places.embedded import DEFAULT_SCHEMA, Delivery, EmbeddedPlace, parse_path
from dataops_infra.masking.places.names import TableName, identifier, identifiers
from dataops_infra.masking.places.statements import columns_of
from dataops_infra.masking.progress import Progress
from dataops_infra.masking.sources import SourceTable
from dataops_infra.reporting.escaping import one_line

_ROWS, _ATTACHED, _MEMORY = "_dataops_rows", "_dataops_file", ":memory:"
_OF_NULL, _OF_CHECK = "Constraint Error: NOT NULL", "Constraint Error: CHECK"
_TRIED = "temp._dataops_tried"
_CHECKS = (
    "SELECT constraint_text, expression FROM duckdb_constraints() WHERE constraint_type = 'CHECK'"
    " AND database_name = current_database() AND schema_name = ? AND table_name = ?"
)
_REASONS = {
    "Could not set lock": "another program has opened it: wait until that has ended",
    "No space left on device": "the disk is full",
    "Disk quota exceeded": "the disk is full",
}
"""Parts of an error's text -> what it means here."""
_CONFIGURATION: Mapping[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def open_uri(text: str) -> "DuckdbPlace":
    """The place that ``text`` names; nothing is opened yet.

    :raises MaskingError: it is written wrongly.
    """
    return DuckdbPlace(parse_path(text))


class DuckdbPlace(EmbeddedPlace[duckdb.DuckDBPyConnection, Table]):
    """A DuckDB file."""

    scheme = DIALECT
    refused = (duckdb.Error,)
    logs = (".wal",)
    unfit = (duckdb.ConstraintException, duckdb.ConversionException, duckdb.OutOfRangeException)

    @contextmanager
    def connected(self, file: Path, *, is_new: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """By the library; what is written is in the file itself when it is closed."""
        with _connected(str(file), read_only=not is_new) as database:
            yield database
            if is_new:
                database.execute("CHECKPOINT")

    def has_type(self, kind: pa.DataType) -> bool:
        """As the library says."""
        with _connected(_MEMORY, read_only=False) as database:
            try:
                _make_plain(database, TableName(DEFAULT_SCHEMA, _ROWS), pa.schema([("a", kind)]))
            except (duckdb.Error, pa.ArrowException):
                return False
        return True

    def called(self, known_as: str) -> TableName:
        """With its schema, where there is a dot."""
        return TableName.of_known(known_as, DEFAULT_SCHEMA)

    def tables(self, database: duckdb.DuckDBPyConnection) -> list[Table]:
        """As :func:`read_tables` does."""
        return read_tables(database)

    def rows(self, database: duckdb.DuckDBPyConnection, table: Table) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """As they lie."""
        reader = database.sql(table.selection).to_arrow_reader(ROWS_PER_BATCH)
        required = [column.is_required for column in table.columns]
        fields = zip(reader.schema, required, strict=True)
        schema = pa.schema([field.with_nullable(not is_required) for field, is_required in fields])
        return schema, (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in reader)

    def catalogue(
        self, database: duckdb.DuckDBPyConnection, tables: Sequence[Table], names: Mapping[TableName, str]
    ) -> Catalogue:
        """As :func:`catalogue_of` does."""
        return catalogue_of(database, tables, names)

    def load(self, database: duckdb.DuckDBPyConnection, delivery: Delivery[Table], progress: Progress) -> bytes | None:
        """By scans of Arrow data; rows that others of the same table refer to come first."""
        name, source = delivery.name, delivery.source
        schema = source.schema
        if delivery.made is None:
            _make_plain(database, name, schema)
        given_back = {column.name: column.given_back for column in (delivery.made.columns if delivery.made else ())}
        selected = ", ".join(given_back.get(name, identifier(name)) for name in schema.names)
        statement = f"INSERT INTO {name.sql} ({identifiers(schema.names)}) SELECT {selected} FROM {_ROWS}"  # noqa: S608

        def insert(rows: pa.Table | pa.RecordBatchReader) -> None:
            with _registered(database, rows):
                database.execute(statement)

        own = [key for key in delivery.stated.foreign_keys if key.table == source.name == key.references]
        if delivery.made is None or not own:
            insert(pa.RecordBatchReader.from_batches(schema, _told(source, progress)))
            return None
        whole = pa.Table.from_batches(_told(source, progress), schema)
        levels = _levels(whole, own)
        for level in sorted(levels.unique()):
            insert(whole.filter((levels == level).to_arrow()))
        return stored_places(levels.arg_sort().to_numpy()) if levels.n_unique() > 1 else None

    def try_rows(self, database: duckdb.DuckDBPyConnection, delivery: Delivery[Table], made: Table) -> None:
        """By a table without keys: they refer to rows of other tables."""
        name, source, given_back = delivery.name, delivery.source, {c.name: c.given_back for c in made.columns}
        selected = ", ".join(given_back[column] for column in source.schema.names)
        database.execute(f"CREATE OR REPLACE TEMP TABLE {_TRIED} AS SELECT * FROM {name.sql} LIMIT 0")  # noqa: S608
        insert = f"INSERT INTO {_TRIED} ({identifiers(source.schema.names)}) SELECT {selected} FROM {_ROWS}"  # noqa: S608
        with self._fitting(delivery), _registered(database, pa.Table.from_batches(source.batches(), source.schema)):
            database.execute(insert)
        for check, condition in database.execute(_CHECKS, [name.schema, name.name]).fetchall():
            query = f"SELECT 1 FROM {_TRIED} WHERE NOT ({condition}) LIMIT 1"  # noqa: S608 - the database's own
            with self._fitting(delivery):
                is_broken = database.execute(query).fetchall()
            if is_broken:
                problem = misfits.of_check(delivery.shown, columns_of(check, source.schema.names), one_line(check))
                raise MaskingError(f"{self.shown}: {problem}; the target is as it was")

    def misfit(self, error: Exception, delivery: Delivery[Table]) -> str:
        """By the error's text as far as it holds no value, and by the rows: it seldom names columns."""
        said, table = str(error), delivery.shown
        if isinstance(error, duckdb.ConstraintException):
            return _broken(said, delivery)
        column = _unconverted(delivery.source, delivery.made)
        return misfits.of_type(table if column is None else f"{table}.{column.name} ({column.type})")

    def reason(self, error: Exception) -> str:
        """By parts of the error's text that tell of files, or by its kind: the text may repeat a value."""
        said = str(error)
        return next((reason for part, reason in _REASONS.items() if part in said), super().reason(error))


@contextmanager
def _connected(file: str, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file is attached by a name of ours: its own would stand for a schema that is called so."""
    database = duckdb.connect(config=dict(_CONFIGURATION))
    try:
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET arrow_lossless_conversion = true")  # UUIDs are those of Arrow
        if file != _MEMORY:
            database.execute(f"SET temp_directory = {_literal(f'{file}.tmp')}")
            mode = ", READ_ONLY" if read_only else ""
            database.execute(f"ATTACH {_literal(file)} AS {_ATTACHED} (TYPE DUCKDB{mode})")
            database.execute(f"USE {_ATTACHED}")
        yield database
    finally:
        database.close()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _registered(database: duckdb.DuckDBPyConnection, rows: pa.Table | pa.RecordBatchReader) -> Iterator[None]:
    """After a failure nothing is asked of the connection any more."""
    database.register(_ROWS, rows)
    yield
    database.unregister(_ROWS)


def _broken(said: str, delivery: Delivery[Table]) -> str:
    """Which constraint does not hold."""
    table, columns = delivery.shown, delivery.source.schema.names
    if said.startswith(_OF_NULL):
        required = [name for name in columns if said.endswith(f".{name}")]
        return misfits.of_null(f"{table}.{required[0]}" if required else f"a column of {table}")
    if "foreign key" in said:
        keys = [key for key in delivery.stated.foreign_keys if key.table == delivery.source.name]
        return misfits.of_reference(table, "; ".join(f"{', '.join(key.columns)} to {key.references}" for key in keys))
    if said.startswith(_OF_CHECK):
        check = said.partition("with expression ")[2].partition(" (Error: ")[0]
        return misfits.of_check(table, columns_of(check, columns), one_line(check))
    return misfits.of_key(table, _repeated(delivery))


def _repeated(delivery: Delivery[Table]) -> str:
    """The key of which two rows have the same values, as the library finds them."""
    source, table = delivery.source, delivery.stated.tables.get(delivery.source.name)
    keys = [] if table is None else [key for key in (table.primary_key, *table.unique) if key]
    with _connected(_MEMORY, read_only=False) as database:
        for key in keys:
            names = identifiers(key)
            known = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in key)
            query = f"SELECT 1 FROM {_ROWS} WHERE {known} GROUP BY {names} HAVING count(*) > 1 LIMIT 1"  # noqa: S608
            with _registered(database, pa.RecordBatchReader.from_batches(_part(source, key), source.batches(key))):
                if database.execute(query).fetchall():
                    return ", ".join(key)
    return "its collation takes several for one"


def _unconverted(source: SourceTable, made: Table | None) -> Column | None:
    """The first column that holds a value which is none of its type."""
    with _connected(_MEMORY, read_only=False) as database:
        for column in made.columns if made is not None else ():
            rows = pa.RecordBatchReader.from_batches(_part(source, [column.name]), source.batches([column.name]))
            query = f"SELECT CAST({identifier(column.name)} AS {column.type}) FROM {_ROWS}"  # noqa: S608
            try:
                with _registered(database, rows):
                    for _batch in database.sql(query).to_arrow_reader(ROWS_PER_BATCH):
                        pass
            except duckdb.Error:
                return column
    return None


def _part(source: SourceTable, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([source.schema.field(name) for name in columns])


def _make_plain(database: duckdb.DuckDBPyConnection, name: TableName, schema: pa.Schema) -> None:
    if name.schema != DEFAULT_SCHEMA:
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(name.schema)}")
    with _registered(database, pa.Table.from_batches([], schema)):
        database.execute(f"CREATE TABLE {name.sql} AS SELECT * FROM {_ROWS}")  # noqa: S608 - quoted


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
