"""Texts as they are compared: without case, accents, spaces and punctuation."""

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.pools.scripts import Rows, foreign_rows

_NEITHER_LETTER_NOR_DIGIT = r"[^\p{L}\p{N}]+"
_SPELLINGS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ς": "σ"}
"""Lower-case letters that Unicode's decomposition leaves apart from what they are also written as."""


def folded(texts: pa.Array) -> pl.Series:
    """``texts`` in lower case, decomposed (NFKD), letters and digits only.

    :param texts: ``large_string`` without nulls.
    """
    lower = pl.Series(texts, dtype=pl.String).str.to_lowercase()
    return fold_rows(lower.str.replace_all(_NEITHER_LETTER_NOR_DIGIT, ""), foreign_rows(texts))


def fold_rows(texts: pl.Series, rows: Rows) -> pl.Series:
    """``texts`` with some ``rows`` folded as in :func:`folded`; it costs too much where only ASCII stands."""
    if not len(rows):
        return texts
    some = texts if len(rows) == len(texts) else texts.gather(rows)
    some = some.str.normalize("NFKD").str.to_lowercase().str.replace_all(_NEITHER_LETTER_NOR_DIGIT, "")
    some = some.str.replace_many(list(_SPELLINGS), list(_SPELLINGS.values()))
    if len(rows) == len(texts):
        return some
    places = np.arange(len(texts))
    places[rows] = len(texts) + np.arange(len(rows))
    return pl.concat([texts, some]).gather(places)
