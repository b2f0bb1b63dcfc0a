"""Conditions: what they choose, and what is refused before a row is read."""

import datetime
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.subset.condition import FUNCTIONS, read_condition

UTC = datetime.UTC
SCHEMA = pa.schema(
    [
        pa.field("n", pa.int64(), nullable=False),
        ("text", pa.string_view()),
        ("coded", pa.dictionary(pa.int8(), pa.string())),
        ("digits", pa.string()),
        ("written", pa.string()),
        ("day", pa.date32()),
        ("moment", pa.timestamp("us", "Europe/Berlin")),
        ("flag", pa.bool_()),
        ("two words", pa.int8()),
    ]
)
BATCH = pa.RecordBatch.from_pylist(
    [
        {
            "n": 1,
            "text": "one",
            "coded": "a",
            "digits": "1",
            "written": "2025-12-31",
            "day": datetime.date(2026, 1, 1),
            "flag": True,
        },
        {
            "n": 2,
            "text": "it's",
            "coded": "b",
            "digits": "x",
            "written": "2026-01-31",
            "moment": datetime.datetime(2026, 1, 1, tzinfo=UTC),
            "two words": 5,
        },
        {"n": 3},
    ],
    SCHEMA,
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("CAST(written AS DATE) >= DATE '2026-01-01'", [1]),
        ("TRY_CAST(digits AS DATE) IS NULL AND n = 1", [0]),
        ("CAST(written AS TIMESTAMP) < TIMESTAMP '2026-01-01 00:00:00'", [0]),
        ("EXTRACT(YEAR FROM CAST(written AS DATE)) = 2025", [0]),
        ("n > 1", [1, 2]),
        ("N > 1 OR n = 3", None),
        ("text = 'it''s'", [1]),
        ("coded IN ('a', 'c')", [0]),
        ("coded NOT IN ('a', NULL)", []),
        ("(n = 1) OR (NOT (n < 3))", [0, 2]),
        ("flag", [0]),
        ("flag IS NULL", [1, 2]),
        ("day >= DATE '2026-01-01'", [0]),
        ("day >= '2026-01-01'", [0]),
        ("EXTRACT(YEAR FROM day) = 2026", [0]),
        ("moment = TIMESTAMP '2026-01-01 00:00:00'", [1]),
        ("TRY_CAST(digits AS BIGINT) = 1", [0]),
        ('"two words" BETWEEN 4 AND 6', [1]),
        ("CASE WHEN n = 2 THEN TRUE ELSE FALSE END", [1]),
        ("LOWER(text) LIKE 'o%'", [0]),
        ("CAST(n AS DECIMAL(10, 2)) > 2.5", [2]),
    ],
)
def test_condition_chooses_the_rows_that_meet_it(text: str, rows: list[int] | None) -> None:
    if rows is None:
        with pytest.raises(InvalidInputError, match="it has no column N"):
            read_condition(text, "orders", SCHEMA)
        return
    holds = read_condition(text, "orders", SCHEMA).holds(BATCH)
    assert [place for place, is_met in enumerate(holds.tolist()) if is_met] == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n >", "a condition in SQL, such as"),
        ("n > 1; DROP TABLE x", "a condition in SQL, such as"),
        ("", "a condition in SQL, such as"),
        ("n", "true or false"),
        ("n + 1", "true or false"),
        ("1 = 1", "a condition on columns of orders"),
        ("nn = 1", "it has no column nn; did you mean n?"),
        ("n = 'x'", "types allow (n is int64)"),
        ("day > 'May'", "write dates as DATE '2026-01-31'"),
        ("digits > 3", "CAST(column AS BIGINT)"),
        ("MAX(n) = n", "MAX() is no part"),
        ('"max"(n) = n', '"max" is no part'),
        ("COUNT(*) > 1", "COUNT() is no part"),
        ("SUM(n) OVER (PARTITION BY coded) > 1", "SUM() is no part"),
        ("RANK() OVER (ORDER BY n) = 1", "RANK() is no part"),
        ("n IN (SELECT 1)", "SELECT is no part"),
        ("n > 1 -- '\n OR MAX(n) = 1 --'", "a comment is no part"),
        ("n > 1 /* ' */ OR MAX(n) = 1 /* ' */", "a comment is no part"),
        ("text = E'a'", "a condition in SQL, such as"),
    ],
)
def test_condition_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(said)):
        read_condition(text, "orders", SCHEMA).holds(BATCH)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail = 'jane@x.org' AND MAX(n1) > 4711", "mail = '…' AND MAX(n1) > …"),
        ("a = 'it''s' OR b = 'open", "a = '…' OR b = '…'"),
        ("n > 3.50", "n > …"),
    ],
)
def test_values_of_a_condition_are_in_no_message(text: str, shown: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_condition(text, "orders", SCHEMA.remove(0))
    assert caught.value.got == shown


def test_value_that_a_condition_fails_on_is_not_told() -> None:
    condition = read_condition("CAST(digits AS BIGINT) = 1", "orders", SCHEMA)
    with pytest.raises(InvalidInputError, match="use TRY_CAST") as caught:
        condition.holds(BATCH)
    assert "'x'" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", sorted(FUNCTIONS - {"cast", "try_cast", "extract"}))
def test_function_looks_at_one_row_at_a_time(name: str) -> None:
    """What it gives for rows one by one is what it gives for all of them."""
    for call in (f"{name}(n) IS NOT NULL", f"{name}(text, 'o') IS NOT NULL", f"{name}('day', day) IS NOT NULL"):
        try:
            condition = read_condition(call, "orders", SCHEMA)
            whole = condition.holds(BATCH).tolist()
        except InvalidInputError:
            continue
        assert [bool(condition.holds(BATCH.slice(row, 1))[0]) for row in range(BATCH.num_rows)] == whole


@given(st.text(max_size=40) | st.text("nMAX()'\"-/* ,=<>", max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        holds = read_condition(text, "orders", SCHEMA).holds(BATCH)
    except InvalidInputError:
        return
    assert len(holds) == BATCH.num_rows
