"""Text columns as flat bytes, and the characters of one class in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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

    @property
    def lengths(self) -> Integers:
        """Bytes of each value."""
        lengths: Integers = np.diff(self.offsets)
        return lengths

    def array(self) -> pa.Array:
        """The values as a column of large_string."""
        buffers = [None, pa.py_buffer(self.offsets), pa.py_buffer(self.data)]
        return pa.Array.from_buffers(pa.large_string(), len(self), buffers)

    def counts(self, marked: Mask) -> Integers:
        """How many marked bytes each value has."""
        if not marked.any():
            return np.zeros(len(self), np.int64)
        before = np.zeros(len(marked) + 1, np.int64)
        np.cumsum(marked, out=before[1:])
        counts: Integers = np.diff(before[self.offsets])
        return counts

    def matrix(self, rows: Integers, width: int) -> Bytes:
        """The bytes of values that all have ``width`` of them, a row each."""
        characters: Bytes = self.data[self.offsets[rows][:, None] + np.arange(width)]
        return characters


class Symbols:
    """The characters of one class in a text, as numbers from 0: the digits, say.

    :ivar starts: where the symbols of each value begin in ``values``.
    :ivar counts: how many each value has.
    """

    __slots__ = ("_marked", "_old", "_text", "counts", "starts", "values")

    def __init__(self, text: Text, marked: Mask, numbers: Bytes) -> None:
        """:param marked: the byte of each symbol that changes; ``numbers``: for every byte, its symbol if it is one."""
        self._text, self._marked = text, marked
        self.counts = text.counts(marked)
        self.starts = np.cumsum(self.counts) - self.counts
        self._old = numbers[marked]
        self.values = self._old.copy()

    def take(self, rows: Integers, first: Integers | int, count: int) -> Bytes:
        """``count`` symbols of each of ``rows`` from its symbol ``first`` on; shape (rows, count)."""
        if self._whole(rows, first, count):
            return self.values.reshape(len(rows), count)
        taken: Bytes = self.values[(self.starts[rows] + first)[:, None] + np.arange(count)]
        return taken

    def put(self, rows: Integers, first: Integers | int, symbols: Bytes) -> None:
        """Replace what :meth:`take` gives."""
        count = symbols.shape[1]
        if self._whole(rows, first, count):
            self.values[:] = symbols.reshape(-1)
        else:
            self.values[(self.starts[rows] + first)[:, None] + np.arange(count)] = symbols

    def at(self, rows: Integers, position: Integers | int) -> Bytes:
        """One symbol of each of ``rows``."""
        symbols: Bytes = self.values[self.starts[rows] + position]
        return symbols

    def write(self) -> None:
        """Put the symbols back into the text."""
        if len(self.values):
            self._text.data[self._marked] += self.values - self._old
            self._old = self.values.copy()

    def _whole(self, rows: Integers, first: Integers | int, count: int) -> bool:
        everything = len(rows) == len(self.counts) and len(self.values) == count * len(rows)
        return everything and isinstance(first, int) and first == 0 and bool((self.counts == count).all())
