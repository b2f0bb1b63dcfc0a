"""What a plan makes of the quasi-identifiers of a table."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.anonymity.combinations import refuse_uncountable
from dataops_infra.masking.anonymity.rules import Generalise, coarsen
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.plan import ColumnPlan, Plan

GENERALISE = "generalise"


@dataclass(frozen=True)
class QuasiIdentifier:
    """One quasi-identifier that the copy still tells something of."""

    path: str
    generalised: bool
    """Whether the operator is ``generalise``: its value may be coarsened further, or taken away."""
    options: Generalise
    nullable: bool

    @property
    def learned(self) -> bool:
        """Whether neighbouring values may be told as one."""
        return self.generalised and self.options.learns

    def prepared(self, values: pa.Array) -> pa.Array:
        """The comparable values after caps and fixed rules."""
        return coarsen(values, self.options) if self.generalised else values


def quasi_identifiers_of(plan: Plan, table: str, schema: pa.Schema) -> tuple[QuasiIdentifier, ...]:
    """The table's quasi-identifiers in the plan's order, without those of which nothing is left.

    Empty when the plan has no k, or generalises none of them.

    :raises MaskingError: what the plan says of them cannot be done: every mistake.
    """
    columns = plan.tables[table].columns
    declared = plan.quasi_identifiers.get(table, ())
    mistakes = _mistakes(plan, table, schema)
    if mistakes:
        raise MaskingError("; ".join(mistakes))
    if plan.k is None or not any(columns[path].operator == GENERALISE for path in declared):
        return ()
    refuse_uncountable(schema, declared, table)
    return tuple(
        _identifier(path, columns[path], _nullable(schema, path)) for path in declared if not _gone(columns[path])
    )


def _identifier(path: str, column: ColumnPlan, nullable: bool) -> QuasiIdentifier:
    generalised = column.operator == GENERALISE
    options = Generalise.model_validate(column.options) if generalised else Generalise()
    return QuasiIdentifier(path, generalised, options, nullable)


def _gone(column: ColumnPlan) -> bool:
    from dataops_infra.masking.operators import OPERATORS
    from dataops_infra.masking.operators.base import Outcome

    return OPERATORS[column.operator].outcome is Outcome.GONE


def _nullable(schema: pa.Schema, path: str) -> bool:
    field = schema.field(path if path in schema.names else path.split(".")[0])
    nullable = field.nullable
    for name in path.split(".")[1:] if path not in schema.names else ():
        field = field.type.field(name)
        nullable = field.nullable
    return bool(nullable)


def _mistakes(plan: Plan, table: str, schema: pa.Schema) -> list[str]:
    columns, leaves = plan.tables[table].columns, leaf_types(schema)
    declared = plan.quasi_identifiers.get(table, ())
    sensitive = plan.sensitive.get(table, ())
    found = [
        f"{table}.{path} is {what}, and the table has no such column"
        for what, paths in (("a quasi-identifier", declared), ("sensitive", sensitive))
        for path in paths
        if path not in leaves
    ]
    found += [
        f"{table}.{path} is sensitive and a quasi-identifier: choose one" for path in sensitive if path in declared
    ]
    for path, column in columns.items():
        found += [f"{table}.{path}{mistake}" for mistake in column_mistakes(plan, table, path, column)]
    return found


def column_mistakes(plan: Plan, table: str, path: str, column: ColumnPlan) -> Iterator[str]:
    """Why a column of right operator and options does not suit the plan's quasi-identifiers, beginning after its name.

    :raises pydantic.ValidationError: the options of ``generalise`` are wrong.
    """
    from dataops_infra.masking.operators import OPERATORS

    is_declared = plan.k is not None and path in plan.quasi_identifiers.get(table, ())
    if column.operator == GENERALISE:
        if Generalise.model_validate(column.options).learns and not is_declared:
            yield (
                ": generalise learns from k and quasi_identifiers: list the column there and give the plan a k, or "
                "give it `to:` a fixed rule"
            )
    elif is_declared and not OPERATORS[column.operator].per_value and not _gone(column):
        yield (
            f" is a quasi-identifier, and {column.operator} gives equal values different replacements: use generalise, "
            "drop, or an operator that hangs on the value alone"
        )
