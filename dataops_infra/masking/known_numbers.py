"""Whole numbers of integer columns, looked for in texts as people write them there.

Tables hold many more of them than texts do, so those that no text can hold are told by their first six digits, before
any of them is written as text.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.operators.base import Operator, Rows
from dataops_infra.masking.text_sieve import SHORTEST, TextSieve

_LEAST, _BEYOND = 10 ** (SHORTEST - 1), 10**SHORTEST
"""Numbers of fewer digits may mean anything."""


def written_in_texts(values: pa.Array, sieve: TextSieve) -> pa.Array:
    """Those of a column of integers that texts may hold, as texts: ``large_string`` without nulls."""
    numbers = values.drop_null().to_numpy()
    if len(numbers) and numbers.min() < _LEAST:
        numbers = numbers[numbers >= _LEAST]
    held = np.flatnonzero(sieve.openings.take(_first_digits(numbers)))
    return pa.array(numbers[held]).cast(pa.large_string())


def _first_digits(numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    while len(numbers) and numbers.max() >= _BEYOND:
        numbers = np.where(numbers >= _BEYOND, numbers // 10, numbers)
    return numbers


@dataclass(frozen=True)
class WrittenNumbers:
    """The operator of an integer column, for its numbers as texts have them."""

    operator: Operator
    kind: pa.DataType

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        """What the column holds in place of each number, in digits alone."""
        digits = pl.Series(values, dtype=pl.String).str.replace_all("[^0-9]", "")
        numbers = digits.to_arrow().cast(pa.large_string()).cast(self.kind)
        return self.operator.apply(numbers, rows).cast(pa.large_string())
