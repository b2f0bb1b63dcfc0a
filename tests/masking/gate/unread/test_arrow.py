"""Arrow files and streams that hold bytes or entries which no row shows: found; and files of other writers pass."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dataops_infra.masking.formats.arrow import ArrowFile, ArrowWriter
from dataops_infra.masking.gate.unread import unread_values
from dataops_infra.masking.gate.unread.arrow_values import unread_in_arrow
from dataops_infra.masking.gate.unread.model import BETWEEN, DESCRIPTIONS, ENTRIES, UNDER_NULLS
from dataops_infra.masking.sources import open_source

ORIGINAL = "Anna Bergmann-Lindqvist"


def found(path: Path) -> list[tuple[str | None, str, int]]:
    """Column, place and number of all that is found in a file."""
    return [(each.column, each.place, each.number) for each in unread_in_arrow(ArrowFile(path))]


def written(path: Path, *batches: pa.RecordBatch, **options: Any) -> Path:
    opened = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    chosen = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True, **options)
    with opened(str(path), batches[0].schema, options=chosen) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return path


def one_column(values: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([values], ["c"])


def with_nulls(values: pa.Array) -> pa.Array:
    """The same bytes, of which the second value is said to be null."""
    bits = np.ones(len(values), np.bool_)
    bits[1] = False
    valid = pa.py_buffer(np.packbits(bits, bitorder="little"))
    children = [values.field(n) for n in range(values.type.num_fields)] if pa.types.is_struct(values.type) else []
    if pa.types.is_list(values.type):
        children = [values.values]
    own = values.buffers()[1 : 1 if children and pa.types.is_struct(values.type) else 2 if children else None]
    return pa.Array.from_buffers(values.type, len(values), [valid, *own], children=children)


def every_kind() -> pa.RecordBatch:
    rng = random.Random(5)
    texts = [None if n % 7 == 0 else "text " * (n % 5) + str(n) for n in range(300)]
    columns = {
        "text": pa.array(texts),
        "large": pa.array(texts, pa.large_string()),
        "view": pa.array(texts, pa.string_view()),
        "bytes": pa.array([None, b"ab", b""] * 100, pa.binary()),
        "number": pa.array([None if n % 3 == 0 else n for n in range(300)]),
        "bool": pa.array([None, True, False] * 100),
        "list": pa.array([None, ["a", "b"], []] * 100),
        "map": pa.array([None, [("a", 1)], []] * 100, pa.map_(pa.string(), pa.int64())),
        "pair": pa.array([None, [1, 2], [3, 4]] * 100, pa.list_(pa.int32(), 2)),
        "struct": pa.array([None, {"x": 1, "y": "a"}, {"x": None, "y": None}] * 100),
        "coded": pa.array([rng.choice("uvw") for _ in range(300)]).dictionary_encode(),
        "runs": pc.run_end_encode(pa.array(["a", "a", "b"] * 100)),
        "list view": pa.array([["a"], None, []] * 100, pa.list_view(pa.string())),
        "uuid": pa.array([bytes([n % 5]) * 16 for n in range(300)], pa.uuid()),
        "null": pa.nulls(300),
    }
    return pa.RecordBatch.from_pydict(columns)


@pytest.mark.parametrize("suffix", [".arrow", ".arrows"])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_files_of_arrow_pass(tmp_path: Path, suffix: str, compression: str | None) -> None:
    path = written(tmp_path / f"t{suffix}", every_kind(), every_kind(), compression=compression)
    assert found(path) == []
    copy = ArrowWriter(tmp_path / f"copy{suffix}", ArrowFile(path))
    for batch in ArrowFile(path).batches():
        copy.write(batch)
    copy.close()
    assert found(tmp_path / f"copy{suffix}") == []


def test_files_of_polars_and_pandas_pass(tmp_path: Path) -> None:
    frame = pl.DataFrame(pl.from_arrow(every_kind().select(["text", "large", "view", "number", "list", "coded"])))
    frame.write_ipc(tmp_path / "t.arrow")
    frame.write_ipc_stream(tmp_path / "t.arrows")
    every_kind().select(["text", "number", "bool", "coded"]).to_pandas().to_feather(tmp_path / "t.feather")
    assert [found(tmp_path / name) for name in ("t.arrow", "t.arrows", "t.feather")] == [[], [], []]


@pytest.mark.parametrize("suffix", [".arrow", ".arrows"])
def test_an_empty_table_passes(tmp_path: Path, suffix: str) -> None:
    assert found(written(tmp_path / f"t{suffix}", pa.RecordBatch.from_pylist([], every_kind().schema))) == []


TEXTS = ["first", ORIGINAL, "third"]
NUMBERS = pa.array([1, 491512345678, 3])
HIDDEN: dict[str, Callable[[], pa.Array]] = {
    "text under a null": lambda: with_nulls(pa.array(TEXTS)),
    "large text under a null": lambda: with_nulls(pa.array(TEXTS, pa.large_string())),
    "view under a null": lambda: with_nulls(pa.array(TEXTS, pa.string_view())),
    "short view under a null": lambda: with_nulls(pa.array(["a", "Anna Berg", "b"], pa.string_view())),
    "number under a null": lambda: with_nulls(NUMBERS),
    "code under a null": lambda: pa.DictionaryArray.from_arrays(with_nulls(pa.array([0, 1, 1])), pa.array(["a", "b"])),
    "text in a null struct": lambda: with_nulls(pa.StructArray.from_arrays([pa.array(TEXTS)], ["x"])),
    "list under a null": lambda: with_nulls(pa.array([["a"], [ORIGINAL], ["b"]])),
    "keys behind a map": lambda: pa.MapArray.from_arrays([0, 1], pa.array(["a", ORIGINAL]), pa.array([1, 2])),
    "items of no list view": lambda: pa.ListViewArray.from_arrays([0, 0], [1, 1], pa.array(["a", ORIGINAL])),
    "pair under a null": lambda: pa.FixedSizeListArray.from_arrays(
        pa.array([1, 2, 491512345678, 4]), 2, mask=pa.array([False, True])
    ),
    "text of no view": lambda: pa.Array.from_buffers(
        pa.string_view(), 1, [None, pa.py_buffer(b"\1\0\0\0a" + bytes(11)), pa.py_buffer(ORIGINAL.encode())]
    ),
    "letters behind a short view": lambda: pa.Array.from_buffers(
        pa.string_view(), 1, [None, pa.py_buffer(b"\1\0\0\0aAnna Berg\0\0")]
    ),
    "run behind the last row": lambda: pa.RunEndEncodedArray.from_buffers(
        pa.run_end_encoded(pa.int32(), pa.string()), 2, [None], 0, 0,
        children=[pa.array([2, 4], pa.int32()), pa.array(["a", ORIGINAL])],
    ),
    "text of no row of a dense union": lambda: pa.UnionArray.from_dense(
        pa.array([0, 0], pa.int8()), pa.array([0, 2], pa.int32()), [pa.array(TEXTS), pa.array([1])]
    ),
    "text under another child of a sparse union": lambda: pa.UnionArray.from_sparse(
        pa.array([0, 1, 0], pa.int8()), [pa.array(TEXTS), pa.array([1, 2, 3])]
    ),
    "text behind the last row": lambda: pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 1], np.int32)), pa.py_buffer(b"a" + ORIGINAL.encode())]
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", HIDDEN.values(), ids=HIDDEN)
def test_bytes_that_no_row_shows_are_found(tmp_path: Path, make: Callable[[], pa.Array]) -> None:
    path = written(tmp_path / "t.arrow", one_column(make()))
    assert ORIGINAL not in str(ArrowFile(path).batches().__next__().to_pylist())
    assert {(column, place) for column, place, _ in found(path)} == {("c", UNDER_NULLS)}
    (check,) = unread_values(open_source(path).tables["t"], ArrowFile(path).schema)
    assert check.column == "c"
    assert "Anna" not in repr(check)
    assert "4915" not in repr(check)


def test_what_programs_write_for_missing_numbers_passes(tmp_path: Path) -> None:
    columns = [
        with_nulls(pa.array([1.5, float("nan"), 2.5])),
        with_nulls(pa.array([1, -(2**63), 3])),
        with_nulls(pa.array([1, -1, 3], pa.int8())),
    ]
    assert found(written(tmp_path / "t.arrow", pa.RecordBatch.from_arrays(columns, ["a", "b", "c"]))) == []


UNIONS = {
    "dense": pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array(["a", "b"]), pa.array([7])]
    ),
    "sparse": pa.UnionArray.from_sparse(
        pa.array([0, 1, 0], pa.int8()), [pa.array(["a", "", "b"]), pa.array([0, 7, 0])]
    ),
}


@pytest.mark.parametrize("kind", UNIONS)
def test_unions_of_nothing_but_their_rows_pass(tmp_path: Path, kind: str) -> None:
    assert found(written(tmp_path / "t.arrow", one_column(UNIONS[kind]))) == []


def coded(entries: Sequence[str], places: Sequence[int]) -> pa.RecordBatch:
    return one_column(pa.DictionaryArray.from_arrays(pa.array(places, pa.int8()), pa.array(list(entries))))


DICTIONARIES: dict[str, tuple[list[pa.RecordBatch], list[int]]] = {
    "used at last": ([coded(["a", "b"], [0]), coded(["a", "b"], [1])], []),
    "never used": ([coded(["a", ORIGINAL], [0]), coded(["a", ORIGINAL], [0])], [1]),
    "grows": ([coded(["a"], [0]), coded(["a", "b"], [1])], []),
    "grows by too much": ([coded(["a"], [0]), coded(["a", "b", ORIGINAL], [1])], [1]),
    "of a list": (
        [one_column(pa.ListArray.from_arrays([0, 1], coded(["a", ORIGINAL], [0]).column(0)))],
        [1],
    ),
}


@pytest.mark.parametrize("suffix", [".arrow", ".arrows"])
@pytest.mark.parametrize(("batches", "numbers"), DICTIONARIES.values(), ids=DICTIONARIES)
def test_entries_that_no_row_points_at_are_found(
    tmp_path: Path, suffix: str, batches: list[pa.RecordBatch], numbers: list[int]
) -> None:
    path = written(tmp_path / f"t{suffix}", *batches)
    column = "c[]" if pa.types.is_list(batches[0].schema[0].type) else "c"
    assert found(path) == [(column, ENTRIES, number) for number in numbers]


def test_entries_of_a_dictionary_that_another_one_replaces_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "t.arrows", coded(["a", ORIGINAL], [0]), coded(["b"], [0]))
    assert found(path) == [("c", ENTRIES, 1)]


def test_bytes_under_nulls_of_a_dictionary_are_found(tmp_path: Path) -> None:
    entries = with_nulls(pa.array(TEXTS))
    batch = one_column(pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), entries))
    assert found(written(tmp_path / "t.arrow", batch)) == [("c", UNDER_NULLS, 1)]


def messages(path: Path) -> list[Any]:
    return list(pa.ipc.MessageReader.open_stream(pa.OSFile(str(path))))


def stream_of(path: Path, parts: Sequence[Any]) -> Path:
    path.write_bytes(b"".join(each.serialize().to_pybytes() for each in parts) + b"\xff\xff\xff\xff\0\0\0\0")
    return path


@pytest.mark.parametrize("is_last", [False, True], ids=["before a batch", "behind the last one"])
def test_dictionaries_that_no_batch_is_read_with_are_found(tmp_path: Path, is_last: bool) -> None:
    schema, masked, batch = messages(written(tmp_path / "t.arrows", coded(["a", "b"], [0, 1])))
    _, original, _ = messages(written(tmp_path / "other.arrows", coded([ORIGINAL, "b"], [0, 1])))
    parts = [schema, masked, batch, original] if is_last else [schema, original, masked, batch]
    path = stream_of(tmp_path / "t.arrows", parts)
    assert ArrowFile(path).sample(5).to_pydict() == {"c": ["a", "b"]}
    assert found(path) == [(None, ENTRIES, 1)]


def test_bytes_behind_a_stream_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "t.arrows", one_column(pa.array(["masked"])))
    path.write_bytes(path.read_bytes() + ORIGINAL.encode())
    assert found(path) == [(None, BETWEEN, 1)]


def test_bytes_between_the_messages_of_a_file_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "t.arrow", one_column(pa.array(["masked"])))
    data = path.read_bytes()
    footer = len(data) - 10 - int.from_bytes(data[-10:-6], "little")
    path.write_bytes(data[:footer] + ORIGINAL.encode() + data[footer:])
    assert ArrowFile(path).rows == 1
    assert found(path) == [(None, BETWEEN, 1)]


def test_bytes_in_a_messages_body_that_no_buffer_holds_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "t.arrow", one_column(pa.array(["masked"])))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"masked\0\0", b"maskedAB"))
    assert ArrowFile(path).sample(1).to_pydict() == {"c": ["masked"]}
    assert found(path) == [(None, BETWEEN, 1)]


def test_another_schema_in_front_of_a_file_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "t.arrow", pa.RecordBatch.from_arrays([pa.array(["masked"])], ["column"]))
    data = path.read_bytes()
    place = data.index(b"column")
    path.write_bytes(data[:place] + b"Anna B" + data[place + 6 :])
    assert ArrowFile(path).schema.names == ["column"]
    assert found(path) == [(None, BETWEEN, 1)]


def test_metadata_of_a_footer_is_found(tmp_path: Path) -> None:
    batch = one_column(pa.array(["masked"]))
    with pa.ipc.new_file(str(tmp_path / "t.arrow"), batch.schema, metadata={"note": ORIGINAL}) as writer:
        writer.write_batch(batch)
    assert found(tmp_path / "t.arrow") == [(None, DESCRIPTIONS, 1)]
