"""The table beside a masked copy in a file of its own: its manifest, and what the database does not keep by itself.

Where a database lays rows in another order than they came in, the order is noted; where a table could not bear the name
that plans call it by, so is that; and the types that columns had before the database made its own of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.names import TableName

MANIFEST_TABLE = TableName("main", "_dataops_manifest")
"""``name``, ``content``. Row ``manifest`` is the manifest's JSON."""
ROWS_PER_BATCH = 65_536
_MANIFEST, _ORDER, _TABLE, _SCHEMA = "manifest", "order:", "table:", "schema:"
_PLACE_BYTES = 8


class Connection(Protocol):
    """What the libraries of both databases offer alike."""

    def execute(self, statement: str, /) -> Any:
        """A statement's answer."""

    def executemany(self, statement: str, rows: Any, /) -> Any:
        """A statement, once for each row."""


@dataclass(frozen=True)
class Notes:
    """What is noted beside a copy; nothing where there is none."""

    manifest: bytes | None = None
    orders: Mapping[str, bytes] = field(default_factory=dict)
    """Table, as plans call it -> for each row as delivered, its place as stored."""
    tables: tuple[str, ...] = ()
    """What plans call tables whose own names say something else."""
    schemas: Mapping[str, pa.Schema] = field(default_factory=dict)
    """Table, as plans call it -> its columns as delivered."""


def read_notes(database: Connection) -> Notes:
    """What stands in the table of the notes, which is there. What is no bytes is not ours."""
    query = f"SELECT name, content FROM {MANIFEST_TABLE.sql}"  # noqa: S608 - a constant
    rows = database.execute(query).fetchall()
    found = {name: content for name, content in rows if isinstance(name, str) and isinstance(content, bytes)}

    def noted(kind: str) -> dict[str, bytes]:
        return {name.removeprefix(kind): content for name, content in found.items() if name.startswith(kind)}

    schemas = {name: _schema(content) for name, content in noted(_SCHEMA).items()}
    known = {name: schema for name, schema in schemas.items() if schema is not None}
    return Notes(found.get(_MANIFEST), noted(_ORDER), tuple(noted(_TABLE)), known)


def _schema(content: bytes) -> pa.Schema | None:
    try:
        return pa.ipc.read_schema(pa.BufferReader(content))
    except (pa.ArrowException, OSError):
        return None  # it is not ours


def write_notes(database: Connection, notes: Notes) -> None:
    """Make the table of the notes."""
    database.execute(f"CREATE TABLE {MANIFEST_TABLE.sql} (name VARCHAR PRIMARY KEY, content BLOB)")
    database.executemany(f"INSERT INTO {MANIFEST_TABLE.sql} VALUES (?, ?)", list(_rows(notes)))  # noqa: S608


def _rows(notes: Notes) -> Iterator[tuple[str, bytes]]:
    if notes.manifest is not None:
        yield _MANIFEST, notes.manifest
    yield from ((f"{_ORDER}{name}", order) for name, order in notes.orders.items())
    yield from ((f"{_TABLE}{name}", b"") for name in notes.tables)
    for name, schema in notes.schemas.items():
        yield f"{_SCHEMA}{name}", schema.remove_metadata().serialize().to_pybytes()


def as_delivered(
    known_as: str, batches: Iterator[pa.RecordBatch], schema: pa.Schema, notes: Notes
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The rows in the types that they were delivered in, as far as their columns are those of then.

    :raises MaskingError: by the iterator: values are no longer of these types.
    """
    noted = notes.schemas.get(known_as)
    if noted is None or noted.names != schema.names:
        return schema, batches
    return noted, (_typed(known_as, batch, noted) for batch in batches)


def _typed(known_as: str, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    try:
        columns = [_cast(values, kind) for values, kind in zip(batch.columns, schema.types, strict=True)]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        raise MaskingError(
            f"the table {known_as} holds values that are not of the types of the masked copy that it was: mask the "
            "source again"
        ) from None
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """From what a database made of values: their texts, or numbers."""
    if values.type == kind:
        return values
    if values.null_count == len(values):
        return pa.nulls(len(values), kind)
    if pa.types.is_string(values.type) and isinstance(kind, pa.UuidType):
        return pa.array([None if text is None else UUID(text).bytes for text in values.to_pylist()], kind)
    if pa.types.is_string(values.type) and pa.types.is_time(kind):
        moments = pc.binary_join_element_wise(pa.scalar("1970-01-01"), values, " ")
        return moments.cast(pa.timestamp(kind.unit)).cast(kind)
    return values.cast(kind)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are any bytes."""
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def restored(batches: Iterator[pa.RecordBatch], schema: pa.Schema, order: bytes | None) -> Iterator[pa.RecordBatch]:
    """The rows in the order that they were delivered in.

    :param order: for each row as delivered, its place as stored, as little-endian int64; None = they are the same.
    """
    if order is None:
        yield from batches
        return
    table = pa.Table.from_batches(batches, schema)
    places = np.frombuffer(order[: len(order) // _PLACE_BYTES * _PLACE_BYTES], dtype="<i8")
    if not np.array_equal(np.sort(places), np.arange(table.num_rows)):
        yield from table.to_batches()  # rows were added or removed since, or it is not ours: the gate will say so
        return
    yield from table.take(pa.array(places)).to_batches(max_chunksize=ROWS_PER_BATCH)


def stored_places(order_of_storing: Sequence[int] | np.ndarray) -> bytes:
    """What :func:`restored` takes, from the delivered row that stands at each place as stored."""
    stored = np.asarray(order_of_storing, dtype="<i8")
    places = np.empty(len(stored), dtype="<i8")
    places[stored] = np.arange(len(stored), dtype="<i8")
    return places.tobytes()
