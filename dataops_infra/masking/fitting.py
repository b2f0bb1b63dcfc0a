"""Whether operators can read what a plan gives them: dates and numbers that are written as text.

A schema says `string` of dates and of codes alike. Shifted as dates, or told in bands as numbers, codes would be lost
without a word: every text that is no date or number becomes a token or `*`.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from dataops_infra.masking.binding import refuse
from dataops_infra.masking.classify.choosing import misread
from dataops_infra.masking.classify.samples import ColumnSample, columns_of, sample_columns
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.plan_checks import OTHER_OPERATOR, PlanMistake, options_of, value_type
from dataops_infra.masking.sources import Source, SourceTable

FIRST_ROWS = 1000
"""Rows of a table that are looked at first; only where they fit nothing, rows from all over it are read."""


def check_fit(plan: Plan, source: Source, path: Path) -> None:
    """Refuse operators that can read none of a column's values.

    :param plan: found right by :func:`.binding.check_plan`.
    :param path: the plan's file, for the error.
    :raises PlanError: it names the columns, and shows none of their values.
    :raises MaskingError: a file is damaged.
    """
    refuse([mistake for name in source.tables for mistake in _mistakes(plan, name, source.tables[name])], path)


def _mistakes(plan: Plan, name: str, table: SourceTable) -> Iterator[PlanMistake]:
    asked = {path for path, kind in leaf_types(table.schema).items() if _is_asked(plan, name, path, kind)}
    columns = [field.name for field in table.schema if any(map(partial(_is_inside, field.name), asked))]
    first = next(table.batches(columns), None) if columns else None
    if first is None:
        return
    looked_at = columns_of(pa.Table.from_batches([first.slice(0, FIRST_ROWS)]))
    suspects = [path for path in looked_at if path in asked and _misread(plan, name, looked_at[path])]
    everywhere = sample_columns(table) if suspects else {}
    for path in suspects:
        said = _misread(plan, name, everywhere[path])
        if said is not None:
            at = ("tables", name, "columns", path, "operator")
            yield PlanMistake(at, f"{name}.{path}: {said}, from all over the table", OTHER_OPERATOR)


def _is_asked(plan: Plan, table: str, path: str, kind: pa.DataType) -> bool:
    """Whether a leaf holds texts, and an operator that reads them."""
    return is_text(value_type(kind)) and OPERATORS[plan.tables[table].columns[path].operator].misreads is not None


def _is_inside(column: str, path: str) -> bool:
    return path == column or path.startswith((f"{column}.", f"{column}[]"))


def _misread(plan: Plan, table: str, sample: ColumnSample) -> str | None:
    column = plan.tables[table].columns[sample.path]
    return misread(column.operator, options_of(column), sample.values)
