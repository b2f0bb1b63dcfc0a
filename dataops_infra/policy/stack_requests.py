"""The resources of an AnalyzeStack call, unpacked once for all rules of a pack, and only those that a rule asks for.

The SDK unpacks every resource of the stack anew for each stack policy (pulumi-policy 1.21, ``AnalyzeStack``): with
thirty stack rules and 10,000 resources that takes longer than the program itself. So it is handed the call without its
resources, and the kernel's policies take them from here. Where the SDK changes so that this is not possible, the
resources come with the policy's arguments, as the SDK unpacked them.

The call holds outputs alone, among them what the cloud fills in. Which of them were stated as inputs is kept from the
Analyze calls before it, of which the engine makes one for each resource.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import StackValidationArgs
from pulumi_policy import policy as sdk

from dataops_infra.policy.values import PlainData, plain

_handled = threading.local()
_inputs: dict[str, frozenset[str]] = {}
"""URN -> names of its inputs, of the resources analyzed since the stack was configured."""


@dataclass(frozen=True)
class _ReceivedProvider:
    message: Any

    @property
    def resource_type(self) -> str:
        return str(self.message.type)

    @property
    def name(self) -> str:
        return str(self.message.name)

    @cached_property
    def props(self) -> PlainData:
        return _plain(self.message.properties)


@dataclass(frozen=True)
class _ReceivedOptions:
    """Of the options, those that rules see."""

    message: Any

    @property
    def protect(self) -> bool:
        return bool(self.message.protect)

    @property
    def ignore_changes(self) -> Sequence[str]:
        return tuple(self.message.ignoreChanges)

    @property
    def parent(self) -> str | None:
        return self.message.parent or None


@dataclass(frozen=True)
class ReceivedResource:
    """One resource of the call, with the attributes of ``pulumi_policy.PolicyResource``; properties are unpacked when
    first read, then shared by all rules."""

    message: Any
    received: Mapping[str, "ReceivedResource"] = field(repr=False)

    @property
    def resource_type(self) -> str:
        """The type token."""
        return str(self.message.type)

    @cached_property
    def urn(self) -> str:
        """The URN."""
        return str(self.message.urn)

    @property
    def name(self) -> str:
        """The name in the program."""
        return str(self.message.name)

    @cached_property
    def props(self) -> PlainData:
        """The outputs, as plain data."""
        return _plain(self.message.properties)

    @cached_property
    def provider(self) -> _ReceivedProvider | None:
        """The provider, where the engine names one."""
        return _ReceivedProvider(self.message.provider) if self.message.HasField("provider") else None

    @cached_property
    def opts(self) -> _ReceivedOptions:
        """The resource's options."""
        return _ReceivedOptions(self.message.options)

    @property
    def inputs(self) -> frozenset[str] | None:
        """Names of the inputs, where the resource was analyzed before."""
        return _inputs.get(self.urn)

    @property
    def parent(self) -> "ReceivedResource | None":
        """The parent, where it is in the call."""
        return self.received.get(self.message.parent)

    @cached_property
    def dependencies(self) -> list["ReceivedResource"]:
        """What it depends on, as far as it is in the call."""
        return self._known(self.message.dependencies)

    @cached_property
    def property_dependencies(self) -> dict[str, list["ReceivedResource"]]:
        """The same for each input."""
        return {name: self._known(found.urns) for name, found in self.message.propertyDependencies.items()}

    def _known(self, urns: Sequence[str]) -> list["ReceivedResource"]:
        return [self.received[urn] for urn in urns if urn in self.received]


def _plain(message: Any) -> PlainData:
    return PlainData(plain(json_format.MessageToDict(message)))


class StackRequest:
    """The resources of one call, sorted by URN: on the wire they have no order, and reports must not change."""

    def __init__(self, request: Any) -> None:
        received: dict[str, ReceivedResource] = {}
        for message in request.resources:
            received[message.urn] = ReceivedResource(message, received)
        self.resources = tuple(received[urn] for urn in sorted(received))

    @cached_property
    def urn_prefixes(self) -> frozenset[str]:
        """See :func:`urn_prefixes_of`."""
        return _urn_prefixes(self.resources)


def resources_of(args: StackValidationArgs) -> Sequence[Any]:
    """The resources that a stack policy judges, in the form of ``pulumi_policy.PolicyResource``."""
    request: StackRequest | None = getattr(_handled, "request", None)
    return request.resources if request is not None else args.resources


def urn_prefixes_of(args: StackValidationArgs) -> frozenset[str]:
    """How the URNs of the stack begin, ``urn:pulumi:<stack>::<project>::``: one, or none of a stack without resources.

    Every resource is asked, not those alone that a rule looks at: an export need not hold the stack's own.
    """
    request: StackRequest | None = getattr(_handled, "request", None)
    return request.urn_prefixes if request is not None else _urn_prefixes(args.resources)


def _urn_prefixes(resources: Sequence[Any]) -> frozenset[str]:
    return frozenset("::".join(resource.urn.split("::", 2)[:2]) + "::" for resource in resources)


def share_stack_requests() -> None:
    """Have the SDK's server leave the unpacking to :func:`resources_of`; called for each pack that is built."""
    servicer = getattr(sdk, "_PolicyAnalyzerServicer", None)
    unpack_all = getattr(servicer, "AnalyzeStack", None)
    if servicer is None or unpack_all is None or hasattr(unpack_all, "shares_resources"):
        return
    _keep_inputs(servicer)

    def analyze_stack(self: Any, request: Any, context: Any) -> Any:
        _handled.request = StackRequest(request)
        try:
            return unpack_all(self, analyzer_pb2.AnalyzeStackRequest(), context)
        finally:
            _handled.request = None

    analyze_stack.shares_resources = True  # type: ignore[attr-defined]
    servicer.AnalyzeStack = analyze_stack


def _keep_inputs(servicer: Any) -> None:
    analyze, configure_stack = servicer.Analyze, servicer.ConfigureStack

    def analyze_and_keep(self: Any, request: Any, context: Any) -> Any:
        _inputs[request.urn] = frozenset(request.properties.fields)
        return analyze(self, request, context)

    def configure_and_forget(self: Any, request: Any, context: Any) -> Any:
        _inputs.clear()
        return configure_stack(self, request, context)

    servicer.Analyze, servicer.ConfigureStack = analyze_and_keep, configure_and_forget
