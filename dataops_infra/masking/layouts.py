"""The layouts in which Arrow holds text and bytes: with 32-bit offsets, with 64-bit ones, as views, of fixed size."""

import re

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
