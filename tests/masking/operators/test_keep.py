"""What is safe stays."""

import pyarrow as pa
import pytest

from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import NoOptions, Outcome
from tests.support.operators import applied

COLUMNS = [
    pa.array(["a", "", None]),
    pa.array([1.5, None]),
    pa.array(["a", None], pa.string_view()),
    pa.array(["a", "a"]).dictionary_encode(),
    pa.nulls(3),
]
CLOSED = [
    pa.list_view(pa.string()),
    pa.large_list_view(pa.int64()),
    pa.run_end_encoded(pa.int32(), pa.string()),
    pa.dense_union([pa.field("a", pa.string())]),
    pa.sparse_union([pa.field("a", pa.string())]),
    pa.dictionary(pa.int8(), pa.list_(pa.string())),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
def test_values_of_every_type_stay_as_they_are(column: pa.Array) -> None:
    assert applied("keep", column).equals(column)


def test_it_promises_to_keep_and_needs_no_key() -> None:
    spec = OPERATORS["keep"]
    assert (spec.outcome, spec.keyed, spec.injective(NoOptions())) == (Outcome.KEPT, False, True)


@pytest.mark.parametrize("kind", CLOSED, ids=str)
def test_what_nobody_can_look_into_is_not_kept(kind: pa.DataType) -> None:
    assert not OPERATORS["keep"].accepts(kind)
