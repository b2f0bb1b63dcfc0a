"""Parts of texts that are worth searching, and where a regular expression matches in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, without_overlaps

_GAP = 12
"""Bytes without a digit within one identifier at most (a bank's letters in an IBAN), and kept on both sides of it."""
_LETTERS_BEHIND = 36
"""Bytes kept behind digits that letters follow at once: an IBAN may end in many."""
_SPACES = b" \t\n\r\x0b\x0c"
_LEAST_DIGITS = 6
_LEAST_DIGITS_AFTER_LETTERS = 4
"""India's PAN has four, directly after letters."""
_LEAST_RUNS = 4
"""An IP address has as many (10.0.0.1)."""
_UNCOUNTED = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Excerpts:
    """Excerpts of texts, and where each begins in the texts' buffer."""

    texts: FlatTexts
    begins: Places

    @cached_property
    def _series(self) -> pl.Series:
        return pl.Series(self.texts.values, dtype=pl.String)

    def holding(self, regex: str) -> "Excerpts":
        """Those in which ``regex`` matches."""
        hits = np.flatnonzero(self._series.str.contains(regex).to_numpy())
        return Excerpts(FlatTexts.of(self.texts.values.take(pa.array(hits))), self.begins[hits])

    def search(self, regex: str) -> tuple[Places, Places]:
        """Where ``regex`` (Rust's syntax) matches: starts and ends in the buffer, leftmost first, not overlapping."""
        hits = np.flatnonzero(self._series.str.contains(regex).to_numpy())
        if not len(hits):
            return NO_SPANS.starts, NO_SPANS.ends
        series = self._series.gather(hits)
        matches = series.str.extract_all(regex)
        lengths = matches.explode().str.len_bytes().to_numpy().astype(np.int64)
        row, within = _places(series, regex, matches, lengths)
        # Excerpts may overlap, so that one match is found twice; the shorter one is cut off by the end of its excerpt.
        places = within + self.begins[hits[row]]
        order = np.lexsort((-lengths, places))
        starts, first = np.unique(places[order], return_index=True)
        spans = without_overlaps(Spans(starts, starts + lengths[order[first]], first))
        return spans.starts, spans.ends


def excerpts_without_spaces(texts: FlatTexts, series: pl.Series, hint: str, signs: bytes) -> Excerpts:
    """What stands between white space and holds one of ``signs``, in texts that hold ``hint``.

    :param series: the same texts.
    :param signs: bytes, of which whatever matches ``hint`` holds one.
    """
    rows = np.flatnonzero(series.str.contains(hint).to_numpy())
    chosen = FlatTexts.of(texts.values.take(pa.array(rows)))
    is_mark = _is_any(chosen.data, _SPACES)
    is_mark[chosen.offsets[:-1][chosen.offsets[:-1] < len(chosen.data)]] = True
    bounds = np.append(np.flatnonzero(is_mark), len(chosen.data))
    which = np.searchsorted(bounds, np.flatnonzero(_is_any(chosen.data, signs)), side="right") - 1
    which = which[np.diff(which, prepend=-1) > 0]
    begins = bounds[which]
    row = chosen.rows(begins)
    pieces = FlatTexts.of(chosen.pieces(begins, bounds[which + 1]))
    return Excerpts(pieces, begins - chosen.offsets[row] + texts.offsets[rows[row]])


def _is_any(data: npt.NDArray[np.uint8], wanted: bytes) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(data), np.bool_)
    for byte in wanted:
        found |= data == byte
    return found


