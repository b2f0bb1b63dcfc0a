"""The start of the year, month or hour in which a date or an instant lies."""

from datetime import date, datetime
from enum import Enum

import pyarrow as pa
import pyarrow.compute as pc


class Period(Enum):
    """How exactly a time is told."""

    HOUR = "hour"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DECADE = "decade"


def start_of_period(values: pa.Array, period: Period) -> pa.Array:
    """The first day or instant of the period each value lies in, in UTC; never before year 1 or what the type holds."""
    kind = values.type
    plain = values.cast(pa.timestamp(kind.unit)) if pa.types.is_timestamp(kind) else values
    multiple, unit = (10, "year") if period is Period.DECADE else (1, period.value)
    floored = pc.floor_temporal(plain, multiple=multiple, unit=unit)
    # Of the first century of nanoseconds' range and of year 1 the start cannot be told: the first that can.
    earliest = _earliest(plain.type)
    fits = pc.and_(pc.less_equal(floored, plain), pc.greater_equal(floored, earliest))
    kept = pc.if_else(pc.less(plain, earliest), plain, earliest)
    return pc.if_else(fits, floored, kept).cast(kind)


def _earliest(kind: pa.DataType) -> pa.Scalar:
    if not pa.types.is_timestamp(kind):
        return pa.scalar(date(1, 1, 1), kind)
    if kind.unit == "ns":
        return pa.scalar(datetime(1677, 9, 22), kind)  # noqa: DTZ001 - naive as the values are
    return pa.scalar(datetime(1, 1, 1), kind)  # noqa: DTZ001
