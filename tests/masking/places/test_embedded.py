"""DuckDB and SQLite: what one file holds, in another file, masked."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import StatedKey, read_catalogue
from dataops_infra.masking.moving import ends_of_run, fetched
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.copy_notes import restored
from dataops_infra.masking.places.statements import harmless
from tests.support.cli import dataops
from tests.support.places import copy_between, judge_between, plan_for

ENGINES = ("duckdb", "sqlite")
SHOP = """
CREATE TABLE people (
  id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, email VARCHAR UNIQUE, boss INTEGER REFERENCES people (id),
  shout VARCHAR GENERATED ALWAYS AS (upper(name))
);
CREATE TABLE "order ""1""; drop" (
  "number" BIGINT PRIMARY KEY, person INTEGER REFERENCES people (id), amount DOUBLE, photo BLOB
);
CREATE INDEX by_person ON "order ""1""; drop" (person);
"""
ORDERS = 'order "1"; drop'
PEOPLE = 40
OPERATORS = {
    "people.id": "token",
    "people.boss": "token",
    "people.email": "email",
    f"{ORDERS}.number": "token",
    f"{ORDERS}.person": "token",
    f"{ORDERS}.photo": "drop",
}
DOMAINS = {"people.id": "person", "people.boss": "person", f"{ORDERS}.person": "person"}


def connect(engine: str, file: Path) -> Any:
    return duckdb.connect(str(file)) if engine == "duckdb" else sqlite3.connect(file)


def rows(engine: str, file: Path, query: str) -> list[tuple[Any, ...]]:
    database = connect(engine, file)
    try:
        return [tuple(row) for row in database.execute(query).fetchall()]
    finally:
        database.close()


def make(engine: str, file: Path, statements: str, *inserts: tuple[str, list[tuple[Any, ...]]]) -> str:
    """A database file; its URI."""
    database = connect(engine, file)
    for statement in statements.split(";\n"):
        if statement.strip():
            database.execute(statement)
    for insert, values in inserts:
        for row in values:
            database.execute(insert, row)
    database.commit()
    database.close()
    return f"{engine}:///{file}"


def shop(engine: str, file: Path) -> str:
    people = [(n, f"Person {n}", f"p{n}@firma.de", None if n < 4 else n // 2) for n in range(1, PEOPLE)]
    orders = [(900 + n, 1 + n % (PEOPLE - 1), n / 8, b"\x00\xff") for n in range(100)]
    return make(
        engine,
        file,
        SHOP,
        ("INSERT INTO people (id, name, email, boss) VALUES (?, ?, ?, ?)", people),
        ('INSERT INTO "order ""1""; drop" VALUES (?, ?, ?, ?)', orders),
    )


def shop_plan(uri: str, folder: Path) -> Path:
    plan = plan_for(uri, folder / "plan.yaml", OPERATORS)
    text = plan.read_text()
    import yaml

    document = yaml.safe_load(text)
    for leaf, domain in DOMAINS.items():
        table, _dot, column = leaf.rpartition(".")
        document["tables"][table]["columns"][column]["domain"] = domain
    plan.write_text(yaml.safe_dump(document))
    return plan


@pytest.mark.parametrize("engine", ENGINES)
def test_a_copy_has_the_schema_and_the_joins_and_is_judged_again(engine: str, tmp_path: Path) -> None:
    source, target = shop(engine, tmp_path / "shop.db"), f"{engine}:///{tmp_path}/copy.db"
    plan = shop_plan(source, tmp_path)

    result = copy_between(source, target, plan)

    assert result.is_published, result.gate
    assert result.rows == {"people": PEOPLE - 1, ORDERS: 100}
    copy = tmp_path / "copy.db"
    people = rows(engine, copy, "SELECT id, name, email, boss, shout FROM people")
    assert len(people) == PEOPLE - 1
    assert all(email.endswith("@example.com") and shout == name.upper() for _id, name, email, _boss, shout in people)
    ids = {row[0] for row in people}
    assert ids.isdisjoint(range(1, PEOPLE))
    assert {row[3] for row in people} - {None} <= ids
    orders = rows(engine, copy, 'SELECT person, amount, photo FROM "order ""1""; drop" ORDER BY amount')
    assert {person for person, _amount, _photo in orders} == ids
    assert [(amount, photo) for _person, amount, photo in orders] == [(n / 8, None) for n in range(100)]
    with pytest.raises((duckdb.ConstraintException, sqlite3.IntegrityError)):
        rows(engine, copy, f"INSERT INTO people (id, name) SELECT id, 'x' FROM people WHERE id = {min(ids)}")
    assert judge_between(source, target, plan).exit_code == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_come_back_in_the_order_of_their_source(engine: str, tmp_path: Path) -> None:
    """SQLite stores rows by their key, which is masked, and DuckDB takes those first that others refer to."""
    source, target = shop(engine, tmp_path / "shop.db"), f"{engine}:///{tmp_path}/copy.db"
    copy_between(source, target, shop_plan(source, tmp_path))

    with fetched(open_place(target), tmp_path) as folder:
        amounts = pq.read_table(folder / f"{ORDERS}.parquet")["amount"].to_pylist()
        bosses = pq.read_table(folder / "people.parquet").to_pylist()

    assert amounts == [n / 8 for n in range(100)]
    boss_of = [row["boss"] for row in bosses]
    assert boss_of == [None] * 3 + [bosses[n // 2 - 1]["id"] for n in range(4, PEOPLE)]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_catalogue_is_what_the_database_states(engine: str, tmp_path: Path) -> None:
    with fetched(open_place(shop(engine, tmp_path / "shop.db")), tmp_path) as folder:
        catalogue = read_catalogue(folder)

    assert set(catalogue.foreign_keys) == {
        StatedKey(table="people", columns=("boss",), references="people", referenced_columns=("id",)),
        StatedKey(table=ORDERS, columns=("person",), references="people", referenced_columns=("id",)),
    }
    assert catalogue.tables["people"].primary_key == ("id",)
    assert catalogue.tables["people"].unique == (("email",),)
    assert catalogue.tables["people"].generated == ("shout",)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("duckdb", r"rows of people refer to rows that are not there \(boss to people\); .* one domain"),
        ("sqlite", r"two rows of people have the same key \(email\); .* \(token, fpe, email\)"),
    ],
)
def test_masked_values_that_do_not_fit_leave_the_target_as_it_was(engine: str, said: str, tmp_path: Path) -> None:
    source, target = shop(engine, tmp_path / "shop.db"), f"{engine}:///{tmp_path}/copy.db"
    copy_between(source, target, shop_plan(source, tmp_path))
    before = (tmp_path / "copy.db").read_bytes()
    plan = plan_for(source, tmp_path / "bad.yaml", OPERATORS | {"people.email": "redact"})

    with pytest.raises(MaskingError, match=f"{said}; the target is as it was"):
        copy_between(source, target, plan, is_overwritten=True)

    assert (tmp_path / "copy.db").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"shop.db", "copy.db", "plan.yaml", "bad.yaml"}


@pytest.mark.parametrize("engine", ENGINES)
def test_only_a_former_copy_is_replaced(engine: str, tmp_path: Path) -> None:
    source, target = shop(engine, tmp_path / "shop.db"), f"{engine}:///{tmp_path}/copy.db"
    plan = shop_plan(source, tmp_path)
    copy_between(source, target, plan)

    with pytest.raises(MaskingError, match="exists; choose another, or replace a former copy with --overwrite"):
        copy_between(source, target, plan)
    assert copy_between(source, target, plan, is_overwritten=True).is_published
    with pytest.raises(MaskingError, match="is no masked copy that an earlier run made"):
        copy_between(target, source, plan, is_overwritten=True)
    (tmp_path / "text.db").write_text("no database at all " * 100)
    with pytest.raises(MaskingError, match="is no masked copy that an earlier run made"):
        copy_between(source, f"{engine}:///{tmp_path}/text.db", plan, is_overwritten=True)


BAD_TARGETS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no folder": (lambda folder: folder / "nowhere" / "copy.db", "the folder of the target .* does not exist"),
    "a link": (lambda folder: _link(folder), "is a link; name the place itself"),
}


def _link(folder: Path) -> Path:
    (folder / "link.db").symlink_to(folder / "elsewhere.db")
    return folder / "link.db"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", sorted(BAD_TARGETS))
def test_a_target_that_cannot_be_made_is_refused_at_once(engine: str, case: str, tmp_path: Path) -> None:
    make_target, said = BAD_TARGETS[case]

    with pytest.raises(MaskingError, match=said):
        open_place(f"{engine}:///{make_target(tmp_path)}").check_target(is_overwritten=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_source_that_is_none_is_explained(engine: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all " * 100)

    with (
        pytest.raises(MaskingError, match=r"text\.db: it cannot be read"),
        fetched(open_place(f"{engine}:///{tmp_path}/text.db"), tmp_path),
    ):
        pass
    with (
        pytest.raises(MaskingError, match=r"none.db does not exist \(a path from the root has four slashes"),
        fetched(open_place(f"{engine}:///{tmp_path}/none.db"), tmp_path),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["text.db"]


def test_types_of_duckdb_come_back_as_they_were(tmp_path: Path) -> None:
    columns = {
        "a": ("HUGEINT", "170141183460469231731687303715884105727"),
        "b": ("UUID", "'6f1e0f6e-3c53-4b70-8d04-2c3b0c7c0f11'"),
        "c": ("INTERVAL", "INTERVAL '1 month 2 days'"),
        "d": ("DECIMAL(20,4)", "1234567890.1234"),
        "e": ("ENUM('low', 'high')", "'high'"),
        "f": ("INTEGER[]", "[1, NULL, 3]"),
        "g": ("STRUCT(x INTEGER, y VARCHAR)", "{'x': 1, 'y': 'q'}"),
        "h": ("TIMESTAMP WITH TIME ZONE", "'2026-03-01 12:00:00+02'"),
        "i": ("TIME WITH TIME ZONE", "'12:00:00+02'"),
        "j": ("BIT", "'10110'"),
        "k": ("UBIGINT", "18446744073709551615"),
        "l": ("TIMESTAMP_NS", "'2026-03-01 12:00:00.123456789'"),
        "m": ("BLOB", "'\\x00\\xFF'"),
        "n": ("BOOLEAN", "true"),
        "o": ("JSON", "'{\"a\": 1}'"),
    }
    statement = ", ".join(f"{name} {kind}" for name, (kind, _value) in columns.items())
    values = ", ".join(value for _kind, value in columns.values())
    source = make(
        "duckdb",
        tmp_path / "t.db",
        f"CREATE SCHEMA s;\nCREATE TABLE s.t ({statement});\n"
        f"INSERT INTO s.t VALUES ({values}), ({', '.join('NULL' for _column in columns)})",
    )
    target = f"duckdb:///{tmp_path}/copy.db"
    leaves = dict.fromkeys((*columns, "f[]", "g.x", "g.y"), "keep")

    copy_between(source, target, plan_for(source, tmp_path / "plan.yaml", leaves))

    query = f"SELECT {', '.join(f'{name}::VARCHAR, typeof({name})' for name in columns)} FROM s.t"
    assert rows("duckdb", tmp_path / "copy.db", query) == rows("duckdb", tmp_path / "t.db", query)


def test_a_sqlite_column_of_several_types_is_named(tmp_path: Path) -> None:
    source = make(
        "sqlite", tmp_path / "t.db", "CREATE TABLE t (a INTEGER, b TEXT);\nINSERT INTO t VALUES (1, 'x'), ('two', 'y')"
    )

    with pytest.raises(MaskingError, match=r"sqlite table t holds values of several types in a \(integer, text\)"):
        plan_for(source, tmp_path / "plan.yaml")


@pytest.mark.parametrize(
    ("declared", "values", "type_found"),
    [
        ("NUMERIC", "(1), (2.5)", "double"),
        ("INTEGER", "(NULL)", "int64"),
        ("VARCHAR(10)", "(NULL)", "string"),
        ("BLOB", "(NULL)", "binary"),
        ("", "(NULL)", "binary"),
        ("DATE", "(NULL)", "double"),
        ("DATE", "('2026-01-01')", "string"),
    ],
)
def test_a_sqlite_column_has_the_type_of_its_values(
    declared: str, values: str, type_found: str, tmp_path: Path
) -> None:
    source = make("sqlite", tmp_path / "t.db", f"CREATE TABLE t (a {declared});\nINSERT INTO t VALUES {values}")

    with fetched(open_place(source), tmp_path) as folder:
        assert str(pq.read_schema(folder / "t.parquet").field("a").type) == type_found


def test_whole_numbers_that_floating_point_cannot_hold_are_not_mixed_with_fractions(tmp_path: Path) -> None:
    source = make("sqlite", tmp_path / "t.db", "CREATE TABLE t (a);\nINSERT INTO t VALUES (9007199254740993), (0.5)")

    with pytest.raises(MaskingError, match=r"several types in a \(integer, real\)"):
        plan_for(source, tmp_path / "plan.yaml")


def test_virtual_tables_of_sqlite_and_their_shadows_are_left_out(tmp_path: Path) -> None:
    source = make(
        "sqlite",
        tmp_path / "t.db",
        "CREATE VIRTUAL TABLE words USING fts5(body);\n"
        "INSERT INTO words VALUES ('Anna Kern');\nCREATE TABLE t (a INTEGER);\nINSERT INTO t VALUES (1)",
    )

    with fetched(open_place(source), tmp_path) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["_catalogue.json", "t.parquet"]


def test_rows_with_large_values_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    uri = make(
        "sqlite",
        tmp_path / "large.db",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)",
        ("INSERT INTO t VALUES (?, zeroblob(200000))", [(number,) for number in range(600)]),
    )

    with fetched(open_place(uri), tmp_path) as folder:
        file = pq.ParquetFile(folder / "t.parquet")
        assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [256, 167, 167, 10]


def test_a_table_without_row_ids_is_read_by_its_key(tmp_path: Path) -> None:
    source = make(
        "sqlite",
        tmp_path / "t.db",
        "CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;\n"
        "INSERT INTO t VALUES ('b', 2), ('a', 1), ('c', 3)",
    )
    target = f"sqlite:///{tmp_path}/copy.db"

    copy_between(source, target, plan_for(source, tmp_path / "plan.yaml", {"k": "token", "n": "keep"}))

    with fetched(open_place(target), tmp_path) as folder:
        assert pq.read_table(folder / "t.parquet")["n"].to_pylist() == [1, 2, 3]


@pytest.mark.parametrize("engine", ENGINES)
def test_files_become_plain_tables_and_tables_become_files(engine: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.csv").write_text("id,name\n007,Ann\n008,Bo\n")
    plan = plan_for(str(tmp_path / "data"), tmp_path / "plan.yaml", {"id": "keep", "name": "redact"})

    copy_between(str(tmp_path / "data"), f"{engine}:///{tmp_path}/copy.db", plan)
    copy_between(f"{engine}:///{tmp_path}/copy.db", str(tmp_path / "files"), plan)

    assert rows(engine, tmp_path / "copy.db", "SELECT id FROM people") == [("007",), ("008",)]
    assert pq.read_table(tmp_path / "files" / "people.parquet")["id"].to_pylist() == ["007", "008"]


@pytest.mark.parametrize(("engine", "ending"), [("duckdb", ".wal"), ("sqlite", "-wal"), ("sqlite", "-journal")])
def test_a_log_beside_the_target_is_not_read_into_the_copy(engine: str, ending: str, tmp_path: Path) -> None:
    (tmp_path / f"copy.db{ending}").touch()

    with pytest.raises(MaskingError, match=f"is in use, or a program .* copy.db{ending} lies beside it"):
        open_place(f"{engine}:///{tmp_path}/copy.db").check_target(is_overwritten=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_copy_is_not_its_own_target(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = open_place(f"{engine}:///{tmp_path}/copy.db")

    with (
        pytest.raises(MaskingError, match="is the source; choose another"),
        ends_of_run(open_place(f"{engine}:///copy.db"), place, tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    ("engine", "statements", "said"),
    [
        ("sqlite", f'CREATE TABLE "{"é" * 130}" (a INT)', "its name is longer than a file's"),
        ("sqlite", "", "holds no tables"),
        ("duckdb", "", "holds no tables"),
        (
            "sqlite",
            "CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES (CAST(x'c328' AS TEXT))",
            "a text in it is not UTF-8",
        ),
    ],
)
def test_tables_that_no_files_can_be_are_explained(engine: str, statements: str, said: str, tmp_path: Path) -> None:
    uri = make(engine, tmp_path / "odd.db", statements)

    with pytest.raises(MaskingError, match=said), fetched(open_place(uri), tmp_path):
        pass


def test_a_locked_database_and_one_that_is_none_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = make("sqlite", tmp_path / "busy.db", "CREATE TABLE t (a INT)")
    (tmp_path / "none.db").write_text("no database, but long enough to be looked at" * 20)
    other = sqlite3.connect(tmp_path / "busy.db")
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))

    with pytest.raises(MaskingError, match="another program has locked it"), fetched(open_place(uri), tmp_path):
        pass
    with (
        pytest.raises(MaskingError, match="no SQLite database"),
        fetched(open_place(f"sqlite:///{tmp_path}/none.db"), tmp_path),
    ):
        pass
    other.close()


@pytest.mark.parametrize("content", ["100000000000", "'text'", "NULL"])
@pytest.mark.parametrize("engine", ENGINES)
def test_notes_that_are_not_ours_are_none(engine: str, content: str, tmp_path: Path) -> None:
    kind = "" if engine == "sqlite" else "BIGINT" if content[0] == "1" else "VARCHAR"
    notes = f"CREATE TABLE _dataops_manifest (name VARCHAR, content {kind})"
    insert = f"INSERT INTO _dataops_manifest VALUES ('manifest', {content})"
    uri = make(engine, tmp_path / "odd.db", f"CREATE TABLE t (a INT);\n{notes};\n{insert}")

    with fetched(open_place(uri), tmp_path) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["_catalogue.json", "t.parquet"]


@pytest.mark.parametrize("order", [b"", b"abc", bytes(16), (7).to_bytes(8, "little") * 2])
def test_an_order_that_is_none_changes_nothing(order: bytes) -> None:
    batch = pa.record_batch({"a": ["x", "y"]})

    assert list(restored(iter([batch]), batch.schema, order)) == [batch]


def test_a_key_of_sqlite_may_spell_a_column_in_another_case(tmp_path: Path) -> None:
    uri = make(
        "sqlite",
        tmp_path / "case.db",
        "CREATE TABLE Owners (ID INT PRIMARY KEY);\nCREATE TABLE pets (owner INT REFERENCES owners (id))",
    )

    with fetched(open_place(uri), tmp_path) as folder:
        assert read_catalogue(folder).foreign_keys == (
            StatedKey(table="pets", columns=("owner",), references="Owners", referenced_columns=("ID",)),
        )


def test_one_file_is_no_source_for_a_database(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id\n7\n")
    plan = plan_for(str(tmp_path / "people.csv"), tmp_path / "plan.yaml", {"id": "keep"})

    with pytest.raises(MaskingError, match=r"takes folders of tables: give the folder that .* lies in"):
        copy_between(str(tmp_path / "people.csv"), f"sqlite:///{tmp_path}/copy.db", plan)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE t (a TEXT DEFAULT 'open', b INT CHECK (b < 1000000))", None),
        ("CREATE TABLE t (a TEXT DEFAULT 'jane.doe@acme.com')", "CREATE TABLE t (a TEXT DEFAULT '')"),
        ("CREATE TABLE t (a TEXT CHECK (a <> 'Anna Müller'))", "CREATE TABLE t (a TEXT CHECK (a <> ''))"),
        ("CREATE INDEX i ON t (a) WHERE a = '+49 170 5551234'", "CREATE INDEX i ON t (a) WHERE a = ''"),
        ("CREATE TABLE t (a -- ask Anna Müller\n INT /* 555 */)", "CREATE TABLE t (a  \n INT  )"),
        ("CREATE TABLE t (\"it's -- a name\" INT DEFAULT 'it''s')", None),
    ],
)
def test_definitions_tell_of_nobody(statement: str, said: str | None) -> None:
    assert harmless(statement) == (said or statement)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_definition_tells_of_people_is_not_in_the_copy(engine: str, tmp_path: Path) -> None:
    source = make(
        engine,
        tmp_path / "t.db",
        "CREATE TABLE t (a INTEGER, b VARCHAR DEFAULT 'jane.doe@acme.com');\nINSERT INTO t VALUES (1, 'x')",
    )

    copy_between(source, f"{engine}:///{tmp_path}/copy.db", plan_for(source, tmp_path / "plan.yaml", {"a": "keep"}))

    assert b"jane.doe" in (tmp_path / "t.db").read_bytes()
    assert b"jane.doe" not in (tmp_path / "copy.db").read_bytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_former_copy_made_with_another_key_is_told(engine: str, tmp_path: Path) -> None:
    ends = ("--source", shop(engine, tmp_path / "shop.db"), "--target", f"{engine}:///{tmp_path}/copy.db")
    plan, key = shop_plan(ends[1], tmp_path), tmp_path / "mask.key"

    def told(first: int) -> bool:
        key.write_bytes(bytes(range(first, first + 32)))
        key.chmod(0o600)
        run = dataops("mask", "run", plan, *ends, "--key-file", key, "--overwrite")
        assert run.code == 0, run
        return "the former copy was made with another key" in run.err

    assert [told(first) for first in (0, 0, 1)] == [False, False, True]
