"""Words that are written letter by letter, for emphasis or to pass a filter: ``A n n a  B e r g``."""

import numpy as np
import numpy.typing as npt
import polars as pl

from dataops_infra.masking.detection.rewritten import RewrittenTexts
from dataops_infra.masking.detection.spans import FlatTexts, Places

_SPACE = np.uint8(ord(" "))
_SPACED = r"\b\p{L}(?: \p{L}){2,}\b"
_CHUNK_BYTES = 1 << 18
"""Stays, with what is made of it, in a core's cache."""
_WIDTHS = (1, 2)
"""Bytes of letters; those of three and more stand for words or syllables, and are searched one by one anyway."""


class SpacedTexts(RewrittenTexts):
    """Texts with such words, in which these are written as others are."""

    @classmethod
    def of(cls, texts: FlatTexts) -> "SpacedTexts | None":
        """Those of some texts; None = there are none."""
        rows = texts.rows(_places(texts.data, _WIDTHS[: 1 if texts.is_ascii else 2]))
        return cls.rewriting(texts, np.unique(rows), _SPACED, _joined)


def _joined(words: pl.Series) -> pl.Series:
    return words.str.replace_all(" ", "", literal=True)


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
