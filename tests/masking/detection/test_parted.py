"""Words that were written together, parted; and identifiers that letters touch."""

import random
from base64 import b64encode
from string import ascii_uppercase, digits
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection.glued import find_glued
from dataops_infra.masking.detection.parted import PartedTexts
from dataops_infra.masking.detection.patterns import PATTERNS, find
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Spans

PARTED = [
    ("card4111111111111111", "card 4111111111111111"),
    ("ref4111111111111111x", "ref 4111111111111111 x"),
    ("#AnnaBerg2024!", "#Anna Berg 2024!"),
    ("ÄnneÖzil, МаринаИванова", "Änne Özil, Марина Иванова"),
    ("тел89161234567", "тел 89161234567"),
    ("“AnnaBerg”", "“Anna Berg”"),
    ("王AnnaBerg小明", "王Anna Berg小明"),
    ("ssn_219-09-9999_x", "ssn 219-09-9999 x"),
    ("АННАБерг ΑΝΝΑμπ5", "АННАБерг ΑΝΝΑμπ 5"),
]
LEFT = [
    "",
    "Anna Berg called at 10:30",
    "550e8400-e29b-41d4-a716-446655440000 a446655440000",
    "hash e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "abc123456 123456def",
    "1Z12345E0291980793 a1b2",
    "anna.berg85@firm.de",
    "annaBerg@firm.de",
    "x" * 65 + "1",
    "snake_case_words",
]


@pytest.mark.parametrize(("text", "parted"), PARTED, ids=[text for text, _ in PARTED])
def test_words_fall_apart_where_letters_meet_digits_and_capitals_small_letters(text: str, parted: str) -> None:
    found = PartedTexts.of(FlatTexts.of(pa.array(["x", text, "1x"])))
    assert found is not None
    assert found.texts.values.to_pylist() == [parted, "1 x"]


@pytest.mark.parametrize("text", LEFT)
def test_codes_addresses_and_words_without_seams_are_left(text: str) -> None:
    assert PartedTexts.of(FlatTexts.of(pa.array(["1", text, "x"]))) is None


def test_what_is_taken_is_left() -> None:
    texts = FlatTexts.of(pa.array(["x1 y2", "z3"]))

    def taken(start: int, end: int) -> Spans:
        return Spans(np.array([start]), np.array([end]), np.array([0]))

    found = [PartedTexts.of(texts, each) for each in (taken(0, 5), taken(4, 5), NO_SPANS)]
    assert [each.texts.values.to_pylist() for each in found if each is not None] == [
        ["z 3"],
        ["x 1 y2", "z 3"],
        ["x 1 y 2", "z 3"],
    ]


def test_what_stands_far_from_a_parted_word_is_left_out_and_cut_off_pieces_count_for_nothing() -> None:
    texts = FlatTexts.of(pa.array(["a" * 100 + " x1 " + "é" * 30 + "b" * 30]))
    parted = PartedTexts.of(texts)
    assert parted is not None
    (excerpt,) = parted.texts.values.to_pylist()
    assert excerpt == "a" * 63 + " x 1 " + "é" * 20
    ends = len(excerpt.encode())
    pieces = Spans(np.array([0, 64, 66, 68]), np.array([65, 65, 67, ends]), np.zeros(4, np.int64))
    assert parted.touching(pieces).tolist() == [False, True, True, False]
    assert parted.letters_of_words().tolist() == [1]


_WORD = st.text(alphabet="abXY019_ @é王Ж-", max_size=14)


