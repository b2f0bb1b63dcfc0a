"""Foreign keys of contracts: relationships of columns and of tables, in both notations of the standard."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops_infra.conventions import Conventions
from dataops_infra.conventions.contract_files import read_contract
from dataops_infra.conventions.contracts import ReferenceContract

CONVENTIONS = Conventions.model_validate({"domains": {"sales": {}}})
CONTRACT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "c1",
    "name": "shop",
    "version": "1.0.0",
    "status": "active",
    "domain": "sales",
    "customProperties": [{"property": "dataClassification", "value": "internal"}],
    "team": {"name": "x", "members": [{"username": "x", "role": "owner"}]},
    "schema": [
        {
            "name": "people",
            "id": "people_tbl",
            "properties": [
                {"name": "id", "id": "id_col", "logicalType": "integer"},
                {"name": "land", "logicalType": "string"},
            ],
        },
        {
            "name": "orders",
            "properties": [
                {"name": "buyer", "logicalType": "integer"},
                {"name": "land", "logicalType": "string"},
                {
                    "name": "box",
                    "logicalType": "object",
                    "properties": [{"name": "owner", "logicalType": "integer"}],
                },
                {"name": "seen_by", "logicalType": "array", "items": {"logicalType": "integer"}},
            ],
        },
    ],
}
TO_PEOPLE = ("people", ("id",))


def references(folder: Path, change: Any) -> list[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    document = copy.deepcopy(CONTRACT)
    change(document["schema"][1])
    path = folder / "shop.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    contract = read_contract(path, CONVENTIONS)
    assert contract.tables[0].references == ()
    return [(each.columns, each.table, each.referenced_columns) for each in contract.tables[1].references]


def on_column(*place: str | int, to: Any) -> Any:
    def change(table: dict[str, Any]) -> None:
        found: Any = table["properties"]
        for part in place:
            found = found[part]
        found["relationships"] = [{"to": to}]

    return change


def on_table(**relationship: Any) -> Any:
    return lambda table: table.update(relationships=[relationship])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _table: None, []),
        (on_column(0, to="people.id"), [(("buyer",), *TO_PEOPLE)]),
        (on_column(0, to="schema/people_tbl/properties/id_col"), [(("buyer",), *TO_PEOPLE)]),
        (on_column(0, to="/schema/people_tbl/properties/id_col"), [(("buyer",), *TO_PEOPLE)]),
        (on_column(2, "properties", 0, to="people.id"), [(("box.owner",), *TO_PEOPLE)]),
        (on_column(3, "items", to="people.id"), [(("seen_by[]",), *TO_PEOPLE)]),
        (on_column(0, to="accounts.holder.id"), [(("buyer",), "accounts", ("holder.id",))]),
        (on_table(**{"from": "orders.buyer", "to": "people.id"}), [(("buyer",), *TO_PEOPLE)]),
        (
            on_table(**{"from": ["orders.buyer", "orders.land"], "to": ["people.id", "people.land"]}),
            [(("buyer", "land"), "people", ("id", "land"))],
        ),
    ],
    ids=["none", "short", "qualified", "slash", "nested", "items", "dots", "table", "composite"],
)
def test_relationships_are_read(
    tmp_path: Path, change: Any, expected: list[tuple[tuple[str, ...], str, tuple[str, ...]]]
) -> None:
    assert references(tmp_path, change) == expected


@pytest.mark.parametrize(
    "to",
    [
        "schema/people_tbl/properties/gone",
        "schema/gone/properties/id_col",
        "schema/people_tbl",
        "other.yaml#schema/people_tbl/properties/id_col",
    ],
)
def test_what_names_no_column_of_the_contract_is_left_out(tmp_path: Path, to: str) -> None:
    assert references(tmp_path, on_column(0, to=to)) == []


def test_sides_of_different_length_are_left_out(tmp_path: Path) -> None:
    change = on_table(**{"from": ["orders.buyer", "orders.land"], "to": ["people.id", "shops.land"]})
    assert references(tmp_path, change) == []


def test_a_reference_is_a_value() -> None:
    first = ReferenceContract(columns=("a",), table="t", referenced_columns=("b",))
    assert first == ReferenceContract(columns=("a",), table="t", referenced_columns=("b",))
