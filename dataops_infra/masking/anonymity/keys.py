"""Combinations of codes as numbers: what a recoding is looked up by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataops_infra.masking.anonymity.groups import Codes, Integers

_ROOM = 2**62


@dataclass(frozen=True)
class _Step:
    """One column's place in the number."""

    size: int
    known: Integers | None
    """The numbers of the columns so far that occur, in order; their places go on in their stead. None: not needed."""


@dataclass(frozen=True)
class CombinationKeys:
    """Numbers the distinct combinations of some columns' codes, in their order."""

    steps: tuple[_Step, ...]
    known: Integers
    """The keys that occur, in order."""

    @classmethod
    def of(cls, codes: Sequence[Codes | Integers], sizes: Sequence[int]) -> tuple["CombinationKeys", Integers]:
        """The keys of a table's combinations, and the number of each row's.

        :param codes: per column the code of each row, from 0 on.
        :param sizes: per column what codes are below.
        """
        key, steps, bound = np.zeros(len(codes[0]), np.int64), [], 1
        for column, size in zip(codes, sizes, strict=True):
            known = None
            if bound * size > _ROOM:
                known, key = np.unique(key, return_inverse=True)
                bound = len(known)
            steps.append(_Step(size, known))
            key, bound = key * size + column, bound * size
        known, numbers = np.unique(key, return_inverse=True)
        return cls(tuple(steps), known), numbers.reshape(-1)

    def __len__(self) -> int:
        return len(self.known)

    def find(self, codes: Sequence[Integers]) -> Integers | None:
        """The number of each row's combination; None when one does not occur."""
        key = np.zeros(len(codes[0]), np.int64)
        for step, column in zip(self.steps, codes, strict=True):
            if (column < 0).any():
                return None
            if step.known is not None:
                places = _places(step.known, key)
                if places is None:
                    return None
                key = places
            key = key * step.size + column
        return _places(self.known, key)


def _places(known: Integers, key: Integers) -> Integers | None:
    # Neighbours find their places in the same lines of the cache.
    order = np.argsort(key)
    places = np.empty(len(key), np.int64)
    places[order] = np.searchsorted(known, key[order])
    if len(key) and (not len(known) or (known[np.minimum(places, len(known) - 1)] != key).any()):
        return None
    return places
