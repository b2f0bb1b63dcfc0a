"""The report for people: resources by component, then the verdicts with place and fix, then what else to know.

It is drawn with rich and short on purpose: children of one type share a line, repeats of a verdict are counted.
All text of the program is put in as :class:`rich.text.Text`, never parsed as markup.
"""

import io
import json
from collections.abc import Iterator
from typing import Literal

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from dataops_infra.preview.model import Failure, PreviewResult, Violation
from dataops_infra.preview.reports.escaping import one_line, visible, without_commands
from dataops_infra.preview.reports.naming import (
    conventions_line,
    counted,
    exemption_text,
    failure_details,
    headline,
    resource_title,
)
from dataops_infra.preview.reports.resource_tree import resource_tree
from dataops_infra.preview.reports.symbols import ASCII, UNICODE, Symbols
from dataops_infra.preview.reports.verdict_list import verdict_list

PLAIN_WIDTH = 120
"""Columns of a report that no terminal shows."""

SHOWN = 5
"""Entries of one list that are shown before the rest is only counted."""

OUTPUT_LINES = 10
"""Lines of the program's own output that are shown."""


def render(result: PreviewResult) -> str:
    """The report as plain text of 120 columns."""
    return draw(result)


def draw(result: PreviewResult, *, width: int = PLAIN_WIDTH, color: bool = False, ascii_only: bool = False) -> str:
    """The report as text of ``width`` columns; no line of it is a command to a CI runner.

    :param color: with the ANSI codes of a terminal.
    :param ascii_only: for an output that cannot show the box-drawing signs.
    """
    buffer = io.StringIO()
    system: Literal["standard"] | None = "standard" if color else None
    console = Console(file=buffer, width=width, color_system=system, force_terminal=color, legacy_windows=False)
    show(result, console, ascii_only=ascii_only)
    return without_commands("".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines()))


def show(result: PreviewResult, console: Console, *, ascii_only: bool = False, timed: bool = True) -> None:
    """Print the report on ``console``; ``timed=False`` leaves the seconds out (for a picture that must not change)."""
    symbols = ASCII if ascii_only else UNICODE
    for part in _parts(result, symbols, console.width, timed):
        console.print(part, highlight=False, markup=False, emoji=False)


def _parts(result: PreviewResult, symbols: Symbols, width: int, timed: bool) -> Iterator[RenderableType]:
    yield _title(result, symbols)
    if result.resources:
        yield ""
        yield resource_tree(result, symbols, width)
    yield from verdict_list(result, symbols)
    yield from _list("Exempted", [_exempted_line(v) for v in result.exempted], symbols)
    yield from _list("Mended by a policy", _remediation_lines(result), symbols)
    yield from _functions(result, symbols)
    yield from _list("Messages of the program", _diagnostic_lines(result), symbols)
    yield from _program_output(result, symbols)
    if result.error is not None:
        yield from _failure(result.error, symbols)
    yield from _footer(result, symbols, timed)


def _title(result: PreviewResult, symbols: Symbols) -> Text:
    separator = f" {symbols.dot} "
    facts = (f"project {result.project}", f"stack {result.stack}", f"{result.engine} engine")
    return Text.assemble(("dataops preview", "bold"), (separator + separator.join(map(one_line, facts)), "dim"))


def _list(title: str, lines: list[Text], symbols: Symbols) -> Iterator[RenderableType]:
    if not lines:
        return
    yield ""
    yield Text(f"{title} ({len(lines)})", style="bold")
    for line in lines[:SHOWN]:
        yield Padding(line, (0, 0, 0, 2), expand=False)
    if len(lines) > SHOWN:
        yield Text(f"  {symbols.ellipsis} {len(lines) - SHOWN} more", style="dim")


def _exempted_line(violation: Violation) -> Text:
    line = Text(one_line(f"{violation.policy}  {resource_title(violation.urn)}"))
    if violation.exemption is not None:
        line.append("  " + one_line(exemption_text(violation.exemption)), style="dim")
    return line


