"""Which tables are meant, and what speaks against fetching them."""

from collections.abc import Iterator, Sequence

from dataops_infra.conventions.documents import nearest
from dataops_infra.conventions.listing import listed
from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.postgresql.address import Address
from dataops_infra.masking.places.postgresql.names import TableName
from dataops_infra.masking.places.postgresql.session import Session
from dataops_infra.masking.places.postgresql.tables import Database, Table, read_database


def chosen_tables(session: Session, address: Address, *, is_copy: bool = False) -> tuple[Database, list[Table]]:
    """The database, and of its tables those that the address chooses, in the order of their names.

    :param is_copy: whether keys may lead out of them: nothing of a copy that is judged is loaded.

    :raises MaskingError: every reason why they cannot be fetched, at once.
    :raises Failure: the server refused.
    """
    database, chosen = tables_in_reach(session, address)
    problems = [*missing_tables(address, database), *_unreadable(chosen)]
    problems += [] if is_copy else _dangling(database, chosen)
    if not chosen and not problems:
        problems.append(f"no table is in {' and '.join(address.schemas)}: name others by ?schema=")
    if problems:
        raise MaskingError("\n".join(f"{address.shown}: {problem}" for problem in problems))
    return database, chosen


def tables_in_reach(session: Session, address: Address) -> tuple[Database, list[Table]]:
    """The database, and those of the tables that are there which the address means.

    :raises Failure: the server refused.
    """
    database = read_database(session, address.schemas)
    wanted = set(_wanted(address, database))
    return database, [table for name, table in database.tables.items() if not address.tables or name in wanted]


def _wanted(address: Address, database: Database) -> Iterator[TableName]:
    for text in address.tables:
        plain = TableName(address.schemas[0], text)
        schema, _, name = text.partition(".")
        yield TableName(schema, name) if name and plain not in database.tables else plain


def missing_tables(address: Address, database: Database) -> Iterator[str]:
    """What the address names and the database does not have."""
    known = [name.shown for name in database.tables]
    for name in _wanted(address, database):
        if name in database.left_out:
            yield f"{name.shown} is {database.left_out[name]} and no table; take it out of tables="
        elif name not in database.tables:
            near = nearest(name.shown, known)
            yield f"there is no table {name.shown}" + (f" ({near})" if near else "")
    if not address.tables:
        there = {name.schema for name in (*database.tables, *database.left_out)}
        for schema in address.schemas:
            if schema not in there and len(address.schemas) > 1:
                yield f"no table is in {schema}; take it out of schema="


def _unreadable(chosen: Sequence[Table]) -> Iterator[str]:
    names = [table.name.shown for table in chosen if not table.is_readable]
    if names:
        yield f"the user may not read {listed(names)}: grant SELECT, or choose others by tables="


def _dangling(database: Database, chosen: Sequence[Table]) -> Iterator[str]:
    """Foreign keys whose other end is left out: no row of the copy could be loaded under them."""
    names = {table.name for table in chosen}
    for key in database.foreign_keys:
        if key.table in names and key.references not in names:
            yield (
                f"{key.shown} refers to {key.references.shown}, which is left out: choose it too "
                f"(by schema= and tables=), or leave {key.table.shown} out"
            )
