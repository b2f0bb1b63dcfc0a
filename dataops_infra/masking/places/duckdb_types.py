"""How values of DuckDB's types travel: the type they are asked for in, and what their column does not take.

Types that Parquet, or the Arrow types that masking knows, cannot hold as they are travel as text and are cast back,
also within lists, structs and maps.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from dataops_infra.masking.catalogue import StatedColumn
from dataops_infra.masking.places.names import identifier
from dataops_infra.masking.places.statements import tells


class Type(Protocol):
    """What the library tells of a type; printed, it is how statements write it."""

    @property
    def id(self) -> str:
        """Its kind."""

    @property
    def children(self) -> Sequence[tuple[str, Any]]:
        """Its parts by their names; of an enumeration its ``values``."""


Limits = Iterator[tuple[str, StatedColumn]]
_AS_TEXT = {
    "bignum": "0",
    "bit": "0",
    "geometry": "POINT EMPTY",
    "hugeint": "0",
    "interval": "00:00:00",
    "time with time zone": "00:00:00+00",
    "uhugeint": "0",
    "union": None,
    "variant": None,
    "varint": "0",
}
"""Types that travel as text, not every text being one of theirs -> a value that tells nothing."""
WIDE = frozenset({"hugeint", "uhugeint"})
WHOLE_NUMBER = "DECIMAL(38,0)"
"""The type in which :data:`WIDE` ones travel where all values have so few digits."""
_ENUM = re.compile(r"\bENUM\((?:'(?:[^']|'')*'(?:, *)?)+\)")
_LABEL = re.compile(r"'((?:[^']|'')*)'")


def asked_for(kind: Type) -> str:
    """The type that values of ``kind`` are cast to when they are read."""
    if kind.id in ("list", "array"):
        children = dict(kind.children)
        size = children["size"] if kind.id == "array" else ""
        return f"{asked_for(children['child'])}[{size}]"
    if kind.id == "struct":
        return f"STRUCT({', '.join(f'{identifier(name)} {asked_for(child)}' for name, child in kind.children)})"
    if kind.id == "map":
        return f"MAP({', '.join(asked_for(child) for _name, child in kind.children)})"
    return "VARCHAR" if kind.id in _AS_TEXT or _is_json(kind) or _names_people(kind) else str(kind)


def limits(path: str, kind: Type) -> Limits:
    """The leaves of the column ``path`` that do not take every value of the type they travel in."""
    if kind.id in ("list", "array"):
        yield from limits(f"{path}[]", dict(kind.children)["child"])
    elif kind.id == "struct":
        for name, child in kind.children:
            yield from limits(f"{path}.{name}", child)
    elif kind.id == "map":
        for name, child in kind.children:
            yield from limits(f"{path}[].{name}", child)
    elif kind.id == "enum":
        if not _names_people(kind):
            labels = tuple(dict(kind.children)["values"])
            yield path, StatedColumn(type="ENUM", is_closed=True, stand_in=labels[0], values=labels)
    elif kind.id in _AS_TEXT:
        yield path, StatedColumn(type=str(kind), is_closed=True, stand_in=_AS_TEXT[kind.id])
    elif _is_json(kind):
        yield path, StatedColumn(type="JSON", is_closed=True, stand_in="{}")


def without_people(statement: str) -> str:
    """``statement`` with texts in place of enumerations whose labels may tell of people: copies have no such type."""
    return _ENUM.sub(lambda found: "VARCHAR" if _any_tells(found.group()) else found.group(), statement)


def _any_tells(enumeration: str) -> bool:
    return any(tells(label.replace("''", "'")) for label in _LABEL.findall(enumeration))


def _is_json(kind: Type) -> bool:
    return bool(str(kind) == "JSON")


def _names_people(kind: Type) -> bool:
    return bool(kind.id == "enum") and any(map(tells, dict(kind.children)["values"]))
