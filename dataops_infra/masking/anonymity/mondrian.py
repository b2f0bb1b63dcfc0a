"""Mondrian (LeFevre, DeWitt, Ramakrishnan 2006): splits rows into groups of at least k that are as narrow as they get.

Strict and multi-dimensional: rows with equal values always stay together, so that a recoding is a look-up. All groups
of one depth are split at once, whole arrays at a time; in large tables some hundred thousand entries at a time. Nothing
hangs on the order of rows: only sums over equal values are looked at, and ties go to the earlier column and the smaller
value.

Least loss of information is sought greedily: a group is split in the column in which it spans the largest share of the
column's distinct values, at the cut that halves its rows best; where that breaks k, l or t, in the next such column.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.anonymity.groups import Codes, Groups, Integers, changes

_CELLS_PER_ENTRY = 2
"""Up to so many places for values per entry, counting into them beats sorting."""
_ENTRIES_AT_ONCE = 500_000
"""Groups with more entries together are split in several goes: what is at hand fits the processor's cache."""
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Demand:
    """What every group must reach; None = not asked."""

    k: int
    l: int | None = None  # noqa: E741 - the term of the field
    t: float | None = None


@dataclass(frozen=True)
class SensitiveColumn:
    """The sensitive values of all entries."""

    ranks: Integers
    """Which value each entry holds (n,)."""
    total: Integers
    """Rows of the table per value."""
    ordered: bool
    """Whether values have distances (see :meth:`.groups.Groups.distance`)."""


@dataclass(frozen=True)
class Entries:
    """The distinct combinations of a table."""

    codes: Sequence[Codes]
    """Per column that may be split, the place of each entry's value (n,)."""
    rows: Integers
    """How many rows hold each (n,)."""
    sensitive: Sequence[SensitiveColumn] = ()


def meets(entries: Entries, chosen: Integers, groups: Integers, demand: Demand) -> Booleans:
    """Whether each group meets the demand (g,).

    :param chosen: the entries that are looked at (c,).
    :param groups: group of each of them (c,); numbers from 0, none left out.
    """
    met: Booleans = np.bincount(groups, entries.rows[chosen]) >= demand.k
    for column in entries.sensitive:
        held = Groups.of(groups, column.ranks[chosen], entries.rows[chosen])
        if demand.l is not None:
            met &= held.distinct >= demand.l
        if demand.t is not None:
            met &= held.distance(column.total, column.ordered) <= demand.t
    return met


