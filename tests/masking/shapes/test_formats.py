"""Phones, social security numbers, IBANs and patterns against tables, plain Python and ``phonenumbers``."""

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.detection.validators import is_ssn
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.operators.fpe import FpeOptions, ShapeName, column_of
from dataops_infra.masking.shapes import fictional, phone, ssn
from dataops_infra.masking.shapes.opaque import opaque
from dataops_infra.masking.shapes.pattern import Check, Pattern
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import KeyedPermuter
from dataops_infra.masking.shapes.text import Text

KEY = MasterKey(bytes(range(32))).domain("formats")
PERMUTER = KeyedPermuter(KEY)


def masked(values: list[str], **options: object) -> list[str]:
    column = column_of(FpeOptions.model_validate(options))
    results: list[str] = column.replace(pa.array(values, pa.string()), KEY, PERMUTER).to_pylist()
    return results


def digits_of(value: str) -> str:
    return "".join(character for character in value if character.isdigit())


def test_country_codes_have_the_lengths_that_phonenumbers_knows() -> None:
    lengths = {code: len(str(code)) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    payload = Payload(Text.of(pa.array([f"+{code}23456789" for code in lengths])))
    assert phone.country_codes(payload, np.arange(len(lengths))).tolist() == list(lengths)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("+1 415-555-0100", "+1 "),
        ("0044 20 7946 0018", "0044 "),
        ("+44 (0)20 7946 0018", "+44 (0)"),
        ("020 7946 0018", "0"),
        ("1-415-555-0100", "1-"),
        ("138 0013 8000", "1"),
        ("10123456789", "10"),
        ("+999 123456789", "+999 "),
        ("tel:+14155550100", "tel:+1"),
        ("＋49 30 1234567", "＋49 "),
        ("+0 7946 0018", "+0 "),
        ("000 123456", "000 "),
    ],
)
def test_prefixes_of_phone_numbers_are_kept(value: str, kept: str) -> None:
    (result,) = masked([value], shape="phone")
    assert result.startswith(kept)
    assert result != value
    assert [c for c in result if not c.isdigit()] == [c for c in value if not c.isdigit()]


def test_one_number_in_several_spellings_gets_the_same_digits() -> None:
    american = masked(
        ["+1 415-555-0100", "+14155550100", "001 415 555 0100", "(415) 555-0100", "1.415.555.0100"], shape="phone"
    )
    assert len({digits_of(value)[-10:] for value in american}) == 1
    british = masked(["+44 20 7946 0018", "020 7946 0018", "+44 (0)20 79460018"], shape="phone")
    assert len({digits_of(value)[-10:] for value in british}) == 1


def test_north_american_numbers_stay_possible_ones() -> None:
    values = [f"+1{area}{exchange}{line:04d}" for area in (201, 999) for exchange in (200, 999) for line in range(500)]
    for value in masked(values, shape="phone"):
        assert value[2] >= "2"
        assert value[5] >= "2"
        assert phonenumbers.is_possible_number(phonenumbers.parse(value))


@pytest.mark.parametrize("value", ["+1 41555", "00", "0000001234", "12345", "415-555-0100 y", "n/a", "+"])
def test_phones_with_too_few_digits_or_unknown_words_become_tokens(value: str) -> None:
    assert masked([value], shape="phone")[0].startswith("~")


def test_extensions_are_replaced_with_the_number() -> None:
    (result,) = masked(["(415) 555-0100 ext. 2234"], shape="phone")
    assert result[:1] + result[4:6] + result[9:10] + result[14:20] == "() - ext. "
    assert result[20:] != "2234"


@given(st.lists(st.integers(0, ssn.VALID - 1)), st.lists(st.integers(0, ssn.INVALID - 1)))
@settings(deadline=None)
def test_social_security_numbers_have_ranks(valid: list[int], invalid: list[int]) -> None:
    ranks = np.array([0, ssn.VALID - 1, *valid], np.uint64)
    numbers = ssn.unrank_valid(ranks)
    assert is_ssn(numbers).all()
    assert ssn.rank_valid(numbers).tolist() == ranks.tolist()
    edges = [0, 10**6, 2 * 10**6, 102 * 10**6 - 1, 102 * 10**6, 102 * 10**6 + 898 * 10**4, ssn.INVALID - 1]
    ranks = np.array([*edges, *invalid], np.uint64)
    numbers = ssn.unrank_invalid(ranks)
    assert not is_ssn(numbers).any()
    assert (numbers < 10**9).all()
    assert ssn.rank_invalid(numbers).tolist() == ranks.tolist()


@pytest.mark.parametrize("value", ["DE88 3704 0044 0532 0130 00", "GB00WEST12345698765432", "NO9986011117947"])
def test_wrong_check_digits_of_ibans_stay_wrong(value: str) -> None:
    (result,) = masked([value], shape="iban")
    number = "".join(str(int(character, 36)) for character in (result[4:] + result[:4]).replace(" ", ""))
    assert int(number) % 97 != 1
    assert result[:2] == value[:2]


def test_ibans_with_digits_of_another_script_are_no_ibans() -> None:
    (result,) = masked(["DE٨٩370400440532013000"], shape="iban")
    assert len(result) == 22
    assert result != "DE٨٩370400440532013000"


