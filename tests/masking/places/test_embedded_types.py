"""Columns of DuckDB and SQLite that take not every value: plans fit them, and what does not is named."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.errors import MaskingError, PlanError
from dataops_infra.masking.catalogue import Catalogue, StatedColumn, StatedTable, read_catalogue
from dataops_infra.masking.classify import classify
from dataops_infra.masking.moving import fetched
from dataops_infra.masking.places import open_place, sqlite_tables
from dataops_infra.masking.places.embedded import Delivery
from dataops_infra.masking.places.names import TableName
from dataops_infra.masking.places.statements import checked_columns, harmless
from dataops_infra.masking.plan import Plan, read_plan
from dataops_infra.masking.plan_writing import write_plan
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.stated_limits import check_stated
from tests.masking.places.test_embedded import make, rows
from tests.support.places import copy_between, judge_between, plan_for

ROWS = 40
CLOSED = {
    "an enum": ("ENUM('low', 'high')", "IF(i % 2 = 0, 'low', 'high')", "keep"),
    "an enum that looks like a type": ("ENUM('UUID', 'BIT')", "IF(i % 2 = 0, 'UUID', 'BIT')", "keep"),
    "a uuid": ("UUID", "uuid()", "token"),
    "large numbers": ("HUGEINT", "i * 100000000000000000000", "drop"),
    "too large numbers": ("HUGEINT", "'170141183460469231731687303715884105600'::HUGEINT + i", "drop"),
    "too large positive numbers": (
        "UHUGEINT",
        "'340282366920938463463374607431768211400'::UHUGEINT + i::UHUGEINT",
        "drop",
    ),
    "larger numbers": ("BIGNUM", "i", "drop"),
    "an interval": ("INTERVAL", "to_days(i)", "drop"),
    "a time with a zone": ("TIME WITH TIME ZONE", "'12:00:00+02'", "drop"),
    "bits": ("BIT", "'1011'", "drop"),
    "json": ("JSON", "'{\"a\": ' || i || '}'", "drop"),
    "a geometry": ("GEOMETRY", "'POINT (1 ' || i || ')'", "drop"),
    "lists": ("UUID[]", "[uuid()]", "token"),
    "lists of a closed type": ("BIT[]", "['101']", "drop"),
    "fields of a closed type": ("STRUCT(bit INTEGER, i INTERVAL)", "{'bit': i, 'i': to_days(i)}", "drop"),
    "maps of a closed type": ("MAP(VARCHAR, INTERVAL)", "map {'x': to_days(i)}", "drop"),
}


def stated(uri: str, folder: Path) -> Catalogue:
    with fetched(open_place(uri), folder) as found:
        return read_catalogue(found)


def classified(uri: str, path: Path) -> Plan:
    """The plan that fits the database, as ``classify`` writes it and a run takes it."""
    with fetched(open_place(uri), path.parent) as folder:
        source = open_source(folder)
        plan = classify(source, (), Classification())
        write_plan(plan, path)
        check_stated(read_plan(path), source, path)
    return plan


@pytest.mark.parametrize("rest", ["", "NOT NULL"])
def test_a_plan_of_classify_fits_the_types_of_duckdb(rest: str, tmp_path: Path) -> None:
    """Every column is called like a customer's number, so that something is proposed for it."""
    names = {case: f"customer_{number}_id" for number, case in enumerate(CLOSED)}
    source = make(
        "duckdb",
        tmp_path / "t.db",
        f"CREATE TABLE t ({', '.join(f'{names[case]} {kind} {rest}' for case, (kind, _v, _o) in CLOSED.items())});\n"
        f"INSERT INTO t SELECT {', '.join(f'({value})::{kind}' for kind, value, _o in CLOSED.values())} "
        f"FROM range(1, {ROWS + 1}) AS r (i)",
    )
    target = f"duckdb:///{tmp_path}/copy.db"

    plan = classified(source, tmp_path / "plan.yaml")
    assert copy_between(source, target, tmp_path / "plan.yaml").is_published

    for case, (_kind, _value, operator) in CLOSED.items():
        columns = plan.tables["t"].columns.items()
        found = {column.operator for path, column in columns if re.match(rf"{names[case]}\b", path)}
        assert operator in found or (rest and operator == "drop" and found == {"redact"}), case
    types = f"SELECT DISTINCT {', '.join(f'typeof({name})' for name in names.values())} FROM t"
    assert rows("duckdb", tmp_path / "copy.db", types) == rows("duckdb", tmp_path / "t.db", types)
    assert judge_between(source, target, tmp_path / "plan.yaml").exit_code == 0


