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

    def may_hold(self, texts: FlatTexts) -> Flags:
        """Which of ``texts`` may stand in one of those that were added."""
        parts = [self._passes(condensed(texts, first, last)) for first, last in chunks(texts)]
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def _passes(self, values: Condensed) -> Flags:
        lengths = values.ends - values.starts
        heads, tails = _heads(values), _tails(values)
        short = np.flatnonzero(lengths < MARGIN)
        if len(short):
            heads[short], tails[short] = _cut_head(heads[short]), _cut_tail(tails[short])
        passes = self.heads[self._slots(heads)]
        at = np.flatnonzero(passes)
        passes[at] = self.tails[self._slots(tails[at])]
        passes[short[lengths[short] < SHORTEST]] = True
        passes[short[lengths[short] == 0]] = False
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
