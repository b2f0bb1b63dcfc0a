"""A growing set of hashes that keeps, of all that comes with one hash, what has the lowest rank, and the least text."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.detection.sorted_hashes import LAST, SortedHashes
from dataops_infra.masking.detection.spans import Places
from dataops_infra.masking.detection.words import Hashes
from dataops_infra.masking.unused_memory import give_back

Ranks = npt.NDArray[np.int16]

_MERGED_FROM, _MERGED_SHARE = 1 << 18, 4
_PART_BITS = 4


@dataclass(frozen=True)
class Ranked:
    """Hashes with their ranks."""

    hashes: Hashes = field(repr=False)
    ranks: Ranks = field(repr=False)
    texts: pa.Array | None = field(repr=False)
    """A text for each, where texts are kept."""

    @classmethod
    def joined(cls, parts: "Sequence[Ranked]") -> "Ranked":
        """Several, one behind the other."""
        texts = None if parts[0].texts is None else pa.concat_arrays([part.texts for part in parts])
        hashes, ranks = [part.hashes for part in parts], [part.ranks for part in parts]
        return cls(np.concatenate(hashes), np.concatenate(ranks), texts)

    def __len__(self) -> int:
        return len(self.hashes)

    def at(self, places: Places) -> "Ranked":
        """Those alone, in this order."""
        texts = None if self.texts is None else self.texts.take(pa.array(places))
        return Ranked(self.hashes[places], self.ranks[places], texts)

    def between(self, first: int, last: int) -> "Ranked":
        """Those from ``first`` to ``last`` (exclusive)."""
        texts = None if self.texts is None else self.texts.slice(first, last - first)
        return Ranked(self.hashes[first:last], self.ranks[first:last], texts)

    def first_of_each(self) -> "Ranked":
        """Each hash once, with its lowest rank, and of these the least text; ascending."""
        order = np.argsort(self.hashes)
        ordered = self.hashes[order]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = ordered[1:] != ordered[:-1]
        repeated = ~is_first
        repeated[:-1] |= repeated[1:]
        alike = order[repeated]  # few; putting these alone in order is several times as fast as a stable sort of all
        order[repeated] = alike[np.lexsort((self._places_of_texts(alike), self.ranks[alike], self.hashes[alike]))]
        return self.at(order[is_first])

    def _places_of_texts(self, at: Places) -> Places:
        """The place that each of some has in the order of their texts."""
        places = np.arange(len(at))
        if self.texts is not None:
            places[pc.array_sort_indices(self.texts.take(pa.array(at))).to_numpy()] = np.arange(len(at))
        return places


@dataclass(frozen=True)
class KeptHashes:
    """Different hashes, each with its rank."""

    hashes: SortedHashes = field(repr=False)
    ranks: Ranks = field(repr=False)
    texts: pa.Array | None = field(repr=False)

    def __len__(self) -> int:
        return len(self.hashes)

    def news(self, given: Ranked) -> Places:
        """Which of those given are not there, or with a higher rank, or with a greater text of this rank."""
        if not len(self):
            return np.arange(len(given))
        place, found = self.hashes.look_up(given.hashes)
        known = np.flatnonzero(found)
        ranks = self.ranks[place[known]]
        found[known] = ranks <= given.ranks[known]
        if self.texts is not None and given.texts is not None:
            alike = known[ranks == given.ranks[known]]
            kept, coming = self.texts.take(pa.array(place[alike])), given.texts.take(pa.array(alike))
            found[alike] = pc.less_equal(kept, coming).to_numpy(zero_copy_only=False)
        return np.flatnonzero(~found)

    def merged(self, given: Ranked) -> "KeptHashes":
        """With those given, which are different, ascending and all of them news."""
        if not len(self):
            return KeptHashes(SortedHashes.of(given.hashes), given.ranks, given.texts)
        place, found = self.hashes.look_up(given.hashes)
        known, missing = np.flatnonzero(found), np.flatnonzero(~found)
        replaced, gaps = place[known], place[missing]
        ranks = self.ranks.copy()
        ranks[replaced] = given.ranks[known]
        hashes = np.insert(self.hashes.ascending[:-1], gaps, given.hashes[missing])
        texts = self.texts
        if texts is not None:
            order = np.arange(len(self))
            order[replaced] = len(self) + known
            order = np.insert(order, gaps, len(self) + missing)
            texts = pa.concat_arrays([texts, given.texts]).take(pa.array(order))
        return KeptHashes(SortedHashes.of(hashes), np.insert(ranks, gaps, given.ranks[missing]), texts)


class RankedHashes:
    """Takes in columns of hashes; several threads may add at the same time, in whatever order: what stays is the same.

    What is there already is not taken in, and what came is merged when it is a quarter of what is there: so memory
    hangs on the number of different hashes, not on how often they come. They are kept in parts, each of which is merged
    by itself, so that this takes little memory more.
    """

    def __init__(self, texts: pa.DataType | None = None) -> None:
        """:param texts: the type of the texts that come with the hashes; None = none do."""
        none = None if texts is None else pa.array([], texts)
        self._empty = KeptHashes(SortedHashes.of(np.zeros(0, np.uint64)), np.zeros(0, np.int16), none)
        self._parts = [self._empty] * (1 << _PART_BITS)
        self._waiting: list[Ranked] = []
        self._number = 0
        self._writing = Lock()

    def add(self, hashes: Hashes, rank: int, texts: pa.Array | None = None) -> None:
        """Take in some hashes of one rank, and their texts."""
        self._add(Ranked(hashes, np.full(len(hashes), rank, np.int16), texts))

    def taken_out(self) -> KeptHashes:
        """All that was taken in; then nothing is left here."""
        with self._writing:
            self._merge()
            parts, self._parts = self._parts, [self._empty] * (1 << _PART_BITS)
        kept = _joined(parts)
        if len(kept) > _MERGED_FROM:
            give_back()
        return kept

    def _add(self, given: Ranked) -> None:
        given = self._news(given)
        if not len(given):
            return
        with self._writing:
            self._waiting.append(given)
            self._number += len(given)
            if self._number > max(_MERGED_FROM, sum(map(len, self._parts)) // _MERGED_SHARE):
                self._merge()

    def _news(self, given: Ranked) -> Ranked:
        """Those given, without most of what is there."""
        if not any(map(len, self._parts)):
            return given
        given = given.at(np.argsort(given.hashes, kind="stable"))
        found = [part.at(kept.news(part)) for kept, part in zip(self._parts, _parted(given), strict=True)]
        return _whole(found)

    def _merge(self) -> None:
        if not self._waiting:
            return
        given = Ranked.joined(self._waiting).first_of_each()
        self._waiting, self._number = [], 0
        for number, part in enumerate(_parted(given)):
            self._merge_part(number, part)
        if len(given) > _MERGED_FROM:
            give_back()

    def _merge_part(self, number: int, given: Ranked) -> None:
        kept = self._parts[number]
        # Another thread may have merged some of them since they were found to be new.
        self._parts[number] = kept.merged(given.at(kept.news(given)) if len(kept) else given)


def _parted(given: Ranked) -> list[Ranked]:
    """What is given, ascending, in parts by the upper bits of its hashes; an index begins behind these bits."""
    starts = np.arange(1 << _PART_BITS, dtype=np.uint64) << np.uint64(64 - _PART_BITS)
    bounds = [*np.searchsorted(given.hashes, starts).tolist(), len(given)]
    parts = (given.between(first, last) for first, last in pairwise(bounds))
    return [replace(part, hashes=part.hashes << np.uint64(_PART_BITS)) for part in parts]


def _whole(parts: Sequence[Ranked]) -> Ranked:
    """The parts of :func:`_parted`, one behind the other."""
    full = [replace(part, hashes=_with_bits(part.hashes, number)) for number, part in enumerate(parts)]
    return Ranked.joined(full)


def _with_bits(hashes: Hashes, number: int) -> Hashes:
    return (hashes >> np.uint64(_PART_BITS)) | np.uint64(number << (64 - _PART_BITS))


def _joined(parts: list[KeptHashes]) -> KeptHashes:
    """The parts as one, which are let go of one by one."""
    number = sum(map(len, parts))
    ascending, ranks = np.full(number + 1, LAST, np.uint64), np.empty(number, np.int16)
    texts = None if parts[0].texts is None else pa.concat_arrays([part.texts for part in parts])
    end = number
    while parts:
        part = parts.pop()
        first = end - len(part)
        ascending[first:end] = _with_bits(part.hashes.ascending[:-1], len(parts))
        ranks[first:end] = part.ranks
        end = first
    return KeptHashes(SortedHashes.of_ended(ascending), ranks, texts)
