import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from types import ModuleType
from typing import Any, Optional

import pulumi
import pytest

from dataops_infra.preview.engine.shapes import Shape, find_result_type, shape_of, snake_case, wire_name
from tests.support.function_calls import ask


class Size(str, Enum):  # noqa: UP042 - as generated SDKs spell it
    SMALL = "small"
    LARGE = "large"


@pulumi.output_type
class Node:
    @property
    @pulumi.getter(name="isRoot")
    def is_root(self) -> bool:
        return pulumi.get(self, "is_root")

    @property
    @pulumi.getter
    def children(self) -> Sequence["Node"]:
        return pulumi.get(self, "children")


@pulumi.output_type
class Everything:
    @property
    @pulumi.getter
    def text(self) -> str:
        return ""

    @property
    @pulumi.getter(name="maybeText")
    def maybe_text(self) -> Optional[str]:  # noqa: UP045 - as generated SDKs spell it
        return ""

    @property
    @pulumi.getter
    def count(self) -> int:
        return 0

    @property
    @pulumi.getter
    def size(self) -> Size:
        return Size.SMALL

    @property
    @pulumi.getter
    def labels(self) -> Mapping[str, str]:
        return {}

    @property
    @pulumi.getter
    def anything(self) -> Any:
        return None

    @property
    @pulumi.getter
    def items(self) -> list:
        return []

    def method(self) -> str:
        return ""


def test_the_shape_of_a_result_class():
    assert shape_of(Everything) == Shape(
        "object",
        fields={
            "text": Shape("string"),
            "maybeText": Shape("string", optional=True),
            "count": Shape("number"),
            "size": Shape("enum", choices=("small", "large")),
            "labels": Shape("map", item=Shape("string")),
            "anything": Shape("any"),
            "items": Shape("list", item=Shape("any")),
        },
    )


@pytest.mark.parametrize("declared", [None, str, dict])
def test_other_classes_have_no_shape(declared):
    assert shape_of(declared) is None


def test_a_type_that_contains_itself_ends():
    shape, depth = shape_of(Node), 0
    while shape is not None and shape.kind == "object":
        shape = shape.fields["children"].item
        depth += 1
    assert shape == Shape("any")
    assert 2 < depth < 10


def test_values_of_every_kind_are_made_up():
    result = ask("acme:index:everything", result_type=Everything).result
    assert result["size"] == "small"
    assert result["count"] >= 1e11
    assert len(result["items"]) == 3
    assert list(result["labels"]) == list(result["labels"].values())
    assert "maybeText" not in result


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Shape("string"), "a text"),
        (Shape("boolean"), "true or false"),
        (Shape("object"), "an object"),
        (Shape("enum", choices=("a", "b")), "one of a, b"),
    ],
)
def test_shapes_are_described_for_people(shape, words):
    assert shape.describe() == words


@pytest.mark.parametrize(
    ("shape", "accepted", "refused"),
    [
        (Shape("string"), ["", "x"], [1, True, None, []]),
        (Shape("number"), [0, 1.5], ["1", True, None]),
        (Shape("boolean"), [True, False], [0, "true", None]),
        (Shape("list"), [[]], ["", {}, None]),
        (Shape("map"), [{}], [[], None]),
        (Shape("object"), [{}], [[], None]),
        (Shape("enum", choices=("a",)), ["a"], ["b", None]),
        (Shape("any"), ["", 0, [], {}], [None]),
    ],
)
def test_a_shape_accepts_values_of_its_kind(shape, accepted, refused):
    assert [shape.accepts(value) for value in accepted] == [True] * len(accepted)
    assert [shape.accepts(value) for value in refused] == [False] * len(refused)


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("id", "id"),
        ("kmsKeyId", "kms_key_id"),
        ("getIAMPolicy", "get_iam_policy"),
        ("ipv6CidrBlock", "ipv6_cidr_block"),
        ("getCallerIdentity", "get_caller_identity"),
    ],
)
def test_names_in_pythons_spelling(name, snake):
    assert snake_case(name) == snake
    assert wire_name(snake, {name: 1}) == name
    assert wire_name(name, {name: 1}) == name
    assert wire_name("other", {name: 1}) == "other"


@pytest.mark.parametrize(
    ("token", "module"),
    [
        ("some-cloud:net/getThing:getThing", "pulumi_some_cloud.net.get_thing"),
        ("some-cloud:net/v2:getThing", "pulumi_some_cloud.net.get_thing"),
        ("some-cloud:index/getThing:getThing", "pulumi_some_cloud.get_thing"),
        ("some-cloud:getThing", "pulumi_some_cloud.get_thing"),
        ("some-cloud:lambda/getThing:getThing", "pulumi_some_cloud.lambda_.get_thing"),
    ],
)
def test_a_result_class_is_found_by_its_token(monkeypatch, token, module):
    for folder in ("", "lambda_.", "net.", "other."):
        load_thing(monkeypatch, f"pulumi_some_cloud.{folder}get_thing")
    found = find_result_type(token)
    assert found is sys.modules[module].GetThingResult


@pytest.mark.parametrize("module", ["pulumi_some_cloud.other.get_thing", "pulumi_some_cloud.get_thing"])
def test_the_result_of_another_folders_function_is_not_taken(monkeypatch, module):
    load_thing(monkeypatch, module)
    assert find_result_type("some-cloud:net/getThing:getThing") is None


def load_thing(monkeypatch, name):
    loaded = ModuleType(name)
    loaded.GetThingResult = type(name, (Node,), {"_pulumi_output_type": True})
    monkeypatch.setitem(sys.modules, name, loaded)


@pytest.mark.parametrize("token", ["aws:ec2/getNothing:getNothing", "nonsense", "", "a:b:", "json:index:decoder"])
def test_an_unknown_token_has_no_result_class(token):
    assert find_result_type(token) is None
