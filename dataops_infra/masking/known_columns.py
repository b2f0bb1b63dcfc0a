"""Which columns hold values that texts must lose, read off the plan."""

from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.plan import ColumnPlan

NAME_POOLS = ("first_name", "last_name", "full_name")
"""Pools whose values are looked for word by word."""
WHOLE_POOLS = ("company", "street", "username")
"""Pools whose values are looked for as a whole: a single word of a street or a company is a common word."""
WHOLE_OPERATORS = ("fpe", "token")
REMOVING = ("redact", "drop", "presidio")
"""Operators that leave nothing of a value that a text could be given."""
ROUGH = ("shift_date", "generalise")
"""Operators of dates that a text undoes which tells the exact day."""


def removes(column: ColumnPlan) -> bool:
    """Whether nothing is left of a column's values; presidio's ``keep`` leaves them all."""
    return column.operator in REMOVING and column.options.get("operator") != "keep"


def hides_dates(column: ColumnPlan) -> bool:
    """Whether a text that tells the exact day undoes what the plan does with dates of the column."""
    return column.operator in ROUGH or removes(column)


def as_replaced(column: ColumnPlan) -> ColumnPlan:
    """How a column whose values are removed would replace them, going by what it is classified as.

    :return: the column itself where its operator does not remove, or nothing tells what the values are.
    """
    kind = KINDS.get(column.classification or "")
    if kind is None or not removes(column) or kind.operator in REMOVING:
        return column
    return column.model_copy(update={"operator": kind.operator, "options": dict(kind.options)})


def is_looked_for(column: ColumnPlan) -> bool:
    """Whether texts lose values of the column, if its type is one of those that they are read for."""
    if column.operator == "pool":
        return column.options.get("pool") in (*NAME_POOLS, *WHOLE_POOLS)
    return column.operator in WHOLE_OPERATORS or hides_dates(column)


def is_removed(column: ColumnPlan) -> bool:
    """Whether nothing is left of values that would be looked for if their column replaced them."""
    replaced = as_replaced(column)
    return replaced is not column and is_looked_for(replaced)


def pool_of(column: ColumnPlan) -> str | None:
    """What a column is filled with, or would be if its values were not hidden in another way; None = from no pool."""
    if column.operator in WHOLE_OPERATORS or removes(column):
        kind = KINDS.get(column.classification or "")
        pool = None if kind is None else kind.options.get("pool")
    else:
        pool = column.options.get("pool")
    return None if pool is None else str(pool)
