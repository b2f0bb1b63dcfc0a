"""Whole columns as the gate compares them: 64-bit hashes, texts without case and outer blanks."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_SEED = 0x6D61736B
_LOWER = np.uint8(0x20)
"""Set in every small ASCII letter and missing in its capital."""
FIRST_NON_ASCII = 0x80
"""From here on a byte is part of a longer character."""
_WINDOW = 8
_LOWERS, _NON_ASCIIS = np.uint64(0x2020202020202020), np.uint64(0x8080808080808080)
_BLANK = 0x20
"""No blank of ASCII lies above it."""


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of Arrow's kinds of string."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def plain(values: pa.Array) -> pa.Array:
    """``values`` without a dictionary or another type's name (UUID, JSON), texts and bytes as large ones, no views."""
    if isinstance(values.type, pa.BaseExtensionType):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if is_text(values.type):
        return values.cast(pa.large_string())
    is_bytes = pa.types.is_binary(values.type) or pa.types.is_binary_view(values.type)
    return values.cast(pa.large_binary()) if is_bytes else values


def valid(values: pa.Array) -> Flags:
    """Where there is a value."""
    if not values.null_count:
        return np.ones(len(values), np.bool_)
    return flags(pc.is_valid(values))


def flags(values: pa.Array) -> Flags:
    """An Arrow boolean column as numpy's; a null is False."""
    filled = pc.fill_null(values, False) if values.null_count else values
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.bool_)


def hashes(values: pa.Array) -> Hashes:
    """A 64-bit hash of each value (of plain columns); equal texts have equal ones in every column of this process."""
    try:
        series = pl.Series(pl.from_arrow(values))
        return series.hash(_SEED).to_numpy()
    except (pl.exceptions.PolarsError, pa.ArrowException, TypeError, ValueError):
        return pl.Series(pl.from_arrow(texts(values))).hash(_SEED).to_numpy()


def texts(values: pa.Array) -> pa.Array:
    """``values`` as large strings, whatever they are."""
    if is_text(values.type):
        return plain(values)
    try:
        return values.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.large_string())


def same(left: pa.Array, right: pa.Array) -> Flags:
    """Where two plain columns hold equal values; a null equals nothing."""
    try:
        return flags(pc.equal(left, right))
    except pa.ArrowNotImplementedError:
        both = valid(left) & valid(right)
        return np.asarray(both & (hashes(left) == hashes(right)))


def same_folded(left: pa.Array, right: pa.Array) -> Flags:
    """Where two columns of large strings are equal but for case and outer blanks, and not empty."""
    suspects = _may_be_same(left, right)
    where = np.flatnonzero(suspects)
    if not len(where):
        return suspects
    chosen = pa.array(where)
    mine, theirs = folded(left.take(chosen)), folded(right.take(chosen))
    suspects[where] = ((mine == theirs) & (mine != "")).fill_null(False).to_numpy()
    return suspects


def folded(values: pa.Array) -> pl.Series:
    """Texts in small letters without outer blanks."""
    return pl.Series(pl.from_arrow(values)).str.strip_chars().str.to_lowercase()


def _may_be_same(left: pa.Array, right: pa.Array) -> Flags:
    """A filter over whole columns: lets some through that are not the same, and none that are.

    Without outer blanks, texts of ASCII that are equal but for case have one length and equal letters in three places.
    """
    mine, theirs = _Edges(left), _Edges(right)
    may_be = (mine.lengths > 0) & (theirs.lengths > 0)
    alike = np.flatnonzero(may_be & (mine.lengths == theirs.lengths))
    alike = _alike_at_end(mine, theirs, alike)
    for place in (_final, _middle, _first):
        alike = alike[(mine.letters(place, alike) | _LOWER) == (theirs.letters(place, alike) | _LOWER)]
    suspects = np.zeros(len(left), np.bool_)
    suspects[alike] = True
    for side in (mine, theirs):
        if side.may_be_odd:
            suspects |= side.is_odd & may_be
    return suspects


def _alike_at_end(mine: "_Edges", theirs: "_Edges", rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Those rows whose last eight bytes are the same but for case, or shorter, or beyond ASCII: most others fall."""
    is_long = mine.lengths[rows] >= _WINDOW
    at = rows if is_long.all() else rows[is_long]
    if not len(at):
        return rows
    left, right = mine.last_bytes(at), theirs.last_bytes(at)
    kept = ((left ^ right) & ~_LOWERS == 0) | ((left | right) & _NON_ASCIIS != 0)
    return at[kept] if len(at) == len(rows) else np.concatenate([rows[~is_long], at[kept]])


class _Edges:
    """Lengths of texts in bytes (0 for nulls), and where equal bytes say too little: blanks around, other scripts."""

    def __init__(self, values: pa.Array) -> None:
        self._offsets, data = text_buffers(values)
        self._data = data if len(data) else np.zeros(1, np.uint8)
        self.lengths = (
            np.where(valid(values), np.diff(self._offsets), 0) if values.null_count else np.diff(self._offsets)
        )

    def last_bytes(self, rows: npt.NDArray[np.intp]) -> Hashes:
        """The last eight bytes of each of the given rows, which have as many."""
        windows = np.ndarray(len(self._data) - _WINDOW + 1, np.uint64, self._data, strides=(1,))
        return np.asarray(windows[self._offsets[1:][rows] - _WINDOW])

    @property
    def may_be_odd(self) -> bool:
        """Whether the column has any blank or letter beyond ASCII, wherever."""
        return bool(self._data.min() <= _BLANK or self._data.max() >= FIRST_NON_ASCII)

    @property
    def is_odd(self) -> Flags:
        """Which texts begin or end with a blank, or have another letter than ASCII's first, last or in the middle."""
        first, middle, final = (self.letters(place, slice(None)) for place in (_first, _middle, _final))
        edges = (first <= _BLANK) | (final <= _BLANK)
        return np.asarray(edges | ((first | middle | final) >= FIRST_NON_ASCII))

    def letters(self, place: "_Place", rows: npt.NDArray[np.intp] | slice) -> npt.NDArray[np.uint8]:
        """The byte at a place of each of the given rows."""
        places = place(self._offsets[:-1][rows], self.lengths[rows])
        return self._data.take(places, mode="clip")


_Place = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], npt.NDArray[np.int64]]


def _first(starts: npt.NDArray[np.int64], _lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return starts


def _middle(starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return starts + (lengths >> 1)


def _final(starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return starts + lengths - 1


def text_buffers(values: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Offsets (from 0) and bytes of a column of large strings."""
    if not len(values):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64, len(values) + 1, values.offset * 8)
    first, last = int(offsets[0]), int(offsets[-1])
    if data_buffer is None or last == first:
        return offsets - first, np.zeros(0, np.uint8)
    return offsets - first, np.frombuffer(data_buffer, np.uint8, last - first, first)
