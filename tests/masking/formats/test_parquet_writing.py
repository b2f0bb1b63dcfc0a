"""Parquet files as they are written: whole, empty, given up."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking.formats import parquet
from dataops_infra.masking.formats.parquet import ParquetFile

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.string())])


def test_a_file_without_row_groups_is_written_as_one_of_no_rows(tmp_path: Path) -> None:
    with pq.ParquetWriter(tmp_path / "t.parquet", SCHEMA):
        pass
    file = ParquetFile(tmp_path / "t.parquet")
    assert (file.metadata.num_row_groups, file.rows, file.compressions()) == (0, 0, {})
    assert list(file.batches()) == []
    assert file.sample(10).num_rows == 0
    writer = file.writer(tmp_path / "copy.parquet")
    writer.close()
    again = pq.read_table(tmp_path / "copy.parquet")
    assert again.schema.equals(SCHEMA)
    assert again.num_rows == 0


@pytest.mark.parametrize("rows_a_group", [1, 1000])
def test_a_file_that_is_given_up_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_group: int) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", rows_a_group)
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "t.parquet")
    file = ParquetFile(tmp_path / "t.parquet")
    writer = file.writer(tmp_path / "copy.parquet")
    for batch in file.batches():
        writer.write(batch)
    writer.abort()
    assert (tmp_path / "copy.parquet").exists() is (rows_a_group == 1)


def test_row_groups_are_as_large_as_they_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 30)
    pq.write_table(pa.table({"a": range(100)}), tmp_path / "t.parquet", row_group_size=10)
    file = ParquetFile(tmp_path / "t.parquet")
    writer = file.writer(tmp_path / "copy.parquet")
    for start in range(0, 100, 10):
        writer.write(pa.record_batch({"a": pa.array(range(start, start + 10))}))
    writer.close()
    copied = pq.ParquetFile(tmp_path / "copy.parquet").metadata
    assert [copied.row_group(n).num_rows for n in range(copied.num_row_groups)] == [30, 30, 30, 10]


def test_a_file_that_ends_with_a_row_group_gets_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 5)
    pq.write_table(pa.table({"a": range(5)}), tmp_path / "t.parquet")
    file = ParquetFile(tmp_path / "t.parquet")
    writer = file.writer(tmp_path / "copy.parquet")
    for batch in file.batches():
        writer.write(batch)
    writer.close()
    assert pq.ParquetFile(tmp_path / "copy.parquet").metadata.num_row_groups == 1


@pytest.mark.parametrize(
    ("at_most", "groups"),
    [(1, [[0], [1], [2], [3]]), (10**9, [[0, 1, 2, 3]]), (None, [[0, 1], [2, 3]])],
    ids=["one each", "all", "two"],
)
def test_parts_are_runs_of_row_groups_in_order(tmp_path: Path, at_most: int | None, groups: list[list[int]]) -> None:
    pq.write_table(pa.table({"a": range(400)}), tmp_path / "t.parquet", row_group_size=100, use_dictionary=False)
    file = ParquetFile(tmp_path / "t.parquet")
    largest = max(file.metadata.row_group(n).column(0).total_compressed_size for n in range(4))
    parts = file.parts(2 * largest if at_most is None else at_most)
    assert [list(part.row_groups) for part in parts] == groups
    rows = [number for part in parts for batch in part.batches() for number in batch.column("a").to_pylist()]
    assert rows == list(range(400))


def test_a_file_without_row_groups_is_its_only_part(tmp_path: Path) -> None:
    with pq.ParquetWriter(tmp_path / "t.parquet", SCHEMA):
        pass
    file = ParquetFile(tmp_path / "t.parquet")
    assert file.parts(1) == [file]


COLUMN = {"name": "a", "field_name": "a", "pandas_type": "int64", "numpy_type": "int64"}


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ({"index_columns": ["planted"], "columns": [COLUMN]}, None),
        ({"index_columns": [], "columns": [{**COLUMN, "numpy_type": "planted@type"}]}, None),
        ({"index_columns": [{"kind": "range", "start": "planted", "stop": 2, "step": 1}], "columns": [COLUMN]}, None),
        ({"columns": [COLUMN]}, None),
        ([], None),
        (
            {"index_columns": ["a"], "columns": [{**COLUMN, "metadata": {"planted": 1}}], "pandas_version": "planted"},
            {"index_columns": ["a"], "column_indexes": [], "columns": [COLUMN]},
        ),
        (
            {"index_columns": [], "columns": [{**COLUMN, "name": "planted"}], "pandas_version": "2.2.1"},
            {
                "index_columns": [],
                "column_indexes": [],
                "columns": [{**COLUMN, "name": None}],
                "pandas_version": "2.2.1",
            },
        ),
    ],
    ids=["index", "type", "range", "no index", "list", "texts", "name"],
)
def test_of_what_pandas_wrote_only_names_and_types_stay(tmp_path: Path, stated: Any, kept: Any) -> None:
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({"pandas": json.dumps(stated)})
    pq.write_table(table, tmp_path / "t.parquet")
    metadata = ParquetFile(tmp_path / "t.parquet").schema.metadata or {}
    assert (json.loads(metadata[b"pandas"]) if b"pandas" in metadata else None) == _complete(kept)


def _complete(kept: Any) -> Any:
    """With the keys that the writer always sets."""
    return kept and {**kept, "columns": [{**column, "metadata": None} for column in kept["columns"]]}


def test_statistics_are_written_where_those_of_the_source_tell_row_groups_apart(tmp_path: Path) -> None:
    rows = 40
    columns = {
        "sorted": [f"{n:03}" for n in range(rows)],
        "falling": [f"{rows - n:03}" for n in range(rows)],
        "mixed": [f"{n * 7 % rows:03}" for n in range(rows)],
        "nothing": pa.nulls(rows, pa.string()),
        "number": [n * 7 % rows for n in range(rows)],
        "bare": list(range(rows)),
        "deep": [{"sorted": [f"{n:03}"], "mixed": [f"{n * 7 % rows:03}"]} for n in range(rows)],
    }
    told = ["sorted", "falling", "mixed", "nothing", "number", "deep.sorted.list.element", "deep.mixed.list.element"]
    for name, group in (("many", 10), ("one", rows)):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=group, write_statistics=told)
    many, one = (ParquetFile(tmp_path / f"{name}.parquet") for name in ("many", "one"))
    assert many.stated_paths() == ["sorted", "falling", "number", "deep.sorted.list.element"]
    assert one.stated_paths() == told
    writer = many.writer(tmp_path / "copy.parquet")
    for batch in many.batches():
        writer.write(batch)
    writer.close()
    group = pq.ParquetFile(tmp_path / "copy.parquet").metadata.row_group(0)
    stated = [group.column(n).path_in_schema for n in range(group.num_columns) if group.column(n).is_stats_set]
    assert stated == many.stated_paths()
    assert group.column(0).statistics.max == f"{rows - 1:03}"


def test_statistics_that_are_no_text_are_compared_as_they_are(tmp_path: Path) -> None:
    groups = {"rising": (b"a", b"\xff\xfe"), "mixed": (b"\xff\xfe", b"\xff\xfe")}
    columns = {name: pa.array(values).view(pa.string()) for name, values in groups.items()}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=1)
    assert ParquetFile(tmp_path / "t.parquet").stated_paths() == ["rising"]
