"""How a group's values of one column are told: one number, date or text for all of them.

What is told lies between the lower and the upper quartile of the group, so that outliers leave no trace, and is the
roundest value there: 35 for ages from 31 to 38. Texts are told as a beginning (`902**`), a range (`30-39`) or a set
(`{Bonn,Köln}`); a text that fewer than k rows of the whole table hold is never printed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.anonymity.axes import (
    MINUS_INFINITY,
    NOT_A_NUMBER,
    ORDINARY,
    PLUS_INFINITY,
    Axis,
    Scale,
    is_day,
)
from dataops_infra.masking.anonymity.groups import Codes, Integers, changes
from dataops_infra.masking.anonymity.roundest import roundest_day, roundest_float, roundest_instant, roundest_integer
from dataops_infra.masking.anonymity.rules import ANYTHING

MAXIMUM_LISTED = 8
"""A set of more texts is told as their common beginning, or not at all."""


@dataclass(frozen=True)
class Bands:
    """What the values of each group span in one column, as codes (g,)."""

    low: Integers
    lower_quartile: Integers
    median: Integers
    upper_quartile: Integers
    high: Integers


def bands_of(groups: Integers, codes: Codes, rows: Integers) -> Bands:
    """The bands of all groups.

    :param groups: group of each entry, numbers from 0, none left out.
    :param codes: the entries' codes.
    :param rows: how many rows each entry stands for.
    """
    order = np.argsort(groups * (int(codes.max(initial=0)) + 1) + codes)
    groups, held, cumulated = groups[order], codes[order].astype(np.int64), np.cumsum(rows[order])
    firsts = np.flatnonzero(changes(groups))
    ends = np.append(firsts[1:], len(groups))[: len(firsts)] - 1
    before = np.concatenate([[0], cumulated[ends][:-1]])[: len(firsts)]
    sizes = cumulated[ends] - before

    def quantile(quarters: int) -> Integers:
        place = np.searchsorted(cumulated, before + -(-sizes * quarters // 4))
        return np.asarray(held[place], np.int64)

    return Bands(held[firsts], quantile(1), quantile(2), quantile(3), held[ends])


def tell(axis: Axis, bands: Bands, k: int) -> pa.Array:
    """One value of the axis's type per band; a band of values that have no neighbours is told as it is."""
    kind = axis.values.type
    ordinary = bands.low >= ORDINARY
    told = axis.values.take(pa.array([], pa.int64()))
    if ordinary.any():
        told = _tell_ordinary(axis, _chosen(bands, ordinary), k)
    places = np.where(ordinary, np.cumsum(ordinary) - 1, len(told) + bands.low)
    specials: list[float | None] = [None] * ORDINARY
    if pa.types.is_floating(kind):
        specials[NOT_A_NUMBER], specials[MINUS_INFINITY], specials[PLUS_INFINITY] = np.nan, -np.inf, np.inf
    return pa.concat_arrays([told, pa.array(specials, kind, from_pandas=False)]).take(pa.array(places))


def _chosen(bands: Bands, ordinary: npt.NDArray[np.bool_]) -> Bands:
    # Places on the axis from here on.
    return Bands(
        bands.low[ordinary] - ORDINARY,
        bands.lower_quartile[ordinary] - ORDINARY,
        bands.median[ordinary] - ORDINARY,
        bands.upper_quartile[ordinary] - ORDINARY,
        bands.high[ordinary] - ORDINARY,
    )


