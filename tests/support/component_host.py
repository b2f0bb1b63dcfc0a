"""The components as the engine uses them for other languages: the real provider process, and a monitor for it."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

ROOT = Path(__file__).parents[2]


class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Stands in for the engine: accepts every resource, gives its inputs back as outputs."""

    def __init__(self) -> None:
        self.registered: dict[str, resource_pb2.RegisterResourceRequest] = {}
        self.logged: list[str] = []
        self.answers: dict[str, Mapping[str, Any]] = {}

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

    def Invoke(self, request: Any, context: Any) -> Any:
        return json_format.ParseDict({"return": self.answers[request.tok]}, provider_pb2.InvokeResponse())

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Log(self, request: Any, context: Any) -> Any:
        self.logged.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn="urn:pulumi:dev::platform::pulumi:pulumi:Stack::platform-dev")

    def inputs(self, name: str) -> Any:
        """The inputs of a resource that was registered."""
        return json_format.MessageToDict(self.registered[name].object)


class ComponentHost:
    """The running provider, and the monitor that it registers resources with."""

    def __init__(self, stub: Any, monitor: Monitor, address: str) -> None:
        self.stub, self.monitor, self._address = stub, monitor, address

    def construct(self, token: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, Any]:
        """URN and outputs of a component of the stack dev.

        :raises grpc.RpcError: the component refused its inputs.
        """
        fields = struct_pb2.Struct()
        fields.update(dict(inputs))
        response = self.stub.Construct(
            provider_pb2.ConstructRequest(
                project="platform",
                stack="dev",
                dryRun=True,
                monitorEndpoint=self._address,
                type=token,
                name=name,
                inputs=fields,
                config={"aws:region": "eu-central-1"},
            )
        )
        return response.urn, json_format.MessageToDict(response.state)


@contextmanager
def component_host() -> Iterator[ComponentHost]:
    """Start the provider as the engine starts it, with a monitor and engine that listens."""
    monitor = Monitor()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(monitor, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    process = subprocess.Popen([sys.executable, "-m", "dataops_infra", address], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield ComponentHost(provider_pb2_grpc.ResourceProviderStub(channel), monitor, address)
    finally:
        process.terminate()
        process.communicate(timeout=120)
        server.stop(None).wait()
