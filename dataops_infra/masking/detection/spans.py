"""Texts as one buffer, and pieces of them by their place: what detection and replacement work on, whole columns at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.errors import MaskingError

Places = npt.NDArray[np.int64]
"""Byte positions in the buffer of :class:`FlatTexts`."""


@dataclass(frozen=True)
class FlatTexts:
    """A column of texts as UTF-8 bytes; row ``i`` stands at ``offsets[i]:offsets[i + 1]``, a null as an empty text."""

    offsets: Places
    data: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: pa.Array | pa.ChunkedArray) -> "FlatTexts":
        """The texts of an array of any Arrow string type; what stands under a null is not looked at."""
        whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        values = pc.fill_null(whole.cast(pa.large_string()), "")
        _, offset_buffer, data_buffer = values.buffers()
        if not len(values):
            return cls(np.zeros(1, np.int64), np.zeros(0, np.uint8))
        offsets = np.frombuffer(offset_buffer, np.int64, len(values) + 1, values.offset * 8)
        data = np.frombuffer(data_buffer or b"", np.uint8)
        return cls(offsets - offsets[0], data[offsets[0] : offsets[-1]])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def values(self) -> pa.Array:
        """The texts as an Arrow array."""
        return _strings(self.offsets, self.data)

    def pieces(self, starts: Places, ends: Places) -> pa.Array:
        """The bytes ``starts[i]:ends[i]`` as texts (the places must stand between characters)."""
        offsets = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int64)
        places = np.repeat(starts - offsets[:-1], ends - starts) + np.arange(offsets[-1])
        return _strings(offsets, self.data[places])

    def rows(self, places: Places) -> Places:
        """The row that each place stands in."""
        return np.searchsorted(self.offsets, places, side="right").astype(np.int64) - 1

    def before(self, places: Places, at_most: int) -> pa.Array:
        """What stands before each place in its row: at most so many bytes, cut between characters."""
        starts = np.maximum(self.offsets[self.rows(places)], places - at_most)
        for _ in range(3):  # a character has at most three continuation bytes
            inside = starts < places
            starts[inside] += (self.data[starts[inside]] & 0xC0) == 0x80
        return self.pieces(starts, places)

    def replace(self, starts: Places, ends: Places, replacements: pa.Array) -> "FlatTexts":
        """The texts with each piece replaced; the pieces stand in order and do not overlap."""
        if not len(starts):
            return self
        bounds = np.empty(2 * len(starts) + 2, np.int64)
        bounds[0], bounds[1:-1:2], bounds[2:-1:2], bounds[-1] = 0, starts, ends, len(self.data)
        kept = _strings(bounds, self.data)
        order = np.arange(len(kept))
        order[1::2] = len(kept) + np.arange(len(starts))
        joined = pa.concat_arrays([kept, replacements.cast(pa.large_string())]).take(pa.array(order))
        grown = np.concatenate([[0], np.cumsum(_lengths(replacements) - (ends - starts))])
        offsets = self.offsets + grown[np.searchsorted(ends, self.offsets, side="right")]
        return FlatTexts(offsets, np.frombuffer(joined.buffers()[2], np.uint8)[: offsets[-1]])


@dataclass(frozen=True)
class Spans:
    """Pieces of texts in order of their place, each with a label (what it was found to be)."""

    starts: Places
    ends: Places
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def where(self, kept: npt.NDArray[np.bool_] | Places) -> "Spans":
        """Those spans alone, by mask or position."""
        return Spans(self.starts[kept], self.ends[kept], self.labels[kept])


NO_SPANS = Spans(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def merge(first: Spans, *others: Spans) -> Spans:
    """All spans in order, without those that overlap one of an earlier argument.

    Within one argument spans never overlap.
    """
    merged = first
    for other in others:
        added = other.where(~_overlapping(other, merged))
        starts = np.concatenate([merged.starts, added.starts])
        order = np.argsort(starts, kind="stable")
        merged = Spans(
            starts[order],
            np.concatenate([merged.ends, added.ends])[order],
            np.concatenate([merged.labels, added.labels])[order],
        )
    return merged


def _overlapping(spans: Spans, taken: Spans) -> npt.NDArray[np.bool_]:
    if not len(taken):
        return np.zeros(len(spans), np.bool_)
    follows = np.searchsorted(taken.ends, spans.starts, side="right")
    starts = np.append(taken.starts, np.iinfo(np.int64).max)
    return starts[follows] < spans.ends


def search(texts: FlatTexts, rows: Places, regex: str) -> tuple[Places, Places]:
    """Where ``regex`` (Rust's syntax) matches in the given rows: starts and ends, leftmost first, not overlapping."""
    if not len(rows):
        return NO_SPANS.starts, NO_SPANS.ends
    series = pl.Series(texts.values if len(rows) == len(texts) else texts.values.take(pa.array(rows)), dtype=pl.String)
    found = series.str.extract_all(regex)
    hits = np.flatnonzero(found.list.len().to_numpy())
    if not len(hits):
        return NO_SPANS.starts, NO_SPANS.ends
    lengths = found.gather(hits).explode().str.len_bytes().to_numpy().astype(np.int64)
    inside = series.gather(hits)
    starts, searched = _places(inside, regex, lengths)
    row = searched.rows(starts)
    starts = starts - searched.offsets[row] + texts.offsets[rows[hits[row]]]
    return starts, starts + lengths


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


def _lengths(values: pa.Array) -> Places:
    return np.asarray(pc.binary_length(values).to_numpy(zero_copy_only=False), np.int64)


def _strings(offsets: Places, data: npt.NDArray[np.uint8]) -> pa.Array:
    contiguous = np.ascontiguousarray(data)
    return pa.LargeStringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(contiguous)
    )
