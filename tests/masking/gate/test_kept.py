"""Kept columns are what their classification claims, in all rows and not only in those that classification saw."""

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.kept_values import DistinctTexts, LargeNumbers, limit_of, may_be_large
from tests.support.judged import card, failures, judge_tables, keep, named

ROWS = 3000
REASONS = {
    "enumeration": "3 different values among 500",
    "measure": "numbers that look like measures",
    "event_time": "the name says a time, and the values are seconds since 1970 or parts of them",
    "thing": "the name says a thing, and 12 values name nobody known",
    "gender": "the name says genders",
    "flag": "the values say yes or no",
    "format": "the values are written as versions",
    "country": "the name says countries",
}


def claimed(kind: str) -> dict[str, Any]:
    """A column that classification keeps."""
    return {"operator": "keep", "classification": kind, "reason": REASONS[kind]}


def judged(tmp_path: Path, plan: dict[str, Any], values: Any) -> Any:
    table = pa.table({"c": values})
    return judge_tables(tmp_path, {"c": plan}, table, table)


def late(first: Any, rest: Any) -> list[Any]:
    """A head that shows nothing, then what matters."""
    return [first] * (ROWS // 2) + list(rest)


PHONE = 4_915_112_345_678
CODES = [f"code {n}" for n in range(31)]
GOOD = [
    ("enumeration", late("ok", CODES[:29])),
    ("enumeration", ["", "n/a", *CODES[:30]]),
    ("enumeration", late("ok", ["Will call", "no answer", *CODES[:20]])),
    ("thing", late("Lamp", CODES[:29])),
    ("gender", late("f", [f"g{n}" for n in range(59)])),
    ("measure", late(7, [99_999_999, -99_999_999, None])),
    ("measure", late(0.5, [123_456_789.25, 223_456_789.5])),
    ("measure", pa.array(late("1.5", ["123456789.50"]))),
    ("measure", pa.array(late(Decimal("1.50"), [Decimal("123456789.50")]))),
    ("measure", pa.array([float("nan"), float("inf"), 1e300])),
    ("measure", pa.array([], pa.int64())),
    ("measure", pa.array([1, 2], pa.uint8())),
    ("event_time", late(1_700_000_000, [1_700_000_000_123, 20_260_101])),
    ("event_time", [str(date(2020, 1, 1) + timedelta(days=n)) for n in range(900)]),
    ("event_time", late("20200101", ["20200101123059"])),
    ("format", [f"1.{n}.0" for n in range(200)]),
    ("country", late("Jordan", ["Georgia", "Chad"])),
]
WRONG = [
    ("enumeration", late("ok", CODES), 32, 30, ("xxxx 99",)),
    ("flag", late("yes", CODES[:30]), 31, 30, ("xxxx 99",)),
    ("thing", late("Lamp", CODES), 32, 30, ("xxxx 99",)),
    ("gender", late("f", [f"g{n}" for n in range(60)]), 61, 60, ("x99",)),
    ("enumeration", late("ok", ["Anna Müller", "Ben Schmidt", "open"]), 0.5, 0, ("Xxxx Xxxxxx", "Xxx Xxxxxxx")),
    ("thing", late("Lamp", ["/home/anna/cv", "sofia.lopez"]), 2 / 3, 0, ("/xxxx/xxxx/xx", "xxxxx.xxxxx")),
    ("enumeration", late("ok", ["0151 1234567", "0171 7654321", "x"]), 2, 0, ("9999 9999999",)),
    ("enumeration", late("ok", ["10.1.2.3", "10.1.2.4"]), 2 / 3, 0.2, ("99.9.9.9",)),
    ("measure", late(7, [PHONE]), 1, 0, ("9999999999999",)),
    ("measure", late(7, [-PHONE, -PHONE]), 1, 0, ("-9999999999999",)),
    ("measure", late(0.5, [float(PHONE)]), 1, 0, ("9999999999999",)),
    ("measure", pa.array(late("7", [f"{PHONE}", f"+{PHONE}.0"])), 2, 0, ("9999999999999", "+9999999999999.9")),
    ("measure", pa.array(late(Decimal(1), [Decimal(PHONE)])), 1, 0, ("9999999999999",)),
    ("event_time", late(1_700_000_000, [PHONE]), 1, 0, ("9999999999999",)),
    ("event_time", late("2020-01-01", [f"{PHONE}"]), 1, 0, ("9999999999999",)),
    ("format", ["1.2.3", "1.2.4", "Anna Müller", "Ben Schmidt"], 0.5, 0.08, ("Xxxx Xxxxxx", "Xxx Xxxxxxx")),
]


@pytest.mark.parametrize(("kind", "values"), GOOD)
def test_a_column_that_is_what_it_claims_passes(kind: str, values: Any, tmp_path: Path) -> None:
    report = judged(tmp_path, claimed(kind), values)
    assert failures(report) == set()
    assert [check.observed for check in named(report, "kept-as-classified")] == [0]


@pytest.mark.parametrize(("kind", "values", "observed", "allowed", "examples"), WRONG)
def test_a_column_that_is_something_else_further_down_is_refused(
    kind: str, values: Any, observed: float, allowed: float, examples: tuple[str, ...], tmp_path: Path
) -> None:
    report = judged(tmp_path, claimed(kind), values)
    (check,) = named(report, "kept-as-classified")
    assert (check.column, check.observed, check.allowed, check.examples) == ("c", observed, allowed, examples)
    assert check.explanation.endswith("look at it and write `classification: safe` with a reason, or mask it")
    assert "Anna" not in check.explanation


@pytest.mark.parametrize(
    "plan",
    [
        keep(),
        keep(classification="stated", reason="the contract says none"),
        {"operator": "keep", "classification": "enumeration", "reason": "our 40 branch codes"},
    ],
)
def test_who_says_so_may_keep_a_longer_list(plan: dict[str, Any], tmp_path: Path) -> None:
    assert failures(judged(tmp_path, plan, late("ok", CODES))) == set()


CARDS = [card(random.Random(n)) for n in range(200)]
NUMBERS = [str(random.Random(n).randrange(10**15, 10**16)) for n in range(2000)]


@pytest.mark.parametrize(
    ("values", "observed", "allowed", "example"),
    [
        ([*CODES, *(f"{n:03}-45-6789" for n in range(100, 110))], 10 / 41, 0.05, "999-99-9999"),
        ([*CODES, *(f"+49 151 1234567{n}" for n in range(5))], 5 / 36, 0.05, "+99 999 99999999"),
        ([*CODES, "DE89370400440532013000", "GB29NWBK60161331926819"], 2 / 33, 1 / 33, "XX99XXXX99999999999999"),
        ([*CODES, *CARDS[:30]], 30 / 61, 14 / 61, "9999999999999999"),
        (pa.array([*map(int, CARDS[:30]), 3]), 1.0, 14 / 30, "9999999999999999"),
    ],
)
def test_numbers_of_people_are_refused_whoever_says_that_they_may_stay(
    values: Any, observed: float, allowed: float, example: str, tmp_path: Path
) -> None:
    report = judged(tmp_path, keep(), values)
    (check,) = named(report, "kept-personal-data")
    assert (check.observed, check.allowed) == (pytest.approx(observed), pytest.approx(allowed))
    assert check.examples[-1] == example


@pytest.mark.parametrize("values", [NUMBERS, [*CODES, *NUMBERS[:50]], [*CODES, CARDS[0]], [*CODES, "078-05-1120"]])
def test_long_numbers_with_check_digits_by_chance_pass(values: list[str], tmp_path: Path) -> None:
    assert named(judged(tmp_path, keep(), values), "kept-personal-data")[0].verdict.value == "pass"


def test_of_many_values_a_sample_is_looked_at_and_told(tmp_path: Path) -> None:
    values = [f"item {n}" for n in range(20_000)] + [f"{n:03}-45-{i:04}" for n in range(100, 110) for i in range(200)]
    (check,) = named(judged(tmp_path, keep(), values), "kept-personal-data")
    assert 0.07 < float(check.observed) < 0.11
    (passed,) = named(judged(tmp_path / "other", keep(), values[:20_000]), "kept-personal-data")
    assert passed.explanation == "of a column one value in up to 8 was looked at, chosen by its hash"


def added(limit: int, *runs: list[str]) -> DistinctTexts:
    found = DistinctTexts(limit)
    for run in runs:
        found.add(Column(pa.array(run)))
    return found


def test_up_to_the_limit_every_value_is_there_once() -> None:
    found = added(8, ["a", "b", "a", ""], ["b", "c"], ["a"])
    assert (found.values().to_pylist(), found.distinct, found.rows, found.level) == (["a", "b", "c"], 3, 6, 0)


def test_beyond_it_the_sample_hangs_on_the_values_alone() -> None:
    values = [f"v{n}" for n in range(5000)]
    whole = added(100, values)
    parts = added(100, *(values[start : start + 70] * 2 for start in range(4900, -1, -70)), values[:30])
    assert set(whole.values().to_pylist()) >= set(parts.values().to_pylist())
    assert whole.level in {6, 7}
    assert len(whole.values()) <= 100
    assert 2500 < parts.distinct < 10_000
    assert sorted(parts.values().to_pylist()) == sorted(
        value for value in whole.values().to_pylist() if value in parts.values().to_pylist()
    )


@pytest.mark.parametrize(("columns", "limit"), [(0, 4096), (10, 4096), (1000, 2097), (100_000, 256)])
def test_many_columns_share_the_memory(columns: int, limit: int) -> None:
    assert limit_of(columns) == limit


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.int16(), False),
        (pa.uint32(), True),
        (pa.int64(), True),
        (pa.float32(), False),
        (pa.float64(), True),
        (pa.decimal128(12, 2), True),
        (pa.string(), False),
    ],
    ids=str,
)
def test_types_that_hold_long_numbers(kind: pa.DataType, expected: bool) -> None:
    assert may_be_large(kind) is expected


def test_large_numbers_are_counted_and_the_whole_ones_kept() -> None:
    found = LargeNumbers()
    found.look(pa.array([1.0, None, 123_456_789.5, 123_456_789.0, -2.5e9]))
    found.look(pa.array([1.0, None]))
    found.look(pa.array([None], pa.float64()))
    assert (found.large, found.values.values().to_pylist()) == (3, ["123456789", "-2500000000"])
