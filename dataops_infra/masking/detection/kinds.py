"""What a column can hold, and what is then done with it.

A kind's preferred operator is taken where it can replace values of the column's type, else an opaque token, else
nothing is left of the values: :mod:`dataops_infra.masking.classify.choosing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One meaning of a column."""

    name: str
    """As in a plan's ``classification``, and the domain of its columns, so that equal values stay equal everywhere."""
    title: str
    """For reasons: "the name says <title>"."""
    operator: str = "token"
    options: Mapping[str, Any] = field(default_factory=dict)
    is_personal: bool = True
    is_quasi_identifier: bool = False
    """Together with others of its sort it may point at a person."""
    points_at_people: bool = False
    """Whether only tables of people have such columns."""
    is_shared: bool = True
    """Whether columns of this kind stand in one domain; else each has its own, or that of its foreign keys."""


_DIRECT = (
    Kind("email", "email addresses", "email", points_at_people=True),
    Kind("phone", "phone numbers", "fpe", {"shape": "phone"}),
    Kind("payment_card", "payment card numbers", "fpe", {"shape": "card"}),
    Kind("iban", "IBANs", "fpe", {"shape": "iban"}),
    Kind("us_ssn", "US social security numbers", "fpe", {"shape": "ssn"}, points_at_people=True),
    Kind("national_id", "national identity, tax or health numbers", "fpe", {"shape": "auto"}, points_at_people=True),
    Kind("bank_account", "bank account numbers", "fpe", {"shape": "auto"}),
    Kind("first_name", "first names", "pool", {"pool": "first_name"}, points_at_people=True),
    Kind("last_name", "last names", "pool", {"pool": "last_name"}, points_at_people=True),
    Kind("full_name", "names of people", "pool", {"pool": "full_name"}, points_at_people=True),
    Kind("company", "names of companies", "pool", {"pool": "company"}),
    Kind("street", "streets", "pool", {"pool": "street"}),
    Kind("city", "cities", "pool", {"pool": "city"}, is_quasi_identifier=True),
    Kind("postcode", "postcodes", is_quasi_identifier=True),
    Kind("address", "addresses"),
    Kind("coordinate", "coordinates", "drop"),
    Kind("birth_date", "dates of birth", "shift_date", is_quasi_identifier=True, points_at_people=True),
    Kind("username", "user names"),
    Kind("secret", "passwords, keys or other secrets", "redact"),
    Kind("ip_address", "IP addresses"),
    Kind("mac_address", "hardware addresses"),
    Kind("url", "web addresses"),
    Kind("vehicle", "number plates or vehicle numbers"),
    Kind("identifier", "identifiers", is_shared=False),
    Kind("free_text", "free text", "text", is_shared=False),
    Kind("document", "nested documents", is_shared=False),
    Kind("unknown", "values that nothing here recognises", is_shared=False),
)
_KEPT = (
    Kind("gender", "genders", "keep", is_personal=False, is_quasi_identifier=True, points_at_people=True),
    Kind("age", "ages", "keep", is_personal=False, is_quasi_identifier=True, points_at_people=True),
    Kind("country", "countries", "keep", is_personal=False, is_quasi_identifier=True),
    Kind("measure", "a measure", "keep", is_personal=False, is_shared=False),
    Kind("enumeration", "a short list of codes", "keep", is_personal=False, is_shared=False),
    Kind("event_time", "the time of an event", "keep", is_personal=False, is_shared=False),
    Kind("flag", "yes or no", "keep", is_personal=False, is_shared=False),
    Kind("thing", "the name of a thing", "keep", is_personal=False, is_shared=False),
    Kind("stated", "what a contract calls harmless", "keep", is_personal=False, is_shared=False),
    Kind("short_key", "a key too short to be hidden", "keep", is_personal=False, is_shared=False),
    Kind("format", "a technical notation", "keep", is_personal=False, is_shared=False),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (*_DIRECT, *_KEPT)}
"""Name -> kind."""
