"""Holds a plan against the data it is for, and makes the maskers of its tables.

Two steps, because learning from the data stands between them: :func:`check_plan` finds every mistake before anything is
read, :func:`bind` makes the operators.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
from pydantic import ValidationError

from dataops_infra.conventions.base import Model, shown_path
from dataops_infra.conventions.documents import nearest
from dataops_infra.errors import FileProblem, PlanError
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.leaves import items_of, leaf_types, required_leaves
from dataops_infra.masking.masker import BoundOperator, TableMasker
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import Operator, Setting
from dataops_infra.masking.plan import ColumnPlan, Plan

Schemas = Mapping[str, pa.Schema]
"""Table -> its schema."""


def check_plan(plan: Plan, schemas: Schemas, path: Path) -> None:
    """Refuse a plan that does not fit the data.

    :param path: the plan's file, for the error.
    :raises PlanError: every mistake: tables and columns that came, went or changed their type, unknown operators, wrong
        options, operators that cannot take a type.
    """
    problems = [FileProblem(0, message, hint) for message, hint in _mistakes(plan, schemas)]
    if problems:
        raise PlanError(shown_path(path), problems)


def options_of(column: ColumnPlan) -> Model:
    """The checked options of a column's operator.

    :raises pydantic.ValidationError: they are wrong.
    """
    return OPERATORS[column.operator].options.model_validate(column.options)


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
    setting = Setting(table, path, kind, domain, options_of(column), learned, key.domain)
    return OPERATORS[column.operator].build(setting)


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values themselves: what a dictionary holds."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _operators(
    plan: Plan, table: str, schema: pa.Schema, key: MasterKey, learned: Learned
) -> Iterator[tuple[str, BoundOperator]]:
    for path, kind in leaf_types(schema).items():
        spec = OPERATORS[plan.tables[table].columns[path].operator]
        yield path, BoundOperator(make_operator(plan, table, path, value_type(kind), key, learned), spec.per_value)


def _mistakes(plan: Plan, schemas: Schemas) -> Iterator[tuple[str, str]]:
    for table in plan.tables:
        if table not in schemas:
            yield f"table {table} is in the plan but not in the source", nearest(table, schemas)
    for table, schema in schemas.items():
        if table not in plan.tables:
            yield (
                f"table {table} is in the source but not in the plan",
                "classify the source again and review the change",
            )
            continue
        yield from _table_mistakes(plan, table, schema)


def _table_mistakes(plan: Plan, table: str, schema: pa.Schema) -> Iterator[tuple[str, str]]:
    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if repeated:
        yield (
            f"table {table} has several columns called {_listed(repeated)}",
            "rename them: a plan knows columns by name",
        )
        return
    leaves, planned = leaf_types(schema), plan.tables[table].columns
    required = required_leaves(schema)
    came, went = [path for path in leaves if path not in planned], [path for path in planned if path not in leaves]
    if came:
        yield (
            f"table {table} has columns the plan does not know: {_listed(came)}",
            "classify again and review the change",
        )
    if went:
        yield f"table {table} has lost columns of the plan: {_listed(went)}", "classify again and review the change"
    for path, column in planned.items():
        if path in leaves:
            yield from _column_mistakes(table, path, column, leaves)
            spec = OPERATORS.get(column.operator)
            if spec is not None and spec.makes_nulls and path in required:
                yield f"{table}.{path}: {spec.name} leaves nulls, which this column forbids", "choose redact or token"


def _column_mistakes(
    table: str, path: str, column: ColumnPlan, leaves: Mapping[str, pa.DataType]
) -> Iterator[tuple[str, str]]:
    where, kind = f"{table}.{path}", leaves[path]
    if column.type is not None and column.type != str(kind):
        yield (
            f"{where} was {column.type} when the plan was made and is {kind} now",
            "classify again and review the change",
        )
    spec = OPERATORS.get(column.operator)
    if spec is None:
        yield f"{where}: there is no operator {column.operator}", nearest(column.operator, OPERATORS)
        return
    if not spec.accepts(value_type(kind)):
        yield f"{where}: {spec.name} takes {spec.accepted}, and this column is {kind}", "choose another operator"
    try:
        options = options_of(column)
    except ValidationError as error:
        for detail in error.errors():
            at = ".".join(str(part) for part in detail["loc"])
            yield f"{where}: options{f'.{at}' if at else ''} of {spec.name}: {detail['msg']}", ""
        return
    for other in spec.reads(options):
        if other not in leaves:
            yield f"{where}: {spec.name} looks at the column {other}, which does not exist", nearest(other, leaves)
        elif items_of(other) not in {"", items_of(path)}:
            yield f"{where}: {spec.name} looks at {other}, which has several values for each of its own", ""


def _listed(names: Iterable[str], at_most: int = 20) -> str:
    listed = list(names)
    more = f" and {len(listed) - at_most} more" if len(listed) > at_most else ""
    return ", ".join(listed[:at_most]) + more
