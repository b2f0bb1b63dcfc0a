import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.shapes.payload import ZEROS, Payload
from dataops_infra.masking.shapes.text import Symbols, Text
from tests.support.arrow_columns import every_layout

VALUES = ["ab1", None, "", "é2", "\x00x"]


def test_text_of_every_layout_is_the_same() -> None:
    for values in every_layout(VALUES):
        text = Text.of(values)
        assert text.data.tobytes() == "ab1é2\x00x".encode()
        assert text.offsets.tolist() == [0, 3, 3, 3, 6, 8]
        assert text.array().to_pylist() == ["ab1", "", "", "é2", "\x00x"]


@pytest.mark.parametrize("values", [pa.array([], pa.string()), pa.array([None, None], pa.large_string())])
def test_text_of_nothing_has_no_bytes(values: pa.Array) -> None:
    text = Text.of(values)
    assert (len(text), len(text.data), text.lengths.sum(), text.width) == (len(values), 0, 0, None)


@given(st.lists(st.text(max_size=6)))
@settings(deadline=None)
def test_counts_are_those_of_each_value(values: list[str]) -> None:
    text = Text.of(pa.array(values, pa.string()))
    assert text.counts(text.data == ord("0")).tolist() == [value.count("0") for value in values]


@pytest.mark.parametrize(
    ("values", "expected"), [(["ab", "cd"], 2), (["ab", "c", "def"], None), (["", ""], None), (["a", "bcd"], None)]
)
def test_width_is_told_where_all_values_have_it(values: list[str], expected: int | None) -> None:
    assert Text.of(pa.array(values)).width == expected


@given(st.lists(st.text("aZ5-é٣", max_size=5)))
@settings(deadline=None)
def test_symbols_written_back_change_only_themselves(values: list[str]) -> None:
    payload = Payload(Text.of(pa.array(values, pa.string())))
    rows = np.flatnonzero(payload.digits.counts > 0)
    payload.digits.put(rows, 0, 9 - payload.digits.take(rows, 0, 1))
    payload.write()
    payload.write()

    def expected(value: str) -> str:
        first = next((place for place, character in enumerate(value) if character in "5٣"), None)
        if first is None:
            return value
        return value[:first] + {"5": "4", "٣": "٦"}[value[first]] + value[first + 1 :]

    assert payload.text.array().to_pylist() == [expected(value) for value in values]


def test_columns_of_one_layout_are_read_as_others_are() -> None:
    same = Payload(Text.of(pa.array(["1-2", "3-4"])))
    other = Payload(Text.of(pa.array(["1-2", "3-4", "5"])))
    assert same.digits.take(np.arange(2), 1, 1).tolist() == other.digits.take(np.arange(2), 1, 1).tolist() == [[2], [4]]
    same.digits.put(np.array([1]), 0, np.array([[9]], np.uint8))
    same.write()
    assert same.text.array().to_pylist() == ["1-2", "9-4"]


def test_zeros_are_those_of_unicode_and_change_in_their_last_byte() -> None:
    for zero in ZEROS.tolist():
        assert [unicodedata.digit(chr(zero + digit)) for digit in range(10)] == list(range(10))
        assert {unicodedata.category(chr(zero + digit)) for digit in range(10)} == {"Nd"}
        assert len({chr(zero + digit).encode()[:-1] for digit in range(10)}) == 1
    every = [
        c for c in range(0x80, 0x110000) if unicodedata.category(chr(c)) == "Nd" and unicodedata.digit(chr(c)) == 0
    ]
    if unicodedata.unidata_version == "14.0.0":
        assert ZEROS.tolist() == every


@pytest.mark.parametrize("zero", [0x660, 0x6F0, 0x966, 0xFF10, 0x1D7CE, 0x1FBF0])
def test_digits_of_every_script_have_their_values(zero: int) -> None:
    payload = Payload(Text.of(pa.array(["".join(chr(zero + digit) for digit in (3, 0, 9)), "x7"])))
    assert isinstance(payload.digits, Symbols)
    assert payload.digits.values.tolist() == [3, 0, 9, 7]
    assert payload.foreign.tolist() == [False, False]


@pytest.mark.parametrize(
    ("value", "foreign"),
    [
        *[("Ünal", True), ("李 123456", True), ("😀 123456", True), ("5½", True), ("e\u0301", True)],
        *[
            ("123\u00a0456", False),
            ("1–2", False),
            ("\u200e+49", False),
            ("＋49", False),
            ("€ 5", False),
            ("A 5", False),
        ],
    ],
)
def test_letters_of_other_alphabets_are_foreign(value: str, foreign: bool) -> None:
    assert Payload(Text.of(pa.array([value]))).foreign.tolist() == [foreign]


@pytest.mark.parametrize(("value", "plus"), [("+1", True), ("＋1", True), ("1", False), ("é1", False), ("", False)])
def test_plus_signs_are_found(value: str, plus: bool) -> None:
    assert Payload(Text.of(pa.array(["x", value]))).with_plus.tolist() == [False, plus]
