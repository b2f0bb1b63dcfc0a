"""What the texts of a dataset can hold at all: of the values of its tables, all others need not be remembered.

Tables are read for what texts may repeat, and hold far more of it than texts do. So the texts are read first, and of
every word the letters and digits are noted that stand from its beginning on, and up to its end, whatever separates
them: eight, and six for shorter values. A value stands in a text only if it begins as one of the words does and ends as
one does, in any spelling with other separators or letter case. The notes are two bitmaps of a fixed size: what two
values share in them lets one through that stands nowhere, and never keeps one out.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import MARGIN, Condensed, Hashes, chunks, condensed, condensed_words

SHORTEST = 6
"""Bytes of the shortest value that is looked up; shorter ones may stand anywhere."""
_BITS = (20, 26)
_SLOTS_PER_TEXT = 64
"""Some fifteen different beginnings of words in a text leave three quarters of the slots free."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHORT = np.uint64(0xD1342543DE82EF95)
"""Tells beginnings of six bytes from those of eight."""
_SEEN, _SEEN_AT_ONCE = 1 << 20, 1 << 14

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TextSieve:
    """Beginnings and ends of the words of all texts."""

    heads: Flags = field(repr=False)
    tails: Flags = field(repr=False)

    @classmethod
    def for_texts(cls, number: int | None) -> "TextSieve":
        """One without any word, of a size for so many texts; None = nobody knows how many."""
        most = 1 << _BITS[1] if number is None else number * _SLOTS_PER_TEXT
        size = 1 << int(np.clip(int(most).bit_length(), *_BITS))
        return cls(np.zeros(size, np.bool_), np.zeros(size, np.bool_))

    def add(self, texts: FlatTexts) -> None:
        """Note the words of ``texts``."""
        for first, last in chunks(texts):
            words = condensed_words(texts, first, last)
            head, tail = _heads(words), _tails(words)
            for heads, tails in ((head, tail), (_cut_head(head), _cut_tail(tail))):
                self.heads[self._slots(heads)] = True
                self.tails[self._slots(tails)] = True

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
        heads, tails = _heads(values), _tails(values)
        small = np.flatnonzero(lengths < MARGIN)
        if len(small):
            heads[small], tails[small] = _cut_head(heads[small]), _cut_tail(tails[small])
        passes = self.heads[self._slots(heads)]
        at = np.flatnonzero(passes)
        passes[at] = self.tails[self._slots(tails[at])]
        passes[small[lengths[small] < SHORTEST]] = short
        passes[small[lengths[small] == 0]] = False
        return passes

    def _slots(self, pieces: Hashes) -> Hashes:
        spread = (pieces ^ (pieces >> np.uint64(32))) * _MULTIPLIER
        return spread >> np.uint64(65 - int(self.heads.size).bit_length())


def _heads(values: Condensed) -> Hashes:
    return _eight_bytes(values)[values.starts]


def _tails(values: Condensed) -> Hashes:
    return _eight_bytes(values)[values.ends - MARGIN]


def _eight_bytes(values: Condensed) -> Hashes:
    """At every place the eight bytes from there on, the first of them lowest."""
    return np.ndarray(len(values.data) - 7, "<u8", np.ascontiguousarray(values.data), strides=(1,))


def _cut_head(heads: Hashes) -> Hashes:
    return (heads & np.uint64(0xFFFF_FFFF_FFFF)) ^ _SHORT


def _cut_tail(tails: Hashes) -> Hashes:
    return (tails >> np.uint64(16)) ^ _SHORT


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
        is_fresh = np.empty(len(hashes), np.bool_)
        for first in range(0, len(hashes), _SEEN_AT_ONCE):
            part = slice(first, first + _SEEN_AT_ONCE)
            is_fresh[part] = self._slots[slots[part]] != hashes[part]
            self._slots[slots[part]] = hashes[part]
        return values if is_fresh.all() else values.take(pa.array(np.flatnonzero(is_fresh)))
