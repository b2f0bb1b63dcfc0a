"""Rows of seven columns by faker and by mimesis, in turn; prints rows a second of each as JSON."""

import json
import sys
import time

from faker import Faker
from mimesis import Address, Datetime, Locale, Person
from mimesis.random import Random


def with_faker(rows: int) -> None:
    fake = Faker()
    Faker.seed(1)
    for number in range(rows):
        {
            "id": number,
            "name": fake.name(),
            "email": fake.email(),
            "street": fake.street_address(),
            "city": fake.city(),
            "birth_date": fake.date_of_birth(),
            "total": fake.pyfloat(min_value=1, max_value=500, right_digits=2),
        }


def with_mimesis(rows: int) -> None:
    person, address, days, random = Person(Locale.EN, seed=1), Address(Locale.EN, seed=1), Datetime(seed=1), Random()
    for number in range(rows):
        {
            "id": number,
            "name": person.full_name(),
            "email": person.email(),
            "street": address.address(),
            "city": address.city(),
            "birth_date": days.date(start=1940, end=2006),
            "total": round(random.uniform(1, 500), 2),
        }


def main() -> None:
    rows, turns = int(sys.argv[1]), int(sys.argv[2])
    best = {"faker": 0.0, "mimesis": 0.0}
    for _ in range(turns):
        for name, make in (("faker", with_faker), ("mimesis", with_mimesis)):
            started = time.process_time()
            make(rows)
            best[name] = max(best[name], rows / (time.process_time() - started))
    print(json.dumps(best))


if __name__ == "__main__":
    main()
