"""A growing set of hashes that keeps, of all that comes with one hash, what has the lowest rank, and came first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.detection.sorted_hashes import SortedHashes
from dataops_infra.masking.detection.spans import Places
from dataops_infra.masking.detection.words import Hashes

Ranks = npt.NDArray[np.int16]

_MERGED_FROM, _MERGED_SHARE = 1 << 18, 4


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

    def first_of_each(self) -> "Ranked":
        """Each hash once, with its lowest rank, where that stands first; ascending."""
        order = np.lexsort((self.ranks, self.hashes))
        ordered = self.hashes[order]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = ordered[1:] != ordered[:-1]
        return self.at(order[is_first])


@dataclass(frozen=True)
class KeptHashes:
    """Different hashes, each with its rank."""

    hashes: SortedHashes = field(repr=False)
    ranks: Ranks = field(repr=False)
    texts: pa.Array | None = field(repr=False)

    def __len__(self) -> int:
        return len(self.hashes)

    def news(self, given: Ranked) -> Places:
        """Which of those given are not there, or with a higher rank."""
        if not len(self):
            return np.arange(len(given))
        place, found = self.hashes.look_up(given.hashes)
        known = np.flatnonzero(found)
        found[known] = self.ranks[place[known]] <= given.ranks[known]
        return np.flatnonzero(~found)

    def merged(self, given: Ranked) -> "KeptHashes":
        """With those given, which are different, ascending and all of them news."""
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
    """Takes in columns of hashes; several threads may add at the same time.

    What is there already is not taken in, and what came is merged when it is a quarter of what is there: so memory
    hangs on the number of different hashes, not on how often they come.
    """

    def __init__(self, texts: pa.DataType | None = None) -> None:
        """:param texts: the type of the texts that come with the hashes; None = none do."""
        none = None if texts is None else pa.array([], texts)
        self._kept = KeptHashes(SortedHashes.of(np.zeros(0, np.uint64)), np.zeros(0, np.int16), none)
        self._waiting: list[Ranked] = []
        self._number = 0
        self._writing = Lock()

    def add(self, hashes: Hashes, rank: int, texts: pa.Array | None = None) -> None:
        """Take in some hashes of one rank, and their texts."""
        self._add(Ranked(hashes, np.full(len(hashes), rank, np.int16), texts))

    def take_over(self, other: "RankedHashes") -> None:
        """Take in what another one holds, as coming behind what is there."""
        kept = other.kept()
        self._add(Ranked(kept.hashes.ascending[:-1], kept.ranks, kept.texts))

    def kept(self) -> KeptHashes:
        """What was taken in."""
        with self._writing:
            self._merge()
            return self._kept

    def _add(self, given: Ranked) -> None:
        news = self._kept.news(given)
        if len(news) < len(given):
            given = given.at(news)
        if not len(given):
            return
        with self._writing:
            self._waiting.append(given)
            self._number += len(given)
            if self._number > max(_MERGED_FROM, len(self._kept) // _MERGED_SHARE):
                self._merge()

    def _merge(self) -> None:
        if not self._waiting:
            return
        given = Ranked.joined(self._waiting).first_of_each()
        self._waiting, self._number = [], 0
        # Another thread may have merged some of them since they were found to be new.
        self._kept = self._kept.merged(given.at(self._kept.news(given)))
