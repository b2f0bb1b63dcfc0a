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
    def kept(cls) -> np.uint64:
        """The bits of a hash that count: all."""
        return LAST

    @classmethod
    def none(cls, part_bits: int = 0) -> "SortedHashes":  # noqa: ARG003 - as other sets of hashes
        """An empty set."""
        return cls.of(np.zeros(0, np.uint64))

    @classmethod
    def joined(cls, parts: "list[SortedHashes]") -> "SortedHashes":
        """As one: parts of hashes whose first bits, which number the part, were shifted out.

        Nothing is left of the list: parts are let go of one by one.
        """
        ascending = np.full(sum(map(len, parts)) + 1, LAST, np.uint64)
        bits, end = (len(parts) - 1).bit_length(), len(ascending) - 1
        while parts:
            part = parts.pop()
            first = end - len(part)
            ascending[first:end] = (part.values >> np.uint64(bits)) | np.uint64(len(parts) << (64 - bits))
            end = first
        return cls.of_ended(ascending)

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

    @property
    def values(self) -> Hashes:
        """The hashes."""
        return self.ascending[:-1]

    def inserted(self, gaps: Places, hashes: Hashes) -> "SortedHashes":
        """With more hashes, ascending, of which none is there; each goes before what stands at its gap."""
        return SortedHashes.of(np.insert(self.values, gaps, hashes))

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
