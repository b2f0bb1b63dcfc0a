"""The judge of the GCP sandbox's conditions is worth its name: what it calls true, false and an error."""

import sys
from datetime import UTC, datetime

import celpy
import pytest
from celpy.evaluation import CELEvalError

from tests.support.cel import holds
from tests.support.cel_grants import Grant, allowed, grants_of
from tests.support.recording import Recorded, Recording

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ('request.time < timestamp("2026-12-31T12:00:01Z")', True),
        ('request.time < timestamp("2026-12-31T12:00:00Z")', False),
        ('request.time < timestamp("2026-12-31T12:00:00-01:00")', True),
        ('resource.name.startsWith("projects/p/")', True),
        ('resource.name.startsWith("projects/q/") || request.time < timestamp("2030-01-01T00:00:00Z")', True),
        ('request.time < timestamp("2030-01-01T00:00:00Z") && resource.name == "projects/q"', False),
        ("false", False),
    ],
)
def test_a_condition_is_evaluated(expression: str, verdict: bool) -> None:
    assert holds(expression, NOON, {"name": "projects/p/x"}) is verdict


@pytest.mark.parametrize("expression", ["request.size > 1", "resource.type == 'x'", "1 + 1", "request.time"])
def test_what_is_neither_true_nor_false_is_no_condition(expression: str) -> None:
    with pytest.raises(CELEvalError):
        holds(expression, NOON, {"name": "x"})


def test_what_is_no_cel_is_no_condition() -> None:
    with pytest.raises(celpy.CELParseError):
        holds("request.time <", NOON)


def test_judging_leaves_the_interpreter_as_it_was() -> None:
    before = sys.getrecursionlimit()
    holds("true || false", NOON)
    assert sys.getrecursionlimit() == before


def test_a_grant_reaches_what_is_below_its_resource_and_nothing_beside_it() -> None:
    grants = [Grant("user:a", "roles/storage.objectViewer", "projects/_/buckets/b", None)]
    for resource, verdict in (("b", True), ("b/objects/x", True), ("bb", False), ("a", False)):
        name = f"projects/_/buckets/{resource}"
        assert allowed(grants, "user:a", "storage.objects.get", name, NOON) is verdict
        assert not allowed(grants, "user:b", "storage.objects.get", name, NOON)


@pytest.mark.parametrize(
    "kind", ["gcp:projects/iAMBinding:IAMBinding", "gcp:bigquery/datasetIamMember:DatasetIamMember"]
)
def test_a_grant_of_another_kind_is_an_error(kind: str) -> None:
    inputs = {"role": "roles/owner", "member": "allUsers"}
    recorded = Recorded("u", kind, "n", True, "", inputs, False, False, False, (), (), {})
    with pytest.raises(AssertionError, match=kind):
        grants_of(Recording([recorded]))
