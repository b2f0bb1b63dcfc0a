"""Joins survive: as many rows find their partner by a foreign key as before, and as many find none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.gate.aligned import Counted, aligned
from dataops_infra.masking.gate.case import Case, column_of
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import DistinctSample, PairedSample, contains, in_sample, mixed
from dataops_infra.masking.gate.values import Flags, Hashes, hashes, plain, texts, valid
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.plan import ForeignKey

CHECK = "joins-kept"

_Keys = tuple[Hashes, Hashes, Flags]


def joins_kept(case: Case) -> Iterator[Check]:
    """One check for each foreign key of the plan between tables that are judged; reads its columns once more."""
    for key in case.plan.foreign_keys:
        if {key.table, key.references} <= case.source.tables.keys():
            yield _judge(case, key)


@dataclass(frozen=True)
class _Matches:
    matched: int
    unmatched: int

    def __str__(self) -> str:
        return f"{self.matched:,} matched, {self.unmatched:,} unmatched"


def _judge(case: Case, key: ForeignKey) -> Check:
    name = f"{key.table}({', '.join(key.columns)}) -> {key.references}({', '.join(key.referenced_columns)})"
    column = key.columns[0]
    missing = _missing(case, key)
    if missing:
        explanation = f"{name}: {missing} is not on both sides, so the join cannot be compared"
        return judged(CHECK, "not compared", "compared", key.table, column, explanation)
    referenced = _Referenced(case.limit)
    for before, after, there in _key_columns(case, key, key.references, key.referenced_columns):
        referenced.add(before[there], after[there])
    before_matches, after_matches, level = _count(case, key, referenced)
    explanation = f"{name}: give both sides of the key one domain and one operator"
    if not _are_alike(case, key):
        explanation += "; of texts and numbers only those of six digits or more join by fpe: store both as one type"
    note = f"rows of one key in {1 << level:,} were compared, chosen by its hash" if level else ""
    return judged(CHECK, str(after_matches), str(before_matches), key.table, column, explanation, note=note)


def _missing(case: Case, key: ForeignKey) -> str:
    sides = ((key.table, key.columns), (key.references, key.referenced_columns))
    if len(key.columns) != len(key.referenced_columns):
        return "a column"
    wanted = [(table, path) for table, paths in sides for path in paths]
    return ", ".join(f"{table}.{path}" for table, path in wanted if not _is_comparable(case, table, path))


def _is_comparable(case: Case, table: str, path: str) -> bool:
    leaf = case.leaves.get(table, {}).get(path)
    return leaf is not None and "[]" not in path[len(leaf.column) :]


class _Referenced:
    """The keys that can be joined to, before and after, sampled by what they were before."""

    def __init__(self, limit: int) -> None:
        self._before = DistinctSample(limit)
        self._after = PairedSample(limit)

    def add(self, before: Hashes, after: Hashes) -> None:
        """Take in the keys of a run of rows."""
        self._before.add(before)
        self._after.add(before, after)

    def sample(self) -> tuple[Hashes, Hashes, int]:
        """Keys before, keys after, and the level of both samples."""
        level = max(self._before.level, self._after.level)
        return self._before.below(level), self._after.belonging(level), level


def _count(case: Case, key: ForeignKey, referenced: _Referenced) -> tuple[_Matches, _Matches, int]:
    keys_before, keys_after, level = referenced.sample()
    found = np.zeros((2, 2), np.int64)
    for before, after, there in _key_columns(case, key, key.table, key.columns):
        chosen = there & in_sample(before, level)
        rows = int(np.count_nonzero(chosen))
        matched = _matched(keys_before, before[chosen]), _matched(keys_after, after[chosen] >> np.uint64(6))
        found += [(number, rows - number) for number in matched]
    before_matches, after_matches = (_Matches(int(matched), int(not_matched)) for matched, not_matched in found)
    return before_matches, after_matches, level


def _matched(keys: Hashes, looked_for: Hashes) -> int:
    """How many stand among the keys; one after the other they are found four times as fast as at random."""
    ordered = pl.Series(looked_for).sort().to_numpy()
    return int(np.count_nonzero(contains(keys, ordered)))


def _are_alike(case: Case, key: ForeignKey) -> bool:
    """Whether both sides of the key have equal types: others are compared as texts."""
    mine, theirs = case.leaves[key.table], case.leaves[key.references]
    both = zip(key.columns, key.referenced_columns, strict=True)
    return all(mine[path].type == theirs[referenced].type for path, referenced in both)


def _key_columns(case: Case, key: ForeignKey, table: str, paths: Sequence[str]) -> Iterator[_Keys]:
    """Hashes of the key before and after, and the rows in which it is not null on both sides."""
    as_texts = not _are_alike(case, key)
    names = case.source.tables[table].schema.names
    columns = list(dict.fromkeys(column_of(path, names) for path in paths))
    sides = (case.source.tables[table].batches(columns), case.target.tables[table].batches(columns))
    for source, target in aligned(*sides, Counted()):
        before, before_there = _combined(source, paths, as_texts)
        after, after_there = _combined(target, paths, as_texts)
        yield before, after, before_there & after_there


def _combined(batch: pa.RecordBatch, paths: Sequence[str], as_texts: bool) -> tuple[Hashes, Flags]:
    combined, there = np.zeros(batch.num_rows, np.uint64), np.ones(batch.num_rows, np.bool_)
    for path in paths:
        values = plain(_leaf(batch, path))
        values = texts(values) if as_texts else values
        combined = mixed(hashes(values), combined)
        there &= valid(values)
    return combined, there


def _leaf(batch: pa.RecordBatch, path: str) -> pa.Array:
    column = column_of(path, batch.schema.names)
    values = batch.column(batch.schema.get_field_index(column))
    for name in path[len(column) :].split(".")[1:]:
        values = values.flatten()[values.type.get_field_index(name)]
    return values
