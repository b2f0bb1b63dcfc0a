"""What a row hides stands in none of its texts, however it is written there."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.masking.gate import own_texts
from tests.support.judged import judge_tables, keep, named

TEXT = {"operator": "text"}
TOKEN = {"operator": "token"}
SHIFT = {"operator": "shift_date"}
PREFIX = {"operator": "generalise", "options": {"to": {"prefix": 3}}}
BORN = date(1984, 2, 3)


@pytest.fixture(autouse=True, params=[1, 100], ids=["by-trigrams", "each-by-itself"])
def _many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether values are looked for as those of many columns are."""
    monkeypatch.setattr(own_texts, "_MANY", request.param)


def found(folder: Path, plan: dict[str, Any], value: Any, text: str, masked: Any, rows: int = 40) -> list[Any]:
    """What is said of a table in which one text names its row's value."""
    texts = [text, *["nothing to see here, good man"] * (rows - 1)]
    others = pa.array([value, *[None] * (rows - 1)])
    before = pa.table({"c": others, "note": texts})
    after = pa.table({"c": pa.array([masked, *[None] * (rows - 1)], others.type), "note": texts})
    checks = named(judge_tables(folder, {"c": plan, "note": TEXT}, before, after), "own-row-survivors")
    return [(check.column, check.observed) for check in checks if check.column is not None]


@pytest.mark.parametrize(
    ("plan", "value", "masked", "text"),
    [
        (TOKEN, "Anneke", "q1", "this is Anneke again"),
        (TOKEN, "Anneke", "q1", "THIS IS ANNEKE AGAIN"),
        (TOKEN, "ANNEKE", "q1", "this is anneke again"),
        (TOKEN, "Šárka", "q1", "TO JE ŠÁRKA"),
        (TOKEN, "69857", "q1", "lives in 69857 Ebermannstadt"),
        (TOKEN, 69857, 17, "lives in 69857 Ebermannstadt"),
        (TOKEN, "698571", "q1", "see ref698571x"),
        (TOKEN, 698571, 17, "see (KD698571)"),
        (TOKEN, "69-85-71", "q1", "id69-85-71"),
        (TOKEN, "Anneke Vos", "q1", "ask @annekevos or"),
        (TOKEN, "Anneke Vos", "q1", "see #AnnekeVos there"),
        (PREFIX, "90210", "902**", "moved to 90210"),
        (PREFIX, 90210, 90200, "moved to 90210"),
        (PREFIX, "SW1A 1AA", None, "moved to sw1a 1aa"),
        (SHIFT, BORN, date(1984, 3, 3), "born 1984-02-03"),
        (SHIFT, BORN, date(1984, 3, 3), "geb. 03.02.1984, ledig"),
        (SHIFT, BORN, date(1984, 3, 3), "geb. 3.2.1984"),
        (SHIFT, BORN, date(1984, 3, 3), "born 02/03/1984"),
        (SHIFT, BORN, date(1984, 3, 3), "born 2/3/1984"),
        (SHIFT, BORN, date(1984, 3, 3), "né le 03/02/1984"),
        (SHIFT, BORN, date(1984, 3, 3), "né le 03-02-1984"),
        (SHIFT, datetime(1984, 2, 3, 7), datetime(1984, 3, 3, 7), "born 1984/02/03"),  # noqa: DTZ001
    ],
)
def test_a_value_of_the_row_in_its_text_is_refused(
    plan: dict[str, Any], value: Any, masked: Any, text: str, tmp_path: Path
) -> None:
    assert found(tmp_path, plan, value, text, masked) == [("note", 1)]


def test_a_value_that_stands_everywhere_within_one_long_word_is_looked_for_at_once(tmp_path: Path) -> None:
    """To look along the word from each place would take hours: the runner's own end of a test would name it."""
    assert found(tmp_path, TOKEN, "aaa", "a" * 400_000, "q1") == []
    assert found(tmp_path / "again", TOKEN, "111111", "1" * 400_000 + " x111111", "q1") == [("note", 1)]


