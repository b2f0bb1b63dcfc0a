"""What the texts of a dataset can hold at all: of the values of its tables, all others need not be remembered.

Tables are read for what texts may repeat, and hold far more of it than texts do. So the texts are read first, and of
every word the letters and digits are noted that stand from its beginning on, and up to its end, whatever separates
them: eight, and six for shorter values. A value stands in a text only if it begins as one of the words does and ends as
one does, in any spelling with other separators or letter case. The notes are two bitmaps: what two values share in them
lets one through that stands nowhere, and never keeps one out. They take sixteen bytes for each text, and 64 MiB for
four million texts and for any more, of which they let through a larger share of what stands nowhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.bitmap import Bitmap, Flags
from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import MARGIN, Condensed, Hashes, chunks, condensed, condensed_words

SHORTEST = 6
"""Bytes of the shortest value that is looked up; shorter ones may stand anywhere."""
_BITS = (20, 28)
_SLOTS_PER_TEXT = 64
"""Some fifteen different beginnings of words in a text leave three quarters of the slots free."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHORT = np.uint64(0xD1342543DE82EF95)
"""Tells beginnings of six bytes from those of eight."""
_SEEN, _SEEN_AT_ONCE = 1 << 20, 1 << 14
_LATELY_BITS = 16
_CHUNK_BYTES = 1 << 18
"""Texts are looked at in chunks whose intermediate arrays stay in a core's cache, and in the heap's free memory."""


class LatelySeen:
    """Columns without most of what stood in them before: of the last values a table of hashes is kept."""

    def __init__(self) -> None:
        self._slots = np.zeros(_SEEN, np.uint64)

    def fresh(self, values: pa.Array, seed: int) -> pa.Array:
        """The values that may be new.

        :param seed: tells apart what is kept apart, such as the columns of different operators.
        """
        series = pl.Series(values, dtype=pl.String)
        hashes = series.hash(seed).to_numpy() | np.uint64(1)
        slots = hashes & np.uint64(_SEEN - 1)
        fresh = [np.zeros(0, np.int64)]
        for first in range(0, len(hashes), _SEEN_AT_ONCE):
            part = slice(first, first + _SEEN_AT_ONCE)
            at, new = slots[part], hashes[part]
            found = np.flatnonzero(self._slots[at] != new)
            self._slots[at[found]] = new[found]
            fresh.append(found + first)
        rows = np.concatenate(fresh)
        return values if len(rows) == len(values) else values.take(pa.array(rows))


@dataclass(frozen=True)
class Notes:
    """Pieces of eight bytes, and what is left of them when they are cut to six."""

    flags: Bitmap
    _cut: Callable[[Hashes], Hashes] = field(repr=False)
    _lately: Hashes = field(repr=False, default_factory=lambda: np.zeros(1 << _LATELY_BITS, np.uint64))
    """The hashes of some pieces that are noted already, as those of most words are."""

    def add(self, pieces: Hashes) -> None:
        """Note some pieces, of which none is zero."""
        hashes = _spread(pieces)
        slots = hashes >> np.uint64(64 - _LATELY_BITS)
        fresh = np.flatnonzero(self._lately[slots] != hashes)
        self.flags.add(hashes[fresh])
        self.flags.add(_spread(self._cut(pieces[fresh])))
        # Only now, since another thread leaves out what it finds here.
        self._lately[slots[fresh]] = hashes[fresh]

    def may_hold(self, pieces: Hashes, is_short: Flags) -> Flags:
        """Which of some pieces may have been noted; of short values, as they are when they are cut."""
        short = np.flatnonzero(is_short)
        if len(short):
            pieces = pieces.copy()
            pieces[short] = self._cut(pieces[short])
        return self.flags.may_hold(_spread(pieces))


@dataclass(frozen=True)
class TextSieve:
    """Beginnings and ends of the words of all texts."""

    heads: Notes = field(repr=False)
    tails: Notes = field(repr=False)
    _seen: LatelySeen = field(repr=False, default_factory=LatelySeen)

    @classmethod
    def for_texts(cls, number: int | None) -> "TextSieve":
        """One without any word, of a size for so many texts; None = nobody knows how many."""
        most = 1 << _BITS[1] if number is None else number * _SLOTS_PER_TEXT
        bits = int(np.clip(int(most).bit_length(), *_BITS))
        return cls(Notes(Bitmap.of(bits), _cut_head), Notes(Bitmap.of(bits), _cut_tail))

    @property
    def bits(self) -> int:
        """The size of either bitmap: two to the power of so many slots."""
        return self.heads.flags.slots.bit_length() - 1

    def add(self, texts: FlatTexts) -> None:
        """Note the words of ``texts``; several threads may do so at the same time."""
        fresh = FlatTexts.of(self._seen.fresh(texts.values, seed=0))
        for first, last in chunks(fresh, _CHUNK_BYTES):
            words = condensed_words(fresh, first, last)
            eights = _eight_bytes(words)
            self.heads.add(eights[words.starts])
            self.tails.add(eights[words.ends - MARGIN])

    def may_hold(self, texts: FlatTexts, short: bool) -> Flags:
        """Which of ``texts`` may stand in one of those that were added.

        :param short: what is said of those of fewer than :data:`SHORTEST` bytes.
        """
        if not short and np.diff(texts.offsets).max(initial=0) < SHORTEST:
            return np.zeros(len(texts), np.bool_)
        parts = [self._passes(condensed(texts, first, last), short) for first, last in chunks(texts)]
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def _passes(self, values: Condensed, short: bool) -> Flags:
        lengths = values.ends - values.starts
        is_short = lengths < MARGIN
        eights = _eight_bytes(values)
        passes = self.heads.may_hold(eights[values.starts], is_short)
        at = np.flatnonzero(passes)
        passes[at] = self.tails.may_hold(eights[values.ends[at] - MARGIN], is_short[at])
        small = np.flatnonzero(is_short)
        passes[small[lengths[small] < SHORTEST]] = short
        passes[small[lengths[small] == 0]] = False
        return passes


def _eight_bytes(values: Condensed) -> Hashes:
    """At every place the eight bytes from there on, the first of them lowest."""
    return np.ndarray(len(values.data) - 7, "<u8", np.ascontiguousarray(values.data), strides=(1,))


def _spread(pieces: Hashes) -> Hashes:
    """A hash of each piece, another one of each other piece, whose upper bits hang on all of it."""
    return (pieces ^ (pieces >> np.uint64(32))) * _MULTIPLIER


def _cut_head(heads: Hashes) -> Hashes:
    return (heads & np.uint64(0xFFFF_FFFF_FFFF)) ^ _SHORT


def _cut_tail(tails: Hashes) -> Hashes:
    return (tails >> np.uint64(16)) ^ _SHORT
