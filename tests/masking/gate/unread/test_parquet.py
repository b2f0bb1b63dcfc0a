"""Parquet files that hold values which no row shows: found in each place; and files of other writers pass."""

import datetime as dt
import random
import struct
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats.parquet import ParquetFile
from dataops_infra.masking.gate.unread import unread_values
from dataops_infra.masking.gate.unread.model import (
    BETWEEN,
    DESCRIPTIONS,
    ENTRIES,
    EXTREMES,
    INDEXES,
    MALFORMED,
    NAMES,
)
from dataops_infra.masking.gate.unread.parquet_layout import ParquetLayout, unknown
from dataops_infra.masking.gate.unread.parquet_values import unread_in_parquet
from dataops_infra.masking.gate.unread.thrift import MalformedError
from dataops_infra.masking.sources import open_source

ROWS = 500


def found(path: Path, like: pa.Schema | None = None) -> list[tuple[str | None, str, int]]:
    """Column, place and number of all that is found in a file."""
    file = ParquetFile(path)
    return [(each.column, each.place, each.number) for each in unread_in_parquet(file, like or file.schema)]


def written(folder: Path, table: pa.Table, **options: Any) -> Path:
    pq.write_table(table, folder / "t.parquet", **options)
    return folder / "t.parquet"


def changed(path: Path, old: bytes, new: bytes, place: Callable[[bytes, bytes], int] = bytes.index) -> Path:
    """The file with ``new`` in place of ``old``, which is as long."""
    data = path.read_bytes()
    at = place(data, old)
    path.write_bytes(data[:at] + new + data[at + len(old) :])
    return path


def every_kind() -> pa.Table:
    """A column of each type that Parquet knows, with nulls."""
    rng = random.Random(7)

    def some(make: Callable[[], Any], kind: pa.DataType | None = None) -> pa.Array:
        return pa.array([None if rng.random() < 0.1 else make() for _ in range(ROWS)], kind)

    columns = {
        "text": some(lambda: f"näme {rng.randrange(40)}"),
        "long": some(lambda: "long text " * 8 + str(rng.random())),
        "int8": some(lambda: rng.randrange(-128, 128), pa.int8()),
        "uint8": some(lambda: rng.randrange(256), pa.uint8()),
        "uint32": some(lambda: rng.randrange(2**32), pa.uint32()),
        "int64": some(lambda: rng.randrange(-50, 50)),
        "uint64": some(lambda: rng.randrange(2**64), pa.uint64()),
        "double": some(lambda: rng.choice([0.0, -0.0, float("nan"), rng.random()])),
        "float": some(rng.random, pa.float32()),
        "bool": some(lambda: rng.random() < 0.5),
        "date": some(lambda: dt.date(1950, 1, 1) + dt.timedelta(rng.randrange(9999))),
        "moment": some(lambda: rng.randrange(10**15), pa.timestamp("us")),
        "zoned": some(lambda: rng.randrange(10**12), pa.timestamp("ms", "Europe/Berlin")),
        "time": some(lambda: rng.randrange(86_400_000), pa.time32("ms")),
        "decimal": some(lambda: Decimal(rng.randrange(-(10**6), 10**6)).scaleb(-2), pa.decimal128(9, 2)),
        "large": some(lambda: Decimal(rng.randrange(-(10**20), 10**20)).scaleb(-3), pa.decimal128(38, 3)),
        "bytes": some(lambda: rng.randbytes(rng.randrange(6)), pa.binary()),
        "fixed": some(lambda: rng.randbytes(4), pa.binary(4)),
        "list": some(lambda: [rng.choice("abc") for _ in range(rng.randrange(3))], pa.list_(pa.string())),
        "struct": some(lambda: {"x": rng.randrange(9), "y": {"z": rng.choice(["p", None])}}),
    }
    return pa.table(columns)


