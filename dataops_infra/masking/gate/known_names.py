"""The data's own people are named in none of its texts any more, whichever table the text stands in.

A person's name is two words that stand side by side in a name column, or first and last name of one row; texts of the
copy are searched for such pairs, and a pair that the row's source text had too has survived. One word alone says too
little: a masked text is full of names.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.gate.aligned import Counted, LeafPair, RowPair, row_pairs
from dataops_infra.masking.gate.case import LOOK_FOR_KNOWN, Case, Leaf, common_leaves
from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.name_words import KnownHashes, Places, Words
from dataops_infra.masking.gate.sampling import PairedSample, RecentlySeen, in_sample, mixed
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import Flags, Hashes, flags, is_text
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.known_columns import pool_of
from dataops_infra.masking.operators.base import Outcome
from dataops_infra.masking.operators.pool import PoolName
from dataops_infra.masking.sources import Source

CHECK = "known-names"
_DOUBLED = "[ÄäÖöÜüØøÅå]"
_DIGRAPHS = dict(zip(_DOUBLED[1:-1], ("Ae", "ae", "Oe", "oe", "Ue", "ue", "Oe", "oe", "Aa", "aa"), strict=True))
_TEXTS, _NAMES = 1 << 14, 1 << 14
"""Texts that are searched, and names that are learned at once."""


class KnownNames:
    """The people whom name columns hold, and then the texts.

    Texts that come before the last names are read once more, when all names are known.
    """

    def __init__(self, case: Case) -> None:
        leaves = [leaf for table in case.leaves.values() for leaf in table.values()]
        self._case = case
        self._texts = [leaf for leaf in leaves if leaf.outcome is Outcome.CLEANED]
        self._people = case if case.people is None else _of_people(case, case.people)
        self._named = {table: _Named.of(self._people, table) for table in self._people.tables} if self._texts else {}
        self._known = _Known(case.people_limit)
        self._behind_names = self._tables_behind_names() if case.people is None else ()

    def look(self, rows: RowPair) -> None:
        """Take in the names of a run of rows, unless the source's people are told apart from its rows."""
        if self._case.people is None:
            self._learn(rows)
        if rows.table in self._behind_names:
            self._survivors.look(rows)

    def _tables_behind_names(self) -> tuple[str, ...]:
        """Tables that are judged when all names are known; they are judged in the plan's order."""
        tables = self._case.tables
        with_names = [place for place, table in enumerate(tables) if self._named and self._named[table].paths]
        return tables[max(with_names, default=-1) + 1 :]

    def _learn(self, rows: RowPair) -> None:
        if self._named:
            self._named[rows.table].learn(rows, self._known)

    def checks(self) -> Iterator[Check]:
        """One check for each column of free text."""
        if self._case.people is not None:
            for table, named in self._named.items():
                for rows in row_pairs(self._people, table, Counted(), named.paths) if named.paths else ():
                    self._learn(rows)
        for table in dict.fromkeys(leaf.table for leaf in self._texts) if self._survivors else ():
            if table not in self._behind_names:
                paths = [leaf.path for leaf in self._texts if leaf.table == table]
                for rows in row_pairs(self._case, table, Counted(), paths):
                    self._survivors.look(rows)
        for leaf in self._texts if self._survivors else ():
            yield self._survivors.check(leaf)

    @cached_property
    def _survivors(self) -> "_Survivors":
        """To be asked for when all names are known."""
        return _Survivors(*self._known.pairs())


def _of_people(case: Case, people: Source) -> Case:
    """A case that has the people alone, those of tables that are not judged too."""
    return replace(case, source=people, target=people, leaves=common_leaves(case.plan, people, people))


@dataclass(frozen=True)
class _Named:
    """The columns of a table that name people."""

    fulls: tuple[str, ...]
    separate: tuple[tuple[str, str], ...]
    """First and last names, where no column has both."""

    @classmethod
    def of(cls, case: Case, table: str) -> "_Named":
        named = {path: pool_of(leaf.plan) for path, leaf in case.leaves[table].items() if is_text(leaf.type)}
        firsts, lasts, fulls = (
            tuple(path for path, pool in named.items() if pool == each)
            for each in (PoolName.FIRST_NAME, PoolName.LAST_NAME, PoolName.FULL_NAME)
        )
        return cls(fulls, () if fulls else tuple(zip(firsts, lasts, strict=False)))

    @property
    def paths(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.fulls, *(path for both in self.separate for path in both)))

    def learn(self, rows: RowPair, known: "_Known") -> None:
        """Take in whom the source of a run of rows names."""
        for path in self.fulls:
            if path in rows.leaves:
                pair = rows.leaves[path]
                known.add(pair.source_hashes, pair.source_filled, partial(_whole, pair.before))
        for paths in self.separate:
            first, last = (rows.leaves.get(path) for path in paths)
            if first is not None and last is not None and len(first.before) == len(last.before):
                both = mixed(first.source_hashes, last.source_hashes)
                known.add(both, first.before.valid & last.before.valid, partial(_joined, first.before, last.before))


