"""What the plan keeps: it says why, and no column holds what people are known by, or other things than it says."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.classify.evidence import gather
from dataops_infra.masking.classify.samples import ColumnSample
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.patterns import BY_NAME, matches
from dataops_infra.masking.detection.reasons import is_of_classify
from dataops_infra.masking.gate.aligned import RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.chance import most_by_chance
from dataops_infra.masking.gate.claims import Broken, broken_by_numbers, broken_by_texts, claim_of
from dataops_infra.masking.gate.kept_values import DistinctTexts, LargeNumbers, limit_of, may_be_large
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import is_text
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome

UNKNOWN = "unknown"
"""The classification of what nothing recognised."""
SHARES = {"email": 0.01, "iban": 0.02, "us_ssn": 0.05, "phone_international": 0.05, "payment_card": 0.5}
"""Pattern -> share of a kept column's different values that may have its shape."""
VALID_BY_CHANCE = 0.1
"""Share of long numbers that have a card's check digit by chance."""
_ODDS = 1e-6
_VALUES_AT_ONCE = 1 << 16
"""Of all columns together: a table may have 10,000, and each search costs milliseconds before the first value."""


def unclassified_columns(case: Case) -> Iterator[Check]:
    """Somebody said of each kept column what it holds, or why it may be kept."""
    for table, leaves in case.leaves.items():
        wrong = [leaf for leaf in leaves.values() if leaf.outcome is Outcome.KEPT and not _is_explained(leaf)]
        for leaf in wrong:
            yield judged("unclassified-columns", 1, 0, table, leaf.path, _unexplained(leaf))
        if not wrong:
            yield judged("unclassified-columns", 0, 0, table)


def _is_explained(leaf: Leaf) -> bool:
    classification, reason = (leaf.plan.classification or "").strip().lower(), leaf.plan.reason.strip()
    if _is_personal(classification):
        return bool(reason) and not is_of_classify(reason)
    return classification != UNKNOWN and bool(classification or reason)


def _is_personal(classification: str) -> bool:
    kind = KINDS.get(classification)
    return kind is not None and kind.is_personal and classification != UNKNOWN


def _unexplained(leaf: Leaf) -> str:
    classification = (leaf.plan.classification or "").strip().lower()
    if _is_personal(classification):
        return (
            f"{leaf.path} is kept, and the plan says that it holds {KINDS[classification].title}: write "
            "`classification: safe`, or a reason of your own why it may stay, or mask it"
        )
    return (
        f"{leaf.path} is kept, and the plan does not say why: write `classification: safe` or a reason, or mask it "
        "with token"
    )


class KeptPersonalData:
    """No kept column is made of what people are known by, and each is what its classification claims, in all rows."""

    def __init__(self, case: Case) -> None:
        kept = [leaf for leaves in case.leaves.values() for leaf in leaves.values() if leaf.outcome is Outcome.KEPT]
        limit = limit_of(len(kept))
        self._case = case
        self._texts = {leaf: DistinctTexts(limit) for leaf in kept if is_text(leaf.type)}
        self._numbers = {leaf: LargeNumbers(limit) for leaf in kept if may_be_large(leaf.type)}

    def look(self, rows: RowPair) -> None:
        """Take in what is new in each kept column."""
        for pair in rows.leaves.values():
            if pair.leaf in self._texts:
                self._texts[pair.leaf].add(pair.after)
            elif pair.leaf in self._numbers:
                self._numbers[pair.leaf].look(pair.target)

    def checks(self) -> Iterator[Check]:
        """Of each question one check for each table, or one for each column that holds what it should not."""
        wrong: defaultdict[tuple[str, str], list[Check]] = defaultdict(list)
        thin: defaultdict[str, int] = defaultdict(int)
        for leaf, seen in self._distinct():
            thin[leaf.table] = max(thin[leaf.table], seen.level)
        for check in (*_personal(list(self._distinct())), *self._claims()):
            wrong[check.name, check.table or ""].append(check)
        for table in self._case.tables:
            note = f"of a column one value in up to {1 << thin[table]:,} was looked at, chosen by its hash"
            for name in ("kept-personal-data", "kept-as-classified"):
                passed = judged(name, 0, 0, table, note=note if thin[table] else "")
                yield from wrong[name, table] or [passed]

    def _distinct(self) -> Iterator[tuple[Leaf, DistinctTexts]]:
        yield from self._texts.items()
        yield from ((leaf, numbers.values) for leaf, numbers in self._numbers.items())

    def _claims(self) -> Iterator[Check]:
        claims = {leaf: claim for leaf in self._texts if (claim := claim_of(leaf)) is not None}
        samples = [ColumnSample(leaf.path, leaf.type, self._texts[leaf].values()) for leaf in claims]
        for (leaf, claim), evidence in zip(claims.items(), gather(samples), strict=True):
            # The rows that repeat a value are no evidence of chance.
            counted = replace(evidence, values=self._texts[leaf].rows)
            yield from (_broken(leaf, found) for found in broken_by_texts(claim, self._texts[leaf], counted))
        for leaf, numbers in self._numbers.items():
            claimed = claim_of(leaf)
            if claimed is not None and numbers.large:
                broken = broken_by_numbers(claimed, numbers.large, numbers.values)
                yield from (_broken(leaf, found) for found in broken)


