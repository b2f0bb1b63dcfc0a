"""Values that a Parquet file holds beside its rows: entries of dictionaries, least and greatest values.

Each must stand in a row of its own row group. That is asked of the rows, not of the codes that point at entries: a
dictionary that a writer gave up half-way is judged like any other, and so is what has no codes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataops_infra.masking.formats.base import reading
from dataops_infra.masking.gate.unread.model import (
    BETWEEN,
    DESCRIPTIONS,
    ENTRIES,
    EXTREMES,
    INDEXES,
    MALFORMED,
    NAMES,
    Unread,
)
from dataops_infra.masking.gate.unread.parquet_layout import Chunk, ParquetLayout
from dataops_infra.masking.gate.unread.thrift import MalformedError
from dataops_infra.masking.gate.values import is_text, plain
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.stores import input_file

_ROWS = 16_384
"""Rows that are read at a time: most values are found in the first ones, and then no more are read."""
_LEAST_CUT = 16
"""Bytes from which on a least or greatest text may be the beginning of a longer one; writers cut at 64 by default."""
_INT32, _INT64, _INT96, _FLOAT, _DOUBLE, _BYTES, _FIXED = range(1, 8)
_NUMBERS = {_INT32: "<i4", _INT64: "<i8", _FLOAT: "<f4", _DOUBLE: "<f8"}
_EPOCH, _NANOSECONDS_A_DAY = 2_440_588, 86_400_000_000_000
"""The Julian day of 1970-01-01."""
_DIGITS = Context(prec=80)
_NAMES = frozenset(
    {
        *("schema", "root", "spark_schema", "duckdb_schema", "hive_schema", "arrow_schema", "m"),
        *("list", "element", "item", "array", "bag", "array_element", "key_value", "map", "key", "value"),
    }
)
"""What programs call the root of a schema, and the groups of lists and maps, which no reader shows."""


@dataclass
class _Wanted:
    """Values of one leaf in one row group that its rows must show."""

    leaf: int
    place: str
    values: pa.Array
    """Each once, as :func:`_comparable` makes them of rows."""
    is_seen: Any

    @classmethod
    def of(cls, leaf: int, place: str, values: pa.Array) -> "_Wanted":
        """Nothing of it was seen yet."""
        unique = values.unique()
        return cls(leaf, place, unique, np.zeros(len(unique), np.bool_))

    def look(self, rows: pa.Array) -> None:
        """Mark what stands in the rows."""
        if not self.is_seen.all():
            places = pc.index_in(rows, value_set=self.values).drop_null().unique()
            self.is_seen[places.to_numpy()] = True

    def look_for_cut(self, rows: pa.Array) -> None:
        """Mark what some row begins with: writers cut long texts, and count their last sign up if it is a greatest."""
        for number in np.flatnonzero(~self.is_seen):
            value = self.values[int(number)].as_py()
            if isinstance(value, bytes) and len(value) >= _LEAST_CUT:
                text = value.decode("utf-8", "replace")
                for beginning in (value, value[:-1], text[:-1].encode()):
                    self.is_seen[number] |= bool(pc.any(pc.starts_with(rows, beginning)).as_py())

    def unread(self, column: str) -> Iterator[Unread]:
        """What was not seen."""
        left = np.flatnonzero(~self.is_seen)
        if len(left):
            shown = self.values.take(pa.array(left[:_SHOWN]))
            yield Unread(column, self.place, len(left), [_readable(value) for value in shown.to_pylist()])


_SHOWN = 3


def unread_in_parquet(file: Any, like: pa.Schema) -> Iterator[Unread]:
    """What stands in a Parquet file although no row shows it.

    :param file: a :class:`~dataops_infra.masking.formats.parquet.ParquetFile`.
    :param like: the schema of its source.
    """
    with reading(file.path, file.kind), input_file(file.path) as opened, input_file(file.path) as read:
        try:
            layout = ParquetLayout(opened)
            names = _names(list(like)) | _NAMES
            yield from _Judged(layout, pq.ParquetFile(read, metadata=file.metadata), file.schema, names).unread()
        except (MalformedError, KeyError, TypeError, IndexError, ValueError, AttributeError, ArithmeticError):
            # What is asked of structures here takes them to be what the format says.
            yield Unread(None, MALFORMED)


class _Judged:
    """One file: its layout, its rows, and which of its leaves belong to which column."""

    def __init__(self, layout: ParquetLayout, rows: pq.ParquetFile, schema: pa.Schema, names: set[str]) -> None:
        self._layout, self._rows = layout, rows
        self._widths = layout.widths()
        self._leaves = [(field.name, path) for field in schema for path in _leaf_paths(field)]
        self._kinds = [kind for field in schema for kind in _leaf_kinds(field.type)]
        self._foreign = sorted((layout.names | _names(list(schema))) - names)

    def unread(self) -> Iterator[Unread]:
        """All that is found."""
        layout = self._layout
        if len(self._kinds) != len(self._rows.schema):
            raise MalformedError
        if layout.unknown:
            yield Unread(None, DESCRIPTIONS, layout.unknown)
        if self._foreign:
            yield Unread(None, NAMES, len(self._foreign), self._foreign[:_SHOWN])
        for number, row_group in enumerate(layout.row_groups):
            yield from self._of_row_group(number, list(layout.chunks(row_group)))
        if layout.indexes:
            yield Unread(None, INDEXES, layout.indexes)
        if gaps := layout.gaps():
            yield Unread(None, BETWEEN, gaps)

    def _of_row_group(self, number: int, chunks: Sequence[Chunk]) -> Iterator[Unread]:
        rows = self._rows.metadata.row_group(number).num_rows
        wanted: dict[str, list[_Wanted]] = {}
        for chunk in chunks:
            column, path = self._leaves[chunk.place]
            is_flat = self._rows.schema.column(chunk.place).max_repetition_level == 0
            strange = chunk.strange + (chunk.values != chunk.metadata[5] or (is_flat and chunk.values != rows))
            if strange:
                yield Unread(path, BETWEEN, strange)
            for each in self._wanted(chunk):
                wanted.setdefault(column, []).append(each)
        for column, each_wanted in wanted.items():
            yield from self._compared(number, column, each_wanted)

    def _wanted(self, chunk: Chunk) -> Iterator[_Wanted]:
        kind = self._kinds[chunk.place]
        if chunk.entries or chunk.dictionary:
            entries = _entries(chunk.dictionary or b"", chunk.entries, chunk.physical, self._widths[chunk.place])
            yield _Wanted.of(chunk.place, ENTRIES, _as_rows(entries, chunk.physical, kind))
        if pa.types.is_floating(kind):  # zeros are written with either sign, whichever stands in a row
            chunk.extremes = [value for value in chunk.extremes if value.rstrip(b"\x80").strip(b"\0")]
        if chunk.extremes and not pa.types.is_boolean(kind):
            yield _Wanted.of(chunk.place, EXTREMES, _as_rows(chunk.extremes, chunk.physical, kind))

    def _compared(self, number: int, column: str, wanted: list[_Wanted]) -> Iterator[Unread]:
        first = next(place for place, (name, _path) in enumerate(self._leaves) if name == column)
        for leaves in self._batches(number, column):
            for each in wanted:
                each.look(leaves[each.leaf - first])
            if all(each.is_seen.all() for each in wanted):
                return
        cut = [each for each in wanted if each.place == EXTREMES and not each.is_seen.all()]
        for leaves in self._batches(number, column) if cut else ():
            for each in cut:
                each.look_for_cut(leaves[each.leaf - first])
        for each in wanted:
            yield from each.unread(self._leaves[each.leaf][1])

    def _batches(self, number: int, column: str) -> Iterator[list[pa.Array]]:
        for batch in self._rows.iter_batches(_ROWS, row_groups=[number], columns=[column], use_threads=False):
            yield [_comparable(leaf) for leaf in flat_leaves(batch.column(0))]


def _names(fields: Sequence[pa.Field]) -> set[str]:
    """The names of columns and of all that is nested in them, lists' items too."""
    found = {field.name for field in fields}
    for kind in (field.type for field in fields):
        inside = [kind.key_field, kind.item_field] if pa.types.is_map(kind) else []
        if not inside and pa.types.is_nested(kind):
            inside = [kind.field(number) for number in range(kind.num_fields)]
        found |= _names(inside)
    return found


