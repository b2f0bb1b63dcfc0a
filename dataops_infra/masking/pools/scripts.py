"""The writing systems that replacement pools are kept in, and which of them a text is written in."""

import re
from enum import Enum
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Rows = npt.NDArray[np.int64]
"""Positions in a column."""
Ranges = tuple[tuple[int, int], ...]
"""First and last code point of each block."""


class Script(Enum):
    """A writing system with pools of its own; texts in any other one get Latin replacements."""

    LATIN = "latin"
    CYRILLIC = "cyrillic"
    GREEK = "greek"
    HEBREW = "hebrew"
    ARABIC = "arabic"
    DEVANAGARI = "devanagari"
    THAI = "thai"
    GEORGIAN = "georgian"
    ARMENIAN = "armenian"
    HANGUL = "hangul"
    JAPANESE = "japanese"
    """Known by its kana; what is written in Chinese characters alone counts as :attr:`HAN`."""
    HAN = "han"


SCRIPTS = tuple(Script)
POSITIONS = {script: position for position, script in enumerate(SCRIPTS)}
"""Script -> its place in :data:`SCRIPTS`, which is what arrays of scripts hold."""

RANGES: dict[Script, Ranges] = {
    Script.LATIN: ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x1E00, 0x1EFF)),
    Script.CYRILLIC: ((0x400, 0x52F),),
    Script.GREEK: ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    Script.HEBREW: ((0x591, 0x5F4),),
    Script.ARABIC: ((0x610, 0x61A), (0x620, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    Script.DEVANAGARI: ((0x900, 0x97F),),
    Script.THAI: ((0xE01, 0xE4E),),
    Script.GEORGIAN: ((0x10A0, 0x10FF), (0x1C90, 0x1CBF)),
    Script.ARMENIAN: ((0x531, 0x587),),
    Script.HANGUL: ((0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3130, 0x318F)),
    Script.JAPANESE: ((0x3041, 0x30FF), (0xFF66, 0xFF9F)),
    Script.HAN: ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
}
"""Blocks of the Unicode standard (Blocks.txt), as far as names are written in them."""


def character_class(*scripts: Script) -> str:
    """The letters of ``scripts``, as the inside of a character class (Python, Rust and RE2 alike)."""
    return "".join(f"{chr(first)}-{chr(last)}" for script in scripts for first, last in RANGES[script])


FIRST_FOREIGN_BYTE = 0x80
"""UTF-8 writes everything but ASCII with bytes from here on."""
_FOREIGN = f"([{character_class(*SCRIPTS[1:])}])"
_KANA = f"[{character_class(Script.JAPANESE)}]"


def dominant_scripts(texts: pa.Array, rows: Rows) -> npt.NDArray[np.uint8]:
    """Place in :data:`SCRIPTS` of each text's script: that of its first letter outside the Latin ones.

    :param texts: ``large_string`` without nulls.
    :param rows: those that are not plain ASCII (:func:`foreign_rows`).
    """
    found = np.zeros(len(texts), np.uint8)
    if not len(rows):
        return found
    series = pl.Series(texts, dtype=pl.String).gather(rows)
    letters = pl.DataFrame({"letter": series.str.extract(_FOREIGN)})
    known = letters["letter"].drop_nulls().unique()
    places = pl.DataFrame({"letter": known, "script": pl.Series(map(_script_of, known), dtype=pl.UInt8)})
    scripts = letters.join(places, on="letter", how="left", maintain_order="left")["script"].fill_null(0).to_numpy()
    found[rows] = scripts
    han = np.flatnonzero(scripts == POSITIONS[Script.HAN])
    if len(han):
        found[rows[han[series.gather(han).str.contains(_KANA).to_numpy()]]] = POSITIONS[Script.JAPANESE]
    return found


def foreign_rows(texts: pa.Array) -> Rows:
    """The rows of a ``large_string`` array without nulls that are not plain ASCII."""
    data, bounds = text_bytes(texts)
    used = data[bounds[0] : bounds[-1]]
    if not len(used) or int(used.max()) < FIRST_FOREIGN_BYTE:
        return np.zeros(0, np.int64)
    series = pl.Series(texts, dtype=pl.String)
    return np.flatnonzero((series.str.len_bytes() != series.str.len_chars()).to_numpy())


def text_bytes(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The bytes of a ``large_string`` array, and where each text begins and the last one ends."""
    _, offsets, data = texts.buffers()
    if offsets is None or not len(texts):
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8), bounds


@cache
def _script_of(letter: str) -> int:
    return next(
        place for place, script in enumerate(SCRIPTS) if place and re.match(f"[{character_class(script)}]", letter)
    )
