"""What columns tell roughly or not at all is taken out of texts as well, as these would tell it otherwise."""

import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking.binding import make_operator
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known_collecting import HIDDEN_DATE, collect_known
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.sources import open_source

KEY = MasterKey(bytes(range(32)))


def masked(folder: Path, column: ColumnPlan, value: object, text: str) -> str:
    """What becomes of a text where a column of people holds the value."""
    people = TablePlan(columns={"c": column})
    plan = Plan(tables={"people": people, "tickets": TablePlan(columns={"body": ColumnPlan(operator="text")})})
    pq.write_table(pa.table({"c": [value]}), folder / "people.parquet")
    pq.write_table(pa.table({"body": [text]}), folder / "tickets.parquet")
    learned = Learned(known=collect_known(plan, open_source(folder), KEY))
    masking = make_operator(plan, "tickets", "body", pa.string(), KEY, learned)
    return str(masking.apply(pa.array([text], pa.string()), None)[0])  # type: ignore[arg-type]


@pytest.mark.parametrize("operator", ["generalise", "redact", "drop"])
@pytest.mark.parametrize("born", [date(1985, 3, 7), "07.03.1985"], ids=["date", "text"])
def test_day_that_a_column_tells_roughly_or_not_at_all_is_hidden(
    tmp_path: Path, operator: str, born: date | str
) -> None:
    column = ColumnPlan(operator=operator, classification="birth_date")
    assert masked(tmp_path, column, born, "born 7 March 1985, 2020-03-07") == f"born {HIDDEN_DATE}, 2020-03-07"


MARK: dict[str, object] = {"operator": "mask", "params": {"chars_to_mask": 40}}
REMOVED = {"redact": {}, "drop": {}, "presidio": MARK}


@pytest.mark.parametrize("operator", REMOVED)
@pytest.mark.parametrize(
    ("kind", "value", "left"),
    [
        ("last_name", "Quuxowa", "Frau [name], Ida"),
        ("last_name", "\u05d8\u05d5\u05d1\u05d4", "see [name]"),
        ("full_name", "Ida Quuxowa", "Frau [name]"),
        ("street", "Alter Rosenweg", "am [redacted] 7"),
        ("national_id", "B955913240", "Nr. [redacted]"),
        ("enumeration", "ward 12345", "on ward 12345"),
    ],
)
def test_value_of_which_a_column_leaves_nothing_is_hidden(
    tmp_path: Path, operator: str, kind: str, value: str, left: str
) -> None:
    column = ColumnPlan(operator=operator, options=REMOVED[operator], classification=kind)
    assert masked(tmp_path, column, value, re.sub(r"\[\w+\]", value, left)) == left


def test_roughly_told_values_that_are_no_days_stay(tmp_path: Path) -> None:
    column = ColumnPlan(operator="generalise", classification="postcode")
    assert masked(tmp_path, column, "SW1A 1AA 77", "at SW1A 1AA 77") == "at SW1A 1AA 77"


@pytest.mark.parametrize("operator", ["redact", "drop"])
@pytest.mark.parametrize(("kind", "left"), [("identifier", "Nr. [redacted]"), ("measure", "Nr. 48151623")])
def test_whole_number_of_which_a_column_leaves_nothing_is_hidden(
    tmp_path: Path, operator: str, kind: str, left: str
) -> None:
    column = ColumnPlan(operator=operator, classification=kind)
    assert masked(tmp_path, column, 48151623, "Nr. 48151623") == left


def test_values_that_presidio_keeps_stay(tmp_path: Path) -> None:
    column = ColumnPlan(operator="presidio", options={"operator": "keep"}, classification="last_name")
    assert masked(tmp_path, column, "Quuxowa", "Frau Quuxowa, Ida") == "Frau Quuxowa, Ida"


@pytest.mark.parametrize("operator", ["token", "fpe"])
@pytest.mark.parametrize(
    ("kind", "value", "left"),
    [
        ("last_name", "Quuxowa", "Frau [name], Ida"),
        ("full_name", "Ida Quuxowa", "Frau [name]"),
        ("street", "Alter Rosenweg", "am {} 7"),
        ("full_name", "B955913240", "Nr. {}"),
        ("unknown", "Ida Quuxowa", "Frau Ida Quuxowa"),
    ],
)
def test_names_are_looked_for_in_columns_that_hide_them_otherwise(
    tmp_path: Path, operator: str, kind: str, value: str, left: str
) -> None:
    """Tokens and ciphers stand for whole values only: of a name in a text nothing would be found but the whole."""
    column = ColumnPlan(operator=operator, classification=kind, domain="d")
    text = left.replace("[name]", value).replace("{}", value)
    whole = make_operator(Plan(tables={"t": TablePlan(columns={"c": column})}), "t", "c", pa.string(), KEY, Learned())
    replaced = str(whole.apply(pa.array([value]), None)[0])  # type: ignore[arg-type]
    assert masked(tmp_path, column, value, text) == left.replace("{}", replaced)
