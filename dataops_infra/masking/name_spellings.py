"""Other spellings that people give a name who lack its letters: "Jose" for "José", "Mueller" or "Muller" for "Müller".

A column may hold one spelling and a text another, so both are read in all of them.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.spans import FlatTexts, Places
from dataops_infra.masking.detection.words import Words, words_of

_ACCENTED_SCRIPTS = r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}]"
"""Scripts that are read as well without their marks; elsewhere these are vowels and other consonants."""
_WITHOUT_STROKE = {
    **dict(zip("ŁłØøĐđĦħŦŧıÐð", "LlOoDdHhTtiDd", strict=True)),
    "ß": "ss",
    "ẞ": "SS",
    "Æ": "Ae",
    "æ": "ae",
    "Œ": "Oe",
    "œ": "oe",
    "Þ": "Th",
    "þ": "th",
}
"""Letters that Unicode does not decompose, as people type them."""
_DIGRAPHS = {
    "Ä": "Ae",
    "ä": "ae",
    "Ö": "Oe",
    "ö": "oe",
    "Ü": "Ue",
    "ü": "ue",
    "Ø": "Oe",
    "ø": "oe",
    "Å": "Aa",
    "å": "aa",
}
"""Letters that German and the Scandinavian languages write as two where they are missing."""
_TURKISH_CASES = ({"İ": "i", "I": "ı"}, {"İ": "i\u0307"}, {"i": "İ", "ı": "I"})


def respelled(texts: pa.Array) -> Iterator[tuple[Places, pa.Array]]:
    """Which of some texts (large strings in their normal form) may be written otherwise, and how."""
    if FlatTexts.of(texts).is_ascii:
        return
    series = pl.Series(texts, dtype=pl.String)
    is_foreign = series.str.contains(_ACCENTED_SCRIPTS) & ~series.str.contains(r"^[\x00-\x7F]*$")
    rows = is_foreign.fill_null(False).arg_true().to_numpy().astype(np.int64)
    foreign = series.gather(rows)
    double = foreign.str.replace_many(list(_DIGRAPHS), list(_DIGRAPHS.values()))
    is_double = (double != foreign).arg_true()
    yield from _different(rows, foreign, _without_marks(foreign))
    yield from _different(
        rows[is_double.to_numpy()], foreign.gather(is_double), _without_marks(double.gather(is_double))
    )


def turkish_cases(texts: pa.Array) -> Iterator[pa.Array]:
    """Turkish and Azerbaijani texts in other letter cases: their i and ı have capitals of their own, İ and I.

    As both languages write them, and as programs do that know neither (İ becomes an i with a dot above it).
    """
    if FlatTexts.of(texts).is_ascii:
        return
    series = pl.Series(texts, dtype=pl.String)
    told = series.filter(series.str.contains("[İıŞşĞğ]").fill_null(False))
    for letters in _TURKISH_CASES if len(told) else ():
        yield told.str.replace_many(letters).to_arrow().cast(pa.large_string())


def _different(rows: Places, foreign: pl.Series, plain: pl.Series) -> Iterator[tuple[Places, pa.Array]]:
    other = (plain != foreign).arg_true()
    if len(other):
        yield rows[other.to_numpy()], plain.gather(other).to_arrow().cast(pa.large_string())


def _without_marks(values: pl.Series) -> pl.Series:
    plain = values.str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return plain.str.replace_many(list(_WITHOUT_STROKE), list(_WITHOUT_STROKE.values()))


def respelled_words(texts: FlatTexts, words: Words) -> Iterator[tuple[Words, Places]]:
    """The words of some texts with the hashes of other spellings, and which of them are spelled otherwise."""
    if texts.is_ascii or not len(words):
        return
    foreign = np.flatnonzero(_has_foreign(texts, words))
    if not len(foreign):
        return
    pieces = texts.pieces(words.starts[foreign], words.ends[foreign])
    coded = pieces.dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    for rows, spelled in respelled(coded.dictionary):
        flat = FlatTexts.of(spelled)
        found = words_of(flat, 0, len(flat))
        owners = flat.rows(found.starts)
        # What falls into several words, or none, is no other spelling of one.
        single = np.bincount(owners, minlength=len(flat)) == 1
        hashes = np.zeros(len(coded.dictionary), np.uint64)
        is_spelled = np.zeros(len(coded.dictionary), np.bool_)
        hashes[rows[owners]] = found.hashes
        is_spelled[rows[single]] = True
        chosen = np.flatnonzero(is_spelled[codes])
        yield replace(words, spelled=(foreign[chosen], hashes[codes[chosen]])), foreign[chosen]


def _has_foreign(texts: FlatTexts, words: Words) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which words have a letter beyond ASCII."""
    begin, end = int(words.starts[0]), int(words.ends[-1])
    places = np.flatnonzero(texts.data[begin:end] >= 0x80) + begin
    return np.asarray(np.searchsorted(places, words.starts) < np.searchsorted(places, words.ends))
