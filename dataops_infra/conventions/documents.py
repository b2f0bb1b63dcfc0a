"""YAML files read safely, with the line of every key: plain data only, no aliases, bounded in size and depth.

The line of each key is what lets one run report every mistake of a file where it stands.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dataops_infra.conventions.listing import listed
from dataops_infra.errors import FileProblem

MAXIMUM_BYTES = 1_000_000
"""Larger files are refused unread: the largest contract known to us has 60 kB."""
MAXIMUM_DEPTH = 64
"""Nesting beyond this is refused: the YAML composer is recursive."""

_MOST_LEGAL = 40
"""Names in a hint; a table may have thousands of columns."""
_LONGEST_NUMBER = 4300
"""Digits that Python reads as a number: https://docs.python.org/3/library/stdtypes.html#int-max-str-digits."""

KeyPath = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_COLLECTION_TAGS = frozenset({f"{_TAG}map", f"{_TAG}seq"})
_SCALAR_TAGS = frozenset(
    f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Document:
    """A YAML file as plain data, with what was wrong with it as YAML."""

    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)
    broken: list[KeyPath] = field(default_factory=list)
    """Where a value could not be read; None stands there."""

    @property
    def is_empty(self) -> bool:
        """Whether the file says nothing: no character, or comments alone."""
        return self.value is None and not self.problems

    def line_of(self, path: KeyPath) -> int:
        """1-based line of the key or item at ``path``, or of the nearest thing around it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def nearest(word: str, legal: Iterable[str]) -> str:
    """A hint that names the legal word nearest to ``word``; where none is near all, or the first of very many."""
    words = sorted(legal)
    close = difflib.get_close_matches(word.lower().replace("-", "_"), words, n=1, cutoff=0.6)
    close = close or difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"legal here: {listed(words, _MOST_LEGAL)}" if words else ""


def read_document(path: Path, maximum_bytes: int = MAXIMUM_BYTES) -> Document:
    """Read a YAML file; whatever is wrong with it stands in ``problems`` (never raises for what a file holds)."""
    try:
        with path.open("rb") as file:
            content = file.read(maximum_bytes + 1)
    except OSError as error:
        return Document(problems=[FileProblem(0, f"cannot be read: {error.strerror or error}")])
    if len(content) > maximum_bytes:
        return Document(problems=[FileProblem(0, f"is larger than {maximum_bytes:,} bytes")])
    try:
        return parse_document(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Document(problems=[FileProblem(line, "is not UTF-8 text", "save the file as UTF-8")])


def parse_document(content: str) -> Document:
    """The same as :func:`read_document` for text at hand."""
    try:
        problem = _first_refused_event(content)
        node = None if problem else yaml.compose(content, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return Document(problems=[_yaml_problem(error, content)])
    except yaml.reader.ReaderError as error:  # a control character: `position` counts bytes or characters, by loader
        line = content.count("\n", 0, content.find(chr(error.character))) + 1
        return Document(problems=[FileProblem(line, f"is not YAML: {str(error).splitlines()[0]}")])
    if problem:
        return Document(problems=[problem])
    document = Document()
    if node is not None:
        document.lines[()] = node.start_mark.line + 1
        document.value = _plain(node, (), document)
    return document


def _yaml_problem(error: yaml.MarkedYAMLError, content: str) -> FileProblem:
    mark = error.problem_mark or error.context_mark
    last = len(content.splitlines())  # what is never closed is noticed behind the end
    context = f" {error.context}" if error.context else ""
    line = min(mark.line + 1, last) if mark is not None else 0
    return FileProblem(line, f"is not YAML: {error.problem}{context}")


def _first_refused_event(content: str) -> FileProblem | None:
    depth = 0
    for event in _events(content):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            return FileProblem(line, f"alias *{event.anchor} is refused", "write the value out where it is meant")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAXIMUM_DEPTH:
            return FileProblem(line, f"is nested more than {MAXIMUM_DEPTH} levels deep")
    return None


def _events(content: str) -> Iterator[Any]:
    yield from yaml.parse(content, Loader=_Loader)


def _plain(node: yaml.Node, path: KeyPath, document: Document) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, path, document)
    if node.tag not in _COLLECTION_TAGS:
        return _refuse(node, path, document, f"tag {_shown(node.tag)} is refused", "write plain YAML")
    if isinstance(node, yaml.SequenceNode):
        return [_item(item, (*path, position), document) for position, item in enumerate(node.value)]
    return _mapping(node, path, document)


def _refuse(node: yaml.Node, path: KeyPath, document: Document, message: str, hint: str) -> None:
    document.problems.append(FileProblem(node.start_mark.line + 1, message, hint))
    document.broken.append(path)


def _item(node: yaml.Node, path: KeyPath, document: Document) -> Any:
    document.lines[path] = node.start_mark.line + 1
    return _plain(node, path, document)


def _mapping(node: yaml.Node, path: KeyPath, document: Document) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(FileProblem(line, "a key must be text"))
        elif key_node.tag != f"{_TAG}str":
            hint = f'write it in quotes: "{key}"'
            document.problems.append(FileProblem(line, f"key {key} is not text in YAML", hint))
        elif key in mapping:
            first = document.lines[(*path, key)]
            document.problems.append(FileProblem(line, f"key `{key}` stands twice", f"first on line {first}"))
        else:
            document.lines[(*path, key)] = line
            mapping[key] = _plain(value_node, (*path, key), document)
    return mapping


def _scalar(node: yaml.ScalarNode, path: KeyPath, document: Document) -> Any:
    if node.tag not in _SCALAR_TAGS:
        return _refuse(node, path, document, f"tag {_shown(node.tag)} is refused", "write plain YAML")
    written = repr(node.value[:40])
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, OverflowError) as error:
        hint = "put quotes around it if it is meant as text"
        # Python's own words on a number of thousands of digits tell how to change Python.
        why = "it has too many digits" if len(node.value) > _LONGEST_NUMBER else error
        return _refuse(node, path, document, f"{written} is no legal value: {why}", hint)
    except (yaml.YAMLError, AttributeError, KeyError):  # what PyYAML raises for `!!timestamp x` and `!!bool x`
        return _refuse(node, path, document, f"{written} does not fit its tag {_shown(node.tag)}", "write plain YAML")


def _shown(tag: str) -> str:
    return f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