@given(st.lists(st.lists(_WORD, max_size=12).map(" ".join), max_size=5))
def test_every_letter_and_digit_of_an_excerpt_stands_in_the_original_where_it_is_said(rows: list[str]) -> None:
    texts = FlatTexts.of(pa.array(rows, pa.string()))
    parted = PartedTexts.of(texts)
    if parted is None:
        return
    data = parted.texts.data
    starts = np.flatnonzero((data != 0x20) & ((data & 0xC0) != 0x80))
    ends = starts + np.select([data[starts] < 0x80, data[starts] < 0xE0], [1, 2], 3)
    spans = Spans(starts, ends, np.zeros_like(starts))
    original = parted.in_original(spans)
    assert texts.pieces(original.starts, original.ends).equals(parted.texts.pieces(starts, ends))
    words = parted.in_original(parted.words)
    plain = [
        piece.replace(" ", "") for piece in parted.texts.pieces(parted.words.starts, parted.words.ends).to_pylist()
    ]
    assert texts.pieces(words.starts, words.ends).to_pylist() == plain


GLUED = [
    ("card4111111111111111", "payment_card", "4111111111111111"),
    ("ref4111111111111111x", "payment_card", "4111111111111111"),
    ("visa4111 1111 1111 1111.", "payment_card", "4111 1111 1111 1111"),
    ("scan_4111111111111111_front.png", "payment_card", "4111111111111111"),
    ("no_4111_1111_1111_1111", "payment_card", "4111_1111_1111_1111"),
    ("SSN219-09-9999", "us_ssn", "219-09-9999"),
    ("ssn_219-09-9999", "us_ssn", "219-09-9999"),
    ("SSN219099999", "us_ssn_bare", "219099999"),
    ("tel01711234567", "phone_after_word", "01711234567"),
    ("Phone5551234567", "phone_after_word", "5551234567"),
    ("PESEL44051401359", "national_id_after_word", "44051401359"),
    ("DNI12345678Z", "es_dni", "12345678Z"),
    ("cpf529.982.247-25", "br_cpf", "529.982.247-25"),
    ("x529.982.247-25", "br_cpf", "529.982.247-25"),
    ("ip192.168.10.21", "ipv4", "192.168.10.21"),
    ("src_10.0.0.1", "ipv4", "10.0.0.1"),
]
CLEAN = [
    "order4111111111111112",
    "ean4006381333931",
    "x219-09-9999 and abc219-09-9999",
    "call me about order INV5551234567 or NR01711234567",
    "phone case SKU5551234567",
    "id111222333 ref111222333",
    "v192.168.10.21",
    "a4111111111111111b4",
    "u12345678Z",
    "msg4111111111111111110",
    "order_677302702931_62",
]


def test_random_codes_keys_and_hashes_hold_nothing() -> None:
    rng, letters = random.Random(5), ascii_uppercase + digits
    texts = []
    for _ in range(500):
        number, bits = str(rng.randint(10**5, 10**12)), rng.getrandbits(256)
        head = rng.choice(letters)
        texts += [
            str(UUID(int=bits >> 128)),
            f"{bits:064x}",
            b64encode(rng.randbytes(24)).decode(),
            "".join(rng.choices(letters, k=17)),
            *(f"ORD{number}", f"order_{number}_7", f"id{number}", f"EAN{number:0>13}", f"1Z{number}X"),
            f"v{bits % 20}.{bits % 23}.{bits % 99}.{bits % 97}",
            f"{head}{number[:3]}-{number[3:5]}-{number}",
        ]
    assert glued(*(f"see {each} today" for each in texts)) == []


def glued(*rows: str) -> list[tuple[str, str]]:
    texts = FlatTexts.of(pa.array(rows))
    parted = PartedTexts.of(texts, find(texts))
    if parted is None:
        return []
    found = find_glued(parted.texts)
    places = parted.in_original(found.where(parted.touching(found)))
    pieces = texts.pieces(places.starts, places.ends).to_pylist()
    return [(PATTERNS[label].name, piece) for label, piece in zip(places.labels, pieces, strict=True)]


@pytest.mark.parametrize(("text", "name", "value"), GLUED, ids=[text for text, _, _ in GLUED])
def test_identifiers_that_letters_touch_are_found(text: str, name: str, value: str) -> None:
    assert glued(text) == [(name, value)]


@pytest.mark.parametrize("text", CLEAN)
def test_numbers_that_nothing_tells_to_be_identifiers_stay(text: str) -> None:
    assert glued(text) == []
