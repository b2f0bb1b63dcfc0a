"""The Open Data Contract Standard's own JSON Schema, and its complaints in words for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from types import UnionType
from typing import Any, Union, get_args, get_origin

from jsonschema import Draft201909Validator, ValidationError
from jsonschema.exceptions import best_match
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel

from dataops_infra.conventions.documents import KeyPath, nearest
from dataops_infra.conventions.validation import kind_of

_UNKNOWN_KEYS = ("additionalProperties", "unevaluatedProperties")
_IN_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a mapping of keys",
    "string": "text",
}
"""JSON type -> what people who write YAML call it, as for ``dataops.yaml``."""


@cache
def _validator() -> Draft201909Validator:
    schema = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8"))
    # The conditions of the form "if logicalType is map, then `map` is required" hold for a column without any
    # logicalType too (a missing property satisfies `properties`), although the standard leaves it optional.
    for branch in schema["$defs"]["SchemaBaseProperty"]["allOf"]:
        condition = branch.get("if", {})
        for alternative in condition.get("anyOf", [condition]):
            alternative["required"] = ["logicalType"]
    return Draft201909Validator(schema)


def schema_complaints(data: Mapping[str, Any]) -> list[tuple[KeyPath, str, str]]:
    """Where ``data`` departs from the standard: path, what is wrong, what would be right; each once."""
    errors = [_innermost(error) for error in _validator().iter_errors(data)]
    complaints = {complaint: None for error in errors for complaint in _complaints(error)}
    # A part that fails makes the schema call every key around it unevaluated: only keys that nobody knows count.
    return list(complaints) or [(tuple(error.absolute_path), error.message[:200], "") for error in errors]


def _innermost(error: ValidationError) -> ValidationError:
    """Of a choice that no alternative fits, what is wrong with the alternative that fits best."""
    best = best_match([error])
    return best if isinstance(best, ValidationError) else error


def _complaints(error: ValidationError) -> Iterator[tuple[KeyPath, str, str]]:
    path: KeyPath = tuple(error.absolute_path)
    given: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator in _UNKNOWN_KEYS:
        legal = _legal_keys(path)
        for key in given:
            if key not in legal:
                yield (*path, key), "is unknown to the standard", nearest(key, legal)
    elif error.validator == "required":
        for key in wanted:
            if key not in given:
                yield (*path, key), "is missing", ""
    elif error.validator == "enum":
        yield path, f"{given!r} is not allowed", nearest(str(given), map(str, wanted))
    elif kinds := _kinds(error):
        yield path, *_unlike(kinds, given)
    else:
        yield path, error.message[:200], ""


def _kinds(error: ValidationError) -> list[str]:
    """The JSON types that were wanted; none where something else is wrong than the type."""
    if error.validator == "type":
        wanted: Any = error.validator_value
        return [wanted] if isinstance(wanted, str) else list(wanted)
    alternatives = list(error.context or ())
    if any(below.validator != "type" or below.path for below in alternatives):
        return []
    return [kind for below in alternatives for kind in _kinds(below)]


def _unlike(kinds: Sequence[str], given: Any) -> tuple[str, str]:
    if given is None:
        return "has no value", "give it one, or remove the key"
    expected = " or ".join(dict.fromkeys(_IN_WORDS[kind] for kind in kinds))
    may_be_quoted = "string" in kinds and not isinstance(given, (dict, list))
    return f"expected {expected}, got {kind_of(given)}", "put it in quotes" if may_be_quoted else ""


def _legal_keys(path: KeyPath) -> list[str]:
    """The keys that the standard's models know at ``path``."""
    kinds: list[Any] = [OpenDataContractStandard]
    for part in path:
        kinds = [
            below for kind in kinds for below in (_items(kind) if isinstance(part, int) else _field_types(kind, part))
        ]
    return sorted(
        {field.alias or name for kind in kinds if _is_model(kind) for name, field in kind.model_fields.items()}
    )


def _field_types(kind: Any, key: str) -> list[Any]:
    if not _is_model(kind):
        return []
    fields = [field for name, field in kind.model_fields.items() if (field.alias or name) == key]
    return [alternative for field in fields for alternative in _alternatives(field.annotation)]


def _items(kind: Any) -> list[Any]:
    return [alternative for item in get_args(kind) for alternative in _alternatives(item)]


def _alternatives(kind: Any) -> list[Any]:
    return list(get_args(kind)) if get_origin(kind) in (Union, UnionType) else [kind]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
