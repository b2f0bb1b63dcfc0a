"""Invented people of many countries: their columns, and texts that repeat them the way their languages write."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa
from faker import Faker

from tests.support.people_texts import WRITING, Writing

LOCALES = tuple(WRITING)
"""30 and more, a dozen of them not in Latin script."""
FIRST_BIRTH, LAST_BIRTH = date(1935, 1, 1), date(2005, 12, 31)


@dataclass(frozen=True)
class Person:
    """One row. What a country does not have is None."""

    customer_id: str
    first_name: str
    last_name: str
    full_name: str
    """In the order and with the spaces of the language."""
    email: str
    phone: str
    card_number: str
    """16 digits, valid by Luhn."""
    iban: str | None
    national_id: str
    birth_date: date
    address: str
    """In one line."""
    city: str
    note: str
    """Free text that repeats the other values."""

    def spellings(self, locale: str) -> dict[str, tuple[str, ...]]:
        """What of this person must not be found in its masked row: kind -> each way to write it."""
        born = self.birth_date
        return {
            "name": tuple(part for part in _name_parts(self.first_name, self.last_name) if len(part) >= 2),
            "email": (self.email, self.email.split("@")[0]),
            "phone": (self.phone, digits(self.phone)),
            "card": (self.card_number, grouped(self.card_number), grouped(self.card_number, "-")),
            "iban": () if self.iban is None else (self.iban, grouped(self.iban)),
            "national id": (self.national_id, digits(self.national_id)),
            "birth date": (born.isoformat(), born.strftime("%Y%m%d"), WRITING[locale].birth(born)),
            "address": (self.address,),
        }


@lru_cache(maxsize=64)
def people(locale: str, rows: int = 50, seed: int = 5) -> tuple[Person, ...]:
    """``rows`` people of one locale, the same at every call."""
    return tuple(_people(locale, rows, seed))


def people_table(persons: Sequence[Person]) -> pa.Table:
    """People as a table, one column per field."""
    columns = {field.name: [getattr(person, field.name) for person in persons] for field in fields(Person)}
    kinds = {name: pa.date32() if name == "birth_date" else pa.string() for name in columns}
    return pa.table({name: pa.array(values, kinds[name]) for name, values in columns.items()})


def cryptic(table: pa.Table) -> pa.Table:
    """The same columns called c1, c2, …, which say nothing."""
    return table.rename_columns([f"c{number}" for number in range(1, table.num_columns + 1)])


def digits(text: str) -> str:
    """The digits of a text alone, ASCII ones."""
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdigit())


def grouped(text: str, separator: str = " ") -> str:
    """Four characters at a time."""
    return separator.join(text[start : start + 4] for start in range(0, len(text), 4))


def _people(locale: str, rows: int, seed: int) -> Iterator[Person]:
    faker, writing = Faker(locale, use_weighting=False), WRITING[locale]
    faker.seed_instance(seed)
    for number in range(rows):
        first, last = faker.first_name(), faker.last_name()
        iban = faker.iban()
        values: dict[str, Any] = {
            "first_name": first,
            "last_name": last,
            "full_name": writing.full_name(first, last),
            "email": _email(faker, first, last, number),
            "phone": faker.phone_number(),
            "card_number": _card(faker),
            "iban": iban if iban[:2] == locale[-2:] else None,
            "national_id": faker.ssn(),
            "address": " ".join(faker.address().split()),
            "city": faker.city(),
        }
        born = faker.date_between_dates(FIRST_BIRTH, LAST_BIRTH)
        yield Person(f"C{number:06}", birth_date=born, note=_note(writing, values, born, number), **values)


def _note(writing: Writing, values: dict[str, Any], born: date, number: int) -> str:
    iban = values["iban"]
    shown = {**values, "iban": "-" if iban is None else grouped(iban) if number % 2 else iban}
    card = values["card_number"]
    shown["card_number"] = (card, grouped(card), grouped(card, "-"))[number % 3]
    return writing.texts[number % len(writing.texts)].format(born=writing.birth(born), **shown)


def _email(faker: Faker, first: str, last: str, number: int) -> str:
    plain = [_ascii(part) for part in (first, last)]
    user = ".".join(plain) if all(plain) else faker.user_name()
    return f"{user}{number}@{('post', 'mail', 'web')[number % 3]}-{number % 7}.example.net"


def _card(faker: Faker) -> str:
    """A Visa number: 16 digits of which the last makes Luhn's sum a multiple of ten."""
    body = faker.numerify("4##############")
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def _ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(letter for letter in decomposed if letter.isascii() and letter.isalpha())
    return letters if len(letters) >= len(name) - 1 else ""


def _name_parts(*names: str) -> Iterator[str]:
    """The names, and the words of compound ones but for particles (``van``, ``Le``)."""
    for name in names:
        yield name
        words = name.replace("-", " ").split()
        yield from (word for word in words if word != name and not (word.isascii() and len(word) <= 3))
