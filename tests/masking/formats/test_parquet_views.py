"""Row groups that polars reads: the same values as Arrow's, and Arrow's words about what is wrong."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats import base, parquet_views
from dataops_infra.masking.formats.parquet import ParquetFile

ROWS = 5000
MOMENT = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
READ_BY_POLARS = {
    "text": pa.array([None if n % 11 == 3 else f"value {n}ä" for n in range(ROWS)], pa.string()),
    "large": pa.array(["" if n % 2 else "x" * (n % 40) + str(n) for n in range(ROWS)], pa.large_string()),
    "empty": pa.nulls(ROWS, pa.int64()),
    "double": pa.array([float("nan") if n % 7 == 0 else n / 3 for n in range(ROWS)]),
    "float": pa.array([n / 3 for n in range(ROWS)], pa.float32()),
    "flag": pa.array([None if n % 5 == 0 else n % 3 == 0 for n in range(ROWS)]),
    "date": pa.array([date(1900 + n % 200, 1 + n % 12, 1 + n % 28) for n in range(ROWS)]),
    "seconds": pa.array([MOMENT.replace(microsecond=0)] * ROWS, pa.timestamp("s")),  # of which Parquet makes ms
    "ms": pa.array([MOMENT.replace(microsecond=0)] * ROWS, pa.timestamp("ms")),
    "us": pa.array([MOMENT] * ROWS, pa.timestamp("us")),
    "ns": pa.array([MOMENT] * ROWS, pa.timestamp("ns")),
    **{
        str(kind): pa.array([n % 100 for n in range(ROWS)], kind)
        for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
    },
}
READ_BY_ARROW = {
    "few": pa.array([f"v{n % 5}" for n in range(ROWS)]),
    "coded": pa.array([f"v{n}" for n in range(ROWS)]).dictionary_encode(),
    "zoned": pa.array([MOMENT] * ROWS, pa.timestamp("us", tz="Europe/Berlin")),
    "price": pa.array([Decimal(n) / 100 for n in range(ROWS)], pa.decimal128(12, 2)),
    "bytes": pa.array([bytes([n % 256, 255]) for n in range(ROWS)]),
    "time": pa.array([MOMENT.time()] * ROWS),
    "length": pa.array(range(ROWS), pa.duration("us")),
    "nested": pa.array([{"a": n, "b": ["x", None]} if n % 3 else None for n in range(ROWS)]),
    "nothing": pa.nulls(ROWS),
}


@pytest.fixture(autouse=True)
def small_groups_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of kilobytes are read as large ones are."""
    monkeypatch.setattr(parquet_views, "LEAST_BYTES", 1)


def written(path: Path, columns: dict[str, pa.Array], **options: object) -> ParquetFile:
    pq.write_table(pa.table(columns), path, **({"row_group_size": 1900} | options))
    return ParquetFile(path)


def quick(file: ParquetFile, columns: list[str] | None = None) -> dict[str, pa.ChunkedArray]:
    """Column -> all that :meth:`quick_batches` gives of it."""
    batches = list(file.quick_batches(columns))
    return {name: pa.chunked_array([batch.column(name) for batch in batches]) for name in batches[0].schema.names}


def same_bits(left: pa.ChunkedArray, right: pa.Array) -> bool:
    """Whether two columns are equal, of numbers bit by bit."""
    sides = [side.combine_chunks() if isinstance(side, pa.ChunkedArray) else side for side in (left, right)]
    if pa.types.is_floating(right.type):
        sides = [side.view(pa.int64() if right.type == pa.float64() else pa.int32()) for side in sides]
    return bool(sides[0].equals(sides[1]))


