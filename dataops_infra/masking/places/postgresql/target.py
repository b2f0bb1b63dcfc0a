"""Whether a database can take a copy; asked before any work is done, and again when the copy is there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from dataops_infra.conventions.listing import listed
from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.postgresql.address import Address
from dataops_infra.masking.places.postgresql.encoding import misfit
from dataops_infra.masking.places.postgresql.names import TableName, literal
from dataops_infra.masking.places.postgresql.notes import MANIFEST, has_notes, read_note
from dataops_infra.masking.places.postgresql.parts import EARLIER, check_parted, copied_tables, tables_to_load
from dataops_infra.masking.places.postgresql.session import Failure, Session
from dataops_infra.masking.places.postgresql.tables import Database, Table

MAKE_TABLES = "make the tables first: pg_dump --schema-only SOURCE | psql TARGET"
SHOWN = 5


def check_target(session: Session, address: Address, *, is_overwritten: bool) -> None:
    """Everything that can be told before there is a copy.

    :raises MaskingError: the database cannot take one.
    """
    try:
        check_writable(session, address)
        database, tables = tables_to_load(session, address)
        check_rights(session, address, tables)
        check_replaceable(session, address, tables, is_overwritten=is_overwritten)
        if address.tables:
            check_parted(session, address, database, {table.name for table in tables})
    except Failure as failure:
        raise MaskingError(f"{address.shown} cannot be looked into (SQLSTATE {failure.state})") from None


def check_writable(session: Session, address: Address) -> None:
    """Refuse a database that takes no writes from this user.

    :raises MaskingError: why not, and what to do.
    :raises Failure: the server refused.
    """
    facts = session.rows(
        "SELECT pg_is_in_recovery() AS is_standby, current_setting('transaction_read_only') = 'on' AS is_read_only"
    )[0]
    if facts["is_standby"]:
        raise MaskingError(f"{address.shown} is a standby and takes no writes: name its primary")
    if facts["is_read_only"]:
        raise MaskingError(
            f"{address.shown} is read-only (default_transaction_read_only): name another, or have it set for this user"
        )
    schema = literal(address.schemas[0])
    found = session.rows(
        "SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE') AS is_ours "  # noqa: S608
        f"FROM pg_namespace WHERE nspname = {schema}"
    )
    if not found:
        raise MaskingError(f"{address.shown} has no schema {address.schemas[0]}: {MAKE_TABLES}")
    if not found[0]["is_ours"] and not has_notes(session, address.schemas[0]):
        raise MaskingError(
            f"{address.shown}: the user may make no table in {address.schemas[0]}, where the copy's manifest goes: "
            f"grant USAGE and CREATE on the schema"
        )


def check_rights(session: Session, address: Address, tables: Iterable[Table]) -> None:
    """Refuse tables that the user may not fill.

    :raises MaskingError: it names all of them.
    :raises Failure: the server refused.
    """
    oids = {table.oid: table.name.shown for table in tables}
    if not oids:
        return
    rows = session.rows(
        "SELECT oid::int8 AS oid FROM pg_class WHERE NOT (has_table_privilege(oid, 'SELECT') "  # noqa: S608 - numbers
        "AND has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'TRUNCATE')) "
        f"AND oid IN ({', '.join(map(str, oids))})"
    )
    if rows:
        names = ", ".join(sorted(oids[row["oid"]] for row in rows))
        raise MaskingError(f"{address.shown}: grant SELECT, INSERT and TRUNCATE on {names}, or load as their owner")


def check_replaceable(session: Session, address: Address, tables: Iterable[Table], *, is_overwritten: bool) -> None:
    """Refuse tables with rows that no earlier run put there, or that are not to be replaced.

    :raises MaskingError: it names them.
    :raises Failure: the server refused.
    """
    default = address.schemas[0]
    copied = noted_tables(session, default)
    if copied is not None and not is_overwritten:
        raise MaskingError(
            f"{address.shown} holds a masked copy; choose another database, or replace it with --overwrite"
        )
    foreign = [
        table.name.shown
        for table in tables
        if table.name.known_as(default) not in (copied or ())
        and session.value(f"SELECT EXISTS (SELECT FROM {table.sql})")  # noqa: S608 - quoted
    ]
    if foreign:
        raise MaskingError(
            f"{address.shown} holds rows in {listed(foreign, SHOWN)}, which no masked copy put there and "
            "which are not overwritten: empty the tables yourself, or name those to load by ?tables="
        )


def fitting_tables(address: Address, database: Database, schemas: Mapping[str, pa.Schema]) -> dict[str, Table]:
    """Name of a table in the copy -> the table of the database that takes it.

    :raises MaskingError: it names every table and column that is missing, too many or of another type.
    """
    default = address.schemas[0]
    names = {name: TableName.of_known(name, default) for name in schemas}
    missing = [name.shown for name in names.values() if name not in database.tables]
    problems = [f"there is no table {listed(missing)}"] if missing else []
    found = {name: database.tables[table] for name, table in names.items() if table in database.tables}
    for name, table in found.items():
        problems += [f"{table.name.shown}: {problem}" for problem in _misfits(table, schemas[name])]
    if not address.tables:
        problems += _dangling(database, [table.name for table in found.values()])
    if problems:
        raise MaskingError(f"{address.shown} does not fit the copy: {'; '.join(problems)}; {MAKE_TABLES}")
    return found


def _misfits(table: Table, schema: pa.Schema) -> Iterator[str]:
    columns = {column.name: column for column in table.columns}
    stored = {column.name for column in table.stored}
    missing = [name for name in schema.names if name not in columns]
    computed = [name for name in schema.names if name in columns and name not in stored]
    additional = [name for name in stored if name not in schema.names]
    if missing:
        yield f"no column {listed(missing)}"
    if computed:
        yield f"{listed(computed)} is generated and cannot be loaded"
    if additional:
        yield f"the copy has no column {listed(sorted(additional))}"
    for field in schema:
        if field.name in stored and (problem := misfit(field.type, columns[field.name])) is not None:
            yield problem


def _dangling(database: Database, names: Sequence[TableName]) -> Iterator[str]:
    for key in database.foreign_keys:
        if key.table in names and key.references not in names:
            yield f"{key.shown} refers to {key.references.shown}, which the copy does not have: mask it too"
        elif key.references in names and key.table not in names:
            yield f"{key.shown}, which the copy lacks, refers to {key.references.shown}: mask it too, or drop it"


def noted_tables(session: Session, schema: str) -> frozenset[str] | None:
    """The tables that hold rows of masked copies; None = there is no copy.

    :raises Failure: the server refused.
    """
    return copied_tables(read_note(session, schema, MANIFEST), read_note(session, schema, EARLIER))
