"""Fixed rules for numbers, in their own type: start of a band, leading digits, rounding, caps."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_CONTEXT = Context(prec=100)
"""More digits than any decimal has."""


def band_start(values: pa.Array, width: int) -> pa.Array:
    """Each number's band of ``width``, told by its start; the lowest band starts where the type does."""
    kind = values.type
    if pa.types.is_decimal(kind):
        return _decimals(values, lambda value: _times(value, width, ROUND_FLOOR))
    if pa.types.is_integer(kind):
        return _integers(values, lambda plain: _floored(plain, width))
    with np.errstate(invalid="ignore", over="ignore"):
        plain = _floats(values)
        started = np.floor(plain / width) * width
    return _as_floats(values, np.where(np.isfinite(plain) & np.isfinite(started), started, plain))


def leading_digits(values: pa.Array, digits: int) -> pa.Array:
    """Integers of which only the first digits are told, the others 0; those with no more digits than that become 0."""

    def cut(plain: npt.NDArray[Any]) -> npt.NDArray[Any]:
        result = np.zeros_like(plain)
        for length in range(digits + 1, len(str(np.iinfo(plain.dtype).max)) + 1):
            low, step = 10 ** (length - 1), 10 ** (length - digits)
            high = min(10**length - 1, int(np.iinfo(plain.dtype).max))
            chosen = (plain >= low) & (plain <= high)
            result[chosen] = plain[chosen] // step * step
            if plain.dtype.kind == "i":
                chosen = (plain <= -low) & (plain >= -high)
                result[chosen] = -(-plain[chosen] // step * step)
        return result

    return _integers(values, cut)


def rounded(values: pa.Array, places: int) -> pa.Array:
    """Numbers with so many decimal places; a negative number of places rounds to tens, hundreds…, halves to even."""
    kind = values.type
    if pa.types.is_decimal(kind):
        step = Decimal(1).scaleb(-places)
        return _decimals(values, lambda value: _times(value, step, ROUND_HALF_EVEN))
    if pa.types.is_integer(kind):
        return values if places >= 0 else _integers(values, lambda plain: _nearest(plain, 10**-places))
    plain = _floats(values)
    with np.errstate(invalid="ignore", over="ignore"):
        done = np.round(plain, places)
    return _as_floats(values, np.where(np.isfinite(done), done, plain))


def cap(values: pa.Array, ruled: pa.Array, bottom: Any, top: Any) -> pa.Array:
    """``ruled`` where ``values`` lie between the caps, else the cap: what lies beyond is not told."""
    for limit, beyond in ((bottom, pc.less_equal), (top, pc.greater_equal)):
        if limit is not None:
            bound = _bound(limit, values.type)
            ruled = pc.if_else(pc.fill_null(beyond(values, bound), False), bound, ruled)
    return ruled


def cap_mistake(limit: Any, kind: pa.DataType) -> str | None:
    """Why a cap cannot stand in a column of a type; None = it can."""
    try:
        _bound(limit, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, ValueError):
        return f"{limit} is no {kind}"
    return None


def _bound(limit: Any, kind: pa.DataType) -> pa.Scalar:
    if pa.types.is_decimal(kind):
        return pa.scalar(Decimal(str(limit)), kind)
    if pa.types.is_timestamp(kind) and isinstance(limit, date):
        instant = datetime.combine(limit, time(), UTC if kind.tz else None)
        return pa.scalar(instant, kind)
    if pa.types.is_floating(kind):
        return pa.scalar(float(limit), pa.float64()).cast(kind)
    if pa.types.is_integer(kind) and limit != int(limit):
        raise ValueError(limit)
    return pa.scalar(limit, kind)


def _times(value: Decimal, step: Decimal | int, rounding: str) -> Decimal:
    whole = _CONTEXT.divide(value, Decimal(step)).to_integral_value(rounding, _CONTEXT)
    return _CONTEXT.multiply(whole, Decimal(step))


def _decimals(values: pa.Array, rule: Callable[[Decimal], Decimal]) -> pa.Array:
    # Exact at any precision; one by one, but only the distinct ones.
    kind = values.type
    coded = values.dictionary_encode()
    limit = Decimal(10) ** (kind.precision - kind.scale)
    results = [None if value is None else rule(value) for value in coded.dictionary.to_pylist()]
    fitting = [value if value is None or abs(value) < limit else Decimal(0) for value in results]
    return pa.array(fitting, kind).take(coded.indices)


def _integers(values: pa.Array, rule: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> pa.Array:
    wide = np.dtype(np.uint64) if pa.types.is_unsigned_integer(values.type) else np.dtype(np.int64)
    plain = pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype(wide)
    limits = np.iinfo(values.type.to_pandas_dtype())
    result = np.clip(rule(plain), limits.min, limits.max).astype(values.type.to_pandas_dtype())
    return pa.array(result, values.type, mask=_nulls(values))


def _floored(plain: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    over: npt.NDArray[Any] = plain % plain.dtype.type(width)
    # Below the type's smallest number there is no start: the smallest number stands for it.
    lowest = np.iinfo(plain.dtype).min
    return np.where(plain < over + lowest, lowest, plain - over)


def _nearest(plain: npt.NDArray[Any], step: int) -> npt.NDArray[Any]:
    unit = plain.dtype.type(step)
    over = plain % unit
    low = _floored(plain, step)
    odd = (low // unit) % plain.dtype.type(2) == 1
    up = (over > unit // 2) | ((over == unit // 2) & odd)
    low_is_told = plain >= over + np.iinfo(plain.dtype).min
    room = plain <= np.iinfo(plain.dtype).max - step
    # Where only one neighbour can be told, it is.
    higher = room & (up | ~low_is_told)
    return np.where(higher, plain + np.where(higher, unit - over, 0).astype(plain.dtype), low)


def _floats(values: pa.Array) -> npt.NDArray[np.float64]:
    filled: npt.NDArray[np.float64] = pc.fill_null(values.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    return filled


def _as_floats(values: pa.Array, result: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(result, pa.float64(), mask=_nulls(values)).cast(values.type)


def _nulls(values: pa.Array) -> npt.NDArray[np.bool_]:
    nulls: npt.NDArray[np.bool_] = values.is_null().to_numpy(zero_copy_only=False)
    return nulls
