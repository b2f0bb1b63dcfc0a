"""Values of the data's own people that stand in texts with something else in the same word."""

from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.masking.binding import make_operator
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from tests.masking.test_known import FIRST, KEY, LAST, masked, replacement

PEOPLE = ["Anna Berg", "Jürgen Müller-Thurgau", "Мария Иванова", "Will Rose", "王 小明", "Al So"]
FULL = {name: replacement("full_name", name) for name in PEOPLE}
ANNA = FULL["Anna Berg"].replace(" ", "")
CODE, OTHER = replacement("national_id", "123456"), replacement("national_id", "XY-987-654")

FOUND = [
    ("see #AnnaBerg", f"see #{ANNA}"),
    ("@annaberg wrote", f"@{ANNA.lower()} wrote"),
    ("ANNABERG", ANNA),
    ("AnnaBerg2024, annaberg85", f"{ANNA}2024, {ANNA.lower()}85"),
    ("by BergAnna", f"by {ANNA}"),
    ("anna_berg and anna.berg", "{0} and {0}".format(FULL["Anna Berg"])),
    ("@МарияИванова", "@" + FULL["Мария Иванова"].replace(" ", "")),
    ("#JürgenMüllerThurgau", "#" + FULL[PEOPLE[1]].replace(" ", "")),
    ("juergenmuellerthurgau", FULL[PEOPLE[1]].replace(" ", "").lower()),
    ("王小明2024", f"{FULL['王 小明']}2024"),
    ("A n n a  B e r g called", f"{FULL['Anna Berg']} called"),
    ("by A N N A B E R G.", f"by {FULL['Anna Berg']}."),
    ("М а р и я   И в а н о в а", FULL["Мария Иванова"]),
    ("x a n n a b e r g; A n n a  B e r g", f"x a n n a b e r g; {FULL['Anna Berg']}"),
    ("id123456", f"id{CODE}"),
    ("order_id_123456_x", f"order_id_{CODE}_x"),
    ("(ref123456x)", f"(ref{CODE}x)"),
    ("kundeXY987654", f"kunde{OTHER.replace('-', '')}"),
]
LEFT = [
    "McAnna AnnaCorp iAnna",
    "a n n o b e r g, 1 3 5 7 9 1 3, options A B C D",
    "also",
    "annabergs annabergheim",
    "550e8400-e29b-41d4-a716-44123456aaaa",
    "abc123456",
    "x123456y7",
    "id1234567 id12345",
    "A1B2C3123456",
]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    table = pa.table({"name": PEOPLE, "code": ["123456", "XY-987-654", None, None, None, None]})
    given: list[str | None] = [*(text for text, _ in FOUND), *LEFT]
    result = masked(tmp_path_factory.mktemp("glued"), {"name": "full_name", "code": "national_id"}, table, given)
    return dict(zip(map(str, given), result, strict=True))


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text for text, _ in FOUND])
def test_known_value_is_found_within_a_word(texts: dict[str, str | None], text: str, expected: str) -> None:
    assert texts[text] == expected


@pytest.mark.parametrize("text", LEFT)
def test_words_that_hold_a_known_value_by_chance_stay(texts: dict[str, str | None], text: str) -> None:
    assert texts[text] == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#AnnaBerg", "#{0}{1}"),
        ("dear BergAnna85", "dear {1}{0}85"),
        ("AnnaMcBerg AnnaX Anna85 annaberg", "AnnaMcBerg AnnaX Anna85 annaberg"),
    ],
)
def test_names_of_two_columns_are_found_where_a_word_consists_of_them(tmp_path: Path, text: str, expected: str) -> None:
    table = pa.table({"first": ["Anna"], "last": ["Berg"]})
    result = masked(tmp_path, {"first": FIRST, "last": LAST}, table, [text])
    assert result == [expected.format(replacement(FIRST, "Anna"), replacement(LAST, "Berg"))]


@pytest.mark.parametrize(
    ("leave", "expected"),
    [((), replacement("payment_card", "4111111111111111")), (("payment_card",), "4111111111111111")],
)
def test_identifiers_within_words_become_what_their_column_holds_unless_they_are_left(
    leave: tuple[str, ...], expected: str
) -> None:
    column = ColumnPlan(operator="text", options={"leave": leave})
    plan = Plan(tables={"t": TablePlan(columns={"body": column})})
    operator = make_operator(plan, "t", "body", pa.string(), KEY, Learned())
    found = operator.apply(pa.array(["card4111111111111111", None]), None)  # type: ignore[arg-type]
    assert found.to_pylist() == [f"card{expected}", None]
