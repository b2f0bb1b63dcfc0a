"""A page for a browser: one file, no script, nothing fetched; the content security policy forbids both."""

from collections.abc import Iterable, Sequence

from dataops_infra.preview.model import (
    Conventions,
    Deferred,
    Diagnostic,
    Failure,
    Pack,
    PreviewResult,
    Resource,
    Source,
    Violation,
)
from dataops_infra.preview.reports.changes import ADVICE, change_lines
from dataops_infra.preview.reports.naming import (
    answer_note,
    component_note,
    conventions_line,
    counted,
    deferred_text,
    environment_line,
    exemption_text,
    headline,
    resource_title,
    short_type,
)
from dataops_infra.reporting.page import code, escaped, grid, page, table


def render(result: PreviewResult) -> str:
    """The page; equal results give equal bytes (the time is left out)."""
    title = f"Preview of {escaped(result.project)} / {escaped(result.stack)}"
    sections = [
        _failure(result.error),
        violations_section(result.counted),
        table("Exempted", ("Rule", "Resource", "Message", "Exemption"), exempted_rows(result.exempted)),
        table("Deferred to the audit after deployment", ("Rule", "Resource", "Why"), deferred_rows(result.deferred)),
        table(
            "Functions that only a cloud can answer", ("Function", "Called at", "Answer here"), _function_rows(result)
        ),
        table(f"Mended by a policy: {ADVICE}", ("Rule", "Resource", "Changes"), _remediation_rows(result)),
        table("Messages of the program", ("Severity", "Message", "Resource"), diagnostic_rows(result.diagnostics)),
        _resources(result),
    ]
    facts = [
        f"{escaped(result.engine)} engine · packs: {pack_list(result.packs)}",
        *(f"environment: {escaped(line)}" for line in environment_line(result)),
        f"conventions: {escaped(conventions_line(result))}{without(result.conventions)}",
    ]
    return page(title, headline(result), result.exit_code, facts, sections)


def _place(source: Source | None) -> str:
    return code(str(source)) if source else ""


def pack_list(packs: Iterable[Pack]) -> str:
    """The packs that took part, as HTML."""
    return ", ".join(f"{escaped(p.name)} {escaped(p.version)}" for p in packs) or "none"


def without(conventions: Conventions) -> str:
    """Which packs were given no conventions, as HTML."""
    names = ", ".join(escaped(name) for name in conventions.without)
    return f" · built-in defaults were used by {names}" if names else ""


def _failure(failure: Failure | None) -> str:
    if failure is None:
        return ""
    frames = "\n".join(f"{f.source} in {f.function}\n    {f.text}" for f in failure.frames)
    where = f"<p>and {_place(failure.where)}</p>" if failure.where else ""
    trace = f"<pre>{escaped(frames)}</pre>" if frames else ""
    return (
        f'<section><h2>The preview could not be finished</h2><article class="is-mandatory">'
        f"<p>{escaped(failure.message)}</p><p>{_place(failure.source)}</p>{where}{trace}</article></section>"
    )


def violations_section(violations: Sequence[Violation]) -> str:
    """The broken rules, an article each; nothing where there are none."""
    if not violations:
        return ""
    return f"<section><h2>Broken rules</h2>{''.join(_violation(v) for v in violations)}</section>"


def _violation(violation: Violation) -> str:
    severity = f", severity {escaped(violation.severity)}" if violation.severity else ""
    fix = f"<p><strong>Fix:</strong> {escaped(violation.remediation)}</p>" if violation.remediation else ""
    made_by = f'<p class="soft">{escaped(component_note(violation.made_by))}</p>' if violation.made_by else ""
    level = f'<span class="{violation.level}">{violation.level}{severity}</span>'
    return (
        f'<article class="is-{violation.level}">'
        f"<p><strong>{escaped(violation.policy)}</strong> {level} "
        f'<span class="soft">{escaped(violation.pack)} {escaped(violation.pack_version)}</span></p>'
        f"<p>{escaped(violation.message)}</p>{fix}"
        f"<p>{_place(violation.source)} {escaped(resource_title(violation.urn))}</p>{made_by}</article>"
    )


def exempted_rows(exempted: Iterable[Violation]) -> list[tuple[str, ...]]:
    """Rule, resource, message and exemption of each."""
    return [
        (escaped(v.policy), escaped(resource_title(v.urn)), escaped(v.message), escaped(exemption_text(v.exemption)))
        for v in exempted
        if v.exemption is not None
    ]


def deferred_rows(deferred: Iterable[Deferred]) -> list[tuple[str, ...]]:
    """Rule, resource and reason of each."""
    return [
        (escaped(d.policy), f"{escaped(resource_title(d.urn))} {_place(d.source)}", escaped(deferred_text(d)))
        for d in deferred
    ]


def _function_rows(result: PreviewResult) -> list[tuple[str, ...]]:
    return [(code(f.function), _place(f.source), escaped(answer_note(f))) for f in result.to_answer]


def _remediation_rows(result: PreviewResult) -> list[tuple[str, ...]]:
    return [
        (
            escaped(r.policy),
            f"{escaped(resource_title(r.urn))} {_place(r.source)}",
            "<br>".join(map(escaped, change_lines(r))),
        )
        for r in result.remediations
    ]


def diagnostic_rows(diagnostics: Iterable[Diagnostic]) -> list[tuple[str, ...]]:
    """Severity, message and resource of each."""
    return [
        (escaped(d.severity), escaped(d.message), escaped(resource_title(d.urn)) if d.urn else "") for d in diagnostics
    ]


def _resources(result: PreviewResult) -> str:
    if not result.resources:
        return ""
    rows = grid(("Type", "Name", "Part of", "Made at"), [_resource_row(r) for r in result.resources])
    label = counted(len(result.resources), "resource")
    return f"<section><h2>Resources</h2><details><summary>{label}</summary>{rows}</details></section>"


def _resource_row(resource: Resource) -> tuple[str, ...]:
    read = ' <span class="soft">(read)</span>' if resource.read else ""
    parent = resource_title(resource.parent) if resource.parent else ""
    return (
        f"{code(short_type(resource.type))}{read}",
        escaped(resource.name),
        escaped(parent),
        _place(resource.source),
    )
