"""In which order tables are loaded so that no row comes before the one it refers to, and what cycles take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from dataops_infra.masking.places.postgresql.names import TableName
from dataops_infra.masking.places.postgresql.tables import ForeignKey


@dataclass(frozen=True)
class LoadingOrder:
    """Tables, those that are referred to first.

    :param parted: keys of cycles that the database checks row by row, so that no order is right: they are taken away
        while rows are loaded, and made again in the same transaction, which checks all rows.
    """

    tables: tuple[TableName, ...]
    parted: tuple[ForeignKey, ...]


def loading_order(tables: Iterable[TableName], keys: Sequence[ForeignKey]) -> LoadingOrder:
    """An order for ``tables``, always the same.

    Keys that can be deferred are, and a key of a table to itself is checked when all its rows are there: neither asks
    for an order. Of what is left, the keys within each cycle are parted.
    """
    names = sorted(tables)
    asking = [key for key in keys if not key.is_deferrable and key.table != key.references]
    parted: list[ForeignKey] = []
    while True:
        kept = [key for key in asking if key not in parted]
        try:
            return LoadingOrder(_sorted(names, kept, keys), tuple(parted))
        except CycleError as error:
            cycle = set(error.args[1])
            parted += [key for key in kept if key.table in cycle and key.references in cycle]


def _sorted(
    names: Sequence[TableName], kept: Sequence[ForeignKey], keys: Sequence[ForeignKey]
) -> tuple[TableName, ...]:
    """By what is kept; where that leaves a choice, also by the deferrable keys, which then have less to wait for."""
    required = _graph(names, kept)
    try:
        return tuple(
            TopologicalSorter(_graph(names, [key for key in keys if key.table != key.references])).static_order()
        )
    except CycleError:
        return tuple(TopologicalSorter(required).static_order())


def _graph(names: Sequence[TableName], keys: Sequence[ForeignKey]) -> Mapping[TableName, list[TableName]]:
    return {name: sorted({key.references for key in keys if key.table == name}) for name in names}
