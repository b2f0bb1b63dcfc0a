"""Dates moved by days of their subjects, and by no more than the plan says."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.sources import open_source
from tests.support.judged import judge_tables, mask, named, write

PEOPLE = 400
BORN = [date(1950, 1, 1) + timedelta(days=37 * n) for n in range(PEOPLE)]
DAYS = np.random.default_rng(5).integers(1, 181, PEOPLE) * np.random.default_rng(6).choice([-1, 1], PEOPLE)
MOVED = [born + timedelta(days=int(days)) for born, days in zip(BORN, DAYS, strict=True)]
SHIFT: dict[str, Any] = {"operator": "shift_date", "options": {"subject": "id"}}
KEPT = {"operator": "keep", "classification": "safe"}


def found(folder: Path, before: Any, after: Any, plan: dict[str, Any] = SHIFT, ids: Any = None) -> list[Any]:
    numbers = range(PEOPLE) if ids is None else ids
    sides = [pa.table({"id": pa.array(numbers), "c": values}) for values in (before, after)]
    checks = named(judge_tables(folder, {"id": KEPT, "c": plan}, *sides), "dates-moved")
    return [(check.column, check.observed, check.allowed) for check in checks]


def moved_by(days: int, dates: list[date] | None = None) -> list[date]:
    return [day + timedelta(days=days) for day in (BORN if dates is None else dates)]


def texts(dates: list[date], form: str) -> list[str]:
    return [day.strftime(form) for day in dates]


def moments(dates: list[date], hour: int = 12) -> pa.Array:
    return pc.add(pa.array(dates).cast(pa.timestamp("us")), pa.scalar(timedelta(hours=hour), pa.duration("us")))


CONSTANT = [("c", PEOPLE, 14)]
CASES = [
    (BORN, MOVED, SHIFT, []),
    (BORN, MOVED, {"operator": "shift_date"}, []),
    (moments(BORN), moments(MOVED), SHIFT, []),
    (moments(BORN), moments(MOVED, 0), {"operator": "shift_date", "options": {"keep_time": False}}, []),
    (moments(BORN), moments(MOVED, 13), SHIFT, [("c", PEOPLE, 0)]),
    (moments(BORN), moments(MOVED), {"operator": "shift_date", "options": {"keep_time": False}}, [("c", PEOPLE, 0)]),
    (BORN, moved_by(30), SHIFT, CONSTANT),
    (BORN, moved_by(-1), {"operator": "shift_date"}, CONSTANT),
    (BORN, [*MOVED[:300], *moved_by(7, BORN[300:])], SHIFT, [("c", 100, 14)]),
    (BORN, [*MOVED[:399], BORN[399] + timedelta(days=181)], SHIFT, [("c", 1, 0)]),
    (BORN, [*BORN[200:], *BORN[:200]], SHIFT, [("c", PEOPLE, 0), ("c", 200, 14)]),
    (texts(BORN, "%d.%m.%Y"), texts(MOVED, "%d.%m.%Y"), SHIFT, []),
    (texts(BORN, "%m/%d/%Y"), texts(MOVED, "%m/%d/%Y"), SHIFT, None),
    (texts(BORN, "%d.%m.%Y"), texts(moved_by(9), "%d.%m.%Y"), SHIFT, CONSTANT),
    (["unknown"] * PEOPLE, ["abcdefghijklmn27"] * PEOPLE, SHIFT, []),
    (texts(BORN, "%Y-%m-%d"), ["not a date"] * PEOPLE, SHIFT, [("c", PEOPLE, 0)]),
    ([date(1900, 1, 1)] * PEOPLE, [date(1900, 3, 1)] * PEOPLE, SHIFT, []),
    (pa.nulls(PEOPLE, pa.date32()), pa.nulls(PEOPLE, pa.date32()), SHIFT, []),
]


@pytest.mark.parametrize(("before", "after", "plan", "expected"), CASES)
def test_dates_move_by_days_of_their_own(
    before: Any, after: Any, plan: dict[str, Any], expected: list[Any] | None, tmp_path: Path
) -> None:
    told = found(tmp_path, before, after, plan)
    assert told == expected if expected is not None else not [each for each in told if each[1] == PEOPLE]


def test_dates_of_one_subject_may_move_alike_and_of_a_few_by_chance(tmp_path: Path) -> None:
    assert found(tmp_path, BORN, moved_by(30), ids=[7] * PEOPLE) == []
    assert found(tmp_path / "b", BORN, moved_by(30), ids=[n % 4 for n in range(PEOPLE)]) == []
    assert found(tmp_path / "c", BORN, moved_by(30), ids=pa.nulls(PEOPLE, pa.int64())) == []


def test_of_many_subjects_a_sample_is_counted(tmp_path: Path) -> None:
    many = [date(1950, 1, 1) + timedelta(days=n % 9000) for n in range(40_000)]
    ((column, most, allowed),) = found(tmp_path, many, moved_by(30, many), ids=range(len(many)))
    assert (column, 1024 < most <= 4096, allowed < 50) == ("c", True, True)


def test_dates_in_lists_have_the_subject_of_their_row(tmp_path: Path) -> None:
    lists = [[born, born] for born in BORN]
    plan = {"id": KEPT, "c[]": SHIFT}
    sides = [
        pa.table({"id": range(PEOPLE), "c": [[day + timedelta(days=days) for day in each] for each in lists]})
        for days in (0, 30)
    ]
    checks = named(judge_tables(tmp_path, plan, *sides), "dates-moved")
    assert [(check.column, check.observed) for check in checks] == [("c[]", PEOPLE)]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%-d/%-m/%Y", "%Y%m%d"])
@pytest.mark.parametrize("days", [1, 30, 5000])
def test_what_shift_date_writes_passes(form: str, days: int, tmp_path: Path) -> None:
    from dataops_infra.masking.plan import Plan

    shift = {"operator": "shift_date", "options": {"subject": "id", "days": days}}
    columns: dict[str, dict[str, Any]] = {"id": KEPT, "c": shift}
    document = {"schema": "dataops.mask-plan/v1", "tables": {"t": {"columns": columns}}}
    values = [*texts(BORN, form), "1900-01-01", "31.12.9999", "0001-01-01", "none", ""]
    before = pa.table({"id": range(len(values)), "c": values})
    target = mask(write(tmp_path / "source", {"t": before}), tmp_path / "target", Plan.model_validate(document))
    after = pa.parquet.read_table(target / "t.parquet")
    assert named(judge_tables(tmp_path / "judged", columns, before, after), "dates-moved") == []


HOURS = [datetime(1980, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(48)]


@pytest.mark.parametrize(
    "values",
    [pa.array(HOURS), [hour.strftime("%Y-%m-%d" if hour.hour % 2 else "%d.%m.%Y") for hour in HOURS]],
    ids=["hours of two days", "two spellings of a day"],
)
def test_without_a_subject_each_day_is_one(values: Any, tmp_path: Path) -> None:
    plan = Plan(tables={"t": TablePlan(columns={"c": ColumnPlan(operator="shift_date")})})
    source = write(tmp_path / "source", {"t": pa.table({"c": values})})
    copy = mask(source, tmp_path / "copy", plan)
    checks = judge(plan, open_source(source), open_source(copy)).checks
    assert [check for check in checks if check.name == "dates-moved"] == []