class _Known:
    """The pairs of words that name somebody, of names that are chosen by their hash when there are too many."""

    def __init__(self, limit: int) -> None:
        self._pairs = PairedSample(limit)
        self._seen = RecentlySeen()

    def add(self, names: Hashes, there: Flags, written: Callable[[Places], Iterator[pa.Array]]) -> None:
        """Take in a column.

        :param names: a hash of each name.
        :param there: where there is a name.
        :param written: places -> the names there, in one way or more of writing them.
        """
        first = 0
        while first < len(names):
            # In runs: the more is known, the fewer names need be read.
            last = first + (_NAMES << self._pairs.level_so_far)
            run = names[first:last]
            chosen = np.flatnonzero(there[first:last] & in_sample(run, self._pairs.level_so_far))
            chosen = chosen[self._seen.unseen(run[chosen])]
            for texts in written(chosen + first) if len(chosen) else ():
                spellings, again = _with_digraphs(texts)
                rows, pairs = Words(spellings, dotted=True).names()
                self._pairs.add(run[np.concatenate([chosen, chosen[again]])[rows]], pairs)
            first = last

    def pairs(self) -> tuple[Hashes, int]:
        """The pairs as :meth:`.Words.pairs` compares them, sorted, and their level: of one name in 2**level."""
        level = self._pairs.level
        return self._pairs.belonging(level), level


def _whole(names: Column, places: Places) -> Iterator[pa.Array]:
    yield names.take(places)


def _joined(firsts: Column, lasts: Column, places: Places) -> Iterator[pa.Array]:
    """First name, then last name, and the other way round, as letters and lists have them."""
    first, last = firsts.take(places), lasts.take(places)
    space = pa.scalar(" ", first.type)
    yield pc.binary_join_element_wise(first, last, space)
    yield pc.binary_join_element_wise(last, first, space)


def _with_digraphs(names: pa.Array) -> tuple[pa.Array, Places]:
    """The names, and behind them those with umlauts as people write them who lack the keys: Mueller, Soerensen.

    And where those stand in ``names``.
    """
    foreign = np.flatnonzero(~flags(pc.string_is_ascii(names)))
    series = pl.Series(pl.from_arrow(names.take(pa.array(foreign))))
    doubled = flags(series.str.contains(_DOUBLED).to_arrow())
    if not doubled.any():
        return names, foreign[:0]
    written = series.filter(doubled).str.replace_many(_DIGRAPHS).to_arrow().cast(names.type)
    return pa.concat_arrays([names, written]), foreign[doubled]


class _Survivors:
    """Names of known people that stand in a text of the copy and stood in its source."""

    def __init__(self, known: Hashes, level: int) -> None:
        self._known, self._level, self._has_known = KnownHashes(known), level, len(known) > 0
        self._number: Counter[Leaf] = Counter()
        self._examples: defaultdict[Leaf, list[str]] = defaultdict(list)

    def __bool__(self) -> bool:
        """Whether anybody is known."""
        return self._has_known

    def look(self, rows: RowPair) -> None:
        """Search the texts of a run of rows."""
        for pair in rows.leaves.values() if self._has_known else ():
            if pair.leaf.outcome is Outcome.CLEANED:
                self._search(pair)

    def _search(self, pair: LeafPair) -> None:
        for first in range(0, len(pair.target), _TEXTS):
            words = Words(pair.target.slice(first, _TEXTS))
            begins, ends, names = words.pairs(self._known)
            joined = words.capitals(self._known)
            if not len(begins) and not len(joined[0]):
                continue
            rows = words.rows_of(begins) + first
            before = self._stood(pair, np.unique(np.concatenate([rows, joined[0] + first])))
            for row, name, word in zip((joined[0] + first).tolist(), joined[1].tolist(), joined[2], strict=True):
                if (row, name) in before:
                    self._note(pair, row, word)
            for row, name, begin, end in zip(*(part.tolist() for part in (rows, names, begins, ends)), strict=True):
                if (row, name) in before and not words.is_phrase(begin, end):
                    self._note(pair, row, f"{words.written(begin)} {words.written(end)}")

    def _stood(self, pair: LeafPair, rows: Places) -> set[tuple[int, int]]:
        """The known names in the source of some texts, as there and the other way round: row and hash of each."""
        words = Words(pair.before.take(rows))
        begins, ends, names = words.pairs(self._known)
        joined, together, _ = words.capitals(self._known)
        named = words.rows_of(begins)
        turned = mixed(words.hashes[ends], words.hashes[begins])
        rows = rows[np.concatenate([named, named, joined])]
        return set(zip(rows.tolist(), np.concatenate([names, turned, together]).tolist(), strict=True))

    def _note(self, pair: LeafPair, row: int, name: str) -> None:
        self._number[pair.leaf] += 1
        if len(self._examples[pair.leaf]) < NUMBER:
            self._examples[pair.leaf].append(f"row {pair.row_of(row):,}: {shape(name)}")

    def check(self, leaf: Leaf) -> Check:
        """The verdict about one column."""
        fix = "report a fault of the operator text" if leaf.looks_for_known else LOOK_FOR_KNOWN
        explanation = (
            f"{self._number[leaf]:,} names of people in the data stand where they stood in the source: {fix}, or mask "
            "the column with token"
        )
        note = f"one name in {1 << self._level:,} was looked for, chosen by its hash" if self._level else ""
        examples = self._examples[leaf]
        return judged(CHECK, self._number[leaf], 0, leaf.table, leaf.path, explanation, examples, note=note)
