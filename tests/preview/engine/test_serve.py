"""The same monitor over gRPC: a program in another process previews against it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from dataops_infra.preview.engine.monitor import FEATURES, Monitor
from dataops_infra.preview.engine.records import EngineFailure
from dataops_infra.preview.engine.serve import Server
from dataops_infra.preview.engine.service import Engine
from dataops_infra.preview.engine.values import UNKNOWN, from_struct, to_struct
from tests.preview.engine.test_naming import job_spec

PROGRAM = """
import asyncio, os
import pulumi
import pulumi_aws as aws

address = os.environ["MONITOR"]
pulumi.runtime.configure(pulumi.runtime.Settings(
    "shop", "dev", monitor=address, engine=address, dry_run=True, organization="organization", root_directory="/"))


def shout(args):
    args.props["tags"] = {"by": "transform"}
    return pulumi.ResourceTransformResult(args.props, args.opts)


def main():
    lake = aws.s3.Bucket("lake", opts=pulumi.ResourceOptions(transforms=[shout]))
    aws.s3.BucketVersioning("v", bucket=lake.bucket, versioning_configuration={"status": "Enabled"})
    pulumi.export("zones", aws.get_availability_zones_output().names)
    pulumi.export("account", aws.get_region_output().region)
    pulumi.log.warn("said over gRPC")


