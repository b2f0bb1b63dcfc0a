"""Values of the data's own people, which texts may repeat: collected from all tables, found again in texts.

A value is a sequence of words (:mod:`.detection.words`), kept as one 64-bit hash beside its text: some 50 bytes for a name
where an Aho-Corasick automaton takes some hundred for each of its characters. A text's words are followed through the
hashes of all beginnings, as through a trie, all texts at once. Two sequences of one hash would only mask too much, and are
expected once in 10^5 runs with 10^7 names and 10^9 words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.binding import make_operator
from dataops_infra.masking.detection.common_words import CALENDAR_HASHES, COMMON_HASHES, PARTICLE_HASHES
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge
from dataops_infra.masking.detection.words import Hashes, Words, chunks, combined, words_of
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.leaves import replace_leaves
from dataops_infra.masking.operators.base import Operator, Rows, Setting
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source

NAME_POOLS = ("first_name", "last_name", "full_name")
WHOLE_POOLS = ("company", "street")
"""Pools whose values are looked for as a whole only: one word of a street or a company is a common word."""
MOST_WORDS = 24
"""Words of the longest value that is looked for (a Thai name has a word per character)."""
_SIEVE_BITS = 22
_SHORTEST_ANY_CASE = 3
"""Letters from which on a single name is a name in small letters too."""


@dataclass(frozen=True)
class KnownValues:
    """The known values, found by their hash."""

    hashes: Hashes
    """Of whole values, ascending."""
    texts: pa.Array
    """The value as its column has it, for each hash."""
    owners: npt.NDArray[np.int16]
    """For each hash, the position of its operator."""
    beginnings: Hashes
    """Of all shorter beginnings of values, ascending."""
    operators: tuple[Operator, ...] = field(repr=False)
    sieve: npt.NDArray[np.bool_] = field(repr=False)
    """By the upper bits of a word's hash: whether a value may begin with it."""

    def __repr__(self) -> str:
        return f"KnownValues({len(self)} values)"

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, texts: FlatTexts) -> Spans:
        """Where known values stand, longest and then leftmost first; a span's label is the position of its hash."""
        found = [self._find_in(texts, words_of(texts, first, last)) for first, last in chunks(texts)]
        found = [spans for spans in found if len(spans)]
        if not found:
            return NO_SPANS
        return Spans(
            *(np.concatenate([getattr(spans, part) for spans in found]) for part in ("starts", "ends", "labels"))
        )

    def replacements(self, labels: Places, rows: Rows) -> pa.Array:
        """The replacement of each found value."""
        result, places = [], []
        owners = self.owners[labels]
        for owner in np.unique(owners):
            chosen = np.flatnonzero(owners == owner)
            values = self.texts.take(pa.array(labels[chosen]))
            result.append(self.operators[owner].apply(values, rows).cast(pa.large_string()))
            places.append(chosen)
        return pa.concat_arrays(result).take(pa.array(np.argsort(np.concatenate(places))))

    def _find_in(self, texts: FlatTexts, words: Words) -> Spans:
        at = np.flatnonzero(self.sieve[words.hashes >> np.uint64(64 - _SIEVE_BITS)])
        reached, last = words.hashes[at], at
        by_length: list[Spans] = []
        for _ in range(MOST_WORDS):
            if not len(at):
                break
            label, is_value = _look_up(self.hashes, reached)
            by_length.append(self._accepted(texts, words, at[is_value], last[is_value], label[is_value]))
            _, goes_on = _look_up(self.beginnings, reached)
            goes_on &= words.is_followed[last]
            at, last = at[goes_on], last[goes_on] + 1
            reached = combined(reached[goes_on], words.hashes[last])
        return merge(NO_SPANS, *map(without_overlaps, reversed(by_length)))

    def _accepted(self, texts: FlatTexts, words: Words, first: Places, last: Places, labels: Places) -> Spans:
        spans = Spans(words.starts[first], words.ends[last], labels)
        single = (first == last) & ~words.is_unspaced[first]
        kept = ~single
        kept[single] = _is_name(texts, words, first[single])
        return spans.where(kept)


