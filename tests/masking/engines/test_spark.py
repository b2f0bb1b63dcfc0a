"""The Spark engine: value for value what the local engine makes, and no key where others can read it."""

import datetime as dt
import decimal
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.binding import bind, check_plan
from dataops_infra.masking.engines import spark as spark_module
from dataops_infra.masking.engines.base import Work
from dataops_infra.masking.engines.local import LocalEngine
from dataops_infra.masking.engines.spark import (
    ENCRYPTION,
    Parcel,
    Shared,
    SparkEngine,
    check_session,
    longest_first,
    mask_task,
    outcome,
    split,
    start_session,
)
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.operators import SPECS
from dataops_infra.masking.plan import Plan, read_plan
from dataops_infra.masking.preparing import begin_learning, learn
from dataops_infra.masking.run import RunRequest, run
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.subset.request import SubsetRequest
from tests.support.masked_runs import KEY, KEY_BYTES, contents, rows_of, write_people, write_plan
from tests.support.spark import needs_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MOMENT, OTHER = dt.datetime.fromisoformat("2024-02-29T12:30:01"), dt.datetime.fromisoformat("1999-01-01")
NAMES = ["Johannes Brandt", None, "Zyta Quuxowa", "", "李小龍", "Johannes Brandt"]
VALUES: dict[pa.DataType, list[Any]] = {
    pa.string(): NAMES,
    pa.large_string(): NAMES,
    pa.string_view(): NAMES,
    pa.dictionary(pa.int32(), pa.string()): NAMES,
    pa.binary(): [b"0123456789", None, b"\x00" * 12, b"", b"\xff" * 20, b"0123456789"],
    pa.binary_view(): [b"0123456789", None, b"\x00" * 12, b"", b"\xff" * 20, b"0123456789"],
    pa.binary(16): [bytes(range(n, n + 16)) if n != 1 else None for n in range(6)],
    **{
        kind: [1_000_001, None, 7_654_321, 2_000_003, 1_000_001, 9_999_999]
        for kind in (pa.int32(), pa.int64(), pa.uint32(), pa.uint64())
    },
    pa.int8(): [1, None, 127, 3, 4, 5],
    pa.uint16(): [1, None, 65_535, 3, 4, 5],
    pa.float16(): [1.5, None, 0.0, 3.0, 4.0, 5.0],
    pa.float64(): [1.5, None, float("nan"), -0.0, float("inf"), 5e300],
    pa.bool_(): [True, None, False, True, False, True],
    **{
        kind: [decimal.Decimal(n) for n in (1_000_001, 1_000_002)] + [None, *map(decimal.Decimal, (3, 1_234_567, 9))]
        for kind in (pa.decimal64(18, 0), pa.decimal128(20, 0), pa.decimal256(50, 0))
    },
    pa.decimal128(10, 2): [decimal.Decimal("1.50"), None, *map(decimal.Decimal, ("-3.25", "7", "0", "1.50"))],
    pa.date32(): [dt.date(1985, 3, 7), None, dt.date(2000, 2, 29), dt.date(1970, 1, 1), *[dt.date(1999, 12, 31)] * 2],
    pa.date64(): [dt.date(1985, 3, 7), None, dt.date(2000, 2, 29), dt.date(1970, 1, 1), *[dt.date(1999, 12, 31)] * 2],
    **{
        pa.timestamp(unit, zone): [MOMENT, None, *[OTHER] * 4]
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", "Europe/Berlin", "+05:30")
    },
    pa.time64("us"): [dt.time(1, 2, 3), None, *[dt.time(23, 59, 59)] * 4],
    pa.duration("us"): [dt.timedelta(days=1), None, *[dt.timedelta(seconds=1)] * 4],
    pa.null(): [None] * 6,
}
"""Type -> six values of it."""
OPTIONS = {
    "generalise": {"to": "year"},
    "pool": {"pool": "full_name"},
    "presidio": {"operator": "mask", "params": {"chars_to_mask": 4}},
}


