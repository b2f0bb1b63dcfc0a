"""What a row's hidden columns hold is taken out of its own texts, whatever the columns are called or classified as.

The known values of a dataset (:mod:`.known`) are looked for in all texts, so words that many people are called by, and
columns of which nobody knows what they hold, must be left out there. Within one row nothing is left out: a word of a
text that a hidden column of the same row consists of becomes what stands in that column's copy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows
from dataops_infra.masking.pools.scripts import Script, character_class

SHORTEST, SHORTEST_FOREIGN = 3, 2
"""Characters of a value from which it tells something: as ASCII, and in scripts whose names are shorter."""
SHORTEST_INFLECTED, LONGEST_ENDING = 5, 3
"""Characters of a value that may be declined in a text, and letters of an ending: Schönbergers, Ивановым."""
GONE = "[hidden]"
"""Stands for a value that its own column's copy does not replace by a text."""
_UNSPACED = re.compile(f"[{character_class(Script.HAN, Script.JAPANESE, Script.HANGUL, Script.THAI)}]")
"""Letters of languages that write names without spaces around them, or with endings of their own."""
_HIDING = frozenset({Outcome.REPLACED, Outcome.GONE})

Positions = npt.NDArray[np.int64]


def hides(spec: OperatorSpec, path: str, kind: pa.DataType) -> bool:
    """Whether a column is one whose texts must not stand in other columns of its row; items of lists are left out."""
    return spec.outcome in _HIDING and is_text(kind) and "[]" not in path


@dataclass(frozen=True)
class OwnRow:
    """An operator for free text that, after another one, looks for the hidden values of the text's own row."""

    inner: Operator
    hidden: Mapping[str, Operator]
    """Path of a column -> what replaces its values."""

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        """The texts as ``inner`` leaves them, without anything that a hidden column of the row holds."""
        texts = self.inner.apply(values, rows).cast(pa.large_string())
        for path, operator in self.hidden.items():
            texts = _cleaned(texts, rows.column(path).cast(pa.large_string()), operator, rows)
        return texts.cast(values.type)


@dataclass(frozen=True)
class _SomeRows:
    """Some of the rows of a batch."""

    rows: Rows
    positions: pa.Array

    def column(self, path: str) -> pa.Array:
        return self.rows.column(path).take(self.positions)


def _cleaned(texts: pa.Array, values: pa.Array, operator: Operator, rows: Rows) -> pa.Array:
    at = pa.array(_holding(texts, values))
    if not len(at):
        return texts
    originals = values.take(at)
    replaced = operator.apply(originals, _SomeRows(rows, at)).cast(pa.large_string())
    triples = zip(texts.take(at).to_pylist(), originals.to_pylist(), replaced.to_pylist(), strict=True)
    cleaned = pa.array([_without(text, value.strip(), new or GONE) for text, value, new in triples], pa.large_string())
    places = np.arange(len(texts))
    places[at.to_numpy()] = len(texts) + np.arange(len(at))
    return pa.concat_arrays([texts, cleaned]).take(pa.array(places))


def _holding(texts: pa.Array, values: pa.Array) -> Positions:
    """The rows whose text holds their value in any letter case, perhaps as part of a word."""
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String), "value": pl.Series(values, dtype=pl.String)})
    text, value = pl.col("text").str.to_lowercase(), pl.col("value").str.strip_chars().str.to_lowercase()
    tells = (value.str.len_chars() >= SHORTEST) | (
        (value.str.len_bytes() > value.str.len_chars()) & (value.str.len_chars() >= SHORTEST_FOREIGN)
    )
    found = frame.select((tells & text.str.contains(value, literal=True)).fill_null(False).alias("found"))
    return np.flatnonzero(found["found"].to_numpy())


def _without(text: str, value: str, replacement: str) -> str:
    """``text`` with every ``value`` replaced that stands alone there, in any letter case."""
    small, wanted = text.lower(), value.lower()
    if len(small) != len(text) or len(wanted) != len(value):  # a Turkish İ: positions of small letters are others
        small, wanted = text, value
    is_open = _is_open(value[0]), _is_open(value[-1])
    parts, done, place = [], 0, small.find(wanted)
    while place >= 0:
        end = place + len(wanted)
        is_begun = is_open[0] or not text[place - 1 : place].isalnum()
        if is_begun and (is_open[1] or _is_ended(text, end, len(value))):
            parts += [text[done:place], replacement]
            done = end
        place = small.find(wanted, end if done == end else place + 1)
    return "".join([*parts, text[done:]])


def _is_ended(text: str, end: int, length: int) -> bool:
    """Whether a value of ``length`` characters ends at ``end``, perhaps but for an ending of declension."""
    if length < SHORTEST_INFLECTED:
        return not text[end : end + 1].isalnum()
    behind = "".join(takewhile(str.isalnum, text[end : end + LONGEST_ENDING + 1]))
    return not behind or (len(behind) <= LONGEST_ENDING and behind.isalpha())


def _is_open(letter: str) -> bool:
    """Whether letters may go on beside a value that begins or ends with ``letter``."""
    return not letter.isalnum() or _UNSPACED.match(letter) is not None
