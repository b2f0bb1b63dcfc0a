"""Every operator on one screen. To add one: a file beside this one, a line here, a case in the operators' test."""

from dataops_infra.masking.operators import (
    drop,
    email,
    fpe,
    generalise,
    keep,
    pool,
    presidio,
    redact,
    shift_date,
    text,
    token,
)
from dataops_infra.masking.operators.base import OperatorSpec

SPECS: tuple[OperatorSpec, ...] = (
    drop.SPEC,
    email.SPEC,
    fpe.SPEC,
    generalise.SPEC,
    keep.SPEC,
    pool.SPEC,
    presidio.SPEC,
    redact.SPEC,
    shift_date.SPEC,
    text.SPEC,
    token.SPEC,
)

OPERATORS = {spec.name: spec for spec in SPECS}
"""Name in a plan -> its operator."""
