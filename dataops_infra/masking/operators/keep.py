"""``keep``: the value stays as it is."""

import pyarrow as pa

from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting


class Keep:
    """Gives back what it is given."""

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """``values``."""
        return values


def _build(setting: Setting) -> Operator:  # noqa: ARG001 - the same for all columns
    return Keep()


SPEC = OperatorSpec(
    name="keep",
    summary="Leaves values as they are: for columns whose owner says that they are safe.",
    outcome=Outcome.KEPT,
    build=_build,
    accepts=lambda _kind: True,
    accepted="every type",
    injective=lambda _options: True,
    keyed=False,
)
