"""Distinct values in bounded memory: all of them up to a limit, then a sample that hangs on the values alone.

A value is in the sample when its 64-bit hash lies below a threshold, which halves whenever the set is full. So two
columns are sampled at the same values, whatever their order, and what they share can be counted in the samples.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from dataops_infra.masking.gate.values import Flags, Hashes

LIMIT = 1 << 15
"""Distinct values that a set remembers (256 KiB); at least half as many once it has begun to sample."""

FIRST_ROWS, MORE_ROWS = 512, 64
"""Rows of a table's first run, and of each further one, that costly questions are asked of."""

_SIEVE, _SIEVED_FROM = 1 << 20, 1 << 15
_SIEVED_BITS = np.uint64(6)
"""Below these stand levels; those above are not zero in a sample, as the first ones are."""
_LEVELS = np.uint64(63)
"""The lowest six bits of an entry that is sampled by another value's hash: how many zeros that one begins with."""

_MANTISSA_BITS, _EXPONENT_BIAS = 52, 1023
_LOST_BITS = 63 - _MANTISSA_BITS
"""Of 64 bits so many do not fit into a float."""


class _Sample(ABC):
    """Distinct entries, thinned out by half whenever they are too many."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: Hashes = np.empty(0, np.uint64)
        self._fresh: list[Hashes] = []
        self._waiting = 0
        self._level = 0

    @property
    def level(self) -> int:
        """The sample holds one value in 2**level, or what belongs to it."""
        self._settle()
        return self._level

    @property
    def level_so_far(self) -> int:
        """The level that values must have to be taken in; :attr:`level` may turn out higher."""
        return self._level

    @staticmethod
    @abstractmethod
    def _thinned(entries: Hashes, level: int) -> Hashes:
        """The entries of a sample as thin as ``level``."""

    def _take_in(self, entries: Hashes) -> None:
        """Entries as thin as :attr:`level_so_far`, in any order, which nobody writes to any more."""
        self._fresh.append(entries)
        self._waiting += len(entries)
        if self._waiting >= self._limit:
            self._settle()

    def _below(self, level: int) -> Hashes:
        """The sorted entries of a sample as thin as ``level``, which is not below this one's."""
        return self._kept if level <= self.level else self._thinned(self._kept, level)

    def _settle(self) -> None:
        if self._fresh:
            gathered = np.concatenate([self._kept, *self._fresh])
            self._kept, self._level = _settled(gathered, self._limit, self._level, self._thinned)
            self._fresh, self._waiting = [], 0


