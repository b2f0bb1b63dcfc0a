"""From a source and its contracts to a plan."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.masking.classify import presidio_vote
from dataops_infra.masking.classify.choosing import choose
from dataops_infra.masking.classify.contracts import Contracts
from dataops_infra.masking.classify.deciding import Column, Finding, find
from dataops_infra.masking.classify.evidence import gather
from dataops_infra.masking.classify.quasi_identifiers import generalised
from dataops_infra.masking.classify.relations import Groups, Side, find_foreign_keys, row_key
from dataops_infra.masking.classify.samples import ColumnSample, family, sample_columns
from dataops_infra.masking.detection.names import read_name, words_of
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ColumnPlan, ForeignKey, Plan, TablePlan

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

SHIFT_DATE = "shift_date"

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
    keys = [key for key in stated.foreign_keys() if _is_there(key, samples)]
    keys += find_foreign_keys(source, samples, keys)
    columns = _columns(samples, findings, stated)
    keys = _join(columns, samples, keys)
    tables = {
        name: TablePlan(columns={path: columns[name, path] for path in leaves}) for name, leaves in samples.items()
    }
    plan = Plan(tables=tables, foreign_keys=tuple(keys))
    return plan if chosen.k is None else generalised(plan, chosen.k)


def _findings(samples: Samples, stated: Contracts, choices: Choices) -> Findings:
    sides = [(table, path) for table, leaves in samples.items() for path in leaves]
    looked_at = [samples[table][path] for table, path in sides]
    findings: Findings = {}
    for (table, path), sample, evidence in zip(sides, looked_at, gather(looked_at), strict=True):
        guess = find(Column(path, family(sample.value_type), evidence, read_name(_MAP_PARTS.sub("[]", path), table)))
        if choices.presidio:
            guess = presidio_vote.vote(sample, guess)
        contract = stated.column(table, path)
        findings[table, path] = guess if contract is None else stated.judge(contract, guess)
    return findings


def _columns(samples: Samples, findings: Findings, stated: Contracts) -> dict[Side, ColumnPlan]:
    found: dict[Side, ColumnPlan] = {}
    for table, leaves in samples.items():
        subject = stated.primary_key(table) or row_key(table, leaves)
        for path, sample in leaves.items():
            plan = _column_plan((table, path), sample, findings[table, path])
            moves = plan.operator == SHIFT_DATE and subject in leaves and path != subject
            options = {**plan.options, "subject": subject} if moves else plan.options
            found[table, path] = plan.model_copy(update={"options": options})
    _set_apart(found, samples)
    return found


def _column_plan(side: Side, sample: ColumnSample, finding: Finding) -> ColumnPlan:
    operator, options = choose(finding.kind, sample.value_type, sample.nullable)
    reason = finding.reason
    if operator != finding.kind.operator and finding.kind.operator in OPERATORS:
        reason += f"; {finding.kind.operator} cannot take {sample.value_type}"
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


def _set_apart(columns: dict[Side, ColumnPlan], samples: Samples) -> None:
    """Split domains in which equal values would get different replacements.

    One operator over one family of types replaces alike; of several, texts keep the domain's name.
    """
    variants: dict[str, set[tuple[bool, str, str]]] = {}
    for (table, path), plan in columns.items():
        if plan.domain is not None:
            variants.setdefault(plan.domain, set()).add(_variant(plan, samples[table][path]))
    for side, plan in columns.items():
        if plan.domain is not None:
            variant = _variant(plan, samples[side[0]][side[1]])
            if variant != min(variants[plan.domain]):
                columns[side] = plan.model_copy(update={"domain": ".".join([plan.domain, *variant[1:]])})


def _variant(plan: ColumnPlan, sample: ColumnSample) -> tuple[bool, str, str]:
    kind = family(sample.value_type)
    return kind != "text", kind, plan.operator


def _is_there(key: ForeignKey, samples: Samples) -> bool:
    own = all(column in samples[key.table] for column in key.columns)
    return own and all(column in samples[key.references] for column in key.referenced_columns)


def _join(columns: dict[Side, ColumnPlan], samples: Samples, keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Give all sides of a foreign key one domain and one injective operator; keys for which none does are left out."""
    lost: set[Side] = set()
    for leader, members in Groups(keys).members().items():
        plans = [columns[side] for side in members]
        if all(plan.operator == "keep" for plan in plans):
            continue
        same = len({(plan.operator, str(plan.options)) for plan in plans}) == 1
        chosen = plans[0] if same and _is_injective(plans[0]) else _TOKEN
        types = [samples[table][path].value_type for table, path in members]
        if len(set(map(family, types))) > 1 or not all(map(OPERATORS[chosen.operator].accepts, types)):
            lost.update(members)
            continue
        for side, plan in zip(members, plans, strict=True):
            columns[side] = _joined(plan, chosen, ".".join(leader))
    return [key for key in keys if lost.isdisjoint(_sides(key))]


_TOKEN = ColumnPlan(operator="token")


def _joined(plan: ColumnPlan, chosen: ColumnPlan, leader: str) -> ColumnPlan:
    changes = {"operator": chosen.operator, "options": chosen.options, "domain": chosen.domain or leader}
    if plan.operator == "keep":
        changes["reason"] = f"{plan.reason}; it is joined with {leader}, which is masked"
    return plan.model_copy(update=changes)


def _sides(key: ForeignKey) -> Iterator[Side]:
    yield from ((key.table, column) for column in key.columns)
    yield from ((key.references, column) for column in key.referenced_columns)


def _is_injective(plan: ColumnPlan) -> bool:
    spec = OPERATORS[plan.operator]
    return spec.injective(spec.options.model_validate(dict(plan.options)))
