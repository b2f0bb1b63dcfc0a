"""From a retention class to the lifecycle rules of a versioned S3 bucket. All figures are days.

S3 counts a noncurrent version's age from the moment it stopped being current, so one number of days for each state must
keep both promises of a class whatever the users do in between:

- nothing is deleted before ``minimum_days``: a version overwritten or deleted on its first day lives on as noncurrent
  for ``minimum_days``;
- everything is deleted at ``maximum_days``: the days as current and the days as noncurrent add up to it.

S3 rounds each step up to the next midnight UTC (Amazon S3 user guide, "Lifecycle configuration elements").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dataops_infra.conventions.retention import RetentionClass, Tiers

ABORT_MULTIPART_AFTER_DAYS = 7
"""Parts of an upload that never finished are invisible and paid for."""
INFREQUENT_CLASS = "STANDARD_IA"
ARCHIVE_CLASS = "GLACIER_IR"
"""The archive class that still answers a query at once; the others need a restore of hours first."""

SHORTEST_NONCURRENT_DAYS = 1
"""A version spends one day at least in each state."""

Rule = dict[str, Any]


@dataclass(frozen=True)
class Lifetime:
    """Days that a version stays current, then noncurrent, before S3 deletes it; None = it stays."""

    current_days: int | None
    noncurrent_days: int | None


def lifetime(retention: RetentionClass) -> Lifetime | None:
    """How a versioned bucket keeps both promises of ``retention``; None when it cannot.

    It cannot when minimum and maximum leave no day as current: a version needs one day in each state.
    """
    if retention.maximum_days is None:
        return Lifetime(None, None)
    noncurrent = max(retention.minimum_days, SHORTEST_NONCURRENT_DAYS)
    current = retention.maximum_days - noncurrent
    return Lifetime(current, noncurrent) if current >= 1 else None


def lifecycle_rules(retention: RetentionClass) -> list[Rule]:
    """The rules of a bucket whose data is of this class (one that :func:`lifetime` can keep)."""
    kept = lifetime(retention) or Lifetime(None, None)
    rules = [_abort_unfinished_uploads()]
    current = _transitions(retention.tiers, kept.current_days, "days")
    noncurrent = _transitions(retention.tiers, kept.noncurrent_days, "noncurrent_days")
    if current:
        rules.append(_rule("move-to-colder-tiers", transitions=current))
    if noncurrent:
        rules.append(_rule("move-noncurrent-to-colder-tiers", noncurrent_version_transitions=noncurrent))
    if kept.current_days is not None:
        rules += [
            _rule("expire-current", expiration={"days": kept.current_days}),
            _delete_noncurrent(kept.noncurrent_days),
            _remove_orphaned_delete_markers(),
        ]
    return rules


def rules_until(day: date, prefixes: Mapping[str, int] | None = None) -> list[Rule]:
    """The rules of a bucket whose data ends on ``day`` (its midnight UTC, and whatever is written later too).

    S3 acts on all objects from that date on, for as long as the rule stands ("Lifecycle configuration elements", date).
    A version that is overwritten, deleted or expired goes a day later.

    :param prefixes: what ends sooner: prefix -> days after it was written.
    """
    return [
        _abort_unfinished_uploads(),
        *(
            {
                **_rule(f"expire-{prefix.strip('/').replace('/', '-')}", expiration={"days": days}),
                "filter": {"prefix": prefix},
            }
            for prefix, days in (prefixes or {}).items()
        ),
        _rule("expire-everything", expiration={"date": f"{day.isoformat()}T00:00:00Z"}),
        _delete_noncurrent(SHORTEST_NONCURRENT_DAYS),
        _remove_orphaned_delete_markers(),
    ]


def _abort_unfinished_uploads() -> Rule:
    return _rule(
        "abort-unfinished-uploads",
        abort_incomplete_multipart_upload={"days_after_initiation": ABORT_MULTIPART_AFTER_DAYS},
    )


def _delete_noncurrent(days: int | None) -> Rule:
    return _rule("delete-noncurrent", noncurrent_version_expiration={"noncurrent_days": days})


def _remove_orphaned_delete_markers() -> Rule:
    return _rule("remove-orphaned-delete-markers", expiration={"expired_object_delete_marker": True})


def _rule(rule_id: str, **action: Any) -> Rule:
    # An empty filter is every object; without one the API takes the deprecated prefix form.
    return {"id": rule_id, "status": "Enabled", "filter": {}, **action}


def _transitions(tiers: Tiers, last_day: int | None, unit: str) -> list[dict[str, Any]]:
    moves = [(tiers.infrequent_after_days, INFREQUENT_CLASS), (tiers.archive_after_days, ARCHIVE_CLASS)]
    return [
        {unit: day, "storage_class": storage}
        for day, storage in moves
        if day is not None and (last_day is None or day < last_day)
    ]
