"""Rows that are made: they keep what their contract says, and are the same ones whoever makes them."""

import hashlib
import json
import re
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.masking.pools import pool_hashes
from dataops_infra.masking.synth import writing
from dataops_infra.masking.synth.building import build_tables
from dataops_infra.masking.synth.making import SynthRequest, plan_tables
from dataops_infra.masking.synth.specs import raise_problems, read_specs
from dataops_infra.masking.synth.writing import SynthFormat, made_rows
from tests.support.masked_runs import contents
from tests.support.synthetic_contracts import CONVENTIONS, column, made, primary, table_of, write_contract

SHOP = {
    "customers": [
        primary(),
        column("email", "string", required=True, unique=True),
        column("tier", "string", enum=["gold", "plain"], synthetic={"weights": {"gold": 1, "plain": 3}}),
        column("birth_date", "date"),
        column("referrer", "integer", to="customers.id", synthetic={"nullShare": 0.5}),
        column("address", "object", properties=[column("street", "string", required=True), column("floor", "integer")]),
        column("tags", "array", items=column("tag", "string", enum=["a", "b"]), maxItems=2),
    ],
    "orders": [
        primary("id", "string", pattern="^ORD-[0-9]{6}$"),
        column("customer", "integer", required=True, to="customers.id", synthetic={"distribution": "zipf"}),
        column("total", "number", physicalType="decimal(10,2)", minimum=1, maximum=500, required=True),
        column(
            "at", "timestamp", timezone=True, minimum="2025-01-01T00:00:00Z", exclusiveMaximum="2025-01-02T00:00:00Z"
        ),
    ],
    "lines": [
        primary("order", "string", to="orders.id"),
        primary("line", minimum=1),
        column("sku", "string", pattern="[A-Z]{2}-\\d{3}", synthetic={"nullShare": 0}),
    ],
    "parcels": [
        primary(),
        column("order", "string"),
        column("line", "integer"),
    ],
}


moment = datetime.fromisoformat


def shop(folder: Path, **options: Any) -> Any:
    return made(folder, SHOP, 200, rows_of={"orders": 300, "lines": 900}, **options)


def values(folder: Path, table: str, name: str) -> list[Any]:
    found: list[Any] = table_of(folder, table)[name].to_pylist()
    return found


def test_shop_keeps_its_contract(tmp_path: Path) -> None:
    result = shop(tmp_path)
    assert result.tables == {"customers": 200, "orders": 300, "lines": 900, "parcels": 200}
    assert values(tmp_path, "customers", "id") == list(range(1, 201))
    emails = values(tmp_path, "customers", "email")
    assert len(set(emails)) == 200
    assert all(email.endswith("@example.com") for email in emails)
    assert all(re.fullmatch(r"ORD-\d{6}", each) for each in values(tmp_path, "orders", "id"))
    assert len(set(values(tmp_path, "orders", "id"))) == 300
    assert set(values(tmp_path, "orders", "customer")) <= set(range(1, 201))
    assert all(Decimal(1) <= total <= Decimal(500) for total in values(tmp_path, "orders", "total"))
    assert {at.date() for at in values(tmp_path, "orders", "at") if at} == {date(2025, 1, 1)}
    keys = list(zip(values(tmp_path, "lines", "order"), values(tmp_path, "lines", "line"), strict=True))
    assert len(set(keys)) == 900
    assert {order for order, _ in keys} == set(values(tmp_path, "orders", "id"))
    assert {line for _, line in keys} == {1, 2, 3}
    assert all(re.fullmatch(r"[A-Z]{2}-\d{3}", each) for each in values(tmp_path, "lines", "sku"))


def test_self_references_lead_to_earlier_rows(tmp_path: Path) -> None:
    shop(tmp_path)
    referrers = values(tmp_path, "customers", "referrer")
    assert referrers[0] is None
    assert all(referrer is None or referrer <= row for row, referrer in enumerate(referrers))
    assert 60 < sum(referrer is not None for referrer in referrers) < 140


