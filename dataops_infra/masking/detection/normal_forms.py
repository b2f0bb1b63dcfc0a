"""Texts in one spelling of every character, whichever of Unicode's normal forms they were written in.

``é`` may be one character or an ``e`` with an accent behind it, and ``ａ`` may stand for ``a``. What is searched is the
form NFKC (Unicode Standard Annex 15), in which a word of two scripts is written in one if its letters have doubles
there (``Аnna`` with a Cyrillic А), hyphens and spaces of every kind are those of a keyboard, and what JSON
and HTML write for a character (``\\u00e9``, ``&eacute;``) is that character; what is found is told by its place in the
original. Only what changes is touched: other texts cost a look at their bytes.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.confusables import MIXED, in_one_script
from dataops_infra.masking.detection.excerpts import Excerpts
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans

_HYPHENS = "\u2010\u2011\u2012\u2212\ufe58\ufe63"
"""Written for a hyphen-minus by word processors; a dash is one only behind a digit."""
_DASH = "\u2013"
_IGNORED = "".join(
    map(chr, [0xAD, 0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
)
"""Seen by nobody: soft hyphens, spaces without width, word joiners, marks of a direction and of the order of bytes."""
_JOINERS = "\u200c\u200d"
"""They part words in Persian and shape letters in India; behind a letter of other scripts nobody sees them."""
_TRANSLATED = str.maketrans({**dict.fromkeys(_HYPHENS + _DASH, "-"), **dict.fromkeys(_IGNORED, "")})
_BACKSLASH, _AMPERSAND, _ESCAPE = b"\\&\x1b"
_LOOKED_AT = 1 << 18
"""Bytes that stay in the second-level cache."""
_BREAKS, _BREAK_BYTES = b"nrt", 2
_COLOUR = r"(?:\x1b|\\u001[bB])\[[0-9;]{0,16}m"
"""Sets the colour of a terminal (ECMA-48), as logs have it before and behind a value; in JSON in letters."""
_ESCAPES = (
    rf"{_COLOUR}|"
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[nrt][\p{Lu}\p{Lo}\p{Georgian}0-9]"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)
"""Of JSON and HTML. A line break or tab only before a capital, or in a script without them: ``C:\\temp`` holds none."""
_JSON_UNIT = re.compile(r"\\u([0-9a-fA-F]{4})")
_WIDE = (*range(0xFE50, 0xFE70), *range(0xFF00, 0xFFF0))
"""Small and full-width forms, of which signs count too."""
_JAMO = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))
"""Vowels and final consonants, of which Hangul syllables are made without being listed as such."""
_VOICING = (0xFF9E, 0xFF9F)
_LAST = 0x2FFFF
"""Behind the last character that has another form."""


@dataclass(frozen=True)
class NormalTexts:
    """Texts in their normal form, and where each piece of them stands in the original."""

    texts: FlatTexts
    original: Spans
    """The pieces of the original that were written differently."""
    normal: Spans
    """What they became in :attr:`texts`."""

    @classmethod
    def of(cls, texts: FlatTexts) -> "NormalTexts":
        """The normal form of ``texts``."""
        rows = _suspicious(texts)
        if not len(rows):
            return cls(texts, NO_SPANS, NO_SPANS)
        excerpts = Excerpts(FlatTexts.of(texts.values.take(pa.array(rows))), texts.offsets[rows])
        starts, ends = excerpts.search(_changeable())
        if not len(starts):
            return cls(texts, NO_SPANS, NO_SPANS)
        ends = np.where(_is_break(texts, starts), starts + _BREAK_BYTES, ends)
        pieces = pl.Series(texts.pieces(starts, ends), dtype=pl.String)
        distinct = pieces.unique()
        forms = pl.Series([normal_form(piece) for piece in distinct], dtype=pl.String)
        replaced = pieces.replace_strict(distinct, forms, return_dtype=pl.String)
        changed = (pieces != replaced).to_numpy()
        starts, ends, replaced = starts[changed], ends[changed], replaced.filter(changed)
        return cls.replacing(texts, starts, ends, replaced)

    @classmethod
    def replacing(cls, texts: FlatTexts, starts: Places, ends: Places, replaced: pl.Series) -> "NormalTexts":
        """``texts`` with other spellings of some pieces, which stand in order."""
        lengths = replaced.str.len_bytes().to_numpy().astype(np.int64)
        grown = np.concatenate([[0], np.cumsum(lengths - (ends - starts))[:-1]]) if len(starts) else starts
        return cls(
            texts.replace(starts, ends, replaced.to_arrow()),
            Spans(starts, ends, np.zeros_like(starts)),
            Spans(starts + grown, starts + grown + lengths, np.zeros_like(starts)),
        )

    def in_original(self, spans: Spans) -> Spans:
        """Where pieces of the normal form stand in the original, whole characters of it; they do not overlap either."""
        if not len(self.normal) or not len(spans):
            return spans
        starts, ends = self._starts(spans.starts), self._ends(spans.ends)
        taken = np.concatenate([[0], np.maximum.accumulate(ends)[:-1]])
        return Spans(np.maximum(starts, taken), ends, spans.labels)

    def _starts(self, places: Places) -> Places:
        before = np.searchsorted(self.normal.starts, places, side="right") - 1
        last = np.maximum(before, 0)
        moved = places - self.normal.ends[last] + self.original.ends[last]
        moved = np.where(places < self.normal.ends[last], self.original.starts[last], moved)
        return np.where(before < 0, places, moved).astype(np.int64)

    def _ends(self, places: Places) -> Places:
        before = np.searchsorted(self.normal.starts, places, side="left") - 1
        last = np.maximum(before, 0)
        moved = places - self.normal.ends[last] + self.original.ends[last]
        moved = np.where(places <= self.normal.ends[last], self.original.ends[last], moved)
        return np.where(before < 0, places, moved).astype(np.int64)


def _suspicious(texts: FlatTexts) -> Places:
    """The texts with any character beyond ASCII, or that escapes begin with: whatever changes holds one."""
    if not _has_escapes(texts.data):
        return texts.foreign_rows
    is_escape = (texts.data == _BACKSLASH) | (texts.data == _AMPERSAND) | (texts.data == _ESCAPE)
    escaped = np.flatnonzero(is_escape)
    return np.union1d(texts.foreign_rows, texts.rows(escaped))


def _has_escapes(data: npt.NDArray[np.uint8]) -> bool:
    """A quick look: the C library's search of bytes takes a tenth of the time that comparing each takes."""
    pieces = (data[first : first + _LOOKED_AT].tobytes() for first in range(0, len(data), _LOOKED_AT))
    return any(_BACKSLASH in piece or _AMPERSAND in piece or _ESCAPE in piece for piece in pieces)