def arrows_own() -> pa.Table:
    """Columns that only Arrow writes so."""
    rng = random.Random(8)
    return pa.table(
        {
            "map": pa.array(
                [None if n % 9 == 0 else [(rng.choice("ab"), n % 5)] for n in range(ROWS)],
                pa.map_(pa.string(), pa.int64()),
            ),
            "half": pa.array(np.arange(ROWS, dtype=np.float16)),
            "pair": pa.array([[n % 7, 2] for n in range(ROWS)], pa.list_(pa.int32(), 2)),
            "duration": pa.array([n % 11 for n in range(ROWS)], pa.duration("us")),
            "time64": pa.array([n % 11 for n in range(ROWS)], pa.time64("ns")),
            "nanoseconds": pa.array([n % 13 for n in range(ROWS)], pa.timestamp("ns")),
            "date64": pa.array([86_400_000 * (n % 13) for n in range(ROWS)], pa.date64()),
            "null": pa.nulls(ROWS),
            "coded": pa.array(["uvw"[n % 3] for n in range(ROWS)]).dictionary_encode(),
            "uuid": pa.array([bytes([n % 5]) * 16 for n in range(ROWS)], pa.uuid()),
        }
    )


OPTIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "row groups": {"row_group_size": 100},
    "second pages": {"data_page_version": "2.0", "compression": "zstd"},
    "page index": {"write_page_index": True, "compression": "gzip", "data_page_size": 500},
    "plain": {"use_dictionary": False, "compression": "none"},
    "given up": {"dictionary_pagesize_limit": 200, "compression": "brotli", "data_page_size": 500},
    "lz4": {"compression": "lz4"},
    "int96": {"use_deprecated_int96_timestamps": True},
    "no types": {"store_schema": False},
    "integers": {"store_decimal_as_integer": True},
    "older lists": {"use_compliant_nested_type": False},
    "no statistics": {"write_statistics": False},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_files_of_arrow_pass(tmp_path: Path, options: dict[str, Any]) -> None:
    table = every_kind()
    for name, column in zip(arrows_own().column_names, arrows_own().columns, strict=True):
        table = table.append_column(name, column)
    assert found(written(tmp_path, table, **options)) == []


@pytest.mark.parametrize("options", [{}, {"row_group_size": 100, "data_page_size": 300}], ids=["plain", "pages"])
def test_files_of_polars_pass(tmp_path: Path, options: dict[str, Any]) -> None:
    pl.DataFrame(pl.from_arrow(every_kind())).write_parquet(tmp_path / "t.parquet", **options)
    assert found(tmp_path / "t.parquet") == []


def test_files_of_pandas_pass(tmp_path: Path) -> None:
    every_kind().to_pandas().to_parquet(tmp_path / "t.parquet")
    assert found(tmp_path / "t.parquet") == []


@pytest.mark.parametrize("rows", [0, 1])
def test_small_files_pass(tmp_path: Path, rows: int) -> None:
    assert found(written(tmp_path, every_kind().slice(0, rows))) == []


def test_files_of_duckdb_pass_but_for_their_bloom_filters(tmp_path: Path) -> None:
    duckdb.from_arrow(every_kind()).write_parquet(str(tmp_path / "t.parquet"))
    places = {(column, place) for column, place, _number in found(tmp_path / "t.parquet")}
    assert places == {(None, INDEXES)}


def test_an_entry_that_no_row_points_at_is_found(tmp_path: Path) -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["masked", "other", "Anna Berg"]))
    path = written(tmp_path, pa.table({"name": coded}))
    assert found(path) == [("name", ENTRIES, 1)]
    (check,) = unread_values(open_source(path).tables["t"], ParquetFile(path).schema)
    assert (check.name, check.column, check.observed, check.examples) == ("unread-values", "name", 1, ("Xxxx Xxxx",))
    assert "Anna" not in repr(check)


def test_an_entry_of_a_nested_column_is_found_by_its_path(tmp_path: Path) -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["masked", "Anna Berg"]))
    nested = pa.ListArray.from_arrays(pa.array([0, 1, 2]), pa.StructArray.from_arrays([coded], ["name"]))
    assert found(written(tmp_path, pa.table({"people": nested}))) == [("people[].name", ENTRIES, 1)]


