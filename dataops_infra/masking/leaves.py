"""Nested columns as flat ones: ``address.street`` is a field of a struct, ``emails[]`` the items of a list.

The same names as in dataset contracts. A map is a list of ``key`` and ``value``: ``labels[].key``, ``labels[].value``.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

Replace = Callable[[str, pa.Array, pa.Array | None], pa.Array]
"""(path, values of the leaf, row of each value or None when they are the rows themselves) -> replacements."""


def leaf_types(schema: pa.Schema) -> dict[str, pa.DataType]:
    """Path -> type of every leaf, in the schema's order."""
    return {path: kind for item in schema for path, kind in _leaves(item.name, item.type)}


def repeated_leaves(schema: pa.Schema) -> list[str]:
    """Paths that several leaves have, by the alphabet: ``a.b`` may be a column's name, and that of a field of ``a``."""
    counts = Counter(path for item in schema for path, _kind in _leaves(item.name, item.type))
    return sorted(path for path, count in counts.items() if count > 1)


def required_leaves(schema: pa.Schema) -> frozenset[str]:
    """Paths of the leaves in which null must not stand."""
    return frozenset(leaf for item in schema for leaf in _required(item.name, item.type, item.nullable))


def find_leaf(path: str, values: pa.Array, wanted: str) -> pa.Array | None:
    """The values of the leaf ``wanted`` below ``path``, items of lists one after the other; None = it is not there."""
    found: list[pa.Array] = []

    def note(leaf: str, inside: pa.Array, _rows: pa.Array | None) -> pa.Array:
        if leaf == wanted:
            found.append(inside)
        return inside

    if wanted.startswith(path):
        replace_leaves(path, values, note)
    return found[0] if found else None


def taken(values: pa.Array, places: pa.Array) -> pa.Array:
    """``values`` at ``places``, also where they are or hold views of texts and bytes, which Arrow cannot take."""
    plain = without_views(values.type)
    return values.take(places) if plain == values.type else values.cast(plain).take(places).cast(values.type)


def without_views(kind: pa.DataType) -> pa.DataType:
    """``kind`` with large texts and bytes in place of views of them, which few functions of Arrow take."""
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_binary_view(kind):
        return pa.large_binary()
    if pa.types.is_struct(kind):
        return pa.struct([item.with_type(without_views(item.type)) for item in kind])
    if pa.types.is_map(kind):
        items = kind.item_field.with_type(without_views(kind.item_type))
        return pa.map_(without_views(kind.key_type), items, keys_sorted=kind.keys_sorted)
    if not _is_list(kind):
        return kind
    item = kind.value_field.with_type(without_views(kind.value_type))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(item, kind.list_size)
    return pa.large_list(item) if pa.types.is_large_list(kind) else pa.list_(item)


def items_of(path: str) -> str:
    """The innermost list that a leaf's values are items of; '' = they are the rows themselves."""
    return path[: path.rfind("[]") + 2] if "[]" in path else ""


