"""The event stream of the real CLI as an observation that :func:`dataops_infra.preview.verdicts.join` understands.

The events are those of ``sdk/go/common/apitype/events.go`` of Pulumi, one JSON object per line. They carry no file and
line and no dependencies, so those stay empty here.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dataops_infra.preview.engine.values import to_notation
from dataops_infra.preview.model import SECRET, STACK_TYPE

OUTPUT_LINES = 200
"""Lines of the program's output that are kept."""

_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_NO_NEWS = re.compile(
    r"(preview|update) failed|.*Program run without the Pulumi engine.*|The program was interrupted.*"
)
_FRAME = re.compile(r'^\s*File "(?P<file>.+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_KINDS = (
    ("duplicate", re.compile("Duplicate resource URN")),
    ("rule", re.compile("failed to run (policy|remediation)")),
    ("pack", re.compile("policy pack|policy config", re.IGNORECASE)),
    ("config", re.compile("Missing required configuration variable")),
)
_GONE = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "read-discard"})


class Observation:
    """Takes events one by one; :meth:`document` is the ``dataops.engine/v1`` document they add up to.

    :param project: folder of ``Pulumi.yaml``; frames of a traceback outside of it are cut.
    """

    def __init__(self, project: Path, on_progress: Callable[[int], None]) -> None:
        self._project, self._on_progress = project, on_progress
        self._resources: dict[str, dict[str, Any]] = {}
        self._outputs: dict[str, Any] = {}
        self._policies: dict[str, set[str]] = {}
        self._versions: dict[str, str] = {}
        self._verdicts: list[dict[str, Any]] = []
        self._remediations: list[dict[str, Any]] = []
        self._diagnostics: list[dict[str, Any]] = []
        self._lines: deque[str] = deque(maxlen=OUTPUT_LINES)
        self.seen = 0

    def take(self, event: Mapping[str, Any]) -> None:
        """One event; kinds that say nothing about verdicts are passed over."""
        self.seen += 1
        for kind, handle in (
            ("resourcePreEvent", self._resource),
            ("resOutputsEvent", self._resource),
            ("policyEvent", self._policy),
            ("policyRemediationEvent", self._remediation),
            ("policyAnalyzeSummaryEvent", self._judged),
            ("policyAnalyzeStackSummaryEvent", self._judged),
            ("policyRemediateSummaryEvent", self._judged),
            ("summaryEvent", self._summary),
            ("diagnosticEvent", self._diagnostic),
            ("errorEvent", self._engine_error),
        ):
            if event.get(kind):
                handle(event[kind])

    @property
    def output(self) -> tuple[str, ...]:
        """The last lines the program printed, without the traceback of a program that was interrupted."""
        return tuple(without_interruption(list(self._lines)))

    def document(self, exit_code: int, complaint: str) -> dict[str, Any]:
        """The observation; ``complaint`` is what the CLI wrote on stderr."""
        return {
            "schema": "dataops.engine/v1",
            "sdk": "",
            "resources": list(self._resources.values()),
            "outputs": self._outputs,
            "packs": self._packs(),
            "policyEvents": self._verdicts,
            "remediations": self._remediations,
            "functions": [],
            "placeholders": [],
            "diagnostics": [d for d in self._diagnostics if d["severity"] != "error"],
            "error": self._error(exit_code, complaint),
        }

    def _resource(self, event: Mapping[str, Any]) -> None:
        metadata = event["metadata"]
        state = metadata.get("new")
        if not state or metadata["op"] in _GONE:
            return
        urn, provider = metadata["urn"], state.get("provider") or ""
        if state["type"] == STACK_TYPE and state.get("outputs"):
            self._outputs = _notation(state["outputs"])
        self._resources[urn] = {
            "urn": urn,
            "type": state["type"],
            "name": urn.split("::", 3)[-1],
            "custom": bool(state.get("custom")),
            "parent": state.get("parent") or "",
            "provider": provider.rpartition("::")[0],
            "inputs": _notation(state.get("inputs") or {}),
            "dependencies": [],
            "propertyDependencies": {},
            "protect": bool(state.get("protect")),
            "retainOnDelete": bool(state.get("retainOnDelete")),
            "aliases": [],
            "source": None,
            "read": metadata["op"].startswith("read"),
        }
        self._on_progress(len(self._resources))

    def _policy(self, event: Mapping[str, Any]) -> None:
        level = event["enforcementLevel"]
        name, version = event["policyPackName"], _version(event.get("policyPackVersion"))
        self._verdicts.append(
            {
                "pack": name,
                "packVersion": version,
                "policy": event["policyName"],
                "level": level if level in ("mandatory", "remediate") else "advisory",
                "severity": event.get("severity") or "",
                "urn": event.get("resourceUrn") or self._stack_urn(),
                "message": _plain(event["message"]),
            }
        )
        self._policies.setdefault(name, set())
        self._versions.setdefault(name, version)

    def _remediation(self, event: Mapping[str, Any]) -> None:
        self._remediations.append(
            {
                "pack": event["policyPackName"],
                "policy": event["policyName"],
                "urn": event.get("resourceUrn") or self._stack_urn(),
                "before": _notation(event.get("before") or {}),
                "after": _notation(event.get("after") or {}),
            }
        )

    def _judged(self, event: Mapping[str, Any]) -> None:
        name = event["policyPackName"]
        self._policies.setdefault(name, set()).update(event.get("passed") or (), event.get("failed") or ())
        if event.get("policyPackVersion"):
            self._versions[name] = _version(event["policyPackVersion"])

    def _summary(self, event: Mapping[str, Any]) -> None:
        for name, version in (event.get("PolicyPacks") or {}).items():
            self._policies.setdefault(name, set())
            self._versions.setdefault(name, _version(version))

    def _diagnostic(self, event: Mapping[str, Any]) -> None:
        message, severity = _plain(event["message"]).rstrip("\n"), event["severity"]
        if event.get("ephemeral") or not message:
            return
        if severity.startswith("info"):
            self._lines.extend(message.splitlines())
        else:
            self._diagnostics.append({"severity": severity, "message": message, "urn": event.get("urn") or ""})

    def _engine_error(self, event: Mapping[str, Any]) -> None:
        self._diagnostics.append({"severity": "error", "message": _plain(event["error"]), "urn": ""})

    def _stack_urn(self) -> str:
        return next((urn for urn, r in self._resources.items() if r["type"] == STACK_TYPE), "")

    def _packs(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "version": self._versions.get(name, ""),
                "policies": [
                    {"name": policy, "level": "", "severity": "", "description": ""} for policy in sorted(policies)
                ],
            }
            for name, policies in sorted(self._policies.items())
        ]

    def _error(self, exit_code: int, complaint: str) -> dict[str, Any] | None:
        if exit_code == 0:
            return None
        errors = [d["message"] for d in self._diagnostics if d["severity"] == "error"]
        news = [e for e in errors if not _NO_NEWS.fullmatch(e.strip()) and not _is_interruption(e)]
        if news:
            return self._failure(news[0])
        if any(v["level"] != "advisory" for v in self._verdicts):
            return None
        stated = [line.removeprefix("error: ") for line in complaint.splitlines() if line.startswith("error: ")]
        message = stated[0] if stated else f"`pulumi preview` ended with exit code {exit_code} and no word why"
        return {"kind": "run", "message": message, "frames": [], "detail": complaint}

    def _failure(self, message: str) -> dict[str, Any]:
        kind = next((kind for kind, pattern in _KINDS if pattern.search(message)), "program")
        text, frames = _cut_traceback(message, self._project)
        return {"kind": kind, "message": text, "frames": frames, "detail": message}


