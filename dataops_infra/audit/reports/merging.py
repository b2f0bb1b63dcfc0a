"""The verdicts of all stacks, or of one, in the form that the preview's reports render."""

from collections.abc import Iterable

from dataops_infra.audit.model import AuditedStack, AuditResult
from dataops_infra.preview.model import PreviewResult
from dataops_infra.preview.reports.naming import counted

SUMMARY_PLACE = "dataops.yaml"
"""Stands where a format wants a file for what belongs to no export."""


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
    summary = result.summary
    counts = [
        f"{summary.mandatory} mandatory",
        f"{summary.advisory} advisory",
        f"{summary.deferred} deferred",
        f"{summary.exempted} exempted",
    ]
    verdict = {0: "passed", 1: "failed", 2: "could not be finished"}[result.exit_code]
    judged = len(result.stacks) - len(result.failed)
    seen = f"{counted(summary.resources, 'resource')} of {counted(judged, 'stack')}"
    missing = f"; {counted(len(result.failed), 'export')} could not be judged" if result.failed else ""
    return f"{verdict}: {', '.join(counts)} in {seen}{missing}"


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
