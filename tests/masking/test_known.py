"""Values of the data's own people in texts: what is collected from tables, and what of it is found again."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking import known_collecting as known_module
from dataops_infra.masking.binding import make_operator
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import chunks, words_of
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known import KnownValues
from dataops_infra.masking.known_collecting import HIDDEN_DATE, collect_known
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.sources import open_source
from tests.support.people import LOCALES, people

KEY = MasterKey(bytes(range(32)))
TEXT = {"tickets": TablePlan(columns={"body": ColumnPlan(operator="text")})}


def planned(kind: str) -> ColumnPlan:
    found = KINDS[kind]
    return ColumnPlan(operator=found.operator, domain=kind, options=dict(found.options), classification=kind)


def plan_of(columns: Mapping[str, str]) -> Plan:
    """Customers whose columns have these kinds, and tickets with texts."""
    customers = TablePlan(columns={name: planned(kind) for name, kind in columns.items()})
    return Plan(tables={"customers": customers, **TEXT})


def collected(folder: Path, plan: Plan, customers: pa.Table, texts: list[str | None]) -> KnownValues | None:
    pq.write_table(customers, folder / "customers.parquet")
    pq.write_table(pa.table({"body": pa.array(texts, pa.string())}), folder / "tickets.parquet")
    return collect_known(plan, open_source(folder), KEY)


def masked(folder: Path, columns: Mapping[str, str], customers: pa.Table, texts: list[str | None]) -> list[str | None]:
    plan = plan_of(columns)
    learned = Learned(known=collected(folder, plan, customers, texts))
    operator = make_operator(plan, "tickets", "body", pa.string(), KEY, learned)
    return operator.apply(pa.array(texts, pa.string()), None).to_pylist()  # type: ignore[arg-type]


def replacement(kind: str, value: str) -> str:
    plan = plan_of({"c": kind})
    operator = make_operator(plan, "customers", "c", pa.string(), KEY, Learned())
    return str(operator.apply(pa.array([value], pa.string()), None)[0])  # type: ignore[arg-type]


NAMES = [
    "Johannes Brandt",
    "Will Rose",
    "王小明",
    "Ana María de la Cruz",
    "Sean O'Brien",
    "Иван Петров",
    "สมชาย ใจดี",
    "An Le",
]
FIRST, LAST = "first_name", "last_name"
FULL = {name: replacement("full_name", name) for name in NAMES}

FOUND = [
    ("Hello Johannes Brandt!", f"Hello {FULL['Johannes Brandt']}!"),
    ("JOHANNES BRANDT, johannes  brandt", f"{FULL['Johannes Brandt']}, {FULL['Johannes Brandt']}"),
    ("Johannes\nBrandt", FULL["Johannes Brandt"]),
    ("Dear johannes,", f"Dear {replacement(FIRST, 'Johannes')},"),
    ("Mr Brandt's car", f"Mr {replacement(LAST, 'Brandt')}'s car"),
    ("sean o’brien rang", f"{FULL[NAMES[4]]} rang"),
    ("王小明先生您好", f"{FULL['王小明']}先生您好"),
    ("ana maria de la cruz", FULL[NAMES[3]]),
    ("maria rang, MARÍA too", "{} rang, {} too".format(replacement(FIRST, "Maria"), replacement(FIRST, "María"))),
    ("иван петров и ПЕТРОВ", f"{FULL['Иван Петров']} и {replacement(LAST, 'Петров')}"),
    ("คุณสมชายใจดี", f"คุณ{FULL['สมชาย ใจดี']}"),
    ("is Will Rose in?", f"is {FULL['Will Rose']} in?"),
    ("I met Will there", f"I met {replacement(FIRST, 'Will')} there"),
]
LEFT = [
    "Will you come? The rose will do.",
    "Rose is red. Will it rain?",
    "WILL YOU COME",
    "Brandtstrasse, Johannesburg",
    "an le de la",
    "王先生 小明",
    "Cruzeiro and Mariana",
    "",
]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    texts: list[str | None] = [*(text for text, _ in FOUND), *LEFT]
    table = pa.table({"name": pa.array([*NAMES, None, ""], pa.string()).dictionary_encode()})
    result = masked(tmp_path_factory.mktemp("names"), {"name": "full_name"}, table, texts)
    return dict(zip(map(str, texts), result, strict=True))


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_name_becomes_what_its_column_holds(names: dict[str, str | None], text: str, expected: str) -> None:
    assert names[text] == expected


@pytest.mark.parametrize("text", LEFT)
def test_words_that_only_look_like_names_stay(names: dict[str, str | None], text: str) -> None:
    assert names[text] == text


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("สมชาย ใจดี", "ลูกค้า สมชาย โทรมา", "สมชาย"),
        ("สมชาย ใจดี", "คุณ ใจดี ครับ", "ใจดี"),
        ("山田 太郎", "山田様より", "山田"),
        ("김 철수", "철수씨", "철수"),
        ("အောင် ဆန်း", "ကို အောင် လာ", "အောင်"),
    ],
)
def test_one_part_of_a_name_is_found_in_scripts_without_spaces(tmp_path: Path, name: str, text: str, left: str) -> None:
    (found,) = masked(tmp_path, {"name": "full_name"}, pa.table({"name": [name, "Ann 李", "", None]}), [text])
    assert left not in str(found)
    assert masked(tmp_path, {"name": "full_name"}, pa.table({"name": ["Ann 李 王"]}), ["李 王"]) == ["李 王"]


def test_names_in_two_columns_are_found_word_by_word(tmp_path: Path) -> None:
    table = pa.table({"first": ["Johannes", "X"], "last": ["Brandt", "王"]})
    result = masked(tmp_path, {"first": FIRST, "last": LAST}, table, ["Johannes Brandt, X 王"])
    assert result == ["{} {}, X 王".format(replacement(FIRST, "Johannes"), replacement(LAST, "Brandt"))]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("full_name", "Johannes Brandt", "q=Johannes%20Brandt&z=1"),
        ("full_name", "Иван Петров", "q=%D0%98%D0%B2%D0%B0%D0%BD%20%D0%9F%D0%B5%D1%82%D1%80%D0%BE%D0%B2;"),
        ("last_name", "Müller", "by=M%C3%BCller"),
        ("last_name", "Müller", "by=M%FCller"),
        ("street", "12 Long Acre", "to=12%20Long%20Acre, ok"),
        ("phone", "+44 20 7946 0018", "tel=%2B44%2020%207946%200018"),
        ("payment_card", "4111 1111 1111 1111", "card=4111%201111%201111%201111"),
        ("email", "an.na@firm.com", "?%61n.na%40firm.com"),
    ],
)
def test_what_stands_in_percent_codes_becomes_what_its_column_holds(
    tmp_path: Path, kind: str, value: str, text: str
) -> None:
    (found,) = masked(tmp_path, {"c": kind}, pa.table({"c": [value]}), [text])
    assert unquote(str(found)) == unquote(text, "latin-1" if "%FC" in text else "utf-8").replace(
        value, replacement(kind, value)
    )
    assert " " not in str(found).replace(", ok", "")


def test_value_with_an_address_in_it_hides_no_name_beside_the_address(tmp_path: Path) -> None:
    people = pa.table({"by": ["Johannes Brandt <jo17@firm.com>"], "name": ["Johannes Brandt"]})
    (found,) = masked(tmp_path, {"by": "identifier", "name": "full_name"}, people, ["Johannes Brandt <jo17@firm.com>"])
    name, address = replacement("full_name", "Johannes Brandt"), replacement("email", "jo17@firm.com")
    assert found == f"{name} <{address}>"


@pytest.mark.parametrize("text", ["Johannes brandt@firm.com", "q=Johannes%20Brandt.private@firm.com"])
def test_name_that_overlaps_an_address_hides_no_name_beside_it(tmp_path: Path, text: str) -> None:
    people = pa.table({"name": ["Johannes Brandt"]})
    (found,) = masked(tmp_path, {"name": "full_name"}, people, [text])
    assert found is not None
    assert not {"johannes", "brandt"} & {*re.findall("[a-z]+", found.lower())}


WHOLES = [
    ("national_id", "AB-123-456", "id AB-123-456.", "id {}.", "AB-123-456"),
    ("national_id", "AB-123-456", "id ab123456.", "id {}.", "ab123456"),
    ("phone", "5551234567", "ref 5551234567", "ref {}", "5551234567"),
    ("street", "12 Long Acre", "lives at 12 Long Acre, ok", "lives at {}, ok", "12 Long Acre"),
    ("company", "Quux Holding", "from QUUX holding", "from {}", "QUUX holding"),
    ("address", "Haus Abendrot, Am Wald", "an Haus Abendrot, Am Wald", "an {}", "Haus Abendrot, Am Wald"),
    ("bank_account", "1234567890123456", "acc 1234 5678 9012 3456", "acc {}", "1234 5678 9012 3456"),
    ("bank_account", "1234567890123456", "acc 123456 7890123456.", "acc {}.", "123456 7890123456"),
    ("bank_account", "1234567890123456", "7 12 34 56 78 90 12 34 56", "7 {}", "12 34 56 78 90 12 34 56"),
    ("bank_account", "123456789012", "1 2 3 4 5 6 7 8 9 0 1 2 3", "{} 3", "1 2 3 4 5 6 7 8 9 0 1 2"),
    ("bank_account", "299391466", "acc 299,391,466", "acc {}", "299,391,466"),
]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Müller Straßenbau", "by Mueller Strassenbau"),
        ("Müller Straßenbau", "by MULLER STRASSENBAU"),
        ("Tekfen İnşaat", "by tekfen inşaat"),
        ("Tekfen İnşaat", "by tekfen i\u0307nşaat"),
        ("Işık Sanayi", "by ışık sanayi"),
        ("Işık Sanayi", "by işık sanayi"),
        ("Işık Sanayi", "by IŞIK SANAYİ"),
        ("Аэрофлот — Авиалинии", "от Аэрофлот — Авиалинии"),
    ],
)
def test_whole_value_is_found_in_other_letters(tmp_path: Path, value: str, text: str) -> None:
    (found,) = masked(tmp_path, {"c": "company"}, pa.table({"c": [value]}), [text])
    word = text.split()[0]
    assert found is not None
    assert found.startswith(f"{word} ")
    assert not {*found.lower().split()[1:]} & {*text.lower().split()[1:]}


@pytest.mark.parametrize(("kind", "value", "text", "expected", "found"), WHOLES)
def test_whole_value_is_replaced_as_its_column_would(
    tmp_path: Path, kind: str, value: str, text: str, expected: str, found: str
) -> None:
    result = masked(tmp_path, {"c": kind}, pa.table({"c": [value, None]}), [text])
    assert result == [expected.format(replacement(kind, found))]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("identifier", "1234", "room 1234"),
        ("identifier", "shipped", "it was shipped"),
        ("company", "Apple", "an Apple a day"),
        ("city", "Reading", "I was in Reading"),
        ("email", "a@b.de", "no address"),
    ],
)
def test_values_that_say_too_little_are_not_looked_for(tmp_path: Path, kind: str, value: str, text: str) -> None:
    assert masked(tmp_path, {"c": kind}, pa.table({"c": [value]}), [text]) == [text]


DAYS = ["1985-03-07", "07.03.1985", "3/7/1985", "7 March 1985", "March 7, 1985", "1985年3月7日", "07/03/1985"]
DAYS += ["7th March 1985", "March 7th, 1985", "7th of March 1985", "7. März 1985", "7 de marzo de 1985", "7 MARS 1985"]
DAYS += ["7 марта 1985", "7. března 1985", "07-MAR-1985", "07 Mar 1985", "March 07, 1985", "07. März 1985"]


@pytest.mark.parametrize("written", DAYS)
def test_date_of_birth_is_hidden_however_it_is_written(tmp_path: Path, written: str) -> None:
    table = pa.table({"born": pa.array([date(1985, 3, 7), None], pa.date32())})
    assert masked(tmp_path, {"born": "birth_date"}, table, [f"born {written}, 2020-03-07"]) == [
        f"born {HIDDEN_DATE}, 2020-03-07"
    ]


def test_moment_of_birth_is_hidden_by_its_day(tmp_path: Path) -> None:
    table = pa.table({"born": pa.array([date(1985, 3, 7), date(2001, 1, 22)], pa.date32())})
    texts: list[str | None] = ['{"born": "1985-03-07T00:00:00Z"}', "1985-03-07T12:30, 22nd january 2001, 21st May 1990"]
    assert masked(tmp_path, {"born": "birth_date"}, table, texts) == [
        f'{{"born": "{HIDDEN_DATE}:00:00Z"}}',
        f"1985-03-07T12:30, {HIDDEN_DATE}, 21st May 1990",
    ]


@pytest.mark.parametrize("column", ["07.03.1985", "1985-03-07", "07/03/1985"])
def test_date_of_birth_is_hidden_where_its_column_is_text_too(tmp_path: Path, column: str) -> None:
    table = pa.table({"born": [column, "unknown", None]})
    assert masked(tmp_path, {"born": "birth_date"}, table, ["born 7.3.1985, 2020-03-07"]) == [
        f"born {HIDDEN_DATE}, 2020-03-07"
    ]


def test_nested_columns_are_collected_too(tmp_path: Path) -> None:
    person = pa.StructArray.from_arrays([pa.array(["Johannes Brandt"])], ["name"])
    table = pa.table({"person": person, "aliases": [["Zyta Quuxowa"]]})
    columns = {"person.name": "full_name", "aliases[]": "full_name"}
    result = masked(tmp_path, columns, table, ["Johannes Brandt, Zyta Quuxowa"])
    assert result == [f"{FULL['Johannes Brandt']}, {replacement('full_name', 'Zyta Quuxowa')}"]


def test_without_texts_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(tables={"customers": plan_of({"name": "full_name"}).tables["customers"]})
    pq.write_table(pa.table({"name": ["Johannes Brandt"]}), tmp_path / "customers.parquet")
    monkeypatch.setattr(known_module, "_owners", None)
    assert collect_known(plan, open_source(tmp_path), KEY) is None


def test_without_values_there_is_nothing_to_find(tmp_path: Path) -> None:
    table = pa.table({"name": pa.array([None, ""], pa.string()), "number": pa.array([1, 2])})
    assert collected(tmp_path, plan_of({"name": "full_name", "number": "identifier"}), table, ["x"]) is None


def test_shown_without_any_value(tmp_path: Path) -> None:
    plan = plan_of({"name": "full_name", "id": "national_id"})
    customers = pa.table({"name": ["Johannes Brandt"], "id": ["AB-123-456"]})
    found = collected(tmp_path, plan, customers, ["Johannes Brandt, AB-123-456"])
    assert repr(found) == "KnownValues(names=KnownNames(3 values), wholes=KnownWholes(1 values))"
    assert found is not None
    assert len(found) == 4


def test_order_of_rows_and_batches_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops_infra.masking.ranked_hashes._MERGED_FROM", 10)
    numbers = np.random.default_rng(3).permutation(300)
    table = pa.table({"name": [f"Name{n} Family{n}" for n in numbers], "id": [f"ID-{n:06}" for n in numbers]})
    texts: list[str | None] = [f"{table['name'][row]} has {table['id'][row]}" for row in range(0, 300, 7)]
    columns = {"name": "full_name", "id": "national_id"}
    results = []
    for place, rows in enumerate((table, table.take(pa.array(np.argsort(numbers))))):
        folder = tmp_path / str(place)
        folder.mkdir()
        results.append(masked(folder, columns, rows, texts))
    assert results[0] == results[1]
    assert not [text for text in texts if text in results[0]]


@pytest.mark.parametrize("spellings", [("JAMES SMITH", "Smith James", "James Smith"), ("José Ruiz", "Jose Ruiz")])
def test_row_groups_do_not_matter(tmp_path: Path, spellings: tuple[str, ...]) -> None:
    texts: list[str | None] = ["Is James Smith in? I met James and Smith, Jose and Ruiz and José Ruiz, Jose Ruiz"]
    results = []
    for number, rows in enumerate((1, 2, 1000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        table = pa.table({"name": spellings})
        plan = plan_of({"name": "full_name"})
        pq.write_table(table, folder / "customers.parquet", row_group_size=rows)
        pq.write_table(pa.table({"body": texts}), folder / "tickets.parquet")
        learned = Learned(known=collect_known(plan, open_source(folder), KEY))
        operator = make_operator(plan, "tickets", "body", pa.string(), KEY, learned)
        results.append(operator.apply(pa.array(texts), None).to_pylist())  # type: ignore[arg-type]
    assert results[0] == results[1] == results[2] != [texts]


def test_value_counts_in_every_column_that_it_stands_in(tmp_path: Path) -> None:
    table = pa.table({"code": ["Haus Abendrot"], "place": ["Haus Abendrot"]})
    columns = {"code": ColumnPlan(operator="token", domain="d"), "place": planned("address")}
    columns["place"] = columns["place"].model_copy(update={"operator": "token", "domain": "d", "options": {}})
    plan = Plan(tables={"customers": TablePlan(columns=columns), **TEXT})
    known = collected(tmp_path, plan, table, ["an Haus Abendrot"])
    assert known is not None
    assert len(known) == 1


def test_texts_that_ask_for_no_known_values_are_not_read(tmp_path: Path) -> None:
    text = TablePlan(columns={"body": ColumnPlan(operator="text", options={"known": False})})
    plan = Plan(tables={**plan_of({"name": "full_name"}).tables, "tickets": text})
    assert collected(tmp_path, plan, pa.table({"name": ["Johannes Brandt"]}), ["Johannes Brandt"]) is None


def test_what_no_text_holds_is_not_remembered(tmp_path: Path) -> None:
    table = pa.table({"id": [f"ID-{n:06}" for n in range(4000)], "name": [f"Person{n} Family{n}" for n in range(4000)]})
    plan = plan_of({"id": "national_id", "name": "full_name"})
    found = collected(tmp_path, plan, table, ["ID 001234 and Person7 Family7"])
    assert repr(found) == "KnownValues(names=KnownNames(3 values), wholes=KnownWholes(1 values))"


def test_long_texts_are_read_in_pieces_without_a_seam() -> None:
    texts = FlatTexts.of(pa.array(["word " * 150_000, "", "more " * 150_000, "x" * 1_500_000, "end"], pa.string()))
    bounds = chunks(texts)
    assert [first for first, _ in bounds] == [0, *(last for _, last in bounds[:-1])]
    assert bounds[-1][1] == len(texts)
    words = [words_of(texts, first, last) for first, last in bounds]
    assert sum(map(len, words)) == 300_002
    assert len(np.unique(np.concatenate([each.hashes for each in words]))) == 4


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_of_a_person_is_left_in_notes(tmp_path: Path, locale: str) -> None:
    columns = {
        "first_name": FIRST, "last_name": LAST, "full_name": "full_name", "email": "email", "phone": "phone",
        "card_number": "payment_card", "iban": "iban", "national_id": "national_id", "birth_date": "birth_date",
        "address": "address",
    }  # fmt: skip
    rows = people(locale, 20, 23)
    table = pa.table({name: [getattr(person, name) for person in rows] for name in columns})
    table = table.set_column(7, "national_id", table["national_id"].cast(pa.string()))
    notes = masked(tmp_path, columns, table, [person.note for person in rows])
    # A replacement may hold a short name (Ավետիս in Ավետիսյան); in scripts with spaces only whole words count.
    word = "{}" if locale[:2] in ("ja", "ko", "th", "zh") else r"(?<!\w){}(?!\w)"
    left = [
        (kind, value)
        for person, note in zip(rows, notes, strict=True)
        for kind, values in person.spellings(locale).items()
        for value in values
        if len(value) > 2 and re.search(word.format(re.escape(value)), str(note))
    ]
    assert left == []


def test_names_in_views_of_texts_are_known_too(tmp_path: Path) -> None:
    table = pa.table({"name": pa.array(["Johannes Brandt", None, "Zyta Quuxowa"], pa.string_view())})
    assert masked(tmp_path, {"name": "full_name"}, table, ["Johannes Brandt"]) == [FULL["Johannes Brandt"]]
