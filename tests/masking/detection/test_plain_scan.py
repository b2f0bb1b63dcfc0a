"""The plain scan against regular expressions that say the same, text by text."""

import re
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection import independent, plain_scan
from dataops_infra.masking.detection.independent import residual
from dataops_infra.masking.detection.plain_scan import Finding, is_reserved_host, scan
from dataops_infra.masking.detection.spans import FlatTexts

PIECES = (
    *"0123456789 .-()/+@ax",
    *("@example.com", "@o2.pl", "@x", ".de"),
    *("4111 1111 1111 1111", "4111111111111111", "+49 171 1234567", "219-09-9999", "1234567890"),
    *("\u2011", "＠", "１", "é", "\n"),
)
TEXTS = st.lists(st.none() | st.lists(st.sampled_from(PIECES), max_size=10).map("".join), max_size=6)
NUMBER = re.compile(r"\+?[0-9](?:[ .()/-]{0,2}[0-9])*")
GROUPS = (
    r"\d{9,}",
    *(r"[ .()/-]{1,2}".join(rf"\d{{{n}}}" for n in sizes) for sizes in ((4, 4, 4, 4), (4, 6, 5), (3, 2, 4))),
)
OWN_NUMBERS = [re.compile(rf"{group}(?!\d)", re.ASCII) for group in GROUPS]
LOCAL, HOST = re.compile(r"[A-Za-z0-9._+-]+\Z"), re.compile(r"[A-Za-z0-9.-]*")


def flat(texts: list[str | None]) -> FlatTexts:
    return FlatTexts.of(pa.array(texts, pa.large_string()))


def typed(text: str | None) -> str:
    return (text or "").translate({0x2011: "-", 0xFF20: "@", 0xFF11: "1"})


def digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def luhn(number: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0


def kind(number: str) -> str | None:
    plain = digits(number)
    if 13 <= len(plain) <= 19 and plain[0] in "3456" and luhn(plain):
        return "payment_card"
    if number[0] == "+" and (len(plain) <= 15 or not number[1:].isdigit()):
        return "phone"
    return "us_ssn" if re.fullmatch(r"(?!000|666|9)\d{3}-\d{2}-\d{4}", number) else None


def numbers(text: str) -> list[str]:
    """Numbers with all that is joined to them, and what they hold that is written as a number of its own."""
    found = []
    for whole in NUMBER.finditer(text):
        spans = {whole.span()}
        for place in range(whole.start(), whole.end()):
            inner = [number.match(text, place) for number in OWN_NUMBERS if not text[place - 1 : place].isdigit()]
            # A plus belongs to the first number.
            start = whole.start() if text[whole.start() : place] == "+" else place
            spans |= {(start, match.end()) for match in inner if match is not None}
        found += [text[first:last] for first, last in sorted(spans)]
    return found


def expected(source: str | None, target: str | None) -> list[tuple[str, str]]:
    before, after = typed(source), typed(target)
    known = {digits(number) for number in numbers(before)}
    survived = [number for number in numbers(after) if len(digits(number)) >= 9 and digits(number) in known]
    found = [(name, number) for number in survived if (name := kind(number)) is not None]
    for place in [place for place, character in enumerate(after) if character == "@"]:
        local, behind = LOCAL.search(after[:place]), str(HOST.match(after[place + 1 :])[0])  # type: ignore[index]
        before_dot, dot, last = behind.strip(".-").rpartition(".")
        host = before_dot + dot + (last.partition("-")[0] or last)
        if local and "." in host and len(host.rpartition(".")[2]) >= 2 and not is_reserved_host(host):
            found.append(("foreign_email", f"{local[0]}@{behind}".rstrip(".-")))
    return found


@given(TEXTS, TEXTS, st.sampled_from([1, 2, 1000]))
def test_finds_what_reading_text_by_text_finds(
    source: list[str | None], target: list[str | None], at_once: int
) -> None:
    rows = min(len(source), len(target))
    for before, after in ((source[:rows], target[:rows]), (source, source)):
        with patch.object(plain_scan, "_TEXTS", at_once):
            found = sorted((item.row, item.kind, item.value) for item in scan(flat(before), flat(after)))
        sides = zip(before, after, strict=True)
        assert found == sorted((row, *item) for row, (old, new) in enumerate(sides) for item in expected(old, new))


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        ("card 4111111111111111 12/25", "card 4111111111111111 12/25", "4111111111111111"),
        ("card 4111 1111 1111 1111 12/25", "card 4111 1111 1111 1111 07/29", "4111 1111 1111 1111"),
        ("4111111111111111", "4545037205899053. 4111111111111111", "4111111111111111"),
        ("3782 822463 10005-1", "2 3782 822463 10005", "3782 822463 10005"),
        ("219-09-9999 1", "219-09-9999 2", "219-09-9999"),
        ("17 219-09-9999", "219-09-9999", "219-09-9999"),
        ("+491711234567 12/25", "+491711234567 07/29", "+491711234567"),
    ],
)
def test_a_number_beside_another_is_found(before: str, after: str, value: str) -> None:
    assert [found.value for found in scan(flat([before]), flat([after]))] == [value]


