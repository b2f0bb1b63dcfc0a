"""What columns' names say, in many spellings and languages."""

import pytest

from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.names import NameReading, read_name, words_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("email", "email"),
        ("customerEmail", "email"),
        ("CUST_EMAIL_ADDR", "email"),
        ("e-mail", "email"),
        ("emails[]", "email"),
        ("contact.email", "email"),
        ("phone2", "phone"),
        ("TelNr", "phone"),
        ("mobileNumber", "phone"),
        ("HomeTelephone", "phone"),
        ("ccNum", "payment_card"),
        ("card_number", "payment_card"),
        ("IBAN", "iban"),
        ("ssn", "us_ssn"),
        ("tax_id", "national_id"),
        ("codice_fiscale", "national_id"),
        ("fname", "first_name"),
        ("firstname", "first_name"),
        ("Prénom", "first_name"),
        ("Vorname", "first_name"),
        ("customer_lname", "last_name"),
        ("Apellidos", "last_name"),
        ("full_name", "full_name"),
        ("shipping name", "full_name"),
        ("Name, Vorname", "full_name"),
        ("Vor- und Nachname", "full_name"),
        ("nom_prenom", "full_name"),
        ("Apellidos y nombre", "full_name"),
        ("patient.lastNameFirstName", "full_name"),
        ("firstAndLastName", "full_name"),
        ("name.vorname", "first_name"),
        ("name_first_name", "first_name"),
        ("straße", "street"),
        ("billing_address", "address"),
        ("Wohnort", "city"),
        ("zip", "postcode"),
        ("PLZ", "postcode"),
        ("DOB", "birth_date"),
        ("dateOfBirth", "birth_date"),
        ("geburtsdatum", "birth_date"),
        ("user_name", "username"),
        ("api_key", "secret"),
        ("ipAddr", "ip_address"),
        ("geo_lat", "coordinate"),
        ("license_plate", "vehicle"),
        ("order_id", "identifier"),
        ("address_id", "identifier"),
        ("userId", "identifier"),
        ("customer_number", "identifier"),
        ("sex", "gender"),
        ("country_code", "country"),
        ("姓名", "full_name"),
        ("电话号码", "phone"),
        ("メール", "email"),
        ("фамилия", "last_name"),
        ("تاريخ الميلاد", "birth_date"),
    ],
)
def test_names_that_say_something_personal_are_certain(name: str, kind: str) -> None:
    assert read_name(name, "t") == NameReading(kind, is_certain=True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("product_name", "thing"),
        ("file_name", "thing"),
        ("hostname", "thing"),
        ("email_verified", "enumeration"),
        ("phone_type", "enumeration"),
        ("card_brand", "thing"),
        ("is_email_confirmed", "flag"),
        ("has_phone", "flag"),
        ("created_at", "event_time"),
        ("order_date", "event_time"),
        ("amount_eur", "measure"),
        ("total_price", "measure"),
        ("number_of_visits", "measure"),
    ],
)
def test_words_that_void_a_name_leave_weak_evidence(name: str, kind: str) -> None:
    assert read_name(name, "t") == NameReading(kind, is_certain=False)


@pytest.mark.parametrize("name", ["c7", "foo", "_", "", "###", "server_ip", "hotel_city"])
def test_names_that_say_nothing(name: str) -> None:
    assert read_name(name, "t").kind is None


@pytest.mark.parametrize(
    ("table", "kind"), [("customers", "full_name"), ("Employee", "full_name"), ("products", "thing"), ("t1", None)]
)
def test_a_mere_name_is_that_of_the_tables_things(table: str, kind: str | None) -> None:
    assert read_name("name", table).kind == kind


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("customerEMail", ("customer", "e", "mail")),
        ("HTTPServer2Host", ("http", "server", "2", "host")),
        ("cust_addr_no", ("customer", "address", "number")),
        ("Größe/Länge", ("grosse", "lange")),
        ("", ()),
    ],
)
def test_words_of_identifiers(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_every_word_leads_to_a_kind_there_is() -> None:
    from dataops_infra.masking.detection.names import _vocabulary

    known = _vocabulary()
    assert {*known.phrases.values(), *known.scripts.values()} <= set(KINDS)
    assert known.word_lists["alone"] <= set(known.phrases)
