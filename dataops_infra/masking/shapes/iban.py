"""IBANs (ISO 13616): the country stays, the account is permuted, the check digits are computed anew.

The account keeps its classes: digits become digits, letters letters. The registry allows both in some places (class
``c``), but banks put digits there nearly always, so what a value shows is the better format, and no table of countries
can go stale. Check digits that were wrong by some amount are wrong by the same amount afterwards.
"""

from typing import Final

import numpy as np

from dataops_infra.masking.detection.validators import (
    MAXIMUM_IBAN_LENGTH,
    MINIMUM_IBAN_LENGTH,
    alphanumerics,
    iban_check_digits,
    is_iban_built,
)
from dataops_infra.masking.shapes.decimals import Words
from dataops_infra.masking.shapes.mixed import Mixed
from dataops_infra.masking.shapes.numbers import WORD_DIGITS, replace_numbers
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter, grouped
from dataops_infra.masking.shapes.text import Integers, Mask, Symbols

HEAD = 2
"""Letters of the country, and as many check digits."""
_USE: Final = "iban"
_MODULUS: Final = np.uint64(97)


class Iban:
    """Values of 15 to 34 letters and digits that begin with two letters and two digits, in either case."""

    def __init__(self) -> None:
        self._account = Mixed(_USE, skip=HEAD)

    def members(self, payload: Payload) -> Mask:
        """See :meth:`.Shape.members`."""
        if not payload.letters.counts.any():
            return np.zeros(len(payload.text), np.bool_)
        digits, letters = payload.digits.places, payload.letters.places
        if digits is not None and letters is not None:
            return np.full(len(payload.text), _is_built(digits, letters))
        characters = _characters(payload)
        in_ascii: Mask = characters.counts == payload.digits.counts + payload.letters.counts
        return is_iban_built(characters) & in_ascii

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""
        digits = payload.digits.counts[rows]
        in_words = (payload.letters.counts[rows] == HEAD) & (digits <= HEAD + WORD_DIGITS)
        if not in_words.any():
            return self._replace_characters(payload, rows, permuter)
        replaced = np.ones(len(rows), np.bool_)
        grouped(
            np.where(in_words, digits, 0),
            lambda count, places: _replace_numbers(payload, rows[places], permuter, count) if count else None,
        )
        if not in_words.all():
            replaced[~in_words] = self._replace_characters(payload, rows[~in_words], permuter)
        return replaced

    def _replace_characters(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        right = iban_check_digits(_characters(payload), rows)
        replaced = self._account.replace(payload, rows, permuter)
        payload.write()
        rows = rows[replaced]
        given = payload.digits.numbers(rows, 0, HEAD).astype(np.int64)
        check = (given - right[replaced] + iban_check_digits(_characters(payload), rows)) % 100
        payload.digits.put_numbers(rows, 0, check.astype(np.uint64), HEAD)
        return replaced


def _replace_numbers(payload: Payload, rows: Integers, permuter: Permuter, digits: int) -> None:
    """Of accounts of digits alone, which are numbers: so are their remainders, and nothing is taken apart."""
    country = payload.letters.take(rows, 0, HEAD).astype(np.uint64) + np.uint64(10)  # A stands for 10
    behind = country[:, 0] * np.uint64(100**2) + country[:, 1] * np.uint64(100)

    def right(accounts: Words) -> Words:
        remainders = accounts - accounts // _MODULUS * _MODULUS
        return np.uint64(98) - (remainders * np.uint64(100**3) + behind) % _MODULUS

    accounts = payload.digits.numbers(rows, HEAD, digits - HEAD)
    replaced = replace_numbers(permuter, rows, accounts, digits - HEAD, f"{_USE}/0")
    given = payload.digits.numbers(rows, 0, HEAD)
    check = (given + np.uint64(100) - right(accounts) + right(replaced)) % np.uint64(100)
    payload.digits.put_numbers(rows, 0, check, HEAD)
    payload.digits.put_numbers(rows, HEAD, replaced, digits - HEAD)


def _is_built(digits: Integers, letters: Integers) -> bool:
    """:func:`.is_iban_built` of values that all have their digits and letters in the same places."""
    if not MINIMUM_IBAN_LENGTH <= len(digits) + len(letters) <= MAXIMUM_IBAN_LENGTH:
        return False
    first = sorted([*((place, True) for place in letters[:4]), *((place, False) for place in digits[:4])])[:4]
    return [is_letter for _, is_letter in first] == [True, True, False, False]


def _characters(payload: Payload) -> Symbols:
    return alphanumerics(payload.text)[0]
