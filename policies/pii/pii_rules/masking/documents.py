"""Documents that say what is run: task definitions, state machines, workflows, requests of schedules. JSON or YAML."""

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from .command_lines import WORDS

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class RunDocument:
    """What a document says.

    :param lines: the command lines in it.
    :param texts: key -> the texts that stand at it anywhere, in the order in which they come. Keys begin with a small
        letter here: the same request has ``taskRoleArn`` in a task definition, ``TaskRoleArn`` in a state machine.
    """

    lines: tuple[tuple[str, ...], ...]
    texts: Mapping[str, Sequence[str]]


def read_run_document(text: Any) -> RunDocument:
    """Read a document; one that is none says nothing."""
    lines: list[tuple[str, ...]] = []
    texts: dict[str, list[str]] = {}
    root = _decoded(text)
    waiting: deque[Any] = deque([root])
    seen: set[int] = set()
    while waiting:
        value = waiting.popleft()
        if id(value) in seen or not isinstance(value, Mapping | list):
            continue  # an alias: what it stands for was looked at
        seen.add(id(value))
        if isinstance(value, list):
            lines.append(tuple(item for item in value if isinstance(item, str)))
            waiting.extend(value)
            continue
        named = {_key(key): item for key, item in value.items()}
        lines += _lines(named, seen)
        for key, item in named.items():
            texts.setdefault(key, []).extend(_strings(item))
            waiting.append(item)
    return RunDocument(tuple(line for line in lines if line), texts)


def _lines(value: Mapping[str, Any], seen: set[int]) -> Iterator[tuple[str, ...]]:
    """The command line that an object's words make, and the one that its options are (a request to Glue)."""
    present = [value[key] for key in WORDS if key in value]
    seen.update(id(item) for item in present if isinstance(item, list))
    yield tuple(word for item in present for word in _strings(item))
    options = [(key, item) for key, item in value.items() if key.startswith("--") and isinstance(item, str)]
    yield tuple(word for option in options for word in option)


def _strings(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str))


def _key(key: Any) -> str:
    text = str(key).removesuffix(".$")
    return text[:1].lower() + text[1:]


def _decoded(text: Any) -> Any:
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
