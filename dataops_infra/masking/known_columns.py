"""Which columns hold values that texts must lose, read off the plan."""

from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.plan import ColumnPlan

NAME_POOLS = ("first_name", "last_name", "full_name")
"""Pools whose values are looked for word by word."""
WHOLE_POOLS = ("company", "street", "username")
"""Pools whose values are looked for as a whole: a single word of a street or a company is a common word."""
WHOLE_OPERATORS = ("fpe", "token")
REMOVING = ("redact", "drop")
"""Operators that leave nothing of a value."""
DATE_OPERATORS = ("shift_date", "generalise", *REMOVING)
"""Operators of dates: a text that tells the exact day undoes each of them."""


def as_replaced(column: ColumnPlan) -> ColumnPlan:
    """How a column whose values are removed would replace them, going by what it is classified as.

    :return: the column itself where its operator does not remove, or nothing tells what the values are.
    """
    kind = KINDS.get(column.classification or "")
    if kind is None or column.operator not in REMOVING or kind.operator in REMOVING:
        return column
    return column.model_copy(update={"operator": kind.operator, "options": dict(kind.options)})


def is_looked_for(column: ColumnPlan) -> bool:
    """Whether texts lose values of the column, if its type is one of those that they are read for."""
    if column.operator == "pool":
        return column.options.get("pool") in (*NAME_POOLS, *WHOLE_POOLS)
    return column.operator in (*WHOLE_OPERATORS, *DATE_OPERATORS)


def is_removed(column: ColumnPlan) -> bool:
    """Whether nothing is left of values that would be looked for if their column replaced them."""
    replaced = as_replaced(column)
    return replaced is not column and is_looked_for(replaced)


def pool_of(column: ColumnPlan) -> str | None:
    """What a column is filled with, or would be if the plan left anything of it; None = from no pool."""
    pool = as_replaced(column).options.get("pool")
    return None if pool is None else str(pool)
