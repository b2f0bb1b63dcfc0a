"""Odd and damaged data: the right copy or one clear sentence, and nothing published then."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import DataopsError, MaskingError
from dataops_infra.masking.formats.base import BATCH_BYTES
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.sources import open_source
from tests.support.masked_runs import mask, rows_of, write_people

NAN = float("nan")
AT = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)


def nested(number: int) -> dict[str, Any]:
    return {"street": f"Planted Street {number}", "codes": [f"code {number}", None], "none": None}


TABLES: dict[str, Callable[[], pa.Table]] = {
    "no-rows": lambda: pa.table({"a": pa.array([], pa.string()), "n": pa.array([], pa.int64())}),
    "all-null": lambda: pa.table({"a": pa.nulls(50, pa.string()), "b": pa.nulls(50)}),
    "nan": lambda: pa.table({"a": ["x", "y", "z"], "f": [NAN, None, float("-inf")]}),
    "nul-characters": lambda: pa.table({"a": ["a\0b", "\0", "c\0"]}),
    "any-text": lambda: pa.table({"a": ["𝔘nicode 😀", "ʻokina", "\u202eabc", "é", "e\u0301", " \t\n\r"]}),
    "dictionary": lambda: pa.table({"a": pa.array(["red", None, "blue", "red"] * 20).dictionary_encode()}),
    "small-dictionary": lambda: pa.table(
        {"a": pa.array(["red", "blue"] * 20).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.large_string()))}
    ),
    "nested": lambda: pa.table(
        {"a": [nested(n) if n % 4 else None for n in range(40)], "l": [["x"], None, [], [None]] * 10}
    ),
    "map": lambda: pa.table({"m": pa.array([[("k", "v")], None, []], pa.map_(pa.string(), pa.string()))}),
    "decimals": lambda: pa.table({"a": ["x"] * 2, "d": pa.array([Decimal("1.10"), None], pa.decimal256(60, 2))}),
    "time-zones": lambda: pa.table(
        {
            "a": ["x"],
            "t": pa.array([AT], pa.timestamp("ns", "Europe/Berlin")),
            "u": pa.array([AT], pa.timestamp("ms", "+05:30")),
        }
    ),
    "views": lambda: pa.table(
        {"a": pa.array(["x", None, "a long text that stands outside the view"], pa.string_view())}
    ),
    "binary": lambda: pa.table({"a": ["x"], "b": pa.array([b"\xff\0"], pa.binary())}),
    "wide": lambda: pa.table({f"c{n}": [f"value {n}", None] for n in range(120)}),
}


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_odd_data_is_masked_with_its_types_and_nulls(tmp_path: Path, name: str, suffix: str) -> None:
    table, path = TABLES[name](), tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        pq.write_table(table, path)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    before = rows_of(open_source(path).tables["t"])
    assert mask(tmp_path, path).is_published
    after = rows_of(open_source(tmp_path / f"masked.{suffix}").tables["masked"])
    assert after.schema.equals(before.schema)
    assert after.num_rows == before.num_rows
    for column in before.schema.names:
        assert after.column(column).null_count == before.column(column).null_count, column
    kept = [field.name for field in before.schema if field.name in ("f", "d", "t", "u", "n", "b")]
    assert [repr(after.column(name).to_pylist()) for name in kept] == [
        repr(before.column(name).to_pylist()) for name in kept
    ]


def test_ten_thousand_columns_are_masked(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(10_000)]
    pq.write_table(pa.table({name: pa.nulls(3, pa.int8()) for name in names}), tmp_path / "t.parquet")
    assert mask(tmp_path, tmp_path / "t.parquet").rows == {"t": 3}
    assert pq.read_schema(tmp_path / "masked.parquet").names == names


def test_huge_texts_are_masked(tmp_path: Path) -> None:
    huge = "planted " * (BATCH_BYTES // 8 + 1)  # one is more than a batch, both are more than a row group
    pq.write_table(pa.table({"a": [huge, "small", huge + "x"]}), tmp_path / "t.parquet", use_dictionary=False)
    mask(tmp_path, tmp_path / "t.parquet")
    column = pq.read_table(tmp_path / "masked.parquet").column("a").to_pylist()
    assert len(set(column)) == 3
    assert max(map(len, column)) < 30


def damaged_row_group(folder: Path) -> Path:
    path = folder / "t.parquet"
    table = pa.table({"a": [f"planted{n * 7919}" for n in range(4000)]})
    pq.write_table(table, path, row_group_size=1000, use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 300] = b"\xff" * 300
    path.write_bytes(content)
    return path


def invalid_utf8(folder: Path) -> Path:
    texts = pa.array([b"planted", b"plant\xff\xfe"]).view(pa.string())
    pq.write_table(pa.table({"good": ["x", "y"], "bad": texts}), folder / "t.parquet")
    return folder / "t.parquet"


def repeated_names(folder: Path) -> Path:
    pq.write_table(pa.table([pa.array(["planted"]), pa.array(["planted"])], names=["a", "a"]), folder / "t.parquet")
    return folder / "t.parquet"


def changed_schema(folder: Path) -> Path:
    write_people(folder)
    pq.write_table(pa.table({"customer": ["planted"], "amount": ["planted"]}), folder / "orders" / "c.parquet")
    return folder


def cut_off(folder: Path) -> Path:
    write_people(folder)
    (folder / "customers.parquet").write_bytes((folder / "customers.parquet").read_bytes()[:-100])
    return folder


def cut_off_lines(folder: Path) -> Path:
    (folder / "t.jsonl").write_text('{"a": "planted"}\n{"a": "plan')
    return folder / "t.jsonl"


def open_quote(folder: Path) -> Path:
    (folder / "t.csv").write_text('a,b\nplanted,1\n"planted,2\nplanted,3\n')
    return folder / "t.csv"


FAULTS: list[tuple[Callable[[Path], Path], str]] = [
    (damaged_row_group, r"t\.parquet cannot be read as Parquet: it is damaged"),
    (invalid_utf8, r"t\.parquet: column bad holds values that are not what its type says"),
    (repeated_names, "several columns called a; rename them"),
    (changed_schema, r"table orders: .*c\.parquet differs from .*b\.parquet|a\.parquet in amount"),
    (cut_off, r"customers\.parquet cannot be read as Parquet: it is damaged or cut off"),
    (cut_off_lines, r"t\.jsonl:2 is not JSON"),
    (open_quote, r"t\.csv, row 2: the header has 2 fields and this row 1; mend the row or its quotes"),
]


@pytest.mark.parametrize(("make", "expected"), FAULTS, ids=[make.__name__ for make, _ in FAULTS])
@pytest.mark.parametrize("threads", [1, 2])
def test_damaged_data_is_one_sentence_and_nothing_is_left(
    tmp_path: Path, make: Callable[[Path], Path], expected: str, threads: int
) -> None:
    (tmp_path / "source").mkdir()
    source = make(tmp_path / "source") if make not in (changed_schema, cut_off) else make(tmp_path / "other")
    with pytest.raises(MaskingError, match=expected) as error:
        mask(tmp_path, source, threads=threads)
    assert "planted" not in str(error.value)
    assert "\n" not in str(error.value)
    assert not [path.name for path in tmp_path.iterdir() if "masked" in path.name or path.name.startswith(".")]


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(MaskingError, match=f"32 bytes, and this one has {size}"):
        MasterKey(b"k" * size)


def test_manifest_of_odd_data_is_plain_json(tmp_path: Path) -> None:
    pq.write_table(TABLES["nan"](), tmp_path / "t.parquet")
    mask(tmp_path, tmp_path / "t.parquet")
    json.loads((tmp_path / "masked_manifest.json").read_text(), parse_constant=pytest.fail)


def test_errors_are_those_that_people_can_mend() -> None:
    assert issubclass(MaskingError, DataopsError)
