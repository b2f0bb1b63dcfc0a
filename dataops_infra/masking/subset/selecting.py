"""Which rows a subset has, from what was read of the tables: numbers only, no value.

1. Rows of the root table are asked for, in the order of their ranks. What refers to them follows, then what refers to
   that; the root itself is not entered again on the way down, or one row would fetch them all.
2. What a chosen row refers to is chosen, always, until nothing is missing: cycles end because rows are chosen once.
3. Of a column of few values each has a row: the one with the lowest rank.
4. Small tables that refer to nothing are kept whole, every other table gives the share of its rows that the root gave,
   of rows whose parents are chosen. None of them can reach the root.

Rows of the root that are needed by others count, so fewer are asked for until their number fits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.gate.values import Flags
from dataops_infra.masking.subset.links import Key, Link, Rows, above, below, parents_first
from dataops_infra.masking.subset.reading import NO_VALUE, TableRows

Reasons = npt.NDArray[np.uint8]
_CLOSE = 0.05
"""A number of root rows that misses the wanted one by a smaller share is near enough; of many rows all are."""
_TRIES = 64
"""Single rows that are tried where the number is not near."""


class Reason(IntEnum):
    """Why a row is chosen; the first reason counts."""

    NONE = 0
    ASKED = 1
    """One of the root rows that were asked for."""
    REFERS = 2
    """It refers to a chosen row."""
    REFERRED = 3
    """A chosen row refers to it."""
    VALUE = 4
    """No other chosen row has some value of a column of few."""
    SMALL = 5
    """Its table is small and refers to nothing: it is kept whole."""
    SHARE = 6
    """Its table gives the share of its rows that the root gave."""


@dataclass(frozen=True)
class Data:
    """All tables, as far as choosing goes."""

    root: str
    tables: Mapping[str, TableRows]
    links: tuple[Link, ...]
    few_values: int
    """Rows up to which a table that refers to nothing is kept whole."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """The foreign keys."""
        return tuple(link.key for link in self.links)

    @cached_property
    def fed(self) -> frozenset[str]:
        """The root and all tables whose rows follow it."""
        return below(self.root, self.keys)

    @cached_property
    def small(self) -> frozenset[str]:
        """Tables that are kept whole."""
        referring = {key.table for key in self.keys if key.table != key.references}
        return frozenset(
            name
            for name, table in self.tables.items()
            if name != self.root and name not in referring and name not in self.fed and table.rows <= self.few_values
        )

    @cached_property
    def beside(self) -> tuple[str, ...]:
        """Tables that neither follow the root nor are needed by what does, parents first."""
        others = set(self.tables) - above(self.fed, self.keys) - self.small
        return tuple(parents_first(sorted(others), self.keys))


class Choice:
    """Rows that are chosen, and what follows from them."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self.reasons: dict[str, Reasons] = {name: np.zeros(table.rows, np.uint8) for name, table in data.tables.items()}

    def chosen(self, table: str) -> Flags:
        """Which rows of a table are chosen."""
        return np.asarray(self.reasons[table] != Reason.NONE)

    def number(self, table: str) -> int:
        """How many rows of a table are chosen."""
        return int(np.count_nonzero(self.reasons[table]))

    def counted(self, table: str) -> dict[Reason, int]:
        """Why -> how many rows of a table are chosen for it."""
        numbers = np.bincount(self.reasons[table], minlength=len(Reason)).tolist()
        return {reason: numbers[reason] for reason in Reason if reason is not Reason.NONE}

    def add(self, table: str, rows: Rows, reason: Reason) -> None:
        """Choose rows, and whatever they refer to."""
        self._close(table, self._mark(table, rows, reason))

    def add_following(self, rows: Rows) -> None:
        """Choose rows of the root, the rows that follow them, and whatever any of these refer to."""
        fresh = {self._data.root: self._mark(self._data.root, rows, Reason.ASKED)}
        ways = [link for link in self._data.links if link.key.references in self._data.fed]
        ways = [link for link in ways if link.key.table != self._data.root]
        marked = [(self._data.root, fresh[self._data.root])]
        while fresh:
            fresh = self._step(
                [(link.key.table, link.referring(fresh[link.key.references])) for link in ways
                 if link.key.references in fresh],
                Reason.REFERS,
            )  # fmt: skip
            marked += fresh.items()
        for table, new in marked:
            self._close(table, new)

    def _close(self, table: str, rows: Rows) -> None:
        fresh = {table: rows} if len(rows) else {}
        while fresh:
            found = [(link.key.references, link.referred(fresh[link.key.table])) for link in self._data.links
                     if link.key.table in fresh]  # fmt: skip
            fresh = self._step(found, Reason.REFERRED)

    def _step(self, found: Sequence[tuple[str, Rows]], reason: Reason) -> dict[str, Rows]:
        """Mark what was found; returns what is new, table by table."""
        fresh: dict[str, list[Rows]] = {}
        for table, rows in found:
            new = self._mark(table, rows, reason)
            if len(new):
                fresh.setdefault(table, []).append(new)
        return {table: np.concatenate(parts) for table, parts in fresh.items()}

    def _mark(self, table: str, rows: Rows, reason: Reason) -> Rows:
        reasons = self.reasons[table]
        new: Rows = rows[reasons[rows] == Reason.NONE]
        reasons[new] = reason
        return new


