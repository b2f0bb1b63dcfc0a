"""Triggers of the target do not fire while a copy is loaded: it holds what the gate passed, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.postgresql.names import TableName, identifier
from dataops_infra.masking.places.postgresql.session import Session
from dataops_infra.masking.places.postgresql.tables import Table

_TRIGGERS = """
SELECT n.nspname::text AS schema, c.relname::text AS table, t.tgname::text AS name, t.tgenabled = 'A' AS is_always,
       pg_has_role(c.relowner, 'USAGE') AS is_ours
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
  AND t.tgrelid IN (SELECT relid FROM unnest(ARRAY[{oids}]::oid[]) AS root(oid), pg_partition_tree(root.oid)
                    UNION ALL SELECT unnest(ARRAY[{oids}]::oid[]))
ORDER BY n.nspname, c.relname, t.tgname
"""


@contextmanager
def silenced(session: Session, tables: Iterable[Table]) -> Iterator[None]:
    """Triggers of ``tables`` and their partitions are off within, and as they were after it.

    :raises MaskingError: the user owns not all tables that have some.
    :raises Failure: the server refused.
    """
    triggers = session.rows(_TRIGGERS.format(oids=", ".join(str(table.oid) for table in tables)))
    others = sorted({_table(row).shown for row in triggers if not row["is_ours"]})
    if others:
        raise MaskingError(
            f"{session.shown}: {', '.join(others)} have triggers, which would change or copy the masked rows: load as "
            "the owner of these tables, who may switch them off meanwhile"
        )
    for row in triggers:
        session.run(f"ALTER TABLE ONLY {_table(row).sql} DISABLE TRIGGER {identifier(row['name'])}")
    yield
    for row in triggers:
        always = "ALWAYS " if row["is_always"] else ""
        session.run(f"ALTER TABLE ONLY {_table(row).sql} ENABLE {always}TRIGGER {identifier(row['name'])}")


def _table(row: Mapping[str, Any]) -> TableName:
    return TableName(row["schema"], row["table"])
