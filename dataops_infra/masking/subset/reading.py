"""The one pass over a table that a subset is chosen by: its keys, columns of few values, and who meets the condition.

Nothing else is read, and no value is kept but the few of a column of few values, as hashes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.cmac import ColumnCmac
from dataops_infra.masking.formats.base import checked
from dataops_infra.masking.gate.case import column_of
from dataops_infra.masking.gate.sampling import mixed
from dataops_infra.masking.gate.values import Flags, hashes, plain, texts, valid
from dataops_infra.masking.prf import canonical_text
from dataops_infra.masking.sources import SourceTable
from dataops_infra.masking.subset.condition import Condition
from dataops_infra.masking.subset.links import HashedKey

Codes = npt.NDArray[np.uint8]
Ranks = npt.NDArray[np.uint64]

NO_VALUE = 255
"""The code of a null in a column of few values."""
_SAMPLED = 1_000
"""Rows by which columns of many values are told before the table is read."""
_PUBLIC = bytes(32)
"""Ranks are no secret: they only have to be the same everywhere. AES with a known key is such a hash."""


@dataclass(frozen=True)
class Wanted:
    """What is to be read of one table."""

    keys: tuple[tuple[tuple[str, ...], bool], ...]
    """Sides of foreign keys: their columns, and whether they are compared as texts."""
    primary_key: tuple[str, ...]
    """Columns that name its rows, which are ranked by them; none = by their place."""
    unkept: frozenset[str]
    """Columns whose values are not kept because they are few: what refers to other rows."""
    few_values: int
    condition: Condition | None = None


@dataclass
class TableRows:
    """What was read of one table."""

    rows: int
    rows_of_files: list[int]
    keys: dict[tuple[tuple[str, ...], bool], HashedKey]
    few: dict[str, Codes]
    """Column of few values -> the number of each row's value."""
    meets: Flags | None
    """Which rows meet the condition; None = none was given."""
    ranks: Ranks
    """An order of the rows that has nothing to do with what stands in them; the lowest are chosen first."""


def read_rows(table: SourceTable, wanted: Wanted) -> TableRows:
    """Read of ``table`` what ``wanted`` names.

    :raises MaskingError: a file is damaged.
    :raises InvalidInputError: the condition fails on a value.
    """
    few = {name: _Few(wanted.few_values) for name in _candidates(table, wanted)}
    reader = _Reader(table, wanted, few)
    rows_of_files = [reader.read(file_batches) for file_batches in _by_file(table, reader.columns)]
    return reader.finished(rows_of_files)


def _by_file(table: SourceTable, columns: Sequence[str]) -> Iterator[Iterator[pa.RecordBatch]]:
    for file in table.files:
        yield checked(file.data.batches(columns), file.path)


def _candidates(table: SourceTable, wanted: Wanted) -> list[str]:
    """Columns that may have few values: a sample already tells most of the others."""
    names = [
        item.name
        for item in table.schema
        if item.name not in wanted.unkept and not pa.types.is_nested(item.type) and not pa.types.is_null(item.type)
    ]
    if not wanted.few_values or not names:
        return []
    sample = table.sample(_SAMPLED)
    return [name for name in names if _different(sample.column(name)) <= wanted.few_values]


def _different(values: pa.ChunkedArray) -> int:
    found = pa.concat_arrays([plain(chunk) for chunk in values.chunks]) if values.num_chunks else values
    try:
        return int(pc.count_distinct(found).as_py())
    except pa.ArrowNotImplementedError:
        return NO_VALUE + 1


