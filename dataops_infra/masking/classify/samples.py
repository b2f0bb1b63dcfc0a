"""A bounded look at the values of a table's columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from dataops_infra.masking.leaves import replace_leaves, required_leaves, without_views

if TYPE_CHECKING:
    from dataops_infra.masking.sources import SourceTable

VALUES_A_COLUMN = 500
"""At most as many values of each column are looked at."""


@dataclass(frozen=True)
class ColumnSample:
    """Some values of one leaf column, without nulls."""

    path: str
    type: pa.DataType
    """Of the leaf, dictionary or not."""
    values: pa.Array
    """Decoded, no views; never logged, shown or stored."""
    nullable: bool = True

    @property
    def value_type(self) -> pa.DataType:
        """The type of the values themselves."""
        return self.values.type


def sample_columns(table: "SourceTable") -> dict[str, ColumnSample]:
    """Path -> sample of every leaf of ``table``, in the schema's order."""
    return columns_of(table.sample(VALUES_A_COLUMN))


def columns_of(sampled: pa.Table) -> dict[str, ColumnSample]:
    """Path -> values of every leaf of some rows, in the schema's order."""
    required = required_leaves(sampled.schema)
    found: dict[str, ColumnSample] = {}
    for position, item in enumerate(sampled.schema):
        column = sampled.column(position)
        # Arrow can make no empty array of a union, but one of no nulls.
        whole = pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, item.type)
        for path, values in leaf_values(item.name, whole):
            found[path] = ColumnSample(path, values.type, _decoded(values), path not in required)
    return found


def leaf_values(name: str, column: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """The leaves of one column with their values."""
    leaves: list[tuple[str, pa.Array]] = []

    def note(path: str, values: pa.Array, _rows: pa.Array | None) -> pa.Array:
        leaves.append((path, values))
        return values

    replace_leaves(name, column, note)
    yield from leaves


def family(kind: pa.DataType) -> str:
    """What the rules tell apart: text, integer, float, decimal, boolean, date, time, null, binary, other."""
    tests = pa.types
    if tests.is_string(kind) or tests.is_large_string(kind) or tests.is_string_view(kind):
        return "text"
    if tests.is_integer(kind):
        return "integer"
    if tests.is_floating(kind):
        return "float"
    if tests.is_decimal(kind):
        return "decimal"
    if tests.is_boolean(kind):
        return "boolean"
    if tests.is_date(kind) or tests.is_timestamp(kind):
        return "date"
    if tests.is_time(kind) or tests.is_duration(kind) or tests.is_interval(kind):
        return "time"
    if tests.is_null(kind):
        return "null"
    binary = tests.is_binary(kind) or tests.is_large_binary(kind) or tests.is_fixed_size_binary(kind)
    return "binary" if binary or tests.is_binary_view(kind) else "other"


def _decoded(values: pa.Array) -> pa.Array:
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    kind = without_views(plain.type)
    return (plain if kind == plain.type else plain.cast(kind)).drop_null().slice(0, VALUES_A_COLUMN)