@dataclass(frozen=True)
class Chosen:
    """The rows of a subset."""

    choice: Choice
    target: int
    """Rows of the root that were asked for."""
    available: int
    """Rows of the root that could be asked for."""


def choose(data: Data, target: Callable[[int], int]) -> Chosen:
    """The rows of the subset.

    :param target: from the number of root rows that can be chosen to the number that is wanted.
    """
    root = data.tables[data.root]
    meets = np.ones(root.rows, np.bool_) if root.meets is None else root.meets
    candidates = np.flatnonzero(meets)
    candidates = candidates[np.argsort(root.ranks[candidates], kind="stable")]
    reach = None if root.meets is None else _reach(data, candidates)
    wanted = target(len(candidates))
    if not len(candidates):
        return Chosen(Choice(data), wanted, 0)
    values = _Values(data, reach)
    choice = _fitting(wanted, candidates, lambda rows: _grown(data, rows, values), data.root)
    _add_beside(data, choice, choice.number(data.root) / root.rows)
    for table in data.tables:
        values.keep(choice, table)
    return Chosen(choice, wanted, len(candidates))


def _reach(data: Data, candidates: Rows) -> Choice:
    """All that rows which meet the condition bring with them: values of other rows are not kept in these tables."""
    reach = Choice(data)
    reach.add_following(candidates)
    return reach


def _grown(data: Data, rows: Rows, values: "_Values") -> Choice:
    choice = Choice(data)
    choice.add_following(rows)
    for table in sorted(data.fed):
        values.keep(choice, table)
    return choice


def _fitting(wanted: int, candidates: Rows, grown: Callable[[Rows], Choice], root: str) -> Choice:
    """The choice whose number of root rows is near to the wanted one, by bisection: more rows bring more."""
    most = min(wanted, len(candidates))
    best = grown(candidates[:most])
    if best.number(root) <= wanted:
        return best
    least, beyond = 0, most  # what `least` rows bring is too little, what `beyond` bring is too much
    while beyond - least > 1 and best.number(root) != wanted:
        middle = (least + beyond) // 2
        found = grown(candidates[:middle])
        if found.number(root) > wanted:
            beyond = middle
        else:
            least = middle
        best = _nearer(best, found, wanted, root)
    if abs(best.number(root) - wanted) <= _CLOSE * wanted:
        return best
    # The next row would bring too many: perhaps one of those behind it brings fewer.
    rows = candidates[:least]
    for row in candidates[beyond : beyond + _TRIES]:
        found = grown(np.append(rows, row))
        rows = np.append(rows, row) if found.number(root) <= wanted else rows
        best = _nearer(best, found, wanted, root)
    return best


def _nearer(one: Choice, other: Choice, wanted: int, root: str) -> Choice:
    return other if abs(other.number(root) - wanted) < abs(one.number(root) - wanted) else one


class _Values:
    """For each value of each column of few values, the row that is chosen when no other chosen row has it."""

    def __init__(self, data: Data, reach: Choice | None) -> None:
        self._data = data
        self._firsts = {
            table: _firsts(rows, None if reach is None or table not in data.fed else reach.chosen(table))
            for table, rows in data.tables.items()
        }

    def keep(self, choice: Choice, table: str) -> None:
        """Choose what is missing in one table."""
        for column, codes in self._data.tables[table].few.items():
            firsts = self._firsts[table][column]
            is_kept = np.zeros(NO_VALUE + 1, np.bool_)
            is_kept[codes[choice.chosen(table)]] = True
            choice.add(table, firsts[~is_kept & (firsts >= 0)], Reason.VALUE)


def _firsts(rows: TableRows, among: Flags | None) -> dict[str, Rows]:
    """Column -> the row of lowest rank for each of its values' numbers; -1 = none.

    :param among: rows whose values count; None = all.
    """
    if not rows.few:
        return {}
    order = np.argsort(rows.ranks, kind="stable")[::-1]
    order = order if among is None else order[among[order]]
    found = {}
    for column, codes in rows.few.items():
        firsts = np.full(NO_VALUE + 1, -1, np.int64)
        firsts[codes[order]] = order  # of several rows the last one stays: the one of lowest rank
        firsts[NO_VALUE] = -1
        found[column] = firsts
    return found


def _add_beside(data: Data, choice: Choice, share: float) -> None:
    for table in sorted(data.small):
        choice.add(table, np.arange(data.tables[table].rows), Reason.SMALL)
    waiting = set(data.beside)
    for table in data.beside:
        rows = data.tables[table]
        may = np.ones(rows.rows, np.bool_)
        for link in data.links:
            if link.key.table == table and link.key.references not in waiting:
                may &= link.resolves(choice.chosen(link.key.references))
        waiting.discard(table)
        eligible = np.flatnonzero(may)
        number = min(len(eligible), max(1, round(share * rows.rows)))
        chosen = eligible[np.argsort(rows.ranks[eligible], kind="stable")[:number]]
        choice.add(table, chosen, Reason.SHARE)
