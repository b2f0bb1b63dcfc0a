"""The words of a column of texts, whole columns at a time: where they stand, and a hash of each that ignores case.

A word is a run of letters, digits and marks; in scripts without spaces between words (Han, Kana, Hangul, Thai, Lao,
Khmer, Myanmar) every character is one, so that a name is a sequence of words in every script.

Most words of a text are nobody's name, and are told apart by their first eight bytes, which one machine word holds: the
upper bits of a hash hang on these alone (Fibonacci hashing; Knuth, The Art of Computer Programming, 6.4), the others on
all bytes (the mix of splitmix64; Steele et al., 2014). Words that may be written in one are followed by polynomials
over bytes modulo 2^64 (Karp and Rabin, 1987).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.detection.letters import LONE_START, WORD, ascii_tables, fold, is_ascii, separators
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places

Hashes = npt.NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_CHUNK_BYTES = 1 << 20
"""Texts are looked at in chunks whose intermediate arrays (some ten bytes per byte) fit into the cache's reach."""
LONGEST_JOINED = 4096
"""Bytes of the longest word, or words, of which all count."""
OPENING = 6
"""Bytes of the openings of values."""
HEAD_BITS = 27
"""Upper bits of a hash that hang on the word's first eight bytes alone."""
_EIGHT = 8
_ZERO = np.uint8(ord("0"))
_FIBONACCI = np.uint64(0x9E3779B97F4A7C15)
_REST = np.uint64((1 << (64 - HEAD_BITS)) - 1)
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_EIGHT + 1)], np.uint64)
"""Of the first bytes of eight."""
_LONGEST_GAP = 5
"""Bytes between two words of one value: a space, a hyphen, "), ", an apostrophe of any kind, a dash between spaces."""


