"""Texts as one buffer, and pieces of them by their place: what finding and replacing work on, whole columns at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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

    @cached_property
    def foreign_rows(self) -> Places:
        """The rows with any character beyond ASCII."""
        if self.is_ascii:
            return NO_SPANS.starts
        return np.flatnonzero(~pc.string_is_ascii(self.values).to_numpy(zero_copy_only=False))

    @cached_property
    def is_ascii(self) -> bool:
        """Whether every byte is a character."""
        return not len(self.data) or bool(self.data.max() < 0x80)

    @property
    def values(self) -> pa.Array:
        """The texts as an Arrow array."""
        return strings(self.offsets, self.data)

    def part(self, first: int, number: int) -> "FlatTexts":
        """At most so many of the texts, from one on."""
        offsets = self.offsets[first : first + number + 1]
        return FlatTexts(offsets - offsets[0], self.data[offsets[0] : offsets[-1]])

    def pieces(self, starts: Places, ends: Places) -> pa.Array:
        """The bytes ``starts[i]:ends[i]`` as texts (the places must stand between characters)."""
        for layers in (1, 2):
            bounds = [_bounds(starts[layer::layers], ends[layer::layers]) for layer in range(layers)]
            if all((each[1:] >= each[:-1]).all() for each in bounds):
                return _every_other(bounds, self.data)
        offsets = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int64)
        places = np.repeat(starts - offsets[:-1], ends - starts) + np.arange(offsets[-1])
        return strings(offsets, self.data[places])

    def rows(self, places: Places) -> Places:
        """The row that each place stands in."""
        return np.searchsorted(self.offsets, places, side="right").astype(np.int64) - 1

    def before(self, places: Places, at_most: int) -> pa.Array:
        """What stands before each place in its row: at most so many bytes, cut between characters."""
        starts = self.at_characters(np.maximum(self.offsets[self.rows(places)], places - at_most))
        return self.pieces(np.minimum(starts, places), places)

    def behind(self, places: Places, at_most: int) -> pa.Array:
        """What stands behind each place in its row: at most so many bytes, cut between characters.

        :param places: ends of pieces, which are not empty.
        """
        ends = np.minimum(self.offsets[self.rows(places - 1) + 1], places + at_most)
        return self.pieces(places, np.maximum(self.at_characters(ends), places))

    def at_characters(self, places: Places) -> Places:
        """The places, or behind the character that one stands in."""
        if self.is_ascii:
            return places
        moved = places.copy()
        for _ in range(3):  # a character has at most three continuation bytes
            inside = moved < len(self.data)
            moved[inside] += (self.data[moved[inside]] & 0xC0) == 0x80
        return moved

    def replace(self, starts: Places, ends: Places, replacements: pa.Array) -> "FlatTexts":
        """The texts with each piece replaced; the pieces stand in order and do not overlap."""
        if not len(starts):
            return self
        bounds = np.empty(2 * len(starts) + 2, np.int64)
        bounds[0], bounds[1:-1:2], bounds[2:-1:2], bounds[-1] = 0, starts, ends, len(self.data)
        kept = strings(bounds, self.data)
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

    def between(self, first: int, last: int) -> "Spans":
        """Those that begin from the byte ``first`` on and before ``last``."""
        begin, end = np.searchsorted(self.starts, [first, last])
        return Spans(self.starts[begin:end], self.ends[begin:end], self.labels[begin:end])


NO_SPANS = Spans(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def merge(first: Spans, *others: Spans) -> Spans:
    """All spans in order, without those that overlap one of an earlier argument.

    Within one argument spans never overlap.
    """
    merged = first
    for other in others:
        added = without(other, merged)
        if not len(merged) or not len(added):
            merged = added if not len(merged) else merged
            continue
        starts = np.concatenate([merged.starts, added.starts])
        order = np.argsort(starts, kind="stable")
        merged = Spans(
            starts[order],
            np.concatenate([merged.ends, added.ends])[order],
            np.concatenate([merged.labels, added.labels])[order],
        )
    return merged


def without(spans: Spans, taken: Spans) -> Spans:
    """The spans that do not overlap any of ``taken``."""
    return spans.where(_are_free(spans, taken)) if len(taken) and len(spans) else spans


def overlapping(spans: Spans, taken: Spans) -> Spans:
    """The spans that overlap any of ``taken``."""
    return spans.where(~_are_free(spans, taken)) if len(taken) and len(spans) else NO_SPANS


def _are_free(spans: Spans, taken: Spans) -> npt.NDArray[np.bool_]:
    follows = np.searchsorted(taken.ends, spans.starts, side="right")
    starts = np.append(taken.starts, np.iinfo(np.int64).max)
    return np.asarray(starts[follows] >= spans.ends)


def without_overlaps(spans: Spans) -> Spans:
    """Spans in order of their starts without those that overlap a kept one before them."""
    while len(spans):
        overlaps = np.zeros(len(spans), np.bool_)
        overlaps[1:] = spans.starts[1:] < spans.ends[:-1]
        if not overlaps.any():
            break
        # One that follows a kept one falls; what followed the fallen is looked at again.
        overlaps[1:] &= ~overlaps[:-1]
        spans = spans.where(~overlaps)
    return spans


def _bounds(starts: Places, ends: Places) -> Places:
    bounds = np.empty(2 * len(starts), np.int64)
    bounds[::2], bounds[1::2] = starts, ends
    return bounds


def _every_other(layers: list[Places], data: npt.NDArray[np.uint8]) -> pa.Array:
    """The first, third, and so on, of the texts between the bounds of each layer, the layers in turn.

    Pieces that do not overlap are texts of one column that lies in the same buffer, so that they are copied as a whole,
    not byte by byte.
    """
    parts = [
        strings(each, data).take(pa.array(np.arange(0, len(each), 2))) if len(each) else _NO_TEXTS for each in layers
    ]
    if len(parts) == 1:
        return parts[0]
    number = sum(map(len, parts))
    order = np.arange(number) >> 1
    order[1::2] += len(parts[0])
    return pa.concat_arrays(parts).take(pa.array(order))


_NO_TEXTS = pa.array([], pa.large_string())


def _lengths(values: pa.Array) -> Places:
    return np.asarray(pc.binary_length(values).to_numpy(zero_copy_only=False), np.int64)


def strings(offsets: Places, data: npt.NDArray[np.uint8]) -> pa.Array:
    """The texts that stand between the offsets of a buffer."""
    contiguous = np.ascontiguousarray(data)
    return pa.LargeStringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(contiguous)
    )
