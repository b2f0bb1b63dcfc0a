"""Names of the data's own people, found again in texts.

A name is a sequence of words (:mod:`.detection.words`), kept as one 64-bit hash beside its text: some 50 bytes, where
an Aho-Corasick automaton takes some hundred for each character. A text's words are followed through the hashes of all
beginnings of names, as through a trie, all texts at once. Two names of one hash would only mask too much, and are
expected once in 10^5 runs with 10^7 names and 10^9 words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.bitmap import Bitmap
from dataops_infra.masking.detection.ambiguous_names import CALENDAR_HASHES, COMMON_HASHES, PARTICLE_HASHES
from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.sorted_hashes import SortedHashes
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge, without, without_overlaps
from dataops_infra.masking.detection.words import (
    Hashes,
    Words,
    chunks,
    combined,
    condensed,
    hashes_of,
    words_of,
)
from dataops_infra.masking.name_spellings import respelled, respelled_words
from dataops_infra.masking.operators.base import Operator, Rows
from dataops_infra.masking.ranked_hashes import RankedHashes, Ranks
from dataops_infra.masking.text_sieve import LatelySeen, TextSieve

MOST_WORDS = 24
"""Words of the longest name that is looked for (a Thai name has a word per character)."""
FIRST_NAMES, LAST_NAMES = 0, 1
"""Positions of the operators for single words of full names."""
_SIEVE_BITS = 24
_SHORTEST_ANY_CASE = 3
"""Letters from which on a single name is a name in small letters too."""
_SPACE = ord(" ")
_SEEN_PARTS_BITS = 16
_UNSPACED_PART = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+"
_ONE_WORD = rf"^[[\p{{L}}\p{{M}}]--{_UNSPACED_PART[:-1]}]+$"
_COMMON, _CALENDAR, _PARTICLES = (
    SortedHashes.of(np.unique(hashes)) for hashes in (COMMON_HASHES, CALENDAR_HASHES, PARTICLE_HASHES)
)


@dataclass(frozen=True)
class KnownNames:
    """Names, found by their hash."""

    hashes: SortedHashes = field(repr=False)
    """Of whole names."""
    texts: pa.Array = field(repr=False)
    """The name as its column has it, for each hash."""
    owners: Ranks = field(repr=False)
    """For each hash, the position of its operator."""
    beginnings: SortedHashes = field(repr=False)
    """Of all shorter beginnings of names."""
    operators: tuple[Operator, ...] = field(repr=False)
    sieve: Bitmap = field(repr=False)
    """The hashes of words that names may begin with."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} values)"

    def __len__(self) -> int:
        return len(self.hashes)

    def are_full(self, labels: Places) -> npt.NDArray[np.bool_]:
        """Which names consist of several words."""
        return np.asarray(pc.match_substring(self.texts.take(pa.array(labels)), " ").to_numpy(zero_copy_only=False))

    def replacements(self, labels: Places, pieces: pa.Array, rows: Rows) -> pa.Array:
        """The replacement of each found name; of one that is written as one word, as one too.

        :param pieces: the names as they stand in the texts.
        """
        result, places = [], []
        owners = self.owners[labels]
        for owner in np.unique(owners):
            chosen = np.flatnonzero(owners == owner)
            values = self.texts.take(pa.array(labels[chosen]))
            result.append(self.operators[owner].apply(values, rows).cast(pa.large_string()))
            places.append(chosen)
        return _glued(pa.concat_arrays(result).take(pa.array(np.argsort(np.concatenate(places)))), pieces)

    def find(self, texts: FlatTexts, words: Words, among: Places, taken: Spans = NO_SPANS) -> Spans:
        """Where names stand, longest and then leftmost first; a span's label is the position of its hash.

        Of equally long ones what is spelled as in a column comes before other spellings.

        :param among: the words that names may begin with as they are spelled.
        :param taken: pieces that no name may overlap: one that does hides no shorter one.
        """
        spellings = [self._find(texts, words, among)]
        for spelled, changed in respelled_words(texts, words):
            spellings.append(self._find(texts, spelled, np.union1d(among, changed), changed))
        spellings = [[without(spans, taken) for spans in found] for found in spellings]
        if len(spellings) == 1:
            return merge(NO_SPANS, *map(without_overlaps, reversed(spellings[0])))
        longest = reversed(range(max(map(len, spellings))))
        by_length = (found[length] for length in longest for found in spellings if length < len(found))
        return merge(NO_SPANS, *map(without_overlaps, by_length))

    def _find(self, texts: FlatTexts, words: Words, among: Places, changed: Places | None = None) -> list[Spans]:
        """Where names of one word stand, of two, and so on, in one spelling.

        :param changed: the words that are spelled otherwise; alone they are names only with a capital.
        """
        at = among[self.sieve.may_hold(words.heads[among])]
        reached, last = words.hashes_at(at), at
        by_length: list[Spans] = []
        for _ in range(MOST_WORDS):
            if not len(at):
                break
            label, is_whole = self.hashes.look_up(reached)
            by_length.append(self._accepted(texts, words, at[is_whole], last[is_whole], label[is_whole], changed))
            goes_on = np.flatnonzero(self.beginnings.look_up(reached)[1])
            goes_on = goes_on[words.is_followed_at(last[goes_on])]
            at, last = at[goes_on], last[goes_on] + 1
            reached = combined(reached[goes_on], words.hashes_at(last))
        return by_length

    def _accepted(
        self, texts: FlatTexts, words: Words, first: Places, last: Places, labels: Places, changed: Places | None
    ) -> Spans:
        if changed is not None and len(first):
            small = texts.data[words.starts[first]]
            is_word = (first == last) & np.isin(first, changed) & (small >= 0x61) & (small <= 0x7A)
            first, last, labels = first[~is_word], last[~is_word], labels[~is_word]
        spans = Spans(words.starts[first], words.ends[last], labels)
        single = (first == last) & ~words.is_unspaced[first]
        if single.all():
            return spans.where(self._are_names(texts, words, first, labels))
        kept = ~single
        kept[kept] = ~_is_phrase(texts, words, first[~single], last[~single])
        kept[single] = self._are_names(texts, words, first[single], labels[single])
        return spans.where(kept)

    @cached_property
    def _ambiguous(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """For each hash, whether the word is a common one too, and whether it is of the calendar."""
        hashes = self.hashes.values
        return _COMMON.look_up(hashes)[1], _CALENDAR.look_up(hashes)[1]

    def _are_names(self, texts: FlatTexts, words: Words, at: Places, labels: Places) -> npt.NDArray[np.bool_]:
        """Whether words that are names stand for them here: "Mark" and "mark", "Rose" and "rose", "An" and "an"."""
        common, month = (flags[labels] for flags in self._ambiguous)
        starts, ends = words.starts[at], words.ends[at]
        head = texts.data[starts]
        is_ascii_small = (head >= 0x61) & (head <= 0x7A)
        is_long = ends - starts >= _SHORTEST_ANY_CASE
        second = texts.data[np.minimum(starts + 1, ends - 1)]
        shouted = (second >= 0x41) & (second <= 0x5A)
        title = ~is_ascii_small & ~shouted
        kept = np.where(common | month, title & ~month, ~is_ascii_small | is_long)
        asked = np.flatnonzero(common & kept)
        kept[asked] = ~_begins_sentence(texts, starts[asked])
        return kept


def _is_phrase(texts: FlatTexts, words: Words, first: Places, last: Places) -> npt.NDArray[np.bool_]:
    """Whether a name that begins and ends with common words is written in small letters ("may rose")."""
    head = texts.data[words.starts[first]]
    small = (head >= 0x61) & (head <= 0x7A)
    small[small] = _is_common(words.hashes_at(first[small])) & _is_common(words.hashes_at(last[small]))
    return small


def _is_common(hashes: Hashes) -> npt.NDArray[np.bool_]:
    return _COMMON.look_up(hashes)[1] | _CALENDAR.look_up(hashes)[1]


def _begins_sentence(texts: FlatTexts, starts: Places) -> npt.NDArray[np.bool_]:
    first = texts.offsets[texts.rows(starts)]
    place = starts - 1
    for _ in range(2):  # past a space and a quotation mark
        inside = place >= first
        place = place - (inside & np.isin(texts.data[np.maximum(place, 0)], np.frombuffer(b" \"'(", np.uint8)))
    return (place < first) | np.isin(texts.data[np.maximum(place, 0)], np.frombuffer(b".!?\n", np.uint8))


@dataclass
class NamesCollector:
    """Gathers the names that texts may hold; of the texts of a hash that of the first operator stays, then the least.

    Several threads may add at the same time, in whatever order: what is gathered is the same.

    :param operators: begins with those for the single words of full names: given names, family names.
    :param sieve: what the texts may hold.
    """

    operators: list[Operator]
    sieve: TextSieve
    _seen: LatelySeen = field(default_factory=LatelySeen)
    _seen_parts: LatelySeen = field(default_factory=lambda: LatelySeen(_SEEN_PARTS_BITS))
    _names: RankedHashes[SortedHashes] = field(default_factory=lambda: RankedHashes(SortedHashes, pa.large_string()))
    _beginnings: RankedHashes[SortedHashes] = field(default_factory=lambda: RankedHashes(SortedHashes))
    _firsts: Bitmap = field(default_factory=lambda: Bitmap.of(_SIEVE_BITS))
    """The words that they begin with."""

    def add(self, names: pa.Array, owner: int, with_parts: bool) -> None:
        """Take in the names of a column, of any string type, without nulls.

        :param with_parts: their single words are names too.
        """
        fresh = self._seen.fresh(names.cast(pa.large_string()), owner)
        if not len(fresh):
            return
        normal = NormalTexts.of(FlatTexts.of(fresh)).texts
        self._add_names(normal.values, fresh, _rank(owner), with_parts)
        for rows, spelled in respelled(normal.values):
            self._add_names(spelled, fresh.take(pa.array(rows)), _rank(owner) + 1, with_parts)
        if with_parts:
            for part_owner, parts in _unspaced_parts(normal):
                self._add_names(parts, parts, _rank(part_owner), with_parts=False)
            turned, rows = _family_first(normal)
            self._add_names(turned, fresh.take(pa.array(rows)), _rank(owner) + 1, with_parts=False)

    def finished(self) -> KnownNames | None:
        """What was gathered; None = nothing."""
        names, beginnings = self._names.taken_out(), self._beginnings.taken_out().hashes
        if not len(names):
            return None
        owners, operators = names.ranks >> 1, tuple(self.operators)
        return KnownNames(names.hashes, names.texts, owners, beginnings, operators, self._firsts)

    def _add_names(self, spelt: pa.Array, names: pa.Array, rank: int, with_parts: bool) -> None:
        """Take in names in the spelling that texts have."""
        texts = FlatTexts.of(spelt)
        held = self.sieve.may_hold(texts, short=True)
        if not with_parts:
            chosen = np.flatnonzero(held)
            names, texts = names.take(pa.array(chosen)), FlatTexts.of(texts.values.take(pa.array(chosen)))
            held = np.ones(len(chosen), np.bool_)
        self._add_joined(texts, names, rank | 1)
        for first, last in chunks(texts):
            words = words_of(texts, first, last)
            rows = texts.rows(words.starts)
            self._add_sequences(words, rows - first, names.slice(first, last - first), held[first:last], rank)
            if with_parts:
                self._add_parts(words, texts, rows, rank & 1)

    def _add_sequences(
        self, words: Words, rows: Places, names: pa.Array, held: npt.NDArray[np.bool_], rank: int
    ) -> None:
        count = np.bincount(rows, minlength=len(names))
        begin = np.concatenate([[0], np.cumsum(count)])[:-1]
        alive = np.flatnonzero(held & (count >= 1) & (count <= MOST_WORDS))
        # One Han character is a common word; one letter is an initial.
        head = begin[alive]
        lone = words.is_unspaced[head] | (words.ends[head] - words.starts[head] < 2)
        alive = alive[~(lone & (count[alive] == 1))]
        self._firsts.add(words.heads[begin[alive]])
        reached = words.hashes[begin[alive]]
        for length in range(1, MOST_WORDS + 1):
            done = count[alive] == length
            self._names.add(reached[done], rank, names.take(pa.array(alive[done])))
            alive, reached = alive[~done], reached[~done]
            if not len(alive):
                break
            self._beginnings.add(np.unique(reached), 0)
            reached = combined(reached, words.hashes[begin[alive] + length])

    def _add_joined(self, texts: FlatTexts, names: pa.Array, rank: int) -> None:
        """Take in names of several words that texts may write as one: annaberg."""
        chosen = pa.array(np.flatnonzero(self.sieve.may_be_words(texts)))
        texts, names = FlatTexts.of(texts.values.take(chosen)), names.take(chosen)
        for first, last in chunks(texts):
            words = words_of(texts, first, last)
            rows = texts.rows(words.starts) - first
            count = np.bincount(rows, minlength=last - first)
            is_spaced = np.bincount(rows[words.is_unspaced], minlength=last - first) == 0
            joined = np.flatnonzero(is_spaced & (count > 1) & (count <= MOST_WORDS))
            hashes = hashes_of(condensed(texts, first, last))[joined]
            self._firsts.add(hashes)
            self._names.add(hashes, rank, names.take(pa.array(first + joined)))

    def _add_parts(self, words: Words, texts: FlatTexts, rows: Places, accentless: int) -> None:
        """The last word of a name is a family's name, those before it are given names."""
        usable = ~words.is_unspaced & (words.ends - words.starts >= 2)
        places = np.flatnonzero(usable & ~_PARTICLES.look_up(words.hashes)[1])
        is_last = np.ones(len(places), np.bool_)
        is_last[:-1] = rows[places][1:] != rows[places][:-1]
        for owner, chosen in ((FIRST_NAMES, places[~is_last]), (LAST_NAMES, places[is_last])):
            rank = _rank(owner) + accentless
            pieces = texts.pieces(words.starts[chosen], words.ends[chosen])
            fresh = self._seen_parts.places(pieces, rank)
            pieces, chosen = pieces.take(pa.array(fresh)), chosen[fresh]
            held = np.flatnonzero(self.sieve.may_hold(FlatTexts.of(pieces), short=True))
            self._firsts.add(words.heads[chosen[held]])
            self._names.add(words.hashes[chosen[held]], rank, pieces.take(pa.array(held)))


def _glued(names: pa.Array, pieces: pa.Array) -> pa.Array:
    """Names of several words without their spaces where ``pieces`` have none, and in small letters where they do."""
    joined = pc.and_(pc.match_substring(names, " "), pc.invert(pc.match_substring(pieces, " ")))
    rows = np.flatnonzero(joined.to_numpy(zero_copy_only=False))
    written = pl.Series(pieces.take(pa.array(rows)), dtype=pl.String)
    chosen = written.str.contains(_ONE_WORD).arg_true().to_numpy()
    if not len(chosen):
        return names
    rows, written = rows[chosen], written.gather(chosen)
    plain = pl.Series(names.take(pa.array(rows)), dtype=pl.String).str.replace_all(" ", "", literal=True)
    small = plain.zip_with(written != written.str.to_lowercase(), plain.str.to_lowercase())
    places = np.arange(len(names))
    places[rows] = len(names) + np.arange(len(rows))
    return pa.concat_arrays([names, small.to_arrow().cast(names.type)]).take(pa.array(places))


def _rank(owner: int) -> int:
    """Names in their own spelling before those without accents, of each operator in turn."""
    return 2 * owner


def _unspaced_parts(texts: FlatTexts) -> Iterator[tuple[int, pa.Array]]:
    """Given names and family names of scripts without spaces between words, where a space stands between the two.

    Each of their characters is a word, so that what spaces part are no single words.
    """
    if texts.is_ascii:
        return
    names = pl.Series(texts.values.take(pa.array(texts.foreign_rows)), dtype=pl.String)
    found = names.str.extract_all(_UNSPACED_PART)
    backwards = found.filter(found.list.len() > 1).list.reverse()
    for owner, parts in ((FIRST_NAMES, backwards.list.slice(1).explode()), (LAST_NAMES, backwards.list.first())):
        chosen = parts.filter(parts.str.len_chars() > 1).unique()
        yield owner, chosen.to_arrow().cast(pa.large_string())


def _family_first(texts: FlatTexts) -> tuple[pa.Array, Places]:
    """Names of several words with the last one in front, as lists and letters in capitals have them: BERG, ANNA."""
    spaces = np.flatnonzero(texts.data == _SPACE)
    starts, ends = texts.offsets[:-1], texts.offsets[1:]
    behind = np.searchsorted(spaces, ends) - 1
    last = np.append(spaces, 0)[behind]  # of texts without any in front of them: none
    rows = np.flatnonzero((behind >= 0) & (last > starts) & (last < ends - 1))
    given, family = texts.pieces(starts[rows], last[rows]), texts.pieces(last[rows] + 1, ends[rows])
    return pc.binary_join_element_wise(family, given, pa.scalar(" ", pa.large_string())), rows
