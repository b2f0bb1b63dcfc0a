"""What a row hides stands nowhere in it in another spelling: words in another order, other signs between, base64, hex.

Equal values are compared in every row (:mod:`.survivors`); this costs fifty times as much, so some rows are looked at.
A column that was rewritten as a whole shows in any of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.chance import most_by_chance
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.parts import kept_parts
from dataops_infra.masking.gate.sampling import FIRST_ROWS, MORE_ROWS, contains, distinct, mixed, some_places
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.survivors import CHECK, FEW, SMALL_TABLE
from dataops_infra.masking.gate.values import Flags, Hashes, texts
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome
from dataops_infra.masking.operators.shift_date import ShiftDateOptions

VALUES = 1 << 18
"""Values of a run that are looked at at most: of tables of 10,000 columns 26 rows."""
SHORTEST = 5
"""Letters and digits of a value below which it says too little in another spelling."""
_DIGITS = 8
"""Last digits of a number that stay when its prefix is written otherwise (0151…, +49151…, 0049151…)."""
_SPACES_ASKED = 64
"""Values of a column from which the chance of a hit is taken."""
_SMALL = 16
"""Bits of whole numbers that hold no eight digits."""
_SEED = 0x7265
_ODDS = 1e-6
_SHIFTS = (1, 2, 3, 5)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SIGNS = r"[^\p{L}\p{N}]"


class RecodedValues:
    """No column shows what its row hides in another spelling."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._sources: defaultdict[Leaf, list[pa.Array]] = defaultdict(list)
        self._targets: defaultdict[Leaf, list[pa.Array]] = defaultdict(list)
        self._spaces: dict[Leaf, float] = {}
        """Column -> the share of replacements that would show an original by chance."""
        self._rows: defaultdict[str, int] = defaultdict(int)

    def look(self, rows: RowPair) -> None:
        """Take in some rows of a run."""
        pairs = [pair for pair in rows.leaves.values() if pair.owners is None and _can_be_spelled(pair)]
        if not any(pair.leaf.is_hidden for pair in pairs):
            return
        wanted = MORE_ROWS if self._rows[rows.table] else FIRST_ROWS
        wanted = min(wanted, VALUES // len(pairs) or 1)
        places = some_places(rows.rows, wanted)
        self._rows[rows.table] += rows.rows
        for pair in pairs:
            if pair.leaf.is_hidden:
                if pair.leaf not in self._spaces:
                    self._spaces[pair.leaf] = _share_by_chance(pair)
                self._sources[pair.leaf].append(texts(pair.before.take(places)))
            self._targets[pair.leaf].append(texts(pair.after.take(places)))

    def checks(self) -> Iterator[Check]:
        """A failed check for each column that shows what another one, or itself, hides."""
        for table in self._case.tables:
            hidden = [leaf for leaf in self._sources if leaf.table == table]
            if hidden:
                shown = [leaf for leaf in self._targets if leaf.table == table]
                originals = _Spelled.of([self._sources[leaf] for leaf in hidden], HIDDEN)
                moved = [place for place, leaf in enumerate(hidden) if isinstance(leaf.options, ShiftDateOptions)]
                originals.forget_last_digits(moved)
                columns = _Spelled.of([self._targets[leaf] for leaf in shown], SHOWN)
                yield from self._compared(hidden, originals, shown, columns)
            for leaf in hidden:
                yield from kept_parts(leaf, *(pa.concat_arrays(side[leaf]) for side in (self._sources, self._targets)))

    def _compared(
        self, hidden: list[Leaf], originals: "_Spelled", shown: list[Leaf], columns: "_Spelled"
    ) -> Iterator[Check]:
        for place in np.flatnonzero(originals.may_meet(columns)):
            met = originals.met(int(place), columns)
            for other in np.flatnonzero(met.any(axis=1)):
                chance = originals.chance(int(place), columns, int(other))
                chance += met.shape[1] * self._spaces.get(shown[other], 0.0)
                yield from self._judged(hidden[place], shown[other], columns.written[other], met[other], chance)

    def _judged(self, hidden: Leaf, other: Leaf, written: pa.Array, met: Flags, chance: float) -> Iterator[Check]:
        rows = np.flatnonzero(met)
        allowed = most_by_chance(chance, _ODDS)
        if other.outcome is Outcome.KEPT and self._rows[hidden.table] <= SMALL_TABLE:
            allowed = max(allowed, FEW)
        place = "its own values" if hidden is other else f"what {hidden.path} hides"
        explanation = (
            f"{len(rows):,} of {len(met):,} rows that were looked at show in {other.path} {place} in another spelling: "
            f"mask {other.path} {'again' if hidden is other else 'as well'}"
        )
        if len(rows) > allowed:
            examples = [shape(value) for value in written.take(pa.array(rows[:NUMBER])).to_pylist()]
            yield judged(CHECK, len(rows), allowed, other.table, other.path, explanation, examples)


def _can_be_spelled(pair: LeafPair) -> bool:
    return pair.is_text or (pa.types.is_integer(pair.before.type) and pair.before.type.bit_width > _SMALL)


def _share_by_chance(pair: LeafPair) -> float:
    spaces = pair.leaf.spec.spaces
    sample = pair.before.take(np.flatnonzero(pair.source_filled)[:_SPACES_ASKED])
    return float(np.mean(1 / spaces(sample, pair.leaf.options))) if spaces is not None and len(sample) else 0.0


@dataclass(frozen=True)
class _Spelled:
    """Columns of equal length in several spellings: a hash for each column and row, 0 where one says too little."""

    written: list[pa.Array]
    raw: Hashes
    spellings: Mapping[str, Hashes]

    @classmethod
    def of(cls, columns: list[list[pa.Array]], spellings: Mapping[str, pl.Expr]) -> "_Spelled":
        """Each column comes in parts."""
        parts = [part for column in columns for part in column]
        values = pa.concat_arrays(parts)
        rows = len(values) // len(columns)
        # Columns repeat their values: each is spelled once, and nulls as if they were one more.
        encoded = values.dictionary_encode()
        places = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy().reshape(len(columns), rows)
        hashed = _spelled(pa.concat_arrays([encoded.dictionary, pa.nulls(1, pa.large_string())]), spellings)
        matrices = {name: each[places] for name, each in hashed.items()}
        written = [values.slice(place * rows, rows) for place in range(len(columns))]
        return cls(written, matrices.pop("value"), matrices)

    def forget_last_digits(self, moved: list[int]) -> None:
        """Of columns of dates that are moved the time of day stays: the last digits tell of dates without one alone."""
        digits = self.spellings["digits"]
        digits[moved] = np.where(digits[moved] == self.spellings["plain"][moved], digits[moved], np.uint64(0))

    def may_meet(self, others: "_Spelled") -> Flags:
        """Which columns may meet one of ``others`` in a row."""
        shown = distinct(np.concatenate([_in_rows(each).ravel() for each in others.spellings.values()]))
        found = np.zeros(len(self.raw), np.bool_)
        for each in self.spellings.values():
            found |= (contains(shown, _in_rows(each).ravel()).reshape(each.shape) & (each != 0)).any(axis=1)
        return found

    def met(self, place: int, others: "_Spelled", shift: int = 0) -> Flags:
        """For each of ``others`` the rows in which it shows what column ``place`` has, or has ``shift`` rows above."""
        found = np.zeros(others.raw.shape, np.bool_)
        for name, each in self.spellings.items():
            mine = np.roll(each[place], shift)
            found |= (others.spellings[MEETS[name]] == mine) & (mine != 0)
        raw = np.roll(self.raw[place], shift)
        found &= others.raw != raw  # what is written alike is compared elsewhere
        return np.asarray(found & (raw != self.raw[place])) if shift else found

    def chance(self, place: int, others: "_Spelled", other: int) -> float:
        """How many rows of one of ``others`` show the value of another row."""
        one = _Spelled(
            [], others.raw[other : other + 1], {n: m[other : other + 1] for n, m in others.spellings.items()}
        )
        shifts = [shift for shift in _SHIFTS if shift < self.raw.shape[1]]
        return sum(int(np.count_nonzero(self.met(place, one, shift))) for shift in shifts) / max(len(shifts), 1)


def _spelled(values: pa.Array, spellings: Mapping[str, pl.Expr]) -> dict[str, Hashes]:
    """A hash for each value, for each of its spellings, and for its words in the order of the alphabet."""
    column = pl.Series("value", pl.from_arrow(values))
    is_ascii = bool((column.str.len_bytes() == column.str.len_chars()).fill_null(True).all())
    normal = (pl.col("value") if is_ascii else pl.col("value").str.normalize("NFKC")).str.to_lowercase()
    frame = column.to_frame().with_columns(normal=normal)
    frame = frame.with_columns(plain=pl.col("normal").str.replace_all(_SIGNS, ""))
    several = np.flatnonzero(frame.select(_SEVERAL.fill_null(False)).to_series().to_numpy())
    # Spelled first and hashed then: polars works out again what one expression says twice.
    forms = frame.select(**spellings)
    found = {name: _hashed(forms[name]) for name in forms.columns}
    found["words"] = np.zeros(len(values), np.uint64)
    found["words"][several] = _hashed(frame[several].select(_WORDS).to_series())
    return {"value": column.hash(_SEED).to_numpy(), **found}


def _in_rows(hashed: Hashes) -> Hashes:
    return mixed(hashed, np.arange(hashed.shape[1], dtype=np.uint64) * _ODD)


def _hashed(spelled: pl.Series) -> Hashes:
    says_enough = (spelled.str.len_chars() >= SHORTEST).fill_null(False).to_numpy()
    return np.where(says_enough, spelled.hash(_SEED).to_numpy(), np.uint64(0))


def _plain(values: pl.Expr) -> pl.Expr:
    return values.str.to_lowercase().str.replace_all(_SIGNS, "")


_SEVERAL = pl.col("normal").str.contains(rf"[\p{{L}}\p{{N}}]{_SIGNS}+[\p{{L}}\p{{N}}]") & pl.col("normal").str.contains(
    r"\p{L}"  # the parts of dates and numbers say nothing in another order
)
_WORDS = pl.col("normal").str.extract_all(r"[\p{L}\p{N}]+").list.sort().list.join("")
"""The words of a value that has several, in the order of the alphabet."""
SHOWN: Mapping[str, pl.Expr] = {
    "plain": pl.col("plain"),
    "digits": pl.col("plain").str.extract(rf"^\p{{L}}{{0,3}}\d*(\d{{{_DIGITS}}})$", 1),
}
"""Letters and digits alone; last digits of numbers."""
HIDDEN: Mapping[str, pl.Expr] = {
    **SHOWN,
    "reversed": pl.col("plain").str.reverse(),
    "base64": _plain(pl.col("value").str.encode("base64")),
    "hex": _plain(pl.col("value").str.encode("hex")),
}
"""The same, and what else a value may be written as."""
MEETS = {**dict.fromkeys(HIDDEN, "plain"), "words": "words", "digits": "digits"}
"""Spelling of a hidden value -> of a shown one that it is held against."""