def test_first_row_refers_to_none_of_its_table(tmp_path: Path) -> None:
    made(tmp_path, {"t": [primary(), column("parent", "integer", to="t.id", synthetic={"nullShare": 0})]}, 50)
    parents = values(tmp_path, "t", "parent")
    assert parents[0] is None
    assert all(parent is not None and parent <= row for row, parent in enumerate(parents) if row)


def test_unique_part_of_a_key_stays_unique(tmp_path: Path) -> None:
    tables = {
        "a": [primary()],
        "b": [primary("a", to="a.id"), primary("code", "string", pattern="[A-Z]{2}", unique=True)],
    }
    made(tmp_path, tables, 400)
    assert len(set(values(tmp_path, "b", "code"))) == 400
    assert set(values(tmp_path, "b", "a")) <= set(values(tmp_path, "a", "id"))


def test_nested_columns_are_nested(tmp_path: Path) -> None:
    shop(tmp_path)
    assert table_of(tmp_path, "customers").schema.field("address").type == pa.struct(
        [pa.field("street", pa.large_string(), nullable=False), pa.field("floor", pa.int64())]
    )
    addresses = [each for each in values(tmp_path, "customers", "address") if each is not None]
    assert all(each["street"] for each in addresses)
    tags = [each for each in values(tmp_path, "customers", "tags") if each is not None]
    assert {len(each) for each in tags} == {0, 1, 2}
    assert {tag for each in tags for tag in each} == {"a", "b"}


def test_schema_says_what_may_be_null(tmp_path: Path) -> None:
    shop(tmp_path)
    schema = table_of(tmp_path, "customers").schema
    assert [name for name in schema.names if not schema.field(name).nullable] == ["id", "email"]
    assert table_of(tmp_path, "orders").schema.types == [
        pa.large_string(), pa.int64(), pa.decimal128(10, 2), pa.timestamp("us", "UTC"),
    ]  # fmt: skip


def test_composite_key_is_referred_to_as_a_whole(tmp_path: Path) -> None:
    path = write_contract(tmp_path, SHOP)
    path.write_text(
        path.read_text()
        + "  relationships:\n  - from: [parcels.order, parcels.line]\n    to: [lines.order, lines.line]\n"
    )
    request = SynthRequest([path], CONVENTIONS, tmp_path / "made", 200, rows_of={"orders": 300, "lines": 900})
    _, tables = plan_tables(request)
    rows = {table.name: made_rows(table, 0, table.rows) for table in tables}
    lines = set(zip(*(rows["lines"].column(n).to_pylist() for n in (0, 1)), strict=True))
    parcels = list(zip(*(rows["parcels"].column(n).to_pylist() for n in (1, 2)), strict=True))
    assert {key for key in parcels if key != (None, None)} <= lines
    assert all((order is None) == (line is None) for order, line in parcels)


