"""``fpe``: numbers and codes in their own format, each by another one, equal values by equal ones (FF1)."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, model_validator

from dataops_infra.conventions.base import Model, refusal
from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting
from dataops_infra.masking.shapes.auto import Auto
from dataops_infra.masking.shapes.base import Shape
from dataops_infra.masking.shapes.card import Card
from dataops_infra.masking.shapes.columns import INTEGERS, ShapedColumn
from dataops_infra.masking.shapes.fictional import FictionalColumn, fictional_phone, fictional_ssn
from dataops_infra.masking.shapes.iban import Iban
from dataops_infra.masking.shapes.mixed import Mixed
from dataops_infra.masking.shapes.numbers import LEAST_DIGITS
from dataops_infra.masking.shapes.pattern import Check, Pattern
from dataops_infra.masking.shapes.permuter import KeyedPermuter
from dataops_infra.masking.shapes.phone import Phone
from dataops_infra.masking.shapes.ssn import DIGITS as SSN_DIGITS
from dataops_infra.masking.shapes.ssn import Ssn


class ShapeName(StrEnum):
    """The formats that are known."""

    AUTO = "auto"
    DIGITS = "digits"
    CARD = "card"
    PHONE = "phone"
    SSN = "ssn"
    IBAN = "iban"
    PATTERN = "pattern"


class Mode(StrEnum):
    """Whether values stay distinct or become invented ones that nobody has."""

    UNIQUE = "unique"
    FICTIONAL = "fictional"


class FpeOptions(Model):
    """The format of the values."""

    shape: ShapeName = Field(default=ShapeName.AUTO, description="Format of the values; `auto`: each by its own.")
    mode: Mode = Field(
        default=Mode.UNIQUE,
        description="`unique`: different values stay different; `fictional` (phone, ssn): numbers nobody is given.",
    )
    pattern: str | None = Field(
        default=None,
        description="For `shape: pattern`: `9` digit, `A` or `a` letter, `#` digit or capital letter, `\\` escapes.",
    )
    check: Check | None = Field(default=None, description="Check character of the pattern, computed anew.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.pattern is not None) != (self.shape is ShapeName.PATTERN):
            raise refusal("a pattern and `shape: pattern` go together", "give both or neither")
        if self.check is not None and self.pattern is None:
            raise refusal("check is for patterns", "cards and IBANs have their check digits computed anew anyway")
        if self.mode is Mode.FICTIONAL and self.shape not in _FICTIONAL:
            raise refusal(
                f"no range of {self.shape} numbers is known that nobody is given",
                "choose `mode: unique`, or `shape: phone` or `ssn`",
            )
        if self.pattern is not None:
            try:
                Pattern(self.pattern, self.check)
            except InvalidInputError as error:
                raise refusal(str(error)) from None
        return self


_SHAPES: Final[dict[ShapeName, Callable[[], Shape]]] = {
    ShapeName.AUTO: Auto,
    ShapeName.DIGITS: Mixed,
    ShapeName.CARD: Card,
    ShapeName.PHONE: Phone,
    ShapeName.SSN: Ssn,
    ShapeName.IBAN: Iban,
}
_FICTIONAL: Final = {ShapeName.PHONE: fictional_phone, ShapeName.SSN: fictional_ssn}
_TEXT_ONLY: Final = (ShapeName.IBAN, ShapeName.PATTERN)


class Shaped:
    """By a permutation of the values of their shape."""

    def __init__(self, setting: Setting, column: ShapedColumn) -> None:
        self._key, self._column = setting.key, column
        self._permuter = KeyedPermuter(setting.key)

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """Another value of the same format for each."""
        return self._column.replace(values, self._key, self._permuter)


class Fictional:
    """By one of the numbers that are reserved for fiction."""

    def __init__(self, setting: Setting, column: FictionalColumn) -> None:
        self._key, self._column = setting.key, column

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """A number that nobody is given for each."""
        return self._column.replace(values, self._key)


def column_of(options: FpeOptions) -> ShapedColumn:
    """What replaces columns by the shape of ``options``."""
    if options.pattern is not None:
        return ShapedColumn(Pattern(options.pattern, options.check))
    padded = SSN_DIGITS if options.shape is ShapeName.SSN else LEAST_DIGITS
    return ShapedColumn(_SHAPES[options.shape](), padded)


def _build(setting: Setting) -> Operator:
    options = setting.options
    assert isinstance(options, FpeOptions)
    if options.mode is Mode.FICTIONAL:
        return Fictional(setting, _FICTIONAL[options.shape]())
    return Shaped(setting, column_of(options))


def _refuses(kind: pa.DataType, options: Model) -> str | None:
    assert isinstance(options, FpeOptions)
    if is_text(kind):
        return None
    if options.shape in _TEXT_ONLY:
        return f"fpe with shape {options.shape} takes text, and this column is {kind}"
    digits = _FICTIONAL_DIGITS[options.shape] if options.mode is Mode.FICTIONAL else LEAST_DIGITS
    needed = max(digits, SSN_DIGITS if options.shape is ShapeName.SSN else 0)
    held = kind.precision if pa.types.is_decimal(kind) else len(str(np.iinfo(kind.to_pandas_dtype()).max)) - 1
    return f"fpe with shape {options.shape} needs {needed} digits, and {kind} holds {held}" if held < needed else None


_FICTIONAL_DIGITS: Final = {ShapeName.PHONE: 11, ShapeName.SSN: SSN_DIGITS}


def _accepts(kind: pa.DataType) -> bool:
    if pa.types.is_decimal(kind):
        return bool(kind.scale == 0 and LEAST_DIGITS <= kind.precision <= 38)
    return is_text(kind) or kind in INTEGERS


def _spaces(values: pa.Array, options: Model) -> npt.NDArray[np.float64]:
    assert isinstance(options, FpeOptions)
    if options.mode is Mode.FICTIONAL:
        return _FICTIONAL[options.shape]().spaces(values)
    return column_of(options).spaces(values)


def _is_unique(options: Model) -> bool:
    assert isinstance(options, FpeOptions)
    return options.mode is Mode.UNIQUE


SPEC = OperatorSpec(
    name="fpe",
    summary="Puts another number or code of the same format in place of every value; check digits stay valid.",
    outcome=Outcome.REPLACED,
    build=_build,
    accepts=_accepts,
    accepted="text, 32- and 64-bit integers and decimals of 6 to 38 digits without decimal places",
    options=FpeOptions,
    refuses=_refuses,
    injective=_is_unique,
    spaces=_spaces,
)
