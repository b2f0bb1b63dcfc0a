"""The layouts in which Arrow holds text and bytes: with 32-bit offsets, with 64-bit ones, as views, of fixed size."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.errors import InvalidInputError


def is_text(kind: pa.DataType) -> bool:
    """Whether values of the type are text, in any layout."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_text_or_bytes(kind: pa.DataType) -> bool:
    """Whether values of the type are text or bytes, in any layout."""
    lengths_vary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    return is_text(kind) or bool(lengths_vary or pa.types.is_fixed_size_binary(kind))


_PLAIN = {"large_string": "string", "string_view": "string", "large_binary": "binary", "binary_view": "binary"}
_DICTIONARY = re.compile(r"dictionary<values=(.*), indices=\w+, ordered=\d>")


def without_layout(name: str) -> str:
    """The name of an Arrow type without its layout: texts, bytes and dictionaries by what their values are.

    Which layout a file has is up to the program and the version that wrote it; masking makes the same of all.
    """
    entries = _DICTIONARY.fullmatch(name)
    plain = name if entries is None else entries[1]
    return _PLAIN.get(plain, plain)


def common_layout(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The layout that has room for values of both types, also in nested ones; None = they differ in more than that.

    Dictionaries become what their values are, as the entries of both together may be too many for their indices.
    """
    if one == other:
        return one
    if pa.types.is_dictionary(one) or pa.types.is_dictionary(other):
        return common_layout(*(kind.value_type if pa.types.is_dictionary(kind) else kind for kind in (one, other)))
    if is_text(one) and is_text(other):
        return pa.large_string()
    if _are_bytes(one) and _are_bytes(other):
        return pa.large_binary()
    if pa.types.is_map(one) and pa.types.is_map(other):
        items = _common_fields([one.key_field, one.item_field], [other.key_field, other.item_field])
        return None if items is None else pa.map_(items[0].type, items[1], keys_sorted=one.keys_sorted)
    if _is_list(one) and _is_list(other):
        items = _common_fields([one.value_field], [other.value_field.with_name(one.value_field.name)])
        return None if items is None else pa.large_list(items[0])
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        fields = _common_fields([*one], [*other])
        return None if fields is None else pa.struct(fields)
    return None


def _common_fields(one: Sequence[pa.Field], other: Sequence[pa.Field]) -> list[pa.Field] | None:
    if [(field.name, field.nullable) for field in one] != [(field.name, field.nullable) for field in other]:
        return None
    kinds = [common_layout(mine.type, their.type) for mine, their in zip(one, other, strict=True)]
    return None if None in kinds else [field.with_type(kind) for field, kind in zip(one, kinds, strict=True)]


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _are_bytes(kind: pa.DataType) -> bool:
    return is_text_or_bytes(kind) and not is_text(kind) and not pa.types.is_fixed_size_binary(kind)


def with_offsets(values: pa.Array) -> pa.Array:
    """``values`` in a layout with offsets, which most compute functions need: views and bytes of fixed size have none.

    :raises InvalidInputError: they are neither text nor bytes.
    """
    kind = values.type
    if pa.types.is_string_view(kind):
        return values.cast(pa.large_string())
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return values.cast(pa.large_binary())
    if is_text_or_bytes(kind):
        return values
    raise InvalidInputError("values", "a column of text or bytes", str(kind))


def byte_ends(values: pa.Array) -> npt.NDArray[np.signedinteger]:
    """Where in the data of a layout with offsets each value begins, and where the last one ends."""
    offsets = values.buffers()[1]
    if offsets is None or not len(values):
        return np.zeros(len(values) + 1, np.int32)
    wide = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    ends: npt.NDArray[np.signedinteger] = np.frombuffer(offsets, np.int64 if wide else np.int32)
    return ends[values.offset : values.offset + len(values) + 1]


def byte_lengths(values: pa.Array) -> npt.NDArray[np.int64]:
    """Bytes of each value of a layout with offsets; 0 for nulls, whatever stands below them."""
    lengths = np.diff(byte_ends(values)).astype(np.int64, copy=False)
    if values.null_count:
        lengths[null_rows(values)] = 0
    return lengths


def null_rows(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values are null."""
    nulls: npt.NDArray[np.bool_] = values.is_null().to_numpy(zero_copy_only=False)
    return nulls
