"""What all replacements of a domain have in common: hardly any is a real value, and each value has one of its own."""

import json
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from dataops_infra.conventions.listing import listed
from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.chance import most_by_chance
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import DistinctSample, PairedSample, RecentlySeen, common, in_sample, mixed
from dataops_infra.masking.gate.values import Flags, Hashes, hashes, is_text, texts
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.base import Outcome

_STEPS = 16
"""Sizes told apart for each doubling of a space: it is taken as at most 4.4 % smaller than it is."""
_SIZES = 64 * _STEPS
_SPACES_ASKED = 2048
"""Values of each run of rows whose spaces are asked for, evenly spread."""
_MOST_MET = 1 << 17
"""Values with their replacements, of all groups, that are held against one another; of more a part."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Spreads hashes, whose own bits may have chosen them already (Fibonacci hashing; Knuth, volume 3, 6.4)."""


class Replacements:
    """The values and replacements of all columns of one domain that one operator masks in one way."""

    def __init__(self, leaves: list[Leaf], limit: int) -> None:
        self.leaves = leaves
        self._as_text = len({"text" if is_text(leaf.type) else str(leaf.type) for leaf in leaves}) > 1
        self._seen, self._seen_targets = RecentlySeen(), RecentlySeen()
        self._sources = DistinctSample(limit)
        self._targets = DistinctSample(limit)
        self._pairs = PairedSample(limit)
        self._shared = PairedSample(limit)
        self._sizes = np.zeros(_SIZES, np.float64)

    @property
    def first(self) -> Leaf:
        """The column that failures are shown at."""
        return self.leaves[0]

    @property
    def _is_steady(self) -> bool:
        """Whether each value has one replacement wherever it stands."""
        return self.first.spec.keyed and self.first.spec.per_value

    def add(self, pair: LeafPair) -> None:
        """Take in a run of rows of one of the columns: of most values no more than their hash is looked at."""
        before, after = self._hashes(pair)
        is_filled = pair.source_filled & pair.target_filled
        level = self._sources.level_so_far
        where = np.flatnonzero(is_filled & in_sample(before, level) if level else is_filled)
        values, shown = (before, after) if len(where) == len(before) else (before[where], after[where])
        both = mixed(values, shown)
        new = self._seen.unseen(both)
        if not new.all():
            where, values, shown, both = (each.compress(new) for each in (where, values, shown, both))
        if level:
            self._note_targets(after, is_filled)
        else:
            self._targets.add(shown)
        self._note_spaces(pair, where, level)
        self._sources.add(values)
        if self._is_steady:
            self._note_pairs(values, shown, both)

    def _note_targets(self, after: Hashes, is_filled: Flags) -> None:
        """Those are all replacements, also of values that are not in the sample: it is by their own hashes."""
        shown = after.compress(is_filled & in_sample(after, self._targets.level_so_far))
        self._targets.add(shown.compress(self._seen_targets.unseen(shown)))

    def _note_pairs(self, values: Hashes, shown: Hashes, both: Hashes) -> None:
        level = self._sources.level_so_far
        if level:  # with what the sample of values does not hold these are never compared
            chosen = in_sample(values, level)
            values, shown, both = (each.compress(chosen) for each in (values, shown, both))
        self._pairs.add(values, both)
        if self.first.is_injective:
            self._shared.add(values, shown)

    def _hashes(self, pair: LeafPair) -> tuple[Hashes, Hashes]:
        if self._as_text and not pair.is_text:
            return hashes(texts(pair.source)), hashes(texts(pair.target))
        return pair.source_hashes, pair.target_hashes

    def _note_spaces(self, pair: LeafPair, where: npt.NDArray[np.intp], level: int) -> None:
        """How large the spaces of some new values are; each of them stands for as many as were not looked at."""
        spaces = pair.leaf.spec.spaces
        if spaces is None or not len(where):
            return
        step = -(-len(where) // _SPACES_ASKED)
        values = pair.before.take(where[::step])
        sizes = np.log2(np.maximum(spaces(values, pair.leaf.options), 1.0)) * _STEPS
        counts = np.bincount(np.clip(sizes, 0, _SIZES - 1).astype(np.int64), minlength=_SIZES)
        self._sizes += counts * (step << level)

    def chance_bound(self) -> Check:
        """How many replacements are real values of the domain, against how many chance makes so."""
        level = max(self._sources.level, self._targets.level)
        real = self._sources.below(level)
        met = len(common(real, self._targets.below(level)))
        mean = self._expected(len(real), level) if self.first.spec.spaces else 0.0
        allowed = most_by_chance(mean)
        explanation = (
            f"{met:,} replacements are real values of the domain {self.first.domain}, where chance explains "
            f"{mean:,.1f}: choose another operator for its columns ({_titles(self.leaves)}), or report a fault of it"
        )
        return judged(
            "chance-bound", met, allowed, self.first.table, self.first.path, explanation, note=_sample_note(level)
        )

    def _expected(self, sampled: int, level: int) -> float:
        """How many of a sample's values meet by chance.

        Of n distinct values with ``size`` possible replacements each meets one of the n with n/size, so n²/size meet.
        """
        shares = self._sizes / max(float(self._sizes.sum()), 1.0)
        values = shares * sampled * (1 << level)
        met = np.minimum(values, values**2 / np.exp2(np.arange(_SIZES) / _STEPS))
        return float(met.sum()) / (1 << level)

    def consistent(self) -> Iterator[Check]:
        """One replacement for each value, everywhere in the domain; for injective operators none for two values."""
        if not self._is_steady:
            return
        level = max(self._sources.level, self._pairs.level, self._shared.level)
        values = len(self._sources.below(level))
        pairs = len(self._pairs.belonging(level))
        where, note = (self.first.table, self.first.path), _sample_note(level)
        columns = _titles(self.leaves)
        explanation = (
            f"{values:,} values have {pairs:,} replacements, so joins break: mask {columns} in one run with one key"
        )
        yield judged("consistent-replacements", pairs, values, *where, explanation, fails=pairs != values, note=note)
        if self.first.is_injective:
            kept = len(self._shared.belonging(level))
            explanation = (
                f"{values:,} distinct values became {kept:,}, and {self.first.spec.name} promises as many: "
                f"report a fault of it, or mask {columns} again"
            )
            yield judged("distinct-kept", kept, values, *where, explanation, fails=kept != values, note=note)

    def pairs(self) -> Hashes:
        """Values with their replacements, each once, where values are replaced alike everywhere; a sample of many."""
        return self._pairs.belonging(self._pairs.level)

    def alike_by_chance(self) -> float:
        """How many of the values that :meth:`pairs` speaks of may have one replacement under another key, at most."""
        sizes = np.exp2(np.arange(_SIZES) / _STEPS)
        return float((self._sizes / sizes).sum()) / (1 << self._pairs.level)


class Domains:
    """Every domain of the plan whose values are replaced."""

    def __init__(self, case: Case) -> None:
        grouped: dict[tuple[str, str, str], list[Leaf]] = {}
        for leaves in case.leaves.values():
            for leaf in leaves.values():
                if leaf.outcome is Outcome.REPLACED and leaf.spec.keyed:
                    options = json.dumps(leaf.plan.options, sort_keys=True, default=str)
                    grouped.setdefault((leaf.domain, leaf.spec.name, options), []).append(leaf)
        self._groups = [Replacements(leaves, case.limit) for leaves in grouped.values()]
        self._group_of = {leaf: group for group in self._groups for leaf in group.leaves}

    def look(self, rows: RowPair) -> None:
        """Take in a run of rows."""
        for pair in rows.leaves.values():
            group = self._group_of.get(pair.leaf)
            if group is not None:
                group.add(pair)

    def checks(self) -> Iterator[Check]:
        """The checks of each domain."""
        for group in self._groups:
            yield group.chance_bound()
            yield from group.consistent()
        yield from self._apart()

    def _apart(self) -> Iterator[Check]:
        """A failed check for two domains whose equal values have equal replacements, so that people can be linked."""
        entries = _some([group.pairs() for group in self._groups])
        numbers = np.repeat(np.arange(len(entries), dtype=np.uint32), [len(each) for each in entries])
        found = pl.DataFrame({"entry": np.concatenate([np.empty(0, np.uint64), *entries]), "group": numbers})
        found = found.filter(pl.col("entry").is_duplicated())
        for (first, second), met in _met(found).items():
            one, other = self._groups[first], self._groups[second]
            allowed = most_by_chance(min(one.alike_by_chance(), other.alike_by_chance()))
            explanation = (
                f"{met:,} values have the same replacement in {_titles(one.leaves)} and in {_titles(other.leaves)}, "
                "which the plan keeps apart by their domains: mask all in one run with this plan"
            )
            if one.first.domain != other.first.domain and met > allowed:
                yield judged("domains-apart", met, allowed, other.first.table, other.first.path, explanation)


def _some(entries: list[Hashes]) -> list[Hashes]:
    """The entries of all groups, or of too many a part, chosen by their hash: the same in every group."""
    bits = (sum(map(len, entries)) // _MOST_MET).bit_length()
    if not bits:
        return entries
    return [each[each * _SPREAD < np.uint64(1 << (64 - bits))] for each in entries]


def _met(entries: pl.DataFrame) -> dict[tuple[int, int], int]:
    """First group, second group -> entries that both have."""
    both = entries.join(entries, on="entry").filter(pl.col("group") < pl.col("group_right"))
    counted = both.group_by("group", "group_right").len().sort("group", "group_right")
    return {(first, second): met for first, second, met in counted.iter_rows()}


def _titles(leaves: list[Leaf]) -> str:
    return listed([leaf.title for leaf in leaves], 5)


def _sample_note(level: int) -> str:
    return f"one value in {1 << level:,} was compared, chosen by its hash" if level else ""
