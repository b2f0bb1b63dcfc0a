"""Names, addresses and numbers of nobody: reserved ranges, right check digits, each number a value of its own."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.pools import load_pool
from dataops_infra.masking.synth.domains import Uuids, digit_texts
from dataops_infra.masking.synth.semantics import FORMATS, MEANINGS, meaning
from dataops_infra.masking.synth.streams import Permutation, Stream, all_rows

SHAPES = {
    "email": r"[a-z]+\.[a-z]+\d{1,3}@example\.com",
    "username": r"[a-z]+\.[a-z]+\d{1,3}",
    "phone": r"\+1[2-9]\d\d55501\d\d",
    "payment_card": r"424242\d{10}",
    "iban": r"DE\d\d0{8}\d{10}",
    "us_ssn": r"666-(?!00)\d\d-(?!0000)\d{4}",
    "mac_address": r"00:00:5e:00:53:[0-9a-f]{2}",
    "url": r"https://example\.com/[0-9a-f]{8}",
    "hostname": r"h[0-9a-f]{8}\.example\.com",
    "postcode": r"\d{5}",
    "street": r"\d{1,3} .+",
    "address": r"\d{1,3} .+, \d{5} .+",
    "free_text": r"[A-Z][a-z]+( [a-z]+){4}\.",
    "full_name": r".+ .+",
}


def some(name: str, number: int = 2_000) -> list[str]:
    domain = meaning(name)
    rows = all_rows(0, min(number, domain.size))
    found: list[str] = domain.at(Permutation(Stream((name,), 1), domain.size).of(rows)).to_pylist()
    return found


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_every_number_is_a_value_of_its_own(name: str) -> None:
    found = some(name)
    assert len(set(found)) == len(found)
    assert max(map(len, found)) <= meaning(name).longest
    assert re.fullmatch(SHAPES.get(name, ".+"), found[0])
    assert all(re.fullmatch(SHAPES.get(name, ".+"), value) for value in found)


@pytest.mark.parametrize("name", ["first_name", "last_name", "city", "company", "job", "country"])
def test_lists_are_the_frozen_ones(name: str) -> None:
    assert set(some(name)) <= set(load_pool(name).values.to_pylist())
    assert meaning(name).pools == (name,)


def test_cards_pass_the_luhn_check() -> None:
    for card in some("payment_card"):
        digits = [int(letter) for letter in card[::-1]]
        assert (
            sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)) % 10 == 0
        )


def test_ibans_pass_the_check_of_iso_13616() -> None:
    for iban in some("iban"):
        assert int(iban[4:] + "1314" + iban[2:4]) % 97 == 1


def test_addresses_lie_in_blocks_for_documentation() -> None:
    blocks = [ipaddress.ip_network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert all(any(ipaddress.ip_address(each) in block for block in blocks) for each in some("ip_address"))
    assert all(ipaddress.ip_address(each) in ipaddress.ip_network("2001:db8::/32") for each in some("ipv6"))


def test_formats_have_a_meaning() -> None:
    assert set(FORMATS.values()) <= set(MEANINGS)


@given(st.integers(0, 2**62 - 20))
def test_uuids_are_of_version_4_and_different(first: int) -> None:
    found = Uuids().at(all_rows(first, 20)).to_pylist()
    assert len(set(found)) == 20
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each) for each in found
    )


def test_digits_keep_leading_zeros() -> None:
    assert digit_texts(all_rows(98, 3), 4).to_pylist() == ["0098", "0099", "0100"]