IBANS = ("DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "de89-3704-0044-0532-0130-00")


@pytest.mark.parametrize("before", IBANS)
@pytest.mark.parametrize("after", IBANS)
@pytest.mark.parametrize("around", ["{}", "to {}.", "\u2011{} now", "DE89 and DE89 {}, 17", "FR76{{}} IBAN:{};"])
def test_ibans_are_found_in_groups_or_not(before: str, after: str, around: str) -> None:
    found = list(scan(flat([None, f"from {before}"]), flat([before, around.format(after)])))
    assert found == [Finding(1, "iban", after)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("DE89370400440532013000", "DE89370400440532013001"),
        ("DE89370400440532013000", "DE02120300000000202051"),
        ("DE89370400440532013001", "DE89370400440532013001"),
        ("XX89370400440532013000", "XX89370400440532013000"),
        ("1DE89370400440532013000", "1DE89370400440532013000"),
        ("DE893704004405320130001", "DE893704004405320130001"),
        ("DE89  370400440532013000", "DE89  370400440532013000"),
        ("DE89", "DE89"),
        ("D", "E89370400440532013000"),
    ],
)
def test_what_is_no_iban_or_another_one_is_not_found(before: str, after: str) -> None:
    assert list(scan(flat([before, "DE"]), flat([after, "89370400440532013000"]))) == []


def test_a_dash_behind_a_reserved_host_is_no_part_of_it() -> None:
    texts = [*(f"to a@example.com{dash}thanks" for dash in ("—", "–", "-")), "a@b.example.com-", "a@example.com-x.de"]
    assert [found.row for found in scan(flat(texts), flat(texts))] == [4]
    foreign = ["a@firm.de—thanks", "a@firm.xn--p1ai"]
    assert [found.value for found in scan(flat(foreign), flat(foreign))] == ["a@firm.de-thanks", "a@firm.xn--p1ai"]


@pytest.mark.parametrize("length", [1, 15, 16, 17, 64])
def test_addresses_of_any_length_are_read_whole(length: int) -> None:
    address = f"{'a' * length}@{'b' * length}.de"
    texts = flat(["x@y", f"<{address}>", address])
    assert list(scan(texts, texts)) == [Finding(row, "foreign_email", address) for row in (1, 2)]


def test_no_more_than_an_address_can_have_is_read() -> None:
    (found,) = scan(flat(["y"]), flat([f"{'a' * 1000}@b.de{'e' * 1000}"]))
    assert (found.value.index("@"), len(found.value)) == (320, 640)


def test_numbers_and_addresses_end_with_their_text() -> None:
    rows: list[str | None] = [
        "21909",
        "9999",
        None,
        "219-09",
        "-9999",
        "a@b",
        ".de",
        "+49 171 ",
        "1234567",
        "a+",
        "491711234567",
    ]
    assert list(scan(flat(rows), flat(rows))) == []


def test_more_than_two_separators_part_numbers() -> None:
    rows: list[str | None] = ["+49 171   1234567", "+49 171 x 1234567", "+49 171-x1234567"]
    assert list(scan(flat(rows), flat(rows))) == []


@pytest.mark.parametrize(
    ("original", "text", "kinds"),
    [
        ("order 7-1182, call (212) 555-1234 now", "order 7-1182, call (212) 555-1234 now", {"phone": 1}),
        ("call (212) 555-1234", "of 42, then 7 and (212) 555-1234 and 99", {"phone": 1}),
        ("call (212) 555-1234", "call (212) 555-1234 99", {}),
        ("a 123-45-6789 b", "a 123-45-6789 b", {"us_ssn": 1}),
        ("12345678 and 9", "12345678 and 9", {}),
        ("(212) 555-1234 x", "42 of 7-1182", {}),
    ],
)
def test_presidio_is_shown_numbers_with_what_stands_around_them(
    original: str, text: str, kinds: dict[str, int]
) -> None:
    found = residual(pa.array([original]), pa.array([text]), presidio_texts=1)
    assert dict(found.counts) == kinds


@pytest.mark.parametrize(
    ("original", "text", "numbers"),
    [
        ("", "", []),
        ("y", "none", []),
        ("7-1182 and 42", "a 7-1182 of 42 b", [(7, "a 7-1182 of 42 b")]),
        ("7-1182 and 42", "a 7-1182 and 42 b", [(5, "a 7-1182 and "), (2, " and 42 b")]),
        ("12 34 56", "12 34 99 56 7", [(4, "12 34 99 56 7")]),
        ("12345", "123 then 45", [(3, "123 then "), (2, " then 45")]),
    ],
)
def test_numbers_close_together_may_be_one(original: str, text: str, numbers: list[tuple[int, str]]) -> None:
    assert list(independent._numbers(original, text)) == numbers


def test_phone_number_that_goes_on_with_a_day_is_one() -> None:
    text = pa.array(["call +49 171 1234567 12.03.2024", "+12345678901234567890"])
    assert dict(residual(text, text, presidio_texts=0).counts) == {"phone": 1}
