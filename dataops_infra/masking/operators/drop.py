"""``drop``: null in place of every value."""

import pyarrow as pa

from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting


class Drop:
    """Nulls for everything."""

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """As many nulls."""
        return pa.nulls(len(values), values.type)


def _build(setting: Setting) -> Operator:  # noqa: ARG001 - the same for all columns
    return Drop()


SPEC = OperatorSpec(
    name="drop",
    summary="Puts null in place of every value; the column stays.",
    outcome=Outcome.GONE,
    build=_build,
    accepts=lambda _kind: True,
    accepted="every type",
    keyed=False,
    makes_nulls=True,
)
