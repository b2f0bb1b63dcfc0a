"""The local engine: the same copy whatever the threads, batches and row groups; failures end all of it."""

import _thread
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.background import THREADS
from dataops_infra.masking.engines import local
from dataops_infra.masking.engines.base import Work
from dataops_infra.masking.engines.local import LocalEngine, mask_source, writing
from dataops_infra.masking.formats import base
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.masker import BoundOperator, TableMasker
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.preparing import begin_learning
from dataops_infra.masking.sources import Source, open_source
from tests.support.masked_runs import contents, rows_of, write_people


class Doubling:
    """Says every text twice."""

    def apply(self, values: pa.Array, rows: Any) -> pa.Array:
        import pyarrow.compute as pc

        return pc.binary_join_element_wise(values, values, "")


class Failing:
    """Fails with a text that repeats the data."""

    def apply(self, values: pa.Array, rows: Any) -> pa.Array:
        raise ValueError(f"secret {values[0]}")


class Answering:
    """Gives what it was made with."""

    def __init__(self, answer: Callable[[pa.Array], pa.Array]) -> None:
        self.apply = lambda values, rows: answer(values)


class Keeping:
    """Keeps every value."""

    def apply(self, values: pa.Array, rows: Any) -> pa.Array:
        return values


def maskers(source: Source, **operators: Any) -> dict[str, TableMasker]:
    return {
        name: TableMasker(
            name, {column: BoundOperator(operators.get(column, Keeping()), True) for column in table.schema.names}
        )
        for name, table in source.tables.items()
    }


def masked(source: Source, folder: Path, threads: int = 1, **operators: Any) -> dict[str, int]:
    return mask_source(source, maskers(source, **operators), folder, threads, lambda _rows: None)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_copy_is_the_same_for_any_number_of_threads(
    tmp_path: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 40)
    source = open_source(write_people(tmp_path / "source"))
    assert masked(source, tmp_path / "one", email=Doubling()) == {"customers": 300, "orders": 300}
    masked(source, tmp_path / "many", threads, email=Doubling())
    assert contents(tmp_path / "many") == contents(tmp_path / "one")
    rows = rows_of(open_source(tmp_path / "many").tables["customers"])
    assert rows.column("email")[299].as_py() == "person299@planted.example" * 2
    assert rows.drop_columns("email") == rows_of(source.tables["customers"]).drop_columns("email")


def test_progress_counts_every_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 40)
    source = open_source(write_people(tmp_path / "source"))
    told: list[int] = []
    mask_source(source, maskers(source), tmp_path / "copy", 2, told.append)
    assert sum(told) == 600
    assert max(told) <= 40


@pytest.mark.parametrize(("rows", "times"), [(200, 3), (601, 0)])
def test_memory_is_given_back_while_rows_go_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, times: int
) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 40)
    monkeypatch.setattr(local, "GIVEN_BACK_ROWS", rows)
    given_back: list[None] = []
    monkeypatch.setattr(local, "give_back", lambda: given_back.append(None))
    masked(open_source(write_people(tmp_path / "source")), tmp_path / "copy", 2)
    assert len(given_back) == times


@pytest.mark.parametrize(("rows", "expected"), [(300, True), (301, False)])
def test_long_runs_take_no_huge_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, expected: bool
) -> None:
    source = open_source(write_people(tmp_path / "source"))
    columns = {
        name: dict.fromkeys(table.schema.names, ColumnPlan(operator="keep")) for name, table in source.tables.items()
    }
    plan = Plan(tables={name: TablePlan(columns=named) for name, named in columns.items()})
    monkeypatch.setattr(local, "GIVEN_BACK_ROWS", rows)
    entered = iter([nullcontext()])
    monkeypatch.setattr(local, "without_huge_pages", lambda: next(entered))
    key = MasterKey(bytes(range(32)))
    work = Work(plan, source, key, begin_learning(plan, source, key))
    assert LocalEngine(1).mask(work, tmp_path / "copy", lambda _rows: None) == {"customers": 300, "orders": 300}
    assert (next(entered, None) is None) is expected


@pytest.mark.parametrize(("threads", "expected"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_one_file_is_read_for_two_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, expected: int
) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 5)
    for number in range(6):
        table = pa.table({"a": [f"{number} {n}" for n in range(100)]})
        pq.write_table(table, tmp_path / f"t{number}.parquet")
    source = open_source(tmp_path)
    lock, read, most, is_reached = threading.Lock(), set[int](), 0, threading.Event()

    def watched(number: int, batches: Callable[[], Any]) -> Any:
        nonlocal most
        with lock:
            read.add(number)
            most = max(most, len(read))
        if most == expected:
            is_reached.set()
        is_reached.wait(10)
        for batch in batches():
            time.sleep(0.001)  # so that others find nothing to do and would begin one more
            yield batch
        with lock:
            read.remove(number)

    for number in range(6):
        data = source.tables[f"t{number}"].files[0].data
        batches = partial(watched, number, partial(type(data).batches, data))
        monkeypatch.setattr(data, "encoded_batches", batches, raising=False)
    assert masked(source, tmp_path / "copy", threads) == {f"t{n}": 100 for n in range(6)}
    assert most == expected


