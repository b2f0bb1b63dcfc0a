"""The words of a column of texts, whole columns at a time: where they stand, and a hash of each that ignores case.

A word is a run of letters, digits and marks; in scripts without spaces between words (Han, Kana, Hangul, Thai, Lao,
Khmer, Myanmar) every character is one, so that a name is a sequence of words in every script. Hashes are polynomials
over bytes modulo 2^64, taken from running sums (Karp and Rabin, 1987), then mixed (Steele et al., 2014, splitmix64).
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places

Hashes = npt.NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_CHUNK_BYTES = 1 << 20
"""Texts are looked at in chunks whose intermediate arrays (some 60 bytes per byte) fit into the cache's reach."""
LONGEST_JOINED = 4096
_LONGEST_GAP = 4
"""Bytes between two words of one value: a space, a hyphen, "), ", an apostrophe of any kind."""
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3130, 0x318F),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF),
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """Words in order of their place in the texts' buffer."""

    starts: Places
    ends: Places
    codes: Hashes
    """Polynomials, of which those of several words joined can be made: :func:`joined`."""
    hashes: Hashes
    is_followed: npt.NDArray[np.bool_]
    """Whether the next word may belong to the same name: it stands close by, in the same text."""
    is_unspaced: npt.NDArray[np.bool_]
    """Whether it is one character of a script without spaces."""

    def __len__(self) -> int:
        return len(self.starts)


_NO_WORDS = Words(
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.uint64),
    np.zeros(0, np.uint64),
    np.zeros(0, np.bool_),
    np.zeros(0, np.bool_),
)


def chunks(texts: FlatTexts, at_most: int = _CHUNK_BYTES) -> list[tuple[int, int]]:
    """Ranges of rows (first, one past the last) of about a megabyte, or so many bytes, or of one longer text."""
    bounds, first = [], 0
    while first < len(texts):
        last = int(np.searchsorted(texts.offsets, texts.offsets[first] + at_most, side="right")) - 1
        last = max(last, first + 1)
        bounds.append((first, last))
        first = last
    return bounds


def words_of(texts: FlatTexts, first: int, last: int) -> Words:
    """The words of the rows ``first`` to ``last`` (exclusive)."""
    begin, end = int(texts.offsets[first]), int(texts.offsets[last])
    if begin == end:
        return _NO_WORDS
    data = texts.data[begin:end]
    folded, classes = _fold(data)
    inner = texts.offsets[first + 1 : last] - begin
    starts, stops = _bounds(data, classes, inner)
    followed = _followed(starts, stops, inner)
    codes = _codes(folded, starts, stops)
    return Words(starts + begin, stops + begin, codes, mixed(codes), followed, classes[starts] == _LONE_START)


