"""IBANs (ISO 13616): the country stays, the account is permuted, the check digits are computed anew.

The account keeps its classes: digits become digits, letters letters. The registry allows both in some places (class
``c``), but banks put digits there nearly always, so what a value shows is the better format, and no table of countries
can go stale. Check digits that were wrong by some amount are wrong by the same amount afterwards.
"""

import numpy as np

from dataops_infra.masking.detection.validators import alphanumerics, iban_check_digits, is_iban_built
from dataops_infra.masking.shapes.mixed import Mixed
from dataops_infra.masking.shapes.numbers import to_digits, to_numbers
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter
from dataops_infra.masking.shapes.text import Integers, Mask, Symbols

HEAD = 2
"""Letters of the country, and as many check digits."""


class Iban:
    """Values of 15 to 34 letters and digits that begin with two letters and two digits, in either case."""

    def __init__(self) -> None:
        self._account = Mixed("iban", skip=HEAD)

    def members(self, payload: Payload) -> Mask:
        """See :meth:`.Shape.members`."""
        if not payload.letters.counts.any():
            return np.zeros(len(payload.text), np.bool_)
        characters = _characters(payload)
        in_ascii: Mask = characters.counts == payload.digits.counts + payload.letters.counts
        return is_iban_built(characters) & in_ascii

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""
        right = iban_check_digits(_characters(payload), rows)
        replaced = self._account.replace(payload, rows, permuter)
        payload.write()
        rows = rows[replaced]
        given = to_numbers(payload.digits.take(rows, 0, HEAD)).astype(np.int64)
        check = (given - right[replaced] + iban_check_digits(_characters(payload), rows)) % 100
        payload.digits.put(rows, 0, to_digits(check.astype(np.uint64), HEAD))
        return replaced


def _characters(payload: Payload) -> Symbols:
    return alphanumerics(payload.text)[0]
