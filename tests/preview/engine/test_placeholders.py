import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.preview.engine.placeholders import Placeholders
from dataops_infra.preview.engine.values import (
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    OUTPUT_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    resource_reference,
    secret,
)

MARKS = Placeholders({"p:password": "undecryptable-1"})
CORE = MARKS.core("account")
NETWORK = MARKS.network("vpc")
NETWORK6 = MARKS.network6("vpc")
TOKEN = MARKS.text("QVdTOnBsYWNlaG9sZGVy")


def envelope(kind, **members):
    return {SIGNATURE_KEY: kind, **members}


@pytest.mark.parametrize(
    "value",
    [
        CORE,
        f"arn:aws:iam::{CORE}:role/x",
        f"ami-00000{CORE}",
        f"7{CORE}7",
        f"{NETWORK}.0.0/16",
        f"10.0.0.0/8,{NETWORK}.17.0/24",
        f"{NETWORK6}:1::/64",
        f"Basic {TOKEN}==",
        float(CORE),
        int(CORE),
    ],
)
def test_a_value_that_holds_a_placeholder_becomes_unknown(value):
    assert MARKS.scrub({"a": value}) == ({"a": UNKNOWN}, ["a"])


@pytest.mark.parametrize(
    "value",
    [
        "",
        "123456789012",
        CORE[:-1],
        "1" * 40,
        "10.0.0.0/8",
        "255.255.255.0",
        f"1{NETWORK}.0.0/16",
        f"{NETWORK.partition('.')[0]}.999.0.0",
        "2001:db8:ffff::/48",
        float(CORE) + 0.5,
        float("inf"),
        float("nan"),
        12.0,
        True,
        None,
        UNKNOWN,
        resource_reference(f"urn:pulumi:dev::p::t::{CORE}", "x"),
    ],
)
def test_other_values_stay_the_same_object(value):
    inputs = {"a": value}
    cleaned, paths = MARKS.scrub(inputs)
    assert cleaned is inputs
    assert paths == []


def test_placeholders_are_found_at_every_depth():
    cleaned, paths = MARKS.scrub(
        {
            "tags": {"owner": "me", "a.b": CORE, 'say "hi"': CORE},
            "rules": [{"cidrs": ["10.0.0.0/8", f"{NETWORK}.0.0/16"]}],
            "names": {f"x-{CORE}": 1.0, "y": 2.0},
            "json": f'{{"Resource": "arn:aws:s3:::b-{CORE}"}}',
        }
    )
    assert cleaned == {
        "tags": {"owner": "me", "a.b": UNKNOWN, 'say "hi"': UNKNOWN},
        "rules": [{"cidrs": ["10.0.0.0/8", UNKNOWN]}],
        "names": UNKNOWN,
        "json": UNKNOWN,
    }
    assert paths == ['tags["a.b"]', r'tags["say \"hi\""]', "rules[0].cidrs[1]", "names", "json"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (secret(CORE), secret(UNKNOWN)),
        (secret({"a": [CORE, "b"]}), secret({"a": [UNKNOWN, "b"]})),
        (secret("undecryptable-1"), secret(UNKNOWN)),
        (
            envelope(OUTPUT_SIGNATURE, value=CORE, dependencies=["urn"]),
            envelope(OUTPUT_SIGNATURE, dependencies=["urn"]),
        ),
        (
            envelope(OUTPUT_SIGNATURE, value="undecryptable-1"),
            envelope(OUTPUT_SIGNATURE, secret=True),
        ),
        (
            envelope(OUTPUT_SIGNATURE, value={"a": CORE, "b": 1.0}),
            envelope(OUTPUT_SIGNATURE, value={"a": UNKNOWN, "b": 1.0}),
        ),
        (envelope(ASSET_SIGNATURE, text=f"echo {CORE}"), UNKNOWN),
        (envelope(ARCHIVE_SIGNATURE, assets={"f": envelope(ASSET_SIGNATURE, text=CORE)}), UNKNOWN),
        (envelope("of another kind", value=CORE), envelope("of another kind", value=UNKNOWN)),
    ],
)
def test_envelopes_keep_their_meaning(value, expected):
    cleaned, paths = MARKS.scrub({"a": value})
    assert cleaned == {"a": expected}
    assert len(paths) == 1


@pytest.mark.parametrize("text", ["undecryptable-1", "user:undecryptable-1@db", f"{CORE} undecryptable-1"])
def test_what_stands_for_an_undecryptable_secret_becomes_an_unknown_secret(text):
    assert MARKS.scrub({"url": text, "plain": [text]})[0] == {"url": secret(UNKNOWN), "plain": [secret(UNKNOWN)]}


def test_a_map_that_holds_ordinary_and_secret_placeholders_as_keys_is_an_unknown_secret():
    assert MARKS.scrub({"a": {CORE: 1, "undecryptable-1": 2}})[0] == {"a": secret(UNKNOWN)}


def test_an_output_without_a_value_stays():
    inputs = {"a": envelope(OUTPUT_SIGNATURE, secret=True)}
    assert MARKS.scrub(inputs)[0] is inputs


def test_nothing_is_searched_before_the_first_placeholder():
    marks = Placeholders()
    inputs = {"a": object()}
    assert not marks
    assert marks.scrub(inputs) == (inputs, [])
    assert not marks.found_in("123456789012")


def test_one_origin_always_has_the_same_mark_and_different_origins_different_ones():
    marks = Placeholders()
    cores = [marks.core(f"origin {number}") for number in range(2_000)]
    networks = [marks.network(f"origin {number}") for number in range(200)]
    assert len({*cores}) == 2_000
    assert len({*networks}) == 200
    assert [Placeholders().core(f"origin {number}") for number in range(5)] == cores[:5]
    assert marks.core("origin 7") == cores[7]
    assert all(len(core) == 12 and core[0] != "0" for core in cores)


def test_networks_repeat_when_there_are_no_more():
    marks = Placeholders()
    assert len({marks.network(f"origin {number}") for number in range(5_000)}) > 3_000


@given(st.integers(min_value=17, max_value=30), st.integers(min_value=0, max_value=2**13 - 1))
def test_subnets_computed_from_a_network_are_recognised(length, position):
    block = ipaddress.ip_network(f"{NETWORK}.0.0/16")
    size = 2 ** (32 - length)
    subnet = ipaddress.ip_network((int(block.network_address) + (position % (2 ** (length - 16))) * size, length))
    assert MARKS.found_in(str(subnet))


@given(st.text(), st.text())
def test_a_core_is_found_inside_any_text(before, after):
    assert MARKS.found_in(f"{before}{CORE}{after}")


@given(st.text(alphabet=st.characters(exclude_categories=["Nd"])))
def test_a_text_without_digits_holds_no_placeholder(text):
    assert not Placeholders().found_in(text)
    assert not MARKS.found_in(text.replace("undecryptable-", "").replace(TOKEN, ""))
