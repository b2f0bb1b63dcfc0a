"""Texts of which some pieces are read in another way, beside the way they are written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.excerpts import Excerpts
from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts, Places, Spans


@dataclass(frozen=True)
class RewrittenTexts:
    """Texts with such pieces, each written as it is read."""

    _normal: NormalTexts
    _moved: Places
    """For each text: how much later it begins in the buffer of all texts."""

    @classmethod
    def rewriting(
        cls, texts: FlatTexts, rows: Places, regex: str, read: Callable[[pl.Series], pl.Series]
    ) -> Self | None:
        """Those of the ``rows`` of ``texts`` with what ``regex`` (Rust's syntax) finds; None = there are none.

        :param read: what the pieces that it finds say.
        """
        if not len(rows):
            return None
        some = FlatTexts.of(texts.values.take(pa.array(rows)))
        starts, ends = Excerpts(some, some.offsets[:-1]).search(regex)
        if not len(starts):
            return None
        words = read(pl.Series(some.pieces(starts, ends), dtype=pl.String))
        normal = NormalTexts.replacing(some, starts, ends, words)
        return cls(normal, texts.offsets[rows] - some.offsets[:-1])

    @property
    def texts(self) -> FlatTexts:
        """What is searched."""
        return self._normal.texts

    def in_original(self, found: Spans) -> Spans:
        """Where those pieces of :attr:`texts` stand among all texts that hold, or touch, what was rewritten."""
        words = self._normal.normal
        follows = np.searchsorted(words.ends, found.starts, side="left")
        chosen = found.where(np.append(words.starts, np.iinfo(np.int64).max)[follows] <= found.ends)
        moved = self._moved[self.texts.rows(chosen.starts)]
        places = self._normal.in_original(chosen)
        return Spans(places.starts + moved, places.ends + moved, chosen.labels)