def columns() -> Iterator[tuple[str, pa.Array, dict[str, Any]]]:
    """A column for every operator and type that it takes, with its plan."""
    for spec in SPECS:
        for number, (kind, values) in enumerate(VALUES.items()):
            inner = kind.value_type if pa.types.is_dictionary(kind) else kind
            options = OPTIONS.get(spec.name, {})
            if spec.name == "generalise":
                options = {"to": "year"} if pa.types.is_temporal(inner) else {"to": "prefix", "size": 2}
            if not spec.accepts(inner):
                continue
            yield f"{spec.name}_{number}", pa.array(values, kind), {"operator": spec.name, "options": options}


def fitting(table: pa.Table, plans: dict[str, dict[str, Any]]) -> tuple[pa.Table, Plan]:
    """The columns whose operator takes their type also with these options."""
    fits = []
    for name in table.column_names:
        plan = Plan.model_validate({"tables": {"t": {"columns": {name: plans[name]}}}})
        try:
            check_plan(plan, {"t": table.select([name]).schema}, Path("plan.yaml"))
        except Exception:  # noqa: BLE001 - what a plan may not say is not asked here
            continue
        fits.append(name)
    kept = table.select(fits)
    return kept, Plan.model_validate({"tables": {"t": {"columns": {name: plans[name] for name in fits}}}})


def nested() -> tuple[pa.Table, dict[str, dict[str, Any]]]:
    """Structs, lists and maps of texts."""
    rows = [
        {"address": {"city": name, "n": n}, "aliases": [name, "x"] if n else None, "fixed": [name, name]}
        for n, name in enumerate(NAMES)
    ]
    schema = pa.schema(
        {
            "address": pa.struct({"city": pa.string(), "n": pa.int64()}),
            "aliases": pa.list_(pa.large_string()),
            "fixed": pa.list_(pa.string(), 2),
        }
    )
    table = pa.Table.from_pylist(rows, schema).append_column(
        "labels", pa.array([[("k", name)] for name in NAMES], pa.map_(pa.string(), pa.string()))
    )
    return table, {leaf: {"operator": "token"} for leaf in leaf_types(table.schema) if leaf != "address.n"} | {
        "address.n": {"operator": "keep", "classification": "safe"}
    }


def both(session: "SparkSession", folder: Path, plan: Plan, **options: Any) -> tuple[Path, Path]:
    """The copies that both engines make of ``folder / source``."""
    source = open_source(folder / "source")
    work = Work(plan, source, KEY, begin_learning(plan, source, KEY))
    for name, engine in (("local", LocalEngine(2)), ("spark", SparkEngine(session, **options))):
        told: list[int] = []
        (folder / name).mkdir()
        rows = engine.mask(work, folder / name, told.append)
        assert rows == {name: rows_of(table).num_rows for name, table in source.tables.items()}
        assert sum(told) == sum(rows.values())
    return folder / "local", folder / "spark"


@needs_spark
def test_every_operator_and_type_gives_the_values_of_the_local_engine(spark: "SparkSession", tmp_path: Path) -> None:
    made = list(columns())
    table, plan = fitting(
        pa.table({name: values for name, values, _plan in made}), {name: stated for name, _values, stated in made}
    )
    used = {stated.operator for stated in plan.tables["t"].columns.values()}
    assert used == {spec.name for spec in SPECS}
    assert len(table.column_names) > 100
    inner, stated = nested()
    (tmp_path / "source" / "n").mkdir(parents=True)
    with pa.ipc.new_file(tmp_path / "source" / "t.arrow", table.schema) as writer:
        writer.write_table(table)
    pq.write_table(inner, tmp_path / "source" / "n" / "a.parquet", row_group_size=2)
    (tmp_path / "source" / "c.csv").write_text("name,postcode\nJohannes Brandt,01234\n,\n")
    (tmp_path / "source" / "j.jsonl").write_text('{"name": "Johannes Brandt", "n": 1}\n{"name": null}\n')
    plan = Plan.model_validate(
        {
            "tables": {
                "t": plan.tables["t"].model_dump(),
                "n": {"columns": stated},
                "c": {"columns": {"name": {"operator": "token"}, "postcode": {"operator": "fpe"}}},
                "j": {"columns": {"name": {"operator": "token"}, "n": {"operator": "redact"}}},
            }
        }
    )
    local, of_spark = both(spark, tmp_path, plan)
    files = contents(local), contents(of_spark)
    assert list(files[1]) == list(files[0]) == ["c.csv", "j.jsonl", "n/a.parquet", "t.arrow"]
    tables = [pq.read_table(each / "n" / "a.parquet") for each in (local, of_spark)]
    assert tables[1].equals(tables[0], check_metadata=True)
    # Of the type of a map Arrow's pickles forget what its pairs are called, which is written nowhere else.
    assert all(files[1][name] == files[0][name] for name in files[0] if name != "n/a.parquet")
    masked = open_source(of_spark).tables["n"].batches()
    assert pa.Table.from_batches(masked).column("aliases").null_count == 1


