"""No e-mail address of anybody: all addresses in the copy lie at hosts that nobody can own, and none is an original."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import DistinctSample, RecentlySeen, common, in_sample
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import flags, hashes, text_buffers
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome

CHECK = "foreign-e-mails"
USUAL_HOST = "@example.com"
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LABEL = rf"(?:[[\p{{L}}\p{{N}}-]--[{_UNSPACED}]]+|[{_UNSPACED}\p{{N}}-]+)"
"""Part of a host's name: scripts that put no spaces between words begin a word of their own behind other letters."""
_ADDRESS = rf"[^\s@<>\"(),:;\[\]]+@(?:{_LABEL}(?:\.{_LABEL})+|[\p{{L}}\p{{N}}-]+(?:\.[\p{{L}}\p{{N}}-]+)+)"
_RESERVED = r"(?i)[@.](?:example\.(?:com|net|org|edu)|example|test|invalid|localhost)$"
"""Hosts that can never be registered: RFC 2606, RFC 6761."""
_AT = ord("@")
_WIDE_AT = r"[＠﹫]"
_FULL_WIDTH = 0xEF
"""The first byte of full-width characters."""


class ForeignEmails:
    """Addresses at hosts that somebody may own, or that stand in the source as they are."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._foreign: Counter[Leaf] = Counter()
        self._examples: defaultdict[Leaf, list[str]] = defaultdict(list)
        self._originals = DistinctSample(case.people_limit)
        self._shown = DistinctSample(case.people_limit)
        self._seen = RecentlySeen()

    def look(self, rows: RowPair) -> None:
        """Look for addresses in every text column of a run of rows."""
        for pair in rows.leaves.values():
            if pair.is_text:
                self._note_originals(pair)
                target = _narrow(pair.after)
                if target is not None:
                    self._look_at(pair, target)

    def _note_originals(self, pair: LeafPair) -> None:
        if not pair.before.has_at:
            return
        # Of many addresses a sample is kept: what cannot be in it is not searched, nor what was just seen.
        level = self._originals.level_so_far
        rows = np.flatnonzero(pair.source_filled & in_sample(pair.source_hashes, level))
        rows = rows[self._seen.unseen(pair.source_hashes[rows])]
        some = pl.Series(pl.from_arrow(pair.before.take(rows)))
        whole = some.str.contains(f"^{_ADDRESS}$").fill_null(False).to_numpy()
        self._originals.add(pair.source_hashes[rows[whole]])

    def _look_at(self, pair: LeafPair, target: pa.Array) -> None:
        is_masked = pair.leaf.outcome is Outcome.REPLACED
        if not is_masked:
            self._extract(pair, target, np.flatnonzero(pair.target_filled))
            return
        usual = flags(pc.ends_with(target, USUAL_HOST))
        _, data = text_buffers(target)
        # Nothing but one address at the usual host in each value: chance-bound sees to those.
        if np.count_nonzero(data == _AT) != np.count_nonzero(usual):
            self._extract(pair, target, np.flatnonzero(~usual & pair.target_filled))

    def _extract(self, pair: LeafPair, target: pa.Array, rows: npt.NDArray[np.intp]) -> None:
        found = (
            pl.DataFrame({"row": rows, "address": pl.Series(pl.from_arrow(target.take(pa.array(rows))))})
            .with_columns(pl.col("address").str.extract_all(_ADDRESS))
            .explode("address", empty_as_null=False)
            .drop_nulls()
        )
        if not found.height:
            return
        self._shown.add(hashes(pa.array(found["address"].to_arrow(), pa.large_string())))
        foreign = found.filter(~pl.col("address").str.contains(_RESERVED))
        if foreign.height:
            self._foreign[pair.leaf] += foreign.height
            examples = self._examples[pair.leaf]
            for row, address in foreign.head(NUMBER - len(examples)).iter_rows():
                examples.append(f"row {pair.row_of(row):,}: {shape(address)}")

    def checks(self) -> Iterator[Check]:
        """One check for each column with foreign addresses, and one for originals in all of the copy."""
        for leaf, count in self._foreign.items():
            explanation = (
                f"{count:,} e-mail addresses lie at hosts that somebody may own: mask the column with email, or with "
                "text if it is free text"
            )
            yield judged(CHECK, count, 0, leaf.table, leaf.path, explanation, self._examples[leaf])
        level = max(self._originals.level, self._shown.level)
        originals = len(common(self._originals.below(level), self._shown.below(level)))
        explanation = f"{originals:,} e-mail addresses of the source stand in texts or kept columns of the copy"
        note = f"originals: one address in {1 << level:,} was compared, chosen by its hash" if level else ""
        yield judged(CHECK, originals, 0, explanation=f"{explanation}: mask those columns", note=note)


def _narrow(values: Column) -> pa.Array | None:
    """The texts with addresses as a keyboard types them, full-width signs too; None = none can hold an address."""
    plain = values.plain if values.has_at else None
    if values.extremes is None or values.extremes[1] < _FULL_WIDTH:
        return plain
    column = pl.Series(pl.from_arrow(values.plain))
    wide = column.str.contains(_WIDE_AT).fill_null(False)
    if wide.any():
        return column.zip_with(~wide, column.str.normalize("NFKC")).to_arrow().cast(pa.large_string())
    return plain
