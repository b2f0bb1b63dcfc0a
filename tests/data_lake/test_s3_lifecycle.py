"""Retention classes as lifecycle rules: both promises of a class hold whatever users do to a version."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import RetentionClass, Tiers
from dataops_infra.data_lake.s3_lifecycle import Lifetime, lifecycle_rules, lifetime, rules_until
from tests.support.retention_classes import classes


@pytest.mark.parametrize(
    ("minimum", "maximum", "expected"),
    [
        (0, 30, Lifetime(29, 1)),
        (30, 400, Lifetime(370, 30)),
        (2555, 3650, Lifetime(1095, 2555)),
        (29, 30, Lifetime(1, 29)),
        (0, 2, Lifetime(1, 1)),
        (0, 1, None),
        (30, 30, None),
        (0, None, Lifetime(None, None)),
        (30, None, Lifetime(None, None)),
    ],
)
def test_lifetime_splits_the_maximum_over_both_states(
    minimum: int, maximum: int | None, expected: Lifetime | None
) -> None:
    assert lifetime(RetentionClass(minimum_days=minimum, maximum_days=maximum)) == expected


@given(retention=classes(), overwritten_on=st.integers(0, 8000))
def test_no_version_is_deleted_too_early_or_too_late(retention: RetentionClass, overwritten_on: int) -> None:
    kept = lifetime(retention)
    if kept is None:
        assert retention.maximum_days is not None
        assert retention.maximum_days <= max(retention.minimum_days, 1)
        return
    assert kept.current_days is not None
    assert kept.noncurrent_days is not None
    became_noncurrent = min(overwritten_on, kept.current_days)
    assert retention.maximum_days is not None
    assert retention.minimum_days <= became_noncurrent + kept.noncurrent_days <= retention.maximum_days


@given(retention=classes())
def test_lifecycle_rules_are_what_s3_accepts(retention: RetentionClass) -> None:
    """S3: a transition comes before the expiration of its rule's objects, ids are distinct, days are positive."""
    rules = {rule["id"]: rule for rule in lifecycle_rules(retention)}
    assert len(rules) == len(lifecycle_rules(retention))
    assert all(rule["filter"] == {} and rule["status"] == "Enabled" for rule in rules.values())
    kept = lifetime(retention)
    if kept is None or kept.current_days is None or kept.noncurrent_days is None:
        return
    current = [move["days"] for move in rules.get("move-to-colder-tiers", {}).get("transitions", [])]
    moved = rules.get("move-noncurrent-to-colder-tiers", {}).get("noncurrent_version_transitions", [])
    noncurrent = [move["noncurrent_days"] for move in moved]
    assert all(30 <= day < kept.current_days for day in current)
    assert all(30 <= day < kept.noncurrent_days for day in noncurrent)
    assert current == sorted(current)
    assert rules["expire-current"]["expiration"] == {"days": kept.current_days}
    assert rules["delete-noncurrent"]["noncurrent_version_expiration"] == {"noncurrent_days": kept.noncurrent_days}


ABORT: dict[str, Any] = {
    "id": "abort-unfinished-uploads",
    "status": "Enabled",
    "filter": {},
    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
}


def test_lifecycle_rules_of_a_class_that_keeps_everything_only_abort_and_move() -> None:
    kept = RetentionClass(minimum_days=30, tiers=Tiers(infrequent_after_days=30, archive_after_days=60))
    moves = [(30, "STANDARD_IA"), (60, "GLACIER_IR")]
    assert lifecycle_rules(kept) == [
        ABORT,
        {
            "id": "move-to-colder-tiers",
            "status": "Enabled",
            "filter": {},
            "transitions": [{"days": day, "storage_class": storage} for day, storage in moves],
        },
        {
            "id": "move-noncurrent-to-colder-tiers",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_transitions": [{"noncurrent_days": d, "storage_class": s} for d, s in moves],
        },
    ]


def test_lifecycle_rules_of_a_transient_class_have_no_tiers() -> None:
    assert lifecycle_rules(RetentionClass(maximum_days=30)) == [
        ABORT,
        {"id": "expire-current", "status": "Enabled", "filter": {}, "expiration": {"days": 29}},
        {
            "id": "delete-noncurrent",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": 1},
        },
        {
            "id": "remove-orphaned-delete-markers",
            "status": "Enabled",
            "filter": {},
            "expiration": {"expired_object_delete_marker": True},
        },
    ]


def test_rules_until_a_day_end_everything_then_and_some_of_it_sooner() -> None:
    everything = {"status": "Enabled", "filter": {}}
    sooner = {"status": "Enabled", "expiration": {"days": 3}}
    assert rules_until(date(2027, 1, 8), {"a/b/": 3, "c/": 3}) == [
        ABORT,
        {"id": "expire-a-b", **sooner, "filter": {"prefix": "a/b/"}},
        {"id": "expire-c", **sooner, "filter": {"prefix": "c/"}},
        {"id": "expire-everything", **everything, "expiration": {"date": "2027-01-08T00:00:00Z"}},
        {"id": "delete-noncurrent", **everything, "noncurrent_version_expiration": {"noncurrent_days": 1}},
        {"id": "remove-orphaned-delete-markers", **everything, "expiration": {"expired_object_delete_marker": True}},
    ]
    assert len(rules_until(date(2027, 1, 8))) == 4
