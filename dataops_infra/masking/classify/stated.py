"""What the database says: foreign keys, keys that no two rows share, and columns that take not every value.

Every choice made here is one that can be loaded: a key gets an operator that keeps values apart, a column whose type
takes only its own notation nothing that is none of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from dataops_infra.masking.catalogue import Catalogue, StatedColumn
from dataops_infra.masking.classify.relations import Side
from dataops_infra.masking.classify.samples import ColumnSample, family
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ColumnPlan, ForeignKey
from dataops_infra.masking.shapes.opaque import SPACE
from dataops_infra.masking.stated_limits import misfit

REASON = "stated by the database"
_TOKEN, _FPE = ColumnPlan(operator="token"), ColumnPlan(operator="fpe")
_LISTED = ColumnPlan(operator="keep", classification="enumeration")
SHORT_KEY = ColumnPlan(operator="keep", classification="short_key")
_SHORTEST_TOKEN = 10
_SHORT_STAND_IN = "*"
_PER_SUBJECT = frozenset({"shift_date", "drop"})
"""Within a key of several columns a date that moves with its subject stays apart from others, and nulls equal none."""
SHORTEST_NAME = 5
"""Keys of fewer characters, and numbers of 16 bits, are codes: so few could be tried out whatever stood for them."""

SHORT_BITS = 16

Columns = dict[Side, ColumnPlan]
Samples = Mapping[str, Mapping[str, ColumnSample]]


def stated_foreign_keys(catalogue: Catalogue) -> Iterator[ForeignKey]:
    """The foreign keys of the database."""
    for key in catalogue.foreign_keys:
        yield ForeignKey(
            table=key.table,
            columns=key.columns,
            references=key.references,
            referenced_columns=key.referenced_columns,
            reason=REASON,
        )


def stated_primary_key(catalogue: Catalogue, table: str) -> str | None:
    """The one column that names the rows of ``table``."""
    stated = catalogue.tables.get(table)
    return stated.primary_key[0] if stated is not None and len(stated.primary_key) == 1 else None


def limits_of(catalogue: Catalogue, side: Side) -> StatedColumn | None:
    """What the database says that a leaf takes; None = everything of its type."""
    table, path = side
    stated = catalogue.tables.get(table)
    return stated.columns.get(path) if stated is not None else None


def fitted(columns: Columns, samples: Samples, catalogue: Catalogue, is_told: Callable[[Side], bool]) -> Columns:
    """``columns`` with replacements that the database takes, and keys whose values stay apart.

    :param is_told: whether a contract speaks of a column, so that its type alone makes it no harmless list.
    """
    found = dict(columns)
    for side, plan in columns.items():
        limits = limits_of(catalogue, side)
        if limits is not None and misfit(plan, limits) is not None:
            found[side] = _within(plan, _sample(samples, side), limits, is_told(side))
    for table, stated in catalogue.tables.items():
        for key in (stated.primary_key, *stated.unique):
            sides = [(table, column) for column in key if (table, column) in found]
            for side in sides:
                found[side] = _apart(found[side], _sample(samples, side), limits_of(catalogue, side), len(sides) > 1)
    return found


def joining(
    plans: Sequence[ColumnPlan], samples: Sequence[ColumnSample], limits: Sequence[StatedColumn | None]
) -> ColumnPlan | None:
    """What all sides of a foreign key of the database are replaced by; None = nothing does it that hides a name."""
    for candidate in (*_own(plans), _TOKEN, _FPE):
        if all(_takes(candidate, sample, limit) for sample, limit in zip(samples, limits, strict=True)):
            return candidate
    pairs = zip(samples, limits, strict=True)
    may_stay = all(plan.operator == "keep" for plan in plans) or all(
        _is_short(sample, limit) for sample, limit in pairs
    )
    return SHORT_KEY if may_stay else None


def kept_as_key(plan: ColumnPlan, leader: str) -> ColumnPlan:
    """The plan of a column that stays because all sides of its foreign key do."""
    return _changed(plan, SHORT_KEY, f"kept as a key that is joined with {leader}, which nothing else fits")


def _own(plans: Sequence[ColumnPlan]) -> Iterator[ColumnPlan]:
    if len({(plan.operator, str(plan.options)) for plan in plans}) == 1:
        yield plans[0]


def _takes(candidate: ColumnPlan, sample: ColumnSample, limits: StatedColumn | None) -> bool:
    """Whether ``candidate`` keeps values of a column apart, and makes nothing that it does not take."""
    spec = OPERATORS[candidate.operator]
    options = spec.options.model_validate(dict(candidate.options))
    if not spec.accepts(sample.value_type) or spec.refuses(sample.value_type, options) or not spec.injective(options):
        return False
    if limits is not None and misfit(candidate, limits) is not None:
        return False
    return candidate.operator != "fpe" or _is_shaped(sample, limits)


def _is_shaped(sample: ColumnSample, limits: StatedColumn | None) -> bool:
    """Whether no sampled value is one that ``fpe`` gives a token in its own length's place."""
    if limits is None or family(sample.value_type) != "text":
        return True
    spec = OPERATORS["fpe"]
    assert spec.spaces is not None
    return not bool((spec.spaces(sample.values, spec.options()) == SPACE).any())


