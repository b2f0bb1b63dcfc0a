"""Random bits that hang on seed, column and row alone, so that any row of any column can be made by itself.

A stream is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014) from a start of its
own; its n-th output is a function of start and n. numpy's generators are not: what their distributions give may change
with a release, and a child row needs the key of one parent row, not those of all rows before.

Everything is integer arithmetic, or floating point that IEEE 754 fixes to the last bit.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint64]
"""Numbers of rows, from 0."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = 6
"""Of the Feistel network; four would do for distinct numbers that look mixed."""
LARGEST = 2**62
"""Numbers up to it can be permuted and divided without overflow."""


def mixed(values: Bits) -> Bits:
    """The finalizer of SplitMix64: a permutation of all 64-bit numbers."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@dataclass(frozen=True)
class Stream:
    """A sequence of random bits, one word for each row."""

    name: tuple[str, ...]
    seed: int

    def sub(self, use: str) -> "Stream":
        """A stream of its own for another use."""
        return Stream((*self.name, use), self.seed)

    @property
    def start(self) -> np.uint64:
        """Where the sequence begins: 64 bits of SHA-256 over seed and name."""
        text = "\0".join((str(self.seed), *self.name))
        return np.uint64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))

    def bits(self, rows: Rows) -> Bits:
        """64 bits for each row."""
        with np.errstate(over="ignore"):
            return mixed(self.start + (rows + np.uint64(1)) * _GOLDEN)

    def fractions(self, rows: Rows) -> npt.NDArray[np.float64]:
        """A number from 0 to below 1 for each row, of 53 bits."""
        return (self.bits(rows) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def numbers(self, rows: Rows, size: int) -> Bits:
        """A number below ``size`` for each row, all about equally often: the bias is below size / 2**64."""
        return self.bits(rows) % np.uint64(size)


@dataclass(frozen=True)
class Permutation:
    """A permutation of the numbers below ``size``, at most :data:`LARGEST`: a Feistel network, walked along its cycles
    until it comes back below ``size`` (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002)."""

    stream: Stream
    size: int

    def of(self, numbers: Bits) -> Bits:
        """Where each number goes."""
        half = max(1, math.ceil((self.size - 1).bit_length() / 2))
        found = self._once(numbers, half)
        out = np.flatnonzero(found >= np.uint64(self.size))
        while len(out):
            found[out] = self._once(found[out], half)
            out = out[found[out] >= np.uint64(self.size)]
        return found

    def _once(self, numbers: Bits, half: int) -> Bits:
        shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
        left, right = numbers >> shift, numbers & mask
        for number in range(_ROUNDS):
            key = self.stream.sub(str(number)).start
            with np.errstate(over="ignore"):
                left, right = right, left ^ (mixed(right * _GOLDEN + key) & mask)
        return (left << shift) | right


def all_rows(first: int, number: int) -> Rows:
    """The rows from ``first`` on."""
    return np.arange(first, first + number, dtype=np.uint64)
