"""Arrow IPC, file and stream."""

from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats.arrow import ArrowFile


def write(path: Path, batches: list[pa.RecordBatch], compression: str | None = None) -> Path:
    """An IPC stream if the name ends in .arrows, else a file."""
    opened = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    options = pa.ipc.IpcWriteOptions(compression=compression, emit_dictionary_deltas=True)
    with pa.OSFile(str(path), "wb") as sink, opened(sink, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return path


def batch(start: int) -> pa.RecordBatch:
    texts = pa.array([f"text {n}" for n in range(start, start + 50)])
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1, 0] * 10, pa.int8()), ["a", "b"])
    return pa.RecordBatch.from_arrays([texts, coded, texts.view(pa.string()).cast(pa.string_view())], ["t", "c", "v"])


@pytest.mark.parametrize("name", ["t.arrow", "t.feather", "t.arrows"])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"], ids=str)
def test_rows_form_and_codec_survive(tmp_path: Path, name: str, compression: str | None) -> None:
    file = ArrowFile(write(tmp_path / name, [batch(0), batch(50)], compression))
    target = tmp_path / f"copy-{name}"
    writer = file.writer(target)
    for each in file.encoded_batches():
        writer.write(each)
    writer.close()
    again = ArrowFile(target)
    assert (again.is_stream, again.compression()) == (name == "t.arrows", compression)
    assert again.schema == file.schema
    assert again.rows == (None if again.is_stream else 100)
    rows = pa.Table.from_batches(again.batches(), again.schema)
    assert rows.to_pylist() == pa.Table.from_batches([batch(0), batch(50)]).to_pylist()
    assert next(each.to_pydict() for each in again.batches(["c"]))["c"][:3] == ["a", "b", None]


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"], ids=str)
def test_files_of_polars_are_taken(tmp_path: Path, compression: Literal["lz4", "zstd"] | None) -> None:
    frame = pl.DataFrame({"t": [f"text {n} of some length" for n in range(500)], "n": range(500)})
    frame = frame.with_columns(c=(pl.col("n") % 7).cast(pl.String).cast(pl.Categorical))
    frame.write_ipc(tmp_path / "t.arrow", compression=compression or "uncompressed")
    file = ArrowFile(tmp_path / "t.arrow")
    assert file.compression() == compression
    assert file.schema.field("c").type == pa.dictionary(pa.uint32(), pa.large_string())
    assert [each.column("c").dictionary_decode()[8].as_py() for each in file.batches(["c", "t"])] == ["1"]
    writer = file.writer(tmp_path / "copy.arrow")
    for each in file.encoded_batches():
        writer.write(each)
    writer.close()
    again = ArrowFile(tmp_path / "copy.arrow")
    assert (again.compression(), again.schema) == (compression, file.schema)
    assert again.stored_schema == file.stored_schema
    assert pl.read_ipc(tmp_path / "copy.arrow").equals(frame)


def test_dictionaries_that_differ_from_batch_to_batch_grow(tmp_path: Path) -> None:
    file = ArrowFile(write(tmp_path / "t.arrow", [batch(0)]))
    writer = file.writer(tmp_path / "copy.arrow")
    texts = pa.array(["x"] * 3)
    for values in (["k", "k", None], ["m", "k", "n"], ["n", "m", "m"]):
        coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int8()), pa.array(values))
        writer.write(pa.RecordBatch.from_arrays([texts, coded, texts.cast(pa.string_view())], schema=file.schema))
    writer.close()
    again = ArrowFile(tmp_path / "copy.arrow")
    assert pa.Table.from_batches(again.batches(), again.schema).column("c").to_pylist() == [
        *["k", "k", None],
        *["m", "k", "n"],
        *["n", "m", "m"],
    ]


def test_sample_has_rows_of_every_part(tmp_path: Path) -> None:
    numbers = [pa.record_batch({"n": range(first, first + 50)}) for first in range(0, 400, 50)]
    found = ArrowFile(write(tmp_path / "t.arrow", numbers)).sample(8).column("n").to_pylist()
    assert len(found) == 8
    assert sum(number >= 200 for number in found) in (3, 4, 5)


def test_file_without_batches_has_no_codec(tmp_path: Path) -> None:
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as sink, pa.ipc.new_file(sink, batch(0).schema):
        pass
    file = ArrowFile(tmp_path / "t.arrow")
    assert (file.rows, file.compression(), list(file.batches())) == (0, None, [])


@pytest.mark.parametrize("content", [b"", b"ARROW1\0\0", b"FEA1 old feather", b"ARROW1" + b"\xff" * 100], ids=repr)
def test_damaged_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.arrow").write_bytes(content)
    with pytest.raises(MaskingError, match="cannot be read as Arrow IPC"):
        ArrowFile(tmp_path / "t.arrow")


def test_rows_that_no_sample_takes_are_checked_as_damaged_ones_cannot_be_taken(tmp_path: Path) -> None:
    good = pa.RecordBatch.from_pydict({"t": [f"text {n}" for n in range(4096)]})
    path = write(tmp_path / "t.arrow", [good, pa.RecordBatch.from_pydict({"t": ["x" * 1111, "y"]})])
    offsets, others = (np.array([0, end], np.int32).tobytes() for end in (1111, 2**30))
    before, _, behind = path.read_bytes().rpartition(offsets)
    path.write_bytes(before + others + behind)
    with pytest.raises(MaskingError, match=r"t\.arrow"):
        ArrowFile(path).sample(1)
