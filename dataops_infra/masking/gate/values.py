"""Whole columns as the gate compares them: plain ones, 64-bit hashes, bytes of texts."""

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_SEED = 0x6D61736B
FIRST_NON_ASCII = 0x80
"""From here on a byte is part of a longer character."""


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of Arrow's kinds of string."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def plain(values: pa.Array) -> pa.Array:
    """The values without dictionaries, runs, views or names of extensions (UUID, JSON); texts and bytes as large."""
    if isinstance(values.type, pa.BaseExtensionType):
        values = values.storage
    if pa.types.is_run_end_encoded(values.type):
        values = pc.run_end_decode(values)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if is_text(values.type):
        return values.cast(pa.large_string())
    is_bytes = pa.types.is_binary(values.type) or pa.types.is_binary_view(values.type)
    return values.cast(pa.large_binary()) if is_bytes else values


def valid(values: pa.Array) -> Flags:
    """Where there is a value."""
    if not values.null_count:
        return np.ones(len(values), np.bool_)
    return flags(pc.is_valid(values))


def flags(values: pa.Array) -> Flags:
    """An Arrow boolean column as numpy's; a null is False."""
    filled = pc.fill_null(values, False) if values.null_count else values
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.bool_)


def hashes(values: pa.Array) -> Hashes:
    """A 64-bit hash of each value (of plain columns); equal texts have equal ones in every column of this process."""
    try:
        series = pl.Series(pl.from_arrow(values))
        return series.hash(_SEED).to_numpy()
    except (pl.exceptions.PolarsError, pa.ArrowException, TypeError, ValueError):
        return pl.Series(pl.from_arrow(texts(values))).hash(_SEED).to_numpy()


def texts(values: pa.Array) -> pa.Array:
    """``values`` as large strings, whatever they are."""
    if is_text(values.type):
        return plain(values)
    try:
        return values.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.large_string())


def same(left: pa.Array, right: pa.Array) -> Flags:
    """Where two plain columns hold equal values; a null equals nothing."""
    try:
        return flags(pc.equal(left, right))
    except pa.ArrowNotImplementedError:
        both = valid(left) & valid(right)
        return np.asarray(both & (hashes(left) == hashes(right)))


def text_buffers(values: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Offsets (from 0) and bytes of a column of large strings."""
    if not len(values):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64, len(values) + 1, values.offset * 8)
    first, last = int(offsets[0]), int(offsets[-1])
    if first:
        offsets = offsets - first
    if data_buffer is None or last == first:
        return offsets, np.zeros(0, np.uint8)
    return offsets, np.frombuffer(data_buffer, np.uint8, last - first, first)
