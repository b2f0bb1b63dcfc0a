"""Where two columns hold the same text, but for the case of letters and blanks around it.

Folding every text costs more than all else that is asked of a row. So most rows are told apart by their bytes first:
texts that are equal in small letters have equal lengths, and equal bytes but for one bit, as long as none of their
letters is longer or shorter as a small one. Those few letters, and blanks, make a text *odd*; odd ones are folded.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.values import FIRST_NON_ASCII, Flags, Hashes, text_buffers

_LOWER = np.uint8(0x20)
"""Set in every small ASCII letter and missing in its capital."""
_WINDOW = 8
_BYTE_BITS = np.uint64(8)
_LOWERS, _NON_ASCIIS = np.uint64(0x2020202020202020), np.uint64(0x8080808080808080)
_HEADS, _HEADS_BEYOND = np.uint64(0xDFDFDFDFFFFFFFFF), np.uint64(0x8080808000000000)
"""Of a text's length and its first four bytes: all but what tells small letters from capitals; what no letter of ASCII
has."""
_BLANK = 0x20
"""No blank of ASCII lies above it."""
_ODD = {
    0xC2: (),
    0xC4: (0xB0,),
    0xC8: (0xBA, 0xBE),
    0xE1: (0x9A, 0xBA),
    0xE2: (),
    0xE3: (0x80,),
    0xEA: (0x9D, 0x9E, 0x9F),
}
"""First byte -> second bytes, if not any, of blanks, and of letters whose small ones take more or fewer bytes: the
no-break space, İ, Ⱥ and Ⱦ, the space of Ogham, ẞ, Kelvin, the space between ideographs, Ɥ."""

Rows = npt.NDArray[np.intp]


def same_folded(left: Column, right: Column) -> Flags:
    """Where two columns of texts are equal but for case and outer blanks, and not empty."""
    suspects = _may_be_same(left, right)
    where = np.flatnonzero(suspects)
    if not len(where):
        return suspects
    mine, theirs = _folded(left.take(where)), _folded(right.take(where))
    suspects[where] = ((mine == theirs) & (mine != "")).fill_null(False).to_numpy()
    return suspects


def _folded(values: pa.Array) -> pl.Series:
    return pl.Series(pl.from_arrow(values)).str.strip_chars().str.to_lowercase()


def _may_be_same(left: Column, right: Column) -> Flags:
    """A filter over whole columns: lets some through that are not the same, and none that are."""
    mine, theirs = _Bytes(left), _Bytes(right)
    may_be = left.filled & right.filled
    alike = _of_one_length(left, right)
    alike = alike[may_be[alike]]
    for differ in (_differ_in_last, _differ_at_end, _differ_at_start):
        alike = alike[np.flatnonzero(~differ(mine, theirs, alike))]
    suspects = np.zeros(len(left), np.bool_)
    suspects[alike] = True
    for side in (mine, theirs):
        if side.odd is not None:
            suspects |= side.odd & may_be
    return suspects


def _of_one_length(left: Column, right: Column) -> Rows:
    """Rows whose texts have one length, without most of those that begin differently, if that can be seen at once."""
    mine, theirs = left.heads, right.heads
    if mine is None or theirs is None:
        return np.flatnonzero(left.lengths == right.lengths)
    differ = (mine ^ theirs) & _HEADS
    if not (left.is_ascii or right.is_ascii):
        beyond = (mine & theirs & _HEADS_BEYOND) >> np.uint64(7)
        differ &= ~(beyond * np.uint64(0xFF))
    return np.flatnonzero(differ == 0)


class _Bytes:
    """The bytes of a column's texts: those of its different texts, where it comes as a dictionary."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._offsets, self._data = text_buffers(column.different)

    def starts(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Where the texts of some rows begin among the bytes."""
        return self._at(self._offsets[:-1], rows)

    def ends(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Where they end."""
        return self._at(self._offsets[1:], rows)

    def bytes_at(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Single bytes."""
        return self._data[places]

    def windows_at(self, places: npt.NDArray[np.int64]) -> Hashes:
        """Eight bytes from each place on."""
        windows = np.ndarray(len(self._data) - _WINDOW + 1, np.uint64, self._data, strides=(1,))
        return np.asarray(windows[places])

    @cached_property
    def odd(self) -> Flags | None:
        """Which texts have blanks around them, or letters of other lengths as small ones; None = none has."""
        found = _odd(self._offsets, self._data, self._column.extremes)
        if found is None or self._column.entries is None:
            return found
        return found.take(self._column.entries.places)

    def _at(self, offsets: npt.NDArray[np.int64], rows: Rows) -> npt.NDArray[np.int64]:
        if self._column.entries is not None:
            return np.asarray(offsets[self._column.entries.places[rows]])
        return offsets if len(rows) == len(offsets) else np.asarray(offsets[rows])


def _odd(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8], extremes: tuple[int, int] | None) -> Flags | None:
    if extremes is None:
        return None
    odd = np.zeros(len(offsets) - 1, np.bool_)
    if extremes[0] <= _BLANK:
        for edge in (offsets[:-1], offsets[1:] - 1):
            odd |= data.take(edge, mode="clip") <= _BLANK
    if extremes[1] >= FIRST_NON_ASCII:
        odd[np.searchsorted(offsets, _odd_letters(data), side="right") - 1] = True
    return odd if odd.any() else None


def _odd_letters(data: npt.NDArray[np.uint8]) -> Rows:
    """Where letters begin that are longer or shorter as small ones, or are blanks; in any order."""
    # A search for a byte that is not there takes a third of a comparison of all of them.
    raw = data.tobytes()
    found = [np.empty(0, np.intp)]
    for lead, followers in _ODD.items():
        if lead in raw:
            is_lead = data == lead
            # What ends in the middle of a letter is refused when it is read.
            found += [np.flatnonzero(is_lead[:-1] & (data[1:] == each)) for each in followers]
            found += [] if followers else [np.flatnonzero(is_lead)]
    return np.concatenate(found)


def _differ_in_last(mine: _Bytes, theirs: _Bytes, rows: Rows) -> Flags:
    """Whether the last bytes of texts of one length are different letters."""
    left, right = mine.bytes_at(mine.ends(rows) - 1), theirs.bytes_at(theirs.ends(rows) - 1)
    return np.asarray(((left | _LOWER) != (right | _LOWER)) & ((left & right) < FIRST_NON_ASCII))


def _differ_at_end(mine: _Bytes, theirs: _Bytes, rows: Rows) -> Flags:
    """The same of the last eight bytes, or of all of shorter texts."""
    places = mine.ends(rows) - _WINDOW, theirs.ends(rows) - _WINDOW
    # What stands first among the bytes may have none in front to fill a window.
    full = np.flatnonzero((places[0] >= 0) & (places[1] >= 0))
    differ = np.zeros(len(rows), np.bool_)
    if len(full):
        lengths = mine.ends(rows[full]) - mine.starts(rows[full])
        others = np.maximum(_WINDOW - lengths, 0).astype(np.uint64) * _BYTE_BITS
        left, right = mine.windows_at(places[0][full]), theirs.windows_at(places[1][full])
        differ[full] = _different(left, right) >> others != 0
    return differ


def _differ_at_start(mine: _Bytes, theirs: _Bytes, rows: Rows) -> Flags:
    """The same of the first eight bytes of texts that have as many."""
    starts = mine.starts(rows)
    full = np.flatnonzero(mine.ends(rows) - starts >= _WINDOW)
    differ = np.zeros(len(rows), np.bool_)
    if len(full):
        left, right = mine.windows_at(starts[full]), theirs.windows_at(theirs.starts(rows[full]))
        differ[full] = _different(left, right) != 0
    return differ


def _different(left: Hashes, right: Hashes) -> Hashes:
    """The bits in which two windows differ, but for the case of letters, and for what both have beyond ASCII."""
    beyond = (left & right & _NON_ASCIIS) >> np.uint64(7)
    return np.asarray((left ^ right) & ~_LOWERS & ~(beyond * np.uint64(0xFF)))
