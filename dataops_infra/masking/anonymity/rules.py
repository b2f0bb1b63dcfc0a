"""Fixed rules that tell a value less exactly: no learning, the same for every data set.

Numbers become the start of their band, dates the start of their period, texts keep their shape: ``90210`` → ``902**``,
``37`` → ``30-39``, ``1987-05-12`` → ``1987-01-01``. A text that a rule cannot read becomes ``*``.
Periods of timestamps with a zone are those of UTC, in which no instant is missing or ambiguous.
"""

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import Discriminator, Field, Tag, model_validator

from dataops_infra.conventions.base import Model, refusal
from dataops_infra.masking.anonymity import numbers, texts
from dataops_infra.masking.anonymity.periods import Period, start_of_period

LEARNED = "mondrian"
"""The rule that is learned from the data."""
ANYTHING = "*"
"""What a text becomes when nothing of it is told."""


class Measure(Model):
    """A rule with a number: exactly one of these."""

    band: int | None = Field(
        default=None, ge=1, le=10**18, description="Width of a band; a number becomes the start of its band."
    )
    prefix: int | None = Field(default=None, ge=1, le=100, description="Leading characters or digits that stay.")
    round: int | None = Field(
        default=None,
        ge=-18,
        le=15,
        description="Decimal places that stay; -2 rounds to hundreds, 2 of degrees is ~1 km.",
    )

    @model_validator(mode="after")
    def _one(self) -> "Measure":
        if len(self.model_fields_set) != 1 or None in (getattr(self, name) for name in self.model_fields_set):
            raise refusal("expected one of band, prefix and round")
        return self


def _kind_of_rule(given: Any) -> str:
    return "named" if isinstance(given, str) else "measure"


Rule = Annotated[
    Annotated[Literal["mondrian", "year", "quarter", "month", "decade", "hour"], Tag("named")]
    | Annotated[Measure, Tag("measure")],
    Discriminator(_kind_of_rule),
]
Cap = int | float | date


class Order(Enum):
    """How the texts of a column are put in order before neighbours are told as one."""

    FREQUENCY = "frequency"
    ALPHABETICAL = "alphabetical"


class Generalise(Model):
    """Options of ``generalise``: a fixed rule, caps, or how to learn."""

    to: Rule | None = Field(
        default=None,
        description="`mondrian`, `year`, `quarter`, `month`, `decade`, `hour`, or one of `band: N`, `prefix: N`, "
        "`round: N`; none = `mondrian`, or only the caps where there are some.",
    )
    top: Cap | None = Field(default=None, description="This and all above become this (ages: 90).")
    bottom: Cap | None = Field(default=None, description="This and all below become this.")
    order: Order | None = Field(default=None, description="Order of texts; none = chosen by what they look like.")
    hierarchy: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Text -> what it is part of, nearest first: `Bonn: [NRW, Germany]`."
    )

    @model_validator(mode="after")
    def _fits(self) -> "Generalise":
        if self.top is not None and self.bottom is not None:
            if isinstance(self.top, date) != isinstance(self.bottom, date):
                raise refusal("top and bottom: expected two numbers or two dates")
            if self.top <= self.bottom:  # type: ignore[operator]  # both are dates or both numbers
                raise refusal("expected top above bottom")
        if not self.learns and (self.hierarchy or self.order):
            raise refusal("order and hierarchy: only `mondrian` looks at them")
        return self

    @property
    def learns(self) -> bool:
        """Whether the values are told as exactly as the table's k allows."""
        return self.to == LEARNED or (self.to is None and self.top is None and self.bottom is None)


def rule_mistake(options: Generalise, kind: pa.DataType) -> str | None:
    """Why the options do not suit values of a type; None = they do."""
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    temporal = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    caps = [cap for cap in (options.top, options.bottom) if cap is not None]
    if caps and not text and any(isinstance(cap, date) != temporal for cap in caps):
        return f"top and bottom of {kind} must be {'dates' if temporal else 'numbers'}"
    if text and any(isinstance(cap, date) for cap in caps):
        return "top and bottom of texts must be numbers"
    if not text and (wrong := next(filter(None, (numbers.cap_mistake(cap, kind) for cap in caps)), None)):
        return wrong
    if (options.hierarchy or options.order) and not text:
        return f"order and hierarchy are for texts, and this column is {kind}"
    rule = options.to
    if isinstance(rule, Measure):
        if temporal:
            return f"band, prefix and round do not fit {kind}: use year, quarter, month, decade or hour"
        if rule.prefix is not None and not (text or pa.types.is_integer(kind)):
            return f"prefix does not fit {kind}: use band or round"
    elif rule == "hour" and pa.types.is_date(kind):
        return f"hour does not fit {kind}, which has none"
    elif rule not in (None, LEARNED) and not (temporal or text):
        return f"{rule} does not fit {kind}: use band, prefix or round"
    return None


def coarsen(values: pa.Array, options: Generalise) -> pa.Array:
    """The values by the fixed rule and caps of ``options``, in their own type; nulls stay null.

    :param values: of a type for which :func:`rule_mistake` has nothing to say, never a dictionary.
    """
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _coarsen_texts(values.cast(pa.large_string()), options).cast(kind)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        ruled = values if options.to in (None, LEARNED) else start_of_period(values, Period(options.to))
    else:
        ruled = _coarsen_numbers(values, options.to)
    return numbers.cap(values, ruled, options.bottom, options.top)


def _coarsen_numbers(values: pa.Array, rule: Any) -> pa.Array:
    if not isinstance(rule, Measure):
        return values
    if rule.band is not None:
        return numbers.band_start(values, rule.band)
    if rule.prefix is not None:
        return numbers.leading_digits(values, rule.prefix)
    assert rule.round is not None
    return numbers.rounded(values, rule.round)


def _coarsen_texts(values: pa.Array, options: Generalise) -> pa.Array:
    rule = options.to
    if isinstance(rule, Measure):
        if rule.prefix is not None:
            ruled = texts.prefix(values, rule.prefix)
        elif rule.band is not None:
            ruled = texts.band(values, rule.band)
        else:
            assert rule.round is not None
            ruled = texts.rounded(values, rule.round)
    else:
        ruled = values if rule in (None, LEARNED) else texts.start_of_period(values, Period(rule))
    return texts.cap(values, ruled, options.bottom, options.top)
