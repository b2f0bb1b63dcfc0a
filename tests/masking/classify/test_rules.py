"""What is made of single columns: values, types, and what nobody knows."""

import random
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from faker import Faker

from dataops_infra.conventions.classification import Classification
from dataops_infra.masking.binding import check_plan
from dataops_infra.masking.classify import Choices, classify
from dataops_infra.masking.plan import ColumnPlan, Plan
from tests.support.tables import source_of

ROWS = 60
RNG = random.Random(7)
FAKE = Faker("en_US")
FAKE.seed_instance(7)


def planned(values: Any, name: str = "c1", table: str = "t", type_: pa.DataType | None = None) -> ColumnPlan:
    column = values if isinstance(values, pa.Array) else pa.array(values, type_)
    data = pa.table({name: column})
    plan = classify(source_of({table: data}), (), Classification())
    check_plan(plan, {table: data.schema}, source_of({}).path)
    return next(iter(plan.tables[table].columns.values()))


def many(make: Any) -> list[Any]:
    return [make() for _ in range(ROWS)]


TEXTS = {
    "email": many(FAKE.email),
    "payment_card": many(lambda: FAKE.credit_card_number(card_type="visa")),
    "iban": many(FAKE.iban),
    "us_ssn": many(FAKE.ssn),
    "phone": many(lambda: FAKE.numerify("+49 30 %#######")),
    "ip_address": many(FAKE.ipv4),
    "mac_address": many(FAKE.mac_address),
    "url": many(FAKE.url),
    "identifier": many(lambda: str(uuid.UUID(int=RNG.getrandbits(128)))),
    "birth_date": many(lambda: str(date(1950, 1, 1) + timedelta(days=RNG.randint(0, 18_000)))),
    "event_time": many(lambda: str(date(2024, 1, 1) + timedelta(days=RNG.randint(0, 300)))),
    "full_name": many(lambda: f"{FAKE.first_name()} {FAKE.last_name()}"),
    "first_name": many(FAKE.first_name),
    "last_name": many(FAKE.last_name),
    "address": many(lambda: f"{FAKE.building_number()} {FAKE.street_name()}"),
    "company": many(lambda: f"{FAKE.last_name()} Ltd"),
    "free_text": many(lambda: FAKE.text(300)),
    "document": many(lambda: f'{{"a": "{FAKE.name()}"}}'),
    "postcode": many(lambda: FAKE.bothify("?#? #?#").upper()),
    "measure": many(lambda: f"{RNG.random() * 100:.2f}"),
    "enumeration": many(lambda: RNG.choice(["red", "green", "blue"])),
    "flag": many(lambda: RNG.choice(["yes", "no"])),
    "unknown": many(lambda: FAKE.bothify("??????-????")),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_texts_under_cryptic_names_are_known_by_their_values(kind: str, type_: pa.DataType) -> None:
    assert planned(TEXTS[kind], type_=type_).classification == kind


def test_a_dictionary_is_read_by_its_values() -> None:
    assert planned(pa.array(TEXTS["email"]).dictionary_encode()).classification == "email"


@pytest.mark.parametrize(
    ("values", "type_", "kind", "operator"),
    [
        ([10**9 + 7 * i for i in range(ROWS)], pa.int64(), "identifier", "token"),
        ([RNG.randint(10_000, 99_999) for _ in range(ROWS)], pa.int32(), "identifier", "token"),
        (list(range(ROWS)), pa.int64(), "identifier", "token"),
        ([RNG.randint(0, 50) for _ in range(ROWS)], pa.int16(), "measure", "keep"),
        ([None] * ROWS, pa.int64(), "unknown", "token"),
        ([None] * ROWS, pa.int8(), "unknown", "drop"),
        ([None] * ROWS, pa.string(), "unknown", "token"),
        ([float(10**9 + i) for i in range(ROWS)], pa.float64(), "identifier", "drop"),
        ([RNG.random() for _ in range(ROWS)], pa.float64(), "measure", "keep"),
        ([float("nan")] * ROWS, pa.float64(), "measure", "keep"),
        ([Decimal(10**9 + i) for i in range(ROWS)], pa.decimal128(20, 0), "identifier", "drop"),
        ([Decimal("1.25")] * ROWS, pa.decimal128(9, 2), "measure", "keep"),
        ([True, False] * 30, pa.bool_(), "flag", "keep"),
        ([date(1950, 1, 1) + timedelta(days=300 * i) for i in range(ROWS)], pa.date32(), "birth_date", "shift_date"),
        ([date(2020, 1, 1) + timedelta(days=i) for i in range(ROWS)], pa.date32(), "event_time", "keep"),
        ([datetime(2020, 1, 1, tzinfo=UTC)] * ROWS, pa.timestamp("us", "UTC"), "event_time", "keep"),
        ([time(1, 2)] * ROWS, pa.time64("us"), "event_time", "keep"),
        ([b"0123"] * ROWS, pa.binary(), "unknown", "token"),
        ([b"0123"] * ROWS, pa.binary(4), "unknown", "drop"),
        ([None] * ROWS, pa.null(), "unknown", "drop"),
    ],
)
def test_other_types_are_judged_by_their_values(
    values: list[Any], type_: pa.DataType, kind: str, operator: str
) -> None:
    column = planned(values, type_=type_)
    assert (column.classification, column.operator, column.type) == (kind, operator, str(type_))


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("phone", [f"{i:07d}" for i in range(ROWS)], "phone"),
        ("phone", ["ringing", "busy"] * 30, "enumeration"),
        ("email", ["yes", "no"] * 30, "flag"),
        ("email", [""] * ROWS, "email"),
        ("gender", ["m", "f"] * 30, "gender"),
        ("sex", [f"{i:x}{i}zz" for i in range(1000, 1000 + ROWS * 2)], "unknown"),
        ("product_name", TEXTS["unknown"], "unknown"),
        ("product_name", [f"mug-{chr(97 + i % 26)}" for i in range(ROWS)], "thing"),
        ("product_name", TEXTS["full_name"], "full_name"),
        ("file_name", TEXTS["email"], "email"),
        ("status_code", ["a", "b"] * 30, "enumeration"),
        ("created_at", TEXTS["birth_date"], "event_time"),
        ("amount", [10**9 + i for i in range(ROWS)], "identifier"),
        ("amount", [37**4 * i for i in range(4)] * 15, "measure"),
        ("saldo", [f"{RNG.uniform(10_000, 99_999):.2f}" for _ in range(ROWS)], "measure"),
        ("balance", [f"{RNG.uniform(1e4, 1e6):,.2f}".replace(",", " ") for _ in range(ROWS)], "measure"),
        (
            "c1",
            [f"{RNG.randint(200, 999)}.{RNG.randint(200, 999)}.{RNG.randint(1000, 9999)}" for _ in range(ROWS)],
            "phone",
        ),
        ("username", TEXTS["email"], "email"),
        ("customer_number", [RNG.randint(1, 50) for _ in range(ROWS)], "identifier"),
    ],
)
def test_names_and_values_are_weighed(name: str, values: list[Any], kind: str) -> None:
    assert planned(values, name).classification == kind


