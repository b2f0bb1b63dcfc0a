"""The resources of AnalyzeStack are unpacked once for all rules of a pack, and say what the SDK would have said."""

from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, StackValidationArgs, StackValidationPolicy
from pulumi_policy import policy as sdk

from dataops_infra.policy import stack_requests
from dataops_infra.policy.stack_requests import resources_of, share_stack_requests
from dataops_infra.policy.values import UNKNOWN, PlainData
from tests.support.analyzer import secret, struct

RAW, BLOCK = "urn:pulumi:dev::p::a:b:C::raw", "urn:pulumi:dev::p::a:b:D::block"


def request() -> Any:
    made = analyzer_pb2.AnalyzeStackRequest()
    block = analyzer_pb2.AnalyzerResource(type="a:b:D", urn=BLOCK, name="block", properties=struct({"bucket": UNKNOWN}))
    block.propertyDependencies["bucket"].urns.extend([RAW, "urn:elsewhere"])
    block.dependencies.extend([RAW, "urn:elsewhere"])
    block.parent = RAW
    block.options.protect = True
    block.options.ignoreChanges.append("tags")
    block.options.parent = RAW
    block.provider.CopyFrom(
        analyzer_pb2.AnalyzerProviderResource(type="pulumi:providers:a", name="default", properties=struct({"r": "eu"}))
    )
    raw = analyzer_pb2.AnalyzerResource(
        type="a:b:C", urn=RAW, name="raw", properties=struct({"days": 7, "key": secret("k")})
    )
    made.resources.extend([raw, block])
    return made


@pytest.fixture
def servicer(monkeypatch: pytest.MonkeyPatch) -> type:
    class Copy(sdk._PolicyAnalyzerServicer):  # type: ignore[name-defined,misc]
        pass

    monkeypatch.setattr(Copy, "AnalyzeStack", vars(sdk._PolicyAnalyzerServicer)["AnalyzeStack"])  # type: ignore[attr-defined]
    monkeypatch.setattr(sdk, "_PolicyAnalyzerServicer", Copy)
    return Copy


def running(servicer: type, *checks: Any) -> Any:
    policies = [StackValidationPolicy(f"p{index}", "P.", check) for index, check in enumerate(checks)]
    return servicer("pack", "0.0.1", policies, EnforcementLevel.MANDATORY, None, *[None] * 6)


def test_policies_share_resources_that_were_unpacked_once(servicer: type) -> None:
    seen: list[list[Any]] = []
    share_stack_requests()
    share_stack_requests()  # a second pack of one process changes nothing
    see = lambda args, report: seen.append(list(resources_of(args)))  # noqa: E731
    running(servicer, see, see).AnalyzeStack(request(), None)
    assert [resource.urn for resource in seen[0]] == sorted([RAW, BLOCK])
    assert all(first is second for first, second in zip(seen[0], seen[1], strict=True))
    assert seen[0][0].props is seen[1][0].props


def test_shared_resources_say_what_those_of_the_sdk_say(servicer: type) -> None:
    seen: list[list[Any]] = []
    see = lambda args, report: seen.append(list(resources_of(args)))  # noqa: E731
    running(servicer, see).AnalyzeStack(request(), None)
    share_stack_requests()
    running(servicer, see).AnalyzeStack(request(), None)
    theirs, ours = ({resource.urn: resource for resource in resources} for resources in seen)
    for urn in (RAW, BLOCK):
        for attribute in ("resource_type", "name", "urn"):
            assert getattr(ours[urn], attribute) == getattr(theirs[urn], attribute)
        assert ours[urn].opts.protect == theirs[urn].opts.protect
        assert list(ours[urn].opts.ignore_changes) == list(theirs[urn].opts.ignore_changes)
        assert ours[urn].opts.parent == theirs[urn].opts.parent
        assert [other.urn for other in ours[urn].dependencies] == [other.urn for other in theirs[urn].dependencies]
        assert {name: [other.urn for other in others] for name, others in ours[urn].property_dependencies.items()} == {
            name: [other.urn for other in others] for name, others in theirs[urn].property_dependencies.items()
        }
        assert (ours[urn].parent and ours[urn].parent.urn) == (theirs[urn].parent and theirs[urn].parent.urn)
    assert ours[BLOCK].provider.resource_type == theirs[BLOCK].provider.resource_type
    assert ours[BLOCK].provider.name == theirs[BLOCK].provider.name
    assert ours[BLOCK].provider.props == {"r": "eu"}
    assert (ours[RAW].provider, theirs[RAW].provider) == (None, None)
    assert (ours[RAW].props, ours[BLOCK].props) == (PlainData({"days": 7, "key": "k"}), {"bucket": UNKNOWN})


def test_nothing_is_left_of_a_call_that_failed(servicer: type) -> None:
    share_stack_requests()

    def fails(args: StackValidationArgs, report: Any) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        running(servicer, fails).AnalyzeStack(request(), None)
    assert resources_of(StackValidationArgs([], {})) == []


def test_sdk_without_that_server_unpacks_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(stack_requests.sdk, "_PolicyAnalyzerServicer")
    share_stack_requests()
    assert resources_of(StackValidationArgs(["theirs"], {})) == ["theirs"]  # type: ignore[list-item]


def test_inputs_are_kept_from_the_analyses_before_until_the_stack_is_configured_again(servicer: type) -> None:
    seen: list[dict[str, Any]] = []
    share_stack_requests()
    see = lambda args, report: seen.append({each.urn: each.inputs for each in resources_of(args)})  # noqa: E731
    server = running(servicer, see)
    server.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(), None)
    server.Analyze(analyzer_pb2.AnalyzeRequest(urn=RAW, type="a:b:C", properties=struct({"days": 7})), None)
    server.AnalyzeStack(request(), None)
    server.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(), None)
    server.AnalyzeStack(request(), None)
    assert seen == [{RAW: frozenset({"days"}), BLOCK: None}, {RAW: None, BLOCK: None}]
