"""Draws replacements for a whole column: by the bits of a pseudo-random function, again where one repeats its input."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.pools.deck import Deck, LetterCase
from dataops_infra.masking.pools.folding import fold_rows, folded
from dataops_infra.masking.pools.letters import Letters, capitalised, last_letters, letters_of
from dataops_infra.masking.pools.scripts import Rows, dominant_scripts, foreign_rows, text_bytes

Bits = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
"""Positions in a deck."""

MAXIMUM_DRAWS = 64
"""Draws for one value. A text that repeats every value of so many draws is no name, and longer than any replacement, so
that its last draw differs from it as well."""


@dataclass(frozen=True)
class Column:
    """Original texts, with what drawing looks at."""

    texts: pa.Array
    """``large_string``; an empty text stands for a null."""

    @classmethod
    def of(cls, values: pa.Array) -> "Column":
        """The column of an Arrow array of any kind of string."""
        texts = values.cast(pa.large_string())
        return cls(pc.fill_null(texts, "") if texts.null_count else texts)

    def rows(self, rows: Rows) -> "Column":
        """Some of the rows."""
        return Column(self.texts.take(pa.array(rows)))

    @property
    def has_empty(self) -> bool:
        """Whether any text is empty."""
        _, bounds = text_bytes(self.texts)
        return bool((bounds[1:] == bounds[:-1]).any())

    @cached_property
    def scripts(self) -> npt.NDArray[np.uint8]:
        """Of each text, as in :func:`.scripts.dominant_scripts`."""
        return dominant_scripts(self.texts, self._foreign)

    @cached_property
    def letter_cases(self) -> npt.NDArray[np.uint8]:
        """The :class:`.LetterCase` of each text."""
        cases = np.zeros(len(self.texts), np.uint8)
        undecided = ~capitalised(self.texts)
        foreign = np.zeros(len(self.texts), np.bool_)
        foreign[self._foreign] = True
        # Arrow looks at a letter of Unicode ten times as long as at one of ASCII, of which most texts consist.
        plain, other = undecided & ~foreign, undecided & foreign
        ends_in_capital, ends_in_small = last_letters(self.texts)
        for rows, test, case in (
            (plain & ~ends_in_small, pc.ascii_is_upper, LetterCase.UPPER),
            (plain & ~ends_in_capital, pc.ascii_is_lower, LetterCase.LOWER),
            (other & ~ends_in_small, pc.utf8_is_upper, LetterCase.UPPER),
            (other & ~ends_in_capital, pc.utf8_is_lower, LetterCase.LOWER),
        ):
            if rows.any():
                texts = self.texts if rows.all() else self.texts.filter(pa.array(rows))
                cases[rows] += _flags(test(texts)) * np.uint8(case)
        return cases

    @cached_property
    def comparable(self) -> pl.Series:
        """The texts folded (:mod:`.folding`), but for spaces and punctuation in plain ASCII ones."""
        return fold_rows(pl.Series(self.texts, dtype=pl.String).str.to_lowercase(), self._foreign)

    @cached_property
    def letters(self) -> Letters:
        """The letters that each text may hold; more than it holds, but never fewer."""
        return letters_of(self.texts)

    @cached_property
    def _foreign(self) -> Rows:
        return foreign_rows(self.texts)


Clashes = Callable[[Column, Deck, Places], npt.NDArray[np.bool_]]
"""Which of the draws give away something of their texts."""


def equal(column: Column, deck: Deck, places: Places) -> npt.NDArray[np.bool_]:
    """Where the value drawn is the text itself, but for case, accents, spaces and punctuation."""
    rows = np.flatnonzero(_maybe_equal(column, deck, places))
    clashing = np.zeros(len(places), np.bool_)
    if len(rows):
        drawn = pl.Series(deck.folded.take(pa.array(places[rows])), dtype=pl.String)
        clashing[rows] = (folded(column.rows(rows).texts) == drawn).to_numpy()
    return clashing


def contained(column: Column, deck: Deck, places: Places) -> npt.NDArray[np.bool_]:
    """Where the value drawn stands somewhere in the text, but for case, accents, spaces and punctuation."""
    needed = deck.letters.take(places)
    rows = np.flatnonzero((column.letters & needed) == needed)
    clashing = np.zeros(len(places), np.bool_)
    if len(rows):
        some = column if len(rows) == len(places) else column.rows(rows)
        drawn = pl.Series(deck.folded.take(pa.array(places[rows])), dtype=pl.String)
        found = pl.DataFrame({"text": some.comparable, "drawn": drawn}).select(
            pl.col("text").str.contains(pl.col("drawn"), literal=True)
        )
        clashing[rows] = found["text"].to_numpy()
    return clashing


def draw(column: Column, deck: Deck, scripts: npt.NDArray[np.uint8], bits: Bits, clashes: Clashes) -> Places:
    """For each text the place of its replacement in ``deck``.

    A row begins at the remainder of its 64 bits, uneven by less than 2**-51 for 5,000 values. Where the draw clashes it
    goes on by a step of its own; sizes are prime, so that it meets every value of its script before it meets one again.
    """
    # One script for all, as it mostly is: by one number numpy divides many times as fast as by a number for each.
    script = scripts[:1] if len(scripts) and (scripts == scripts[0]).all() else scripts
    position = bits - bits // deck.size[script] * deck.size[script]
    places: Places = deck.first[script] + position.view(np.int64)
    rows: Rows = np.flatnonzero(clashes(column, deck, places))
    for _ in range(MAXIMUM_DRAWS):
        if not len(rows):
            break
        size, first = deck.size[scripts[rows]], deck.first[scripts[rows]]
        step = bits[rows] // size % (size - np.uint64(1)) + np.uint64(1)
        position[rows] = (position[rows] + step) % size
        places[rows] = first + position[rows].view(np.int64)
        rows = rows[clashes(column.rows(rows), deck, places[rows])]
    return places


def _maybe_equal(column: Column, deck: Deck, places: Places) -> npt.NDArray[np.bool_]:
    """A quick look at the first letters, which decides nearly all rows of a column of plain ASCII words."""
    data, bounds = text_bytes(column.texts)
    lengths = np.diff(bounds)
    if not len(data):
        return np.zeros(len(places), np.bool_)
    initial = _PLAIN_INITIAL[data[np.minimum(bounds[:-1], len(data) - 1)]]
    drawn = deck.initials[places]
    maybe: npt.NDArray[np.bool_] = (lengths > 0) & ((initial == 0) | (initial == drawn))
    return maybe


def _flags(values: pa.Array) -> npt.NDArray[np.uint8]:
    flags: npt.NDArray[np.uint8] = values.to_numpy(zero_copy_only=False).astype(np.uint8)
    return flags


def _plain_initials() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for letter in b"abcdefghijklmnopqrstuvwxyz0123456789":
        table[letter] = table[ord(chr(letter).upper())] = letter
    return table


_PLAIN_INITIAL = _plain_initials()
"""First byte of a text -> its letter or digit in lower case; 0: not to be told from one byte."""
