"""Check digits against presidio's recognisers, faker's generators and plain Python."""

import numpy as np
import pyarrow as pa
import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, IbanRecognizer

from dataops_infra.masking.detection.validators import (
    alphanumerics,
    iban,
    iban_check_digits,
    is_ssn,
    luhn,
    luhn_digit,
    mod97,
    ssn,
)
from dataops_infra.masking.shapes.text import Text
from tests.support.arrow_columns import every_layout

DIGITS = st.text("0123456789", min_size=2, max_size=25)
IBAN_LOCALES = ("de_DE", "en_GB", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "no_NO", "fi_FI", "pt_PT")


@given(st.lists(DIGITS, max_size=8))
@settings(deadline=None)
def test_luhn_agrees_with_presidio(numbers: list[str]) -> None:
    recognizer = CreditCardRecognizer()
    expected = [recognizer.validate_result(number) for number in numbers]
    assert luhn(pa.array(numbers, pa.string())).tolist() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("4111 1111-1111 1111", True),
        ("4111111111111112", False),
        ("79927398713", True),  # the example of ISO/IEC 7812-1 annex B
        ("4111x111111111111", False),
        ("0", False),
        ("00", True),
        ("", False),
        ("٤١١١١١١١١١١١١١١١", False),
        (None, False),
    ],
)
def test_luhn_reads_digits_spaces_and_hyphens(value: str | None, expected: bool) -> None:
    assert luhn(pa.array(["18", value, "19"], pa.string())).tolist() == [True, expected, False]


@given(DIGITS)
@settings(deadline=None)
def test_luhn_digit_completes_a_number(digits: str) -> None:
    matrix = np.array([[int(digit) for digit in digits]], np.uint8)
    assert luhn(pa.array([digits + str(luhn_digit(matrix)[0])])).tolist() == [True]


def test_every_layout_is_read() -> None:
    for values in every_layout(["4111111111111111", None, "", "4111111111111112"]):
        assert luhn(values).tolist() == [True, False, False, False]
        assert mod97(values).tolist() == [False] * 4


def test_no_values_are_none() -> None:
    empty = pa.array([], pa.string())
    assert [len(test(empty)) for test in (luhn, mod97, iban, ssn)] == [0, 0, 0, 0]


@pytest.mark.parametrize("locale", IBAN_LOCALES)
def test_iban_accepts_what_faker_and_presidio_hold_valid(locale: str) -> None:
    generator = Faker(locale)
    generator.seed_instance(7)
    values = [generator.iban() for _ in range(20)]
    assert all(IbanRecognizer().validate_result(value) for value in values)
    assert iban(pa.array(values + [value.lower() for value in values])).all()


@given(st.from_regex(r"\A[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}\Z"))
@settings(deadline=None)
def test_mod97_is_the_remainder_of_the_number_written_out(value: str) -> None:
    moved = value[4:] + value[:4]
    expected = int("".join(str(int(character, 36)) for character in moved)) % 97 == 1
    assert mod97(pa.array([value, value.lower(), " ".join(value)])).tolist() == [expected] * 3


def test_mod97_takes_values_of_different_lengths_at_once() -> None:
    values = [
        "GB82 WEST 1234 5698 7654 32",
        "NO9386011117947",
        "DE89370400440532013000",
        "GB82",
        "",
        "É" * 20,
        "1" * 60,
    ]
    assert mod97(pa.array(values)).tolist() == [True, True, True, False, False, False, False]


@pytest.mark.parametrize("value", ["DE8937040044053201300", "8E89370400440532013000", "DEX9370400440532013000", "DE89"])
def test_iban_refuses_another_build(value: str) -> None:
    assert not iban(pa.array([value])).any()


def test_iban_refuses_check_digits_that_iso_13616_never_gives() -> None:
    # 98 - remainder lies in 2..98; 97 more or less is the same remainder.
    account = next(n for n in range(10**17, 10**17 + 500) if int(f"{n}131400") % 97 == 96)
    assert mod97(pa.array([f"DE02{account}", f"DE99{account}"])).all()
    assert iban(pa.array([f"DE02{account}", f"DE99{account}"])).tolist() == [True, False]


def test_iban_check_digits_are_those_that_are_written() -> None:
    values = pa.array(["GB82WEST12345698765432", "x", "DE00370400440532013000"])
    characters, _ = alphanumerics(Text.of(values))
    assert iban_check_digits(characters, np.array([0, 2])).tolist() == [82, 89]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("001-01-0001", True),
        ("899 99 9999", True),
        ("665123456", True),
        ("000-12-3456", False),
        ("666-12-3456", False),
        ("900-12-3456", False),
        ("123-00-3456", False),
        ("123-45-0000", False),
        ("12345678", False),
        ("123-45-678x", False),
        (None, False),
    ],
)
def test_ssn_has_ranges(value: str | None, expected: bool) -> None:
    assert ssn(pa.array([value], pa.string())).tolist() == [expected]


@given(st.integers(0, 10**9 - 1))
@settings(deadline=None)
def test_is_ssn_agrees_with_its_parts(number: int) -> None:
    text = f"{number:09d}"
    bad = text[:3] in ("000", "666") or text[0] == "9" or text[3:5] == "00" or text[5:] == "0000"
    assert is_ssn(np.array([number])).tolist() == [not bad]
