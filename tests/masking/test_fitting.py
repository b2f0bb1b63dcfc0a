"""Operators that can read none of a column's texts are refused before anything is masked."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import PlanError
from dataops_infra.masking.fitting import check_fit
from dataops_infra.masking.plan import read_plan
from dataops_infra.masking.sources import open_source

TIERS = ["bronze", "silver", "gold", "planted"] * 10
DAYS = [f"19{n:02d}-02-03" for n in range(40, 80)]
NUMBERS = [str(n) for n in range(40)]


def checked(folder: Path, operator: str, options: str, values: pa.Array | Sequence[object]) -> None:
    source, plan = folder / "people.parquet", folder / "plan.yaml"
    pq.write_table(pa.table({"id": range(len(values)), "tier": values}), source)
    plan.write_text(
        f"tables:\n  people:\n    columns:\n      id: {{operator: keep}}\n      tier: {{operator: {operator}, "
        f"options: {options}}}\n"
    )
    check_fit(read_plan(plan), open_source(source), plan)


@pytest.mark.parametrize(
    ("operator", "options", "values", "said"),
    [
        ("shift_date", "{}", TIERS, "shift_date moves dates, and none of 40 texts is one"),
        ("shift_date", "{subject: id}", NUMBERS, "shift_date moves dates, and none of 40 texts is one"),
        ("shift_date", "{}", pa.array(TIERS).dictionary_encode(), "shift_date moves dates, and none of 40 texts is"),
        ("shift_date", "{}", ["", None, *TIERS[:20]], "shift_date moves dates, and none of 20 texts is one"),
        ("generalise", "{to: {band: 10}}", TIERS, "generalise takes a number by this rule, and none of 40 texts is"),
        ("generalise", "{to: {round: 2}}", DAYS, "generalise takes a number by this rule, and none of 40 texts is"),
        ("generalise", "{top: 90}", TIERS, "generalise takes a number by this rule, and none of 40 texts is one"),
        ("generalise", "{to: year}", TIERS, "generalise takes an ISO date by this rule, and none of 40 texts is one"),
    ],
)
def test_what_reads_no_value_is_refused(
    tmp_path: Path, operator: str, options: str, values: list[object], said: str
) -> None:
    with pytest.raises(PlanError) as told:
        checked(tmp_path, operator, options, values)
    assert f"plan.yaml:5: people.tier: {said}" in str(told.value)
    assert str(told.value).endswith("(choose another operator)")
    assert "planted" not in str(told.value)


@pytest.mark.parametrize(
    ("operator", "options", "values"),
    [
        ("shift_date", "{}", DAYS),
        ("shift_date", "{}", [*TIERS, "03.02.1987"]),
        ("shift_date", "{}", [*TIERS * 50, *DAYS * 50]),
        ("shift_date", "{}", TIERS[:19]),
        ("shift_date", "{}", [None] * 40),
        ("shift_date", "{}", pa.array([], pa.string())),
        ("shift_date", "{}", pa.array(range(40), pa.date32())),
        ("generalise", "{to: {band: 10}}", NUMBERS),
        ("generalise", "{to: {band: 10}}", [*TIERS, "7"]),
        ("generalise", "{to: {prefix: 1}}", ["m", "f"] * 20),
        ("generalise", "{to: year}", DAYS),
        ("generalise", "{to: mondrian}", TIERS),
        ("token", "{}", TIERS),
    ],
    ids=[
        *("days", "one day", "days behind", "few", "nulls", "no rows", "dates", "numbers", "one number"),
        *("prefix", "years", "learned", "token"),
    ],
)
def test_what_reads_some_values_or_sees_few_passes(
    tmp_path: Path, operator: str, options: str, values: list[object]
) -> None:
    checked(tmp_path, operator, options, values)


def test_parts_of_nested_columns_are_looked_at(tmp_path: Path) -> None:
    source, plan = tmp_path / "people.parquet", tmp_path / "plan.yaml"
    pq.write_table(pa.table({"a": [1] * 40, "jobs": [[{"since": tier, "n": 1}] for tier in TIERS]}), source)
    plan.write_text(
        "tables:\n  people:\n    columns:\n      a: {operator: keep}\n      'jobs[].n': {operator: keep}\n"
        "      'jobs[].since': {operator: shift_date}\n"
    )
    with pytest.raises(PlanError, match=r"plan\.yaml:6: people\.jobs\[\]\.since: shift_date moves dates, and none"):
        check_fit(read_plan(plan), open_source(source), plan)
