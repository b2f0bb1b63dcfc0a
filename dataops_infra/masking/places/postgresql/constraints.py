"""Foreign keys while a copy is loaded: which are put off, and in which order tables are loaded for the others."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.postgresql.names import TableName, identifier, literal
from dataops_infra.masking.places.postgresql.session import Failure, Session
from dataops_infra.masking.places.postgresql.tables import Database, ForeignKey


def loading_order(tables: Iterable[TableName], keys: Sequence[ForeignKey]) -> tuple[TableName, ...] | None:
    """An order for ``tables``, always the same, in which no row comes before the one it refers to; None = none is.

    A key of a table to itself is checked when all its rows are there, and a deferrable one when all tables are: neither
    asks for an order.
    """
    names = sorted(tables)
    others = [key for key in keys if key.table != key.references]
    for asking in (others, [key for key in others if not key.is_deferrable]):
        try:
            return tuple(TopologicalSorter(_graph(names, asking)).static_order())
        except CycleError:
            continue
    return None


@contextmanager
def put_off(session: Session, database: Database, loaded: Collection[TableName]) -> Iterator[tuple[TableName, ...]]:
    """Within, rows can be loaded in the order that is given; afterwards every key of ``loaded`` holds for all rows.

    Keys of the user's own tables are taken away and made again in the same transaction: that looks at all rows at
    once, where a key that stays looks at them one by one, and it does not care about cycles. Keys of other owners stay.

    :raises MaskingError: keys that stay form a cycle in which each row would have to be there before the other.
    :raises Failure: the server refused, or a key does not hold.
    """
    keys = [key for key in database.foreign_keys if key.table in loaded or key.references in loaded]
    ours = {table.name for table in database.tables.values() if table.is_ours}
    parted = [key for key in keys if {key.table, key.references} <= ours]
    staying = [key for key in keys if key not in parted]
    order = loading_order(loaded, [key for key in staying if key.table in loaded and key.references in loaded])
    if order is None:
        names = ", ".join(
            sorted({key.table.shown for key in staying if not key.is_deferrable and key.table != key.references})
        )
        raise MaskingError(
            f"{session.shown}: foreign keys of {names} form a cycle that is checked row by row: make them DEFERRABLE, "
            "or load as the owner of the tables, who may put them off"
        )
    session.run("SET CONSTRAINTS ALL DEFERRED")
    for key in parted:
        session.run(f"ALTER TABLE {key.table.sql} DROP CONSTRAINT {identifier(key.name)}")
    yield order
    # What waits would stand in the way of ALTER TABLE, and is told here with its reason.
    session.run("SET CONSTRAINTS ALL IMMEDIATE")
    for key in parted:
        _make_again(session, key)


def _make_again(session: Session, key: ForeignKey) -> None:
    name = identifier(key.name)
    try:
        session.run(f"ALTER TABLE {key.table.sql} ADD CONSTRAINT {name} {key.definition}")
    except Failure as failure:
        raise Failure(failure.state, {"TABLE_NAME": key.table.shown, "CONSTRAINT_NAME": key.name}) from None
    if key.comment is not None:
        session.run(f"COMMENT ON CONSTRAINT {name} ON {key.table.sql} IS {literal(key.comment)}")


def _graph(names: Sequence[TableName], keys: Sequence[ForeignKey]) -> Mapping[TableName, list[TableName]]:
    return {name: sorted({key.references for key in keys if key.table == name}) for name in names}
