"""A set of hashes in which whole columns of others are looked up at once."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.detection.spans import Places
from dataops_infra.masking.detection.words import Hashes

Buckets = npt.NDArray[np.uint32] | npt.NDArray[np.int64]

LAST = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""The highest hash."""
_BUCKETS_AT_ONCE = 1 << 16
_MOST_STEPS = 16


@dataclass(frozen=True)
class SortedHashes:
    """Different hashes, ascending, and for each beginning of a hash where those stand that begin so.

    A bucket holds one or two hashes on average, so that a look-up reads two or three places, where bisection reads
    twenty.
    """

    ascending: Hashes = field(repr=False)
    """With one more at the end, above which none is."""
    _buckets: Buckets = field(repr=False)
    _shift: np.uint64 = field(repr=False)

    @classmethod
    def of(cls, ascending: Hashes) -> "SortedHashes":
        """The set of these hashes, which are sorted."""
        return cls.of_ended(np.append(ascending, LAST))

    @classmethod
    def of_ended(cls, ascending: Hashes) -> "SortedHashes":
        """The set of these hashes, which are sorted, but for the last one, than which none can be higher."""
        bits = max((len(ascending) - 1).bit_length() - 1, 1)
        shift = np.uint64(64 - bits)
        buckets: Buckets = np.empty(1 << bits, np.uint32) if len(ascending) < 1 << 32 else np.empty(1 << bits, np.int64)
        for first in range(0, len(buckets), _BUCKETS_AT_ONCE):
            part = np.arange(first, min(first + _BUCKETS_AT_ONCE, len(buckets)), dtype=np.uint64)
            buckets[first : first + len(part)] = np.searchsorted(ascending[:-1], part << shift)
        return cls(ascending, buckets, shift)

    def __len__(self) -> int:
        return len(self.ascending) - 1

    def look_up(self, wanted: Hashes) -> tuple[Places, npt.NDArray[np.bool_]]:
        """The position of each hash, and whether it is there."""
        place = self._buckets[wanted >> self._shift].astype(np.int64)
        behind = np.flatnonzero(self.ascending[place] < wanted)
        for _ in range(_MOST_STEPS):
            place[behind] += 1
            behind = behind[self.ascending[place[behind]] < wanted[behind]]
            if not len(behind):
                break
        else:
            # Hashes of words that begin alike, such as customer000001, are crowded.
            place[behind] = np.searchsorted(self.ascending, wanted[behind])
        return place, np.asarray((self.ascending[place] == wanted) & (place < len(self)))
