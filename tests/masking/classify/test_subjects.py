"""Whose dates move together: a person's birthday moves alike in every table that tells it."""

from collections.abc import Mapping
from datetime import date, timedelta

import pyarrow as pa
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.contracts import ColumnContract, DatasetContract, TableContract
from dataops_infra.masking.binding import bind, check_plan
from dataops_infra.masking.classify import classify
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import mask_batch
from dataops_infra.masking.plan import Plan
from tests.support.tables import source_of

PEOPLE, VISITS = 40, 120
IDS = list(range(700_100, 700_100 + 7 * PEOPLE, 7))
BORN = [date(1941, 1, 1) + timedelta(days=411 * n) for n in range(PEOPLE)]
VISITED = [n * 7 % PEOPLE for n in range(VISITS)]
NUMBERS = [900_000 + n for n in range(VISITS)]
OF_PATIENT, OF_DOCTOR = [IDS[n] for n in VISITED], [IDS[n * 3 % PEOPLE] for n in range(VISITS)]
THEIR_BIRTHDAYS = [BORN[n] for n in VISITED]

Tables = Mapping[str, pa.Table]


def classified(tables: Tables) -> Plan:
    source = source_of(tables)
    plan = classify(source, (), Classification())
    check_plan(plan, source.schemas, source.path)
    return plan


def subject(plan: Plan, table: str, column: str = "birth_date") -> str | None:
    return plan.tables[table].columns[column].options.get("subject")


def patients(**more: object) -> pa.Table:
    return pa.table({"patient_id": IDS, "birth_date": BORN, **more})


@pytest.mark.parametrize(
    ("name", "columns", "parents", "expected"),
    [
        ("visits", {"visit_id": NUMBERS, "patient_id": OF_PATIENT}, {"patients": patients()}, "patient_id"),
        ("visits", {"id": NUMBERS, "patient": OF_PATIENT}, {"patients": patients()}, "patient"),
        ("visits", {"visit_id": NUMBERS, "patient_id": OF_PATIENT}, {}, "patient_id"),
        ("visits", {"visit_id": NUMBERS, "patient_id": [str(n) for n in OF_PATIENT]}, {}, "patient_id"),
        ("visits", {"visit_id": NUMBERS, "room_id": OF_PATIENT}, {}, "visit_id"),
        ("visits", {"room_id": OF_PATIENT}, {}, None),
        ("patients", {"patient_id": NUMBERS, "doctor_id": OF_DOCTOR}, {}, "patient_id"),
        ("customer_visits", {"customer_visit_id": NUMBERS, "customer_id": OF_PATIENT}, {}, "customer_id"),
        (
            "visits",
            {"visit_id": NUMBERS, "case_id": OF_PATIENT},
            {"cases": pa.table({"case_id": IDS, "birth_date": BORN})},
            "case_id",
        ),
        (
            "visits",
            {"visit_id": NUMBERS, "doctor_id": OF_DOCTOR, "patient_id": OF_PATIENT},
            {"doctors": pa.table({"doctor_id": IDS}), "patients": patients()},
            "patient_id",
        ),
        ("visits", {"visit_id": NUMBERS, "doctor_id": OF_DOCTOR, "patient_id": OF_PATIENT}, {}, "doctor_id"),
        (
            "visits",
            {"visit_id": NUMBERS, "doctor_id": OF_DOCTOR, "patient_id": OF_PATIENT},
            {"patients": pa.table({"patient_id": IDS})},
            "patient_id",
        ),
    ],
    ids=[
        *("foreign key", "named after the table", "people word", "people word, texts", "no person", "nobody"),
        *(
            "own key of people",
            "last word of the table",
            "birthdays there",
            "birthdays decide",
            "first",
            "a table there",
        ),
    ],
)
def test_a_birthday_moves_with_the_person_and_not_with_the_row(
    name: str, columns: dict[str, list[object]], parents: Tables, expected: str | None
) -> None:
    plan = classified({name: pa.table({**columns, "birth_date": THEIR_BIRTHDAYS}), **parents})
    assert subject(plan, name) == expected


def test_the_name_of_a_date_tells_which_of_several_people_is_meant() -> None:
    columns = {"doctor_id": OF_DOCTOR, "patient_id": OF_PATIENT}
    dates = {"doctor_birth_date": THEIR_BIRTHDAYS, "patient_birth_date": THEIR_BIRTHDAYS}
    plan = classified({"visits": pa.table({**columns, **dates})})
    assert {name: subject(plan, "visits", name) for name in dates} == {
        "doctor_birth_date": "doctor_id",
        "patient_birth_date": "patient_id",
    }


