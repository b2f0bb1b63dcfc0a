"""Answers to functions that a person wrote down (``--answers FILE``): which entry fits a call, and its result.

The first entry fits whose ``function`` is the call's and whose ``args`` are all among the call's arguments. Names of
arguments and results may be spelled as on the wire (``mostRecent``) or as in Python (``most_recent``).
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .records import EngineFailure
from .shapes import Shape, snake_case, wire_name
from .values import SECRET_NOTATION, UNKNOWN_NOTATION, Properties, Wire, secret, to_notation

FILL_IN = "<fill in>"
RESULT = "result"
"""Root of the paths in a result."""
_MAIN_FIELDS = ("accountId", "names", "ids", "secretString", "secretData", "number", "id", "arn", "name", "endpoint")
"""What programs ask for most, first; an entry to fill in shows only these, and names the rest."""
_FEWEST_FIELDS = 2
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

Placeholder = Callable[[Shape, str], Wire]
"""Makes up a value of a shape for a path of the result."""


@dataclass(frozen=True)
class Entry:
    """One entry of the answers file; ``label`` names it for people."""

    function: str
    args: Mapping[str, Any]
    result: Any
    label: str

    def fits(self, token: str, args: Properties) -> bool:
        """Whether the entry answers this call."""
        return normal_token(self.function) == normal_token(token) and _is_part(self.args, args)


def entries(answers: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The entries of the job; each may carry the ``file`` and ``line`` it was read from."""
    return [
        Entry(answer["function"], answer.get("args") or {}, answer.get("result"), _label(number, answer))
        for number, answer in enumerate(answers, start=1)
    ]


def _label(number: int, answer: Mapping[str, Any]) -> str:
    place = answer.get("file", "")
    if answer.get("line"):
        place = f"{place}:{answer['line']}" if place else f"line {answer['line']}"
    return f"entry {number} of the answers{f' ({place})' if place else ''}"


def normal_token(token: str) -> str:
    """``aws:ec2/getAmi:getAmi`` → ``aws:ec2:getAmi``, Pulumi YAML's short form; ``aws:getX`` → ``aws:index:getX``."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return f"{package}:{module.partition('/')[0] or 'index'}:{name}"


def _is_part(wanted: Any, actual: Wire) -> bool:
    if isinstance(wanted, Mapping):
        if not isinstance(actual, dict):
            return False
        return all(_is_part(value, actual.get(wire_name(key, actual))) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(actual, list) and len(wanted) == len(actual) and all(map(_is_part, wanted, actual))
    if isinstance(wanted, bool) or isinstance(actual, bool):
        return wanted is actual
    return bool(wanted == actual)


def result_of(entry: Entry, token: str, shape: Shape | None, placeholder: Placeholder) -> Properties:
    """The wire form of the fields an entry gives, checked against the shape; what nested objects lack is made up.

    :raises EngineFailure: kind ``answers``, all mistakes of the entry at once.
    """
    mistakes: list[str] = []
    reader = _Reader(placeholder, mistakes)
    if not isinstance(entry.result, Mapping):
        mistakes.append("`result` must be a map of the function's result")
        result = {}
    else:
        result = reader.read(entry.result, shape or Shape("any"), RESULT)
    if mistakes:
        raise EngineFailure("answers", f"{entry.label} for {token}: {'; '.join(mistakes)}")
    return dict(result)


@dataclass
class _Reader:
    placeholder: Placeholder
    mistakes: list[str]

    def read(self, value: Any, shape: Shape, path: str) -> Wire:
        if value == UNKNOWN_NOTATION:
            return self.placeholder(shape, path)
        if value == FILL_IN:
            return self._wrong(f"{path} still says {FILL_IN}")
        if isinstance(value, Mapping):
            if set(value) == {SECRET_NOTATION}:
                return secret(self.read(value[SECRET_NOTATION], shape, path))
            return self._read_map(value, shape, path)
        if isinstance(value, list):
            if shape.kind not in ("list", "any"):
                return self._expected(shape, path)
            item = shape.item or Shape("any")
            return [self.read(member, item, f"{path}[{index}]") for index, member in enumerate(value)]
        if value is None:
            return None if shape.optional or shape.kind == "any" else self._expected(shape, path)
        return value if shape.accepts(value) else self._expected(shape, path)

    def _read_map(self, value: Mapping[str, Any], shape: Shape, path: str) -> Wire:
        if shape.kind in ("map", "any"):
            item = shape.item or Shape("any")
            return {key: self.read(member, item, f"{path}.{key}") for key, member in value.items()}
        if shape.kind != "object":
            return self._expected(shape, path)
        read: dict[str, Wire] = {}
        for key, member in value.items():
            name = wire_name(key, shape.fields)
            if name in shape.fields:
                read[name] = self.read(member, shape.fields[name], f"{path}.{key}")
            else:
                self._wrong(f"{path} has no field {key}{_nearest(key, shape.fields)}")
        if path != RESULT:
            for name, left_out in shape.fields.items():
                if name not in read and not left_out.optional:
                    read[name] = self.placeholder(left_out, f"{path}.{name}")
        return read

    def _expected(self, shape: Shape, path: str) -> None:
        self._wrong(f"{path} must be {shape.describe()}")

    def _wrong(self, mistake: str) -> None:
        self.mistakes.append(mistake)


def _nearest(name: str, fields: Iterable[str]) -> str:
    near = difflib.get_close_matches(snake_case(name), [snake_case(field) for field in fields], n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def entry_text(token: str, args: Properties | None, shape: Shape | None, made_up: Iterable[str] = ()) -> str:
    """The YAML to paste into the answers file: the call, and the fields of the result a person has to know.

    :param args: None leaves them out (they hold a secret).
    :param made_up: the fields that are not known offline; all where empty.
    """
    lines = [f"- function: {token}"]
    given = {key: value for key, value in (args or {}).items() if value is not None}
    if given:
        lines.append(f"  args: {_yaml(to_notation(given))}")
    fields = shape.fields if shape else {}
    wanted = [name for name in (made_up or fields) if not (name in fields and fields[name].optional)]
    wanted.sort(key=lambda name: _MAIN_FIELDS.index(name) if name in _MAIN_FIELDS else len(_MAIN_FIELDS))
    shown = max(_FEWEST_FIELDS, sum(name in _MAIN_FIELDS for name in wanted))
    main, others = wanted[:shown], wanted[shown:]
    lines.append("  result:" if main else f'  result: {{"{FILL_IN}": "{FILL_IN}"}}')
    lines.extend(f"    {name}: {_sample(fields.get(name))}" for name in main)
    if others:
        lines.append(f"    # as needed: {', '.join(others)}")
    return "\n".join(lines) + "\n"


def _yaml(value: Any) -> str:
    """JSON that is YAML too."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _sample(shape: Shape | None) -> str:
    text = json.dumps(FILL_IN)
    return f"[{text}]" if shape and shape.kind == "list" else text
