"""What a row's hidden columns hold is taken out of its own texts, whatever the columns are called or classified as.

The known values of a dataset (:mod:`.known`) are looked for in all texts, so words that many people are called by, and
columns of which nobody knows what they hold, must be left out there. Within one row nothing is left out: a word of a
text that a hidden column of the same row consists of becomes what stands in that column's copy.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts, Spans
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.leaves import taken
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows
from dataops_infra.masking.pools.scripts import Script, character_class

SHORTEST, SHORTEST_FOREIGN = 3, 2
"""Characters of a value from which it tells something: as ASCII, and in scripts whose names are shorter."""
SHORTEST_NUMBER = 5
"""Digits of a whole number from which on it tells something."""
SHORTEST_INFLECTED, LONGEST_ENDING = 5, 3
"""Characters of a value that may be declined in a text, and letters of an ending: Schönbergers, Ивановым."""
GONE = "[hidden]"
"""Stands for a value that its own column's copy does not replace by a text."""
_UNSPACED = re.compile(f"[{character_class(Script.HAN, Script.JAPANESE, Script.HANGUL, Script.THAI)}]")
"""Letters of languages that write names without spaces around them, or with endings of their own."""
_HIDING = frozenset({Outcome.REPLACED, Outcome.GONE})

Positions = npt.NDArray[np.int64]


def hides(spec: OperatorSpec, path: str, kind: pa.DataType) -> bool:
    """Whether a column's texts or whole numbers must not stand in other columns of its row; no items of lists."""
    return spec.outcome in _HIDING and (is_text(kind) or pa.types.is_integer(kind)) and "[]" not in path


@dataclass(frozen=True)
class OwnRow:
    """An operator for free text that, after another one, looks for the hidden values of the text's own row."""

    inner: Operator
    hidden: Mapping[str, Operator]
    """Path of a column -> what replaces its values."""

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        """The texts as ``inner`` leaves them, without anything that a hidden column of the row holds."""
        searched = _Searched.of(self.inner.apply(values, rows).cast(pa.large_string()))
        for path, operator in self.hidden.items():
            searched = _cleaned(searched, rows.column(path), operator, rows)
        return searched.given.cast(values.type)


@dataclass(frozen=True)
class _Searched:
    """Texts in the forms that all hidden columns are looked for in."""

    given: pa.Array
    flat: FlatTexts
    normal: NormalTexts

    @classmethod
    def of(cls, texts: pa.Array) -> "_Searched":
        flat = FlatTexts.of(texts)
        return cls(texts, flat, NormalTexts.of(flat))

    @cached_property
    def plain(self) -> pl.Series:
        """The normal form."""
        return pl.Series(self.normal.texts.values, dtype=pl.String)

    @cached_property
    def small(self) -> pl.Series:
        """The normal form in small letters."""
        return self.plain.str.to_lowercase()


@dataclass(frozen=True)
class _SomeRows:
    """Some of the rows of a batch."""

    rows: Rows
    positions: pa.Array

    def column(self, path: str) -> pa.Array:
        return taken(self.rows.column(path), self.positions)


def _cleaned(searched: _Searched, values: pa.Array, operator: Operator, rows: Rows) -> _Searched:
    plain = _written(values)
    held = _holding(searched, plain, is_text(values.type))
    if not len(held):
        return searched
    spans = _spans(searched.normal.texts, plain, held)
    if not len(spans):
        return searched
    at, owner = np.unique(spans.labels, return_inverse=True)
    originals = pa.array(at)
    replaced = operator.apply(taken(values, originals), _SomeRows(rows, originals)).cast(pa.large_string())
    places = searched.normal.in_original(spans)
    shown = pc.fill_null(pc.if_else(pc.equal(replaced, ""), GONE, replaced), GONE).take(pa.array(owner))
    cleaned = searched.flat.replace(places.starts, places.ends, shown).values
    texts = searched.given
    return _Searched.of(pc.if_else(texts.is_valid(), cleaned, None) if texts.null_count else cleaned)


def _written(values: pa.Array) -> pa.Array:
    """The values as texts write them; numbers of few digits stand for many things."""
    written = values.cast(pa.large_string())
    if is_text(values.type):
        return NormalTexts.of(FlatTexts.of(written)).texts.values
    return pc.if_else(pc.greater_equal(pc.binary_length(written), SHORTEST_NUMBER), written, None)


def _holding(searched: _Searched, values: pa.Array, has_case: bool) -> Positions:
    """The rows whose text holds their value in any letter case, perhaps as part of a word.

    :param has_case: whether the values are texts; numbers are written in one way.
    """
    frame = pl.DataFrame(
        {"text": searched.small if has_case else searched.plain, "value": pl.Series(values, dtype=pl.String)}
    )
    value = pl.col("value").str.strip_chars().str.to_lowercase() if has_case else pl.col("value")
    found = pl.col("text").str.contains(value, literal=True)
    if has_case:
        length = value.str.len_chars()
        found &= (length >= SHORTEST) | ((value.str.len_bytes() > length) & (length >= SHORTEST_FOREIGN))
    return np.flatnonzero(frame.select(found.fill_null(False)).to_series().to_numpy())


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
