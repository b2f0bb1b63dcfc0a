"""``email``: an address of its own for every e-mail, at a host that nobody can receive mail at."""

from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from dataops_infra.conventions.base import Model, text
from dataops_infra.masking.layouts import is_text, with_offsets
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.tokens import UNIQUE_LENGTH, draw_never_own, token_text

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
RESERVED_HOST = rf"(?:{LABEL}\.){{0,3}}(?:example\.(?:com|org|net)|{LABEL}\.(?:example|test|invalid))"
"""Names that no registry gives to anybody (RFC 2606, RFC 6761)."""


class EmailOptions(Model):
    """Where the new addresses are, and which of the old ones count as equal."""

    host: Annotated[
        str, text(RESERVED_HOST, "example.com, example.org, example.net or a name below .example, .test or .invalid")
    ] = Field(default="example.com", description="The host of the new addresses; a reserved name.")
    ignore_case: bool = Field(
        default=False,
        description="Give addresses that differ only in the case of ASCII letters the same new one.",
    )


class Email:
    """``<token>@host``, the token a code of the whole address."""

    def __init__(self, key: DomainKey, options: EmailOptions) -> None:
        self._key, self._suffix, self._ignore_case = key, f"@{options.host}".encode(), options.ignore_case

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """New addresses."""
        return draw_never_own(values, self._key, self._draw)

    def _draw(self, values: pa.Array, key: DomainKey) -> pa.Array:
        told_apart = pc.ascii_lower(with_offsets(values)) if self._ignore_case else values
        return token_text(told_apart, key, UNIQUE_LENGTH, self._suffix).cast(values.type)


def _build(setting: Setting) -> Operator:
    options = setting.options
    assert isinstance(options, EmailOptions)
    return Email(setting.key, options)


SPEC = OperatorSpec(
    name="email",
    summary="Gives every e-mail an address of its own at a reserved host.",
    outcome=Outcome.REPLACED,
    build=_build,
    accepts=is_text,
    accepted="text",
    options=EmailOptions,
    injective=lambda options: isinstance(options, EmailOptions) and not options.ignore_case,
)
