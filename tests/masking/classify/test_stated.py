"""What a database states decides: its keys, its lengths and its types, so that a plan's results can be loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.contract_files import read_contract
from dataops_infra.conventions.model import Conventions
from dataops_infra.masking.binding import check_plan
from dataops_infra.masking.catalogue import Catalogue, StatedColumn, StatedKey, StatedTable, write_catalogue
from dataops_infra.masking.classify import classify
from dataops_infra.masking.plan import ColumnPlan, Plan
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.stated_limits import check_stated

ROWS = 60
CODES = [f"{chr(65 + n % 26)}{n}" for n in range(ROWS)]
LONG = [f"key-{n * 7919 % 10_000_019:08d}-x" for n in range(ROWS)]
ODD = [f"q{n * 7919 % 1_000_003:x}zzz" for n in range(ROWS)]
INET = StatedColumn(type="inet", is_closed=True, stand_in="0.0.0.0/32")
MOOD = StatedColumn(type="mood", is_closed=True, stand_in="a", values=("a", "b"))


def text(length: int) -> StatedColumn:
    return StatedColumn(type=f"character varying({length})", length=length)


def planned(
    folder: Path, tables: Mapping[str, pa.Table], catalogue: Catalogue, contracts: tuple[Any, ...] = ()
) -> Plan:
    """The plan for a source that states ``catalogue``; one that could be loaded."""
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    write_catalogue(catalogue, folder)
    source = open_source(folder)
    plan = classify(source, contracts, Classification())
    check_plan(plan, source.schemas, folder)
    return plan


def one(folder: Path, values: pa.Array, column: StatedColumn | None, *, is_key: bool = True, **more: Any) -> ColumnPlan:
    stated = StatedTable(primary_key=("it",) if is_key else (), columns={"it": column} if column else {})
    schema = pa.schema([pa.field("it", values.type, nullable=not is_key)])
    table = pa.table([values], schema=schema)
    return (
        planned(folder, {"things": table}, Catalogue(tables={"things": stated}), **more).tables["things"].columns["it"]
    )


@pytest.mark.parametrize(
    ("values", "column", "operator", "options", "classification"),
    [
        (pa.array(LONG), text(16), "token", {}, None),
        (pa.array(LONG), text(15), "fpe", {}, None),
        (pa.array(CODES), text(3), "keep", {}, "short_key"),
        (pa.array(range(ROWS), pa.int16()), None, "keep", {}, None),
        (pa.array(["anna", "bruno", "carla", "david", "elena", "felix"] * 10), text(8), "redact", {"with": "*"}, None),
        (pa.array(["a", "b"] * 30), MOOD, "keep", {}, "enumeration"),
        (pa.array(["10.0.0.1", "10.0.0.2"] * 30), INET, "redact", {"with": "0.0.0.0/32"}, "ip_address"),
        (
            pa.array(range(10**9, 10**9 + ROWS)).cast(pa.decimal128(19, 0)).cast(pa.decimal128(12, 0)),
            None,
            "fpe",
            {},
            None,
        ),
    ],
)
def test_keys_stay_apart_or_are_left_to_somebody(
    tmp_path: Path,
    values: pa.Array,
    column: StatedColumn | None,
    operator: str,
    options: dict[str, Any],
    classification: str | None,
) -> None:
    found = one(tmp_path, values, column)
    assert (found.operator, found.options) == (operator, options)
    assert classification in (None, found.classification)


@pytest.mark.parametrize(
    ("values", "column", "operator", "options"),
    [
        (pa.array(ODD), text(40), "token", {}),
        (pa.array(ODD), text(12), "token", {"length": 12}),
        (pa.array(ODD), text(9), "fpe", {}),
        (pa.array(CODES), text(9), "redact", {"with": "*"}),
        (pa.array(["10.0.0.1", "10.0.0.2"] * 30), INET, "drop", {}),
        (pa.array(["a", "b"] * 30), MOOD, "keep", {}),
        (pa.array(["Kowalski", "Schneider", "Fernandez"] * 20), text(9), "fpe", {}),
    ],
)
def test_other_columns_get_what_their_type_takes(
    tmp_path: Path, values: pa.Array, column: StatedColumn, operator: str, options: dict[str, Any]
) -> None:
    found = one(tmp_path, values, column, is_key=False)
    assert (found.operator, found.options) == (operator, options)
    if operator != "keep" and column.length != 40:
        assert "makes nothing that" in found.reason


KEYS = Catalogue(
    tables={
        "parents": StatedTable(primary_key=("a", "b"), columns={"b": text(16)}),
        "children": StatedTable(primary_key=("n",), unique=(("x",), ("x", "born"))),
    },
    foreign_keys=(
        StatedKey(table="children", columns=("x", "y"), references="parents", referenced_columns=("a", "b")),
        StatedKey(table="children", columns=("up",), references="children", referenced_columns=("n",)),
        StatedKey(table="children", columns=("computed",), references="parents", referenced_columns=("a",)),
    ),
)


def test_foreign_keys_of_the_database_are_joined_on_both_sides(tmp_path: Path) -> None:
    days = pa.array([n * 300 for n in range(ROWS)], pa.int32()).cast(pa.date32())
    tables = {
        "parents": pa.table({"a": range(ROWS), "b": CODES}),
        "children": pa.table({"n": LONG, "x": range(ROWS), "y": CODES, "up": LONG[::-1], "born": days}),
    }

    plan = planned(tmp_path, tables, KEYS)

    assert [(key.table, key.columns, key.reason) for key in plan.foreign_keys] == [
        ("children", ("x", "y"), "stated by the database"),
        ("children", ("up",), "stated by the database"),
    ]
    for child, parent in ((("children", "x"), ("parents", "a")), (("children", "up"), ("children", "n"))):
        assert plan.domain_of(*child) == plan.domain_of(*parent)
    assert plan.tables["children"].columns["born"].operator == "shift_date"
    path = tmp_path.with_suffix(".yaml")
    check_stated(plan, open_source(tmp_path), path)


def test_short_keys_that_are_joined_stay_on_both_sides(tmp_path: Path) -> None:
    catalogue = Catalogue(
        tables={
            "countries": StatedTable(primary_key=("code",), columns={"code": text(2)}),
            "customers": StatedTable(columns={"who": text(2)}),
        },
        foreign_keys=(
            StatedKey(table="customers", columns=("who",), references="countries", referenced_columns=("code",)),
        ),
    )
    codes = [f"{a}{b}" for a in "QXZVW" for b in "QXZVW"]

    plan = planned(tmp_path, {"countries": pa.table({"code": codes}), "customers": pa.table({"who": codes})}, catalogue)

    for side in (("countries", "code"), ("customers", "who")):
        found = plan.tables[side[0]].columns[side[1]]
        assert (found.operator, found.classification) == ("keep", "short_key")


def test_a_contract_may_hide_what_an_enum_lists(tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: i\nversion: 1.0.0\nstatus: active\nname: n\ndomain: d\n"
        "team: {members: [{username: a@b.example, role: owner}]}\n"
        "schema:\n  - name: things\n    properties:\n      - {name: it, logicalType: string, classification: pii}\n"
    )
    read = read_contract(contract, Conventions())
    data = tmp_path / "data"
    data.mkdir()
    found = one(data, pa.array(["a", "b"] * 30), MOOD, is_key=False, contracts=(read,))
    assert found.operator == "drop"
