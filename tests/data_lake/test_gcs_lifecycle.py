"""Retention classes on GCS: both promises of a class hold over versions and soft delete, whatever users do."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import RetentionClass, Tiers
from dataops_infra.conventions.retention import default_retention_classes
from dataops_infra.data_lake import s3_lifecycle
from dataops_infra.data_lake.gcs_lifecycle import Lifetime, lifecycle_rules, lifetime, soft_delete_seconds
from tests.support.retention_classes import classes

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "lakes-on-two-clouds.md"


@pytest.mark.parametrize(
    ("minimum", "maximum", "expected"),
    [
        (0, 30, Lifetime(22, 23, 1, 7)),
        (30, 400, Lifetime(369, 370, 30, 30)),
        (2555, 3650, Lifetime(3559, 3560, 2555, 90)),
        (0, 15, Lifetime(7, 8, 1, 7)),
        (0, 14, Lifetime(13, 14, 1, 0)),
        (30, 30, Lifetime(29, 30, 30, 0)),
        (1, 1, Lifetime(1, 1, 1, 0)),
        (0, None, Lifetime(None, None, None, 7)),
        (30, None, Lifetime(None, None, None, 30)),
        (400, None, Lifetime(None, None, None, 90)),
    ],
)
def test_lifetime_leaves_room_for_soft_delete_before_the_maximum(
    minimum: int, maximum: int | None, expected: Lifetime
) -> None:
    assert lifetime(RetentionClass(minimum_days=minimum, maximum_days=maximum)) == expected


def days_of(retention: RetentionClass, noncurrent_on: int | None) -> tuple[int, int, int]:
    """Ages at which a version became noncurrent, was deleted and was gone, by the rules as the service reads them.

    :param noncurrent_on: age at which a user overwrites or deletes the version; None = never.
    """
    deletes = [rule["condition"] for rule in lifecycle_rules(retention) if rule["action"]["type"] == "Delete"]
    (live,) = [condition["age"] for condition in deletes if condition["with_state"] == "LIVE"]
    archived = [condition for condition in deletes if condition["with_state"] == "ARCHIVED"]
    noncurrent = live if noncurrent_on is None else min(noncurrent_on, live)
    deleted = min(
        max(condition.get("age", 0), noncurrent + condition.get("days_since_noncurrent_time", 0), noncurrent)
        for condition in archived
    )
    return noncurrent, deleted, deleted + soft_delete_seconds(retention) // 86_400


@given(retention=classes(), noncurrent_on=st.none() | st.integers(0, 8000))
def test_no_version_is_deleted_too_early_or_gone_too_late(retention: RetentionClass, noncurrent_on: int | None) -> None:
    _, deleted, gone = days_of(retention, noncurrent_on)
    assert retention.maximum_days is not None
    assert retention.minimum_days <= deleted <= gone <= retention.maximum_days


@given(retention=classes())
def test_current_data_can_be_read_until_its_minimum(retention: RetentionClass) -> None:
    noncurrent, deleted, gone = days_of(retention, None)
    assert noncurrent >= retention.minimum_days - 1  # the last day in the one other state a deleted version needs
    assert gone == retention.maximum_days
    assert deleted - noncurrent <= 1


@given(retention=classes())
def test_what_a_writer_destroys_can_be_restored_for_the_minimum_or_the_longest_the_service_allows(
    retention: RetentionClass,
) -> None:
    soft = soft_delete_seconds(retention) // 86_400
    assert soft == 0 or 7 <= soft <= 90
    room = (retention.maximum_days or 0) - max(retention.minimum_days, 1)
    if room >= 180:
        assert soft >= min(retention.minimum_days, 90)


@given(retention=classes())
def test_lifecycle_rules_are_what_gcs_accepts(retention: RetentionClass) -> None:
    """A condition of 0 days is not sent by the provider, which would widen the rule to every object."""
    rules = lifecycle_rules(retention)
    for rule in rules:
        figures = [value for value in rule["condition"].values() if isinstance(value, int)]
        assert figures
        assert min(figures) >= 1
        assert not {"created_before", "noncurrent_time_before", "custom_time_before"} & rule["condition"].keys()
    delete = lifetime(retention).delete_days
    moves = [rule for rule in rules if rule["action"]["type"] == "SetStorageClass"]
    assert all(delete is not None and 30 <= rule["condition"]["age"] < delete for rule in moves)


@pytest.mark.parametrize("name", default_retention_classes())
def test_the_guide_tells_the_figures_of_both_clouds(name: str) -> None:
    retention = default_retention_classes()[name]
    ours, theirs = lifetime(retention), s3_lifecycle.lifetime(retention)
    assert theirs is not None
    line = next(line for line in GUIDE.read_text().splitlines() if line.startswith(f"| `{name}`"))
    figures = [int(figure.replace(",", "")) for figure in re.findall(r"[0-9][0-9,]*[0-9]|[0-9]", line)]
    promise = [retention.minimum_days, retention.maximum_days]
    assert figures == [*promise, theirs.current_days, theirs.noncurrent_days,
                       ours.current_days, ours.delete_days, ours.soft_delete_days]  # fmt: skip


ABORT: dict[str, Any] = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}}


def test_lifecycle_rules_of_a_class_that_keeps_everything_only_abort_and_move() -> None:
    kept = RetentionClass(minimum_days=30, tiers=Tiers(infrequent_after_days=30, archive_after_days=60))
    assert lifecycle_rules(kept) == [
        ABORT,
        {
            "action": {"type": "SetStorageClass", "storage_class": "NEARLINE"},
            "condition": {"age": 30, "matches_storage_classes": ["STANDARD"]},
        },
        {
            "action": {"type": "SetStorageClass", "storage_class": "ARCHIVE"},
            "condition": {"age": 60, "matches_storage_classes": ["STANDARD", "NEARLINE"]},
        },
    ]


def test_lifecycle_rules_of_a_transient_class_have_no_tiers() -> None:
    assert lifecycle_rules(RetentionClass(maximum_days=30)) == [
        ABORT,
        {"action": {"type": "Delete"}, "condition": {"age": 22, "with_state": "LIVE"}},
        {"action": {"type": "Delete"}, "condition": {"days_since_noncurrent_time": 1, "with_state": "ARCHIVED"}},
        {"action": {"type": "Delete"}, "condition": {"age": 23, "with_state": "ARCHIVED"}},
    ]


@pytest.mark.parametrize(("day", "moves"), [(369, 1), (370, 0), (380, 0)])
def test_a_tier_that_does_not_begin_before_the_deletion_is_left_out(day: int, moves: int) -> None:
    late = RetentionClass(minimum_days=30, maximum_days=400, tiers=Tiers(infrequent_after_days=day))
    assert [rule["action"]["type"] for rule in lifecycle_rules(late)].count("SetStorageClass") == moves
