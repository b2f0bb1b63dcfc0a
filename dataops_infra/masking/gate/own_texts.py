"""Nothing of a row's hidden columns stands in its texts: names in any letter case, numbers, dates in any notation."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.trigrams import Needles, Trigrams
from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import LOOK_FOR_KNOWN, Case, Leaf
from dataops_infra.masking.gate.chance import most_by_chance
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.survivors import CHECK, SHORTEST
from dataops_infra.masking.gate.values import Flags, flags
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome

LONG_TEXT = 24
"""Mean characters from which a kept column is read as free text."""
SHORTEST_NUMBER = 5
"""Digits from which on a whole number in a text says which row it is of."""
SHORTEST_WITHIN = 6
"""Characters from which on a number in a text says so with letters at once before or behind it, too."""
SHORTEST_JOINED = 7
"""Letters from which on several words that are written as one are no other word by chance."""
NOTATIONS = ("%Y-%m-%d", "%d.%m.%Y", "%-d.%-m.%Y", "%m/%d/%Y", "%-m/%-d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d")
"""How dates are written in digits."""
_ODDS = 1e-4
"""How seldom a good text may be refused: more often than elsewhere, as the one name that was left must be seen."""
_MANY = 6
"""Hidden columns from which on the trigrams of texts are noted."""
_SHIFTS = (1, 2, 3, 5)
"""How far the columns are shifted against each other to see what chance brings about."""


@dataclass
class _Found:
    number: int = 0
    chance: float = 0.0
    """How many of them chance explains."""
    examples: list[str] = field(default_factory=list)


class OwnTexts:
    """What a row's hidden columns hold stands in none of its texts, as whole words in any letter case."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._found: defaultdict[tuple[Leaf, Leaf], _Found] = defaultdict(_Found)
        self._together: defaultdict[Leaf, _Found] = defaultdict(_Found)

    def look(self, rows: RowPair) -> None:
        """Search the texts of a run of rows."""
        texts = [pair for pair in rows.leaves.values() if _is_free_text(pair)]
        hidden = [pair for pair in rows.leaves.values() if _is_looked_for(pair)]
        spelled = [(pair, [*_spellings(pair)] if texts else []) for pair in hidden]
        for pair in texts:
            self._search(pair, spelled)

    def _search(self, text: LeafPair, hidden: "list[tuple[LeafPair, list[_Sought]]]") -> None:
        texts = _Text(text.target, is_sieved=len(hidden) >= _MANY)
        several = np.zeros(len(text.target), np.int64)
        for pair, spelled in hidden:
            found, chance = np.zeros(len(text.target), np.bool_), 0.0
            searched = texts.lowered if pair.is_text else texts
            placed = (each if text.owners is None else each.taken(text.owners) for each in spelled)
            for values in (*placed, *_dates(pair.source, searched, text.owners)):
                held = searched.holds(values)
                found |= held
                chance += searched.chance(values) if held.any() else 0.0
            if pair.leaf.is_rough and found.any():
                found &= ~_taken(pair.told, text.owners)
            if not pair.leaf.is_rough:  # many rows share what is told roughly: two of these name nobody
                several += found
            self._note(self._found[pair.leaf, text.leaf], text, found)
            if found.any():
                self._found[pair.leaf, text.leaf].chance += chance + _pool_chance(pair)
        self._note(self._together[text.leaf], text, several > 1)

    def _note(self, found: _Found, text: LeafPair, where: Flags) -> None:
        found.number += int(np.count_nonzero(where))
        for position in np.flatnonzero(where)[: NUMBER - len(found.examples)]:
            found.examples.append(f"row {text.row_of(int(position)):,}: {shape(text.target[int(position)].as_py())}")

    def checks(self) -> Iterator[Check]:
        """A failed check for each column that survives in a text."""
        for (hidden, text), found in self._found.items():
            allowed = most_by_chance(found.chance, _ODDS)
            explanation = f"{found.number:,} texts hold what {hidden.path} of their own row holds: {_fix(text)}"
            if found.number > allowed:
                yield judged(CHECK, found.number, allowed, text.table, text.path, explanation, found.examples)
        for text, found in self._together.items():
            explanation = f"{found.number:,} texts hold two values of their own row's hidden columns: {_fix(text)}"
            if found.number:
                yield judged(CHECK, found.number, 0, text.table, text.path, explanation, found.examples)


def _fix(text: Leaf) -> str:
    if text.outcome is not Outcome.CLEANED:
        return "mask it with text"
    other = "drop the column or mask it with token"
    return other if text.looks_for_known else f"{LOOK_FOR_KNOWN}, {other}"


def _is_looked_for(pair: LeafPair) -> bool:
    return pair.owners is None and (pair.leaf.is_hidden or pair.leaf.is_rough)


def _taken(where: Flags, owners: pa.Array | None) -> Flags:
    return where if owners is None else where[owners.to_numpy()]


def _is_free_text(pair: LeafPair) -> bool:
    if not pair.is_text or not len(pair.after):
        return False
    if pair.leaf.outcome is Outcome.CLEANED:
        return True
    if pair.leaf.outcome is not Outcome.KEPT:
        return False
    lengths = pair.after.lengths
    return int(lengths.sum()) >= LONG_TEXT * max(int(np.count_nonzero(pair.after.valid)), 1)


@dataclass(frozen=True)
class _Sought:
    """Values that texts are searched for, one for each."""

    values: pa.Array
    """Texts without spaces around them; of fewer than :data:`SHORTEST` characters, null."""

    @classmethod
    def of(cls, values: pa.Array) -> "_Sought":
        """Of texts in any layout."""
        plain = pc.utf8_trim_whitespace(values.cast(pa.large_string()))
        told = pc.if_else(pc.greater_equal(pc.utf8_length(plain), SHORTEST), plain, None)
        return cls(told)

    @cached_property
    def needles(self) -> Needles:
        """What the values have in common with texts that hold them."""
        return Needles.of(FlatTexts.of(self.values))

    def taken(self, places: pa.Array) -> "_Sought":
        """Those at ``places``."""
        return _Sought(self.values.take(places))


