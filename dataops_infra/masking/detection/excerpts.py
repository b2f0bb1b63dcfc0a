"""Parts of texts that are worth searching, and where a regular expression matches in them."""

from collections.abc import Iterator
from dataclasses import dataclass
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
_IS_SPACE = np.zeros(256, np.bool_)
_IS_SPACE[[*b" \t\n\r\x0b\x0c"]] = True
_LEAST_DIGITS = 6
_LEAST_DIGITS_AFTER_LETTERS = 4
"""India's PAN has four, directly after letters."""


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
        lengths = series.str.extract_all(regex).explode().str.len_bytes().to_numpy().astype(np.int64)
        starts, searched = _places(series, regex, lengths)
        row = searched.rows(starts)
        starts = starts - searched.offsets[row] + self.begins[hits[row]]
        # Excerpts may overlap, so that one match is found twice.
        starts, first = np.unique(starts, return_index=True)
        spans = without_overlaps(Spans(starts, starts + lengths[first], first))
        return spans.starts, spans.ends


def excerpts_without_spaces(texts: FlatTexts, series: pl.Series, hint: str) -> Excerpts:
    """What stands between white space and holds ``hint``.

    :param series: the same texts.
    """
    rows = np.flatnonzero(series.str.contains(hint).to_numpy())
    chosen = FlatTexts.of(texts.values.take(pa.array(rows)))
    marks = _IS_SPACE[chosen.data]
    marks[chosen.offsets[:-1][chosen.offsets[:-1] < len(chosen.data)]] = True
    begins = np.flatnonzero(marks)
    pieces = FlatTexts(np.append(begins, len(chosen.data)), chosen.data)
    row = chosen.rows(begins)
    return Excerpts(pieces, begins - chosen.offsets[row] + texts.offsets[rows[row]]).holding(hint)


def surroundings_of_numbers(texts: FlatTexts, series: pl.Series) -> Excerpts:
    """What stands around digits, where there are enough for an identifier.

    :param series: the same texts. Those with digits of other scripts are taken whole.
    """
    digits = np.flatnonzero((texts.data - np.uint8(0x30)) < 10)
    foreign = _rows_with_foreign_digits(texts, series)
    if len(foreign):
        digits = digits[~np.isin(texts.rows(digits), foreign)]
    begins, ends = _clusters(texts, digits)
    begins, ends = np.concatenate([begins, texts.offsets[foreign]]), np.concatenate([ends, texts.offsets[foreign + 1]])
    order = np.argsort(begins, kind="stable")
    return Excerpts(FlatTexts.of(texts.pieces(begins[order], ends[order])), begins[order])


def _clusters(texts: FlatTexts, digits: Places) -> tuple[Places, Places]:
    if not len(digits):
        return NO_SPANS.starts, NO_SPANS.ends
    is_first = np.zeros(len(digits) + 1, np.bool_)
    is_first[1:-1] = np.diff(digits) > _GAP + 1
    is_first[np.searchsorted(digits, texts.offsets)] = True
    is_first[[0, -1]] = True
    bounds = np.flatnonzero(is_first)
    first, last = bounds[:-1], bounds[1:] - 1
    count, after_letter = last - first + 1, _is_letter(texts.data[np.maximum(digits[first] - 1, 0)])
    enough = (count >= _LEAST_DIGITS) | ((count >= _LEAST_DIGITS_AFTER_LETTERS) & after_letter)
    first, last = digits[first[enough]], digits[last[enough]] + 1
    row = texts.rows(first)
    begins = np.maximum(first - _GAP, texts.offsets[row])
    goes_on = _is_letter(texts.data[np.minimum(last, len(texts.data) - 1)])
    ends = np.minimum(last + np.where(goes_on, _LETTERS_BEHIND, _GAP), texts.offsets[row + 1])
    return texts.at_characters(begins), texts.at_characters(ends)


def _is_letter(bytes_: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return np.asarray(((bytes_ | 0x20) >= 0x61) & ((bytes_ | 0x20) <= 0x7A))


def _rows_with_foreign_digits(texts: FlatTexts, series: pl.Series) -> Places:
    if not len(texts.data) or texts.data.max() < 0x80:
        return NO_SPANS.starts
    return np.flatnonzero(series.str.contains(r"[\p{Nd}--0-9]").to_numpy())


def _places(series: pl.Series, regex: str, lengths: Places) -> tuple[Places, FlatTexts]:
    # Polars tells what matched, not where: each match becomes a character that stands nowhere else, and is found again.
    flat = FlatTexts.of(series.to_arrow())
    mark = next((mark for mark in _marks() if not _holds(flat.data, mark)), None)
    if mark is None:
        raise MaskingError("a batch of texts holds every character there is; split the file")
    width = len(mark.encode())
    marked = FlatTexts.of(series.str.replace_all(regex, mark).to_arrow())
    shift = np.concatenate([[0], np.cumsum(lengths - width)[:-1]])
    return _occurrences(marked.data, mark) + shift, flat


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
