"""How values looked before and after, as shapes: what a report may show of a copy without showing a value."""

import numpy as np
import pyarrow as pa

from dataops_infra.masking.gate.aligned import RowPair
from dataops_infra.masking.gate.case import Leaf
from dataops_infra.masking.gate.showing import NUMBER, shape

Shapes = dict[str, dict[str, tuple[tuple[str, str], ...]]]
"""Table -> path -> shapes of a few values, before and after."""


class ShapesSeen:
    """The shapes of the first values of each column."""

    def __init__(self) -> None:
        self._seen: dict[Leaf, tuple[tuple[str, str], ...]] = {}

    def look(self, rows: RowPair) -> None:
        """Keep the first shapes of each column."""
        for pair in rows.leaves.values():
            if pair.leaf not in self._seen:
                places = np.flatnonzero(pair.source_filled)[:NUMBER]
                sides = (pair.before.take(places), pair.after.take(places))
                shown = tuple((_shown(before), _shown(after)) for before, after in zip(*sides, strict=True))
                if shown:
                    self._seen[pair.leaf] = shown

    def shapes(self) -> Shapes:
        """What was kept."""
        found: Shapes = {}
        for leaf, shown in self._seen.items():
            found.setdefault(leaf.table, {})[leaf.path] = shown
        return found


def _shown(value: pa.Scalar) -> str:
    if not value.is_valid:
        return "null"
    try:
        return shape(value.as_py())
    except (OverflowError, ValueError):  # a date or time that Python does not know, of which Arrow shows the number
        return shape(value.cast(pa.int32() if pa.types.is_date32(value.type) else pa.int64()).as_py())