@pytest.mark.parametrize(
    ("more", "low", "high"),
    [
        ({"logicalType": "integer", "minimum": -5, "maximum": 5}, -5, 5),
        ({"logicalType": "integer", "maximum": -5}, -1_004, -5),
        ({"logicalType": "integer", "multipleOf": 7, "exclusiveMinimum": 7, "maximum": 30}, 14, 28),
        ({"logicalType": "integer", "format": "i8"}, 0, 127),
        ({"logicalType": "integer", "format": "u16", "minimum": 65_000, "maximum": 65_535}, 65_000, 65_535),
        ({"logicalType": "number", "minimum": 0.5, "maximum": 0.75, "multipleOf": 0.05}, 0.5, 0.75),
        ({"logicalType": "number", "format": "f32", "exclusiveMinimum": 0, "maximum": 1}, 0.01, 1),
        ({"physicalType": "decimal(3,1)"}, Decimal(0), Decimal("99.9")),
        ({"physicalType": "smallint"}, 0, 999),
        ({"physicalType": "double"}, 0, 9.99),
        ({"physicalType": "date"}, date(2020, 1, 1), date(2025, 12, 31)),
        (
            {"logicalType": "date", "minimum": "2024-02-28", "maximum": "2024-03-01"},
            date(2024, 2, 28),
            date(2024, 3, 1),
        ),
        ({"logicalType": "time"}, time(0, 0), time(23, 59, 59)),
        ({"logicalType": "time", "minimum": "08:00", "exclusiveMaximum": "08:00:05"}, time(8), time(8, 0, 4)),
        ({"logicalType": "timestamp"}, moment("2020-01-01T00:00:00"), moment("2025-12-31T23:59:59")),
        (
            {
                "logicalType": "timestamp",
                "timezone": True,
                "minimum": "2025-01-01T02:00:00+02:00",
                "maximum": "2025-01-01T00:00:09Z",
            },
            moment("2025-01-01T00:00:00Z"),
            moment("2025-01-01T00:00:09Z"),
        ),
    ],
)
def test_limits_are_kept_and_reached(tmp_path: Path, more: dict[str, Any], low: Any, high: Any) -> None:
    kind = more.pop("logicalType", None)
    made(tmp_path, {"t": [column("x", kind, required=True, **more)]}, 3_000)
    found = list(values(tmp_path, "t", "x"))
    if isinstance(low, float) or isinstance(high, float):
        found = [round(value, 4) for value in found]
    assert low <= min(found)
    assert max(found) <= high
    if len(set(found)) < 1_500:
        assert (min(found), max(found)) == (low, high)


def test_limits_and_distributions_of_numbers(tmp_path: Path) -> None:
    curve = {"distribution": "normal", "mean": 50, "standardDeviation": 10}
    tables = {"t": [column("n", "integer", minimum=0, maximum=100, required=True, synthetic=curve)]}
    made(tmp_path, tables, 5_000)
    found = values(tmp_path, "t", "n")
    assert abs(sum(found) / 5_000 - 50) < 1
    assert abs(sum(40 <= value <= 60 for value in found) / 5_000 - 0.7) < 0.05


def test_share_of_nulls_is_that_of_the_contract(tmp_path: Path) -> None:
    shares = {"a": {}, "b": {"nullShare": 0.5}, "c": {"nullShare": 0}}
    made(tmp_path, {"t": [column(name, "integer", synthetic=share) for name, share in shares.items()]}, 4_000)
    found = {name: values(tmp_path, "t", name).count(None) / 4_000 for name in shares}
    assert abs(found["a"] - 0.05) < 0.02
    assert abs(found["b"] - 0.5) < 0.04
    assert found["c"] == 0


@pytest.mark.parametrize(
    ("name", "more", "expression"),
    [
        ("customer_email", {}, r".+@example\.com"),
        ("customer_email", {"maxLength": 12}, r"[a-z]{6,12}"),
        ("anything", {"format": "ipv4"}, r"\d+\.\d+\.\d+\.\d+"),
        ("anything", {"format": "uuid"}, r"[0-9a-f-]{36}"),
        ("anything", {"synthetic": {"meaning": "iban"}}, r"DE\d{20}"),
        ("anything", {"unique": True}, r"[0-9a-f-]{36}"),
        ("anything", {"unique": True, "maxLength": 8}, r"[a-z]{6,8}"),
        ("anything", {"minLength": 30, "maxLength": 40}, r"[a-z]{30,40}"),
        ("anything", {"physicalType": "char(2)"}, r"[a-z]{2}"),
        ("anything", {}, r"[a-z]{6,12}"),
        ("comment", {}, r"[A-Z].+\."),
    ],
)
def test_texts_follow_format_meaning_name_and_length(
    tmp_path: Path, name: str, more: dict[str, Any], expression: str
) -> None:
    made(tmp_path, {"t": [column(name, "string", required=True, **more)]}, 200)
    found = values(tmp_path, "t", name)
    assert all(re.fullmatch(expression, value) for value in found), found[:3]
    assert len(set(found)) == 200 or not more.get("unique")


