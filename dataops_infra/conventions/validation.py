"""A YAML document against a frozen model, with every mistake found in one pass and told where it stands."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dataops_infra.conventions.documents import Document, KeyPath, nearest
from dataops_infra.errors import FileProblem

Validated = TypeVar("Validated", bound=BaseModel)


def validate_document(model: type[Validated], document: Document) -> tuple[Validated | None, list[FileProblem]]:
    """The model that ``document`` describes, or None and its mistakes, sorted by line.

    pydantic checks a whole (minimum ≤ maximum, a name that another section declares) only once all its parts are
    right. So what is wrong is taken out and the rest is checked again, until nothing is wrong; a complaint about
    something that only misses what was taken out is not passed on.
    """
    if document.value is not None and not isinstance(document.value, dict):
        kind = "a list" if isinstance(document.value, list) else "a single value"
        return None, [*document.problems, FileProblem(document.line_of(()), f"is {kind}, not a mapping of keys")]
    remaining = copy.deepcopy(document.value) or {}
    taken_out: list[KeyPath] = []
    taken_out_before: tuple[KeyPath, ...] = ()
    problems = list(document.problems)
    while True:
        try:
            result = model.model_validate(remaining)
        except ValidationError as error:
            mistakes = error.errors(include_url=False)
        else:
            return (None if problems else result), _sorted(problems)
        for details in mistakes:
            path = _path(details)
            if not any(_overlap(path, out) for out in taken_out_before):
                problems.append(_problem(model, details, path, document))
            if not any(path[: len(out)] == out for out in taken_out):
                taken_out.append(_take_out(remaining, path))
        if () in taken_out:
            return None, _sorted(problems)
        taken_out_before = tuple(taken_out)


def _sorted(problems: Sequence[FileProblem]) -> list[FileProblem]:
    return sorted(set(problems), key=lambda problem: (problem.line, problem.message))


def _path(details: ErrorDetails) -> KeyPath:
    at: KeyPath = details.get("ctx", {}).get("at", ())
    path = tuple(part for part in details["loc"] if part != "[key]")
    return (*path, *at)


def _overlap(path: KeyPath, other: KeyPath) -> bool:
    shorter = min(len(path), len(other))
    return path[:shorter] == other[:shorter]


def _take_out(value: Any, path: KeyPath) -> KeyPath:
    """Remove what stands at ``path``, or the innermost thing around it that can be removed; returns its path."""
    holders = [value]
    for part in path[:-1]:
        try:
            holders.append(holders[-1][part])
        except (KeyError, IndexError, TypeError):
            break
    for depth in range(min(len(holders), len(path)), 0, -1):
        holder, part = holders[depth - 1], path[depth - 1]
        if isinstance(holder, dict) and part in holder:
            del holder[part]
            return path[:depth]
    return ()


def _problem(model: type[BaseModel], details: ErrorDetails, path: KeyPath, document: Document) -> FileProblem:
    line = document.line_of(path)
    where = _dotted(path)
    match details["type"]:
        case "extra_forbidden":
            legal = sorted(_legal_keys(model, path[:-1]))
            return FileProblem(line, f"unknown key `{where}`", nearest(str(path[-1]), legal))
        case "missing":
            return FileProblem(line, f"`{where}` is missing")
        case "refused":
            return FileProblem(line, f"`{where}`: {details['ctx']['message']}", details["ctx"]["hint"])
        case "string_type":
            return FileProblem(line, f"`{where}`: expected text, got {_kind(details['input'])}", "put it in quotes")
        case _:
            message = details["msg"].removeprefix("Input should be ")
            return FileProblem(line, f"`{where}`: expected {message}, got {_kind(details['input'])}")


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return "nothing" if value is None else repr(value)[:60]


def _dotted(path: KeyPath) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _legal_keys(model: type[BaseModel], path: KeyPath) -> set[str]:
    """The keys that may stand in the mapping at ``path`` of a document of ``model``."""
    kind: Any = model
    for part in path:
        while get_origin(kind) is None and not isinstance(kind, type):
            kind = kind.__origin__
        kind = _below(kind, part)
    found = _models(kind)
    return {field.alias or name for found_model in found for name, field in found_model.model_fields.items()}


def _below(kind: Any, part: str | int) -> Any:
    for found in _models(kind):
        if part in found.model_fields:
            return found.model_fields[str(part)].annotation
    return get_args(kind)[0 if isinstance(part, int) else 1]


def _models(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return []
