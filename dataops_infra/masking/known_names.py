"""Names of the data's own people, found again in texts.

A name is a sequence of words (:mod:`.detection.words`), kept as one 64-bit hash beside its text: some 50 bytes, where
an Aho-Corasick automaton takes some hundred for each character. A text's words are followed through the hashes of all
beginnings of names, as through a trie, all texts at once. Two names of one hash would only mask too much, and are
expected once in 10^5 runs with 10^7 names and 10^9 words.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.ambiguous_names import CALENDAR_HASHES, COMMON_HASHES, PARTICLE_HASHES
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge, without_overlaps
from dataops_infra.masking.detection.words import Hashes, Words, combined, words_of
from dataops_infra.masking.known_wholes import look_up
from dataops_infra.masking.operators.base import Operator, Rows

MOST_WORDS = 24
"""Words of the longest name that is looked for (a Thai name has a word per character)."""
FIRST_NAMES, LAST_NAMES = 0, 1
"""Positions of the operators for single words of full names."""
_SIEVE_BITS = 22
_SHORTEST_ANY_CASE = 3
"""Letters from which on a single name is a name in small letters too."""
_COMPACT_AT = 1_000_000


@dataclass(frozen=True)
class KnownNames:
    """Names, found by their hash."""

    hashes: Hashes = field(repr=False)
    """Of whole names, ascending."""
    texts: pa.Array = field(repr=False)
    """The name as its column has it, for each hash."""
    owners: npt.NDArray[np.int16] = field(repr=False)
    """For each hash, the position of its operator."""
    beginnings: Hashes = field(repr=False)
    """Of all shorter beginnings of names, ascending."""
    operators: tuple[Operator, ...] = field(repr=False)
    sieve: npt.NDArray[np.bool_] = field(repr=False)
    """By the upper bits of a word's hash: whether a name may begin with it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} values)"

    def __len__(self) -> int:
        return len(self.hashes)

    def replacements(self, labels: Places, rows: Rows) -> pa.Array:
        """The replacement of each found name."""
        result, places = [], []
        owners = self.owners[labels]
        for owner in np.unique(owners):
            chosen = np.flatnonzero(owners == owner)
            values = self.texts.take(pa.array(labels[chosen]))
            result.append(self.operators[owner].apply(values, rows).cast(pa.large_string()))
            places.append(chosen)
        return pa.concat_arrays(result).take(pa.array(np.argsort(np.concatenate(places))))

    def find(self, texts: FlatTexts, words: Words) -> Spans:
        """Where names stand, longest and then leftmost first; a span's label is the position of its hash."""
        at = np.flatnonzero(self.sieve[words.hashes >> np.uint64(64 - _SIEVE_BITS)])
        reached, last = words.hashes[at], at
        by_length: list[Spans] = []
        for _ in range(MOST_WORDS):
            if not len(at):
                break
            label, is_whole = look_up(self.hashes, reached)
            by_length.append(self._accepted(texts, words, at[is_whole], last[is_whole], label[is_whole]))
            _, goes_on = look_up(self.beginnings, reached)
            goes_on &= words.is_followed[last]
            at, last = at[goes_on], last[goes_on] + 1
            reached = combined(reached[goes_on], words.hashes[last])
        return merge(NO_SPANS, *map(without_overlaps, reversed(by_length)))

    def _accepted(self, texts: FlatTexts, words: Words, first: Places, last: Places, labels: Places) -> Spans:
        spans = Spans(words.starts[first], words.ends[last], labels)
        single = (first == last) & ~words.is_unspaced[first]
        kept = ~single & ~_is_phrase(texts, words, first, last)
        kept[single] = _is_name(texts, words, first[single])
        return spans.where(kept)


def _is_phrase(texts: FlatTexts, words: Words, first: Places, last: Places) -> npt.NDArray[np.bool_]:
    """Whether a name that begins and ends with common words is written in small letters ("may rose")."""
    head = texts.data[words.starts[first]]
    small = (head >= 0x61) & (head <= 0x7A)
    small[small] = _is_common(words.hashes[first[small]]) & _is_common(words.hashes[last[small]])
    return small


