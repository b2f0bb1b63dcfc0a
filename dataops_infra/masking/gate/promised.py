"""What needs no key is done again: null, the one constant, the value by its fixed rule or its learned band."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.errors import MaskingError
from dataops_infra.masking.anonymity.recoding import Recoding, learn_recoding
from dataops_infra.masking.anonymity.rules import Generalise, coarsen
from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.structure import changes
from dataops_infra.masking.gate.values import valid
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome
from dataops_infra.masking.operators.presidio import PresidioOptions
from dataops_infra.masking.operators.redact import RedactOptions, redacted

CHECK = "promised-results"


@dataclass(frozen=True)
class _Originals:
    """The columns of a run of rows before masking."""

    rows: RowPair

    def column(self, path: str) -> pa.Array:
        """The originals of one column."""
        return self.rows.leaves[path].source


class PromisedResults:
    """Dropped, redacted and generalised columns hold what their rule makes of the source, row by row."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._wrong: Counter[Leaf] = Counter()
        self._recodings: dict[str, Recoding | None] = {}

    def look(self, rows: RowPair) -> None:
        """Do it again for a run of rows."""
        for pair in rows.leaves.values():
            expected = self._expected(pair, rows)
            if expected is not None:
                there = pair.after.valid & ~valid(expected)
                self._wrong[pair.leaf] += int(np.count_nonzero(there)) + changes(replace(pair, before=Column(expected)))

    def _expected(self, pair: LeafPair, rows: RowPair) -> pa.Array | None:
        """What must stand there; None = only whoever has the key can tell."""
        leaf, options = pair.leaf, pair.leaf.options
        if isinstance(options, RedactOptions):
            return redacted(pair.source, options)
        if isinstance(options, PresidioOptions):
            return _of_presidio(pair.source, options)
        if leaf.outcome is Outcome.GONE:
            return pa.nulls(len(pair.source), pair.source.type)
        if not isinstance(options, Generalise):
            return None
        if leaf.path in self._case.plan.quasi_identifiers.get(leaf.table, ()):
            return self._told(pair, rows)
        return None if options.learns else coarsen(pair.source, options)

    def _told(self, pair: LeafPair, rows: RowPair) -> pa.Array | None:
        """What was learned of all quasi-identifiers together tells of this column."""
        recoding = self._recoding(pair.leaf.table)
        asked = () if recoding is None else tuple(identifier.path for identifier in recoding.identifiers)
        if recoding is None or pair.leaf.path not in recoding.columns or not all(path in rows.leaves for path in asked):
            return None
        try:
            return recoding.apply(pair.leaf.path, _Originals(rows)).cast(pair.source.type)
        except MaskingError:
            return None

    def _recoding(self, table: str) -> Recoding | None:
        """Learned once more where it is not at hand; the same combinations of the source give the same bands."""
        if self._case.recodings is not None:
            return self._case.recodings.get(table)
        if table not in self._recodings:
            try:
                self._recodings[table] = learn_recoding(self._case.plan, table, self._case.source.tables[table])
            except MaskingError:
                self._recodings[table] = None  # k cannot be reached: the check of k says so
        return self._recodings[table]

    def checks(self) -> Iterator[Check]:
        """A failed check for each column with other values."""
        for leaf, count in self._wrong.items():
            explanation = (
                f"{count:,} values are not what {leaf.spec.name} makes of the source: the copy was changed after "
                "masking, so mask again"
            )
            yield judged(CHECK, count, 0, leaf.table, leaf.path, explanation)


def _of_presidio(texts: pa.Array, options: PresidioOptions) -> pa.Array:
    """What presidio's operator makes of large strings, which takes no key; it is done here by other means."""
    params = options.parameters()
    if options.operator == "keep":
        return texts
    if options.operator != "mask":
        return pc.if_else(texts.is_valid(), params.get("new_value", ""), pa.scalar(None, texts.type)).cast(texts.type)
    hidden = params["chars_to_mask"]
    signs = pc.binary_repeat(params["masking_char"], pc.min_element_wise(pc.utf8_length(texts), hidden))
    if params["from_end"]:
        parts = [pc.utf8_slice_codeunits(texts, 0, -hidden), signs]
    else:
        parts = [signs, pc.utf8_slice_codeunits(texts, hidden)]
    return pc.binary_join_element_wise(*(part.cast(texts.type) for part in parts), pa.scalar("", texts.type))
