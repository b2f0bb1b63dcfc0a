"""From a source and its contracts to a plan."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.masking.catalogue import Catalogue, StatedColumn
from dataops_infra.masking.classify import presidio_vote
from dataops_infra.masking.classify.choosing import choose, fallback, misread
from dataops_infra.masking.classify.contracts import Contracts
from dataops_infra.masking.classify.deciding import Column, Finding, beside_people, find
from dataops_infra.masking.classify.evidence import gather
from dataops_infra.masking.classify.quasi_identifiers import generalised
from dataops_infra.masking.classify.relations import Groups, Side, find_foreign_keys, join_as_digits
from dataops_infra.masking.classify.samples import ColumnSample, family, sample_columns
from dataops_infra.masking.classify.stated import (
    REASON,
    fitted,
    joining,
    kept_as_key,
    limits_of,
    stated_foreign_keys,
    stated_primary_key,
)
from dataops_infra.masking.classify.subjects import SHIFT_DATE, Subjects, with_subjects
from dataops_infra.masking.detection.names import read_name, words_of
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ColumnPlan, ForeignKey, Plan, TablePlan
from dataops_infra.masking.stated_limits import misfit, stated_of

if TYPE_CHECKING:
    from dataops_infra.masking.sources import Source


@dataclass(frozen=True)
class Choices:
    """What people decide about a classification."""

    presidio: bool = False
    """Whether presidio's recognisers vote on what nothing else recognised (extra `ner`; never downloads)."""
    k: int | None = None
    """Generalise quasi-identifiers until so many rows share them; None = they stay, and the plan proposes them."""


_MAP_PARTS = re.compile(r"\[\]\.(key|value)$")
"""How the leaves of maps end: no words about what they hold."""

Samples = Mapping[str, Mapping[str, ColumnSample]]
Findings = dict[Side, Finding]


def classify(
    source: "Source",
    contracts: Sequence[DatasetContract],
    classification: Classification,
    choices: Choices | None = None,
) -> Plan:
    """A plan for ``source`` that is safe as it is: what nothing recognises is masked.

    :param choices: none = no vote of presidio, and quasi-identifiers are only proposed.
    :raises MaskingError: a contract fits no table, one table has two, or presidio is to vote and is not installed.
    """
    chosen = choices or Choices()
    if chosen.presidio:
        presidio_vote.check_available()
    stated = Contracts.of(contracts, classification, list(source.tables))
    samples = {name: sample_columns(table) for name, table in source.tables.items()}
    findings = _findings(samples, stated, chosen)
    catalogue = stated_of(source)
    keys = list(_stated_keys(stated, catalogue, samples))
    keys += find_foreign_keys(source, samples, keys)
    columns = _columns(samples, findings)
    apart = _set_apart(columns, samples)
    columns = fitted(columns, samples, catalogue, lambda side: stated.column(*side) is not None)
    primary = {table: stated.primary_key(table) or stated_primary_key(catalogue, table) for table in samples}
    subjects = Subjects(samples, findings, keys, primary)
    joined = _join(columns, samples, keys, catalogue)
    lost = {side for key in keys if key not in joined for side in _sides(key)}
    _tell(columns, {side: each for side, each in apart.items() if side not in lost})
    columns = with_subjects(columns, subjects)
    tables = {
        name: TablePlan(columns={path: columns[name, path] for path in leaves}) for name, leaves in samples.items()
    }
    plan = Plan(tables=tables, foreign_keys=tuple(joined))
    return plan if chosen.k is None else generalised(plan, chosen.k)


def _findings(samples: Samples, stated: Contracts, choices: Choices) -> Findings:
    sides = [(table, path) for table, leaves in samples.items() for path in leaves]
    looked_at = [samples[table][path] for table, path in sides]
    columns = [
        Column(path, family(sample.value_type), evidence, read_name(_MAP_PARTS.sub("[]", path), table))
        for (table, path), sample, evidence in zip(sides, looked_at, gather(looked_at), strict=True)
    ]
    guesses = [find(column) for column in columns]
    about_people = {table for (table, _), guess in zip(sides, guesses, strict=True) if guess.kind.points_at_people}
    findings: Findings = {}
    for (table, path), sample, column, guess in zip(sides, looked_at, columns, guesses, strict=True):
        if table in about_people:
            guess = beside_people(column, guess)
        if choices.presidio:
            guess = presidio_vote.vote(sample, guess)
        contract = stated.column(table, path)
        findings[table, path] = guess if contract is None else stated.judge(contract, guess)
    return findings


