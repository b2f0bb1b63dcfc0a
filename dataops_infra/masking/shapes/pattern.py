"""Identifiers by a pattern that the plan states: ``9`` digit, ``A`` and ``a`` letter, ``#`` digit or capital letter.

Every other character stands for itself, and a backslash takes the meaning from the one behind it. What is checked at
the end of an identifier can be named: ``luhn`` (the last ``9`` is the Luhn check digit of the other digits) and
``es-dni`` (the last ``A`` is the letter of a Spanish DNI). A check character that was wrong stays wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2, prod
from typing import Final

import numpy as np

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.detection.validators import luhn_digit
from dataops_infra.masking.ff1 import MINIMUM_SIZE
from dataops_infra.masking.shapes.decimals import to_numbers
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter, Words
from dataops_infra.masking.shapes.text import Bytes, Integers, Mask

DNI_LETTERS: Final = np.frombuffer(b"TRWAGMYFPDXBNJZSQVHLCKE", np.uint8)
"""Check letter of a Spanish DNI by its number mod 23 (Real Decreto 1553/2005, Ministerio del Interior)."""
DNI_DIGITS = 8
_PIECE_BITS = 56
"""Pieces stay below 2^62 when their ends are rounded to whole characters."""

_DIGITS, _CAPITALS, _SMALL = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_CLASSES: Final = {"9": _DIGITS, "A": _CAPITALS, "a": _SMALL, "#": _DIGITS + _CAPITALS}


class Check(StrEnum):
    """Check characters at the end of an identifier."""

    LUHN = "luhn"
    ES_DNI = "es-dni"


@dataclass(frozen=True)
class Place:
    """One byte of a pattern: the characters it may be, a single one when it is literal."""

    characters: bytes

    @property
    def alike(self) -> bytes:
        """Characters of a literal's own class, which masking could put in its place in another value."""
        same_class = [group for group in (_DIGITS, _CAPITALS, _SMALL) if self.characters in group]
        return same_class[0] if len(self.characters) == 1 and same_class else self.characters