@pytest.mark.parametrize(
    ("kind", "enum", "expected"),
    [
        ("integer", [1, 5], pa.array([1, 5])),
        ("number", [0.5, 2], pa.array([0.5, 2.0])),
        ("boolean", [True], pa.array([True])),
        ("date", ["2024-02-29"], pa.array([date(2024, 2, 29)])),
        ("time", ["08:00:00"], pa.array([time(8)], pa.time64("us"))),
        ("timestamp", ["2024-02-29T08:00:00"], pa.array([moment("2024-02-29T08:00:00")], pa.timestamp("us"))),
    ],
)
def test_enumerated_values_are_of_the_type(tmp_path: Path, kind: str, enum: list[Any], expected: pa.Array) -> None:
    made(tmp_path, {"t": [column("x", kind, enum=enum, required=True)]}, 50)
    found = table_of(tmp_path, "t")["x"].combine_chunks()
    assert found.type == expected.type
    assert sorted(set(found.to_pylist())) == expected.to_pylist()


def test_decimals_are_enumerated(tmp_path: Path) -> None:
    made(tmp_path, {"t": [column("x", "number", physicalType="decimal(5,2)", enum=[0.5, 2], required=True)]}, 50)
    assert set(values(tmp_path, "t", "x")) == {Decimal("0.50"), Decimal("2.00")}


def test_one_to_one_reference_uses_each_row_once(tmp_path: Path) -> None:
    made(tmp_path, {"a": [primary()], "b": [primary(to="a.id")]}, 50)
    assert sorted(values(tmp_path, "b", "id")) == list(range(1, 51))


def test_cycle_with_a_nullable_column_is_made(tmp_path: Path) -> None:
    tables = {
        "a": [primary(), column("b", "integer", to="b.id")],
        "b": [primary(), column("a", "integer", required=True, to="a.id")],
    }
    made(tmp_path, tables, 60)
    assert {*values(tmp_path, "a", "b")} - {None} <= set(range(1, 61))
    assert {*values(tmp_path, "b", "a")} <= set(range(1, 61))


def test_rows_do_not_hang_on_chunks_tables_or_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    shop(tmp_path / "one")
    monkeypatch.setattr(writing, "CHUNK", 17)
    shop(tmp_path / "two")
    for table in SHOP:
        assert table_of(tmp_path / "one", table).equals(table_of(tmp_path / "two", table).combine_chunks())
    path = write_contract(tmp_path, {name: SHOP[name] for name in reversed(SHOP)}, "turned")
    specs = read_specs([path], CONVENTIONS)
    turned = {
        table.name: table
        for table in build_tables(specs, {"orders": 300, "lines": 900, "customers": 200, "parcels": 200}, 0)
    }
    raise_problems(specs)
    assert pa.Table.from_batches([made_rows(turned["orders"], 0, 300)]).equals(table_of(tmp_path / "one", "orders"))


