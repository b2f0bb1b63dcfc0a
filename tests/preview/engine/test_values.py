"""Wire values: protobuf and back, envelopes, notations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.preview.engine import values
from dataops_infra.preview.engine.values import (
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    OUTPUT_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    UNKNOWN_MARKERS,
    from_struct,
    secret,
    to_notation,
    to_struct,
    to_value,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def output(**rest: Any) -> dict[str, Any]:
    return {SIGNATURE_KEY: OUTPUT_SIGNATURE, **rest}


@given(st.dictionaries(st.text(max_size=6), PLAIN, max_size=5))
def test_a_struct_gives_back_what_it_was_made_of(properties: dict[str, Any]) -> None:
    assert from_struct(to_struct(properties)) == properties


def test_one_value_becomes_a_protobuf_value() -> None:
    assert to_value(["a", 1, None, (True,)]).list_value.values[3].list_value.values[0].bool_value is True


def test_what_the_wire_cannot_carry_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="a property cannot hold a set"):
        to_struct({"a": {1}})


@pytest.mark.parametrize("marker", sorted(UNKNOWN_MARKERS))
def test_every_marker_is_unknown(marker: str) -> None:
    assert values.is_unknown(marker)
    assert values.contains_unknown({"a": [{"b": marker}]})
    assert to_notation(marker) == "<unknown>"


@pytest.mark.parametrize("value", [None, "", "04da6b54", 1.0, [UNKNOWN], {"a": UNKNOWN}])
def test_other_values_are_no_unknowns(value: object) -> None:
    assert not values.is_unknown(value)


@pytest.mark.parametrize(
    ("value", "unknown", "has_secret"),
    [
        ("plain", False, False),
        ([1.0, {"a": "b"}], False, False),
        ([secret("s")], False, True),
        ({"a": secret(UNKNOWN)}, True, True),
        (secret({"deep": [UNKNOWN]}), True, True),
    ],
)
def test_unknowns_and_secrets_are_found_at_every_depth(value: object, unknown: bool, has_secret: bool) -> None:
    assert values.contains_unknown(value) is unknown
    assert values.contains_secret(value) is has_secret


def test_a_secret_is_wrapped_once_and_stripped_everywhere() -> None:
    wrapped = secret(secret("s"))

    assert wrapped == secret("s")
    assert values.unwrap(wrapped) == "s"
    assert values.unwrap("plain") == "plain"
    assert values.strip_secrets({"a": [secret({"b": secret("s")})], "c": 1.0}) == {"a": [{"b": "s"}], "c": 1.0}


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        (output(value="known"), "known"),
        (output(), UNKNOWN),
        (output(value="s", secret=True), secret("s")),
        (output(secret=True), secret(UNKNOWN)),
        ({"nested": [output(value={"deep": output()})]}, {"nested": [{"deep": UNKNOWN}]}),
    ],
)
def test_output_values_resolve_to_what_they_hold(envelope: object, expected: object) -> None:
    assert values.resolve_outputs(envelope) == expected


def test_output_values_say_what_they_depend_on() -> None:
    value = {"a": [output(value="x", dependencies=["urn:1"])], "b": output(dependencies=["urn:2", "urn:1"])}

    assert values.output_dependencies(value) == {"urn:1", "urn:2"}


def test_envelopes_are_told_apart() -> None:
    asset, archive = {SIGNATURE_KEY: ASSET_SIGNATURE, "text": "a"}, {SIGNATURE_KEY: ARCHIVE_SIGNATURE}
    reference = values.resource_reference("urn:1", "id-1")

    assert (values.is_asset(asset), values.is_archive(asset), values.is_resource(asset)) == (True, False, False)
    assert (values.is_archive(archive), values.is_resource(reference)) == (True, True)
    assert values.resource_reference("urn:2", None) == {SIGNATURE_KEY: values.RESOURCE_SIGNATURE, "urn": "urn:2"}
    assert values.signature("text") is None


@pytest.mark.parametrize(
    ("value", "hidden", "shown"),
    [
        (1.0, 1, 1),
        (1.5, 1.5, 1.5),
        (True, True, True),
        (None, None, None),
        (secret("s"), "<secret>", {"<secret>": "s"}),
        (secret([UNKNOWN]), "<secret>", {"<secret>": ["<unknown>"]}),
        (
            {SIGNATURE_KEY: ASSET_SIGNATURE, "text": "a", "hash": "h", "path": ""},
            *[{"<asset>": {"hash": "h", "text": "a"}}] * 2,
        ),
        ({SIGNATURE_KEY: ARCHIVE_SIGNATURE, "path": "p"}, *[{"<archive>": {"path": "p"}}] * 2),
        (values.resource_reference("urn:1", ""), "urn:1", "urn:1"),
        (output(value="s", secret=True), "<secret>", {"<secret>": "s"}),
        ({SIGNATURE_KEY: "other", "a": 1.0}, {"a": 1}, {"a": 1}),
    ],
)
def test_notation_spells_every_kind_of_value(value: object, hidden: object, shown: object) -> None:
    assert to_notation({"k": value}) == {"k": hidden}
    assert to_notation({"k": value}, show_secrets=True) == {"k": shown}
