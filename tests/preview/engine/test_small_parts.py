"""URNs, durations, tags, secrets after Check, aliases: the small exact pieces."""

from typing import Any

import pytest
from pulumi.runtime.proto import resource_pb2

from dataops_infra.preview.engine import urns
from dataops_infra.preview.engine.checks import has_unknown_arguments, json_text, mark_secrets
from dataops_infra.preview.engine.goals import apply_options, goal_of, options_of, seconds_of
from dataops_infra.preview.engine.records import EngineFailure, ProviderRecord
from dataops_infra.preview.engine.tags import effective_labels, tags_all
from dataops_infra.preview.engine.values import UNKNOWN, secret, to_struct

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
LAKE = "urn:pulumi:dev::shop::acme:index:Lake::lake"


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ("", "urn:pulumi:dev::shop::a:b:C::x"),
        (STACK, "urn:pulumi:dev::shop::a:b:C::x"),
        (LAKE, "urn:pulumi:dev::shop::acme:index:Lake$a:b:C::x"),
        ("urn:pulumi:dev::shop::acme:index:Lake$a:b:B::y::z", "urn:pulumi:dev::shop::acme:index:Lake$a:b:B$a:b:C::x"),
    ],
)
def test_a_urn_carries_the_types_of_its_ancestors_but_not_the_stacks(parent: str, expected: str) -> None:
    assert urns.make_urn("dev", "shop", parent, "a:b:C", "x") == expected


def test_a_name_may_look_like_a_urn() -> None:
    urn = urns.make_urn("dev", "shop", LAKE, "a:b:C", "x::y$z")

    assert (urns.type_of(urn), urns.name_of(urn)) == ("a:b:C", "x::y$z")
    assert (urns.qualified_type("no urn"), urns.name_of("no urn")) == ("", "")


@pytest.mark.parametrize(
    ("token", "package"),
    [("aws:s3/bucket:Bucket", "aws"), ("pulumi:providers:gcp", "gcp"), ("pulumi:pulumi:Stack", "pulumi"), ("x", "x")],
)
def test_the_package_of_a_token(token: str, package: str) -> None:
    assert urns.package_of(token) == package


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("5m", 300), ("90s", 90), ("1h30m", 5400), ("1.5s", 1.5), ("200ms", 0.2), (".5m", 30), ("-1.s", -1), ("0", 0)],
)
def test_go_durations_are_seconds(duration: str, seconds: float) -> None:
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5m later", "5", "+-5m", "5 minutes", "5m\n"])
def test_what_is_no_go_duration_is_refused(text: str) -> None:
    with pytest.raises(EngineFailure, match="unable to parse customTimeout Value"):
        seconds_of(text)


def provider(**inputs: Any) -> ProviderRecord:
    return ProviderRecord("urn:p", UNKNOWN, "pulumi:providers:aws", "p", inputs)


DEFAULTS = '{"tags": {"team": "data", "env": "dev"}}'


@pytest.mark.parametrize(
    ("inputs", "arguments", "expected"),
    [
        ({}, {}, {}),
        ({"tags": {"a": "1"}}, {}, {"a": "1"}),
        ({"tags": {"env": "own"}}, {"defaultTags": DEFAULTS}, {"team": "data", "env": "own"}),
        ({"tags": {"a": None}}, {"defaultTags": DEFAULTS}, {"team": "data", "env": "dev"}),
        ({"tags": {"a": UNKNOWN}}, {"defaultTags": DEFAULTS}, UNKNOWN),
        ({"tags": UNKNOWN}, {}, UNKNOWN),
        ({"tags": {"a": secret("s")}}, {}, {"a": "s"}),
        ({"tags": {"a": "1"}}, {"defaultTags": UNKNOWN}, UNKNOWN),
        ({}, {"defaultTags": "no json"}, {}),
        ({}, {"defaultTags": "[]"}, {}),
        ({}, {"defaultTags": secret(DEFAULTS)}, {"team": "data", "env": "dev"}),
    ],
)
def test_default_tags_are_merged_below_the_resources_own(inputs: Any, arguments: Any, expected: Any) -> None:
    assert tags_all(inputs, "tags", provider(**arguments)) == expected


