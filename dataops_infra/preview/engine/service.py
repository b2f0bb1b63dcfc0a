"""The Engine service: messages, and the few questions a program or a pack may ask the engine itself."""

from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2

from .registry import Registry

_SEVERITIES = {1: "info", 2: "warning", 3: "error"}
"""LogSeverity; 0 is debug, which nobody reads here and the SDK sends several times a resource."""


class Engine:
    """Keeps the messages; serves in-process and over gRPC alike."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._root = ""

    def Log(self, request: Any) -> empty_pb2.Empty:
        """A message for people; an error among them does not fail the preview."""
        severity = _SEVERITIES.get(request.severity)
        if severity and not request.ephemeral:
            self._registry.say(severity, request.message.rstrip("\n"), request.urn)
        return empty_pb2.Empty()

    def GetRootResource(self, _request: Any) -> Any:
        """The URN of the stack, as it was set."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any) -> Any:
        """Name the stack's URN."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, _request: Any) -> Any:
        """There is no CLI here that could be too old."""
        return engine_pb2.RequirePulumiVersionResponse()

    def StartDebugging(self, _request: Any) -> empty_pb2.Empty:
        """Nothing is attached."""
        return empty_pb2.Empty()
