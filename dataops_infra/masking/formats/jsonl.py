"""JSON Lines: an object per line; one pass finds the types of all lines, a second one reads them.

Whole numbers stay whole, also beyond 64 bits; a number that a double cannot tell exactly is a decimal. Texts are never
taken for dates. A missing key is null, and is written as null.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json as arrow_json

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats.base import BATCH_ROWS, bounded, checked, reading
from dataops_infra.masking.formats.spreading import spread_rows
from dataops_infra.masking.formats.streams import open_input, open_output

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst")
KIND = "JSON Lines"
MAXIMUM_DEPTH = 100
_LEAST_BLOCK = 4 * 1024 * 1024
_INT64 = (-(2**63), 2**63 - 1)
EXACT_IN_DOUBLE = 2**53
"""Whole numbers beyond may be others as doubles."""
_DECIMAL_DIGITS = 76
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""An escape of half a character, of which two make one."""


class Mixed(Exception):
    """A key holds values of kinds that no one type takes."""

    def __init__(self, path: str, kinds: Sequence[str]) -> None:
        super().__init__(path)
        self.path, self.kinds = path, kinds


@dataclass
class Shape:
    """What was seen under one key."""

    has_bool: bool = False
    has_text: bool = False
    has_float: bool = False
    has_int: bool = False
    is_inexact: bool = False
    """Some number is not told exactly by a double."""
    whole_digits: int = 0
    scale: int = 0
    least: int = 0
    greatest: int = 0
    fields: "dict[str, Shape] | None" = None
    items: "Shape | None" = None

    def kinds(self) -> list[str]:
        """The kinds of values, in words."""
        seen = {
            "true or false": self.has_bool,
            "texts": self.has_text,
            "numbers": self.has_int or self.has_float,
            "objects": self.fields is not None,
            "lists": self.items is not None,
        }
        return [name for name, is_seen in seen.items() if is_seen]


@dataclass
class Seen:
    """What one pass over a file found."""

    shape: Shape = field(default_factory=lambda: Shape(fields={}))
    rows: int = 0
    longest: int = 0
    """Bytes of the longest line."""


class JsonLinesFile:
    """One JSON Lines file, read with the types of its table."""

    kind = KIND

    def __init__(self, path: Path, seen: Seen, schema: pa.Schema) -> None:
        self.path, self._seen, self.schema, self.rows = path, seen, schema, seen.rows

    @property
    def shape(self) -> Shape:
        """What was seen in its lines, whatever the types say."""
        return self._seen.shape

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order.

        :raises MaskingError: a line is no object, or does not fit the types.
        """
        if not self.rows:
            return
        found = self._exact() if _has_decimals(self.schema) or self._seen.longest > 2**30 else self._fast()
        for batch in bounded(found):
            yield batch if columns is None else batch.select(list(columns))

    def encoded_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`: JSON has no dictionaries."""
        return self.batches(columns)

    def quick_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, texts checked."""
        return checked(self.batches(columns), self.path)

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        """As :meth:`batches`, which are small."""
        return self.batches(columns)

    def sample(self, rows: int) -> pa.Table:
        """Rows from all over the file, always the same ones."""
        return spread_rows(self.batches(), self.schema, rows)

    def writer(self, target: Path) -> "JsonLinesWriter":
        """A writer with this file's compression."""
        return JsonLinesWriter(target)

    def _fast(self) -> Iterator[pa.RecordBatch]:
        options = arrow_json.ParseOptions(
            explicit_schema=self.schema, newlines_in_values=False, unexpected_field_behavior="error"
        )
        block = max(_LEAST_BLOCK, 2 * self._seen.longest)
        with reading(self.path, KIND), open_input(self.path) as file, self._fitting():
            read = arrow_json.ReadOptions(use_threads=False, block_size=block)
            for batch in arrow_json.open_json(file, read, options):
                yield pa.RecordBatch.from_arrays([batch.column(name) for name in self.schema.names], schema=self.schema)

    def _exact(self) -> Iterator[pa.RecordBatch]:
        waiting: list[Any] = []
        for _, row in objects(self.path):
            waiting.append(row)
            if len(waiting) >= BATCH_ROWS // 8:
                yield self._batch(waiting)
                waiting = []
        if waiting:
            yield self._batch(waiting)

    def _batch(self, rows: list[Any]) -> pa.RecordBatch:
        with reading(self.path, KIND), self._fitting():
            return pa.RecordBatch.from_pylist([_fitted(row, self.schema) for row in rows], schema=self.schema)

    @contextmanager
    def _fitting(self) -> Iterator[None]:
        """All lines are known to be JSON: what the library refuses now does not fit the types.

        :raises MaskingError: a copy is not like its source, whose types it is read with, or the file has changed.
        """
        try:
            yield
        except (TypeError, ValueError):
            raise MaskingError(
                f"{shown_path(self.path)} holds keys or types of values that its table does not have, such as numbers "
                "in quotes; a copy was changed then: mask its source again"
            ) from None


