"""Tables come as of one moment, with what the catalogue says, or not at all."""

import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import StatedColumn, read_catalogue
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.postgresql import fetching
from dataops_infra.masking.progress import QUIET
from tests.masking.places.postgresql.conftest import Pair
from tests.support.postgres import Server


def fetched(uri: str, folder: Path) -> Path:
    open_place(uri).fetch(folder, QUIET)
    return folder


def refused(uri: str, folder: Path) -> str:
    with pytest.raises(MaskingError) as raised:
        open_place(uri).fetch(folder, QUIET)
    assert raised.value.__cause__ is None
    return str(raised.value)


def test_a_writer_tears_no_snapshot(pair: Callable[..., Pair], tmp_path: Path) -> None:
    """Each transaction adds a row to both tables: whatever is seen, there are as many in the one as in the other."""
    both = pair("CREATE TABLE a (n integer); CREATE TABLE b (n integer)")
    both.in_source("INSERT INTO a SELECT generate_series(1, 200000); INSERT INTO b SELECT generate_series(1, 200000)")
    is_over = threading.Event()
    added = 0

    def write() -> None:
        nonlocal added
        while not is_over.is_set():
            both.in_source("BEGIN; INSERT INTO b VALUES (0); INSERT INTO a VALUES (0); COMMIT")
            added += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            fetched(both.source(), folder)
            counts.append([pq.read_metadata(folder / f"{name}.parquet").num_rows for name in "ab"])
    finally:
        is_over.set()
        writer.join()

    assert added > 0
    assert [a - b for a, b in counts] == [0, 0, 0]