def partition(entries: Entries, start: Integers, demand: Demand) -> Integers:
    """The group of each entry (n,): numbers from 0, none left out.

    Groups of ``start`` that do not meet the demand are not split, and come out as they are.

    :param start: groups that must stay apart (n,): numbers from 0, none left out.
    """
    groups = start.copy()
    unused = int(groups.max(initial=-1)) + 1
    waiting = [np.argsort(groups, kind="stable")]
    while waiting:
        active = _divisible(entries, groups, waiting.pop(), demand.k)
        if not len(active):
            continue
        firsts = np.flatnonzero(changes(groups[active]))
        if len(active) > _ENTRIES_AT_ONCE and len(firsts) > 1:
            middle = firsts[min(int(np.searchsorted(firsts, len(active) // 2)), len(firsts) - 1)]
            waiting += [active[:middle], active[middle:]]
            continue
        right, split = _split(entries, active, firsts, demand)
        parts = _part_of_each(firsts, len(active))
        moved = right & split[parts]
        groups[active[moved]] = unused + parts[moved]
        unused += len(firsts)
        waiting.append(_side_by_side(active, firsts, parts, right)[split[parts]])
    return np.unique(groups, return_inverse=True)[1].reshape(-1)


def _divisible(entries: Entries, groups: Integers, active: Integers, k: int) -> Integers:
    """The entries of groups that are large enough for two."""
    if not len(active):
        return active
    firsts = np.flatnonzero(changes(groups[active]))
    large = np.add.reduceat(entries.rows[active], firsts) >= 2 * k
    return active[large[_part_of_each(firsts, len(active))]]


def _side_by_side(active: Integers, firsts: Integers, parts: Integers, right: Booleans) -> Integers:
    """The entries of each part with its left side first."""
    left = np.cumsum(~right)
    before = np.concatenate([[0], left])[firsts]  # on the left in the parts before
    lefts = np.diff(before, append=left[-1])
    # How many on its own side stand before an entry in its part.
    own = np.where(right, np.arange(len(active)) - firsts[parts] - (left - before[parts]), left - 1 - before[parts])
    together = np.empty_like(active)
    together[firsts[parts] + own + np.where(right, lefts[parts], 0)] = active
    return together


def _split(entries: Entries, active: Integers, firsts: Integers, demand: Demand) -> tuple[Booleans, Booleans]:
    """Which entries go to the right (a,), and which groups are split (g,)."""
    spans = _spans(entries, active, firsts)
    columns = np.argsort(-spans, axis=0, kind="stable")
    parts = _part_of_each(firsts, len(active))
    right, split = np.zeros(len(active), bool), np.zeros(len(firsts), bool)
    undecided = np.ones(len(firsts), bool)
    for column in columns:
        undecided &= np.take_along_axis(spans, column[None], 0)[0] > 0
        places = np.flatnonzero(undecided[parts])
        if not len(places):
            break
        numbered = np.cumsum(undecided) - 1
        local = numbered[parts[places]]
        values = _values(entries, active[places], column[parts[places]])
        cuts = _balanced_cuts(local, values, entries.rows[active[places]], demand.k)
        to_right = values > cuts[local]
        allowed = cuts >= 0
        if entries.sensitive:
            allowed &= _sides_meet(entries, active[places], local, to_right, allowed, demand)
        decided = np.flatnonzero(undecided)[allowed]
        right[places] |= to_right & allowed[local]
        split[decided] = True
        undecided[decided] = False
    return right, split


def _spans(entries: Entries, active: Integers, firsts: Integers) -> npt.NDArray[np.float64]:
    """The share of each column's distinct values between a group's smallest and largest (columns, groups)."""
    spans = np.zeros((len(entries.codes), len(firsts)))
    for position, codes in enumerate(entries.codes):
        held = codes[active]
        width = np.maximum.reduceat(held, firsts) - np.minimum.reduceat(held, firsts)
        spans[position] = width / max(int(codes.max()) - int(codes.min()), 1)
    return spans


def _values(entries: Entries, chosen: Integers, columns: Integers) -> Integers:
    """The code of each chosen entry in the column that its group is to be split in."""
    values = np.empty(len(chosen), np.int64)
    for position, codes in enumerate(entries.codes):
        here = columns == position
        values[here] = codes[chosen[here]]
    return values


def _balanced_cuts(parts: Integers, values: Integers, rows: Integers, k: int) -> Integers:
    """Per part the largest value of its left side, so that both have k rows and are as alike as can be; -1 = none.

    :param parts: part of each entry, rising, from 0 and without gaps.
    """
    firsts = np.flatnonzero(changes(parts))
    least = np.minimum.reduceat(values, firsts)
    width = np.maximum.reduceat(values, firsts) - least + 1
    cells = np.cumsum(width)
    offsets = cells - width - least  # of a part's values among the cells of all parts
    if cells[-1] <= _CELLS_PER_ENTRY * len(values):
        held = np.bincount(offsets[parts] + values, rows, cells[-1]).astype(np.int64)
        places = np.arange(cells[-1])
        begins = cells - width
    else:
        order = np.argsort(offsets[parts] + values)
        places = (offsets[parts] + values)[order]
        distinct = np.flatnonzero(changes(places))
        held, places = np.add.reduceat(rows[order], distinct), places[distinct]
        begins = np.searchsorted(places, cells - width)
    part_of_cell = _part_of_each(begins, len(held))
    cumulated = np.cumsum(held)
    ends = np.append(begins[1:], len(held)) - 1
    before = np.concatenate([[0], cumulated[ends][:-1]])
    left = cumulated - before[part_of_cell]
    smaller = np.minimum(left, (cumulated[ends] - before)[part_of_cell] - left)
    best = np.maximum.reduceat(smaller, begins)
    cuts = np.full(len(firsts), -1, np.int64)
    chosen = np.flatnonzero((smaller == best[part_of_cell]) & (smaller >= k))[::-1]
    cuts[part_of_cell[chosen]] = places[chosen] - offsets[part_of_cell[chosen]]  # written last: the smallest value
    return cuts


def _sides_meet(
    entries: Entries, chosen: Integers, parts: Integers, right: Booleans, allowed: Booleans, demand: Demand
) -> Booleans:
    """Whether both sides of each part that has a cut meet the demand."""
    cut = allowed[parts]
    numbered = np.cumsum(allowed) - 1
    sides = 2 * numbered[parts[cut]] + right[cut]
    both = np.zeros(len(allowed), bool)
    if len(sides):
        both[allowed] = meets(entries, chosen[cut], sides, demand).reshape(-1, 2).all(axis=1)
    return both


def _part_of_each(firsts: Integers, length: int) -> Integers:
    """Which part each of ``length`` entries stands in, from where parts begin."""
    parts = np.zeros(length, np.int64)
    parts[firsts[1:]] = 1
    return np.cumsum(parts)
