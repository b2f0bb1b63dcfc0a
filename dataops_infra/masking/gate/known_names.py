"""The data's own people are named in none of its texts any more, whichever table the text stands in.

A person's name is two words that stand side by side in a name column, or first and last name of one row; texts of the
copy are searched for such pairs, and a pair that the row's source text had too has survived. One word alone says too
little: a masked text is full of names.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection.ambiguous_names import COMMON_WORDS, PARTICLES
from dataops_infra.masking.gate.aligned import Counted, LeafPair, RowPair, row_pairs
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import DistinctSample, RecentlySeen, contains, mixed
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import Hashes, hashes
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome
from dataops_infra.masking.operators.pool import PoolName, PoolOptions

CHECK = "known-names"
_WORD = r"\p{L}[\p{L}\p{M}'’-]*"
_NAME_WORD = rf"{_WORD}(?:\.{_WORD})*"
"""In names, what dots hold together is a title: "Sig.ra", "B.A."."""
_ACCENTED = r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}]"
"""Scripts that are read without their marks."""
_STROKES = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}
"""Small letters that Unicode does not decompose, as people type them."""
_DOUBLED = "[ÄäÖöÜüØøÅå]"
_DIGRAPHS = dict(zip(_DOUBLED[1:-1], ("Ae", "ae", "Oe", "oe", "Ue", "ue", "Oe", "oe", "Aa", "aa"), strict=True))
_COMMON = frozenset(COMMON_WORDS)
_PAIR = 2
Places = npt.NDArray[np.intp]
_FIRST, _LAST, _FULL = PoolName.FIRST_NAME, PoolName.LAST_NAME, PoolName.FULL_NAME


class KnownNames:
    """The people whom name columns hold, and then the texts: those are read once more, when all names are known."""

    def __init__(self, case: Case) -> None:
        leaves = [leaf for table in case.leaves.values() for leaf in table.values()]
        self._case = case
        self._texts = [leaf for leaf in leaves if leaf.outcome is Outcome.CLEANED]
        self._named = {table: _Named.of(case, table) for table in case.tables} if self._texts else {}
        self._known = DistinctSample(case.limit)
        self._seen = RecentlySeen()

    def look(self, rows: RowPair) -> None:
        """Take in the names of a run of rows, unless the source's people are told apart from its rows."""
        if self._case.people is None:
            self._learn(rows)

    def _learn(self, rows: RowPair) -> None:
        for pairs in self._named[rows.table].pairs(rows, self._seen) if self._named else ():
            self._known.add(pairs)

    def checks(self) -> Iterator[Check]:
        """One check for each column of free text."""
        if self._case.people is not None:
            people = replace(self._case, source=self._case.people, target=self._case.people)
            for table, named in self._named.items():
                for rows in row_pairs(people, table, Counted(), named.paths) if named.paths else ():
                    self._learn(rows)
        if not len(self._known.values()):
            return
        found = _Survivors(self._known.values(), self._known.level)
        for table in dict.fromkeys(leaf.table for leaf in self._texts):
            found.read(self._case, table, [leaf for leaf in self._texts if leaf.table == table])
        for leaf in self._texts:
            yield found.check(leaf)


@dataclass(frozen=True)
class _Named:
    """The columns of a table that name people."""

    fulls: tuple[str, ...]
    separate: tuple[tuple[str, str], ...]
    """First and last names, where no column has both."""

    @classmethod
    def of(cls, case: Case, table: str) -> "_Named":
        named = {path: _pool(leaf) for path, leaf in case.leaves[table].items()}
        firsts, lasts, fulls = (
            tuple(path for path, pool in named.items() if pool is each) for each in (_FIRST, _LAST, _FULL)
        )
        return cls(fulls, () if fulls else tuple(zip(firsts, lasts, strict=False)))

    @property
    def paths(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.fulls, *(path for both in self.separate for path in both)))

    def pairs(self, rows: RowPair, seen: RecentlySeen) -> Iterator[Hashes]:
        """The pairs of words that name somebody in the source of a run of rows."""
        for path in self.fulls:
            if path in rows.leaves:
                pair = rows.leaves[path]
                new = np.flatnonzero(seen.unseen(pair.source_hashes) & pair.source_filled)
                whole = _with_digraphs(pl.Series(pl.from_arrow(pair.source.take(pa.array(new)))))
                yield _Words(whole.to_arrow().cast(pa.large_string()), _NAME_WORD).names()
        for first, last in self.separate:
            if first in rows.leaves and last in rows.leaves:
                yield from _joined(rows.leaves[first].source, rows.leaves[last].source)


