"""The one function that every engine calls: :func:`mask_batch`, a record batch in, its masked twin out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeVar, cast

import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.leaves import find_leaf, items_of, replace_leaves, taken
from dataops_infra.masking.operators.base import Operator


@dataclass(frozen=True)
class BoundOperator:
    """The operator of one leaf, ready to be applied."""

    operator: Operator
    per_value: bool


@dataclass(frozen=True)
class TableMasker:
    """How one table is masked: an operator for every leaf of its schema."""

    table: str
    operators: Mapping[str, BoundOperator]


class Prepared(Protocol):
    """What an operator makes of a column that it looks at, value by value."""

    def taken(self, places: pa.Array) -> Self:
        """The same of the values at ``places``."""


Made = TypeVar("Made", bound=Prepared)


@dataclass(frozen=True)
class BatchRows:
    """The rows of one batch, or those that the items of a list stand in."""

    batch: pa.RecordBatch
    owners: pa.Array | None = None
    path: str = ""
    """The leaf that is being masked."""
    _made: dict[tuple[str, Callable[[pa.Array], Prepared]], Prepared] = field(default_factory=dict, repr=False)
    """What operators have made of columns of this batch."""

    def column(self, path: str) -> pa.Array:
        """The original values of the leaf ``path``, aligned with the values that are being masked; never a dictionary.

        :raises MaskingError: there is no such leaf, or it has several values per row that is being masked.
        """
        values = self._decoded(path)
        return values if self._is_beside(path) else taken(values, self.owners)

    def prepared(self, path: str, make: Callable[[pa.Array], Made]) -> Made:
        """What ``make`` makes of the values of :meth:`column`; once for all columns of a batch that look at it.

        :raises MaskingError: as :meth:`column` does.
        """
        if (path, make) not in self._made:
            self._made[path, make] = make(self._decoded(path))
        made = cast(Made, self._made[path, make])
        return made if self._is_beside(path) else made.taken(self.owners)

    def _is_beside(self, path: str) -> bool:
        """Whether each value of ``path`` belongs to one that is being masked; else each belongs to a row of several."""
        if items_of(path) == items_of(self.path):
            return True
        if items_of(path):
            raise MaskingError(f"{self.path} cannot look at {path}, which has several values for each of its own")
        return False

    def _decoded(self, path: str) -> pa.Array:
        values = self._find(path)
        return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values

    def _find(self, path: str) -> pa.Array:
        for name, column in zip(self.batch.schema.names, self.batch.columns, strict=True):
            if (found := find_leaf(name, column, path)) is not None:
                return found
        raise MaskingError(f"{self.path} looks at the column {path}, which does not exist")


def mask_batch(batch: pa.RecordBatch, masker: TableMasker) -> pa.RecordBatch:
    """The masked twin of ``batch``: as many rows in the same order, the same schema.

    :raises KeyError: a leaf has no operator; a plan is held against the schema before (:mod:`.binding`).
    """

    made: dict[tuple[str, Callable[[pa.Array], Prepared]], Prepared] = {}

    def replace(path: str, values: pa.Array, owners: pa.Array | None) -> pa.Array:
        bound = masker.operators[path]
        rows = BatchRows(batch, owners, path, made)
        if pa.types.is_dictionary(values.type):
            return _replace_dictionary(values, bound, rows)
        return bound.operator.apply(values, rows)

    if not batch.num_columns:
        return batch
    names = batch.schema.names
    columns = [replace_leaves(name, column, replace) for name, column in zip(names, batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _replace_dictionary(values: pa.DictionaryArray, bound: BoundOperator, rows: BatchRows) -> pa.Array:
    if not bound.per_value or len(values.dictionary) > len(values):
        return _encoded(bound.operator.apply(values.dictionary_decode(), rows), values.type, rows.path)
    masked = bound.operator.apply(values.dictionary, rows)
    # Two entries may now be equal (pools, bands), which Arrow allows.
    replaced = pa.DictionaryArray.from_arrays(values.indices, masked, ordered=values.type.ordered)
    # Null as an entry is not null as a value to many readers.
    return _encoded(replaced.dictionary_decode(), values.type, rows.path) if masked.null_count else replaced


def _encoded(values: pa.Array, kind: pa.DictionaryType, path: str) -> pa.Array:
    encoded = values.dictionary_encode()
    try:
        indices = encoded.indices.cast(kind.index_type)
    except pa.ArrowInvalid:
        distinct = len(encoded.dictionary)
        raise MaskingError(
            f"{path} is a dictionary with {kind.index_type} indices, too few for {distinct} different replacements: "
            "store it with wider indices or as plain values"
        ) from None
    return pa.DictionaryArray.from_arrays(indices, encoded.dictionary, ordered=kind.ordered)
