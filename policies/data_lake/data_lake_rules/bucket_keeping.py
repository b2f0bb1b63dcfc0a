"""What keeps the data of the lake's buckets: versions, access logs, a lifecycle.

They hold for buckets of the lake, those whose tag or label ``zone`` is one of the conventions' zones. A bucket without
the tag is the business of ``lake-zone-declared``; one that says ``zone: none`` is deliberately not part of the lake.
"""

from collections.abc import Iterator

from dataops_infra.conventions.tags import LOG_ZONE
from dataops_infra.policy import Rule, Severity, Stack, Violation
from dataops_infra.policy.buckets import (
    GCS_TYPES,
    S3_TYPES,
    GcsBucket,
    S3Bucket,
    gcs_buckets,
    s3_buckets,
)

BACKUP = "ISO/IEC 27001:2022 A.8.13"
LOGGING = "ISO/IEC 27001:2022 A.8.15"
DELETION = "ISO/IEC 27001:2022 A.8.10"


def _lake_buckets(stack: Stack) -> Iterator[S3Bucket | GcsBucket]:
    yield from (bucket for bucket in s3_buckets(stack) if bucket.in_lake)
    yield from (bucket for bucket in gcs_buckets(stack) if bucket.in_lake)


def versioned(stack: Stack) -> Iterator[Violation]:
    """What is overwritten or deleted by mistake can be brought back."""
    for bucket in _lake_buckets(stack):
        if not bucket.versioned:
            yield Violation("versioning is not enabled", urn=bucket.resource.urn)


def logged(stack: Stack) -> Iterator[Violation]:
    """Who read and wrote is logged elsewhere; a bucket of logs need not be logged, and none logs into itself.

    A bucket that logs into itself grows with each delivery and can never be emptied: Amazon S3 user guide, "Enabling
    Amazon S3 server access logging"; https://cloud.google.com/storage/docs/access-logs.
    """
    for bucket in _lake_buckets(stack):
        if any(target.is_in(bucket) for target in bucket.log_targets):
            yield Violation("access logs are written into the bucket itself", urn=bucket.resource.urn)
        elif not bucket.log_targets and bucket.zone != LOG_ZONE:
            yield Violation("access is not logged", urn=bucket.resource.urn)


def lifecycle_present(stack: Stack) -> Iterator[Violation]:
    """Data ends by itself, its old versions too, as the retention classes promise.

    Which class a bucket's data has is no property of the bucket, so the days are not compared with it.
    Where the conventions have a class that is kept for ever, a rule in force is enough, whatever it does.
    """
    classes = stack.settings.conventions.retention.classes.values()
    all_end = all(found.maximum_days is not None for found in classes)
    for bucket in _lake_buckets(stack):
        rules, urn = bucket.lifecycle_rules, bucket.resource.urn
        if not rules:
            yield Violation("no lifecycle rule is in force", urn=urn)
        elif all_end and not any(rule.expires_current for rule in rules):
            yield Violation("no lifecycle rule in force deletes objects by their age", urn=urn)
        elif all_end and bucket.versioned and not any(rule.expires_noncurrent for rule in rules):
            yield Violation("no lifecycle rule in force deletes old versions, so nothing ever ends", urn=urn)


TYPES = S3_TYPES | GCS_TYPES

RULES = (
    Rule(
        name="lake-bucket-versioned",
        description="Buckets of the lake keep old versions.",
        kind="stack",
        types=TYPES,
        check=versioned,
        remediation=("enable versioning: a BucketVersioning with status Enabled, or versioning.enabled on GCS",),
        frameworks=(BACKUP,),
    ),
    Rule(
        name="lake-bucket-logged",
        description="Access to the lake's buckets is logged, into another bucket.",
        kind="stack",
        types=TYPES,
        check=logged,
        remediation=(f"write access logs to a bucket of the zone {LOG_ZONE}: a BucketLogging, or logging on GCS",),
        frameworks=(LOGGING,),
    ),
    Rule(
        name="lake-lifecycle-present",
        description="Data in the lake's buckets ends by itself.",
        kind="stack",
        types=TYPES,
        check=lifecycle_present,
        remediation=(
            "add an enabled lifecycle rule that expires objects and their noncurrent versions"
            " (our components S3DataLake and GcsDataLake make one of retention.classes of the conventions)",
        ),
        severity=Severity.MEDIUM,
        frameworks=(DELETION,),
    ),
)
