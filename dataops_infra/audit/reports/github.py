"""Annotations for GitHub Actions: a command per verdict, at the resource's line in the export."""

from collections.abc import Iterator

from dataops_infra.audit.model import AuditResult
from dataops_infra.audit.reports.merging import headline, merged
from dataops_infra.preview.model import Source
from dataops_infra.preview.reports.github import command, commands
from dataops_infra.reporting.escaping import without_commands


def render(result: AuditResult) -> str:
    """What could not be judged, then one command per verdict, then the verdict's headline as an ordinary line."""
    lines = [
        *_failures(result),
        *commands(merged(result), "finding", "of this rule here"),
        without_commands(f"dataops audit {headline(result)}"),
    ]
    return "\n".join(lines) + "\n"


def _failures(result: AuditResult) -> Iterator[str]:
    for stack in result.failed:
        if stack.error is not None:
            yield command("error", Source(stack.file, 1), f"audit: {stack.error.kind}", stack.error.message)