def _leaf_paths(field: pa.Field) -> list[str]:
    """A path for each of a column's leaves; its name where plans know them by no other."""
    paths, kinds = list(leaf_types(pa.schema([field]))), list(_leaf_kinds(field.type))
    return paths if len(paths) == len(kinds) else [field.name] * len(kinds)


def flat_leaves(values: pa.Array) -> Iterator[pa.Array]:
    """The leaves of a column in the order of Parquet's: values of rows, without nulls of what lies above them."""
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        yield from flat_leaves(values.storage)
    elif pa.types.is_struct(kind):
        for child in values.flatten():
            yield from flat_leaves(child)
    elif pa.types.is_map(kind):
        entries = values.take(pa.array(np.arange(len(values))))
        yield from flat_leaves(entries.keys)
        yield from flat_leaves(entries.items)
    elif pa.types.is_nested(kind):
        yield from flat_leaves(values.flatten())
    else:
        yield values


def _leaf_kinds(kind: pa.DataType) -> Iterator[pa.DataType]:
    if isinstance(kind, pa.BaseExtensionType):
        yield from _leaf_kinds(kind.storage_type)
    elif pa.types.is_map(kind):
        yield from _leaf_kinds(kind.key_type)
        yield from _leaf_kinds(kind.item_type)
    elif pa.types.is_nested(kind):
        for number in range(kind.num_fields):
            yield from _leaf_kinds(kind.field(number).type)
    elif pa.types.is_dictionary(kind):
        yield from _leaf_kinds(kind.value_type)
    else:
        yield kind


