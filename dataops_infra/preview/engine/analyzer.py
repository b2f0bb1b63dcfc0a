"""The Analyzer protocol: records as its messages, and one pack's server as an object that asks it.

What the real engine does on this side is in ``sdk/go/common/resource/plugin/analyzer_plugin.go`` of Pulumi.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from .pack_config import LEVELS, Setting
from .records import JobSpec, ResourceRecord
from .values import (
    RESOURCE_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Properties,
    Wire,
    from_struct,
    resolve_outputs,
    to_notation,
    to_struct,
)

_MESSAGE_BYTES = 400 * 1024 * 1024
"""The limit of the policy SDK's own server."""
_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.enable_http_proxy", 0),
)


def packable(value: Wire, internal: bool) -> Wire:
    """``value`` as packs receive it: references to resources as ids (URNs of components), outputs resolved.

    :param internal: whether keys that start with ``__`` are kept, as they are for remediations.
    """
    if isinstance(value, list):
        return [packable(item, internal) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE_KEY) == RESOURCE_SIGNATURE:
        return (value["id"] or UNKNOWN) if "id" in value else value.get("urn", "")
    return {key: packable(item, internal) for key, item in value.items() if internal or not key.startswith("__")}


def stack_configuration(job: JobSpec) -> analyzer_pb2.AnalyzerStackConfigureRequest:
    """What every pack is told about the stack before it is asked anything."""
    return analyzer_pb2.AnalyzerStackConfigureRequest(
        stack=job.stack,
        project=job.project,
        organization=job.organization,
        dry_run=True,
        config=job.config,
        config_secret_keys=sorted(job.config_secret_keys),
    )


def analyze_request(
    record: ResourceRecord, internal: bool = False, inputs: Properties | None = None
) -> analyzer_pb2.AnalyzeRequest:
    """The request of ``Analyze``, or of ``Remediate`` (which keeps internal keys).

    :param inputs: the properties to send, by default the checked inputs of the record.
    """
    properties = record.inputs if inputs is None else inputs
    return analyzer_pb2.AnalyzeRequest(
        type=record.type,
        urn=record.urn,
        name=record.name,
        properties=to_struct(packable(resolve_outputs(properties), internal)),
        options=_options(record),
        provider=_provider(record),
    )


def stack_request(records: Iterable[ResourceRecord]) -> analyzer_pb2.AnalyzeStackRequest:
    """The request of ``AnalyzeStack``: the outputs of every resource that policies see, and what depends on what."""
    return analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(
                type=record.type,
                urn=record.urn,
                name=record.name,
                properties=to_struct(packable(resolve_outputs(record.outputs), internal=False)),
                options=_options(record),
                provider=_provider(record),
                parent=record.parent,
                dependencies=record.dependencies,
                propertyDependencies={
                    name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for name, urns in record.property_dependencies.items()
                },
            )
            for record in records
            if record.analyzed
        ]
    )


def configure_request(settings: dict[str, Setting]) -> Any:
    """The request of ``Configure``: level and properties of every policy."""
    return analyzer_pb2.ConfigureAnalyzerRequest(
        policyConfig={
            name: analyzer_pb2.PolicyConfig(
                enforcementLevel=LEVELS[setting.level],  # type: ignore[arg-type]
                properties=to_struct(setting.properties),
            )
            for name, setting in settings.items()
        }
    )


def _options(record: ResourceRecord) -> analyzer_pb2.AnalyzerResourceOptions:
    # The engine tells packs the URNs of old resources, of which a first preview has none, not the declared aliases.
    options = analyzer_pb2.AnalyzerResourceOptions(
        protect=record.protect,
        ignoreChanges=record.ignore_changes,
        deleteBeforeReplace=bool(record.delete_before_replace),
        deleteBeforeReplaceDefined=record.delete_before_replace is not None,
        additionalSecretOutputs=record.additional_secret_outputs,
        aliases=record.former_urns,
        parent=record.parent,
    )
    if record.timeouts:
        for name, seconds in record.timeouts.items():
            setattr(options.customTimeouts, name, seconds)
    return options


def _provider(record: ResourceRecord) -> analyzer_pb2.AnalyzerProviderResource | None:
    provider = record.provider
    if provider is None or record.is_provider or not record.custom:
        return None
    return analyzer_pb2.AnalyzerProviderResource(
        type=provider.type,
        urn=provider.urn,
        name=provider.name,
        properties=to_struct(packable(resolve_outputs(provider.inputs), internal=False)),
    )


