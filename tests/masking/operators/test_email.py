"""A new address for every e-mail."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dataops_infra.masking.operators import OPERATORS
from tests.support.arrow_columns import every_layout
from tests.support.operators import applied

SPEC = OPERATORS["email"]
RESERVED = ("example.com", "example.org", "example.net", "mail.example.com", "acme.test", "a.b.c.invalid", "x1.example")
OTHER = (
    "acme.com",
    "example.de",
    "notexample.com",
    "example.com.evil.org",
    "test",
    ".test",
    "-a.test",
    "a-.test",
    "EXAMPLE.com",
    "a@b.test",
    "a b.test",
    "",
    "a" * 64 + ".test",
    "example.com\n",
)
FROZEN = ["m5fqmcoe6gkjfhow@example.com", "", None]


@given(st.lists(st.none() | st.emails() | st.just(""), max_size=15))
@settings(max_examples=40, deadline=None)
def test_an_address_is_the_token_at_the_host_in_every_layout(values: list[str | None]) -> None:
    tokens = applied("token", pa.array(values, pa.string())).to_pylist()
    expected = [token and f"{token}@example.com" for token in tokens]
    for column in every_layout(values):
        assert applied("email", column).to_pylist() == expected


def test_addresses_are_frozen() -> None:
    # A new version that fails here would give every person a new pseudonym.
    assert applied("email", pa.array(["ann@example.org", "", None])).to_pylist() == FROZEN


def test_every_address_gets_its_own() -> None:
    column = pa.array([f"user{number}@example.org" for number in range(50_000)])
    masked = applied("email", column, host="acme.test")
    assert len(pc.unique(masked)) == 50_000
    assert pc.all(pc.match_substring_regex(masked, r"^[a-z2-7]{16}@acme\.test$")).as_py()


@pytest.mark.parametrize("kind", [pa.string(), pa.string_view()], ids=str)
def test_addresses_that_differ_in_case_are_different_unless_said_otherwise(kind: pa.DataType) -> None:
    column = pa.array(["Ann@Example.org", "ann@example.org", "ANN@EXAMPLE.ORG", None], kind)
    assert len(set(applied("email", column).to_pylist())) == 4
    folded = applied("email", column, ignore_case=True).to_pylist()
    assert folded == [applied("email", column).to_pylist()[1]] * 3 + [None]


@pytest.mark.parametrize("host", RESERVED)
def test_a_reserved_host_is_taken(host: str) -> None:
    assert applied("email", pa.array(["ann@example.org"]), host=host).to_pylist()[0].endswith(f"@{host}")


@pytest.mark.parametrize("host", [host for host in OTHER if not host.endswith("\n")])
def test_a_host_that_somebody_may_own_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match=r"expected example\.com, example\.org, example\.net or a name below"):
        SPEC.options.model_validate({"host": host})


@pytest.mark.parametrize("options", [{"domain": "acme.test"}, {"ignore_case": "perhaps"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SPEC.options.model_validate(options)


@pytest.mark.parametrize(("options", "injective"), [({}, True), ({"ignore_case": True}, False)])
def test_addresses_are_injective_where_case_counts(options: dict[str, Any], injective: bool) -> None:
    assert SPEC.injective(SPEC.options.model_validate(options)) is injective


@pytest.mark.parametrize("kind", [pa.binary(), pa.int64(), pa.date32()], ids=str)
def test_only_text_is_accepted(kind: pa.DataType) -> None:
    assert not SPEC.accepts(kind)
