"""The report for people: resources by component, then the verdicts with place and fix, then what else to know.

It is drawn with rich and short on purpose: children of one type share a line, repeats of a verdict are counted.
All text of the program is put in as :class:`rich.text.Text`, never parsed as markup.
"""

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from dataops_infra.preview.model import Diagnostic, Failure, PreviewResult, Violation
from dataops_infra.preview.reports.changes import ADVICE, change_lines
from dataops_infra.preview.reports.naming import (
    answer_note,
    conventions_line,
    counted,
    environment_line,
    exemption_text,
    failure_details,
    headline,
    resource_title,
)
from dataops_infra.preview.reports.resource_tree import resource_tree
from dataops_infra.preview.reports.verdict_list import SEE_ALL, verdict_list
from dataops_infra.reporting.escaping import one_line, visible, without_commands
from dataops_infra.reporting.symbols import ASCII, UNICODE, Symbols

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
    symbols = ASCII if ascii_only else UNICODE
    return drawn(_parts(result, symbols, width, timed=True), width=width, color=color)


def drawn(parts: Iterable[RenderableType], *, width: int, color: bool) -> str:
    """The parts of a report, one below the other, as text in which no line is a command to a CI runner."""
    buffer = io.StringIO()
    system: Literal["standard"] | None = "standard" if color else None
    console = Console(file=buffer, width=width, color_system=system, force_terminal=color, legacy_windows=False)
    for part in parts:
        console.print(part, highlight=False, markup=False, emoji=False)
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
    yield from verdict_list(result.counted, result.deferred, symbols)
    yield from listed("Exempted", exempted_lines(result.exempted), symbols, len(result.exempted))
    yield from listed("Mended by a policy", _remediation_lines(result, symbols), symbols, about=ADVICE)
    yield from _functions(result, symbols)
    yield from listed("Messages of the program", message_lines(result.diagnostics), symbols)
    yield from _program_output(result, symbols)
    if result.error is not None:
        yield from _failure(result.error, symbols)
    yield from _footer(result, symbols, timed)


def _title(result: PreviewResult, symbols: Symbols) -> Text:
    separator = f" {symbols.dot} "
    facts = (f"project {result.project}", f"stack {result.stack}", f"{result.engine} engine")
    return Text.assemble(("dataops preview", "bold"), (separator + separator.join(map(one_line, facts)), "dim"))


def listed(
    title: str, lines: Sequence[RenderableType], symbols: Symbols, number: int | None = None, about: str = ""
) -> Iterator[RenderableType]:
    """A heading and the first of its lines.

    :param number: what the lines stand for, where one stands for several.
    """
    if not lines:
        return
    yield ""
    yield Text.assemble((f"{title} ({len(lines) if number is None else number})", "bold"), (f"  {about}", "dim"))
    for line in lines[:SHOWN]:
        yield Padding(line, (0, 0, 0, 2), expand=False)
    if len(lines) > SHOWN:
        yield Text(f"  {symbols.ellipsis} {len(lines) - SHOWN} more {SEE_ALL}", style="dim")


def exempted_lines(exempted: Sequence[Violation]) -> list[Text]:
    """A line per finding; equal ones are counted."""
    equal = Counter(
        (f"{v.policy}  {resource_title(v.urn)}: {v.message}", exemption_text(v.exemption))
        for v in exempted
        if v.exemption is not None
    )
    return [
        Text.assemble(one_line(finding), (f"  {one_line(why)}{f'  {times} times' if times > 1 else ''}", "dim"))
        for (finding, why), times in equal.items()
    ]


def _remediation_lines(result: PreviewResult, symbols: Symbols) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for r in result.remediations:
        place = f"{one_line(str(r.source))}  " if r.source else ""
        title = Text.assemble(one_line(r.policy), "  ", (place, "cyan"), one_line(resource_title(r.urn)))
        changes = [
            Text(one_line(change).replace(UNICODE.fix, symbols.fix), style="green") for change in change_lines(r)
        ]
        lines.append(Group(title, *(Padding(change, (0, 0, 0, 2), expand=False) for change in changes)))
    return lines


def _functions(result: PreviewResult, symbols: Symbols) -> Iterator[RenderableType]:
    lines = []
    for f in result.to_answer:
        line = Text(one_line(f.function))
        if f.source is not None:
            line.append(f"  {one_line(str(f.source))}", style="cyan")
        line.append(f"  {one_line(answer_note(f))}", style="dim")
        for entry_line in _entry_lines(f.entry):
            line.append(f"\n  {entry_line}", style="green")
        lines.append(line)
    yield from listed("Functions that only a cloud can answer; add what you know to --answers FILE", lines, symbols)
    if result.placeholders:
        inputs = counted(len(result.placeholders), "input")
        yield Text(f"  {inputs} built from their placeholders became unknown", style="dim")


def _entry_lines(entry: object) -> list[str]:
    if entry is None:
        return []
    text = entry if isinstance(entry, str) else json.dumps(entry, sort_keys=True, default=str)
    # Comments are hints for who writes the file; the JSON report has them.
    return [visible(line) for line in text.splitlines() if not line.lstrip().startswith("#")]


def message_lines(diagnostics: Sequence[Diagnostic]) -> list[Text]:
    """A line per message; those of severity debug are for nobody here."""
    styles = {"error": "red", "warning": "yellow"}
    lines = []
    for d in diagnostics:
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
        yield Quoted(one_line(line), symbols, is_cut=True)


def _failure(failure: Failure, symbols: Symbols) -> Iterator[RenderableType]:
    yield ""
    yield Text.assemble((f"{symbols.bad} ", "bold red"), (visible(failure.message, keep="\n"), "bold"))
    if failure.source is not None and not failure.frames:
        yield Text(f"  {one_line(str(failure.source))}", style="cyan")
    for line in failure_details(failure):
        yield Quoted(visible(line), symbols)
    if failure.where is not None:
        yield Text(f"  {one_line(str(failure.where))}", style="cyan")
    for frame in failure.frames:
        function = f" in {one_line(frame.function)}" if frame.function else ""
        yield Text.assemble((f"  {one_line(str(frame.source))}", "cyan"), (function, "dim"))
        if frame.text:
            yield Text(f"    {one_line(frame.text.strip())}")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A line of somebody else's; where it is too long, it is cut or every part of it has the bar in front of it."""

    line: str
    symbols: Symbols
    is_cut: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        bar = f"  {self.symbols.bar} "
        room = max(options.max_width - len(bar), 1)
        line = Text(self.line)
        if self.is_cut:
            line.truncate(room, overflow="ellipsis")
        for part in line.wrap(console, room):
            yield Text(f"{bar}{part.plain.rstrip()}", style="dim")


def _footer(result: PreviewResult, symbols: Symbols, timed: bool) -> Iterator[RenderableType]:
    yield ""
    for line in environment_line(result):
        style = "dim" if result.conventions.environment else "yellow"
        yield Text(one_line(f"environment  {line}"), style=style)
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
