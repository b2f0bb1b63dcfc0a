"""Holds a plan against the data it is for, and makes the maskers of its tables.

Two steps, because learning from the data stands between them: :func:`check_plan` finds every mistake before anything is
read, :func:`bind` makes the operators.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.documents import Document, read_document
from dataops_infra.conventions.validation import Parts, overlap
from dataops_infra.errors import FileProblem, MaskingError, PlanError
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.masker import BoundOperator, TableMasker
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import Operator, Setting
from dataops_infra.masking.own_row import OwnRow, hides
from dataops_infra.masking.plan import MAXIMUM_PLAN_BYTES, Plan, read_parts
from dataops_infra.masking.plan_checks import PlanMistake, Schemas, options_of, plan_mistakes, value_type
from dataops_infra.masking.sources import Source, open_source

__all__ = ["Schemas", "bind", "check_plan", "make_operator", "open_with_plan", "options_of", "value_type"]


def check_plan(plan: Plan, schemas: Schemas, path: Path) -> None:
    """Refuse a plan that does not fit the data.

    :param path: the plan's file, for the error.
    :raises PlanError: every mistake with its line: tables and columns that came, went or changed their type, unknown
        operators, wrong options, operators that cannot take a type, foreign keys whose joins would not survive,
        quasi-identifiers that are not there.
    """
    refuse(list(plan_mistakes(plan, schemas)), path)


def open_with_plan(path: Path, data: Path) -> tuple[Plan, Source]:
    """The plan in the file ``path`` and the source that it fits.

    :raises PlanError: every mistake of the plan at once: of its form, and what :func:`check_plan` finds.
    :raises MaskingError: the source cannot be used.
    """
    parts = read_parts(path)
    told = PlanError(shown_path(path), parts.problems)
    if parts.right is None:
        raise told
    try:
        source = open_source(data)
    except MaskingError as error:
        raise (told if parts.problems else error) from None
    mistakes = plan_mistakes(parts.right, source.schemas)
    refuse([each for each in mistakes if _stands_alone(each, parts)], path, parts.problems)
    return parts.right, source


def _stands_alone(mistake: PlanMistake, parts: Parts[Plan]) -> bool:
    """Whether a mistake is one whatever was meant where the plan's form is wrong, which is told beside it."""
    at, column = mistake.at, len(("tables", "t", "columns", "c"))
    return not parts.problems or (
        at[0] == "tables"
        and not any(
            at[:column] == out[:column] or (overlap(at, out) and len(out) <= len(at) + 1) for out in parts.taken_out
        )
    )


def refuse(mistakes: Sequence[PlanMistake], path: Path, problems: Sequence[FileProblem] = ()) -> None:
    """Refuse a plan that has ``mistakes``.

    :param path: the plan's file, for the error.
    :param problems: mistakes whose lines are known.
    :raises PlanError: every one with its line.
    """
    if not mistakes and not problems:
        return
    lines = read_document(path, MAXIMUM_PLAN_BYTES) if path.is_file() else Document()
    found = [FileProblem(lines.line_of(mistake.at), mistake.message, mistake.hint) for mistake in mistakes]
    distinct = dict.fromkeys([*problems, *found])
    raise PlanError(shown_path(path), sorted(distinct, key=lambda problem: problem.line))


def bind(plan: Plan, schemas: Schemas, key: MasterKey, learned: Learned) -> dict[str, TableMasker]:
    """Table -> its masker, for a plan that :func:`check_plan` found right."""
    return {
        table: TableMasker(table, dict(_operators(plan, table, schema, key, learned)))
        for table, schema in schemas.items()
    }


def make_operator(plan: Plan, table: str, path: str, kind: pa.DataType, key: MasterKey, learned: Learned) -> Operator:
    """The operator of one leaf."""
    column = plan.tables[table].columns[path]
    domain = key.domain(plan.domain_of(table, path))
    domain_of = partial(plan.domain_of, table)
    setting = Setting(table, path, kind, domain, options_of(column), learned, key.domain, domain_of)
    return OPERATORS[column.operator].build(setting)


def _operators(
    plan: Plan, table: str, schema: pa.Schema, key: MasterKey, learned: Learned
) -> Iterator[tuple[str, BoundOperator]]:
    types = {path: value_type(kind) for path, kind in leaf_types(schema).items()}
    columns = plan.tables[table].columns
    operators = {path: make_operator(plan, table, path, kind, key, learned) for path, kind in types.items()}
    specs = {path: OPERATORS[columns[path].operator] for path in types}
    outcomes = {path: specs[path].outcome_of(options_of(columns[path])) for path in types}
    hidden = {path: operators[path] for path, kind in types.items() if hides(outcomes[path], path, kind)}
    for path, operator in operators.items():
        if getattr(options_of(columns[path]), "known", False):
            yield path, BoundOperator(OwnRow(operator, hidden), per_value=False)
        else:
            yield path, BoundOperator(operator, specs[path].per_value)
