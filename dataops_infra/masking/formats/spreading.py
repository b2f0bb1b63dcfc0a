"""Even samples of rows: always the same ones, from the first row to the last, whatever order they stand in.

A row is taken when the fractional part of its number times the golden ratio is small enough (Fibonacci hashing, Knuth,
The Art of Computer Programming 3, 6.4): the rows so taken have gaps of at most three sizes (three-distance theorem),
and no period of the data falls into step with them. How many rows there are need not be known before.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio."""
_WAITING = 4
"""Rows that wait for the choice, in samples: more rows in memory, less work."""


def spread_rows(batches: Iterator[pa.RecordBatch], schema: pa.Schema, rows: int) -> pa.Table:
    """``rows`` rows of ``batches``, evenly spread over them and in their order; all where there are no more."""
    kept, done, bound = pa.Table.from_batches([], schema), 0, np.uint64(2**64 - 1)
    places = np.empty(0, np.uint64)
    for batch in batches if rows else ():
        numbers = np.arange(done, done + batch.num_rows, dtype=np.uint64) * _GOLDEN
        done += batch.num_rows
        chosen = np.flatnonzero(numbers <= bound)
        if not len(chosen):
            continue
        places = np.concatenate([places, numbers[chosen]])
        kept = pa.concat_tables([kept, rows_at(batch, chosen)])
        if len(places) > _WAITING * rows:
            kept, places = _fewer(kept, places, rows)
            bound = places.max()
    return _fewer(kept, places, rows)[0] if len(places) > rows else kept


def spread_places(count: int, rows: int) -> np.ndarray:
    """The numbers, in order, of the rows that :func:`spread_rows` takes of ``count``."""
    numbers = np.arange(count, dtype=np.uint64) * _GOLDEN
    return np.sort(np.argpartition(numbers, rows)[:rows]) if rows < count else np.arange(count)


def rows_of(batches: Iterator[pa.RecordBatch], schema: pa.Schema, places: np.ndarray) -> pa.Table:
    """The rows of a stream at ``places``, which are in order; what follows the last of them is not asked for."""
    parts, done = [pa.Table.from_batches([], schema)], 0
    while len(places) and (batch := next(batches, None)) is not None:
        here = int(np.searchsorted(places, done + batch.num_rows))
        if here:
            parts.append(rows_at(batch, places[:here] - done))
        places, done = places[here:], done + batch.num_rows
    return pa.concat_tables(parts)


def spread_depths(count: int, least: float) -> list[float]:
    """``count`` shares from ``least`` to 1, in no order that data might have, evenly spread; the last is 1."""
    turns = [number * float(_GOLDEN) / 2.0**64 % 1 for number in range(1, count)]
    return [*(least + (1 - least) * turn for turn in turns), *([1.0] if count else [])]


def spread_numbers(count: int, at_most: int) -> list[int]:
    """``at_most`` of the numbers below ``count``, evenly spread, with the first and the last."""
    if count <= at_most:
        return list(range(count))
    return sorted({round(n * (count - 1) / max(at_most - 1, 1)) for n in range(at_most)})


def rows_at(batch: pa.RecordBatch, places: np.ndarray) -> pa.Table:
    """The rows of ``batch`` at ``places``, also of types that Arrow cannot take single values of."""
    columns = [_values_at(column, places) for column in batch.columns]
    return pa.Table.from_arrays(columns, schema=batch.schema)


def _values_at(column: pa.Array, places: np.ndarray) -> pa.Array:
    try:
        return column.take(pa.array(places))
    except pa.ArrowNotImplementedError:
        return pa.concat_arrays([column.slice(int(place), 1) for place in places])


def _fewer(kept: pa.Table, places: np.ndarray, rows: int) -> tuple[pa.Table, np.ndarray]:
    chosen = np.sort(np.argsort(places, kind="stable")[:rows])
    # Batch by batch: a table of some types cannot take rows over the bounds of its chunks.
    parts, first = [pa.Table.from_batches([], kept.schema)], 0
    for batch in kept.to_batches():
        here = chosen[(chosen >= first) & (chosen < first + batch.num_rows)] - first
        first += batch.num_rows
        if len(here):
            parts.append(rows_at(batch, here))
    return pa.concat_tables(parts), places[chosen]
