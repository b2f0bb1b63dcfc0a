"""What a row's hidden columns hold is taken out of its own texts, whatever the columns are called or classified as.

The known values of a dataset (:mod:`.known`) are looked for in all texts, so words that many people are called by, and
columns of which nobody knows what they hold, must be left out there. Within one row nothing is left out: a word of a
text that a hidden column of the same row consists of becomes what stands in that column's copy.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts, Spans
from dataops_infra.masking.detection.trigrams import Needles, Trigrams
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.leaves import taken
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.operators.base import Operator, Outcome, Rows
from dataops_infra.masking.pools.scripts import Script, character_class

SHORTEST, SHORTEST_FOREIGN = 3, 2
"""Characters of a value from which it tells something: as ASCII, and in scripts whose names are shorter."""
SHORTEST_NUMBER = 5
"""Digits of a whole number from which on it tells something."""
SHORTEST_INFLECTED, LONGEST_ENDING = 5, 3
"""Characters of a value that may be declined in a text, and letters of an ending: Schönbergers, Ивановым."""
GONE = "[hidden]"
"""Stands for a value that its own column's copy does not replace by a text."""
_MANY = 6
"""Hidden columns from which on it is worth to note which trigrams texts hold, instead of searching each for each."""
_UNSPACED = re.compile(f"[{character_class(Script.HAN, Script.JAPANESE, Script.HANGUL, Script.THAI)}]")
"""Letters of languages that write names without spaces around them, or with endings of their own."""
_HIDING = frozenset({Outcome.REPLACED, Outcome.GONE, Outcome.COARSENED})
"""What a text undoes that repeats the value; one that is told roughly becomes what its column tells."""

Positions = npt.NDArray[np.int64]


def hides(outcome: Outcome, path: str, kind: pa.DataType) -> bool:
    """Whether a column's texts or whole numbers must not stand in other columns of its row; no items of lists."""
    return outcome in _HIDING and (is_text(kind) or pa.types.is_integer(kind)) and "[]" not in path


@dataclass(frozen=True)
class OwnRow:
    """An operator for free text that, after another one, looks for the hidden values of the text's own row."""

    inner: Operator
    hidden: Mapping[str, Operator]
    """Path of a column -> what replaces its values."""

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        """The texts as ``inner`` leaves them, without anything that a hidden column of the row holds."""
        searched = _Searched.of(self.inner.apply(values, rows).cast(pa.large_string()), len(self.hidden) >= _MANY)
        for path, operator in self.hidden.items():
            hidden = rows.prepared(path, _Hidden.of) if isinstance(rows, BatchRows) else _Hidden.of(rows.column(path))
            searched = _cleaned(searched, hidden, operator, rows)
        return searched.given.cast(values.type)


@dataclass(frozen=True)
class _Hidden:
    """A hidden column as texts may write it."""

    values: pa.Array
    written: pa.Array
    """In the normal form of texts; null for what tells nothing."""
    sought: pa.Array
    """Texts that tell something, in small letters without spaces around them; numbers as they are written."""

    @classmethod
    def of(cls, values: pa.Array) -> "_Hidden":
        """Of the column's values."""
        written = _written(values)
        sought = _telling(written) if is_text(values.type) else written
        return cls(values, written, sought)

    @cached_property
    def needles(self) -> Needles:
        """What the values have in common with texts that hold them."""
        return Needles.of(FlatTexts.of(self.sought))

    @property
    def has_case(self) -> bool:
        """Whether the values are texts; numbers are written in one way."""
        return is_text(self.values.type)

    def taken(self, places: pa.Array) -> "_Hidden":
        """Of the values at ``places``."""
        return _Hidden(taken(self.values, places), self.written.take(places), self.sought.take(places))


@dataclass(frozen=True)
class _Searched:
    """Texts in the forms that all hidden columns are looked for in."""

    given: pa.Array
    flat: FlatTexts
    normal: NormalTexts
    sieve: Trigrams | None = None
    """Of the texts in small letters; None = too few columns are looked for."""

    @classmethod
    def of(cls, texts: pa.Array, is_sieved: bool = False) -> "_Searched":
        flat = FlatTexts.of(texts)
        found = cls(texts, flat, NormalTexts.of(flat))
        return replace(found, sieve=Trigrams.of(FlatTexts.of(found.small))) if is_sieved else found

    def changed(self, texts: pa.Array, rows: Positions) -> "_Searched":
        """With other texts in some rows."""
        found = _Searched.of(texts)
        if self.sieve is None:
            return found
        return replace(found, sieve=self.sieve.added(rows, FlatTexts.of(found.small.take(pa.array(rows)))))

    @cached_property
    def plain(self) -> pa.Array:
        """The normal form."""
        return self.normal.texts.values

    @cached_property
    def small(self) -> pa.Array:
        """The normal form in small letters."""
        return pl.Series(self.plain, dtype=pl.String).str.to_lowercase().to_arrow().cast(pa.large_string())


