"""From what a contract says of a column to the set of its values, or to what is wrong with it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from dataops_infra.conventions.base import matches_whole, pattern_mistake
from dataops_infra.conventions.documents import nearest
from dataops_infra.masking.detection.names import read_name
from dataops_infra.masking.synth.domains import TEXT, Counted, Domain, Listed, Uuids
from dataops_infra.masking.synth.patterns import PatternError, read_pattern
from dataops_infra.masking.synth.semantics import FORMATS, MEANINGS, meaning
from dataops_infra.masking.synth.specs import ColumnSpec

Say = Callable[[tuple[str | int, ...], str, str], None]
"""(place below the column, what is wrong, what would be right)."""

_INTEGERS: Mapping[str, pa.DataType] = {
    "i8": pa.int8(), "i16": pa.int16(), "i32": pa.int32(), "i64": pa.int64(),
    "u8": pa.uint8(), "u16": pa.uint16(), "u32": pa.uint32(), "u64": pa.uint64(),
    "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "integer": pa.int32(), "bigint": pa.int64(),
}  # fmt: skip
_PHYSICAL: Mapping[str, str] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint", "int64", "long"), "integer"),
    **dict.fromkeys(("decimal", "numeric", "number", "float", "double", "real", "float64"), "number"),
    **dict.fromkeys(("date",), "date"),
    **dict.fromkeys(("timestamp", "timestamptz", "datetime"), "timestamp"),
    **dict.fromkeys(("time",), "time"),
    **dict.fromkeys(("bool", "boolean"), "boolean"),
}
"""Physical type -> logical type, where a contract states no other."""
_DEFAULT_SPAN = 1_000
"""Numbers that a column without limits has."""
_FIRST_DAY, _LAST_DAY = date(2020, 1, 1), date(2025, 12, 31)
_FIRST_BIRTHDAY, _LAST_BIRTHDAY = date(1940, 1, 1), date(2006, 12, 31)
_FEWEST_AGES, _MOST_AGES = 18, 90
_DAYS = date(1970, 1, 1).toordinal()
_MICRO = 1_000_000
_UUID = 36
_LONGEST_CODE = 24
"""Characters of a text that nothing describes, at most, unless it must be longer."""
_LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


@dataclass(frozen=True)
class Values:
    """The values of a column."""

    domain: Domain
    scale: Decimal = Decimal(1)
    """How far a value is from the next, in the column's own unit; of numbers."""
    low: Decimal = Decimal(0)
    """The first value, of numbers."""
    pools: tuple[str, ...] = ()
    is_distinct: bool = True
    """Whether different numbers of the domain give different values."""
    is_run: bool = False
    """Whether the values are whole numbers that nothing limits above: keys count them off."""
    most: int = 0
    """How many of these there are in their type."""


def logical_type(column: ColumnSpec) -> str:
    """The logical type of a column: stated, or that of its physical type, or text."""
    return column.logical_type or _PHYSICAL.get(_base(column.physical_type), "string")


def values_of(column: ColumnSpec, table: str, say: Say) -> Values | None:
    """The values of a column that is neither nested nor a foreign key; None = what is wrong was said."""
    kind = logical_type(column)
    made = _MAKERS.get(kind)
    if made is None:
        say(("logicalType",), f"{column.path}: no rows are made of {kind}", "leave the column out, or make it a string")
        return None
    found = made(column, table, say)
    if column.enumerated:
        return _enumerated(column, kind, found, say)
    return found


def _base(physical: str) -> str:
    return physical.partition("(")[0].strip()


