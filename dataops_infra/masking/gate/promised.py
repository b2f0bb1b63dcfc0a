"""What needs no key is done again: null, the one constant, or the value by its fixed rule, and nothing else."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from dataops_infra.masking.anonymity.rules import Generalise, coarsen
from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.structure import changes
from dataops_infra.masking.gate.values import valid
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome
from dataops_infra.masking.operators.redact import RedactOptions, redacted

CHECK = "promised-results"


class PromisedResults:
    """Dropped, redacted and generalised columns hold what their rule makes of the source, row by row."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._wrong: Counter[Leaf] = Counter()

    def look(self, rows: RowPair) -> None:
        """Do it again for a run of rows."""
        for pair in rows.leaves.values():
            expected = self._expected(pair)
            if expected is not None:
                there = valid(pair.target) & ~valid(expected)
                self._wrong[pair.leaf] += int(np.count_nonzero(there)) + changes(replace(pair, source=expected))

    def _expected(self, pair: LeafPair) -> pa.Array | None:
        """What must stand there; None = only whoever has the key, or learned of all rows, can tell."""
        leaf, options = pair.leaf, pair.leaf.options
        if isinstance(options, RedactOptions):
            return redacted(pair.source, options)
        if leaf.outcome is Outcome.GONE:
            return pa.nulls(len(pair.source), pair.source.type)
        if not isinstance(options, Generalise) or options.learns:
            return None
        # Of quasi-identifiers rows may be suppressed; k, l and t judge them.
        is_measured = leaf.path in self._case.plan.quasi_identifiers.get(leaf.table, ())
        return None if is_measured else coarsen(pair.source, options)

    def checks(self) -> Iterator[Check]:
        """A failed check for each column with other values."""
        for leaf, count in self._wrong.items():
            explanation = (
                f"{count:,} values are not what {leaf.spec.name} makes of the source: the copy was changed after "
                "masking, so mask again"
            )
            yield judged(CHECK, count, 0, leaf.table, leaf.path, explanation)
