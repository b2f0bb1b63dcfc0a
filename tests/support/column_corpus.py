"""Tables of invented people and things in many countries, with the truth about each column.

Two halves that share neither a locale, nor a kind of table, nor a seed: rules are made while looking at the tuning half
alone; the held-out half is for the test's figures and nobody looks at its columns one by one. (What both share is
faker, and the gazetteer's lists come from faker too: so the test also counts recall with an empty gazetteer.)
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from faker import Faker

Make = Callable[[Any, random.Random], Any]
PERSONAL, HARMLESS = True, False
_NULLS = 0.05
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)

Template = Sequence[tuple[str, str, bool, Make]]
"""(column, kind for the figures, whether it must be masked, one value)."""


@dataclass(frozen=True)
class Truth:
    """What one column really holds."""

    kind: str
    is_personal: bool


@dataclass(frozen=True)
class LabelledTable:
    """A table and the truth about its columns."""

    name: str
    locale: str
    data: pa.Table
    truth: Mapping[str, Truth]

    def cryptic(self) -> "LabelledTable":
        """The same data in columns called c1 ... cN."""
        names = {name: f"c{position}" for position, name in enumerate(self.data.column_names, 1)}
        data = self.data.rename_columns(list(names.values()))
        return LabelledTable("t", self.locale, data, {names[name]: truth for name, truth in self.truth.items()})


def _code(pattern: str) -> Make:
    return lambda fake, _rng: fake.bothify(pattern)


def _one_of(*values: Any) -> Make:
    return lambda _fake, rng: rng.choice(values)


def _amount(mean: float) -> Make:
    return lambda _fake, rng: round(rng.lognormvariate(0, 1) * mean, 2)


def _count(least: int, most: int) -> Make:
    return lambda _fake, rng: rng.randint(least, most)


def _moment(_fake: Any, rng: random.Random) -> datetime:
    return _BEGIN + timedelta(seconds=rng.randint(0, 60_000_000))


def _day_text(_fake: Any, rng: random.Random) -> str:
    return _moment(None, rng).date().isoformat()


def _product(_fake: Any, rng: random.Random) -> str:
    return " ".join(rng.choice(part) for part in (_ADJECTIVES, _STUFFS, _THINGS))


def _few(method: str, number: int) -> Make:
    """One of a few values of a provider, as the staff of a small office."""
    drawn: dict[int, list[str]] = {}

    def make(fake: Any, rng: random.Random) -> str:
        values = drawn.setdefault(id(fake), [getattr(fake, method)() for _ in range(number)])
        return rng.choice(values)

    return make


_ADJECTIVES = ("Rugged", "Sleek", "Compact", "Deluxe", "Basic", "Premium", "Light", "Heavy Duty", "Mini", "Ultra")
_STUFFS = ("Steel", "Cotton", "Wooden", "Plastic", "Bronze", "Granite", "Bamboo", "Rubber")
_THINGS = ("Chair", "Lamp", "Keyboard", "Bottle", "Bench", "Shirt", "Watch", "Table", "Wallet", "Knife", "Hat", "Clock")


CUSTOMERS: Template = (
    ("customer_id", "identifier", PERSONAL, _count(10_000_000, 99_999_999)),
    ("first_name", "first name", PERSONAL, lambda f, r: f.first_name()),
    ("lastName", "last name", PERSONAL, lambda f, r: f.last_name()),
    ("email", "email", PERSONAL, lambda f, r: f.email()),
    ("phone_number", "phone", PERSONAL, lambda f, r: f.phone_number()),
    ("birth_date", "birth date", PERSONAL, lambda f, r: f.date_of_birth(minimum_age=18, maximum_age=90)),
    ("street_address", "address", PERSONAL, lambda f, r: f.street_address()),
    ("city", "city", PERSONAL, lambda f, r: f.city()),
    ("zip", "postcode", PERSONAL, lambda f, r: f.postcode()),
    ("national_id", "national id", PERSONAL, lambda f, r: f.ssn()),
    ("loyalty_tier", "code", HARMLESS, _one_of("gold", "silver", "bronze")),
    ("is_active", "flag", HARMLESS, _one_of(True, False)),
    ("visits", "count", HARMLESS, _count(0, 400)),
    ("lifetime_value", "measure", HARMLESS, _amount(300)),
    ("signup_date", "event time", HARMLESS, _moment),
    ("preferred_language", "code", HARMLESS, _one_of("en", "de", "fr", "es")),
    ("email_verified", "flag", HARMLESS, _one_of("yes", "no")),
    ("segment", "code", HARMLESS, _one_of("A1", "B2", "C3", "D4", "E5")),
)
ORDERS: Template = (
    ("order_uuid", "identifier", PERSONAL, lambda f, r: f.uuid4()),
    ("ship_to_name", "person", PERSONAL, lambda f, r: f.name()),
    ("contactEmail", "email", PERSONAL, lambda f, r: f.ascii_free_email()),
    ("card_number", "card", PERSONAL, lambda f, r: f.credit_card_number()),
    ("delivery_address", "address", PERSONAL, lambda f, r: f.address()),
    ("client_ip", "ip", PERSONAL, lambda f, r: f.ipv4()),
    ("product_name", "thing", HARMLESS, _product),
    ("sku", "thing", HARMLESS, _code("??-####")),
    ("quantity", "count", HARMLESS, _count(1, 9)),
    ("unit_price", "measure", HARMLESS, _amount(20)),
    ("currency", "code", HARMLESS, _one_of("EUR", "USD", "GBP", "SEK")),
    ("status", "code", HARMLESS, _one_of("new", "paid", "shipped", "returned")),
    ("ordered_at", "event time", HARMLESS, _moment),
    ("discount_percent", "measure", HARMLESS, _count(0, 40)),
    ("warehouse_id", "small key", HARMLESS, _count(1, 12)),
    ("card_type", "code", HARMLESS, _one_of("visa", "mastercard", "amex")),
)
TICKETS: Template = (
    ("ticket_no", "identifier", PERSONAL, _count(1_000_000, 9_999_999)),
    ("reporter", "person", PERSONAL, lambda f, r: f.name()),
    ("message", "free text", PERSONAL, lambda f, r: f"{f.text(160)} {f.name()} {f.email()}"),
    ("user_name", "user name", PERSONAL, lambda f, r: f.user_name()),
    ("callback", "phone", PERSONAL, lambda f, r: f.phone_number()),
    ("iban", "iban", PERSONAL, lambda f, r: f.iban()),
    ("agent", "few people", PERSONAL, _few("name", 9)),
    ("zip_of_caller", "postcode", PERSONAL, _count(10_000, 99_999)),
    ("priority", "code", HARMLESS, _one_of("low", "medium", "high")),
    ("response_minutes", "measure", HARMLESS, _count(1, 3000)),
    ("attachment_mime", "format", HARMLESS, lambda f, r: f.mime_type()),
    ("app_version", "format", HARMLESS, lambda f, r: f"{r.randint(1, 9)}.{r.randint(0, 20)}.{r.randint(0, 40)}"),
    ("satisfaction", "measure", HARMLESS, _one_of(1, 2, 3, 4, 5)),
    ("closed_on", "event time", HARMLESS, _day_text),
    ("channel", "code", HARMLESS, _one_of("mail", "phone", "chat")),
    ("queue", "code", HARMLESS, _one_of("billing", "returns", "technical", "sales")),
    ("sla_hours", "measure", HARMLESS, _one_of(4, 8, 24, 72)),
    ("score", "measure", HARMLESS, lambda f, r: r.random()),
)

PATIENTS: Template = (
    ("PatientRef", "identifier", PERSONAL, _code("P#######")),
    ("PatientName", "person", PERSONAL, lambda f, r: f.name()),
    ("DOB", "birth date", PERSONAL, lambda f, r: f.date_of_birth(minimum_age=1, maximum_age=95).isoformat()),
    ("HealthNo", "national id", PERSONAL, lambda f, r: f.ssn()),
    ("MobileNo", "phone", PERSONAL, lambda f, r: f.phone_number()),
    ("HomeAddr", "address", PERSONAL, lambda f, r: f.address()),
    ("Town", "city", PERSONAL, lambda f, r: f.city()),
    ("PostCode", "postcode", PERSONAL, lambda f, r: f.postcode()),
    ("ClinicalNotes", "free text", PERSONAL, lambda f, r: f"{f.name()}: {f.text(200)}"),
    ("EMailAddress", "email", PERSONAL, lambda f, r: f.safe_email()),
    ("Doctor", "few people", PERSONAL, _few("name", 11)),
    ("NextOfKinPhone", "phone", PERSONAL, _count(200_000_000, 999_999_999)),
    ("Ward", "code", HARMLESS, _one_of("W1", "W2", "W3", "ICU", "ER")),
    ("HeartRate", "measure", HARMLESS, _count(48, 160)),
    ("Temperature", "measure", HARMLESS, lambda f, r: round(r.gauss(37, 0.7), 1)),
    ("AdmittedAt", "event time", HARMLESS, _moment),
    ("DiagnosisCode", "code", HARMLESS, _one_of("I10", "E11.9", "J45", "M54.5", "K21.0", "N39")),
    ("IsInsured", "flag", HARMLESS, _one_of(True, False)),
    ("LengthOfStayDays", "measure", HARMLESS, _count(1, 30)),
    ("TriageLevel", "code", HARMLESS, _one_of(1, 2, 3, 4, 5)),
)
EMPLOYEES: Template = (
    ("emp_no", "identifier", PERSONAL, _count(100_000, 999_999)),
    ("GIVEN_NAME", "first name", PERSONAL, lambda f, r: f.first_name()),
    ("FAMILY_NAME", "last name", PERSONAL, lambda f, r: f.last_name()),
    ("work_mail", "email", PERSONAL, lambda f, r: f.company_email()),
    ("bank_acct_iban", "iban", PERSONAL, lambda f, r: f.iban()),
    ("login", "user name", PERSONAL, lambda f, r: f.user_name()),
    ("plate", "plate", PERSONAL, lambda f, r: f.license_plate()),
    ("employer", "company", PERSONAL, lambda f, r: f.company()),
    ("dept", "code", HARMLESS, _one_of("hr", "it", "ops", "legal", "sales")),
    ("grade", "code", HARMLESS, _one_of("L1", "L2", "L3", "L4")),
    ("weekly_hours", "measure", HARMLESS, _one_of(20, 30, 35, 40)),
    ("bonus_rate", "measure", HARMLESS, lambda f, r: round(r.random() / 5, 3)),
    ("hired_on", "event time", HARMLESS, _moment),
    ("cost_centre", "code", HARMLESS, _one_of("cc-1001", "cc-1002", "cc-1003", "cc-2001")),
    ("office_tz", "format", HARMLESS, _one_of("Europe/Paris", "Asia/Tokyo", "America/Lima")),
    ("has_badge", "flag", HARMLESS, _one_of("Y", "N")),
    ("leave_days", "measure", HARMLESS, _count(0, 35)),
)
BOOKINGS: Template = (
    ("booking_ref", "identifier", PERSONAL, _code("??####??")),
    ("lead_guest", "person", PERSONAL, lambda f, r: f.name()),
    ("guest_tel", "phone", PERSONAL, lambda f, r: f.phone_number()),
    ("passport_no", "national id", PERSONAL, lambda f, r: f.bothify("?########").upper()),
    ("pay_card", "card", PERSONAL, lambda f, r: f.credit_card_number()),
    ("device_mac", "mac", PERSONAL, lambda f, r: f.mac_address()),
    ("ipv6_addr", "ip", PERSONAL, lambda f, r: f.ipv6()),
    ("special_requests", "free text", PERSONAL, lambda f, r: f.paragraph(nb_sentences=4)),
    ("room_type", "code", HARMLESS, _one_of("single", "double", "suite")),
    ("nights", "measure", HARMLESS, _count(1, 21)),
    ("rate_per_night", "measure", HARMLESS, _amount(90)),
    ("board", "code", HARMLESS, _one_of("BB", "HB", "FB", "AI")),
    ("check_in", "event time", HARMLESS, _day_text),
    ("stars", "measure", HARMLESS, _one_of(1, 2, 3, 4, 5)),
    ("hotel_name", "thing", HARMLESS, _product),
    ("source_file", "thing", HARMLESS, lambda f, r: f"export_{r.randint(1, 10**5):05d}.csv"),
    ("cancelled", "flag", HARMLESS, _one_of(True, False)),
    ("occupancy", "measure", HARMLESS, lambda f, r: r.random()),
)

TUNING_LOCALES = (
    *("en_US", "de_DE", "fr_FR", "es_ES", "ja_JP", "ru_RU", "pt_BR", "nl_NL", "sv_SE", "hi_IN", "ar_SA", "el_GR"),
    *("no_NO", "bg_BG"),
)
HELD_OUT_LOCALES = (
    *("en_GB", "en_CA", "it_IT", "pl_PL", "cs_CZ", "tr_TR", "ko_KR", "zh_CN", "uk_UA", "fi_FI", "hu_HU", "he_IL"),
    *("th_TH", "da_DK", "ro_RO"),
)


def tuning_half(rows: int = 120) -> Iterator[LabelledTable]:
    """Tables to make rules with."""
    templates = {"customers": CUSTOMERS, "orders": ORDERS, "tickets": TICKETS}
    yield from _tables(TUNING_LOCALES, templates, rows, seed=1)


def held_out_half(rows: int = 120) -> Iterator[LabelledTable]:
    """Tables to measure rules with, and for nothing else."""
    templates = {"patients": PATIENTS, "employees": EMPLOYEES, "bookings": BOOKINGS}
    yield from _tables(HELD_OUT_LOCALES, templates, rows, seed=50_000)


def _tables(locales: Sequence[str], templates: Mapping[str, Template], rows: int, seed: int) -> Iterator[LabelledTable]:
    names = list(templates)
    for position, locale in enumerate(locales):
        for turn in range(2):
            name = names[(position + turn) % len(names)]
            yield _table(name, templates[name], locale, rows, seed + 2 * position + turn)


def _table(name: str, template: Template, locale: str, rows: int, seed: int) -> LabelledTable:
    fake, rng = Faker(locale), random.Random(seed)
    fake.seed_instance(seed)
    columns, truth = {}, {}
    for column, kind, is_personal, make in template:
        values = [make(fake, rng) for _ in range(rows)]
        columns[column] = pa.array([None if rng.random() < _NULLS else value for value in values])
        truth[column] = Truth(kind, is_personal)
    return LabelledTable(name, locale, pa.table(columns), truth)
