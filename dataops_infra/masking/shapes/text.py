"""Text columns as flat bytes, and the characters of one class in them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.shapes.decimals import Words, to_digits, to_numbers

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Text:
    """The bytes of a column's values one after the other; ``offsets[i]`` is where value ``i`` begins.

    Holds no byte of a null, nor of values outside a slice.
    """

    data: Bytes
    offsets: Integers

    @classmethod
    def of(cls, values: pa.Array) -> "Text":
        """A copy of a column of text (string, large_string or string_view), nulls as empty."""
        large = values.cast(pa.large_string())
        if large.null_count:
            large = large.fill_null("")
        _, ends, data = large.buffers()
        if not len(large):
            return cls(np.empty(0, np.uint8), np.zeros(1, np.int64))
        offsets = np.frombuffer(ends, np.int64)[large.offset : large.offset + len(large) + 1]
        held = np.frombuffer(b"" if data is None else data, np.uint8)[offsets[0] : offsets[-1]]
        return cls(held.copy(), offsets - offsets[0])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def lengths(self) -> Integers:
        """Bytes of each value."""
        lengths: Integers = np.diff(self.offsets)
        return lengths

    def array(self) -> pa.Array:
        """The values as a column of large_string."""
        buffers = [None, pa.py_buffer(self.offsets), pa.py_buffer(self.data)]
        return pa.Array.from_buffers(pa.large_string(), len(self), buffers)

    @cached_property
    def width(self) -> int | None:
        """Bytes of every value, when all have as many and at least one."""
        width, rest = divmod(len(self.data), max(len(self), 1))
        if rest or not width or not (self.offsets[1:] == self.offsets[:-1] + width).all():
            return None
        return width

    def counts(self, marked: Mask) -> Integers:
        """How many marked bytes each value has."""
        counts = np.zeros(len(self), np.int64)
        if marked.any():
            filled = self.offsets[1:] > self.offsets[:-1]
            counts[filled] = np.add.reduceat(marked, self.offsets[:-1][filled], dtype=np.int64)
        return counts

    def matrix(self, rows: Integers, width: int) -> Bytes:
        """The bytes of values that all have ``width`` of them, a row each."""
        characters: Bytes = self.data[self.offsets[rows][:, None] + np.arange(width)]
        return characters


def same_places(text: Text, marked: Mask) -> Integers | None:
    """Which bytes of each value are marked, when all values are equally long and marked in the same places."""
    width = text.width
    # Each value like the one before it, told without a step from row to row.
    if width is None or not np.array_equal(marked[width:], marked[:-width]):
        return None
    return np.flatnonzero(marked[:width])


class Symbols:
    """The characters of one class in a text, as numbers from 0: the digits, say.

    :ivar starts: where the symbols of each value begin in ``values``.
    :ivar counts: how many each value has.
    :ivar places: which bytes of each value they are, when all values are equally long and have them in the same places.
    """

    __slots__ = ("_marked", "_old", "_same", "_text", "counts", "places", "starts", "values")

    def __init__(self, text: Text, marked: Mask, numbers: Bytes) -> None:
        """:param marked: the byte of each symbol that changes; ``numbers``: for every byte, its symbol if it is one."""
        self._text, self._marked = text, marked
        self.places = same_places(text, marked)
        if self.places is None:
            self.counts = text.counts(marked)
            self._old = np.compress(marked, numbers)
        else:
            self.counts = np.full(len(text), len(self.places), np.int64)
            self._old = _columns_of(numbers.reshape(len(text), -1), self.places).reshape(-1)
        self.starts = np.cumsum(self.counts) - self.counts
        self.values = self._old.copy()
        same = len(self.counts) > 0 and bool((self.counts == self.counts[0]).all())
        self._same = int(self.counts[0]) if same else None

    def take(self, rows: Integers, first: Integers | int, count: int) -> Bytes:
        """``count`` symbols of each of ``rows`` from its symbol ``first`` on; shape (rows, count), maybe a view.

        :param rows: ascending.
        """
        if self._same is not None and len(rows) == len(self.counts) and isinstance(first, int):
            return self.values.reshape(len(rows), self._same)[:, first : first + count]
        taken: Bytes = self.values[(self.starts[rows] + first)[:, None] + np.arange(count)]
        return taken

    def put(self, rows: Integers, first: Integers | int, symbols: Bytes) -> None:
        """Replace what :meth:`take` gives."""
        count = symbols.shape[1]
        if self._same is not None and len(rows) == len(self.counts) and isinstance(first, int):
            self.values.reshape(len(rows), self._same)[:, first : first + count] = symbols
        else:
            self.values[(self.starts[rows] + first)[:, None] + np.arange(count)] = symbols

    def at(self, rows: Integers, position: Integers | int, beyond: int = 0) -> Bytes:
        """One symbol of each of ``rows``; ``beyond`` where it has none there."""
        if self._same is not None and len(rows) == len(self.counts) and isinstance(position, int):
            if position < self._same:
                return self.values.reshape(len(rows), self._same)[:, position]
            return np.full(len(rows), beyond, np.uint8)
        there = self.counts[rows] > position
        symbols = np.full(len(rows), beyond, np.uint8)
        symbols[there] = self.values[(self.starts[rows] + position)[there]]
        return symbols

    def numbers(self, rows: Integers, first: Integers | int, count: int) -> Words:
        """The numbers that :meth:`take` spells, for up to 19 digits."""
        return to_numbers(self.take(rows, first, count))

    def put_numbers(self, rows: Integers, first: Integers | int, numbers: Words, count: int) -> None:
        """Replace the digits that :meth:`numbers` reads."""
        self.put(rows, first, to_digits(numbers, count))

    def write(self) -> None:
        """Put the symbols back into the text."""
        if not len(self.values):
            return
        change = self.values - self._old
        if self.places is None:
            self._text.data[self._marked] += change
        else:
            width = len(self.places)
            rows, changes = self._text.data.reshape(len(self._text), -1), change.reshape(-1, width)
            for place, column in enumerate(self.places):
                rows[:, column] += changes[:, place]
        self._old = self.values.copy()


def _columns_of(rows: Bytes, columns: Integers) -> Bytes:
    chosen = np.empty((len(rows), len(columns)), np.uint8)
    for place, column in enumerate(columns):
        chosen[:, place] = rows[:, column]
    return chosen