def _columns(samples: Samples, findings: Findings) -> dict[Side, ColumnPlan]:
    return {
        (table, path): _column_plan((table, path), sample, findings[table, path])
        for table, leaves in samples.items()
        for path, sample in leaves.items()
    }


def _column_plan(side: Side, sample: ColumnSample, finding: Finding) -> ColumnPlan:
    operator, options = choose(finding.kind, sample.value_type, sample.nullable)
    reason = finding.reason
    if operator != finding.kind.operator and finding.kind.operator in OPERATORS:
        reason += f"; {finding.kind.operator} cannot take {sample.value_type}"
    elif misread(operator, OPERATORS[operator].options.model_validate(dict(options)), sample.values):
        reason += f"; {operator} can read none of the values"
        operator, options = fallback(sample.value_type, sample.nullable), {}
    return ColumnPlan(
        operator=operator,
        domain=_domain(side, finding) if OPERATORS[operator].keyed else None,
        options=dict(options),
        reason=reason,
        score=finding.score,
        classification=finding.kind.name,
        type=str(sample.type),
    )


def _domain(side: Side, finding: Finding) -> str | None:
    """Columns of one meaning share a domain; identifiers do so by their name, unless it is one of every table."""
    if finding.kind.is_shared:
        return finding.kind.name
    words = words_of(side[1])
    if finding.kind.name == "identifier" and len(words) > 1:
        return "_".join(words)
    return None


@dataclass(frozen=True)
class _Apart:
    domain: str
    reason: str


def _set_apart(columns: dict[Side, ColumnPlan], samples: Samples) -> dict[Side, _Apart]:
    """Split domains in which equal values would get different replacements, and say which columns that takes a join.

    One operator over one family of types replaces alike; of several, texts keep the domain's name.
    """
    told = {}
    variants: dict[str, set[tuple[bool, str, str]]] = {}
    for (table, path), plan in columns.items():
        if plan.domain is not None:
            variants.setdefault(plan.domain, set()).add(_variant(plan, samples[table][path]))
    for side, plan in columns.items():
        if plan.domain is not None:
            variant, first = _variant(plan, samples[side[0]][side[1]]), min(variants[plan.domain])
            if variant != first:
                domain = ".".join([plan.domain, *variant[1:]])
                columns[side] = plan.model_copy(update={"domain": domain})
                if variant[1] != first[1]:
                    reason = (
                        f"does not join with the domain {plan.domain}, which holds {first[1]}s and this {variant[1]}s: "
                        "store both as one type"
                    )
                    told[side] = _Apart(domain, reason)
    return told


def _tell(columns: dict[Side, ColumnPlan], apart: Mapping[Side, _Apart]) -> None:
    """Say which columns do not join, but of those that a foreign key gave another domain: these do."""
    for side, told in apart.items():
        plan = columns[side]
        if plan.domain == told.domain:
            columns[side] = plan.model_copy(update={"reason": f"{plan.reason}; {told.reason}"})


def _variant(plan: ColumnPlan, sample: ColumnSample) -> tuple[bool, str, str]:
    # Days move by their subject or by the day that they mean, whether a text or a date says it.
    kind = "date" if plan.operator == SHIFT_DATE else family(sample.value_type)
    return kind != "text", kind, plan.operator


def _stated_keys(stated: Contracts, catalogue: Catalogue, samples: Samples) -> Iterator[ForeignKey]:
    """Foreign keys of the database, and of contracts where that does not say so itself."""
    by_database = [key for key in stated_foreign_keys(catalogue) if _is_there(key, samples)]
    known = {(key.table, key.columns, key.references, key.referenced_columns) for key in by_database}
    yield from by_database
    for key in stated.foreign_keys():
        if _is_there(key, samples) and (key.table, key.columns, key.references, key.referenced_columns) not in known:
            yield key


