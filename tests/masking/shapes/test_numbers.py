import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.shapes.decimals import to_digits, to_numbers
from dataops_infra.masking.shapes.mixed import split
from dataops_infra.masking.shapes.numbers import replace_digits, replace_full
from dataops_infra.masking.shapes.permuter import KeyedPermuter, SpaceCounter, grouped, tight_domain

PERMUTER = KeyedPermuter(MasterKey(bytes(32)).domain("numbers"))


def matrix(texts: list[str]) -> np.ndarray:
    return np.array([[int(digit) for digit in text] for text in texts], np.uint8).reshape(len(texts), -1)


def texts_of(digits: np.ndarray) -> list[str]:
    return ["".join(map(str, row)) for row in digits.tolist()]


@given(
    st.integers(1, 19).flatmap(
        lambda count: st.lists(st.text("0123456789", min_size=count, max_size=count), min_size=1)
    )
)
@settings(deadline=None)
def test_digits_are_numbers_and_back(texts: list[str]) -> None:
    numbers = to_numbers(matrix(texts))
    assert numbers.tolist() == [int(text) for text in texts]
    assert texts_of(to_digits(numbers, len(texts[0]))) == texts


@pytest.mark.parametrize("count", [7, 9, 16, 19, 20, 21, 36, 37, 72, 73, 200])
@pytest.mark.parametrize("first", ["0", "5"])
def test_a_leading_zero_stays_one_and_no_other_becomes_one(count: int, first: str) -> None:
    generator = np.random.default_rng(count)
    tails = generator.integers(0, 10, (300, count - 1), np.uint8)
    digits = np.concatenate([np.full((300, 1), int(first), np.uint8), tails], axis=1)
    replaced = replace_digits(PERMUTER, np.arange(300), digits, "digits")
    assert ((replaced[:, 0] == 0) == (first == "0")).all()
    assert (replaced != digits).any(axis=1).all()
    assert len(np.unique(replaced, axis=0)) == len(np.unique(digits, axis=0))


@pytest.mark.parametrize("wide", [False, True])
def test_all_numbers_of_six_digits_are_permuted_without_a_fixed_point(wide: bool) -> None:
    numbers = np.arange(100_000 if wide else 0, 10**6, dtype=np.uint64)
    if wide:
        replaced = replace_full(PERMUTER, np.arange(len(numbers)), numbers, 6, "phone")
    else:
        replaced = to_numbers(replace_digits(PERMUTER, np.arange(len(numbers)), to_digits(numbers, 6), "digits"))
    assert (replaced != numbers).all()
    assert (np.sort(replaced) == numbers).all()


def test_a_cycle_visits_every_number_of_its_set() -> None:
    size, at, seen = 10**6, np.array([0], np.uint64), 0
    permuted = PERMUTER.permute(np.arange(size), np.arange(size, dtype=np.uint64), size, "digits")
    while True:
        at, seen = permuted[at], seen + 1
        if at[0] == 0:
            break
    assert seen == size


@given(st.integers(1, 2**64))
@settings(deadline=None)
def test_a_tight_domain_exceeds_its_size_by_little(size: int) -> None:
    radix, length = tight_domain(size)
    wanted = max(size, 10**6)
    assert length in (2, 4)
    assert (radix - 1) ** length < wanted <= radix**length
    assert radix**length <= wanted * 1.016
    assert radix <= 2**16


@pytest.mark.parametrize("size", [10**6, 2**32, 2**32 + 1, 9 * 10**18, 10**19, 2**64])
def test_the_greatest_sets_are_permuted(size: int) -> None:
    ranks = np.array([0, 1, size - 1], np.uint64)
    replaced = PERMUTER.permute(np.arange(3), ranks, size, "edges")
    assert len(set(replaced.tolist())) == 3
    assert all(number < size for number in replaced.tolist())
    assert (replaced != ranks).all()


@given(st.integers(0, 90), st.integers(0, 90))
@settings(deadline=None)
def test_pieces_cover_a_value_and_none_is_small(digits: int, letters: int) -> None:
    pieces = split(digits, letters)
    if 10**digits * 26**letters < 10**6:
        assert pieces == []
        return
    seen_digits = [place for piece in pieces for place in range(piece.digits.start, piece.digits.stop)]
    seen_letters = [place for piece in pieces for place in range(piece.letters.start, piece.letters.stop)]
    assert (seen_digits, seen_letters) == (list(range(digits)), list(range(letters)))
    for piece in pieces:
        of_digits, of_letters = piece.digits.stop - piece.digits.start, piece.letters.stop - piece.letters.start
        assert 10**of_digits * 26**of_letters >= 10**6
        assert not (of_digits and of_letters) or 10**of_digits * 26**of_letters <= 2**64


@given(st.lists(st.integers(0, 3)))
@settings(deadline=None)
def test_groups_hold_every_place_once(keys: list[int]) -> None:
    found: dict[int, list[int]] = {}
    grouped(np.array(keys, np.int64), lambda key, places: found.setdefault(key, []).extend(places.tolist()))
    assert found == {key: [place for place, at in enumerate(keys) if at == key] for key in set(keys)}


def test_spaces_multiply() -> None:
    counter = SpaceCounter(2)
    digits = np.ones((1, 40), np.uint8)
    assert (replace_digits(counter, np.array([1]), digits, "digits") == digits).all()
    assert counter.spaces.tolist() == [1.0, pytest.approx(1e40)]
