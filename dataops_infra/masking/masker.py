"""The one function that every engine calls: :func:`mask_batch`, a record batch in, its masked twin out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from dataops_infra.masking.leaves import replace_leaves
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


@dataclass(frozen=True)
class BatchRows:
    """The rows of one batch, or those that the items of a list stand in."""

    batch: pa.RecordBatch
    owners: pa.Array | None = None

    def column(self, path: str) -> pa.Array:
        """The original values of the leaf ``path``, aligned with the values that are being masked."""
        first, *inner = path.split(".") if path not in self.batch.schema.names else [path]
        values = self.batch.column(self.batch.schema.get_field_index(first))
        for name in inner:
            values = values.flatten()[values.type.get_field_index(name)]
        return values if self.owners is None else values.take(self.owners)


def mask_batch(batch: pa.RecordBatch, masker: TableMasker) -> pa.RecordBatch:
    """The masked twin of ``batch``: as many rows in the same order, the same schema.

    :raises KeyError: a leaf has no operator; a plan is held against the schema before (:mod:`.binding`).
    """

    def replace(path: str, values: pa.Array, owners: pa.Array | None) -> pa.Array:
        bound = masker.operators[path]
        if pa.types.is_dictionary(values.type):
            return _replace_dictionary(values, bound, BatchRows(batch, owners))
        return bound.operator.apply(values, BatchRows(batch, owners))

    names = batch.schema.names
    columns = [replace_leaves(name, column, replace) for name, column in zip(names, batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _replace_dictionary(values: pa.DictionaryArray, bound: BoundOperator, rows: BatchRows) -> pa.Array:
    if not bound.per_value:
        return bound.operator.apply(values.dictionary_decode(), rows).dictionary_encode().cast(values.type)
    masked = bound.operator.apply(values.dictionary, rows)
    # Two entries may now be equal (pools, bands), which Arrow allows.
    return pa.DictionaryArray.from_arrays(values.indices, masked, ordered=values.type.ordered)
