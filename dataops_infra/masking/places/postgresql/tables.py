"""What the system catalogue says of the tables of a database: columns, keys, partitions, and what is no table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataops_infra.masking.places.postgresql.names import TableName, literal
from dataops_infra.masking.places.postgresql.session import Session
from dataops_infra.masking.places.postgresql.types import Carriage, TypeFacts, carriage

MANIFEST_TABLE = "_dataops_manifest"
"""Of a masked copy: ``name``, ``content``. Row ``manifest`` is the manifest, ``order:…`` tell the order of rows."""
_KINDS = {"v": "a view", "m": "a materialised view", "f": "a foreign table"}


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    """With its length or precision, as people write it."""
    plain_type: str
    """Without."""
    is_required: bool
    is_generated: bool
    carriage: Carriage


@dataclass(frozen=True)
class Table:
    """One table, partitioned or not; its partitions are not told apart."""

    oid: int
    name: TableName
    is_partitioned: bool
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    is_readable: bool = True
    is_ours: bool = True
    """Whether the user may do what its owner may."""

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that are not computed from others."""
        return tuple(column for column in self.columns if not column.is_generated)

    @property
    def sql(self) -> str:
        """The table without those that inherit from it, which are tables of their own; partitions are its parts."""
        return self.name.sql if self.is_partitioned else f"ONLY {self.name.sql}"


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key, as of the whole tables."""

    name: str
    table: TableName
    columns: tuple[str, ...]
    references: TableName
    referenced_columns: tuple[str, ...]
    is_deferrable: bool
    definition: str
    comment: str | None = None

    @property
    def shown(self) -> str:
        """As people write it."""
        return f"{self.table.shown} ({', '.join(self.columns)})"


@dataclass(frozen=True)
class Database:
    """The chosen schemas."""

    tables: Mapping[TableName, Table]
    foreign_keys: tuple[ForeignKey, ...]
    """All that begin or end at one of :attr:`tables`."""
    left_out: Mapping[TableName, str]
    """What is there and is no table of the database's own -> what it is."""


def read_database(session: Session, schemas: Sequence[str]) -> Database:
    """Everything about the tables of ``schemas``, the own ones of a masked copy left out.

    :raises Failure: the server refused.
    """
    relations = session.rows(_RELATIONS.format(schemas=_list(schemas)))
    names = {row["oid"]: TableName(row["schema"], row["name"]) for row in relations}
    left_out = {
        names[row["oid"]]: _KINDS.get(row["kind"], "a table of an extension") for row in relations if not _is_own(row)
    }
    chosen = {row["oid"]: row for row in relations if _is_own(row)}
    if not chosen:
        return Database({}, (), left_out)
    oids = ", ".join(map(str, chosen))
    columns, keys = _columns(session, oids), _keys(session, oids)
    tables = {
        names[oid]: Table(
            oid=oid,
            name=names[oid],
            is_partitioned=row["kind"] == "p",
            columns=tuple(columns.get(oid, ())),
            primary_key=next((tuple(key["columns"]) for key in keys.get(oid, ()) if key["is_primary"]), ()),
            unique=tuple(dict.fromkeys(tuple(key["columns"]) for key in keys.get(oid, ()) if not key["is_primary"])),
            is_readable=row["is_readable"],
            is_ours=row["is_ours"],
        )
        for oid, row in chosen.items()
    }
    return Database(tables, tuple(_foreign_keys(session, oids)), left_out)


def _is_own(row: Mapping[str, Any]) -> bool:
    return row["kind"] in ("r", "p") and not row["is_extensions"]


def _list(texts: Iterable[str]) -> str:
    return ", ".join(literal(text) for text in texts)


def _columns(session: Session, oids: str) -> dict[int, list[Column]]:
    labels: dict[int, list[str]] = {}
    for row in session.rows(_LABELS):
        labels.setdefault(row["oid"], []).append(row["label"])
    types = {
        row["oid"]: TypeFacts(**row, labels=tuple(labels.get(row["oid"], ())))
        for row in session.rows(_TYPES.format(oids=oids))
    }
    found: dict[int, list[Column]] = {}
    for row in session.rows(_COLUMNS.format(oids=oids)):
        found.setdefault(row["oid"], []).append(
            Column(
                name=row["name"],
                type=row["type"],
                plain_type=row["plain_type"],
                is_required=row["is_required"],
                is_generated=row["is_generated"],
                carriage=carriage(row["type_oid"], row["modifier"], types),
            )
        )
    return found


