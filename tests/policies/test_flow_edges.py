"""The tables of edges agree with the installed SDKs, and every kind of edge is shown by a stack that must fail."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from dataops_infra.policy import Stack
from dataops_infra.policy.judging import Given
from policies.pii.pii_rules.flow.edge_kinds import EDGE_KINDS, TYPES
from policies.pii.pii_rules.flow.edges import EdgeKind
from policies.pii.pii_rules.flow.edges_aws_copies import BEHIND, RESTORED_FROM
from policies.pii.pii_rules.flow.edges_aws_sharing import GRANTED
from policies.pii.pii_rules.flow.edges_aws_streams import ENDPOINTS
from policies.pii.pii_rules.flow.kinds import KINDS, Kind
from policies.pii.pii_rules.flow.places import Atlas
from tests.support import rule_cases
from tests.support.flow_cases import RULE
from tests.support.rule_cases import every_case, judged, rules_of
from tests.support.sdk_paths import has_path, source_of

CASES = [case for case in every_case() if case.rule == RULE]
FREE = frozenset(
    {
        "tags",
        "labels",
        "userLabels",
        "policy",
        "resourcePolicy",
        "assumeRolePolicy",
        "defaultArguments",
        "nonOverridableArguments",
        "params",
    }
)
"""Properties whose keys are the program's own."""
OUTPUTS = frozenset({"arn"})
RESTORED = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster", "aws:dynamodb/table:Table")
BEHIND_TYPES = ("aws:datasync/s3Location:S3Location", "aws:dms/s3Endpoint:S3Endpoint", "aws:dms/endpoint:Endpoint")


@pytest.mark.parametrize("token", sorted(TYPES))
def test_every_type_is_in_the_sdk(token: str) -> None:
    assert source_of(token) is not None


@pytest.mark.parametrize("kind", EDGE_KINDS, ids=lambda kind: kind.name)
def test_every_path_of_the_tables_is_in_the_sdk(kind: EdgeKind) -> None:
    assert [path for path in kind.paths for token in kind.types if not in_sdk(token, path)] == []


def in_sdk(token: str, path: str) -> bool:
    """``destinationUris`` may stand for all items of a list, so its ``[]`` may be left out at the end."""
    return has_path(token, path) or has_path(token, f"{path}[]") or path.startswith("params.")


@pytest.mark.parametrize(
    ("types", "paths"),
    [
        (
            ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster", "aws:dynamodb/table:Table"),
            [path for path, *_ in RESTORED_FROM],
        ),
        (BEHIND_TYPES, [end.path for end in BEHIND]),
        (("aws:lakeformation/permissions:Permissions",), GRANTED),
        (("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",), ENDPOINTS),
    ],
)
def test_every_path_of_a_function_is_in_the_sdk(types: tuple[str, ...], paths: Any) -> None:
    assert [path for path in paths if not any(in_sdk(token, path) for token in types)] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: sorted(kind.types)[0])
def test_names_of_a_kind_are_in_the_sdk(kind: Kind) -> None:
    assert [name for name in kind.names if not any(has_path(token, name) for token in kind.types)] == []


def test_resources_of_the_cases_have_the_shapes_of_the_sdk() -> None:
    resources = [resource for case in CASES for resource in case.resources]
    wrong = {(each.type, path) for each in resources for path in paths_of(each) if not in_sdk(each.type, path)}
    assert wrong == set()


def paths_of(resource: Given) -> Iterator[str]:
    for name in resource.properties:
        if name not in OUTPUTS:
            yield from _paths(name, name, resource.properties[name])


def _paths(path: str, name: str, value: Any) -> Iterator[str]:
    items = value if isinstance(value, list) else [value]
    blocks = [item for item in items if isinstance(item, Mapping)] if name not in FREE else []
    suffix = "[]" if isinstance(value, list) else ""
    if not blocks:
        yield path
    for block in blocks:
        for key in block:
            yield from _paths(f"{path}{suffix}.{key}", key, block[key])


@cache
def shown() -> frozenset[str]:
    """The kinds that make an edge in some stack that must fail."""
    names: set[str] = set()

    def look(stack: Stack) -> Iterator[str]:
        atlas = Atlas(stack)
        for kind in EDGE_KINDS:
            if any(True for each in stack.of_types(kind.types) for _ in kind.edges(atlas, each)):
                names.add(kind.name)
        yield from ()

    for case in CASES:
        if case.bites:
            judged(case, replace(rules_of("pii")[RULE], check=look))
    return frozenset(names)


@pytest.mark.parametrize("kind", EDGE_KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_edge_is_shown_by_a_stack_that_must_fail(kind: EdgeKind) -> None:
    assert kind.name in shown()


def test_kinds_of_edges_have_names_of_their_own() -> None:
    assert len({kind.name for kind in EDGE_KINDS}) == len(EDGE_KINDS)


ODD: tuple[Any, ...] = (
    5,
    True,
    "",
    {},
    [],
    [[1]],
    [{"b": [2]}],
    None,
    '{"source": 5, "bindings": 5, "Statement": 5}',
    '{"bindings": [5]}',
)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_no_value_of_another_type_makes_the_rule_raise(odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded preview checks no types; every part of every third failing stack in turn."""
    monkeypatch.setattr(rule_cases, "UNKNOWN", odd)
    for case in [case for case in CASES if case.bites and case.fuzzed][::3]:
        for _, changed in rule_cases.fuzzed(case):
            judged(changed, rules_of("pii")[RULE])