class Meeting:
    """Takes in a batch only while another one is taken in, too."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2, timeout=120)

    def add(self, batch: pa.RecordBatch) -> None:
        self.barrier.wait()


def test_file_is_read_on_while_a_batch_of_it_is_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 10)
    pq.write_table(pa.table({"a": [str(n) for n in range(20)]}), tmp_path / "t.parquet")
    source, meeting = open_source(tmp_path / "t.parquet"), Meeting()

    def watch(_table: str) -> Any:
        return meeting

    assert mask_source(source, maskers(source), tmp_path / "copy", 2, lambda _rows: None, watch) == {"t": 20}
    assert not meeting.barrier.broken


def test_little_waits_in_memory_while_a_batch_is_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 10)
    pq.write_table(pa.table({"a": [str(n) for n in range(1000)]}), tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    file = source.tables["t"].files[0]
    is_held, decoded = threading.Event(), 0

    def hold(values: pa.Array) -> pa.Array:
        if values[0].as_py() == "0":
            is_held.wait(10)
        return values

    def counted() -> Any:
        nonlocal decoded
        for batch in type(file.data).batches(file.data):
            decoded += 1
            if decoded == 4:
                threading.Timer(0.2, is_held.set).start()
            assert decoded <= 4 or is_held.is_set()
            yield batch

    monkeypatch.setattr(file.data, "encoded_batches", counted, raising=False)
    masked(source, tmp_path / "copy", 3, a=Answering(hold))
    assert decoded == 100


@pytest.mark.parametrize("threads", [1, 3])
def test_failing_operator_ends_the_run_without_its_text(tmp_path: Path, threads: int) -> None:
    source = open_source(write_people(tmp_path / "source"))
    with pytest.raises(MaskingError, match=r"customers\.parquet.* cannot be masked \(ValueError\)") as error:
        masked(source, tmp_path / "copy", threads, email=Failing())
    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mask-") and thread.is_alive()]


def test_operator_that_breaks_its_contract_is_found_out(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("a", pa.string(), nullable=False)])
    pq.write_table(pa.table([pa.array(["x"])], schema), tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    with pytest.raises(MaskingError, match="null"):
        masked(source, tmp_path / "copy", a=Answering(lambda values: pa.nulls(len(values), pa.string())))


def test_column_that_is_not_what_its_type_says_is_named(tmp_path: Path) -> None:
    wrong = pa.array([b"\xff\xfe"]).view(pa.string())
    pq.write_table(pa.table({"good": ["x"], "bad": wrong}), tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    with pytest.raises(MaskingError, match=r"column bad holds .*not UTF-8"):
        masked(source, tmp_path / "copy")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device"), r"a\.parquet cannot be written \(No space left on device\)"),
        (pa.ArrowInvalid("secret"), r"a\.parquet cannot be written \(ArrowInvalid\)"),
        (OSError("secret"), r"a\.parquet cannot be written \(OSError\)"),
    ],
    ids=["errno", "arrow", "plain"],
)
def test_failure_to_write_is_one_sentence(error: Exception, expected: str) -> None:
    with pytest.raises(MaskingError, match=expected) as raised, writing(Path("/x/a.parquet")):
        raise error
    assert "secret" not in str(raised.value)


def test_interruption_stops_all_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 10)
    source = open_source(write_people(tmp_path / "source"))
    is_interrupted = threading.Event()
    masked_rows: list[int] = []

    def wait(values: pa.Array) -> pa.Array:
        if not is_interrupted.is_set():
            is_interrupted.set()
            _thread.interrupt_main()
            time.sleep(0.3)
        return values

    with pytest.raises(KeyboardInterrupt):
        mask_source(source, maskers(source, email=Answering(wait)), tmp_path / "copy", 2, masked_rows.append)
    workers = [thread for thread in threading.enumerate() if thread.name.startswith(THREADS)]
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)
    assert sum(masked_rows) < 600


def test_interruption_does_not_wait_for_a_file_to_be_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 10)
    pq.write_table(pa.table({"a": [str(n) for n in range(100)]}), tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    data, is_raised, seen = source.tables["t"].files[0].data, threading.Event(), list[bool]()

    def batches() -> Any:
        try:
            yield from type(data).batches(data)
        finally:
            seen.append(is_raised.wait(20))

    def interrupt(values: pa.Array) -> pa.Array:
        _thread.interrupt_main()
        raise ValueError

    monkeypatch.setattr(data, "encoded_batches", batches, raising=False)
    with pytest.raises((KeyboardInterrupt, MaskingError)):
        masked(source, tmp_path / "copy", a=Answering(interrupt))
    is_raised.set()
    for thread in threading.enumerate():
        if thread.name.startswith(THREADS):
            thread.join(60)
    assert seen == [True]
