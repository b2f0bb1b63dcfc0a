"""Texts as they are compared: without case, accents, spaces and punctuation."""

import polars as pl
import pyarrow as pa

from dataops_infra.masking.pools.scripts import is_ascii

_NEITHER_LETTER_NOR_DIGIT = r"[^\p{L}\p{N}]+"
_SPELLINGS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ς": "σ"}
"""Lower-case letters that Unicode's decomposition leaves apart from what they are also written as."""


def folded(texts: pa.Array) -> pl.Series:
    """``texts`` in lower case, decomposed (NFKD), letters and digits only.

    :param texts: ``large_string`` without nulls.
    """
    series = pl.Series(texts, dtype=pl.String)
    if not is_ascii(texts):
        series = series.str.normalize("NFKD")
    series = series.str.to_lowercase().str.replace_all(_NEITHER_LETTER_NOR_DIGIT, "")
    return series if is_ascii(texts) else series.str.replace_many(list(_SPELLINGS), list(_SPELLINGS.values()))
