"""Metadata that could repeat values: not written, and refused in a copy that has some."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking.formats import metadata as metadata_module
from dataops_infra.masking.formats.arrow import ArrowFile
from dataops_infra.masking.formats.csv import CsvFile
from dataops_infra.masking.formats.metadata import foreign_metadata, safe_schema
from dataops_infra.masking.formats.parquet import ParquetFile
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.masked_runs import mask

SECRET = {"note": "Anna Berg"}
INNER = pa.field("x", pa.string(), metadata=SECRET)
PLAIN = pa.field("x", pa.string())
NESTED: dict[str, Callable[[pa.Field], pa.DataType]] = {
    "struct": lambda inner: pa.struct([inner]),
    "list": pa.list_,
    "large list": pa.large_list,
    "fixed list": lambda inner: pa.list_(inner, 2),
    "list view": pa.list_view,
    "large list view": pa.large_list_view,
    "map": lambda inner: pa.map_(pa.field("k", pa.string(), nullable=False, metadata=SECRET), inner),
    "deep": lambda inner: pa.list_(pa.struct([pa.field("y", pa.list_(inner), metadata=SECRET)])),
}


@pytest.mark.parametrize("make", NESTED.values(), ids=NESTED)
def test_parts_of_nested_columns_lose_their_metadata(make: Callable[[pa.Field], pa.DataType]) -> None:
    safe = safe_schema(pa.schema([pa.field("c", make(INNER), metadata={**SECRET, "ARROW:extension:name": "geo"})]))
    assert "Anna" not in safe.to_string(show_field_metadata=True)
    assert safe.field("c").type == make(PLAIN)
    assert safe.field("c").metadata == {b"ARROW:extension:name": b"geo"}


def test_a_copy_has_none_of_it(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("c", pa.struct([INNER]), metadata=SECRET)], metadata=SECRET)
    source = tmp_path / "t.parquet"
    pq.write_table(pa.table([[{"x": "abcdef"}]], schema=schema), source)
    assert b"Anna Berg" in source.read_bytes() or b64encode(b"Anna Berg")[:10] in source.read_bytes()
    assert mask(tmp_path, source, {"c.x": "token"}).is_published
    copy = ParquetFile(tmp_path / "masked.parquet")
    stored = pq.ParquetFile(tmp_path / "masked.parquet")
    written = pa.ipc.read_schema(
        pa.py_buffer(__import__("base64").b64decode(stored.metadata.metadata[b"ARROW:schema"]))
    )
    assert "Anna" not in written.to_string(show_field_metadata=True, show_schema_metadata=True)
    assert list(foreign_metadata(copy, open_source(source).tables["t"].schema)) == []


TABLE = pa.table({"c": ["abcdefghijklmnop"], "n": [1]})
LIKE = TABLE.schema


def parquet(path: Path, table: pa.Table, **metadata: str) -> list[str]:
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(metadata)
    return list(foreign_metadata(ParquetFile(path), LIKE))


def described(**changes: Any) -> str:
    columns = [
        {"name": name, "field_name": name, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
        for name in LIKE.names
    ]
    return json.dumps({"index_columns": [], "column_indexes": [], "columns": columns, **changes})


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({}, []),
        ({"note": "Anna Berg"}, ["note"]),
        ({"pandas": described()}, []),
        ({"pandas": described(creator={"library": "Anna Berg"})}, ["pandas"]),
        ({"pandas": "Anna Berg"}, ["pandas"]),
    ],
)
def test_keys_of_parquet_files(metadata: dict[str, str], found: list[str], tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    with pq.ParquetWriter(file, LIKE, store_schema=False) as writer:
        writer.write_table(TABLE)
        writer.add_key_value_metadata(metadata)
    assert list(foreign_metadata(ParquetFile(file), LIKE)) == found


def test_a_long_name_of_the_writer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    monkeypatch.setattr(metadata_module, "LONGEST_WRITER", 4)
    assert list(foreign_metadata(ParquetFile(tmp_path / "t.parquet"), LIKE)) == ["created_by"]


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (LIKE, []),
        (LIKE.with_metadata(SECRET), ["note", "note"]),
        (pa.schema([LIKE.field("c").with_metadata(SECRET), LIKE.field("n")]), ["note", "note"]),
        (
            pa.schema([LIKE.field("c").with_metadata({"ARROW:extension:metadata": "Anna"}), LIKE.field("n")]),
            ["ARROW:extension:metadata", "ARROW:extension:metadata"],
        ),
    ],
)
def test_schemas_of_parquet_files(schema: pa.Schema, found: list[str], tmp_path: Path) -> None:
    assert parquet(tmp_path / "t.parquet", TABLE.cast(schema)) == found


def test_parts_of_nested_columns_are_asked(tmp_path: Path) -> None:
    keys, kind = pa.field("k", pa.string(), nullable=False, metadata=SECRET), pa.struct([INNER])
    schema = pa.schema([("c", kind), ("m", pa.map_(keys, pa.field("v", pa.int64())))])
    table = pa.table([[{"x": "a"}], [[("k", 1)]]], schema=schema)
    assert parquet(tmp_path / "t.parquet", table) == ["note", "note"] * 2


def test_what_the_source_says_may_be_said(tmp_path: Path) -> None:
    like = pa.schema([LIKE.field("c").with_metadata({"ARROW:extension:name": "geo"}), LIKE.field("n")])
    pq.write_table(TABLE.cast(like), tmp_path / "t.parquet")
    assert list(foreign_metadata(ParquetFile(tmp_path / "t.parquet"), like)) == []


@pytest.mark.parametrize("name", ["t.arrow", "t.arrows"])
@pytest.mark.parametrize("place", ["schema", "field", "batch", "nowhere"])
def test_arrow_files_and_streams(name: str, place: str, tmp_path: Path) -> None:
    schema = LIKE.with_metadata(SECRET) if place == "schema" else LIKE
    schema = pa.schema([LIKE.field("c").with_metadata(SECRET), LIKE.field("n")]) if place == "field" else schema
    opened = pa.ipc.new_stream if name.endswith("s") else pa.ipc.new_file
    with pa.OSFile(str(tmp_path / name), "wb") as sink, opened(sink, schema) as writer:
        for batch in TABLE.cast(schema).to_batches():
            writer.write_batch(batch, custom_metadata=SECRET if place == "batch" else None)
    assert list(foreign_metadata(ArrowFile(tmp_path / name), LIKE)) == ([] if place == "nowhere" else ["note"])


def test_other_formats_have_none(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("c,n\nabc,1\nabd,2\n")
    assert list(foreign_metadata(CsvFile(tmp_path / "t.csv"), LIKE)) == []


def test_verify_refuses_a_copy_with_metadata_of_its_own(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    pq.write_table(pa.table({"c": ["Anna Berg"], "n": [1]}), source / "t.parquet")
    assert mask(tmp_path, source, {"c": "token"}).is_published
    file = tmp_path / "masked" / "t.parquet"
    copy = pq.read_table(file)
    request = VerifyRequest(tmp_path / "plan.yaml", source, tmp_path / "masked", date(2026, 11, 23))
    assert verify(request).gate.failed == ()
    pq.write_table(copy.replace_schema_metadata({"Anna 1": "Anna Berg"}), file)
    (check,) = verify(request).gate.failed
    assert (check.name, check.table, check.observed, check.examples) == ("foreign-metadata", "t", 2, ("Xxxx 9",))
    assert check.explanation.startswith("2 entries of metadata in the files are not those of the source: nothing of")
