"""Indexes while a copy is loaded: built from all rows at once, in a third of the time that row after row takes.

Only what can be made again as it was is taken away: plain B-trees, and primary and unique keys, of which nothing else
depends. Whatever tells more of an index than its definition (a tablespace, storage parameters, a mark for CLUSTER or
replication, a statistics target, an extension, a deferred check) leaves it where it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dataops_infra.masking.places.postgresql.names import TableName, identifier, literal
from dataops_infra.masking.places.postgresql.session import Failure, Session
from dataops_infra.masking.places.postgresql.tables import Table

WORTHWHILE_ROWS = 10_000
"""Of a table; with fewer, taking indexes away and making them again takes longer than it spares."""

_INDEXES = """
SELECT n.nspname::text AS schema, t.relname::text AS table, c.relname::text AS name,
       pg_get_indexdef(c.oid) AS definition, pg_get_constraintdef(k.oid) AS key,
       COALESCE(obj_description(k.oid, 'pg_constraint'), '') AS key_comment,
       COALESCE(obj_description(c.oid, 'pg_class'), '') AS comment
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x')
WHERE t.oid IN ({oids}) AND t.relkind = 'r' AND pg_has_role(t.relowner, 'USAGE')
  AND has_schema_privilege(n.oid, 'CREATE')
  AND m.amname = 'btree' AND i.indisvalid AND i.indexprs IS NULL AND i.indpred IS NULL
  AND NOT i.indisclustered AND NOT i.indisreplident AND c.reltablespace = 0 AND c.reloptions IS NULL
  AND (k.oid IS NULL OR (k.contype <> 'x' AND k.conname = c.relname))
  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND COALESCE(a.attstattarget, -1) >= 0)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refobjid = c.oid AND d.refclassid = 'pg_class'::regclass
                  OR d.refobjid = k.oid AND d.refclassid = 'pg_constraint'::regclass AND d.objid <> c.oid
                  OR d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('e', 'x'))
ORDER BY n.nspname, t.relname, k.contype = 'p' DESC, c.relname
"""


@contextmanager
def built_last(session: Session, tables: Iterable[Table]) -> Iterator[None]:
    """Within, ``tables`` have no indexes that rows must be put into; afterwards they have all that they had.

    :raises Failure: the server refused, or two rows have one key.
    """
    oids = ", ".join(str(table.oid) for table in tables)
    indexes = session.rows(_INDEXES.format(oids=oids)) if oids else []
    for index in indexes:
        if index["key"] is None:
            session.run(f"DROP INDEX {_own(index).sql}")
        else:
            session.run(f"ALTER TABLE ONLY {_table(index).sql} DROP CONSTRAINT {identifier(index['name'])}")
    yield
    for index in indexes:
        _make_again(session, index)


def _make_again(session: Session, index: Mapping[str, Any]) -> None:
    name, table = identifier(index["name"]), _table(index)
    try:
        if index["key"] is None:
            session.run(index["definition"])
        else:
            session.run(f"ALTER TABLE ONLY {table.sql} ADD CONSTRAINT {name} {index['key']}")
    except Failure as failure:
        raise Failure(failure.state, {"TABLE_NAME": table.shown, "CONSTRAINT_NAME": index["name"]}) from None
    if index["comment"]:
        session.run(f"COMMENT ON INDEX {_own(index).sql} IS {literal(index['comment'])}")
    if index["key_comment"]:
        session.run(f"COMMENT ON CONSTRAINT {name} ON {table.sql} IS {literal(index['key_comment'])}")


def _own(index: Mapping[str, Any]) -> TableName:
    """An index lies in the schema of its table."""
    return TableName(index["schema"], index["name"])


def _table(index: Mapping[str, Any]) -> TableName:
    return TableName(index["schema"], index["table"])