class JsonLinesWriter:
    """Writes an object per row, keys in the order of the schema."""

    def __init__(self, target: Path) -> None:
        self._file = open_output(target)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of ``batch``."""
        if _has_decimals(batch.schema):
            for row in batch.to_pylist():
                self._file.write((_dumped(row) + "\n").encode())
            return
        import polars as pl

        frame = pl.DataFrame(pl.from_arrow(batch))
        frame.columns = batch.schema.names  # polars calls a column without a name otherwise
        self._file.write(frame.write_ndjson().encode())

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    abort = close


def look_through(path: Path) -> Seen:
    """The kinds of all values of a file.

    :raises MaskingError: a line is no JSON object; named by its number.
    """
    seen = Seen()
    for size, row in objects(path):
        seen.rows += 1
        seen.longest = max(seen.longest, size)
        _note(seen.shape, row)
    return seen


def unified_schema(table: str, seen: Mapping[Path, Seen]) -> pa.Schema:
    """The types that take the values of all files of a table.

    :raises MaskingError: a key holds values that no one type takes.
    """
    whole = Shape(fields={})
    for each in seen.values():
        _merge(whole, each.shape)
    try:
        return pa.schema([(name, _type_of(name, shape)) for name, shape in (whole.fields or {}).items()])
    except Mixed as mixed:
        raise MaskingError(
            f"table {table}: {mixed.path} holds {' and '.join(mixed.kinds)}; write values of one kind under one key"
        ) from None


def objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(bytes of the line, its object), numbers that are no whole ones as :class:`Decimal`."""
    decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object)
    with reading(path, KIND), open_input(path) as file:
        for number, line in enumerate(_lines(file), 1):
            if not line.strip():
                continue
            yield len(line), _decoded(path, number, line, decoder)


def _decoded(path: Path, number: int, line: bytes, decoder: json.JSONDecoder) -> dict[str, Any]:
    where = f"{shown_path(path)}:{number}"
    try:
        row = decoder.decode(line.decode("utf-8-sig" if number == 1 else "utf-8").strip())
    except UnicodeDecodeError as error:
        raise MaskingError(f"{where}: byte {error.start + 1} is not UTF-8 text; save the file as UTF-8") from None
    except RecursionError:
        raise MaskingError(f"{where} is nested too deeply") from None
    except _Repeated:
        raise MaskingError(f"{where}: a key stands twice in one object") from None
    except ValueError:
        raise MaskingError(f"{where} is not JSON; every line must be one object") from None
    if not isinstance(row, dict):
        raise MaskingError(f"{where} is not an object; every line must be one")
    if _HALF.search(line) is not None and not _is_text(row):
        raise MaskingError(
            f"{where}: a text holds half a character, a code from \\ud800 to \\udfff without its other half; write the "
            "whole character, or \\ufffd"
        )
    return row


