"""Columns that were once kept although people could be found by them; each row is a leak that an attacker found."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.masking.classify import classify
from dataops_infra.masking.plan import ColumnPlan
from dataops_infra.masking.plan_writing import plan_text
from dataops_infra.masking.sources import open_source
from tests.support.tables import source_of

ROWS = 600
FIRST = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Felix",
    "Greta",
    "Hans",
    "Ida",
    "Jonas",
    "Karl",
    "Lena",
    "Max",
    "Nina",
    "Otto",
    "Paula",
    "Rosa",
    "Stefan",
]
LAST = [
    "Müller",
    "Schmidt",
    "Meyer",
    "Wagner",
    "Becker",
    "Hoffmann",
    "Koch",
    "Richter",
    "Klein",
    "Wolf",
    "Garcia",
    "Lopez",
    "Smith",
    "Nguyen",
    "Khan",
]
RARE = [
    "Kowalczuk",
    "Obermaier",
    "Tschirner",
    "Pfefferkorn",
    "Zwicklhuber",
    "Okonkwo",
    "Adeyemi",
    "Vandenbroucke",
    "Gruberova",
]

Make = Callable[[random.Random], Any]


def person(r: random.Random) -> str:
    return f"{r.choice(FIRST)} {r.choice(LAST)}"


def whole(least: int, most: int) -> Make:
    return lambda r: r.randrange(least, most)


def one_of(*values: Any) -> Make:
    return lambda r: r.choice(values)


def planned(make: Make, name: str, beside: dict[str, list[Any]] | None = None) -> ColumnPlan:
    r = random.Random(name)
    data = pa.table({name: [make(r) for _ in range(ROWS)], **(beside or {})})
    return classify(source_of({"t": data}), (), Classification()).tables["t"].columns[name]


NAMES_IN_THINGS: dict[str, Make] = {
    "query": lambda r: f"who is {person(r)} in Bonn",
    "path": lambda r: f"/users/{person(r).lower().replace(' ', '.')}/edit",
    "sql": lambda r: f"select * from u where name='{person(r)}'",
    "file": lambda r: f"CV_{person(r).replace(' ', '_')}.pdf",
    "file_name": lambda r: f"{person(r).replace(' ', '_')}.doc",
    "title": lambda r: f"Re: termination of {person(r)}",
    "subject": lambda r: f"Arztbrief {person(r)}",
    "vendor": person,
    "team": person,
    "event_name": lambda r: f"Wedding of {person(r)}",
    "group_name": lambda r: f"Family {r.choice(LAST)}",
    "item_description": lambda r: f"Gift for {person(r)}",
    "product": lambda r: f"Personal mug {r.choice(FIRST)}",
    "branch_name": lambda r: f"feature/{r.choice(FIRST).lower()}",
    "host": lambda r: f"{r.choice(FIRST).lower()}s-macbook",
    "department": one_of(*RARE[:2], *LAST),
}
LONG_NUMBERS: dict[str, Make] = {
    "total_caller": whole(491_500_000_000, 491_799_999_999),
    "msisdn_total": whole(491_500_000_000, 491_799_999_999),
    "phone_count": whole(491_500_000_000, 491_799_999_999),
    "contact_data": whole(1_510_000_000, 1_799_999_999),
    "rate": whole(1_510_000_000, 1_799_999_999),
    "number_of": whole(1_510_000_000, 1_799_999_999),
    "customer_tax": whole(10**10, 10**11),
    "steuer_index": whole(10**10, 10**11),
    "tax": whole(10**10, 10**11),
    "subscriber_index": whole(10**7, 10**8),
    "points_card": whole(10**15, 10**16),
    "unit_total": whole(10**10, 10**11),
    "birth_ts": whole(-(6 * 10**8), 10**9),
    "pin4": whole(1_000, 9_999),
    "c1": lambda r: r.randrange(5) if r.random() < 0.9 else 4_915_100_000_000 + r.randrange(10**8),
    "kdnr": lambda r: f"{r.randrange(10**6, 10**7)}.0",
    "c2": lambda r: f"{r.randrange(10**10, 10**11)}.0",
    "c3": lambda r: f"{r.randrange(10**10, 10**11):.6e}",
    "gebjahr": lambda r: f"{r.randrange(1940, 2000)}.0",
    "total": lambda r: float(r.randrange(10**10, 10**11)),
}
CHILD: Make = lambda r: date(2005, 1, 1) + timedelta(days=r.randrange(365 * 13))  # noqa: E731 - a row of a table
BIRTH_WORDS = (
    *("geb", "gebdat", "geb_am", "geburt", "birth", "doB", "d_o_b", "dobdate", "bdate", "bd", "dt_nasc", "persondate"),
    *("birth_ts", "deceased", "retirement"),
)
PEOPLE: dict[str, Make] = {
    **{name: one_of(*RARE) for name in ("created_by", "modified_by", "surgeon", "judge", "landlord", "bearbeiter")},
    **{name: one_of("amueller", "bschmidt", "cmeyer") for name in ("reviewer", "committer", "last_editor")},
    "updated_user": one_of("amueller", "bschmidt", "cmeyer"),
    "gp": one_of("Dr. Müller", "Dr. Okonkwo"),
    "manager": one_of(*(f"{first} {last}" for first, last in zip(FIRST[:8], RARE, strict=False))),
    "status": one_of(*(f"{first} {last}" for first, last in zip(FIRST[:8], RARE, strict=False))),
    "ssid": one_of(*(f"FRITZ!Box {last}" for last in LAST)),
    "a8": one_of(*LAST[:10]),
}
FINE: Make = lambda r: r.uniform(47, 54)  # noqa: E731 - a row of a table
PLACES: dict[str, Make] = {
    **dict.fromkeys(("pickup_y", "x", "y", "home_x", "wgs84_n", "wgs84_e", "c1"), FINE),
    "easting": lambda r: r.randrange(300_000, 800_000) * 1.0,
    "point": lambda r: [r.uniform(47, 54), r.uniform(6, 15)],
    "text": lambda r: f"{r.uniform(47, 54):.6f}",
    "position": lambda r: f"{r.uniform(47, 54):.6f}, {r.uniform(6, 15):.6f}",
}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        *NAMES_IN_THINGS.items(),
        *LONG_NUMBERS.items(),
        *((word, CHILD) for word in BIRTH_WORDS),
        *((word, lambda r: CHILD(r).isoformat()) for word in ("geb", "birth", "bd")),
        *PEOPLE.items(),
        *PLACES.items(),
    ],
)
def test_columns_that_may_point_at_people_are_masked(name: str, make: Make) -> None:
    data = pa.table({name: [make(random.Random(f"{name}{n}")) for n in range(ROWS)]})
    columns = classify(source_of({"t": data}), (), Classification()).tables["t"].columns
    assert {path: column.operator for path, column in columns.items() if column.operator == "keep"} == {}


def test_three_rows_of_names_are_no_codes() -> None:
    data = pa.table({"type": ["Maria", "Zoltan", "Otto"], "title": ["Dr.", "", ""], "file": ["kern.pdf", "b.pdf", ""]})
    columns = classify(source_of({"t": data}), (), Classification()).tables["t"].columns
    assert [column.operator == "keep" for column in columns.values()] == [False, False, False]


MAILS = {"email": [f"p{number}@mail.example" for number in range(ROWS)]}


@pytest.mark.parametrize(
    ("name", "make", "beside", "operator"),
    [
        ("dat1", CHILD, MAILS, "shift_date"),
        ("dat1", CHILD, {}, "keep"),
        ("dat1", lambda r: CHILD(r).isoformat(), MAILS, "shift_date"),
        ("joined", CHILD, MAILS, "keep"),
        ("kunde_seit", CHILD, MAILS, "keep"),
        ("dat1", lambda r: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=r.randrange(9_999)), MAILS, "keep"),
    ],
)
def test_days_without_an_event_are_births_in_a_table_of_people(
    name: str, make: Make, beside: dict[str, list[Any]], operator: str
) -> None:
    assert planned(make, name, beside).operator == operator


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("amount", whole(1, 500_000)),
        ("file_size", lambda r: int(2 ** (r.random() * 30))),
        ("created_ts", whole(1_700_000_000, 1_760_000_000)),
        ("updated_at", whole(1_700_000_000_000, 1_760_000_000_000)),
        ("score", lambda r: r.random() * 100),
        ("birth_weight", lambda r: round(r.uniform(2, 5), 2)),
        ("c1", lambda r: round(r.uniform(2, 5), 2)),
        ("brand", one_of("Acme", "Zenox", "Quarq")),
        ("colour", one_of("red", "green", "blue")),
        ("order_by", one_of("price", "rank")),
    ],
)
def test_what_points_at_nobody_is_kept(name: str, make: Make) -> None:
    assert planned(make, name).operator == "keep"


LATE: dict[str, list[Any]] = {
    "texts": [f"Anna Kern was rude, call 0151 {1_000_000 + n}, lives Hauptstr. {n}" for n in range(10_000)],
    "ssns": [f"{100 + n % 500}-{10 + n % 89}-{1000 + n % 8999}" for n in range(2_000)],
    "numbers": [4_915_100_000_000 + n * 7 for n in range(10_000)],
}


@pytest.mark.parametrize("kind", LATE)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_stands_first_does_not_hide_what_follows(tmp_path: Path, kind: str, form: str) -> None:
    late = LATE[kind]
    early: list[Any] = [n % 5 if kind == "numbers" else ["ok", "none"][n % 2] for n in range(20_000 - len(late))]
    data = pa.table({"c7": early + late})
    if form == "csv":
        (tmp_path / "p.csv").write_text("c7\n" + "".join(f'"{value}"\n' for value in early + late))
    else:
        pq.write_table(data, tmp_path / "p.parquet")
    plan = classify(open_source(tmp_path), (), Classification())
    assert plan.tables["p"].columns["c7"].operator != "keep"


def test_what_nobody_may_learn_is_proposed() -> None:
    data = pa.table({"salary": [1_000 + n % 50 for n in range(ROWS)], "diagnosis": ["flu", "cold"] * (ROWS // 2)})
    text = plan_text(classify(source_of({"t": data}), (), Classification()))
    assert "# sensitive: {t: [salary, diagnosis]}" in text