def _is_common(hashes: Hashes) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isin(hashes, COMMON_HASHES) | np.isin(hashes, CALENDAR_HASHES))


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
class NamesCollector:
    """Gathers names; the first text and operator of a hash stay, in the order of plan and data.

    :param operators: begins with those for the single words of full names: given names, family names.
    """

    operators: list[Operator]
    _hashes: list[Hashes] = field(default_factory=list)
    _texts: list[pa.Array] = field(default_factory=list)
    _owners: list[npt.NDArray[np.int16]] = field(default_factory=list)
    _beginnings: list[Hashes] = field(default_factory=list)
    _pending: int = 0

    def add(self, words: Words, texts: FlatTexts, first: int, last: int, owner: int, with_parts: bool) -> None:
        """Take in the names in the rows ``first`` to ``last`` (exclusive), whose words are given.

        :param with_parts: their single words are names too.
        """
        names = texts.values.slice(first, last - first)
        self._add_sequences(words, texts.rows(words.starts) - first, names, owner)
        if with_parts:
            self._add_parts(words, texts, texts.rows(words.starts))
        self._add_without_accents(names, owner, with_parts)
        if self._pending > max(_COMPACT_AT, len(self._hashes[0]) if self._hashes else 0):
            self._compact()

    def finished(self) -> KnownNames | None:
        """What was gathered; None = nothing."""
        if not self._hashes:
            return None
        self._compact()
        hashes, beginnings = self._hashes[0], self._beginnings[0]
        sieve = np.zeros(1 << _SIEVE_BITS, np.bool_)
        for begins in (hashes, beginnings):
            sieve[begins >> np.uint64(64 - _SIEVE_BITS)] = True
        return KnownNames(hashes, self._texts[0], self._owners[0], beginnings, tuple(self.operators), sieve)

    def _add_sequences(self, words: Words, rows: Places, names: pa.Array, owner: int) -> None:
        count = np.bincount(rows, minlength=len(names))
        begin = np.concatenate([[0], np.cumsum(count)])[:-1]
        alive = np.flatnonzero((count >= 1) & (count <= MOST_WORDS))
        # One Han character is a common word; one letter is an initial.
        head = begin[alive]
        lone = words.is_unspaced[head] | (words.ends[head] - words.starts[head] < 2)
        alive = alive[~(lone & (count[alive] == 1))]
        reached = words.hashes[begin[alive]]
        for length in range(1, MOST_WORDS + 1):
            done = count[alive] == length
            self._note(reached[done], names.take(pa.array(alive[done])), owner)
            alive, reached = alive[~done], reached[~done]
            if not len(alive):
                break
            self._beginnings.append(np.unique(reached))
            reached = combined(reached, words.hashes[begin[alive] + length])

    def _add_parts(self, words: Words, texts: FlatTexts, rows: Places) -> None:
        """The last word of a name is a family's name, those before it are given names."""
        usable = ~words.is_unspaced & (words.ends - words.starts >= 2)
        places = np.flatnonzero(usable & ~np.isin(words.hashes, PARTICLE_HASHES))
        is_last = np.ones(len(places), np.bool_)
        is_last[:-1] = rows[places][1:] != rows[places][:-1]
        for owner, chosen in ((FIRST_NAMES, places[~is_last]), (LAST_NAMES, places[is_last])):
            _, once = np.unique(words.hashes[chosen], return_index=True)
            chosen = chosen[np.sort(once)]
            self._note(words.hashes[chosen], texts.pieces(words.starts[chosen], words.ends[chosen]), owner)

    def _add_without_accents(self, names: pa.Array, owner: int, with_parts: bool) -> None:
        """Names in Latin script as people type them who lack the keys: "Jose" for "José"."""
        series = pl.Series(names, dtype=pl.String)
        accented = np.flatnonzero(
            series.str.contains(r"\p{Latin}").to_numpy() & ~series.str.contains(r"^[ -~]*$").to_numpy()
        )
        if not len(accented):
            return
        plain = series.gather(accented).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
        texts = FlatTexts.of(plain.to_arrow())
        words = words_of(texts, 0, len(texts))
        self._add_sequences(words, texts.rows(words.starts), names.take(pa.array(accented)), owner)
        if with_parts:
            self._add_parts(words, texts, texts.rows(words.starts))

    def _note(self, hashes: Hashes, texts: pa.Array, owner: int) -> None:
        if len(hashes):
            self._hashes.append(hashes)
            self._texts.append(texts)
            self._owners.append(np.full(len(hashes), owner, np.int16))
            self._pending += len(hashes)

    def _compact(self) -> None:
        hashes, first = np.unique(np.concatenate(self._hashes), return_index=True)
        self._texts = [pa.concat_arrays(self._texts).take(pa.array(first))]
        self._hashes, self._owners = [hashes], [np.concatenate(self._owners)[first]]
        self._beginnings = [np.unique(np.concatenate([np.zeros(0, np.uint64), *self._beginnings]))]
        self._pending = 0