def _pool(leaf: Leaf) -> PoolName | None:
    return leaf.options.pool if isinstance(leaf.options, PoolOptions) else None


def _joined(firsts: pa.Array, lasts: pa.Array) -> Iterator[Hashes]:
    """First name, then last name, and the other way round, as letters and lists have them."""
    if len(firsts) == len(lasts):
        frame = pl.DataFrame({"first": pl.Series(pl.from_arrow(firsts)), "last": pl.Series(pl.from_arrow(lasts))})
        for order in (("first", "last"), ("last", "first")):
            whole = frame.select(pl.concat_str(order, separator=" ").alias("name"))["name"].drop_nulls()
            whole = _with_digraphs(whole)
            yield _Words(whole.to_arrow().cast(pa.large_string()), _NAME_WORD).names()


def _one_form(texts: pl.Series) -> pl.Series:
    """Texts in Unicode's normal form NFKC, without soft hyphens: all spellings of a name are one there."""
    odd = np.flatnonzero((texts.str.len_bytes() != texts.str.len_chars()).fill_null(False).to_numpy())
    if not len(odd):
        return texts
    places = np.arange(len(texts))
    places[odd] = len(texts) + np.arange(len(odd))
    formed = texts.gather(odd).str.normalize("NFKC").str.replace_all("\u00ad", "", literal=True)
    return pl.concat([texts, formed]).gather(places)


def _with_digraphs(names: pl.Series) -> pl.Series:
    """The names, and those with umlauts once more as people write them who lack the keys: Mueller, Soerensen."""
    foreign = names.filter(names.str.contains(_DOUBLED).fill_null(False))
    return pl.concat([names, foreign.str.replace_many(_DIGRAPHS)]) if len(foreign) else names


def _folded(words: pl.Series) -> pl.Series:
    """Words in small letters, without marks and strokes: José and Jose, Łukasz and Lukasz are one."""
    odd = words.str.contains("[^ -~]") & words.str.contains(_ACCENTED)
    if not odd.any():
        return words
    rows = odd.arg_true()
    plain = words.gather(rows).str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_many(_STROKES)
    return words.scatter(rows, plain)