class Pattern:
    """Values that match a pattern as a whole.

    :raises InvalidInputError: the pattern leaves fewer than 10^6 possibilities, or its check does not fit it.
    """

    def __init__(self, pattern: str, check: Check | None = None) -> None:
        self._places = _places(pattern)
        self._check = check
        variable = [place for place, at in enumerate(self._places) if len(at.characters) > 1]
        self._digits = [place for place in variable if self._places[place].characters == _DIGITS]
        self._checked_at = _checked_at(self._places, self._digits, check)
        self._free = [place for place in variable if place != self._checked_at]
        self._pieces = _pieces([len(self._places[place].characters) for place in self._free])

    def members(self, payload: Payload) -> Mask:
        """See :meth:`.Shape.members`; also those that differ in a literal digit or letter, which are not replaced."""
        return self._matching(payload, np.arange(len(payload.text)), [place.alike for place in self._places])

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""
        exact = self._matching(payload, rows, [place.characters for place in self._places])
        rows = rows[exact]
        characters = payload.text.matrix(rows, len(self._places))
        error = self._check_error(characters)
        for number, (start, end) in enumerate(self._pieces):
            self._replace_piece(characters, rows, permuter, self._free[start:end], number)
        self._correct(characters, error)
        payload.text.data[payload.text.offsets[rows][:, None] + np.arange(len(self._places))] = characters
        return exact

    def _matching(self, payload: Payload, rows: Integers, allowed: Sequence[bytes]) -> Mask:
        matching: Mask = payload.text.lengths[rows] == len(allowed)
        candidates = np.flatnonzero(matching)
        characters = payload.text.matrix(rows[candidates], len(allowed))
        for place, wanted in enumerate(allowed):
            matching[candidates] &= np.isin(characters[:, place], np.frombuffer(wanted, np.uint8))
        return matching

    def _replace_piece(
        self, characters: Bytes, rows: Integers, permuter: Permuter, places: Sequence[int], number: int
    ) -> None:
        radices = [len(self._places[place].characters) for place in places]
        ranks = np.zeros(len(rows), np.uint64)
        for place, radix in zip(places, radices, strict=True):
            ranks = ranks * np.uint64(radix) + _value_of(self._places[place].characters)[characters[:, place]]
        ranks = permuter.permute(rows, ranks, prod(radices), f"pattern/{number}")
        for place, radix in zip(reversed(places), reversed(radices), strict=True):
            above: Words = ranks // np.uint64(radix)
            alphabet = np.frombuffer(self._places[place].characters, np.uint8)
            characters[:, place] = alphabet[ranks - above * np.uint64(radix)]
            ranks = above

    def _check_error(self, characters: Bytes) -> Integers:
        """By how much each check character is wrong; -1 where it cannot be one at all."""
        if self._check is None:
            return np.zeros(len(characters), np.int64)
        value = _value_of(self._alphabet)[characters[:, self._checked_at]].astype(np.int64)
        return np.where(value == 255, -1, (value - self._right(characters)) % len(self._alphabet))

    def _correct(self, characters: Bytes, error: Integers) -> None:
        if self._check is None:
            return
        right = np.frombuffer(self._alphabet, np.uint8)[(self._right(characters) + error) % len(self._alphabet)]
        given = characters[:, self._checked_at]
        characters[:, self._checked_at] = np.where(error < 0, given, right)

    def _right(self, characters: Bytes) -> Integers:
        digits = characters[:, [place for place in self._digits if place != self._checked_at]] - np.uint8(ord("0"))
        if self._check is Check.LUHN:
            return luhn_digit(digits).astype(np.int64)
        return (to_numbers(digits) % np.uint64(len(DNI_LETTERS))).astype(np.int64)

    @property
    def _alphabet(self) -> bytes:
        return _DIGITS if self._check is Check.LUHN else DNI_LETTERS.tobytes()


def _places(pattern: str) -> list[Place]:
    places: list[Place] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if not escaped:
                raise InvalidInputError("pattern", "a character behind each backslash", pattern)
            places += [Place(bytes([byte])) for byte in escaped.encode()]
        elif character in _CLASSES:
            places.append(Place(_CLASSES[character]))
        else:
            places += [Place(bytes([byte])) for byte in character.encode()]
    return places


def _checked_at(places: Sequence[Place], digits: Sequence[int], check: Check | None) -> int:
    if check is Check.LUHN:
        if len(digits) < 2:
            raise InvalidInputError("check", "a pattern with digits (9) for luhn", "none")
        return digits[-1]
    if check is Check.ES_DNI:
        letters = [place for place, at in enumerate(places) if at.characters == _CAPITALS]
        if len(digits) != DNI_DIGITS or not letters:
            raise InvalidInputError("check", "a pattern with eight 9 and an A for es-dni", "another")
        return letters[-1]
    return -1


def _pieces(radices: Sequence[int]) -> list[tuple[int, int]]:
    """Where to cut a mixed-radix number so that each piece fits into 64 bits and none is small."""
    possibilities = prod(radices)
    if possibilities < MINIMUM_SIZE:
        raise InvalidInputError("pattern", f"at least {MINIMUM_SIZE} possibilities", possibilities)
    bits = np.cumsum([log2(radix) for radix in radices])
    count = int(-(-bits[-1] // _PIECE_BITS))
    cuts = [int(np.searchsorted(bits, bits[-1] * number / count)) + 1 for number in range(1, count)]
    return list(zip([0, *cuts], [*cuts, len(radices)], strict=True))


def _value_of(alphabet: bytes) -> Bytes:
    values = np.full(256, 255, np.uint8)
    values[np.frombuffer(alphabet, np.uint8)] = np.arange(len(alphabet))
    return values