class _Few:
    """The values of a column, numbered as they come, as long as they are few."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: dict[int, int] = {}
        self._codes: list[Codes] = []
        self.is_few = True

    def add(self, values: pa.Array) -> None:
        if not self.is_few:
            return
        coded = pc.dictionary_encode(plain(values))
        numbers = [self._numbers.setdefault(value, len(self._numbers)) for value in hashes(coded.dictionary).tolist()]
        if len(self._numbers) > self._most:
            self.is_few, self._codes = False, []
            return
        table = np.array([*numbers, NO_VALUE], np.uint8)
        places = pc.fill_null(coded.indices, len(numbers)).to_numpy(zero_copy_only=False)
        self._codes.append(table[places])

    def codes(self) -> Codes | None:
        """None: the values are not few, or stand in hardly more than one row each."""
        if not self.is_few or not self._codes:
            return None
        codes = np.concatenate(self._codes)
        filled = int(np.count_nonzero(codes != NO_VALUE))
        return codes if 0 < 2 * len(self._numbers) <= filled else None


@dataclass
class _Reader:
    table: SourceTable
    wanted: Wanted
    few: dict[str, _Few]
    _hashes: dict[tuple[tuple[str, ...], bool], list[HashedKey]] = field(default_factory=lambda: defaultdict(list))
    _meets: list[Flags] = field(default_factory=list)
    _ranks: list[Ranks] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The columns that are read; the first one where only rows are counted."""
        names = self.table.schema.names
        paths = [path for columns, _ in self.wanted.keys for path in columns] + list(self.wanted.primary_key)
        asked = self.wanted.condition.columns if self.wanted.condition is not None else ()
        found = {column_of(path, names) for path in paths} | set(self.few) | set(asked)
        return [name for name in names if name in found] or names[:1]

    def read(self, batches: Iterator[pa.RecordBatch]) -> int:
        """Take in the rows of one file; returns how many there are."""
        rows = 0
        for batch in batches:
            rows += batch.num_rows
            for side in self.wanted.keys:
                self._hashes[side].append(hashed_key(batch, *side))
            for name, few in self.few.items():
                few.add(batch.column(batch.schema.get_field_index(name)))
            if self.wanted.condition is not None:
                self._meets.append(self.wanted.condition.holds(batch))
            if self.wanted.primary_key:
                self._ranks.append(_ranked(batch, self.wanted.primary_key))
        return rows

    def finished(self, rows_of_files: list[int]) -> TableRows:
        """What was read of all files."""
        rows = sum(rows_of_files)
        keys = {}
        for side in self.wanted.keys:
            parts = self._hashes.pop(side, [])
            whole = [np.concatenate([np.empty(0, kind), *each]) for kind, each in _unzipped(parts)]
            keys[side] = HashedKey(whole[0], whole[1])
        few = {name: codes for name, each in self.few.items() if (codes := each.codes()) is not None}
        meets = None if self.wanted.condition is None else np.concatenate([np.empty(0, np.bool_), *self._meets])
        ranks = np.concatenate([np.empty(0, np.uint64), *self._ranks]) if self.wanted.primary_key else scattered(rows)
        return TableRows(rows, rows_of_files, keys, few, meets, ranks)


def _unzipped(parts: Sequence[HashedKey]) -> list[tuple[type, list[npt.NDArray[np.generic]]]]:
    return [(np.uint64, [part.hashes for part in parts]), (np.bool_, [part.there for part in parts])]


def hashed_key(batch: pa.RecordBatch, columns: Collection[str], as_texts: bool) -> HashedKey:
    """A hash of the key of each row, and whether all columns of it are filled (a key with a null refers to nothing)."""
    combined, there = np.zeros(batch.num_rows, np.uint64), np.ones(batch.num_rows, np.bool_)
    for path in columns:
        values = plain(leaf_values(batch, path))
        combined = mixed(hashes(texts(values) if as_texts else values), combined)
        there &= valid(values)
    return HashedKey(combined, there)


def leaf_values(batch: pa.RecordBatch, path: str) -> pa.Array:
    """The values of a column, or of a field within one (``address.city``)."""
    column = column_of(path, batch.schema.names)
    values = batch.column(batch.schema.get_field_index(column))
    for name in path[len(column) :].split(".")[1:]:
        values = values.flatten()[values.type.get_field_index(name)]
    return values


def scattered(rows: int) -> Ranks:
    """A number for each place, far from those of its neighbours (the finalizer of SplitMix64, Steele et al. 2014)."""
    mixed_up = np.arange(1, rows + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed_up = (mixed_up ^ (mixed_up >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed_up = (mixed_up ^ (mixed_up >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    ranks: Ranks = mixed_up ^ (mixed_up >> np.uint64(31))
    return ranks


def _ranked(batch: pa.RecordBatch, columns: Sequence[str]) -> Ranks:
    """Ranks by the rows' names, whichever place they stand at."""
    cmac = ColumnCmac(_PUBLIC)
    ranks = np.zeros(batch.num_rows, np.uint64)
    for path in columns:
        words = cmac.of(canonical_text(plain(leaf_values(batch, path))))
        ranks = mixed(words[:, 0], ranks)
    return ranks
