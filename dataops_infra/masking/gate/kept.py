"""What the plan keeps: it says why, and no column that is kept holds cards, addresses or other people's numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from dataops_infra.masking.detection.patterns import BY_NAME, matches
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
_VALUES_AT_ONCE = 4096


def unclassified_columns(case: Case) -> Iterator[Check]:
    """Somebody said of each kept column what it holds, or why it may be kept."""
    for table, leaves in case.leaves.items():
        wrong = [leaf for leaf in leaves.values() if leaf.outcome is Outcome.KEPT and not _is_explained(leaf)]
        for leaf in wrong:
            explanation = (
                f"{leaf.path} is kept, and the plan does not say why: write `classification: safe` or a reason, or "
                "mask it with token"
            )
            yield judged("unclassified-columns", 1, 0, table, leaf.path, explanation)
        if not wrong:
            yield judged("unclassified-columns", 0, 0, table)


def _is_explained(leaf: Leaf) -> bool:
    classification = (leaf.plan.classification or "").strip().lower()
    return classification != UNKNOWN and bool(classification or leaf.plan.reason.strip())


@dataclass
class _Seen:
    values: int = 0
    hits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SHARES, 0))
    examples: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in SHARES})
    waiting: list[pa.Array] = field(default_factory=list)

    def add(self, values: pa.Array) -> None:
        """Take in some values; they are looked at many at once."""
        self.waiting.append(values)
        if sum(map(len, self.waiting)) >= _VALUES_AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Look at what is waiting."""
        values = texts(pa.concat_arrays(self.waiting)) if self.waiting else pa.array([], pa.large_string())
        self.waiting = []
        self.values += len(values)
        for name in SHARES:
            found = np.flatnonzero(matches(values, BY_NAME[name]))
            self.hits[name] += len(found)
            room = NUMBER - len(self.examples[name])
            self.examples[name] += [shape(values[int(place)].as_py()) for place in found[:room]]


class KeptPersonalData:
    """No kept column is made of what people are known by, whatever the plan calls it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._seen: dict[Leaf, _Seen] = {}

    def look(self, rows: RowPair) -> None:
        """Look at some values of each kept column."""
        for pair in rows.leaves.values():
            if pair.leaf.outcome is Outcome.KEPT and (pair.is_text or pa.types.is_integer(pair.target.type)):
                self._look_at(pair)

    def _look_at(self, pair: LeafPair) -> None:
        places = np.flatnonzero(pair.target_filled)
        if not len(places):
            return
        step = -(-len(places) // VALUES_A_BATCH)
        self._seen.setdefault(pair.leaf, _Seen()).add(pair.target.take(pa.array(places[::step])))

    def checks(self) -> Iterator[Check]:
        """One check for each table, or for each column that holds what it should not."""
        for table in self._case.tables:
            wrong = [check for leaf, seen in self._seen.items() if leaf.table == table for check in _wrong(leaf, seen)]
            yield from wrong or [judged("kept-personal-data", 0, 0, table)]


def _wrong(leaf: Leaf, seen: _Seen) -> Iterator[Check]:
    seen.settle()
    for name, share in SHARES.items():
        observed = seen.hits[name] / seen.values
        if observed > share:
            explanation = (
                f"{observed:.0%} of the values that were looked at have the shape of {name.replace('_', ' ')}: "
                "classify the source again, or mask the column"
            )
            yield judged("kept-personal-data", observed, share, leaf.table, leaf.path, explanation, seen.examples[name])