def test_unions_of_duckdb_stay_or_go(tmp_path: Path) -> None:
    """Which member a value is of is told by the value alone."""
    source = make(
        "duckdb",
        tmp_path / "t.db",
        "CREATE TABLE t (a UNION(x INTEGER, y VARCHAR), b UNION(x INTEGER, y VARCHAR));\n"
        "INSERT INTO t VALUES (union_value(x := 1), union_value(x := 1)), (union_value(y := 'q'), NULL), (NULL, NULL)",
    )
    target, plan = f"duckdb:///{tmp_path}/copy.db", plan_for(source, tmp_path / "plan.yaml", {"a": "keep", "b": "drop"})

    assert copy_between(source, target, plan).is_published

    query = "SELECT a::VARCHAR, union_tag(a)::VARCHAR, b IS NULL FROM t"
    assert rows("duckdb", tmp_path / "copy.db", query) == [("1", "y", True), ("q", "y", True), (None, None, True)]
    assert judge_between(source, target, plan).exit_code == 0


@pytest.mark.parametrize(
    ("engine", "kind", "operator", "said"),
    [
        ("duckdb", "UNION(x INTEGER, y VARCHAR)", "redact", "UNION(x INTEGER, y VARCHAR) takes no values that redact"),
        ("duckdb", "ENUM('low', 'high')", "token", "ENUM takes no values that token makes (choose keep"),
        ("duckdb", "INTERVAL[]", "token", "t.a[]: INTERVAL takes no values that token makes"),
        ("duckdb", "VARCHAR CHECK (length(a) <= 5)", "token", "token makes up to 16 characters, and its check takes 5"),
        ("sqlite", "TEXT CHECK (a IN ('low', 'high'))", "token", "t.a: its check takes no values that token makes"),
        ("sqlite", "TEXT CHECK (length(a) < 16)", "token", "token makes up to 16 characters, and its check takes 15"),
        ("sqlite", "TEXT UNIQUE", "redact", "t.a: redact may give two rows one value"),
        ("duckdb", "BIT PRIMARY KEY", "keep", None),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_the_run(
    engine: str, kind: str, operator: str, said: str | None, tmp_path: Path
) -> None:
    source = make(engine, tmp_path / "t.db", f"CREATE TABLE t (a {kind})")
    path = plan_for(source, tmp_path / "plan.yaml", {"a": operator, "a[]": operator})

    with fetched(open_place(source), tmp_path) as folder:
        if said is None:
            check_stated(read_plan(path), open_source(folder), path)
            return
        with pytest.raises(PlanError, match=re.escape(said)):
            check_stated(read_plan(path), open_source(folder), path)


def test_a_closed_key_that_nothing_keeps_apart_is_left_to_somebody(tmp_path: Path) -> None:
    source = make(
        "duckdb", tmp_path / "t.db", "CREATE TABLE t (id BIT PRIMARY KEY);\nINSERT INTO t VALUES ('1'), ('0')"
    )

    with pytest.raises(PlanError, match="keep if its values name nobody: nothing else keeps those of BIT apart"):
        classified(source, tmp_path / "plan.yaml")


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_columns_whose_checks_list_their_values_are_kept(engine: str, tmp_path: Path) -> None:
    rows_of = ", ".join(["('q1', 1)", "('q2', 2)"] * (ROWS // 2))
    source = make(
        engine,
        tmp_path / "t.db",
        "CREATE TABLE t (\"a id\" VARCHAR CHECK (\"a id\" IN ('q1', 'q2')), n INTEGER CHECK (n IN (1, 2)));\n"
        f"INSERT INTO t VALUES {rows_of}",
    )

    plan = classified(source, tmp_path / "plan.yaml")

    assert {name: column.operator for name, column in plan.tables["t"].columns.items()} == {
        "a id": "keep",
        "n": "keep",
    }
    assert copy_between(source, f"{engine}:///{tmp_path}/copy.db", tmp_path / "plan.yaml").is_published


LISTED = ("x", "it's")


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ("CHECK (a IN ('x', 'it''s'))", StatedColumn(type="its check", is_closed=True, stand_in="x", values=LISTED)),
        (
            'CHECK ((("a" IN (-1, 2))) AND b > 0)',
            StatedColumn(type="its check", is_closed=True, stand_in="-1", values=("-1", "2")),
        ),
        (
            "check(b > 0 and (A in ('x') or a is null))",
            StatedColumn(type="its check", is_closed=True, stand_in="x", values=("x",)),
        ),
        ("CHECK (b IN (SELECT 1) AND (b < 1 AND length(a) <= 5))", StatedColumn(type="its check", length=5)),
        ("CHECK (length(a) = 5)", StatedColumn(type="its check", length=5)),
        ("CHECK (char_length([a]) < 5)", StatedColumn(type="its check", length=4)),
        ("CHECK (a IN ('Anna Kern', 'Bo'))", StatedColumn(type="its check", is_closed=True, stand_in="")),
        ("CHECK (a NOT IN ('x'))", None),
        ("CHECK (NOT a IN ('x'))", None),
        ("CHECK (a IN ('x') OR b = 1)", None),
        ("CHECK (a IN ('x' || 'y'))", None),
        ("CHECK (a IN ('x', b))", None),
        ("CHECK (a IN ())", None),
        ("CHECK (length(a) >= 5)", None),
        ("CHECK (length(a) <= b)", None),
        ("CHECK (length(a) <= 5 + 1)", None),
        ("CHECK (c IN ('x'))", None),
        ("CHECK (a IN ('x'", None),
        ("CHECK ()", None),
        ("a IN ('x')", None),
        ("-- CHECK (a IN ('x'))\n", None),
        ("'CHECK (a IN (1))'", None),
    ],
)
def test_checks_say_what_a_column_takes(check: str, found: StatedColumn | None) -> None:
    assert checked_columns(f"CREATE TABLE t (a TEXT, b INT, {check})", ["a", "b"]) == (
        {} if found is None else {"a": found}
    )


@pytest.mark.parametrize(
    ("text", "is_left"),
    [("2026-01-01", True), ("2026-01-01 12:00:00.5+02", True), ("2026-01-01T12:00Z", True), ("17.05.1980", False)],
)
def test_limits_of_dates_stay_in_definitions(text: str, is_left: bool) -> None:
    """A database takes no '' in the place of a date."""
    said = f"CREATE TABLE t (a DATE CHECK (a > '{text}'))"
    assert (harmless(said) == said) is is_left


def test_a_copy_of_duckdb_takes_rows_under_checks_of_dates(tmp_path: Path) -> None:
    source = make(
        "duckdb",
        tmp_path / "t.db",
        "CREATE TABLE t (a DATE DEFAULT '1970-01-01' CHECK (a >= '1900-01-01'));\nINSERT INTO t VALUES ('2000-02-03')",
    )

    assert copy_between(
        source, f"duckdb:///{tmp_path}/copy.db", plan_for(source, tmp_path / "plan.yaml", {"a": "keep"})
    ).is_published


def test_enumerations_that_name_people_are_texts_in_a_copy(tmp_path: Path) -> None:
    """Nobody masks what a type lists."""
    kind = "ENUM('Anna Kern', 'it''s', 'San Francisco')"
    source = make(
        "duckdb",
        tmp_path / "t.db",
        f"CREATE TYPE town AS {kind};\nCREATE TABLE t (a town, b STRUCT(x {kind})[], c ENUM('q'));\n"
        "INSERT INTO t VALUES ('Anna Kern', [{'x': 'San Francisco'}], 'q')",
    )

    catalogue = stated(source, tmp_path)
    plan = plan_for(source, tmp_path / "plan.yaml", {"a": "token", "b[].x": "token", "c": "keep"})
    assert copy_between(source, f"duckdb:///{tmp_path}/copy.db", plan).is_published

    assert list(catalogue.tables["t"].columns) == ["c"]
    types = "SELECT typeof(a), typeof(b), typeof(c) FROM t"
    assert rows("duckdb", tmp_path / "copy.db", types) == [("VARCHAR", "STRUCT(x VARCHAR)[]", "ENUM('q')")]
    copied = (tmp_path / "copy.db").read_bytes()
    assert b"Kern" not in copied
    assert b"Francisco" not in copied


def test_unique_indexes_are_keys_of_the_columns_that_they_are_computed_from(tmp_path: Path) -> None:
    table = 'CREATE TABLE t ("b, c" VARCHAR, a VARCHAR, n INTEGER, d VARCHAR)'
    indexes = (
        'CREATE UNIQUE INDEX i ON t ("b, c", a)',
        "CREATE UNIQUE INDEX j ON t (lower(d))",
        "CREATE UNIQUE INDEX k ON t (n) WHERE n > 0",
        "CREATE INDEX l ON t (a)",
        "CREATE UNIQUE INDEX m ON t ((1))",
    )
    duck = make("duckdb", tmp_path / "d.db", ";\n".join((table, *indexes[:2], indexes[3])))
    lite = make("sqlite", tmp_path / "s.db", ";\n".join((table, *indexes)))

    assert set(stated(duck, tmp_path).tables["t"].unique) == {("b, c", "a"), ("d",)}
    assert set(stated(lite, tmp_path).tables["t"].unique) == {("b, c", "a"), ("d",), ("n",)}


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_what_is_left_out_is_said(engine: str, tmp_path: Path) -> None:
    uri = make(engine, tmp_path / "t.db", "CREATE TABLE t (a INT);\nCREATE VIEW _v AS SELECT a FROM t")

    assert stated(uri, tmp_path).left_out == {"%5Fv": "a view"}


def test_a_key_to_a_table_that_is_not_there_is_none(tmp_path: Path) -> None:
    uri = make("sqlite", tmp_path / "t.db", "CREATE TABLE t (a INT REFERENCES gone (id))")

    assert stated(uri, tmp_path).foreign_keys == ()


def test_an_order_that_only_the_application_knows_is_told(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "t.db")
    database.create_collation("mine", lambda one, other: (one > other) - (one < other))
    database.executescript("CREATE TABLE t (a TEXT COLLATE mine); CREATE INDEX i ON t (a); INSERT INTO t VALUES ('x')")
    database.close()
    source = f"sqlite:///{tmp_path}/t.db"

    with pytest.raises(MaskingError, match="orders texts by a rule \\(COLLATE\\) that only its application knows"):
        copy_between(source, f"sqlite:///{tmp_path}/copy.db", plan_for(source, tmp_path / "plan.yaml", {"a": "keep"}))


@pytest.mark.parametrize(
    ("engine", "error", "said"),
    [
        (
            "duckdb",
            duckdb.ConstraintException("Constraint Error: NOT NULL constraint failed: t.a"),
            "t.a must not be null",
        ),
        (
            "duckdb",
            duckdb.ConstraintException("Constraint Error: NOT NULL constraint failed: t.x"),
            "a column of t must",
        ),
        (
            "duckdb",
            duckdb.ConstraintException("Constraint Error: duplicate key"),
            "two rows of t have the same key (a, b)",
        ),
        ("duckdb", duckdb.ConversionException("Anna Kern"), "t does not take the masked values"),
        ("sqlite", sqlite3.IntegrityError("datatype mismatch"), "t.a (INTEGER PRIMARY KEY) does not take"),
        ("sqlite", sqlite3.IntegrityError("cannot store TEXT value in INT column t.b"), "t.b does not take the masked"),
        ("sqlite", OverflowError("Python int too large to convert to SQLite INTEGER"), "t does not take the masked"),
        ("sqlite", sqlite3.IntegrityError("UNIQUE constraint failed: index 'i'"), "the same key (index 'i')"),
    ],
)
def test_what_libraries_raise_is_told_without_values(engine: str, error: Exception, said: str, tmp_path: Path) -> None:
    place: Any = open_place(f"{engine}:///{tmp_path}/t.db")
    pq.write_table(pa.table({"a": [1, 1], "b": ["x", "x"], "c": [None, None]}), tmp_path / "t.parquet")
    source = open_source(tmp_path).tables["t"]
    key = StatedTable(unique=(("a", "c"), ("a", "b")))
    made = None
    if engine == "sqlite":
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INT, c TEXT) STRICT")
        made = sqlite_tables.read_tables(database)[0]
    delivery: Any = Delivery(TableName("main", "t"), made, source, Catalogue(tables={"t": key}))

    assert said in place.misfit(error, delivery)


def test_keys_that_only_their_collation_takes_for_one_are_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["X", "x"]}), tmp_path / "t.parquet")
    stated_key = Catalogue(tables={"t": StatedTable(primary_key=("a",))})
    delivery: Any = Delivery(TableName("main", "t"), None, open_source(tmp_path).tables["t"], stated_key)
    place: Any = open_place(f"duckdb:///{tmp_path}/t.db")

    said = place.misfit(duckdb.ConstraintException("Constraint Error: duplicate key"), delivery)

    assert said.startswith("two rows of t have the same key (its collation takes several for one)")


