"""The permutation without fixed points, whole and walked to a part of its domain."""

import numpy as np
import numpy.typing as npt
import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.ff1 import FF1, Words
from dataops_infra.masking.keys import MasterKey

KEY = bytes(range(32))


def numbers(size: int) -> Words:
    return np.arange(size, dtype=np.uint64)


def lengths_of_cycles(images: Words) -> list[int]:
    left, lengths = set(range(len(images))), []
    following = images.tolist()
    while left:
        start = at = left.pop()
        length = 1
        while (at := following[at]) != start:
            left.remove(at)
            length += 1
        lengths.append(length)
    return lengths


@pytest.mark.parametrize("size", [10**6, 999_999, 600_001, 123_456])
def test_a_whole_domain_is_one_cycle(size: int) -> None:
    images = FF1(KEY, 10, 6).cycle(numbers(size), size)
    assert lengths_of_cycles(images) == [size]


def test_a_small_part_is_one_cycle_too() -> None:
    assert lengths_of_cycles(FF1(KEY, 10, 6).cycle(numbers(20_000), 20_000)) == [20_000]


def test_a_cycle_goes_through_what_is_accepted_alone() -> None:
    def leap(x: Words) -> npt.NDArray[np.bool_]:
        chosen: npt.NDArray[np.bool_] = x % np.uint64(7) == 3
        return chosen

    valid = numbers(500_000)[leap(numbers(500_000))]
    images = FF1(KEY, 10, 6).cycle(valid, 500_000, leap)
    assert lengths_of_cycles(np.searchsorted(valid, images).astype(np.uint64)) == [len(valid)]
    assert np.array_equal(np.sort(images), valid)


def test_halves_of_long_numerals_are_permuted_without_fixed_points() -> None:
    permutation = FF1(KEY, 10, 24)
    a, b = numbers(50_000) % np.uint64(10), numbers(50_000)
    first, second = permutation.cycle_halves(a, b)
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == 50_000
    assert not ((first == a) & (second == b)).any()


def test_halves_are_walked_to_what_is_accepted() -> None:
    def small(a: Words, b: Words) -> npt.NDArray[np.bool_]:
        chosen: npt.NDArray[np.bool_] = (a < 300) & (b % np.uint64(2) == 0)
        return chosen

    permutation = FF1(KEY, 10, 6)
    a, b = (part.ravel() for part in np.meshgrid(numbers(300), 2 * numbers(500)))
    first, second = permutation.cycle_halves(a, b, small)
    assert small(first, second).all()
    assert len(np.unique(first * np.uint64(1000) + second)) == 150_000
    assert not ((first == a) & (second == b)).any()


def test_the_neighbour_is_one_more_among_the_encrypted() -> None:
    permutation, values = FF1(KEY, 2, 20), numbers(2**20)
    images = permutation.cycle(values)
    expected = (permutation.encrypt_integers(values) + np.uint64(1)) % np.uint64(2**20)
    assert np.array_equal(permutation.encrypt_integers(images), expected)


def test_the_greatest_domains_wrap_around() -> None:
    permutation = FF1(KEY, 2, 64)
    last = permutation.decrypt_integers(np.array([2**64 - 1], np.uint64))
    assert permutation.encrypt_integers(permutation.cycle(last)).tolist() == [0]


def test_a_cycle_is_frozen() -> None:
    # A new version that fails here would give every person a new pseudonym.
    permutation = MasterKey(KEY).domain("customers.phone").ff1(10, 15)
    values = np.array([0, 1, 123_456_789_012_345, 10**15 - 1], np.uint64)
    assert permutation.cycle(values).tolist() == [152631814499483, 353844613523136, 710079073520389, 184627554880382]
    assert permutation.cycle(values[:2], 10**14).tolist() == [46881424546875, 32109204250613]


@pytest.mark.parametrize("size", [0, 1, 999, 10**6 + 1])
def test_parts_too_small_to_walk_to_and_beyond_the_domain_are_refused(size: int) -> None:
    with pytest.raises(InvalidInputError, match="size: expected 1000 to 1000000"):
        FF1(KEY, 10, 6).cycle(numbers(2), size)


def test_values_outside_the_part_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="values: expected only valid ones, got 'others among them'"):
        FF1(KEY, 10, 6).cycle(np.array([5, 500_000], np.uint64), 500_000)
