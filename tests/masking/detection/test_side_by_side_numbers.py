"""Phone and card numbers beside other numbers: each is found as a whole, whatever stands beside it."""

import itertools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.detection.patterns import PATTERNS, find
from dataops_infra.masking.detection.spans import FlatTexts

PHONES = (
    "+49 171 1234567", "0171 1234567", "0171/1234567", "+33 4 44 27 77 06", "04 44 27 77 06", "(822) 663-0038",
    "822-663-0038", "822.663.0038", "+1 822 663 0038", "+44 20 7946 0958", "020 7946 0958", "+48 601 234 567",
    "030 / 1234567", "0049 171 1234567", "(030) 1234567", "01 23 45 67 89", "+31-6-12345678", "+90 532 123 45 67",
    "+7 (495) 123-45-67", "+358401234567",
)  # fmt: skip
CARDS = (
    "4111 1111 1111 1111", "4111111111111111", "4111-1111-1111-1111", "378282246310005", "3782 822463 10005",
    "DE89 3704 0044 0532 0130 00", "078-05-1120",
)  # fmt: skip
OTHERS = (
    "12.03.2024", "2024-03-12", "12.03.24", "3/12/2024", "11:30", "2.5", "17", "120", "2024", "12345", "12,50",
    "1.234,56", "20240312", "99 EUR", "3x", "4711/12", "10115", "0815", "-5",
)  # fmt: skip
PIECES = (
    *PHONES,
    *CARDS,
    *OTHERS,
    " ",
    "/",
    "-",
    ".",
    "(030)",
    "+",
    "00",
    "٠٥٠",
    "１２",
    "\u00a0",
    "\n",
    "é",
    "字",
    "tel ",
)
EXPIRY = ("12/25", "12/25 123", "0171 1234567", "4242 4242 4242 4242")


def left(texts: list[str], numbers: list[str]) -> list[str]:
    """The texts in which a digit of the number was not found."""
    flat = FlatTexts.of(pa.array(texts, pa.large_string()))
    data = bytearray(flat.data.tobytes())
    spans = find(flat)
    for start, end in zip(spans.starts, spans.ends, strict=True):
        data[start:end] = b"#" * (end - start)
    kept = []
    for row, (text, number) in enumerate(zip(texts, numbers, strict=True)):
        masked = data[flat.offsets[row] : flat.offsets[row + 1]].decode()
        begin = text.index(number)
        if any(character.isdigit() for character in masked[begin : begin + len(number)]):
            kept.append(masked)
    return kept


@pytest.mark.parametrize(
    "layout",
    [
        "{phone}", "tel {phone}", "{other} {phone}", "{other}, {phone}", "{other} - {phone}", "{phone} {other}",
        "{phone}, {other}", "{phone}; {other}", "{phone} - {other}", "{phone}/{other}", "tel {phone} {other}",
        "Tel.: {phone}/{other}",
    ],
)  # fmt: skip
def test_phone_numbers_are_found_beside_other_numbers(layout: str) -> None:
    pairs = list(itertools.product(PHONES, OTHERS))
    texts = [f"x {layout.format(phone=phone, other=other)} y" for phone, other in pairs]
    assert left(texts, [phone for phone, _ in pairs]) == []


def test_two_phone_numbers_side_by_side_are_found() -> None:
    pairs = [pair for pair in itertools.product(PHONES, PHONES) if pair[0] != pair[1]]
    texts = [f"x {first} {second} y" for first, second in pairs]
    assert left(texts, [first for first, _ in pairs]) == []


@pytest.mark.parametrize("layout", ["{other} {card}", "{other}/{card}", "{card} {other}", "{card}/{other}"])
def test_cards_are_found_beside_other_numbers(layout: str) -> None:
    pairs = list(itertools.product(CARDS, (*OTHERS, *EXPIRY)))
    texts = [f"x {layout.format(card=card, other=other)} y" for card, other in pairs]
    assert left(texts, [card for card, _ in pairs]) == []


@pytest.mark.parametrize(
    "text",
    [
        "12.03.2024 17 24.12.2024 18",
        "2024-03-12 11:30 2024-03-13 12:00",
        "1961-10-05 3444463631 items",
        "from 01.02.2024 to 2024/02/03 17",
        "rows 120 340 560 780 910",
        "total 20240312 12345 17",
    ],
)
def test_numbers_side_by_side_are_no_phone_numbers(text: str) -> None:
    spans = find(FlatTexts.of(pa.array([text], pa.large_string())))
    assert [PATTERNS[label].name for label in spans.labels] == []


def test_what_is_found_is_the_number_alone() -> None:
    text = "call 0171 1234567 12.03.2024 0049 30 1234567 17:30, card 4111 1111 1111 1111 12/25"
    flat = FlatTexts.of(pa.array([text], pa.large_string()))
    spans = find(flat)
    found = [text[start:end] for start, end in zip(spans.starts, spans.ends, strict=True)]
    assert found == ["0171 1234567", "0049 30 1234567", "4111 1111 1111 1111"]


@settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=1, max_size=6))
def test_what_is_found_hangs_on_no_other_text(texts: list[str]) -> None:
    flat = FlatTexts.of(pa.array(texts, pa.large_string()))
    spans = find(flat)
    assert (spans.starts[1:] >= spans.ends[:-1]).all()
    flat.pieces(spans.starts, spans.ends).validate(full=True)
    for row, text in enumerate(texts):
        first, last = int(flat.offsets[row]), int(flat.offsets[row + 1])
        alone, among = find(FlatTexts.of(pa.array([text], pa.large_string()))), spans.between(first, last)
        assert (alone.starts + first).tolist() == among.starts.tolist()
        assert (alone.ends + first).tolist() == among.ends.tolist()
