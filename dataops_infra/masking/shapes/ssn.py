"""US social security numbers: valid ones become valid ones, numbers that cannot be given out become such numbers."""

import numpy as np

from dataops_infra.masking.detection.validators import is_ssn
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter, Words
from dataops_infra.masking.shapes.text import Integers, Mask

DIGITS = 9
AREA, GROUP = 1_000_000, 10_000
"""Numbers of one area (the first three digits), and of one group (the next two)."""
VALID = 898 * 99 * 9_999
"""Areas 001 to 899 without 666, groups 01 to 99, serials 0001 to 9999."""
_BAD_AREAS = 102
_WITHOUT_GROUP = 898 * GROUP
INVALID = 10**DIGITS - VALID


class Ssn:
    """Values with nine digits and no letters, with or without hyphens."""

    def members(self, payload: Payload) -> Mask:
        """See :meth:`.Shape.members`."""
        member: Mask = (payload.digits.counts == DIGITS) & (payload.letters.counts == 0)
        return member

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""
        numbers = payload.digits.numbers(rows, 0, DIGITS)
        valid = is_ssn(numbers)
        if valid.all():
            replaced = unrank_valid(permuter.permute(rows, rank_valid(numbers), VALID, "ssn"))
        else:
            replaced = np.empty_like(numbers)
            replaced[valid] = unrank_valid(permuter.permute(rows[valid], rank_valid(numbers[valid]), VALID, "ssn"))
            ranks = permuter.permute(rows[~valid], rank_invalid(numbers[~valid]), INVALID, "ssn/invalid")
            replaced[~valid] = unrank_invalid(ranks)
        payload.digits.put_numbers(rows, 0, replaced, DIGITS)
        return np.ones(len(rows), np.bool_)


def rank_valid(numbers: Words) -> Words:
    """The place of each valid number among the valid ones."""
    area, group, serial = _parts(numbers)
    return (_area_rank(area) * np.uint64(99) + group - np.uint64(1)) * np.uint64(9_999) + serial - np.uint64(1)


def unrank_valid(ranks: Words) -> Words:
    """The valid number at each place."""
    groups = ranks // np.uint64(9_999)
    serial = ranks - groups * np.uint64(9_999) + np.uint64(1)
    areas = groups // np.uint64(99)
    group = groups - areas * np.uint64(99) + np.uint64(1)
    return _area_at(areas) * np.uint64(AREA) + group * np.uint64(GROUP) + serial


def rank_invalid(numbers: Words) -> Words:
    """The place of each invalid number among those: bad areas first, then groups 00, then serials 0000."""
    area, group, serial = _parts(numbers)
    bad_area = (area == 0) | (area == 666) | (area >= 900)
    bad_rank = np.where(area == 0, np.uint64(0), np.where(area == 666, np.uint64(1), area - np.uint64(898)))
    good = _area_rank(np.where(bad_area, np.uint64(1), area))
    without_serial = good * np.uint64(99) + np.maximum(group, np.uint64(1)) - np.uint64(1)
    in_good_area = np.where(group == 0, good * np.uint64(GROUP) + serial, np.uint64(_WITHOUT_GROUP) + without_serial)
    in_bad_area = bad_rank * np.uint64(AREA) + numbers - area * np.uint64(AREA)
    return np.where(bad_area, in_bad_area, np.uint64(_BAD_AREAS * AREA) + in_good_area)


def unrank_invalid(ranks: Words) -> Words:
    """The invalid number at each place."""
    area = ranks // np.uint64(AREA)
    bad_area = np.where(area == 0, np.uint64(0), np.where(area == 1, np.uint64(666), area + np.uint64(898)))
    in_bad_area = bad_area * np.uint64(AREA) + ranks - area * np.uint64(AREA)
    behind = ranks - np.minimum(ranks, np.uint64(_BAD_AREAS * AREA))
    good = behind // np.uint64(GROUP)
    no_group = _area_at(np.minimum(good, np.uint64(897))) * np.uint64(AREA) + behind - good * np.uint64(GROUP)
    last = behind - np.minimum(behind, np.uint64(_WITHOUT_GROUP))
    good = last // np.uint64(99)
    group = last - good * np.uint64(99) + np.uint64(1)
    no_serial = _area_at(good) * np.uint64(AREA) + group * np.uint64(GROUP)
    in_good_area = np.where(behind < _WITHOUT_GROUP, no_group, no_serial)
    return np.where(area < _BAD_AREAS, in_bad_area, in_good_area)


def _parts(numbers: Words) -> tuple[Words, Words, Words]:
    area = numbers // np.uint64(AREA)
    rest = numbers - area * np.uint64(AREA)
    group = rest // np.uint64(GROUP)
    return area, group, rest - group * np.uint64(GROUP)


def _area_rank(areas: Words) -> Words:
    return areas - np.uint64(1) - (areas > 666)


def _area_at(ranks: Words) -> Words:
    return ranks + np.uint64(1) + (ranks >= 665)
