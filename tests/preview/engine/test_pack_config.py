"""Levels and properties, reconciled as the engine does it."""

from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from dataops_infra.preview.engine.pack_config import (
    Policy,
    Setting,
    config_problems,
    config_warnings,
    initial_config,
    reconcile,
)
from dataops_infra.preview.engine.values import to_struct

KEYS = {"type": "array", "items": {"type": "string"}, "default": ["owner"]}
LIMIT = {"type": "integer", "default": 7}
TAGS = Policy("tags", "advisory", "high", "Tags.", "resource", {"keys": KEYS, "limit": LIMIT})
PREFIX = Policy("prefix", "mandatory", "", "Prefix.", "resource")
OURS = Policy("ours", "mandatory", "", "Ours.", "resource", {"conventions": {"type": "object"}})
DEFAULTS = {"keys": ["owner"], "limit": 7}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{}], {"tags": Setting("advisory", DEFAULTS), "prefix": Setting("mandatory", {})}),
        ([{"tags": "mandatory"}], {"tags": Setting("mandatory", DEFAULTS), "prefix": Setting("mandatory", {})}),
        (
            [{"tags": {"limit": 12}}],
            {"tags": Setting("advisory", {**DEFAULTS, "limit": 12}), "prefix": Setting("mandatory", {})},
        ),
        (
            [{"all": "disabled", "prefix": {"enforcementLevel": "remediate"}}],
            {
                "tags": Setting("disabled", DEFAULTS),
                "prefix": Setting("remediate", {}),
                "all": Setting("disabled", {}),
            },
        ),
        (
            [{"tags": {"enforcementLevel": "mandatory", "limit": 1}}, {"tags": {"keys": []}}],
            {"tags": Setting("mandatory", {"keys": [], "limit": 1}), "prefix": Setting("mandatory", {})},
        ),
        (
            [{"all": {"enforcementLevel": "disabled"}}, {"prefix": "mandatory"}],
            {
                "tags": Setting("disabled", DEFAULTS),
                "prefix": Setting("mandatory", {}),
                "all": Setting("disabled", {}),
            },
        ),
        (
            [{"typo": {"x": 1}}],
            {
                "tags": Setting("advisory", DEFAULTS),
                "prefix": Setting("mandatory", {}),
                "typo": Setting("advisory", {"x": 1}),
            },
        ),
    ],
)
def test_later_layers_win_and_every_policy_gets_an_entry(
    layers: list[dict[str, Any]], expected: dict[str, Setting]
) -> None:
    assert reconcile([TAGS, PREFIX], layers) == expected


def test_conventions_reach_the_policies_that_accept_them_unless_they_have_some() -> None:
    document = {"digest": "abc"}
    assert reconcile([PREFIX, OURS], [{}], document)["ours"].properties == {"conventions": document}
    assert reconcile([PREFIX, OURS], [{}], document)["prefix"].properties == {}
    given = reconcile([OURS], [{"ours": {"conventions": {"digest": "own"}}}], document)
    assert given["ours"].properties == {"conventions": {"digest": "own"}}
    assert reconcile([OURS], [{}], None)["ours"].properties == {}


def test_a_wrong_property_is_named_with_its_policy() -> None:
    settings = reconcile([TAGS, PREFIX], [{"tags": {"keys": 5, "limit": "x"}, "prefix": {"anything": 1}}])
    assert config_problems([TAGS, PREFIX], settings) == [
        "tags: keys: Invalid type. Expected: array, given: integer",
        "tags: limit: Invalid type. Expected: integer, given: string",
    ]
    needy = Policy("needy", "advisory", "", "Needs.", "resource", {}, ["who"])
    assert config_problems([needy], reconcile([needy], [{}])) == ["needy: who is required"]


def test_a_policy_is_read_from_what_the_pack_says() -> None:
    info = analyzer_pb2.PolicyInfo(name="tags", description="Tags.", enforcementLevel=analyzer_pb2.REMEDIATE)
    info.severity = analyzer_pb2.POLICY_SEVERITY_CRITICAL
    info.policy_type = analyzer_pb2.POLICY_TYPE_STACK
    info.configSchema.properties.CopyFrom(to_struct({"limit": LIMIT}))
    info.configSchema.required.append("limit")
    assert Policy.of(info) == Policy("tags", "remediate", "critical", "Tags.", "stack", {"limit": LIMIT}, ["limit"])
    assert Policy.of(analyzer_pb2.PolicyInfo(name="old")) == Policy("old", "advisory", "", "", "")


def test_the_packs_own_configuration_reads_like_a_file() -> None:
    info = analyzer_pb2.AnalyzerInfo(name="pack")
    info.initialConfig["tags"].enforcementLevel = analyzer_pb2.MANDATORY
    info.initialConfig["tags"].properties.CopyFrom(to_struct({"limit": 3}))
    assert initial_config(info) == {"tags": {"enforcementLevel": "mandatory", "limit": 3}}


@pytest.mark.parametrize(
    ("config", "warnings"),
    [
        ({"all": "advisory", "tags": {"enforcementLevel": "advisory", "limit": 1}, "prefix": {"anything": 1}}, []),
        ({"tgas": "advisory"}, ["has no policy 'tgas': its configuration does nothing; did you mean 'tags'?"]),
        ({"nope": "advisory"}, ["has no policy 'nope': its configuration does nothing"]),
        (
            {"tags": {"foo": 1, "limt": 2}},
            [
                "reads no property 'foo' in its policy tags",
                "reads no property 'limt' in its policy tags; did you mean 'limit'?",
            ],
        ),
        (
            {"ours": {"enforcmentLevel": "advisory"}},
            ["reads no property 'enforcmentLevel' in its policy ours; did you mean 'enforcementLevel'?"],
        ),
    ],
)
def test_what_nobody_reads_is_told_with_the_nearest_name(config: dict[str, Any], warnings: list[str]) -> None:
    assert config_warnings([TAGS, PREFIX, OURS], config) == warnings
