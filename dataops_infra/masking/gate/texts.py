"""Free text: no identifier stands in it that stood there before."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from dataops_infra.masking.detection.independent import residual
from dataops_infra.masking.gate.aligned import RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.showing import NUMBER
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome

SHOWN_TO_PRESIDIO = 100
"""Texts of a column that presidio reads, where it is installed: 0.1 s, and one more to load it."""


class ResidualText:
    """Identifiers that stand in a masked text and in its source, found by other means than those that mask."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._counts: defaultdict[Leaf, Counter[str]] = defaultdict(Counter)
        self._examples: defaultdict[Leaf, list[str]] = defaultdict(list)
        self._read: Counter[Leaf] = Counter()

    def look(self, rows: RowPair) -> None:
        """Read the texts of a run of rows."""
        for pair in rows.leaves.values():
            if pair.leaf.outcome is Outcome.CLEANED and pair.is_text:
                leave = getattr(pair.leaf.options, "leave", ())
                budget = max(SHOWN_TO_PRESIDIO - self._read[pair.leaf], 0)
                found = residual(pair.source, pair.target, presidio_texts=budget, leave=leave)
                self._read[pair.leaf] += found.sampled
                self._counts[pair.leaf].update(found.counts)
                examples = self._examples[pair.leaf]
                for example, row in list(zip(found.examples, found.rows, strict=True))[: NUMBER - len(examples)]:
                    examples.append(f"row {pair.row_of(row):,}: {example}")

    def checks(self) -> Iterator[Check]:
        """One check for each column of free text."""
        for leaf, counts in self._counts.items():
            listed = ", ".join(f"{kind} {number:,}" for kind, number in sorted(counts.items()))
            explanation = f"identifiers survive in the text ({listed}): drop the column or mask it with token"
            yield judged("residual-text", counts.total(), 0, leaf.table, leaf.path, explanation, self._examples[leaf])
