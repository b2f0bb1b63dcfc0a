"""Which columns name the same things: foreign keys, stated or found, and the domains that follow from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.classify.samples import ColumnSample, family
from dataops_infra.masking.detection.names import words_of
from dataops_infra.masking.plan import ForeignKey

if TYPE_CHECKING:
    from dataops_infra.masking.sources import Source, SourceTable

KEY_ROWS = 1_000_000
"""Rows of a referenced column that are read at most."""
FEWEST_KEYS = 3
"""A foreign key of fewer different values is not told from chance."""
CONTAINED = 0.98
"""Share of the sampled values that stand in the referenced column."""
KEY_WORDS = frozenset({"id", "key", "uuid", "guid", "number", "ref", "reference", "pk", "fk", "sid", "code"})

_JOINABLE = ("text", "integer")
"""Of several formats in one folder, one may hold as texts (CSV) what the other holds as numbers."""
LEAST_DIGITS = 7
"""Numbers of fewer digits are masked differently as texts and as numbers (operator ``fpe``): of six, some get a leading
zero as texts, which numbers lose."""

Side = tuple[str, str]
"""Table and column."""


@dataclass(frozen=True)
class _Candidate:
    child: Side
    parent: Side


def find_foreign_keys(
    source: "Source", samples: Mapping[str, Mapping[str, ColumnSample]], stated: Sequence[ForeignKey]
) -> list[ForeignKey]:
    """Foreign keys that names propose and values confirm: nearly all sampled values stand in the other table's column,
    in which every value is different."""
    taken = {(key.table, column) for key in stated for column in key.columns}
    candidates = [each for each in _candidates(samples) if each.child not in taken]
    found: dict[Side, ForeignKey] = {}
    for parent in sorted({each.parent for each in candidates}):
        children = [each.child for each in candidates if each.parent == parent and each.child not in found]
        for child, share in _contained(source.tables[parent[0]], parent[1], children, samples):
            found[child] = ForeignKey(
                table=child[0],
                columns=(child[1],),
                references=parent[0],
                referenced_columns=(parent[1],),
                reason=f"found: the names fit, and {share:.0%} of the sampled values stand there, where each is unique",
            )
    return [found[child] for child in sorted(found)]


def row_key(table: str, columns: Mapping[str, ColumnSample]) -> str | None:
    """The column that seems to name the rows of ``table``: ``id``, ``customer_id`` of customers; None = none does."""
    about = _singular(words_of(table))[-1:]
    own = ((path, _singular(words_of(path)[:-1])) for path in _keys(columns))
    return next((path for path, owner in own if not owner or owner[-1:] == about), None)


def _candidates(samples: Mapping[str, Mapping[str, ColumnSample]]) -> Iterator[_Candidate]:
    keys = [(table, path) for table, columns in samples.items() for path in _keys(columns)]
    for table, columns in samples.items():
        for path, sample in columns.items():
            if len(sample.values) == 0 or family(sample.value_type) not in _JOINABLE:
                continue
            for parent in keys:
                if parent[0] != table and _names_fit(path, parent):
                    other = family(samples[parent[0]][parent[1]].value_type)
                    if other == family(sample.value_type) or other in _JOINABLE:
                        yield _Candidate((table, path), parent)


def _keys(columns: Mapping[str, ColumnSample]) -> Iterator[str]:
    """Top-level columns of which every sampled value is different and whose name may be that of a key."""
    for path, sample in columns.items():
        words = words_of(path)
        if "[]" in path or "." in path or not words or words[-1] not in KEY_WORDS:
            continue
        if len(sample.values) and pc.count_distinct(sample.values).as_py() == len(sample.values):
            yield path


@lru_cache(maxsize=65536)
def _names_fit(child: str, parent: Side) -> bool:
    """``orders.customer_id`` fits ``customers.id``, ``customers.customer_id`` and ``crm_customers.key``."""
    words, table, key = words_of(child), _singular(words_of(parent[0])), words_of(parent[1])
    if not words:
        return False
    if words == key:
        # The same name on both sides; a mere `id` names the rows of its own table.
        return len(words) > 1 and _singular(words[:-1])[-1:] == table[-1:]
    about = _singular(words[:-1]) if words[-1] in KEY_WORDS else _singular(words)
    own = _singular(key[:-1])
    return bool(about) and about[-1] == table[-1] and (not own or own[-1] == table[-1])


@lru_cache(maxsize=65536)
def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s") if not word.endswith("ss") else word
        for word in words
    )


def _contained(
    table: "SourceTable", column: str, children: Sequence[Side], samples: Mapping[str, Mapping[str, ColumnSample]]
) -> Iterator[tuple[Side, float]]:
    """The children nearly all of whose values stand in the column, with the share; none where it is not unique."""
    parts, rows = [], 0
    for batch in table.batches([column]):
        values = batch.column(0)
        values = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        parts.append(_comparable(values))
        rows += len(values)
        if rows >= KEY_ROWS:
            return
    keys = pl.concat(parts) if parts else pl.Series([], dtype=pl.String)
    if keys.null_count() or keys.n_unique() != len(keys):
        return
    for child in children:
        values = _comparable(samples[child[0]][child[1]].values).unique()
        if len(values) >= FEWEST_KEYS:
            share = float(values.is_in(keys.implode()).mean())  # type: ignore[arg-type]
            if share >= CONTAINED:
                yield child, share


def join_as_digits(samples: Iterable[ColumnSample]) -> bool:
    """Whether texts and integers that name the same things are all numbers that ``fpe`` replaces alike in both."""
    for sample in samples:
        texts = _comparable(sample.values)
        digits = f"[1-9][0-9]{{{LEAST_DIGITS - 1},{_most_digits(sample.value_type) - 1}}}"
        if not texts.str.contains(f"^{digits}$").all():
            return False
    return True


def _most_digits(kind: pa.DataType) -> int:
    """Digits that every number of so many digits fits into the type with."""
    widest = kind if pa.types.is_integer(kind) else pa.int64()
    return len(str(2 ** (widest.bit_width - pa.types.is_signed_integer(widest)) - 1)) - 1


def _comparable(values: pa.Array) -> pl.Series:
    return pl.Series(values.cast(pa.large_string()))


class Groups:
    """Columns that name the same things: the sides of foreign keys, joined."""

    def __init__(self, keys: Iterable[ForeignKey]) -> None:
        self._leader: dict[Side, Side] = {}
        for key in keys:
            for column, referenced in zip(key.columns, key.referenced_columns, strict=True):
                self._join((key.table, column), (key.references, referenced))

    def _join(self, child: Side, parent: Side) -> None:
        first, second = self.leader(child), self.leader(parent)
        if first != second:
            self._leader[first] = second

    def leader(self, side: Side) -> Side:
        """The column that a group is called after: the one that is referred to."""
        while side in self._leader:
            side = self._leader[side]
        return side

    def members(self) -> dict[Side, list[Side]]:
        """Leader -> all columns of its group."""
        found: dict[Side, list[Side]] = {}
        for side in self._leader:
            found.setdefault(self.leader(side), []).append(side)
        return {leader: [leader, *sides] for leader, sides in found.items()}
