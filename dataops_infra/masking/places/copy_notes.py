"""The table beside a masked copy in a file of its own: its manifest, and what the database does not keep by itself.

Where a database lays rows in another order than they came in, the order is noted; where a table could not bear the name
that plans call it by, so is that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from dataops_infra.masking.places.names import TableName

MANIFEST_TABLE = TableName("main", "_dataops_manifest")
"""``name``, ``content``. Row ``manifest`` is the manifest's JSON."""
ROWS_PER_BATCH = 65_536
_MANIFEST, _ORDER, _TABLE = "manifest", "order:", "table:"
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


def read_notes(database: Connection) -> Notes:
    """What stands in the table of the notes, which is there. What is no bytes is not ours."""
    query = f"SELECT name, content FROM {MANIFEST_TABLE.sql}"  # noqa: S608 - a constant
    rows = database.execute(query).fetchall()
    found = {name: content for name, content in rows if isinstance(name, str) and isinstance(content, bytes)}

    def noted(kind: str) -> dict[str, bytes]:
        return {name.removeprefix(kind): content for name, content in found.items() if name.startswith(kind)}

    return Notes(found.get(_MANIFEST), noted(_ORDER), tuple(noted(_TABLE)))


def write_notes(database: Connection, notes: Notes) -> None:
    """Make the table of the notes."""
    database.execute(f"CREATE TABLE {MANIFEST_TABLE.sql} (name VARCHAR PRIMARY KEY, content BLOB)")
    database.executemany(f"INSERT INTO {MANIFEST_TABLE.sql} VALUES (?, ?)", list(_rows(notes)))  # noqa: S608


def _rows(notes: Notes) -> Iterator[tuple[str, bytes]]:
    if notes.manifest is not None:
        yield _MANIFEST, notes.manifest
    yield from ((f"{_ORDER}{name}", order) for name, order in notes.orders.items())
    yield from ((f"{_TABLE}{name}", b"") for name in notes.tables)


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
