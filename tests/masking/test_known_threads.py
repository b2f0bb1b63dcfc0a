"""The first pass over the data: in several threads, and while tables are masked."""

import tracemalloc
import weakref
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from dataops_infra.errors import MaskingError
from dataops_infra.masking import known_collecting
from dataops_infra.masking.binding import bind
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.engines.base import Work
from dataops_infra.masking.engines.local import LocalEngine
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known import KnownValues
from dataops_infra.masking.known_collecting import begin_collection, collect_known
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import mask_batch
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.preparing import begin_learning
from dataops_infra.masking.sources import Source, open_source
from tests.support.people import people

KEY = MasterKey(bytes(range(32)))
COLUMNS = {"name": "full_name", "birth": "birth_date", "street": "street", "phone": "phone", "card": "payment_card"} | {
    "iban": "iban",
    "ssn": "us_ssn",
}


def planned(kind: str) -> ColumnPlan:
    found = KINDS[kind]
    return ColumnPlan(operator=found.operator, domain=kind, options=dict(found.options), classification=kind)


PLAN = Plan(
    tables={
        "customers": TablePlan(columns={name: planned(kind) for name, kind in COLUMNS.items()}),
        "tickets": TablePlan(columns={"body": ColumnPlan(operator="text")}),
    }
)


def write(folder: Path, suffix: str) -> None:
    """Customers, each name in one of two spellings, and texts that hold all of them."""
    folder.mkdir(exist_ok=True)
    everybody = [person for locale in ("ja_JP", "en_US", "pl_PL") for person in people(locale, 40, seed=9)]
    values: dict[str, list[object]] = {
        "name": [
            person.full_name if n % 2 else person.full_name.upper()
            for n, person in enumerate([*everybody, *everybody[1:]])
        ]
    }
    rows = range(len(values["name"]))
    values["street"] = [f"{n} Long Hill Road" for n in rows]
    values["birth"] = [date(1950 + n % 50, 1 + n % 12, 1 + n % 28) for n in rows]
    values |= {name: [f"{name[0]}{n:03}-{n * 7919:09}" for n in rows] for name in ("phone", "card", "iban", "ssn")}
    table = pa.table(values)
    if suffix == "csv":
        csv.write_csv(table, folder / "customers.csv")
    else:
        pq.write_table(table, folder / "customers.parquet", row_group_size=16)
    texts = [" ".join(map(str, row.values())) for row in table.to_pylist()]
    pq.write_table(pa.table({"body": texts}), folder / "tickets.parquet", row_group_size=7)


def contents(known: KnownValues | None) -> tuple[object, ...]:
    """All that was learned."""
    assert known is not None
    assert known.names is not None
    assert known.wholes is not None
    names, wholes = known.names, known.wholes
    arrays = (names.hashes.ascending, names.owners, names.beginnings.ascending, wholes.hashes.values)
    sieves = (names.sieve.packed, wholes.sieve.packed)
    raw = [array.tobytes() for array in (*arrays, wholes.owners, *sieves)]
    return (len(known), *raw, wholes.most_words, tuple(names.texts.to_pylist()))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_number_of_threads_changes_nothing_of_what_is_known(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, suffix)
    found = [contents(collect_known(PLAN, open_source(tmp_path), KEY, threads)) for threads in (1, 2, 4)]
    assert found[0] == found[1] == found[2]
    assert isinstance(found[0][0], int)
    assert found[0][0] > len(COLUMNS) * 100


@pytest.mark.parametrize("threads", [1, 3])
def test_damaged_file_ends_all_threads(tmp_path: Path, threads: int) -> None:
    write(tmp_path, "parquet")
    source = open_source(tmp_path)
    path = tmp_path / "customers.parquet"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 8] + bytes(size // 2))
    with pytest.raises(MaskingError, match="damaged"):
        collect_known(PLAN, source, KEY, threads)


def write_in_files(folder: Path) -> Source:
    """As :func:`write`, the customers in four files with the same people in several spellings, and the texts first."""
    write(folder, "parquet")
    rows = pq.read_table(folder / "customers.parquet")
    (folder / "customers.parquet").unlink()
    (folder / "customers").mkdir()
    for number in range(4):
        names = pa.array([name.as_py().upper() if number % 2 else name.as_py() for name in rows["name"]])
        part = rows.set_column(0, "name", names)
        pq.write_table(part, folder / "customers" / f"{number}.parquet", row_group_size=50)
    (folder / "tickets.parquet").rename(folder / "a_tickets.parquet")
    return open_source(folder)


IN_FILES = Plan(tables={"a_tickets": PLAN.tables["tickets"], "customers": PLAN.tables["customers"]})


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2)], ids=["in order", "out of order"])
def test_what_passes_by_is_known_as_what_is_read(tmp_path: Path, order: tuple[int, ...]) -> None:
    source = write_in_files(tmp_path)
    learning = begin_learning(IN_FILES, source, KEY)
    assert learning.waiting == {"a_tickets"}
    files = source.tables["customers"].files
    for number in order:
        watch = learning.watch("customers")
        assert watch is not None
        for batch in files[number].data.encoded_batches():
            watch.add(batch)
    assert contents(learning.finished().known) == contents(collect_known(IN_FILES, source, KEY))