def test_an_unknown_small_table_is_masked_although_values_repeat() -> None:
    assert planned(["alpha", "beta", "alpha", "beta"]).operator == "token"


def test_placeholders_are_not_counted_as_values() -> None:
    assert planned(["n/a", "-", "", "NULL"] * 15 + TEXTS["email"]).reason.startswith("100%")


def test_nested_columns_have_decisions_of_their_own() -> None:
    emails, numbers = TEXTS["email"], [1, 2, 3] * 20
    data = pa.table(
        {
            "contact": [{"mail": mail, "visits": number} for mail, number in zip(emails, numbers, strict=True)],
            "others": [[mail, mail] for mail in emails],
            "labels": pa.array([[("k", mail)] for mail in emails], pa.map_(pa.string(), pa.string())),
        }
    )
    columns = classify(source_of({"t": data}), (), Classification()).tables["t"].columns
    assert {path: column.classification for path, column in columns.items()} == {
        "contact.mail": "email",
        "contact.visits": "measure",
        "others[]": "email",
        "labels[].key": "enumeration",
        "labels[].value": "email",
    }


def test_what_must_not_be_null_is_never_dropped() -> None:
    schema = pa.schema([pa.field("geo_lat", pa.float64(), nullable=False)])
    data = pa.table({"geo_lat": [1.5] * ROWS}, schema=schema)
    column = classify(source_of({"t": data}), (), Classification()).tables["t"].columns["geo_lat"]
    assert (column.operator, column.reason) == ("redact", "the name says coordinates; drop cannot take double")


def test_columns_of_one_meaning_share_a_domain_over_tables() -> None:
    data = {"a": pa.table({"mail": TEXTS["email"]}), "b": pa.table({"c9": TEXTS["email"], "c8": TEXTS["unknown"]})}
    plan = classify(source_of(data), (), Classification())
    assert plan.domain_of("a", "mail") == plan.domain_of("b", "c9") == "email"
    assert plan.domain_of("b", "c8") == "b.c8"