def plain(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """``column`` in the layout that was written."""
    return column if column.type == kind else column.cast(kind)


@pytest.mark.parametrize("columns", [READ_BY_POLARS, READ_BY_ARROW, {**READ_BY_ARROW, **READ_BY_POLARS}])
def test_values_of_all_types_are_those_that_were_written(
    tmp_path: Path, columns: dict[str, pa.Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 700)  # a row group comes in several
    found = quick(written(tmp_path / "t.parquet", columns))
    assert sorted(found) == sorted(columns)
    unlike = [name for name in columns if not same_bits(plain(found[name], columns[name].type), columns[name])]
    assert unlike == []


def test_only_types_that_both_read_alike_are_left_to_polars(tmp_path: Path) -> None:
    file = written(tmp_path / "t.parquet", {**READ_BY_ARROW, **READ_BY_POLARS})
    with file._open(file.dictionary_columns) as opened:
        views = parquet_views.ParquetViews(file.path, file.metadata, list(opened.schema_arrow))
    assert sorted(views.names) == sorted(READ_BY_POLARS)
    found = quick(file)
    assert {found["text"].type, found["large"].type} == {pa.string_view()}
    assert pa.types.is_dictionary(found["few"].type)


def test_chosen_columns_of_some_row_groups(tmp_path: Path) -> None:
    file = written(tmp_path / "t.parquet", {**READ_BY_ARROW, **READ_BY_POLARS})
    last = file.parts(1)[-1]
    assert last.rows == ROWS - 2 * 1900
    found = quick(last, ["zoned", "text"])
    assert sorted(found) == ["text", "zoned"]
    assert same_bits(plain(found["text"], pa.string()), READ_BY_POLARS["text"].slice(2 * 1900))
    assert quick(last, ["zoned"])["zoned"].combine_chunks().equals(READ_BY_ARROW["zoned"].slice(2 * 1900))


@pytest.mark.parametrize("name", ["a[1]*.parquet", "dt=2026-01-01/a.parquet", "file: a?.parquet", "ä ö.parquet"])
def test_names_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    written(tmp_path / "a1b.parquet", {"text": pa.array(["other"] * 10)})
    assert quick(written(path, READ_BY_POLARS))["text"].null_count == READ_BY_POLARS["text"].null_count


@pytest.mark.parametrize(("limit", "size"), [("LEAST_BYTES", 1 << 40), ("MOST_BYTES", 1)])
def test_row_groups_of_other_sizes_are_left_to_arrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, size: int
) -> None:
    file = written(tmp_path / "t.parquet", READ_BY_POLARS)
    monkeypatch.setattr(parquet_views, limit, size)
    found = quick(file)
    assert found["text"].type == pa.string()
    assert same_bits(found["text"], READ_BY_POLARS["text"])


def test_large_and_small_row_groups_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "t.parquet", {"text": pa.array([f"value {n}" for n in range(ROWS)])}, row_group_size=4000)
    sizes = [file.metadata.row_group(number).total_byte_size for number in range(2)]
    monkeypatch.setattr(parquet_views, "LEAST_BYTES", sizes[1] + 1)
    batches = list(file.quick_batches())
    assert [batch.column("text").type for batch in batches] == [pa.string_view(), pa.string()]
    assert [value for batch in batches for value in batch.column("text").to_pylist()] == [
        f"value {n}" for n in range(ROWS)
    ]


def damaged(path: Path, group: int, column: int, changed: bytes) -> None:
    """Overwrite the end of a column chunk's pages."""
    chunk = pq.ParquetFile(path).metadata.row_group(group).column(column)
    first = chunk.dictionary_page_offset or chunk.data_page_offset
    with path.open("r+b") as file:
        file.seek(first + chunk.total_compressed_size - len(changed))
        file.write(changed)


def test_a_damaged_page_is_told_as_arrow_tells_it(tmp_path: Path) -> None:
    file = written(tmp_path / "t.parquet", READ_BY_POLARS, use_dictionary=False)
    damaged(file.path, 1, 0, b"\xff" * 400)
    with pytest.raises(MaskingError, match=r"t\.parquet cannot be read as Parquet: it is damaged or cut off"):
        quick(file)


def test_text_that_is_not_utf8_is_refused_by_its_column(tmp_path: Path) -> None:
    file = written(tmp_path / "t.parquet", READ_BY_POLARS, use_dictionary=False, compression="none")
    damaged(file.path, 0, 0, b"\xff\xfe\xfd")
    with pytest.raises(MaskingError, match=r"t\.parquet: column text holds values that are not what its type says"):
        quick(file)


def test_a_file_that_has_gone(tmp_path: Path) -> None:
    file = written(tmp_path / "t.parquet", READ_BY_POLARS)
    batches = file.quick_batches()
    file.path.unlink()
    with pytest.raises(MaskingError, match=r"t\.parquet has gone since the source was opened"):
        next(batches)


def test_what_polars_cannot_open_is_read_by_arrow(tmp_path: Path) -> None:
    file = written(tmp_path / "t.parquet", READ_BY_POLARS)
    views = parquet_views.ParquetViews(tmp_path / "none.parquet", file.metadata, list(file.schema))
    assert views.names == []
    assert views.read(0) is None
