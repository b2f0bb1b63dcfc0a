"""Arrays that hold nothing but the values of their rows.

An Arrow array may carry what stands in no row: entries of a dictionary that nothing points at, values under nulls,
items before a list's first offset, texts in buffers that views share with other columns, bytes behind the last row.
Whoever reads the rows never sees them; they are written to files all the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.errors import MaskingError
from dataops_infra.masking.leaves import replace_leaves

OnDictionary = Callable[[str, pa.DictionaryArray], pa.Array]
"""Given the path of a leaf and its values, over the entries in use alone."""


def own_values(path: str, column: pa.Array, on_dictionary: OnDictionary | None = None) -> pa.Array:
    """``column`` with buffers that end where its rows end and hold nothing under nulls; the values are the same.

    :param on_dictionary: what else is done with a dictionary.
    :raises MaskingError: its type has a layout that cannot be rebuilt.
    """

    def replace(leaf: str, values: pa.Array, _rows: pa.Array | None) -> pa.Array:
        if pa.types.is_dictionary(values.type):
            used = used_entries(values)
            coded = used if on_dictionary is None else on_dictionary(leaf, used)
            indices, entries = _rebuilt(leaf, coded.indices), _rebuilt(leaf, coded.dictionary)
            return pa.DictionaryArray.from_arrays(indices, entries, ordered=coded.type.ordered)
        return _rebuilt(leaf, values)

    return replace_leaves(path, column, replace)


def own_dictionaries(path: str, column: pa.Array) -> pa.Array:
    """``column`` with dictionaries of nothing but the entries in use, for formats that store values alone."""
    if not _has_dictionary(column.type):
        return column
    return replace_leaves(
        path, column, lambda _path, values, _rows: used_entries(values) if _is_dictionary(values) else values
    )


def used_entries(values: pa.DictionaryArray) -> pa.DictionaryArray:
    """``values`` over the entries that rows point at, each once, none of them null.

    They stand in the order of the rows, unless the type says that their order means something: the order of a
    dictionary that was sorted before masking would tell how the originals compare.
    """
    entries = values.dictionary
    indices = values.indices.to_numpy(zero_copy_only=False)
    valid = np.ones(len(indices), bool)
    if values.null_count:
        valid = values.is_valid().to_numpy(zero_copy_only=False)
        indices = pc.fill_null(values.indices, 0).to_numpy(zero_copy_only=False)
    pointing = indices[valid] if values.null_count else indices
    first = _first_places(pointing, len(entries))
    used = np.flatnonzero(first >= 0)
    in_order = used if values.type.ordered else used[np.argsort(first[used], kind="stable")]
    if len(used) == len(entries) and np.array_equal(in_order, np.arange(len(entries))) and _are_distinct(entries):
        if values.null_count == 0 and values.offset == 0:
            return values
        renumbered = indices
    else:
        kept = entries.take(pa.array(in_order))
        distinct = kept.unique().drop_null()
        new = pc.fill_null(pc.index_in(kept, distinct, skip_nulls=True), -1).to_numpy(zero_copy_only=False)
        numbers = np.full(len(entries) + 1, -1, np.int64)
        numbers[in_order] = new
        renumbered = numbers[np.where(valid, indices.astype(np.int64), -1)]  # indices may be unsigned
        valid, entries = renumbered >= 0, distinct
    mask = None if valid.all() else ~valid
    places_in_type = pa.array(np.where(valid, renumbered, 0), values.type.index_type, mask=mask)
    return pa.DictionaryArray.from_arrays(places_in_type, entries, ordered=values.type.ordered)


def _first_places(indices: Any, entries: int) -> Any:
    """Where each entry stands first, -1 where it stands nowhere; no more is read than it takes to find them all."""
    places = np.full(entries, -1, np.int64)
    start, rows = 0, 1024
    while start < len(indices) and (places < 0).any():
        part = indices[start : start + rows]
        new = np.flatnonzero(places[part] < 0)
        # Of several assignments to one place the last one stays, which is the first row.
        places[part[new[::-1]]] = new[::-1] + start
        start, rows = start + rows, rows * 2
    return places


def _rebuilt(path: str, values: pa.Array) -> pa.Array:
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return kind.wrap_array(own_values(path, values.storage))
    if pa.types.is_null(kind):
        return values
    if not len(values):
        return pa.array([], kind)
    if _is_view(kind):
        plain = pa.large_string() if pa.types.is_string_view(kind) else pa.large_binary()
        return _texts(values.cast(plain)).cast(kind)
    if _is_texts(kind):
        return _texts(values)
    if pa.types.is_boolean(kind):
        valid = values.is_valid().to_numpy(zero_copy_only=False)
        bits = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
        return pa.Array.from_buffers(kind, len(values), [_bitmap(valid), _packed(bits)])
    if pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_fixed_size_binary(kind):
        return _fixed_width(values)
    nothing = pa.nulls(len(values), kind)
    if values.equals(nothing):  # what `drop` leaves
        return nothing
    if pa.types.is_run_end_encoded(kind):
        decoded = own_values(path, pc.run_end_decode(values))
        return pc.run_end_encode(decoded, run_end_type=kind.run_end_type)
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return pa.array(values.to_pylist(), kind)  # Arrow 26 cannot cast slices of them; they are rare
    raise MaskingError(
        f"{path} is of type {kind}, of which nothing but its own rows cannot be written; store it as a plain type"
    )


def _texts(values: pa.Array) -> pa.Array:
    """Offsets and bytes of the rows alone; bytes are copied only where some stand under nulls."""
    _, offsets, data = values.buffers()
    is_large = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    ends = np.frombuffer(offsets, np.int64 if is_large else np.int32)[values.offset : values.offset + len(values) + 1]
    valid = None
    if values.null_count:
        valid = values.is_valid().to_numpy(zero_copy_only=False)
        if np.diff(ends)[~valid].any():
            return _texts(values.take(pa.array(np.arange(len(values)))))
    first, last = int(ends[0]), int(ends[-1])
    own = pa.py_buffer(ends - ends[0] if first else ends)
    inside = pa.py_buffer(b"") if data is None else data.slice(first, last - first)
    return pa.Array.from_buffers(values.type, len(values), [_bitmap(valid), own, inside])


def _fixed_width(values: pa.Array) -> pa.Array:
    """Values of the rows alone; they are copied only where something stands under nulls."""
    width, data = values.type.bit_width // 8, values.buffers()[1]
    if not width:
        return values
    own = data.slice(values.offset * width, len(values) * width)
    if not values.null_count:
        return pa.Array.from_buffers(values.type, len(values), [None, own])
    valid = values.is_valid().to_numpy(zero_copy_only=False)
    found = np.frombuffer(own, np.uint8).reshape(len(values), width)
    if found[~valid].any():
        found = found.copy()
        found[~valid] = 0
        own = pa.py_buffer(found)
    return pa.Array.from_buffers(values.type, len(values), [_bitmap(valid), own])


def _bitmap(valid: Any) -> pa.Buffer | None:
    return None if valid is None or valid.all() else _packed(valid)


def _packed(bits: Any) -> pa.Buffer:
    return pa.py_buffer(np.packbits(bits, bitorder="little"))


def _are_distinct(entries: pa.Array) -> bool:
    return len(entries.unique().drop_null()) == len(entries)


def _is_dictionary(values: pa.Array) -> bool:
    return bool(pa.types.is_dictionary(values.type))


def _has_dictionary(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return True
    return any(_has_dictionary(kind.field(n).type) for n in range(kind.num_fields))


def _is_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def _is_texts(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )
