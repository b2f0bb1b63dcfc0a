"""Nobody can be singled out by the columns that the plan calls quasi-identifiers."""

from collections.abc import Iterator

from dataops_infra.masking.anonymity.measures import ROUNDING
from dataops_infra.masking.gate.case import Case
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.verdicts import judged

_FIX = "generalise the quasi-identifiers (operator generalise), or suppress more rows"


def anonymity(case: Case) -> Iterator[Check]:
    """k, l and t of each table with quasi-identifiers; reads those columns once more."""
    for table, columns in case.plan.quasi_identifiers.items():
        if columns and table in case.tables:
            yield from _judge(case, table)


def _judge(case: Case, table: str) -> Iterator[Check]:
    plan, columns = case.plan, ", ".join(case.plan.quasi_identifiers[table])
    found = case.measures.get(table)
    if found is None:
        explanation = f"a quasi-identifier ({columns}) is not on both sides: write the copy with all columns"
        yield judged("k-anonymity", "not measured", "measured", table, explanation=explanation)
        return
    if not found.rows:
        return
    if plan.k is not None:
        explanation = f"the smallest group of rows alike in {columns} has {found.k:,}: {_FIX}"
        yield judged("k-anonymity", found.k, plan.k, table, explanation=explanation, fails=found.k < plan.k)
    if plan.l is not None and found.l is not None:
        explanation = f"a group of rows alike in {columns} has {found.l:,} distinct sensitive values: {_FIX}"
        yield judged("l-diversity", found.l, plan.l, table, explanation=explanation, fails=found.l < plan.l)
    if plan.t is not None and found.t is not None:
        explanation = f"a group of rows alike in {columns} tells its sensitive values apart from all rows': {_FIX}"
        fails = found.t > plan.t + ROUNDING
        yield judged("t-closeness", round(found.t, 6), plan.t, table, explanation=explanation, fails=fails)