@dataclass(frozen=True)
class Numbers:
    """Runs of digits that stand close to each other, enough of them for an identifier, and what stands around."""

    texts: FlatTexts
    begins: Places
    """Of what stands around them."""
    ends: Places
    first: Places
    last: Places
    """Behind their last digits."""
    count: Places
    """Digits; :data:`_UNCOUNTED` where more may stand around."""
    _excerpts: dict[tuple[int, str], Excerpts] = field(init=False, default_factory=dict, repr=False)

    @classmethod
    def of(cls, texts: FlatTexts) -> "Numbers":
        """All that ``texts`` hold; texts with digits of other scripts are taken whole."""
        foreign = _rows_with_foreign_digits(texts)
        first, last, count = _clusters(texts, foreign)
        row = texts.rows(first)
        goes_on = _is_letter(texts.data[np.minimum(last, len(texts.data) - 1)])
        begins = np.maximum(first - _GAP, texts.offsets[row])
        ends = np.minimum(last + np.where(goes_on, _LETTERS_BEHIND, _GAP), texts.offsets[row + 1])
        count = np.where(goes_on, _UNCOUNTED, count)
        found = cls(texts, texts.at_characters(begins), texts.at_characters(ends), first, last, count)
        if not len(foreign):
            return found
        begins, ends = texts.offsets[foreign], texts.offsets[foreign + 1]
        whole = begins, ends, begins, ends, np.full(len(foreign), _UNCOUNTED)
        joined = cls(texts, *map(np.concatenate, zip(found._columns, whole, strict=True)))
        return joined._at(np.argsort(joined.begins, kind="stable"))

    @property
    def _columns(self) -> tuple[Places, Places, Places, Places, Places]:
        return self.begins, self.ends, self.first, self.last, self.count

    def _at(self, kept: Places) -> "Numbers":
        return Numbers(self.texts, *(column[kept] for column in self._columns))

    def outside(self, found: Spans) -> "Numbers":
        """Those of which not all digits stand in one of the spans ``found``."""
        if not len(found):
            return self
        behind = np.minimum(np.searchsorted(found.ends, self.first, side="right"), len(found) - 1)
        is_inside = (found.starts[behind] <= self.first) & (found.ends[behind] >= self.last)
        return self._at(np.flatnonzero(~is_inside | (self.count == _UNCOUNTED)))

    def excerpts(self, least: int, holding: str = "") -> Excerpts:
        """What stands around those of ``least`` digits or more, where the expression ``holding`` matches."""
        if (least, holding) not in self._excerpts:
            if holding:
                found = self.excerpts(least).holding(holding)
            else:
                chosen = self._at(np.flatnonzero(self.count >= least))
                found = Excerpts(FlatTexts.of(self.texts.pieces(chosen.begins, chosen.ends)), chosen.begins)
            self._excerpts[least, holding] = found
        return self._excerpts[least, holding]


def _clusters(texts: FlatTexts, foreign: Places) -> tuple[Places, Places, Places]:
    """Where the digits of numbers begin and end, and how many they are; not in the rows ``foreign``."""
    starts, ends = _runs_of_digits(texts)
    if len(foreign):
        kept = ~np.isin(texts.rows(starts), foreign)
        starts, ends = starts[kept], ends[kept]
    if not len(starts):
        return NO_SPANS.starts, NO_SPANS.ends, NO_SPANS.labels
    is_first = np.ones(len(starts) + 1, np.bool_)
    np.greater(starts[1:] - ends[:-1], _GAP, out=is_first[1:-1])
    is_first[np.searchsorted(starts, texts.offsets)] = True
    heads = np.flatnonzero(is_first[:-1])
    first, last = starts[heads], ends[np.append(heads[1:], len(starts)) - 1]
    count = np.add.reduceat(ends - starts, heads)
    after_letter = _is_letter(texts.data[np.maximum(first - 1, 0)])
    runs = np.diff(np.append(heads, len(starts)))
    enough = (count >= _LEAST_DIGITS) | ((count >= _LEAST_DIGITS_AFTER_LETTERS) & after_letter) | (runs >= _LEAST_RUNS)
    return first[enough], last[enough], count[enough]


