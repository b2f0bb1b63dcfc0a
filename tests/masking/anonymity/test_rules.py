"""Fixed rules: what becomes of every type, and which options are refused."""

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataops_infra.masking.anonymity.rules import Generalise, coarsen, rule_mistake

DAY, TIME, UTC = datetime.date, datetime.datetime, datetime.UTC
NAN, INF = float("nan"), float("inf")
NEW_YORK = pa.timestamp("ms", "America/New_York")

CASES: list[tuple[dict[str, Any], pa.DataType, list[Any], list[Any]]] = [
    ({"to": {"band": 10}}, pa.int64(), [37, 30, -1, 0, None], [30, 30, -10, 0, None]),
    ({"to": {"band": 10}}, pa.int8(), [-128, 127, -7], [-128, 120, -10]),
    ({"to": {"band": 7}}, pa.uint8(), [255, 6], [252, 0]),
    ({"to": {"band": 1000}}, pa.int64(), [-(2**63), 2**63 - 1], [-(2**63), 9223372036854775000]),
    ({"to": {"band": 1000}}, pa.uint64(), [2**64 - 1, None], [18446744073709551000, None]),
    ({"to": {"band": 5}}, pa.float64(), [7.5, -0.5, INF, 1e308, None], [5.0, -5.0, INF, 1e308, None]),
    ({"to": {"band": 5}}, pa.float32(), [7.5], [5.0]),
    (
        {"to": {"band": 5}},
        pa.decimal128(5, 2),
        [Decimal("7.50"), Decimal("-0.01"), None],
        [Decimal(5), Decimal(-5), None],
    ),
    ({"to": {"band": 5}}, pa.decimal128(3, 0), [Decimal(-999)], [Decimal(0)]),
    ({"to": {"band": 10}}, pa.decimal128(38, 18), [Decimal("12345678901234567899.5")], [Decimal(12345678901234567890)]),
    ({"to": {"prefix": 3}}, pa.int32(), [90210, 902, -90210, 0, 2147483647], [90200, 0, -90200, 0, 2140000000]),
    ({"to": {"prefix": 3}}, pa.uint64(), [2**64 - 1], [18400000000000000000]),
    ({"to": {"round": -2}}, pa.int64(), [149, 150, 250, -151, 2**63 - 1], [100, 200, 200, -200, 9223372036854775800]),
    ({"to": {"round": -18}}, pa.int64(), [2**63 - 1], [9 * 10**18]),
    ({"to": {"round": 2}}, pa.int64(), [149], [149]),
    ({"to": {"round": 2}}, pa.float64(), [52.52437, -0.005, -INF], [52.52, -0.0, -INF]),
    (
        {"to": {"round": 1}},
        pa.decimal128(6, 3),
        [Decimal("1.250"), Decimal("1.351")],
        [Decimal("1.200"), Decimal("1.400")],
    ),
    ({"to": "year"}, pa.date32(), [DAY(1987, 5, 12), DAY(1, 2, 3), None], [DAY(1987, 1, 1), DAY(1, 1, 1), None]),
    (
        {"to": "decade"},
        pa.date32(),
        [DAY(1987, 5, 12), DAY(5, 2, 3), DAY(1969, 12, 31)],
        [DAY(1980, 1, 1), DAY(1, 1, 1), DAY(1960, 1, 1)],
    ),
    ({"to": "quarter"}, pa.date64(), [DAY(1987, 5, 12)], [DAY(1987, 4, 1)]),
    ({"to": "month"}, pa.timestamp("s"), [TIME(1987, 5, 12, 3)], [TIME(1987, 5, 1)]),
    ({"to": "hour"}, NEW_YORK, [TIME(2021, 11, 7, 6, 59, tzinfo=UTC)], [TIME(2021, 11, 7, 6, tzinfo=UTC)]),
    ({"to": "year"}, NEW_YORK, [TIME(2021, 1, 1, 3, tzinfo=UTC)], [TIME(2021, 1, 1, tzinfo=UTC)]),
    ({"to": "decade"}, pa.timestamp("ns"), [TIME(1678, 1, 1), TIME(1687, 1, 1)], [TIME(1677, 9, 22), TIME(1680, 1, 1)]),
    (
        {"to": {"prefix": 3}},
        pa.string(),
        ["90210", "902", "", "äöüß", "a\nbcd", None],
        ["902**", "***", "", "äöü*", "a\nb**", None],
    ),
    (
        {"to": {"band": 10}},
        pa.string(),
        ["37", "-1", "3.9", "n/a", "", "3e9", None],
        ["30-39", "-10--1", "0-9", "*", "*", "*", None],
    ),
    ({"to": {"band": 1}}, pa.string(), ["37.9"], ["37"]),
    ({"to": {"round": 1}}, pa.string(), ["52.524", "1e5", "7"], ["52.5", "*", "7.0"]),
    ({"to": {"round": -1}}, pa.string(), ["1234"], ["1230"]),
    ({"to": "year"}, pa.string(), ["1987-05-12", "12.05.1987", "1987-13-01", None], ["1987-01-01", "*", "*", None]),
    ({"to": "decade"}, pa.string(), ["1987-05-12", "0007-05-12"], ["1980-01-01", "0001-01-01"]),
    ({"to": "quarter"}, pa.string(), ["1987-05-12", "1987-12-31"], ["1987-04-01", "1987-10-01"]),
    ({"to": "month"}, pa.string(), ["1987-05-12T03:04:05.678Z"], ["1987-05-01T00:00:00.000Z"]),
    ({"to": "hour"}, pa.string(), ["1987-05-12 13:04+02:00", "1987-05-12"], ["1987-05-12 13:00+02:00", "*"]),
    ({"to": "hour"}, pa.string(), ["1987-05-12T13:04:05"], ["1987-05-12T13:00:00"]),
    ({"top": 90}, pa.int16(), [89, 90, 104, None], [89, 90, 90, None]),
    ({"top": 90, "bottom": 18}, pa.float64(), [17.5, 18.5, INF, -INF], [18.0, 18.5, 90.0, 18.0]),
    ({"top": 85, "to": {"band": 10}}, pa.int64(), [84, 85, 97], [80, 85, 85]),
    ({"top": 90, "bottom": 18}, pa.string(), ["17", "40", "91", "old", None], ["18-", "40", "90+", "*", None]),
    ({"top": 1.5}, pa.decimal128(4, 2), [Decimal("1.49"), Decimal("7.00")], [Decimal("1.49"), Decimal("1.50")]),
    ({"bottom": DAY(1936, 1, 1)}, pa.date32(), [DAY(1920, 5, 6), DAY(1940, 5, 6)], [DAY(1936, 1, 1), DAY(1940, 5, 6)]),
    (
        {"bottom": DAY(1936, 1, 1), "to": "year"},
        NEW_YORK,
        [TIME(1920, 5, 6, tzinfo=UTC)],
        [TIME(1936, 1, 1, tzinfo=UTC)],
    ),
    ({"top": DAY(2020, 1, 1)}, pa.timestamp("us"), [TIME(2021, 1, 1)], [TIME(2020, 1, 1)]),
]