def test_people_in_a_list_move_by_their_own_keys() -> None:
    guests = [[{"guest_id": IDS[n], "birth_date": BORN[n]}] for n in range(PEOPLE)]
    plan = classified({"bookings": pa.table({"customer_id": IDS, "guests": guests})})
    assert subject(plan, "bookings", "guests[].birth_date") == "guests[].guest_id"
    assert "guests[].guest_id" in plan.tables["bookings"].columns


def test_a_list_of_people_is_no_subject_of_the_rows_own_date() -> None:
    plan = classified({"bookings": pa.table({"guests": [[{"guest_id": n}] for n in IDS], "birth_date": BORN})})
    assert subject(plan, "bookings") is None


def masked(plan: Plan, tables: Tables) -> dict[str, pa.Table]:
    maskers = bind(plan, {name: table.schema for name, table in tables.items()}, MasterKey(bytes(range(32))), Learned())
    return {
        name: pa.Table.from_batches([mask_batch(batch, maskers[name]) for batch in table.to_batches()])
        for name, table in tables.items()
    }


@pytest.mark.parametrize(
    "birthdays",
    [
        pa.array(THEIR_BIRTHDAYS, pa.date32()),
        pa.array([f"{day:%Y-%m-%d}" for day in THEIR_BIRTHDAYS]),
        pa.array([f"{day:%d.%m.%Y}" for day in THEIR_BIRTHDAYS], pa.large_string()),
        pa.array(THEIR_BIRTHDAYS).cast(pa.timestamp("us")),
    ],
    ids=["date", "iso text", "german text", "timestamp"],
)
def test_one_birthday_has_one_replacement_in_texts_and_dates(birthdays: pa.Array) -> None:
    tables = {
        "patients": patients(),
        "visits": pa.table({"visit_id": NUMBERS, "patient_id": OF_PATIENT, "birth_date": birthdays}),
    }
    plan = classified(tables)
    assert plan.domain_of("patients", "birth_date") == plan.domain_of("visits", "birth_date") == "birth_date"
    after = masked(plan, tables)
    moved = after["patients"]["birth_date"].to_pylist()
    assert sum(old != new for old, new in zip(BORN, moved, strict=True)) == PEOPLE
    kind = birthdays.type
    shown = pa.array([moved[n] for n in VISITED], pa.date32())
    if pa.types.is_timestamp(kind):
        assert after["visits"]["birth_date"].cast(pa.date32()).to_pylist() == shown.to_pylist()
        return
    form = "%d.%m.%Y" if pa.types.is_large_string(kind) else "%Y-%m-%d"
    assert [str(day) if pa.types.is_date(kind) else day for day in after["visits"]["birth_date"].to_pylist()] == [
        f"{day:{form}}" for day in shown.to_pylist()
    ]


@pytest.mark.parametrize("parent", ["patient_id", "id"])
def test_keys_that_are_kept_still_name_one_person(parent: str) -> None:
    tables = {
        "patients": pa.table({parent: IDS, "birth_date": BORN}),
        "visits": pa.table({"visit_id": NUMBERS, "patient_id": OF_PATIENT, "birth_date": THEIR_BIRTHDAYS}),
    }
    stated = [_public("patients", parent), _public("visits", "patient_id")]
    plan = classify(source_of(tables), [_contract(stated)], Classification())
    sides = [plan.tables["patients"].columns[parent], plan.tables["visits"].columns["patient_id"]]
    assert {(side.operator, side.domain) for side in sides} == {("keep", f"patients.{parent}")}
    after = masked(plan, tables)
    moved = after["patients"]["birth_date"].to_pylist()
    assert after["visits"]["birth_date"].to_pylist() == [moved[n] for n in VISITED]


def test_kept_keys_of_one_name_are_those_of_one_person() -> None:
    rows = {"patient_id": OF_PATIENT, "birth_date": THEIR_BIRTHDAYS}
    tables = {"bills": pa.table(rows), "visits": pa.table(rows)}
    plan = classify(source_of(tables), [_contract([_public(name, "patient_id") for name in tables])], Classification())
    assert {plan.tables[name].columns["patient_id"].domain for name in tables} == {"patient_id"}
    after = masked(plan, tables)
    assert after["bills"]["birth_date"].equals(after["visits"]["birth_date"])


def _public(table: str, column: str) -> TableContract:
    columns = (ColumnContract(name=column, classification="public"),)
    return TableContract(name=table, physical_name=table, columns=columns)


def _contract(tables: list[TableContract]) -> DatasetContract:
    return DatasetContract(
        id="care", version="1.0.0", domain="care", dataset="care", owner="o", classification="pii",
        retention_class="standard", tables=tuple(tables),
    )  # fmt: skip
