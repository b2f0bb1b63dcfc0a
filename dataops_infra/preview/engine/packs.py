"""The policy packs of one preview: started together, asked about every resource, and what they concluded.

A resource is remediated pack by pack before the program gets its answer. Verdicts are asked for without waiting, at
most ``IN_FLIGHT`` resources ahead, and taken in the order of the questions, so that every run gives the same.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2

from .analyzer import analyze_request, stack_request
from .hidden import shown
from .pack import Pack
from .pack_config import (
    LEVEL_NAMES,
    SEVERITIES,
    config_problems,
)
from .pack_process import PACK_START_SECONDS, PackProcess
from .records import STACK_TYPE, EngineFailure, JobSpec, PackSpec, ResourceRecord
from .values import ARCHIVE_SIGNATURE, ASSET_SIGNATURE, SIGNATURE_KEY, Properties, Wire, from_struct, to_notation
from .waits import Waits

IN_FLIGHT = 64
"""How many resources the program may be ahead of the packs; bounds the memory of both sides."""
PACK_CALL_SECONDS = 300.0
"""How long one call to a pack may take, unless the job says otherwise."""

Passes = dict[str, dict[str, list[str]]]
"""Pack -> policy -> URNs."""


def pack_environment(job: JobSpec, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of every pack process: the engine's own, and what the policy SDK reads about the stack."""
    return {
        **environ,
        "PULUMI_PROJECT": job.project,
        "PULUMI_STACK": job.stack,
        "PULUMI_ORGANIZATION": job.organization,
        "PULUMI_DRY_RUN": "true",
        "PULUMI_CONFIG": json.dumps(job.config, sort_keys=True),
    }


@dataclass(frozen=True, slots=True)
class _Question:
    """A call under way: whose, about which resource, and how to wait for its answer."""

    pack: Pack
    record: ResourceRecord
    answer: Callable[[], analyzer_pb2.AnalyzeResponse]


