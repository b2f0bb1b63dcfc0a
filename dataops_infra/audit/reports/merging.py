"""The verdicts of all stacks, or of one, in the form that the preview's reports render."""

from collections import defaultdict
from collections.abc import Iterable

from dataops_infra.audit.model import AuditedStack, AuditResult
from dataops_infra.preview.model import PreviewResult
from dataops_infra.preview.reports.naming import counted, verdict_line

SUMMARY_PLACE = "dataops.yaml"
"""Stands where a format wants a file for what belongs to no export."""
_STACKS_NAMED = 5


def merged(result: AuditResult) -> PreviewResult:
    """The verdicts of every stack in one."""
    return _as_preview(result, result.stacks, "", "")


def alone(result: AuditResult, stack: AuditedStack) -> PreviewResult:
    """The verdicts of one of the stacks."""
    return _as_preview(result, [stack], stack.project, stack.stack)


def _as_preview(result: AuditResult, stacks: Iterable[AuditedStack], project: str, name: str) -> PreviewResult:
    chosen = tuple(stacks)
    return PreviewResult(
        project=project,
        stack=name,
        engine="embedded",
        resources=(),
        outputs={},
        violations=tuple(violation for stack in chosen for violation in stack.violations),
        deferred=tuple(deferred for stack in chosen for deferred in stack.deferred),
        remediations=(),
        functions=(),
        placeholders=(),
        diagnostics=tuple(said for stack in chosen for said in stack.diagnostics),
        packs=result.packs,
        conventions=result.conventions,
        as_of=result.as_of,
        summary=result.summary,
        project_file=SUMMARY_PLACE,
    )


def headline(result: AuditResult) -> str:
    """The verdict in one line, without the time."""
    judged = len(result.stacks) - len(result.failed)
    seen = f"{counted(result.summary.resources, 'resource')} of {counted(judged, 'stack')}"
    missing = f"; {counted(len(result.failed), 'export')} could not be judged" if result.failed else ""
    return verdict_line(result.exit_code, result.summary, f"{seen}{missing}")


def aside_line(result: AuditResult) -> str:
    """How many verdicts do not count because another stack manages the resource; "" where there are none."""
    number = sum(len(stack.aside) for stack in result.stacks)
    return f"{counted(number, 'verdict')} on resources that stacks only read left aside" if number else ""


def pending_lines(result: AuditResult) -> list[str]:
    """The stacks that were exported while, or after, something did not finish."""
    return [
        f"{stack.title}: {counted(stack.pending_operations, 'operation')} had not finished when it was exported"
        for stack in result.stacks
        if stack.pending_operations
    ]


def environment_lines(result: AuditResult) -> list[str]:
    """The judged stacks that no environment of the conventions is for, in one line."""
    environments = result.conventions.environments
    judged = [s for s in result.stacks if s.error is None and s.environment is None and s.stack]
    outside = list(dict.fromkeys(stack.title for stack in judged))
    if not environments or not outside:
        return []
    stacks, belongs = ("stack", "belongs") if len(outside) == 1 else ("stacks", "belong")
    more = f" and {len(outside) - _STACKS_NAMED} more" if len(outside) > _STACKS_NAMED else ""
    return [
        f"{stacks} {', '.join(outside[:_STACKS_NAMED])}{more} {belongs} to no environment of"
        f" {result.conventions.source} ({', '.join(environments)}), so rules about production do not apply there"
    ]


def repeated_lines(result: AuditResult) -> list[str]:
    """The stacks of which there are several exports, such as yesterday's and today's: every verdict counts twice."""
    files: dict[str, list[str]] = defaultdict(list)
    for stack in result.stacks:
        if stack.error is None and stack.stack:
            files[stack.title].append(stack.file)
    return [
        f"{'two' if len(names) == 2 else len(names)} exports of one stack, {title}: {', '.join(names)}"
        for title, names in files.items()
        if len(names) > 1
    ]


def notes(result: AuditResult) -> list[str]:
    """All that is to be known beside the verdicts, a sentence each."""
    about = (*environment_lines(result), *repeated_lines(result), *pending_lines(result), aside_line(result))
    return [line for line in (*result.notes, *about) if line]
