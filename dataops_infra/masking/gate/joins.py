"""Joins survive: as many rows find their partner by a foreign key as before, and as many find none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from dataops_infra.masking.gate.aligned import Counted, RowPair, row_pairs
from dataops_infra.masking.gate.case import Case
from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import DistinctSample, PairedSample, contains, in_sample, mixed
from dataops_infra.masking.gate.values import Flags, Hashes, hashes, texts
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.plan import ForeignKey

CHECK = "joins-kept"


class JoinsKept:
    """One check for each foreign key of the plan between tables of the source: some of a copy's may be judged alone.

    Its columns are read once more where the table that refers does not come behind the one it refers to.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        judged_tables = case.source.tables.keys()
        self._keys = [key for key in case.plan.foreign_keys if {key.table, key.references} <= judged_tables]
        self._joins = [_Join(case, key) for key in self._keys if not _missing(case, key)]

    def look(self, rows: RowPair) -> None:
        """Take in the keys of a run of rows."""
        for join in self._joins:
            join.look(rows)

    def checks(self) -> Iterator[Check]:
        """All keys in the order of the plan."""
        joins = iter(self._joins)
        for key in self._keys:
            missing = _missing(self._case, key)
            yield _not_compared(key, missing) if missing else next(joins).check()


@dataclass(frozen=True)
class _Matches:
    matched: int
    unmatched: int

    def __str__(self) -> str:
        return f"{self.matched:,} matched, {self.unmatched:,} unmatched"


def _title(key: ForeignKey) -> str:
    return f"{key.table}({', '.join(key.columns)}) -> {key.references}({', '.join(key.referenced_columns)})"


def _not_compared(key: ForeignKey, missing: str) -> Check:
    explanation = f"{_title(key)}: {missing} is not on both sides, so the join cannot be compared"
    return judged(CHECK, "not compared", "compared", key.table, key.columns[0], explanation)


def _missing(case: Case, key: ForeignKey) -> str:
    sides = ((key.table, key.columns), (key.references, key.referenced_columns))
    if len(key.columns) != len(key.referenced_columns):
        return "a column"
    wanted = [(table, path) for table, paths in sides for path in paths]
    return ", ".join(f"{table}.{path}" for table, path in wanted if not _is_comparable(case, table, path))


def _is_comparable(case: Case, table: str, path: str) -> bool:
    leaf = case.leaves.get(table, {}).get(path)
    return leaf is not None and "[]" not in path[len(leaf.column) :]


class _Join:
    """The keys that can be joined to, before and after, sampled by what they were before, and who joins to them."""

    def __init__(self, case: Case, key: ForeignKey) -> None:
        self._case, self._key = case, key
        self._before = DistinctSample(case.limit)
        self._after = PairedSample(case.limit)
        self._found = np.zeros((2, 2), np.int64)
        """Rows that match and that do not, before and after."""
        self._is_in_order = case.tables.index(key.references) < case.tables.index(key.table)
        mine, theirs = case.leaves[key.table], case.leaves[key.references]
        both = zip(key.columns, key.referenced_columns, strict=True)
        self._are_alike = all(mine[path].type == theirs[referenced].type for path, referenced in both)
        """Whether both sides of the key have equal types: others are compared as texts."""

    def look(self, rows: RowPair) -> None:
        """Take in a run of rows of either table; the one that is referred to comes first, or is read first."""
        if rows.table == self._key.references:
            before, after, there = self._keys(rows, self._key.referenced_columns)
            self._before.add(before.compress(there))
            self._after.add(before.compress(there), after.compress(there))
        if rows.table == self._key.table and self._is_in_order:
            self._count(rows)

    def check(self) -> Check:
        """Whether as many match as did."""
        key = self._key
        for rows in row_pairs(self._case, key.table, Counted(), key.columns) if not self._is_in_order else ():
            self._count(rows)
        before, after = (_Matches(int(matched), int(others)) for matched, others in self._found)
        explanation = f"{_title(key)}: give both sides of the key one domain and one operator"
        if not self._are_alike:
            explanation += "; of texts and numbers only those of 7 digits or more join by fpe: store both as one type"
        _, _, level = self._referenced
        note = f"rows of one key in {1 << level:,} were compared, chosen by its hash" if level else ""
        return judged(CHECK, str(after), str(before), key.table, key.columns[0], explanation, note=note)

    @cached_property
    def _referenced(self) -> tuple[Hashes, Hashes, int]:
        """Keys before, keys after, and the level of both samples; asked for when all are there."""
        level = max(self._before.level, self._after.level)
        return self._before.below(level), self._after.belonging(level), level

    def _count(self, rows: RowPair) -> None:
        before, after, there = self._keys(rows, self._key.columns)
        keys_before, keys_after, level = self._referenced
        chosen = there & in_sample(before, level)
        number = int(np.count_nonzero(chosen))
        matched = (
            _matched(keys_before, before.compress(chosen)),
            _matched(keys_after, after.compress(chosen) >> np.uint64(6)),
        )
        self._found += [(found, number - found) for found in matched]

    def _keys(self, rows: RowPair, paths: Sequence[str]) -> tuple[Hashes, Hashes, Flags]:
        """Hashes of the key before and after, and the rows in which it is not null on both sides."""
        before, after = np.zeros(rows.rows, np.uint64), np.zeros(rows.rows, np.uint64)
        there = np.full(rows.rows, all(path in rows.leaves for path in paths))
        for path in paths if there.any() else ():
            pair = rows.leaves[path]
            before, after = mixed(self._hashed(pair.before), before), mixed(self._hashed(pair.after), after)
            there &= pair.before.valid & pair.after.valid
        return before, after, there

    def _hashed(self, column: Column) -> Hashes:
        return column.hashes if self._are_alike else hashes(texts(column.plain))


def _matched(keys: Hashes, looked_for: Hashes) -> int:
    """How many stand among the keys; one after the other they are found four times as fast as at random."""
    ordered = pl.Series(looked_for).sort().to_numpy()
    return int(np.count_nonzero(contains(keys, ordered)))