def test_equal_requests_make_equal_bytes_and_another_seed_other_rows(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        (tmp_path / name).mkdir()
        shop(tmp_path / name, seed=seed)
    one, two, three = (contents(tmp_path / name / "made") for name in ("one", "two", "three"))
    assert one == two
    assert one["orders.parquet"] != three["orders.parquet"]


def test_rows_are_the_frozen_ones(tmp_path: Path) -> None:
    """Whoever changes what is drawn raises GENERATOR: people pin the rows of a seed in their tests."""
    shop(tmp_path, seed=42)
    told = {table: json.dumps(table_of(tmp_path, table).to_pylist(), default=str) for table in SHOP}
    digests = {table: hashlib.sha256(text.encode()).hexdigest()[:16] for table, text in told.items()}
    assert (writing.GENERATOR, digests) == (
        1,
        {
            "customers": "2d928824e5ed69c2",
            "orders": "0def7055420a5061",
            "lines": "9c177c429e0e9a86",
            "parcels": "e65ac2060b2c86e8",
        },
    )


def test_manifest_tells_how_rows_were_made(tmp_path: Path) -> None:
    result = shop(tmp_path, seed=5)
    manifest = json.loads((tmp_path / "made" / "_manifest.json").read_text())
    assert manifest == result.manifest
    digest = hashlib.sha256((tmp_path / "shop.yaml").read_bytes()).hexdigest()
    assert manifest == {
        "schema": "dataops.synth/v1",
        "generator": 1,
        "seed": 5,
        "format": "parquet",
        "contracts": {"sales/shop": {"version": "1.0.0", "sha256": digest}},
        "poolHashes": pool_hashes(["first_name", "last_name", "street"]),
        "tables": {
            "customers": {"rows": 200, "columns": 7},
            "orders": {"rows": 300, "columns": 4},
            "lines": {"rows": 900, "columns": 3},
            "parcels": {"rows": 200, "columns": 3},
        },
    }


FLAT = {name: columns for name, columns in SHOP.items() if name != "customers"} | {"customers": SHOP["customers"][:5]}


def test_formats_hold_the_same_rows(tmp_path: Path) -> None:
    for form in SynthFormat:
        (tmp_path / form.value).mkdir()
        made(tmp_path / form.value, FLAT, 200, form=form)
    expected = pl.read_parquet(tmp_path / "parquet" / "made" / "orders.parquet")
    csv = pl.read_csv(tmp_path / "csv" / "made" / "orders.csv")
    jsonl = pl.read_ndjson(tmp_path / "jsonl" / "made" / "orders.jsonl")
    assert csv["id"].to_list() == jsonl["id"].to_list() == expected["id"].to_list()
    assert [f"{total:.2f}" for total in expected["total"]] == [f"{total:.2f}" for total in csv["total"]]
    assert csv.columns == expected.columns


def test_former_rows_are_replaced_on_demand(tmp_path: Path) -> None:
    made(tmp_path, {"t": [primary()]}, 10)
    made(tmp_path, {"u": [primary()]}, 20, is_overwritten=True)
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["_manifest.json", "u.parquet"]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Up to four tables with keys of one or two columns, foreign keys to any of them, and a limited number."""
    names = [f"t{n}" for n in range(draw(st.integers(1, 4)))]
    found: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        low = draw(st.integers(-50, 50))
        columns = [primary("id", draw(st.sampled_from(["integer", "string"])))]
        columns.append(column("n", "integer", minimum=low, maximum=low + draw(st.integers(0, 40)), required=True))
        columns.append(column("few", "string", enum=["x", "y"], unique=False))
        found[name] = columns
    for number, (child, parent) in enumerate(
        draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=4, unique=True))
    ):
        kind = found[parent][0]["logicalType"]
        found[parent][0]["unique"] = True
        is_required = draw(st.booleans()) and child > parent
        more = {"primaryKey": True} if is_required and draw(st.booleans()) else {}
        found[child].append(column(f"fk{number}", kind, required=is_required, to=f"{parent}.id", **more))
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=tables(), rows=st.integers(1, 60), seed=st.integers(0, 5))
def test_every_contract_is_kept(tmp_path: Path, tables: dict[str, list[dict[str, Any]]], rows: int, seed: int) -> None:
    path = write_contract(tmp_path, tables)
    _, planned = plan_tables(SynthRequest([path], CONVENTIONS, tmp_path / "made", rows, seed))
    found = {table.name: pa.Table.from_batches([made_rows(table, 0, rows)]) for table in planned}
    for name, columns in tables.items():
        key = [each["name"] for each in columns if each.get("primaryKey")]
        assert len(set(zip(*(found[name][part].to_pylist() for part in key), strict=True))) == rows
        limits = columns[1]["logicalTypeOptions"]
        assert all(limits["minimum"] <= value <= limits["maximum"] for value in found[name]["n"].to_pylist())
        for each in columns:
            values_of_it = set(found[name][each["name"]].to_pylist())
            assert None not in values_of_it or not each.get("required")
            for relationship in each.get("relationships", ()):
                parent = relationship["to"].partition(".")[0]
                assert values_of_it - {None} <= set(found[parent]["id"].to_pylist())
