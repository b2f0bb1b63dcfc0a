"""What a SQLite file says of its tables: columns, keys, checks, and what makes them again."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import Catalogue, StatedKey, StatedTable
from dataops_infra.masking.places.copy_notes import MANIFEST_TABLE
from dataops_infra.masking.places.embedded import DEFAULT_SCHEMA
from dataops_infra.masking.places.names import TableName, identifiers
from dataops_infra.masking.places.statements import checked_columns, stands_in

DIALECT = "sqlite"
_ROW_IDS = ("_rowid_", "rowid", "oid")
"""What stands for the number of a row, where no column is called so."""


@dataclass(frozen=True)
class Table:
    """One table; of a column all but what is computed from others."""

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
        """The order in which SQLite keeps the rows.

        :raises MaskingError: columns are called like all that stands for it, and there is no key.
        """
        taken = {name.lower() for name in (*self.columns, *self.generated)}
        row_id = next((name for name in _ROW_IDS if name not in taken), None)
        if self.has_row_ids and row_id is not None:
            return row_id
        if not self.primary_key:
            raise MaskingError(
                f"the rows of the sqlite table {self.name.name} have no order: it has no primary key, and columns of "
                f"its own are called {', '.join(_ROW_IDS)}; rename one of them, or give it a primary key"
            )
        return identifiers(self.primary_key)


def read_tables(database: sqlite3.Connection) -> list[Table]:
    """All tables in the order in which they were made."""
    listed = database.execute(
        "SELECT l.name, l.wr, m.sql FROM pragma_table_list AS l JOIN sqlite_master AS m"
        " ON m.name = l.name AND m.type = 'table'"
        " WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.rowid"
    ).fetchall()
    return [_table(database, name, bool(without_row_ids), sql) for name, without_row_ids, sql in listed]


def catalogue_of(database: sqlite3.Connection, tables: Sequence[Table], names: Mapping[TableName, str]) -> Catalogue:
    """What is stated about ``tables``.

    :param names: what plans call them.
    """
    named = {table.name.name.lower(): table for table in tables}
    stated = {
        names[table.name]: StatedTable(
            primary_key=table.primary_key,
            unique=tuple(_unique(database, table)),
            generated=table.generated,
            columns=checked_columns(table.statement, table.columns),
        )
        for table in tables
    }
    keys = [key for table in tables for key in _foreign_keys(database, table, named, names)]
    indexes = database.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name <> ? ORDER BY rowid",
        (MANIFEST_TABLE.name,),
    ).fetchall()
    return Catalogue(
        tables=stated,
        foreign_keys=tuple(keys),
        left_out=_left_out(database),
        dialect=DIALECT,
        statements=tuple(table.statement for table in tables),
        indexes=tuple(row[0] for row in indexes),
    )


def _table(database: sqlite3.Connection, name: str, without_row_ids: bool, sql: str) -> Table:
    found = database.execute(
        'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid', (name,)
    ).fetchall()
    stored = [row for row in found if row[4] == 0]
    # Other keys may hold null, by an early mistake that SQLite keeps.
    is_never_null = without_row_ids or [row[1].upper() for row in stored if row[3]] == ["INTEGER"]
    keys = sorted((row[3], row[0]) for row in stored if row[3])
    return Table(
        name=TableName(DEFAULT_SCHEMA, name),
        columns=tuple(row[0] for row in stored),
        declared=tuple((row[1] or "").upper() for row in stored),
        required=tuple(bool(row[2]) or (row[3] > 0 and is_never_null) for row in stored),
        primary_key=tuple(column for _position, column in keys),
        generated=tuple(row[0] for row in found if row[4]),
        has_row_ids=not without_row_ids,
        statement=sql,
    )


def _unique(database: sqlite3.Connection, table: Table) -> Iterator[tuple[str, ...]]:
    """Of an expression those columns that it is computed from."""
    for index, sql in database.execute(
        "SELECT l.name, m.sql FROM pragma_index_list(?) AS l LEFT JOIN sqlite_master AS m"
        " ON m.type = 'index' AND m.name = l.name WHERE l.\"unique\" AND l.origin <> 'pk' ORDER BY l.seq",
        (table.name.name,),
    ).fetchall():
        columns = [row[0] for row in database.execute("SELECT name FROM pragma_index_info(?)", (index,)).fetchall()]
        if None in columns:
            columns = [name for name in table.columns if name in columns or stands_in(name, sql)]
        if columns:
            yield tuple(columns)


def _foreign_keys(
    database: sqlite3.Connection, table: Table, named: Mapping[str, Table], names: Mapping[TableName, str]
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


def _left_out(database: sqlite3.Connection) -> dict[str, str]:
    found = database.execute(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('view', 'virtual')"
    ).fetchall()
    return {TableName(DEFAULT_SCHEMA, name).known_as(DEFAULT_SCHEMA): f"a {kind}" for name, kind in found}
