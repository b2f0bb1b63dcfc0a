"""Arithmetic modulo one number up to 2^64 over whole arrays of ``uint64``, exact."""

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_ESTIMATE = 1 - 2**-50
"""Keeps a quotient computed in 53-bit floats (relative error below 2^-51) from coming out too great."""


class Modulus:
    """Numbers below ``size``.

    :param size: a power of two up to 2^64, or any number up to 2^64 (1 - 2^-15).
    """

    __slots__ = ("_mask", "_size", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._mask = np.uint64(size - 1) if size & (size - 1) == 0 else None
        self._size = np.uint64(size % 2**64)

    def reduce(self, numbers: Words) -> Words:
        """``numbers`` mod size."""
        if self._mask is not None:
            return numbers & self._mask
        # numpy divides by one number with multiplications, but has no such remainder.
        return numbers - numbers // self._size * self._size

    def reduce_96(self, high: Words, low: Words) -> Words:
        """``high * 2^32 + low`` mod size, for ``low`` below 2^32."""
        shift = np.uint64(32)
        if self._mask is not None:
            return (high << shift | low) & self._mask
        rest = self.reduce(high)
        if self.size <= 2**32:
            return self.reduce(rest << shift | low)
        # The estimate is the quotient or one less, so what is left is below 2 size and, because it exceeds size by less
        # than 2^-16 of it, below 2^64.
        estimate = (rest.astype(np.float64) * 2.0**32 + low) * (_ESTIMATE / self.size)
        left = (rest << shift | low) - estimate.astype(np.uint64) * self._size
        within: Words = np.where(left >= self._size, left - self._size, left)
        return within

    def add(self, a: Words, b: Words) -> Words:
        """``a + b`` mod size, for both below size."""
        if self._mask is not None:
            return (a + b) & self._mask
        if self.size <= 2**63:
            total = a + b
            smaller: Words = np.minimum(total, total - self._size)  # the wrong one wraps to a great number
            return smaller
        reduced: Words = np.where(a >= self._size - b, a - (self._size - b), a + b)
        return reduced

    def subtract(self, a: Words, b: Words) -> Words:
        """``a - b`` mod size, for both below size."""
        if self._mask is not None:
            return (a - b) & self._mask
        difference = a - b
        if self.size <= 2**63:
            smaller: Words = np.minimum(difference, difference + self._size)
            return smaller
        reduced: Words = np.where(a >= b, difference, difference + self._size)
        return reduced

    def add_any(self, a: Words, b: Words) -> Words:
        """``a + b`` mod size, for ``a`` below size and any ``b``, whose array is used up."""
        if self._mask is not None:
            b += a
            b &= self._mask
            return b
        self._reduce_in_place(b)
        if self.size > 2**63:
            return self.add(a, b)
        b += a
        np.minimum(b, b - self._size, out=b)  # as in add
        return b

    def subtract_any(self, a: Words, b: Words) -> Words:
        """``a - b`` mod size, for ``a`` below size and any ``b``, whose array is used up."""
        if self._mask is not None:
            np.subtract(a, b, out=b)
            b &= self._mask
            return b
        self._reduce_in_place(b)
        if self.size > 2**63:
            return self.subtract(a, b)
        np.subtract(a, b, out=b)
        np.minimum(b, b + self._size, out=b)
        return b

    def _reduce_in_place(self, numbers: Words) -> None:
        quotients = numbers // self._size
        quotients *= self._size
        numbers -= quotients
