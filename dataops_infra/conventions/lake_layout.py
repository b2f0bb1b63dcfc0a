"""The grammar of paths in the lake: ``lake.layout`` parsed once, then paths read and built by it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator

from dataops_infra.conventions.base import Model, refusal, text
from dataops_infra.conventions.tags import NO_ZONE
from dataops_infra.errors import InvalidInputError

DEFAULT_LAYOUT = "{zone}/{domain}/{dataset}/v{version:int}/dt={date}"
DEFAULT_ZONES = ("raw", "staged", "curated", "quarantine", "sandbox", "logs")

Value = str | int | date
"""What a placeholder holds."""

ZONE_PLACEHOLDER = "zone"
_PATTERNS = {
    "str": r"[a-z0-9][a-z0-9_-]*",
    "int": r"0|[1-9][0-9]{0,17}",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
"""Type of a placeholder -> what its text looks like; one value has one text, so that paths map one to one."""
_EXPECTED = {
    "str": "lowercase letters, digits, hyphens and underscores that begin with a letter or digit",
    "int": "a whole number without leading zeros",
    "date": "a date as YYYY-MM-DD",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FIELD = re.compile(r"([a-z][a-z0-9_]*)(?::([a-z]+))?")
_LITERAL = re.compile(r"[A-Za-z0-9_.=+@-]*")
_BOUNDARY = re.compile(r"[^a-z0-9_-]")
"""What no text value can hold: it must stand between two placeholders of one folder."""


@dataclass(frozen=True)
class Placeholder:
    """``{name}`` or ``{name:type}`` in a layout; type is str, int or date."""

    name: str
    type: str

    def read(self, written: str) -> Value:
        """The value that ``written`` stands for; raises ValueError when it is none."""
        if not re.fullmatch(_PATTERNS[self.type], written):
            raise ValueError(written)
        if self.type == "int":
            return int(written)
        return date.fromisoformat(written) if self.type == "date" else written

    def write(self, value: Value) -> str:
        """The text of ``value``; raises ValueError when no path can hold it."""
        written = value.isoformat() if isinstance(value, date) else str(value)
        if self.read(written) != value:
            raise ValueError(value)
        return written

    @property
    def expected(self) -> str:
        """What its text looks like, in words."""
        return _EXPECTED[self.type]


@dataclass(frozen=True)
class Folder:
    """One level of a layout: literal texts and placeholders in turn."""

    parts: tuple[str | Placeholder, ...]

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile("".join(re.escape(p) if isinstance(p, str) else f"(?P<{p.name}>.+)" for p in self.parts))

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """The placeholders of this level."""
        return tuple(part for part in self.parts if isinstance(part, Placeholder))

    def read(self, written: str) -> dict[str, Value]:
        """The values in the folder name ``written``; raises InvalidInputError when it does not follow the grammar."""
        match = self._expression.fullmatch(written)
        if match is None:
            raise InvalidInputError("path", f"a folder such as {self}", written)
        return {part.name: _or_refuse(part, match[part.name]) for part in self.placeholders}

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else f"{{{part.name}}}" for part in self.parts)


def _or_refuse(part: Placeholder, written: str) -> Value:
    try:
        return part.read(written)
    except ValueError:
        raise InvalidInputError(part.name, part.expected, written) from None


@dataclass(frozen=True)
class LakePath:
    """A path of the lake, read: the values of its placeholders, and what lies below the last folder of the layout."""

    values: Mapping[str, Value]
    rest: str = ""

    @property
    def zone(self) -> str:
        """The zone."""
        return str(self.values[ZONE_PLACEHOLDER])


@dataclass(frozen=True)
class LakeLayout:
    """A parsed layout: one :class:`Folder` per level."""

    folders: tuple[Folder, ...]

    @classmethod
    def parse(cls, layout: str) -> Self:
        """Read a layout such as ``{zone}/{domain}/{dataset}/v{version:int}/dt={date}``.

        :raises InvalidInputError: the layout is not one, or does not name the zone.
        """
        folders = tuple(_parse_folder(folder, layout) for folder in layout.split("/"))
        names = [part.name for folder in folders for part in folder.placeholders]
        for name in names:
            if names.count(name) > 1:
                raise InvalidInputError("layout", f"placeholder {{{name}}} once", layout)
        if ZONE_PLACEHOLDER not in names:
            raise InvalidInputError("layout", "the placeholder {zone} somewhere", layout)
        return cls(folders)

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """All placeholders in the order of the path."""
        return tuple(part for folder in self.folders for part in folder.placeholders)

    def read(self, path: str) -> LakePath:
        """The values in ``path``, which may go on below the layout's last folder.

        :raises InvalidInputError: it is too short, or a folder does not follow the grammar.
        """
        written = path.removeprefix("/").split("/")
        if len(written) < len(self.folders) or not all(written[: len(self.folders)]):
            raise InvalidInputError("path", f"at least the folders {self}", path)
        values: dict[str, Value] = {}
        for folder, name in zip(self.folders, written, strict=False):
            values.update(folder.read(name))
        return LakePath(values, "/".join(written[len(self.folders) :]))

    def build(self, values: Mapping[str, Value]) -> str:
        """The path of ``values``, without slashes at its ends.

        :raises InvalidInputError: a value is missing, unknown to the layout, or cannot stand in a path (all at once).
        """
        mistakes = [
            InvalidInputError(name, f"a placeholder of {self}", values[name])
            for name in values
            if name not in {part.name for part in self.placeholders}
        ]
        written: dict[str, str] = {}
        for part in self.placeholders:
            try:
                written[part.name] = part.write(values[part.name])
            except (KeyError, ValueError):
                mistakes.append(InvalidInputError(part.name, part.expected, values.get(part.name)))
        if mistakes:
            raise InvalidInputError.all(mistakes)
        return "/".join(
            "".join(part if isinstance(part, str) else written[part.name] for part in folder.parts)
            for folder in self.folders
        )

    def __str__(self) -> str:
        return "/".join(str(folder) for folder in self.folders)


def _parse_folder(folder: str, layout: str) -> Folder:
    if not folder:
        raise InvalidInputError("layout", "folders that are not empty, without a slash at either end", layout)
    # re.split with one group: literals at even, placeholders at odd positions
    pieces = _PLACEHOLDER.split(folder)
    parts: list[str | Placeholder] = []
    for position, piece in enumerate(pieces):
        if position % 2:
            parts.append(_parse_placeholder(piece, layout))
        elif not _LITERAL.fullmatch(piece):
            raise InvalidInputError("layout", "letters, digits and _.=+@- beside the placeholders", layout)
        elif 0 < position < len(pieces) - 1 and not _BOUNDARY.search(piece):
            raise InvalidInputError("layout", "one of .=+@ between two placeholders of one folder", layout)
        elif piece:
            parts.append(piece)
    if folder in (".", ".."):
        raise InvalidInputError("layout", "folders with a name", layout)
    return Folder(tuple(parts))


def _parse_placeholder(text_inside: str, layout: str) -> Placeholder:
    field = _FIELD.fullmatch(text_inside)
    if field is None:
        raise InvalidInputError("layout", "placeholders such as {dataset} or {version:int}", layout)
    name = field[1]
    kind = field[2] or ("date" if name == "date" else "str")
    if kind not in _PATTERNS:
        raise InvalidInputError("layout", f"a type of {', '.join(_PATTERNS)} in {{{text_inside}}}", layout)
    return Placeholder(name, kind)


@lru_cache(maxsize=32)
def parsed_layout(layout: str) -> LakeLayout:
    """:meth:`LakeLayout.parse`, remembered: policies read many paths by one layout."""
    return LakeLayout.parse(layout)


def _is_layout(layout: str) -> str:
    try:
        parsed_layout(layout)
    except InvalidInputError as error:
        raise refusal(f"expected {error.expected}, got {layout!r}") from None
    return layout


ZoneName = Annotated[
    str, text(r"[a-z][a-z0-9-]{0,30}", "1 to 31 lowercase letters, digits and hyphens that begin with a letter")
]


class Lake(Model):
    """The lake's zones and the layout of its paths."""

    layout: Annotated[str, AfterValidator(_is_layout)] = Field(
        default=DEFAULT_LAYOUT, description="Folders with {placeholders}; types are str (default), int and date."
    )
    zones: tuple[ZoneName, ...] = Field(
        default=DEFAULT_ZONES, min_length=1, description="Zones, in the order data flows."
    )

    @field_validator("zones")
    @classmethod
    def _distinct(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        for position, zone in enumerate(zones):
            if zone in zones[:position]:
                raise refusal(f"zone {zone!r} stands twice", at=(position,))
            if zone == NO_ZONE:
                raise refusal(f"zone {zone!r} means 'not part of the lake'", "choose another name", (position,))
        return zones

    @property
    def grammar(self) -> LakeLayout:
        """The parsed layout."""
        return parsed_layout(self.layout)

    def parse_path(self, path: str) -> LakePath:
        """The values in ``path``; its zone is one of the organisation's.

        :raises InvalidInputError: the path does not follow the layout.
        """
        read = self.grammar.read(path)
        self._check_zone(read.zone)
        return read

    def build_path(self, **values: Value) -> str:
        """The path of ``values`` (:meth:`parse_path` gives them back).

        :raises InvalidInputError: a value is missing, unknown or illegal.
        """
        path = self.grammar.build(values)
        self._check_zone(str(values[ZONE_PLACEHOLDER]))
        return path

    def _check_zone(self, zone: str) -> None:
        if zone not in self.zones:
            raise InvalidInputError("zone", f"one of {', '.join(self.zones)}", zone)
