"""How values looked before and after, as shapes: what a report may show of a copy without showing a value."""

import numpy as np

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
                places = np.flatnonzero(pair.source_filled)[:NUMBER].tolist()
                shown = tuple(
                    (_shown(pair.source[place].as_py()), _shown(pair.target[place].as_py())) for place in places
                )
                if shown:
                    self._seen[pair.leaf] = shown

    def shapes(self) -> Shapes:
        """What was kept."""
        found: Shapes = {}
        for leaf, shown in self._seen.items():
            found.setdefault(leaf.table, {})[leaf.path] = shown
        return found


def _shown(value: object) -> str:
    return "null" if value is None else shape(value)
