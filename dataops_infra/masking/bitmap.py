"""A set of hashes by their upper bits, a bit for each that could be: what columns of hashes are held against first."""

from dataclasses import dataclass, field
from functools import cache
from threading import Lock

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.detection.words import Hashes

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bitmap:
    """Slots that are free or taken; two hashes may share one."""

    slots: int
    """How many; a power of two, from 64 on."""
    packed: npt.NDArray[np.uint8] = field(repr=False, compare=False)
    """Eight slots in a byte, the first one lowest."""
    _writing: Lock = field(repr=False, default_factory=Lock, compare=False)

    @classmethod
    def of(cls, bits: int) -> "Bitmap":
        """One of ``2 ** bits`` slots, all free; of them an eighth in bytes is kept."""
        return cls(1 << bits, np.zeros(1 << (bits - 3), np.uint8))

    @property
    def taken(self) -> int:
        """How many slots are."""
        return int(np.bitwise_count(self.packed.view(np.uint64)).sum(dtype=np.int64))

    def halved(self) -> "Bitmap":
        """The same hashes by one bit less, in half the slots."""
        return Bitmap(self.slots // 2, _either_of_two().take(self.packed.view("<u2")))

    def flags(self, bits: int) -> Flags:
        """A byte for each of ``2 ** bits`` slots, quicker to look up: whether one of its hashes may be there."""
        smaller = self
        while smaller.slots > 1 << bits:
            smaller = smaller.halved()
        taken = np.unpackbits(smaller.packed, bitorder="little").view(np.bool_)
        return np.repeat(taken, (1 << bits) // smaller.slots)

    def __reduce__(self) -> "tuple[type[Bitmap], tuple[int, npt.NDArray[np.uint8]]]":
        """A lock travels to no other process."""
        return type(self), (self.slots, self.packed)

    def add(self, hashes: Hashes) -> None:
        """Take the slots of ``hashes``; several threads may do so at the same time."""
        missing = hashes[~self.may_hold(hashes)]
        if len(missing):
            places, bits = self._places(missing)
            with self._writing:  # two threads may change bits of one byte
                np.bitwise_or.at(self.packed, places, np.uint8(1) << bits)

    def may_hold(self, hashes: Hashes) -> Flags:
        """Whether the slot of each hash is taken."""
        places, bits = self._places(hashes)
        return ((self.packed[places] >> bits) & np.uint8(1)).view(np.bool_)

    def _places(self, hashes: Hashes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        """The byte of each slot, and the position of its bit there."""
        slots = (hashes >> np.uint64(65 - self.slots.bit_length())).view(np.int64)
        return slots >> 3, slots.astype(np.uint8) & np.uint8(7)


@cache
def _either_of_two() -> npt.NDArray[np.uint8]:
    """Sixteen slots -> eight, each of which is taken if one of the two was that it is made of."""
    bits = np.unpackbits(np.arange(1 << 16, dtype="<u2").view(np.uint8).reshape(-1, 2), axis=1, bitorder="little")
    return np.packbits(bits[:, 0::2] | bits[:, 1::2], axis=1, bitorder="little").reshape(-1)
