"""What is replaced in text: digits of every script and the letters A to Z; all other characters are kept.

A value with letters of another alphabet has no such payload: kept letters would tell who it is. It is *foreign* and
becomes an opaque token.
"""

import unicodedata
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.shapes.aligned import AlignedDigits
from dataops_infra.masking.shapes.text import Bytes, Integers, Mask, Symbols, Text, same_places

ZEROS: Final = np.array(
    [
        *(
            0x660,
            0x6F0,
            0x7C0,
            0x966,
            0x9E6,
            0xA66,
            0xAE6,
            0xB66,
            0xBE6,
            0xC66,
            0xCE6,
            0xD66,
            0xDE6,
            0xE50,
            0xED0,
            0xF20,
        ),
        *(
            0x1040,
            0x1090,
            0x17E0,
            0x1810,
            0x1946,
            0x19D0,
            0x1A80,
            0x1A90,
            0x1B50,
            0x1BB0,
            0x1C40,
            0x1C50,
            0xA620,
            0xA8D0,
        ),
        *(
            0xA900,
            0xA9D0,
            0xA9F0,
            0xAA50,
            0xABF0,
            0xFF10,
            0x104A0,
            0x10D30,
            0x11066,
            0x110F0,
            0x11136,
            0x111D0,
            0x112F0,
        ),
        *(0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0),
        *(0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0),
    ],
    np.int64,
)
"""The zero of every script's decimal digits beside ASCII's: Unicode 14.0 (2021-09), general category Nd.

The nine others follow it, and in UTF-8 the ten differ in their last byte alone.
"""
KEPT_CATEGORIES: Final = ("P", "Z", "Cf", "Sm", "Sc")
"""General categories of characters that are format: punctuation, spaces, invisible marks, plus signs, currencies."""


class Payload:
    """The characters of a column that may be replaced.

    :ivar digits: 0 to 9 of any script.
    :ivar letters: A to Z and a to z as 0 to 25; each keeps its case.
    :ivar foreign: which values have other letters or characters that tell too much.
    """

    def __init__(self, text: Text) -> None:
        self.text = text
        numbers = text.data - np.uint8(ord("0"))
        is_digit = numbers < 10
        self.foreign = np.zeros(len(text), np.bool_)
        self._beyond_ascii = int(text.data.max(initial=0)) >= 0x80
        places = None if self._beyond_ascii else same_places(text, is_digit)
        self.digits: Symbols | AlignedDigits
        if places is not None:
            self.digits = AlignedDigits(text, places)
        else:
            if self._beyond_ascii:
                self._read_other_scripts(np.flatnonzero(text.data >= 0x80), numbers, is_digit)
            self.digits = Symbols(text, is_digit, numbers)
        letters = (text.data | np.uint8(0x20)) - np.uint8(ord("a"))
        self.letters = Symbols(text, letters < 26, letters)

    def write(self) -> None:
        """Put the replacements into the text."""
        self.digits.write()
        self.letters.write()

    @cached_property
    def with_plus(self) -> Mask:
        """Which values have a plus sign, also the wide one of East Asian input methods (U+FF0B)."""
        data = self.text.data
        plus = data == ord("+")
        if self._beyond_ascii:
            plus[2:] |= (data[2:] == 0x8B) & (data[1:-1] == 0xBC) & (data[:-2] == 0xEF)
        if self.text.width is not None:
            leading: Mask = plus[:: self.text.width].copy()
        else:
            filled = self.text.lengths > 0
            leading = np.zeros(len(self.text), np.bool_)
            leading[filled] = plus[self.text.offsets[:-1][filled]]
        # Where every plus sign is the first character, as it mostly is, nothing needs to be counted.
        if np.count_nonzero(leading) == np.count_nonzero(plus):
            return leading
        return self.text.counts(plus) > 0

    def _read_other_scripts(self, places: Integers, numbers: Bytes, is_digit: Mask) -> None:
        ends, points, zero = _characters(self.text.data, places)
        digit = zero > 0
        is_digit[ends[digit]] = True
        numbers[ends[digit]] = (points - zero)[digit]
        distinct, which = np.unique(points, return_inverse=True)
        strange = np.array([not _is_format(point) for point in distinct])[which] & ~digit
        marked = np.zeros(len(self.text.data), np.bool_)
        marked[ends[strange]] = True
        self.foreign = self.text.counts(marked) > 0


def zeros_of_digits(data: Bytes) -> Integers:
    """For each byte of UTF-8 the zero of the script whose digit beyond ASCII ends there; 0 where none does."""
    ends, _, zero = _characters(data, np.flatnonzero(data >= 0x80))
    zeros = np.zeros(len(data), np.int64)
    zeros[ends] = zero
    return zeros


def _characters(data: Bytes, places: Integers) -> tuple[Integers, Integers, Integers]:
    """(where the last byte of each character beyond ASCII stands, its code point, the zero of its script or 0)."""
    ends, points = _code_points(data, places)
    zero = ZEROS[np.maximum(np.searchsorted(ZEROS, points, "right") - 1, 0)]
    return ends, points, np.where((points >= zero) & (points < zero + 10), zero, 0)


def _code_points(data: Bytes, places: Integers) -> tuple[Integers, npt.NDArray[np.int64]]:
    """(where the last byte of each character beyond ASCII stands, its code point)."""
    first = places[data[places] >= 0xC0]
    lead = data[first]
    more = 1 + (lead >= 0xE0).astype(np.int64) + (lead >= 0xF0)
    points = (lead & (0x3F >> more)).astype(np.int64)
    for number in range(1, 4):
        has = more >= number
        points[has] = points[has] << 6 | data[first[has] + number] & 0x3F
    return first + more, points


def _is_format(point: int) -> bool:
    category = unicodedata.category(chr(point))
    return category.startswith(KEPT_CATEGORIES)
