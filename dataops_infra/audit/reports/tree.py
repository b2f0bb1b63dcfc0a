"""The report for people: a line per stack, then the verdicts with place and fix, then what could not be judged."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from dataops_infra.audit.model import AuditedStack, AuditResult
from dataops_infra.audit.reports.merging import headline, merged, notes
from dataops_infra.preview.reports.naming import conventions_line, counted
from dataops_infra.preview.reports.tree import PLAIN_WIDTH, Quoted, drawn, exempted_lines, listed, message_lines
from dataops_infra.preview.reports.verdict_list import SEE_ALL, verdict_list
from dataops_infra.reporting.escaping import one_line, visible
from dataops_infra.reporting.symbols import ASCII, UNICODE, Symbols

STACKS_SHOWN = 20
"""Stacks that are listed, those with verdicts first, before the rest is only counted."""


def render(result: AuditResult) -> str:
    """The report as plain text of 120 columns."""
    return draw(result)


def draw(result: AuditResult, *, width: int = PLAIN_WIDTH, color: bool = False, ascii_only: bool = False) -> str:
    """The report as text of ``width`` columns; see the preview's tree."""
    return drawn(_parts(result, ASCII if ascii_only else UNICODE), width=width, color=color)


def _parts(result: AuditResult, symbols: Symbols) -> Iterator[RenderableType]:
    whole = merged(result)
    title = f" {symbols.dot} {counted(len(result.stacks), 'export')}"
    yield Text.assemble(("dataops audit", "bold"), (title, "dim"))
    yield from _stacks(result, symbols)
    yield from verdict_list(whole.counted, whole.deferred, symbols)
    yield from listed("Exempted", exempted_lines(whole.exempted), symbols, len(whole.exempted))
    yield from listed("Messages of the packs", message_lines(whole.diagnostics), symbols)
    yield from listed("To know", [Text(one_line(line)) for line in notes(result)], symbols)
    for stack in result.failed:
        yield from _failure(stack, symbols)
    yield from _footer(result, symbols)


def _stacks(result: AuditResult, symbols: Symbols) -> Iterator[RenderableType]:
    judged = sorted((s for s in result.stacks if s.error is None), key=_rank)
    if not judged:
        return
    yield ""
    names = max(len(one_line(stack.title)) for stack in judged[:STACKS_SHOWN])
    for stack in judged[:STACKS_SHOWN]:
        sign, colour = _sign(stack, symbols)
        name = one_line(stack.title).ljust(names)
        yield Padding(
            Text.assemble(
                (f"{sign} ", colour), name, f"  {_findings(stack, symbols)}", ("  " + one_line(stack.file), "cyan")
            ),
            (0, 0, 0, 2),
            expand=False,
        )
    if len(judged) > STACKS_SHOWN:
        yield Text(f"  {symbols.ellipsis} {len(judged) - STACKS_SHOWN} more {SEE_ALL}", style="dim")


def _rank(stack: AuditedStack) -> tuple[bool, bool, bool]:
    """Stacks with the worst verdicts first; the order is stable."""
    found = stack.summary
    return (not found.mandatory, not found.deferred, not found.advisory)


def _sign(stack: AuditedStack, symbols: Symbols) -> tuple[str, str]:
    found = stack.summary
    if found.mandatory:
        return symbols.bad, "red"
    if found.deferred:
        return symbols.waiting, "blue"
    return (symbols.warning, "yellow") if found.advisory else (symbols.good, "green")


def _findings(stack: AuditedStack, symbols: Symbols) -> str:
    found = stack.summary
    counts = {"mandatory": found.mandatory, "advisory": found.advisory, "deferred": found.deferred}
    said = [f"{number} {what}" for what, number in counts.items() if number]
    return f" {symbols.dot} ".join([counted(found.resources, "resource"), *said])


def _failure(stack: AuditedStack, symbols: Symbols) -> Iterator[RenderableType]:
    if stack.error is None:
        return
    yield ""
    yield Text.assemble((f"{symbols.bad} ", "bold red"), (visible(stack.error.message, keep="\n"), "bold"))
    for line in stack.error.detail.splitlines():
        if line.strip():
            yield Quoted(visible(line), symbols)


def _footer(result: AuditResult, symbols: Symbols) -> Iterator[RenderableType]:
    yield ""
    yield Text(one_line(f"conventions  {conventions_line(merged(result))}"), style="dim")
    if result.conventions.without:
        names = ", ".join(result.conventions.without)
        yield Text(one_line(f"             built-in defaults were used by {names}"), style="yellow")
    packs = ", ".join(f"{pack.name} {pack.version}" for pack in result.packs)
    yield Text(one_line(f"packs        {packs}"), style="dim")
    style, symbol = ("bold green", symbols.good) if result.exit_code == 0 else ("bold red", symbols.bad)
    seconds = f" {symbols.dot} {result.summary.seconds:.1f} s"
    yield Text.assemble((f"{symbol} {headline(result)}", style), (seconds, "dim"))
