"""Joins what an engine observed (``result.json``, see docs/architecture.md) into a :class:`PreviewResult`.

Both engines come through here: the embedded one hands over its result, ``--engine pulumi`` the same document made
from the real CLI's events; so a verdict cannot look different because of who ran the program.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dataops_infra.preview.model import (
    STACK_TYPE,
    Conventions,
    Deferred,
    Diagnostic,
    Engine,
    Exemption,
    Failure,
    Frame,
    FunctionUse,
    Level,
    MadeBy,
    Pack,
    Placeholder,
    Policy,
    PreviewResult,
    Remediation,
    Resource,
    Source,
    Summary,
    Violation,
)

DEFERRED_CHECKS = "deferred-checks"
USED_EXEMPTIONS = "used-exemptions"
CONVENTIONS_SOURCE = "conventions-source"
UNUSED_EXEMPTIONS = "unused-exemptions"

_NOTES = (DEFERRED_CHECKS, USED_EXEMPTIONS, CONVENTIONS_SOURCE)

_DEFERRED = re.compile(r"(?P<policy>[^\s:]+): `(?P<property>.*)` is unknown before deployment; .*", re.DOTALL)
_EXEMPTED = re.compile(
    r"(?P<policy>[^\s:]+): exempted until (?P<expires>\d{4}-\d{2}-\d{2}) by (?P<owner>.+?) "
    r"\((?P<reason>.*?)\): (?P<message>.*)",
    re.DOTALL,
)
_DEFAULTS = re.compile(r"built-in defaults \(digest [0-9a-f]{12}\)")
_CANNOT_RUN = re.compile(r"can't run policy '(?P<policy>[^']+)' .* during preview: (?P<why>.*)", re.DOTALL)
_CONTENT = ("<asset>", "<archive>")
_UNKNOWN_AT = re.compile(r" at \.(?P<property>\S+) can't be known")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an engine cannot know about the preview it ran.

    :param repository: paths in the reports are relative to this folder.
    :param project_file: path of ``Pulumi.yaml``; verdicts that belong to no line point at it.
    :param seconds: wall-clock time of the whole preview.
    :param as_of: the ISO date by which exemptions and expiries were judged.
    """

    project: str
    stack: str
    engine: Engine
    repository: Path
    project_file: Path
    conventions: Conventions
    as_of: str
    seconds: float
    program_output: tuple[str, ...] = ()


def repository_of(folder: Path) -> Path:
    """The git root that holds ``folder``, or ``folder`` itself."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def join(observed: Mapping[str, Any], circumstances: Circumstances) -> PreviewResult:
    """The preview's result from an engine's observations.

    :param observed: a document of the schema ``dataops.engine/v1``.
    """
    places = _Places(circumstances.repository)
    resources = tuple(sorted((_resource(r, places) for r in observed["resources"]), key=lambda r: (r.urn, r.read)))
    packs = tuple(_pack(p) for p in observed["packs"])
    ancestry = _Ancestry(resources)
    judged = _Verdicts(packs, ancestry)
    for event in observed["policyEvents"]:
        judged.take(event)
    violations = tuple(sorted(judged.violations, key=_violation_order))
    deferred = tuple(sorted(set(judged.deferred), key=lambda d: (d.urn, d.pack, d.policy, d.property)))
    return PreviewResult(
        project=circumstances.project,
        stack=circumstances.stack,
        engine=circumstances.engine,
        resources=resources,
        outputs=places.values(observed["outputs"] or {}),
        violations=violations,
        deferred=deferred,
        remediations=_remediations(observed["remediations"], places, ancestry),
        functions=_functions(observed["functions"], places),
        placeholders=_placeholders(observed["placeholders"]),
        diagnostics=_diagnostics(observed["diagnostics"]),
        packs=packs_of(observed["packs"]),
        conventions=judged.conventions(circumstances.conventions),
        as_of=circumstances.as_of,
        summary=_summary(resources, violations, deferred, circumstances.seconds),
        error=_failure(observed["error"], places),
        program_output=circumstances.program_output,
        project_file=places.relative(str(circumstances.project_file)),
    )


class _Places:
    """Absolute paths to paths relative to the repository; a path outside of it stays absolute."""

    def __init__(self, repository: Path) -> None:
        self._roots = tuple(dict.fromkeys((repository, repository.resolve())))

    def relative(self, file: str) -> str:
        path = Path(file)
        for root in self._roots:
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.as_posix()

    def values(self, value: Any) -> Any:
        """Property values with assets and archives as digests (and the path, where they are files)."""
        if isinstance(value, list):
            return [self.values(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (kind := next(iter(value))) in _CONTENT and isinstance(value[kind], dict):
            content = {key: value[kind][key] for key in ("hash", "path", "uri") if value[kind].get(key)}
            if "path" in content:
                content["path"] = self.relative(content["path"])
            return {kind: content}
        return {key: self.values(item) for key, item in value.items()}

    def source(self, raw: Mapping[str, Any] | None) -> Source | None:
        return Source(self.relative(raw["file"]), int(raw["line"])) if raw else None


class _Ancestry:
    """Who belongs to whom, and which line made it."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_urn = {r.urn: r for r in resources}

    def _upwards(self, urn: str) -> Iterable[Resource]:
        seen: set[str] = set()
        while (resource := self._by_urn.get(urn)) is not None and urn not in seen:
            seen.add(urn)
            yield resource
            urn = resource.parent

    def source(self, urn: str) -> Source | None:
        """The line of the resource itself, or of the nearest parent that has one."""
        return next((r.source for r in self._upwards(urn) if r.source is not None), None)

    def made_by(self, urn: str) -> MadeBy | None:
        """The outermost component around a resource, unless its line is the resource's own."""
        own = self.source(urn)
        components = [r for r in self._upwards(urn) if not r.custom and r.type != STACK_TYPE and r.urn != urn]
        for component in reversed(components):
            if component.source is not None:
                return MadeBy(component.urn, component.source) if component.source != own else None
        return None


