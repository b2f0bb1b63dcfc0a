"""Tables whose files hold their columns in different layouts, from classification to the gate."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.errors import MaskingError
from dataops_infra.masking.classify import classify
from dataops_infra.masking.formats.one_layout import parts, stored_bytes
from dataops_infra.masking.layouts import common_layout
from dataops_infra.masking.plan_writing import write_plan
from dataops_infra.masking.run import RunRequest, run
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.masked_runs import KEY, rows_of
from tests.support.people import people

PEOPLE = people("de_DE", 120)
TEXT, LARGE, VIEW = pa.string(), pa.large_string(), pa.string_view()
CODED = pa.dictionary(pa.int32(), TEXT)
SHORT_CODED = pa.dictionary(pa.int8(), TEXT)
ITEM = pa.struct([("sku", TEXT), ("count", pa.int64())])
LARGE_ITEM = pa.struct([("sku", LARGE), ("count", pa.int64())])


def rows(text: pa.DataType, code: pa.DataType, nested: pa.DataType, labels: pa.DataType, key: pa.DataType) -> pa.Table:
    """A person a row, in the given layouts of names and notes, of the city, of nested columns and of bytes."""
    return pa.table(
        {
            "id": pa.array(range(70_000_000, 70_000_000 + len(PEOPLE)), pa.int64()),
            "full_name": pa.array([each.full_name for each in PEOPLE], TEXT).cast(text),
            "email": pa.array([each.email for each in PEOPLE], TEXT).cast(text),
            "note": pa.array([f"Call {each.full_name} soon" for each in PEOPLE], TEXT).cast(text),
            "city": pa.array([f"Ort {n % 4}" if n % 9 else None for n in range(len(PEOPLE))], TEXT).cast(code),
            "items": pa.array([[{"sku": f"A-{n:06}", "count": n}] for n in range(len(PEOPLE))], nested),
            "labels": pa.array([[("owner", each.email)] for each in PEOPLE], labels),
            "key": pa.array([b"%016d" % n for n in range(len(PEOPLE))], key),
        }
    )


PLAIN = rows(TEXT, TEXT, pa.list_(ITEM), pa.map_(TEXT, TEXT), pa.binary())
LAYOUTS = {
    "large": rows(LARGE, LARGE, pa.large_list(LARGE_ITEM), pa.map_(LARGE, LARGE), pa.large_binary()),
    "views": rows(VIEW, VIEW, pa.list_(LARGE_ITEM), pa.map_(TEXT, LARGE), pa.binary_view()),
    "coded": rows(LARGE, CODED, pa.large_list(ITEM), pa.map_(LARGE, TEXT), pa.binary()),
    "short": rows(TEXT, SHORT_CODED, pa.list_(ITEM), pa.map_(TEXT, TEXT), pa.binary()),
}


def write(path: Path, table: pa.Table) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return
    if path.suffix == ".csv":
        pc.write_csv(table, path)
        return
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def read_schema(path: Path) -> pa.Schema:
    if path.suffix == ".parquet":
        return pq.read_schema(path)
    if path.suffix == ".csv":
        return pc.read_csv(path).schema
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).schema


def copied(folder: Path, *tables: pa.Table, suffix: str) -> Path:
    """The copy of a table in so many files, by the plan that classification makes; both gates pass it."""
    (folder / "source" / "people").mkdir(parents=True)
    for number, table in enumerate(tables):
        write(folder / "source" / "people" / f"{number}{suffix}", table)
    plan, target = folder / "plan.yaml", folder / "copy"
    write_plan(classify(open_source(folder / "source"), [], Classification()), plan)
    result = run(RunRequest(plan, folder / "source", target, KEY))
    assert result.is_published, result.gate.failed
    checked = verify(VerifyRequest(plan, folder / "source", target, date(2026, 11, 23)))
    assert checked.exit_code == 0, checked.gate.failed
    return target


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("first", ["plain", "other"])
def test_each_file_keeps_its_layout_and_is_masked_like_files_of_one(
    tmp_path: Path, layout: str, suffix: str, first: str
) -> None:
    tables = [PLAIN, LAYOUTS[layout]] if first == "plain" else [LAYOUTS[layout], PLAIN]
    mixed = copied(tmp_path / "mixed", *tables, suffix=suffix)
    alike = copied(tmp_path / "alike", PLAIN, PLAIN, suffix=suffix)
    for number in range(2):
        name = f"people/{number}{suffix}"
        assert read_schema(mixed / name).equals(read_schema(tmp_path / "mixed" / "source" / name))
    found, wanted = (rows_of(open_source(copy).tables["people"]).to_pydict() for copy in (mixed, alike))
    assert found == wanted
    assert found["full_name"] != PLAIN["full_name"].to_pylist() * 2


def test_the_types_of_a_plan_hold_for_all_layouts(tmp_path: Path) -> None:
    copied(tmp_path, PLAIN, suffix=".parquet")
    write(tmp_path / "source" / "people" / "1.parquet", LAYOUTS["large"])
    result = run(RunRequest(tmp_path / "plan.yaml", tmp_path / "source", tmp_path / "next", KEY))
    assert result.is_published
    assert {name: table.rows for name, table in open_source(tmp_path / "next").tables.items()} == {"people": 240}


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".csv"])
def test_each_file_keeps_the_order_of_its_columns(tmp_path: Path, suffix: str) -> None:
    table = PLAIN.select(["email", "full_name", "city", "note"])
    turned = table.select(["note", "city", "full_name", "email"])
    mixed = copied(tmp_path / "mixed", table, turned, suffix=suffix)
    alike = copied(tmp_path / "alike", table, table, suffix=suffix)
    names = [file.names for file in (read_schema(mixed / f"people/{number}{suffix}") for number in range(2))]
    assert names == [table.column_names, turned.column_names]
    found, wanted = (rows_of(open_source(copy).tables["people"]).to_pydict() for copy in (mixed, alike))
    assert found == wanted


def test_only_what_differs_in_more_than_its_layout_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    write(folder / "a.parquet", PLAIN.select(["id", "email", "city"]))
    other = LAYOUTS["coded"].select(["id", "email", "city"])
    write(folder / "b.parquet", other.set_column(0, "id", other["id"].cast(pa.int32())))
    with pytest.raises(MaskingError, match=r"differs from .*a\.parquet in id \(int64 and int32\); write all files"):
        open_source(tmp_path)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (TEXT, TEXT, TEXT),
        (TEXT, LARGE, LARGE),
        (VIEW, TEXT, LARGE),
        (CODED, TEXT, TEXT),
        (CODED, SHORT_CODED, TEXT),
        (CODED, VIEW, LARGE),
        (pa.binary_view(), pa.binary(), pa.large_binary()),
        (pa.binary(4), pa.binary(), None),
        (TEXT, pa.binary(), None),
        (pa.int32(), pa.int64(), None),
        (pa.list_(TEXT), pa.large_list(TEXT), pa.large_list(TEXT)),
        (pa.list_(pa.field("a", TEXT)), pa.list_(pa.field("b", LARGE)), pa.large_list(pa.field("a", LARGE))),
        (pa.list_(TEXT), pa.list_(pa.field("item", LARGE, nullable=False)), None),
        (pa.list_(TEXT, 2), pa.list_(TEXT), None),
        (ITEM, LARGE_ITEM, LARGE_ITEM),
        (ITEM, pa.struct([("count", pa.int64()), ("sku", TEXT)]), None),
        (pa.map_(TEXT, TEXT), pa.map_(TEXT, LARGE), pa.map_(TEXT, LARGE)),
        (pa.map_(TEXT, pa.int32()), pa.map_(TEXT, pa.int64()), None),
        (pa.timestamp("us"), pa.timestamp("us", "UTC"), None),
    ],
    ids=str,
)
def test_the_layout_with_room_for_both(one: pa.DataType, other: pa.DataType, common: pa.DataType | None) -> None:
    assert common_layout(one, other) == common
    assert common_layout(other, one) == common


def test_pieces_of_a_file_are_read_in_the_layout_of_its_table(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    pq.write_table(PLAIN, tmp_path / "people" / "a.parquet", row_group_size=40)
    write(tmp_path / "people" / "b.parquet", LAYOUTS["large"])
    table = open_source(tmp_path).tables["people"]
    pieces = parts(table.files[0].data, 1)
    assert [piece.rows for piece in pieces] == [40, 40, 40]
    read = pa.Table.from_batches([batch for piece in pieces for batch in piece.batches()], table.schema)
    assert read.equals(LAYOUTS["large"])
    sizes = [stored_bytes(piece) or 0 for piece in pieces]
    assert min(sizes) > 0
    assert sum(sizes) == stored_bytes(table.files[0].data)