UNFIT = {
    ("duckdb", "a type"): ("INTERVAL", "token", "t.a (INTERVAL) does not take the masked values; choose keep, drop"),
    ("duckdb", "an item"): ("BIT[]", "token", "t.a (BIT[]) does not take the masked values"),
    ("duckdb", "a key"): ("VARCHAR PRIMARY KEY", "redact", "two rows of t have the same key (a); choose an operator"),
    ("duckdb", "a check"): (
        "VARCHAR CHECK (a < 'b')",
        "token",
        "masked values break the check CHECK((a < 'b')) of t (a); choose an operator that keeps their shape",
    ),
    ("duckdb", "an index"): (
        "VARCHAR",
        "redact",
        "two rows of a table have the same key (of the index that is made by ",
    ),
    ("sqlite", "a null"): (
        "TEXT, c TEXT NOT NULL GENERATED ALWAYS AS (upper(a))",
        "drop",
        "t.c must not be null; choose redact or token instead of drop",
    ),
    ("sqlite", "a key"): ("TEXT PRIMARY KEY", "redact", "two rows of t have the same key (a); choose an operator"),
    ("sqlite", "a check"): (
        "TEXT CHECK (a < 'b')",
        "token",
        "masked values break the check a < 'b' of t (a); choose an operator that keeps their shape",
    ),
    ("sqlite", "an index"): ("TEXT", "redact", "two rows of a table have the same key (of the index that is made by "),
}


