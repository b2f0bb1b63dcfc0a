"""Check digits and number ranges of whole columns, and the arithmetic behind them.

The tests take columns of text and are False for nulls; spaces and hyphens between characters do not count.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.shapes.text import Symbols, Text

Mask = npt.NDArray[np.bool_]
Digits = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

_DOUBLED: Final = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], np.uint8)
"""A doubled digit, its own digits added up (ISO/IEC 7812-1 annex B)."""
MAXIMUM_IBAN_LENGTH: Final = 34
"""ISO 13616-1: 2 letters, 2 check digits, up to 30 characters of the account."""
MINIMUM_IBAN_LENGTH: Final = 15
"""Norway's, the shortest of the registry."""
_ROOM: Final = 2**56
"""Up to here a number takes one more letter within 63 bits."""


def luhn(values: pa.Array) -> Mask:
    """Whether each value consists of two or more digits whose last is the Luhn check digit of the others."""
    text = Text.of(values)
    numbers = text.data - np.uint8(ord("0"))
    digits = Symbols(text, numbers < 10, numbers)
    strange = text.counts((numbers >= 10) & ~_separators(text)) > 0
    ends = np.repeat(digits.starts + digits.counts, digits.counts)
    doubled = (ends - np.arange(len(ends))) % 2 == 0
    sums = np.zeros(len(ends) + 1, np.int64)
    np.cumsum(np.where(doubled, _DOUBLED[digits.values], digits.values), out=sums[1:])
    total = sums[digits.starts + digits.counts] - sums[digits.starts]
    valid: Mask = (total % 10 == 0) & (digits.counts >= 2) & ~strange
    return valid


def luhn_digit(digits: Digits) -> Digits:
    """The check digit that completes each row of ``digits`` (shape (values, digits))."""
    total = np.zeros(len(digits), np.uint16)
    for position in range(digits.shape[1]):
        column = digits[:, position]
        total += column if (digits.shape[1] - position) % 2 == 0 else _DOUBLED[column]
    return ((10 - total % 10) % 10).astype(np.uint8)


def mod97(values: pa.Array) -> Mask:
    """Whether each value, its first four characters moved to its end and letters read as 10 to 35, is 1 mod 97.

    As ISO 13616 has it for IBANs, in upper or lower case, of 5 to 34 characters.
    """
    text = Text.of(values)
    characters, is_character = alphanumerics(text)
    strange = text.counts(~is_character & ~_separators(text)) > 0
    fitting = (characters.counts >= 5) & (characters.counts <= MAXIMUM_IBAN_LENGTH) & ~strange
    rows = np.flatnonzero(fitting)
    fitting[rows] = mod97_remainders(characters, rows) == 1
    return fitting


def iban(values: pa.Array) -> Mask:
    """Whether each value is two letters, two check digits (02 to 98) and 11 to 30 characters, and 1 mod 97."""
    text = Text.of(values)
    characters, _ = alphanumerics(text)
    built = is_iban_built(characters)
    rows = np.flatnonzero(built)
    check = characters.at(rows, 2).astype(np.int64) * 10 + characters.at(rows, 3)
    built[rows] = (check >= 2) & (check <= 98)
    return built & mod97(values)


def is_iban_built(characters: Symbols) -> Mask:
    """Whether a value's letters and digits begin with two letters and two digits, and are 15 to 34."""
    counts = characters.counts
    built: Mask = (counts >= MINIMUM_IBAN_LENGTH) & (counts <= MAXIMUM_IBAN_LENGTH)
    rows = np.flatnonzero(built)
    first = characters.take(rows, 0, 4)
    built[rows] = (first[:, :2] >= 10).all(axis=1) & (first[:, 2:] < 10).all(axis=1)
    return built


def iban_check_digits(characters: Symbols, rows: Integers) -> Integers:
    """The check digits, 2 to 98, that make IBANs of ``rows``, whatever stands in their place."""
    held = characters.take(rows, 2, 2).copy()
    characters.put(rows, 2, np.zeros_like(held))
    remainders = mod97_remainders(characters, rows)
    characters.put(rows, 2, held)
    return 98 - remainders


def mod97_remainders(characters: Symbols, rows: Integers) -> Integers:
    """The remainders of ``rows``, each with its first four characters moved to its end."""
    counts = characters.counts[rows]
    longest = int(counts.max(initial=0))
    if (counts == longest).all():
        values = characters.take(rows, 0, longest)
        return _remainders(values[:, (place + 4) % longest] for place in range(longest)) if longest else counts
    remainders = np.zeros(len(rows), np.int64)
    for count in np.unique(counts):
        chosen = counts == count
        remainders[chosen] = mod97_remainders(characters, rows[chosen])
    return remainders


def _remainders(columns: Iterable[Digits]) -> Integers:
    total, bound = np.zeros(1, np.int64), 1
    for column in columns:
        letter = column >= 10
        weight = 100 if letter.all() else np.where(letter, 100, 10) if letter.any() else 10
        if bound > _ROOM:
            total, bound = total % 97, 97
        total, bound = total * weight + column, bound * 100
    return total % 97


def ssn(values: pa.Array) -> Mask:
    """Whether each value is nine digits that the US Social Security Administration may give out."""
    text = Text.of(values)
    numbers = text.data - np.uint8(ord("0"))
    digits = Symbols(text, numbers < 10, numbers)
    strange = text.counts((numbers >= 10) & ~_separators(text)) > 0
    fitting: Mask = (digits.counts == 9) & ~strange
    rows = np.flatnonzero(fitting)
    value = digits.take(rows, 0, 9).astype(np.int64) @ 10 ** np.arange(8, -1, -1)
    fitting[rows] = is_ssn(value)
    return fitting


def is_ssn(numbers: npt.NDArray[np.integer]) -> Mask:
    """Whether numbers below 10^9 are valid: area not 000, 666 or from 900, group not 00, serial not 0000.

    https://www.ssa.gov/employer/randomization.html (area numbers since 2011), POMS RM 10201.035.
    """
    area, group, serial = numbers // 1_000_000, numbers // 10_000 % 100, numbers % 10_000
    valid: Mask = (area != 0) & (area != 666) & (area < 900) & (group != 0) & (serial != 0)
    return valid


def alphanumerics(text: Text) -> tuple[Symbols, Mask]:
    """The ASCII digits (0 to 9) and letters (10 to 35, both cases) of a text, and which bytes they are."""
    is_digit = text.data - np.uint8(ord("0")) < 10
    letters = (text.data | np.uint8(0x20)) - np.uint8(ord("a"))
    is_character = is_digit | (letters < 26)
    numbers = np.where(is_digit, text.data - np.uint8(ord("0")), letters + np.uint8(10))
    return Symbols(text, is_character, numbers), is_character


def _separators(text: Text) -> Mask:
    separators: Mask = (text.data == ord(" ")) | (text.data == ord("-"))
    return separators
