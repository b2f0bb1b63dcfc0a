"""From a retention class to the lifecycle and the soft delete of a versioned GCS bucket. All figures are days.

Cloud Storage counts the age of a version from the moment it was written, also after it became noncurrent, so an age is
a promise about the data itself. Between the lifecycle's deletion of a version and its end lies the bucket's soft
delete, during which it can be restored and is paid for::

    written ── current ──┬─ current_days ─> noncurrent ─ delete_days ─> soft-deleted ─ soft_delete_days ─> gone
                         └─ overwritten or deleted by a user ─> noncurrent ─ noncurrent_days ─> soft-deleted ─> gone

- nothing is deleted before ``minimum_days``: a version overwritten or deleted on its first day lives on as noncurrent
  for as long, and one that a writer destroys by its generation can be restored for as long as soft delete allows;
- everything is gone at ``maximum_days``: the age at deletion and the soft delete add up to it.

Sources: Cloud Storage documentation, "Object Lifecycle Management" (``age``; deleting a current version makes it
noncurrent; changes take up to 24 hours) and "Soft delete" (0, or 7 to 90 days).
"""

from dataclasses import dataclass
from typing import Any

from dataops_infra.conventions.retention import RetentionClass

ABORT_MULTIPART_AFTER_DAYS = 7
"""Parts of an upload that never finished are invisible and paid for."""
INFREQUENT_CLASS = "NEARLINE"
ARCHIVE_CLASS = "ARCHIVE"
"""Unlike its namesakes elsewhere, this one answers at once; reading and early deletion cost more."""
SHORTEST_SOFT_DELETE_DAYS = 7
LONGEST_SOFT_DELETE_DAYS = 90
"""https://cloud.google.com/storage/docs/soft-delete#retention-duration; beside these, 0 turns it off."""
SECONDS_A_DAY = 86_400

Rule = dict[str, Any]


@dataclass(frozen=True)
class Lifetime:
    """Ages at which a version becomes noncurrent and is deleted, and what a user's own deletion leaves; None = never.

    :param current_days: age at which the lifecycle makes a version noncurrent.
    :param delete_days: age at which it deletes a noncurrent version.
    :param noncurrent_days: days after which it deletes a version that a user made noncurrent.
    :param soft_delete_days: days for which a deleted version can be restored; 0 = not at all.
    """

    current_days: int | None
    delete_days: int | None
    noncurrent_days: int | None
    soft_delete_days: int


def lifetime(retention: RetentionClass) -> Lifetime:
    """How a bucket keeps both promises of ``retention``; every class can be kept.

    Soft delete lasts as long as the minimum where the service allows that, but takes at most half of the days between
    minimum and maximum: data can be read until its minimum, or the day before it where the two are the same.
    """
    minimum = max(retention.minimum_days, 1)
    wanted = min(max(minimum, SHORTEST_SOFT_DELETE_DAYS), LONGEST_SOFT_DELETE_DAYS)
    if retention.maximum_days is None:
        return Lifetime(None, None, None, wanted)
    room = (retention.maximum_days - minimum) // 2
    soft = min(wanted, room) if room >= SHORTEST_SOFT_DELETE_DAYS else 0
    delete = retention.maximum_days - soft
    return Lifetime(max(delete - 1, 1), delete, minimum, soft)


def soft_delete_seconds(retention: RetentionClass) -> int:
    """How long a deleted version can be restored, in seconds, as the API has it."""
    return lifetime(retention).soft_delete_days * SECONDS_A_DAY


def lifecycle_rules(retention: RetentionClass) -> list[Rule]:
    """The rules of a bucket whose data is of this class."""
    kept = lifetime(retention)
    rules = [_rule("AbortIncompleteMultipartUpload", age=ABORT_MULTIPART_AFTER_DAYS), *_moves(retention, kept)]
    if kept.delete_days is not None:
        rules += [
            _rule("Delete", age=kept.current_days, with_state="LIVE"),
            _rule("Delete", days_since_noncurrent_time=kept.noncurrent_days, with_state="ARCHIVED"),
            _rule("Delete", age=kept.delete_days, with_state="ARCHIVED"),
        ]
    return rules


def _moves(retention: RetentionClass, kept: Lifetime) -> list[Rule]:
    tiers = retention.tiers
    moves = [
        (tiers.infrequent_after_days, INFREQUENT_CLASS, ["STANDARD"]),
        (tiers.archive_after_days, ARCHIVE_CLASS, ["STANDARD", INFREQUENT_CLASS]),
    ]
    return [
        _rule("SetStorageClass", to=storage, age=day, matches_storage_classes=before)
        for day, storage, before in moves
        if day is not None and (kept.delete_days is None or day < kept.delete_days)
    ]


def _rule(action: str, to: str | None = None, **condition: Any) -> Rule:
    return {"action": {"type": action, **({"storage_class": to} if to else {})}, "condition": condition}
