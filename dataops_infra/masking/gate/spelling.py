"""How replacements are spelled: codes in their alphabet, addresses at their host, numbers with the digits, letters and
signs of the original in their places, names from their list. What is spelled otherwise was not made by the operator,
and may be the original in another spelling."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case, Leaf
from dataops_infra.masking.gate.drawn import are_listed, are_made, is_list
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.sampling import FIRST_ROWS, MORE_ROWS, some_places
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.values import Flags, is_text, text_buffers
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.operators.email import EmailOptions
from dataops_infra.masking.operators.fpe import FpeOptions, Mode
from dataops_infra.masking.operators.pool import PoolName, PoolOptions
from dataops_infra.masking.operators.token import TokenOptions
from dataops_infra.masking.shapes.payload import zeros_of_digits
from dataops_infra.masking.tokens import UNIQUE_LENGTH

CHECK = "promised-spelling"
_OPAQUE = rf"^~[a-z2-7]{{{UNIQUE_LENGTH}}}$"
"""What ``fpe`` makes of values without a shape."""
_DIGIT, _DIGITS = np.uint8(ord("0")), 10
_LETTERS, _FIGURES = (ord("a"), 26), (ord("2"), 6)
"""First byte and number of the two runs of the alphabet of codes (RFC 4648, small)."""

Bytes = npt.NDArray[np.uint8]
Wrong = Callable[[pa.Array, pa.Array], Flags]
"""(originals, replacements), none of them null or empty -> which replacements are spelled wrongly."""


class PromisedSpelling:
    """Texts of ``token``, ``email``, ``fpe`` and ``pool`` are spelled as those spell them, in every row."""

    def __init__(self, case: Case) -> None:
        texts = [leaf for leaves in case.leaves.values() for leaf in leaves.values() if is_text(leaf.type)]
        self._rules = {leaf: rule for leaf in texts if (rule := _rule(leaf)) is not None}
        self._drawn = {leaf: leaf.options.pool for leaf in texts if isinstance(leaf.options, PoolOptions)}
        self._asked: set[Leaf] = set()
        """Columns whose first run of rows was looked at."""
        self._wrong: Counter[Leaf] = Counter()
        self._examples: defaultdict[Leaf, list[str]] = defaultdict(list)

    def look(self, rows: RowPair) -> None:
        """Look at the spelling of a run of rows."""
        for pair in rows.leaves.values():
            if pair.leaf in self._rules:
                self._spelled(pair, self._rules[pair.leaf])
            elif pair.leaf in self._drawn:
                self._look_up(pair, self._drawn[pair.leaf])

    def _spelled(self, pair: LeafPair, rule: Wrong) -> None:
        if _are_spelled(pair, rule):
            return
        filled = pair.source_filled & pair.target_filled
        sides = pair.source, pair.target
        if not filled.all():
            sides = pair.source.filter(pa.array(filled)), pair.target.filter(pa.array(filled))
        if not len(sides[0]):
            return
        wrong = np.flatnonzero(rule(*sides))
        self._note(pair.leaf, sides[1].take(pa.array(wrong)))

    def _look_up(self, pair: LeafPair, pool: PoolName) -> None:
        """Hold replacements against the lists: all entries of one list, of those that are put together some."""
        if is_list(pool):
            entries = pair.after.entries
            if entries is not None and are_listed(pool, entries.hashes).all():
                return
            wrong = np.flatnonzero(~are_listed(pool, pair.target_hashes) & pair.target_filled)
            self._note(pair.leaf, pair.after.take(wrong))
        else:
            wanted = MORE_ROWS if pair.leaf in self._asked else FIRST_ROWS
            places = some_places(len(pair.after), wanted)
            values = pair.after.take(places[pair.target_filled[places]])
            self._note(pair.leaf, values.filter(pa.array(~are_made(pool, values))))
        self._asked.add(pair.leaf)

    def _note(self, leaf: Leaf, wrong: pa.Array) -> None:
        if len(wrong):
            self._wrong[leaf] += len(wrong)
            self._examples[leaf] += map(shape, wrong.slice(0, NUMBER - len(self._examples[leaf])).to_pylist())

    def checks(self) -> Iterator[Check]:
        """A failed check for each column with other spellings."""
        for leaf, count in self._wrong.items():
            explanation = (
                f"{count:,} values are not spelled as {leaf.spec.name} spells its replacements: the copy was changed "
                "after masking, so mask again"
            )
            if count:
                yield judged(CHECK, count, 0, leaf.table, leaf.path, explanation, self._examples[leaf])


def _rule(leaf: Leaf) -> Wrong | None:
    options = leaf.options
    if isinstance(options, TokenOptions):
        return partial(_no_codes, length=options.length, ending=b"")
    if isinstance(options, EmailOptions):
        return partial(_no_codes, length=UNIQUE_LENGTH, ending=f"@{options.host}".encode())
    if isinstance(options, FpeOptions) and options.mode is Mode.UNIQUE:
        return _other_places
    return None


def _are_spelled(pair: LeafPair, rule: Wrong) -> bool:
    """Whether all of a column of few different codes are right; False = its rows must be looked at."""
    entries = pair.after.entries
    is_of_codes = not isinstance(pair.leaf.options, FpeOptions)  # which hang on their originals
    return is_of_codes and entries is not None and not rule(entries.texts, entries.texts).any()


def _no_codes(_originals: pa.Array, replacements: pa.Array, length: int, ending: bytes) -> Flags:
    """Which texts are not ``length`` characters of the alphabet of codes with ``ending`` behind them."""
    offsets, data = text_buffers(replacements)
    width = length + len(ending)
    wrong = np.diff(offsets) != width
    if wrong.any():
        right = np.flatnonzero(~wrong)
        if len(right):
            wrong[right] = _no_codes(_originals, replacements.take(pa.array(right)), length, ending)
        return np.asarray(wrong)
    rows = data.reshape(-1, width)
    code = rows[:, :length]
    spelled = (code - np.uint8(_LETTERS[0]) < _LETTERS[1]) | (code - np.uint8(_FIGURES[0]) < _FIGURES[1])
    ends = rows[:, length:] == np.frombuffer(ending, np.uint8)
    # Nearly always all are right; row by row the same question takes ten times as long.
    if spelled.all() and ends.all():
        return np.zeros(len(rows), np.bool_)
    return np.asarray(~(spelled.all(axis=1) & ends.all(axis=1)))


def _other_places(originals: pa.Array, replacements: pa.Array) -> Flags:
    """Which texts have digits, letters or signs where the original has others, and are no opaque codes."""
    (before, first), (after, second) = text_buffers(originals), text_buffers(replacements)
    if np.array_equal(before, after):
        wrong = np.zeros(len(originals), np.bool_)
        # Most are digits on both sides.
        rest = np.flatnonzero(~((first - _DIGIT < _DIGITS) & (second - _DIGIT < _DIGITS)))
        moved = rest[_CLASSES[first[rest]] != _CLASSES[second[rest]]]
        if (first[moved] >= 0x80).any():
            moved = moved[~_are_digits_alike(first, second, moved)]
        wrong[np.searchsorted(before, moved, side="right") - 1] = True
    else:
        wrong = np.diff(before) != np.diff(after)
        as_long = np.flatnonzero(~wrong)
        if len(as_long):
            rows = pa.array(as_long)
            wrong[as_long] = _other_places(originals.take(rows), replacements.take(rows))
    return np.asarray(wrong & ~_are_opaque(replacements, wrong))


def _are_digits_alike(before: Bytes, after: Bytes, places: npt.NDArray[np.int64]) -> Flags:
    """At which places both texts end a digit of one script beyond ASCII."""
    zeros, others = zeros_of_digits(before)[places], zeros_of_digits(after)[places]
    return np.asarray((zeros > 0) & (zeros == others))


def _are_opaque(replacements: pa.Array, asked: Flags) -> Flags:
    """Which of some texts are codes in place of values without a shape."""
    found = np.zeros(len(replacements), np.bool_)
    rows = np.flatnonzero(asked)
    if len(rows):
        some = pl.Series(pl.from_arrow(replacements.take(pa.array(rows))))
        found[rows] = some.str.contains(_OPAQUE).to_numpy()
    return found


def _classes() -> Bytes:
    """For each byte what stands in its place: any digit, any capital, any small letter, or the byte itself."""
    classes = np.arange(256, dtype=np.uint8)
    for first, last in ((b"0", b"9"), (b"A", b"Z"), (b"a", b"z")):
        classes[first[0] : last[0] + 1] = first[0]
    return classes


_CLASSES = _classes()