asyncio.run(pulumi.runtime.run_in_stack(main))
"""


@pytest.fixture
def monitor(tmp_path: Path) -> Monitor:
    return Monitor(job_spec(tmp_path, config={"aws:region": "eu-west-1"}), in_process=False)


@pytest.fixture
def server(monitor: Monitor) -> Iterator[Server]:
    served = Server(Engine(monitor.registry), monitor)
    yield served
    served.stop()


@pytest.fixture
def stub(server: Server) -> Iterator[resource_pb2_grpc.ResourceMonitorStub]:
    with grpc.insecure_channel(server.address) as channel:
        yield resource_pb2_grpc.ResourceMonitorStub(channel)


def test_a_program_in_another_process_is_previewed(monitor: Monitor, server: Server, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environ = {**os.environ, "MONITOR": server.address, "PULUMI_CONFIG": json.dumps({"aws:region": "eu-west-1"})}

    subprocess.run([sys.executable, str(program)], env=environ, check=True, timeout=300)

    records = {record.name: record for record in monitor.registry.records}
    assert records["lake"].inputs["tags"] == {"by": "transform"}
    assert records["v"].inputs["bucket"] == records["lake"].inputs["bucket"]
    assert records["v"].property_dependencies == {"bucket": [records["lake"].urn]}
    assert monitor.stack_outputs() == {"zones": UNKNOWN, "account": "eu-west-1"}
    assert [d.message for d in monitor.registry.diagnostics] == ["said over gRPC"]
    assert monitor.registry.failure is None


def test_features_are_told_in_both_ways(stub: resource_pb2_grpc.ResourceMonitorStub) -> None:
    info = stub.GetDeploymentInfo(empty_pb2.Empty())

    assert (info.project, info.stack, info.dryRun) == ("shop", "dev", True)
    assert len(info.supportedFeatures) == len(FEATURES)
    for name, expected in (("secrets", True), ("teleportation", False)):
        assert stub.SupportsFeature(resource_pb2.SupportsFeatureRequest(id=name)).hasSupport is expected


def test_a_failure_is_a_status_with_its_sentence_and_stays(stub: resource_pb2_grpc.ResourceMonitorStub) -> None:
    request = resource_pb2.RegisterResourceRequest(type="aws:sns/topic:Topic", name="t", custom=True)
    stub.RegisterResource(request)

    for _ in range(2):
        with pytest.raises(grpc.RpcError, match="Duplicate resource URN") as raised:
            stub.RegisterResource(request)
        assert raised.value.code() == grpc.StatusCode.UNKNOWN
        request = resource_pb2.RegisterResourceRequest(type="aws:sns/topic:Topic", name="another", custom=True)


def test_an_unknown_provider_and_unknown_outputs_are_refused(monitor: Monitor) -> None:
    with pytest.raises(Exception, match="unknown provider urn:nobody"):
        monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(type="a:b:C", name="x", custom=True, provider="urn:nobody::id")
        )


def test_outputs_of_nothing_are_refused(monitor: Monitor) -> None:
    with pytest.raises(Exception, match="outputs of the unknown resource urn:x"):
        monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn="urn:x"))


def test_existence_cannot_be_known(stub: resource_pb2_grpc.ResourceMonitorStub) -> None:
    assert stub.ExistsResource(resource_pb2.ExistsResourceRequest(type="a:b:C", id="x")).unknown is True


def test_a_resource_can_be_looked_up_by_its_urn(stub: resource_pb2_grpc.ResourceMonitorStub) -> None:
    topic = resource_pb2.RegisterResourceRequest(
        type="aws:sns/topic:Topic", name="t", custom=True, object=to_struct({"name": "n"})
    )
    urn = stub.RegisterResource(topic).urn

    def look_up(wanted: str) -> dict[str, object]:
        request = resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:getResource", args=to_struct({"urn": wanted}))
        return from_struct(getattr(stub.Invoke(request), "return"))

    found = look_up(urn)
    assert (found["urn"], found["id"]) == (urn, "")
    with pytest.raises(grpc.RpcError, match="unknown resource urn:nowhere"):
        look_up("urn:nowhere")


def test_a_parameterized_package_names_the_default_provider(monitor: Monitor) -> None:
    package = resource_pb2.RegisterPackageRequest(
        name="terraform-provider",
        version="0.9.0",
        download_url="https://example.com/p",
        parameterization=resource_pb2.Parameterization(name="netbox", version="1.0.0"),
    )
    reference = monitor.RegisterPackage(package).ref

    assert monitor.RegisterPackage(package).ref == reference
    monitor.RegisterResource(
        resource_pb2.RegisterResourceRequest(type="netbox:index:Site", name="s", custom=True, packageRef=reference)
    )
    provider = monitor.registry.records[0]
    assert (provider.type, provider.name) == ("pulumi:providers:netbox", "default_1_0_0_https_/example.com/p")
    assert provider.inputs == {"version": "1.0.0"}


def test_children_inherit_the_providers_of_their_component(monitor: Monitor) -> None:
    register = monitor.RegisterResource
    provider = register(
        resource_pb2.RegisterResourceRequest(
            type="pulumi:providers:aws", name="eu", custom=True, object=to_struct({"region": "eu-west-1"})
        )
    ).urn
    component = register(
        resource_pb2.RegisterResourceRequest(type="a:b:C", name="c", providers={"aws": f"{provider}::{UNKNOWN}"})
    ).urn

    register(resource_pb2.RegisterResourceRequest(type="aws:sns/topic:Topic", name="t", custom=True, parent=component))

    served_by = monitor.registry.records[-1].provider
    assert served_by is not None
    assert (served_by.urn, served_by.reference, served_by.package) == (provider, f"{provider}::{UNKNOWN}", "aws")


def test_aliases_are_urns(monitor: Monitor) -> None:
    from pulumi.runtime.proto import alias_pb2

    monitor.RegisterResource(
        resource_pb2.RegisterResourceRequest(
            type="aws:sns/topic:Topic",
            name="t",
            custom=True,
            parent="urn:pulumi:dev::shop::a:b:C::c",
            aliasURNs=["urn:pulumi:dev::shop::a:b:C::old"],
            aliases=[
                alias_pb2.Alias(urn="urn:pulumi:dev::shop::a:b:C::older"),
                alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name="former", noParent=True)),
                alias_pb2.Alias(spec=alias_pb2.Alias.Spec(parentUrn="urn:pulumi:dev::shop::x:y:Z::z")),
                alias_pb2.Alias(spec=alias_pb2.Alias.Spec(stack="prod", project="web", type="x:y:Z")),
            ],
        )
    )

    assert monitor.registry.records[-1].aliases == [
        "urn:pulumi:dev::shop::a:b:C::old",
        "urn:pulumi:dev::shop::a:b:C::older",
        "urn:pulumi:dev::shop::aws:sns/topic:Topic::former",
        "urn:pulumi:dev::shop::x:y:Z$aws:sns/topic:Topic::t",
        "urn:pulumi:prod::web::a:b:C$x:y:Z::t",
    ]


def test_the_engine_answers_what_it_is_asked(server: Server, monitor: Monitor) -> None:
    with grpc.insecure_channel(server.address) as channel:
        engine = engine_pb2_grpc.EngineStub(channel)
        engine.SetRootResource(engine_pb2.SetRootResourceRequest(urn="urn:stack"))
        assert engine.GetRootResource(engine_pb2.GetRootResourceRequest()).urn == "urn:stack"
        engine.RequirePulumiVersion(engine_pb2.RequirePulumiVersionRequest(pulumi_version_range=">=99"))
        for severity, ephemeral in ((0, False), (1, False), (2, True), (3, False)):
            engine.Log(engine_pb2.LogRequest(severity=severity, message=f"m{severity}\n", ephemeral=ephemeral))  # type: ignore[arg-type]
        engine.StartDebugging(engine_pb2.StartDebuggingRequest())

    assert [(d.severity, d.message) for d in monitor.registry.diagnostics] == [("info", "m1"), ("error", "m3")]


def test_a_pack_may_log_while_the_registry_is_locked(monitor: Monitor) -> None:
    with monitor.registry.lock:
        talker = threading.Thread(target=monitor.registry.say, args=("info", "from a pack"), daemon=True)
        talker.start()
        talker.join(5)

    assert [d.message for d in monitor.registry.diagnostics] == ["from a pack"]


def test_progress_is_told_while_resources_are_registered(monitor: Monitor, tmp_path: Path) -> None:
    monitor.RegisterResource(resource_pb2.RegisterResourceRequest(type="a:b:C", name="c"))

    assert (tmp_path / "progress").read_text() == "1"


def test_a_hook_that_was_never_registered_is_refused(monitor: Monitor) -> None:
    hooks = resource_pb2.RegisterResourceRequest.ResourceHooksBinding(before_create=["ghost"])

    with pytest.raises(EngineFailure, match='before hook "ghost" of c was not registered') as raised:
        monitor.RegisterResource(resource_pb2.RegisterResourceRequest(type="a:b:C", name="c", hooks=hooks))

    assert raised.value.kind == "hook"


def test_an_entry_of_the_answers_file_for_a_plain_call_is_used(tmp_path: Path) -> None:
    token = "aws:index/getAvailabilityZones:getAvailabilityZones"
    answers = [{"function": token, "result": {"names": ["a", "b"]}}]
    served = Monitor(job_spec(tmp_path, answers=answers), in_process=False)

    response = served.Invoke(resource_pb2.ResourceInvokeRequest(tok=token))

    assert from_struct(getattr(response, "return"))["names"] == ["a", "b"]