def without_overlaps(spans: Spans) -> Spans:
    """Spans in order of their starts without those that overlap a kept one before them."""
    while len(spans):
        overlaps = np.zeros(len(spans), np.bool_)
        overlaps[1:] = spans.starts[1:] < spans.ends[:-1]
        if not overlaps.any():
            break
        # One that follows a kept one falls; what followed the fallen is looked at again.
        overlaps[1:] &= ~overlaps[:-1]
        spans = spans.where(~overlaps)
    return spans


def _look_up(ascending: Hashes, wanted: Hashes) -> tuple[Places, npt.NDArray[np.bool_]]:
    if not len(ascending):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1).astype(np.int64)
    return place, ascending[place] == wanted


def _is_name(texts: FlatTexts, words: Words, at: Places) -> npt.NDArray[np.bool_]:
    """Whether a word that is a name stands for one here: "Mark" and "mark", "Rose" and "rose", "An" and "an"."""
    starts, ends, hashes = words.starts[at], words.ends[at], words.hashes[at]
    head = texts.data[starts]
    is_ascii_small = (head >= 0x61) & (head <= 0x7A)
    is_long = ends - starts >= _SHORTEST_ANY_CASE
    common, month = np.isin(hashes, COMMON_HASHES), np.isin(hashes, CALENDAR_HASHES)
    second = texts.data[np.minimum(starts + 1, ends - 1)]
    shouted = (second >= 0x41) & (second <= 0x5A)
    title = ~is_ascii_small & ~shouted
    return np.where(common | month, title & ~month & ~_begins_sentence(texts, starts), (~is_ascii_small) | is_long)


def _begins_sentence(texts: FlatTexts, starts: Places) -> npt.NDArray[np.bool_]:
    first = texts.offsets[texts.rows(starts)]
    place = starts - 1
    for _ in range(2):  # past a space and a quotation mark
        inside = place >= first
        place = place - (inside & np.isin(texts.data[np.maximum(place, 0)], np.frombuffer(b" \"'(", np.uint8)))
    return (place < first) | np.isin(texts.data[np.maximum(place, 0)], np.frombuffer(b".!?\n", np.uint8))


@dataclass
class _Collector:
    """Gathers values; the first text and operator of a hash stay, in the order of plan and data."""

    hashes: list[Hashes] = field(default_factory=list)
    texts: list[pa.Array] = field(default_factory=list)
    owners: list[npt.NDArray[np.int16]] = field(default_factory=list)
    beginnings: list[Hashes] = field(default_factory=list)
    pending: int = 0

    def add(self, hashes: Hashes, texts: pa.Array, owner: int) -> None:
        self.hashes.append(hashes)
        self.texts.append(texts)
        self.owners.append(np.full(len(hashes), owner, np.int16))
        self.pending += len(hashes)
        if self.pending > max(1_000_000, len(self.hashes[0])):
            self.compact()

    def compact(self) -> None:
        if not self.hashes:
            return
        hashes, first = np.unique(np.concatenate(self.hashes), return_index=True)
        texts = pa.concat_arrays(self.texts).take(pa.array(first))
        owners = np.concatenate(self.owners)[first]
        self.hashes, self.texts, self.owners = [hashes], [texts], [owners]
        self.beginnings = [np.unique(np.concatenate(self.beginnings))] if self.beginnings else []
        self.pending = 0


def collect_known(plan: Plan, source: Source, key: MasterKey) -> KnownValues | None:
    """The values of all columns that the plan fills with names, streets or companies.

    :return: None where no column holds free text, or none of these.
    """
    if not any(column.operator == "text" for table in plan.tables.values() for column in table.columns.values()):
        return None
    operators: list[Operator] = [_part_operator(name, key) for name in ("first_name", "last_name")]
    collector = _Collector()
    for table in plan.tables:
        paths = _paths(plan, table)
        if not paths:
            continue
        schema = source.tables[table].schema
        owner = {}
        for path in paths:
            owner[path] = len(operators)
            operators.append(make_operator(plan, table, path, pa.large_string(), key, Learned()))
        columns = [
            name
            for name in schema.names
            if any(path == name or path.startswith((f"{name}.", f"{name}[")) for path in paths)
        ]
        for batch in source.tables[table].batches(columns):
            for path, values in _leaf_values(batch, set(paths)):
                pool = str(plan.tables[table].columns[path].options["pool"])
                _collect(collector, values, owner[path], pool in NAME_POOLS, pool == "full_name")
    collector.compact()
    return _known(collector, tuple(operators)) if collector.hashes else None


