"""From what a column holds to what is done with it."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from dataops_infra.conventions.base import Model
from dataops_infra.masking.detection.kinds import Kind
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.operators import OPERATORS

FALLBACKS = ("token", "drop", "redact")
"""Taken in this order where a kind's own operator cannot replace values of the column's type."""
FEWEST_VALUES = 20
"""Fewer values that cannot be read prove nothing: somebody may have written "unknown" into them."""


def choose(kind: Kind, value_type: pa.DataType, nullable: bool) -> tuple[str, Mapping[str, Any]]:
    """Operator and options for values of ``kind`` in a column of ``value_type``."""
    if _takes(kind.operator, kind.options, value_type, nullable):
        return kind.operator, kind.options
    return fallback(value_type, nullable), {}


def fallback(value_type: pa.DataType, nullable: bool) -> str:
    """The operator for values that their kind's own cannot replace."""
    return next((name for name in FALLBACKS if _takes(name, {}, value_type, nullable)), "drop")


def misread(operator: str, options: Model, values: pa.Array) -> str | None:
    """Why none of many sampled texts is what ``operator`` reads, None where some are or it takes any."""
    misreads = OPERATORS[operator].misreads
    if misreads is None or len(values) < FEWEST_VALUES or not is_text(values.type):
        return None
    return misreads(values, options)


def _takes(name: str, options: Mapping[str, Any], value_type: pa.DataType, nullable: bool) -> bool:
    spec = OPERATORS.get(name)
    if spec is None or not spec.accepts(value_type) or (spec.makes_nulls and not nullable):
        return False
    try:
        return spec.refuses(value_type, spec.options.model_validate(dict(options))) is None
    except ValidationError:
        return False
