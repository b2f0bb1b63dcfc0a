"""No number keeps its last four digits or its first eight: those are printed on receipts and asked for by telephone.

``fpe`` replaces every digit, so that one in ten thousand keeps four by chance. How often they stay is counted in some
rows, against how often they meet those of other rows.
"""

from collections.abc import Iterator

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.gate.case import Leaf
from dataops_infra.masking.gate.chance import most_by_chance
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.survivors import CHECK
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.fpe import FpeOptions, Mode

PARTS = {"last four signs": (-4, None, 8), "first ten signs": (0, 10, 12)}
"""Of a part: where it begins and ends, and the length of a number from which on it is looked at."""
_DIGITS = 4
"""Digits that a part has at least."""
_CHANCE = 1e-4
"""Share of numbers that keep four digits by chance, or ten signs with seven of which three are a country's."""
_ODDS = 1e-6
_SHIFTS = (1, 2, 3, 5)


def kept_parts(leaf: Leaf, before: pa.Array, after: pa.Array) -> Iterator[Check]:
    """A failed check for each part that too many numbers of a column keep.

    :param before: texts of some rows, large strings.
    :param after: the same rows' replacements.
    """
    options = leaf.options
    if isinstance(options, FpeOptions) and options.mode is Mode.UNIQUE:
        for part, (start, end, shortest) in PARTS.items():
            parts = [pc.utf8_slice_codeunits(side, start, end) for side in (before, after)]
            is_long = pc.greater_equal(pc.utf8_length(before), shortest)
            kept = pc.and_(is_long, pc.equal(*parts))
            if (pc.sum(kept).as_py() or 0) > most_by_chance(len(before) * _CHANCE, _ODDS):
                yield from _judged(leaf, part, *(pl.Series(pl.from_arrow(each)) for each in (*parts, after, is_long)))


def _judged(
    leaf: Leaf, part: str, before: pl.Series, after: pl.Series, whole: pl.Series, long: pl.Series
) -> Iterator[Check]:
    rows = pl.DataFrame({"before": before, "after": after, "whole": whole}).filter(long).unique(maintain_order=True)
    # Words and currencies may stay, and do in all rows.
    rows = rows.filter(pl.col("before").str.count_matches(r"\d") >= _DIGITS)
    kept = rows.filter(pl.col("before") == pl.col("after"))
    # What other rows have there too, such as the year of all, is no number's own.
    others = sum(int((rows["before"].shift(shift) == rows["after"]).sum()) for shift in _SHIFTS) / len(_SHIFTS)
    allowed = most_by_chance(others + rows.height * _CHANCE, _ODDS)
    explanation = (
        f"{kept.height:,} of {rows.height:,} numbers that were looked at keep their {part}: mask the column again"
    )
    if kept.height > allowed:
        examples = [shape(value) for value in kept["whole"].head(NUMBER)]
        yield judged(CHECK, kept.height, allowed, leaf.table, leaf.path, explanation, examples)
