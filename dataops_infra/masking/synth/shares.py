"""How often which value comes: distributions that a contract may ask for, as numbers below the size of a domain.

Curves are tables of 4,096 steps with straight lines between, rounded to a grid: what the mathematical functions of two
machines give differs in the last bit, the rounded tables do not.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.synth.streams import Bits, Rows, Stream

_STEPS = 4096
_GRID = 2**24
_FINE = 2**40
MOST_RANKS = 1_000_000
"""Ranks that a Zipf distribution knows; later ones never come."""

Floats = npt.NDArray[np.float64]


class Share(Protocol):
    """Chooses among the numbers below a size."""

    def choose(self, stream: Stream, rows: Rows, size: int) -> Bits:
        """A number below ``size`` for each row."""


@dataclass(frozen=True)
class Uniform:
    """All equally often."""

    def choose(self, stream: Stream, rows: Rows, size: int) -> Bits:
        """A number below ``size`` for each row."""
        return stream.numbers(rows, size)


@dataclass(frozen=True)
class Weighted:
    """Each as often as its weight says."""

    weights: tuple[float, ...]

    def choose(self, stream: Stream, rows: Rows, size: int) -> Bits:
        """A number below ``size``, of which there are as many as weights."""
        return _by_weights(np.array(self.weights[:size], np.float64), stream.fractions(rows))


@dataclass(frozen=True)
class Zipf:
    """The n-th as often as 1 / n to the power of ``exponent``."""

    exponent: float

    def choose(self, stream: Stream, rows: Rows, size: int) -> Bits:
        """A number below ``size`` for each row; the lowest is the most frequent one."""
        ranks = np.arange(1, min(size, MOST_RANKS) + 1, dtype=np.float64)
        return _by_weights(ranks**-self.exponent, stream.fractions(rows))


@dataclass(frozen=True)
class Curve:
    """A distribution of real numbers, cut to the numbers that are wanted.

    :param quantile: from a share (above 0, below 1) to the number that so large a share lies below.
    :param low: the number that the first of the wanted stands for.
    :param step: how far the next one is.
    """

    quantile: Callable[[float], float]
    low: float
    step: float

    def choose(self, stream: Stream, rows: Rows, size: int) -> Bits:
        """A number below ``size`` for each row."""
        table = self._table()
        ends = (self.low - self.step / 2, self.low + (size - 0.5) * self.step)
        first, last = (_place(table, end) for end in ends)
        places = first + stream.fractions(rows) * (last - first)
        lower = np.minimum(places.astype(np.int64), _STEPS - 1)
        found = table[lower] + (places - lower) * (table[lower + 1] - table[lower])
        numbers = np.floor((found - self.low) / self.step + 0.5)
        chosen: Bits = np.clip(numbers, 0, size - 1).astype(np.uint64)
        return chosen

    def reaches(self, size: int) -> bool:
        """Whether the curve has anything among the first ``size`` numbers."""
        table = self._table()
        return _place(table, self.low + (size - 0.5) * self.step) > _place(table, self.low - self.step / 2)

    def _table(self) -> Floats:
        shares = [(place or 0.25) / _STEPS for place in range(_STEPS)] + [(_STEPS - 0.25) / _STEPS]
        values = np.array([self.quantile(share) for share in shares])
        unit = max(self.step, 1e-9) / _GRID
        return np.round(values / unit) * unit


def normal(mean: float, deviation: float) -> Callable[[float], float]:
    """The quantiles of the normal distribution."""
    return NormalDist(mean, deviation).inv_cdf


def lognormal(mean: float, deviation: float) -> Callable[[float], float]:
    """The quantiles of numbers whose logarithms are distributed normally; ``mean`` and ``deviation`` are those of the
    numbers themselves."""
    spread = math.sqrt(math.log(1 + (deviation / mean) ** 2))
    inner = NormalDist(math.log(mean) - spread**2 / 2, spread)
    return lambda share: math.exp(inner.inv_cdf(share))


def exponential(low: float, mean: float) -> Callable[[float], float]:
    """The quantiles of the exponential distribution that begins at ``low``."""
    return lambda share: low - (mean - low) * math.log(1 - share)


def _by_weights(weights: Floats, fractions: Floats) -> Bits:
    sums = np.cumsum(weights)
    ends = np.round(sums / sums[-1] * _FINE) / _FINE
    places: Bits = np.minimum(np.searchsorted(ends, fractions, side="right"), len(weights) - 1).astype(np.uint64)
    return places


def _place(table: Sequence[float] | Floats, value: float) -> float:
    """Where ``value`` stands in the table, in steps and parts of a step."""
    after = int(np.searchsorted(table, value))
    if after == 0:
        return 0.0
    if after > _STEPS:
        return float(_STEPS)
    width = table[after] - table[after - 1]
    return after - 1 + (float((value - table[after - 1]) / width) if width > 0 else 0.0)
