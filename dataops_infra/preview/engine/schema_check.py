"""The part of JSON Schema that policies use for their configuration, with the wording of Pulumi's engine.

The engine validates with gojsonschema; its sentences (locales.go) are what users of `pulumi preview` know and what the
recordings hold, so these are the same. Formats and ``$ref`` are not checked.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Problem = tuple[str, str]
"""Field (``""`` = the whole value, else ``a.b.0``) and what is wrong with it."""

_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda v: v is None,
    "boolean": lambda v: isinstance(v, bool),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: _is_number(v) and float(v).is_integer(),
    "number": lambda v: _is_number(v),
}


def check(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with ``value``, one sentence each, in the order of the schema; empty when it fits."""
    return [f"{field}: {text}" if field else text for field, text in _problems(value, schema, "")]


def _problems(value: Any, schema: Mapping[str, Any], field: str) -> Iterator[Problem]:
    expected = _names(schema.get("type"))
    if expected and not any(_TYPES[name](value) for name in expected if name in _TYPES):
        wanted = expected[0] if len(expected) == 1 else f"[{','.join(expected)}]"
        yield field, f"Invalid type. Expected: {wanted}, given: {_type_of(value)}"
        return
    yield from _combination_problems(value, schema, field)
    yield from _choice_problems(value, schema, field)
    if isinstance(value, dict):
        yield from _object_problems(value, schema, field)
    elif isinstance(value, list):
        yield from _array_problems(value, schema, field)
    elif isinstance(value, str):
        yield from _string_problems(value, schema, field)
    elif _is_number(value):
        yield from _number_problems(value, schema, field)


def _combination_problems(value: Any, schema: Mapping[str, Any], field: str) -> Iterator[Problem]:
    def fits(option: Mapping[str, Any]) -> bool:
        return not any(_problems(value, option, field))

    if "anyOf" in schema and not any(map(fits, schema["anyOf"])):
        yield field, "Must validate at least one schema (anyOf)"
    if "oneOf" in schema and sum(map(fits, schema["oneOf"])) != 1:
        yield field, "Must validate one and only one schema (oneOf)"
    if "allOf" in schema and not all(map(fits, schema["allOf"])):
        yield field, "Must validate all the schemas (allOf)"
    if "not" in schema and fits(schema["not"]):
        yield field, "Must not validate the schema (not)"


def _choice_problems(value: Any, schema: Mapping[str, Any], field: str) -> Iterator[Problem]:
    name = field or "(root)"
    if "enum" in schema and not any(_equal(value, option) for option in schema["enum"]):
        allowed = ", ".join(_spelled(option) for option in schema["enum"])
        yield field, f"{name} must be one of the following: {allowed}"
    if "const" in schema and not _equal(value, schema["const"]):
        yield field, f"{name} does not match: {_spelled(schema['const'])}"


def _object_problems(value: dict[str, Any], schema: Mapping[str, Any], field: str) -> Iterator[Problem]:
    known, patterns = schema.get("properties") or {}, schema.get("patternProperties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield field, f"{name} is required"
    extra = schema.get("additionalProperties", True)
    for name, item in value.items():
        inner = f"{field}.{name}" if field else name
        matching = [option for pattern, option in patterns.items() if re.search(pattern, name)]
        if name in known:
            yield from _problems(item, known[name], inner)
        for option in matching:
            yield from _problems(item, option, inner)
        if name in known or matching:
            continue
        if extra is False:
            yield field, f"Additional property {name} is not allowed"
        elif isinstance(extra, dict):
            yield from _problems(item, extra, inner)
    yield from _count_problems(len(value), schema, field, "Properties", "Must have at {} {} properties")


def _array_problems(value: list[Any], schema: Mapping[str, Any], field: str) -> Iterator[Problem]:
    items = schema.get("items")
    for index, item in enumerate(value):
        option = items[index] if isinstance(items, list) and index < len(items) else items
        if isinstance(option, dict):
            yield from _problems(item, option, f"{field}.{index}" if field else str(index))
    yield from _count_problems(len(value), schema, field, "Items", "Array must have at {} {} items")
    if schema.get("uniqueItems"):
        for first, item in enumerate(value):
            second = next((i for i in range(first + 1, len(value)) if _equal(item, value[i])), None)
            if second is not None:
                yield field, f"array items[{first},{second}] must be unique"


def _count_problems(
    count: int, schema: Mapping[str, Any], field: str, keyword: str, sentence: str
) -> Iterator[Problem]:
    least, most = schema.get(f"min{keyword}"), schema.get(f"max{keyword}")
    if least is not None and count < least:
        yield field, sentence.format("least", _spelled(least))
    if most is not None and count > most:
        yield field, sentence.format("most", _spelled(most))


def _string_problems(value: str, schema: Mapping[str, Any], field: str) -> Iterator[Problem]:
    if "minLength" in schema and len(value) < schema["minLength"]:
        yield field, f"String length must be greater than or equal to {_spelled(schema['minLength'])}"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield field, f"String length must be less than or equal to {_spelled(schema['maxLength'])}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield field, f"Does not match pattern '{schema['pattern']}'"


def _number_problems(value: float, schema: Mapping[str, Any], field: str) -> Iterator[Problem]:
    bounds: list[tuple[str, str, Callable[[float, float], bool]]] = [
        ("minimum", "greater than or equal to", lambda v, bound: v >= bound),
        ("exclusiveMinimum", "greater than", lambda v, bound: v > bound),
        ("maximum", "less than or equal to", lambda v, bound: v <= bound),
        ("exclusiveMaximum", "less than", lambda v, bound: v < bound),
    ]
    for keyword, words, holds in bounds:
        bound = schema.get(keyword)
        if bound is not None and _is_number(bound) and not holds(value, bound):
            yield field, f"Must be {words} {_spelled(bound)}"
    step = schema.get("multipleOf")
    if _is_number(step) and step and not float(value / step).is_integer():
        yield field, f"Must be a multiple of {_spelled(step)}"


def _names(types: Any) -> Sequence[str]:
    return types if isinstance(types, list) else [types] if isinstance(types, str) else []


def _type_of(value: Any) -> str:
    return next(name for name, holds in _TYPES.items() if holds(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(left: Any, right: Any) -> bool:
    """JSON's equality: ``1`` is ``1.0``, but ``true`` is not ``1``, at any depth."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    return bool(left == right)


def _spelled(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False)
