"""Files and folders as tables."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError, PlanError
from dataops_infra.masking.partitions import check_names, check_partitions
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.sources import open_source
from tests.support.masked_runs import rows_of

TABLE = pa.table({"a": [1, 2]})


def write(path: Path, table: pa.Table = TABLE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def test_tables_are_files_and_folders(tmp_path: Path) -> None:
    for name in ("b.parquet", "a/y.parquet", "a/dt=2026-01-01/x.parquet", "_old/z.parquet", ".hidden/z.parquet"):
        write(tmp_path / name)
    (tmp_path / "c.csv.gz").write_bytes(b"")
    (tmp_path / "c.csv.gz").unlink()
    (tmp_path / "_manifest.json").write_text("{}")
    (tmp_path / "a" / "_SUCCESS").write_text("")
    (tmp_path / "empty").mkdir()
    source = open_source(tmp_path)
    found = {name: [str(file.relative) for file in table.files] for name, table in source.tables.items()}
    assert found == {"a": ["a/dt=2026-01-01/x.parquet", "a/y.parquet"], "b": ["b.parquet"]}
    assert (source.tables["a"].rows, source.tables["b"].rows) == (4, 2)
    assert source.schemas["b"] == TABLE.schema


def test_single_file_is_a_table_called_by_its_stem(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "people.2026.parquet"))
    assert list(source.tables) == ["people.2026"]
    assert [str(file.relative) for file in source.tables["people.2026"].files] == ["people.2026.parquet"]


def test_copy_of_a_single_file_keeps_the_tables_name(tmp_path: Path) -> None:
    like = open_source(write(tmp_path / "people.parquet"))
    assert list(open_source(write(tmp_path / "copy.parquet"), like=like).tables) == ["people"]


def test_sample_is_spread_over_files(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / "t" / f"{number}.parquet", pa.table({"a": [number * 10, number * 10 + 1]}))
    table = open_source(tmp_path).tables["t"]
    assert table.sample(4).column("a").to_pylist() == [0, 10, 20, 30]
    assert table.sample(2).column("a").to_pylist() == [0, 30]
    assert table.sample(0).num_rows == 0
    assert rows_of(table).num_rows == 8


def test_table_of_files_that_do_not_tell_their_rows_does_not_either(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    assert open_source(tmp_path).tables["t"].rows is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "holds no data"),
        ({"t.parquet": TABLE, "t/a.parquet": TABLE}, "holds the table t twice"),
        ({"dt=1/a.parquet": TABLE}, "holds the partitions of one table"),
        ({"t/a.parquet": TABLE, "t/b.csv": "a\n1\n"}, r"mixes formats .*a.parquet is Parquet.*b.csv is CSV"),
        ({"t/a.parquet": TABLE, "t/b.jsonl": '{"a":1}\n'}, "b.jsonl is JSON Lines and others are not"),
        (
            {"t/a.parquet": TABLE, "t/b.parquet": pa.table({"a": ["x"], "b": [1]})},
            r"in a \(int64 and string\), b \(only",
        ),
        (
            {"t.xlsx": "x"},
            r"t\.xlsx is no table of the source: tables .*; take it out of the source, or begin its name",
        ),
        ({"t/readme.md": "x"}, r"readme\.md is no table of the source"),
        ({"t.parquet": pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])}, "several columns called a"),
        ({"t/a.csv": "a,b\n1,2\n", "t/b.csv": "a,b,b\n1,2,3\n"}, r"b\.csv has several columns called b"),
        ({"t.parquet": pa.table({})}, "has no columns"),
        ({"t.parquet": ""}, "damaged or cut off"),
        ({"t/email=jane%40x.org/a.parquet": TABLE}, "partitioned by email"),
        ({"t/jane@x.org.parquet": TABLE}, "name of a file may name people"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path, files: dict[str, pa.Table | str], expected: str) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            (tmp_path / name).write_text(content)
        else:
            write(tmp_path / name, content)
    with pytest.raises(MaskingError, match=expected) as error:
        open_source(tmp_path)
    assert "jane" not in str(error.value)


def test_a_stray_file_is_told_of_the_side_it_lies_in(tmp_path: Path) -> None:
    for side in ("source", "copy"):
        write(tmp_path / side / "t.parquet")
    (tmp_path / "copy" / "readme.txt").write_text("x")
    source = open_source(tmp_path / "source")
    with pytest.raises(MaskingError, match=r"readme\.txt is no table of the copy: .*; take it out of the copy$"):
        open_source(tmp_path / "copy", like=source)


def test_nullability_is_part_of_a_schema(tmp_path: Path) -> None:
    write(tmp_path / "t" / "a.parquet")
    write(tmp_path / "t" / "b.parquet", TABLE.cast(pa.schema([pa.field("a", pa.int64(), nullable=False)])))
    with pytest.raises(MaskingError, match=r"a \(int64 and int64 not null\)"):
        open_source(tmp_path)


def test_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MaskingError, match="nowhere does not exist"):
        open_source(tmp_path / "nowhere")


def test_links_that_lead_out_are_refused_and_others_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.parquet")
    write(tmp_path / "source" / "a.parquet")
    (tmp_path / "source" / "b.parquet").symlink_to("a.parquet")
    assert list(open_source(tmp_path / "source").tables) == ["a", "b"]
    (tmp_path / "source" / "c.parquet").symlink_to(outside)
    with pytest.raises(MaskingError, match=r"c\.parquet is a link that leads out of the source"):
        open_source(tmp_path / "source")


@pytest.mark.parametrize("make", ["pipe", "linked-folder", "circle"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, make: str) -> None:
    write(tmp_path / "source" / "a.parquet")
    if make == "pipe":
        os.mkfifo(tmp_path / "source" / "p.parquet")
    elif make == "circle":
        (tmp_path / "source" / "l.parquet").symlink_to("l.parquet")
    else:
        (tmp_path / "source" / "l.parquet").symlink_to(tmp_path / "source", target_is_directory=True)
    with pytest.raises(MaskingError, match="is no regular file"):
        open_source(tmp_path / "source")


@pytest.mark.parametrize("change", ["written", "replaced", "removed"])
@pytest.mark.parametrize("failure", [None, KeyError("a value")])
def test_changes_since_opening_are_told(tmp_path: Path, change: str, failure: Exception | None) -> None:
    path = write(tmp_path / "t.parquet")
    source = open_source(tmp_path)
    with source.held_still():
        pass

    def meddle() -> None:
        with source.held_still():
            if change == "written":
                write(path, pa.table({"a": [1, 2, 3]}))
            elif change == "replaced":
                write(tmp_path / "other.parquet").replace(path)
            else:
                path.unlink()
            if failure is not None:
                raise failure

    with pytest.raises(MaskingError, match=r"t\.parquet changed during the run; run again when nobody writes") as told:
        meddle()
    assert told.value.__suppress_context__


def test_what_fails_without_a_change_is_told_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet")
    with pytest.raises(KeyError, match="a value"), open_source(tmp_path).held_still():
        raise KeyError("a value")


@pytest.mark.parametrize(
    "folder",
    ["dt=2026-01-01", "dt=20260101", "country=DE", "customer_type=b2b", "hour=2026-01-01T10", "bucket=000012", "plain"],
)
def test_harmless_partitions_are_taken(folder: str) -> None:
    check_names("t", [Path("t", folder, "part-00000-8f3b2c1d-0000-4111-8222-123456789012-c000.snappy.parquet")])


@pytest.mark.parametrize(
    "folder",
    ["email=x", "customerId=7", "phone_number=1", "owner=jane%40x.org", "key=4111111111111111", "k=+49 170 1234567"],
)
def test_partitions_that_may_name_people_are_refused(folder: str) -> None:
    with pytest.raises(MaskingError, match=f"table t is partitioned by {folder.partition('=')[0]}, which may name"):
        check_names("t", [Path("t", folder, "a.parquet")])


def test_folder_that_names_a_person_is_refused_without_its_name() -> None:
    with pytest.raises(MaskingError, match="the name of a folder may name people") as error:
        check_names("t", [Path("t", "jane@x.org", "a.parquet")])
    assert "jane" not in str(error.value)


@pytest.mark.parametrize(("operator", "is_refused"), [("token", True), ("keep", False)])
def test_partition_by_a_masked_column_is_refused(operator: str, is_refused: bool) -> None:
    plan = Plan(tables={"t": TablePlan(columns={"region": ColumnPlan(operator=operator)})})
    paths = [("t", Path("t/region=eu/dt=2026-01-01/a.parquet"))]
    if not is_refused:
        check_partitions(plan, paths, "plan.yaml")
        return
    with pytest.raises(PlanError, match=r"plan.yaml: t\.region is masked, but the table is partitioned by it"):
        check_partitions(plan, paths, "plan.yaml")


@pytest.mark.parametrize(
    ("later", "sentence"),
    [
        (
            "7,anna.kern@acme.com\n8,ben@acme.com\n",
            "table t: {}/t/b.csv has none of the columns of {}/t/a.csv; give every file a first line that names its "
            "columns, the same in all",
        ),
        (
            "id,anna.kern@acme.com\n8,ben@acme.com\n",
            "table t: a column is called xxxx.xxxx@xxxx.xxx, like a value, and names are not masked; give the file a "
            "first line that names its columns",
        ),
    ],
    ids=["no header", "a part of it"],
)
def test_later_file_without_a_header_is_told_without_its_values(tmp_path: Path, later: str, sentence: str) -> None:
    """Hadoop's merged output, a `split` of one CSV file: the first part alone has a header."""
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a.csv").write_text("id,mail\n5,kim@acme.com\n6,lee@acme.com\n")
    (tmp_path / "t" / "b.csv").write_text(later)
    with pytest.raises(MaskingError) as refused:
        open_source(tmp_path)
    assert str(refused.value) == sentence.format(tmp_path, tmp_path)


def test_of_hundreds_of_columns_that_differ_the_first_are_told(tmp_path: Path) -> None:
    write(tmp_path / "t" / "a.parquet")
    write(tmp_path / "t" / "b.parquet", pa.table({"a": [1], **{f"c{number:03}": [1] for number in range(300)}}))
    with pytest.raises(MaskingError, match=r"c019 \(only in one of them\) and 280 more; write all files"):
        open_source(tmp_path)
