"""Puts the distinct values of a column in an order, and turns values into their places in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.anonymity.groups import Floats, Integers
from dataops_infra.masking.anonymity.rules import Generalise, Order

NULL, NOT_A_NUMBER, MINUS_INFINITY, PLUS_INFINITY = range(4)
"""Codes of values that have no neighbours: they are told as they are, or not at all."""
ORDINARY = 4
"""Code of the smallest ordinary value."""
UNKNOWN = -1
"""Code of a value that the axis was not made for."""
CODE_LENGTH = 4
"""Digits from which texts of one length are codes such as postcodes and years, not numbers such as ages."""
MOST_DAYS = 0.9
"""Share of a column's distinct texts that are dates, above which it is a column of dates."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
NUMERAL_DIGITS = 18
"""Digits that an int64 holds."""


class Scale(Enum):
    """What neighbours on an axis have in common, which is how a band of them is told."""

    NUMBER = "number"
    DAY = "day"
    INSTANT = "instant"
    NUMERAL = "numeral"
    """Texts that are whole numbers."""
    DAY_TEXT = "day text"
    """Texts most of which are ISO dates; those that are none come last."""
    CODE = "code"
    """Texts with digits that are no numbers, or all of one length: neighbours share a beginning."""
    CATEGORY = "category"
    """Texts by falling frequency, by the alphabet or by what they are part of."""
    OPAQUE = "opaque"
    """Values with an order, and no more."""


@dataclass(frozen=True)
class Axis:
    """One column's distinct ordinary values in order."""

    scale: Scale
    values: pa.Array
    """The values themselves, in order."""
    rows: Integers
    """How many rows hold each."""
    ticks: npt.NDArray[Any] | None
    """The same as rising numbers (int64, uint64 or float64); None where values are looked up by hash."""
    ancestors: Mapping[str, tuple[str, ...]]
    """Text -> what it is part of, nearest first."""

    @property
    def size(self) -> int:
        """Codes are below this."""
        return len(self.values) + ORDINARY

    def encode(self, values: pa.Array) -> Integers:
        """The code of each value: its place from :data:`ORDINARY` on, or one of the others."""
        nulls = values.is_null().to_numpy(zero_copy_only=False)
        if self.ticks is None:
            found = pc.index_in(values, value_set=self.values, skip_nulls=True)
            codes: Integers = pc.fill_null(found, UNKNOWN - ORDINARY).to_numpy(zero_copy_only=False).astype(np.int64)
            codes += ORDINARY
        else:
            codes = _encode_ticks(self.ticks, values)
        codes[nulls] = NULL
        return codes


def _encode_ticks(axis: npt.NDArray[Any], values: pa.Array) -> Integers:
    ticks = _ticks(values)
    assert ticks is not None
    places = np.searchsorted(axis, ticks)
    known = places < len(axis)
    known[known] = axis[places[known]] == ticks[known]
    codes = np.where(known, places + ORDINARY, UNKNOWN)
    if ticks.dtype.kind == "f":
        codes[np.isnan(ticks)] = NOT_A_NUMBER
        codes[np.isneginf(ticks)] = MINUS_INFINITY
        codes[np.isposinf(ticks)] = PLUS_INFINITY
    return codes


def make_axis(values: pa.Array, rows: Integers, options: Generalise) -> Axis:
    """The axis of a column.

    :param values: its distinct values, in any order, nulls and NaN among them.
    :param rows: how many rows hold each.
    """
    ordinary = values.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_floating(values.type):
        ordinary &= pc.fill_null(pc.is_finite(values), False).to_numpy(zero_copy_only=False)
    values, rows = values.filter(pa.array(ordinary)), rows[ordinary]
    if pa.types.is_large_string(values.type):
        return _text_axis(values, rows, options)
    ticks = _ticks(values)
    if ticks is None:
        order = pc.array_sort_indices(values).to_numpy()
        return Axis(Scale.OPAQUE, values.take(pa.array(order)), rows[order], None, {})
    order = np.argsort(ticks, kind="stable")
    return Axis(_scale(values.type), values.take(pa.array(order)), rows[order], ticks[order], {})


def _scale(kind: pa.DataType) -> Scale:
    if pa.types.is_timestamp(kind):
        return Scale.INSTANT
    return Scale.DAY if pa.types.is_date(kind) else Scale.NUMBER


def _ticks(values: pa.Array) -> npt.NDArray[Any] | None:
    """The values as numbers in the same order, anything where nulls stand; None for types that are looked up."""
    kind = values.type
    if pa.types.is_date(kind):
        values = values.cast(pa.date32()).view(pa.int32())
    elif pa.types.is_timestamp(kind):
        values = values.view(pa.int64())
    elif pa.types.is_decimal128(kind) and kind.precision <= NUMERAL_DIGITS:
        return unscaled(values)
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    plain: npt.NDArray[Any] = pc.fill_null(values, 0).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(kind):
        floats: Floats = plain.astype(np.float64) + 0.0  # -0.0 and 0.0 are one number
        return floats
    return plain.astype(np.uint64 if plain.dtype.kind == "u" else np.int64)


def unscaled(values: pa.Array) -> Integers:
    """Decimals of at most 18 digits as whole numbers of their last place, 0 where nulls stand."""
    halves = np.frombuffer(values.buffers()[1] or b"", np.int64).reshape(-1, 2)
    numbers = halves[values.offset : values.offset + len(values), 0].copy()
    numbers[values.is_null().to_numpy(zero_copy_only=False)] = 0
    return numbers


def _text_axis(values: pa.Array, rows: Integers, options: Generalise) -> Axis:
    texts: list[str] = values.to_pylist()
    scale = _text_scale(texts, options)
    if options.hierarchy:
        order = sorted(range(len(texts)), key=lambda at: (_path(texts[at], options.hierarchy), texts[at]))
    elif scale is Scale.DAY_TEXT:
        order = sorted(range(len(texts)), key=lambda at: (not is_day(texts[at]), texts[at]))
    elif scale is Scale.NUMERAL:
        order = sorted(range(len(texts)), key=lambda at: (int(texts[at]), texts[at]))
    elif scale is Scale.CODE or options.order is Order.ALPHABETICAL:
        order = sorted(range(len(texts)), key=texts.__getitem__)
    else:
        order = sorted(range(len(texts)), key=lambda at: (-rows[at], texts[at]))
    places = np.array(order, np.int64)
    return Axis(scale, values.take(pa.array(places)), rows[places], None, options.hierarchy)


def _path(text: str, ancestors: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(reversed(ancestors.get(text, ())))


def _are_codes(texts: Sequence[str]) -> bool:
    """Whether all hold a digit, as postcodes of several lengths do: neighbours by the alphabet share a beginning."""
    return all(re.search(r"[0-9]", text) for text in texts)


def _text_scale(texts: Sequence[str], options: Generalise) -> Scale:
    if options.hierarchy or options.order is not None or not texts:
        return Scale.CATEGORY
    if sum(map(is_day, texts)) > len(texts) * MOST_DAYS:
        return Scale.DAY_TEXT
    lengths = {len(text) for text in texts}
    digits = all(re.fullmatch(r"-?[0-9]+", text, re.ASCII) for text in texts)
    one_length = len(lengths) == 1 and max(lengths) >= CODE_LENGTH
    if one_length and _are_codes(texts):
        return Scale.CODE
    if digits and max(lengths) <= NUMERAL_DIGITS:
        return Scale.NUMERAL
    return Scale.CODE if _are_codes(texts) else Scale.CATEGORY


def is_day(text: str) -> bool:
    """Whether a text is a day as ISO 8601 writes it: ``1987-05-12``."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
