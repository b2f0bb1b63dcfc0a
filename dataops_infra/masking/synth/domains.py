"""Sets of values that can be counted: how many there are, and the n-th of them, for whole columns of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.synth.streams import Bits, mixed

TEXT = pa.large_string()
"""The type of texts."""
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_TEN = np.uint64(10)


class Domain(Protocol):
    """Values by number."""

    @property
    def size(self) -> int:
        """How many there are, all different."""

    @property
    def type(self) -> pa.DataType:
        """Their type."""

    def at(self, numbers: Bits) -> pa.Array:
        """The values of these numbers, each below :attr:`size`."""


@dataclass(frozen=True)
class Listed:
    """Values that are listed one by one."""

    values: pa.Array

    @property
    def size(self) -> int:
        """How many are listed."""
        return len(self.values)

    @property
    def type(self) -> pa.DataType:
        """Of the list."""
        return self.values.type

    def at(self, numbers: Bits) -> pa.Array:
        """Those at the given places."""
        return self.values.take(pa.array(numbers))


@dataclass(frozen=True)
class Counted:
    """Equally distant values: ``(first + n * every) / divisor``, stored as whole numbers or doubles.

    Dates are days, times and timestamps microseconds, decimals as they are without their point.
    """

    type: pa.DataType
    first: int
    every: int
    size: int
    divisor: int = 1
    """What doubles are divided by; 1 for all other types."""

    def at(self, numbers: Bits) -> pa.Array:
        """The values of these numbers."""
        with np.errstate(over="ignore"):
            whole = (numbers * np.uint64(self.every) + np.uint64(self.first % 2**64)).view(np.int64)
        kind = self.type
        if pa.types.is_floating(kind):
            return pa.array(whole / np.float64(self.divisor)).cast(kind)
        if pa.types.is_decimal(kind):
            words = np.stack([whole, whole >> 63], axis=1)  # 128 bits, little end first
            return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(np.ascontiguousarray(words))])
        if pa.types.is_date32(kind):
            return pa.array(whole.astype(np.int32)).cast(kind)
        if pa.types.is_unsigned_integer(kind):
            return pa.array(whole.view(np.uint64)).cast(kind)
        return pa.array(whole).cast(kind)


@dataclass(frozen=True)
class Uuids:
    """UUIDs as if at random (RFC 9562, version 4): 62 of 122 free bits are the number, the others follow from it."""

    size: int = 2**62
    type: pa.DataType = TEXT

    def at(self, numbers: Bits) -> pa.Array:
        """The identifiers of these numbers, as text."""
        high = (mixed(numbers) & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x4000)
        low = numbers | np.uint64(0x8000000000000000)
        digits = np.concatenate([_hex(high), _hex(low)], axis=1)
        text = np.full((len(numbers), 36), ord("-"), np.uint8)
        text[:, [place for place in range(36) if place not in (8, 13, 18, 23)]] = digits
        return fixed_texts(text)


def _hex(words: Bits) -> npt.NDArray[np.uint8]:
    shifts = np.arange(60, -1, -4, dtype=np.uint64)
    return _HEX[((words[:, None] >> shifts) & np.uint64(15)).astype(np.intp)]


def digits_of(numbers: Bits, count: int) -> npt.NDArray[np.uint8]:
    """The last ``count`` decimal digits of each number, one column each, as numbers from 0 to 9."""
    found = np.empty((len(numbers), count), np.uint8)
    for place in range(count - 1, -1, -1):
        found[:, place] = numbers % _TEN
        numbers = numbers // _TEN
    return found


def digit_texts(numbers: Bits, count: int) -> pa.Array:
    """Each number with leading zeros."""
    return fixed_texts(digits_of(numbers, count) + np.uint8(ord("0")))


def fixed_texts(letters: npt.NDArray[np.uint8]) -> pa.Array:
    """A matrix of ASCII letters as a column of texts, a row each."""
    rows, width = letters.shape
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    data = pa.py_buffer(np.ascontiguousarray(letters))
    return pa.Array.from_buffers(TEXT, rows, [None, pa.py_buffer(offsets), data])


def split(numbers: Bits, sizes: Sequence[int]) -> list[Bits]:
    """Each number as one number for each of ``sizes``, the last one changing fastest."""
    parts: list[Bits] = []
    for size in reversed(sizes):
        parts.append(numbers % np.uint64(size))
        numbers = numbers // np.uint64(size)
    return parts[::-1]
