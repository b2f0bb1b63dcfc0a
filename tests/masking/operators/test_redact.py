"""One value in place of all."""

import datetime as dt
import decimal
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import Outcome
from tests.support.arrow_columns import BYTES_TYPES, every_layout
from tests.support.operators import applied

SPEC = OPERATORS["redact"]
DAY = dt.date(2024, 2, 29)
AT = dt.datetime(2024, 2, 29, 13, 5, tzinfo=dt.UTC)
START = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(("options", "text"), [({}, "[redacted]"), ({"with": "…"}, "…"), ({"with": ""}, "")])
def test_every_text_becomes_the_same(options: dict[str, Any], text: str) -> None:
    for column in every_layout(["Ann", "", None, "[redacted]", "Bob"]):
        assert applied("redact", column, **options).to_pylist() == [text, "", None, text, text]


@pytest.mark.parametrize("kind", BYTES_TYPES, ids=str)
def test_bytes_become_the_bytes_of_the_text(kind: pa.DataType) -> None:
    assert applied("redact", pa.array([b"\xff", b"", None], kind), **{"with": "é"}).to_pylist() == [
        "é".encode(),
        b"",
        None,
    ]


@pytest.mark.parametrize(
    ("value", "kind", "zero"),
    [
        (7, pa.int8(), 0),
        (7, pa.uint64(), 0),
        (7.5, pa.float16(), 0.0),
        (7.5, pa.float64(), 0.0),
        (decimal.Decimal("7.50"), pa.decimal128(5, 2), decimal.Decimal("0.00")),
        (decimal.Decimal("7.50"), pa.decimal256(60, 2), decimal.Decimal("0.00")),
        (True, pa.bool_(), False),
        (DAY, pa.date32(), dt.date(1970, 1, 1)),
        (DAY, pa.date64(), dt.date(1970, 1, 1)),
        (AT, pa.timestamp("us", "UTC"), START),
        (AT, pa.timestamp("ms", "Europe/Paris"), START),
        (AT.time(), pa.time32("s"), dt.time(0)),
        (AT.time(), pa.time64("us"), dt.time(0)),
        (dt.timedelta(days=3), pa.duration("s"), dt.timedelta(0)),
    ],
    ids=str,
)
def test_other_values_become_zero(value: Any, kind: pa.DataType, zero: Any) -> None:
    assert applied("redact", pa.array([value, None, value], kind)).to_pylist() == [zero, None, zero]


def test_a_slice_without_rows_stays_one() -> None:
    assert applied("redact", pa.array(["a", "b"]).slice(2)).to_pylist() == []


@pytest.mark.parametrize(
    "kind", [pa.binary(4), pa.list_(pa.string()), pa.month_day_nano_interval(), pa.null()], ids=str
)
def test_other_types_are_refused(kind: pa.DataType) -> None:
    assert not SPEC.accepts(kind)


def test_it_promises_that_nothing_is_left() -> None:
    options = SPEC.options()
    assert (SPEC.outcome, SPEC.keyed, SPEC.injective(options)) == (Outcome.GONE, False, False)


@pytest.mark.parametrize("options", [{"text": "x"}, {"with": 1}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SPEC.options.model_validate(options)
