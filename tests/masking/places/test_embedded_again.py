"""What DuckDB and SQLite make their own of, a copy gives back as it was delivered: types and the order of rows."""

import datetime
import sqlite3
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.moving import fetched
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.copy_notes import Notes, read_notes, write_notes
from tests.masking.places.test_embedded import ENGINES, connect, make
from tests.support.places import copy_between, judge_between, plan_for

WHEN = datetime.datetime.fromisoformat("2026-01-02 03:04:05.006")
TYPES = {
    "bool": pa.array([True, None]),
    "int8": pa.array([1, None], pa.int8()),
    "uint64": pa.array([7, None], pa.uint64()),
    "float32": pa.array([1.0, None], pa.float32()),
    "large_string": pa.array(["x", None], pa.large_string()),
    "string_view": pa.array(["x", None], pa.string_view()),
    "dictionary": pa.array(["x", None]).dictionary_encode(),
    "binary": pa.array([b"\x00\xff", None], pa.large_binary()),
    "fixed": pa.array([b"\xc3\x28", None], pa.binary(2)),
    "decimal": pa.array([Decimal("1.50"), None], pa.decimal128(6, 2)),
    "date": pa.array([WHEN.date(), None]),
    "time": pa.array([WHEN.time(), None], pa.time64("us")),
    "timestamp": pa.array([WHEN, None], pa.timestamp("ms")),
    "zoned": pa.array([WHEN, None], pa.timestamp("us", "UTC")),
    "uuid": pa.array([UUID(int=2**127).bytes, None], pa.uuid()),
    "empty": pa.array([None, None], pa.date32()),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_of_files_come_back_in_their_types(engine: str, tmp_path: Path) -> None:
    data, target = tmp_path / "data", f"{engine}:///{tmp_path}/copy.db"
    data.mkdir()
    pq.write_table(pa.table(TYPES), data / "t.parquet")
    plan = plan_for(str(data), tmp_path / "plan.yaml", {"bool": "keep"})

    assert copy_between(str(data), target, plan).is_published

    with fetched(open_place(target), tmp_path) as folder:
        found = pq.read_table(folder / "t.parquet")
    assert found.schema.equals(pq.read_schema(data / "t.parquet"))
    assert judge_between(str(data), target, plan).exit_code == 0


def test_columns_of_sqlite_that_are_emptied_keep_the_type_of_their_values(tmp_path: Path) -> None:
    """By its declaration ``born`` would hold numbers, and ``price`` whole ones."""
    source = make(
        "sqlite",
        tmp_path / "t.db",
        "CREATE TABLE t (born DATE, code INTEGER, name TEXT, price NUMERIC);\n"
        "INSERT INTO t VALUES ('2020-01-01', 'x', 5, 1.5), ('2021-01-01', 'y', 6, 2.5)",
    )
    plan = plan_for(source, tmp_path / "plan.yaml", {"born": "drop", "code": "drop", "name": "drop", "price": "redact"})

    copy_between(source, f"sqlite:///{tmp_path}/copy.db", plan)

    assert judge_between(source, f"sqlite:///{tmp_path}/copy.db", plan).exit_code == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_copy_that_somebody_changed_is_told(engine: str, tmp_path: Path) -> None:
    data, target = tmp_path / "data", f"{engine}:///{tmp_path}/copy.db"
    data.mkdir()
    pq.write_table(pa.table({"n": ["a"], "born": [WHEN.date()]}), data / "t.parquet")
    copy_between(str(data), target, plan_for(str(data), tmp_path / "plan.yaml", {"n": "keep", "born": "keep"}))
    database = connect(engine, tmp_path / "copy.db")
    if engine == "duckdb":
        database.execute("ALTER TABLE t ALTER born TYPE VARCHAR")
    database.execute("UPDATE t SET born = 'somewhen'")
    database.commit()
    database.close()

    with (
        pytest.raises(MaskingError, match="the table t holds values that are not of the types"),
        fetched(open_place(target), tmp_path),
    ):
        pass


@pytest.mark.parametrize("engine", ENGINES)
def test_a_copy_with_other_columns_is_read_as_it_is(engine: str, tmp_path: Path) -> None:
    data, target = tmp_path / "data", f"{engine}:///{tmp_path}/copy.db"
    data.mkdir()
    pq.write_table(pa.table({"n": pa.array([1], pa.int8())}), data / "t.parquet")
    copy_between(str(data), target, plan_for(str(data), tmp_path / "plan.yaml", {"n": "keep"}))
    database = connect(engine, tmp_path / "copy.db")
    database.execute("ALTER TABLE t ADD COLUMN more INTEGER")
    database.commit()
    database.close()

    with fetched(open_place(target), tmp_path) as folder:
        assert pq.read_schema(folder / "t.parquet").names == ["n", "more"]


@pytest.mark.parametrize("engine", ENGINES)
def test_notes_come_back(engine: str) -> None:
    database = duckdb.connect() if engine == "duckdb" else sqlite3.connect(":memory:")
    schema = pa.schema([pa.field("a", pa.int8(), nullable=False), pa.field("b", pa.uuid())])
    notes = Notes(b"{}", {"t": b"12345678"}, ("a.b", "x%y"), {"t": schema, "a.b": pa.schema([])})

    write_notes(database, notes)
    database.execute("INSERT INTO _dataops_manifest VALUES ('schema:odd', ?)", [b"no schema"])

    assert read_notes(database) == notes


def test_columns_that_sqlite_has_no_type_for_are_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    pq.write_table(pa.table({"took": pa.array([[1]])}), data / "t.parquet")
    plan = plan_for(str(data), tmp_path / "plan.yaml", {"took[]": "keep"})

    with pytest.raises(
        MaskingError, match=r"can hold no column t\.took: it has no type for list<element: int64>; choose"
    ):
        copy_between(str(data), f"sqlite:///{tmp_path}/copy.db", plan)


ROW_IDS = {
    "_rowid_": "_rowid_ TEXT",
    "rowid": "_rowid_ TEXT, rowid INTEGER",
    "in capitals": '_ROWID_ TEXT, "RowId" INTEGER',
    "a generated one": "_rowid_ TEXT GENERATED ALWAYS AS (upper(b)), rowid INTEGER",
    "all, with a key": "_rowid_ TEXT, rowid INTEGER, oid TEXT, PRIMARY KEY (b)",
}


@pytest.mark.parametrize("case", sorted(ROW_IDS))
def test_rows_of_sqlite_keep_their_order_whatever_columns_are_called(case: str, tmp_path: Path) -> None:
    source = make(
        "sqlite",
        tmp_path / "t.db",
        f"CREATE TABLE t (b TEXT, n INTEGER, {ROW_IDS[case]});\n"
        "INSERT INTO t (b, n) VALUES ('x', 1), ('z', 3), ('y', 2)",
    )
    database = sqlite3.connect(tmp_path / "t.db")
    if "GENERATED" not in ROW_IDS[case]:
        database.execute("UPDATE t SET _rowid_ = 10 - n")
    database.commit()
    database.close()
    target = f"sqlite:///{tmp_path}/copy.db"

    plan = plan_for(source, tmp_path / "plan.yaml", {"b": "token", "n": "keep", "rowid": "drop"})
    copy_between(source, target, plan)

    order = [1, 2, 3] if case.startswith("all") else [1, 3, 2]
    for uri in (source, target):
        with fetched(open_place(uri), tmp_path) as folder:
            assert pq.read_table(folder / "t.parquet")["n"].to_pylist() == order
    assert judge_between(source, target, plan).exit_code == 0


def test_rows_of_sqlite_without_any_order_are_refused(tmp_path: Path) -> None:
    source = make("sqlite", tmp_path / "t.db", "CREATE TABLE t (_rowid_ TEXT, rowid INTEGER, oid TEXT)")

    with (
        pytest.raises(MaskingError, match="rows of the sqlite table t have no order: it has no primary key"),
        fetched(open_place(source), tmp_path),
    ):
        pass
