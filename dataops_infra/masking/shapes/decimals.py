"""Decimal digits and the numbers that they write, for whole columns.

Eight digits lie in one word of 64 bits, a byte each, the first in the lowest byte. Neighbours are joined in pairs, all
pairs of a word at once: digits to numbers below 100, those to numbers below 10^4, those to a number below 10^8; and
taken apart the other way round. A pair has twice the bits of its parts, so nothing runs over into the next one.
"""

from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Item = TypeVar("Item", bound=np.generic)

_FOUR: Final = 10_000
_TEXT_OF_FOUR = np.array([[n // 1000, n // 100 % 10, n // 10 % 10, n % 10] for n in range(_FOUR)], np.uint8)
_FOUR_DIGITS: npt.NDArray[np.uint32] = _TEXT_OF_FOUR.view(np.uint32).reshape(-1)
"""Number below 10^4 -> its four digits as the bytes of one word."""
_JOINING: Final = ((8, 10, 0x00FF00FF00FF00FF), (16, 100, 0x0000FFFF0000FFFF), (32, _FOUR, 0xFFFFFFFF))
"""Bits between neighbours, what the first one counts for, the bits of the pairs."""
_TAKING_APART: Final = ((10_486, 20, 0x0000007F0000007F, 100, 16), (103, 10, 0x000F000F000F000F, 10, 8))
"""Factor, bits to shift and to keep for the quotient by a divisor, and bits between the parts."""


def to_numbers(digits: Bytes) -> Words:
    """The numbers that rows of up to 19 digits write."""
    numbers = np.zeros(len(digits), np.uint64)
    for position in range(digits.shape[1]):
        numbers *= np.uint64(10)
        numbers += digits[:, position]
    return numbers


def to_digits(numbers: Words, count: int) -> Bytes:
    """``count`` digits of each number, zeros in front."""
    groups = -(-count // 4)
    words = np.empty((len(numbers), groups), np.uint32)
    rest = numbers
    for group in reversed(range(groups)):
        above = rest // np.uint64(_FOUR)
        words[:, group] = picked(_FOUR_DIGITS, rest - above * np.uint64(_FOUR))
        rest = above
    return words.view(np.uint8)[:, 4 * groups - count :]


def picked(table: npt.NDArray[Item], places: Words) -> npt.NDArray[Item]:
    """``table`` at ``places``: as signed numbers they are looked up twice as fast."""
    return table.take(places.view(np.int64))


def width_of(count: int) -> int:
    """The bytes of a word that so many digits are handled in: 1, 2, 4 or 8."""
    return 1 << (count - 1).bit_length()


def joined(words: Words, width: int) -> Words:
    """The number that the first ``width`` digits of each word write, all others 0; written where ``words`` stand."""
    for bits, weight, pairs in _JOINING[: width.bit_length() - 1]:
        following = words >> np.uint64(bits)
        words *= np.uint64(weight)
        words += following
        words &= np.uint64(pairs)
    return words


def apart(numbers: Words, width: int) -> Words:
    """The ``width`` digits of each number below 10^width as the first bytes of a word."""
    words = _beside(numbers, numbers // np.uint64(_FOUR), _FOUR, 32) if width > 4 else numbers
    for factor, shift, low, divisor, bits in _TAKING_APART[max(0, 3 - width.bit_length()) :]:
        quotients = words * np.uint64(factor)
        quotients >>= np.uint64(shift)
        quotients &= np.uint64(low)
        words = _beside(words, quotients, divisor, bits)
    return words


def _beside(words: Words, quotients: Words, divisor: int, bits: int) -> Words:
    """The quotients, and so many bits above them what they leave of ``words``."""
    pairs = quotients * np.uint64(divisor)
    np.subtract(words, pairs, out=pairs)
    pairs <<= np.uint64(bits)
    pairs += quotients
    return pairs
