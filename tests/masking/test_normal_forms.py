"""Names and addresses are found in every normal form of Unicode, whichever of them the tables have."""

import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts, Spans
from tests.masking.test_known import masked

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
NAMES = ["Lefèbvre", "Dvořáček", "Скоропадський", "Παπαδόπουλος", "김철수", "ガンダム", "Nguyễn", "أحمد"]


@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_no_normal_form_hides_a_name(tmp_path: Path, name: str, stored: str) -> None:
    texts: list[str | None] = [f"by {unicodedata.normalize(form, name)} today" for form in FORMS]
    people = pa.table({"name": [unicodedata.normalize(stored, name)]})
    result = masked(tmp_path, {"name": "last_name"}, people, texts)
    assert len(set(result)) == 1
    assert unicodedata.normalize("NFKC", name) not in unicodedata.normalize("NFKC", str(result[0]))


@pytest.mark.parametrize(("name", "typed"), [("Скоропадський", "Скоропадськии"), ("Łukasik", "Lukasik")])
def test_names_are_found_without_their_accents(tmp_path: Path, name: str, typed: str) -> None:
    found = masked(tmp_path, {"name": "last_name"}, pa.table({"name": [name]}), [f"by {typed} today"])
    assert typed not in str(found[0])


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Zoraphe", "Z\u043er\u0430phe"),
        ("Zoraphe", "\u0396orap\u04bbe"),
        ("José", "J\u043esé"),
        ("José", "J\u043ese\u0301"),
        ("Скоропа", "C\u043aopo\u043fa"),
    ],
)
def test_letters_of_another_script_that_look_alike_hide_no_name(tmp_path: Path, name: str, typed: str) -> None:
    (found,) = masked(tmp_path, {"name": "last_name"}, pa.table({"name": [name]}), [f"by {typed}, 5 kΩ, Аudi"])
    plain = masked(tmp_path, {"name": "last_name"}, pa.table({"name": [name]}), [f"by {name}, 5 kΩ, Аudi"])
    assert [found] == plain
    assert typed not in str(found)


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("\u0410nna", "Anna"),
        ("Ann\u03bf", "Anno"),
        ("A\u043d\u043d\u0430", "\u0410\u043d\u043d\u0430"),
        ("k\u03a9", "k\u03a9"),
        ("x\u0436z", "x\u0436z"),
        ("\u0430\u03bf", "\u0430\u03bf"),
        ("\u0410\u043d\u043d\u0430 \u0395\u03bd\u03b1 Anna", "\u0410\u043d\u043d\u0430 \u0395\u03bd\u03b1 Anna"),
    ],
)
def test_only_words_of_two_scripts_are_read_in_one(word: str, read: str) -> None:
    assert NormalTexts.of(FlatTexts.of(pa.array([word]))).texts.values.to_pylist() == [read]


def test_what_is_not_replaced_stays_as_it_was(tmp_path: Path) -> None:
    text = "ｅ： ｔａｄｅｋ＠ｏ２．ｐｌ, e\u0301 +49\u2011170\u20115551234"
    (found,) = masked(tmp_path, {"name": "last_name"}, pa.table({"name": ["Zzyzx"]}), [text])
    assert found is not None
    assert found.startswith("ｅ： ")
    assert ", e\u0301 +49-" in found
    assert "@example.com" in found
    assert not any(part in found for part in ("ｔ", "5551234"))


def test_places_lead_back_to_the_original() -> None:
    texts = FlatTexts.of(pa.array(["", "a\u00ade\u0301ﬁ1–2", "plain"]))
    normal = NormalTexts.of(texts)
    assert normal.texts.values.to_pylist() == ["", "aéfi1-2", "plain"]
    back = normal.in_original(Spans(normal.texts.offsets[:-1], normal.texts.offsets[1:], normal.texts.offsets[1:]))
    assert back.ends[1] == texts.offsets[2]
    assert back.starts[2] == texts.offsets[2]


UNSEEN = ["\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202c", "\u2066", "\u2069", "\u061c", "\u00ad"]


@pytest.mark.parametrize("sign", UNSEEN, ids=lambda sign: f"{ord(sign):04x}")
def test_signs_that_nobody_sees_hide_nothing(tmp_path: Path, sign: str) -> None:
    people = pa.table({"name": ["Zzyzxová"], "card": ["4929 1234 5678 9011"], "no": ["KD-778301"]})
    written = [f"by {sign}Zz{sign}yzxová{sign},", f"an.na{sign}@{sign}firma.de", f"4929{sign}123456{sign}789011"]
    written += [f"re KD-77{sign}8301", f"call +49{sign}1511{sign}2345678"]
    texts: list[str | None] = list(written)
    result = masked(tmp_path, {"name": "last_name", "card": "payment_card", "no": "identifier"}, people, texts)
    for found, part in zip(result, ("yzxov", "firma", "789011", "8301", "2345678"), strict=True):
        assert part not in str(found)


ESCAPED = {
    '{"by": "Zzyzxov\\u00e1"}': '{"by": "%s"}',
    "<p>Zzyzxov&aacute;</p>": "<p>%s</p>",
    "Zzyzxov&#225; &amp; Zzyzxov&#xE1;": "%s &amp; %s",
    '"Hello,\\nZzyzxová\\n\\u2014 bye"': '"Hello,\\n%s\\n\\u2014 bye"',
    "\\u005azyzxov\\u00E1": "%s",
    "😀 \\ud83d\\ude00Zzyzxová\\ud83d": "😀 \\ud83d\\ude00%s\\ud83d",
    "\x1b[1;31mZzyzxová\x1b[0m \x1b[mZzyzxová": "\x1b[1;31m%s\x1b[0m \x1b[m%s",
    "\\u001b[31mZzyzxová\\u001B[0m": "\\u001b[31m%s\\u001B[0m",
}


@pytest.mark.parametrize(("text", "expected"), ESCAPED.items())
def test_escapes_of_json_html_and_terminals_hide_no_name(tmp_path: Path, text: str, expected: str) -> None:
    written: list[str | None] = ["Zzyzxová", text]
    plain, found = masked(tmp_path, {"name": "last_name"}, pa.table({"name": ["Zzyzxová"]}), written)
    assert found == expected.replace("%s", str(plain))


def test_marks_behind_signs_of_escapes_are_whole_characters() -> None:
    texts = ["\\\u0301\u0345", "&\uff9e", "\\n\u0301A", "\\\u0301n", "\\"]
    normal = NormalTexts.of(FlatTexts.of(pa.array(texts))).texts.values
    normal.validate(full=True)
    assert normal.to_pylist() == ["\\\u0301\u0345", "&\u3099", "\\\u0144A", "\\\u0301n", "\\"]


def test_escaped_line_break_hides_no_name_in_a_script_without_capitals(tmp_path: Path) -> None:
    texts: list[str | None] = ["ბახტაძე", "ელენე\\nბახტაძე"]
    plain, found = masked(tmp_path, {"name": "last_name"}, pa.table({"name": ["ბახტაძე"]}), texts)
    assert found == f"ელენე\\n{plain}"


@pytest.mark.parametrize("text", [r"C:\temp\nina\report", r"C:\users\rita", "a&b; &nosuch; AT&T", "\\", "&", "\\u12"])
def test_what_only_looks_like_an_escape_stays(tmp_path: Path, text: str) -> None:
    found = masked(tmp_path, {"name": "first_name"}, pa.table({"name": ["Emp", "Ina", "Ita", "Ser"]}), [text])
    assert found == [text]
