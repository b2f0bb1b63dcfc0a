"""A plan is held against what nested and required columns allow, before anything is read."""

from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.errors import PlanError
from dataops_infra.masking.binding import check_plan
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan

ITEM = pa.struct([pa.field("sku", pa.string(), nullable=False), ("at", pa.date32())])
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        ("note", pa.string()),
        ("items", pa.list_(ITEM)),
        ("labels", pa.map_(pa.string(), pa.string())),
        ("tags", pa.list_(pa.string())),
        ("key", pa.uuid()),
        ("born", pa.date32()),
    ]
)
LEAVES = ("id", "note", "items[].sku", "items[].at", "labels[].key", "labels[].value", "tags[]", "key", "born")


def check(**changed: ColumnPlan) -> None:
    columns = {path: changed.get(path, ColumnPlan(operator="keep")) for path in LEAVES}
    check_plan(Plan(tables={"t": TablePlan(columns=columns)}), {"t": SCHEMA}, Path("plan.yaml"))


@pytest.mark.parametrize("path", ["note", "items[].at", "labels[].value", "tags[]", "key", "born"])
def test_nulls_are_allowed_where_a_column_allows_them(path: str) -> None:
    check(**{path: ColumnPlan(operator="drop")})


@pytest.mark.parametrize("path", ["id", "items[].sku", "labels[].key"])
def test_nulls_are_refused_where_a_column_forbids_them(path: str) -> None:
    with pytest.raises(PlanError) as refusal:
        check(**{path: ColumnPlan(operator="drop")})
    assert [str(problem) for problem in refusal.value.problems] == [
        f"t.{path}: drop leaves nulls, which this column forbids (choose redact or token)"
    ]


def shifted(subject: str) -> ColumnPlan:
    return ColumnPlan(operator="shift_date", options={"subject": subject})


@pytest.mark.parametrize(("path", "subject"), [("born", "id"), ("items[].at", "id"), ("items[].at", "items[].sku")])
def test_an_operator_may_look_at_its_row_and_at_items_of_the_same_list(path: str, subject: str) -> None:
    check(**{path: shifted(subject)})


@pytest.mark.parametrize(("path", "subject"), [("born", "tags[]"), ("items[].at", "tags[]")])
def test_an_operator_may_not_look_at_items_of_another_list(path: str, subject: str) -> None:
    with pytest.raises(PlanError) as refusal:
        check(**{path: shifted(subject)})
    assert [str(problem) for problem in refusal.value.problems] == [
        f"t.{path}: shift_date looks at {subject}, which has several values for each of its own"
    ]


@pytest.mark.parametrize(
    ("path", "operator", "refused"), [("key", "token", False), ("born", "token", True), ("born", "email", True)]
)
def test_a_uuid_takes_what_its_bytes_take(path: str, operator: str, refused: bool) -> None:
    if not refused:
        check(**{path: ColumnPlan(operator=operator)})
        return
    with pytest.raises(PlanError, match=rf"t\.{path}: {operator} takes text.*, and this column is date32\[day\]"):
        check(**{path: ColumnPlan(operator=operator)})
