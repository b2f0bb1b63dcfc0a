"""Loading some tables of a copy: what ``tables=`` of a target names, and the foreign keys between them and the rest."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dataops_infra.errors import MaskingError
from dataops_infra.masking.manifest import SCHEMA, manifest_text
from dataops_infra.masking.places.postgresql.address import Address
from dataops_infra.masking.places.postgresql.choosing import missing_tables, tables_in_reach
from dataops_infra.masking.places.postgresql.names import TableName
from dataops_infra.masking.places.postgresql.session import Failure, Session
from dataops_infra.masking.places.postgresql.tables import Database, ForeignKey, Table

EARLIER = "earlier"
"""The note that tells which tables hold rows of masked copies before the last one."""


def loaded_tables(session: Session, address: Address) -> frozenset[str] | None:
    """The tables that are loaded, as plans call them; None = all of the copy.

    :raises MaskingError: some are not there.
    """
    if not address.tables:
        return None
    try:
        _database, tables = tables_to_load(session, address)
    except Failure as failure:
        raise MaskingError(f"{address.shown} cannot be looked into (SQLSTATE {failure.state})") from None
    return frozenset(table.name.known_as(address.schemas[0]) for table in tables)


def tables_to_load(session: Session, address: Address) -> tuple[Database, list[Table]]:
    """The database, and those of its tables that may be loaded.

    :raises MaskingError: tables that ``tables=`` names are not there.
    :raises Failure: the server refused.
    """
    database, tables = tables_in_reach(session, address)
    missing = list(missing_tables(address, database)) if address.tables else []
    if missing:
        raise MaskingError("\n".join(f"{address.shown}: {problem}" for problem in missing))
    return database, tables


def check_parted(session: Session, address: Address, database: Database, loaded: Collection[TableName]) -> None:
    """Refuse to load ``loaded`` without the tables that they refer to, or that refer to them, where that cannot work.

    Other keys hold or do not hold by the rows that are there: the server checks them before anything is committed.

    :raises MaskingError: it names every such key.
    :raises Failure: the server refused.
    """
    problems = []
    for key in database.foreign_keys:
        if key.table in loaded and key.references not in loaded and _finds_nothing(session, database, key):
            problems.append(
                f"{key.shown} must not be null and refers to {key.references.shown}, which tables= leaves out and "
                "which holds no rows: name it too"
            )
        if key.references in loaded and key.table not in loaded and not _is_ours(database, key):
            problems.append(
                f"{key.shown}, which tables= leaves out, refers to {key.references.shown}: name it too, or load as the "
                "owner of both"
            )
    if problems:
        raise MaskingError("\n".join(f"{address.shown}: {problem}" for problem in problems))


def _finds_nothing(session: Session, database: Database, key: ForeignKey) -> bool:
    """Whether no row can be loaded under the key, as far as the user may look."""
    child, parent = database.tables[key.table], database.tables.get(key.references)
    required = {column.name for column in child.columns if column.is_required}
    if parent is None or not parent.is_readable or not required.issuperset(key.columns):
        return False
    return not session.value(f"SELECT EXISTS (SELECT FROM {parent.sql})")  # noqa: S608 - quoted


def _is_ours(database: Database, key: ForeignKey) -> bool:
    """Whether the key can be taken away meanwhile: no other way lets a table be emptied that others refer to."""
    return all(name in database.tables and database.tables[name].is_ours for name in (key.table, key.references))


def manifest_of_loaded(manifest: bytes, loaded: Collection[str], address: Address) -> bytes:
    """The manifest of a copy, with what of it is loaded where that is not all."""
    if not address.tables:
        return manifest
    return manifest_text({**json.loads(manifest), "loaded": sorted(loaded)}).encode()


def copied_tables(manifest: bytes | None, earlier: bytes | None) -> frozenset[str] | None:
    """The tables that hold rows of masked copies, by what is noted; None = there is no copy."""
    document = _document(manifest)
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        return None
    loaded = document.get("loaded", document.get("tables"))
    return frozenset([*_names(loaded), *_names(_document(earlier))])


def earlier_note(copied: Collection[str] | None, loaded: Collection[str]) -> dict[str, bytes]:
    """What is to be noted of tables that hold rows of former copies and are not loaded now."""
    left = sorted(set(copied or ()) - set(loaded))
    return {EARLIER: json.dumps(left).encode()} if left else {}


def _document(note: bytes | None) -> Any:
    try:
        return json.loads(note or b"null")
    except ValueError:
        return None


def _names(stated: Any) -> Iterator[str]:
    if isinstance(stated, list | dict):
        yield from (name for name in stated if isinstance(name, str))
