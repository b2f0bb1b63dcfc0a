"""Counts the distinct combinations of some columns over a stream of record batches.

Memory is bounded by the number of distinct combinations, not by the number of rows: batches are counted one by one and
merged as soon as what is pending outgrows what is settled.
"""

from collections.abc import Iterable, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.errors import MaskingError
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.masker import BatchRows

ROWS = "rows"
"""The column that says how many rows hold a combination."""
PENDING_ROWS = 1_000_000
"""Counted combinations that may wait to be merged; below this merging costs more than it frees."""

PENDING_SHARE = 0.3
"""The same as a share of what is settled: more takes memory, less time."""

UNCOUNTABLE = (
    "cannot be a quasi-identifier or sensitive: name columns with one number, date, text or truth value per row"
)
"""Said of columns that are."""
BUCKETS = 16
"""Parts in which combinations are settled: the more, the less memory beside what is settled."""
_BUCKET = "bucket"


def column_name(position: int) -> str:
    """What the ``position``-th counted column is called: not its own name, which may be any text."""
    return f"c{position}"


def comparable(values: pa.Array) -> pa.Array:
    """The same values in a type that polars and numpy compare as people do: no dictionaries, no rare widths."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return comparable(values.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return values.cast(pa.large_string())
    if pa.types.is_float16(kind):
        return values.cast(pa.float32())
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return values.cast(pa.decimal128(kind.precision, kind.scale))
    return values


def refuse_uncountable(schema: pa.Schema, paths: Iterable[str], table: str) -> None:
    """Check that ``paths`` are single values per row, of types that have an equality people share.

    :raises MaskingError: names the table and every column that is not.
    """
    leaves = leaf_types(schema)
    wrong = [path for path in paths if path not in leaves or not is_countable(path, leaves[path])]
    if wrong:
        raise MaskingError(f"{table}: {', '.join(wrong)} {UNCOUNTABLE}")


def is_countable(path: str, kind: pa.DataType) -> bool:
    """Whether a leaf has one value per row, of a type with an equality people share."""
    if pa.types.is_dictionary(kind):
        return is_countable(path, kind.value_type)
    return "[]" not in path and not (
        pa.types.is_decimal256(kind) or pa.types.is_interval(kind) or pa.types.is_nested(kind)
    )


def leaf(batch: pa.RecordBatch, path: str) -> pa.Array:
    """The comparable values of one leaf."""
    return comparable(BatchRows(batch).column(path))


def as_frame(columns: Sequence[pa.Array]) -> pl.DataFrame:
    """The columns as a frame whose columns are called by :func:`column_name`; -0.0 is 0.0, texts are categories."""
    arrays = [
        pc.add(column, pa.scalar(0.0, column.type)) if pa.types.is_floating(column.type) else column
        for column in columns
    ]
    names = [column_name(position) for position in range(len(arrays))]
    frame = pl.from_arrow(pa.Table.from_arrays(arrays, names=names))
    assert isinstance(frame, pl.DataFrame)
    # Four bytes a text instead of sixteen, and numbers to compare.
    return frame.with_columns(pl.col(pl.String).cast(pl.Categorical))


class CombinationCounter:
    """How many rows hold each combination of some columns of the frames that were added.

    Combinations are settled in :data:`BUCKETS` by their hash, one after the other, because polars needs several times
    the memory of what it groups.
    """

    def __init__(self, columns: Sequence[str], pending_rows: int = PENDING_ROWS) -> None:
        self._columns, self._pending_rows = list(columns), pending_rows
        self._settled: list[pl.DataFrame] = []
        self._pending: list[pl.DataFrame] = []
        self._waiting = self._settled_rows = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of one frame."""
        counted = frame.group_by(self._columns).agg(pl.len().cast(pl.Int64).alias(ROWS))
        self._pending.append(counted)
        self._waiting += counted.height
        if self._waiting > max(self._pending_rows, self._settled_rows * PENDING_SHARE):
            self._settle()

    def counted(self) -> pl.DataFrame | None:
        """The combinations, in no order, with their :data:`ROWS`; None when no frame was added."""
        if self._pending:
            self._settle()
        return pl.concat(self._settled) if self._settled else None

    def _settle(self) -> None:
        together = pl.concat(self._pending)
        self._pending, self._waiting = [], 0
        bucket = pl.struct(self._columns).hash() % BUCKETS
        parted = together.with_columns(bucket.alias(_BUCKET)).partition_by(_BUCKET, as_dict=True, include_key=False)
        settled = self._settled or [together.clear() for _ in range(BUCKETS)]
        for (number,), part in parted.items():
            merged = pl.concat([settled[number], part]).group_by(self._columns).agg(pl.col(ROWS).sum())
            settled[number] = merged
        self._settled, self._settled_rows = settled, sum(frame.height for frame in settled)
