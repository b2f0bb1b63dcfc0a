"""The gate's report for a terminal: the verdict, what refuses, and what passed in few words."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from dataops_infra.masking.gate.model import Check, Verdict
from dataops_infra.masking.verify import Verification
from dataops_infra.reporting.escaping import one_line
from dataops_infra.reporting.symbols import UNICODE, Symbols

MOST_SHOWN = 20
"""Refusing checks that are shown before the rest is only counted."""


def draw(verification: Verification, symbols: Symbols = UNICODE) -> Iterator[RenderableType]:
    """What is printed, line by line."""
    gate, request = verification.gate, verification.request
    target = one_line(request.shown[1])
    yield Text.assemble(("dataops mask verify ", "bold"), target, (f"  as of {request.as_of}", "dim"))
    passed = Counter(check.name for check in gate.checks if check.verdict is Verdict.PASS)
    for name in dict.fromkeys(check.name for check in gate.checks):
        refusing = [check for check in gate.failed if check.name == name]
        if refusing:
            yield Text(f"{symbols.bad} {name}", style="bold red")
            for check in refusing[:MOST_SHOWN]:
                yield from _refusal(check, symbols)
            if len(refusing) > MOST_SHOWN:
                more = len(refusing) - MOST_SHOWN
                yield Text(f"  {symbols.ellipsis} {more} more (--format html or json shows all)", style="dim")
        else:
            times = f"  {passed[name]} times" if passed[name] > 1 else ""
            yield Text.assemble((f"{symbols.good} ", "green"), name, (times, "dim"))
    yield from _verdict(verification, symbols)


def headline(verification: Verification) -> str:
    """The verdict in one line."""
    return gate_headline(len(verification.gate.checks), len(verification.gate.failed))


def gate_headline(checks: int, failed: int) -> str:
    """How many checks passed or refused."""
    if not failed:
        return f"passed: all {checks} checks hold"
    return f"refused: {failed} of {checks} checks {'fails' if failed == 1 else 'fail'}"


def _refusal(check: Check, symbols: Symbols) -> Iterator[RenderableType]:
    where = ".".join(part for part in (check.table, check.column) if part) or "the whole copy"
    yield _indented(
        Text.assemble(
            (one_line(where), "cyan"), f"  {observed_text(check.observed)}, allowed {observed_text(check.allowed)}"
        ),
        2,
    )
    if check.explanation:
        yield _indented(Text(f"{symbols.fix} {one_line(check.explanation)}", style="green"), 4)
    for example in check.examples:
        yield _indented(Text(one_line(example), style="dim"), 4)


def observed_text(value: float | int | str) -> str:
    """A figure as people read it."""
    if isinstance(value, str):
        return one_line(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _verdict(verification: Verification, symbols: Symbols) -> Iterator[RenderableType]:
    failed = verification.gate.failed
    symbol, style = (symbols.bad, "bold red") if failed else (symbols.good, "bold green")
    yield ""
    yield Text(f"{symbol} {headline(verification)}", style=style)


def _indented(text: Text, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns), expand=False)