@dataclass(frozen=True)
class Words:
    """Words in order of their place in the texts' buffer."""

    starts: Places
    ends: Places
    _folded: npt.NDArray[np.uint8] = field(repr=False)
    """The texts in lower case, and :data:`MARGIN` bytes behind them."""
    _begin: int
    """Where these stand in the texts' buffer."""
    _lasts: npt.NDArray[np.bool_] = field(repr=False)
    """Whether a word is the last one of its text."""
    is_unspaced: npt.NDArray[np.bool_] = field(repr=False)
    """Whether it is one character of a script without spaces."""
    spelled: tuple[Places, Hashes] = field(default=(NO_SPANS.starts, np.zeros(0, np.uint64)), repr=False)
    """Words that have the hashes of other spellings, in order, and these."""

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def heads(self) -> Hashes:
        """Numbers whose upper :data:`HEAD_BITS` bits are those of the words' hashes, at less cost."""
        heads = self._first_eight * _FIBONACCI
        at, hashes = self.spelled
        heads[at] = hashes
        return heads

    @cached_property
    def hashes(self) -> Hashes:
        """Of all words."""
        return self.hashes_at(np.arange(len(self)))

    @cached_property
    def codes(self) -> Hashes:
        """Of all words: polynomials, of which those of several words joined can be made: :func:`joined`."""
        return self.codes_at(np.arange(len(self)))

    @cached_property
    def are_numbers(self) -> npt.NDArray[np.bool_]:
        """Which words begin and end with a digit (of ASCII), as numbers do and few others."""
        ends = self._folded[self.ends - self._begin - 1]
        return np.asarray(((self._folded[self.starts - self._begin] - _ZERO) < 10) & ((ends - _ZERO) < 10))

    def hashes_at(self, at: Places) -> Hashes:
        """The hashes of some words."""
        found = _hashed(self._first_eight[at], self._folded, *self._places(at))
        spelled, hashes = self.spelled
        if len(spelled):
            place = np.minimum(np.searchsorted(spelled, at), len(spelled) - 1)
            found = np.where(spelled[place] == at, hashes[place], found)
        return found

    def codes_at(self, at: Places) -> Hashes:
        """The codes of some words, in their own spelling."""
        code = _polynomials(self._first_eight[at])
        starts, sizes = self._places(at)
        for longer, reached in _longer(sizes):
            rest = _eight_bytes(self._folded, starts[longer] + reached, sizes[longer] - reached)
            code[longer] += _polynomials(rest) * _powers()[reached]
        return code

    def openings_at(self, at: Places) -> tuple[Hashes, npt.NDArray[np.bool_]]:
        """Hashes of what some words, with those behind them, begin with, and whether that is long enough to have one.

        They are those of the values that stand there (:func:`openings_of`), however the values fall into words.
        """
        opening, last = self._first_eight[at], at.copy()
        sizes = self.ends[at] - self.starts[at]
        short = np.flatnonzero(sizes < OPENING)
        while len(short):
            short = short[self.is_followed_at(last[short])]
            last[short] += 1
            opening[short] |= self._first_eight[last[short]] << (sizes[short] * 8).view(np.uint64)
            sizes[short] += self.ends[last[short]] - self.starts[last[short]]
            short = short[sizes[short] < OPENING]
        return (opening & _MASKS[OPENING]) * _FIBONACCI, sizes >= OPENING

    def is_followed_at(self, at: Places) -> npt.NDArray[np.bool_]:
        """Whether the next word may belong to the same name: it stands close by, in the same text."""
        following = self.starts[np.minimum(at + 1, len(self) - 1)]
        return np.asarray((following - self.ends[at] <= _LONGEST_GAP) & ~self._lasts[at])

    @cached_property
    def _first_eight(self) -> Hashes:
        return _eight_bytes(self._folded, self.starts - self._begin, self.ends - self.starts)

    def _places(self, at: Places) -> tuple[Places, Places]:
        """Where some words begin in :attr:`_folded`, and how long they are."""
        starts = self.starts[at]
        return starts - self._begin, self.ends[at] - starts


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
    data = texts.data[begin:end]
    folded, classes = fold(data)
    inner = texts.offsets[first + 1 : last] - begin
    starts, ends = _bounds(data, classes, inner)
    lasts = np.zeros(len(starts), np.bool_)
    lasts[-1:] = True
    following = np.searchsorted(starts, inner)  # the first word of each text but the first
    lasts[following[following > 0] - 1] = True
    unspaced = np.zeros(len(starts), np.bool_) if is_ascii(data) else classes[starts] == LONE_START
    return Words(starts + begin, ends + begin, _with_margins(folded)[MARGIN:], begin, lasts, unspaced)