def _is_short(sample: ColumnSample, limits: StatedColumn | None) -> bool:
    if pa.types.is_integer(sample.value_type):
        return bool(sample.value_type.bit_width <= SHORT_BITS)
    return limits is not None and limits.length is not None and limits.length < SHORTEST_NAME


def _apart(plan: ColumnPlan, sample: ColumnSample, limits: StatedColumn | None, is_part: bool) -> ColumnPlan:
    """An operator that keeps the values of a key apart."""
    spec = OPERATORS[plan.operator]
    if spec.injective(spec.options.model_validate(dict(plan.options))) or (is_part and plan.operator in _PER_SUBJECT):
        return plan
    for candidate in (_TOKEN, _FPE):
        if _takes(candidate, sample, limits):
            return _changed(plan, candidate, f"{plan.operator} could give two rows of a key the same value")
    if _is_short(sample, limits):
        return _changed(plan, SHORT_KEY, f"kept as a key of {_type(sample, limits)}, which nothing else fits")
    return plan


def _within(plan: ColumnPlan, sample: ColumnSample, limits: StatedColumn, is_told: bool) -> ColumnPlan:
    """An operator whose replacements the column takes; the plan as it is where there is none."""
    why = f"{plan.operator} makes nothing that {limits.type} takes"
    if limits.values and not is_told:
        return _changed(plan, _LISTED, f"the type lists its {len(limits.values)} values, so they name nobody")
    for candidate in _candidates(plan, sample, limits):
        if misfit(candidate, limits) is None:
            return _changed(plan, candidate, why)
    return plan


def _candidates(plan: ColumnPlan, sample: ColumnSample, limits: StatedColumn) -> Iterator[ColumnPlan]:
    if not limits.is_closed:
        if plan.operator == "token" and limits.length is not None and limits.length >= _SHORTEST_TOKEN:
            yield ColumnPlan(operator="token", options={"length": limits.length})
        if _takes(_FPE, sample, limits):
            yield _FPE
        if limits.length is not None and limits.length >= len(_SHORT_STAND_IN):
            yield ColumnPlan(operator="redact", options={"with": _SHORT_STAND_IN})
    elif sample.nullable:
        yield ColumnPlan(operator="drop")
    elif limits.stand_in is not None:
        yield ColumnPlan(operator="redact", options={"with": limits.stand_in})


def _changed(plan: ColumnPlan, chosen: ColumnPlan, why: str) -> ColumnPlan:
    is_keyed = OPERATORS[chosen.operator].keyed
    changes = {
        "operator": chosen.operator,
        "options": chosen.options,
        "domain": None if not is_keyed or chosen.operator != plan.operator else plan.domain,
        "reason": f"{plan.reason}; {why}",
        "classification": chosen.classification or plan.classification,
    }
    return plan.model_copy(update=changes)


def _sample(samples: Samples, side: Side) -> ColumnSample:
    return samples[side[0]][side[1]]


def _type(sample: ColumnSample, limits: StatedColumn | None) -> str:
    return limits.type if limits is not None else str(sample.value_type)
