"""Which distribution a contract asks for, and whether it fits the column."""

from decimal import Decimal

import pyarrow as pa

from dataops_infra.masking.synth.domains import Listed
from dataops_infra.masking.synth.kinds import Say, Values
from dataops_infra.masking.synth.patterns import Pattern
from dataops_infra.masking.synth.shares import Curve, Share, Uniform, Weighted, Zipf, exponential, lognormal, normal
from dataops_infra.masking.synth.specs import ColumnSpec, SyntheticOptions

_AT = ("customProperties",)
_CURVES = ("normal", "lognormal", "exponential")


def share_of(column: ColumnSpec, values: Values | None, say: Say) -> Share | None:
    """How often each value of a column comes; None = what is wrong was said.

    :param values: None = rows of another table.
    """
    options = column.synthetic
    wrong = _mistake(options, values)
    if column.is_required and options.null_share:
        wrong = wrong or "it is required, and nullShare says that some are null"
    if wrong:
        say(_AT, f"{column.path}: {wrong}", "see the guide of synthetic rows")
        return None
    if options.weights is not None:
        return _weighted(column, options.weights, values, say)
    if options.distribution == "zipf":
        return Zipf(1.0 if options.exponent is None else options.exponent)
    if options.distribution in _CURVES and values is not None:
        return _curve(column, options, values, say)
    return Uniform()


def _mistake(options: SyntheticOptions, values: Values | None) -> str:
    name = options.distribution
    if values is not None and isinstance(values.domain, Pattern) and (name or options.weights):
        return "texts of a pattern have no distribution"
    if options.weights is not None and name is not None:
        return "weights are a distribution of their own"
    if options.exponent is not None and name != "zipf":
        return "exponent belongs to the distribution zipf"
    if name not in _CURVES:
        given = options.mean is not None or options.standard_deviation is not None
        return "mean and standardDeviation belong to normal, lognormal or exponential" if given else ""
    if values is None or not _is_number(values):
        return f"{name} is a distribution of numbers"
    if options.mean is None:
        return f"{name} needs a mean"
    if (options.standard_deviation is None) == (name != "exponential"):
        return f"{name} takes {'no' if name == 'exponential' else 'a'} standardDeviation"
    if name == "lognormal" and options.mean <= 0:
        return "the mean of a lognormal distribution is above 0"
    if name == "exponential" and options.mean <= float(values.low):
        return f"the mean of an exponential distribution is above its least value, {values.low}"
    return ""


def _is_number(values: Values) -> bool:
    kind = values.domain.type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return is_number and not isinstance(values.domain, Listed)


def _curve(column: ColumnSpec, options: SyntheticOptions, values: Values, say: Say) -> Share | None:
    mean, deviation = options.mean or 0.0, options.standard_deviation or 1.0
    low, step = float(values.low), float(values.scale)
    quantile = (
        normal(mean, deviation)
        if options.distribution == "normal"
        else lognormal(mean, deviation)
        if options.distribution == "lognormal"
        else exponential(low, mean)
    )
    curve = Curve(quantile, low, step)
    if not curve.reaches(values.domain.size):
        last = values.low + values.scale * Decimal(values.domain.size - 1)
        said = f"{column.path}: hardly anything of its distribution lies between its limits, {values.low} and {last}"
        say(_AT, said, "move the mean, or widen the limits")
        return None
    return curve


def _weighted(column: ColumnSpec, weights: dict[str, float], values: Values | None, say: Say) -> Share | None:
    listed = values.domain if values is not None else None
    if not isinstance(listed, Listed):
        say(_AT, f"{column.path}: weights are for values of an enum, and for true and false", "add the enum")
        return None
    names = [_name(value) for value in (column.enumerated or (False, True))]
    unknown = sorted(set(weights) - set(names))
    if unknown:
        say(_AT, f"{column.path}: {unknown[0]!r} has a weight and is no value of it", f"values are {', '.join(names)}")
        return None
    if not sum(weights.values()):
        say(_AT, f"{column.path}: all weights are 0", "give some value a weight")
        return None
    return Weighted(tuple(weights.get(name, 0.0) for name in names))


def _name(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
