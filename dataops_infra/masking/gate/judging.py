"""The verdict about a copy: every check, over both sides at once."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dataops_infra.masking.gate.aligned import Counted, row_pairs
from dataops_infra.masking.gate.case import Case, make_case
from dataops_infra.masking.gate.checks import INSPECTORS, QUESTIONS
from dataops_infra.masking.gate.model import Check, GateReport
from dataops_infra.masking.gate.sampling import LIMIT
from dataops_infra.masking.gate.structure import row_counts
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source

if TYPE_CHECKING:
    from dataops_infra.masking.anonymity.approval import Approval

Progress = Callable[[str, int], None]
"""(table, rows of it that were judged since the last call)."""


def judge(
    plan: Plan,
    source: Source,
    target: Source,
    approval: "Approval | None" = None,
    as_of: date | None = None,
    progress: Progress | None = None,
    *,
    limit: int = LIMIT,
) -> GateReport:
    """Whether ``target`` is a copy of ``source`` in which nobody can be found, check by check.

    Both sides are read once, in step; keys and quasi-identifiers once more. Memory does not grow with the rows.

    :param plan: held against the source before (:func:`.binding.check_plan`).
    :param approval: the record that external sharing needs.
    :param as_of: the day that the approval is judged at; today (UTC) if None.
    :param limit: distinct values that are remembered exactly for each column; beyond it a sample of them is.
    :raises MaskingError: a side cannot be read.
    """
    case = make_case(plan, source, target, approval, as_of or datetime.now(UTC).date(), limit)
    checks = [*_row_by_row(case, progress or _silent)]
    for question in QUESTIONS:
        checks += question(case)
    return GateReport(tuple(sorted(checks, key=_order)))


def _row_by_row(case: Case, progress: Progress) -> Iterator[Check]:
    inspectors = [make(case) for make in INSPECTORS]
    for table in case.tables:
        counted = Counted()
        for rows in row_pairs(case, table, counted):
            for inspector in inspectors:
                inspector.look(rows)
            progress(table, rows.rows)
        yield row_counts(table, counted.source, counted.target)
    for inspector in inspectors:
        yield from inspector.checks()


def _silent(_table: str, _rows: int) -> None:
    """Nobody watches."""


def _order(check: Check) -> tuple[str, str, str]:
    return (check.name, check.table or "", check.column or "")