def without_interruption(lines: list[str]) -> list[str]:
    """``lines`` without tracebacks that end in ``KeyboardInterrupt``: the engine stops a program that broke a rule."""
    kept: list[str] = []
    block: list[str] | None = None
    for line in lines:
        if line.startswith(("Traceback (most recent call last)", "Exception ignored in")):
            if block is not None:
                kept.extend(block)
            block = [line]
        elif block is None:
            if line not in _CONNECTORS:
                kept.append(line)
        else:
            block.append(line)
            if line and not line[0].isspace() and not line.startswith("Traceback"):
                if not _is_interruption(line):
                    kept.extend(block)
                block = None
    return [*kept, *(block or [])]


_CONNECTORS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)


def _is_interruption(text: str) -> bool:
    last = text.rstrip().splitlines()[-1] if text.strip() else ""
    return last.startswith(("KeyboardInterrupt", "asyncio.exceptions.CancelledError"))


def _cut_traceback(message: str, project: Path) -> tuple[str, list[dict[str, Any]]]:
    """Headline and exception of a message with a traceback, and the frames in the user's own files, innermost first."""
    headline, traceback, rest = message.partition("Traceback (most recent call last):")
    if not traceback:
        return message, []
    lines = rest.splitlines()
    frames: list[dict[str, Any]] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        match = _FRAME.match(line)
        if match and _is_users(match["file"], project):
            text = following.strip() if following.startswith("    ") and not _FRAME.match(following) else ""
            place = {"file": match["file"], "line": int(match["line"])}
            frames.append({**place, "function": match["function"] or "", "text": text})
    exception = next((line for line in reversed(lines) if line and not line[0].isspace()), "")
    frames.reverse()
    return "\n".join(part for part in (headline.strip(), exception.strip()) if part), frames


def _is_users(file: str, project: Path) -> bool:
    path = Path(file)
    return path.is_relative_to(project) and not {"site-packages", "dist-packages"} & set(path.parts)


def _plain(text: str) -> str:
    return _COLOUR.sub("", text)


def _version(version: object) -> str:
    return str(version or "").removeprefix("v")


def _notation(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The CLI's spelling of values as ours: secrets are ``[secret]`` there, alone or in their envelope."""
    return {key: _masked(to_notation(value)) for key, value in properties.items() if not key.startswith("__")}


def _masked(value: Any) -> Any:
    if value == "[secret]":
        return SECRET
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value
