"""What counts as personal data in a tag, and what does not."""

import pytest

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
