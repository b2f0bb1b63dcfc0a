"""What stands hidden in the tables stands in none of the texts any more, whichever row or table the text is of.

Texts repeat account numbers, streets, companies and dates of birth of people whose rows lie elsewhere, and the operator
``text`` promises to replace them. So some texts of the copy are read first, and every run of words in them is a value
that may have survived. Then all values of the hidden columns are held against these by their hashes: one that stands in
a text of the copy and in the source of that text was left there. Names of people are :mod:`.known_names`' question.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.gate.aligned import Counted, LeafPair, RowPair, row_pairs
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.name_words import KnownHashes
from dataops_infra.masking.gate.own_texts import NOTATIONS
from dataops_infra.masking.gate.sampling import some_places
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import Hashes, hashes, is_text
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.known_columns import WHOLE_OPERATORS, WHOLE_POOLS, as_replaced, hides_dates, pool_of
from dataops_infra.masking.operators.base import Outcome

CHECK = "known-values"
TEXTS = 1 << 9
"""Texts of a column that are searched."""
FIRST_RUNS, EACH_RUN = 2, 8
"""Runs of a table's rows whose values are looked for: so many, and then one in so many."""
MOST_BYTES = 1 << 20
"""Bytes of these texts; what is beyond is not searched."""
MOST_WORDS = 6
"""Words of the longest value that is looked for."""
SHORTEST, LEAST_NUMBER = 6, 100_000
"""Letters and digits of the shortest value that texts are promised to lose, and the least whole number."""
_ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NONE = pa.array([], pa.large_string())