class _Verdicts:
    """Sorts policy events into violations, deferred checks, exemptions and the packs without conventions."""

    def __init__(self, packs: tuple[Pack, ...], ancestry: _Ancestry) -> None:
        self._policies = {(pack.name, policy.name): policy for pack in packs for policy in pack.policies}
        self._known = {pack.name: pack for pack in packs}
        self._ancestry = ancestry
        self.violations: list[Violation] = []
        self.deferred: list[Deferred] = []
        self._without: set[str] = set()

    def take(self, event: Mapping[str, Any]) -> None:
        """One event; a text that is not the kernel's own stays a violation, so nothing is lost."""
        text = self._text(event)
        # The kernel's own policies are advisory; a mandatory verdict is never taken for one of their notes.
        policy, is_note = event["policy"], event["level"] == "advisory"
        if not is_note:
            self._violate(event, policy, text, None)
        elif policy == DEFERRED_CHECKS and (match := _DEFERRED.fullmatch(text)):
            self._defer(event, match["policy"], match["property"])
        elif policy == USED_EXEMPTIONS and (match := _EXEMPTED.fullmatch(text)):
            exemption = Exemption(match["owner"], match["reason"], match["expires"])
            self._violate(event, match["policy"], match["message"], exemption)
        elif policy == CONVENTIONS_SOURCE and _DEFAULTS.match(text):
            self._without.add(event["pack"])
        elif match := _CANNOT_RUN.fullmatch(text):
            # The SDK turns a rule that met an unknown value into an advisory, whatever the rule's level.
            unknown = _UNKNOWN_AT.search(match["why"])
            self._defer(event, match["policy"], unknown["property"] if unknown else "")
        else:
            self._violate(event, policy, text, None)

    def conventions(self, given: Conventions) -> Conventions:
        """The conventions of the preview, with the packs that were not given them."""
        return replace(given, without=tuple(sorted(self._without)))

    def _text(self, event: Mapping[str, Any]) -> str:
        """The rule's own text: the engine puts the rule's description on top of it."""
        message: str = event["message"]
        message = message.removesuffix("\n")
        if _CANNOT_RUN.fullmatch(message):
            return message
        policy = self._policies.get((event["pack"], event["policy"]))
        if policy is not None and policy.description:
            return message.removeprefix(policy.description).removeprefix("\n")
        # The real CLI's events do not tell the description apart: it is the first line.
        _, newline, rest = message.partition("\n")
        return rest if newline and rest else message

    def _defer(self, event: Mapping[str, Any], policy: str, path: str) -> None:
        urn = event["urn"]
        self.deferred.append(Deferred(event["pack"], policy, urn, path, self._ancestry.source(urn)))

    def _violate(self, event: Mapping[str, Any], policy: str, text: str, exemption: Exemption | None) -> None:
        pack, urn = event["pack"], event["urn"]
        message, remediation = _split_fix(text)
        described = self._policies.get((pack, policy))
        level: Level = "advisory" if event["level"] == "advisory" else "mandatory"
        self.violations.append(
            Violation(
                pack=pack,
                pack_version=self._known[pack].version if pack in self._known else event["packVersion"],
                policy=policy,
                level=level,
                severity=(described.severity if exemption and described else event["severity"]) or "",
                urn=urn,
                message=message,
                remediation=remediation,
                source=self._ancestry.source(urn),
                made_by=self._ancestry.made_by(urn),
                exemption=exemption,
            )
        )