def _runs_of_digits(texts: FlatTexts) -> tuple[Places, Places]:
    """Where digits begin and end that stand in a row, in one text."""
    if not len(texts.data):
        return NO_SPANS.starts, NO_SPANS.ends
    is_digit = (texts.data - np.uint8(0x30)) < 10
    is_edge = np.empty(len(is_digit) + 1, np.bool_)
    is_edge[0], is_edge[-1] = is_digit[0], is_digit[-1]
    np.not_equal(is_digit[1:], is_digit[:-1], out=is_edge[1:-1])
    edges = np.flatnonzero(is_edge)
    inner = texts.offsets[(texts.offsets > 0) & (texts.offsets < len(is_digit))]
    seams = np.unique(inner[is_digit[inner] & is_digit[inner - 1]])
    if len(seams):  # one ends with a text, and one begins with the next
        edges = np.sort(np.concatenate([edges, seams, seams]), kind="stable")
    return edges[::2], edges[1::2]


def _is_letter(bytes_: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return np.asarray(((bytes_ | 0x20) >= 0x61) & ((bytes_ | 0x20) <= 0x7A))


def _rows_with_foreign_digits(texts: FlatTexts) -> Places:
    rows = texts.foreign_rows
    held = pl.Series(texts.values.take(pa.array(rows)), dtype=pl.String).str.contains(r"[\p{Nd}--0-9]")
    return np.asarray(rows[held.to_numpy()])


def _places(series: pl.Series, regex: str, matches: pl.Series, lengths: Places) -> tuple[Places, Places]:
    """The text that each match of ``regex`` stands in, and where.

    :param matches: of each text, a list; each text has one at least.
    :param lengths: of the matches.
    """
    count = matches.list.len().to_numpy()
    row = np.repeat(np.arange(len(count)), count)
    is_only = count == 1
    within, only = np.empty(len(row), np.int64), is_only[row]
    within[only] = _only_places(series.filter(is_only), regex, matches.filter(is_only).list.first())
    within[~only] = _several_places(series.filter(~is_only), regex, lengths[~only])
    return row, within


def _only_places(series: pl.Series, regex: str, matches: pl.Series) -> Places:
    frame = pl.DataFrame({"text": series, "match": matches})
    # Had the same characters stood further to the left, they would have matched there, whatever stands beside them.
    hangs_on_neighbours = any(sign in regex for sign in ("\\b", "^", "$"))
    place = pl.col("text").str.find(regex if hangs_on_neighbours else pl.col("match"), literal=not hangs_on_neighbours)
    return frame.select(place).to_series().to_numpy().astype(np.int64)


def _several_places(series: pl.Series, regex: str, lengths: Places) -> Places:
    # Polars tells what matched, not where: each match becomes a character that stands nowhere else, and is found again.
    if not len(series):
        return NO_SPANS.starts
    flat = FlatTexts.of(series.to_arrow())
    mark = next((mark for mark in _marks() if not _holds(flat.data, mark)), None)
    if mark is None:
        raise MaskingError("a batch of texts holds every character there is; split the file")
    width = len(mark.encode())
    marked = FlatTexts.of(series.str.replace_all(regex, mark).to_arrow())
    starts = _occurrences(marked.data, mark) + np.concatenate([[0], np.cumsum(lengths - width)[:-1]])
    return np.asarray(starts - flat.offsets[flat.rows(starts)])


def _marks() -> Iterator[str]:
    yield from (chr(code) for code in (*range(32), *range(0xFDD0, 0xFDF0), *range(0xE000, 0xF900)))
    yield from (chr(code) for code in range(0x10000, 0x110000))


def _holds(data: npt.NDArray[np.uint8], mark: str) -> bool:
    return bool(len(_occurrences(data, mark)))


def _occurrences(data: npt.NDArray[np.uint8], mark: str) -> Places:
    code = mark.encode()
    found = np.flatnonzero(data == code[0])
    for position, byte in enumerate(code[1:], start=1):
        # UTF-8 is self-synchronising: a character's bytes are never cut off by the end.
        found = found[data[found + position] == byte]
    return found.astype(np.int64)
