"""A part of the source in place of all of it: rows of one table, and all that belongs to them.

A condition in SQL (``dataops mask run --where``) is not offered: it may hold an original, and would stand in the state
of the stack and in the job's arguments.
"""

import math
from collections.abc import Mapping
from typing import Any

from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.subset.request import MOST_VALUES


def read_subset(mistakes: Mistakes, label: str, given: Mapping[str, Any], plan: Plan) -> dict[str, str]:
    """The job's options for a subset, each with its value; none where all rows are meant."""
    if not given:
        return {}
    rows, fraction, keep = given.get("rows"), given.get("fraction"), given.get("keep_values")
    if (rows is None) == (fraction is None):
        mistakes.add(label, "either rows or fraction", "both" if rows is not None else "neither")
    if rows is not None and rows < 1:
        mistakes.add(f"{label}.rows", "a whole number of at least 1", rows)
    if fraction is not None and not (math.isfinite(fraction) and 0 < fraction <= 1):
        mistakes.add(f"{label}.fraction", "a number above 0, at most 1", fraction)
    if keep is not None and not 0 <= keep <= MOST_VALUES:
        mistakes.add(f"{label}.keep_values", f"0 to {MOST_VALUES}", keep)
    _check_root(mistakes, f"{label}.root", given.get("root"), list(plan.tables))
    options = {"--root": given.get("root"), "--rows": rows, "--fraction": fraction, "--keep-values": keep}
    return {option: str(value) for option, value in options.items() if value is not None}


def _check_root(mistakes: Mistakes, label: str, root: str | None, tables: list[str]) -> None:
    if mistakes.about("masking.plan"):  # then its tables are not known
        return
    if root is not None:
        mistakes.require_one_of(label, tables, root)
    elif len(tables) > 1:
        mistakes.add(label, f"the table that the subset grows from, one of {', '.join(tables)}", None)
