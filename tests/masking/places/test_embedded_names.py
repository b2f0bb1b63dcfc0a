"""Tables of DuckDB and SQLite may be called anything: plans call them as those of PostgreSQL."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pyarrow import feather

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import StatedKey, read_catalogue
from dataops_infra.masking.moving import ends_of_run, fetched
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.names import identifier
from dataops_infra.masking.places.reading import write_table
from dataops_infra.masking.progress import QUIET
from tests.masking.places.test_embedded import ENGINES, make, rows
from tests.support.places import copy_between, judge_between, plan_for

NAMES = {
    "_prisma_migrations": "%5Fprisma_migrations",
    "__EFMigrationsHistory": "%5F_EFMigrationsHistory",
    ".hidden": "%2Ehidden",
    "in/out": "in%2Fout",
    "../up": "%2E%2E%2Fup",
    "crm.visits": "crm%2Evisits",
    "50%": "50%25",
    "50%25": "50%2525",
    "select": "select",
    'a"; DROP TABLE "select"; --': 'a"; DROP TABLE "select"; --',
    "new\nline": "new%0Aline",
    "back\\slash": "back%5Cslash",
    "名前": "名前",
    "😀": "%F0%9F%98%80",
    " ": " ",
}


def stems(uri: str, folder: Path) -> list[str]:
    """What plans call the tables."""
    with fetched(open_place(uri), folder) as found:
        return sorted(path.stem for path in found.glob("*.parquet"))


@pytest.mark.parametrize("engine", ENGINES)
def test_tables_with_names_that_no_file_can_have_are_masked(engine: str, tmp_path: Path) -> None:
    statements = ";\n".join(
        f"CREATE TABLE {identifier(name)} (id INTEGER PRIMARY KEY, up INTEGER REFERENCES {identifier(name)} (id));\n"
        f"INSERT INTO {identifier(name)} VALUES (1, NULL)"
        for name in NAMES
    )
    source, target = make(engine, tmp_path / "odd.db", statements), f"{engine}:///{tmp_path}/copy.db"
    plan = plan_for(source, tmp_path / "plan.yaml", {"id": "token", "up": "token"})
    document = yaml.safe_load(plan.read_text())
    for table in document["tables"].values():
        table["columns"]["id"]["domain"] = table["columns"]["up"]["domain"] = "id"
    plan.write_text(yaml.safe_dump(document))

    assert copy_between(source, target, plan).is_published

    assert sorted(document["tables"]) == sorted(NAMES.values())
    listed = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'"
    listed = "SELECT table_name FROM duckdb_tables()" if engine == "duckdb" else listed
    assert {row[0] for row in rows(engine, tmp_path / "copy.db", listed)} == {*NAMES, "_dataops_manifest"}
    for name in NAMES:
        assert rows(engine, tmp_path / "copy.db", f"SELECT id = 1, up FROM {identifier(name)}") == [(False, None)]
    assert judge_between(source, target, plan).exit_code == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_stated_calls_tables_as_plans_do(engine: str, tmp_path: Path) -> None:
    uri = make(
        engine,
        tmp_path / "odd.db",
        'CREATE TABLE "_people" (id INTEGER PRIMARY KEY);\n'
        'CREATE TABLE "a.visits" (id INTEGER PRIMARY KEY, who INTEGER REFERENCES "_people" (id))',
    )

    with fetched(open_place(uri), tmp_path) as folder:
        catalogue = read_catalogue(folder)

    assert sorted(catalogue.tables) == ["%5Fpeople", "a%2Evisits"]
    assert catalogue.foreign_keys == (
        StatedKey(table="a%2Evisits", columns=("who",), references="%5Fpeople", referenced_columns=("id",)),
    )


def test_a_dot_in_a_name_is_no_schema(tmp_path: Path) -> None:
    """Both were called ``s.t``."""
    source = make(
        "duckdb",
        tmp_path / "t.db",
        'CREATE SCHEMA s;\nCREATE TABLE s.t (a VARCHAR);\nCREATE TABLE "s.t" (a VARCHAR);\n'
        "INSERT INTO s.t VALUES ('schema');\nINSERT INTO \"s.t\" VALUES ('dot')",
    )

    copy_between(source, f"duckdb:///{tmp_path}/copy.db", plan_for(source, tmp_path / "plan.yaml", {"a": "keep"}))

    assert rows("duckdb", tmp_path / "copy.db", 'SELECT a FROM s.t UNION ALL SELECT a FROM "s.t"') == [
        ("schema",),
        ("dot",),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_tables_of_files_and_of_other_databases_are_read_again_as_their_plan_calls_them(
    engine: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("crm.visits", "50%", "main.t", "a.b.c", "%5Fx", "plain"):
        pq.write_table(pa.table({"a": [name]}), data / f"{name}.parquet")
    plan = plan_for(str(data), tmp_path / "plan.yaml", {"a": "keep"})
    target = f"{engine}:///{tmp_path}/copy.db"

    copy_between(str(data), target, plan)

    assert stems(target, tmp_path) == ["%5Fx", "50%", "a.b.c", "crm.visits", "main.t", "plain"]
    assert judge_between(str(data), target, plan).exit_code == 0
    queried = "crm.visits" if engine == "duckdb" else '"crm.visits"'
    assert rows(engine, tmp_path / "copy.db", f"SELECT * FROM {queried}") == [("crm.visits",)]
    assert rows(engine, tmp_path / "copy.db", "SELECT * FROM _x") == [("%5Fx",)]
    copy_between(target, f"{engine}:///{tmp_path}/again.db", plan)
    assert stems(f"{engine}:///{tmp_path}/again.db", tmp_path) == stems(target, tmp_path)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Pets", "pets"), "can hold no table pets beside Pets: its name would be the same; rename one"),
        (("a%2Eb", "a%2eb"), "can hold no table a%2eb beside a%2Eb"),
        (("%5Fdataops_manifest",), "can hold no table %5Fdataops_manifest beside that of the manifest"),
        (("a%00b",), "can hold no table a%00b: %00 is in no name"),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_tables_that_would_have_one_name_are_refused(
    engine: str, names: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in names:
        pq.write_table(pa.table({"a": [name]}), data / f"{name}.parquet")
    plan = plan_for(str(data), tmp_path / "plan.yaml", {"a": "keep"})

    with pytest.raises(MaskingError, match=said):
        copy_between(str(data), f"{engine}:///{tmp_path}/copy.db", plan)

    assert not (tmp_path / "copy.db").exists()
    assert said in told_before(str(data), f"{engine}:///{tmp_path}/copy.db", tmp_path)


def told_before(source: str, target: str, work: Path) -> str:
    """What is said before anything is masked."""
    with pytest.raises(MaskingError) as raised, ends_of_run(open_place(source), open_place(target), work):
        pass
    return str(raised.value)


NANOSECONDS = pa.month_day_nano_interval()


@pytest.mark.parametrize(
    ("engine", "columns", "said"),
    [
        (
            engine,
            {"Id": pa.int64(), "name": pa.string(), "id": pa.int64(), "NAME": pa.string()},
            [
                "column pets.id beside Id: its name would be the same; rename one",
                "column pets.NAME beside name: its name would be the same; rename one",
            ],
        )
        for engine in ENGINES
    ]
    + [
        (
            "sqlite",
            {"tags": pa.list_(pa.string()), "kept": pa.date32(), "took": NANOSECONDS},
            [
                f"column pets.tags: it has no type for {pa.list_(pa.string())}; choose another target, or change the "
                "column's type",
                "column pets.took: it has no type for month_day_nano_interval; choose another target, or change the "
                "column's type",
            ],
        ),
        (
            "duckdb",
            {"tags": pa.list_(pa.string()), "sum": pa.decimal256(50, 2)},
            [
                "column pets.sum: it has no type for decimal256(50, 2); choose another target, or change the column's "
                "type"
            ],
        ),
    ],
)
def test_columns_that_a_copy_could_not_hold_are_told_before_any_work(
    engine: str, columns: dict[str, pa.DataType], said: list[str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    feather.write_feather(pa.table({name: pa.array([], kind) for name, kind in columns.items()}), data / "pets.arrow")
    place = open_place(f"{engine}:///{tmp_path}/copy.db")
    assert told_before(str(data), f"{engine}:///{tmp_path}/copy.db", tmp_path).split("\n") == [
        f"{place.shown} can hold no {line}" for line in said
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_errors_call_tables_as_the_database_does(engine: str, tmp_path: Path) -> None:
    source = make(
        engine, tmp_path / "t.db", "CREATE TABLE _t (id INTEGER PRIMARY KEY);\nINSERT INTO _t VALUES (1), (2)"
    )
    plan = plan_for(source, tmp_path / "plan.yaml", {"id": "redact"})

    with pytest.raises(MaskingError, match=r"rows of _t have the same key \(id\)") as raised:
        copy_between(source, f"{engine}:///{tmp_path}/copy.db", plan)

    assert "%5F" not in str(raised.value)


def test_a_file_that_is_there_is_no_other_table(tmp_path: Path) -> None:
    """Some file systems do not tell capitals from small letters, and databases may."""
    schema = pa.schema([("a", pa.string())])
    write_table(tmp_path, "t", schema, iter(()), QUIET)

    with pytest.raises(MaskingError, match=r"two tables would be called t\.parquet here; rename one"):
        write_table(tmp_path, "t", schema, iter(()), QUIET)


def test_a_table_called_like_the_notes_in_another_schema_is_data(tmp_path: Path) -> None:
    uri = make("duckdb", tmp_path / "t.db", "CREATE SCHEMA s;\nCREATE TABLE s._dataops_manifest (a INT)")

    assert stems(uri, tmp_path) == ["s.%5Fdataops_manifest"]


@pytest.mark.parametrize("schema", ["shop", "database", "it's"])
def test_a_schema_may_be_called_like_its_file(schema: str, tmp_path: Path) -> None:
    """DuckDB calls a database by its file's name."""
    uri = make("duckdb", tmp_path / "t.db", f'CREATE SCHEMA "{schema}";\nCREATE TABLE "{schema}".t (a INT PRIMARY KEY)')
    source = (tmp_path / "t.db").rename(tmp_path / f"{schema}.db")
    plan = plan_for(uri.replace("t.db", source.name), tmp_path / "plan.yaml", {"a": "token"})

    assert copy_between(f"duckdb:///{source}", f"duckdb:///{tmp_path}/copy.db", plan).is_published

    with fetched(open_place(f"duckdb:///{tmp_path}/copy.db"), tmp_path) as folder:
        assert [path.stem for path in folder.glob("*.parquet")] == [f"{schema}.t"]
