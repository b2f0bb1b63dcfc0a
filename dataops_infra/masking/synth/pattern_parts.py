"""The parts that texts of a pattern are put together from, each for whole columns at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.synth.domains import TEXT
from dataops_infra.masking.synth.streams import LARGEST, Bits, Rows, Stream


class Part(Protocol):
    """Some texts."""

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most characters."""

    @property
    def size(self) -> int:
        """How many ways of making one there are."""

    @property
    def is_distinct(self) -> bool:
        """Whether different ways give different texts."""

    def at(self, numbers: Bits) -> pa.Array:
        """The texts of these ways, each below :attr:`size`."""

    def drawn(self, stream: Stream, rows: Rows) -> pa.Array:
        """A text for each row; of repetitions and alternatives each is as likely, however many texts it has."""


@dataclass(frozen=True)
class Letters:
    """One of some characters."""

    letters: str

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most characters."""
        return 1, 1

    @property
    def size(self) -> int:
        """How many ways of making one there are."""
        return len(self.letters)

    @property
    def is_distinct(self) -> bool:
        """Whether different ways give different texts."""
        return True

    def at(self, numbers: Bits) -> pa.Array:
        """The texts of these ways."""
        return pa.array(list(self.letters), TEXT).take(pa.array(numbers))

    def drawn(self, stream: Stream, rows: Rows) -> pa.Array:
        """A text for each row."""
        return self.at(stream.numbers(rows, self.size))


@dataclass(frozen=True)
class Run:
    """Characters of ASCII, one after the other, each one of some."""

    letters: str
    least: int
    most: int

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most characters."""
        return self.least, self.most

    @property
    def size(self) -> int:
        """How many ways of making one there are."""
        return sum(len(self.letters) ** length for length in range(self.least, self.most + 1))

    @property
    def is_distinct(self) -> bool:
        """Whether different ways give different texts."""
        return True

    def at(self, numbers: Bits) -> pa.Array:
        """The texts of these ways."""
        sums = accumulate((len(self.letters) ** length for length in range(self.least, self.most + 1)), initial=0)
        ends = np.array([min(each, LARGEST) for each in sums], np.uint64)
        which = np.searchsorted(ends, numbers, side="right") - 1
        rest, base = numbers - ends[which], np.uint64(len(self.letters))
        places = np.empty((len(numbers), self.most), np.uint64)
        for place in range(self.most):
            places[:, place] = rest % base
            rest = rest // base
        lengths = self.least + which
        return self._spelled(places[np.arange(self.most) < lengths[:, None]], lengths)

    def drawn(self, stream: Stream, rows: Rows) -> pa.Array:
        """A text for each row."""
        lengths = self.least + stream.sub("length").numbers(rows, self.most - self.least + 1).astype(np.int64)
        firsts = np.cumsum(lengths) - lengths
        inside = np.arange(int(lengths.sum()), dtype=np.int64) - np.repeat(firsts, lengths)
        each = np.repeat(rows * np.uint64(max(self.most, 1)), lengths) + inside.astype(np.uint64)
        return self._spelled(stream.numbers(each, len(self.letters)), lengths)

    def _spelled(self, places: Bits, lengths: np.ndarray) -> pa.Array:
        data = np.frombuffer(self.letters.encode("ascii"), np.uint8)[places.astype(np.intp)]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return pa.Array.from_buffers(
            TEXT, len(lengths), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
        )


@dataclass(frozen=True)
class Sequenced:
    """One part after the other."""

    parts: tuple[Part, ...]

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most characters."""
        return sum(part.lengths[0] for part in self.parts), sum(part.lengths[1] for part in self.parts)

    @property
    def size(self) -> int:
        """How many ways of making one there are."""
        size = 1
        for part in self.parts:
            size *= part.size
        return size

    @property
    def is_distinct(self) -> bool:
        """With one part of several lengths at most, the whole length tells where each ends."""
        loose = sum(part.lengths[0] != part.lengths[1] for part in self.parts)
        return loose <= 1 and all(part.is_distinct for part in self.parts)

    def at(self, numbers: Bits) -> pa.Array:
        """The texts of these ways."""
        found = []
        for part in reversed(self.parts):
            size = part.size
            found.append(part.at(numbers % np.uint64(min(size, LARGEST))))
            numbers = numbers // np.uint64(min(size, LARGEST))
        return _joined(found[::-1], len(numbers))

    def drawn(self, stream: Stream, rows: Rows) -> pa.Array:
        """A text for each row."""
        return _joined([part.drawn(stream.sub(str(n)), rows) for n, part in enumerate(self.parts)], len(rows))


@dataclass(frozen=True)
class Either:
    """One of several parts: alternatives, or repetitions of one part by their number."""

    parts: tuple[Part, ...]

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most characters."""
        return min(part.lengths[0] for part in self.parts), max(part.lengths[1] for part in self.parts)

    @property
    def size(self) -> int:
        """How many ways of making one there are."""
        return sum(part.size for part in self.parts)

    @property
    def is_distinct(self) -> bool:
        """Different lengths never give one text, nor do different literals."""
        if not all(part.is_distinct for part in self.parts):
            return False
        if all(part.size == 1 for part in self.parts):
            one = np.zeros(1, np.uint64)
            return len({part.at(one)[0].as_py() for part in self.parts}) == len(self.parts)
        ranges = sorted(part.lengths for part in self.parts)
        return all(one[1] < other[0] for one, other in pairwise(ranges))

    def at(self, numbers: Bits) -> pa.Array:
        """The texts of these ways."""
        sums = accumulate((part.size for part in self.parts), initial=0)
        ends = np.array([min(each, LARGEST) for each in sums], np.uint64)
        which = np.searchsorted(ends, numbers, side="right") - 1
        places = [np.flatnonzero(which == n) for n in range(len(self.parts))]
        texts = [
            part.at(numbers[here] - ends[n]) for n, (part, here) in enumerate(zip(self.parts, places, strict=True))
        ]
        return _in_order(texts, places)

    def drawn(self, stream: Stream, rows: Rows) -> pa.Array:
        """A text for each row."""
        which = stream.sub("which").numbers(rows, len(self.parts))
        places = [np.flatnonzero(which == n) for n in range(len(self.parts))]
        texts = [
            part.drawn(stream.sub(str(n)), rows[here])
            for n, (part, here) in enumerate(zip(self.parts, places, strict=True))
        ]
        return _in_order(texts, places)


def _joined(parts: Sequence[pa.Array], rows: int) -> pa.Array:
    if not parts:
        return pa.array([""], TEXT).take(pa.array(np.zeros(rows, np.int64)))
    if len(parts) == 1:
        return parts[0]
    return pc.binary_join_element_wise(*parts, pa.scalar("", TEXT))


def _in_order(texts: Sequence[pa.Array], places: Sequence[np.ndarray]) -> pa.Array:
    order = np.argsort(np.concatenate(places), kind="stable")
    return pa.concat_arrays(texts).take(pa.array(order))
