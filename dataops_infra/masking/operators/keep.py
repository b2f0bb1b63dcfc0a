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


def _accepts(kind: pa.DataType) -> bool:
    """Whether the gate can look into such values, and nothing but the rows' own can be written of them."""
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    return not (pa.types.is_nested(values) or pa.types.is_run_end_encoded(values))


SPEC = OperatorSpec(
    name="keep",
    summary="Leaves values as they are: for columns whose owner says that they are safe.",
    outcome=Outcome.KEPT,
    build=_build,
    accepts=_accepts,
    accepted="every type but list views, unions and run-end-encoded values, which nobody can look into",
    injective=lambda _options: True,
    keyed=False,
)
