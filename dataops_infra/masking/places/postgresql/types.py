"""How values of each type travel: the Arrow type they have in files, and how they are asked for and given back.

What has an Arrow twin travels as that. What has none travels as text: asked for by a cast to ``text``, and given back
by the server's own cast (:attr:`Carriage.is_cast_back`), so that every type there is comes back as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from dataops_infra.masking.places.postgresql.names import identifier

_PLAIN = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "bytea": pa.binary(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}
_IN_ARRAYS = {name: kind for name, kind in _PLAIN.items() if name not in ("bytea", "time", "timestamp", "timestamptz")}
_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "citext", "char"})
_ENCODED_HERE = frozenset({"json", "xml", "jsonb", "numeric"})
"""Of what travels as text, what needs no cast of the server's."""
_MODIFIED = 4
"""Lengths and precisions are stored with four added."""
MOST_DIGITS = 38
NAME_BYTES = 63
STAND_INS: Mapping[str, str] = {
    "json": "{}",
    "jsonb": "{}",
    "xml": "<redacted/>",
    "inet": "0.0.0.0/32",
    "cidr": "0.0.0.0/32",
    "macaddr": "00:00:00:00:00:00",
    "macaddr8": "00:00:00:00:00:00:00:00",
    "numeric": "0",
    "money": "$0.00",
    "interval": "00:00:00",
    "timetz": "00:00:00+00",
    "varbit": "0",
    "tsvector": "",
    "int4range": "empty",
    "int8range": "empty",
    "numrange": "empty",
    "daterange": "empty",
    "tsrange": "empty",
    "tstzrange": "empty",
}
"""A value that tells nothing, of each type in which not every text is one; written as the server does."""


@dataclass(frozen=True)
class TypeFacts:
    """A row of ``pg_type``."""

    oid: int
    name: str
    kind: str
    """``b`` base, ``c`` composite, ``d`` domain, ``e`` enum, ``r`` range, ``m`` multirange."""
    category: str
    base: int
    modifier: int
    element: int
    send: str
    """The function that gives a value's binary form; empty where there is none."""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Carriage:
    """How values of one column travel.

    :param arrow: their type in files.
    :param cast: what they are cast to when they are asked for.
    :param is_cast_back: whether only the server can make their binary form of what is in files.
    :param is_closed: whether not every text is a value.
    :param stand_in: a value that tells nothing.
    :param length: the most characters.
    :param values: all that there are, of types that list them.
    """

    arrow: pa.DataType
    cast: str
    is_cast_back: bool = False
    is_closed: bool = False
    stand_in: str | None = None
    length: int | None = None
    values: tuple[str, ...] = ()
    is_array: bool = False
    send: str = ""
    name: str = ""
    """The type below all domains."""

    def selected(self, column: str) -> str:
        """The expression that asks for it; of numbers with as many places as they like without zeros at their end."""
        asked = identifier(column)
        if self.is_loose_number:
            asked = f"trim_scale({asked}::pg_catalog.numeric)"
        return f"{asked}::{self.cast}"

    @property
    def is_loose_number(self) -> bool:
        """Whether it is a ``numeric`` that Arrow has no type for: each value has its own number of places."""
        return self.name == "numeric" and pa.types.is_string(self.arrow)

    @property
    def sent_as(self) -> str:
        """The type of the column that waits for the server's cast."""
        return self.cast if self.is_array else "pg_catalog.text"


_TEXT = Carriage(pa.string(), "pg_catalog.text")


def carriage(oid: int, modifier: int, types: Mapping[int, TypeFacts]) -> Carriage:
    """How values of the type ``oid`` travel.

    :param modifier: ``atttypmod``, -1 = none.
    """
    facts = types[oid]
    while facts.kind == "d":
        modifier = facts.modifier if modifier < 0 else modifier
        facts = types[facts.base]
    found = _array(facts, types) if facts.category == "A" and facts.element else _scalar(facts, modifier)
    return replace(found, send=facts.send, name=facts.name)


def _scalar(facts: TypeFacts, modifier: int) -> Carriage:
    if facts.kind == "e":
        return replace(_TEXT, is_closed=True, stand_in=next(iter(facts.labels), None), values=facts.labels)
    if facts.name in _PLAIN:
        return Carriage(_PLAIN[facts.name], f"pg_catalog.{facts.name}")
    if facts.name == "uuid":
        return Carriage(pa.uuid(), "pg_catalog.uuid")
    if facts.name in _TEXTS:
        return replace(_TEXT, length=_length(facts.name, modifier))
    if facts.name == "numeric" and (kind := _decimal(modifier)) is not None:
        return Carriage(kind, "pg_catalog.text")
    return replace(
        _TEXT,
        is_cast_back=facts.name not in _ENCODED_HERE,
        is_closed=True,
        stand_in=STAND_INS.get(facts.name),
    )


def _array(facts: TypeFacts, types: Mapping[int, TypeFacts]) -> Carriage:
    item = carriage(facts.element, -1, types)
    if item.name in _IN_ARRAYS:
        return Carriage(pa.list_(_IN_ARRAYS[item.name]), f"pg_catalog.{item.name}[]", is_cast_back=True, is_array=True)
    return Carriage(
        pa.list_(pa.string()),
        "pg_catalog.text[]",
        is_cast_back=True,
        is_closed=item.name not in _TEXTS,
        stand_in=item.stand_in,
        values=item.values,
        is_array=True,
    )


def _length(name: str, modifier: int) -> int | None:
    if name == "char":
        return 1
    if name == "name":
        return NAME_BYTES
    return modifier - _MODIFIED if modifier >= _MODIFIED else None


def _decimal(modifier: int) -> pa.DataType | None:
    """The type of ``numeric(p, s)``; None where Arrow has none, or values have as many places as they like."""
    if modifier < _MODIFIED:
        return None
    precision, scale = (modifier - _MODIFIED) >> 16 & 0xFFFF, ((modifier - _MODIFIED & 0x7FF) ^ 0x400) - 0x400
    return pa.decimal128(precision, scale) if precision <= MOST_DIGITS and 0 <= scale <= precision else None