def some_places(rows: int, wanted: int) -> npt.NDArray[np.int64]:
    """At most ``wanted`` of so many rows, evenly spread."""
    return np.arange(0, rows, -(-rows // wanted) or 1)


class DistinctSample(_Sample):
    """A set of hashes, or of those that begin with :attr:`level` zero bits."""

    def add(self, hashes: Hashes) -> None:
        """Take in a column's hashes."""
        chosen = self._thinned(hashes, self._level)
        self._take_in(chosen.copy() if chosen is hashes else chosen)

    def values(self) -> Hashes:
        """The sample, sorted."""
        return self._below(0)

    def below(self, level: int) -> Hashes:
        """The values of a sample as thin as ``level``, which is not below this one's."""
        return self._below(level)

    @staticmethod
    def _thinned(entries: Hashes, level: int) -> Hashes:
        return entries.compress(in_sample(entries, level)) if level else entries


class PairedSample(_Sample):
    """Something about each value, such as its replacement, sampled by the value's own hash.

    So it can be held against the values themselves: as many replacements as values, as many pairs of both.
    """

    def add(self, values: Hashes, belonging: Hashes) -> None:
        """Take in two aligned columns: the values, and what belongs to each."""
        if self._level:
            chosen = in_sample(values, self._level)
            values, belonging = values.compress(chosen), belonging.compress(chosen)
        self._take_in((belonging & ~_LEVELS) | leading_zeros(values))

    def belonging(self, level: int) -> Hashes:
        """What belongs to the values of a sample as thin as ``level``: sorted, without the lowest six bits."""
        return distinct(self._below(level) >> np.uint64(6))

    @staticmethod
    def _thinned(entries: Hashes, level: int) -> Hashes:
        return entries.compress((entries & _LEVELS) >= level)


class RecentlySeen:
    """A cache that leaves out most of what came before: repeated values would only be sorted again."""

    _SLOTS = 1 << 17
    _CHUNK = 1 << 14

    def __init__(self) -> None:
        self._slots: Hashes = np.zeros(self._SLOTS, np.uint64)

    def unseen(self, hashes: Hashes) -> Flags:
        """Which of ``hashes`` may be new: all that are, and some that are not."""
        fresh = np.empty(len(hashes), np.bool_)
        # Signed, as places are: numpy copies others.
        slots = (hashes & np.uint64(self._SLOTS - 1)).view(np.int64)
        for first in range(0, len(hashes), self._CHUNK):
            chunk, places = hashes[first : first + self._CHUNK], slots[first : first + self._CHUNK]
            np.not_equal(self._slots.take(places), chunk, out=fresh[first : first + self._CHUNK])
            self._slots[places] = chunk
        return fresh


def in_sample(hashes: Hashes, level: int) -> Flags:
    """Which hashes begin with ``level`` zero bits (at most 63)."""
    return np.asarray(hashes <= np.uint64((1 << (64 - level)) - 1))


def _settled(gathered: Hashes, limit: int, level: int, thinned: Callable[[Hashes, int], Hashes]) -> tuple[Hashes, int]:
    """At most ``limit`` distinct entries, sorted, and how thin a sample they are."""
    # Sorting costs most. Where few are repeated, most need not be sorted to see that they are too many.
    guessed = min(level + max((len(gathered) // limit).bit_length() - 1, 0), 63)
    kept = distinct(thinned(gathered, guessed) if guessed > level else gathered)
    if guessed > level and 2 * len(kept) < limit:
        guessed, kept = level, distinct(gathered)
    level = guessed
    while len(kept) > limit:
        level += 1
        kept = thinned(kept, level)
    return kept, level


def distinct(hashes: Hashes) -> Hashes:
    """Sorted, each once (numpy's ``sort`` takes 2.5 times as long as polars', its ``unique`` more)."""
    if not len(hashes):
        return hashes
    ordered = pl.Series(hashes).sort().to_numpy()
    is_new = ordered[1:] != ordered[:-1]
    return ordered if is_new.all() else ordered.compress(np.concatenate([[True], is_new]))


def common(left: Hashes, right: Hashes) -> Hashes:
    """What two sorted sets share."""
    return left.compress(contains(right, left))


def contains(ordered: Hashes, looked_for: Hashes) -> Flags:
    """Which of ``looked_for`` stand in a sorted set."""
    if not len(ordered):
        return np.zeros(len(looked_for), np.bool_)
    if len(looked_for) < _SIEVED_FROM:
        return _found(ordered, looked_for)
    # A look into a table of flags takes a tenth of a search, and spares most of those that are not there.
    sieve = np.zeros(_SIEVE, np.bool_)
    sieve[(ordered >> _SIEVED_BITS) & np.uint64(_SIEVE - 1)] = True
    found: Flags = sieve[(looked_for >> _SIEVED_BITS) & np.uint64(_SIEVE - 1)]
    maybe = np.flatnonzero(found)
    found[maybe] = _found(ordered, looked_for[maybe])
    return found


def _found(ordered: Hashes, looked_for: Hashes) -> Flags:
    places = np.minimum(np.searchsorted(ordered, looked_for), len(ordered) - 1)
    return np.asarray(ordered[places] == looked_for)


def leading_zeros(hashes: Hashes) -> Hashes:
    """How many zero bits each hash begins with, at most 63."""
    # The exponent of a float says so; 53 bits fit into one exactly, and signed numbers become floats without branches.
    upper = (hashes >> np.uint64(_LOST_BITS)).view(np.int64)
    exponents = upper.astype(np.float64).view(np.int64) >> _MANTISSA_BITS
    zeros = (_EXPONENT_BIAS + _MANTISSA_BITS - exponents).view(np.uint64)
    few = np.flatnonzero(upper == 0)
    zeros[few] = [min(64 - value.bit_length(), 63) for value in hashes[few].tolist()]
    return zeros


def mixed(left: Hashes, right: Hashes) -> Hashes:
    """One hash for a pair; the multiplier is that of SplitMix64 (Steele, Lea, Flood, 2014)."""
    found = left ^ (right >> np.uint64(29))
    found ^= right << np.uint64(35)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(found)