def _spellings(pair: LeafPair) -> Iterator[_Sought]:
    """A hidden column of texts or numbers as texts may write it: in small letters."""
    if pair.is_text:
        small = pc.utf8_lower(pair.source)
        yield _Sought.of(small)
        yield from map(_Sought.of, _joined(small))
    elif pa.types.is_integer(pair.source.type):
        written = pair.source.cast(pa.large_string())
        yield _Sought(pc.if_else(pc.greater_equal(pc.binary_length(written), SHORTEST_NUMBER), written, None))


def _joined(values: pa.Array) -> Iterator[pa.Array]:
    """Values of several words in one, as people write names behind an @ or a #."""
    joined = pc.replace_substring(values, " ", "")
    told = pc.and_(pc.match_substring(values, " "), pc.greater_equal(pc.utf8_length(joined), SHORTEST_JOINED))
    if pc.any(told).as_py():
        yield pc.if_else(told, joined, None)


def _dates(values: pa.Array, texts: "_Text", owners: pa.Array | None) -> Iterator[_Sought]:
    """Dates in the notations of several countries, of rows whose text holds the year at all."""
    if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
        return
    if owners is not None:
        values = values.take(owners)
    days = pl.Series(pl.from_arrow(values)).cast(pl.Date, strict=False)
    rows = np.flatnonzero(texts.contains(days.dt.year().cast(pl.String)))
    if not len(rows):
        return
    places = np.full(len(days), -1)
    places[rows] = np.arange(len(rows))
    spread = pa.array(places, mask=places < 0)
    for notation in NOTATIONS:
        yield _Sought.of(days.gather(rows).dt.strftime(notation).to_arrow().cast(pa.large_string()).take(spread))


def _pool_chance(pair: LeafPair) -> float:
    """How many texts name somebody by chance as the row does, each naming about one other person."""
    # Of dates hardly one in thousands would be written just so.
    spaces = pair.leaf.spec.spaces if pair.is_text else None
    sample = pair.source.drop_null().slice(0, 64)
    if spaces is None or not len(sample):
        return 0.0
    return len(pair.source) * float(np.mean(1 / spaces(sample, pair.leaf.options)))


class _Text:
    """A column of texts that other columns' values are looked for in.

    :param is_sieved: whether so many are that it is worth to note which trigrams the texts hold.
    """

    def __init__(self, texts: pa.Array, *, is_sieved: bool = False) -> None:
        self._texts, self._is_sieved = texts, is_sieved
        self._series = pl.Series("text", pl.from_arrow(texts))

    @cached_property
    def lowered(self) -> "_Text":
        """The texts in small letters."""
        return _Text(pc.utf8_lower(self._texts), is_sieved=self._is_sieved)

    @cached_property
    def _sieve(self) -> Trigrams:
        return Trigrams.of(FlatTexts.of(self._texts))

    def contains(self, values: pl.Series) -> Flags:
        """Which texts hold the value of their row, whatever stands beside it."""
        frame = pl.DataFrame({"text": self._series, "value": values})
        found = frame.select(pl.col("text").str.contains(pl.col("value"), literal=True)).to_series()
        return flags(found.fill_null(False).to_arrow())

    def holds(self, sought: _Sought) -> Flags:
        """Which texts hold the value of their row as a whole word."""
        if self._is_sieved:
            rows = self._sieve.may_hold(sought.needles)
        else:
            rows = np.flatnonzero(self.contains(pl.Series(pl.from_arrow(sought.values))))
        where = np.zeros(len(self._series), np.bool_)
        values = sought.values.take(pa.array(rows)).to_pylist() if len(rows) else []
        for row, value in zip(rows.tolist(), values, strict=True):
            where[row] = _stands_alone(self._series[row] or "", value)
        return where

    def chance(self, sought: _Sought) -> float:
        """How many texts would hold the value of another row, at most as often as differing neighbours show."""
        values = sought.values
        rows = len(values)
        if rows <= max(_SHIFTS):
            return 0.0
        found = 0
        for shift in _SHIFTS:
            turned = pa.concat_arrays([values.slice(shift), values.slice(0, shift)])
            differs = flags(pc.not_equal(values, turned))
            found += int(np.count_nonzero(self.holds(_Sought.of(turned)) & differs))
        return found / len(_SHIFTS)


def _stands_alone(text: str, value: str) -> bool:
    """Whether ``value`` stands in ``text`` as a whole: no letter or digit goes on before or behind it.

    Before and behind long numbers letters do not go on, unless other digits stand among them, as in a code.
    """
    is_long = len(value) >= SHORTEST_WITHIN
    place = text.find(value)
    while place >= 0:
        behind = place + len(value)
        if _ends(text, place - 1, -1, value[0], is_long) and _ends(text, behind, 1, value[-1], is_long):
            return True
        place = text.find(value, place + 1)
    return False


def _ends(text: str, place: int, step: int, sign: str, is_long: bool) -> bool:
    """Whether a value whose outermost sign on that side is ``sign`` ends before ``place``."""

    def is_inside() -> bool:
        return 0 <= place < len(text)

    if not (is_inside() and text[place].isalnum() and sign.isalnum()):
        return True
    if not (is_long and sign.isdigit()):
        return False
    # Each run of letters is walked along once from either end: no number begins or ends within it.
    while is_inside() and text[place].isalpha():
        place += step
    return not (is_inside() and text[place].isalnum())
