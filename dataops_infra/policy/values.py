"""Reading the properties of a resource: never raises on an unknown, and remembers each unknown that was read.

``pulumi_policy`` hands a rule a proxy that raises ``UnknownValueError`` on an unknown value, and turns that into an
advisory even for a mandatory rule. Here an unknown is the value :data:`UNKNOWN`, and its path is noted in a log; the
kernel looks into the log after the rule and gives the verdict that the rule declared for unknowns. So a rule that has
read an unknown cannot pass, whatever it does with the value.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from pulumi_policy.proxy import (
    UNKNOWN_ARCHIVE_VALUE,
    UNKNOWN_ARRAY_VALUE,
    UNKNOWN_ASSET_VALUE,
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_NUMBER_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
    UnknownValueError,
)

UNKNOWN_MARKERS: Final = frozenset(
    {
        UNKNOWN_ARCHIVE_VALUE,
        UNKNOWN_ARRAY_VALUE,
        UNKNOWN_ASSET_VALUE,
        UNKNOWN_BOOLEAN_VALUE,
        UNKNOWN_NUMBER_VALUE,
        UNKNOWN_OBJECT_VALUE,
        UNKNOWN_STRING_VALUE,
    }
)
"""The strings that stand for unknown values on the wire; a remediation sees them as they are."""

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the wire's mark of a secret, public and constant


class Unknown:
    """The type of :data:`UNKNOWN`: falsy, empty, equal only to itself; what is looked up in it is unknown too."""

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator["Unknown"]:
        return iter(())

    def __contains__(self, item: object) -> bool:
        return False

    def __getitem__(self, key: object) -> "Unknown":
        return self

    def get(self, key: object, default: object = None) -> "Unknown":  # noqa: ARG002 - as a mapping's
        """What is looked up in an unknown is unknown."""
        return self

    at = get

    def keys(self) -> Sequence[str]:
        """No key is known."""
        return ()

    values = items = keys

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""A value that is not known before deployment."""


def is_unknown(value: object) -> bool:
    """Whether a value is :data:`UNKNOWN` or one of the wire's marker strings."""
    return isinstance(value, Unknown) or (isinstance(value, str) and value in UNKNOWN_MARKERS)


class ReadLog:
    """Paths of the unknown values that a rule has read, in order, each once."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths, such as ``tags.owner`` or ``rules[0].status``."""
        return tuple(self._paths)

    def note(self, path: str) -> None:
        """Remember that the unknown at ``path`` was read."""
        self._paths[path] = None


class SecretText(str):
    """A text that came with the wire's mark of a secret; only stack rules see marks, the SDK hides them from others."""


def _marked_secret(value: Any) -> Any:
    """Plain data with every text in it marked: what is in a secret is secret."""
    if isinstance(value, str):
        return SecretText(value)
    if isinstance(value, dict):
        return {key: _marked_secret(item) for key, item in value.items()}
    return [_marked_secret(item) for item in value] if isinstance(value, list) else value


class PlainData(dict[str, Any]):
    """Properties that :func:`plain` has made plain already; several rules read the same, none changes it."""


def plain(value: Any) -> Any:
    """A proxy of ``pulumi_policy``, or wire data, as plain data: unknowns as UNKNOWN, secrets unwrapped, 7.0 as 7."""
    if is_unknown(value):
        return UNKNOWN
    if isinstance(value, Mapping):
        if _SIGNATURE in value and value[_SIGNATURE] == _SECRET:
            return _marked_secret(plain(value["value"]))
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_item(value, index) for index in range(len(value))]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


class Properties(Mapping[str, Any]):
    """Read-only view of an object: ``[]``, ``get``, ``in``, iteration and ``at`` never raise on an unknown.

    A missing key reads as None. Nested objects and lists are views too. Reading an unknown is noted in the log, so is
    asking with ``in`` for a key whose value is unknown, for it may turn out to be absent.
    """

    def __init__(self, data: Mapping[str, Any], log: ReadLog, path: str = "") -> None:
        self._data, self._log, self._path = data, log, path

    @property
    def log(self) -> ReadLog:
        """Where the unknowns that are read here are noted."""
        return self._log

    @property
    def path(self) -> str:
        """The path of this object for messages; empty for the properties of a resource."""
        return self._path

    def __getitem__(self, key: str) -> Any:
        return _view(self._data.get(key), self._log, _joined(self._path, key))

    def __contains__(self, key: object) -> bool:
        return self._data.get(str(key)) is not None and not isinstance(self[str(key)], Unknown)

    def __iter__(self) -> Iterator[str]:
        # On the wire an object has no order; reports must not change from run to run.
        return iter(sorted(self._data))

    def __len__(self) -> int:
        return len(self._data)

    def __hash__(self) -> int:
        # One for all, so that equal views have equal hashes: a rule may ask of any value whether it is in a set.
        return hash(Properties)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``; ``default`` when it is absent or null, UNKNOWN when it is not known."""
        value = self[key]
        return default if value is None else value

    def at(self, path: str, default: Any = None) -> Any:
        """The value at a path such as ``settings.rules[0].status``; UNKNOWN as soon as a part of the way is unknown."""
        value: Any = self
        for step in path.replace("[", ".[").split("."):
            if isinstance(value, Properties):
                value = value[step]
            elif isinstance(value, Items) and step.startswith("["):
                index = int(step[1:-1])
                value = value[index] if index < len(value) else None
            elif not isinstance(value, Unknown):
                return default
        return default if value is None else value

    def peek(self, key: str) -> Any:
        """The plain value of ``key``, without noting what is unknown in it: for a rule that can decide without it."""
        return self._data.get(key)


class ReceivedProperties(Properties):
    """The properties of a resource as they were received, read only when a rule asks: most stack rules look at few."""

    def __init__(self, received: Any, log: ReadLog, path: str = "") -> None:
        self._received, self._log, self._path = received, log, path

    @cached_property
    def _data(self) -> Mapping[str, Any]:  # type: ignore[override]
        data = self._received if isinstance(self._received, PlainData) else plain(self._received)
        return data if isinstance(data, Mapping) else {}


class Items(Sequence[Any]):
    """Read-only view of a list; see :class:`Properties`."""

    def __init__(self, data: Sequence[Any], log: ReadLog, path: str) -> None:
        self._data, self._log, self._path = data, log, path

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self._data)))]
        return _view(self._data[index], self._log, f"{self._path}[{index}]")

    @property
    def path(self) -> str:
        """The path of this list for messages."""
        return self._path

    def peek(self, index: int) -> Any:
        """The plain item, without noting what is unknown in it."""
        return self._data[index]

    def __len__(self) -> int:
        return len(self._data)


def _view(value: Any, log: ReadLog, path: str) -> Any:
    if isinstance(value, Unknown):
        log.note(path)
        return UNKNOWN
    if isinstance(value, Mapping):
        return Properties(value, log, path)
    if isinstance(value, list):
        return Items(value, log, path)
    return value


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else str(key)
