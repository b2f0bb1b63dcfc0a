"""What a subset is asked to be: rows of one table, and all that belongs to them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataops_infra.errors import InvalidInputError

FEW_VALUES = 50
"""A column of at most so many different values keeps them all, unless a request says otherwise."""
MOST_VALUES = 250
"""What a request may say: a value's number fits into one byte."""
MAXIMUM_CONDITION = 10_000
"""Characters of a condition."""


@dataclass(frozen=True)
class SubsetRequest:
    """Which rows of which table a subset grows from.

    :param root: the table; None = the only one that there is.
    :param rows: how many rows of it the subset has.
    :param fraction: or which share of its rows, or of those that ``where`` chooses; above 0, at most 1.
    :param where: a condition in SQL on its columns; alone: all rows that meet it.
    :param few_values: a column of at most so many different values keeps them all; 0 = none does.
    """

    root: str | None = None
    rows: int | None = None
    fraction: float | None = None
    where: str | None = None
    few_values: int = FEW_VALUES

    def check(self) -> None:
        """Refuse a request that says too little, too much or nonsense.

        :raises InvalidInputError: all that is wrong.
        """
        wrong: list[InvalidInputError] = []
        if self.rows is not None and self.fraction is not None:
            wrong.append(InvalidInputError("--rows or --fraction", "one of the two", "both"))
        if self.rows is None and self.fraction is None and self.where is None:
            wrong.append(InvalidInputError("--rows, --fraction or --where", "one that says which rows", "neither"))
        if self.rows is not None and self.rows < 1:
            wrong.append(InvalidInputError("--rows", "a whole number of at least 1", self.rows))
        if self.fraction is not None and not (math.isfinite(self.fraction) and 0 < self.fraction <= 1):
            wrong.append(InvalidInputError("--fraction", "a number above 0, at most 1", self.fraction))
        if not 0 <= self.few_values <= MOST_VALUES:
            wrong.append(InvalidInputError("--keep-values", f"a whole number from 0 to {MOST_VALUES}", self.few_values))
        if self.where is not None and not 0 < len(self.where.strip()) <= len(self.where) <= MAXIMUM_CONDITION:
            expected = f"a condition of 1 to {MAXIMUM_CONDITION:,} characters"
            wrong.append(InvalidInputError("--where", expected, f"{len(self.where)} characters"))
        if wrong:
            raise InvalidInputError.all(wrong)

    def target(self, available: int) -> int:
        """How many rows are asked for where so many can be chosen."""
        if self.rows is not None:
            return self.rows
        if self.fraction is not None:
            return min(available, max(1, round(self.fraction * available)))
        return available

    def recorded(self, root: str, *, withholds_where: bool) -> dict[str, Any]:
        """The request as a manifest tells it.

        :param root: the table that was meant.
        :param withholds_where: whether the condition may repeat values that the plan hides.
        """
        found: dict[str, Any] = {"root": root, "keepValues": self.few_values}
        if self.rows is not None:
            found["rows"] = self.rows
        if self.fraction is not None:
            found["fraction"] = self.fraction
        if self.where is not None:
            found["where"] = None if withholds_where else self.where
        return found


def request_of(recorded: Mapping[str, Any], where: str | None = None) -> SubsetRequest:
    """The request that a manifest tells of.

    :param where: the condition, which a manifest may withhold.
    :raises ValueError: it is not in the form of :meth:`SubsetRequest.recorded`, or is no legal request.
    """
    stated = recorded.get("where", where if "where" not in recorded else None)
    condition = where if "where" in recorded and stated is None else stated
    root, rows, fraction, few = (recorded.get(name) for name in ("root", "rows", "fraction", "keepValues"))
    is_legal = (
        isinstance(root, str)
        and isinstance(few, int)
        and isinstance(rows, int | None)
        and isinstance(fraction, int | float | None)
        and isinstance(condition, str | None)
    )
    if not is_legal:
        raise ValueError("no record of a subset")
    request = SubsetRequest(root, rows, fraction, condition, int(few or 0))
    try:
        request.check()
    except InvalidInputError as error:
        raise ValueError("no record of a subset") from error
    return request
