"""Rows come back in the order in which they were sent, whatever order they are read in."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.places.postgresql import order
from dataops_infra.masking.places.postgresql.constraints import loading_order
from dataops_infra.masking.places.postgresql.names import TableName
from dataops_infra.masking.places.postgresql.order import in_order, noted_order, row_hashes
from dataops_infra.masking.places.postgresql.tables import ForeignKey


@pytest.mark.parametrize("rows", [0, 1, 10, 1_000])
@pytest.mark.parametrize("different", [3, 1_000])
def test_rows_are_brought_into_the_noted_order(
    tmp_path: Path, rows: int, different: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "WINDOW_ROWS", 64)
    numbers = np.random.default_rng(1).integers(0, different, rows)
    sent = pa.table({"n": numbers, "t": [f"t{n % 7}" for n in numbers]})
    read = sent.take(pa.array(np.random.default_rng(2).permutation(rows)))
    path = tmp_path / "t.parquet"
    pq.write_table(read, path, row_group_size=100)

    note = noted_order(row_hashes(sent.to_batches()), row_hashes(read.to_batches()))
    if note is None:
        assert read.equals(sent)
    else:
        in_order(path, note)

    assert pq.read_table(path).equals(sent)
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_rows_that_do_not_match_are_left_as_they_are(sent: list[int], read: list[int]) -> None:
    note = noted_order(np.array(sent, np.uint64), np.array(read, np.uint64))
    assert (note is None) == (sent == read or sorted(sent) != sorted(read))


def test_a_table_that_others_changed_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"n": [1, 2]}), path)
    note = noted_order(np.array([1, 2, 3], np.uint64), np.array([3, 2, 1], np.uint64))
    assert note is not None
    in_order(path, note)
    assert pq.read_table(path)["n"].to_pylist() == [1, 2]


def test_hashes_look_at_values_alone() -> None:
    plain = pa.record_batch({"a": pa.array(["x", None]), "l": pa.array([[1], []])})
    coded = pa.record_batch({"a": pa.array(["x", None]).dictionary_encode(), "l": pa.array([[1], []])})
    assert row_hashes([plain]).tolist() == row_hashes([coded]).tolist()
    assert len(set(row_hashes([plain]).tolist())) == 2


def key(table: str, references: str, *, is_deferrable: bool = False) -> ForeignKey:
    names = TableName("s", table), TableName("s", references)
    return ForeignKey("k", names[0], ("c",), names[1], ("c",), is_deferrable, "")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], "abc"),
        ([key("a", "b"), key("b", "c")], "cba"),
        ([key("a", "a"), key("a", "c")], "cba"),
        ([key("a", "b"), key("b", "a", is_deferrable=True)], "bca"),
        ([key("a", "b"), key("b", "a")], None),
        ([key("a", "b", is_deferrable=True), key("b", "a", is_deferrable=True)], "abc"),
    ],
)
def test_tables_that_are_referred_to_come_first(keys: list[ForeignKey], expected: str | None) -> None:
    found = loading_order([TableName("s", name) for name in "cab"], keys)
    assert (found if found is None else "".join(table.name for table in found)) == expected
