"""Known values that are looked for as a whole: numbers, codes, addresses, companies, dates of birth.

Of each value a hash of 60 bits is kept, of its letters and digits alone: ``123-45-6789`` is found as ``123 45 6789``
and as ``123456789``. What replaces a found value is made from the text as it was found, by the operator of the value's
column.
"""

from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.bitmap import Bitmap
from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.packed_hashes import PackedHashes
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge, without, without_overlaps
from dataops_infra.masking.detection.words import (
    LONGEST_JOINED,
    OPENING,
    Hashes,
    Words,
    chunks,
    condensed,
    hashes_of,
    joined,
    mixed,
    openings_of,
    words_of,
)
from dataops_infra.masking.name_spellings import respelled, turkish_cases
from dataops_infra.masking.operators.base import Operator
from dataops_infra.masking.ranked_hashes import RankedHashes, Ranks
from dataops_infra.masking.text_sieve import LatelySeen, TextSieve

MOST_WORDS = 64
"""Words of the longest value that is looked for (in scripts without spaces every character is one)."""
_GROUP, _GROUPED_FROM, _MOST_GROUPS = 4, 12, 9
"""Characters of a group and of the shortest number that is written in groups; groups of the longest (an IBAN)."""
SHORTEST_BYTES = OPENING
"""Letters and digits of the shortest value that is looked for."""
_MOST_DIGITS = 24
"""Digits of the longest number that is looked for in whatever groups."""
_SIEVE_BITS, _FEWER_BITS = (24, 25), 2
"""Sizes of what is kept of the words that values begin with: a quarter of what is kept of the texts."""
_OPENINGS_BITS = 24


@dataclass(frozen=True)
class KnownWholes:
    """Whole values, found by their hash."""

    hashes: PackedHashes = field(repr=False)
    owners: Ranks = field(repr=False)
    """For each hash the position of its operator."""
    operators: tuple[Operator, ...] = field(repr=False)
    sieve: Bitmap = field(repr=False)
    """The hashes of words that values may begin with."""
    openings: Bitmap = field(repr=False)
    """What values begin with, however they fall into words."""
    most_words: int = field(repr=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} values)"

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, words: Words, among: Places, taken: Spans = NO_SPANS) -> Spans:
        """Where values stand, longest and then leftmost first; a span's label is the position of its operator.

        :param among: the words that they may begin with.
        :param taken: pieces that no value may overlap: one that does hides no shorter one.
        """
        is_number = words.are_numbers
        at = among[self.sieve.may_hold(words.heads[among])]
        # Numbers are written in whatever groups, so that their first one tells nothing.
        begins = is_number & np.append(is_number[1:], False)
        begins[at] = True
        at = np.flatnonzero(begins)
        openings, is_enough = words.openings_at(at)
        at = at[is_enough & self.openings.may_hold(openings)]
        lengths = words.ends[at] - words.starts[at]
        at, lengths = at[lengths <= LONGEST_JOINED], lengths[lengths <= LONGEST_JOINED]
        last, codes = at, words.codes_at(at)
        by_length: list[Spans] = []
        for count in range(1, max(self.most_words, _MOST_DIGITS) + 1):
            if not len(at):
                break
            place, found = self.hashes.look_up(mixed(codes))
            label = self.owners[place[found]].astype(np.int64)
            by_length.append(without(Spans(words.starts[at[found]], words.ends[last[found]], label), taken))
            goes_on = words.is_followed_at(last) & (lengths < LONGEST_JOINED)
            if count >= self.most_words:
                goes_on &= np.append(is_number, False)[last + 1] & (lengths < _MOST_DIGITS)
            at, last, lengths = at[goes_on], last[goes_on] + 1, lengths[goes_on]
            codes = joined(codes[goes_on], lengths, words.codes_at(last))
            lengths = lengths + words.ends[last] - words.starts[last]
        return merge(NO_SPANS, *map(without_overlaps, reversed(by_length)))


def _first_groups(words: Words, texts: FlatTexts, at: Places) -> Hashes:
    """What the long ones among words begin with when they are written in groups (cards, IBANs)."""
    starts, is_long = words.starts[at], words.ends[at] - words.starts[at] >= _GROUPED_FROM
    starts = starts[is_long & ~words.is_unspaced[at]]
    heads = FlatTexts.of(pc.unique(texts.pieces(starts, texts.at_characters(starts + _GROUP))))
    return words_of(heads, 0, len(heads)).hashes


