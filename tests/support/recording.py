"""Run a piece of Pulumi code against the SDK's test monitor and keep what it registered.

Unlike the stock mocks, a recording keeps what the engine would be told beside the inputs: parent, protect, retain on
delete, aliases, dependencies. Outputs that are not inputs are unknown, as in a preview.
"""

import asyncio
import contextvars
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import config as pulumi_config
from pulumi.runtime import mocks, rpc, settings, stack
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _sync_await

ACCOUNT = "999999999999"
"""What the stand-in for the caller identity answers."""

STORAGE_AGENT = "service-999999999999@gs-project-accounts.iam.gserviceaccount.com"
"""What the stand-in for Cloud Storage's own account answers."""

BIGQUERY_AGENT = "bq-999999999999@bigquery-encryption.iam.gserviceaccount.com"
"""What the stand-in for the account that encrypts for BigQuery answers."""

UNKNOWN = "<unknown>"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Recorded:
    """One registration: wire names (camelCase), unknown values as ``"<unknown>"``, secrets as ``"<secret>"``."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    inputs: dict[str, Any]
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    aliases: tuple[str, ...]
    dependencies: tuple[str, ...]
    property_dependencies: dict[str, tuple[str, ...]]


@dataclass
class Recording:
    """Everything one program registered, in order, and the outputs its components registered."""

    resources: list[Recorded] = field(default_factory=list)
    component_outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)
    """Id of each resource that exists already (``.get()``), by its name."""

    def named(self, name: str) -> Recorded:
        """The one resource with this logical name."""
        (found,) = [r for r in self.resources if r.name == name]
        return found

    def of_type(self, token: str) -> list[Recorded]:
        """The resources of one type, in the order of registration."""
        return [r for r in self.resources if r.type == token]

    def outputs(self, name: str) -> dict[str, Any]:
        """What the component of this name passed to ``register_outputs``."""
        return self.component_outputs[self.named(name).urn]


class _Answers(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "userId": "U", "id": ACCOUNT}, []
        if args.token == "gcp:storage/getProjectServiceAccount:getProjectServiceAccount":
            return {"emailAddress": STORAGE_AGENT, "member": f"serviceAccount:{STORAGE_AGENT}", "id": STORAGE_AGENT}, []
        if args.token == "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount":
            return {"email": BIGQUERY_AGENT, "member": f"serviceAccount:{BIGQUERY_AGENT}", "id": BIGQUERY_AGENT}, []
        raise AssertionError(f"unexpected function call {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return "", dict(args.inputs)


class _RecordingMonitor(mocks.MockMonitor):
    def __init__(self, recording: Recording) -> None:
        super().__init__(_Answers())
        self.recording = recording

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self.recording.resources.append(_recorded(request, response.urn))
        return response

    def ReadResource(self, request: Any) -> Any:
        self.recording.read[request.name] = readable(request.id)
        return super().ReadResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.recording.component_outputs[request.urn] = readable(json_format.MessageToDict(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def Invoke(self, request: Any) -> Any:
        self.recording.functions.append(request.tok)
        return super().Invoke(request)  # type: ignore[no-untyped-call]


def _recorded(request: resource_pb2.RegisterResourceRequest, urn: str) -> Recorded:
    return Recorded(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        inputs=readable(json_format.MessageToDict(request.object)),
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace,
        aliases=tuple(alias.urn or alias.spec.name for alias in request.aliases),
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={k: tuple(sorted(v.urns)) for k, v in request.propertyDependencies.items() if v.urns},
    )


def readable(value: Any) -> Any:
    """A wire value for people: unknowns and secrets as marker words, whole numbers as integers."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == SECRET_SIGNATURE:
            return "<secret>"
        return {key: readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if value == rpc.UNKNOWN else value


def record(
    program: Callable[[], object],
    *,
    stack_name: str = "dev",
    config: Mapping[str, str] | None = None,
    project: str = "platform",
    preview: bool = True,
) -> Recording:
    """Run ``program`` and return what it registered; whatever it raises is raised here.

    :param config: full keys (``ns:name``) with their text values.
    """
    recording = Recording()

    def run() -> None:
        # The SDK takes the thread's loop, which another test may have closed or taken away.
        asyncio.set_event_loop(_loop())
        settings.reset_options()
        pulumi_config.set_all_config(dict(config or {}))
        mocks.set_mocks(
            _Answers(),
            project=project,
            stack=stack_name,
            preview=preview,
            logger=logging.getLogger("recording"),
            monitor=_RecordingMonitor(recording),
        )
        _sync_await(stack.run_pulumi_func(lambda: _discard(program())))

    contextvars.copy_context().run(run)
    return recording


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    # What an output raises is raised by `record`; all that was made of the output would tell it again at the end.
    loop.set_exception_handler(lambda _loop, _context: None)
    return loop


def _discard(_result: object) -> None:
    """The SDK awaits what the function returns; a resource is no coroutine."""
