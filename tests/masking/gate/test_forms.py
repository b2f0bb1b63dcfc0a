"""Copies of another form: tables and columns too many or too few, and quasi-identifiers that cannot be measured."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.model import GateReport
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import open_source
from tests.support.judged import judge_tables, keep, named, write


def said(report: GateReport, name: str) -> list[tuple[Any, ...]]:
    return [(check.table, check.observed, check.allowed, check.explanation) for check in named(report, name)]


def test_tables_that_are_missing_or_too_many_are_told(tmp_path: Path) -> None:
    table = pa.table({"c": [1, 2]})
    columns = {"columns": {"c": keep()}}
    plan = Plan.model_validate({"tables": {"a": columns, "b": columns}})
    source = open_source(write(tmp_path / "s", {"a": table, "b": table}))
    report = judge(plan, source, open_source(write(tmp_path / "t", {"a": table, "z": table}), like=source))
    assert said(report, "schema-equal") == [
        ("a", 0, 0, ""),
        ("b", 1, 0, "the copy does not have this table: write the copy with the columns of its source"),
        ("z", 1, 0, "the copy has a table that the source does not have: remove it, nothing of it was judged"),
    ]


def test_of_many_differences_five_are_told(tmp_path: Path) -> None:
    before = pa.table({f"c{number}": [1] for number in range(8)})
    plan = {name: keep() for name in before.column_names}
    report = judge_tables(tmp_path, plan, before, pa.table({"other": [1]}))
    ((_, observed, _, explanation),) = said(report, "schema-equal")
    assert observed == 9
    assert explanation.startswith("column c0 is missing; column c1 is missing;")
    assert "; and 4 more: write the copy" in explanation


def test_rows_are_counted_where_no_column_can_be_compared(tmp_path: Path) -> None:
    before, after = pa.table({"c": [1, 2]}), pa.table({"d": [1, 2, 3]})
    assert said(judge_tables(tmp_path, {"c": keep()}, before, after), "row-counts") == [
        ("t", 3, 2, "the source has 2 rows and the copy 3: mask the whole table again")
    ]


GROUPS = {"quasi_identifiers": {"t": ["age"]}, "k": 2, "l": 2, "t": 0.5, "sensitive": {"t": ["ill"]}}
COLUMNS = {"age": {"operator": "generalise", "options": {"to": {"band": 10}}}, "ill": keep()}


@pytest.mark.parametrize("missing", ["age", "ill"])
def test_a_quasi_identifier_that_is_not_there_is_told(tmp_path: Path, missing: str) -> None:
    before = pa.table({"age": [30, 30], "ill": ["flu", "cold"]})
    report = judge_tables(tmp_path, COLUMNS, before, before.drop_columns([missing]), **GROUPS)
    assert said(report, "k-anonymity") == [
        (
            "t",
            "not measured",
            "measured",
            "a quasi-identifier (age) is not on both sides: write the copy with all columns",
        )
    ]


def test_of_a_table_without_rows_nothing_is_measured(tmp_path: Path) -> None:
    empty = pa.table({"age": pa.array([], pa.int64()), "ill": pa.array([], pa.string())})
    report = judge_tables(tmp_path, COLUMNS, empty, empty, **GROUPS)
    assert [named(report, name) for name in ("k-anonymity", "l-diversity", "t-closeness")] == [[], [], []]
    assert report.failed == ()


def test_what_the_plan_does_not_demand_is_not_judged(tmp_path: Path) -> None:
    table = pa.table({"age": [30, 40], "ill": ["flu", "flu"]})
    plain = {name: keep() for name in table.column_names}
    report = judge_tables(tmp_path, plain, table, table, quasi_identifiers={"t": ["age"]})
    assert [named(report, name) for name in ("k-anonymity", "l-diversity", "t-closeness")] == [[], [], []]
    assert report.measures["t"].k == 1


def test_groups_that_reach_what_is_demanded_pass(tmp_path: Path) -> None:
    table = pa.table({"age": [30, 30, 40, 40], "ill": ["flu", "cold"] * 2})
    report = judge_tables(tmp_path, COLUMNS, table, table, **GROUPS)
    assert [
        (check.observed, check.allowed)
        for name in ("k-anonymity", "l-diversity", "t-closeness")
        for check in named(report, name)
    ] == [(2, 2), (2, 2), (0.0, 0.5)]
