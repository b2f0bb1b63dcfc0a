"""One audit from start to end: exports, packs and conventions in, workers side by side, one result."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dataops_infra.audit.arguments import Named, expand, shown_path
from dataops_infra.audit.model import AuditedStack, AuditResult, ExportFailure
from dataops_infra.audit.workers import Pool
from dataops_infra.conventions import LoadedConventions, compiled, load_conventions
from dataops_infra.conventions.exemptions import Exemption
from dataops_infra.errors import InvalidInputError
from dataops_infra.preview.model import Conventions, Deferred, Source, Violation
from dataops_infra.preview.packs import Pack as PackFolder
from dataops_infra.preview.packs import resolve_packs
from dataops_infra.preview.passphrase import find_passphrase
from dataops_infra.preview.verdicts import UNUSED_EXEMPTIONS, Circumstances, join, packs_of

MAXIMUM_MEBIBYTES = 64
"""Larger exports are refused unless told otherwise. A resource takes 2 to 5 kB, so this is room for more than 10,000;
reading takes about ten times as much memory, in every worker."""
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class AuditRequest:
    """What to audit and by which rules.

    :param arguments: files, folders, globs and ``-``.
    :param packs: names of ``known_packs`` or paths of folders.
    :param pack_configs: a file per pack ("" for none), or no file at all.
    :param known_packs: name of a pack of ours -> what gives its folder.
    :param conventions: ``dataops.yaml`` to use instead of the one that is looked up from the current folder.
    :param as_of: the day by which exemptions and expiries are judged.
    :param jobs: workers side by side; None = one per core that this process may use.
    :param maximum_mebibytes: the size of the largest export that is read.
    :param timeout: seconds for one export; None = no limit.
    :param output: the file that the report is to be written to; none of the exports may be it.
    """

    arguments: tuple[str, ...]
    packs: tuple[str, ...] = ()
    pack_configs: tuple[str, ...] = ()
    known_packs: Mapping[str, Callable[[], Path]] = field(default_factory=dict)
    conventions: Path | None = None
    as_of: date = field(default_factory=lambda: datetime.now(UTC).date())
    jobs: int | None = None
    maximum_mebibytes: float = MAXIMUM_MEBIBYTES
    timeout: float | None = None
    output: Path | None = None


def audit(request: AuditRequest, on_progress: Callable[[int, int], None] = lambda _done, _all: None) -> AuditResult:
    """Judge every export that ``request`` names.

    :param on_progress: called with the number of exports judged so far and of all.
    :raises DataopsError: an input is wrong, or the packs do not start; an export that cannot be judged is none.
    """
    started = time.monotonic()
    if not request.packs:
        raise InvalidInputError("--policy-pack", "at least one pack, such as tagging", [])
    packs = resolve_packs(request.packs, request.pack_configs, request.known_packs, Path.cwd())
    loaded = load_conventions(Path.cwd(), request.conventions, os.environ)
    rules = compiled(loaded.conventions, loaded.contracts, loaded.source, request.as_of)
    find_passphrase(os.environ)  # a file that cannot be read is told once, not by every worker
    maximum_bytes = round(request.maximum_mebibytes * _MEBIBYTE)
    order = work_order(packs, rules, maximum_bytes)
    with expand(request.arguments, maximum_bytes, request.output) as expanded:
        exports = expanded.exports
        pool = Pool(request.jobs or cores(), order, os.environ, request.timeout)
        found: dict[int, Mapping[str, Any]] = {}

        def keep(position: int, document: Mapping[str, Any]) -> None:
            found[position] = document
            on_progress(len(found), len(exports))

        try:
            ready = pool.run(exports, keep)
        finally:
            pool.close()
    result = _result(request, loaded, exports, [found[n] for n in range(len(exports))], ready, started)
    return replace(result, notes=(*expanded.notes, *result.notes))


def work_order(packs: Sequence[PackFolder], rules: Mapping[str, Any], maximum_bytes: int) -> dict[str, Any]:
    """What every worker is told first.

    :param rules: the compiled conventions, for every policy that accepts them.
    """
    return {"packs": [pack.job_entry(rules) for pack in packs], "timeouts": {}, "maximumBytes": maximum_bytes}


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _result(
    request: AuditRequest,
    loaded: LoadedConventions,
    exports: Sequence[Named],
    found: Sequence[Mapping[str, Any]],
    ready: Mapping[str, Any],
    started: float,
) -> AuditResult:
    told = Conventions(
        shown_path(loaded.path) if loaded.path else loaded.source,
        loaded.digest,
        environments=tuple(loaded.conventions.environments),
    )
    without: set[str] = set()
    stacks = []
    for export, document in zip(exports, found, strict=True):
        stack, without_here = _stack(export, document, loaded, request.as_of)
        stacks.append(stack)
        without.update(without_here)
    ordered = sorted(stacks, key=lambda stack: (stack.project, stack.stack, stack.file))
    idle = _idle_exemptions(ordered, loaded.conventions.exemptions)
    return AuditResult(
        stacks=tuple(_with_idle_once(ordered, idle)),
        packs=packs_of(ready["packs"]),
        conventions=replace(told, without=tuple(sorted(without))),
        as_of=request.as_of.isoformat(),
        seconds=time.monotonic() - started,
        notes=tuple(ready["warnings"]),
    )


def _stack(
    export: Named, document: Mapping[str, Any], loaded: LoadedConventions, as_of: date
) -> tuple[AuditedStack, tuple[str, ...]]:
    """One stack, and the packs that were given no conventions."""
    project, name = document.get("project", ""), document.get("stack", "")
    environment = loaded.conventions.environment_of(name) if name else None
    stack = AuditedStack(
        file=export.shown,
        project=project,
        stack=name,
        environment=environment.name if environment else None,
        digest=document.get("digest", ""),
    )
    error = document["error"]
    if error is not None:
        failure = ExportFailure(error["kind"], f"{export.shown}: {error['message']}", error["detail"])
        return replace(stack, error=failure), ()
    joined = join(
        document["observed"],
        Circumstances(project, name, "embedded", Path.cwd(), Path(export.shown), Conventions("", ""), str(as_of), 0.0),
    )
    external, reasons = frozenset(document["external"]), document["reasons"]
    violations = [_placed(violation, export.shown) for violation in joined.violations]
    return (
        replace(
            stack,
            resources=document["resources"],
            external=len(external),
            pending_operations=document["pendingOperations"],
            closed_secrets=document["closedSecrets"],
            violations=tuple(v for v in violations if v.urn not in external),
            aside=tuple(v for v in violations if v.urn in external and v.exemption is None),
            deferred=tuple(_explained(d, export, reasons) for d in joined.deferred if d.urn not in external),
            diagnostics=joined.diagnostics,
        ),
        joined.conventions.without,
    )


def _placed(violation: Violation, file: str) -> Violation:
    line = violation.source.line if violation.source else 1
    return replace(violation, source=Source(file, line), made_by=None)


def _explained(deferred: Deferred, export: Named, reasons: Mapping[str, str]) -> Deferred:
    line = deferred.source.line if deferred.source else 1
    # A stack rule may have met the unknown in another resource than the one it speaks of.
    reason = reasons.get(deferred.urn) or next(iter(reasons.values()), "")
    return replace(deferred, source=Source(export.shown, line), reason=reason)


def _idle_exemptions(stacks: Sequence[AuditedStack], exemptions: Sequence[Exemption]) -> frozenset[str]:
    """How the packs' sentences about idle exemptions begin that are true of all stacks together.

    One file of conventions serves all stacks, and a pack sees one. Where an export could not be judged, nobody knows.
    """
    if any(stack.error is not None for stack in stacks):
        return frozenset()
    said = [(f"urn:pulumi:{stack.stack}::{stack.project}::", _idle_in(stack)) for stack in stacks if stack.resources]
    found = set()
    for exemption in exemptions:
        beginning = f"{exemption.policy} {exemption.resource}: "
        concerned = [idle for prefix, idle in said if exemption.may_concern(prefix)]
        if concerned and all(any(text.startswith(beginning) for text in idle) for idle in concerned):
            found.add(beginning)
    return frozenset(found)


def _idle_in(stack: AuditedStack) -> list[str]:
    return [violation.message for violation in stack.violations if _is_idle(violation)]


def _with_idle_once(stacks: Sequence[AuditedStack], idle: frozenset[str]) -> Iterator[AuditedStack]:
    """The stacks, of whose remarks about idle exemptions the true ones are left, each at the first stack alone."""
    told: set[tuple[str, str]] = set()
    for stack in stacks:
        kept = []
        for violation in stack.violations:
            key = (violation.pack, violation.message)
            is_true = any(violation.message.startswith(beginning) for beginning in idle)
            if not _is_idle(violation) or (is_true and key not in told):
                kept.append(violation)
                told.add(key)
        yield replace(stack, violations=tuple(kept))


def _is_idle(violation: Violation) -> bool:
    return violation.policy == UNUSED_EXEMPTIONS and violation.level == "advisory"