def _bounds(
    data: npt.NDArray[np.uint8], classes: npt.NDArray[np.uint8], inner: Places
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where words begin and end.

    :param inner: where all texts but the first begin.
    """
    if not len(data):
        return NO_SPANS.starts, NO_SPANS.ends
    is_word = classes > 0
    begins, ends = np.empty(len(data) + 1, np.bool_), np.empty(len(data) + 1, np.bool_)
    begins[0], begins[-1], ends[0], ends[-1] = is_word[0], False, False, is_word[-1]
    np.greater(is_word[1:], is_word[:-1], out=begins[1:-1])
    np.less(is_word[1:], is_word[:-1], out=ends[1:-1])
    inner = inner[(inner > 0) & (inner < len(data))]
    inner = inner[is_word[inner] & is_word[inner - 1]]
    begins[inner] = ends[inner] = True
    lone = inner[:0] if is_ascii(data) else np.flatnonzero(classes == LONE_START)
    if len(lone):  # one begins at and behind each
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
    classes = np.full(len(data), WORD, np.uint8) if found is None else found
    starts, stops = _bounds(data, classes, texts.offsets[first + 1 : last] - begin)
    ends = np.cumsum(stops - starts) + MARGIN  # words share no byte and leave none out
    return Condensed(_with_margins(folded), ends - (stops - starts), ends)


def _condense(data: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8] | None]:
    """The bytes of words in lower case, and the class of every byte; None = all are of words, as in many numbers."""
    raw = data.tobytes()
    if not raw.isascii():
        folded, classes = fold(data)
        return folded[classes > 0], classes
    lower, ascii_classes = ascii_tables()
    folded = np.frombuffer(raw.translate(lower, separators()), np.uint8)
    return folded, None if len(folded) == len(raw) else np.frombuffer(raw.translate(ascii_classes), np.uint8)


def _counts(classes: npt.NDArray[np.uint8], places: Places) -> Places:
    """How many bytes of words stand before each place: whole bytes of a bitmap are counted, then the bits of one."""
    bits = np.append(np.packbits(classes, bitorder="little"), np.uint8(0))
    ones = np.bitwise_count(bits)
    before = np.cumsum(ones, dtype=np.int64) - ones
    at = places >> 3
    below = (np.uint8(1) << (places & 7).astype(np.uint8)) - np.uint8(1)
    return np.asarray(before[at] + np.bitwise_count(bits[at] & below))


def hashes_of(values: Condensed) -> Hashes:
    """The hash that each of some values has where it is written as one word."""
    starts, sizes = values.starts, values.ends - values.starts
    return _hashed(_eight_bytes(values.data, starts, sizes), values.data, starts, sizes)


def openings_of(values: Condensed) -> Hashes:
    """Hashes of the first :data:`OPENING` bytes of values, which have as many."""
    eight = _eight_bytes(values.data, values.starts, values.ends - values.starts)
    return np.asarray((eight & _MASKS[OPENING]) * _FIBONACCI)


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
    return codes + following * _powers()[np.minimum(lengths, LONGEST_JOINED)]


def _eight_bytes(data: npt.NDArray[np.uint8], starts: Places, sizes: Places) -> Hashes:
    """The first eight bytes of each piece, the first of them lowest; what is behind the piece as zeros.

    :param data: with :data:`MARGIN` bytes behind the last piece.
    """
    everywhere = np.ndarray(len(data) - _EIGHT + 1, "<u8", data, strides=(1,))
    return np.asarray(everywhere[starts] & _MASKS.take(np.minimum(sizes, _EIGHT)))


def _longer(sizes: Places) -> Iterator[tuple[Places, int]]:
    """Which pieces go on behind so many bytes, eight by eight, up to :data:`LONGEST_JOINED`."""
    longer = np.flatnonzero(sizes > _EIGHT)
    for reached in range(_EIGHT, LONGEST_JOINED, _EIGHT):
        if not len(longer):
            return
        yield longer, reached
        longer = longer[sizes[longer] > reached + _EIGHT]


def _hashed(first_eight: Hashes, data: npt.NDArray[np.uint8], starts: Places, sizes: Places) -> Hashes:
    whole = mixed(first_eight)
    for longer, reached in _longer(sizes):
        rest = _eight_bytes(data, starts[longer] + reached, sizes[longer] - reached)
        whole[longer] = combined(whole[longer], rest)
    return np.asarray((first_eight * _FIBONACCI & ~_REST) | (whole & _REST))


@cache
def _powers() -> Hashes:
    powers = np.full(LONGEST_JOINED + 1, _BASE, np.uint64)
    powers[0] = 1
    return np.cumprod(powers)


@cache
def _pairs() -> Hashes:
    """The polynomial of two bytes, the lower one first; a zero byte counts nothing."""
    low, high = (
        np.arange(1 << 16, dtype=np.uint64) >> shift & np.uint64(0xFF) for shift in np.array([0, 8], np.uint64)
    )
    one = np.uint64(1)
    return np.asarray(np.where(low > 0, low + one, low) + np.where(high > 0, high + one, high) * np.uint64(_BASE))


def _polynomials(eight: Hashes) -> Hashes:
    pairs = eight.astype("<u8", copy=False).view("<u2").reshape(-1, 4)
    code = _pairs().take(pairs[:, 0])
    for at in (1, 2, 3):
        code += _pairs().take(pairs[:, at]) * _powers()[2 * at]
    return code


def mixed(values: Hashes) -> Hashes:
    """Codes as hashes, whose upper bits are as random as the lower ones."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
