"""Foreign keys as numbers: each key that is referred to has one, and rows of both sides know the number of theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.gate.values import Flags, Hashes

Groups = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]

NULL, DANGLING = -1, -2
"""Numbers of a row that refers to nothing, and of one whose key stands nowhere."""


@dataclass(frozen=True, order=True)
class Key:
    """A foreign key, as it was stated."""

    table: str
    columns: tuple[str, ...]
    references: str
    referenced_columns: tuple[str, ...]

    @property
    def shown(self) -> str:
        """``orders(customer_id) -> customers(id)``."""
        return f"{self.table}({', '.join(self.columns)}) -> {self.references}({', '.join(self.referenced_columns)})"


@dataclass(frozen=True)
class HashedKey:
    """One side of a foreign key: a hash of each row's key, and whether all its columns are filled."""

    hashes: Hashes
    there: Flags


class Index:
    """From the number of a key to the rows that hold it; numbers below 0 are left out."""

    def __init__(self, groups: Groups, number: int) -> None:
        order = np.argsort(groups, kind="stable").astype(np.int32)
        first = int(np.searchsorted(groups[order], 0))
        self._rows = order[first:]
        self._starts = np.zeros(number + 1, np.int64)
        np.cumsum(np.bincount(groups[self._rows], minlength=number), out=self._starts[1:])

    def rows(self, groups: Groups) -> Rows:
        """The rows of some keys, each of which is named once."""
        starts, ends = self._starts[groups], self._starts[groups + 1]
        sizes = ends - starts
        total = int(sizes.sum())
        if not total:
            return np.empty(0, np.int64)
        # The places of each run: its start, then ones: one sum over all runs.
        steps = np.ones(total, np.int64)
        filled = sizes > 0
        firsts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
        steps[firsts[1:]] = starts[filled][1:] - ends[filled][:-1] + 1
        steps[0] = starts[filled][0]
        return self._rows[np.cumsum(steps)].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Link:
    """A foreign key whose both sides were read."""

    key: Key
    number: int
    """How many different keys can be referred to."""
    child_groups: Groups
    parent_groups: Groups

    @cached_property
    def parents(self) -> Index:
        """The rows that hold a key."""
        return Index(self.parent_groups, self.number)

    @cached_property
    def children(self) -> Index:
        """The rows that refer to a key."""
        return Index(self.child_groups, self.number)

    def referred(self, rows: Rows) -> Rows:
        """The rows that some rows refer to."""
        return self.parents.rows(_distinct(self.child_groups[rows]))

    def referring(self, rows: Rows) -> Rows:
        """The rows that refer to some rows."""
        return self.children.rows(_distinct(self.parent_groups[rows]))

    def resolves(self, chosen: Flags) -> Flags:
        """Whether each row that refers refers to nothing but chosen rows, or to nothing at all."""
        there = np.ones(self.number + 2, np.bool_)  # the last two: DANGLING and NULL
        there[self.parent_groups[~chosen]] = False
        there[-2:] = True
        return there[self.child_groups]


def link_up(key: Key, child: HashedKey, parent: HashedKey) -> Link:
    """Number the keys of ``parent`` and find those of ``child`` among them.

    Keys are told apart by 64-bit hashes: of 10 million, two are alike by chance in one of 400,000 data sets.
    """
    distinct = np.unique(parent.hashes[parent.there])
    return Link(key, len(distinct), _numbers(child, distinct), _numbers(parent, distinct))


def _numbers(side: HashedKey, distinct: Hashes) -> Groups:
    found = np.full(len(side.hashes), NULL, np.int32)
    places = np.searchsorted(distinct, side.hashes[side.there])
    is_known = np.zeros(len(places), np.bool_)
    inside = places < len(distinct)
    is_known[inside] = distinct[places[inside]] == side.hashes[side.there][inside]
    found[side.there] = np.where(is_known, places, DANGLING)
    return found


def _distinct(groups: Groups) -> Groups:
    return np.unique(groups[groups >= 0])


def below(root: str, keys: Sequence[Key]) -> frozenset[str]:
    """``root``, the tables that refer to it, those that refer to these, and so on."""
    return _reached({root}, [(key.references, key.table) for key in keys])


def above(tables: frozenset[str], keys: Sequence[Key]) -> frozenset[str]:
    """``tables``, what they refer to, what this refers to, and so on."""
    return _reached(set(tables), [(key.table, key.references) for key in keys])


def _reached(found: set[str], steps: Sequence[tuple[str, str]]) -> frozenset[str]:
    while True:
        more = {there for here, there in steps if here in found} - found
        if not more:
            return frozenset(found)
        found |= more


def parents_first(tables: Sequence[str], keys: Sequence[Key]) -> Iterator[str]:
    """``tables`` such that what one refers to comes before it; a cycle is entered at its first name."""
    waiting = sorted(tables)
    needs: Mapping[str, set[str]] = {
        table: {key.references for key in keys if key.table == table and key.references != table} for table in waiting
    }
    while waiting:
        free = next((table for table in waiting if not needs[table] & set(waiting)), waiting[0])
        waiting.remove(free)
        yield free
