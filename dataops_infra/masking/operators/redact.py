"""``redact``: one fixed value in place of every value."""

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from dataops_infra.conventions.base import Model
from dataops_infra.masking.layouts import is_text_or_bytes, with_offsets
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting

REDACTED = "[redacted]"


class RedactOptions(Model):
    """What stands in place of every value."""

    with_: str = Field(
        default=REDACTED,
        alias="with",
        description="The text for columns of text and bytes; numbers become 0, booleans false, dates and times 1970.",
    )


class Redact:
    """The same value everywhere, null where null stood; an empty text has nothing to hide and stays empty."""

    def __init__(self, replacement: pa.Scalar) -> None:
        self._replacement = replacement

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """The replacement, as often as there are values."""
        return self.replaced(values)

    def replaced(self, values: pa.Array) -> pa.Array:
        """The same, whatever the rows."""
        if not is_text_or_bytes(values.type):
            return pc.if_else(values.is_null(), values, self._replacement)
        kept = with_offsets(values)
        stays = pc.or_(kept.is_null(), pc.equal(pc.fill_null(pc.binary_length(kept), 0), 0))
        return pc.if_else(stays, kept, self._replacement.cast(kept.type)).cast(values.type)


def _accepts(kind: pa.DataType) -> bool:
    if pa.types.is_fixed_size_binary(kind):
        return False
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    times = pa.types.is_temporal(kind) and not pa.types.is_interval(kind)
    return bool(is_text_or_bytes(kind) or numbers or times or pa.types.is_boolean(kind))


def _build(setting: Setting) -> Operator:
    assert isinstance(setting.options, RedactOptions)
    return _redact(setting.type, setting.options)


def _redact(kind: pa.DataType, options: RedactOptions) -> Redact:
    if is_text_or_bytes(kind):
        return Redact(pa.scalar(options.with_.encode(), pa.binary()).cast(kind))
    return Redact(_zero(kind))


def redacted(values: pa.Array, options: RedactOptions) -> pa.Array:
    """What ``redact`` makes of ``values``: it takes no key, so anybody can tell."""
    return _redact(values.type, options).replaced(values)


def _zero(kind: pa.DataType) -> pa.Scalar:
    if not pa.types.is_temporal(kind):
        return pa.scalar("0").cast(kind)
    # Arrow casts to a date or time only from the integer that holds it.
    return pa.scalar(0, pa.int32() if kind.bit_width == 32 else pa.int64()).cast(kind)


SPEC = OperatorSpec(
    name="redact",
    summary="Puts one fixed value in place of every value.",
    outcome=Outcome.GONE,
    build=_build,
    accepts=_accepts,
    accepted="text, bytes of any length, numbers, booleans, dates and times",
    options=RedactOptions,
    keyed=False,
)