def _keys(session: Session, oids: str) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in session.rows(_KEYS.format(oids=oids)):
        found.setdefault(row["oid"], []).append(row)
    return found


def _foreign_keys(session: Session, oids: str) -> Iterable[ForeignKey]:
    for row in session.rows(_FOREIGN_KEYS.format(oids=oids)):
        yield ForeignKey(
            name=row["name"],
            table=TableName(row["schema"], row["table"]),
            columns=tuple(row["columns"]),
            references=TableName(row["referenced_schema"], row["referenced_table"]),
            referenced_columns=tuple(row["referenced_columns"]),
            is_deferrable=row["is_deferrable"],
            definition=row["definition"],
            comment=row["comment"],
        )


_RELATIONS = """
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS is_readable,
       pg_has_role(c.relowner, 'USAGE') AS is_ours,
       EXISTS (SELECT FROM pg_depend d
               WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS is_extensions
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND c.relname <> '_dataops_manifest'
ORDER BY n.nspname, c.relname
"""
_COLUMNS = """
SELECT a.attrelid::int8 AS oid, a.attname::text AS name, a.atttypid::int8 AS type_oid, a.atttypmod AS modifier,
       format_type(a.atttypid, a.atttypmod) AS type, format_type(a.atttypid, -1) AS plain_type,
       a.attnotnull AS is_required, a.attgenerated <> '' AS is_generated
FROM pg_attribute a
WHERE a.attrelid IN ({oids}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
_TYPES = """
SELECT t.oid::int8 AS oid, t.typname::text AS name, t.typtype::text AS kind, t.typcategory::text AS category,
       t.typbasetype::int8 AS base, t.typtypmod AS modifier, t.typelem::int8 AS element,
       CASE WHEN t.typsend = 0 THEN '' ELSE t.typsend::text END AS send
FROM pg_type t
WHERE t.typtype <> 'c' OR t.oid IN (SELECT e.typelem FROM pg_attribute a JOIN pg_type e ON e.oid = a.atttypid
                                    WHERE a.attrelid IN ({oids}))
   OR t.oid IN (SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid IN ({oids}))
"""
_LABELS = "SELECT enumtypid::int8 AS oid, enumlabel::text AS label FROM pg_enum ORDER BY enumtypid, enumsortorder"
# Columns of a unique index are those of its key, and where that is an expression those that it is computed from.
_KEYS = """
SELECT i.indrelid::int8 AS oid, i.indisprimary AS is_primary,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM (SELECT column_number, min(place) AS place
              FROM (SELECT i.indkey[n.n - 1]::int AS column_number, n.n AS place
                    FROM generate_series(1, i.indnkeyatts) n(n) WHERE i.indkey[n.n - 1] <> 0
                    UNION ALL
                    SELECT d.refobjsubid, 1000 + d.refobjsubid FROM pg_depend d
                    WHERE 0 = ANY (i.indkey) AND d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0) every
              GROUP BY column_number) k
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.column_number) AS columns
FROM pg_index i
WHERE i.indrelid IN ({oids}) AND i.indisunique
ORDER BY i.indrelid, i.indisprimary DESC, i.indexrelid::regclass::text COLLATE "C"
"""
# Keys of partitions are parts of those of the whole table; who refers to a partition refers to the whole.
_FOREIGN_KEYS = """
SELECT k.conname::text AS name, k.condeferrable AS is_deferrable, pg_get_constraintdef(k.oid) AS definition,
       obj_description(k.oid, 'pg_constraint') AS comment,
       n.nspname::text AS schema, c.relname::text AS table, m.nspname::text AS referenced_schema,
       r.relname::text AS referenced_table,
       (SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) AS referenced_columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = COALESCE(pg_partition_root(k.confrelid)::oid, k.confrelid)
JOIN pg_namespace m ON m.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND (k.conrelid IN ({oids}) OR r.oid IN ({oids}))
ORDER BY n.nspname, c.relname, k.conname
"""
