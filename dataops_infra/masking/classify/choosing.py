"""From what a column holds to what is done with it."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from dataops_infra.masking.detection.kinds import Kind
from dataops_infra.masking.operators import OPERATORS

FALLBACKS = ("token", "drop", "redact")
"""Taken in this order where a kind's own operator cannot replace values of the column's type."""


def choose(kind: Kind, value_type: pa.DataType, nullable: bool) -> tuple[str, Mapping[str, Any]]:
    """Operator and options for values of ``kind`` in a column of ``value_type``."""
    if _takes(kind.operator, kind.options, value_type, nullable):
        return kind.operator, kind.options
    return next((name for name in FALLBACKS if _takes(name, {}, value_type, nullable)), "drop"), {}


def _takes(name: str, options: Mapping[str, Any], value_type: pa.DataType, nullable: bool) -> bool:
    spec = OPERATORS.get(name)
    if spec is None or not spec.accepts(value_type) or (spec.makes_nulls and not nullable):
        return False
    try:
        return spec.refuses(value_type, spec.options.model_validate(dict(options))) is None
    except ValidationError:
        return False
