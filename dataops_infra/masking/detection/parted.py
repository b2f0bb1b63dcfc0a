"""Parts of texts in which words fall apart that were written as one: ``card4111111111111111``, ``#AnnaBerg2024``.

A word is parted where letters meet digits and where a capital stands behind a small letter, by a space; an underscore
becomes one. Words with several numbers in them, and such as may be a number in hexadecimal digits, are codes, keys and
hashes: they are left whole, since some part of such a word always looks like something.
"""

from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.letters import WORD, fold, is_ascii
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans
from dataops_infra.masking.detection.words import chunks

_BEFORE, _BEHIND = 64, 40
"""Bytes around a word that are searched with it: a word that says what a number is, the rest of a number in groups."""
_CHUNK_BYTES = 1 << 19
"""Texts are looked at in chunks whose intermediate arrays stay in a core's cache."""
_LONGEST = 64
"""Bytes of the longest word that is parted."""
_STRETCH = np.arange(16)
_AT, _SPACE, _UNDERSCORE = b"@ _"
_CODE = r"[0-9][^0-9]+[0-9]|^[A-Fa-f]+[0-9]{1,12}[A-Fa-f]*$|^[0-9]{1,12}[A-Fa-f]+$"
"""Several numbers, or hexadecimal digits with fewer decimal ones in a row than cards have."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PartedTexts:
    """Excerpts of texts with spaces between the parts of words."""

    texts: FlatTexts
    words: Spans
    """Where the parted words stand in :attr:`texts`, parts and spaces together."""
    _begins: Places
    """Where each excerpt begins in the original's buffer."""
    _cut: tuple[Flags, Flags]
    """Whether more of its row stands before each excerpt, and whether behind it."""
    _inserted: Places
    """Spaces that the original has not, by their place in :attr:`texts`."""
    _seams: Places
    """These, and what are underscores there."""

    @classmethod
    def of(cls, texts: FlatTexts, taken: Spans = NO_SPANS) -> "PartedTexts | None":
        """What words of ``texts`` can be parted, and what stands around them; None = there are no such words.

        :param taken: pieces that are left alone.
        """
        found = [_Seams.of(texts, first, last, taken) for first, last in chunks(texts, _CHUNK_BYTES)]
        seams = _Seams.joined(found)
        if len(seams.places):
            seams = seams.at(np.flatnonzero(_are_parted(texts, seams.starts, seams.ends, taken)))
        return cls._around(texts, seams) if len(seams.places) else None

    @classmethod
    def _around(cls, texts: FlatTexts, seams: "_Seams") -> "PartedTexts":
        starts, first = np.unique(seams.starts, return_index=True)
        ends = seams.ends[first]
        rows = texts.rows(starts)
        lows, highs = texts.offsets[rows], texts.offsets[rows + 1]
        begins = texts.at_characters(np.maximum(starts - _BEFORE, lows))
        stops = texts.at_characters(np.minimum(ends + _BEHIND, highs))
        is_new = np.append(True, begins[1:] >= np.maximum.accumulate(stops)[:-1])
        heads = np.flatnonzero(is_new)
        stops = np.maximum.reduceat(stops, heads)
        begins, cut = begins[heads], (begins[heads] > lows[heads], stops < highs[heads])
        excerpts = FlatTexts.of(texts.pieces(begins, stops))

        def local(places: Places) -> Places:
            row = np.searchsorted(begins, places, side="right") - 1
            return np.asarray(places - begins[row] + excerpts.offsets[row])

        parted = local(seams.places[seams.are_joints])
        inserted = parted + np.arange(len(parted))
        spaced = excerpts.replace(parted, parted, pa.repeat(pa.scalar(" ", pa.large_string()), len(parted)))
        firsts, lasts = (at + np.searchsorted(parted, at) for at in (local(starts), local(ends - 1) + 1))
        is_mark = spaced.data == _UNDERSCORE
        data = np.where(is_mark, np.uint8(_SPACE), spaced.data)
        marks = np.union1d(inserted, np.flatnonzero(is_mark))
        words = Spans(firsts, lasts, np.zeros_like(starts))
        return cls(FlatTexts(spaced.offsets, data), words, begins, cut, inserted, marks)

    def touching(self, spans: Spans) -> Flags:
        """Which of some pieces of :attr:`texts` begin, end or are parted where a word was, and are not cut off."""
        seams = np.searchsorted(self._seams, spans.ends, side="right") - np.searchsorted(self._seams, spans.starts - 1)
        row = self.texts.rows(spans.starts)
        is_cut = self._cut[0][row] & (spans.starts == self.texts.offsets[row])
        is_cut |= self._cut[1][row] & (spans.ends == self.texts.offsets[row + 1])
        return np.asarray((seams > 0) & ~is_cut)

    def letters_of_words(self) -> Places:
        """How many bytes of each of :attr:`words` are letters."""
        data = self.texts.data
        is_other = np.concatenate([[0], np.cumsum((data == _SPACE) | (data - np.uint8(0x30) < 10))])
        lengths = self.words.ends - self.words.starts
        return np.asarray(lengths - (is_other[self.words.ends] - is_other[self.words.starts]))

    def in_original(self, spans: Spans) -> Spans:
        """Where pieces of :attr:`texts`, which begin and end with no space, stand in the original."""
        row = self.texts.rows(spans.starts)
        moved = self._begins[row] - self.texts.offsets[row] + np.searchsorted(self._inserted, self.texts.offsets[row])
        starts, ends = (
            places + moved - np.searchsorted(self._inserted, places) for places in (spans.starts, spans.ends)
        )
        return Spans(starts, ends, spans.labels)