def test_the_catalogue_says_what_the_database_does(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(
        """
        CREATE SCHEMA crm; CREATE TYPE mood AS ENUM ('calm', 'upset'); CREATE DOMAIN code AS varchar(7);
        CREATE TABLE parents (a integer, b text, c code, PRIMARY KEY (b, a)) PARTITION BY LIST (b);
        CREATE TABLE part PARTITION OF parents DEFAULT;
        CREATE TABLE crm.children (
            id integer PRIMARY KEY, a integer, b text, up integer REFERENCES crm.children DEFERRABLE, mail text,
            feelings mood[], doubled integer GENERATED ALWAYS AS (id * 2) STORED,
            FOREIGN KEY (b, a) REFERENCES parents (b, a)
        );
        CREATE UNIQUE INDEX folded ON crm.children (lower(mail));
        CREATE UNIQUE INDEX some_a ON crm.children (a) WHERE a > 0;
        CREATE VIEW seen AS SELECT 1 AS x; CREATE MATERIALIZED VIEW crm.kept AS SELECT 1 AS x;
        CREATE TABLE nothing ();
        """
    )

    found = read_catalogue(fetched(both.source("&schema=public,crm"), tmp_path))

    assert set(found.tables) == {"parents", "crm.children"}
    assert found.tables["parents"].primary_key == ("b", "a")
    children = found.tables["crm.children"]
    assert (children.primary_key, children.unique) == (("id",), (("mail",), ("a",)))
    assert children.generated == ("doubled",)
    assert found.tables["parents"].columns == {"c": StatedColumn(type="public.code", length=7)}
    mood = StatedColumn(type="public.mood[]", is_closed=True, stand_in="calm", values=("calm", "upset"))
    assert children.columns == {"feelings[]": mood}
    assert {(key.table, key.columns, key.references, key.referenced_columns) for key in found.foreign_keys} == {
        ("crm.children", ("b", "a"), "parents", ("b", "a")),
        ("crm.children", ("up",), "crm.children", ("id",)),
    }
    assert found.left_out == {"seen": "a view", "crm.kept": "a materialised view", "nothing": "without columns"}


def test_types_have_their_twins_and_values_theirs(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(
        "CREATE TABLE t (u uuid, n numeric(10, 2), loose numeric, c char(4), d date, at timestamptz NOT NULL, b bytea)",
        "INSERT INTO t VALUES ('542471b9-d7fc-7f94-1100-345a9d21ab54', 1.5, 1.50, 'ab', 'infinity', 'infinity', "
        "'\\x00ff')",
    )

    table = pq.read_table(fetched(both.source(), tmp_path) / "t.parquet")

    assert [field.type for field in table.schema] == [
        pa.uuid(),
        pa.decimal128(10, 2),
        pa.string(),
        pa.string(),
        pa.date32(),
        pa.timestamp("us", "UTC"),
        pa.binary(),
    ]
    assert [field.name for field in table.schema if not field.nullable] == ["at"]
    assert table["loose"].to_pylist() == ["1.5"]
    assert table["c"].to_pylist() == ["ab"]


def test_large_tables_come_in_row_groups(
    pair: Callable[..., Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ROW_GROUP_ROWS", 1_000)
    both = pair("CREATE TABLE t (id integer, city text, mail text)")
    both.in_source("INSERT INTO t SELECT i, 'c' || i % 3, 'm' || i FROM generate_series(1, 500000) i")

    with pq.ParquetFile(fetched(both.source(), tmp_path) / "t.parquet") as file:
        assert file.metadata.num_row_groups > 1
        groups = [file.metadata.row_group(0).column(place).has_dictionary_page for place in range(3)]
        assert file.read(["id"])["id"].to_pylist() == list(range(1, 500_001))

    assert groups == [False, True, False]


def test_tables_can_be_chosen(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair("CREATE SCHEMA crm; CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE crm.a (x int)")
    for number, (parameters, files) in enumerate(
        {
            "": {"a", "b"},
            "&schema=crm": {"a"},
            "&schema=public,crm": {"a", "b", "crm.a"},
            "&tables=b": {"b"},
            "&schema=public,crm&tables=crm.a,b": {"crm.a", "b"},
        }.items()
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        fetched(both.source(parameters), folder)
        assert {path.stem for path in folder.glob("*.parquet")} == files


@pytest.mark.parametrize(
    ("script", "parameters", "said"),
    [
        ("CREATE TABLE customers (x int)", "&tables=customer", "there is no table public.customer (did you mean"),
        ("CREATE VIEW v AS SELECT 1 AS x", "&tables=v", "public.v is a view and no table; take it out of tables="),
        ("CREATE TABLE t (x int)", "&schema=nowhere", "no table is in nowhere: name others by ?schema="),
        ("CREATE TABLE t (x int)", "&schema=public,nowhere", "no table is in nowhere; take it out of schema="),
        (
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p)",
            "&tables=c",
            "public.c (p) refers to public.p, which is left out: choose it too (by schema= and tables=), or leave "
            "public.c out",
        ),
        (
            "CREATE TABLE t (n numeric(5, 1)); INSERT INTO t VALUES ('NaN')",
            "",
            "public.t.n holds values that its type numeric(5,1) has beside numbers, such as NaN",
        ),
        ("CREATE TABLE t (a int[]); INSERT INTO t VALUES ('{{1,2},{3,4}}')", "", "public.t has arrays of several dim"),
        ("CREATE TABLE t (a int[]); INSERT INTO t VALUES ('[0:1]={1,2}')", "", "or that do not begin at 1"),
    ],
)
def test_what_cannot_be_fetched_is_told(
    pair: Callable[..., Pair], tmp_path: Path, script: str, parameters: str, said: str
) -> None:
    both = pair(script.partition("INSERT")[0])
    both.in_source("".join(script.partition("INSERT")[1:]) or "SELECT 1")
    assert said in refused(both.source(parameters), tmp_path)


@pytest.fixture
def reader(server: Server) -> str:
    server.psql("postgres", "DROP ROLE IF EXISTS reader")
    server.psql("postgres", "CREATE ROLE reader LOGIN")
    return "reader"


def test_tables_that_may_not_be_read_are_named(pair: Callable[..., Pair], tmp_path: Path, reader: str) -> None:
    both = pair("CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE c (x int)")
    both.in_source("GRANT SELECT ON b TO reader")
    try:
        said = refused(both.source(user=reader), tmp_path)
        assert said.endswith("the user may not read public.a, public.c: grant SELECT, or choose others by tables=")
    finally:
        both.in_source("DROP OWNED BY reader")


def test_a_table_that_a_policy_hides_in_part_is_refused(pair: Callable[..., Pair], tmp_path: Path, reader: str) -> None:
    both = pair("CREATE TABLE a (x int)", "INSERT INTO a VALUES (1), (2)")
    both.in_source(
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON a USING (x = 1); GRANT SELECT ON a TO reader"
    )
    try:
        assert "a row security policy" in refused(both.source(user=reader), tmp_path)
    finally:
        both.in_source("DROP OWNED BY reader")
