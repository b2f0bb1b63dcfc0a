"""YAML and JSON files as Pulumi reads them, with the line of every key.

Pulumi reads YAML 1.2 in Go: `yes` and `2026-01-31` are text and `1:30` is no number, unlike PyYAML's YAML 1.1; and a
scalar that stands directly under a config key keeps its spelling (`1.50` stays `1.50`).
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dataops_infra.errors import FileProblem, ProjectError

Steps = tuple[str | int, ...]


class _CoreLoader(yaml.SafeLoader):
    """The safe loader with the scalars of YAML 1.2's core schema."""


MOST_VALUES = 1_000_000
"""How many values a file may hold once its aliases are written out; a few lines can stand for billions."""

_CoreLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0b[01]+|0o[0-7]+|0[0-7]*|[1-9][0-9]*|0x[0-9a-fA-F]+)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


def _construct_int(loader: _CoreLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    digits = text.lstrip("+-")
    # Go reads a leading zero as octal.
    number = int(digits, 8) if re.fullmatch("0[0-7]+", digits) else int(digits, 0)
    return -number if text.startswith("-") else number


_CoreLoader.add_constructor("tag:yaml.org,2002:int", _construct_int)


@dataclass(frozen=True)
class Document:
    """A parsed file: plain data, the text of each scalar as it is written, the 1-based line of each key."""

    path: Path
    value: Any
    spelling: dict[Steps, str] = field(default_factory=dict)
    lines: dict[Steps, int] = field(default_factory=dict)
    blank: bool = False
    """Whether nothing stands in it."""

    def line(self, *steps: str | int) -> int:
        """The line of the key at ``steps``, or of its nearest known ancestor; 0 when the file has no lines to tell."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 0)

    def text(self, *steps: str | int) -> str | None:
        """How the scalar at ``steps`` is written, or None when there is none."""
        return self.spelling.get(steps)


def read_document(path: Path) -> Document:
    """The content of a ``.json``, ``.yaml`` or ``.yml`` file; an empty file is an empty mapping.

    :raises ProjectError: it cannot be read, is no UTF-8, is malformed, gives one key twice or refers to itself.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProjectError(str(path), [FileProblem(0, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise ProjectError(str(path), [FileProblem(0, "is not UTF-8 text", "save it as UTF-8")]) from None
    return _parse_json(path, text) if path.suffix == ".json" else _parse_yaml(path, text)


def _parse_json(path: Path, text: str) -> Document:
    twice: dict[str, None] = {}

    def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice.update({name: None for name, count in Counter(name for name, _ in pairs).items() if count > 1})
        return found

    if not text.strip():
        return Document(path, {}, blank=True)
    try:
        value = json.loads(text, object_pairs_hook=noted)
    except json.JSONDecodeError as error:
        raise ProjectError(str(path), [FileProblem(error.lineno, f"is not valid JSON: {error.msg}")]) from None
    except RecursionError:
        raise ProjectError(str(path), [FileProblem(0, "is nested too deeply")]) from None
    if twice:
        raise ProjectError(str(path), [FileProblem(0, f"the key {name!r} is given twice") for name in twice])
    return Document(path, value)


def _parse_yaml(path: Path, text: str) -> Document:
    document = Document(path, None)
    problems: list[FileProblem] = []
    try:
        loader = _CoreLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(path, {}, blank=True)
        _check_size(path, node)
        _walk(node, (), document, problems, set())
        value = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"is not valid YAML: {error.problem or error.context}"
        raise ProjectError(str(path), [FileProblem(mark.line + 1 if mark else 0, message)]) from None
    except yaml.YAMLError as error:
        message = f"is not valid YAML: {str(error).splitlines()[0]}"
        raise ProjectError(str(path), [FileProblem(0, message)]) from None
    except RecursionError:
        raise ProjectError(str(path), [FileProblem(0, "is nested too deeply")]) from None
    if problems:
        raise ProjectError(str(path), problems)
    return Document(path, value, document.spelling, document.lines)


def _check_size(path: Path, node: yaml.Node) -> None:
    """Refuse aliases that lead back to themselves or multiply without end: readers of the data write them out.

    :raises ProjectError: see there.
    """
    sizes: dict[int, int | None] = {}

    def size(at: yaml.Node) -> int:
        if id(at) in sizes:
            known = sizes[id(at)]
            if known is None:
                line = at.start_mark.line + 1
                raise ProjectError(str(path), [FileProblem(line, "holds an alias of what it stands in")])
            return known
        sizes[id(at)] = None
        inner = [] if isinstance(at, yaml.ScalarNode) else at.value
        children = (child for item in inner for child in (item if isinstance(item, tuple) else (item,)))
        total = sizes[id(at)] = 1 + sum(size(child) for child in children)
        if total > MOST_VALUES:
            problem = f"holds more than {MOST_VALUES:,} values once its aliases are written out"
            raise ProjectError(str(path), [FileProblem(at.start_mark.line + 1, problem)])
        return total

    size(node)


def _walk(node: yaml.Node, steps: Steps, document: Document, problems: list[FileProblem], seen: set[int]) -> None:
    document.lines.setdefault(steps, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        document.spelling[steps] = node.value
        return
    if id(node) in seen:  # an alias: its lines are those of the anchor, and a recursive one would never end
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _walk(child, (*steps, index), document, problems, seen)
        return
    for key, child in node.value:
        inner = (*steps, str(key.value))
        if inner in document.lines and key.value != "<<":
            problems.append(FileProblem(key.start_mark.line + 1, f"the key {key.value!r} is given twice"))
        document.lines[inner] = key.start_mark.line + 1
        _walk(child, inner, document, problems, seen)
