"""Phone numbers: plus sign, punctuation, country code and leading zeros stay, the other digits are permuted.

So a number in international and in national spelling gets the same digits behind country code and trunk zero. Ten
digits that could be a number of the North American plan (NXX-NXX-XXXX, N from 2 to 9) stay such digits.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.shapes.decimals import Words, picked
from dataops_infra.masking.shapes.numbers import LEAST_DIGITS, WORD_DIGITS, replace_digits_of, replace_full
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter, grouped
from dataops_infra.masking.shapes.text import Bytes, Integers, Mask

COUNTRY_CODES_OF_TWO: Final = frozenset(
    (
        *(20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58),
        *(60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98),
    )
)
"""Country codes of two digits (ITU-T E.164, as in ``phonenumbers`` 9.0.43, which a test holds them against).

1 and 7 have one digit, all others, assigned or not, three. None begins another, so every number has exactly one.
"""
WORDS: Final = r"^[^A-Za-z]*(?i:(tel|phone|fax|mobile|mob|cell)[^A-Za-z]*)?(?i:(x|ext|extn|extension)[^A-Za-z]*)?$"
"""Words that may stand in a phone number; they are kept."""
_LIKE_WORDS: Final = r"^[^A-Za-z]*([A-Za-z]{3,6}[^A-Za-z]*)?(([A-Za-z]|[A-Za-z]{3,4}|[A-Za-z]{9})[^A-Za-z]*)?$"
"""Letters in the places of such words, which masking could turn into them in a value without."""
NORTH_AMERICAN_DIGITS = 10
_NORTH_AMERICAN_CODE = 1

_CODE_LENGTHS = np.array(
    [1 if n // 10 in (1, 7) else 2 if n in COUNTRY_CODES_OF_TWO else 3 if n >= 10 else 0 for n in range(100)], np.int64
)
"""First two digits -> length of the country code; 0 behind a zero, where none stands."""

_PREFIXES = np.arange(10_000)
_LIKE_NORTH_AMERICA = (_PREFIXES >= 2_000) & (_PREFIXES % 10 >= 2)
"""Four leading digits -> whether ten digits that begin with them may be a North American number."""
_OTHERS = (_PREFIXES >= 1_000) & ~_LIKE_NORTH_AMERICA
_BEHIND = 1_000_000
"""Numbers behind four of ten digits."""

_FULL, _FROM_TWO, _FREE = range(3)
"""How the digits of a number are permuted: among such without a leading zero (ten digits: and by the plan of North
America), among such that begin with 2 to 9, or among all."""


class Phone:
    """Values of digits and punctuation, also with words such as ``ext.``."""

    def members(self, payload: Payload) -> Mask:
        """See :meth:`.Shape.members`."""
        member: Mask = payload.letters.counts == 0
        if not member.all():
            rows = np.flatnonzero(~member)
            member[rows] = _match(payload, rows, _LIKE_WORDS)
        return member

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""
        kept, kinds = parse(payload, rows)
        counts = payload.digits.counts[rows] - kept
        enough = (counts >= LEAST_DIGITS) & has_known_words(payload, rows)

        def replace_group(key: int, places: Integers) -> None:
            count, kind = divmod(key, 3)
            if count < LEAST_DIGITS:
                return
            group, first = rows[places], _first(kept[places])
            if count > WORD_DIGITS:
                replace_digits_of(payload.digits, permuter, group, first, count, "phone")
                return
            numbers = _replace_numbers(permuter, group, payload.digits.numbers(group, first, count), count, kind)
            payload.digits.put_numbers(group, first, numbers, count)

        grouped(np.where(enough, counts, 0) * 3 + kinds, replace_group)
        return enough


def has_known_words(payload: Payload, rows: Integers) -> Mask:
    """Whether all letters of each of ``rows`` are words of phone numbers."""
    known: Mask = payload.letters.counts[rows] == 0
    if not known.all():
        known[~known] = _match(payload, rows[~known], WORDS)
    return known


def parse(payload: Payload, rows: Integers) -> tuple[Integers, Integers]:
    """(how many leading digits of each row are kept, how the others are permuted)."""
    start, code = _country(payload, rows)
    kept = start + code
    while (zero := _digit_at(payload, rows, _first(kept)) == 0).any():
        kept += zero
    # Behind a plus sign stands a country code or a zero: something is kept, and a 1 is no bare one.
    if payload.with_plus.all() or not (payload.digits.counts == NORTH_AMERICAN_DIGITS + 1).any():
        return kept, np.full(len(rows), _FULL)
    bare = bare_north_american(payload, rows)
    behind_zero = bare & (_digit_at(payload, rows, 1) == 0)
    eleven = (kept == 0) & (payload.digits.counts[rows] == NORTH_AMERICAN_DIGITS + 1) & ~bare
    return kept + bare + behind_zero, np.where(behind_zero, _FREE, np.where(eleven, _FROM_TWO, _FULL))


def country_codes(payload: Payload, rows: Integers) -> Integers:
    """The country code of each row, 0 where none is written."""
    start, length = _country(payload, rows)
    code = np.zeros(len(rows), np.int64)
    for position in range(3):
        code = np.where(position < length, code * 10 + _digit_at(payload, rows, start + position), code)
    return code


def bare_north_american(payload: Payload, rows: Integers) -> Mask:
    """Whether a 1 and ten digits are written without a plus sign.

    That is a North American number or another plan's mobile number (China's); the 1 stays either way.
    """
    eleven: Mask = payload.digits.counts[rows] == NORTH_AMERICAN_DIGITS + 1
    eleven &= (_digit_at(payload, rows, 0) == _NORTH_AMERICAN_CODE) & ~payload.with_plus[rows]
    return eleven


def _country(payload: Payload, rows: Integers) -> tuple[Integers, Integers]:
    """(where the country code of each row begins, its length or 0)."""
    first = _digit_at(payload, rows, 0)
    start, zeros = np.zeros(len(rows), np.int64), first == 0
    if zeros.any():
        third = _digit_at(payload, rows, 2)
        zeros &= (_digit_at(payload, rows, 1) == 0) & (third > 0) & (third < 10)
        start[zeros] = 2
    abroad = zeros | payload.with_plus[rows]
    if not abroad.any():
        return start, np.zeros(len(rows), np.int64)
    at = _first(start)
    lead = 10 * np.minimum(_digit_at(payload, rows, at), 9) + np.minimum(_digit_at(payload, rows, at + 1), 9)
    return start, np.where(abroad, _CODE_LENGTHS[lead], 0)


def north_american(numbers: Words) -> Mask:
    """Whether numbers of ten digits are built as the North American plan has it."""
    return picked(_LIKE_NORTH_AMERICA, numbers // np.uint64(_BEHIND))


def _replace_numbers(permuter: Permuter, rows: Integers, numbers: Words, count: int, kind: int) -> Words:
    if kind == _FREE:
        return permuter.permute(rows, numbers, 10**count, "phone/zero")
    if kind == _FROM_TWO:
        least = 2 * 10 ** (count - 1)
        ranks = permuter.permute(rows, numbers - np.uint64(least), 4 * least, "phone/eleven")
        return ranks + np.uint64(least)
    if count != NORTH_AMERICAN_DIGITS:
        return replace_full(permuter, rows, numbers, count, "phone")
    alike = north_american(numbers)
    if alike.all():
        return _replace_ten(permuter, rows, numbers, _LIKE_NORTH_AMERICA, "phone/nanp")
    replaced = np.empty_like(numbers)
    replaced[alike] = _replace_ten(permuter, rows[alike], numbers[alike], _LIKE_NORTH_AMERICA, "phone/nanp")
    replaced[~alike] = _replace_ten(permuter, rows[~alike], numbers[~alike], _OTHERS, "phone")
    return replaced


def _replace_ten(permuter: Permuter, rows: Integers, numbers: Words, prefixes: Mask, use: str) -> Words:
    places: Words = np.cumsum(prefixes).astype(np.uint64) - np.uint64(1)
    inside: Words = np.flatnonzero(prefixes).astype(np.uint64)
    lead: Words = numbers // np.uint64(_BEHIND)
    ranks: Words = numbers - (lead - picked(places, lead)) * np.uint64(_BEHIND)
    ranks = permuter.permute(rows, ranks, len(inside) * _BEHIND, use)
    lead = ranks // np.uint64(_BEHIND)
    replaced: Words = ranks + (picked(inside, lead) - lead) * np.uint64(_BEHIND)
    return replaced


def _digit_at(payload: Payload, rows: Integers, position: Integers | int) -> Bytes:
    """The digit of each row at a position, 10 behind its last."""
    return payload.digits.at(rows, position, beyond=10)


def _match(payload: Payload, rows: Integers, regex: str) -> Mask:
    matching: Mask = pc.match_substring_regex(payload.text.array().take(pa.array(rows)), regex).to_numpy(False)
    return matching


def _first(kept: Integers) -> Integers | int:
    return int(kept[0]) if len(kept) and (kept == kept[0]).all() else kept
