"""The decisions of a plan, drawn for people: never a value of the data."""

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.reporting.escaping import one_line

ROWS_SHOWN = 200
"""Columns of a table that are drawn; the plan's file has them all."""
CHANGES_SHOWN = 20
"""Differences of two plans that are told; JSON has them all."""
PLAIN_WIDTH = 140
"""Columns of a line where nobody says how wide the output is."""
_UNSURE = 0.7
"""Scores below it are drawn so that they catch the eye."""


def show(plan: Plan, changes: Sequence[str], stream: TextIO) -> None:
    """Print a table of decisions for each table of ``plan``, and what changed against the plan that is there."""
    shown_on = Console(file=stream)
    text = StringIO()
    console = Console(
        file=text,
        highlight=False,
        width=shown_on.width if shown_on.is_terminal else PLAIN_WIDTH,
        force_terminal=shown_on.is_terminal,
        no_color=shown_on.no_color,
    )
    _draw(plan, changes, console)
    encoding = stream.encoding or "ascii"
    stream.write(text.getvalue().encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _draw(plan: Plan, changes: Sequence[str], console: Console) -> None:
    for name, table in plan.tables.items():
        console.print(_drawn(name, table))
        if len(table.columns) > ROWS_SHOWN:
            console.print(f"… and {len(table.columns) - ROWS_SHOWN} more columns, all in the plan")
    for key in plan.foreign_keys:
        sides = f"{key.table} ({', '.join(key.columns)}) → {key.references} ({', '.join(key.referenced_columns)})"
        console.print(Text(one_line(f"foreign key {sides}: {key.reason}")))
    if changes:
        console.print("Against the plan that is there:")
        for change in changes[:CHANGES_SHOWN]:
            console.print(Text(f"  {one_line(change)}"))
        if len(changes) > CHANGES_SHOWN:
            console.print(f"  … and {len(changes) - CHANGES_SHOWN} more, all told by --format json")


def summary(plan: Plan) -> str:
    """How many columns get which operator: ``12 columns: 5 keep, 4 token, …``."""
    counts = Counter(column.operator for table in plan.tables.values() for column in table.columns.values())
    listed = ", ".join(f"{count} {operator}" for operator, count in sorted(counts.items(), key=_commonest))
    return f"{counts.total()} {'column' if counts.total() == 1 else 'columns'}: {listed}"


def _commonest(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


def _drawn(name: str, table: TablePlan) -> Table:
    drawn = Table(title=Text(one_line(name)), title_justify="left", box=None, pad_edge=False)
    for heading in ("column", "operator", "holds", "score", "reason"):
        drawn.add_column(heading, overflow="fold")
    for path, column in list(table.columns.items())[:ROWS_SHOWN]:
        drawn.add_row(*_row(path, column))
    return drawn


def _row(path: str, column: ColumnPlan) -> tuple[Text, ...]:
    score = "" if column.score is None else f"{column.score:.2f}"
    is_unsure = column.score is not None and column.score < _UNSURE
    return (
        Text(one_line(path)),
        Text(column.operator, "" if column.operator == "keep" else "bold"),
        Text(one_line(column.classification or "")),
        Text(score, "yellow" if is_unsure else ""),
        Text(one_line(column.reason)),
    )
