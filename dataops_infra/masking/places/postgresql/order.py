"""The order of rows that a table does not keep by itself.

A plain table that was emptied and filled by one COPY lies as it was filled. A partitioned one lies partition by
partition, and where masking moved rows from one to another, or a page of one was filled up later, no order of reading
gives the copy's back. So after loading, rows are read again and matched with those that were sent, by a hash of all
their values; equal rows may stand for each other. What is noted is the place in the copy of every row as it is read.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

Places = npt.NDArray[np.int64]
WINDOW_ROWS = 262_144
"""Rows that are brought into order together."""


def row_hashes(batches: Iterable[pa.RecordBatch]) -> npt.NDArray[np.uint64]:
    """A hash of each row's values, those of nested columns left out."""
    parts = [_hashes(batch) for batch in batches if batch.num_rows]
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def noted_order(sent: npt.NDArray[np.uint64], read: npt.NDArray[np.uint64]) -> bytes | None:
    """What :func:`in_order` takes, from the hashes of rows as sent and as read; None = they match in this order.

    Rows that the server wrote in another notation than they were sent in match none: where there are such, the order
    is not noted, and a gate that compares the copy later will say so.
    """
    by_sent, by_read = np.argsort(sent, kind="stable"), np.argsort(read, kind="stable")
    if len(sent) != len(read) or not np.array_equal(sent[by_sent], read[by_read]):
        return None
    places = np.empty(len(read), np.int64)
    places[by_read] = by_sent
    steps = np.diff(places, prepend=np.int64(-1))
    return None if bool((steps == 1).all()) else zlib.compress(steps.astype("<i8").tobytes(), 1)


def in_order(path: Path, note: bytes) -> None:
    """Bring the rows of the Parquet file ``path`` into the noted order; one of another number of rows stays as it is.

    Rows are taken window by window, so that memory does not grow with the file.
    """
    places = np.cumsum(np.frombuffer(zlib.decompress(note), "<i8")) - 1
    with pq.ParquetFile(path) as file:
        if len(places) != file.metadata.num_rows or not len(places):
            return
        stored = path.with_name(f"_{path.name}.arrow")
        with pa.OSFile(str(stored), "wb") as sink, pa.ipc.new_file(sink, file.schema_arrow) as writer:
            for batch in file.iter_batches(WINDOW_ROWS):
                writer.write_batch(batch)
        schema, group = file.schema_arrow, file.metadata.row_group(0)
        coded = [
            group.column(place).path_in_schema
            for place in range(group.num_columns)
            if group.column(place).has_dictionary_page
        ]
    positions = np.empty(len(places), np.int64)
    positions[places] = np.arange(len(places))
    with pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=coded, write_statistics=False) as target:
        for window in _windows(stored, positions):
            target.write_table(window)
    stored.unlink()


def _windows(stored: Path, positions: Places) -> Iterator[pa.Table]:
    with pa.memory_map(str(stored)) as mapped, pa.ipc.open_file(mapped) as reader:
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
        for start in range(0, len(positions), WINDOW_ROWS):
            yield _taken(batches, starts, positions[start : start + WINDOW_ROWS])


def _taken(batches: Sequence[pa.RecordBatch], starts: Places, positions: Places) -> pa.Table:
    by_position = np.argsort(positions)
    ordered = positions[by_position]
    bounds = np.searchsorted(ordered, starts)
    parts = [
        batch.take(pa.array(ordered[first:last] - start))
        for batch, start, first, last in zip(batches, starts, bounds, bounds[1:], strict=False)
        if last > first
    ]
    back = np.empty(len(positions), np.int64)
    back[by_position] = np.arange(len(positions))
    return pa.Table.from_batches(parts).take(pa.array(back))


def _hashes(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    columns = {
        str(place): _plain(column) for place, column in enumerate(batch.columns) if not pa.types.is_nested(column.type)
    }
    return pl.DataFrame(pa.table(columns)).hash_rows().to_numpy()


def _plain(values: pa.Array) -> pa.Array:
    values = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    return values.storage if isinstance(values.type, pa.BaseExtensionType) else values
