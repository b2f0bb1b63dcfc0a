"""What counts as personal data in a tag, and what does not."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.policy.personal_data import find_personal_data


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ann.smith+x@mail.example.com", ["an e-mail address"]),
        ("owner ann@example.com, bob@example.org", ["an e-mail address", "an e-mail address"]),
        ("ann at example.com", []),
        ("@example.com", []),
        ("user@host", []),
        ("+49 30 901820", ["a telephone number"]),
        ("0049-30-901820", ["a telephone number"]),
        ("+1 (212) 555-0100", ["a telephone number"]),
        ("(212) 555-0100", ["a telephone number"]),
        ("212-555-0100", ["a telephone number"]),
        ("123456789012", []),
        ("2026-11-22", []),
        ("2026-11-22T10:00:00Z", []),
        ("1732270000000", []),
        ("v1.2.3", []),
        ("cc-1234", []),
        ("4111 1111 1111 1111", ["a payment card number"]),
        ("4111111111111111", ["a payment card number"]),
        ("4111111111111112", []),
        ("378282246310005", ["a payment card number"]),
        ("5555-5555-5555-4444", ["a payment card number"]),
        ("2223003122003222", ["a payment card number"]),
        ("9999999999999995", []),
        ("DE89370400440532013000", ["an IBAN"]),
        ("DE89 3704 0044 0532 0130 00", ["an IBAN"]),
        ("gb82west12345698765432", ["an IBAN"]),
        ("DE88370400440532013000", []),
        ("219-09-9999", ["a social security number"]),
        ("000-12-3456", []),
        ("666-12-3456", []),
        ("arn:aws:iam::123456789012:role/etl", []),
        ("i-0abcd1234ef567890", []),
        ("0a3a2c1e-5c33-45a5-9a28-0f2d61a2f002", []),
        ("", []),
    ],
)
def test_personal_data_is_found_by_kind(text: str, kinds: list[str]) -> None:
    assert [found.kind for found in find_personal_data(text)] == kinds


@given(st.from_regex(r"4[0-9]{14}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_every_number_with_a_right_check_digit_is_a_card(number: str, separator: str) -> None:
    total = sum(sum(divmod(int(digit) * (2 if index % 2 == 0 else 1), 10)) for index, digit in enumerate(number))
    right = -total % 10
    spaced = separator.join([number[0:4], number[4:8], number[8:12], number[12:]])
    kinds = [[found.kind for found in find_personal_data(f"{spaced}{digit}")] for digit in (right, (right + 1) % 10)]
    assert kinds[0] == ["a payment card number"]
    assert "a payment card number" not in kinds[1]


@given(
    st.text(string.ascii_uppercase, min_size=2, max_size=2),
    st.text(string.ascii_uppercase + string.digits, min_size=12, max_size=28),
)
def test_every_account_with_right_check_digits_is_an_iban(country: str, account: str) -> None:
    number = int("".join(str(int(character, 36)) for character in f"{account}{country}00"))
    assert "an IBAN" in {found.kind for found in find_personal_data(f"{country}{98 - number % 97:02}{account}")}


@given(st.text(max_size=60))
def test_any_text_can_be_searched(text: str) -> None:
    assert all(found.text in text for found in find_personal_data(text))
