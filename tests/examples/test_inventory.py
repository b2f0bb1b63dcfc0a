"""The comparison itself: what it selects, and that it tells a difference."""

from typing import Any

import pytest

from tests.examples.inventory import inventory_of, select

PREVIEW: dict[str, Any] = {
    "resources": [
        {"name": "raw", "type": "aws:s3/bucket:Bucket", "inputs": {"bucket": "b", "tags": {"zone": "raw"}}},
        {"name": "logs", "type": "aws:s3/bucket:Bucket", "inputs": {"policy": '{"Version": "1"}', "rules": [1, 2]}},
    ],
    "outputs": {"b": 1, "a": 2},
    "summary": {"advisory": 0, "deferred": 1, "exempted": 0, "mandatory": 1, "resources": 2, "seconds": 1.5},
    "violations": [{"level": "mandatory", "policy": "required-tags", "urn": "urn:pulumi:dev::p::t::raw"}] * 2,
}


def test_inventory_holds_everything_but_only_the_wanted_values() -> None:
    wanted = {"values": {"raw": {"tags": {"zone": 0, "owner": 0}}, "gone": {"x": 0}}}
    assert inventory_of(PREVIEW, wanted) == {
        "counts": {"aws:s3/bucket:Bucket": 2},
        "outputs": ["a", "b"],
        "summary": {"advisory": 0, "deferred": 1, "exempted": 0, "mandatory": 1},
        "violations": ["mandatory required-tags raw"],
        "values": {"raw": {"tags": {"zone": "raw", "owner": "is absent"}}, "gone": "is not deployed"},
    }


@pytest.mark.parametrize(
    ("actual", "wanted", "selected"),
    [
        ({"a": 1, "b": 2}, {"a": 5}, {"a": 1}),
        ([1, 2], [1], [1, 2]),
        ('{"Version": "1"}', 0, {"Version": "1"}),
        ("text", {"a": 1}, "text"),
    ],
)
def test_select_takes_the_wanted_places(actual: Any, wanted: Any, selected: Any) -> None:
    assert select(actual, wanted) == selected