def _tell_ordinary(axis: Axis, bands: Bands, k: int) -> pa.Array:
    if axis.scale is Scale.OPAQUE:
        return axis.values.take(pa.array(bands.median))
    if axis.scale is Scale.DAY_TEXT:
        return _tell_day_texts(axis, bands)
    if axis.ticks is None:
        return _tell_texts(axis, bands, k)
    low, high = axis.ticks[bands.lower_quartile], axis.ticks[bands.upper_quartile]
    kind = axis.values.type
    if axis.scale is Scale.INSTANT:
        return pa.array(roundest_instant(low, high, kind.unit), pa.int64()).view(kind)
    if axis.scale is Scale.DAY:
        return pa.array(roundest_day(low, high), pa.int64()).cast(pa.int32()).view(pa.date32()).cast(kind)
    if pa.types.is_floating(kind):
        return pa.array(roundest_float(low, high), pa.float64()).cast(kind)
    if pa.types.is_decimal(kind):
        return _decimals(roundest_integer(low, high), kind)
    return pa.array(roundest_integer(low, high)).cast(kind)


def _decimals(numbers: Integers, kind: pa.DataType) -> pa.Array:
    halves = np.stack([numbers, numbers >> 63], axis=1)  # the upper half repeats the sign
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(halves.tobytes())])


def _tell_day_texts(axis: Axis, bands: Bands) -> pa.Array:
    """As of dates, and in their notation; a band in which some texts are none tells nothing."""
    days = np.array([text if is_day(text) else "NaT" for text in axis.values.to_pylist()], "datetime64[D]")
    ticks = np.where(np.isnat(days), 0, days.astype(np.int64))
    told = roundest_day(ticks[bands.lower_quartile], ticks[bands.upper_quartile])
    texts = np.where(np.isnat(days[bands.high]), ANYTHING, told.astype("datetime64[D]").astype(str))
    return pc.if_else(
        pa.array(bands.low == bands.high), axis.values.take(pa.array(bands.low)), pa.array(texts, axis.values.type)
    )


def _tell_texts(axis: Axis, bands: Bands, k: int) -> pa.Array:
    texts: list[str] = axis.values.to_pylist()
    tellers: dict[Scale, Callable[[int, int], str]] = {
        Scale.NUMERAL: lambda low, high: _range(int(texts[low]), int(texts[high])),
        Scale.CODE: lambda low, high: _beginning(texts[low], texts[high]),
        Scale.CATEGORY: lambda low, high: _set(axis, texts, low, high, k),
    }
    teller = tellers[axis.scale]
    pairs, which = np.unique(np.stack([bands.low, bands.high]), axis=1, return_inverse=True)
    told = [texts[low] if low == high else teller(int(low), int(high)) for low, high in pairs.T]
    return pa.array(told, axis.values.type).take(pa.array(which.reshape(-1)))


def _range(low: int, high: int) -> str:
    """Whole steps of 1, 2 or 5 times a power of ten around both, at least a quarter as wide: neither is told."""
    if low == high:  # written differently, such as 7 and 07
        return str(low)
    quarter, step = (high - low + 4) // 4, 1
    while step < quarter:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return f"{low // step * step}-{high // step * step + step - 1}"


def _beginning(first: str, last: str) -> str:
    """What two texts begin with, the rest as `*`; so begins all that lies between them."""
    shared = _shared(first, last)
    return first[:shared] + ANYTHING * (len(first) - shared if len(first) == len(last) else 1)


def _shared(first: str, last: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))


def _set(axis: Axis, texts: list[str], low: int, high: int, k: int) -> str:
    members = range(low, high + 1)
    if axis.ancestors:
        return _lowest_ancestor(axis, [texts[at] for at in members])
    if len(members) <= MAXIMUM_LISTED:
        common = sorted(texts[at] for at in members if axis.rows[at] >= k)
        rare = [ANYTHING] if len(common) < len(members) else []
        return "{" + ",".join([*common, *rare]) + "}" if common else ANYTHING
    begin = min(texts[at] for at in members), max(texts[at] for at in members)
    return begin[0][: _shared(*begin)] + ANYTHING


def _lowest_ancestor(axis: Axis, texts: list[str]) -> str:
    shared = [set(axis.ancestors.get(text, ())) for text in texts]
    common = set.intersection(*shared)
    return next((name for name in axis.ancestors.get(texts[0], ()) if name in common), ANYTHING)
