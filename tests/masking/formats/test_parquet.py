"""Parquet: bounded batches, dictionaries where few values repeat, no metadata that could tell."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats import base, parquet
from dataops_infra.masking.formats import parquet as parquet_format
from dataops_infra.masking.formats.parquet import ParquetFile


def copied(path: Path, tmp_path: Path) -> Path:
    """The file that the format's own writer makes of the rows of ``path``."""
    file, target = ParquetFile(path), tmp_path / "copy.parquet"
    writer = file.writer(target)
    for batch in file.encoded_batches():
        writer.write(batch)
    writer.close()
    return target


ROWS = 4000


def rich_table() -> pa.Table:
    return pa.table(
        {
            "few": [f"value {n % 7}" for n in range(ROWS)],
            "many": [f"value {n}" for n in range(ROWS)],
            "nulls": pa.array([None] * ROWS, pa.string()),
            "coded": pa.array([f"v{n % 3}" for n in range(ROWS)]).dictionary_encode(),
            "large": pa.array([f"value {n % 5}" for n in range(ROWS)], pa.large_string()),
            "nested": [{"a": n, "b": ["x", None]} if n % 3 else None for n in range(ROWS)],
            "price": pa.array([Decimal(n) / 100 for n in range(ROWS)], pa.decimal128(12, 2)),
            "at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * ROWS, pa.timestamp("us", tz="Europe/Berlin")),
            "nan": [float("nan") if n % 2 else n / 3 for n in range(ROWS)],
        }
    )


def test_schema_rows_and_layout_survive(tmp_path: Path) -> None:
    table = rich_table()
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=1500, compression={"few": "zstd", "many": "gzip"})
    again = pq.read_table(copied(tmp_path / "t.parquet", tmp_path))
    assert again.schema.equals(table.schema)
    assert again.drop_columns("nan").equals(table.drop_columns("nan").combine_chunks())
    assert again.column("nan").combine_chunks().view(pa.int64()) == table.column("nan").combine_chunks().view(
        pa.int64()
    )


def test_columns_of_few_values_are_read_and_written_as_dictionaries(tmp_path: Path) -> None:
    pq.write_table(rich_table(), tmp_path / "t.parquet", row_group_size=1500)
    file = ParquetFile(tmp_path / "t.parquet")
    assert file.dictionary_columns == ("few", "nulls", "large")
    types = {field.name: field.type for field in next(file.encoded_batches()).schema}
    assert pa.types.is_dictionary(types["few"])
    assert types["many"] == pa.string()
    group = pq.ParquetFile(copied(tmp_path / "t.parquet", tmp_path)).metadata.row_group(0)
    has_dictionary = {group.column(n).path_in_schema: group.column(n).has_dictionary_page for n in range(9)}
    assert (has_dictionary["few"], has_dictionary["large"], has_dictionary["many"]) == (True, True, False)


def test_dictionary_that_a_writer_gave_up_is_none(tmp_path: Path) -> None:
    table = pa.table({"a": [f"{n:040d}" for n in range(60_000)]})
    pq.write_table(table, tmp_path / "t.parquet")
    assert pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0).column(0).has_dictionary_page
    assert ParquetFile(tmp_path / "t.parquet").dictionary_columns == ()


def test_repeated_and_null_entries_of_a_masked_dictionary_are_written_right(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x", "y", "z", None] * 500}), tmp_path / "t.parquet")
    file = ParquetFile(tmp_path / "t.parquet")
    masked = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None], pa.int32()), ["same", "same", None])
    writer = file.writer(tmp_path / "copy.parquet")
    writer.write(pa.RecordBatch.from_arrays([masked], ["a"]))
    writer.close()
    again = pq.read_table(tmp_path / "copy.parquet")
    assert again.schema == pa.schema([("a", pa.string())])
    assert again.column("a").to_pylist() == ["same", "same", None, None]


def test_codecs_are_those_of_the_source(tmp_path: Path) -> None:
    codecs = {"a": "ZSTD", "b": "GZIP", "c": "UNCOMPRESSED", "d": "LZ4"}
    table = pa.table({name: list(range(100)) for name in codecs})
    pq.write_table(
        table, tmp_path / "t.parquet", compression={n: c.replace("UNCOMPRESSED", "NONE") for n, c in codecs.items()}
    )
    group = pq.ParquetFile(copied(tmp_path / "t.parquet", tmp_path)).metadata.row_group(0)
    assert {group.column(n).path_in_schema: group.column(n).compression for n in range(4)} == codecs