PEOPLE = [f"{first} {last}" for first in ("Johannes", "Zyta", "Ömer") for last in ("Brandt", "Quuxowa", "Güler")]


def people_and_texts(folder: Path) -> Plan:
    """Tables whose masking hangs on what was learned of all rows: names and codes in texts, and bands."""
    (folder / "source").mkdir()
    people = {
        "name": PEOPLE * 4,
        "partner": [f"Ida Quuxowa{chr(97 + n % 26) * 3}" for n in range(36)],
        "file": [f"F-{n:04}-77" for n in range(36)],
        "ssn": [f"123-45-{n:04}" for n in range(36)],
        "zip": [f"{90_210 + 7 * n}" for n in range(36)],
        "note": [f"moved to {90_210 + 7 * n}" for n in range(36)],
    }
    pq.write_table(pa.table(people), folder / "source" / "people.parquet", row_group_size=9)
    texts = [
        f"Call {name} or {people['partner'][n]}, 123-45-{n:04}, {people['file'][n]}" for n, name in enumerate(PEOPLE)
    ]
    pq.write_table(pa.table({"body": texts}), folder / "source" / "tickets.parquet", row_group_size=2)
    return Plan.model_validate(
        {
            "tables": {
                "people": {
                    "columns": {
                        "name": {"operator": "pool", "options": {"pool": "full_name"}, "domain": "full_name"},
                        "ssn": {"operator": "fpe", "domain": "ssn"},
                        "partner": {"operator": "redact", "classification": "full_name"},
                        "file": {"operator": "drop", "classification": "identifier"},
                        "zip": {"operator": "generalise"},
                        "note": {"operator": "text"},
                    }
                },
                "tickets": {"columns": {"body": {"operator": "text"}}},
            },
            "quasi_identifiers": {"people": ["zip"]},
            "k": 4,
        }
    )


@needs_spark
def test_what_was_learned_reaches_the_executors(spark: "SparkSession", tmp_path: Path) -> None:
    plan = people_and_texts(tmp_path)
    local, of_spark = both(spark, tmp_path, plan, task_bytes=1)
    assert sorted(path.relative_to(of_spark).as_posix() for path in of_spark.rglob("*.parquet")) == [
        *(f"people/part-{n:05}.parquet" for n in range(4)),
        *(f"tickets/part-{n:05}.parquet" for n in range(5)),
    ]
    copies = open_source(local), open_source(of_spark)
    for table in ("people", "tickets"):
        assert rows_of(copies[1].tables[table]).equals(rows_of(copies[0].tables[table]))
    bodies = rows_of(copies[1].tables["tickets"]).column("body").to_pylist()
    assert not any(name in body for name, body in zip(PEOPLE, bodies, strict=True))
    assert all(body.startswith("Call ") and " or [name], " in body and body.endswith(", [redacted]") for body in bodies)
    people = rows_of(copies[1].tables["people"]).select(["zip", "note"]).to_pylist()
    assert [row["note"] for row in people] == [f"moved to {row['zip']}" for row in people]
    assert not (tmp_path / "spark.attempts").exists()