def _leaves(path: str, kind: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    if pa.types.is_struct(kind):
        for position in range(kind.num_fields):
            yield from _leaves(f"{path}.{kind.field(position).name}", kind.field(position).type)
    elif pa.types.is_map(kind):
        yield from _leaves(f"{path}[].key", kind.key_type)
        yield from _leaves(f"{path}[].value", kind.item_type)
    elif _is_list(kind):
        yield from _leaves(f"{path}[]", kind.value_type)
    elif _is_plain_extension(kind):
        yield path, kind.storage_type
    else:
        yield path, kind


def _required(path: str, kind: pa.DataType, nullable: bool) -> Iterator[str]:
    if pa.types.is_struct(kind):
        for item in kind:
            yield from _required(f"{path}.{item.name}", item.type, item.nullable)
    elif pa.types.is_map(kind):
        yield from _required(f"{path}[].key", kind.key_type, False)
        yield from _required(f"{path}[].value", kind.item_type, kind.item_field.nullable)
    elif _is_list(kind):
        yield from _required(f"{path}[]", kind.value_type, kind.value_field.nullable)
    elif not nullable:
        yield path


def replace_leaves(path: str, values: pa.Array, replace: Replace, rows: pa.Array | None = None) -> pa.Array:
    """``values`` with every leaf below ``path`` replaced; nulls, lengths and types stay what they are."""
    kind = values.type
    if pa.types.is_struct(kind):
        return _replace_struct(path, values, replace, rows)
    if pa.types.is_map(kind):
        return _replace_map(path, values, replace, rows)
    if _is_list(kind):
        return _replace_list(path, values, replace, rows)
    if _is_plain_extension(kind):
        return kind.wrap_array(replace(path, values.storage, rows))
    return replace(path, values, rows)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_plain_extension(kind: pa.DataType) -> bool:
    """Whether values are plain ones that only bear another type's name, as UUIDs and JSON do."""
    return isinstance(kind, pa.BaseExtensionType) and not pa.types.is_nested(kind.storage_type)


def _replace_struct(path: str, values: pa.Array, replace: Replace, rows: pa.Array | None) -> pa.Array:
    if not values.type.num_fields:
        return values
    # flatten() carries the struct's own nulls into its fields, so nothing below a null struct is looked at.
    names = [values.type.field(position).name for position in range(values.type.num_fields)]
    fields = [
        replace_leaves(f"{path}.{name}", child, replace, rows)
        for name, child in zip(names, values.flatten(), strict=True)
    ]
    return pa.StructArray.from_arrays(fields, fields=list(values.type), mask=_null_mask(values))


def _replace_list(path: str, values: pa.Array, replace: Replace, rows: pa.Array | None) -> pa.Array:
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_fixed_size_list(kind) and not kind.list_size:
        return values
    owners = pc.list_parent_indices(values)
    items = replace_leaves(f"{path}[]", values.flatten(), replace, owners if rows is None else rows.take(owners))
    if pa.types.is_fixed_size_list(kind):
        return _fixed_size(values, items)
    lengths = pc.fill_null(pc.list_value_length(values), 0)
    return type(values).from_arrays(_offsets(lengths, kind), items, type=kind, mask=_null_mask(values))


def _replace_map(path: str, values: Any, replace: Replace, rows: pa.Array | None) -> pa.Array:
    import pyarrow.compute as pc

    as_list = pa.ListArray.from_arrays(
        values.offsets, pa.StructArray.from_arrays([values.keys, values.items], ["k", "v"])
    )
    if values.null_count:
        as_list = pc.if_else(values.is_valid(), as_list, None)
    owners = pc.list_parent_indices(as_list)
    inside = as_list.flatten()
    below = owners if rows is None else rows.take(owners)
    keys = replace_leaves(f"{path}[].key", inside.field(0), replace, below)
    items = replace_leaves(f"{path}[].value", inside.field(1), replace, below)
    offsets = _offsets(pc.fill_null(pc.list_value_length(as_list), 0), pa.list_(pa.null()))
    return pa.MapArray.from_arrays(offsets, keys, items, type=values.type, mask=_null_mask(values))


def _fixed_size(values: Any, items: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    if not values.null_count:
        return pa.FixedSizeListArray.from_arrays(items, type=values.type)
    # flatten() left out the items of null lists; nulls take their places again.
    size = values.type.list_size
    owned = pc.is_valid(values).to_numpy(zero_copy_only=False).repeat(size)
    places = pa.array(owned.cumsum() - 1, pa.int64(), mask=~owned)
    return pa.FixedSizeListArray.from_arrays(taken(items, places), type=values.type, mask=_null_mask(values))


def _offsets(lengths: pa.Array, kind: pa.DataType) -> pa.Array:
    import numpy as np

    ends = np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))])
    return pa.array(ends, pa.int64() if pa.types.is_large_list(kind) else pa.int32())


def _null_mask(values: pa.Array) -> pa.Array | None:
    return values.is_null() if values.null_count else None