def test_order_of_rows_changes_nothing_of_what_is_known(tmp_path: Path) -> None:
    """Nor which of several spellings of a name is taken for a text."""
    write(tmp_path, "parquet")
    path = tmp_path / "customers.parquet"
    rows = pq.read_table(path)
    other = [name.as_py().lower() for name in rows["name"]]
    longer = pa.concat_tables([rows, rows.set_column(0, "name", pa.array(other))])
    found = []
    for order in (range(len(longer)), reversed(range(len(longer)))):
        pq.write_table(longer.take(pa.array(order)), path, row_group_size=16)
        found.append(contents(collect_known(PLAN, open_source(tmp_path), KEY)))
    assert found[0] == found[1]


def test_what_collected_is_let_go_of_with_all_that_it_kept_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What texts hold and what was seen lately serve nobody any more; its memory goes back where it was much."""
    write(tmp_path, "parquet")
    given_back: list[bool] = []
    collection = begin_collection(PLAN, open_source(tmp_path), KEY)
    assert collection is not None
    collecting = weakref.ref(collection._found)
    monkeypatch.setattr(known_collecting, "_MANY", 100)
    monkeypatch.setattr(known_collecting, "give_back", lambda: given_back.append(collecting() is None))
    known = collection.finished()
    assert given_back == [True]
    assert collection.finished() is known
    assert given_back == [True]


def test_many_files_need_no_more_memory_than_few(tmp_path: Path) -> None:
    """What is remembered of values seen lately is kept once, not for each file."""
    source = write_in_files(tmp_path)
    learning = begin_learning(IN_FILES, source, KEY)
    batch = next(source.tables["customers"].files[0].data.encoded_batches())
    tracemalloc.start()
    watches = [learning.watch("customers") for _ in range(30)]
    for watch in watches:
        assert watch is not None
        watch.add(batch)
    assert tracemalloc.get_traced_memory()[0] < 10 << 20
    tracemalloc.stop()


def test_nothing_is_learned_from_a_subset_of_the_people(tmp_path: Path) -> None:
    source = write_in_files(tmp_path)
    people = open_source(tmp_path)
    learning = begin_learning(IN_FILES, source, KEY, people)
    assert learning.watch("customers") is None
    assert contents(learning.finished().known) == contents(collect_known(IN_FILES, people, KEY))


def test_without_free_text_no_table_waits(tmp_path: Path) -> None:
    source = write_in_files(tmp_path)
    texts = TablePlan(columns={"body": ColumnPlan(operator="token")})
    learning = begin_learning(Plan(tables=IN_FILES.tables | {"a_tickets": texts}), source, KEY)
    assert (learning.waiting, learning.watch("customers"), learning.finished()) == (frozenset(), None, Learned())


@pytest.mark.parametrize("is_learned", [False, True], ids=["learned meanwhile", "learned before"])
@pytest.mark.parametrize("threads", [1, 3])
def test_tables_with_texts_are_masked_after_the_others_and_by_what_they_hold(
    tmp_path: Path, threads: int, is_learned: bool
) -> None:
    source = write_in_files(tmp_path / "source")
    learning = begin_learning(IN_FILES, source, KEY)
    if is_learned:
        learning.finished()
    rows = LocalEngine(threads).mask(Work(IN_FILES, source, KEY, learning), tmp_path / "copy", lambda _rows: None)
    assert rows == {"a_tickets": source.tables["a_tickets"].rows, "customers": source.tables["customers"].rows}
    maskers = bind(IN_FILES, source.schemas, KEY, Learned(known=collect_known(IN_FILES, source, KEY)))
    for name, masker in maskers.items():
        expected = [mask_batch(batch, masker) for batch in source.tables[name].batches()]
        copy = open_source(tmp_path / "copy").tables[name].batches()
        assert pa.Table.from_batches(copy).equals(pa.Table.from_batches(expected))