@pytest.mark.parametrize(
    ("inputs", "arguments", "expected"),
    [
        ({}, {}, {"goog-pulumi-provisioned": "true"}),
        ({"labels": {"a": "1"}}, {"addPulumiAttributionLabel": "false"}, {"a": "1"}),
        (
            {"labels": {"a": "1"}},
            {"defaultLabels": '{"a": "0", "b": "2"}', "addPulumiAttributionLabel": False},
            {"a": "1", "b": "2"},
        ),
        ({"labels": {"a": UNKNOWN}}, {"addPulumiAttributionLabel": "false"}, {"a": UNKNOWN}),
        ({"labels": UNKNOWN}, {}, UNKNOWN),
        ({}, {"defaultLabels": UNKNOWN}, UNKNOWN),
        ({"labels": {"a": secret("s")}}, {"addPulumiAttributionLabel": "false"}, {"a": "s"}),
    ],
)
def test_effective_labels_are_one_secret(inputs: Any, arguments: Any, expected: Any) -> None:
    assert effective_labels(inputs, provider(**arguments)) == secret(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (secret({"a": secret("s")}), secret({"a": "s"})),
        ({"a": secret("s"), "b": "c"}, {"a": secret("s"), "b": "c"}),
        (["a", secret("s")], secret(["a", "s"])),
        ({"a": [{"b": secret("s")}]}, {"a": secret([{"b": "s"}])}),
        (["a"], ["a"]),
    ],
)
def test_a_list_with_a_secret_is_secret_as_a_whole(value: object, expected: object) -> None:
    assert mark_secrets(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ({"b": 2.0, "a": [1.5, "é", "<&>"]}, '{"a":[1.5,"é","\\u003c\\u0026\\u003e"],"b":2}'),
        ([{"a": True}, None], '[{"a":true},null]'),
        ({"a": [UNKNOWN]}, UNKNOWN),
        ({"a": secret("s")}, secret('{"a":"s"}')),
        (secret({"a": UNKNOWN}), secret(UNKNOWN)),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_a_document_becomes_the_text_that_a_provider_makes_of_it(value: object, expected: object) -> None:
    assert json_text(value) == expected


def test_a_provider_with_an_unknown_argument_cannot_be_called() -> None:
    assert has_unknown_arguments(provider(defaultTags=secret({"a": UNKNOWN})))
    assert not has_unknown_arguments(provider(region="eu-west-1"))


def test_options_survive_the_way_through_a_transform() -> None:
    request = resource_pb2.RegisterResourceRequest(
        type="a:b:C",
        name="x",
        custom=True,
        parent=LAKE,
        object=to_struct({"a": "1", "b": UNKNOWN}),
        dependencies=["urn:1", "urn:2"],
        propertyDependencies={
            "a": resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=["urn:2"]),
            "b": resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=[]),
        },
        protect=False,
        ignoreChanges=["a"],
        deleteBeforeReplace=True,
        deleteBeforeReplaceDefined=True,
        customTimeouts=resource_pb2.RegisterResourceRequest.CustomTimeouts(create="5m", delete="90s"),
        importId="id-1",
        retainOnDelete=True,
        deletedWith="urn:3",
        version="1.2.3",
        provider="urn:p::id",
    )
    goal, changed = goal_of(request), goal_of(request)

    apply_options(changed, options_of(goal))

    assert changed == goal
    assert goal.property_dependencies == {"a": {"urn:2"}}
    assert (goal.protect, goal.delete_before_replace, goal.timeouts) == (False, True, {"create": 300, "delete": 90})


def test_an_option_that_a_transform_clears_is_cleared() -> None:
    goal = goal_of(
        resource_pb2.RegisterResourceRequest(type="a:b:C", name="x", protect=True, importId="i", dependencies=["urn:1"])
    )

    apply_options(goal, resource_pb2.TransformResourceOptions())

    assert (goal.protect, goal.import_id, goal.dependencies, goal.timeouts) == (None, "", set(), {})


def test_a_failure_has_one_of_the_known_kinds() -> None:
    with pytest.raises(ValueError, match="weather is no kind of failure"):
        EngineFailure("weather", "rain")