def test_what_was_learned_is_carried_without_what_knows_keys(tmp_path: Path) -> None:
    plan = people_and_texts(tmp_path)
    source = open_source(tmp_path / "source")
    work = Work(plan, source, KEY, begin_learning(plan, source, KEY))
    (tmp_path / "local").mkdir()
    LocalEngine(1).mask(work, tmp_path / "local", lambda _rows: None)
    shared = Parcel.of(Shared.of(work, split(source, tmp_path / "copy"), tmp_path / "attempts")).opened()
    known = shared.learned.known
    assert known is not None
    assert known.names is not None
    assert known.wholes is not None
    assert (known.names.operators, known.wholes.operators) == ((), ())
    assert [outcome(shared, number, 0) for number in range(2)] == [(36, None), (9, None)]
    assert contents(tmp_path / "copy") == contents(tmp_path / "local")


@needs_spark
def test_run_publishes_the_same_copy_and_manifest(spark: "SparkSession", tmp_path: Path) -> None:
    source = write_people(tmp_path / "source")
    plan = write_plan(tmp_path / "plan.yaml", source)
    local = run(RunRequest(plan, source, tmp_path / "local", KEY))
    of_spark = run(RunRequest(plan, source, tmp_path / "spark", KEY), engine=SparkEngine(spark))
    assert of_spark.exit_code == 0
    assert of_spark.manifest == local.manifest
    assert contents(tmp_path / "spark") == contents(tmp_path / "local")


@needs_spark
def test_subset_is_masked_as_locally(spark: "SparkSession", tmp_path: Path) -> None:
    source = write_people(tmp_path / "source")
    plan = write_plan(tmp_path / "plan.yaml", source)
    subset = SubsetRequest(root="customers", rows=40)
    local = run(RunRequest(plan, source, tmp_path / "local", KEY, subset=subset))
    of_spark = run(RunRequest(plan, source, tmp_path / "spark", KEY, subset=subset), engine=SparkEngine(spark))
    assert local.rows["customers"] < 300
    assert of_spark.manifest == local.manifest
    assert contents(tmp_path / "spark") == contents(tmp_path / "local")