@dataclass(frozen=True)
class _SomeRows:
    """Some of the rows of a batch."""

    rows: Rows
    positions: pa.Array

    def column(self, path: str) -> pa.Array:
        return taken(self.rows.column(path), self.positions)


def _cleaned(searched: _Searched, hidden: _Hidden, operator: Operator, rows: Rows) -> _Searched:
    held = _holding(searched, hidden)
    if not len(held):
        return searched
    spans = _spans(searched.normal.texts, hidden.written, held)
    if not len(spans):
        return searched
    at, owner = np.unique(spans.labels, return_inverse=True)
    originals = pa.array(at)
    replaced = operator.apply(taken(hidden.values, originals), _SomeRows(rows, originals)).cast(pa.large_string())
    places = searched.normal.in_original(spans)
    shown = pc.fill_null(pc.if_else(pc.equal(replaced, ""), GONE, replaced), GONE).take(pa.array(owner))
    cleaned = searched.flat.replace(places.starts, places.ends, shown).values
    texts = searched.given
    return searched.changed(pc.if_else(texts.is_valid(), cleaned, None) if texts.null_count else cleaned, at)


def _written(values: pa.Array) -> pa.Array:
    """The values as texts write them; numbers of few digits stand for many things."""
    written = values.cast(pa.large_string())
    if is_text(values.type):
        return NormalTexts.of(FlatTexts.of(written)).texts.values
    return pc.if_else(pc.greater_equal(pc.binary_length(written), SHORTEST_NUMBER), written, None)


def _telling(written: pa.Array) -> pa.Array:
    value = pl.col("value").str.strip_chars().str.to_lowercase()
    length = value.str.len_chars()
    is_long = (length >= SHORTEST) | ((value.str.len_bytes() > length) & (length >= SHORTEST_FOREIGN))
    values = pl.DataFrame({"value": pl.Series(written, dtype=pl.String)})
    return values.select(pl.when(is_long).then(value)).to_series().to_arrow().cast(pa.large_string())


def _holding(searched: _Searched, hidden: _Hidden) -> Positions:
    """The rows whose text holds their value in any letter case, perhaps as part of a word."""
    text = searched.small if hidden.has_case else searched.plain
    if searched.sieve is None:
        sides = {"text": text, "value": hidden.sought}
        pairs = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in sides.items()})
        found = pairs.select(pl.col("text").str.contains(pl.col("value"), literal=True).fill_null(False))
        return np.flatnonzero(found.to_series().to_numpy())
    rows = searched.sieve.may_hold(hidden.needles)
    if not len(rows):
        return rows
    some = (side.take(pa.array(rows)).to_pylist() for side in (text, hidden.sought))
    return rows[[value in text for text, value in zip(*some, strict=True)]]


def _spans(texts: FlatTexts, values: pa.Array, rows: Positions) -> Spans:
    """Where the values of some rows stand in their texts; a span's label is its row."""
    starts: list[int] = []
    ends: list[int] = []
    labels: list[int] = []
    at = pa.array(rows)
    pairs = zip(rows.tolist(), texts.values.take(at).to_pylist(), values.take(at).to_pylist(), strict=True)
    for row, text, value in pairs:
        begin, done = int(texts.offsets[row]), 0
        for start, end in _places(text, value.strip()):
            starts.append(begin + len(text[done:start].encode()))
            ends.append(starts[-1] + len(text[start:end].encode()))
            labels.append(row)
            begin, done = ends[-1], end
    return Spans(*(np.array(part, np.int64) for part in (starts, ends, labels)))


def _places(text: str, value: str) -> Iterator[tuple[int, int]]:
    """Where ``value`` stands alone in ``text``, in any letter case."""
    small, wanted = text.lower(), value.lower()
    if len(small) != len(text) or len(wanted) != len(value):  # a Turkish İ: positions of small letters are others
        small, wanted = text, value
    is_open = _is_open(value[0]), _is_open(value[-1])
    place = small.find(wanted)
    while place >= 0:
        end = place + len(wanted)
        is_begun = is_open[0] or not text[place - 1 : place].isalnum()
        is_found = is_begun and (is_open[1] or _is_ended(text, end, len(value)))
        if is_found:
            yield place, end
        place = small.find(wanted, end if is_found else place + 1)


def _is_ended(text: str, end: int, length: int) -> bool:
    """Whether a value of ``length`` characters ends at ``end``, perhaps but for an ending of declension."""
    if length < SHORTEST_INFLECTED:
        return not text[end : end + 1].isalnum()
    behind = "".join(takewhile(str.isalnum, text[end : end + LONGEST_ENDING + 1]))
    return not behind or (len(behind) <= LONGEST_ENDING and behind.isalpha())


def _is_open(letter: str) -> bool:
    """Whether letters may go on beside a value that begins or ends with ``letter``."""
    return not letter.isalnum() or _UNSPACED.match(letter) is not None