class WholesCollector:
    """Gathers the values that texts may hold; of the operators of a hash the first stays, whatever comes first.

    Several threads may add at the same time.
    """

    def __init__(self, sieve: TextSieve, operators: list[Operator] | None = None) -> None:
        """:param sieve: what the texts may hold."""
        self.sieve = sieve
        self.operators: list[Operator] = [] if operators is None else operators
        self._seen = LatelySeen()
        self._values = RankedHashes(PackedHashes)
        self._beginnings = Bitmap.of(int(np.clip(sieve.bits - _FEWER_BITS, *_SIEVE_BITS)))
        self._openings = Bitmap.of(_OPENINGS_BITS)
        self._most_words = 1
        self._writing = Lock()

    def add(self, values: pa.Array, owner: int, needs_digit: bool) -> None:
        """Take in the values of a column, of any string type, also as people write them who lack their letters.

        :param needs_digit: only those with a digit, or in other scripts.
        """
        texts = NormalTexts.of(FlatTexts.of(values)).texts
        self.add_normal(texts, owner, needs_digit)
        for spelled in (*(other for _, other in respelled(texts.values)), *turkish_cases(texts.values)):
            self.add_normal(FlatTexts.of(spelled), owner, needs_digit)

    def add_normal(self, texts: FlatTexts, owner: int, needs_digit: bool) -> None:
        """:meth:`add` for texts in their normal form."""
        held = np.flatnonzero(self.sieve.may_hold(texts, short=False))
        if not len(held):
            return
        texts = FlatTexts.of(self._seen.fresh(texts.values.take(pa.array(held)), 2 * owner + needs_digit))
        for first, last in chunks(texts):
            self._add(words_of(texts, first, last), texts, first, last, owner, needs_digit)

    def _add(self, words: Words, texts: FlatTexts, first: int, last: int, owner: int, needs_digit: bool) -> None:
        rows = texts.rows(words.starts) - first
        count = np.bincount(rows, minlength=last - first)
        begin = np.concatenate([[0], np.cumsum(count)])[:-1]
        size = words.ends - words.starts
        total = np.concatenate([[0], np.cumsum(size)])
        length = total[begin + count] - total[begin]
        digits = np.concatenate([[0], np.cumsum((texts.data - np.uint8(0x30)) < 10)])
        has_digit = digits[texts.offsets[first + 1 : last + 1]] > digits[texts.offsets[first:last]]
        foreign = (
            texts.data[np.minimum(texts.offsets[first:last], len(texts.data) - 1)] >= 0x80
            if len(texts.data)
            else has_digit
        )
        wanted = (count > 0) & (count <= MOST_WORDS) & (length >= SHORTEST_BYTES) & (length <= LONGEST_JOINED)
        wanted &= has_digit | foreign if needs_digit else has_digit | (count > 1)
        chosen = np.flatnonzero(wanted)
        if not len(chosen):
            return
        before = total[:-1] - total[begin][rows]
        parts = joined(np.zeros(len(words), np.uint64), before, words.codes)
        sums = np.concatenate([[np.uint64(0)], np.cumsum(parts)])
        hashes = mixed(sums[begin[chosen] + count[chosen]] - sums[begin[chosen]])
        self._values.add(hashes, owner)
        self._beginnings.add(words.heads[begin[chosen]])
        values = condensed(texts, first, last)
        self._beginnings.add(hashes_of(values)[chosen[has_digit[chosen]]])
        self._openings.add(openings_of(values)[chosen])
        self._beginnings.add(_first_groups(words, texts, begin[chosen]))
        most_groups = -(-int(length[chosen].max()) // _GROUP)
        with self._writing:
            self._most_words = max(self._most_words, int(count[chosen].max()), min(most_groups, _MOST_GROUPS))

    def finished(self) -> KnownWholes | None:
        """What was gathered; None = nothing."""
        kept = self._values.taken_out()
        if not len(kept):
            return None
        sieves = self._beginnings, self._openings
        return KnownWholes(kept.hashes, kept.ranks, tuple(self.operators), *sieves, self._most_words)
