"""Bytes of Arrow arrays that no row shows: under nulls, in front of, between and behind what rows point at.

Source: "Arrow Columnar Format", physical memory layout. Arrays are those of a file's batches, which begin at their
buffers' beginnings.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.gate.values import Flags, text_buffers, valid

Used = Callable[[str, pa.Array, npt.NDArray[np.integer[Any]]], None]
"""Given the path of a dictionary's column, the dictionary, and the places of it that rows point at."""
_VIEW, _INLINE = 16, 12
"""Bytes of a view, and of the longest text that stands in it."""


def hidden_bytes(path: str, values: pa.Array, note: Used, live: Flags | None = None) -> Iterator[bytes]:
    """Some bytes of each run that no row shows.

    :param path: of the column, for ``note``.
    :param live: the places that what lies above has a use for; None = all.
    """
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        yield from hidden_bytes(path, values.storage, note, live)
    elif pa.types.is_null(kind):
        return
    else:
        shown = valid(values) if live is None else live & valid(values)
        yield from _of_layout(path, values, note, shown)


def _of_layout(path: str, values: pa.Array, note: Used, shown: Flags) -> Iterator[bytes]:
    types, kind = pa.types, values.type
    if types.is_dictionary(kind):
        yield from _fixed_width(values.indices, shown)
        note(path, values.dictionary, np.unique(values.indices.to_numpy(zero_copy_only=False)[shown].astype(np.int64)))
    elif types.is_struct(kind):
        for number in range(kind.num_fields):
            yield from hidden_bytes(f"{path}.{kind.field(number).name}", values.field(number), note, shown)
    elif types.is_union(kind):
        yield from _of_union(path, values, note, shown)
    elif types.is_run_end_encoded(kind):
        yield from hidden_bytes(path, values.values, note, _runs_in_use(values))
    elif types.is_nested(kind):
        yield from _of_list(path, values, note, shown)
    elif types.is_string_view(kind) or types.is_binary_view(kind):
        yield from _views(values, shown)
    elif types.is_string(kind) or types.is_binary(kind):
        yield from _texts(values, shown, np.int32)
    elif types.is_large_string(kind) or types.is_large_binary(kind):
        yield from _texts(values, shown, np.int64)
    elif not types.is_boolean(kind):  # a bit under a null tells nobody anything
        yield from _fixed_width(values, shown)


def _of_list(path: str, values: pa.Array, note: Used, shown: Flags) -> Iterator[bytes]:
    types, kind = pa.types, values.type
    if types.is_fixed_size_list(kind):
        yield from hidden_bytes(f"{path}[]", values.values, note, np.repeat(shown, kind.list_size))
        return
    offsets = values.offsets.to_numpy()
    if types.is_list_view(kind) or types.is_large_list_view(kind):
        starts, ends = offsets, offsets + values.sizes.to_numpy()
    else:
        starts, ends = offsets[:-1], offsets[1:]
    children = {"key": values.keys, "value": values.items} if types.is_map(kind) else {"": values.values}
    for name, child in children.items():
        inside = _marked(starts[shown], ends[shown], len(child))
        yield from hidden_bytes(f"{path}[]{'.' if name else ''}{name}", child, note, inside)


def _of_union(path: str, values: Any, note: Used, shown: Flags) -> Iterator[bytes]:
    """A sparse one has a place in each child for every row; a dense one points at a place of the row's child."""
    kind, codes = values.type, values.type_codes.to_numpy()
    for number, code in enumerate(kind.type_codes):
        child, rows = values.field(number), shown & (codes == code)
        inside = rows
        if kind.mode == "dense":
            inside = np.zeros(len(child), np.bool_)
            inside[values.offsets.to_numpy()[rows]] = True
        yield from hidden_bytes(f"{path}.{kind.field(number).name}", child, note, inside)


def _marked(starts: Any, ends: Any, size: int) -> Flags:
    """Which of so many places lie in one of the ranges."""
    steps = np.zeros(size + 1, np.int64)
    np.add.at(steps, starts, 1)
    np.add.at(steps, ends, -1)
    return np.asarray(np.cumsum(steps[:-1]) > 0)


def _runs_in_use(values: Any) -> Flags:
    ends = values.run_ends.to_numpy()
    number = int(np.searchsorted(ends, values.offset + len(values))) + 1
    return np.asarray(np.arange(len(ends)) < number)


def _texts(values: pa.Array, shown: Flags, kind: npt.DTypeLike) -> Iterator[bytes]:
    _, offset_buffer, data_buffer = values.buffers()
    data = np.frombuffer(data_buffer or b"", np.uint8)
    offsets = np.frombuffer(offset_buffer, kind, len(values) + 1) if len(values) else np.zeros(1, np.int64)
    yield from _not_zero(data[: offsets[0]])
    yield from _not_zero(data[offsets[-1] :])
    for place in np.flatnonzero((np.diff(offsets) > 0) & ~shown):
        yield from _not_zero(data[offsets[place] : offsets[place + 1]])


def _fixed_width(values: pa.Array, shown: Flags) -> Iterator[bytes]:
    width, buffer = values.type.bit_width // 8, values.buffers()[1]
    if not width or buffer is None:
        return
    size = width * len(values)
    data = np.frombuffer(buffer, np.uint8)
    yield from _not_zero(data[size:])
    if not shown.all():
        slots = data[:size].reshape(len(values), width)[~shown]
        yield from _not_zero(slots[~_is_usual(slots, values.type)].ravel())


def _is_usual(slots: Any, kind: pa.DataType) -> Flags:
    """Which slots hold what programs write for a missing number or date: -1, the least number, or no number."""
    least = np.zeros(slots.shape[1], np.uint8)
    least[-1] = 0x80
    usual = (slots == 0xFF).all(axis=1) | (slots == least).all(axis=1)
    if pa.types.is_floating(kind):
        usual |= np.isnan(np.ascontiguousarray(slots).view(f"<f{slots.shape[1]}")).ravel()
    return np.asarray(usual)


def _views(values: pa.Array, shown: Flags) -> Iterator[bytes]:
    _, view_buffer, *data_buffers = values.buffers()
    if view_buffer is None:
        return
    raw = np.frombuffer(view_buffer, np.uint8, _VIEW * len(values)).reshape(-1, _VIEW)
    yield from _not_zero(raw[~shown, 4:].ravel())
    words = raw.view(np.int32)
    short = shown & (words[:, 0] <= _INLINE)
    behind = np.arange(_INLINE) >= words[short, :1]
    yield from _not_zero(raw[short][:, 4:][behind])
    long = words[shown & (words[:, 0] > _INLINE)]
    for number, buffer in enumerate(data_buffers):
        here = long[long[:, 2] == number]
        ends = here[:, 3].astype(np.int64) + here[:, 0]
        data = np.frombuffer(buffer or b"", np.uint8)
        rest = data[~_marked(here[:, 3], ends, len(data))]
        if rest.any() and data.tobytes() not in _one_after_the_other(values):
            yield from _not_zero(rest)


def _one_after_the_other(values: pa.Array) -> bytes:
    """The texts of all rows: who makes views of them often leaves the short ones, which stand in views, in between."""
    data = values.cast(pa.large_binary() if pa.types.is_binary_view(values.type) else pa.large_string()).drop_null()
    return bytes(text_buffers(data)[1])


def _not_zero(data: Any) -> Iterator[bytes]:
    if data.any():
        yield data.tobytes().strip(b"\0")[:64]
