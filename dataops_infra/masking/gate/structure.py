"""The copy has the form of its source: tables, columns, rows, nulls, and what is kept is kept."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.conventions.listing import clauses
from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.values import same
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome

_MAY_VANISH = {Outcome.GONE, Outcome.COARSENED}
"""What may become null: dropped and redacted values, and rows that generalisation suppressed."""
SHOWN = 5
"""Differences of two schemas that are named."""


def schema_equal(case: Case) -> Iterator[Check]:
    """Names, order, types and nullability of every table's columns; no table too many or too few."""
    for table in case.plan.tables:
        if table in case.source.tables:
            wrong = list(_differences(case, table))
            explanation = f"{clauses(wrong, SHOWN)}: write the copy with the columns of its source"
            yield judged("schema-equal", len(wrong), 0, table, explanation=explanation)
    for table in case.target.tables:
        if table not in case.source.tables:
            explanation = "the copy has a table that the source does not have: remove it, nothing of it was judged"
            yield judged("schema-equal", 1, 0, table, explanation=explanation)


def _differences(case: Case, table: str) -> Iterator[str]:
    if table not in case.target.tables:
        yield "the copy does not have this table"
        return
    before, after = case.source.tables[table].schema, case.target.tables[table].schema
    # A schema makes its list of names anew each time, and tables have up to 10,000 columns.
    names, copied = before.names, after.names
    counts, copied_counts = Counter(names), Counter(copied)
    for name in [name for name in names if name not in copied_counts]:
        yield f"column {name} is missing"
    for name in [name for name in copied if name not in counts]:
        yield f"column {name} is not in the source"
    if counts == copied_counts:
        if names != copied:
            yield "the columns stand in another order"
    elif counts.keys() == copied_counts.keys():
        yield "a column stands there twice"
    for name in counts:
        if counts[name] == copied_counts[name] == 1:
            yield from _field_differences(before.field(name), after.field(name))


def _field_differences(before: pa.Field, after: pa.Field) -> Iterator[str]:
    if before.type != after.type:
        yield f"column {before.name} is {after.type} instead of {before.type}"
    if before.nullable != after.nullable:
        yield f"column {before.name} {'may' if after.nullable else 'must not'} be null, unlike in the source"


class NullsKept:
    """Nulls stand where they stood, and lists are as long as they were."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._moved: Counter[Leaf] = Counter()
        self._misplaced: Counter[tuple[str, str]] = Counter()

    def look(self, rows: RowPair) -> None:
        """Compare the nulls of a run of rows."""
        self._misplaced.update((rows.table, column) for column in rows.misplaced)
        for pair in rows.leaves.values():
            if pair.before.has_nulls or pair.after.has_nulls:
                before, after = pair.before.valid, pair.after.valid
                wrong = after & ~before if pair.leaf.outcome in _MAY_VANISH else before != after
                self._moved[pair.leaf] += int(np.count_nonzero(wrong))

    def checks(self) -> Iterator[Check]:
        """One check for each table, or for each column where nulls moved."""
        for table in self._case.tables:
            wrong = {leaf: count for leaf, count in self._moved.items() if leaf.table == table and count}
            for leaf, count in wrong.items():
                explanation = f"{count:,} values are null on one side only: mask nulls as nulls"
                yield judged("nulls-kept", count, 0, table, leaf.path, explanation)
            misplaced = {column: n for (name, column), n in self._misplaced.items() if name == table}
            for column, count in misplaced.items():
                explanation = (
                    f"{count:,} batches have lists of other lengths than the source: nothing in them was judged"
                )
                yield judged("nulls-kept", count, 0, table, column, explanation)
            if not wrong and not misplaced:
                yield judged("nulls-kept", 0, 0, table)


class KeptUnchanged:
    """A kept column is equal to its source, value by value, so rows were neither swapped nor lost."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._changed: Counter[Leaf] = Counter()

    def look(self, rows: RowPair) -> None:
        """Compare the kept columns of a run of rows."""
        for pair in rows.leaves.values():
            if pair.leaf.outcome is Outcome.KEPT:
                self._changed[pair.leaf] += changes(pair)

    def checks(self) -> Iterator[Check]:
        """One check for each table, or for each column that changed."""
        for table in self._case.tables:
            wrong = {leaf: count for leaf, count in self._changed.items() if leaf.table == table and count}
            for leaf, count in wrong.items():
                explanation = f"{count:,} values of a kept column changed: the copy's rows are not those of its source"
                yield judged("kept-unchanged", count, 0, table, leaf.path, explanation)
            if not wrong:
                yield judged("kept-unchanged", 0, 0, table)


def changes(pair: LeafPair) -> int:
    """How many values that are null on neither side differ."""
    if pair.before.equals(pair.after):
        return 0
    both = pair.before.valid & pair.after.valid
    equal = same(pair.source, pair.target)
    if pa.types.is_floating(pair.source.type):
        nan = [np.asarray(pc.fill_null(pc.is_nan(side), False)) for side in (pair.source, pair.target)]
        equal |= nan[0] & nan[1]
    return int(np.count_nonzero(both & ~equal))


def row_counts(table: str, source: int, target: int) -> Check:
    """As many rows as the source."""
    explanation = f"the source has {source:,} rows and the copy {target:,}: mask the whole table again"
    return judged("row-counts", target, source, table, explanation=explanation, fails=source != target)
