"""What the gate judges: a plan and both sides of a copy, put together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from dataops_infra.conventions.base import Model
from dataops_infra.masking.anonymity.measures import Measures, measure
from dataops_infra.masking.binding import options_of, value_type
from dataops_infra.masking.gate.sampling import LIMIT
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import OperatorSpec, Outcome
from dataops_infra.masking.plan import ColumnPlan, Plan
from dataops_infra.masking.sources import Source

if TYPE_CHECKING:
    from dataops_infra.masking.anonymity.approval import Approval
    from dataops_infra.masking.anonymity.recoding import Recoding

LOOK_FOR_KNOWN = "set its option known to true, so that text looks for them"
"""What to do about values that stand in texts where :attr:`.Leaf.looks_for_known` says no."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """One column, or part of a nested one, that both sides have."""

    table: str
    path: str
    column: str
    """The column it lies in."""
    type: pa.DataType
    """The type of its values, without a dictionary."""
    plan: ColumnPlan
    spec: OperatorSpec
    options: Model
    domain: str

    @property
    def title(self) -> str:
        """Its name with its table's."""
        return f"{self.table}.{self.path}"

    @property
    def outcome(self) -> Outcome:
        """What becomes of its values."""
        return self.spec.outcome_of(self.options)

    @property
    def is_hidden(self) -> bool:
        """Whether the plan promises that no value of it is left."""
        return self.outcome in {Outcome.REPLACED, Outcome.GONE}

    @property
    def is_rough(self) -> bool:
        """Whether the plan promises that its values are told less exactly."""
        return self.outcome is Outcome.COARSENED

    @property
    def looks_for_known(self) -> bool:
        """Whether its operator looks for what the tables hold, as ``text`` does unless the plan forbids it."""
        return bool(getattr(self.options, "known", False))

    @property
    def is_injective(self) -> bool:
        """Whether different values must get different replacements."""
        return self.spec.injective(self.options)


@dataclass(frozen=True)
class Case:
    """One copy before the gate."""

    plan: Plan
    source: Source
    target: Source
    leaves: Mapping[str, Mapping[str, Leaf]]
    """Table -> path -> leaf, of what the plan and both sides have."""
    approval: "Approval | None"
    as_of: date
    needs_approval: bool = False
    """Whether the copy may not be handed out without an approval."""
    limit: int = LIMIT
    """Distinct values remembered for each set."""
    people: Source | None = None
    """What the source is a subset of, whose people texts may name too; None = it is no subset."""
    recodings: "Mapping[str, Recoding] | None" = None
    """Table -> how its quasi-identifiers were generalised, of who has just learned it; None = it is learned again."""

    @property
    def people_limit(self) -> int:
        """The same of names and addresses of people: one that was not masked may stand anywhere, once."""
        return 2 * self.limit

    @cached_property
    def measures(self) -> dict[str, Measures]:
        """The measures of each table whose quasi-identifiers both sides have; reads those columns once."""
        wanted = (table for table, columns in self.plan.quasi_identifiers.items() if columns and table in self.leaves)
        found = {table: _measures(self, table) for table in wanted}
        return {table: measures for table, measures in found.items() if measures is not None}

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables of the plan that both sides have, in the plan's order."""
        return tuple(self.leaves)


def common_leaves(plan: Plan, source: Source, target: Source) -> dict[str, dict[str, Leaf]]:
    """Table -> path -> leaf; ``plan`` has been held against the source's schemas."""
    return {
        table: _leaves(plan, table, source.tables[table].schema, target.tables[table].schema)
        for table in plan.tables
        if table in source.tables and table in target.tables
    }


def _measures(case: Case, table: str) -> Measures | None:
    identifiers = case.plan.quasi_identifiers[table]
    sensitive = case.plan.sensitive.get(table, ())
    if any(path not in case.leaves[table] for path in (*identifiers, *sensitive)):
        return None
    copy = case.target.tables[table]
    columns = list(dict.fromkeys(column_of(path, copy.schema.names) for path in (*identifiers, *sensitive)))
    return measure(copy.batches(columns), identifiers, sensitive)


def _leaves(plan: Plan, table: str, before: pa.Schema, after: pa.Schema) -> dict[str, Leaf]:
    theirs = leaf_types(after)
    # A schema makes its list of names anew each time, and tables have up to 10,000 columns.
    names, counts = before.names, Counter(after.names)
    leaves = {}
    for path, kind in leaf_types(before).items():
        column = column_of(path, names)
        is_there = counts[column] == 1 and path in theirs
        if not is_there or value_type(theirs[path]) != value_type(kind):
            continue
        planned = plan.tables[table].columns[path]
        spec = OPERATORS[planned.operator]
        leaves[path] = Leaf(
            table, path, column, value_type(kind), planned, spec, options_of(planned), plan.domain_of(table, path)
        )
    return leaves


def column_of(path: str, names: Sequence[str]) -> str:
    """The column that a path lies in; a column may itself have a dot or brackets in its name."""
    if path in names:
        return path
    inside = [name for name in names if path.startswith((f"{name}.", f"{name}[]"))]
    return max(inside, key=len, default=path)
