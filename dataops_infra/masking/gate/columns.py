"""One side of a leaf in a run of rows: as it was read, and what several inspectors ask of it, answered once.

Columns of few different texts come as dictionaries from files that hold them so. What hangs on a text alone is asked
of the dictionary's entries then, and spread over the rows.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.gate.values import (
    FIRST_NON_ASCII,
    Flags,
    Hashes,
    hashes,
    is_text,
    plain,
    text_buffers,
    valid,
)

Lengths = npt.NDArray[np.int64] | npt.NDArray[np.int32]
_VIEW_BYTES, _AT = 16, ord("@")


@dataclass(frozen=True)
class Entries:
    """A column of texts as the different ones, and which of them stands in each row."""

    texts: pa.Array
    """Large strings, none of them null; some may stand in no row, or twice here."""
    places: npt.NDArray[np.intp]
    """The place of each row's text; 0 for nulls."""

    @cached_property
    def hashes(self) -> Hashes:
        """A hash for each of the texts."""
        return hashes(self.texts)


class Column:
    """The values of a leaf in a run of rows, on one side."""

    def __init__(self, stored: pa.Array) -> None:
        """:param stored: of any type and layout."""
        self._stored = stored.storage if isinstance(stored.type, pa.BaseExtensionType) else stored

    def __len__(self) -> int:
        return len(self._stored)

    @cached_property
    def plain(self) -> pa.Array:
        """The values without a dictionary, texts as large strings."""
        return plain(self._stored)

    @cached_property
    def entries(self) -> Entries | None:
        """The different texts, where it came as a dictionary of fewer texts than there are rows; else None."""
        kind = self._stored.type
        if not (pa.types.is_dictionary(kind) and is_text(kind.value_type)):
            return None
        texts = self._stored.dictionary
        if not 0 < len(texts) <= len(self._stored) or texts.null_count:
            return None
        places = self._stored.indices.fill_null(0) if self._stored.null_count else self._stored.indices
        return Entries(plain(texts), places.to_numpy().astype(np.intp))

    @property
    def type(self) -> pa.DataType:
        """The type of the :attr:`plain` values."""
        return pa.large_string() if self.entries is not None or self._has_views else self.plain.type

    @property
    def has_nulls(self) -> bool:
        """Whether any value is null."""
        return bool(self._values.null_count)

    @cached_property
    def valid(self) -> Flags:
        """Where there is a value."""
        return valid(self._values)

    @cached_property
    def hashes(self) -> Hashes:
        """A hash for each value; meaningless for nulls."""
        if self.entries is None:  # polars has texts as views itself: others it would copy
            return hashes(self._stored if self._has_views else self.plain)
        return self.entries.hashes.take(self.entries.places)

    @cached_property
    def halved_hashes(self) -> npt.NDArray[np.uint32]:
        """Half of each hash: values that have different ones are different, and they are compared twice as fast."""
        return self.hashes.astype(np.uint32)

    @cached_property
    def heads(self) -> Hashes | None:
        """Of texts that are stored as views: length (the lower half) and first four bytes of each; else None.

        What stands for nulls means nothing.
        """
        return self._views(np.uint64) if self._has_views else None

    @cached_property
    def lengths(self) -> Lengths:
        """Of texts: how many bytes each has, 0 for nulls."""
        if self.entries is not None:
            found = _lengths(self.entries.texts).take(self.entries.places)
        else:
            found = self._views(np.int32) if self._has_views else _lengths(self.plain)
        return np.asarray(np.where(self.valid, found, 0)) if self.has_nulls else found

    @cached_property
    def filled(self) -> Flags:
        """Where it has a value that is not the empty text: an empty one has nothing to hide or to tell."""
        return self.lengths > 0 if is_text(self.type) else self.valid

    @cached_property
    def extremes(self) -> tuple[int, int] | None:
        """Of texts: the least and the greatest of their bytes; None = they have none."""
        _, data = text_buffers(self.different)
        return (int(data.min()), int(data.max())) if len(data) else None

    @property
    def is_ascii(self) -> bool:
        """Of texts: whether nothing in them lies beyond ASCII."""
        return self.extremes is None or self.extremes[1] < FIRST_NON_ASCII

    @cached_property
    def has_at(self) -> bool:
        """Of texts: whether an @ stands in any of them."""
        least, greatest = self.extremes or (FIRST_NON_ASCII, 0)
        return least <= _AT <= greatest and bool((text_buffers(self.different)[1] == _AT).any())

    @property
    def different(self) -> pa.Array:
        """Every value at least once, in any order: what is asked of the column as a whole need not be asked of all."""
        return self.plain if self.entries is None else self.entries.texts

    def take(self, rows: npt.NDArray[np.integer]) -> pa.Array:
        """The plain values of some rows."""
        values = self._stored if self.entries is not None else self.plain  # Arrow takes none of views
        return plain(values.take(pa.array(rows)))

    def equals(self, other: "Column") -> bool:
        """Whether all values are equal and nulls stand where the other has them."""
        if self.entries is None or other.entries is None:
            return bool(self.plain.equals(other.plain))
        if len(self) != len(other) or not np.array_equal(self.valid, other.valid):
            return False
        return bool((same_entries(self.entries, other.entries) | ~self.valid).all())

    @property
    def _values(self) -> pa.Array:
        """Without the work of decoding, as far as the nulls of a dictionary's entries allow."""
        return self._stored if self.entries is not None or self._has_views else self.plain

    @property
    def _has_views(self) -> bool:
        return bool(pa.types.is_string_view(self._stored.type))

    def _views(self, kind: npt.DTypeLike) -> npt.NDArray[Any]:
        """What each view of a text begins with, as a number: four bytes of length, then four of the text.

        Arrow columnar format, "Variable-size Binary View Layout".
        """
        each = _VIEW_BYTES // np.dtype(kind).itemsize
        views = self._stored.buffers()[1]
        return np.frombuffer(views, kind, each * len(self), self._stored.offset * _VIEW_BYTES)[::each]


def same_entries(mine: Entries, theirs: Entries) -> Flags:
    """Where two columns hold the same text; what it says of nulls means nothing."""
    numbers = pa.concat_arrays([mine.texts, theirs.texts]).dictionary_encode().indices.to_numpy()
    before, after = numbers[: len(mine.texts)], numbers[len(mine.texts) :]
    return np.asarray(before.take(mine.places) == after.take(theirs.places))


def _lengths(texts: pa.Array) -> Lengths:
    if not len(texts):
        return np.zeros(0, np.int64)
    offsets = np.frombuffer(texts.buffers()[1], np.int64, len(texts) + 1, texts.offset * 8)
    return np.diff(offsets)
