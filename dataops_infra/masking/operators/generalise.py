"""``generalise``: the value told less exactly, so that many rows share it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.conventions.base import Model
from dataops_infra.errors import MaskingError
from dataops_infra.masking.anonymity.rules import Generalise, Measure, coarsen, rule_mistake
from dataops_infra.masking.anonymity.texts import ANYTHING
from dataops_infra.masking.operators.base import OperatorSpec, Outcome, Rows, Setting

if TYPE_CHECKING:
    from dataops_infra.masking.anonymity.recoding import Recoding


@dataclass(frozen=True)
class FixedRule:
    """By a rule that is the same for every data set."""

    options: Generalise

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - the operators' contract
        """The values by the rule."""
        return coarsen(values, self.options)


@dataclass(frozen=True)
class LearnedRule:
    """By what was learned of all quasi-identifiers of the table together."""

    column: str
    recoding: "Recoding"

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        """The values as exactly as k allows; null (or `*`) where a row's quasi-identifiers had to be taken away."""
        return self.recoding.apply(self.column, rows).cast(values.type)


def _accepts(kind: pa.DataType) -> bool:
    types = pa.types
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal128(kind)
    return bool(is_text or is_number or types.is_date(kind) or types.is_timestamp(kind))


def _build(setting: Setting) -> FixedRule | LearnedRule:
    options = setting.options
    assert isinstance(options, Generalise)
    where = f"{setting.table}.{setting.column}"
    recoding = setting.learned.recodings.get(setting.table)
    if recoding is not None and setting.column in recoding.columns:
        return LearnedRule(setting.column, recoding)
    if options.learns:
        raise MaskingError(
            f"{where}: generalise has no rule and nothing was learned: list the column in quasi_identifiers and give "
            "the plan a k, or give it `to:` a fixed rule"
        )
    return FixedRule(options)


def _refuses(kind: pa.DataType, options: Model) -> str | None:
    assert isinstance(options, Generalise)
    mistake = rule_mistake(options, kind)
    return None if mistake is None else f"options of generalise: {mistake}"


def _misreads(values: pa.Array, options: Model) -> str | None:
    assert isinstance(options, Generalise)
    if options.learns or (isinstance(options.to, Measure) and options.to.prefix is not None):
        return None
    told = values.filter(pc.not_equal(values, ""))
    if pc.any(pc.not_equal(coarsen(told, options), ANYTHING)).as_py():
        return None
    wanted = "a number" if options.to is None or isinstance(options.to, Measure) else "an ISO date"
    return f"generalise takes {wanted} by this rule, and none of {len(told):,} texts is one"


SPEC = OperatorSpec(
    name="generalise",
    summary="Tells values less exactly, by a fixed rule or as exactly as the plan's k, l and t allow.",
    outcome=Outcome.COARSENED,
    build=_build,
    accepts=_accepts,
    accepted="integers, floats, decimals up to 38 digits, dates, timestamps and texts",
    options=Generalise,
    refuses=_refuses,
    misreads=_misreads,
    keyed=False,
    per_value=False,
)
