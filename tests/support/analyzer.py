"""A policy pack in a process of its own, spoken to as the engine does: the Analyzer service over gRPC."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from dataops_infra.policy.judging import Given
from dataops_infra.policy.rules import PROVIDER_TYPE_PREFIX
from dataops_infra.policy.values import Unknown

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
LEVELS = {0: "advisory", 1: "mandatory", 2: "disabled", 3: "remediate"}


def secret(value: Any) -> dict[str, Any]:
    """A value with the wire's mark of a secret."""
    return {SIGNATURE: SECRET, "value": value}


def wire(value: Any) -> Any:
    """Plain data with UNKNOWN as JSON data of the wire."""
    if isinstance(value, Unknown):
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Mapping):
        return {key: wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [wire(item) for item in value]
    return value


def struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain data as a protobuf struct."""
    made = struct_pb2.Struct()
    json_format.ParseDict(wire(value), made)
    return made


class Analyzer:
    """A running pack."""

    def __init__(self, stub: Any, process: subprocess.Popen[bytes]) -> None:
        self._stub, self.process = stub, process
        self.info = stub.GetAnalyzerInfo(empty_pb2.Empty())

    def configure(self, config: Mapping[str, Mapping[str, Any]] | None = None, **levels: str) -> None:
        """Configure every policy as an engine does: with its level, and with ``config`` where there is some."""
        given = config or {}
        numbers: dict[str, Any] = {name: number for number, name in LEVELS.items()}
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for policy in self.info.policies:
            entry = request.policyConfig[policy.name]
            level = levels.get(policy.name.replace("-", "_"))
            entry.enforcementLevel = numbers[level] if level else policy.enforcementLevel
            entry.properties.CopyFrom(struct(given.get(policy.name, {})))
        self._stub.Configure(request)

    def configure_stack(self, **fields: Any) -> None:
        """ConfigureStack; an audit sends it empty."""
        self._stub.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(**fields))

    def analyze(self, resource: Given) -> list[tuple[str, str, str]]:
        """(policy, level, text without the description) of every diagnostic about a resource."""
        request = analyzer_pb2.AnalyzeRequest(
            type=resource.type,
            properties=struct(resource.properties),
            urn=resource.urn,
            name=resource.name,
            options=analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect, parent=resource.parent),
        )
        if resource.provider is not None:
            request.provider.CopyFrom(_provider(resource))
        return _diagnostics(self._stub.Analyze(request))

    def analyze_stack(self, resources: Sequence[Given]) -> list[tuple[str, str, str]]:
        """The same of the stack as a whole."""
        urns = {resource.name: resource.urn for resource in resources}
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[_stack_resource(resource, urns) for resource in resources]
        )
        return _diagnostics(self._stub.AnalyzeStack(request))

    def remediate(self, resource: Given) -> list[tuple[str, Any]]:
        """(policy, properties after it) of every remediation that changed something."""
        request = analyzer_pb2.AnalyzeRequest(
            type=resource.type, properties=struct(resource.properties), urn=resource.urn, name=resource.name
        )
        response = self._stub.Remediate(request)
        assert not [each.diagnostic for each in response.remediations if each.diagnostic]
        return [(each.policyName, json_format.MessageToDict(each.properties)) for each in response.remediations]


def _stack_resource(resource: Given, urns: Mapping[str, str]) -> analyzer_pb2.AnalyzerResource:
    made = analyzer_pb2.AnalyzerResource(
        type=resource.type,
        properties=struct(resource.properties),
        urn=resource.urn,
        name=resource.name,
        parent=resource.parent,
        options=analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect, parent=resource.parent),
    )
    for name, sources in (resource.depends_on or {}).items():
        made.propertyDependencies[name].urns.extend(urns[source] for source in sources)
    if resource.provider is not None:
        made.provider.CopyFrom(_provider(resource))
    return made


def _provider(resource: Given) -> analyzer_pb2.AnalyzerProviderResource:
    token = PROVIDER_TYPE_PREFIX + resource.type.partition(":")[0]
    urn = f"urn:pulumi:{resource.stack}::{resource.project}::{token}::default"
    return analyzer_pb2.AnalyzerProviderResource(
        type=token, properties=struct(resource.provider or {}), urn=urn, name="default"
    )


def _diagnostics(response: Any) -> list[tuple[str, str, str]]:
    return [
        (each.policyName, LEVELS[each.enforcementLevel], each.message.removeprefix(each.description).lstrip("\n"))
        for each in response.diagnostics
    ]


@contextmanager
def analyzer(folder: Path, **environ: str) -> Iterator[Analyzer]:
    """Start the pack in ``folder`` with this Python, without any PULUMI_ variable, as an audit does."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)],
        cwd=folder,
        env=kept | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().decode().strip()
        assert port.isdigit(), process.stderr.read().decode() if process.stderr else ""
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Analyzer(analyzer_pb2_grpc.AnalyzerStub(channel), process)
    finally:
        # As Ctrl-C: the pack ends by itself, and what it covered is measured.
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def write_pack(folder: Path, rules: str) -> Path:
    """A pack made for a test: ``rules`` is the source of a module that defines RULES."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "PulumiPolicy.yaml").write_text(json.dumps({"runtime": "python", "version": "0.0.1"}))
    (folder / f"{folder.name}_rules.py").write_text(rules)
    (folder / "__main__.py").write_text(
        "from pathlib import Path\nfrom pulumi_policy import PolicyPack\n"
        f"from {folder.name}_rules import RULES\nfrom dataops_infra.policy import build_pack\n"
        f'PolicyPack("{folder.name}", policies=build_pack(RULES, Path(__file__).parent))\n'
    )
    return folder
