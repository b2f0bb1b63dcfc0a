"""What cannot be read is told in one sentence that repeats nothing of the library's."""

import errno
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats import csv as csv_format
from dataops_infra.masking.formats.base import check_texts, reading
from dataops_infra.masking.formats.csv import CsvFile
from dataops_infra.masking.sources import open_source

DAMAGED = "t.csv cannot be read as CSV: it is damaged or cut off"


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (MemoryError("secret"), "t.csv: one row group or value does not fit into memory"),
        (PermissionError(13, "secret"), "t.csv cannot be read: permission denied"),
        (FileNotFoundError(2, "secret"), "t.csv has gone since the source was opened"),
        (pa.ArrowInvalid("secret"), f"{DAMAGED} (ArrowInvalid); write it again"),
        (OSError(5, "secret"), f"{DAMAGED} (OSError); write it again"),
        (ValueError("secret"), f"{DAMAGED} (ValueError); write it again"),
        (EOFError("secret"), f"{DAMAGED} (EOFError); write it again"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_a_library_is_never_quoted(raised: BaseException, said: str) -> None:
    with pytest.raises(MaskingError) as told, reading(Path("/data/t.csv"), "CSV"):
        raise raised
    assert str(told.value) == f"/data/{said}"
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("caf\udcc3\udca9.csv", "its name is no UTF-8 text where this runs; set LC_ALL=C.UTF-8, or rename the file"),
        ("café.csv", "it is damaged or cut off (UnicodeEncodeError); write it again"),
    ],
)
def test_a_name_that_libraries_cannot_be_told_is_no_damage(name: str, said: str) -> None:
    with pytest.raises(MaskingError) as told, reading(Path("/data") / name, "CSV"):
        "\udcc3".encode()
    assert str(told.value).endswith(said)


def test_other_mistakes_are_not_taken_for_damaged_files() -> None:
    with pytest.raises(ZeroDivisionError), reading(Path("t.csv"), "CSV"):
        raise ZeroDivisionError


def test_a_file_that_goes_between_opening_and_reading_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    file = CsvFile(tmp_path / "t.csv")
    (tmp_path / "t.csv").unlink()
    with pytest.raises(MaskingError, match=r"t\.csv has gone since the source was opened$"):
        list(file.batches())


def test_a_header_may_go_over_several_lines(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'"a\nb","c\n\nd",e\n1,2,3\n')
    file = CsvFile(tmp_path / "t.csv")
    assert file.schema.names == ["a\nb", "c\n\nd", "e"]
    assert [batch.to_pylist() for batch in file.batches()] == [[{"a\nb": "1", "c\n\nd": "2", "e": "3"}]]


def test_a_header_whose_quote_never_ends_is_read_to_the_end_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'"a,b\n1,2\n')
    assert CsvFile(tmp_path / "t.csv").schema.names == ["a,b\n1,2\n"]


def test_a_row_without_end_is_told_after_the_rows_that_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_format, "_FIRST_BLOCK", 64)
    monkeypatch.setattr(csv_format, "_LAST_BLOCK", 512)
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 100 + '3,"secret\n' + "4,5\n" * 1000)
    with pytest.raises(MaskingError) as told:
        list(CsvFile(tmp_path / "t.csv").batches())
    assert "t.csv, after row 1" in str(told.value)
    assert str(told.value).endswith(": a row is larger than 512 bytes, or a quote is never closed")
    assert "secret" not in str(told.value)


def test_what_the_library_says_otherwise_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object) -> None:
        raise csv_format._Unreadable("out of sync at 'secret'")

    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    file = CsvFile(tmp_path / "t.csv")
    monkeypatch.setattr(csv_format, "_parsed", refuse)
    with pytest.raises(
        MaskingError, match=r"t\.csv, after row 0: it cannot be read as CSV; mend the quotes of the next"
    ):
        list(file.batches())
    assert file.sample_at_start().num_rows == 0


def texts(offsets: list[int], data: bytes, valid: bytes | None = None, nulls: int = 0, large: bool = True) -> pa.Array:
    kind, width = (pa.large_string(), np.int64) if large else (pa.string(), np.int32)
    buffers = [
        None if valid is None else pa.py_buffer(valid),
        pa.py_buffer(np.array(offsets, width)),
        pa.py_buffer(data),
    ]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers, nulls)


SOUND = {
    "letters": texts([0, 2, 2, 4], b"abcd"),
    "small": texts([0, 2, 4], b"abcd", large=False),
    "slice": texts([0, 2, 3, 4], b"ab\xff\xfe").slice(0, 1),
    "nothing": texts([0], b""),
    "empty": texts([0, 0], b""),
    "null": texts([0, 2, 2], b"ab", b"\x01", 1),
    "beyond": texts([0, 2, 4], "äö".encode()),
    "views": pa.array(["a", "ä"], pa.string_view()),
}
BROKEN = {
    "not UTF-8": texts([0, 2, 3], b"ab\xff"),
    "half a letter": texts([0, 1, 2], "ä".encode()),
    "backwards": texts([0, 3, 2, 4], b"abcd"),
    "small": texts([0, 3, 2, 4], b"abcd", large=False),
    "nulls": texts([0, 1, 2], b"ab", b"\x00", 1),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_texts_pass(name: str) -> None:
    check_texts(pa.record_batch({"t": SOUND[name]}), Path("f"))


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_text_is_refused(name: str) -> None:
    with pytest.raises(MaskingError, match="column t holds values that are not what its type says"):
        check_texts(pa.record_batch({"t": BROKEN[name]}), Path("f"))


def test_a_type_that_the_reader_does_not_know_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": pl.Series([2**100], dtype=pl.Int128)}).write_parquet(path)
    with pytest.raises(
        MaskingError, match=r"t\.parquet cannot be read as Parquet: it holds a type, an encoding or a co"
    ):
        open_source(path)


def test_too_many_open_files_are_no_damage(tmp_path: Path) -> None:
    with (
        pytest.raises(MaskingError, match=r"^.*t\.csv cannot be opened: more than \d+ files would be open at once"),
        reading(tmp_path / "t.csv", "CSV"),
    ):
        raise OSError(errno.EMFILE, "Too many open files")