def test_a_number_that_no_row_points_at_is_found(tmp_path: Path) -> None:
    original = 491512345678
    schema = pa.schema([pa.field("phone", pa.int64(), nullable=False)])
    path = written(
        tmp_path,
        pa.table({"phone": [7] * 8 + [original]}, schema=schema),
        compression="none",
        write_statistics=False,
    )
    changed(path, bytes([1, 16, 0, 2, 1]), bytes([1, 16, 0, 2, 0]))  # the codes: a run of eight 0, a run of one 1
    assert pq.read_table(path)["phone"].to_pylist() == [7] * 9
    assert found(path) == [("phone", ENTRIES, 1)]


EXTREME_VALUES: dict[str, tuple[list[Any], bytes, bytes]] = {
    "text": (["Maskedx", "Otherxx"], b"Maskedx", b"AnnaBer"),
    "number": ([70001, 80002], struct.pack("<q", 70001), struct.pack("<q", 60606)),
    "double": ([1.5, 2.5], struct.pack("<d", 1.5), struct.pack("<d", 1.25)),
    "date": ([dt.date(2000, 1, 1), dt.date(2001, 1, 1)], struct.pack("<i", 10957), struct.pack("<i", 9999)),
}


@pytest.mark.parametrize("values", EXTREME_VALUES.values(), ids=EXTREME_VALUES)
@pytest.mark.parametrize("place", [bytes.index, bytes.rindex], ids=["of a page", "of the footer"])
def test_a_least_value_that_no_row_shows_is_found(
    tmp_path: Path, values: tuple[list[Any], bytes, bytes], place: Callable[[bytes, bytes], int]
) -> None:
    rows, old, new = values
    path = written(tmp_path, pa.table({"c": rows}), compression="gzip", use_dictionary=False)
    assert found(changed(path, old, new, place)) == [("c", EXTREMES, 1)]


def test_a_least_value_of_the_page_index_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["Maskedx", "Otherxx"]}), compression="gzip", write_page_index=True)
    index = path.read_bytes().rindex(b"Maskedx", 0, path.read_bytes().rindex(b"schema"))
    changed(path, b"Maskedx", b"AnnaBer", lambda _data, _old: index)
    assert found(path) == [("c", EXTREMES, 1)]


def test_a_cut_text_may_be_the_beginning_of_a_longer_one(tmp_path: Path) -> None:
    texts = ["Abcdefghijklmnopqrst and more", "Zyxwvutsrqponmlkjihg and more"]
    path = written(tmp_path, pa.table({"c": texts}), compression="gzip", use_dictionary=False)
    data = path.read_bytes()
    for text, cut in ((texts[0], b"Abcdefghijklmnopqrst and mor!"), (texts[1], b"Zyxwvutsrqponmlkjihg and morf")):
        data = data.replace(text.encode(), cut)
    path.write_bytes(data)
    assert found(path) == []
    assert found(changed(path, b"Abcdefghijklmnopqrst", b"Anna Bergman 4915123")) == [("c", EXTREMES, 1)]


def test_bytes_in_front_of_the_footer_are_found_unless_they_are_zero(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["masked"]}))
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[:footer] + bytes(40) + data[footer:])
    assert found(path) == []
    path.write_bytes(data[:footer] + b"Anna Berg" + data[footer:])
    assert found(path) == [(None, BETWEEN, 1)]


def test_entries_that_the_format_does_not_know_are_found_in_the_footer(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["masked"]}))
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    more = bytes([0xD8, 9]) + b"Anna Berg" + b"\0"  # a text, in a field 13 behind the last one
    path.write_bytes(data[:-9] + more + (length + len(more) - 1).to_bytes(4, "little") + b"PAR1")
    assert pq.read_table(path)["c"].to_pylist() == ["masked"]
    assert found(path) == [(None, DESCRIPTIONS, 1)]
    path.write_bytes(data[:-8] + b"Anna" + (length + 4).to_bytes(4, "little") + b"PAR1")
    assert found(path) == [(None, DESCRIPTIONS, 1)]


def test_names_that_only_the_file_has_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["masked"]}))
    assert found(changed(path, b"schema", b"Anna B")) == [(None, NAMES, 1)]
    items = pa.list_(pa.field("Anna Berg", pa.string()))
    nested = written(tmp_path, pa.table({"c": pa.array([["masked"]], items)}), use_compliant_nested_type=False)
    assert found(nested, pa.schema([("c", pa.list_(pa.string()))])) == [(None, NAMES, 1)]
    assert found(nested, pa.schema([("c", items)])) == []


