"""No value of a hidden column stands in its own row: not in its place, and not in another column."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.chance import most_by_chance
from dataops_infra.masking.gate.folding import same_folded
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import contains, distinct, mixed
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import Flags, Hashes, flags, is_text, same
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome
from dataops_infra.masking.operators.redact import RedactOptions

SHORTEST = 3
"""Characters of a text below which it is no survivor in another column: too many columns hold it by chance."""
SMALL_TABLE, FEW = 1_000, 2
"""In a kept column of a table of so few rows, so many words meet what a row hides for good reasons (the city Jordan in
the land of that name): how often they stand elsewhere cannot be told from so few."""
_ONE_WORD = r"^\p{L}+$"
_SPACES_ASKED = 64
"""Values of a batch from which the chance of a hit in a masked column is taken."""

_MANY_COLUMNS = 64
"""Columns from which a table's are not held against each other one by one."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""Spreads the numbers of rows over 64 bits (2**64 by the golden ratio)."""

CHECK = "own-row-survivors"
_FIX = "choose another operator for it, or report a fault of this one"


class OwnColumn:
    """A hidden column never shows a row its own value, not even with other letters' case or blanks around it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._survivors: Counter[Leaf] = Counter()
        self._examples: defaultdict[Leaf, list[str]] = defaultdict(list)
        self._constants: dict[Leaf, set[object]] = {}

    def look(self, rows: RowPair) -> None:
        """Compare the hidden columns of a run of rows with themselves."""
        for pair in rows.leaves.values():
            if pair.leaf.is_hidden:
                self._compare(pair)

    def _compare(self, pair: LeafPair) -> None:
        if pair.leaf.outcome is Outcome.GONE:
            self._note_constants(pair)
        found = _own(pair) & pair.source_filled & ~_fixed(pair)
        number = int(np.count_nonzero(found))
        if number:
            self._survivors[pair.leaf] += number
            examples = self._examples[pair.leaf]
            for position in np.flatnonzero(found)[: NUMBER - len(examples)]:
                examples.append(f"row {pair.row_of(int(position)):,}: {shape(pair.target[int(position)].as_py())}")

    def _note_constants(self, pair: LeafPair) -> None:
        seen = self._constants.setdefault(pair.leaf, set())
        if len(seen) <= 1 and pair.target.null_count < len(pair.target):
            seen.update(np.unique(pair.target_hashes[pair.target_filled])[:2].tolist())

    def checks(self) -> Iterator[Check]:
        """One check for each table, or for each column with survivors."""
        for table in self._case.tables:
            hidden = [leaf for leaf in self._case.leaves[table].values() if leaf.is_hidden]
            wrong = [leaf for leaf in hidden if self._survivors[leaf] and not self._is_constant(leaf)]
            for leaf in wrong:
                count = self._survivors[leaf]
                explanation = f"{count:,} rows show their own value of a column that {leaf.spec.name} hides: {_FIX}"
                yield judged(CHECK, count, 0, table, leaf.path, explanation, self._examples[leaf])
            if hidden and not wrong:
                yield judged(CHECK, 0, 0, table)

    def _is_constant(self, leaf: Leaf) -> bool:
        """Whether one number or date replaces all: a source that held it in some rows loses nothing by it."""
        is_fixed = isinstance(leaf.options, RedactOptions) and not is_text(leaf.type)
        return is_fixed and len(self._constants.get(leaf, ())) <= 1


def _own(pair: LeafPair) -> Flags:
    if pair.is_text:
        return same_folded(pair.before, pair.after)
    return same(pair.source, pair.target)


def _fixed(pair: LeafPair) -> Flags:
    """Where the text of ``redact`` stands: a source that held it already was masked before."""
    if not (pair.is_text and isinstance(pair.leaf.options, RedactOptions)):
        return np.zeros(len(pair.after), np.bool_)
    return flags(pc.equal(pair.target, pa.scalar(pair.leaf.options.with_, pair.target.type)))


@dataclass
class _Hits:
    number: int = 0
    chance: float = 0.0
    """How many hits chance explains: equal values that meet in a row although the columns have nothing to do."""
    compared: int = 0
    words: int = 0
    """How many hits are one word without a digit, as names of people, places and things share."""
    examples: list[str] = field(default_factory=list)


class OtherColumns:
    """What a column hides stands in no other column of the row, such as a kept login that repeats the e-mail."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._hits: defaultdict[tuple[Leaf, Leaf], _Hits] = defaultdict(_Hits)

    def look(self, rows: RowPair) -> None:
        """Compare every hidden column of a run of rows with every other column."""
        pairs = list(rows.leaves.values())
        shown = _shown_in_rows(pairs) if len(pairs) > _MANY_COLUMNS else None
        for hidden in pairs:
            if hidden.leaf.is_hidden or hidden.leaf.is_rough:
                said = _telling(hidden)
                if hidden.leaf.is_rough:
                    said = said & ~hidden.told
                others = pairs if shown is None or _meets(hidden, said, shown) else _lists(pairs, hidden)
                number = int(np.count_nonzero(said))
                for other in others:
                    if other is hidden or not _comparable(hidden, other):
                        continue
                    if _is_apart(hidden, other):
                        self._hits[hidden.leaf, other.leaf].compared += number
                    else:
                        self._compare(hidden, said, other)

    def _compare(self, hidden: LeafPair, said: Flags, other: LeafPair) -> None:
        aligned = _aligned(hidden, said, other)
        if aligned is None:
            return
        original, said, shown, is_filled = aligned
        hits = self._hits[hidden.leaf, other.leaf]
        hits.compared += int(np.count_nonzero(said))
        met = (original == shown) & said & is_filled
        number = int(np.count_nonzero(met))
        if number:
            hits.number += number
            hits.chance += _chance(original[said & ~met], shown[is_filled & ~met], original[met])
            hits.chance += _masked_chance(other, number, int(np.count_nonzero(said)))
            is_row_by_row = hidden.owners is None and other.owners is None
            if is_row_by_row and other.leaf.outcome is Outcome.KEPT and hits.words <= FEW:
                hits.words += _words(other, met)
            if is_row_by_row:
                for position in np.flatnonzero(met)[: NUMBER - len(hits.examples)]:
                    example = shape(other.target[int(position)].as_py())
                    hits.examples.append(f"row {other.row_of(int(position)):,}: {example}")

    def checks(self) -> Iterator[Check]:
        """A failed check for each column that shows what another one hides."""
        for (hidden, other), hits in self._hits.items():
            allowed = _allowed(hidden, hits)
            if hits.number > allowed:
                does = "tells roughly" if hidden.is_rough else "hides"
                explanation = (
                    f"{hits.number:,} rows show in {other.path} what {hidden.path} {does}: mask {other.path} as well"
                )
                yield judged(CHECK, hits.number, allowed, hidden.table, other.path, explanation, hits.examples)


