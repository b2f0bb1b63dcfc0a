"""Card numbers: 13 to 19 digits whose last is the Luhn check digit of the others (ISO/IEC 7812-1).

All digits but the last are permuted and the check digit is computed anew; one that was wrong by some amount is wrong by
the same amount afterwards. So valid numbers become valid ones, invalid ones invalid ones, and no two become equal.
"""

import numpy as np

from dataops_infra.masking.detection.validators import luhn_digit
from dataops_infra.masking.shapes.numbers import replace_digits
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter, grouped
from dataops_infra.masking.shapes.text import Integers, Mask

LEAST_DIGITS, MOST_DIGITS = 13, 19


class Card:
    """Values with 13 to 19 digits and no letters, whatever stands between the digits."""

    def members(self, payload: Payload) -> Mask:
        """See :meth:`.Shape.members`."""
        counts = payload.digits.counts
        member: Mask = (counts >= LEAST_DIGITS) & (counts <= MOST_DIGITS) & (payload.letters.counts == 0)
        return member

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""

        def replace_group(count: int, places: Integers) -> None:
            group = rows[places]
            digits = payload.digits.take(group, 0, count)
            account = replace_digits(permuter, group, digits[:, :-1], "card")
            error = digits[:, -1] + np.uint8(10) - luhn_digit(digits[:, :-1])
            check = (luhn_digit(account) + error) % np.uint8(10)
            payload.digits.put(group, 0, np.column_stack([account, check]))

        grouped(payload.digits.counts[rows], replace_group)
        return np.ones(len(rows), np.bool_)
