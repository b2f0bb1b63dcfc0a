"""What is recognised by its shape in texts and columns, and what is not."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection import contexts
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.patterns import BY_NAME, PATTERNS, find, matches
from dataops_infra.masking.detection.spans import FlatTexts


def found(*texts: str | None) -> list[tuple[str, str]]:
    flat = FlatTexts.of(pa.array(texts, pa.string()))
    spans = find(flat)
    return [
        (PATTERNS[label].name, bytes(flat.data[start:end]).decode())
        for start, end, label in zip(spans.starts, spans.ends, spans.labels, strict=True)
    ]


FOUND = [
    ("Mail john.o'brien@x.co.uk, please.", "email", "john.o'brien@x.co.uk"),
    ("write to <a+tag@sub.domain.org>.", "email", "a+tag@sub.domain.org"),
    ("user=jane_d@firm.de&x=1", "email", "jane_d@firm.de"),
    ("jürgen@müller.de schrieb", "email", "jürgen@müller.de"),
    ("邮箱是wang@example.com谢谢", "email", "wang@example.com"),
    ("用户@例子.广告", "email", "用户@例子.广告"),
    ("почта иван@почта.рф", "email", "иван@почта.рф"),
    ("login john%40firm.com failed", "email", "john%40firm.com"),
    ("**_anna@firm.com_**", "email", "_anna@firm.com"),
    ("anna@firm.com2024", "email", "anna@firm.com"),
    ("mail a@xn--bcher-kva.example", "email", "a@xn--bcher-kva.example"),
    ("see https://x.com/u?e=a@b.de, thanks", "url", "https://x.com/u?e=a@b.de"),
    ("(www.foo.org/x)", "url", "www.foo.org/x"),
    ("postgres://admin:secret@db/prod fails", "url", "postgres://admin:secret@db/prod"),
    ("card 4111 1111 1111 1111!", "payment_card", "4111 1111 1111 1111"),
    ("4111-1111-1111-1111", "payment_card", "4111-1111-1111-1111"),
    ("5500000000000004.", "payment_card", "5500000000000004"),
    ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1, ok", "payment_card", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
    ("amex 3782 822463 10005", "payment_card", "3782 822463 10005"),
    ("IBAN GB82 WEST 1234 5698 7654 32 OK", "iban", "GB82 WEST 1234 5698 7654 32"),
    ("de89370400440532013000 bitte", "iban", "de89370400440532013000"),
    ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "iban", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
    ("order12 DE89 3704 0044 0532 0130 00", "iban", "DE89 3704 0044 0532 0130 00"),
    ("order 5234 4111 1111 1111 1111", "payment_card", "4111 1111 1111 1111"),
    ("ibanDE89370400440532013000", "iban", "DE89370400440532013000"),
    ("(XIBANgb82west12345698765432x)", "iban", "gb82west12345698765432"),
    ("iban_DE89 3704 0044 0532 0130 00_x", "iban", "DE89 3704 0044 0532 0130 00"),
    ("SSN 219-09-9999", "us_ssn", "219-09-9999"),
    ("ssn: 219099999", "us_ssn_bare", "219099999"),
    ("NINO AB 12 34 56 C", "uk_nino", "AB 12 34 56 C"),
    ("DNI 12345678Z", "es_dni", "12345678Z"),
    ("NIE X1234567L", "es_dni", "X1234567L"),
    ("RSSMRA85T10A562S", "it_codice_fiscale", "RSSMRA85T10A562S"),
    ("NIR 2 55 08 14 168 025 38", "fr_nir", "2 55 08 14 168 025 38"),
    ("529.982.247-25", "br_cpf", "529.982.247-25"),
    ("85.07.30-033.28", "be_nrn", "85.07.30-033.28"),
    ("811218-9876", "se_personnummer", "811218-9876"),
    ("19811218-9876", "se_personnummer", "19811218-9876"),
    ("131052-308T", "fi_hetu", "131052-308T"),
    ("SIN 046 454 286", "national_id_after_word", "046 454 286"),
    ("2341 2341 2346", "in_aadhaar", "2341 2341 2346"),
    ("pan ABCPE1234F", "in_pan", "ABCPE1234F"),
    ("身份证号11010519491231002X。", "cn_resident", "11010519491231002X"),
    ("912-70-1234", "us_itin", "912-70-1234"),
    ("my NHS number is 943 476 5919", "national_id_after_word", "943 476 5919"),
    ("PESEL 44051401359", "national_id_after_word", "44051401359"),
    ("BSN: 111222333", "national_id_after_word", "111222333"),
    ("Steuernummer 86095742719", "national_id_after_word", "86095742719"),
    ("10.0.0.1:80", "ipv4", "10.0.0.1"),
    ("host 10.0.0.1 is down", "ipv4", "10.0.0.1"),
    ("dns 8.8.4.4", "ipv4", "8.8.4.4"),
    ("from 2001:db8::ff00:42:8329 on", "ipv6", "2001:db8::ff00:42:8329"),
    ("host ::1", "ipv6", "::1"),
    ("mac 00:1a:2b:3c:4d:5e", "mac_address", "00:1a:2b:3c:4d:5e"),
    ("+49 (0)171 1234567", "phone_international", "+49 (0)171 1234567"),
    ("0033 6 12 34 56 78", "phone_international", "0033 6 12 34 56 78"),
    ("+৮৮০ ১৮০৩ ৩২৭৭৩৯", "phone_international", "+৮৮০ ১৮০৩ ৩২৭৭৩৯"),
    ("0 532 642 34 48", "phone_national", "0 532 642 34 48"),
    ("or 0 346 642 348.", "phone_national", "0 346 642 348"),
    ("(555) 212-3456 x12", "phone_national", "(555) 212-3456 x12"),
    ("at 020 7946 0958 today", "phone_national", "020 7946 0958"),
    ("0171/1234567", "phone_national", "0171/1234567"),
    ("phone: 5551234567", "phone_after_word", "5551234567"),
    ("5551234567 (mobile), 20 pieces", "phone_after_word", "5551234567"),
    ("llámame al 612345678", "phone_after_word", "612345678"),
    ("手机 138-1234-5678", "phone_after_word", "138-1234-5678"),
    ("телефон 8 (912) 345-67-89", "phone_after_word", "8 (912) 345-67-89"),
    ("هاتف ٠٥٠١٢٣٤٥٦٧", "phone_after_word", "٠٥٠١٢٣٤٥٦٧"),
    ("फोन ९८७६५४३२१०", "phone_after_word", "९८७६५४३२१०"),
]

CLEAN = [
    "order 2125551234 was shipped",
    "invoice 4111111111111112 is paid",
    "on 01.02.2024 10:22 and 2024-05-01 14:33:10",
    "01.02.2024",
    "at 10:20:30 the ratio was 1:2:3",
    "version 1.2.3 costs 1,234.56 or 1 000 000",
    "abc219-09-9999",
    "000-12-3456 and 666-12-3456 and 900-12-3456",
    "999.1.1.1",
    "GB82 WEST 1234 5698 7654 33",
    "uuid 550e8400-e29b-41d4-a716-446655440000",
    "meet @ 5, a@b, @home, x@y.z",
    "12345678A",
    "529.982.247-26",
    "",
    "phone call at noon",
    "we phoned about order 2125551234",
    "Telefon, Rechnung Nr. 2125551234",
    "08/30/2005 (08/30/2005) 2005/08/30",
    "call at 12:30:45, 29.07.1999 04:54:35",
    "0.4111111111111111x",
    "version 2.4.1.0, firmware: 10.15.7.12, v. 10.15.7.12",
    "1DE89370400440532013000",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 and 1 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "a1DE89370400440532013000 DE89370400440532013000a1",
    "xDE8937040044053201300 xDE89370400440532013001",
]


@pytest.mark.parametrize(("text", "name", "value"), FOUND, ids=[value for _, _, value in FOUND])
def test_find_names_the_value_and_nothing_beside_it(text: str, name: str, value: str) -> None:
    assert found(text) == [(name, value)]


@pytest.mark.parametrize("text", CLEAN)
def test_find_leaves_what_only_looks_alike(text: str) -> None:
    assert found(text) == []


def test_find_keeps_the_rows_apart() -> None:
    texts = ["SSN", "219099999", None, "call", "5551234567", "4111 1111", "1111 1111", "", "a@b.de"]
    assert found(*texts) == [("email", "a@b.de")]


def test_find_takes_several_values_of_one_text_in_order() -> None:
    text = "a@b.de, 4111 1111 1111 1111 and (555) 212-3456; a@b.de"
    assert [name for name, _ in found(text)] == ["email", "payment_card", "phone_national", "email"]


@pytest.mark.parametrize("between", range(45))
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_international", "+49 171 728-41-42"),
        ("payment_card", "4111 1111 1111 1111"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("us_ssn", "219-09-9999"),
    ],
)
def test_find_sees_all_of_a_number_at_any_distance_behind_digits_with_letters(
    name: str, value: str, between: int
) -> None:
    assert (name, value) in found(f"at 123456a{'-' * between} is {value} now")


def test_find_works_on_texts_that_hold_every_mark() -> None:
    marks = "".join(map(chr, [*range(32), *range(0xFDD0, 0xFDF0)]))
    assert found(f"{marks} a@b.de {marks} 219-09-9999", "\x00\x00 c@d.de\x00") == [
        ("email", "a@b.de"),
        ("us_ssn", "219-09-9999"),
        ("email", "c@d.de"),
    ]


def test_find_reads_a_text_of_megabytes() -> None:
    text = "word " * 300_000 + "a@b.de " * 2_000 + "x" * 1_000_000 + " 219-09-9999"
    names = [name for name, _ in found(text)]
    assert (names.count("email"), names.count("us_ssn"), len(names)) == (2_000, 1, 2_001)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_find_reads_every_kind_of_text_array(kind: pa.DataType) -> None:
    values = pa.array(["x", "skip a@b.de", "mail c@d.de", None], pa.string()).cast(kind).slice(2)
    flat = FlatTexts.of(values)
    spans = find(flat)
    assert flat.pieces(spans.starts, spans.ends).to_pylist() == ["c@d.de"]


def test_find_of_no_texts_is_nothing() -> None:
    assert found() == []
    assert found(None, None) == []


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=40), max_size=6), st.integers(0, 3))
def test_find_returns_spans_in_order_within_their_rows(texts: list[str], planted: int) -> None:
    whole = [f"{text} a@b.de {text}" if planted == place else text for place, text in enumerate(texts)]
    flat = FlatTexts.of(pa.array(whole, pa.string()))
    spans = find(flat)
    assert (np.diff(spans.starts) > 0).all()
    assert (spans.starts[1:] >= spans.ends[:-1]).all()
    assert (flat.rows(spans.starts) == flat.rows(spans.ends - 1)).all()
    assert all(bytes(flat.data[start:end]).decode() for start, end in zip(spans.starts, spans.ends, strict=True))


COLUMNS = {
    "email": (["a@b.de", " a@b.de ", "x a@b.de", "a@b", None, ""], [True, True, False, False, False, False]),
    "payment_card": (["4111111111111111", "4111-1111-1111-1111", "4111111111111112"], [True, True, False]),
    "iban": (["GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432", "GB82 WEST"], [True, True, False]),
    "us_ssn": (["219-09-9999", "666-09-9999", "219-09.9999"], [True, False, False]),
    "phone_after_word": (["5551234567", "+1 555 123 4567", "12345"], [True, True, False]),
    "national_id_after_word": (["44051401359", "44051401358"], [True, False]),
    "ipv4": (["10.0.0.1", "10.0.0.256"], [True, False]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_matches_tells_whole_values(name: str) -> None:
    values, expected = COLUMNS[name]
    assert matches(pa.array(values, pa.string()), BY_NAME[name]).tolist() == expected
    chunked = pa.chunked_array([pa.array(values[:1], pa.string()), pa.array(values[1:], pa.string())])
    assert matches(chunked, BY_NAME[name]).tolist() == expected


def test_matches_of_no_values_is_empty() -> None:
    assert matches(pa.array([], pa.string()), BY_NAME["email"]).tolist() == []
    assert matches(pa.nulls(2, pa.string()), BY_NAME["email"]).tolist() == [False, False]


def test_every_pattern_has_a_kind_and_a_name_of_its_own() -> None:
    assert {pattern.kind for pattern in PATTERNS} <= set(KINDS)
    assert len(BY_NAME) == len(PATTERNS)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("my phone: ", True),
        ("phone" + "-" * 33, True),
        ("phone" + "-" * 34, False),
        ("phone 2: ", False),
        ("phone\n", True),
        ("phone:\n", False),
        ("xphone: ", False),
        ("order of today", False),
    ],
)
def test_word_before_a_number_stands_close_and_without_another_number_between(before: str, told: bool) -> None:
    assert contexts.announces(contexts.PHONE, pl.Series([before, "phone "])).tolist() == [told, True]
