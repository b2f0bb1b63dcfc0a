"""Modular arithmetic on arrays against Python's whole numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.modular import Modulus, Words

SIZES = (
    2, 1000, 10**8, 2**31, 2**32, 2**32 - 5, 2**32 + 15, 10**10, 2**48, 2**48 + 21, 10**15, 10**18, 36**12, 2**62,
    2**62 + 135, 2**63, 2**63 + 29, 10**19, 65_535**4, 2**64,
)  # fmt: skip


def words(*numbers: int) -> Words:
    return np.array(numbers, np.uint64)


def edges(size: int) -> list[int]:
    return [number for number in {0, 1, size // 2, size - 2, size - 1, 2**32 % size} if number >= 0]


@pytest.mark.parametrize("size", SIZES)
def test_sums_and_differences_at_the_edges(size: int) -> None:
    pairs = [(a, b) for a in edges(size) for b in edges(size)]
    a, b = words(*(a for a, _ in pairs)), words(*(b for _, b in pairs))
    modulus = Modulus(size)
    assert modulus.add(a, b).tolist() == [(a + b) % size for a, b in pairs]
    assert modulus.subtract(a, b).tolist() == [(a - b) % size for a, b in pairs]


@pytest.mark.parametrize("size", SIZES)
def test_remainders_just_below_and_above_multiples(size: int) -> None:
    generator = np.random.default_rng(size)
    multiples = [size * int.from_bytes(generator.bytes(12), "big") // 2**64 * size for _ in range(50)]
    numbers = [2**96 - 1, 2**64, 0]
    numbers += [n for m in multiples for base in (m % 2**96 // size * size,) for n in (base - 1, base, base + 1)]
    numbers = [number for number in numbers if 0 <= number < 2**96]
    high, low = words(*(n >> 32 for n in numbers)), words(*(n & 0xFFFFFFFF for n in numbers))
    assert Modulus(size).reduce_96(high, low).tolist() == [number % size for number in numbers]
    assert Modulus(size).reduce(high).tolist() == [(number >> 32) % size for number in numbers]


@given(st.sampled_from(SIZES), st.integers(0, 2**96 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_any_numbers(size: int, number: int, a: int, b: int) -> None:
    modulus, a, b = Modulus(size), a % size, b % size
    assert modulus.reduce_96(words(number >> 32), words(number & 0xFFFFFFFF)).tolist() == [number % size]
    assert modulus.add(words(a), words(b)).tolist() == [(a + b) % size]
    assert modulus.subtract(words(a), words(b)).tolist() == [(a - b) % size]


@given(st.sampled_from(SIZES), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_any_number_is_added_and_taken_away(size: int, a: int, b: int) -> None:
    modulus, a = Modulus(size), a % size
    first = words(a)
    assert modulus.add_any(first, words(b)).tolist() == [(a + b) % size]
    assert modulus.subtract_any(first, words(b)).tolist() == [(a - b) % size]
    assert first.tolist() == [a]
