"""The arithmetic of groups: sizes, diversity, entropy and distances of distributions, whole arrays at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
"""Places on an axis: half the memory, and no column has more distinct values."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """For each group the distinct sensitive values it holds: entries of one group stand together, by rising rank."""

    starts: Integers
    """Where each group's entries begin (g,); no group is empty."""
    ranks: Integers
    """Which of the table's values each entry is (e,), 0 for the smallest."""
    rows: Integers
    """How many rows of its group hold it (e,)."""

    @classmethod
    def of(cls, groups: Integers, ranks: Integers, rows: Integers) -> "Groups":
        """From entries in any order, in which a pair of group and rank may stand several times.

        Groups come in the order of their numbers.
        """
        order = np.lexsort((ranks, groups))
        groups, ranks, rows = groups[order], ranks[order], rows[order]
        first = np.flatnonzero(changes(groups) | changes(ranks))
        merged = np.add.reduceat(rows, first) if len(first) else rows
        return cls(np.flatnonzero(changes(groups[first])), ranks[first], merged)

    @property
    def sizes(self) -> Integers:
        """Rows of each group."""
        return np.add.reduceat(self.rows, self.starts)

    @property
    def distinct(self) -> Integers:
        """Distinct values of each group: distinct l-diversity (Machanavajjhala et al. 2007)."""
        return np.diff(self.starts, append=len(self.ranks))

    def entropy_l(self) -> Floats:
        """e to the Shannon entropy of each group: entropy l-diversity (Machanavajjhala et al. 2007)."""
        sizes = self.sizes
        weighted = np.add.reduceat(self.rows * np.log(self.rows), self.starts)
        return np.exp(np.log(sizes) - weighted / sizes)

    def equal_distance(self, total: Integers) -> Floats:
        """How far each group's distribution is from the table's when all values are equally far from each other.

        Half the sum of the differences (Li et al. 2007), which is the sum of the positive ones.

        :param total: rows of the whole table per rank (m,).
        """
        shares = self.rows / np.repeat(self.sizes, self.distinct)
        further: Floats = np.maximum(shares - total[self.ranks] / total.sum(), 0.0)
        distance: Floats = np.add.reduceat(further, self.starts).astype(np.float64)
        return distance

    def ordered_distance(self, total: Integers) -> Floats:
        """The same when values lie one step apart in their order: the ordered earth mover's distance (Li et al. 2007).

        The mean over the m - 1 steps of how much of the distribution has to cross them. Between two values of a group
        its cumulated share stands still while the table's rises, so the sum over those steps is found by one look-up.

        :param total: rows of the whole table per rank (m,).
        """
        values = len(total)
        if values == 1:
            return np.zeros(len(self.starts))
        table = np.cumsum(total) / total.sum()
        below = np.concatenate([[0.0], np.cumsum(table)])
        cumulated = np.cumsum(self.rows)
        before = (cumulated - self.rows)[self.starts]
        share = (cumulated - np.repeat(before, self.distinct)) / np.repeat(self.sizes, self.distinct)
        until = np.append(self.ranks[1:], values)
        until[self.starts[1:] - 1] = values
        crossing = np.clip(np.searchsorted(table, share), self.ranks, until)
        moved: Floats = (
            share * (2 * crossing - self.ranks - until) + below[self.ranks] + below[until] - 2 * below[crossing]
        )
        crossed: Floats = np.add.reduceat(moved, self.starts) + below[self.ranks[self.starts]]
        return crossed / (values - 1)

    def distance(self, total: Integers, ordered: bool) -> Floats:
        """t of each group (Li et al. 2007): :meth:`ordered_distance` or :meth:`equal_distance`."""
        return self.ordered_distance(total) if ordered else self.equal_distance(total)


def changes(values: Integers) -> npt.NDArray[np.bool_]:
    """Where a value differs from the one before it; true for the first."""
    changes = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes
