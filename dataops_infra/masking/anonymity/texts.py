"""Fixed rules for texts: prefixes, and numbers and dates that are written as text."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.anonymity.periods import Period

ANYTHING = "*"
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_TIME = (
    r"^(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"(?:(?P<gap>[T ])(?P<hour>[0-9]{2})(?P<rest>:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
"""ISO 8601, with a blank for the T if need be."""
_CONTEXT = Context(prec=100)


def prefix(values: pa.Array, characters: int) -> pa.Array:
    """The first characters, the others as `*`; of a text that has no more than those nothing is told."""
    lengths = pc.utf8_length(values)
    kept = pc.utf8_slice_codeunits(values, 0, characters)
    # RE2's dot leaves out line ends, which are characters like others here.
    hidden = pc.replace_substring_regex(pc.utf8_slice_codeunits(values, characters), r"(?s).", ANYTHING)
    long = pc.binary_join_element_wise(kept, hidden, pa.scalar("", pa.large_string()))
    short = pc.replace_substring_regex(values, r"(?s).", ANYTHING)
    return pc.if_else(pc.greater(lengths, characters), long, short)


def band(values: pa.Array, width: int) -> pa.Array:
    """Numbers as text, told as the whole numbers of their band: `37` → `30-39`."""

    def told(number: Decimal) -> str:
        start = int((number / width).to_integral_value("ROUND_FLOOR", _CONTEXT)) * width
        return str(start) if width == 1 else f"{start}-{start + width - 1}"

    return _numbers(values, told)


def rounded(values: pa.Array, places: int) -> pa.Array:
    """Numbers as text with so many decimal places, halves to even."""
    step = Decimal(1).scaleb(-places)

    def told(number: Decimal) -> str:
        whole = _CONTEXT.divide(number, step).to_integral_value(ROUND_HALF_EVEN, _CONTEXT)
        return f"{_CONTEXT.multiply(whole, step):.{max(places, 0)}f}"

    return _numbers(values, told)


def cap(values: pa.Array, ruled: pa.Array, bottom: Any, top: Any) -> pa.Array:
    """`90+` and `17-` for numbers as text beyond the caps; without caps all stay as they are ruled."""
    if bottom is None and top is None:
        return ruled
    coded = values.dictionary_encode()
    low = None if bottom is None else Decimal(str(bottom))
    high = None if top is None else Decimal(str(top))
    caps = [_cap(text, low, high) for text in coded.dictionary.to_pylist()]
    capped = pa.array(caps, pa.large_string()).take(coded.indices)
    return pc.coalesce(capped, ruled)


def start_of_period(values: pa.Array, period: Period) -> pa.Array:
    """ISO dates and times as text, as the start of their period in the same form: `1987-05-12` → `1987-01-01`."""
    parts = pc.extract_regex(values, _TIME)
    part = {field.name: parts.field(position) for position, field in enumerate(parts.type)}
    year, month, day, hour = part["year"], part["month"], pa.scalar("01", pa.large_string()), "00"
    if period is Period.DECADE:
        year = pc.binary_join_element_wise(pc.utf8_slice_codeunits(year, 0, 3), _text("0"), _text(""))
    if period in (Period.DECADE, Period.YEAR):
        month = _text("01")
    elif period is Period.QUARTER:
        for first, months in (("01", "0[123]"), ("04", "0[456]"), ("07", "0[789]"), ("10", "1[012]")):
            month = pc.replace_substring_regex(month, f"^{months}$", first)
    hours: Any = _text(hour)
    if period is Period.HOUR:
        day, hours = part["day"], part["hour"]
    zeros = pc.replace_substring_regex(part["rest"], "[0-9]", "0")
    shown = pc.if_else(
        pc.equal(part["gap"], ""),
        pc.binary_join_element_wise(year, month, day, _text("-")),
        pc.binary_join_element_wise(
            pc.binary_join_element_wise(year, month, day, _text("-")),
            part["gap"],
            hours,
            zeros,
            part["zone"],
            _text(""),
        ),
    )
    # Years 0000 to 0009 are no dates to many readers: their decade starts with year 1.
    shown = pc.replace_substring_regex(shown, "^0000", "0001")
    hidden = pc.invert(parts.is_valid())
    if period is Period.HOUR:  # written without a time, it would be the day itself
        hidden = pc.or_(hidden, pc.equal(part["gap"], ""))
    told = pc.if_else(hidden, _text(ANYTHING), shown)
    return pc.if_else(pc.is_valid(values), told, pa.scalar(None, pa.large_string()))


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())


def number(text: str | None) -> Decimal | None:
    """The number that a text writes down; None = it is no plain number."""
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def _numbers(values: pa.Array, told: Callable[[Decimal], str]) -> pa.Array:
    # Only the distinct texts are looked at one by one.
    coded = values.dictionary_encode()
    results = [
        None if text is None else ANYTHING if (value := number(text)) is None else told(value)
        for text in coded.dictionary.to_pylist()
    ]
    return pa.array(results, pa.large_string()).take(coded.indices)


def _cap(text: str | None, low: Decimal | None, high: Decimal | None) -> str | None:
    value = number(text)
    if value is None:
        return None if text is None else ANYTHING
    if high is not None and value >= high:
        return f"{high}+"
    return f"{low}-" if low is not None and value <= low else None
