"""One policy pack from its process to its answers: policies, settings, and the words for what goes wrong."""

import time
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2

from .analyzer import Analyzer
from .pack_config import Policy, Setting, config_warnings, initial_config, reconcile
from .pack_process import PackProcess
from .records import EngineFailure, PackSpec

_RULE_RAISED = "Exception calling application"
"""How gRPC's Python server words an exception of the code behind it."""
_KERNEL_POLICIES = frozenset({"deferred-checks", "used-exemptions"})
"""What every pack built by ``dataops_infra.policy`` has among its resource policies (docs/architecture.md)."""
_ENDING_SECONDS = 2.0
_PATIENCE_SECONDS = 1.0


@dataclass
class Pack:
    """One pack from its process to its settings."""

    spec: PackSpec
    process: PackProcess
    analyzer: Analyzer | None = None
    name: str = ""
    version: str = ""
    policies: list[Policy] = field(default_factory=list)
    remediating: frozenset[str] = frozenset()
    settings: dict[str, Setting] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    indifferent: set[str] = field(default_factory=set)
    """Types of resources that no rule of the pack looks at, as far as is known."""

    @property
    def server(self) -> Analyzer:
        """The pack's server, once :meth:`connect` has found it."""
        assert self.analyzer is not None, "wait_ready comes first"
        return self.analyzer

    def connect(
        self,
        stack: analyzer_pb2.AnalyzerStackConfigureRequest,
        seconds: float,
        start_seconds: float,
        trace: Path | None,
    ) -> None:
        """Wait for the server, learn its policies and reconcile their configuration."""
        self.analyzer = Analyzer(self.process.port(), seconds, trace)
        self._wait_for_server(start_seconds)
        try:
            self.analyzer.configure_stack(stack)
            info = self.analyzer.info()
        except grpc.RpcError as error:
            raise self.broken(error, "while it was starting") from None
        self.name, self.version = info.name, self.spec.version or info.version
        self.policies = [Policy.of(policy) for policy in info.policies]
        layers = (initial_config(info), self.spec.config)
        self.settings = reconcile(self.policies, layers, self.spec.conventions)
        found = config_warnings(self.policies, self.spec.config)
        self.warnings = [f"policy pack {self.spec.name} {what}" for what in found]

    def _wait_for_server(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.server.plugin_info(min(_PATIENCE_SECONDS, seconds))
            except grpc.RpcError as error:
                if self.process.wait(0) is not None or error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
                    raise self.broken(error, "while it was starting") from None
            if time.monotonic() > deadline:
                raise self.process.failure("it printed a port, and no pack answers there; remove what prints numbers")

    def configure(self) -> None:
        """Hand the settings over."""
        try:
            self.server.configure(self.settings)
        except grpc.RpcError as error:
            raise self.broken(error, "while it was configured") from None

    def asks(self, kind: str) -> bool:
        """Whether a policy of that kind is on; an old SDK does not tell the kind, which counts as both."""
        return any(p.kind in ("", kind) and self.settings[p.name].level != "disabled" for p in self.policies)

    def learn(self, resource_type: str, not_applicable: Set[str]) -> None:
        """Remember a type that every rule called not applicable, so that the pack need not be asked about it again.

        In packs with our kernel that hangs on the type alone; in others it may hang on anything.
        """
        asked = {p.name for p in self.policies if p.kind != "stack" and self.settings[p.name].level != "disabled"}
        if asked >= _KERNEL_POLICIES and asked - _KERNEL_POLICIES <= not_applicable:
            self.indifferent.add(resource_type)

    @property
    def remediates(self) -> bool:
        """Whether a policy is at the level that runs remediations."""
        return any(self.settings[p.name].level == "remediate" and p.kind != "stack" for p in self.policies)

    def describe(self) -> dict[str, Any]:
        """The pack as result.json lists it."""
        return {
            "name": self.name,
            "version": self.version,
            "folder": self.spec.path,
            "policies": [
                {
                    "name": policy.name,
                    "level": self.settings[policy.name].level,
                    "severity": policy.severity,
                    "description": policy.description,
                    "kind": policy.kind or "resource",
                    "remediates": self.settings[policy.name].level == "remediate" and policy.kind != "stack",
                }
                for policy in self.policies
            ],
        }

    def broken(self, error: grpc.RpcError, when: str) -> EngineFailure:
        """A call that failed for another reason than a rule that raised."""
        code, details = error.code(), error.details() or ""
        late = code == grpc.StatusCode.DEADLINE_EXCEEDED
        ended = self.process.wait(0 if late else _ENDING_SECONDS)
        if ended is not None:
            how = f"by signal {-ended}" if ended < 0 else f"with exit code {ended}"
            return self.process.failure(f"its process ended {how} {when}; mend the rule that ends it")
        if late:
            return self.process.failure(f"it did not answer in time {when}; look for a rule that never ends")
        return self.process.failure(f"it gave no valid answer {when} ({code.name}: {details[:200]})")

    def raised(self, error: grpc.RpcError, prefix: str, when: str) -> EngineFailure:
        """A failed call: a rule that raised, worded as the engine words it, or a broken pack."""
        details = error.details() or ""
        if error.code() == grpc.StatusCode.UNKNOWN and details.startswith(_RULE_RAISED):
            lines = self.process.errors()
            detail = f"A rule of policy pack {self.spec.name} raised {when}." + (f"\n{lines}" if lines else "")
            return EngineFailure("rule", f"{prefix}{details}", detail=detail)
        return self.broken(error, when)
