"""Quick looks at the bytes of a whole column of texts, which spare most rows the slow ones."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.pools.scripts import FIRST_FOREIGN_BYTE, text_bytes

Letters = npt.NDArray[np.uint32]
"""For each text one bit per letter of ASCII that stands in it; digits and other characters share bits with letters."""

CHUNK_ROWS = 8_192
"""Texts that are looked at together: the bits of their bytes stay in the second-level cache."""
_ALL = np.uint32(0xFFFFFFFF)
_FOREIGN = 1 << 31


def letters_of(texts: pa.Array, foreign: np.uint32 = _ALL) -> Letters:
    """The letters of each text, without case: a text that holds another one has all of its letters.

    :param texts: ``large_string`` without nulls.
    :param foreign: what a text has that is not plain ASCII; by default everything.
    """
    data, bounds = text_bytes(texts)
    found = np.zeros(len(texts), np.uint32)
    for start in range(0, len(texts), CHUNK_ROWS):
        some = bounds[start : start + CHUNK_ROWS + 1]
        filled = np.flatnonzero(some[1:] > some[:-1])
        if len(filled):
            bits = _bits(data[some[0] : some[-1]], foreign)
            found[start + filled] = np.bitwise_or.reduceat(bits, some[filled] - some[0])
    return found


def _bits(data: npt.NDArray[np.uint8], foreign: np.uint32) -> Letters:
    # Capitals and small letters differ in the bits above these alone; shifting is faster than looking up.
    bits = np.left_shift(np.uint32(1), (data & np.uint8(0x1F)).astype(np.uint32))
    if int(data.max()) >= FIRST_FOREIGN_BYTE:
        bits[data >= FIRST_FOREIGN_BYTE] = foreign
    return bits


def needed_letters(texts: pa.Array) -> Letters:
    """The letters that a text must have to hold each of ``texts``; nothing of plain ASCII holds others."""
    return letters_of(texts, np.uint32(_FOREIGN))


def capitalised(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which texts begin with a capital and a small letter of ASCII: all small is none of them, nor all capitals.

    :param texts: ``large_string`` without nulls.
    """
    data, bounds = text_bytes(texts)
    if len(data) < 2:
        return np.zeros(len(texts), np.bool_)
    starts = np.minimum(bounds[:-1], len(data) - 2)
    is_there = np.diff(bounds) > 1
    return np.asarray(is_there & _IS_CAPITAL[data[starts]] & _IS_SMALL[data[starts + 1]])


def last_letters(texts: pa.Array) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which texts end with a capital of ASCII, and which with a small letter.

    :param texts: ``large_string`` without nulls.
    """
    data, bounds = text_bytes(texts)
    if not len(data):
        return np.zeros(len(texts), np.bool_), np.zeros(len(texts), np.bool_)
    filled, last = bounds[1:] > bounds[:-1], data[np.maximum(bounds[1:] - 1, 0)]
    return filled & _IS_CAPITAL[last], filled & _IS_SMALL[last]


_IS_CAPITAL, _IS_SMALL = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_IS_CAPITAL[ord("A") : ord("Z") + 1] = True
_IS_SMALL[ord("a") : ord("z") + 1] = True
