"""What is safe stays."""

import pyarrow as pa
import pytest

from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import NoOptions, Outcome
from tests.support.operators import applied

COLUMNS = [
    pa.array(["a", "", None]),
    pa.array([1.5, None]),
    pa.array([[1], None]),
    pa.array([{"a": 1}]),
    pa.array(["a", "a"]).dictionary_encode(),
    pa.nulls(3),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
def test_values_of_every_type_stay_as_they_are(column: pa.Array) -> None:
    assert applied("keep", column).equals(column)


def test_it_promises_to_keep_and_needs_no_key() -> None:
    spec = OPERATORS["keep"]
    assert (spec.outcome, spec.keyed, spec.injective(NoOptions())) == (Outcome.KEPT, False, True)
