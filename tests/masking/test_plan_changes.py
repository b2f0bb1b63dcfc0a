"""How plans differ, in words."""

from typing import Any

import pytest

from dataops_infra.masking.plan import Plan
from dataops_infra.masking.plan_changes import plan_changes

BEFORE: dict[str, Any] = {
    "tables": {"a": {"columns": {"x": {"operator": "keep", "reason": "r", "score": 0.5}, "y": {"operator": "token"}}}}
}
KEY = {"table": "a", "columns": ["x"], "references": "b", "referenced_columns": ["z"]}


def columns(**stated: Any) -> dict[str, Any]:
    return {"tables": {"a": {"columns": stated}}}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE, []),
        (columns(x={"operator": "keep", "reason": "other", "score": 0.9}, y={"operator": "token"}), []),
        (columns(x={"operator": "keep"}), ["a.y went"]),
        (
            columns(
                x={"operator": "email", "domain": "d"}, y={"operator": "token"}, z={"operator": "drop", "reason": "w"}
            ),
            ["a.x: operator keep → email, domain None → d", "a.z came: drop (w)"],
        ),
        ({"tables": {"b": {"columns": {"q": {"operator": "keep"}}}}}, ["table a went", "table b came, with 1 columns"]),
        ({**BEFORE, "foreign_keys": [KEY]}, ["foreign key a (x) → b (z) came"]),
        (
            {**BEFORE, "k": 5, "quasi_identifiers": {"a": ["x"]}},
            ["quasi_identifiers {} → {'a': ('x',)}", "k None → 5"],
        ),
    ],
)
def test_only_what_is_done_counts(after: dict[str, Any], expected: list[str]) -> None:
    assert plan_changes(Plan.model_validate(BEFORE), Plan.model_validate(after)) == expected


def test_a_foreign_key_that_went_is_told() -> None:
    before = Plan.model_validate({**BEFORE, "foreign_keys": [KEY]})
    assert plan_changes(before, Plan.model_validate(BEFORE)) == ["foreign key a (x) → b (z) went"]