@pytest.mark.parametrize(("options", "kind", "values", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_rule_tells_each_value_less_exactly(
    options: dict[str, Any], kind: pa.DataType, values: list[Any], expected: list[Any]
) -> None:
    rule = Generalise.model_validate(options)
    assert rule_mistake(rule, kind) is None
    column = pa.array([values[0], *values], kind).slice(1)
    told = coarsen(column, rule)
    assert told.type == kind
    assert told.to_pylist() == pa.array(expected, kind).to_pylist()
    assert coarsen(column.slice(0, 0), rule).to_pylist() == []
    assert coarsen(pa.nulls(2, kind), rule).to_pylist() == [None, None]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()])
@pytest.mark.parametrize("options", [{"to": {"prefix": 1}}, {"to": {"band": 10}}, {"to": "year"}, {"top": 9}])
def test_every_kind_of_text_is_told_alike(kind: pa.DataType, options: dict[str, Any]) -> None:
    values = ["12", "1987-05-12", None, "x"]
    rule = Generalise.model_validate(options)
    told = coarsen(pa.array(values, kind), rule)
    assert told.type == kind
    assert told.to_pylist() == coarsen(pa.array(values), rule).to_pylist()


def test_not_a_number_stays_one() -> None:
    for options in ({"to": {"band": 5}}, {"to": {"round": 1}}, {"top": 3}):
        assert str(coarsen(pa.array([NAN]), Generalise.model_validate(options)).to_pylist()) == "[nan]"


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 10**18))
def test_a_band_starts_at_or_below_its_values(value: int, width: int) -> None:
    told = coarsen(pa.array([value]), Generalise.model_validate({"to": {"band": width}}))[0].as_py()
    assert told == max(value // width * width, -(2**63))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 18))
def test_integers_round_as_python_rounds(value: int, places: int) -> None:
    expected = round(value, -places)
    told = coarsen(pa.array([value]), Generalise.model_validate({"to": {"round": -places}}))[0].as_py()
    assert told == expected or not -(2**63) <= expected < 2**63


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"to": "year"}, pa.int64(), "year does not fit int64: use band, prefix or round"),
        ({"to": "hour"}, pa.date32(), "hour does not fit date32[day], which has none"),
        ({"to": {"band": 5}}, pa.date32(), "band, prefix and round do not fit date32[day]: use year, quarter, month"),
        ({"to": {"prefix": 2}}, pa.float64(), "prefix does not fit double: use band or round"),
        ({"top": 90}, pa.date32(), "top and bottom of date32[day] must be dates"),
        ({"top": DAY(2000, 1, 1)}, pa.int8(), "top and bottom of int8 must be numbers"),
        ({"top": DAY(2000, 1, 1)}, pa.string(), "top and bottom of texts must be numbers"),
        ({"top": 900}, pa.int8(), "900 is no int8"),
        ({"top": 9.5}, pa.int8(), "9.5 is no int8"),
        ({"order": "frequency"}, pa.int8(), "order and hierarchy are for texts, and this column is int8"),
    ],
)
def test_options_that_do_not_suit_a_type_are_told(options: dict[str, Any], kind: pa.DataType, message: str) -> None:
    assert (rule_mistake(Generalise.model_validate(options), kind) or "").startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to": "week"}, "Input should be 'mondrian', 'year', 'quarter', 'month', 'decade' or 'hour'"),
        ({"to": {"band": 0}}, "greater than or equal to 1"),
        ({"to": {}}, "expected one of band, prefix and round"),
        ({"to": {"band": 1, "prefix": 2}}, "expected one of band, prefix and round"),
        ({"to": {"band": None}}, "expected one of band, prefix and round"),
        ({"to": {"width": 1}}, "Extra inputs are not permitted"),
        ({"top": 5, "bottom": 5}, "expected top above bottom"),
        ({"top": 5, "bottom": DAY(2000, 1, 1)}, "expected two numbers or two dates"),
        ({"to": "year", "order": "frequency"}, "only `mondrian` looks at them"),
        ({"too": "year"}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Generalise.model_validate(options)
