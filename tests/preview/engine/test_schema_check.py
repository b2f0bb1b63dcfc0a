"""The validator agrees with jsonschema on what fits, and words what does not as gojsonschema does."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.preview.engine.schema_check import check

OWNER = {"type": "object", "properties": {"a": {"type": "object", "required": ["b"]}}}
WORDED: list[tuple[Any, dict[str, Any], list[str]]] = [
    ({"keys": 5}, {"properties": {"keys": {"type": "array"}}}, ["keys: Invalid type. Expected: array, given: integer"]),
    (5.5, {"type": ["string", "null"]}, ["Invalid type. Expected: [string,null], given: number"]),
    (True, {"type": "integer"}, ["Invalid type. Expected: integer, given: boolean"]),
    ({}, {"required": ["keys", "limit"]}, ["keys is required", "limit is required"]),
    ({"a": {}}, OWNER, ["a: b is required"]),
    ({"k": [1, "x"]}, {"properties": {"k": {"items": {"type": "string"}}}},
     ["k.0: Invalid type. Expected: string, given: integer"]),
    ({"x": 1}, {"additionalProperties": False}, ["Additional property x is not allowed"]),
    ({"x": 1}, {"additionalProperties": {"type": "string"}}, ["x: Invalid type. Expected: string, given: integer"]),
    ({"x1": 1}, {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
     ["x1: Invalid type. Expected: string, given: integer"]),
    ("c", {"enum": ["a", "b", 1.0]}, ['(root) must be one of the following: "a", "b", 1']),
    ({"v": 2}, {"properties": {"v": {"const": 1}}}, ["v: v does not match: 1"]),
    ([], {"minItems": 1}, ["Array must have at least 1 items"]),
    ([1, 2], {"maxItems": 1.0}, ["Array must have at most 1 items"]),
    ([1, 2, 1], {"uniqueItems": True}, ["array items[0,2] must be unique"]),
    ({}, {"minProperties": 1}, ["Must have at least 1 properties"]),
    ({"a": 1, "b": 1}, {"maxProperties": 1}, ["Must have at most 1 properties"]),
    ("a", {"minLength": 2}, ["String length must be greater than or equal to 2"]),
    ("abc", {"maxLength": 2}, ["String length must be less than or equal to 2"]),
    ("abc", {"pattern": "^x"}, ["Does not match pattern '^x'"]),
    (1, {"minimum": 2}, ["Must be greater than or equal to 2"]),
    (2, {"exclusiveMinimum": 2}, ["Must be greater than 2"]),
    (3, {"maximum": 2.5}, ["Must be less than or equal to 2.5"]),
    (2, {"exclusiveMaximum": 2}, ["Must be less than 2"]),
    (3, {"multipleOf": 2}, ["Must be a multiple of 2"]),
    (1, {"anyOf": [{"type": "string"}, {"minimum": 2}]}, ["Must validate at least one schema (anyOf)"]),
    (1, {"oneOf": [{"minimum": 0}, {"maximum": 2}]}, ["Must validate one and only one schema (oneOf)"]),
    (1, {"allOf": [{"minimum": 0}, {"minimum": 2}]}, ["Must validate all the schemas (allOf)"]),
    (1, {"not": {"type": "number"}}, ["Must not validate the schema (not)"]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "schema", "problems"), WORDED, ids=[p[0] for _, _, p in WORDED])
def test_a_problem_is_worded_as_the_engine_words_it(value: Any, schema: dict[str, Any], problems: list[str]) -> None:
    assert check(value, schema) == problems


scalars = st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from([0.5, 2.0, "", "a", "ab", "xyz"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=3),
    max_leaves=6,
)
types = st.sampled_from(["null", "boolean", "array", "object", "string", "integer", "number"])
sizes = st.integers(0, 3)


def schemas(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": types | st.lists(types, min_size=1, max_size=2, unique=True),
            "enum": st.lists(scalars, min_size=1, max_size=3),
            "const": values,
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "x"]), inner, max_size=1),
            "additionalProperties": st.booleans() | inner,
            "required": st.lists(st.sampled_from("abx"), max_size=2, unique=True),
            "items": inner,
            "minItems": sizes, "maxItems": sizes, "uniqueItems": st.booleans(),
            "minProperties": sizes, "maxProperties": sizes,
            "minLength": sizes, "maxLength": sizes, "pattern": st.sampled_from(["a", "^x", "b$"]),
            "minimum": sizes, "maximum": sizes, "exclusiveMinimum": sizes, "exclusiveMaximum": sizes,
            "multipleOf": st.integers(1, 3),
            "anyOf": st.lists(inner, min_size=1, max_size=2), "oneOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2), "not": inner,
        },
    )  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(values, st.recursive(st.just({}), schemas, max_leaves=6))
def test_what_fits_is_what_jsonschema_accepts(value: Any, schema: dict[str, Any]) -> None:
    assert (check(value, schema) == []) == jsonschema.Draft7Validator(schema).is_valid(value)


def test_items_given_by_position_leave_the_rest_free() -> None:
    assert check(["a", 1, None], {"items": [{"type": "string"}, {"type": "string"}]}) == [
        "1: Invalid type. Expected: string, given: integer"
    ]
    assert check(["a", 1], {"items": [{"type": "string"}]}) == []