@dataclass(frozen=True)
class _Seams:
    """Places of words at which these may fall apart."""

    places: Places
    are_joints: Flags
    """Whether parts meet there; else an underscore and a digit do."""
    starts: Places
    """Of the word that each is in; beside an underscore, of the one behind the place."""
    ends: Places

    @classmethod
    def joined(cls, parts: "list[_Seams]") -> "_Seams":
        """Several, one behind the other."""
        none = NO_SPANS.starts
        every = [cls(none, np.zeros(0, np.bool_), none, none), *parts]
        return cls(*(np.concatenate([getattr(each, name) for each in every]) for name in cls.__dataclass_fields__))

    def at(self, chosen: Places) -> "_Seams":
        """Those alone."""
        return _Seams(self.places[chosen], self.are_joints[chosen], self.starts[chosen], self.ends[chosen])

    @classmethod
    def of(cls, texts: FlatTexts, first: int, last: int, taken: Spans) -> "_Seams":
        """Those of the rows ``first`` to ``last`` (exclusive), in words of which no part is taken."""
        begin = int(texts.offsets[first])
        data = texts.data[begin : texts.offsets[last]]
        codes = _codes(data)
        # Where flags are few, they are found six times as fast as numbers that are not zero.
        places = np.flatnonzero((codes[:-1] & (codes[1:] >> 4)) != 0) + 1
        places = places[~_are_inside(places + begin, taken)]
        rows = texts.rows(places + begin)
        lows, highs = texts.offsets[rows] - begin, texts.offsets[rows + 1] - begin
        # Of two places that an underscore parts from a digit, the digit's is looked at.
        at = np.where(data[places - (places > lows)] == _UNDERSCORE, places, places - (data[places] == _UNDERSCORE))
        ends = _reach(codes, at, highs, 1)
        # What stands before an @ is an address; what was cut off by the row's end stands before nothing.
        is_address = (data[np.minimum(ends, len(data) - 1)] == _AT) & (ends < highs)
        kept = np.flatnonzero((places > lows) & ~is_address)
        places, at, ends, lows = places[kept], at[kept], ends[kept], lows[kept]
        starts = _reach(codes, at, lows - 1, -1) + 1
        is_joint = (data[places] != _UNDERSCORE) & (data[places - 1] != _UNDERSCORE)
        return cls(places + begin, is_joint, starts + begin, ends + begin)


def _are_inside(places: Places, taken: Spans) -> Flags:
    if not len(taken):
        return np.zeros(len(places), np.bool_)
    follows = np.searchsorted(taken.ends, places, side="right")
    return np.append(taken.starts, np.iinfo(np.int64).max)[follows] < places


_DIGIT, _LOWER, _UPPER, _MARK, _IS_WORD = 0x21, 0x16, 0x52, 0x12, np.uint8(0x65)
"""Classes of bytes, two of which part a word where the first one's lower half and the second one's upper half have a
bit in common: digits and letters, or an underscore, in both orders, and small letters before capitals."""


@cache
def _table() -> bytes:
    table = bytearray(256)
    for characters, code in ((digits, _DIGIT), (ascii_lowercase, _LOWER), (ascii_uppercase, _UPPER), ("_", _MARK)):
        for character in characters:
            table[ord(character)] = code
    return bytes(table)


def _codes(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The class of each byte; letters without case are small ones."""
    codes = np.frombuffer(data.tobytes().translate(_table()), np.uint8)
    if is_ascii(data):
        return codes
    folded, classes = fold(data)
    is_foreign = (data >= 0x80) & (classes == WORD)
    is_upper = is_foreign & (folded != data)
    # All bytes of a character are what one of them is.
    follows = np.flatnonzero(is_foreign & ((data & 0xC0) == 0x80))
    for towards, of in ((follows - 1, follows), (follows, follows - 1)) * 2:
        is_upper[towards] |= is_upper[of]
    return np.where(is_upper, np.uint8(_UPPER), np.where(is_foreign, np.uint8(_LOWER), codes))


def _reach(codes: npt.NDArray[np.uint8], places: Places, limits: Places, step: int) -> Places:
    """The first place behind (before) each of the given ones that is of no word, at the latest its limit."""
    reached, going_on = places.copy(), np.arange(len(places))
    for _ in range(_LONGEST // len(_STRETCH) + 1):
        if not len(going_on):
            break
        windows = codes.take(reached[going_on, None] + step * _STRETCH, mode="clip") & _IS_WORD > 0
        inside = np.where(windows.all(axis=1), len(_STRETCH), windows.argmin(axis=1))
        reached[going_on] += step * inside
        going_on = going_on[inside == len(_STRETCH)]
    return np.minimum(reached, limits) if step > 0 else np.maximum(reached, limits)


def _are_parted(texts: FlatTexts, starts: Places, ends: Places, taken: Spans) -> Flags:
    """Which words are short enough, no part of anything taken, and neither codes nor hashes."""
    parted = np.ones(len(starts), np.bool_) if not len(taken) else _are_apart(starts, ends, taken)
    parted &= ends - starts <= _LONGEST
    at = np.flatnonzero(parted)
    words = pl.Series(texts.pieces(starts[at], ends[at]), dtype=pl.String)
    parted[at] = ~words.str.contains(_CODE).to_numpy()
    return parted


def _are_apart(starts: Places, ends: Places, taken: Spans) -> Flags:
    follows = np.searchsorted(taken.ends, starts, side="right")
    return np.asarray(np.append(taken.starts, np.iinfo(np.int64).max)[follows] >= ends)