@pytest.mark.parametrize(
    ("table", "key", "subject"),
    [
        ("people", "id", "id"),
        ("people", "people_id", "people_id"),
        ("visits", "person_id", "person_id"),
        ("visits", "room_id", None),
        ("people", "n", None),
    ],
)
def test_birth_dates_move_with_the_person_that_their_row_names(table: str, key: str, subject: str | None) -> None:
    data = people()["people"].append_column(key, pa.array(range(ROWS)))
    column = classify(source_of({table: data}), (), Classification()).tables[table].columns["dob"]
    assert column.options == ({} if subject is None else {"subject": subject})


def people(rows: int = ROWS) -> dict[str, pa.Table]:
    genders, years = ["m", "f"] * (rows // 2), [date(1950, 1, 1) + timedelta(days=200 * i) for i in range(rows)]
    return {"people": pa.table({"gender": genders, "dob": years, "zip": [f"{i:05d}" for i in range(rows)]})}


def test_a_domain_holds_what_one_operator_replaces_alike() -> None:
    texts, numbers = [f"{i:05d}" for i in range(ROWS)], pa.array(range(10_000, 10_000 + ROWS))
    data = {"a": pa.table({"zip": texts, "user_id": texts}), "b": pa.table({"zip": numbers, "user_id": numbers})}
    plan = classify(source_of(data), (), Classification())
    assert {(t, c): plan.domain_of(t, c) for t in ("a", "b") for c in ("zip", "user_id")} == {
        ("a", "zip"): "postcode",
        ("b", "zip"): "postcode.integer.token",
        ("a", "user_id"): "user_id",
        ("b", "user_id"): "user_id.integer.token",
    }


def test_a_k_generalises_the_quasi_identifiers() -> None:
    plan = classify(source_of(people()), (), Classification(), Choices(k=5))
    assert (plan.k, plan.quasi_identifiers) == (5, {"people": ("gender", "dob", "zip")})
    assert {column.operator for column in plan.tables["people"].columns.values()} == {"generalise"}
    check_plan(plan, source_of(people()).schemas, source_of({}).path)


def test_without_a_k_quasi_identifiers_stay_as_they_are() -> None:
    plan = classify(source_of(people()), (), Classification())
    assert (plan.k, plan.quasi_identifiers) == (None, {})
    assert [column.operator for column in plan.tables["people"].columns.values()] == ["keep", "shift_date", "token"]


def test_a_k_without_quasi_identifiers_changes_nothing() -> None:
    data = {"t": pa.table({"c1": TEXTS["email"]})}
    assert classify(source_of(data), (), Classification(), Choices(k=5)) == classify(
        source_of(data), (), Classification()
    )


def test_no_value_of_the_data_stands_in_a_plan() -> None:
    data = {"t": pa.table({kind: values for kind, values in TEXTS.items() if kind not in ("flag", "enumeration")})}
    plan = classify(source_of(data), (), Classification())
    text = plan.model_dump_json()
    assert [value for values in TEXTS.values() for value in values if len(value) > 6 and value in text] == []


def test_an_empty_table_is_masked_as_far_as_its_types_allow() -> None:
    schema = pa.schema({"c1": pa.string(), "email": pa.string(), "n": pa.int64(), "q": pa.float64()})
    plan: Plan = classify(source_of({"t": schema.empty_table()}), (), Classification())
    assert [column.operator for column in plan.tables["t"].columns.values()] == ["token", "email", "token", "keep"]


def test_user_names_of_several_words_that_people_are_called_by_are_names() -> None:
    names = many(FAKE.name)
    assert planned(pa.array([{"user": {"name": name}} for name in names])).classification == "full_name"
    assert planned(many(FAKE.name), "user_name").classification == "full_name"
    logins = [name.lower().replace(" ", ".") for name in names]
    assert planned(pa.array([{"user": {"name": login}} for login in logins])).classification == "username"


@pytest.mark.parametrize("name", ["account", "customer", "last_name"])
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([f"KD-{number:06}" for number in range(ROWS)], "identifier"),
        ([str(70_000 + 31 * number) for number in range(ROWS)], "identifier"),
        ([f"{number:x}5c0ffee{number:03}" for number in range(ROWS)], "identifier"),
        (TEXTS["full_name"], None),
        ([f"{name}{number}" for number, name in enumerate(TEXTS["last_name"])], None),
        ([f"Test User {number}" for number in range(ROWS)], None),
    ],
    ids=["letters and digits", "digits", "hashes", "names", "names with numbers", "several words"],
)
def test_codes_under_a_name_for_people_stay_codes(name: str, values: list[str], kind: str | None) -> None:
    """A pool of names would put one name in place of several codes, and break joins that nobody declared."""
    assert planned(values, name).classification == (kind or ("last_name" if name == "last_name" else "full_name"))