class _Words:
    """The words of a column of texts, one after the other, and which two of them may be a name."""

    def __init__(self, texts: pa.Array, word: str = _WORD) -> None:
        series = _one_form(pl.Series("word", pl.from_arrow(texts))).str.extract_all(word)
        frame = pl.DataFrame({"row": np.arange(len(series)), "word": series}).explode("word").drop_nulls()
        self.rows, self.written = frame["row"].to_numpy(), frame["word"]
        # Texts repeat their words: what a word is asked, it is asked once.
        encoded = self.written.to_arrow().cast(pa.large_string()).dictionary_encode()
        places, distinct = encoded.indices.to_numpy(), encoded.dictionary
        small = pl.Series(pl.from_arrow(distinct)).str.to_lowercase()
        self._hashes = hashes(_folded(small.clone()).to_arrow().cast(pa.large_string()))[places]
        # Particles ("van der") and initials of scripts that have small letters.
        self._tells = ~(small.is_in(PARTICLES) | small.str.contains(r"^\p{Ll}$")).to_numpy()[places]

    def names(self) -> Hashes:
        """The pairs that name somebody: "Jack van der Berg" is called Jack Berg, and "Ben Ali" by both his words."""
        told = np.flatnonzero(self._tells)
        first, second = self._neighbours(told)
        is_single = np.bincount(self.rows[told], minlength=int(self.rows[-1]) + 1 if len(self.rows) else 0) < _PAIR
        alone = self._neighbours(np.flatnonzero(is_single[self.rows]))
        # Lists have the family name in front.
        of_two = np.bincount(self.rows[told], minlength=len(is_single))[self.rows[first]] == _PAIR
        begin = np.concatenate([first, alone[0], second[of_two]])
        end = np.concatenate([second, alone[1], first[of_two]])
        names: Hashes = mixed(self._hashes[begin], self._hashes[end])[self._tells[begin] | self._tells[end]]
        return names

    def pairs(self) -> tuple[Places, Places, Hashes]:
        """All pairs that a text may hold a name as: first word, second word, a hash of both."""
        first, second = self._neighbours(np.arange(len(self.rows)))
        across = self._neighbours(np.flatnonzero(self._tells))
        is_apart = across[1] - across[0] > 1
        first, second = np.concatenate([first, across[0][is_apart]]), np.concatenate([second, across[1][is_apart]])
        return first, second, mixed(self._hashes[first], self._hashes[second])

    def is_phrase(self, first: int, second: int) -> bool:
        """Whether two words are common ones in small letters, as in "you may read": so nobody is named."""
        return all(self.written[place] in _COMMON for place in (first, second))

    def _neighbours(self, places: Places) -> tuple[Places, Places]:
        beside = self.rows[places[1:]] == self.rows[places[:-1]]
        return places[:-1][beside], places[1:][beside]


class _Survivors:
    """Names of known people that stand in a text of the copy and stood in its source."""

    def __init__(self, known: Hashes, level: int) -> None:
        self._known, self._level = known, level
        self._number: Counter[Leaf] = Counter()
        self._examples: defaultdict[Leaf, list[str]] = defaultdict(list)

    def read(self, case: Case, table: str, leaves: list[Leaf]) -> None:
        """Search the texts of one table."""
        for rows in row_pairs(case, table, Counted(), [leaf.path for leaf in leaves]):
            for leaf in leaves:
                if leaf.path in rows.leaves:
                    self._search(rows.leaves[leaf.path])

    def _search(self, pair: LeafPair) -> None:
        words = _Words(pair.target)
        first, second, names = words.pairs()
        chosen = np.flatnonzero(contains(self._known, names))
        if not len(chosen):
            return
        texts = sorted({int(row) for row in words.rows[first[chosen]]})
        before = _Words(pair.source.take(pa.array(texts)))
        stood_first, _, stood_names = before.pairs()
        stood = set(zip(np.asarray(texts)[before.rows[stood_first]].tolist(), stood_names.tolist(), strict=True))
        for begin, end, name in zip(*(part[chosen].tolist() for part in (first, second, names)), strict=True):
            row = int(words.rows[begin])
            if (row, name) in stood and not words.is_phrase(begin, end):
                self._number[pair.leaf] += 1
                if len(self._examples[pair.leaf]) < NUMBER:
                    example = shape(f"{words.written[begin]} {words.written[end]}")
                    self._examples[pair.leaf].append(f"row {pair.row_of(row):,}: {example}")

    def check(self, leaf: Leaf) -> Check:
        """The verdict about one column."""
        explanation = (
            f"{self._number[leaf]:,} names of people in the data stand where they stood in the source: report a fault "
            "of the operator text, or mask the column with token"
        )
        note = f"one name in {1 << self._level:,} was looked for, chosen by its hash" if self._level else ""
        examples = self._examples[leaf]
        return judged(CHECK, self._number[leaf], 0, leaf.table, leaf.path, explanation, examples, note=note)
