"""What ``dataops mask run`` shows at its end, and what ``--preview`` shows."""

from itertools import takewhile
from typing import Any

import pyarrow as pa
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from dataops_infra.cli.mask.subset import subset_document
from dataops_infra.conventions.base import shown_path
from dataops_infra.masking.gate.model import Check, Verdict
from dataops_infra.masking.manifest import manifest_path
from dataops_infra.masking.run import Preview, RunResult
from dataops_infra.reporting.escaping import one_line
from dataops_infra.reporting.json_text import json_text

_MOST_TABLES, _MOST_CHECKS = 12, 10
_SHARE_ALIKE = 3
"""One part in so many of a cell shows what long values have alike before they differ."""
_FRAME = 10
"""Characters that the lines and blanks around three columns take."""


def draw_summary(result: RunResult) -> str:
    """One screen: tables, rows, speed, the gate's verdict and where the copy is."""
    total = sum(result.rows.values())
    speed = f"{total / result.masking_seconds:,.0f} rows/s" if result.masking_seconds > 0 else "at once"
    lines = [f"{'table':<32} {'rows':>14}  columns"]
    for name, rows in list(result.rows.items())[:_MOST_TABLES]:
        lines.append(f"{one_line(name):<32} {rows:>14,}  {_operators(result, name)}")
    if len(result.rows) > _MOST_TABLES:
        lines.append(f"… and {len(result.rows) - _MOST_TABLES} more")
    lines += ["", f"masked   {total:,} rows in {result.masking_seconds:.1f} s, {speed}"]
    lines += _verdict_lines(result)
    return "\n".join(lines) + "\n"


def run_json(result: RunResult) -> str:
    """The manifest, and what became of the copy."""
    document: dict[str, Any] = {
        "schema": "dataops.mask-run/v1",
        "asOf": result.request.as_of.isoformat(),
        "target": result.request.shown[1],
        "published": result.is_published,
        "seconds": round(result.seconds, 3),
        "manifest": result.manifest,
    }
    if result.subset is not None:
        document["subset"] = subset_document(result.subset)
    return json_text(document)


def draw_preview(preview: Preview, width: int) -> Table:
    """The rows of one table in ``width`` characters: a line per row in each column's cell, before beside after.

    What is too long is cut: a value that wrapped would push the values below out of line with their partners.
    """
    columns = preview.before.schema.names
    heads = ("column", "before", "after")
    widest_name = min(max(map(cell_len, [heads[0], *columns])), width // 3)
    widest_value = max((width - widest_name - _FRAME) // 2, 1)
    drawn = Table(title=Text(preview.table), show_lines=True)
    for head in heads:
        drawn.add_column(head, no_wrap=True)
    for name in columns:
        rows = zip(_texts(preview.before, name), _texts(preview.after, name), strict=True)
        sides = zip(*(_from_where_they_differ(*row, widest_value) for row in rows), strict=True)
        shown = (Text("\n").join(_cut(value, widest_value) for value in values) for values in sides)
        drawn.add_row(_cut(one_line(name), widest_name), *shown)
    return drawn


def _texts(table: pa.Table, name: str) -> list[str]:
    return ["∅" if value is None else one_line(str(value)) for value in table.column(name).to_pylist()]


def _from_where_they_differ(before: str, after: str, width: int) -> tuple[str, str]:
    """Both without most of what they begin alike with, where that is all that a cell would show of them."""
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    skipped = alike - width // _SHARE_ALIKE
    if before == after or alike <= width // 2 or max(map(cell_len, (before, after))) <= width:
        return before, after
    return f"…{before[skipped:]}", f"…{after[skipped:]}"


def _cut(text: str, width: int) -> Text:
    shown = Text(text)
    shown.truncate(width, overflow="ellipsis")
    return shown


def _operators(result: RunResult, table: str) -> str:
    counts: dict[str, int] = {}
    for column in result.plan.tables[table].columns.values():
        counts[column.operator] = counts.get(column.operator, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _verdict_lines(result: RunResult) -> list[str]:
    checks = result.gate.checks
    if result.is_published:
        named = result.request.names
        manifest = "with the copy" if named else shown_path(manifest_path(result.request.target))
        return [
            f"gate     passed, {len(checks)} checks",
            f"copy     {result.request.shown[1]}{_loaded(result)}",
            f"manifest {manifest}, key {result.request.key.key_id}",
        ]
    failed = [check for check in checks if check.verdict is Verdict.FAIL]
    lines = [f"gate     REFUSED, {len(failed)} of {len(checks)} checks failed; nothing was published"]
    lines += [f"  {_failed(check)}" for check in failed[:_MOST_CHECKS]]
    if len(failed) > _MOST_CHECKS:
        lines.append(f"  … and {len(failed) - _MOST_CHECKS} more")
    return lines


def _loaded(result: RunResult) -> str:
    loaded = result.request.loaded
    return "" if loaded is None else one_line(f", of {len(result.rows)} tables only {', '.join(sorted(loaded))}")


def _failed(check: Check) -> str:
    where = ".".join(part for part in (check.table, check.column) if part)
    text = f"{check.name} {where}: {check.observed}, allowed {check.allowed}".replace("  ", " ")
    examples = f"; such as {', '.join(check.examples[:3])}" if check.examples else ""
    return one_line(f"{text}{f'; {check.explanation}' if check.explanation else ''}{examples}")
