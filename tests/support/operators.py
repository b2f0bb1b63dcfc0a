"""Operators made as a plan makes them."""

from typing import Any

import pyarrow as pa

from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import Operator, Setting

KEY = MasterKey(bytes(range(32)))


def operator(name: str, kind: pa.DataType, domain: str = "people", **options: Any) -> Operator:
    """The operator ``name`` for a column of the type, which it must accept."""
    spec = OPERATORS[name]
    assert spec.accepts(kind), f"{name} refuses {kind}"
    return spec.build(Setting("t", "c", kind, KEY.domain(domain), spec.options.model_validate(options)))


def applied(name: str, values: pa.Array, domain: str = "people", **options: Any) -> pa.Array:
    """What the operator makes of a column, whose type, length and nulls must stay."""
    batch = pa.RecordBatch.from_arrays([values], ["c"])
    masked = operator(name, values.type, domain, **options).apply(values, BatchRows(batch, path="c"))
    masked.validate(full=True)
    assert (masked.type, len(masked)) == (values.type, len(values))
    return masked