def test_rows_that_the_footer_does_not_count_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["masked", "Anna Berg"]}), write_statistics=False, use_dictionary=False)
    layout = ParquetLayout(pa.OSFile(str(path)))
    (chunk,) = layout.chunks(layout.row_groups[0])
    page = path.read_bytes()
    head = page.index(bytes([0x2C, 0x15, 2 * chunk.values]))  # the page's own head begins with its number of values
    path.write_bytes(page[: head + 2] + bytes([2]) + page[head + 3 :])
    assert found(path)[0] == ("c", BETWEEN, 1)


def test_a_dictionary_of_another_length_than_it_says_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["masked"] * 3}), compression="none", write_statistics=False)
    changed(path, b"\x06\0\0\0masked", b"\x05\0\0\0masked")
    assert found(path) == [(None, MALFORMED, 1)]


def test_a_file_that_arrow_cannot_read_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["masked"] * 3}), write_statistics=False)
    file = ParquetFile(path)
    path.unlink()
    with pytest.raises(MaskingError, match=r"t\.parquet has gone"):
        list(unread_in_parquet(file, file.schema))


def test_no_more_rows_are_read_than_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, pa.table({"c": ["a", "b"] * 40_000}))
    rows = []
    looked_up = pc.index_in

    def counted(values: pa.Array, **named: Any) -> pa.Array:
        rows.append(len(values))
        return looked_up(values, **named)

    monkeypatch.setattr(pc, "index_in", counted)
    assert found(path) == []
    assert rows == [16_384] * 2


def test_long_heads_of_pages_are_read(tmp_path: Path) -> None:
    texts = [letter * 3000 for letter in "abc"]
    path = written(tmp_path, pa.table({"c": texts}), use_dictionary=False, compression="gzip")
    assert found(path) == []
    changed(path, b"a" * 2999, b"A" * 2999)
    assert found(path) == [("c", EXTREMES, 1)]


def test_what_stands_behind_a_chunk_must_say_what_the_footer_says(tmp_path: Path) -> None:
    frame = pl.DataFrame({"c": ["Maskedx", "Otherxx"]})
    frame.write_parquet(tmp_path / "t.parquet", compression="gzip", use_pyarrow=False)
    assert found(tmp_path / "t.parquet") == []
    data = (tmp_path / "t.parquet").read_bytes()
    index = data.rindex(b"Maskedx", 0, data.rindex(b"Maskedx"))
    repeated = data.rindex(b"Maskedx", 0, index)
    (tmp_path / "t.parquet").write_bytes(data[:repeated] + b"AnnaBer" + data[repeated + 7 :])
    assert found(tmp_path / "t.parquet") == [(None, BETWEEN, 1)]


def test_a_page_of_an_unknown_kind_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"c": ["masked"]}), use_dictionary=False, write_statistics=False)
    data = path.read_bytes()
    assert data[4:6] == bytes([0x15, 0])
    path.write_bytes(data[:5] + bytes([2]) + data[6:])  # an index page
    assert found(path)[0] == ("c", BETWEEN, 2)


@pytest.mark.parametrize("tail", [b"\xff\xff\0\0PAR1", b"\0\0\0\0Anna"], ids=["too long", "no magic"])
def test_no_parquet_file_is_told(tmp_path: Path, tail: bytes) -> None:
    path = written(tmp_path, pa.table({"c": ["masked"]}))
    file = ParquetFile(path)
    path.write_bytes(path.read_bytes()[:-8] + tail)
    assert [each.place for each in unread_in_parquet(file, file.schema)] == [MALFORMED]
    with pytest.raises(MalformedError):
        ParquetLayout(pa.OSFile(str(path))).read(-1, 4)


def test_a_footer_of_another_shape_is_told() -> None:
    known = {1: None, 2: [None], 3: {1: True}}
    assert [unknown(value, known) for value in ({1: 5}, {1: b"x"}, {2: 5}, {3: 5}, {3: {1: b"x"}}, {4: 1})] == [
        *(0, 1, 1, 1, 0, 1)
    ]
