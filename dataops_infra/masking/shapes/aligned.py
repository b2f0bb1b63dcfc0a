"""Digits that stand in the same places of all values of a text, as in most columns of cards, phones and accounts.

They are read and written where they stand, up to eight of every value at a time.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.shapes.decimals import Words, apart, joined, to_digits, to_numbers, width_of
from dataops_infra.masking.shapes.text import Bytes, Integers, Text

Run = tuple[int, int]
"""(place of the first of several digits side by side, how many they are: at most eight)."""

WORD: Final = 8
_ZERO: Final = np.uint8(ord("0"))
_LOW: Final = 0x0F
"""The bits in which ASCII's digits differ."""
_ALL: Final = slice(None)


class AlignedDigits:
    """The digits of a text whose values are all as long, with ASCII digits in the same places and no others.

    What is put is in the text at once. The methods are those of :class:`.Symbols`.

    :param places: where the digits of each value stand, ascending.
    :ivar counts: how many each value has.
    """

    __slots__ = ("_rows", "counts", "places")

    def __init__(self, text: Text, places: Integers) -> None:
        self.places, self._rows = places, text.data.reshape(len(text), -1)
        self.counts = np.full(len(text), len(places), np.int64)

    def take(self, rows: Integers, first: Integers | int, count: int) -> Bytes:
        """See :meth:`.Symbols.take`."""
        taken: Bytes = self._rows[self._index(rows, first, count)] & np.uint8(_LOW)
        return taken

    def put(self, rows: Integers, first: Integers | int, symbols: Bytes) -> None:
        """See :meth:`.Symbols.put`."""
        self._rows[self._index(rows, first, symbols.shape[1])] = symbols | _ZERO

    def at(self, rows: Integers, position: Integers | int, beyond: int = 0) -> Bytes:
        """See :meth:`.Symbols.at`."""
        count = len(self.places)
        places = self.places[np.minimum(position, count - 1)] if count else 0
        if isinstance(position, int):
            if position >= count:
                return np.full(len(rows), beyond, np.uint8)
            symbols: Bytes = self._rows[self._chosen(rows), places] & np.uint8(_LOW)
            return symbols
        return np.where(position < count, self._rows[rows, places] & np.uint8(_LOW), np.uint8(beyond))

    def numbers(self, rows: Integers, first: Integers | int, count: int) -> Words:
        """See :meth:`.Symbols.numbers`."""
        if not isinstance(first, int) or self._rows.shape[1] < WORD:
            return to_numbers(self.take(rows, first, count))
        chosen, runs = self._chosen(rows), _runs(self.places[first : first + count])
        numbers = self._read(chosen, runs[0])
        for run in runs[1:]:
            numbers *= np.uint64(10 ** run[1])
            numbers += self._read(chosen, run)
        return numbers

    def put_numbers(self, rows: Integers, first: Integers | int, numbers: Words, count: int) -> None:
        """See :meth:`.Symbols.put_numbers`."""
        if not isinstance(first, int) or self._rows.shape[1] < WORD:
            self.put(rows, first, to_digits(numbers, count))
            return
        chosen, runs = self._chosen(rows), _runs(self.places[first : first + count])
        for run in reversed(runs[1:]):
            above = numbers // np.uint64(10 ** run[1])
            self._write(chosen, run, numbers - above * np.uint64(10 ** run[1]))
            numbers = above
        self._write(chosen, runs[0], numbers)

    def write(self) -> None:
        """Nothing to do: what was put is in the text."""

    def _read(self, chosen: Any, run: Run) -> Words:
        word, end = self._word(run)
        width = width_of(run[1])
        digits = _moved(word[chosen], end, width)
        digits &= np.uint64(_bytes(_LOW, width - run[1], width))
        return joined(digits, width)

    def _write(self, chosen: Any, run: Run, numbers: Words) -> None:
        word, end = self._word(run)
        width = width_of(run[1])
        digits = _moved(apart(numbers, width), width, end)
        # The other bits stay: those of ASCII's digits, and the other characters of the word.
        digits |= word[chosen] & ~np.uint64(_bytes(_LOW, end - run[1], end))
        word[chosen] = digits

    def _word(self, run: Run) -> tuple[npt.NDArray[np.uint64], int]:
        """(eight bytes of each value that the run is among, where in them it ends)."""
        start = min(run[0], self._rows.shape[1] - WORD)
        word = np.ndarray(len(self._rows), "<u8", self._rows, start, (self._rows.shape[1],))
        return word, run[0] + run[1] - start

    def _index(self, rows: Integers, first: Integers | int, count: int) -> Any:
        if isinstance(first, int):
            places = self.places[first : first + count]
            return (self._chosen(rows), places) if len(rows) == len(self._rows) else (rows[:, None], places)
        return rows[:, None], self.places[first[:, None] + np.arange(count)]

    def _chosen(self, rows: Integers) -> Any:
        return _ALL if len(rows) == len(self._rows) else rows


def _moved(words: Words, end: int, to: int) -> Words:
    """The words with the byte that ends before byte ``end`` before byte ``to``."""
    return words << np.uint64(8 * (to - end)) if to >= end else words >> np.uint64(8 * (end - to))


def _runs(places: Sequence[int] | Integers) -> list[Run]:
    """The places as runs of at most eight side by side."""
    runs: list[Run] = []
    for place in map(int, places):
        start, length = runs[-1] if runs else (-1, WORD)
        if place == start + length and length < WORD:
            runs[-1] = start, length + 1
        else:
            runs.append((place, 1))
    return runs


def _bytes(value: int, start: int, end: int) -> int:
    """``value`` in each of some bytes of a word."""
    return int.from_bytes(bytes([value if start <= place < end else 0 for place in range(WORD)]), "little")