@needs_spark
def test_key_and_values_are_in_nothing_that_spark_writes(
    spark: "SparkSession", spark_files: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = open_source(write_people(tmp_path / "source"))
    plan = read_plan(write_plan(tmp_path / "plan.yaml", source))
    work = Work(plan, source, KEY, begin_learning(plan, source, KEY))
    parcel = Parcel.of(Shared.of(work, split(source, tmp_path / "copy"), tmp_path / "attempts"))
    assert KEY_BYTES in pickle.dumps(parcel)
    held = spark.sparkContext.broadcast(parcel)  # lies in the files as long as it is not destroyed
    (tmp_path / "copy").mkdir()
    SparkEngine(spark).mask(work, tmp_path / "copy", lambda _rows: None)
    forms = (KEY_BYTES, KEY_BYTES.hex().encode(), repr(KEY_BYTES).encode(), b"planted note", b"@planted.example")
    searched = [path for path in spark_files.rglob("*") if path.is_file()]
    assert any("events" in path.parts for path in searched)
    assert any("local" in path.parts and path.stat().st_size > len(KEY_BYTES) for path in searched)
    for path in searched:
        content = path.read_bytes()
        assert not [form for form in forms if form in content], path.name
    settings = repr(spark.sparkContext.getConf().getAll())
    shown = capfd.readouterr()
    for text in (settings, shown.out, shown.err, repr(parcel), repr(parcel.opened()), repr(held)):
        assert KEY_BYTES.hex() not in text
        assert repr(KEY_BYTES) not in text
    held.destroy()


@needs_spark
def test_damaged_files_are_told_in_one_sentence(spark: "SparkSession", tmp_path: Path) -> None:
    folder = write_people(tmp_path / "source")
    path = folder / "orders" / "b.parquet"
    source = open_source(folder)
    plan = read_plan(write_plan(tmp_path / "plan.yaml", source))
    work = Work(plan, source, KEY, begin_learning(plan, source, KEY))
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    (tmp_path / "copy").mkdir()
    with pytest.raises(MaskingError) as raised:
        SparkEngine(spark).mask(work, tmp_path / "copy", lambda _rows: None)
    assert str(raised.value).startswith(f"{path} cannot be read as Parquet: it is damaged or cut off")
    assert raised.value.__cause__ is None


@needs_spark
def test_executors_that_fail_are_told_without_what_they_say(spark: "SparkSession", tmp_path: Path) -> None:
    def failing(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        raise ValueError("planted value")

    with pytest.raises(MaskingError) as raised:
        spark_module._collected(spark, 1, failing)
    assert str(raised.value).startswith("Spark could not finish (PythonException): its own log says why")
    assert raised.value.__suppress_context__


@needs_spark
def test_session_is_found_again(spark: "SparkSession") -> None:
    assert start_session().sparkContext is spark.sparkContext
    assert spark.sparkContext.getConf().get(ENCRYPTION) == "true"


class Context:
    """An application with some settings."""

    def __init__(self, **settings: str) -> None:
        self.sparkContext, self._settings = self, {name.replace("_", "."): value for name, value in settings.items()}

    def getConf(self) -> dict[str, str]:
        return self._settings


@pytest.mark.parametrize("settings", [{}, {"spark_io_encryption_enabled": "false"}], ids=["unset", "off"])
def test_session_that_writes_the_key_in_plain_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(MaskingError, match=r"start it with --conf spark\.io\.encryption\.enabled=true$"):
        check_session(Context(**settings))  # type: ignore[arg-type]


def shared_of(folder: Path, task_bytes: int = 1) -> Shared:
    source = open_source(write_people(folder / "source"))
    plan = read_plan(write_plan(folder / "plan.yaml", source))
    work = Work(plan, source, KEY, begin_learning(plan, source, KEY))
    return Shared.of(work, split(source, folder / "copy", task_bytes), folder / "attempts")


def test_tasks_are_files_or_runs_of_row_groups_in_order(tmp_path: Path) -> None:
    source = open_source(write_people(tmp_path / "source"))
    small = split(source, tmp_path / "copy", 10**9)
    assert [(task.table, task.target.relative_to(tmp_path / "copy").as_posix()) for task in small] == [
        ("customers", "customers.parquet"),
        ("orders", "orders/b.parquet"),
        ("orders", "orders/dt=2026-01-01/a.parquet"),
    ]
    large = split(source, tmp_path / "copy", 1)
    assert [(task.target.relative_to(tmp_path / "copy").as_posix(), task.file.data.rows) for task in large[:4]] == [
        ("customers/part-00000.parquet", 100),
        ("customers/part-00001.parquet", 100),
        ("customers/part-00002.parquet", 100),
        ("orders/b.parquet", 150),
    ]
    alone = open_source(tmp_path / "source" / "customers.parquet")
    assert [task.target.name for task in split(alone, tmp_path / "copy", 1)] == ["customers.parquet"]


def test_what_takes_long_begins_first(tmp_path: Path) -> None:
    folder = write_people(tmp_path / "source")
    (folder / "notes.csv").write_text("note\n" + "a rather long note\n" * 300)
    source = open_source(folder)
    plan = read_plan(write_plan(tmp_path / "plan.yaml", source, {"notes.note": "text"}))
    tasks = longest_first(split(source, tmp_path / "copy", 1), plan)
    assert tasks[0].table == "notes"
    sizes = [task.file.data.stored_bytes for task in tasks[1:]]
    assert sizes == sorted(sizes, reverse=True)
    assert {task.target for task in tasks} == {task.target for task in split(source, tmp_path / "copy", 1)}


def test_file_in_a_folder_becomes_a_folder_of_parts_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "source" / "t").mkdir(parents=True)
    for name in ("a.parquet", "a-1.parquet", "b.parquet"):
        pq.write_table(
            pa.table({"x": [f"{name} {n}" for n in range(4)]}), tmp_path / "source" / "t" / name, row_group_size=2
        )
    source = open_source(tmp_path / "source")
    plan = read_plan(write_plan(tmp_path / "plan.yaml", source, {"x": "keep"}))
    shared = Shared.of(
        Work(plan, source, KEY, begin_learning(plan, source, KEY)),
        split(source, tmp_path / "copy", 1),
        tmp_path / "attempts",
    )
    assert [outcome(shared, number, 7) for number in range(6)] == [(2, None)] * 6
    copy = open_source(tmp_path / "copy")
    assert [file.relative.as_posix() for file in copy.tables["t"].files][:2] == [
        "t/a-1.parquet/part-00000.parquet",
        "t/a-1.parquet/part-00001.parquet",
    ]
    assert rows_of(copy.tables["t"]).equals(rows_of(source.tables["t"]))


def test_task_that_is_done_twice_gives_the_same_file(tmp_path: Path) -> None:
    shared = Parcel.of(shared_of(tmp_path)).opened()
    assert mask_task(shared, 0, 1) == 100
    first = shared.tasks[0].target.read_bytes()
    assert mask_task(shared, 0, 2) == 100
    assert shared.tasks[0].target.read_bytes() == first
    assert list((tmp_path / "attempts").iterdir()) == []


def test_task_that_fails_leaves_nothing_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = shared_of(tmp_path)

    def fail(*_: object) -> None:
        raise ValueError("planted value")

    monkeypatch.setattr(spark_module.Lane, "read", fail)
    rows, problem = outcome(shared, 1, 1)
    path = tmp_path / "source" / "customers.parquet"
    assert (rows, problem) == (0, f"{path} cannot be masked (ValueError); try --engine local, and report this")
    assert not shared.tasks[1].target.exists()


def test_key_travels_but_is_not_shown(tmp_path: Path) -> None:
    shared = shared_of(tmp_path)
    parcel = pickle.loads(pickle.dumps(Parcel.of(shared)))
    assert parcel.opened() is parcel.opened()
    assert parcel.opened().key.unpacked().key_id == KEY.key_id
    assert "operators" not in repr(parcel)
    assert repr(shared.key) == "CarriedKey()"
    assert repr(parcel).startswith("Parcel(")
    maskers = parcel.opened().maskers
    source = open_source(tmp_path / "source")
    plan = read_plan(tmp_path / "plan.yaml")
    expected = bind(plan, source.schemas, KEY, learn(plan, source, KEY))
    assert {name: list(masker.operators) for name, masker in maskers.items()} == {
        name: list(masker.operators) for name, masker in expected.items()
    }


def test_tasks_answer_with_their_rows_or_a_sentence(tmp_path: Path) -> None:
    folder = write_people(tmp_path / "source")
    source = open_source(folder)
    (folder / "orders" / "b.parquet").unlink()
    plan = read_plan(write_plan(tmp_path / "plan.yaml", source))
    work = Work(plan, source, KEY, begin_learning(plan, source, KEY))
    parcel = Parcel.of(Shared.of(work, split(source, tmp_path / "copy"), tmp_path / "attempts"))
    numbers = pa.RecordBatch.from_pydict({"id": [0, 1]})
    answers = spark_module._masking(SimpleNamespace(value=parcel))(iter([numbers]))  # type: ignore[arg-type]
    assert [answer.to_pylist() for answer in answers] == [
        [{"task": 0, "rows": 300, "problem": None}],
        [{"task": 1, "rows": 0, "problem": f"{folder}/orders/b.parquet has gone since the source was opened"}],
    ]


def test_application_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = pytest.importorskip("pyspark.errors")
    from pyspark.sql import SparkSession

    def fail(_builder: object) -> None:
        raise errors.PySparkRuntimeError("the gateway exited before it sent its port")

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", fail)
    with pytest.raises(
        MaskingError, match=r"^Spark does not start: it needs Java 17 or newer, or choose --engine local$"
    ):
        start_session()


def test_without_java_or_pyspark_the_local_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with pytest.raises(MaskingError, match=r"pip install 'dataops-infra\[masking,spark\]', or choose --engine local$"):
        start_session()