def _comparable(values: pa.Array) -> pa.Array:
    """Rows as :func:`_as_rows` makes them of what is stored: bytes for texts and for what Arrow does not look up."""
    values = plain(values)
    if pa.types.is_float16(values.type):
        return values.view(pa.uint16())
    if pa.types.is_fixed_size_binary(values.type):
        return values.cast(pa.binary()).cast(pa.large_binary())
    return values.cast(pa.large_binary()) if is_text(values.type) else values


def _entries(data: bytes, number: int, physical: int, width: int) -> list[bytes]:
    """A dictionary's entries, which stand one behind the other, texts behind their lengths.

    :raises MalformedError: more or less stands there.
    """
    if physical != _BYTES:
        size = {_INT96: 12, _FIXED: width}.get(physical) or np.dtype(_NUMBERS[physical]).itemsize
        if len(data) != size * number:
            raise MalformedError
        return [data[place : place + size] for place in range(0, len(data), size)]
    found, place = [], 0
    for _ in range(number):
        begin = place + 4
        place = begin + int.from_bytes(data[place:begin], "little")
        found.append(data[begin:place])
    if place != len(data):
        raise MalformedError
    return found


def _as_rows(stored: Sequence[bytes], physical: int, kind: pa.DataType) -> pa.Array:
    """Values as they are stored, as the rows of the column hold them.

    :raises MalformedError: they are no such values.
    """
    if pa.types.is_decimal(kind):
        order: Literal["big", "little"] = "big" if physical in {_BYTES, _FIXED} else "little"
        numbers = [int.from_bytes(value, order, signed=True) for value in stored]
        return pa.array([Decimal(number).scaleb(-kind.scale, _DIGITS) for number in numbers], kind)
    if pa.types.is_float16(kind):
        return pa.array(np.frombuffer(b"".join(stored), "<u2"))
    if physical in {_BYTES, _FIXED}:
        return pa.array(list(stored), pa.large_binary())
    if physical == _INT96:
        parts = np.frombuffer(b"".join(stored), [("time", "<i8"), ("day", "<i4")])
        moments = (parts["day"].astype(np.int64) - _EPOCH) * _NANOSECONDS_A_DAY + parts["time"]
        return pa.array(moments).view(pa.timestamp("ns")).cast(kind, safe=False)
    if physical not in _NUMBERS:
        raise MalformedError
    numbers = pa.array(np.frombuffer(b"".join(stored), _NUMBERS[physical]))
    if pa.types.is_date64(kind):
        return numbers.view(pa.date32()).cast(kind)
    if pa.types.is_integer(kind) and kind.bit_width < 32:
        return numbers.cast(kind, safe=False)
    return numbers.view(kind)


def _readable(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