def _allowed(hidden: Leaf, hits: _Hits) -> int:
    chance = most_by_chance(hits.chance)
    if is_text(hidden.type) and not hidden.is_rough:
        is_small = hits.compared <= SMALL_TABLE and hits.number == hits.words <= FEW
        return max(chance, FEW) if is_small else chance
    # Numbers, dates and what many rows share, such as towns, meet for good reasons; a column that repeats another does
    # so in most rows.
    return max(chance, hits.compared // 2)


def _words(pair: LeafPair, met: Flags) -> int:
    """How many of the values that met are one word."""
    if not pair.is_text:
        return 0
    values = pl.Series(pl.from_arrow(pair.after.take(np.flatnonzero(met))))
    return int(values.str.contains(_ONE_WORD).sum())


def _comparable(one: LeafPair, other: LeafPair) -> bool:
    return one.before.type == other.before.type and not pa.types.is_boolean(one.before.type)


def _is_apart(hidden: LeafPair, other: LeafPair) -> bool:
    """Whether no row can show the original, as is so with nearly all pairs of columns: their halved hashes say."""
    if hidden.owners is not None or other.owners is not None:
        return False
    return not (hidden.before.halved_hashes == other.after.halved_hashes).any()


def _shown_in_rows(pairs: list[LeafPair]) -> Hashes:
    """All that the rows of a wide table show, as hashes of row and value: columns are not held against each other."""
    shown = [_in_rows(pair.target_hashes) for pair in pairs if pair.owners is None]
    return distinct(np.concatenate(shown)) if shown else np.zeros(0, np.uint64)


def _meets(hidden: LeafPair, said: Flags, shown: Hashes) -> bool:
    """Whether any row shows an original of its own (or an item of a list may)."""
    return hidden.owners is not None or bool((contains(shown, _in_rows(hidden.source_hashes)) & said).any())


def _lists(pairs: list[LeafPair], hidden: LeafPair) -> list[LeafPair]:
    return [pair for pair in pairs if pair.owners is not None and pair is not hidden]


def _in_rows(values: Hashes) -> Hashes:
    return mixed(values, np.arange(len(values), dtype=np.uint64) * _ODD)


def _telling(pair: LeafPair) -> Flags:
    """Where the original is long enough to tell something."""
    if not pair.is_text:
        return pair.source_filled
    if pair.before.is_ascii:
        return pair.before.lengths >= SHORTEST
    lengths = pc.fill_null(pc.utf8_length(pair.source), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False) >= SHORTEST)