class Analyzer:
    """The server of one pack.

    Every call raises ``grpc.RpcError`` when the pack's code raises (code UNKNOWN), is gone (UNAVAILABLE) or too slow.

    :param port: where it listens, on 127.0.0.1.
    :param seconds: the time limit of one call.
    :param trace: a file to write each request to (secrets shown), or None.
    """

    def __init__(self, port: int, seconds: float, trace: Path | None) -> None:
        self._seconds, self._trace = seconds, trace
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS)
        self._stub: Any = analyzer_pb2_grpc.AnalyzerStub(self._channel)

    def plugin_info(self, seconds: float) -> None:
        """Wait until the server answers, at most ``seconds``."""
        self._stub.GetPluginInfo(empty_pb2.Empty(), timeout=seconds, wait_for_ready=True)
        self._write("GetPluginInfo", {})

    def configure_stack(self, request: analyzer_pb2.AnalyzerStackConfigureRequest) -> None:
        """Tell the pack about the stack; an SDK too old to listen is no error."""
        try:
            self._stub.ConfigureStack(request, timeout=self._seconds)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                raise
        self._write("ConfigureStack", _stack_notation(request))

    def info(self) -> analyzer_pb2.AnalyzerInfo:
        """The pack's name, version and policies."""
        info: analyzer_pb2.AnalyzerInfo = self._stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=self._seconds)
        self._write("GetAnalyzerInfo", {})
        return info

    def configure(self, settings: dict[str, Setting]) -> None:
        """Give every policy its level and properties."""
        self._stub.Configure(configure_request(settings), timeout=self._seconds)
        self._write(
            "Configure",
            {n: {"level": s.level.upper(), "properties": to_notation(s.properties, True)} for n, s in settings.items()},
        )

    def remediate(self, request: analyzer_pb2.AnalyzeRequest) -> analyzer_pb2.RemediateResponse:
        """What the pack's remediations make of a resource."""
        response: analyzer_pb2.RemediateResponse = self._stub.Remediate(request, timeout=self._seconds)
        self._write("Remediate", self._notation(request), [_remediation_notation(r) for r in response.remediations])
        return response

    def analyze(self, request: analyzer_pb2.AnalyzeRequest) -> Callable[[], analyzer_pb2.AnalyzeResponse]:
        """Send a resource; the call of what this returns waits for the verdicts."""
        self._write("Analyze", self._notation(request))
        result: Callable[[], analyzer_pb2.AnalyzeResponse] = self._stub.Analyze.future(
            request, timeout=self._seconds
        ).result
        return result

    def analyze_stack(self, request: analyzer_pb2.AnalyzeStackRequest) -> Callable[[], analyzer_pb2.AnalyzeResponse]:
        """Send the whole stack; the call of what this returns waits for the verdicts."""
        if self._trace:
            self._write("AnalyzeStack", {"resources": [_stack_resource_notation(r) for r in request.resources]})
        result: Callable[[], analyzer_pb2.AnalyzeResponse] = self._stub.AnalyzeStack.future(
            request, timeout=self._seconds
        ).result
        return result

    def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        self._channel.close()

    def _notation(self, request: analyzer_pb2.AnalyzeRequest) -> dict[str, Any]:
        return _resource_notation(request) if self._trace else {}

    def _write(self, method: str, request: dict[str, Any], response: Any = None) -> None:
        if self._trace is None:
            return
        line = {"method": method, "request": request} | ({} if response is None else {"response": response})
        with self._trace.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")


def _stack_notation(request: analyzer_pb2.AnalyzerStackConfigureRequest) -> dict[str, Any]:
    return {
        "stack": request.stack,
        "project": request.project,
        "organization": request.organization,
        "dryRun": request.dry_run,
        "configKeys": sorted(request.config),
        "configSecretKeys": sorted(request.config_secret_keys),
    }


def _resource_notation(request: Any) -> dict[str, Any]:
    options, provider = request.options, request.provider if request.HasField("provider") else None
    timeouts = options.customTimeouts
    return {
        "urn": request.urn,
        "type": request.type,
        "name": request.name,
        "properties": _properties_notation(from_struct(request.properties)),
        "options": {
            "protect": options.protect,
            "ignoreChanges": list(options.ignoreChanges),
            "deleteBeforeReplace": options.deleteBeforeReplace,
            "deleteBeforeReplaceDefined": options.deleteBeforeReplaceDefined,
            "additionalSecretOutputs": list(options.additionalSecretOutputs),
            "aliases": list(options.aliases),
            "customTimeouts": {field.name: to_notation(seconds) for field, seconds in timeouts.ListFields()},
            "parent": options.parent,
        },
        "provider": provider
        and {
            "urn": provider.urn,
            "type": provider.type,
            "name": provider.name,
            "properties": _properties_notation(from_struct(provider.properties)),
        },
    }


def _stack_resource_notation(resource: analyzer_pb2.AnalyzerResource) -> dict[str, Any]:
    return {
        **_resource_notation(resource),
        "parent": resource.parent,
        "dependencies": list(resource.dependencies),
        "propertyDependencies": {name: list(on.urns) for name, on in resource.propertyDependencies.items()},
    }


def _remediation_notation(remediation: analyzer_pb2.Remediation) -> dict[str, Any]:
    changed = remediation.HasField("properties")
    return {
        "policy": remediation.policyName,
        "properties": _properties_notation(from_struct(remediation.properties)) if changed else None,
        "diagnostic": remediation.diagnostic,
    }


def _properties_notation(properties: Properties) -> Any:
    return to_notation(properties, show_secrets=True)