def _remediation_lines(result: PreviewResult) -> list[Text]:
    lines = []
    for r in result.remediations:
        changed = sorted(key for key in {*r.before, *r.after} if r.before.get(key) != r.after.get(key))
        lines.append(Text(one_line(f"{r.policy}  {resource_title(r.urn)}  {', '.join(changed)}")))
    return lines


def _functions(result: PreviewResult, symbols: Symbols) -> Iterator[RenderableType]:
    lines = []
    for f in result.unanswered:
        line = Text(one_line(f.function))
        if f.source is not None:
            line.append(f"  {one_line(str(f.source))}", style="cyan")
        line.append("  answered by a placeholder" if f.answered_by == "placeholder" else "  unknown", style="dim")
        for entry_line in _entry_lines(f.entry):
            line.append(f"\n  {entry_line}", style="green")
        lines.append(line)
    yield from _list("Functions that only a cloud can answer; add what you know to --answers FILE", lines, symbols)
    if result.placeholders:
        inputs = counted(len(result.placeholders), "input")
        yield Text(f"  {inputs} built from their placeholders became unknown", style="dim")


def _entry_lines(entry: object) -> list[str]:
    if entry is None:
        return []
    text = entry if isinstance(entry, str) else json.dumps(entry, sort_keys=True, default=str)
    # Comments are hints for who writes the file; the JSON report has them.
    return [visible(line) for line in text.splitlines() if not line.lstrip().startswith("#")]


def _diagnostic_lines(result: PreviewResult) -> list[Text]:
    styles = {"error": "red", "warning": "yellow"}
    lines = []
    for d in result.diagnostics:
        if d.severity == "debug":
            continue
        severity = (f"{one_line(d.severity)}  ", styles.get(d.severity, "dim"))
        lines.append(Text.assemble(severity, one_line(d.message)))
    return lines


def _program_output(result: PreviewResult, symbols: Symbols) -> Iterator[RenderableType]:
    if not result.program_output:
        return
    yield ""
    yield Text("Output of the program (its last lines)", style="bold")
    for line in result.program_output[-OUTPUT_LINES:]:
        yield Text(f"  {symbols.bar} {one_line(line)}", style="dim", overflow="ellipsis", no_wrap=True)


def _failure(failure: Failure, symbols: Symbols) -> Iterator[RenderableType]:
    yield ""
    yield Text.assemble((f"{symbols.bad} ", "bold red"), (visible(failure.message, keep="\n"), "bold"))
    if failure.source is not None and not failure.frames:
        yield Text(f"  {one_line(str(failure.source))}", style="cyan")
    for line in failure_details(failure):
        yield Text(f"  {symbols.bar} {visible(line)}", style="dim")
    if failure.where is not None:
        yield Text(f"  {one_line(str(failure.where))}", style="cyan")
    for frame in failure.frames:
        function = f" in {one_line(frame.function)}" if frame.function else ""
        yield Text.assemble((f"  {one_line(str(frame.source))}", "cyan"), (function, "dim"))
        if frame.text:
            yield Text(f"    {one_line(frame.text.strip())}")


def _footer(result: PreviewResult, symbols: Symbols, timed: bool) -> Iterator[RenderableType]:
    yield ""
    yield Text(one_line(f"conventions  {conventions_line(result)}"), style="dim")
    if result.conventions.without:
        names = ", ".join(result.conventions.without)
        yield Text(one_line(f"             built-in defaults were used by {names}"), style="yellow")
    packs = ", ".join(f"{p.name} {p.version}" for p in result.packs) or "none: nothing was checked"
    yield Text(one_line(f"packs        {packs}"), style="dim")
    style, symbol = {
        0: ("bold green", symbols.good),
        1: ("bold red", symbols.bad),
        2: ("bold red", symbols.bad),
    }[result.exit_code]
    seconds = f" {symbols.dot} {result.summary.seconds:.1f} s" if timed else ""
    yield Text.assemble((f"{symbol} {headline(result)}", style), (seconds, "dim"))