def test_metadata_that_may_hold_values_is_left_out(tmp_path: Path) -> None:
    pandas = b'{"index_columns": [], "columns": [], "attributes": {"who": "secret"}, "creator": {}}'
    fields = [pa.field("a", pa.int64(), nullable=False, metadata={"note": "secret", "PARQUET:field_id": "3"})]
    table = pa.table([pa.array([1, 2])], pa.schema(fields, {"owner": "secret", "pandas": pandas}))
    pq.write_table(table, tmp_path / "t.parquet")
    target = copied(tmp_path / "t.parquet", tmp_path)
    schema = pq.read_schema(target)
    assert b"secret" not in target.read_bytes()
    assert schema.field("a").metadata == {b"PARQUET:field_id": b"3"}
    assert not schema.field("a").nullable
    assert schema.metadata == {b"pandas": b'{"index_columns": [], "column_indexes": [], "columns": []}'}


def test_pandas_metadata_that_is_no_json_is_left_out() -> None:
    assert parquet_format.safe_schema(pa.schema([("a", pa.int8())], {"pandas": "no json"})).metadata is None


def test_batches_are_bounded_in_rows_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"a": list(range(1000)), "b": ["x" * 1000] * 1000})
    pq.write_table(table, tmp_path / "t.parquet", use_dictionary=False)
    monkeypatch.setattr(base, "BATCH_ROWS", 300)
    assert [b.num_rows for b in ParquetFile(tmp_path / "t.parquet").batches()] == [300, 300, 300, 100]
    monkeypatch.setattr(base, "BATCH_BYTES", 100_000)
    assert max(b.num_rows for b in ParquetFile(tmp_path / "t.parquet").batches()) <= 100


def test_row_groups_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "t.parquet")
    monkeypatch.setattr(base, "BATCH_ROWS", 100)
    monkeypatch.setattr(parquet_format, "ROW_GROUP_ROWS", 250)
    metadata = pq.ParquetFile(copied(tmp_path / "t.parquet", tmp_path)).metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [300, 300, 300, 100]


def test_file_without_rows_stays_one(tmp_path: Path) -> None:
    table = rich_table().slice(0, 0)
    pq.write_table(table, tmp_path / "t.parquet")
    again = pq.read_table(copied(tmp_path / "t.parquet", tmp_path))
    assert again.schema.equals(table.schema)
    assert again.num_rows == 0


@pytest.mark.parametrize("group", [100, 1000, 7])
def test_sample_is_spread_over_row_groups_and_within_them(tmp_path: Path, group: int) -> None:
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "t.parquet", row_group_size=group)
    found = ParquetFile(tmp_path / "t.parquet").sample(100).column("a").to_pylist()
    assert found == sorted(set(found))
    assert 100 <= len(found) <= 130
    gaps = [b - a for a, b in zip([-1, *found], [*found, 1000], strict=True)]
    assert max(gaps) <= 60


def test_of_large_row_groups_fewer_are_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_SAMPLED_BYTES_A_ROW", 1)
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "t.parquet", row_group_size=100)
    found = ParquetFile(tmp_path / "t.parquet").sample(64).column("a").to_pylist()
    assert {number // 100 for number in found} == {0, 9}
    assert len(found) == 64


def test_large_row_groups_are_read_to_different_depths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_SMALL_GROUP", 1)
    pq.write_table(pa.table({"a": list(range(80_000))}), tmp_path / "t.parquet", row_group_size=10_000)
    found = ParquetFile(tmp_path / "t.parquet").sample(400).column("a").to_pylist()
    assert found == ParquetFile(tmp_path / "t.parquet").sample(400).column("a").to_pylist()
    groups = [[number % 10_000 for number in found if number // 10_000 == group] for group in range(8)]
    assert {len(group) for group in groups} == {50}
    assert len({max(group) // 500 for group in groups}) >= 7
    assert max(found) > 79_500


@pytest.mark.parametrize(("cut", "when"), [(4, "opened"), (200, "opened")], ids=["tail", "footer"])
def test_truncated_file_is_one_sentence(tmp_path: Path, cut: int, when: str) -> None:
    pq.write_table(rich_table(), tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-cut])
    with pytest.raises(MaskingError, match=r"t\.parquet cannot be read as Parquet: it is damaged or cut off"):
        ParquetFile(tmp_path / "t.parquet")


def test_damaged_row_group_is_one_sentence(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [f"secret{n}" for n in range(5000)]}), tmp_path / "t.parquet", use_dictionary=False)
    content = bytearray((tmp_path / "t.parquet").read_bytes())
    content[4:200] = b"\xff" * 196
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(MaskingError, match="damaged") as error:
        list(ParquetFile(tmp_path / "t.parquet").batches())
    assert "secret" not in str(error.value)
