"""Nulls in place of everything."""

import pyarrow as pa
import pytest

from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import NoOptions, Outcome
from tests.masking.operators.test_keep import COLUMNS
from tests.support.operators import applied


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
def test_values_of_every_type_become_null(column: pa.Array) -> None:
    assert applied("drop", column).null_count == len(column)


def test_nothing_of_the_values_is_left_in_the_buffers() -> None:
    masked = applied("drop", pa.array(["secret", "hidden"]))
    assert not any(b"secret" in buffer.to_pybytes() for buffer in masked.buffers() if buffer is not None)


def test_it_promises_that_nothing_is_left() -> None:
    spec = OPERATORS["drop"]
    assert (spec.outcome, spec.keyed, spec.makes_nulls, spec.injective(NoOptions())) == (
        Outcome.GONE,
        False,
        True,
        False,
    )
