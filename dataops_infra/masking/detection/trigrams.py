"""Which texts can hold a value at all: told by three of its trigrams, for when many columns are held against one.

Of every text the runs of three bytes in it are noted in a bitmap of its own, as in the signature files of information
retrieval (Faloutsos and Christodoulakis, 1984). A value stands in a text only if its first, middle and last runs do.
A bitmap has some four bits for each byte, so that one in hundred values passes that does not stand there.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.detection.spans import FlatTexts, Places

LENGTH = 3
"""Bytes of a run; what is known of shorter values is nothing."""
_HASH_BITS = 16
_FEWEST_BITS, _MOST_BITS = 9, 15
_SLOTS_PER_BYTE = 4
_SLOTS_AT_ONCE = 1 << 21
"""Slots that are filled together, a byte each: so many stay in a core's cache."""
_MULTIPLIER = np.uint32(0x9E3779B1)

_Hashes = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Needles:
    """The runs of values that are looked for, one value for each text."""

    hashes: tuple[_Hashes, ...] = field(repr=False)
    rows: Places = field(repr=False)
    """The values that are long enough to have any; the hashes are theirs."""

    @classmethod
    def of(cls, values: FlatTexts) -> "Needles":
        """Those of ``values``."""
        sizes = np.diff(values.offsets)
        rows = np.flatnonzero(sizes >= LENGTH)
        first, room = values.offsets[rows], sizes[rows] - LENGTH
        return cls(tuple(_hashes_at(values.data, place) for place in (first, first + room // 2, first + room)), rows)


@dataclass(frozen=True)
class Trigrams:
    """The runs of three bytes in each of some texts."""

    bits: int
    """A text has two to the power of so many slots."""
    packed: npt.NDArray[np.uint8] = field(repr=False)
    """A row for each text, eight slots in a byte, the first one lowest."""

    @classmethod
    def of(cls, texts: FlatTexts) -> "Trigrams":
        """Those of ``texts``."""
        mean = len(texts.data) // max(len(texts), 1)
        bits = int(np.clip((mean * _SLOTS_PER_BYTE).bit_length(), _FEWEST_BITS, _MOST_BITS))
        return cls(bits, _packed(texts, bits))

    def added(self, rows: Places, texts: FlatTexts) -> "Trigrams":
        """With those of ``texts`` in the different ``rows``, too."""
        packed = self.packed.copy()
        packed[rows] |= _packed(texts, self.bits)
        return Trigrams(self.bits, packed)

    def may_hold(self, needles: Needles) -> Places:
        """The texts that may hold their value; none of those of fewer than :data:`LENGTH` bytes."""
        at = np.arange(len(needles.rows))
        for hashes in needles.hashes:
            slots = hashes[at] >> np.uint16(_HASH_BITS - self.bits)
            bytes_ = self.packed[needles.rows[at], slots >> np.uint16(3)]
            at = at[((bytes_ >> (slots & np.uint16(7)).astype(np.uint8)) & np.uint8(1)).view(np.bool_)]
        return needles.rows[at]


def _packed(texts: FlatTexts, bits: int) -> npt.NDArray[np.uint8]:
    packed = np.empty((len(texts), 1 << (bits - 3)), np.uint8)
    at_once = _SLOTS_AT_ONCE >> bits
    for first in range(0, len(texts), at_once):
        offsets = texts.offsets[first : first + at_once + 1]
        number = len(offsets) - 1
        # A run that goes on into the next text is noted, too, and does no harm.
        starts = np.arange(offsets[0], max(min(int(offsets[-1]), len(texts.data) - LENGTH + 1), int(offsets[0])))
        owners = np.repeat(np.arange(number), np.diff(offsets))[: len(starts)]
        slots = _hashes_at(texts.data, starts) >> np.uint16(_HASH_BITS - bits)
        flags = np.zeros(number << bits, np.bool_)
        flags[(owners << bits) | slots] = True
        packed[first : first + number] = np.packbits(flags, bitorder="little").reshape(number, -1)
    return packed


def _hashes_at(data: npt.NDArray[np.uint8], places: Places) -> _Hashes:
    """Hashes of the runs that begin at some places."""
    low, middle, high = (data[places + step].astype(np.uint32) for step in range(LENGTH))
    runs = low | middle << np.uint32(8) | high << np.uint32(16)
    return np.asarray((runs * _MULTIPLIER) >> np.uint32(32 - _HASH_BITS)).astype(np.uint16)
