"""How far dates moved: by some days and no more, the time of day aside, and not all by as many.

Without the key nobody can tell by how many days a subject's dates must move. But each subject's number is drawn by
itself: where many share one, whoever knows a single date knows all.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.chance import ODDS, most_by_chance
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import in_sample
from dataops_infra.masking.gate.values import Flags, Hashes, hashes
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.date_texts import DateTexts
from dataops_infra.masking.operators.shift_date import (
    FIRST_REAL_DAY,
    LAST_REAL_DAY,
    STAND_INS,
    ShiftDateOptions,
    ticks_a_day,
)

CHECK = "dates-moved"
TEXTS_READ = 4096
"""Dates written as texts that are read of each run of rows, evenly spread: that costs as much as masking them."""
DATES_COUNTED = 16_384
"""Dates of each run of rows, evenly spread, whose subjects' days are counted."""
SUBJECTS = 4096
"""Different subjects of a column whose days are counted, chosen by their hashes."""
_MONTH_FIRST = 4
"""Place of the layout that is read last: what it wrote may be read by the one before it."""

Days = npt.NDArray[np.int64]


class MovedDates:
    """The dates of ``shift_date`` moved as far as they may, each subject's by a number of its own."""

    def __init__(self, case: Case) -> None:
        leaves = [leaf for leaves in case.leaves.values() for leaf in leaves.values()]
        self._moves = {leaf: _Moves(leaf.options) for leaf in leaves if isinstance(leaf.options, ShiftDateOptions)}

    def look(self, rows: RowPair) -> None:
        """Take in how far the dates of a run of rows moved."""
        for pair in rows.leaves.values():
            if pair.leaf in self._moves:
                moves = self._moves[pair.leaf]
                subject = moves.options.subject
                moves.add(pair, None if subject is None else _subjects(pair, rows.leaves.get(subject)))

    def checks(self) -> Iterator[Check]:
        """A failed check for each column whose dates moved otherwise."""
        for leaf, moves in self._moves.items():
            if moves.wrong:
                explanation = (
                    f"{moves.wrong:,} dates moved by more than {moves.options.days} days or not by whole ones: the "
                    "copy was changed after masking, so mask again"
                )
                yield judged(CHECK, moves.wrong, 0, leaf.table, leaf.path, explanation)
            yield from _alike(leaf, moves)


def _alike(leaf: Leaf, moves: "_Moves") -> Iterator[Check]:
    most, subjects = moves.commonest()
    numbers = 2 * moves.options.days
    allowed = most_by_chance(subjects / numbers, ODDS / numbers)
    explanation = (
        f"the dates of {most:,} among {subjects:,} subjects moved by the same number of days, so one known date tells "
        "all: mask again, or report a fault of shift_date"
    )
    if most > allowed:
        yield judged(CHECK, most, allowed, leaf.table, leaf.path, explanation)


class _Moves:
    """How far the dates of one column moved."""

    def __init__(self, options: ShiftDateOptions) -> None:
        self.options = options
        self.wrong = 0
        self._level = 0
        self._seen = pl.DataFrame(schema={"subject": pl.UInt64, "days": pl.Int64})
        """Subject's hash, days: each pair once."""

    def add(self, pair: LeafPair, subjects: tuple[Hashes, Flags] | None) -> None:
        """Take in a run of rows.

        :param subjects: a hash for the subject of each value, and whether there is one; None = they cannot be told,
            or each day is one.
        """
        places, before, after, is_whole = _read(pair, self.options)
        moved = after - before
        self.wrong += int(np.count_nonzero((np.abs(moved) > self.options.days) | ~is_whole))
        step = -(-len(places) // DATES_COUNTED) or 1
        places, before, moved = places[::step], before[::step], moved[::step]
        if self.options.subject is None:
            subjects = hashes(pa.array(before)), np.ones(len(before), np.bool_)
        elif subjects is None:
            return
        else:
            subjects = subjects[0][places], subjects[1][places]
        hashed, known = subjects
        known = known & (before >= FIRST_REAL_DAY) & (before <= LAST_REAL_DAY) & ~np.isin(before, STAND_INS)
        known &= in_sample(hashed, self._level)
        found = pl.DataFrame({"subject": hashed[known], "days": moved[known]}).unique()
        self._seen = pl.concat([self._seen, found]).unique()
        while self._seen.height > SUBJECTS:
            self._level += 1
            self._seen = self._seen.filter(pl.Series(in_sample(self._seen["subject"].to_numpy(), self._level)))

    def commonest(self) -> tuple[int, int]:
        """How many subjects share the commonest number of days, of how many; of a sample where there are too many."""
        counts = self._seen.group_by("days").len()["len"]
        return max(counts, default=0), self._seen.height


def _subjects(pair: LeafPair, subject: LeafPair | None) -> tuple[Hashes, Flags] | None:
    if subject is None:
        return None
    hashed, filled = subject.source_hashes, subject.source_filled
    if len(hashed) == len(pair.source):
        return hashed, filled
    if pair.owners is None or subject.owners is not None:
        return None
    rows = pair.owners.to_numpy(zero_copy_only=False)
    return hashed[rows], filled[rows]


def _read(pair: LeafPair, options: ShiftDateOptions) -> tuple[Days, Days, Days, Flags]:
    """Places of the dates that can be read on both sides, their days before and after, and whether the time fits."""
    filled = np.flatnonzero(pair.source_filled & pair.target_filled)
    if pair.is_text:
        return _read_texts(pair, options, filled[:: -(-len(filled) // TEXTS_READ) or 1])
    day = ticks_a_day(pair.source.type)
    rows = pa.array(filled)
    before, after = (_ticks(side.take(rows)) for side in (pair.source, pair.target))
    fits = (after - before) % day == 0 if options.keep_time else after % day == 0
    return filled, before // day, after // day, np.asarray(fits)


def _ticks(values: pa.Array) -> Days:
    width = pa.int32() if pa.types.is_date32(values.type) else pa.int64()
    return np.asarray(values.view(width).to_numpy(zero_copy_only=False).astype(np.int64))


def _read_texts(pair: LeafPair, options: ShiftDateOptions, rows: Days) -> tuple[Days, Days, Days, Flags]:
    sides = [
        DateTexts.read(side.take(pa.array(rows)), day_first=options.day_first) for side in (pair.source, pair.target)
    ]
    readable = np.zeros(len(rows), np.bool_)
    for part in sides[0].reads[:_MONTH_FIRST]:
        readable[part.rows] = True
    is_date = np.ones(len(rows), np.bool_)
    is_date[sides[1].unread] = False
    return rows[readable], sides[0].days[readable], sides[1].days[readable], is_date[readable]