@pytest.mark.parametrize(
    ("pattern", "value", "shape"),
    [
        ("99999999A", "12345678Z", r"[0-9]{8}[A-Z]"),  # Spanish DNI
        ("AA999999A", "QQ123456C", r"[A-Z]{2}[0-9]{6}[A-Z]"),  # UK national insurance number
        ("\\A-######-a9", "A-0F9Z00-k7", r"A-[0-9A-Z]{6}-[a-z][0-9]"),
        ("x" * 3 + "9" * 30, "xxx" + "1" * 30, r"xxx[0-9]{30}"),
        ("é999999", "é123456", r"é[0-9]{6}"),
    ],
)
def test_patterns_keep_their_literals(pattern: str, value: str, shape: str) -> None:
    column = column_of(FpeOptions(shape=ShapeName.PATTERN, pattern=pattern))
    result = column.replace(pa.array([value]), KEY, PERMUTER)
    if value.isascii():
        assert pa.compute.match_substring_regex(result, f"^{shape}$").to_pylist() == [True]
    assert result[0].as_py() != value


def test_a_value_that_differs_in_a_literal_becomes_a_token() -> None:
    result = masked(["X1234567", "Y1234567", "x1234567", "X123456"], shape="pattern", pattern="X9999999")
    assert result[0].startswith("X")
    assert result[1].startswith("~")
    assert [len(value) for value in result[2:]] == [8, 7]


def test_letters_of_spanish_identity_cards_are_computed_anew() -> None:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    values = [f"{number:08d}{letters[number % 23]}" for number in range(0, 10**8, 10**6)]
    result = masked([*values, "12345678A", "12345678U"], shape="pattern", pattern="99999999A", check="es-dni")
    assert [value[8] == letters[int(value[:8]) % 23] for value in result] == [True] * len(values) + [False, False]
    assert result[-1].endswith("U")


def test_luhn_digits_of_patterns_are_computed_anew() -> None:
    result = masked(["046 454 286", "046 454 287"], shape="pattern", pattern="999 999 999", check="luhn")

    def total(value: str) -> int:
        doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits_of(value)))]
        return sum(part // 10 + part % 10 for part in doubled) % 10

    assert [total(value) for value in result] == [0, 1]


@pytest.mark.parametrize(
    ("pattern", "check", "expected"),
    [
        ("99999", None, "at least 1000000 possibilities"),
        ("literal", None, "at least 1000000 possibilities"),
        ("999999\\", None, "a character behind each backslash"),
        ("AAAAAA", Check.LUHN, "digits"),
        ("9999999", Check.ES_DNI, "eight 9 and an A"),
        ("999999", Check.LUHN, "at least 1000000 possibilities"),
    ],
)
def test_patterns_that_cannot_be_are_refused(pattern: str, check: Check | None, expected: str) -> None:
    with pytest.raises(InvalidInputError, match=expected):
        Pattern(pattern, check)


@given(st.lists(st.sampled_from("9A#a"), min_size=6, max_size=120))
@settings(deadline=None, max_examples=40)
def test_long_patterns_are_cut_into_pieces_that_fit(pattern: list[str]) -> None:
    values = "".join({"9": "7", "A": "Q", "#": "0", "a": "z"}[character] for character in pattern)
    (result,) = masked([values], shape="pattern", pattern="".join(pattern))
    assert len(result) == len(values)
    assert result != values
    assert [c.isdigit() for c, p in zip(result, pattern, strict=True) if p != "#"] == [
        p == "9" for p in pattern if p != "#"
    ]


def test_fictional_phones_are_possible_numbers_of_reserved_ranges() -> None:
    assert len(set(fictional.AREA_CODES)) == len(fictional.AREA_CODES) == len(fictional.NORTH_AMERICAN)
    for first in fictional.NORTH_AMERICAN.tolist():
        number = phonenumbers.parse(f"+1{first}")
        assert phonenumbers.is_valid_number(number)
        assert str(first)[3:] == "5550100"
    assert all(
        phonenumbers.is_possible_number(phonenumbers.parse(f"+44{first}")) for first in fictional.BRITISH.tolist()
    )


@pytest.mark.parametrize("count", [5, 13, 14, 26, 27, 60])
def test_letters_become_letters_of_their_case(count: int) -> None:
    generator = np.random.default_rng(count)
    values = ["".join(map(chr, row)) for row in generator.integers(97, 123, (400, count))]
    result = masked(values, shape="auto")
    assert all(new.islower() and new.isalpha() and len(new) == count for new in result)
    assert all(new != old for old, new in zip(values, result, strict=True))
    assert len(set(result)) == len(set(values))
    assert masked([value.title() for value in values], shape="auto") == [value.title() for value in result]


@pytest.mark.parametrize("value", ["12-ABCDEFGHIJKLMNOP", "1234567890123456-AB", "ABCDEFGHIJKLMNO-123456789012345"])
def test_few_characters_of_one_class_are_replaced_with_many_of_the_other(value: str) -> None:
    others = [value, value[:-1] + ("C" if value[-1].isalpha() else "7"), ("9" if value[0] == "1" else "Z") + value[1:]]
    results = masked(others, shape="auto")
    assert len(set(results)) == len(set(others))
    for old, new in zip(others, results, strict=True):
        assert [(c.isdigit(), c.isalpha()) for c in new] == [(c.isdigit(), c.isalpha()) for c in old]
        assert new != old


def test_eleven_digits_never_come_to_begin_with_the_american_one() -> None:
    results = masked([f"{first}{number:010d}" for first in range(2, 10) for number in range(100)], shape="phone")
    assert {value[0] for value in results} == set("23456789")


@pytest.mark.parametrize("value", ["~abcdefghij234567", "李 12345678", "Ünal 12345678"])
def test_what_is_spelled_as_a_token_or_in_another_alphabet_is_drawn_as_a_token(value: str) -> None:
    assert masked([value], shape="auto") == opaque(pa.array([value], pa.large_string()), KEY).to_pylist()