class PackGroup:
    """All packs of one preview.

    ``events``, ``remediations`` and ``packs`` are lists as in result.json; ``passed`` and ``failed`` say per pack (by
    the name it gives itself) and policy which resources it passed or did not; ``warnings`` are sentences for people;
    ``waits`` knows which pack is waited for.
    """

    def __init__(self, packs: list[Pack], timeouts: Mapping[str, float], trace_dir: Path | None) -> None:
        self._packs, self._timeouts, self._trace_dir = packs, timeouts, trace_dir
        self._questions: deque[_Question] = deque()
        self._lock = threading.RLock()
        self._stack_urn = ""
        self.skips_indifferent = True
        """Not in an audit: outputs of a state hold what the cloud filled in, which a stack rule tells from what was
        stated only for resources that the pack was asked about."""
        self.waits = Waits()
        self.events: list[dict[str, Any]] = []
        self.remediations: list[dict[str, Any]] = []
        self.passed: Passes = {}
        self.failed: Passes = {}

    @classmethod
    def start(
        cls,
        specs: Sequence[PackSpec],
        engine_address: str,
        environ: Mapping[str, str],
        timeouts: Mapping[str, float],
        trace_dir: Path | None = None,
    ) -> "PackGroup":
        """Start every pack's process and return at once.

        :param environ: see :func:`pack_environment`.
        :param timeouts: seconds; ``packStart`` until a pack prints its port, ``packCall`` for one call.
        :param trace_dir: where to write ``<pack>.jsonl``, or None.
        :raises EngineFailure: kind ``pack``: a folder or an interpreter is missing; what had started is stopped.
        """
        if trace_dir:
            trace_dir.mkdir(parents=True, exist_ok=True)
        group = cls([], timeouts, trace_dir)
        try:
            for spec in specs:
                seconds = timeouts.get("packStart", PACK_START_SECONDS)
                group._packs.append(Pack(spec, PackProcess(spec, engine_address, environ, seconds)))
        except EngineFailure:
            group.close()
            raise
        return group

    def wait_ready(self, stack: analyzer_pb2.AnalyzerStackConfigureRequest) -> None:
        """Wait until every pack serves, and configure it.

        :param stack: see :func:`analyzer.stack_configuration`.
        :raises EngineFailure: kind ``pack``: one does not start or answer; kind ``config``: every wrong configuration.
        """
        limit = self._timeouts.get("packCall", PACK_CALL_SECONDS)
        start_limit = self._timeouts.get("packStart", PACK_START_SECONDS)
        for pack in self._packs:
            trace = self._trace_dir / f"{pack.spec.name}.jsonl" if self._trace_dir else None
            pack.connect(stack, limit, start_limit, trace)
        problems = [
            f"validating policy config: {pack.name} {pack.version}  {problem}"
            for pack in self._packs
            for problem in config_problems(pack.policies, pack.settings)
        ]
        if problems:
            raise EngineFailure("config", "\n".join(problems))
        for pack in self._packs:
            pack.configure()

    def next_stack(self, stack: analyzer_pb2.AnalyzerStackConfigureRequest) -> None:
        """Forget the verdicts about one stack and tell the packs, whose settings stay, that another one comes.

        :raises EngineFailure: kind ``pack``.
        """
        self.events, self.remediations, self.passed, self.failed, self._stack_urn = [], [], {}, {}, ""
        for pack in self._packs:
            try:
                pack.server.configure_stack(stack)
            except grpc.RpcError as error:
                raise pack.broken(error, "when the next stack came") from None

    @property
    def can_remediate(self) -> bool:
        """Whether any pack has a policy at level remediate."""
        return any(pack.remediates for pack in self._packs)

    @property
    def packs(self) -> list[dict[str, Any]]:
        """The packs as result.json lists them; those that never served are left out."""
        return [pack.describe() for pack in self._packs if pack.name]

    @property
    def warnings(self) -> list[str]:
        """What is odd about the packs' configuration."""
        return [warning for pack in self._packs for warning in pack.warnings]

    def remediate(self, record: ResourceRecord) -> Properties | None:
        """The inputs of a resource after every pack's remediations; None when none of them changes it.

        ``record`` itself stays as it is.

        :raises EngineFailure: kind ``rule`` or ``pack``.
        """
        if not record.analyzed:
            return None
        inputs: Properties | None = None
        for pack in self._packs:
            if pack.remediates and record.type not in pack.indifferent:
                inputs = self._remediate_by(pack, record, inputs)
        return inputs

    def _remediate_by(self, pack: Pack, record: ResourceRecord, inputs: Properties | None) -> Properties | None:
        request = analyze_request(record, internal=True, inputs=inputs)
        try:
            with self.waits.on(_unfinished(pack, f"remediating {record.urn}")):
                response = pack.server.remediate(request)
        except grpc.RpcError as error:
            raise pack.raised(error, "failed to run remediation: ", f"while remediating {record.urn}") from None
        for remediation in response.remediations:
            before = record.inputs if inputs is None else inputs
            if remediation.diagnostic:
                self._add_event(pack, remediation.policyName, record.urn, "advisory", "", remediation.diagnostic)
            elif remediation.HasField("properties"):
                inputs = _without_defaults(_with_hashes(from_struct(remediation.properties), before))
                with self._lock:
                    self.remediations.append(
                        {
                            "pack": pack.name,
                            "policy": remediation.policyName,
                            "urn": record.urn,
                            "before": shown(to_notation(before), record),
                            "after": shown(to_notation(inputs), record),
                        }
                    )
        return inputs

    def analyze(self, record: ResourceRecord) -> None:
        """Ask every pack about a resource, without waiting for the answer unless many are open.

        :raises EngineFailure: kind ``rule`` or ``pack``, of this or of an earlier resource.
        """
        if record.type == STACK_TYPE:
            self._stack_urn = record.urn
        if not record.analyzed:
            return
        asked = [pack for pack in self._packs if self._trace_dir or self._concerns(pack, record)]
        if not asked:
            return
        request = analyze_request(record)
        with self._lock:
            for pack in asked:
                self._questions.append(_Question(pack, record, pack.server.analyze(request)))
            while len(self._questions) > IN_FLIGHT * len(asked):
                self._take(self._questions.popleft())

    def _concerns(self, pack: Pack, record: ResourceRecord) -> bool:
        return pack.asks("resource") and record.type not in pack.indifferent

    def finish(self, records: Iterable[ResourceRecord]) -> None:
        """Wait for every open answer, then ask every pack once about the whole stack.

        :raises EngineFailure: kind ``rule`` or ``pack``.
        """
        self.drain()
        asked = [pack for pack in self._packs if self._trace_dir or pack.asks("stack")]
        if not asked:
            return
        seen = [record for record in records if record.analyzed]
        request, urns = stack_request(seen), frozenset(record.urn for record in seen)
        answers = [(pack, pack.server.analyze_stack(request)) for pack in asked]
        for pack, answer in answers:
            try:
                with self.waits.on(_unfinished(pack, "judging the whole stack")):
                    response = answer()
            except grpc.RpcError as error:
                raise pack.raised(error, "", "while judging the whole stack") from None
            for found in response.diagnostics:
                self._add_diagnostic(pack, found, found.urn if found.urn in urns else self._stack_urn)

    def drain(self) -> None:
        """Wait for every open answer about a resource.

        :raises EngineFailure: kind ``rule`` or ``pack``.
        """
        with self._lock:
            while self._questions:
                self._take(self._questions.popleft())

    def close(self) -> None:
        """End every pack's process; may be called at any time and more than once."""
        self.waits.close()
        self._questions.clear()
        for pack in self._packs:
            if pack.analyzer:
                pack.analyzer.close()
            pack.process.terminate()
        for pack in self._packs:
            pack.process.stop()

    def _take(self, question: _Question) -> None:
        pack, urn = question.pack, question.record.urn
        try:
            with self.waits.on(_unfinished(pack, f"judging {urn}")):
                response = question.answer()
        except grpc.RpcError as error:
            raise pack.raised(error, "failed to run policy: ", f"while judging {urn}") from None
        # The engine uses the resource's own URN here, whatever URN a rule gave.
        for found in response.diagnostics:
            self._add_diagnostic(pack, found, urn)
        left_out = {skipped.policy_name for skipped in getattr(response, "not_applicable", ())}
        self._note_passes(pack, urn, {found.policyName for found in response.diagnostics}, left_out)
        if self.skips_indifferent:
            pack.learn(question.record.type, left_out)

    def _note_passes(self, pack: Pack, urn: str, failed: Set[str], left_out: Set[str]) -> None:
        for policy in pack.policies:
            if policy.kind == "stack" or policy.name in left_out or pack.settings[policy.name].level == "disabled":
                continue
            passes = self.failed if policy.name in failed else self.passed
            passes.setdefault(pack.name, {}).setdefault(policy.name, []).append(urn)

    def _add_diagnostic(self, pack: Pack, found: analyzer_pb2.AnalyzeDiagnostic, urn: str) -> None:
        level = LEVEL_NAMES.get(found.enforcementLevel, "mandatory")
        level = "mandatory" if level == "remediate" else level
        self._add_event(
            pack, found.policyName, urn, level, SEVERITIES.get(getattr(found, "severity", 0), ""), found.message
        )

    def _add_event(self, pack: Pack, policy: str, urn: str, level: str, severity: str, message: str) -> None:
        event = {"pack": pack.name, "packVersion": pack.version, "policy": policy, "level": level}
        with self._lock:
            self.events.append({**event, "severity": severity, "urn": urn, "message": f"{message}\n"})


def _unfinished(pack: Pack, doing: str) -> str:
    return f"policy pack {pack.spec.name} did not finish {doing}"


def _without_defaults(value: Wire) -> Wire:
    if isinstance(value, dict):
        return {key: _without_defaults(item) for key, item in value.items() if key != "__defaults"}
    return [_without_defaults(item) for item in value] if isinstance(value, list) else value


def _with_hashes(after: Wire, before: Wire) -> Wire:
    """``after`` with the hash of every asset and archive it took over from ``before``: the policy SDK drops them."""
    if not isinstance(after, dict) or not isinstance(before, dict):
        return after
    if after.get(SIGNATURE_KEY) in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE):
        return before if all(before.get(key) == value for key, value in after.items()) else after
    return {key: _with_hashes(value, before.get(key)) for key, value in after.items()}
