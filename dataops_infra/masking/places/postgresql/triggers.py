"""Triggers of the target do not fire while a copy is loaded: it holds what the gate passed, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.postgresql.names import TableName, identifier, literal
from dataops_infra.masking.places.postgresql.session import Session
from dataops_infra.masking.places.postgresql.tables import ForeignKey, Table

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
def silenced(session: Session, tables: Iterable[Table], parted: Sequence[ForeignKey]) -> Iterator[None]:
    """Triggers of ``tables`` and their partitions are off within, and as they were after it.

    :param parted: foreign keys that will be taken away, which only an owner of their tables may do.
    :raises MaskingError: the user owns not all tables that this takes.
    :raises Failure: the server refused.
    """
    oids = {table.oid: table for table in tables}
    triggers = session.rows(_TRIGGERS.format(oids=", ".join(map(str, oids))))
    _check_ours(session, [_table(row) for row in triggers if not row["is_ours"]], parted)
    for row in triggers:
        session.run(f"ALTER TABLE ONLY {_table(row).sql} DISABLE TRIGGER {identifier(row['name'])}")
    yield
    for row in triggers:
        always = "ALWAYS " if row["is_always"] else ""
        session.run(f"ALTER TABLE ONLY {_table(row).sql} ENABLE {always}TRIGGER {identifier(row['name'])}")


def _table(row: Mapping[str, Any]) -> TableName:
    return TableName(row["schema"], row["table"])


def _check_ours(session: Session, firing: Sequence[TableName], parted: Sequence[ForeignKey]) -> None:
    problems = []
    if firing:
        names = ", ".join(sorted({table.shown for table in firing}))
        problems.append(f"{names} have triggers, which would change or copy the masked rows")
    others = {key.table for key in parted if not _is_ours(session, key.table)}
    if others:
        names = ", ".join(sorted(table.shown for table in others))
        problems.append(f"foreign keys of {names} form a cycle that is checked row by row")
    if problems:
        raise MaskingError(
            f"{session.shown}: {' and '.join(problems)}: load as the owner of these tables, who may put that off"
            + (", or make the foreign keys DEFERRABLE" if others else "")
        )


def _is_ours(session: Session, table: TableName) -> bool:
    regclass = f"{literal(table.sql)}::regclass"
    return bool(session.value(f"SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = {regclass}"))  # noqa: S608