def _arguments(physical: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", physical.partition("(")[2])]


def _integers(column: ColumnSpec, table: str, say: Say) -> Values | None:
    name = column.limits.get("format") or _base(column.physical_type)
    if name in ("i128", "u128"):
        say(("logicalTypeOptions", "format"), f"{column.path}: no rows are made of {name}", "use i64")
        return None
    kind = _INTEGERS.get(name, pa.int64())
    step = _step(column, Decimal(1), say)
    if step is None or step != step.to_integral_value():
        if step is not None:
            say(("logicalTypeOptions", "multipleOf"), f"{column.path}: whole numbers are no multiples of {step}", "")
        return None
    bits = kind.bit_width - pa.types.is_signed_integer(kind)
    widest = Decimal(min(2**bits, 2**62) - 1)
    is_age = read_name(column.path, table).kind == "age" and not column.is_unique
    default = (_FEWEST_AGES, _MOST_AGES) if is_age else (int(column.is_unique or column.key_position is not None), None)
    bounds = _bounds(column, step, say, Decimal(default[0]), None if default[1] is None else Decimal(default[1]))
    if bounds is None:
        return None
    low, high, is_open = bounds
    high = min(high, widest) if is_open else high
    least = -widest - 1 if pa.types.is_signed_integer(kind) else Decimal(0)
    if low < least or high > widest or low > high:
        say(("logicalTypeOptions",), f"{column.path}: {low} to {high} are not all of type {kind}", "narrow the limits")
        return None
    size = int((high - low) / step) + 1
    most = int((widest - low) / step) + 1
    return Values(Counted(kind, int(low), int(step), size), step, low, is_run=is_open, most=most)


def _numbers(column: ColumnSpec, _table: str, say: Say) -> Values | None:
    base, arguments = _base(column.physical_type), _arguments(column.physical_type)
    is_decimal = base in ("decimal", "numeric") and bool(arguments)
    precision, places = (arguments[0], arguments[1] if len(arguments) > 1 else 0) if is_decimal else (15, 2)
    if is_decimal and not (0 < precision <= 38 and 0 <= places <= min(precision, 18)):
        say(("physicalType",), f"{column.path}: no rows are made of {column.physical_type}", "use decimal(18, 2)")
        return None
    step = _step(column, Decimal(1).scaleb(-places), say)
    if step is None:
        return None
    bounds = _bounds(column, step, say, Decimal(0), None)
    if bounds is None:
        return None
    low, high, is_open = bounds
    divisor = 10 ** max(places if is_decimal else 0, -int(step.normalize().as_tuple().exponent), 0)
    if is_decimal and divisor != 10**places:
        say(("logicalTypeOptions", "multipleOf"), f"{column.path}: {step} has more than {places} decimal places", "")
        return None
    most = Decimal(10) ** precision if is_decimal else Decimal(2**53)
    if is_open and low <= (most - 1) / divisor:
        high = min(high, (most - 1) / divisor)
    if max(abs(low), abs(high)) * divisor >= min(most, Decimal(2**62)):
        say(
            ("logicalTypeOptions",), f"{column.path}: {low} to {high} need more digits than its type has", "narrow them"
        )
        return None
    is_single = column.limits.get("format") == "f32" or base in ("float", "real")
    kind = pa.decimal128(precision, places) if is_decimal else pa.float32() if is_single else pa.float64()
    size = int((high - low) / step) + 1
    return Values(Counted(kind, int(low * divisor), int(step * divisor), size, divisor), step, low)


def _dates(column: ColumnSpec, table: str, say: Say) -> Values | None:
    is_birthday = read_name(column.path, table).kind == "birth_date"
    first, last = (_FIRST_BIRTHDAY, _LAST_BIRTHDAY) if is_birthday else (_FIRST_DAY, _LAST_DAY)
    return _moments(column, say, pa.date32(), _days,
                    (first.toordinal() - _DAYS, last.toordinal() - _DAYS), 1)  # fmt: skip


def _timestamps(column: ColumnSpec, _table: str, say: Say) -> Values | None:
    kind = pa.timestamp("us", "UTC") if column.limits.get("timezone") else pa.timestamp("us")
    first, last = (_micros(f"{day}T{hour}") for day, hour in ((_FIRST_DAY, "00:00:00"), (_LAST_DAY, "23:59:59")))
    return _moments(column, say, kind, _micros, (first, last), _MICRO)


def _times(column: ColumnSpec, _table: str, say: Say) -> Values | None:
    return _moments(column, say, pa.time64("us"), _time_of_day, (0, 86_399 * _MICRO), _MICRO)


def _days(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _DAYS


def _time_of_day(text: str) -> int:
    found = time.fromisoformat(text)
    return ((found.hour * 60 + found.minute) * 60 + found.second) * _MICRO + found.microsecond


def _micros(text: str) -> int:
    found = datetime.fromisoformat(text)
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    past = found - datetime(1970, 1, 1, tzinfo=UTC)
    return (past.days * 86_400 + past.seconds) * _MICRO + past.microseconds


def _moments(
    column: ColumnSpec, say: Say, kind: pa.DataType, read: Callable[[str], int], default: tuple[int, int], step: int
) -> Values | None:
    """Days, times or timestamps, as whole numbers of their unit."""
    found: dict[str, Decimal] = {}
    for name in _LIMITS:
        if name in column.limits:
            try:
                found[name] = Decimal(read(str(column.limits[name])))
            except ValueError:
                said = f"{column.path}: {name} {column.limits[name]!r} is no {logical_type(column)}"
                say(("logicalTypeOptions", name), said, "write it as ISO 8601 does: 2026-01-31, 2026-01-31T12:00:00Z")
                return None
    span = default[1] - default[0]
    limits = _cut(column, found, Decimal(step), say, Decimal(default[0]), Decimal(default[1]), Decimal(span))
    if limits is None:
        return None
    low, high, _ = limits
    return Values(Counted(kind, int(low), step, int((high - low) / step) + 1))


def _booleans(_column: ColumnSpec, _table: str, _say: Say) -> Values:
    return Values(Listed(pa.array([False, True])))


def _texts(column: ColumnSpec, table: str, say: Say) -> Values | None:
    limits = column.limits
    base, arguments = _base(column.physical_type), _arguments(column.physical_type)
    shortest, longest = int(limits.get("minLength") or 0), limits.get("maxLength")
    if base in ("varchar", "char", "character varying", "nvarchar", "character", "string") and arguments:
        longest = arguments[0] if longest is None else min(int(longest), arguments[0])
    if longest is not None and shortest > longest:
        hint = "lower minLength, or allow longer texts"
        say(("logicalTypeOptions",), f"{column.path}: at least {shortest} characters, and at most {longest}", hint)
        return None
    if column.enumerated:
        return Values(Listed(pa.array([], TEXT)))
    if limits.get("pattern") is not None:
        return _matching(column, str(limits["pattern"]), shortest, longest, say)
    return _meant(column, table, shortest, longest, say)


def _matching(column: ColumnSpec, text: str, shortest: int, longest: int | None, say: Say) -> Values | None:
    at = ("logicalTypeOptions", "pattern")
    try:
        pattern = read_pattern(text, shortest, longest)
    except PatternError as error:
        say(at, f"{column.path}: no text is made of this pattern: {error}", "")
        return None
    if pattern_mistake(text) is not None:
        say(at, f"{column.path}: the pattern is none: {pattern_mistake(text)}", "")
        return None
    return Values(pattern, is_distinct=pattern.is_distinct)


def _meant(column: ColumnSpec, table: str, shortest: int, longest: int | None, say: Say) -> Values | None:
    """What is stated as meaning or format; else what the name says, as far as it fits; else a code of letters."""
    stated = column.synthetic.meaning
    if stated is not None and stated != "uuid" and stated not in MEANINGS:
        say(("customProperties",), f"{column.path}: {stated!r} is no meaning", nearest(stated, (*MEANINGS, "uuid")))
        return None
    written = column.limits.get("format")
    wanted = stated or FORMATS.get(str(written), "uuid" if written == "uuid" else None)
    if wanted is None:
        reading = read_name(column.path, table)
        guessed = reading.kind if reading.is_certain and reading.kind in MEANINGS else None
        is_key = column.is_unique or column.key_position is not None
        wanted = guessed or ("uuid" if is_key and (longest is None or longest >= _UUID) else None)
        if wanted is not None and not _fits(wanted, shortest, longest):
            wanted = None
    elif not _fits(wanted, shortest, longest):
        said = f"{column.path}: {wanted} has up to {_length(wanted)} characters"
        say(("logicalTypeOptions",), said, f"allow from 1 to {_length(wanted)} of them")
        return None
    if wanted == "uuid":
        return Values(Uuids())
    if wanted is not None:
        found = meaning(wanted)
        return Values(found, pools=found.pools)
    most = max(shortest, min(_LONGEST_CODE, longest if longest is not None else max(12, shortest)))
    least = max(shortest, min(6, most))
    return Values(read_pattern(f"[a-z]{{{least},{most}}}" if most else ""))


def _fits(name: str, shortest: int, longest: int | None) -> bool:
    return shortest <= (_UUID if name == "uuid" else 1) and (longest is None or _length(name) <= longest)


def _length(name: str) -> int:
    return _UUID if name == "uuid" else meaning(name).longest


def _step(column: ColumnSpec, default: Decimal, say: Say) -> Decimal | None:
    stated = _decimal(column.limits.get("multipleOf"))
    if stated is None:
        return default
    if stated <= 0:
        say(("logicalTypeOptions", "multipleOf"), f"{column.path}: multipleOf must be above 0", "")
        return None
    return stated


def _decimal(stated: Any) -> Decimal | None:
    try:
        return None if stated is None or isinstance(stated, bool) else Decimal(str(stated))
    except InvalidOperation:
        return None


def _bounds(
    column: ColumnSpec, step: Decimal, say: Say, low: Decimal, high: Decimal | None
) -> tuple[Decimal, Decimal, bool] | None:
    found = {name: value for name in _LIMITS if (value := _decimal(column.limits.get(name))) is not None}
    return _cut(column, found, step, say, low, high, (_DEFAULT_SPAN - 1) * step)


def _cut(
    column: ColumnSpec, found: Mapping[str, Decimal], step: Decimal, say: Say,
    low: Decimal, high: Decimal | None, span: Decimal,
) -> tuple[Decimal, Decimal, bool] | None:  # fmt: skip
    """First and last multiple of ``step`` within the limits, and whether nothing limits them above."""
    lows = [found["minimum"]] if "minimum" in found else []
    highs = [found["maximum"]] if "maximum" in found else []
    lows += [_next(found["exclusiveMinimum"], step)] if "exclusiveMinimum" in found else []
    highs += [-_next(-found["exclusiveMaximum"], step)] if "exclusiveMaximum" in found else []
    is_open = not highs and high is None
    first = max(lows) if lows else low if not highs or low <= min(highs) else min(highs) - span
    last = min(highs) if highs else high if high is not None and high >= first else first + span
    first = (first / step).to_integral_value(ROUND_CEILING) * step
    last = (last / step).to_integral_value(ROUND_FLOOR) * step
    if first > last:
        shown = ", ".join(f"{name} {column.limits[name]}" for name in (*_LIMITS, "multipleOf") if name in column.limits)
        say(("logicalTypeOptions",), f"{column.path}: no value lies between its limits ({shown})", "widen them")
        return None
    return first, last, is_open


def _next(bound: Decimal, step: Decimal) -> Decimal:
    """The first multiple of ``step`` above ``bound``."""
    return ((bound / step).to_integral_value(ROUND_FLOOR) + 1) * step


def _enumerated(column: ColumnSpec, kind: str, limits: Values | None, say: Say) -> Values | None:
    if limits is None:
        return None
    wrong = [value for value in column.enumerated if not _is_legal(column, kind, value)]
    if wrong:
        shown = ", ".join(map(repr, wrong[:3]))
        say(("enum",), f"{column.path}: {shown} in enum is not what its type and limits allow", "mend either of them")
        return None
    return Values(Listed(_as_array(limits.domain.type, kind, column.enumerated)))


def _as_array(target: pa.DataType, kind: str, values: Sequence[Any]) -> pa.Array:
    """What a contract lists, as values of a column's type."""
    if kind in _READERS:
        found = [_READERS[kind](str(value)) for value in values]
        return pa.array(found, pa.int32() if pa.types.is_date32(target) else pa.int64()).cast(target)
    if pa.types.is_decimal(target):
        return pa.array([Decimal(str(value)) for value in values]).cast(target)
    return pa.array(list(values)).cast(target)


def _is_legal(column: ColumnSpec, kind: str, value: Any) -> bool:
    limits = column.limits
    if kind == "string":
        pattern, text = limits.get("pattern"), str(value)
        longest = limits.get("maxLength")
        fits = int(limits.get("minLength") or 0) <= len(text) <= (len(text) if longest is None else int(longest))
        return isinstance(value, str) and fits and (pattern is None or matches_whole(str(pattern), text))
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "number"):
        number = _decimal(value)
        is_kind = number is not None and not isinstance(value, str) and (kind == "number" or number == int(number))
        return is_kind and number is not None and _lies_within(number, limits, _decimal)
    try:
        return _lies_within(_READERS[kind](str(value)), limits, lambda stated: _READERS[kind](str(stated)))
    except ValueError:
        return False


def _lies_within(value: Any, limits: Mapping[str, Any], read: Callable[[Any], Any]) -> bool:
    return bool(
        ("minimum" not in limits or value >= read(limits["minimum"]))
        and ("maximum" not in limits or value <= read(limits["maximum"]))
        and ("exclusiveMinimum" not in limits or value > read(limits["exclusiveMinimum"]))
        and ("exclusiveMaximum" not in limits or value < read(limits["exclusiveMaximum"]))
    )


_READERS: Mapping[str, Callable[[str], int]] = {
    "date": _days,
    "timestamp": _micros,
    "time": _time_of_day,
}
_MAKERS: Mapping[str, Callable[[ColumnSpec, str, Say], Values | None]] = {
    "integer": _integers,
    "number": _numbers,
    "date": _dates,
    "timestamp": _timestamps,
    "time": _times,
    "boolean": _booleans,
    "string": _texts,
}
