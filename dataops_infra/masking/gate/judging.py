"""The verdict about a copy: every check, over both sides at once."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dataops_infra.masking.gate.aligned import Counted, row_pairs
from dataops_infra.masking.gate.case import Case, common_leaves
from dataops_infra.masking.gate.checks import INSPECTORS, QUESTIONS
from dataops_infra.masking.gate.model import Check, GateReport
from dataops_infra.masking.gate.sampling import LIMIT
from dataops_infra.masking.gate.shapes import ShapesSeen
from dataops_infra.masking.gate.structure import row_counts
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source

if TYPE_CHECKING:
    from dataops_infra.masking.anonymity.approval import Approval
    from dataops_infra.masking.anonymity.recoding import Recoding

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
    needs_approval: bool = False,
    limit: int = LIMIT,
    people: Source | None = None,
    recodings: "Mapping[str, Recoding] | None" = None,
) -> GateReport:
    """Whether ``target`` is a copy of ``source`` in which nobody can be found, check by check.

    Both sides are read once, in step; quasi-identifiers once more, as keys of tables in front of those they refer to.
    Memory does not grow with the rows.

    :param plan: held against the source before (:func:`.binding.check_plan`).
    :param approval: the record of who answers for handing the copy out; checked wherever one is given.
    :param as_of: the day that the approval is judged at; today (UTC) if None.
    :param needs_approval: whether a plan for external sharing is refused without one: when it is handed out, not when
        it is made, because an approval names the finished copy.
    :param limit: distinct values that are remembered exactly for each domain; beyond it a sample of them is.
    :param people: what ``source`` is a subset of, whose people texts may name too; None = it is no subset.
    :param recodings: how quasi-identifiers were generalised, table by table, where it has just been learned; None = it
        is learned again.
    :raises MaskingError: a side cannot be read.
    """
    case = Case(
        plan,
        source,
        target,
        common_leaves(plan, source, target),
        approval,
        as_of or datetime.now(UTC).date(),
        needs_approval=needs_approval and plan.sharing == "external",
        limit=limit,
        people=people,
        recodings=recodings,
    )
    shapes = ShapesSeen()
    checks = [*_row_by_row(case, shapes, progress or _silent)]
    for question in QUESTIONS:
        checks += question(case)
    return GateReport(tuple(sorted(checks, key=_order)), case.measures, shapes.shapes())


def _row_by_row(case: Case, shapes: ShapesSeen, progress: Progress) -> Iterator[Check]:
    inspectors = [make(case) for make in INSPECTORS]
    for table in case.tables:
        counted = Counted()
        for rows in row_pairs(case, table, counted):
            shapes.look(rows)
            for inspector in inspectors:
                inspector.look(rows)
            progress(table, rows.rows)
            del rows  # before the next ones are read
        yield row_counts(table, counted.source, counted.target)
    for inspector in inspectors:
        yield from inspector.checks()


def _silent(_table: str, _rows: int) -> None:
    """Nobody watches."""


def _order(check: Check) -> tuple[str, str, str]:
    return (check.name, check.table or "", check.column or "")
