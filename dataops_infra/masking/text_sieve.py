"""What the texts of a dataset can hold at all: of the values of its tables, all others need not be remembered.

Tables are read for what texts may repeat, and hold far more of it than texts do. So the texts are read first, and of
every word the letters and digits are noted that stand from its beginning on, and up to its end, whatever separates
them: eight, and six for shorter values. A value stands in a text only if it begins as one of the words does and ends as
one does, in any spelling with other separators or letter case. The notes are two bitmaps: what two values share in them
lets one through that stands nowhere, and never keeps one out. They take sixteen bytes for each text, and 64 MiB for
four million texts and for any more, of which they let through a larger share of what stands nowhere; once all texts
are read, no more than two bytes for each piece of eight letters that differs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.bitmap import Bitmap, Flags
from dataops_infra.masking.detection.parted import PartedTexts
from dataops_infra.masking.detection.percent import PercentTexts
from dataops_infra.masking.detection.spans import FlatTexts, Places
from dataops_infra.masking.detection.words import MARGIN, Condensed, Hashes, chunks, condensed, condensed_words

SHORTEST = 6
"""Bytes of the shortest value that is looked up; shorter ones may stand anywhere."""
SHORTEST_JOINED = 7
"""Bytes of the shortest name of several words that is looked for in one: shorter ones are words of some language."""
_BITS = (20, 28)
_SLOTS_PER_TEXT = 64
"""Some fifteen different beginnings of words in a text leave three quarters of the slots free."""
_SLOTS_PER_PIECE = 8
"""So of what neither begins nor ends as a word does, one in sixty passes at most, up to so many texts."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHORT = np.uint64(0xD1342543DE82EF95)
"""Tells beginnings of six bytes from those of eight."""
_SEEN_BITS, _SEEN_AT_ONCE = 20, 1 << 14
_LATELY_BITS = 16
_TENS = 10 ** np.arange(SHORTEST)[::-1]
_CHUNK_BYTES = 1 << 18
"""Texts are looked at in chunks whose intermediate arrays stay in a core's cache, and in the heap's free memory."""


class LatelySeen:
    """Columns without most of what stood in them before: of the last values a table of hashes is kept."""

    def __init__(self, bits: int = _SEEN_BITS) -> None:
        """:param bits: the table has two to the power of so many places."""
        self._slots = np.zeros(1 << bits, np.uint64)
        """In pairs, of which the first holds the later one: two values do not drive each other out by turns."""

    def fresh(self, values: pa.Array, seed: int) -> pa.Array:
        """The values that may be new.

        :param seed: tells apart what is kept apart, such as the columns of different operators.
        """
        rows = self.places(values, seed)
        return values if len(rows) == len(values) else values.take(pa.array(rows))

    def places(self, values: pa.Array, seed: int) -> Places:
        """Where the values stand that may be new."""
        return self.fresh_hashes(pl.Series(values, dtype=pl.String).hash(seed).to_numpy())

    def fresh_hashes(self, hashes: Hashes) -> Places:
        """Which of some hashes may be new; of those that are alike, close to one another, maybe all."""
        hashes = hashes | np.uint64(1)  # of what was never seen, the table has a zero
        slots = (hashes >> np.uint64(65 - len(self._slots).bit_length())).view(np.int64) & ~1
        fresh = [np.zeros(0, np.int64)]
        for first in range(0, len(hashes), _SEEN_AT_ONCE):
            part = slice(first, first + _SEEN_AT_ONCE)
            fresh.append(self._replaced(slots[part], hashes[part]) + first)
        return np.concatenate(fresh)

    def _replaced(self, slots: Places, hashes: Hashes) -> Places:
        """Which of some hashes stood nowhere in their pairs of places, and now do."""
        new: Places = np.flatnonzero(self._slots[slots] != hashes)
        new = new[self._slots[slots[new] + 1] != hashes[new]]
        at = slots[new]
        self._slots[at + 1] = self._slots[at]
        self._slots[at] = hashes[new]
        return new


@dataclass(frozen=True)
class TextSieve:
    """Beginnings and ends of the words of all texts."""

    heads: Bitmap = field(repr=False)
    tails: Bitmap = field(repr=False)
    words: Bitmap = field(repr=False)
    """The words themselves, of :data:`SHORTEST_JOINED` bytes or more."""
    openings: Flags = field(repr=False)
    """For each number of :data:`SHORTEST` digits, whether some word begins with them, or together with those behind."""
    bits: int
    """The number of texts is of the order of two to the power of so many, by :data:`_SLOTS_PER_TEXT`."""

    def may_hold(self, texts: FlatTexts, short: bool) -> Flags:
        """Which of ``texts`` may stand in one of those that were added.

        :param short: what is said of those of fewer than :data:`SHORTEST` bytes.
        """
        if not short and np.diff(texts.offsets).max(initial=0) < SHORTEST:
            return np.zeros(len(texts), np.bool_)
        parts = [self._passes(condensed(texts, first, last), short) for first, last in chunks(texts)]
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def may_begin(self, texts: FlatTexts) -> Flags:
        """Which of ``texts`` may be the beginning of something that :meth:`may_hold` says of that texts may hold it.

        Their first :data:`SHORTEST` bytes count; of fewer nothing is known.
        """
        parts = [self._begins(condensed(texts, first, last)) for first, last in chunks(texts)]
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def may_be_words(self, texts: FlatTexts) -> Flags:
        """Which of ``texts``, their spaces left out, may be a word of :data:`SHORTEST_JOINED` bytes or more."""
        parts = [self._are_words(condensed(texts, first, last)) for first, last in chunks(texts)]
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def _are_words(self, values: Condensed) -> Flags:
        return self.words.may_hold(_of_words(values)) & (values.ends - values.starts >= SHORTEST_JOINED)

    def _begins(self, values: Condensed) -> Flags:
        passes = self.heads.may_hold(_spread(_cut_head(_eight_bytes(values)[values.starts])))
        return passes | (values.ends - values.starts < SHORTEST)

    def _passes(self, values: Condensed, short: bool) -> Flags:
        lengths = values.ends - values.starts
        small = np.flatnonzero(lengths < MARGIN)
        eights = _eight_bytes(values)
        heads = eights[values.starts]
        heads[small] = _cut_head(heads[small])
        passes = self.heads.may_hold(_spread(heads))
        at = np.flatnonzero(passes)
        tails = eights[values.ends[at] - MARGIN]
        cut = np.flatnonzero(lengths[at] < MARGIN)
        tails[cut] = _cut_tail(tails[cut])
        passes[at] = self.tails.may_hold(_spread(tails))
        passes[small[lengths[small] < SHORTEST]] = short
        passes[small[lengths[small] == 0]] = False
        return passes


