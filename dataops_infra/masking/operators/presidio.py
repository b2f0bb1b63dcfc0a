"""``presidio``: the operators of presidio-anonymizer on whole values of a column."""

from dataclasses import dataclass
from typing import Any, Literal, cast

import pyarrow as pa
from pydantic import Field, ValidationError, field_validator, model_validator

from dataops_infra.conventions.base import Model
from dataops_infra.errors import MaskingError
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting

REFUSED = {
    "hash": "it salts every value anew, so joins break: use the operator token",
    "encrypt": "it takes a new initialisation vector for every value, so joins break: use the operator fpe",
    "custom": "a plan is data that people review, and cannot carry a function: add an operator to the library",
}
"""Operators of presidio-anonymizer that a plan cannot have, with the reason and the way out."""


class _Replace(Model):
    """Parameters of ``replace``: the text that stands for every value."""

    new_value: str = Field(min_length=1)


class _Mask(Model):
    """Parameters of ``mask``, named as in presidio."""

    masking_char: str = Field(default="*", min_length=1, max_length=1)
    chars_to_mask: int = Field(ge=1)
    from_end: bool = False


class _None(Model):
    """Parameters of an operator that takes none."""


_PARAMETERS: dict[str, type[Model]] = {"replace": _Replace, "redact": _None, "mask": _Mask, "keep": _None}


class PresidioOptions(Model):
    """Options of :data:`SPEC`."""

    operator: Literal["replace", "redact", "mask", "keep"] = Field(description="The operator, as presidio calls it.")
    params: dict[str, Any] = Field(default_factory=dict, description="Its parameters, as presidio calls them.")

    @field_validator("operator", mode="before")
    @classmethod
    def _possible(cls, name: object) -> object:
        if isinstance(name, str) and name in REFUSED:
            raise ValueError(f"presidio's {name} cannot be used here: {REFUSED[name]}")
        return name

    @model_validator(mode="after")
    def _fitting(self) -> "PresidioOptions":
        self.parameters()
        return self

    def parameters(self) -> dict[str, Any]:
        """The parameters with their defaults, in a dictionary of its own: presidio adds keys to what it is handed.

        :raises ValueError: one is missing, unknown or of the wrong type.
        """
        try:
            return _PARAMETERS[self.operator].model_validate(self.params).model_dump()
        except ValidationError as error:
            mistakes = "; ".join(f"{'.'.join(map(str, at['loc']))}: {at['msg']}" for at in error.errors())
            raise ValueError(f"params of {self.operator}: {mistakes}") from None


@dataclass(frozen=True)
class _Presidio:
    operator: Any
    options: PresidioOptions

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - part of the protocol
        encoded = values.cast(pa.large_string()).dictionary_encode()
        replaced = [self.operator.operate(text, self.options.parameters()) for text in encoded.dictionary.to_pylist()]
        return pa.array(replaced, pa.large_string()).take(encoded.indices).cast(values.type)


def _build(setting: Setting) -> Operator:
    options = cast(PresidioOptions, setting.options)
    try:
        from presidio_anonymizer import operators
    except ImportError as error:
        raise MaskingError(
            f"{setting.table}.{setting.column}: the operator presidio needs a package that is not installed: "
            'pip install "dataops-infra[ner]"'
        ) from error
    return _Presidio(getattr(operators, options.operator.capitalize())(), options)


SPEC = OperatorSpec(
    name="presidio",
    summary="An operator of presidio-anonymizer on whole values: replace, redact, mask or keep.",
    outcome=Outcome.REPLACED,
    keeps=lambda options: cast(PresidioOptions, options).operator == "keep",
    build=_build,
    accepts=is_text,
    accepted="text",
    options=PresidioOptions,
    keyed=False,
)
