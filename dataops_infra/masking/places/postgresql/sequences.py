"""Sequences behind the largest value of their columns, so that the next row that somebody adds finds a free number."""

from collections.abc import Iterable
from typing import Any

from dataops_infra.masking.places.postgresql.names import TableName, identifier, literal
from dataops_infra.masking.places.postgresql.session import Session
from dataops_infra.masking.places.postgresql.tables import Table

_SEQUENCES = """
SELECT n.nspname::text AS schema, s.relname::text AS name, d.refobjid::int8 AS oid, a.attname::text AS column,
       q.seqincrement > 0 AS is_rising, q.seqmin AS least, q.seqmax AS greatest,
       pg_has_role(s.relowner, 'USAGE') AS is_ours
FROM pg_depend d JOIN pg_class s ON s.oid = d.objid JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  AND d.refobjid IN ({oids})
ORDER BY n.nspname, s.relname
"""


def restart_sequences(session: Session, tables: Iterable[Table]) -> None:
    """Let every sequence of a column of ``tables`` go on behind what stands there, or as it began where nothing does.

    ``ALTER SEQUENCE`` is undone with the transaction, ``setval`` is not: it is for sequences of other owners alone, and
    comes last.

    :raises Failure: the server refused.
    """
    by_oid = {table.oid: table for table in tables}
    rows = session.rows(_SEQUENCES.format(oids=", ".join(map(str, by_oid))))
    for row in sorted(rows, key=lambda row: not row["is_ours"]):
        _restart(session, by_oid[row["oid"]], row)


def _restart(session: Session, table: Table, row: dict[str, Any]) -> None:
    last = "max" if row["is_rising"] else "min"
    found = session.value(f"SELECT {last}({identifier(row['column'])})::int8 FROM {table.sql}")  # noqa: S608 - quoted
    name = TableName(row["schema"], row["name"]).sql
    if found is None:
        following = "RESTART"
    else:
        free = found + 1 if row["is_rising"] else found - 1
        following = f"RESTART WITH {min(max(free, row['least']), row['greatest'])}"
    if row["is_ours"]:
        session.run(f"ALTER SEQUENCE {name} {following}")
    elif found is not None:
        last_value = min(max(found, row["least"]), row["greatest"])
        session.rows(f"SELECT setval({literal(name)}::regclass, {last_value})")
