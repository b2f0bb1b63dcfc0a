"""Card numbers: 13 to 19 digits whose last is the Luhn check digit of the others (ISO/IEC 7812-1).

All digits but the last are permuted and the check digit is computed anew; one that was wrong by some amount is wrong by
the same amount afterwards. So valid numbers become valid ones, invalid ones invalid ones, and no two become equal.
"""

from typing import Final

import numpy as np

from dataops_infra.masking.shapes.decimals import Words, picked
from dataops_infra.masking.shapes.numbers import replace_numbers
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter, grouped
from dataops_infra.masking.shapes.text import Bytes, Integers, Mask

LEAST_DIGITS, MOST_DIGITS = 13, 19
_FOUR: Final = 10_000
_LUHN_OF_FOUR: Final = np.array(
    [
        sum(int(digit) for digit in f"{n % 10}{n // 10 % 10 * 2}{n // 100 % 10}{n // 1000 * 2}") % 10
        for n in range(_FOUR)
    ],
    np.uint8,
)
"""Number below 10^4 -> the sum of its digits, every other one from the last but one doubled, mod 10."""


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
            numbers = payload.digits.numbers(group, 0, count)
            error = luhn_sums(numbers, count)
            accounts = replace_numbers(permuter, group, numbers // np.uint64(10), count - 1, "card") * np.uint64(10)
            check = (error + np.uint8(90) - luhn_sums(accounts, count)) % np.uint8(10)
            payload.digits.put_numbers(group, 0, accounts + check, count)

        grouped(payload.digits.counts[rows], replace_group)
        return np.ones(len(rows), np.bool_)


def luhn_sums(numbers: Words, digits: int) -> Bytes:
    """For each number of so many digits the sum that ISO/IEC 7812-1 wants to be a multiple of ten, mod 10."""
    sums = np.zeros(len(numbers), np.uint8)
    for _ in range(-(-digits // 4)):
        above = numbers // np.uint64(_FOUR)
        sums += picked(_LUHN_OF_FOUR, numbers - above * np.uint64(_FOUR))
        numbers = above
    return sums % np.uint8(10)
