"""Words that are written letter by letter, for emphasis or to pass a filter: ``A n n a  B e r g``."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.excerpts import Excerpts
from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts, Places, Spans

_SPACE = np.uint8(ord(" "))
_SPACED = r"\b\p{L}(?: \p{L}){2,}\b"
_CHUNK_BYTES = 1 << 18
"""Stays, with what is made of it, in a core's cache."""
_WIDTHS = (1, 2)
"""Bytes of letters; those of three and more stand for words or syllables, and are searched one by one anyway."""


@dataclass(frozen=True)
class SpacedTexts:
    """Texts with such words, in which these are written as others are."""

    _normal: NormalTexts
    _moved: Places
    """For each text: how much later it begins in the buffer of all texts."""

    @classmethod
    def of(cls, texts: FlatTexts) -> "SpacedTexts | None":
        """Those of some texts; None = there are none."""
        rows = texts.rows(_places(texts.data, _WIDTHS[: 1 if texts.is_ascii else 2]))
        rows = np.unique(rows)
        if not len(rows):
            return None
        some = FlatTexts.of(texts.values.take(pa.array(rows)))
        starts, ends = Excerpts(some, some.offsets[:-1]).search(_SPACED)
        words = pl.Series(some.pieces(starts, ends), dtype=pl.String).str.replace_all(" ", "", literal=True)
        normal = NormalTexts.replacing(some, starts, ends, words)
        return cls(normal, texts.offsets[rows] - some.offsets[:-1]) if len(starts) else None

    @property
    def texts(self) -> FlatTexts:
        """What is searched."""
        return self._normal.texts

    def in_original(self, found: Spans) -> Spans:
        """Where those pieces of :attr:`texts` stand among all texts that hold such a word."""
        words = self._normal.normal
        follows = np.searchsorted(words.ends, found.starts, side="right")
        chosen = found.where(np.append(words.starts, np.iinfo(np.int64).max)[follows] < found.ends)
        moved = self._moved[self.texts.rows(chosen.starts)]
        places = self._normal.in_original(chosen)
        return Spans(places.starts + moved, places.ends + moved, chosen.labels)


def _places(data: npt.NDArray[np.uint8], widths: tuple[int, ...]) -> Places:
    """Where two single letters, or signs, stand between three spaces."""
    found = [np.zeros(0, np.int64)]
    for first in range(0, len(data), _CHUNK_BYTES):
        is_space = data[first : first + _CHUNK_BYTES + 2 * (widths[-1] + 1)] == _SPACE
        for step in (width + 1 for width in widths):
            several = is_space[: -2 * step] & is_space[step:-step]
            several &= is_space[2 * step :]
            if several.any():
                places = np.flatnonzero(several)
                found.append(places[~is_space[places + 1]] + first)
    return np.concatenate(found)
