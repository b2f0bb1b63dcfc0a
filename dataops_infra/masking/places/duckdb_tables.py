"""What a DuckDB file says of its tables: columns, keys, checks, and what makes them again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from dataops_infra.masking.catalogue import Catalogue, StatedColumn, StatedKey, StatedTable
from dataops_infra.masking.places.copy_notes import MANIFEST_TABLE
from dataops_infra.masking.places.duckdb_types import (
    WHOLE_NUMBER,
    WIDE,
    Limits,
    Type,
    asked_for,
    limits,
    without_people,
)
from dataops_infra.masking.places.embedded import DEFAULT_SCHEMA
from dataops_infra.masking.places.names import TableName, identifier, identifiers
from dataops_infra.masking.places.statements import checked_columns, stands_in

DIALECT = "duckdb"
_MOST = 10**38 - 1


@dataclass(frozen=True)
class Column:
    """One column that is not computed from others."""

    name: str
    type: Type
    is_required: bool
    is_narrow: bool
    """Whether its numbers of 128 bits have 38 digits at most, which Arrow has a type for."""

    @property
    def selected(self) -> str:
        """The expression that asks for it."""
        name = identifier(self.name)
        return f"CAST({name} AS {WHOLE_NUMBER if self.is_narrow else asked_for(self.type)}) AS {name}"

    @property
    def given_back(self) -> str:
        """The expression that makes it of what :attr:`selected` gave; of null the library makes unions that hold it."""
        name = identifier(self.name)
        return f"IF({name} IS NULL, NULL, CAST({name} AS {self.type}))" if self.type.id == "union" else name

    @property
    def limits(self) -> Limits:
        """Its leaves that do not take every value."""
        return iter(()) if self.is_narrow else limits(self.name, self.type)


@dataclass(frozen=True)
class Table:
    """One table."""

    name: TableName
    columns: tuple[Column, ...]
    generated: tuple[str, ...]
    statement: str

    @property
    def selection(self) -> str:
        """The query of all columns."""
        return f"SELECT {', '.join(column.selected for column in self.columns)} FROM {self.name.sql}"  # noqa: S608


def read_tables(database: duckdb.DuckDBPyConnection) -> list[Table]:
    """All tables in the order in which they were made, so that what is referred to comes first."""
    stored: dict[TableName, list[tuple[str, bool]]] = {}
    generated: dict[TableName, list[str]] = {}
    for schema, table, name, is_required, is_generated in database.execute(
        "SELECT table_schema, table_name, column_name, is_nullable = 'NO', is_generated = 'ALWAYS'"
        " FROM information_schema.columns WHERE table_catalog = current_database() ORDER BY ordinal_position"
    ).fetchall():
        if is_generated:
            generated.setdefault(TableName(schema, table), []).append(name)
        else:
            stored.setdefault(TableName(schema, table), []).append((name, is_required))
    found = database.execute(
        "SELECT schema_name, table_name, sql FROM duckdb_tables()"
        " WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY table_oid"
    ).fetchall()
    names = [(TableName(schema, name), sql) for schema, name, sql in found]
    return [
        Table(name, tuple(_columns(database, name, stored.get(name, ()))), tuple(generated.get(name, ())), sql)
        for name, sql in names
    ]


def catalogue_of(
    database: duckdb.DuckDBPyConnection, tables: Sequence[Table], names: Mapping[TableName, str]
) -> Catalogue:
    """What is stated about ``tables``.

    :param names: what plans call them.
    """
    stated: dict[str, dict[str, Any]] = {
        names[table.name]: {"generated": table.generated, "unique": [], "columns": _limits(table)} for table in tables
    }
    keys = []
    for schema, table, kind, columns, other, others in database.execute(
        "SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table,"
        " referenced_column_names FROM duckdb_constraints() WHERE database_name = current_database()"
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
    for table in tables:
        stated[names[table.name]]["unique"] += _unique_indexes(database, table)
    return Catalogue(
        tables={name: StatedTable(**facts) for name, facts in stated.items()},
        foreign_keys=tuple(keys),
        left_out=_left_out(database),
        dialect=DIALECT,
        statements=tuple(_statements(database, tables)),
        indexes=_texts(
            database,
            "SELECT sql FROM duckdb_indexes() WHERE database_name = current_database() AND sql IS NOT NULL"
            " ORDER BY index_oid",
        ),
    )


def _columns(
    database: duckdb.DuckDBPyConnection, table: TableName, stored: Sequence[tuple[str, bool]]
) -> Iterator[Column]:
    if not stored:
        return
    asked = database.sql(f"SELECT {identifiers(name for name, _is_required in stored)} FROM {table.sql}")  # noqa: S608
    wide = [name for name, kind in zip(asked.columns, asked.types, strict=True) if kind.id in WIDE]
    narrow = {name for name in wide if _is_narrow(database, table, name)}
    for (name, is_required), kind in zip(stored, asked.types, strict=True):
        yield Column(name, kind, is_required, name in narrow)


def _is_narrow(database: duckdb.DuckDBPyConnection, table: TableName, column: str) -> bool:
    name = identifier(column)
    (found,) = database.execute(f"SELECT bool_and({name} BETWEEN -{_MOST} AND {_MOST}) FROM {table.sql}").fetchall()  # noqa: S608
    return found[0] is not False


def _limits(table: Table) -> dict[str, StatedColumn]:
    """What types do not take, and checks where the type takes all."""
    checked = checked_columns(table.statement, [column.name for column in table.columns])
    return checked | {path: limit for column in table.columns for path, limit in column.limits}


def _unique_indexes(database: duckdb.DuckDBPyConnection, table: Table) -> Iterator[list[str]]:
    """Of an expression those columns that it is computed from."""
    for (expressions,) in database.execute(
        "SELECT expressions FROM duckdb_indexes() WHERE database_name = current_database()"
        " AND is_unique AND NOT is_primary AND schema_name = ? AND table_name = ?",
        [table.name.schema, table.name.name],
    ).fetchall():
        columns = [column.name for column in table.columns if stands_in(column.name, expressions)]
        if columns:
            yield columns


def _left_out(database: duckdb.DuckDBPyConnection) -> dict[str, str]:
    views = database.execute(
        "SELECT schema_name, view_name FROM duckdb_views()"
        " WHERE database_name = current_database() AND NOT internal AND NOT temporary"
    ).fetchall()
    return {TableName(schema, name).known_as(DEFAULT_SCHEMA): "a view" for schema, name in views}


def _statements(database: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> Iterator[str]:
    for schema in dict.fromkeys(table.name.schema for table in tables if table.name.schema != DEFAULT_SCHEMA):
        yield f"CREATE SCHEMA {identifier(schema)}"
    yield from _texts(
        database,
        "SELECT sql FROM duckdb_sequences() WHERE database_name = current_database() AND NOT temporary"
        " ORDER BY sequence_oid",
    )
    yield from (without_people(table.statement) for table in tables if table.name != MANIFEST_TABLE)


def _texts(database: duckdb.DuckDBPyConnection, query: str) -> tuple[str, ...]:
    return tuple(row[0] for row in database.execute(query).fetchall())
