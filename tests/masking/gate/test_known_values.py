"""Values of hidden columns in texts of other tables, where the operator ``text`` should have replaced them."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.masking.gate import known_values
from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.model import GateReport
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import open_source
from tests.support.judged import leaks, mask, named, write

COLUMNS: dict[str, dict[str, Any]] = {
    "account": {"operator": "token"},
    "number": {"operator": "token"},
    "member": {"operator": "fpe"},
    "street": {"operator": "pool", "options": {"pool": "street"}},
    "company": {"operator": "pool", "options": {"pool": "company"}},
    "login": {"operator": "pool", "options": {"pool": "username"}},
    "born": {"operator": "shift_date", "options": {"subject": "account"}},
    "place": {"operator": "token", "classification": "address"},
}
VALUES: dict[str, pa.Array] = {
    "account": pa.array(["AC-48151", "X9", "green door"]),
    "number": pa.array([48151623, 4711, 99_999_999_999], pa.int64()),
    "member": pa.array(["7162-88231", "55-66778", "12"]),
    "street": pa.array(["12 Alder Row", "Under the Elms", "Mill"]),
    "company": pa.array(["Birch & Sons", "Oceanic", "Dharma Initiative 6"]),
    "login": pa.array(["kate.a1977", "sawyer", "j ford"]),
    "born": pa.array([date(1977, 6, 4), date(1980, 12, 30), None]),
    "place": pa.array(["Harbour End", "x", "y"]),
}
PLAN = {
    "people": {"columns": COLUMNS},
    "notes": {"columns": {"body": {"operator": "text"}}},
}
FAILED = {("known-values", "body")}


def judged(folder: Path, before: list[Any], after: list[Any] | None = None, tables: Any = None) -> GateReport:
    """The verdict about a masked copy in which the notes are others than those that were masked."""
    plan = Plan.model_validate({"tables": tables or PLAN})
    source = write(folder / "source", {"people": pa.table(VALUES), "notes": pa.table({"body": before})})
    copy = mask(source, folder / "copy", plan)
    if after is not None:
        write(copy, {"notes": pa.table({"body": after})})
    opened = open_source(source)
    return judge(plan, opened, open_source(copy, like=opened))


LEFT = [
    "about AC-48151, please",
    "about 48151623",
    "99999999999!",
    "member 7162-88231",
    "lives at 12 Alder Row.",
    "moved to Under the Elms, alas",
    "works for Birch & Sons",
    "at Dharma Initiative 6 now",
    "login kate.a1977 is locked",
    "born 1977-06-04",
    "born 04.06.1977",
    "born 4.6.1977",
    "born 06/04/1977",
    "born 12/30/1980",
    "to Harbour End",
    "Büro: 12 Alder Row (hinten)",
]


@pytest.mark.parametrize("text", LEFT)
def test_value_of_another_table_that_was_left_is_seen(tmp_path: Path, text: str) -> None:
    report = judged(tmp_path, ["nothing", text, "at all"], ["nothing", text, "at all"])
    assert leaks(report) == FAILED
    (check,) = named(report, "known-values")
    assert check.observed == 1
    assert [example[:5] for example in check.examples] == ["row 2"]
    assert not any(word in str(check) for word in ("48151", "Alder", "Elms", "Birch", "Harbour", "1977", "kate"))


def test_column_is_named(tmp_path: Path) -> None:
    texts = ["at 12 Alder Row or 48151623", "Birch & Sons"]
    (check,) = named(judged(tmp_path, texts, texts), "known-values")
    assert check.observed == 2
    assert "people.company, people.number, people.street" in check.explanation


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("x", "lives at 12 Alder Row", id="a replacement that is somebody's by chance"),
        *(
            pytest.param(text, text, id=text)
            for text in ("4711", "X9", "the green door", "Mill", "Oceanic", "sawyer", "j ford", "12", "17.06.1977")
        ),
        pytest.param("x48151623", "x48151623", id="part of a longer word"),
        pytest.param(None, None, id="null"),
    ],
)
def test_what_texts_are_not_promised_to_lose_is_let_be(tmp_path: Path, before: str | None, after: str | None) -> None:
    report = judged(tmp_path, ["nothing", before], ["nothing", after])
    assert not named(report, "known-values") or named(report, "known-values")[0].observed == 0


@pytest.mark.parametrize("text", LEFT)
def test_operator_leaves_none(tmp_path: Path, text: str) -> None:
    assert named(judged(tmp_path, ["nothing", text]), "known-values")[0].observed == 0


REMOVED = {
    name: {"operator": operator, "classification": kind}
    for name, operator, kind in (
        ("account", "drop", "identifier"),
        ("number", "drop", "identifier"),
        ("member", "redact", "national_id"),
        ("street", "drop", "street"),
        ("company", "redact", "company"),
        ("login", "drop", "username"),
        ("born", "drop", "birth_date"),
        ("place", "redact", "address"),
    )
}
GONE = {**PLAN, "people": {"columns": REMOVED}}


@pytest.mark.parametrize("text", LEFT)
def test_value_of_a_column_of_which_nothing_is_left_is_seen(tmp_path: Path, text: str) -> None:
    assert leaks(judged(tmp_path, ["nothing", text], ["nothing", text], GONE)) == FAILED


@pytest.mark.parametrize("text", LEFT)
def test_operator_leaves_none_of_a_removed_column(tmp_path: Path, text: str) -> None:
    assert named(judged(tmp_path, ["nothing", text], None, GONE), "known-values")[0].observed == 0


def test_exact_days_of_a_column_that_tells_them_roughly_are_seen(tmp_path: Path) -> None:
    rough = {"operator": "generalise", "options": {"to": "year"}}
    tables = {**PLAN, "people": {"columns": {**COLUMNS, "born": rough}}}
    text = "born 1977-06-04"
    assert leaks(judged(tmp_path / "left", [text], [text], tables)) == FAILED
    assert not leaks(judged(tmp_path / "masked", [text], None, tables))


DAYS = [date(1977, 6, 4), date(1980, 12, 30), None]


@pytest.mark.parametrize("operator", ["shift_date", "drop"])
@pytest.mark.parametrize(
    ("born", "text", "is_seen"),
    [
        (pa.array(DAYS, pa.date32()).cast(pa.timestamp("us")), "born 4.6.1977", True),
        (pa.array(DAYS, pa.date32()).cast(pa.timestamp("s")), "born 12/30/1980", True),
        (pa.array([day and str(day) for day in DAYS]), "born 1977-06-04", True),
        (pa.array([day and str(day) for day in DAYS]), "born 1977-06-05", False),
        (pa.array([day and f"{day:%d.%m.%Y}" for day in DAYS]), "born 04.06.1977", False),
    ],
    ids=["microseconds", "seconds", "texts", "another day", "texts in another notation"],
)
def test_days_that_are_no_dates_are_looked_for(
    tmp_path: Path, operator: str, born: pa.Array, text: str, is_seen: bool
) -> None:
    tables = {**PLAN, "people": {"columns": {"born": {"operator": operator, "classification": "birth_date"}}}}
    tables["people"]["columns"]["born"] |= {"options": {"subject": "born"}} if operator == "shift_date" else {}
    people = {"people": pa.table({"born": born}), "notes": pa.table({"body": [text]})}
    plan = Plan.model_validate({"tables": tables})
    opened = open_source(write(tmp_path / "source", people))
    copy = mask(opened.path, tmp_path / "copy", plan)
    assert not named(judge(plan, opened, open_source(copy, like=opened)), "known-values")[0].observed
    write(copy, {"notes": people["notes"]})
    (check,) = named(judge(plan, opened, open_source(copy, like=opened)), "known-values")
    assert check.observed == is_seen


def test_text_that_is_not_searched_for_values_is_not_asked(tmp_path: Path) -> None:
    tables = {**PLAN, "notes": {"columns": {"body": {"operator": "text", "options": {"known": False}}}}}
    assert not named(judged(tmp_path, LEFT, LEFT, tables), "known-values")


def test_texts_in_lists_are_searched(tmp_path: Path) -> None:
    tables = {"people": {"columns": COLUMNS}, "notes": {"columns": {"body[]": {"operator": "text"}}}}
    texts = [["a", "b"], None, ["c", "at 12 Alder Row"]]
    (check,) = named(judged(tmp_path, texts, texts, tables), "known-values")
    assert check.examples == ("row 3: xx 99 Xxxxx Xxx",)


def test_of_many_texts_some_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["lives at 12 Alder Row"] * 1000
    (check,) = named(judged(tmp_path, texts, texts), "known-values")
    assert check.observed == known_values.TEXTS
    assert "512 texts were searched" in check.explanation
    monkeypatch.setattr(known_values, "MOST_BYTES", 100)
    (check,) = named(judged(tmp_path / "again", texts, texts), "known-values")
    assert check.observed == 100 // len(texts[0])
    assert "4 texts were searched" in check.explanation


def test_values_of_later_rows_are_looked_for(tmp_path: Path) -> None:
    """The shop's files have row groups of 400 rows: of the third run and those behind it, one in eight is read."""
    plan = Plan.model_validate(
        {"tables": {"people": {"columns": {"account": COLUMNS["account"]}}, "notes": PLAN["notes"]}}
    )
    accounts = [f"AC-{100_000 + number}" for number in range(8 * 400 + 1)]
    texts = [f"about {accounts[number]}" for number in (0, 799, 800, 8 * 400)]
    tables = {"people": pa.table({"account": accounts}), "notes": pa.table({"body": texts})}
    copy = mask(write(tmp_path / "source", tables), tmp_path / "copy", plan)
    write(copy, {"notes": tables["notes"]})
    opened = open_source(tmp_path / "source")
    (check,) = named(judge(plan, opened, open_source(copy, like=opened)), "known-values")
    assert check.observed == 3
