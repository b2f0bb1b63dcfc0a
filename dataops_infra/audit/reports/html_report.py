"""A page for a browser: the stacks in a table, then the verdicts; one file, no script, nothing fetched."""

from dataops_infra.audit.model import AuditedStack, AuditResult
from dataops_infra.audit.reports.merging import headline, merged, notes
from dataops_infra.preview.reports.html_report import (
    deferred_rows,
    diagnostic_rows,
    exempted_rows,
    pack_list,
    violations_section,
    without,
)
from dataops_infra.preview.reports.naming import conventions_line, counted
from dataops_infra.reporting.page import escaped, page, table

_COLUMNS = ("Stack", "Environment", "Export", "Resources", "Mandatory", "Advisory", "Deferred", "Exempted")


def render(result: AuditResult) -> str:
    """The page; equal results give equal bytes (the time is left out)."""
    whole = merged(result)
    facts = [
        f"packs: {pack_list(result.packs)}",
        f"conventions: {escaped(conventions_line(whole))}{without(result.conventions)}",
        *(escaped(line) for line in notes(result)),
    ]
    sections = [
        table(
            "Exports that could not be judged",
            ("Why", "Details"),
            [(escaped(s.error.message), escaped(s.error.detail)) for s in result.failed if s.error],
        ),
        table("Stacks", _COLUMNS, [_row(stack) for stack in result.stacks if stack.error is None]),
        violations_section(whole.counted),
        table("Exempted", ("Rule", "Resource", "Message", "Exemption"), exempted_rows(whole.exempted)),
        table("Deferred", ("Rule", "Resource", "Why"), deferred_rows(whole.deferred)),
        table("Messages of the packs", ("Severity", "Message", "Resource"), diagnostic_rows(whole.diagnostics)),
    ]
    title = f"Audit of {counted(len(result.stacks), 'stack')}"
    return page(title, headline(result), result.exit_code, facts, sections)


def _row(stack: AuditedStack) -> tuple[str, ...]:
    found = stack.summary
    numbers = (found.resources, found.mandatory, found.advisory, found.deferred, found.exempted)
    return (escaped(stack.title), escaped(stack.environment or ""), escaped(stack.file), *map(str, numbers))