def _aligned(hidden: LeafPair, said: Flags, other: LeafPair) -> tuple[Hashes, Flags, Hashes, Flags] | None:
    """The original's hashes and the other column's, one for each row or item; None for two different lists."""
    originals, shown, there = hidden.source_hashes, other.target_hashes, other.target_filled
    if hidden.owners is None and other.owners is None:
        return originals, said, shown, there
    if hidden.owners is None and other.owners is not None:
        rows = other.owners.to_numpy(zero_copy_only=False)
        return originals[rows], said[rows], shown, there
    if other.owners is None and hidden.owners is not None:
        rows = hidden.owners.to_numpy(zero_copy_only=False)
        return originals, said, shown[rows], there[rows]
    return (originals, said, shown, there) if len(originals) == len(shown) else None


def _chance(originals: Hashes, shown: Hashes, met: Hashes) -> float:
    """How often the values that met would meet by chance, going by how often each column has them elsewhere.

    A login that repeats the e-mail stands nowhere else, so chance explains nothing of it; somebody called Jordan who
    lives in Jordan is explained by all the others called so, and by all the others who live there. Whoever met
    counts as one called so, too: one of a name is enough where the other column has it in many rows.
    """
    values = pl.Series("value", met).unique()
    return float(((_frequencies(originals, values) + 1) * _frequencies(shown, values)).sum()) / max(len(shown), 1)


def _frequencies(column: Hashes, values: pl.Series) -> npt.NDArray[np.float64]:
    counts = pl.DataFrame({"value": column}).group_by("value").len()
    joined = pl.DataFrame({"value": values}).join(counts, on="value", how="left", maintain_order="left")
    return joined["len"].fill_null(0).cast(pl.Float64).to_numpy()


def _masked_chance(other: LeafPair, hits: int, rows: int) -> float:
    """How many rows of a masked column would show the original by chance: one in each of its value's spaces."""
    spaces = other.leaf.spec.spaces
    if spaces is None or not hits:
        return 0.0
    sample = other.before.take(np.flatnonzero(other.source_filled)[:_SPACES_ASKED])
    return rows * float(np.mean(1 / spaces(sample, other.leaf.options))) if len(sample) else 0.0
