"""A growing set of hashes that keeps, of all that comes with one hash, what has the lowest rank, and the least text."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from threading import Lock
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.detection.spans import Places
from dataops_infra.masking.detection.words import Hashes
from dataops_infra.masking.unused_memory import give_back

Ranks = npt.NDArray[np.integer[Any]]
"""In a byte each where these hold all of them."""

_MERGED_FROM, _MERGED_SHARE = 1 << 18, 16
"""So many hashes wait to be merged, or such a share of what is there: waiting, and merging, take memory too."""
_PART_BITS = 4


class HashSet(Protocol):
    """Different hashes, ascending, in which others are looked up."""

    @classmethod
    def kept(cls) -> np.uint64:
        """The bits of a hash that count."""

    @classmethod
    def none(cls, part_bits: int) -> Self:
        """An empty set, of hashes whose first ``part_bits`` bits, which number a part, were shifted out."""

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """As one: all parts that such bits can number; nothing is left of the list."""

    def __len__(self) -> int: ...

    def look_up(self, wanted: Hashes) -> tuple[Places, npt.NDArray[np.bool_]]:
        """The position of each hash, or of the next higher one, and whether it is there."""

    def inserted(self, gaps: Places, hashes: Hashes) -> Self:
        """With more hashes, ascending, of which none is there; each goes before what stands at its gap."""


Set = TypeVar("Set", bound=HashSet)


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
class KeptHashes(Generic[Set]):
    """Different hashes, each with its rank."""

    hashes: Set = field(repr=False)
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

    def merged(self, given: Ranked) -> "KeptHashes[Set]":
        """With those given, which are different, ascending and all of them news."""
        place, found = self.hashes.look_up(given.hashes)
        known, missing = np.flatnonzero(found), np.flatnonzero(~found)
        replaced, gaps = place[known], place[missing]
        ranks = self.ranks.astype(np.promote_types(self.ranks.dtype, given.ranks.dtype))
        ranks[replaced] = given.ranks[known]
        texts = self.texts
        if texts is not None:
            order = np.arange(len(self))
            order[replaced] = len(self) + known
            order = np.insert(order, gaps, len(self) + missing)
            texts = pa.concat_arrays([texts, given.texts]).take(pa.array(order))
        hashes = self.hashes.inserted(gaps, given.hashes[missing])
        return KeptHashes(hashes, np.insert(ranks, gaps, given.ranks[missing]), texts)


class RankedHashes(Generic[Set]):
    """Takes in columns of hashes; several threads may add at the same time, in whatever order: what stays is the same.

    What is there already is not taken in, and what came is merged when it is some share of what is there: so memory
    hangs on the number of different hashes, not on how often they come. They are kept in parts, each of which is merged
    by itself, so that this takes little memory more.
    """

    def __init__(self, kind: type[Set], texts: pa.DataType | None = None) -> None:
        """Nothing is there yet.

        :param kind: how the hashes are kept.
        :param texts: the type of the texts that come with them; None = none do.
        """
        none = None if texts is None else pa.array([], texts)
        self._kind = kind
        self._empty = KeptHashes(kind.none(_PART_BITS), np.zeros(0, np.uint8), none)
        self._parts = [self._empty] * (1 << _PART_BITS)
        self._waiting: list[Ranked] = []
        self._number = 0
        self._writing = Lock()

    def add(self, hashes: Hashes, rank: int, texts: pa.Array | None = None) -> None:
        """Take in some hashes of one rank, and their texts."""
        kind = np.uint8 if rank <= np.iinfo(np.uint8).max else np.int16
        self._add(Ranked(hashes & self._kind.kept(), np.full(len(hashes), rank, kind), texts))

    def taken_out(self) -> KeptHashes[Set]:
        """All that was taken in; then nothing is left here."""
        with self._writing:
            self._merge()
            parts, self._parts = self._parts, [self._empty] * (1 << _PART_BITS)
        ranks = np.concatenate([part.ranks for part in parts])
        texts = None if self._empty.texts is None else pa.concat_arrays([part.texts for part in parts])
        sets = [part.hashes for part in parts]
        del parts
        return KeptHashes(self._kind.joined(sets), ranks, texts)

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
        if not len(given):
            return
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