class TextNotes:
    """Takes in the texts; several threads may add at the same time."""

    def __init__(self, number: int | None) -> None:
        """:param number: how many texts there are; None = nobody knows."""
        most = 1 << _BITS[1] if number is None else number * _SLOTS_PER_TEXT
        self._bits = int(np.clip(int(most).bit_length(), *_BITS))
        self._seen = LatelySeen()
        self._heads, self._tails = _Noted(self._bits), _Noted(self._bits)
        self._words = Bitmap.of(self._bits)
        self._openings = np.zeros(10**SHORTEST, np.bool_)

    def add(self, texts: FlatTexts) -> None:
        """Note the words of ``texts``."""
        fresh = FlatTexts.of(self._seen.fresh(texts.values, seed=0))
        self._add(fresh)
        percent = PercentTexts.of(fresh)
        if percent is not None:
            self._add(percent.texts)
        parted = PartedTexts.of(fresh)
        if parted is not None:
            self._add(parted.texts)

    def _add(self, fresh: FlatTexts) -> None:
        for first, last in chunks(fresh, _CHUNK_BYTES):
            words = condensed_words(fresh, first, last)
            eights = _eight_bytes(words)
            self._openings[_six_digits(self._heads.add(eights[words.starts], _cut_head))] = True
            self._tails.add(eights[words.ends - MARGIN], _cut_tail)
            long = np.flatnonzero(words.ends - words.starts >= SHORTEST_JOINED)
            self._words.add(_of_words(Condensed(words.data, words.starts[long], words.ends[long])))

    def sieve(self) -> TextSieve:
        """What was noted, in bitmaps that are not larger than that asks for."""
        heads, tails, words = map(_fitting, (self._heads.flags, self._tails.flags, self._words))
        return TextSieve(heads, tails, words, self._openings, self._bits)


class _Noted:
    """Pieces of eight bytes, and what is left of them when they are cut to six."""

    def __init__(self, bits: int) -> None:
        self.flags = Bitmap.of(bits)
        self._lately = np.zeros(1 << _LATELY_BITS, np.uint64)
        """The hashes of some pieces that are noted already, as those of most words are."""

    def add(self, pieces: Hashes, cut: Callable[[Hashes], Hashes]) -> Hashes:
        """Note some pieces, of which none is zero; those that were not noted a moment ago are given back."""
        hashes = _spread(pieces)
        slots = hashes >> np.uint64(64 - _LATELY_BITS)
        fresh = np.flatnonzero(self._lately[slots] != hashes)
        self.flags.add(hashes[fresh])
        self.flags.add(_spread(cut(pieces[fresh])))
        # Only now, since another thread leaves out what it finds here.
        self._lately[slots[fresh]] = hashes[fresh]
        return pieces[fresh]


def _fitting(flags: Bitmap) -> Bitmap:
    taken = flags.taken
    while flags.slots > 1 << _BITS[0] and 2 * taken * _SLOTS_PER_PIECE <= flags.slots:
        flags = flags.halved()
    return flags


def _eight_bytes(values: Condensed) -> Hashes:
    """At every place the eight bytes from there on, the first of them lowest."""
    return np.ndarray(len(values.data) - 7, "<u8", np.ascontiguousarray(values.data), strides=(1,))


def _six_digits(pieces: Hashes) -> Places:
    """The numbers that some pieces begin with, of :data:`SHORTEST` digits; of those that begin with digits alone."""
    digits = pieces.view(np.uint8).reshape(-1, MARGIN)[:, :SHORTEST] - np.uint8(ord("0"))
    return np.asarray(digits[(digits < 10).all(axis=1)] @ _TENS)


def _of_words(values: Condensed) -> Hashes:
    """Hashes of words as a whole: of how they begin, how they end, and how long they are."""
    eights = _eight_bytes(values)
    heads, tails = _cut_head(eights[values.starts]), _cut_tail(eights[values.ends - MARGIN])
    return _spread(_spread(heads) + tails + (values.ends - values.starts).view(np.uint64))


def _spread(pieces: Hashes) -> Hashes:
    """A hash of each piece, another one of each other piece, whose upper bits hang on all of it."""
    return (pieces ^ (pieces >> np.uint64(32))) * _MULTIPLIER


def _cut_head(heads: Hashes) -> Hashes:
    return (heads & np.uint64(0xFFFF_FFFF_FFFF)) ^ _SHORT


def _cut_tail(tails: Hashes) -> Hashes:
    return (tails >> np.uint64(16)) ^ _SHORT