def _bounds(
    data: npt.NDArray[np.uint8], classes: npt.NDArray[np.uint8], inner: Places
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where words begin and end.

    :param inner: where all texts but the first begin.
    """
    is_word = classes > 0
    # Where a word begins: after something else, at the beginning of a text, at and after a character that stands alone.
    begins, ends = is_word.copy(), np.zeros(len(data) + 1, np.bool_)
    begins[1:] &= ~is_word[:-1]
    ends[1:-1] = is_word[:-1] & ~is_word[1:]
    ends[-1] = is_word[-1]
    inner = inner[(inner > 0) & (inner < len(data))]
    inner = inner[is_word[inner] & is_word[inner - 1]]
    begins[inner] = ends[inner] = True
    lone = np.flatnonzero(classes == _LONE_START) if data.max() >= 0x80 else inner[:0]
    if len(lone):
        behind = lone + np.where(data[lone] >= 0xF0, 4, 3)
        begins[lone] = ends[behind] = True
        begins[behind[behind < len(data)]] |= is_word[behind[behind < len(data)]]
        ends[lone[lone > 0]] |= is_word[lone[lone > 0] - 1]
    return np.flatnonzero(begins), np.flatnonzero(ends)


@dataclass(frozen=True)
class Condensed:
    """Texts without anything but their words, in lower case: what two spellings of one value have in common."""

    data: npt.NDArray[np.uint8]
    """:data:`MARGIN` zero bytes stand before and behind."""
    starts: Places
    """Of each text, or word."""
    ends: Places


MARGIN = 8


def condensed(texts: FlatTexts, first: int, last: int) -> Condensed:
    """Each of the rows ``first`` to ``last`` (exclusive) as one."""
    begin, end = int(texts.offsets[first]), int(texts.offsets[last])
    folded, classes = _condense(texts.data[begin:end])
    offsets = texts.offsets[first : last + 1] - begin
    if classes is not None:
        offsets = _counts(classes, offsets)
    return Condensed(_with_margins(folded), offsets[:-1] + MARGIN, offsets[1:] + MARGIN)


def condensed_words(texts: FlatTexts, first: int, last: int) -> Condensed:
    """Each word of the rows ``first`` to ``last`` (exclusive) as one."""
    begin, end = int(texts.offsets[first]), int(texts.offsets[last])
    data = texts.data[begin:end]
    if not len(data):
        return Condensed(_with_margins(data), NO_SPANS.starts, NO_SPANS.ends)
    folded, found = _condense(data)
    classes = np.full(len(data), _WORD, np.uint8) if found is None else found
    starts, stops = _bounds(data, classes, texts.offsets[first + 1 : last] - begin)
    ends = np.cumsum(stops - starts) + MARGIN  # words share no byte and leave none out
    return Condensed(_with_margins(folded), ends - (stops - starts), ends)


def _condense(data: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8] | None]:
    """The bytes of words in lower case, and the class of every byte; None = all are of words, as in many numbers."""
    raw = data.tobytes()
    if not raw.isascii():
        folded, classes = _fold(data)
        return folded[classes > 0], classes
    lower, ascii_classes = _ascii_tables()
    folded = np.frombuffer(raw.translate(lower, _separators()), np.uint8)
    return folded, None if len(folded) == len(raw) else np.frombuffer(raw.translate(ascii_classes), np.uint8)


def _counts(classes: npt.NDArray[np.uint8], places: Places) -> Places:
    """How many bytes of words stand before each place: whole bytes of a bitmap are counted, then the bits of one."""
    bits = np.append(np.packbits(classes, bitorder="little"), np.uint8(0))
    ones = np.bitwise_count(bits)
    before = np.cumsum(ones, dtype=np.int64) - ones
    at = places >> 3
    below = (np.uint8(1) << (places & 7).astype(np.uint8)) - np.uint8(1)
    return np.asarray(before[at] + np.bitwise_count(bits[at] & below))


def _with_margins(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    margin = np.zeros(MARGIN, np.uint8)
    return np.concatenate([margin, data, margin])


def combined(hashes: Hashes, following: Hashes) -> Hashes:
    """The hashes of sequences, each with one more word."""
    return mixed(hashes * np.uint64(0xD1342543DE82EF95) + following)


def joined(codes: Hashes, lengths: Places, following: Hashes) -> Hashes:
    """The codes of words written together.

    :param lengths: bytes of what stands before the following word; no more than :data:`LONGEST_JOINED`.
    """
    return codes + following * _powers(_CHUNK_BYTES + 1)[0][np.minimum(lengths, LONGEST_JOINED)]


def _followed(starts: Places, ends: Places, inner: Places) -> npt.NDArray[np.bool_]:
    close = np.zeros(len(starts), np.bool_)
    if len(starts) > 1:
        close[:-1] = starts[1:] - ends[:-1] <= _LONGEST_GAP
        first = np.searchsorted(starts, inner)  # of each text but the first
        close[first[first > 0] - 1] = False
    return close


_WORD, _LONE_START, _LONE_REST = 1, 2, 3


@cache
def _tables() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Code point -> its lower case where that has as many bytes, and its class; for the Basic Multilingual Plane."""
    fold, classes = np.arange(0x10000, dtype=np.uint16), np.zeros(0x10000, np.uint8)
    for code in range(0x10000):
        if 0xD800 <= code < 0xE000:
            continue
        character = chr(code)
        if unicodedata.category(character)[0] in "LMN":
            classes[code] = _WORD
        lower = character.lower()
        if len(lower) == 1 and len(lower.encode()) == len(character.encode()):
            fold[code] = ord(lower)
    fold[0x03C2] = 0x03C3  # the sigma at the end of a word
    for low, high in _UNSPACED:
        span = classes[low : high + 1]
        span[span == _WORD] = _LONE_START
    return fold, classes


@cache
def _ascii_tables() -> tuple[bytes, bytes]:
    """The part of :func:`_tables` for single bytes."""
    fold, classes = _tables()
    return bytes([*fold[:128].tolist(), *range(128, 256)]), bytes([*classes[:128].tolist(), *[0] * 128])


@cache
def _separators() -> bytes:
    """The single bytes that stand in no word."""
    return bytes(code for code in range(128) if not _ascii_tables()[1][code])


def _fold(data: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The bytes in lower case, and the class of each: 0 = of no word."""
    lower, ascii_classes = _ascii_tables()
    raw = data.tobytes()
    folded, found = (np.frombuffer(raw.translate(table), np.uint8) for table in (lower, ascii_classes))
    if raw.isascii():
        return folded, found
    folded, found = folded.copy(), found.copy()
    fold, classes = _tables()
    two = np.flatnonzero((data >= 0xC2) & (data < 0xE0))
    code = ((data[two].astype(np.int64) & 0x1F) << 6) | (data[two + 1] & 0x3F)
    folded[two], folded[two + 1] = 0xC0 | (fold[code] >> 6), 0x80 | (fold[code] & 0x3F)
    found[two] = found[two + 1] = classes[code]
    three = np.flatnonzero((data >= 0xE0) & (data < 0xF0))
    code = (
        ((data[three].astype(np.int64) & 0x0F) << 12)
        | ((data[three + 1].astype(np.int64) & 0x3F) << 6)
        | (data[three + 2] & 0x3F)
    )
    lowered = fold[code].astype(np.int64)
    folded[three], folded[three + 1], folded[three + 2] = (
        0xE0 | (lowered >> 12),
        0x80 | ((lowered >> 6) & 0x3F),
        0x80 | (lowered & 0x3F),
    )
    found[three] = classes[code]
    found[three + 1] = found[three + 2] = np.where(classes[code] == _LONE_START, _LONE_REST, classes[code])
    four = np.flatnonzero(data >= 0xF0)
    if len(four):  # above the Basic Multilingual Plane only the further Han ideographs occur in names
        han = (data[four] == 0xF0) & (data[four + 1] >= 0xA0)
        found[four] = np.where(han, _LONE_START, 0)
        for rest in (1, 2, 3):
            found[four + rest] = np.where(han, _LONE_REST, 0)
    return folded, found


@cache
def _powers(length: int) -> tuple[Hashes, Hashes]:
    powers, inverses = np.full(length, _BASE, np.uint64), np.full(length, _INVERSE, np.uint64)
    powers[:1], inverses[:1] = 1, 1
    return np.cumprod(powers), np.cumprod(inverses)


def _codes(folded: npt.NDArray[np.uint8], starts: Places, ends: Places) -> Hashes:
    if not len(starts):
        return np.zeros(0, np.uint64)
    size = len(folded) + 1
    powers, inverses = _powers(_CHUNK_BYTES + 1) if size <= _CHUNK_BYTES + 1 else _powers.__wrapped__(size)
    sums = np.zeros(size, np.uint64)
    np.cumsum((folded.astype(np.uint64) + np.uint64(1)) * powers[: size - 1], out=sums[1:])
    return (sums[ends] - sums[starts]) * inverses[starts]


def mixed(values: Hashes) -> Hashes:
    """Codes as hashes, whose upper bits are as random as the lower ones."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
