"""Names of columns, tables, files and folders that tell of people, which masking does not change."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.partitions import check_names
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.telling_names import check_columns, names_a_person


def refused(path: Path) -> str:
    with pytest.raises(MaskingError) as error:
        open_source(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ("{n},Person{n} Kern,p{n}@firma.de,gold", "x9@xxxxx.xx"),
        ("{n},gold,+49 1511 234{n:03d}", "+99 9999 999999"),
        ("{n},gold,1980-01-{n:02d}", "9999-99-99"),
        ("{n},gold,AB-12{n:02d}", "XX-9999"),
        ("{n},Smith,gold", "Xxxxx"),
        ("{n},gold,123456{n:03d}", "999999999"),
    ],
)
def test_file_without_a_header_is_refused_without_its_first_row(tmp_path: Path, row: str, shown: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text("".join(row.format(n=n) + "\n" for n in range(1, 29)))
    assert refused(file) == (
        f"table people: a column is called {shown}, like a value, and names are not masked; "
        "give the file a first line that names its columns"
    )


FIRST, LAST = ("Piotr", "Maria", "Jürgen", "Zofia"), ("Nowak", "Rossi", "Lehmann", "Dupuis")


@pytest.mark.parametrize(
    ("header", "rows", "shown"),
    [
        ("Anna;Kern", [f"{first};{last}" for first, last in zip(FIRST, LAST, strict=True)], "Xxxx"),
        ("Anna;Kern", [], "Xxxx"),
        (
            "ANNA;KERN;42",
            [f"{first.upper()};{last.upper()};7" for first, last in zip(FIRST, LAST, strict=True)],
            "XXXX",
        ),
        ("Kern;Anna;gold", ["Xqz;Vrrt;gold"] * 4, "Xxxx"),
        ("Anna;Piotr", ["teal;grey"] * 4, "Xxxx"),
        ("17;Anna;gold", [f"{n};{first};gold" for n, first in enumerate((*FIRST, "Xqz", "Vrrt"), 18)], "Xxxx"),
        ("17;Tim", [f"{n};{first}" for n, first in enumerate(FIRST, 18)], "Xxx"),
        ("17;Nowak", [f"{n};{name}" for n, name in enumerate((*LAST, "Xqz", "Vrrt", "Brrq"), 18)], "Xxxxx"),
        ("17;Weber", [f"{n};{name}" for n, name in enumerate(LAST, 18)], "Xxxxx"),
    ],
    ids=["names", "no rows", "capitals", "unknown below", "first names", "first", "short", "last", "common last"],
)
def test_a_header_of_lone_names_is_a_row(tmp_path: Path, header: str, rows: list[str], shown: str) -> None:
    (tmp_path / "people.csv").write_text("\n".join([header, *rows]) + "\n")
    assert refused(tmp_path).startswith(f"table people: a column is called {shown}, like a value")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        *[(f"id;{name}", "1;x") for name in ("May", "Grant", "Mark", "Will", "Anna", "Rose", "Page", "Paris")],
        ("April;May;June;August", "1;2;3;4"),
        ("Grant;Mark;Will;May", "none;good;open;yes"),
        ("Page;Price;House;Park", "front;low;red;far"),
        ("Meta;Edit;Harm", "a;b;c"),
        ("Month;Anna;Piotr;Maria", "may;3;4;5"),
        ("Name;City;Grade;Summer", "Anna;Bonn;good;yes"),
        ("Berlin;Hamburg;Paris;Chelsea", "1;2;3;4"),
        ("Max;Min;Dean;Major", "high;low;yes;no"),
        ("Survived;Pclass;Name;Sex;Fare;Cabin", "yes;third;Xqz;f;low;C"),
        ("anna;kern", "x;y"),
        ("AnnaKern;KernAnna", "x;y"),
        ("Per;Tan;Sem;Dom", "x;y;z;w"),
    ],
)
def test_columns_that_are_called_like_names_are_taken(tmp_path: Path, header: str, row: str) -> None:
    (tmp_path / "t.csv").write_text("\n".join([header, *[row] * 40]) + "\n")
    assert open_source(tmp_path).schemas["t"].names == header.split(";")


def test_keys_that_are_people_are_refused(tmp_path: Path) -> None:
    rows = [{"id": n, "balances": {f"anna{n}@firma.de": 5}} for n in range(3)]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = refused(tmp_path)
    assert "a column is called xxxx9@xxxxx.xx, like a value" in said
    assert said.endswith("write keys that are values as a list of objects with key and value")


def test_columns_of_any_format_are_asked(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "+49 170 1234567": [2]}), tmp_path / "t.parquet")
    assert refused(tmp_path).endswith(
        "a column is called +99 999 9999999, like a value, and names are not masked; rename the column"
    )


@pytest.mark.parametrize(
    "kind",
    [
        pa.struct([("Ben Kern0", pa.int64())]),
        pa.list_(pa.struct([("Ben Kern0", pa.int64())])),
        pa.map_(pa.string(), pa.struct([("Ben Kern0", pa.int64())])),
    ],
    ids=["struct", "list", "map"],
)
def test_nested_names_are_asked(kind: pa.DataType) -> None:
    with pytest.raises(MaskingError, match="Xxx Xxxx9"):
        check_columns("t", pa.schema([("a", kind)]), "")


def test_many_names_with_a_known_part_are_people() -> None:
    names = ["Anna Müller", "Zyxa Smith", "Ute Mueller"]
    with pytest.raises(MaskingError, match="Xxxx Xxxxxx"):
        check_columns("t", pa.schema([(name, pa.int64()) for name in names]), "")


ORDINARY = (
    *("Max Price", "Order ID", "Page Views", "New York", "First Name", "Mark Price", "Home Page", "Long Beach"),
    *("2024", "2024-01", "0", "17", "q1_2024", "address_2", "v1.2", "x@y", "iso_3166", "sha256", "Umsatz (netto)"),
)


def test_ordinary_names_are_taken(tmp_path: Path) -> None:
    check_columns("t", pa.schema([(name, pa.int64()) for name in ORDINARY]), "")
    rows = "\n".join(",".join(str(n % 7) for _ in ORDINARY) for n in range(50))
    (tmp_path / "t.csv").write_text(",".join(ORDINARY) + "\n" + rows + "\n")
    assert open_source(tmp_path).schemas["t"].names == list(ORDINARY)


def test_header_over_rows_that_cannot_be_read_is_taken(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2,3\n")
    assert open_source(tmp_path).schemas["t"].names == ["a", "b"]


@pytest.mark.parametrize(
    "folder",
    [
        *("doctor=Anna M%C3%BCller", "vorname=Anna", "kunde=Meier", "manager=Kern", "mrn=1234567", "geb=19800101"),
        *("pid=123456", "owner=anna_mueller", "x=Ben Kern", "x=Ben%20Kern", "tenant=Ben_Kern"),
    ],
)
def test_partitions_of_people_are_refused(folder: str) -> None:
    key = folder.partition("=")[0]
    with pytest.raises(MaskingError, match=f"partitioned by {key}, which may name people") as error:
        check_names("t", [Path("t", folder, "a.parquet")])
    assert folder.partition("=")[2] not in str(error.value)


@pytest.mark.parametrize(
    "folder",
    [
        *(
            "day=2024-01-01",
            "batch=1234567",
            "tenant=acme",
            "account=17",
            "city=San Jose",
            "bucket=000012",
            "year=2024",
        ),
        *("source=web", "amount=1234567", "event_type=page_view"),
    ],
)
def test_partitions_of_things_are_taken(folder: str) -> None:
    check_names("t", [Path("t", folder, "part-00000-tid-8762341234123412341-abc.c000.snappy.parquet")])


@pytest.mark.parametrize("name", ["Anna Müller +4915112345678", "Anna Müller 1980-01-01", "Ben Kern", "jane@x.org"])
def test_files_and_tables_called_like_people_are_refused(tmp_path: Path, name: str) -> None:
    for place in (f"visits/{name}.parquet", f"visits/{name}/a.parquet"):
        with pytest.raises(MaskingError, match=r"table visits: the name of a (file|folder) may name people") as error:
            check_names("visits", [Path(place)])
        assert name not in str(error.value)
    pq.write_table(pa.table({"a": [1]}), tmp_path / f"{name}.parquet")
    said = refused(tmp_path)
    assert said.startswith("a table is called ")
    assert name not in said


@pytest.mark.parametrize(
    "name",
    [
        *("customer_orders", "max_price", "mark_price", "grace_period", "page_views", "april_report", "new_york"),
        *("topic+3+0000012345", "part-00000-8f3b2c1d-0000-4111-8222-123456789012-c000", "people.2026"),
    ],
)
def test_ordinary_files_and_tables_are_taken(name: str) -> None:
    assert not names_a_person(name)
