"""The characters of texts: which belong to words, and their small letters, whole buffers at a time."""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3130, 0x318F),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF),
)  # fmt: skip
WORD, LONE_START, LONE_REST = 1, 2, 3
"""Classes of bytes: of words; the first and the others of a character that is a word by itself. 0 = of none."""


@cache
def _tables() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Code point -> its lower case where that has as many bytes, and its class; for the Basic Multilingual Plane."""
    fold, classes = np.arange(0x10000, dtype=np.uint16), np.zeros(0x10000, np.uint8)
    for code in range(0x10000):
        if 0xD800 <= code < 0xE000:
            continue
        character = chr(code)
        if unicodedata.category(character)[0] in "LMN":
            classes[code] = WORD
        lower = character.lower()
        if len(lower) == 1 and len(lower.encode()) == len(character.encode()):
            fold[code] = ord(lower)
    fold[0x03C2] = 0x03C3  # the sigma at the end of a word
    for low, high in _UNSPACED:
        span = classes[low : high + 1]
        span[span == WORD] = LONE_START
    return fold, classes


@cache
def ascii_tables() -> tuple[bytes, bytes]:
    """The part of :func:`_tables` for single bytes."""
    fold, classes = _tables()
    return bytes([*fold[:128].tolist(), *range(128, 256)]), bytes([*classes[:128].tolist(), *[0] * 128])


@cache
def separators() -> bytes:
    """The single bytes that stand in no word."""
    return bytes(code for code in range(128) if not ascii_tables()[1][code])


def fold(data: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The bytes in lower case, and the class of each: 0 = of no word."""
    # Arithmetic on whole bytes is several times as fast as tables are.
    is_upper = data - np.uint8(0x41) < 26
    folded = data | (is_upper.view(np.uint8) << np.uint8(5))
    is_word = (folded - np.uint8(0x61) < 26) | (data - np.uint8(0x30) < 10)
    found = is_word.view(np.uint8)
    if is_ascii(data):
        return folded, found
    small, classes = _tables()
    two = np.flatnonzero((data >= 0xC2) & (data < 0xE0))
    code = ((data[two].astype(np.int64) & 0x1F) << 6) | (data[two + 1] & 0x3F)
    folded[two], folded[two + 1] = 0xC0 | (small[code] >> 6), 0x80 | (small[code] & 0x3F)
    found[two] = found[two + 1] = classes[code]
    three = np.flatnonzero((data >= 0xE0) & (data < 0xF0))
    code = (
        ((data[three].astype(np.int64) & 0x0F) << 12)
        | ((data[three + 1].astype(np.int64) & 0x3F) << 6)
        | (data[three + 2] & 0x3F)
    )
    lowered = small[code].astype(np.int64)
    folded[three], folded[three + 1], folded[three + 2] = (
        0xE0 | (lowered >> 12),
        0x80 | ((lowered >> 6) & 0x3F),
        0x80 | (lowered & 0x3F),
    )
    found[three] = classes[code]
    found[three + 1] = found[three + 2] = np.where(classes[code] == LONE_START, LONE_REST, classes[code])
    four = np.flatnonzero(data >= 0xF0)
    if len(four):  # above the Basic Multilingual Plane only the further Han ideographs occur in names
        han = (data[four] == 0xF0) & (data[four + 1] >= 0xA0)
        found[four] = np.where(han, LONE_START, 0)
        for rest in (1, 2, 3):
            found[four + rest] = np.where(han, LONE_REST, 0)
    return folded, found


def is_ascii(data: npt.NDArray[np.uint8]) -> bool:
    """Whether every byte is a character."""
    return not len(data) or bool(data.max() < 0x80)