def _is_text(row: dict[str, Any]) -> bool:
    """Whether all texts of a row, its keys included, are made of whole characters."""
    try:
        json.dumps(row, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(file: Any) -> Iterator[bytes]:
    rest = b""
    parts: list[bytes] = []
    while block := file.read(1024 * 1024):
        if b"\n" not in block:
            parts.append(block)
            continue
        *whole, rest = b"".join([*parts, block]).split(b"\n")
        yield from whole
        parts = [rest]
    if last := b"".join(parts):
        yield last


class _Repeated(ValueError):
    """A key stands twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Repeated
    return found


def _refuse_constant(_name: str) -> Any:
    raise ValueError


def _note(shape: Shape, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, str):
        shape.has_text = True
    elif isinstance(value, bool):
        shape.has_bool = True
    elif isinstance(value, int):
        shape.has_int = True
        shape.least, shape.greatest = min(shape.least, value), max(shape.greatest, value)
    elif isinstance(value, Decimal):
        _note_decimal(shape, value)
    elif isinstance(value, dict):
        shape.fields = {} if shape.fields is None else shape.fields
        for name, item in value.items():
            _note(shape.fields.setdefault(name, Shape()), item)
    else:
        shape.items = shape.items or Shape()
        for item in value:
            _note(shape.items, item)


def _note_decimal(shape: Shape, value: Decimal) -> None:
    shape.has_float = True
    _sign, digits, exponent = value.as_tuple()
    places = max(0, -int(exponent))
    shape.scale = max(shape.scale, places)
    shape.whole_digits = max(shape.whole_digits, len(digits) + int(exponent))
    if Decimal(repr(float(value))) != value:
        shape.is_inexact = True


def _merge(into: Shape, other: Shape) -> None:
    for flag in ("has_bool", "has_text", "has_float", "has_int", "is_inexact"):
        setattr(into, flag, getattr(into, flag) or getattr(other, flag))
    into.whole_digits, into.scale = max(into.whole_digits, other.whole_digits), max(into.scale, other.scale)
    into.least, into.greatest = min(into.least, other.least), max(into.greatest, other.greatest)
    if other.fields is not None:
        into.fields = {} if into.fields is None else into.fields
        for name, shape in other.fields.items():
            _merge(into.fields.setdefault(name, Shape()), shape)
    if other.items is not None:
        into.items = into.items or Shape()
        _merge(into.items, other.items)


def _type_of(path: str, shape: Shape) -> pa.DataType:
    kinds = shape.kinds()
    if len(kinds) > 1:
        raise Mixed(path, kinds)
    if shape.fields is not None:
        return pa.struct([(name, _type_of(f"{path}.{name}", inner)) for name, inner in shape.fields.items()])
    if shape.items is not None:
        return pa.list_(_type_of(f"{path}[]", shape.items))
    if shape.has_bool:
        return pa.bool_()
    if shape.has_int or shape.has_float:
        return _number_type(path, shape)
    return pa.string()  # also of a key that is null in every line


def _number_type(path: str, shape: Shape) -> pa.DataType:
    if not shape.has_float and _INT64[0] <= shape.least and shape.greatest <= _INT64[1]:
        return pa.int64()
    beyond = max(-shape.least, shape.greatest) > EXACT_IN_DOUBLE
    if shape.has_float and not shape.is_inexact and not beyond:
        return pa.float64()
    whole = max(shape.whole_digits, len(str(max(-shape.least, shape.greatest))), 1)
    if whole + shape.scale > _DECIMAL_DIGITS:
        raise Mixed(path, ["numbers of more than 76 digits"])
    make = pa.decimal128 if whole + shape.scale <= 38 else pa.decimal256
    return make(whole + shape.scale, shape.scale)


def _has_decimals(schema: pa.Schema | pa.DataType) -> bool:
    return "decimal" in str(schema)


def _fitted(row: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    return {item.name: _value(row.get(item.name), item.type) for item in schema}


def _value(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        if type(value) is not dict:
            raise TypeError
        return {item.name: _value(value.get(item.name), item.type) for item in kind}
    if pa.types.is_list(kind):
        if type(value) is not list:
            raise TypeError
        return [_value(item, kind.value_type) for item in value]
    if not (pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return value
    if isinstance(value, (str, bool)):
        raise TypeError
    return float(value) if pa.types.is_floating(kind) else Decimal(value)


def _dumped(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_dumped(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_dumped, value)) + "]"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return json.dumps(value, ensure_ascii=False)