def _part_operator(kind: str, key: MasterKey) -> Operator:
    from dataops_infra.masking.operators import OPERATORS

    spec = OPERATORS["pool"]
    options = spec.options.model_validate(dict(KINDS[kind].options))
    return spec.build(Setting("", kind, pa.large_string(), key.domain(kind), options))


def _paths(plan: Plan, table: str) -> list[str]:
    return [
        path
        for path, column in plan.tables[table].columns.items()
        if column.operator == "pool" and column.options.get("pool") in (*NAME_POOLS, *WHOLE_POOLS)
    ]


def _leaf_values(batch: pa.RecordBatch, paths: set[str]) -> Iterator[tuple[str, pa.Array]]:
    found: list[tuple[str, pa.Array]] = []

    def note(path: str, values: pa.Array, owners: pa.Array | None) -> pa.Array:  # noqa: ARG001 - part of the protocol
        if path in paths:
            found.append((path, values))
        return values

    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        replace_leaves(name, column, note)
    yield from found


def _collect(collector: _Collector, values: pa.Array, owner: int, is_name: bool, is_full_name: bool) -> None:
    """Add one column's values, and of names their parts."""
    decoded = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    distinct = pc.unique(decoded).drop_null().cast(pa.large_string())
    texts = FlatTexts.of(distinct)
    for first, last in chunks(texts):
        _collect_chunk(collector, texts, first, last, owner, is_name, is_full_name)


def _collect_chunk(
    collector: _Collector, texts: FlatTexts, first: int, last: int, owner: int, is_name: bool, is_full_name: bool
) -> None:
    words = words_of(texts, first, last)
    rows = texts.rows(words.starts) - first
    count = np.bincount(rows, minlength=last - first)
    begin = np.concatenate([[0], np.cumsum(count)])[:-1]
    least = np.ones(last - first, np.int64) if is_name else np.full(last - first, 2)
    has = np.flatnonzero((count >= 1) & (count <= MOST_WORDS))
    least[has] = np.where(words.is_unspaced[begin[has]], 2, least[has])
    alive = has[count[has] >= least[has]]
    reached = words.hashes[begin[alive]]
    for length in range(1, MOST_WORDS + 1):
        done = count[alive] == length
        if done.any():
            collector.add(reached[done], texts.values.take(pa.array(alive[done] + first)), owner)
        alive, reached = alive[~done], reached[~done]
        if not len(alive):
            break
        collector.beginnings.append(np.unique(reached))
        reached = combined(reached, words.hashes[begin[alive] + length])
    if is_full_name:
        _collect_parts(collector, texts, words, rows, count)


def _collect_parts(collector: _Collector, texts: FlatTexts, words: Words, rows: Places, count: Places) -> None:
    """The single words of names: the last one a family's name, those before it given names."""
    usable = ~words.is_unspaced & (words.ends - words.starts >= 2) & (count[rows] > 1)
    usable &= ~np.isin(words.hashes, PARTICLE_HASHES)
    places = np.flatnonzero(usable)
    is_last = np.ones(len(places), np.bool_)
    is_last[:-1] = rows[places][1:] != rows[places][:-1]
    for owner, chosen in ((0, places[~is_last]), (1, places[is_last])):
        _, once = np.unique(words.hashes[chosen], return_index=True)
        chosen = chosen[np.sort(once)]
        collector.add(words.hashes[chosen], texts.pieces(words.starts[chosen], words.ends[chosen]), owner)


def _known(collector: _Collector, operators: Sequence[Operator]) -> KnownValues:
    hashes = collector.hashes[0]
    beginnings = collector.beginnings[0] if collector.beginnings else np.zeros(0, np.uint64)
    sieve = np.zeros(1 << _SIEVE_BITS, np.bool_)
    sieve[hashes >> np.uint64(64 - _SIEVE_BITS)] = True
    sieve[beginnings >> np.uint64(64 - _SIEVE_BITS)] = True
    return KnownValues(hashes, collector.texts[0], collector.owners[0], beginnings, tuple(operators), sieve)
