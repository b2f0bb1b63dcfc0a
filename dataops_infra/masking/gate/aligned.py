"""Both sides of a table, row by row, however their batches and files are cut."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.values import Flags, Hashes, flags, is_text
from dataops_infra.masking.leaves import replace_leaves


@dataclass(frozen=True)
class LeafPair:
    """One leaf of a run of rows, before and after."""

    leaf: Leaf
    before: Column
    after: Column
    owners: pa.Array | None
    """The row of each item of a list; None: each value is a row's."""
    first_row: int

    @property
    def source(self) -> pa.Array:
        """The values before. Plain: no dictionary, texts as large strings."""
        return self.before.plain

    @property
    def target(self) -> pa.Array:
        """The values after, as plain."""
        return self.after.plain

    @property
    def source_hashes(self) -> Hashes:
        """A hash for each value of the source; meaningless for nulls."""
        return self.before.hashes

    @property
    def target_hashes(self) -> Hashes:
        """A hash for each value of the copy; meaningless for nulls."""
        return self.after.hashes

    @property
    def source_filled(self) -> Flags:
        """Where the source has a value that is not the empty text: an empty one has nothing to hide."""
        return self.before.filled

    @property
    def target_filled(self) -> Flags:
        """Where the copy has a value that is not the empty text."""
        return self.after.filled

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""
        return is_text(self.before.type)

    @property
    def told(self) -> Flags:
        """Where the copy tells the value itself, perhaps with others: Bonn in {Bonn,Köln}."""
        if not self.is_text:
            return np.asarray(self.source_hashes == self.target_hashes) & self.target_filled
        frame = pl.DataFrame({"source": pl.from_arrow(self.source), "target": pl.from_arrow(self.target)})
        found = frame.select(pl.col("target").str.contains(pl.col("source"), literal=True)).to_series()
        return flags(found.fill_null(False).to_arrow())

    def row_of(self, position: int) -> int:
        """The row of a value in its table, counted from 1."""
        inside = position if self.owners is None else self.owners[position].as_py()
        return self.first_row + int(inside) + 1


@dataclass(frozen=True)
class RowPair:
    """A run of rows of one table, before and after."""

    table: str
    leaves: Mapping[str, LeafPair]
    misplaced: tuple[str, ...]
    """Lists that have other lengths than in the source: what stands in them cannot be compared."""
    rows: int


@dataclass
class Counted:
    """How many rows each side of a table turned out to have."""

    source: int = 0
    target: int = 0


def row_pairs(
    case: Case, table: str, counted: Counted, paths: Collection[str] | None = None, first: int | None = None
) -> Iterator[RowPair]:
    """The rows that both sides of ``table`` have, batch by batch; ``counted`` then says how many each side has.

    :param paths: leaves whose columns are read; None = all.
    :param first: how many of the first rows are asked for, at most; None = all.
    """
    leaves = {path: leaf for path, leaf in case.leaves[table].items() if paths is None or path in paths}
    columns = list(dict.fromkeys(leaf.column for leaf in leaves.values()))
    if not columns:
        counted.source, counted.target = count_rows(case, table)
        return
    sides = case.source.tables[table], case.target.tables[table]
    before, after = (side.first_batches(first, columns) if first else side.quick_batches(columns) for side in sides)
    for source, target in aligned(before, after, counted):
        yield _row_pair(case, table, columns, (source, target), counted.source - source.num_rows)
        del source, target  # the next run takes their place in memory


def _row_pair(
    case: Case, table: str, columns: Sequence[str], sides: tuple[pa.RecordBatch, pa.RecordBatch], first_row: int
) -> RowPair:
    found: dict[str, LeafPair] = {}
    misplaced: list[str] = []
    for column in columns:
        pairs = _leaf_pairs(case, table, column, *sides, first_row)
        if pairs is None:
            misplaced.append(column)
        else:
            found.update(pairs)
    return RowPair(table, found, tuple(misplaced), sides[0].num_rows)


def aligned(
    before: Iterator[pa.RecordBatch], after: Iterator[pa.RecordBatch], counted: Counted
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Slices of both streams with equally many rows; what one has more is only counted."""
    source = target = None
    while True:
        source, target = _filled(source, before), _filled(target, after)
        if source is None or target is None:
            break
        rows = min(source.num_rows, target.num_rows)
        counted.source += rows
        counted.target += rows
        yield source.slice(0, rows), target.slice(0, rows)
        source, target = _rest(source, rows), _rest(target, rows)
    counted.source += _rows_left(source, before)
    counted.target += _rows_left(target, after)


def count_rows(case: Case, table: str) -> tuple[int, int]:
    """How many rows both sides of a table have, when nothing of them can be compared."""
    sides = (case.source.tables[table], case.target.tables[table])
    known = [side.rows for side in sides]
    counts = [
        sum(batch.num_rows for batch in side.batches()) if rows is None else rows
        for side, rows in zip(sides, known, strict=True)
    ]
    return counts[0], counts[1]


def _rest(batch: pa.RecordBatch, rows: int) -> pa.RecordBatch | None:
    """What is left of a batch; nothing of it is kept when that is nothing."""
    return batch.slice(rows) if rows < batch.num_rows else None


def _filled(batch: pa.RecordBatch | None, more: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    while batch is None or not batch.num_rows:
        batch = next(more, None)
        if batch is None:
            return None
    return batch


def _rows_left(batch: pa.RecordBatch | None, more: Iterator[pa.RecordBatch]) -> int:
    left = 0 if batch is None else int(batch.num_rows)
    return left + sum(int(each.num_rows) for each in more)


def _leaf_pairs(
    case: Case, table: str, column: str, source: pa.RecordBatch, target: pa.RecordBatch, first_row: int
) -> dict[str, LeafPair] | None:
    before, after = _flat(column, source), _flat(column, target)
    pairs = {}
    for path, (values, owners) in before.items():
        if path not in after or path not in case.leaves[table]:
            continue
        masked, masked_owners = after[path]
        if len(values) != len(masked) or (owners is not None and not owners.equals(masked_owners)):
            return None
        pairs[path] = LeafPair(case.leaves[table][path], Column(values), Column(masked), owners, first_row)
    return pairs


def _flat(column: str, batch: pa.RecordBatch) -> dict[str, tuple[pa.Array, pa.Array | None]]:
    values = batch.column(batch.schema.get_field_index(column))
    if not pa.types.is_nested(values.type):
        return {column: (values, None)}
    found: dict[str, tuple[pa.Array, pa.Array | None]] = {}

    def note(path: str, leaf: pa.Array, owners: pa.Array | None) -> pa.Array:
        found[path] = (leaf, owners)
        return leaf

    replace_leaves(column, values, note)
    return found
