"""A YAML document against a frozen model, with every mistake found in one pass and told where it stands."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from dataops_infra.conventions.base import Mistake
from dataops_infra.conventions.documents import Document, KeyPath, nearest
from dataops_infra.errors import FileProblem

Validated = TypeVar("Validated", bound=BaseModel)

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_inexact": "a date without a time, such as 2027-01-31",
    "date_from_datetime_parsing": "a date such as 2027-01-31",
    "date_type": "a date such as 2027-01-31",
    "dict_type": "a mapping of keys",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of some digits",
    "int_type": "a whole number",
    "list_type": "a list",
    "mapping_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "string_too_short": "a text that is not empty",
    "too_short": "at least one entry",
    "tuple_type": "a list",
}
"""pydantic's type of error -> what would have been right, in words for people who have never seen the models."""
_SHOULD_BE = "Input should be "


@dataclass(frozen=True)
class _Complaint:
    path: KeyPath
    message: str
    hint: str = ""
    needs: KeyPath | None = None
    """What must itself be right for this to be a mistake."""


def validate_document(model: type[Validated], document: Document) -> tuple[Validated | None, list[FileProblem]]:
    """The model that ``document`` describes, or None and its mistakes, sorted by line."""
    parts = validate_parts(model, document)
    return (None if parts.problems else parts.right), parts.problems


@dataclass(frozen=True)
class Parts(Generic[Validated]):
    """A document of which not all is right."""

    right: Validated | None
    """The model of what is right; None where nothing can be told of it."""
    problems: list[FileProblem]
    """What is not, by line."""
    taken_out: Sequence[KeyPath] = ()
    """Where ``right`` lacks something that is in the document."""


def validate_parts(model: type[Validated], document: Document) -> Parts[Validated]:
    """The model of all that is right in ``document``, and every mistake.

    pydantic checks a whole (minimum ≤ maximum, a name that another section declares) only once all its parts are
    right. So what is wrong is taken out and the rest is checked again, until nothing is wrong; a complaint about
    something that only misses what was taken out is not passed on.
    """
    if document.value is None and document.problems:
        return Parts(None, in_order(document.problems))  # nothing was read, so nothing is missing
    if document.value is not None and not isinstance(document.value, dict):
        problem = FileProblem(document.line_of(()), f"expected a mapping of keys, got {kind_of(document.value)}")
        return Parts(None, in_order([*document.problems, problem]))
    remaining = copy.deepcopy(document.value) or {}
    taken_out = [take_out(remaining, path) for path in document.broken]
    problems = list(document.problems)
    while True:
        result, complaints = _validate(model, remaining)
        if result is not None:
            return Parts(result, in_order(problems), taken_out)
        problems += [
            FileProblem(document.line_of(complaint.path), complaint.message, complaint.hint)
            for complaint in complaints
            if not any(overlap(complaint.path, out) or _undone(complaint.needs, out) for out in taken_out)
        ]
        taken_out_now: list[KeyPath] = []
        for complaint in complaints:
            if not any(complaint.path[: len(out)] == out for out in taken_out_now):
                taken_out_now.append(take_out(remaining, complaint.path))
        if () in taken_out_now:
            return Parts(None, in_order(problems))
        taken_out += taken_out_now


def _validate(model: type[Validated], value: Any) -> tuple[Validated | None, list[_Complaint]]:
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, [
            complaint for details in error.errors(include_url=False) for complaint in _complaints(model, details)
        ]


def in_order(problems: Iterable[FileProblem]) -> list[FileProblem]:
    """Distinct problems by line."""
    return sorted(set(problems), key=lambda problem: (problem.line, problem.message))


def overlap(path: KeyPath, other: KeyPath) -> bool:
    """Whether one of two places lies in the other."""
    return path[: len(other)] == other[: len(path)]


def _undone(needs: KeyPath | None, taken_out: KeyPath) -> bool:
    # What lies deeper than an entry of what is needed changes nothing: the entry is still declared.
    return needs is not None and overlap(needs, taken_out) and len(taken_out) <= len(needs) + 1


def take_out(value: Any, path: KeyPath) -> KeyPath:
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


def _complaints(model: type[BaseModel], details: ErrorDetails) -> Iterator[_Complaint]:
    # pydantic marks a mistake in a mapping's key by a last part "[key]".
    path: KeyPath = tuple(part for part in details["loc"] if part != "[key]")
    match details["type"]:
        case "refused":
            mistakes: tuple[Mistake, ...] = details["ctx"]["mistakes"]
            for mistake in mistakes:
                at = (*path, *mistake.at)
                needs = (*path, *mistake.needs) if mistake.needs else None
                yield _Complaint(at, f"`{dotted(at)}`: {mistake.message}", mistake.hint, needs)
        case "extra_forbidden":
            hint = nearest(str(path[-1]), _legal_keys(model, path[:-1]))
            yield _Complaint(path, f"unknown key `{dotted(path)}`", hint)
        case "too_short" if details["input"]:
            pass  # pydantic counts only the entries that are right; those that are wrong have complaints of their own
        case "missing":
            yield _Complaint(path, f"`{dotted(path)}` is missing")
        case kind:
            expected = _EXPECTED.get(kind, details["msg"].removeprefix(_SHOULD_BE))
            yield _Complaint(path, *_unlike(model, path, expected, details["input"], kind == "string_type"))


def complaint_without_value(details: ErrorDetails) -> str:
    """What is wrong, in words that repeat nothing of what was given."""
    said = details["msg"]
    if details["type"] == "missing":
        return "is missing"
    if details["type"] == "string_type":
        return "expected text; put it in quotes"
    if details["type"] in _EXPECTED or said.startswith(_SHOULD_BE):
        return f"expected {_EXPECTED.get(details['type'], said.removeprefix(_SHOULD_BE))}"
    return said.removeprefix("Value error, ")


def _unlike(model: type[BaseModel], path: KeyPath, expected: str, got: Any, wants_text: bool) -> tuple[str, str]:
    if got is None:
        other = "" if _is_required(model, path) else ", or remove the key for the default"
        return f"`{dotted(path)}` has no value", f"give it one{other}"
    if wants_text and not isinstance(got, (dict, list)):
        return f"`{dotted(path)}`: expected text, got {kind_of(got)}", "put it in quotes"
    return f"`{dotted(path)}`: expected {'text' if wants_text else expected}, got {kind_of(got)}", ""


def kind_of(value: Any) -> str:
    """What was given, in few words."""
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    return repr(value)[:60] if isinstance(value, str) else str(value)[:60]


def dotted(path: KeyPath) -> str:
    """A place as people write it: ``exemptions[0].owner``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _legal_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys that may stand in the mapping at ``path`` of a document of ``model``."""
    return sorted(_fields_at(model, path))


def _is_required(model: type[BaseModel], path: KeyPath) -> bool:
    """Whether the field at ``path`` has no default; false for what stands in no field of a model."""
    try:
        field = _fields_at(model, path[:-1]).get(str(path[-1])) if path else None
    except (KeyError, StopIteration):  # a choice of several types, which the path alone does not tell
        return False
    return field is not None and field.is_required()


def _fields_at(model: type[BaseModel], path: KeyPath) -> dict[str, FieldInfo]:
    kind: Any = model
    for part in path:
        # A model's field, or the last type argument of Mapping[K, V] and tuple[V, ...].
        kind = kind.model_fields[part].annotation if _is_model(kind) else _value_type(kind)
    return {field.alias or name: field for name, field in kind.model_fields.items()} if _is_model(kind) else {}


def _value_type(kind: Any) -> Any:
    return next(argument for argument in reversed(get_args(kind)) if argument is not ...)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
