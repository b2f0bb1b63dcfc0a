"""The values of kept columns, each once: all up to a limit, then a sample that hangs on the values alone."""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.gate.columns import Column, Entries
from dataops_infra.masking.gate.sampling import contains, in_sample
from dataops_infra.masking.gate.values import Hashes, texts

MOST_VALUES = 4096
"""Distinct values of a column that are looked at; a share of 1 % of them is seen to a fifth of itself."""
FEWEST_VALUES = 256
"""The same where a table has so many columns that :data:`ALL_VALUES` are reached."""
ALL_VALUES = 1 << 21
"""Distinct values of all kept columns together: some 100 MB of short texts."""
LARGE, HUGE = 10**8, 1e18
"""Numbers from the first on have nine digits or more, fractions from the second on are no numbers of anything."""
_SMALL = 16
"""Bits of whole numbers that hold no nine digits."""


def limit_of(columns: int) -> int:
    """How many distinct values of each of so many columns are looked at."""
    return max(FEWEST_VALUES, min(MOST_VALUES, ALL_VALUES // max(columns, 1)))


class DistinctTexts:
    """The distinct texts of one column; of a sample by their hashes when they are too many."""

    def __init__(self, limit: int = MOST_VALUES) -> None:
        self._limit = limit
        self._known: Hashes = np.empty(0, np.uint64)
        self._hashes: Hashes = np.empty(0, np.uint64)
        self._texts: list[pa.Array] = []
        self.level = 0
        """One value in 2**level is in the sample."""
        self.rows = 0
        """Values that were taken in, the repeated ones counted."""

    def add(self, values: Column) -> None:
        """Take in the values of a run of rows, but for empty ones."""
        self.rows += int(np.count_nonzero(values.filled))
        if values.entries is not None and self._knows(values.entries):
            return
        hashed, filled = values.hashes, values.filled
        rows = np.flatnonzero(filled & in_sample(hashed, self.level) if self.level else filled)
        found = hashed[rows]
        new = np.flatnonzero(~contains(self._known, found))
        if not len(new):
            return
        new = new[pl.Series(found[new]).arg_unique().to_numpy()]
        rows, found = rows[new], found[new]
        level = self.level
        while len(self._known) + len(found) > self._limit:
            level += 1
            self._known = self._known[in_sample(self._known, level)]
            inside = in_sample(found, level)
            rows, found = rows[inside], found[inside]
        self._thin(level)
        self._known = np.sort(np.concatenate([self._known, found]))
        self._hashes = np.concatenate([self._hashes, found])
        self._texts.append(texts(values.take(rows)))

    def _knows(self, entries: Entries) -> bool:
        """Whether no row can hold a text that is new."""
        hashed = entries.hashes
        return bool(contains(self._known, hashed[in_sample(hashed, self.level)] if self.level else hashed).all())

    def _thin(self, level: int) -> None:
        """Leave out what a thinner sample does not hold."""
        if level > self.level:
            self.level = level
            inside = in_sample(self._hashes, level)
            self._texts = [self.values().filter(pa.array(inside))]
            self._hashes = self._hashes[inside]

    def values(self) -> pa.Array:
        """The texts of the sample, in the order in which they came."""
        return pa.concat_arrays([pa.array([], pa.large_string()), *self._texts])

    @property
    def distinct(self) -> int:
        """How many different values there are; an estimate from the sample where it is one."""
        return len(self._known) << self.level


class LargeNumbers:
    """The whole numbers of one column that have nine digits or more, as texts."""

    def __init__(self, limit: int = MOST_VALUES) -> None:
        self.values = DistinctTexts(limit)
        self.large = 0
        """How many of the column's numbers are so large; some may have decimals."""

    def look(self, values: pa.Array) -> None:
        """Take in a run of rows; where none is large, that is a look at the least and the greatest."""
        bounds = pc.min_max(values)
        least, greatest = bounds["min"].as_py(), bounds["max"].as_py()
        if greatest is None or (greatest < LARGE and least > -LARGE):
            return
        is_large = pc.greater_equal(values, pa.scalar(LARGE, values.type))
        if least <= -LARGE:
            is_large = pc.or_(is_large, pc.less_equal(values, pa.scalar(-LARGE, values.type)))
        large = values.filter(is_large)
        self.large += len(large)
        if not pa.types.is_integer(large.type):
            large = large.filter(pc.equal(large, pc.floor(large)))
        if pa.types.is_floating(large.type):
            inside = pc.and_(pc.less(large, HUGE), pc.greater(large, -HUGE))
            large = large.filter(inside).cast(pa.int64())
        self.values.add(Column(large))


def may_be_large(kind: pa.DataType) -> bool:
    """Whether a type holds numbers of nine digits exactly."""
    if pa.types.is_integer(kind):
        return bool(kind.bit_width > _SMALL)
    return bool(pa.types.is_float64(kind) or pa.types.is_decimal(kind))
