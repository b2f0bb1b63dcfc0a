"""A page for a browser: one file, no script, nothing fetched; the content security policy forbids both."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from dataops_infra.preview.model import Failure, PreviewResult, Resource, Source, Violation
from dataops_infra.preview.reports.changes import ADVICE, change_lines
from dataops_infra.preview.reports.escaping import markup_without_commands, visible
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

_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(result: PreviewResult) -> str:
    """The page; equal results give equal bytes (the time is left out)."""
    title = f"Preview of {_text(result.project)} / {_text(result.stack)}"
    sections = [
        _failure(result.error),
        _violations(result.counted),
        _table("Exempted", ("Rule", "Resource", "Message", "Exemption"), _exempted_rows(result)),
        _table("Deferred to the audit after deployment", ("Rule", "Resource", "Why"), _deferred_rows(result)),
        _table(
            "Functions that only a cloud can answer", ("Function", "Called at", "Answer here"), _function_rows(result)
        ),
        _table(f"Mended by a policy: {ADVICE}", ("Rule", "Resource", "Changes"), _remediation_rows(result)),
        _table("Messages of the program", ("Severity", "Message", "Resource"), _diagnostic_rows(result)),
        _resources(result),
    ]
    packs = ", ".join(f"{_text(p.name)} {_text(p.version)}" for p in result.packs) or "none"
    page = "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<header>",
            f"<h1>{title}</h1>",
            f'<p class="verdict exit{result.exit_code}" role="status">{_text(headline(result))}</p>',
            f'<p class="soft">{_text(result.engine)} engine · packs: {packs}</p>',
            *(f'<p class="soft">environment: {_text(line)}</p>' for line in environment_line(result)),
            f'<p class="soft">conventions: {_text(conventions_line(result))}{_without(result)}</p>',
            "</header>\n<main>",
            *(section for section in sections if section),
            "</main>\n</body>\n</html>\n",
        ]
    )
    return markup_without_commands(page)


def _text(text: str) -> str:
    return html.escape(visible(text, keep="\n"))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _place(source: Source | None) -> str:
    return _code(str(source)) if source else ""


def _without(result: PreviewResult) -> str:
    names = ", ".join(_text(name) for name in result.conventions.without)
    return f" · built-in defaults were used by {names}" if names else ""


def _failure(failure: Failure | None) -> str:
    if failure is None:
        return ""
    frames = "\n".join(f"{f.source} in {f.function}\n    {f.text}" for f in failure.frames)
    where = f"<p>and {_place(failure.where)}</p>" if failure.where else ""
    trace = f"<pre>{_text(frames)}</pre>" if frames else ""
    return (
        f'<section><h2>The preview could not be finished</h2><article class="is-mandatory">'
        f"<p>{_text(failure.message)}</p><p>{_place(failure.source)}</p>{where}{trace}</article></section>"
    )


def _violations(violations: Sequence[Violation]) -> str:
    if not violations:
        return ""
    return f"<section><h2>Broken rules</h2>{''.join(_violation(v) for v in violations)}</section>"


def _violation(violation: Violation) -> str:
    severity = f", severity {_text(violation.severity)}" if violation.severity else ""
    fix = f"<p><strong>Fix:</strong> {_text(violation.remediation)}</p>" if violation.remediation else ""
    made_by = f'<p class="soft">{_text(component_note(violation.made_by))}</p>' if violation.made_by else ""
    level = f'<span class="{violation.level}">{violation.level}{severity}</span>'
    return (
        f'<article class="is-{violation.level}">'
        f"<p><strong>{_text(violation.policy)}</strong> {level} "
        f'<span class="soft">{_text(violation.pack)} {_text(violation.pack_version)}</span></p>'
        f"<p>{_text(violation.message)}</p>{fix}"
        f"<p>{_place(violation.source)} {_text(resource_title(violation.urn))}</p>{made_by}</article>"
    )


def _table(title: str, columns: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    return f"<section><h2>{title}</h2>{_grid(columns, rows)}</section>" if rows else ""


def _grid(columns: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _exempted_rows(result: PreviewResult) -> list[tuple[str, ...]]:
    return [
        (_text(v.policy), _text(resource_title(v.urn)), _text(v.message), _text(exemption_text(v.exemption)))
        for v in result.exempted
        if v.exemption is not None
    ]


def _deferred_rows(result: PreviewResult) -> list[tuple[str, ...]]:
    return [
        (_text(d.policy), f"{_text(resource_title(d.urn))} {_place(d.source)}", _text(deferred_text(d)))
        for d in result.deferred
    ]


def _function_rows(result: PreviewResult) -> list[tuple[str, ...]]:
    return [(_code(f.function), _place(f.source), _text(answer_note(f))) for f in result.to_answer]


def _remediation_rows(result: PreviewResult) -> list[tuple[str, ...]]:
    return [
        (
            _text(r.policy),
            f"{_text(resource_title(r.urn))} {_place(r.source)}",
            "<br>".join(map(_text, change_lines(r))),
        )
        for r in result.remediations
    ]


def _diagnostic_rows(result: PreviewResult) -> list[tuple[str, ...]]:
    return [
        (_text(d.severity), _text(d.message), _text(resource_title(d.urn)) if d.urn else "") for d in result.diagnostics
    ]


def _resources(result: PreviewResult) -> str:
    if not result.resources:
        return ""
    grid = _grid(("Type", "Name", "Part of", "Made at"), [_resource_row(r) for r in result.resources])
    label = counted(len(result.resources), "resource")
    return f"<section><h2>Resources</h2><details><summary>{label}</summary>{grid}</details></section>"


def _resource_row(resource: Resource) -> tuple[str, ...]:
    read = ' <span class="soft">(read)</span>' if resource.read else ""
    parent = resource_title(resource.parent) if resource.parent else ""
    return (
        f"{_code(short_type(resource.type))}{read}",
        _text(resource.name),
        _text(parent),
        _place(resource.source),
    )