@pytest.mark.parametrize(("engine", "case"), sorted(UNFIT))
def test_what_does_not_fit_is_named_with_its_column(engine: str, case: str, tmp_path: Path) -> None:
    kind, operator, said = UNFIT[engine, case]
    values = {"INTERVAL": "('1 day'), ('2 days')", "BIT[]": "(['1']), (['0'])"}.get(kind, "('a1'), ('a2')")
    index = ";\nCREATE UNIQUE INDEX i ON t (a)" if case == "an index" else ""
    source = make(
        engine, tmp_path / "t.db", f"CREATE TABLE t (b INTEGER, a {kind}){index};\nINSERT INTO t (a) VALUES {values}"
    )
    plan = plan_for(source, tmp_path / "plan.yaml", {"a": operator, "a[]": operator, "b": "keep"})
    document = plan.read_text()

    with pytest.raises(MaskingError, match=re.escape(said)) as raised:
        copy_between(source, f"{engine}:///{tmp_path}/copy.db", plan)

    assert str(raised.value).endswith("; the target is as it was")
    assert document == plan.read_text()
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("INTEGER PRIMARY KEY", "a INTEGER PRIMARY KEY"),
        ("a key without row ids", "a TEXT PRIMARY KEY) WITHOUT ROWID"),
        ("a key that may be null", "a TEXT PRIMARY KEY"),
        ("a number that is no row id", "a INT PRIMARY KEY"),
    ],
)
def test_keys_of_sqlite_that_are_never_null_are_not_dropped(kind: str, columns: str, tmp_path: Path) -> None:
    end = "" if columns.endswith("ROWID") else ")"
    source = make("sqlite", tmp_path / "t.db", f"CREATE TABLE t ({columns}{end};\nINSERT INTO t VALUES (1), (2)")
    plan = plan_for(source, tmp_path / "plan.yaml", {"a": "drop"})

    if kind.startswith(("a key that", "a number")):
        assert copy_between(source, f"sqlite:///{tmp_path}/copy.db", plan).is_published
    else:
        with pytest.raises(PlanError, match=r"t\.a: drop leaves nulls, which this column forbids"):
            copy_between(source, f"sqlite:///{tmp_path}/copy.db", plan)
