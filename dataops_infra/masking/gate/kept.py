"""What the plan keeps: it says why, and no column that is kept holds cards, addresses or other people's numbers."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.patterns import BY_NAME, matches
from dataops_infra.masking.detection.reasons import is_of_classify
from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import texts
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome

UNKNOWN = "unknown"
"""The classification of what nothing recognised."""
SHARES = {"email": 0.01, "iban": 0.05, "us_ssn": 0.2, "phone_international": 0.2, "payment_card": 0.5}
"""Pattern -> share of a kept column's values that may have its shape; one number in ten has a card's check digit."""
VALUES_A_BATCH = 128
"""Values of each batch that are looked at, evenly spread and always the same."""
_SAMPLE_NOTE = f"{VALUES_A_BATCH} values of each column in each run of rows were looked at"
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


@dataclass
class _Seen:
    values: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class KeptPersonalData:
    """No kept column is made of what people are known by, whatever the plan calls it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._seen: defaultdict[Leaf, _Seen] = defaultdict(_Seen)
        self._waiting: list[tuple[Leaf, pa.Array]] = []
        self._values_waiting = 0

    def look(self, rows: RowPair) -> None:
        """Look at some values of each kept column."""
        for pair in rows.leaves.values():
            if pair.leaf.outcome is Outcome.KEPT and (pair.is_text or pa.types.is_integer(pair.target.type)):
                self._take_in(pair)

    def _take_in(self, pair: LeafPair) -> None:
        """Some values of one column; those of many columns are looked at together."""
        places = np.flatnonzero(pair.target_filled)
        if not len(places):
            return
        step = -(-len(places) // VALUES_A_BATCH)
        values = texts(pair.target.take(pa.array(places[::step])))
        self._waiting.append((pair.leaf, values))
        self._values_waiting += len(values)
        if self._values_waiting >= _VALUES_AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        """Look at what is waiting."""
        if not self._waiting:
            return
        values = pa.concat_arrays([each for _, each in self._waiting])
        ends = np.cumsum([len(each) for _, each in self._waiting])
        for leaf, each in self._waiting:
            self._seen[leaf].values += len(each)
        for name in SHARES:
            found = np.flatnonzero(matches(values, BY_NAME[name]))
            owners = np.searchsorted(ends, found, side="right")
            for owner, first, hits in zip(*np.unique(owners, return_index=True, return_counts=True), strict=True):
                seen = self._seen[self._waiting[owner][0]]
                seen.hits[name] += int(hits)
                shown = found[first : first + min(int(hits), NUMBER - len(seen.examples[name]))]
                seen.examples[name] += [shape(values[int(place)].as_py()) for place in shown]
        self._waiting, self._values_waiting = [], 0

    def checks(self) -> Iterator[Check]:
        """One check for each table, or for each column that holds what it should not."""
        self._settle()
        for table in self._case.tables:
            wrong = [check for leaf, seen in self._seen.items() if leaf.table == table for check in _wrong(leaf, seen)]
            yield from wrong or [judged("kept-personal-data", 0, 0, table, note=_SAMPLE_NOTE)]


def _wrong(leaf: Leaf, seen: _Seen) -> Iterator[Check]:
    for name, share in SHARES.items():
        observed = seen.hits[name] / seen.values
        if observed > share:
            explanation = (
                f"{observed:.0%} of the values that were looked at have the shape of {name.replace('_', ' ')}: "
                "classify the source again, or mask the column"
            )
            yield judged("kept-personal-data", observed, share, leaf.table, leaf.path, explanation, seen.examples[name])
