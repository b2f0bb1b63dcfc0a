"""Digits in the same places of all values, read and written eight at a time, against one at a time."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.detection.validators import luhn_digit
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.shapes.aligned import AlignedDigits
from dataops_infra.masking.shapes.card import luhn_sums
from dataops_infra.masking.shapes.decimals import apart, joined, to_digits, to_numbers
from dataops_infra.masking.shapes.iban import Iban
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import KeyedPermuter
from dataops_infra.masking.shapes.text import Symbols, Text

PERMUTER = KeyedPermuter(MasterKey(bytes(32)).domain("aligned"))
LAYOUTS = [
    "9", "999999", "9999999", "99999999", "999999999", "+19999999999", "999-99-9999", "9999 9999 9999 9999",
    "9999999999999999999", "x9", "99-x-99", "(999) 999-9999 x9", "A" * 20 + "9" * 17 + "-", "9" * 40,
]  # fmt: skip


def values_of(layout: str, count: int) -> list[str]:
    generator = np.random.default_rng(len(layout))
    return [
        "".join(str(generator.integers(10)) if character == "9" else character for character in layout)
        for _ in range(count)
    ]


def both(values: list[str]) -> tuple[AlignedDigits, Symbols, Text, Text]:
    aligned, single = Text.of(pa.array(values)), Text.of(pa.array(values))
    digits = Payload(aligned).digits
    assert isinstance(digits, AlignedDigits)
    numbers = single.data - np.uint8(ord("0"))
    return digits, Symbols(single, numbers < 10, numbers), aligned, single


@pytest.mark.parametrize("rows", [np.arange(5), np.array([1, 4]), np.array([], np.int64)], ids=["all", "some", "none"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_part_of_a_layout_is_read_and_written_as_single_digits_are(layout: str, rows: np.ndarray) -> None:
    digits, symbols, aligned, single = both(values_of(layout, 5))
    held = len(layout) - len(layout.translate(str.maketrans("", "", "19")))
    assert digits.counts.tolist() == symbols.counts.tolist() == [held] * 5
    for first in range(held):
        assert digits.at(rows, first).tolist() == symbols.at(rows, first).tolist()
        for count in range(1, min(held - first, 19) + 1):
            assert digits.take(rows, first, count).tolist() == symbols.take(rows, first, count).tolist()
            numbers = digits.numbers(rows, first, count)
            assert numbers.tolist() == symbols.numbers(rows, first, count).tolist()
            other = np.uint64(10**count - 1) - numbers
            digits.put_numbers(rows, first, other, count)
            symbols.put_numbers(rows, first, other, count)
            symbols.write()
            assert aligned.array().equals(single.array())


@pytest.mark.parametrize("layout", ["+19999999999", "9-9"])
def test_firsts_of_their_own_and_places_beyond_the_last_digit(layout: str) -> None:
    digits, symbols, aligned, single = both(values_of(layout, 4))
    rows, firsts = np.array([0, 1, 3]), np.array([1, 0, 1])
    assert digits.at(rows, firsts).tolist() == symbols.at(rows, firsts).tolist()
    assert digits.numbers(rows, firsts, 1).tolist() == symbols.numbers(rows, firsts, 1).tolist()
    for of in (digits, symbols):
        of.put_numbers(rows, firsts, np.array([7, 8, 9], np.uint64), 1)
        of.write()
        count = int(of.counts[0])
        assert of.at(rows, count, beyond=10).tolist() == [10, 10, 10]
        assert of.at(np.arange(4), count, beyond=10).tolist() == [10] * 4
        assert (of.at(rows, firsts + np.array([0, count, 0]), beyond=10) == 10).tolist() == [False, True, False]
    assert aligned.array().equals(single.array())


@pytest.mark.parametrize("values", [["n/a", "x-y"], [""], []])
def test_texts_without_digits_have_none_in_the_same_places(values: list[str]) -> None:
    digits, rows = Payload(Text.of(pa.array(values, pa.string()))).digits, np.arange(len(values))
    assert digits.counts.tolist() == [0] * len(values)
    assert digits.at(rows, 0, beyond=10).tolist() == [10] * len(values)
    assert digits.at(rows, np.zeros(len(values), np.int64), beyond=10).tolist() == [10] * len(values)


@pytest.mark.parametrize("values", [["12", "1x"], ["12", "123"], ["1é", "2é"], ["1٣", "2٣"]])
def test_other_texts_are_read_digit_by_digit(values: list[str]) -> None:
    assert isinstance(Payload(Text.of(pa.array(values))).digits, Symbols)


@pytest.mark.parametrize("start", range(0, 10_000, 2_500))
def test_every_half_of_a_word_is_taken_apart_and_joined(start: int) -> None:
    # The upper and the lower four digits go through the same lanes, so that all of both are all there is.
    four = np.arange(start, start + 2_500, dtype=np.uint64)
    for numbers in (four, four * np.uint64(10_000), four * np.uint64(10_001)):
        words = apart(numbers, 8)
        assert np.array_equal(words.view(np.uint8).reshape(-1, 8), to_digits(numbers, 8))
        assert np.array_equal(joined(words, 8), numbers)


@pytest.mark.parametrize("width", [1, 2, 4])
def test_few_digits_stand_in_the_first_bytes_of_a_word(width: int) -> None:
    numbers = np.arange(10**width, dtype=np.uint64)
    words = apart(numbers, width)
    bytes_of = words.view(np.uint8).reshape(-1, 8)
    assert np.array_equal(bytes_of[:, :width], to_digits(numbers, width))
    assert not bytes_of[:, width:].any()
    assert np.array_equal(joined(words.copy(), width), numbers)


@given(st.lists(st.integers(0, 10**19 - 1), min_size=1))
@settings(deadline=None)
def test_luhn_sums_are_those_of_the_check_digits(numbers: list[int]) -> None:
    digits = to_digits(np.array(numbers, np.uint64), 19)
    assert to_numbers(digits).tolist() == numbers
    expected = (digits[:, -1] + np.uint8(10) - luhn_digit(digits[:, :-1])) % 10
    assert luhn_sums(np.array(numbers, np.uint64), 19).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "values",
    [
        ["DE88370400440532013000", "AT88370400440532013999"],
        ["de88 3704 0044 0532 0130 00", "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "DE1", "FR" + "1" * 25],
        ["GB00WEST12345698765432", "GB29NWBK60161331926819"],
    ],
)
def test_accounts_of_digits_alone_become_what_they_become_character_by_character(values: list[str]) -> None:
    one, other = (Payload(Text.of(pa.array(values))) for _ in range(2))
    rows = np.flatnonzero(Iban().members(one))
    assert rows.tolist() == [row for row, value in enumerate(values) if len(value) > 10]
    assert Iban().replace(one, rows, PERMUTER).all()
    assert Iban()._replace_characters(other, rows, PERMUTER).all()
    for payload in (one, other):
        payload.write()
    assert one.text.array().equals(other.text.array())
    assert one.text.array().to_pylist() != values


@pytest.mark.parametrize(
    ("value", "built"),
    [
        ("DE88370400440532013000", True),
        ("DE-88-37040044053", True),
        ("D88E370400440532013000", False),
        ("DEA8370400440532013000", False),
        ("DE883704004405", False),
        ("DE" + "8" * 33, False),
        ("DE8", False),
        ("DEAT", False),
    ],
)
def test_ibans_are_told_alike_where_all_stand_in_the_same_places(value: str, built: bool) -> None:
    assert Iban().members(Payload(Text.of(pa.array([value, value])))).tolist() == [built, built]
    assert Iban().members(Payload(Text.of(pa.array([value, "x"])))).tolist() == [built, False]
