"""The components as other languages see them: the schema, and the real provider process that hosts them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from dataops_infra import __main__, __version__
from dataops_infra.components import COMPONENTS

ROOT = Path(__file__).parents[2]
SCHEMA = Path(__file__).parent / "schema.json"
SNAPSHOT_VERSION = "0.0.0"
"""A release does not change the snapshot."""


def current_schema() -> str:
    provider = ComponentProvider(COMPONENTS, "dataops-infra", None, SNAPSHOT_VERSION)
    return json.dumps(json.loads(str(provider.schema)), indent=2, sort_keys=True) + "\n"


def test_plugin_file_and_entry_point_host_exactly_the_listed_components(monkeypatch: pytest.MonkeyPatch) -> None:
    assert yaml.safe_load((ROOT / "PulumiPlugin.yaml").read_text()) == {"runtime": "python"}
    hosted: dict[str, Any] = {}
    monkeypatch.setattr(__main__, "component_provider_host", lambda **given: hosted.update(given))
    __main__.main()
    assert hosted == {"components": COMPONENTS, "name": "dataops-infra", "namespace": None, "version": __version__}


def test_schema_is_what_it_was() -> None:
    assert current_schema() == SCHEMA.read_text(), (
        "what other languages see has changed; if that is meant: "
        "python -c 'from tests.data_lake.test_component_host import *; SCHEMA.write_text(current_schema())'"
    )


def test_schema_names_every_component_and_documents_every_field() -> None:
    schema = json.loads(current_schema())
    assert schema["resources"].keys() == {f"dataops-infra:index:{component.__name__}" for component in COMPONENTS}
    for component in schema["resources"].values():
        described = {**component["inputProperties"], **component["properties"]}
        assert [name for name, field in described.items() if not field.get("description")] == []
    for token, kind in schema["types"].items():
        fields = kind.get("properties") or {value["name"]: value for value in kind["enum"]}
        assert [f"{token}.{name}" for name, field in fields.items() if not field.get("description")] == []


class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Stands in for the engine: accepts every resource, gives its inputs back as outputs."""

    def __init__(self) -> None:
        self.registered: dict[str, resource_pb2.RegisterResourceRequest] = {}
        self.logged: list[str] = []

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(supportedFeatures=[resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS])

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id == "secrets")

    def RegisterPackage(self, request: Any, context: Any) -> Any:
        return resource_pb2.RegisterPackageResponse(ref="package")

    def RegisterResource(self, request: Any, context: Any) -> Any:
        self.registered[request.name] = request
        urn = f"urn:pulumi:dev::platform::{request.type}::{request.name}"
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Log(self, request: Any, context: Any) -> Any:
        self.logged.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn="urn:pulumi:dev::platform::pulumi:pulumi:Stack::platform-dev")


@pytest.fixture
def monitor() -> Iterator[tuple[Monitor, str]]:
    """A monitor and engine that listens, and its address."""
    double = Monitor()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(double, server)
    engine_pb2_grpc.add_EngineServicer_to_server(double, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield double, f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def host(monitor: tuple[Monitor, str]) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """The provider process, started as the engine starts it."""
    process = subprocess.Popen([sys.executable, "-m", "dataops_infra", monitor[1]], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    process.terminate()
    process.wait(10)
    process.stdout.close()


def construct(host: Any, address: str, inputs: dict[str, Any]) -> Any:
    fields = struct_pb2.Struct()
    fields.update(inputs)
    return host.Construct(
        provider_pb2.ConstructRequest(
            project="platform",
            stack="dev",
            dryRun=True,
            monitorEndpoint=address,
            type="dataops-infra:index:S3DataLake",
            name="events",
            inputs=fields,
            config={"aws:region": "eu-central-1"},
        )
    )


def test_host_builds_a_lake_for_another_language(monitor: tuple[Monitor, str], host: Any) -> None:
    assert (
        "dataops-infra:index:S3DataLake"
        in json.loads(host.GetSchema(provider_pb2.GetSchemaRequest()).schema)["resources"]
    )
    inputs = {"domain": "growth", "dataClassification": "internal", "zones": ["raw"]}
    response = construct(host, monitor[1], inputs)
    assert response.urn == "urn:pulumi:dev::platform::dataops-infra:index:S3DataLake::events"
    assert {"events", "events-raw", "events-logs", "events-key"} <= monitor[0].registered.keys()
    bucket = json_format.MessageToDict(monitor[0].registered["events-raw"].object)
    assert (bucket["bucket"], bucket["region"]) == ("acme-dev-growth-events-raw", "eu-central-1")
    assert json_format.MessageToDict(response.state)["ref"] == {
        "buckets": {"raw": "acme-dev-growth-events-raw"},
        "logBucket": "acme-dev-growth-events-logs",
        "kmsKeyArn": "arn:aws:kms:eu-central-1:111111111111:alias/acme-dev-growth-events",
        "region": "eu-central-1",
        "domain": "growth",
        "environment": "dev",
        "dataClassification": "internal",
        "retentionClass": "standard",
    }


def test_host_passes_the_sentence_of_a_wrong_argument_on(monitor: tuple[Monitor, str], host: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        construct(host, monitor[1], {"domain": "growht", "dataClassification": "internal"})
    assert "domain: expected growth, got 'growht'" in str(caught.value)
    assert monitor[0].registered == {}