def _split_fix(text: str) -> tuple[str, str]:
    """A violation's message and the steps behind ``Fix:``."""
    message, fix, steps = text.rpartition("\nFix: ")
    return (message, steps) if fix else (text, "")


def _violation_order(violation: Violation) -> tuple[str, ...]:
    return (violation.urn, violation.pack, violation.policy, violation.level, violation.message)


def _resource(raw: Mapping[str, Any], places: _Places) -> Resource:
    return Resource(
        urn=raw["urn"],
        type=raw["type"],
        name=raw["name"],
        custom=raw["custom"],
        parent=raw["parent"],
        provider=raw["provider"],
        inputs=places.values(raw["inputs"]),
        dependencies=tuple(sorted(raw["dependencies"])),
        property_dependencies={key: tuple(sorted(urns)) for key, urns in raw["propertyDependencies"].items()},
        protect=raw["protect"],
        retain_on_delete=raw["retainOnDelete"],
        aliases=tuple(raw["aliases"]),
        source=places.source(raw["source"]),
        read=raw["read"],
    )


def _pack(raw: Mapping[str, Any]) -> Pack:
    policies = [
        Policy(p["name"], p["level"], p["severity"] or "", p["description"] or "") for p in raw.get("policies", ())
    ]
    return Pack(raw["name"], raw["version"], tuple(sorted(policies, key=lambda p: p.name)))


def packs_of(raw: Iterable[Mapping[str, Any]]) -> tuple[Pack, ...]:
    """The packs and their rules; the kernel's policies that are read as notes are none."""
    packs = map(_pack, raw)
    return tuple(replace(pack, policies=tuple(p for p in pack.policies if p.name not in _NOTES)) for pack in packs)


def _remediations(raw: Iterable[Mapping[str, Any]], places: _Places, ancestry: _Ancestry) -> tuple[Remediation, ...]:
    found = [
        Remediation(
            r["pack"],
            r["policy"],
            r["urn"],
            places.values(r["before"]),
            places.values(r["after"]),
            ancestry.source(r["urn"]),
        )
        for r in raw
    ]
    return tuple(sorted(found, key=lambda r: (r.urn, r.pack, r.policy)))


def _functions(raw: Iterable[Mapping[str, Any]], places: _Places) -> tuple[FunctionUse, ...]:
    found = [
        FunctionUse(
            f["function"],
            f["form"],
            f["answeredBy"],
            places.source(f.get("source")),
            f.get("entry"),
            f.get("urn") or "",
            tuple(f.get("madeUp") or ()),
        )
        for f in raw
    ]
    return tuple(sorted(found, key=lambda f: (f.function, str(f.source), f.form, f.answered_by, repr(f.entry))))


def _placeholders(raw: Iterable[Mapping[str, Any]]) -> tuple[Placeholder, ...]:
    return tuple(sorted({Placeholder(p["urn"], p["property"]) for p in raw}, key=lambda p: (p.urn, p.property)))


def _diagnostics(raw: Iterable[Mapping[str, Any]]) -> tuple[Diagnostic, ...]:
    found = [Diagnostic(d["severity"], d["message"].rstrip("\n"), d.get("urn") or "") for d in raw]
    return tuple(sorted(found, key=lambda d: (d.severity, d.urn, d.message)))


def _failure(raw: Mapping[str, Any] | None, places: _Places) -> Failure | None:
    if raw is None:
        return None
    frames = tuple(
        Frame(Source(places.relative(f["file"]), int(f["line"])), f.get("function") or "", f.get("text") or "")
        for f in reversed(raw.get("frames") or ())
    )
    return Failure(
        kind=raw["kind"],
        # The SDK sets its advice off with a tab, which a report would show as an escape.
        message=raw["message"].rstrip("\n").expandtabs(2),
        frames=frames,
        source=places.source(raw.get("source")) or (frames[-1].source if frames else None),
        where=places.source(raw.get("where")),
        detail=(raw.get("detail") or "").rstrip("\n"),
    )


def _summary(
    resources: tuple[Resource, ...],
    violations: tuple[Violation, ...],
    deferred: tuple[Deferred, ...],
    seconds: float,
) -> Summary:
    counted = [v for v in violations if v.exemption is None]
    return Summary(
        resources=len(resources),
        mandatory=sum(v.level == "mandatory" for v in counted),
        advisory=sum(v.level == "advisory" for v in counted),
        deferred=len(deferred),
        exempted=len(violations) - len(counted),
        seconds=round(seconds, 1),
    )
