"""The table beside a masked copy that tells what the copy is: its manifest, and the order of rows."""

from dataops_infra.masking.places.postgresql.names import TableName, literal
from dataops_infra.masking.places.postgresql.session import Session
from dataops_infra.masking.places.postgresql.tables import MANIFEST_TABLE

MANIFEST = "manifest"
ORDER = "order:"
"""Before the name of a table: how its rows as they are read come into the copy's order (:mod:`.order`)."""


def read_note(session: Session, schema: str, name: str) -> bytes | None:
    """What is noted under ``name`` beside the copy in ``schema``; None = nothing, or there is no copy.

    :raises Failure: the server refused.
    """
    if not has_notes(session, schema):
        return None
    table = TableName(schema, MANIFEST_TABLE)
    found = session.rows(f"SELECT content FROM {table.sql} WHERE name = {literal(name)}")  # noqa: S608 - quoted
    return found[0]["content"] if found else None


def has_notes(session: Session, schema: str) -> bool:
    """Whether ``schema`` holds such a table.

    :raises Failure: the server refused.
    """
    return bool(
        session.value(
            "SELECT EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "  # noqa: S608 - quoted
            f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {literal(schema)} "
            f"AND c.relname = {literal(MANIFEST_TABLE)} AND c.relkind = 'r' AND a.attname = 'content')"
        )
    )


def write_notes(session: Session, schema: str, notes: dict[str, bytes]) -> None:
    """Replace all notes beside the copy in ``schema``.

    :raises Failure: the server refused.
    """
    table = TableName(schema, MANIFEST_TABLE).sql
    session.run(f"CREATE TABLE IF NOT EXISTS {table} (name text PRIMARY KEY, content bytea NOT NULL)")
    session.run(f"TRUNCATE {table}")
    for name, content in notes.items():
        session.run(f"INSERT INTO {table} VALUES ($1, $2)", [name, content])  # noqa: S608 - quoted