_DIGIT, _LETTER = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_DIGIT[[*b"0123456789"]] = True
_LETTER[[*b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", *range(0x80, 0x100)]] = True


class KnownValues:
    """What some texts may hold, and which of it hidden columns hold."""

    def __init__(self, case: Case) -> None:
        leaves = [leaf for table in case.leaves.values() for leaf in table.values()]
        searched = [leaf for leaf in leaves if _is_searched(leaf)]
        self._sought = {leaf for leaf in leaves if _is_looked_for(leaf)} if searched else set()
        self._case, self._searched = case, searched
        self._found: defaultdict[Leaf, set[int]] = defaultdict(set)
        self._runs: Counter[str] = Counter()

    @cached_property
    def _texts(self) -> "list[_Texts]":
        return [_Texts.of(self._case, leaf) for leaf in self._searched]

    @cached_property
    def _pieces(self) -> "dict[str, _Pieces]":
        """Kind of values -> what the texts may hold of it."""
        kinds = {_kind(leaf): leaf.type for leaf in self._sought}
        runs = [_runs(texts.after) for texts in self._texts]
        owners = np.concatenate([np.zeros(0, np.int64), *(np.full(len(run[0]), n) for n, run in enumerate(runs))])
        written = pa.concat_arrays([_NONE, *(run[0] for run in runs)])
        rows = np.concatenate([np.zeros(0, np.int64), *(run[1] for run in runs)])
        return {kind: _Pieces.of(written, owners, rows, kinds[kind]) for kind in kinds}

    def look(self, rows: RowPair) -> None:
        """Hold the hidden values of a run of rows against what the texts may hold."""
        run = self._runs[rows.table]
        self._runs[rows.table] += 1
        if run >= FIRST_RUNS and run % EACH_RUN:
            return
        for pair in rows.leaves.values():
            if pair.leaf in self._sought and (not pair.is_text or pair.before.lengths.max(initial=0) >= SHORTEST):
                self._found[pair.leaf].update(self._pieces[_kind(pair.leaf)].among(pair))

    def checks(self) -> Iterator[Check]:
        """One check for each column of free text, where there is anything to look for."""
        for number, texts in enumerate(self._texts) if self._sought else ():
            left: dict[int, None] = {}
            columns = set()
            for leaf, values in self._found.items():
                pieces = self._pieces[_kind(leaf)]
                for row, written in pieces.standing(values, number):
                    if _is_promised(written, leaf) and written in (texts.before[row].as_py() or ""):
                        left[row] = None
                        columns.add(leaf.title)
            examples = [f"row {texts.rows[row]:,}: {shape(texts.after[row].as_py())}" for row in sorted(left)[:NUMBER]]
            explanation = (
                f"{len(left):,} texts hold values of {', '.join(sorted(columns))} that stood there in the source: "
                "report a fault of the operator text, or mask the column with token"
            )
            leaf = texts.leaf
            yield judged(CHECK, len(left), 0, leaf.table, leaf.path, explanation, examples, note=texts.note(self._case))


def _is_searched(leaf: Leaf) -> bool:
    return leaf.outcome is Outcome.CLEANED and bool(getattr(leaf.options, "known", False))


def _is_looked_for(leaf: Leaf) -> bool:
    """Whether its values are among those that texts are promised to lose."""
    if _is_days(leaf):
        return hides_dates(leaf.plan)
    if as_replaced(leaf.plan).operator in WHOLE_OPERATORS:
        return is_text(leaf.type) or bool(pa.types.is_integer(leaf.type))
    return is_text(leaf.type) and pool_of(leaf.plan) in WHOLE_POOLS


def _is_days(leaf: Leaf) -> bool:
    is_local = pa.types.is_timestamp(leaf.type) and leaf.type.tz is None
    is_written = leaf.plan.operator == "shift_date" or leaf.plan.classification == "birth_date"
    return bool(pa.types.is_date32(leaf.type) or is_local or (is_text(leaf.type) and is_written))


def _kind(leaf: Leaf) -> str:
    """Equal values of one kind have equal hashes."""
    return "text" if is_text(leaf.type) else str(leaf.type)


def _is_promised(written: str, leaf: Leaf) -> bool:
    """Whether the operator ``text`` looks for a value: days, codes with a digit, streets or companies of some words."""
    if _is_days(leaf) and is_text(leaf.type):
        return bool(_ISO_DAY.fullmatch(written))
    letters = sum(character.isalnum() for character in written)
    has_digit = any(character in "0123456789" for character in written)
    is_named = pool_of(leaf.plan) in WHOLE_POOLS or leaf.plan.classification == "address"
    return letters >= SHORTEST and (has_digit or (is_named and len(written.split()) > 1))


@dataclass(frozen=True)
class _Texts:
    """Some texts of a column, on both sides."""

    leaf: Leaf
    before: pa.Array
    after: pa.Array
    rows: Sequence[int]
    """The row of each in its table, counted from 1."""

    @classmethod
    def of(cls, case: Case, leaf: Leaf) -> "_Texts":
        """The first ones, or of a long run of rows some that are evenly spread."""
        before, after, left = [_NONE], [_NONE], MOST_BYTES
        numbers: list[int] = []
        for rows in row_pairs(case, leaf.table, Counted(), [leaf.path], TEXTS):
            if leaf.path in rows.leaves:
                pair = rows.leaves[leaf.path]
                places = some_places(len(pair.after), TEXTS - len(numbers))
                sizes = np.cumsum(np.maximum(pair.before.lengths, pair.after.lengths)[places], dtype=np.int64)
                places, sizes = places[sizes <= left], sizes[sizes <= left]
                before.append(pair.before.take(places))
                after.append(pair.after.take(places))
                numbers += [pair.row_of(int(place)) for place in places]
                left -= int(sizes[-1]) if len(sizes) else left
            if len(numbers) >= TEXTS or not left:
                break
        return cls(leaf, pa.concat_arrays(before), pa.concat_arrays(after), numbers)

    def note(self, case: Case) -> str:
        """How many texts were searched, where those are not all."""
        rows = case.source.tables[self.leaf.table].rows
        return "" if rows == len(self.rows) else f"{len(self.rows):,} texts were searched"


def _runs(texts: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Words in a row, up to :data:`MOST_WORDS`, that may be a value, as they are written; and the text of each."""
    flat = FlatTexts.of(texts)
    data = np.concatenate([flat.data, np.zeros(1, np.uint8)])
    is_word = np.concatenate([[False], _DIGIT[data] | _LETTER[data]])
    edges = np.flatnonzero(is_word[1:] != is_word[:-1])
    inner = flat.offsets[1:-1]
    parted = np.unique(inner[is_word[inner] & is_word[inner + 1]])
    edges = np.sort(np.concatenate([edges, parted, parted]))
    starts, ends = edges[::2], edges[1::2]
    rows, digits = flat.rows(starts), np.concatenate([[0], np.cumsum(_DIGIT[data])])
    parts, owners = [_NONE], [np.zeros(0, np.int64)]
    for more in range(min(MOST_WORDS, len(starts))):
        begins, stops = starts[: len(starts) - more], ends[more:]
        wanted = (rows[: len(rows) - more] == rows[more:]) & (stops - begins >= SHORTEST)
        if not more:
            wanted &= digits[stops] > digits[begins]
        parts.append(flat.pieces(begins[wanted], stops[wanted]))
        owners.append(rows[: len(rows) - more][wanted])
    return pa.concat_arrays(parts), np.concatenate(owners)


@dataclass(frozen=True)
class _Pieces:
    """What texts may hold of one kind of values, in order of the hashes."""

    hashes: Hashes
    written: pa.Array
    owners: npt.NDArray[np.int64]
    """The column of texts that each stands in."""
    rows: npt.NDArray[np.int64]
    """The text of each."""

    @classmethod
    def of(
        cls, written: pa.Array, owners: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], kind: pa.DataType
    ) -> "_Pieces":
        """Those of some runs of words that may be values of a type."""
        parts = [(written, np.arange(len(written)))] if is_text(kind) else [*_read(written, kind)]
        found = np.concatenate([np.zeros(0, np.uint64), *(hashes(values) for values, _ in parts)])
        places = np.concatenate([np.zeros(0, np.int64), *(at for _, at in parts)])
        order = np.argsort(found, kind="stable")
        places = places[order]
        return cls(found[order], written.take(pa.array(places)), owners[places], rows[places])

    @cached_property
    def _looked_for(self) -> KnownHashes:
        return KnownHashes(self.hashes)

    def among(self, pair: LeafPair) -> set[int]:
        """The hashes of those that a run of rows of a hidden column holds."""
        held = self._looked_for.found(pair.source_hashes)
        return set(pair.source_hashes[held[pair.source_filled[held]]].tolist()) if len(held) else set()

    def standing(self, values: set[int], owner: int) -> Iterator[tuple[int, str]]:
        """Where some values stand in the texts of a column: the text, and how the value is written."""
        for value in sorted(values):
            bounds = (np.searchsorted(self.hashes, np.uint64(value), side=side) for side in ("left", "right"))
            for place in range(*map(int, bounds)):
                if self.owners[place] == owner:
                    yield int(self.rows[place]), str(self.written[place])


def _read(written: pa.Array, kind: pa.DataType) -> Iterator[tuple[pa.Array, npt.NDArray[np.int64]]]:
    """Runs of words as whole numbers or as days (of a kind with hours: midnights), and which of them are."""
    series = pl.Series(written, dtype=pl.String)
    if pa.types.is_integer(kind):
        at = series.str.contains("^[1-9][0-9]{5,18}$").arg_true()
        numbers = series.gather(at).cast(pl.Int128)
        fits = numbers <= int(np.iinfo(kind.to_pandas_dtype()).max)
        told = numbers.filter(fits).cast(pl.String).to_arrow().cast(pa.large_string())
        yield pc.cast(told, kind), at.filter(fits).to_numpy().astype(np.int64)
        return
    at = series.str.contains("^[0-9]{1,4}[^0-9][0-9]{1,2}[^0-9][0-9]{1,4}$").arg_true()
    for notation in NOTATIONS:
        days = series.gather(at).str.to_date(notation.replace("%-", "%"), strict=False)
        is_day = days.is_not_null()
        yield days.filter(is_day).to_arrow().cast(kind), at.filter(is_day).to_numpy().astype(np.int64)
