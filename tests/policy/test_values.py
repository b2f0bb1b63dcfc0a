"""Reading properties: nothing raises on an unknown, and nothing that is unknown is read unnoticed."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy.proxy import (
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
    unknown_checking_proxy,
)
from pulumi_policy.secret import Secret, secrets_preserving_proxy

from dataops_infra.policy.rules import properties
from dataops_infra.policy.values import UNKNOWN, Items, Properties, ReadLog, SecretText, Unknown, is_unknown, plain
from tests.support.analyzer import secret

DATA = {
    "bucket": "raw",
    "count": 7.0,
    "ratio": 0.5,
    "on": True,
    "nothing": None,
    "tags": {"owner": "x", "team": UNKNOWN_STRING_VALUE},
    "rules": [{"id": "a", "days": 30.0}, UNKNOWN_OBJECT_VALUE, {"id": UNKNOWN_STRING_VALUE}],
    "policy": UNKNOWN_STRING_VALUE,
}


def view() -> tuple[Properties, ReadLog]:
    log = ReadLog()
    return properties(unknown_checking_proxy(DATA), log), log


@pytest.mark.parametrize(
    ("path", "value", "noted"),
    [
        ("bucket", "raw", ()),
        ("count", 7, ()),
        ("ratio", 0.5, ()),
        ("on", True, ()),
        ("nothing", None, ()),
        ("absent", None, ()),
        ("tags.owner", "x", ()),
        ("tags.team", UNKNOWN, ("tags.team",)),
        ("tags.team.deeper", UNKNOWN, ("tags.team",)),
        ("tags.absent", None, ()),
        ("bucket.deeper", None, ()),
        ("rules[0].days", 30, ()),
        ("rules[1]", UNKNOWN, ("rules[1]",)),
        ("rules[1].id", UNKNOWN, ("rules[1]",)),
        ("rules[2].id", UNKNOWN, ("rules[2].id",)),
        ("rules[9].id", None, ()),
        ("policy", UNKNOWN, ("policy",)),
        ("policy[0].x", UNKNOWN, ("policy",)),
    ],
)
def test_at_reads_a_path_and_notes_the_unknown_on_it(path: str, value: object, noted: tuple[str, ...]) -> None:
    props, log = view()
    assert props.at(path) is value if value is UNKNOWN else props.at(path) == value
    assert log.paths == noted


def test_at_and_get_fall_back_where_there_is_nothing() -> None:
    props, _ = view()
    assert props.at("versioning.enabled", False) is False
    assert props.get("nothing", 3) == 3
    assert props.get("bucket", 3) == "raw"
    assert props.at("bucket.deeper", "x") == "x"


@pytest.mark.parametrize(
    ("read", "noted"),
    [
        (lambda props: props["policy"], ("policy",)),
        (lambda props: props.get("policy"), ("policy",)),
        (lambda props: "policy" in props, ("policy",)),
        (lambda props: list(props.items()), ("policy",)),
        (lambda props: list(props.values()), ("policy",)),
        (lambda props: list(props["tags"].values()), ("tags.team",)),
        (lambda props: list(props["rules"]), ("rules[1]",)),
        (lambda props: props["rules"][0:2], ("rules[1]",)),
        (lambda props: [item for item in props["rules"] if "id" in item], ("rules[1]", "rules[2].id")),
        (lambda props: list(props), ()),
        (lambda props: "bucket" in props, ()),
        (lambda props: "absent" in props, ()),
        (lambda props: len(props["tags"]), ()),
        (lambda props: props.peek("policy"), ()),
    ],
)
def test_every_way_of_reading_an_unknown_is_noted(read: Any, noted: tuple[str, ...]) -> None:
    props, log = view()
    read(props)
    assert log.paths == noted


def test_in_is_false_for_what_is_absent_null_or_unknown() -> None:
    props, _ = view()
    assert [key in props for key in ("bucket", "nothing", "absent", "policy")] == [True, False, False, False]


def test_unknown_behaves_as_a_value_of_any_kind() -> None:
    assert not UNKNOWN
    assert len(UNKNOWN) == 0
    assert list(UNKNOWN) == []
    assert "x" not in UNKNOWN
    assert UNKNOWN["x"] is UNKNOWN
    assert UNKNOWN.get("x") is UNKNOWN
    assert UNKNOWN.at("x.y") is UNKNOWN
    assert list(UNKNOWN.keys()) == list(UNKNOWN.values()) == list(UNKNOWN.items()) == []
    assert repr(UNKNOWN) == "UNKNOWN"
    assert is_unknown(UNKNOWN)
    assert is_unknown(UNKNOWN_BOOLEAN_VALUE)
    assert not is_unknown("raw")


def test_plain_unwraps_secrets_and_keeps_other_signed_objects() -> None:
    assert plain({"password": secret("x")}) == {"password": "x"}
    assert plain(secrets_preserving_proxy({"password": Secret({"a": 1.0})})) == {"password": {"a": 1}}
    asset = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "a"}
    assert plain(asset) == asset


def test_views_sort_keys_and_know_their_path() -> None:
    log = ReadLog()
    props = Properties({"b": {"d": 1, "c": 2}, "a": 1}, log)
    assert list(props) == ["a", "b"]
    assert props["b"].path == "b"
    assert props.path == ""
    assert props.log is log
    assert isinstance(Properties({"l": [1]}, log)["l"], Items)


def test_properties_of_something_that_is_no_object_are_empty() -> None:
    assert dict(properties(UNKNOWN_STRING_VALUE, ReadLog())) == {}


SCALARS = st.one_of(
    st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=4), st.just(UNKNOWN_STRING_VALUE)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def unknown_paths(value: Any, path: str) -> Iterator[str]:
    if value == UNKNOWN_STRING_VALUE:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from unknown_paths(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_paths(item, f"{path}[{index}]")


def read_all(value: Any) -> None:
    if isinstance(value, Properties):
        for key in value:
            read_all(value[key])
    elif isinstance(value, Items):
        for item in value:
            read_all(item)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_reading_everything_notes_every_unknown_and_never_raises(data: dict[str, Any]) -> None:
    log = ReadLog()
    read_all(properties(unknown_checking_proxy(data), log))
    assert set(log.paths) == set(unknown_paths(data, ""))
    assert not isinstance(properties(data, log), Unknown)


def test_a_secret_keeps_its_mark_down_to_every_text_in_it() -> None:
    found = plain({"open": "a", "one": secret("b"), "deep": secret({"list": ["c", 7.0, UNKNOWN_STRING_VALUE]})})
    assert found == {"open": "a", "one": "b", "deep": {"list": ["c", 7, UNKNOWN]}}
    assert not isinstance(found["open"], SecretText)
    assert isinstance(found["one"], SecretText)
    assert isinstance(found["deep"]["list"][0], SecretText)