def _is_there(key: ForeignKey, samples: Samples) -> bool:
    own = all(column in samples[key.table] for column in key.columns)
    return own and all(column in samples[key.references] for column in key.referenced_columns)


def _join(
    columns: dict[Side, ColumnPlan], samples: Samples, keys: Sequence[ForeignKey], catalogue: Catalogue
) -> list[ForeignKey]:
    """Give all sides of a foreign key one domain and one injective operator; keys for which none does are left out."""
    lost: set[Side] = set()
    bound = {side for key in keys if key.reason == REASON for side in _sides(key)}
    for leader, members in Groups(keys).members().items():
        plans = [columns[side] for side in members]
        if all(plan.operator == "keep" for plan in plans):
            continue
        looked_at = [samples[table][path] for table, path in members]
        limits = [limits_of(catalogue, side) for side in members]
        chosen = _joining(plans, looked_at)
        if not _is_fit(chosen, limits) or (chosen is None and not bound.isdisjoint(members)):
            chosen = joining(plans, looked_at, limits)
        if chosen is None:
            lost.update(members)
            columns.update(_parted(columns, samples, members))
            continue
        for side, plan in zip(members, plans, strict=True):
            columns[side] = _joined(plan, chosen, ".".join(leader))
    return [key for key in keys if lost.isdisjoint(_sides(key))]


def _is_fit(chosen: ColumnPlan | None, limits: Sequence[StatedColumn | None]) -> bool:
    return chosen is None or all(limit is None or misfit(chosen, limit) is None for limit in limits)


def _joining(plans: Sequence[ColumnPlan], samples: Sequence[ColumnSample]) -> ColumnPlan | None:
    """What all sides of a join are replaced by; None = nothing replaces them alike."""
    same = len({(plan.operator, str(plan.options)) for plan in plans}) == 1
    chosen = plans[0] if same and _is_injective(plans[0]) else _TOKEN
    types = [sample.value_type for sample in samples]
    families = set(map(family, types))
    if len(families) > 1:
        chosen = _DIGITS
        if families != {"text", "integer"} or not join_as_digits(samples):
            return None
    return chosen if all(map(OPERATORS[chosen.operator].accepts, types)) else None


def _parted(columns: Mapping[Side, ColumnPlan], samples: Samples, members: Sequence[Side]) -> dict[Side, ColumnPlan]:
    """The sides of a join that is lost, each told so; none is kept because it alone looks harmless."""
    types = {side: samples[side[0]][side[1]].value_type for side in members}
    told = {}
    for side, kind in types.items():
        others = ", ".join(f"{'.'.join(each)} ({other})" for each, other in types.items() if other != kind)
        plan, changes = columns[side], {}
        if plan.operator == "keep" and OPERATORS["token"].accepts(kind):
            changes = {"operator": "token", "options": {}}
        if others:
            changes["reason"] = (
                f"{plan.reason}; its join with {others} is lost, as this is {kind}: store both as one type"
            )
        told[side] = plan.model_copy(update=changes)
    return told


_DIGITS = ColumnPlan(operator="fpe", options={"shape": "digits"})
"""Replaces the same digits alike in texts and numbers."""
_TOKEN = ColumnPlan(operator="token")


def _joined(plan: ColumnPlan, chosen: ColumnPlan, leader: str) -> ColumnPlan:
    changes = {"operator": chosen.operator, "options": chosen.options, "domain": chosen.domain or leader}
    if chosen.operator == "keep":
        return plan if plan.operator == "keep" else kept_as_key(plan, leader)
    if plan.operator == "keep":
        changes["reason"] = f"{plan.reason}; it is joined with {leader}, which is masked"
    return plan.model_copy(update=changes)


def _sides(key: ForeignKey) -> Iterator[Side]:
    yield from ((key.table, column) for column in key.columns)
    yield from ((key.references, column) for column in key.referenced_columns)


def _is_injective(plan: ColumnPlan) -> bool:
    spec = OPERATORS[plan.operator]
    return spec.injective(spec.options.model_validate(dict(plan.options)))
