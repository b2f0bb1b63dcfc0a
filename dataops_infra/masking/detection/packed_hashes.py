"""A set of hashes in five bytes each, in which whole columns of others are looked up at once.

Where a hash stands tells its upper bits: hashes are ascending, and of each beginning of twenty bits is kept where
those stand that begin so (quotienting; Knuth, The Art of Computer Programming, 6.4, exercise 13). Of the other 44 bits
forty are kept. So two hashes that have 60 bits in common are one: among n hashes that are looked up against m others
some n * m / 2^60 are found that are not there, and none is missed that is.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.detection.sorted_hashes import Buckets
from dataops_infra.masking.detection.spans import Places
from dataops_infra.masking.detection.words import Hashes

_BUCKET_BITS, _UPPER_BITS, _LOWER_BITS = 20, 32, 8
_REST = np.uint64((1 << (_UPPER_BITS + _LOWER_BITS)) - 1)


@dataclass(frozen=True)
class PackedHashes:
    """Different hashes, ascending; of a part of them, what is behind the bits that number it."""

    _starts: Buckets = field(repr=False)
    """Where the hashes of each bucket begin, and where those of the last one end."""
    _upper: npt.NDArray[np.uint32] = field(repr=False)
    """Of each hash the bits behind its bucket's number,"""
    _lower: npt.NDArray[np.uint8] = field(repr=False)
    """and behind these."""

    @classmethod
    def kept(cls) -> np.uint64:
        """The bits of a hash that count: the upper 60."""
        return np.uint64(0xFFFF_FFFF_FFFF_FFF0)

    @classmethod
    def none(cls, part_bits: int = 0) -> "PackedHashes":
        """An empty set, of hashes whose first ``part_bits`` bits are those of a part and were shifted out."""
        starts = np.zeros((1 << (_BUCKET_BITS - part_bits)) + 1, np.uint32)
        return cls(starts, np.zeros(0, np.uint32), np.zeros(0, np.uint8))

    @classmethod
    def joined(cls, parts: "list[PackedHashes]") -> "PackedHashes":
        """As one: parts of hashes whose first bits, which number the part, were shifted out.

        Nothing is left of the list.
        """
        ends = np.cumsum([len(part) for part in parts])
        begins = [part._starts[:-1].astype(np.int64) + end - len(part) for part, end in zip(parts, ends, strict=True)]
        starts = _as_places(np.concatenate([*begins, ends[-1:]]))
        upper, lower = [part._upper for part in parts], [part._lower for part in parts]
        parts.clear()
        return cls(starts, np.concatenate(upper), np.concatenate(lower))

    def __len__(self) -> int:
        return len(self._upper)

    @property
    def values(self) -> Hashes:
        """The hashes; of each the bits that are not kept are zeros."""
        starts = self._starts.astype(np.int64)
        buckets = np.repeat(np.arange(len(starts) - 1, dtype=np.uint64), starts[1:] - starts[:-1])
        return (buckets << self._shift) | (self._rests(np.arange(len(self))) << self._rest_shift)

    def look_up(self, wanted: Hashes) -> tuple[Places, npt.NDArray[np.bool_]]:
        """The position of each hash, or of the next higher one, and whether it is there."""
        buckets, rests = self._split(wanted)
        place, end = self._starts[buckets].astype(np.int64), self._starts[buckets + 1].astype(np.int64)
        behind, high = end, end.copy()
        unsure = np.flatnonzero(place < high)
        while len(unsure):
            middle = (place[unsure] + high[unsure]) >> 1
            is_lower = self._rests(middle) < rests[unsure]
            place[unsure[is_lower]] = middle[is_lower] + 1
            high[unsure[~is_lower]] = middle[~is_lower]
            unsure = unsure[place[unsure] < high[unsure]]
        found = place < behind
        found[found] = self._rests(place[found]) == rests[found]
        return place, found

    def inserted(self, gaps: Places, hashes: Hashes) -> "PackedHashes":
        """With more hashes, ascending, of which none is there; each goes before what stands at its gap."""
        buckets, rests = self._split(hashes)
        counts = np.bincount(buckets, minlength=len(self._starts) - 1)
        starts = self._starts.astype(np.int64)
        starts[1:] += np.cumsum(counts)
        upper = np.insert(self._upper, gaps, (rests >> np.uint64(_LOWER_BITS)).astype(np.uint32))
        lower = np.insert(self._lower, gaps, rests.astype(np.uint8))
        return PackedHashes(_as_places(starts), upper, lower)

    @property
    def _shift(self) -> np.uint64:
        return np.uint64(65 - (len(self._starts) - 1).bit_length())

    @property
    def _rest_shift(self) -> np.uint64:
        return self._shift - np.uint64(_UPPER_BITS + _LOWER_BITS)

    def _split(self, hashes: Hashes) -> tuple[Places, Hashes]:
        """The bucket of each hash, and the bits behind its number."""
        return (hashes >> self._shift).view(np.int64), (hashes >> self._rest_shift) & _REST

    def _rests(self, places: Places) -> Hashes:
        return (self._upper[places].astype(np.uint64) << np.uint64(_LOWER_BITS)) | self._lower[places]


def _as_places(starts: Places) -> Buckets:
    """Ascending positions, in four bytes each where they fit."""
    return starts.astype(np.uint32) if starts[-1] < 1 << 32 else starts
