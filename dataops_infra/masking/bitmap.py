"""A set of hashes by their upper bits, a bit for each that could be: what columns of hashes are held against first."""

from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.detection.words import Hashes

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bitmap:
    """Slots that are free or taken; two hashes may share one."""

    slots: int
    """How many; a power of two, from 8 on."""
    packed: npt.NDArray[np.uint8] = field(repr=False, compare=False)
    """Eight slots in a byte, the first one lowest."""
    _writing: Lock = field(repr=False, default_factory=Lock, compare=False)

    @classmethod
    def of(cls, bits: int) -> "Bitmap":
        """One of ``2 ** bits`` slots, all free; of them an eighth in bytes is kept."""
        return cls(1 << bits, np.zeros(1 << (bits - 3), np.uint8))

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