def _is_break(texts: FlatTexts, starts: Places) -> npt.NDArray[np.bool_]:
    """Which pieces are an escaped line break or tab, with the letter behind it that tells."""
    behind = texts.data[np.minimum(starts + 1, len(texts.data) - 1)]
    return np.asarray((texts.data[starts] == _BACKSLASH) & np.isin(behind, np.frombuffer(_BREAKS, np.uint8)))


def normal_form(text: str) -> str:
    """One character with the marks behind it, an escape, or a word of two scripts, in the spelling that is searched."""
    if text[-1] == "m" and re.fullmatch(_COLOUR, text):
        return " "
    read = _unescaped(text) if ord(text[0]) in (_BACKSLASH, _AMPERSAND) else text.rstrip(_JOINERS)
    if len(text) > 1 and text.isalpha():
        read = in_one_script(unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", read).translate(_TRANSLATED)


def _unescaped(text: str) -> str:
    """What JSON or HTML write so; a sign that begins nothing of theirs, with marks behind it, is itself."""
    units = _JSON_UNIT.findall(text)
    if units:
        return bytes.fromhex("".join(units)).decode("utf-16-be", errors="replace")
    return html.unescape(text) if text.isascii() and ord(text[0]) == _AMPERSAND else " " if text.isascii() else text


@cache
def _changeable() -> str:
    """A regular expression (Rust's syntax) for characters, with their marks, that the normal form may change."""
    listed = [chr(code) for code in range(_LAST) if unicodedata.decomposition(chr(code))]
    composed = [one for one in listed if unicodedata.normalize("NFC", unicodedata.normalize("NFD", one)) == one]
    seconds = {
        ord(unicodedata.normalize("NFD", one)[-1]) for one in composed if unicodedata.decomposition(one)[0] != "<"
    }
    marks = rf"\p{{M}}{_class((*_JAMO, *_VOICING))}"
    alone = _class(map(ord, [*_HYPHENS, *_IGNORED, *filter(_has_other_form, listed)]))
    maybe = _class((*seconds, *_JAMO, *_VOICING))
    joined = (
        rf"[\p{{Latin}}\p{{Greek}}\p{{Cyrillic}}\p{{Armenian}}\p{{Georgian}}\p{{Hebrew}}0-9@.+\-]\p{{M}}*[{_JOINERS}]+"
    )
    return (
        rf"{_ESCAPES}|{MIXED}|{joined}|[{alone}][{marks}]*|[0-9]{_DASH}|(?s:.)\p{{M}}*[{maybe}][{marks}]*"
        r"|(?s:.)\p{M}{2,}"
    )


def _has_other_form(character: str) -> bool:
    """Whether a character is written in another way by itself; signs such as ``™`` and ``½`` say what they say."""
    form = unicodedata.normalize("NFKC", character)
    kind = unicodedata.category(character)
    if form == character or (" " in form and kind != "Zs"):
        return False
    return ord(character) in _WIDE or kind[0] in "LM" or kind in ("Nd", "Zs")


def _class(codes: Iterable[int]) -> str:
    """The inside of a character class of a regular expression."""
    ranges: list[list[int]] = []
    for code in sorted(set(codes)):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(rf"\x{{{low:X}}}-\x{{{high:X}}}" for low, high in ranges)