@pytest.mark.parametrize(
    ("plan", "value", "masked", "text"),
    [
        (TOKEN, "Ann", "q1", "an annual report"),
        (TOKEN, 1984, 17, "in 1984 already"),
        (TOKEN, 69857, 17, "room 698571"),
        (TOKEN, 69857, 17, "room A69857"),
        (TOKEN, "698571", "q1", "commit a698571b4 and 1A698571"),
        (TOKEN, "X698571", "q1", "ref AX698571"),
        (TOKEN, "Al So", "q1", "also"),
        (TOKEN, "Anneke Vos", "q1", "annekevoss"),
        (SHIFT, BORN, date(1984, 3, 3), "in 1984, on 4 March"),
        (SHIFT, BORN, date(1984, 3, 3), "on 04.02.1984"),
        ({"operator": "drop"}, 1.5, None, "costs 1.5"),
        (PREFIX, "Bonn", "{Bonn,Köln}", "moved to Bonn"),
        (PREFIX, 90200, 90200, "moved to 90200"),
        (PREFIX, "90210", "902**", "moved to 90211"),
    ],
)
def test_other_words_numbers_and_dates_pass(
    plan: dict[str, Any], value: Any, masked: Any, text: str, tmp_path: Path
) -> None:
    assert found(tmp_path, plan, value, text, masked) == []


def test_numbers_of_the_row_are_looked_for_in_the_texts_of_its_lists(tmp_path: Path) -> None:
    notes = pa.array([["see 1234567", "a"], ["none"]], pa.list_(pa.string()))
    before = pa.table({"c": [1234567, 7654321], "notes": notes})
    after = before.set_column(0, "c", pa.array([11, 12]))
    checks = named(judge_tables(tmp_path, {"c": TOKEN, "notes[]": TEXT}, before, after), "own-row-survivors")
    assert [(check.column, check.observed, check.examples) for check in checks if check.column] == [
        ("notes[]", 1, ("row 1: xxx 9999999",))
    ]


def test_two_values_that_are_told_roughly_name_nobody(tmp_path: Path) -> None:
    """Unlike two that are hidden: here chance explains each of them, because neighbours hold them too."""
    rows = 60
    values = {"c": ["bath"] * 3 + ["hove"] * (rows - 3), "d": ["room"] * 3 + ["hall"] * (rows - 3)}
    before = pa.table({**values, "note": ["in the bath room all day long"] * rows})
    after = before.set_column(0, "c", pa.array(["*"] * rows)).set_column(1, "d", pa.array(["*"] * rows))
    for plan, columns in ((PREFIX, []), (TOKEN, ["note"])):
        checks = named(
            judge_tables(tmp_path / plan["operator"], {"c": plan, "d": plan, "note": keep()}, before, after),
            "own-row-survivors",
        )
        assert [check.column for check in checks if check.column] == columns


def test_one_word_that_many_texts_hold_is_chance(tmp_path: Path) -> None:
    rows = 60
    before = pa.table({"c": ["Will"] * 3 + ["Otto"] * (rows - 3), "note": ["he will call you tomorrow at ten"] * rows})
    after = before.set_column(0, "c", pa.array(["q1"] * rows))
    checks = named(judge_tables(tmp_path, {"c": TOKEN, "note": keep()}, before, after), "own-row-survivors")
    assert [check.column for check in checks if check.column] == []


@pytest.mark.parametrize("known", [True, False])
def test_a_plan_that_does_not_look_for_values_is_told_of_its_option(known: bool, tmp_path: Path) -> None:
    before = pa.table({"c": ["Anneke Vandersteen"], "note": ["this is Anneke Vandersteen again"]})
    after = before.set_column(0, "c", pa.array(["q1"]))
    columns = {"c": TOKEN, "note": {"operator": "text", "options": {"known": known}}}
    checks = named(judge_tables(tmp_path, columns, before, after), "own-row-survivors")
    said = [check.explanation for check in checks if check.column == "note"]
    assert said
    assert all(("set its option known" in each) is not known for each in said)
