"""The roundest value between two others, whole arrays at a time."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.anonymity.groups import Floats, Integers

_MONTHS = (120, 12, 3, 1)
"""Decade, year, quarter, month."""
_SECONDS = (3_600, 600, 60, 10, 1)
_TICKS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Unit of a timestamp -> how many of it a second has."""


def roundest_integer(low: npt.NDArray[Any], high: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of the whole numbers from ``low`` to ``high`` the multiple of the largest 1, 2 or 5 times a power of ten."""
    steps = [factor * 10**power for power in range(18, -1, -1) for factor in (5, 2, 1) if factor * 10**power < 2**63]
    spans_zero = (low < 0) & (high > 0)
    return np.where(spans_zero, low.dtype.type(0), _first_within(low, high, steps))


def _first_within(low: npt.NDArray[Any], high: npt.NDArray[Any], steps: list[int]) -> npt.NDArray[Any]:
    """The smallest multiple of the first step that has one between the two; ``low`` where none has."""
    found, open_ = low.copy(), np.ones(len(low), bool)
    for step in steps:
        unit = low.dtype.type(step)
        over = low % unit
        # May wrap at the end of the type, and lies below `low` then.
        multiple = np.where(over == 0, low, low - over + unit)
        fits = open_ & (multiple >= low) & (multiple <= high)
        found[fits] = multiple[fits]
        open_ &= ~fits
    return found


def roundest_float(low: Floats, high: Floats) -> Floats:
    """Of the numbers from ``low`` to ``high`` 0, or a multiple of a power of ten near their distance."""
    found = np.where((low < 0) & (high > 0), 0.0, low)
    open_ = np.flatnonzero((low < high) & (found != 0))
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log10(high[open_] - low[open_]))
        for power, factor in ((1, 1), (0, 5), (0, 2), (0, 1)):
            scale = 10.0 ** -(exponent + power)
            multiple = np.ceil(low[open_] * scale / factor) * factor / scale
            fits = (multiple >= low[open_]) & (multiple <= high[open_])
            found[open_[fits]] = multiple[fits]
            open_, exponent = open_[~fits], exponent[~fits]
    return found


def roundest_day(low: Integers, high: Integers) -> Integers:
    """Of the days (since 1970) from ``low`` to ``high`` the first of a decade, year, quarter, month, or the middle."""
    found, open_ = low + (high - low) // 2, np.ones(len(low), bool)
    months = _month_from(low)
    for unit in _MONTHS:
        # Months count from 1970, and decades start with it.
        day = _first_day(-(-months // unit) * unit)
        fits = open_ & (day >= low) & (day <= high)
        found[fits] = day[fits]
        open_ &= ~fits
    return found


def _month_from(days: Integers) -> Integers:
    """The first month (since 1970) that starts on or after each day."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months + (_first_day(months) < days)


def _first_day(months: Integers) -> Integers:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def roundest_instant(low: Integers, high: Integers, unit: str) -> Integers:
    """Of the instants (ticks since 1970) from ``low`` to ``high`` the roundest in UTC.

    :param unit: ``s``, ``ms``, ``us`` or ``ns``.
    """
    second = _TICKS[unit]
    day = 86_400 * second
    days = roundest_day(-(-low // day), high // day)
    with np.errstate(over="ignore"):
        midnight = days * day
    steps = [second * factor for factor in _SECONDS]
    steps += [step for step in (1_000_000, 1_000, 1) if step < second]
    fits = (-(-low // day) <= high // day) & (midnight >= low) & (midnight <= high)
    return np.where(fits, midnight, _first_within(low, high, steps))
