"""Equal values of different types have equal texts, so that they join after masking too."""

import datetime as dt
import decimal
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.prf import canonical_text

DECIMALS = [decimal.Decimal("42.00"), decimal.Decimal("-0.50"), decimal.Decimal("1200.00"), None]
AT = dt.datetime(2024, 2, 29, 13, 5, 7)  # noqa: DTZ001 - as a column without a zone holds it
HALF = AT.replace(microsecond=500_000)
ZONE = dt.timezone(dt.timedelta(hours=2))


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        ([42, -7, None], pa.int8(), ["42", "-7", None]),
        ([2**64 - 1], pa.uint64(), ["18446744073709551615"]),
        ([42.0, -7.0, 0.5, -0.0, None, 1e300], pa.float64(), ["42", "-7", "0.5", "0", None, "1e+300"]),
        ([float("nan"), float("inf"), -float("inf")], pa.float64(), ["nan", "inf", "-inf"]),
        ([2.0**62, 2.0**63], pa.float64(), ["4611686018427387904", "9.223372036854776e+18"]),
        ([42.0], pa.float32(), ["42"]),
        ([np.float16(42)], pa.float16(), ["42"]),
        (DECIMALS, pa.decimal128(9, 2), ["42", "-0.5", "1200", None]),
        ([decimal.Decimal(1200)], pa.decimal128(38, 0), ["1200"]),
        ([decimal.Decimal(1200)], pa.decimal128(9, -2), ["1200"]),
        ([decimal.Decimal(0), decimal.Decimal("1E-15")], pa.decimal128(38, 20), ["0", "1E-15"]),
        ([decimal.Decimal("1200.5")], pa.decimal256(60, 30), ["1200.5"]),
        ([decimal.Decimal("1E-15")], pa.decimal128(38, 15), ["1E-15"]),
        ([True, None], pa.bool_(), ["true", None]),
        ([AT.date()], pa.date32(), ["2024-02-29"]),
        ([AT.date()], pa.date64(), ["2024-02-29"]),
        ([AT, None], pa.timestamp("s"), ["2024-02-29 13:05:07", None]),
        ([AT], pa.timestamp("ns"), ["2024-02-29 13:05:07"]),
        ([HALF], pa.timestamp("ms"), ["2024-02-29 13:05:07.5"]),
        ([HALF], pa.timestamp("us"), ["2024-02-29 13:05:07.5"]),
        ([AT.replace(tzinfo=ZONE)], pa.timestamp("us", "Europe/Paris"), ["2024-02-29 11:05:07Z"]),
        ([AT.replace(tzinfo=ZONE)], pa.timestamp("s", "UTC"), ["2024-02-29 11:05:07Z"]),
        ([HALF.time()], pa.time64("us"), ["13:05:07.5"]),
        ([AT.time()], pa.time32("s"), ["13:05:07"]),
        (["42.0", "", None], pa.string_view(), ["42.0", "", None]),
        ([], pa.float64(), []),
    ],
    ids=str,
)
def test_values_have_one_text(values: Sequence[Any], kind: pa.DataType, texts: list[str | None]) -> None:
    assert canonical_text(pa.array(values, kind)).to_pylist() == texts


def test_bytes_stay_as_they_are() -> None:
    assert canonical_text(pa.array([b"\xff"], pa.binary())).to_pylist() == [b"\xff"]


def test_dictionaries_are_decoded() -> None:
    assert canonical_text(pa.array([7, None, 7]).dictionary_encode()).to_pylist() == ["7", None, "7"]


@pytest.mark.parametrize("kind", [pa.int16(), pa.int64(), pa.uint32(), pa.float64(), pa.decimal128(12, 3)], ids=str)
def test_a_number_has_the_code_of_its_text(kind: pa.DataType) -> None:
    key = MasterKey(bytes(32)).domain("customers")
    number = pa.array(["42"]).cast(kind)
    assert np.array_equal(key.cmac(canonical_text(number)), key.cmac(pa.array(["42"])))


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.string()), pa.struct([("a", pa.int8())]), pa.month_day_nano_interval()], ids=str
)
def test_other_types_are_refused(kind: pa.DataType) -> None:
    with pytest.raises(InvalidInputError, match="values: expected text, bytes, numbers, booleans, dates or times"):
        canonical_text(pa.nulls(1, kind))
