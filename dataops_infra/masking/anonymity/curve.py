"""The k-anonymity curve: how many rows stand in groups smaller than k."""

from collections.abc import Mapping
from dataclasses import dataclass

CURVE = range(1, 51)
"""The k that the curve shows."""


@dataclass(frozen=True)
class CurvePoint:
    """One k: the rows that would have to be suppressed for it if nothing else were done."""

    k: int
    rows: int
    """Rows in groups of fewer than ``k`` rows: the fewest that must be suppressed."""
    fraction: float
    """The same as a share of all rows; 0 where there are none."""


def k_curve(sizes: Mapping[int, int], ks: range = CURVE) -> tuple[CurvePoint, ...]:
    """The curve of a table.

    :param sizes: size of a group -> how many groups have it.
    """
    rows = sum(size * groups for size, groups in sizes.items())
    points = []
    for k in ks:
        smaller = sum(size * groups for size, groups in sizes.items() if size < k)
        points.append(CurvePoint(k, smaller, smaller / rows if rows else 0.0))
    return tuple(points)
