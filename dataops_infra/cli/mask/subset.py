"""The options of ``dataops mask run`` that make a subset, and what is told of it before the run."""

from typing import Annotated, Any

import typer

from dataops_infra.masking.subset.planning import Join, Subset, TableSubset
from dataops_infra.masking.subset.request import FEW_VALUES, MOST_VALUES, SubsetRequest
from dataops_infra.masking.subset.selecting import Reason
from dataops_infra.reporting.escaping import one_line
from dataops_infra.reporting.json_text import json_text

SCHEMA = "dataops.mask-subset/v1"
_PANEL = "A subset of the rows"

Root = Annotated[
    str | None,
    typer.Option("--root", metavar="TABLE", help="The table that a subset grows from.", rich_help_panel=_PANEL),
]
Rows = Annotated[int | None, typer.Option("--rows", metavar="N", help="So many rows of it.", rich_help_panel=_PANEL)]
Fraction = Annotated[
    float | None,
    typer.Option("--fraction", metavar="F", help="Or this share of its rows, above 0.", rich_help_panel=_PANEL),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where", metavar="SQL", help="Of its rows that meet this condition; alone: all.", rich_help_panel=_PANEL
    ),
]
KeepValues = Annotated[
    int,
    typer.Option(
        "--keep-values",
        metavar="N",
        help=f"Columns of at most so many values keep them all; 0 to {MOST_VALUES}.",
        rich_help_panel=_PANEL,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only tell which rows would be chosen; needs no key.", rich_help_panel=_PANEL),
]

_WORDS = {
    Reason.ASKED: "asked for",
    Reason.REFERS: "refer to chosen rows",
    Reason.REFERRED: "referred to by chosen rows",
    Reason.VALUE: "needed for a value",
    Reason.SMALL: "all of a small table",
    Reason.SHARE: "the same share",
}


def subset_request(
    root: str | None, rows: int | None, fraction: float | None, where: str | None, keep_values: int
) -> SubsetRequest | None:
    """What the options ask for; None = all rows.

    :raises InvalidInputError: they say too little, too much or nonsense.
    """
    if root is None and rows is None and fraction is None and where is None and keep_values == FEW_VALUES:
        return None
    request = SubsetRequest(root, rows, fraction, where, keep_values)
    request.check()
    return request


def draw_subset(subset: Subset) -> str:
    """How many rows of each table are chosen and why, which joins are followed, what differs from the request."""
    lines = [f"subset   {subset_line(subset)}", ""]
    lines.append(f"{'table':<32} {'rows':>14} {'chosen':>14}  why")
    lines += [_table_line(table) for table in subset.tables]
    if subset.joins:
        lines += ["", "joins"]
        lines += [f"  {one_line(join.key.shown)}: {_way(join)}" for join in subset.joins]
    if subset.notes:
        lines += ["", *(f"note     {one_line(note)}" for note in subset.notes)]
    return "\n".join(lines) + "\n\n"


def subset_line(subset: Subset) -> str:
    """How many rows of how many, in one line."""
    chosen, whole = sum(subset.counts.values()), sum(table.of for table in subset.tables)
    return f"{chosen:,} of {whole:,} rows, from {one_line(subset.root)}"


def subset_document(subset: Subset) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "root": subset.root,
        "asked": subset.target,
        "tables": {
            table.name: {
                "rows": table.rows,
                "of": table.of,
                "why": {reason.name.lower(): number for reason, number in table.reasons.items()},
            }
            for table in subset.tables
        },
        "joins": [
            {
                "table": join.key.table,
                "columns": list(join.key.columns),
                "references": join.key.references,
                "referencedColumns": list(join.key.referenced_columns),
                "bringsReferring": join.is_followed_down,
                "dangling": join.dangling,
            }
            for join in subset.joins
        ],
        "notes": list(subset.notes),
    }


def subset_json(subset: Subset) -> str:
    """The same as one JSON document: what ``--dry-run --format json`` prints."""
    return json_text({"schema": SCHEMA, **subset_document(subset)})


def _table_line(table: TableSubset) -> str:
    why = ", ".join(f"{number:,} {_WORDS[reason]}" for reason, number in table.reasons.items())
    return f"{one_line(table.name):<32} {table.of:>14,} {table.rows:>14,}  {why or 'none'}"


def _way(join: Join) -> str:
    way = "followed both ways" if join.is_followed_down else "followed to what is referred to"
    return f"{way}; {join.dangling:,} rows refer to nothing that the source has" if join.dangling else way