def _broken(leaf: Leaf, found: Broken) -> Check:
    explanation = (
        f"{leaf.path}: {found.explanation}; look at it and write `classification: safe` with a reason, or mask it"
    )
    return judged(
        "kept-as-classified", found.observed, found.allowed, leaf.table, leaf.path, explanation, found.examples
    )


def _personal(columns: Sequence[tuple[Leaf, DistinctTexts]]) -> Iterator[Check]:
    """Columns with more values of a pattern than they may have; many columns are searched together."""
    waiting: list[tuple[Leaf, pa.Array]] = []
    number = 0
    for leaf, seen in columns:
        waiting.append((leaf, seen.values()))
        number += len(waiting[-1][1])
        if number >= _VALUES_AT_ONCE:
            yield from _searched(waiting)
            waiting, number = [], 0
    yield from _searched(waiting)


def _searched(columns: Sequence[tuple[Leaf, pa.Array]]) -> Iterator[Check]:
    whole = pa.concat_arrays([pa.array([], pa.large_string()), *(values for _, values in columns)])
    ends = np.cumsum([len(values) for _, values in columns])
    for name in SHARES if len(whole) else ():
        found = np.flatnonzero(matches(whole, BY_NAME[name]))
        owners = np.searchsorted(ends, found, side="right")
        for owner, first, hits in zip(*np.unique(owners, return_index=True, return_counts=True), strict=True):
            leaf, values = columns[owner]
            allowed = _allowed(name, int(hits), values)
            if hits > allowed:
                shown = whole.take(pa.array(found[first : first + min(hits, NUMBER)])).to_pylist()
                observed = int(hits) / len(values)
                yield _too_many(leaf, name, observed, allowed / len(values), [*map(shape, shown)])


def _allowed(name: str, hits: int, values: pa.Array) -> float:
    """How many of ``values`` may have a pattern's shape."""
    allowed = SHARES[name] * len(values)
    if name == "payment_card" and hits > 1:
        allowed = min(allowed, most_by_chance(VALID_BY_CHANCE * _long_digits(values), _ODDS))
    # One of several values may be anything; an address is an address.
    return allowed if name == "email" or len(values) == 1 else max(allowed, 1)


def _too_many(leaf: Leaf, name: str, observed: float, allowed: float, examples: list[str]) -> Check:
    explanation = (
        f"{observed:.0%} of the different values have the shape of {name.replace('_', ' ')}: classify the source "
        "again, or mask the column"
    )
    return judged("kept-personal-data", observed, allowed, leaf.table, leaf.path, explanation, examples)


def _long_digits(values: pa.Array) -> int:
    """How many values may be card numbers but for their check digit."""
    digits = pl.Series(pl.from_arrow(values)).str.replace_all(r"[ -]", "")
    return int(digits.str.contains(r"^\d{13,19}$").sum())
