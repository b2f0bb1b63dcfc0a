"""Metadata of files that nobody judges: what is left of it when a copy is written, and whether a copy has more.

Schemas, columns, parts of nested columns and batches carry keys and values of anybody's choice, which no reader shows
and no gate reads row by row.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.masking.stores import input_file

FIELD_ID = b"PARQUET:field_id"
SAFE_FIELD_KEYS = (FIELD_ID, b"ARROW:extension:name", b"ARROW:extension:metadata")
"""What says how to read a column."""
STORED_SCHEMA = b"ARROW:schema"
"""Where Arrow keeps the types that Parquet does not know."""
PANDAS = b"pandas"
_SAFE_COLUMN_KEYS = ("encoding", "timezone", "ordered", "precision", "scale")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_/+:\[\], -]{0,40}")
"""Names of types, of encodings and of time zones."""
_VERSION = re.compile(r"\d{1,3}(\.\d{1,3}){1,3}([a-z+.]{1,5}\d{0,4})?")
LONGEST_WRITER = 100
"""Characters of the name that a program gives itself in a Parquet file."""

Metadata = dict[bytes, bytes]


def safe_schema(schema: pa.Schema) -> pa.Schema:
    """``schema`` without metadata that could repeat values of the data."""
    pandas = safe_pandas((schema.metadata or {}).get(PANDAS), schema.names)
    return pa.schema([safe_field(field) for field in schema], {PANDAS: pandas} if pandas else None)


def safe_field(field: pa.Field) -> pa.Field:
    """``field``, and what is nested in it, without metadata that could repeat values of the data.

    :raises UnicodeDecodeError: its name, which nobody looked at so far, is not UTF-8.
    """
    kept = {key: value for key, value in (field.metadata or {}).items() if key in SAFE_FIELD_KEYS}
    return pa.field(field.name, _safe_type(field.type), field.nullable, kept or None)


def _safe_type(kind: pa.DataType) -> pa.DataType:
    types = pa.types
    if types.is_struct(kind):
        return pa.struct([safe_field(item) for item in kind])
    if types.is_map(kind):
        return pa.map_(safe_field(kind.key_field), safe_field(kind.item_field), keys_sorted=kind.keys_sorted)
    if types.is_fixed_size_list(kind):
        return pa.list_(safe_field(kind.value_field), kind.list_size)
    for is_kind, make in (
        (types.is_list, pa.list_),
        (types.is_large_list, pa.large_list),
        (types.is_list_view, pa.list_view),
        (types.is_large_list_view, pa.large_list_view),
    ):
        if is_kind(kind):
            return make(safe_field(kind.value_field))
    return kind


def safe_pandas(text: bytes | None, names: Sequence[str]) -> bytes | None:
    """What pandas needs to find its index again: columns by name, and types; all that people may set is left out."""
    if text is None:
        return None
    try:
        document = json.loads(text)
        safe = {
            "index_columns": [_safe_index(item, names) for item in document["index_columns"]],
            "column_indexes": [_safe_column(item, names) for item in document.get("column_indexes", [])],
            "columns": [_safe_column(item, names) for item in document["columns"]],
        }
        if _VERSION.fullmatch(str(document.get("pandas_version", ""))):
            safe["pandas_version"] = document["pandas_version"]
        return json.dumps(safe).encode()
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _safe_index(stated: Any, names: Sequence[str]) -> Any:
    if isinstance(stated, dict):
        return {"kind": "range", "name": None} | {key: int(stated[key]) for key in ("start", "stop", "step")}
    if stated not in names:
        raise ValueError("an index that is no column")
    return stated


def _safe_column(stated: Any, names: Sequence[str]) -> dict[str, Any]:
    found = {key: stated[key] if stated.get(key) in names else None for key in ("name", "field_name")}
    kinds = {key: str(stated.get(key)) for key in ("pandas_type", "numpy_type")}
    if not all(_TYPE.fullmatch(kind) for kind in kinds.values()):
        raise ValueError("a type that is none")
    metadata = {
        key: value
        for key, value in (stated.get("metadata") or {}).items()
        if key in _SAFE_COLUMN_KEYS and (isinstance(value, int | None) or _TYPE.fullmatch(str(value)))
    }
    return found | kinds | {"metadata": metadata or None}


def foreign_metadata(file: Any, like: pa.Schema) -> Iterator[str]:
    """Keys of ``file``, a copy, for which its source's schema ``like`` gives no reason.

    :raises OSError: it cannot be read.
    """
    if file.kind == "Parquet":
        yield from _of_parquet(file, like)
    elif file.kind == "Arrow IPC":
        yield from _of_arrow(file, like)


def _of_parquet(file: Any, like: pa.Schema) -> Iterator[str]:
    with pq.ParquetFile(input_file(file.path)) as opened:
        stored: Metadata = dict(opened.metadata.metadata or {})
        written = stored.pop(STORED_SCHEMA, None)
        yield from _foreign(stored, like)
        yield from _of_fields(opened.schema_arrow, like)
        if len(str(opened.metadata.created_by or "")) > LONGEST_WRITER:
            yield "created_by"
    if written is not None:  # Arrow refuses to open a file in which it is none
        schema = pa.ipc.read_schema(pa.py_buffer(b64decode(written)))
        yield from _foreign(dict(schema.metadata or {}), like)
        yield from _of_fields(schema, like)


def _of_arrow(file: Any, like: pa.Schema) -> Iterator[str]:
    with input_file(file.path) as source:
        opened = (pa.ipc.open_stream if file.is_stream else pa.ipc.open_file)(source)
        yield from _foreign(dict(opened.schema.metadata or {}), like)
        yield from _of_fields(opened.schema, like)
        batches = (
            opened.iter_batches_with_custom_metadata()
            if file.is_stream
            else (opened.get_batch_with_custom_metadata(number) for number in range(opened.num_record_batches))
        )
        for _, metadata in batches:
            yield from (_shown(key) for key in dict(metadata or {}))


def _foreign(metadata: Metadata, like: pa.Schema) -> Iterator[str]:
    """Keys whose values are not those of the source's schema; what pandas needs may differ from file to file."""
    expected = like.metadata or {}
    for key, value in metadata.items():
        if expected.get(key) != value and not (key == PANDAS and _says_the_same(value, safe_pandas(value, like.names))):
            yield _shown(key)


def _says_the_same(value: bytes, safe: bytes | None) -> bool:
    return safe is not None and json.loads(value) == json.loads(safe)


def _of_fields(schema: pa.Schema, like: pa.Schema) -> Iterator[str]:
    theirs = dict(_fields(list(like), ()))
    for path, metadata in _fields(list(schema), ()):
        expected = theirs.get(path, {})
        yield from (_shown(key) for key, value in metadata.items() if key != FIELD_ID and expected.get(key) != value)


def _fields(fields: list[pa.Field], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Metadata]]:
    """Path -> metadata of each column and each part of nested ones."""
    for field in fields:
        path = (*above, field.name)
        yield path, dict(field.metadata or {})
        kind = field.type
        if pa.types.is_map(kind):
            yield from _fields([kind.key_field, kind.item_field], path)
        elif pa.types.is_nested(kind):
            yield from _fields([kind.field(number) for number in range(kind.num_fields)], path)


def _shown(key: bytes) -> str:
    return key.decode("utf-8", "replace")
