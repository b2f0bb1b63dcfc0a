"""What a person may tell a preview beforehand: answers to provider functions, and outputs of other stacks."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dataops_infra.errors import FileProblem, ProjectError
from dataops_infra.preview.documents import Document, read_document

_KEYS = ("function", "args", "result")


def read_answers(path: Path) -> list[dict[str, Any]]:
    """The entries of ``--answers FILE`` (YAML or JSON): a list of ``{function, args?, result}``.

    Each comes with the ``file`` and ``line`` it was read from.

    :raises ProjectError: the file cannot be read or an entry is wrong; holds every mistake.
    """
    document = read_document(path)
    entries = [] if document.value == {} else document.value
    if not isinstance(entries, list):
        hint = "- {function: aws:ec2/getAmi:getAmi, result: {id: ami-…}}"
        raise ProjectError(str(path), [FileProblem(document.line(), "must be a list of answers", hint)])
    problems = [problem for at, entry in enumerate(entries) for problem in _entry_problems(document, at, entry)]
    if problems:
        raise ProjectError(str(path), problems)
    return [{**entry, "file": str(path), "line": document.line(at)} for at, entry in enumerate(entries)]


def _entry_problems(document: Document, at: int, entry: Any) -> Iterator[FileProblem]:
    line = document.line(at)
    if not isinstance(entry, Mapping):
        yield FileProblem(line, f"answer {at + 1} must hold keys and values", "function, args (optional) and result")
        return
    for key in entry:
        if key not in _KEYS:
            near = get_close_matches(str(key), _KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(_KEYS)}"
            yield FileProblem(document.line(at, str(key)), f"answer {at + 1} has an unknown key {key!r}", hint)
    function = entry.get("function")
    if not isinstance(function, str) or function.count(":") < 1:
        hint = "a token such as aws:ec2/getAmi:getAmi"
        yield FileProblem(line, f"answer {at + 1} needs `function`", hint)
    if not isinstance(entry.get("args", {}), Mapping):
        yield FileProblem(document.line(at, "args"), f"`args` of answer {at + 1} must hold keys and values")
    if "result" not in entry:
        yield FileProblem(line, f"answer {at + 1} needs `result`")


def read_stack_outputs(path: Path) -> dict[str, dict[str, Any]]:
    """The content of ``--stack-outputs FILE`` (YAML or JSON): stack name -> output -> value.

    A value ``{"<secret>": v}`` is a secret, ``"<unknown>"`` not known yet.

    :raises ProjectError: the file cannot be read or is of another shape; holds every mistake.
    """
    document = read_document(path)
    stacks = document.value
    if not isinstance(stacks, dict):
        hint = "organization/project/stack: {output: value}"
        raise ProjectError(str(path), [FileProblem(document.line(), "must hold stacks and their outputs", hint)])
    problems = [
        FileProblem(document.line(str(name)), f"the outputs of {name} must hold keys and values")
        for name, outputs in stacks.items()
        if not isinstance(outputs, dict)
    ]
    if problems:
        raise ProjectError(str(path), problems)
    return {str(name): outputs for name, outputs in stacks.items()}
