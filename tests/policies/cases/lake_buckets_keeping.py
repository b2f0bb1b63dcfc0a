"""What keeps the data of the lake's buckets: stacks that must pass and that must fail."""

from collections.abc import Mapping
from typing import Any

from dataops_infra.conventions.retention import Retention, RetentionClass
from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import CONVENTIONS, Case

S3, S3_V2, GCS = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "gcp:storage/bucket:Bucket"
NAME = "acme-dev-growth-raw"


def bucket(token: str = S3, zone: str | None = "raw", name: Any = NAME, **properties: Any) -> Given:
    tags = {} if zone is None else {"zone": zone}
    if token == GCS:
        return Given(GCS, {"name": name, "labels": tags, **properties}, name="store")
    return Given(token, {"bucket": name, "tags": tags, **properties}, name="store")


def beside(kind: str, of: Any = NAME, made_from: str = "", **properties: Any) -> Given:
    """A resource of its own that sets something, such as ``bucketVersioning``, joined by name or by dependency."""
    depends = {"bucket": [made_from]} if made_from else None
    token = f"aws:s3/{kind}:{kind[0].upper()}{kind[1:]}"
    return Given(token, {"bucket": of, **properties}, name="beside", depends_on=depends)


def passes(rule: str, label: str, *resources: Given, **more: Any) -> Case:
    return Case(rule, resources, label=label, **more)


def fails(rule: str, label: str, message: str, *resources: Given, on: str = "store", **more: Any) -> Case:
    return Case(rule, resources, {on: (message,)}, label=label, **more)


ON: Mapping[str, Any] = {"versioningConfiguration": {"status": "Enabled"}}
OFF: Mapping[str, Any] = {"versioningConfiguration": {"status": "Suspended"}}
V, NOT_VERSIONED = "lake-bucket-versioned", "versioning is not enabled"

VERSIONED = (
    passes(V, "beside", bucket(), beside("bucketVersioning", **ON)),
    passes(V, "beside-v2", bucket(S3_V2), beside("bucketVersioningV2", **ON)),
    passes(V, "beside-by-arn", bucket(), beside("bucketVersioning", f"arn:aws:s3:::{NAME}", **ON)),
    passes(V, "by-dependency", bucket(name=UNKNOWN), beside("bucketVersioning", UNKNOWN, "store", **ON)),
    passes(V, "inline", bucket(versioning={"enabled": True})),
    passes(V, "inline-v2", bucket(S3_V2, versionings=[{"enabled": True}])),
    passes(V, "gcs", bucket(GCS, versioning={"enabled": True})),
    passes(V, "deliberately-no-zone", bucket(zone="none"), bucket(GCS, zone="none")),
    passes(V, "no-zone-is-another-rules-business", bucket(zone=None)),
    passes(V, "a-setting-of-a-bucket-elsewhere", beside("bucketVersioning", "elsewhere", **OFF)),
    fails(V, "none", NOT_VERSIONED, bucket()),
    fails(V, "none-v2", NOT_VERSIONED, bucket(S3_V2, zone="logs")),
    fails(V, "suspended", NOT_VERSIONED, bucket(), beside("bucketVersioning", **OFF)),
    fails(V, "suspended-by-dependency", NOT_VERSIONED, bucket(), beside("bucketVersioning", UNKNOWN, "store", **OFF)),
    fails(V, "another-buckets", NOT_VERSIONED, bucket(), beside("bucketVersioning", "elsewhere", **ON)),
    fails(V, "inline-off", NOT_VERSIONED, bucket(versioning={"enabled": False})),
    fails(V, "gcs-none", NOT_VERSIONED, bucket(GCS)),
    fails(V, "gcs-off", NOT_VERSIONED, bucket(GCS, versioning={"enabled": False})),
    Case(V, (bucket(), beside("bucketVersioning", UNKNOWN, **ON)), deferred={"beside": ("bucket",)}, label="whose"),
)

L, NOT_LOGGED, ITSELF = "lake-bucket-logged", "access is not logged", "access logs are written into the bucket itself"

LOGGED = (
    passes(L, "beside", bucket(), beside("bucketLogging", targetBucket="logs")),
    passes(L, "beside-v2", bucket(S3_V2), beside("bucketLoggingV2", targetBucket="logs")),
    passes(L, "inline", bucket(logging={"targetBucket": "logs"})),
    passes(L, "inline-v2", bucket(S3_V2, loggings=[{"targetBucket": "logs"}])),
    passes(L, "gcs", bucket(GCS, logging={"logBucket": "logs"})),
    passes(L, "logs-need-none", bucket(zone="logs")),
    passes(L, "deliberately-no-zone", bucket(zone="none")),
    passes(
        L,
        "target-by-dependency",
        Given(S3, {"bucket": UNKNOWN, "tags": {"zone": "raw"}}, name="store"),
        Given(S3, {"bucket": UNKNOWN, "tags": {"zone": "logs"}}, name="logs"),
        Given(
            "aws:s3/bucketLogging:BucketLogging",
            {"bucket": UNKNOWN, "targetBucket": UNKNOWN},
            name="beside",
            depends_on={"bucket": ["store"], "targetBucket": ["logs"]},
        ),
    ),
    fails(L, "none", NOT_LOGGED, bucket()),
    fails(L, "gcs-none", NOT_LOGGED, bucket(GCS)),
    fails(L, "another-buckets", NOT_LOGGED, bucket(), beside("bucketLogging", "elsewhere", targetBucket="logs")),
    fails(L, "itself", ITSELF, bucket(), beside("bucketLogging", targetBucket=NAME)),
    fails(L, "itself-inline", ITSELF, bucket(zone="logs", logging={"targetBucket": NAME})),
    fails(L, "itself-inline-v2", ITSELF, bucket(S3_V2, loggings=[{"targetBucket": NAME}])),
    fails(L, "itself-gcs", ITSELF, bucket(GCS, logging={"logBucket": NAME})),
    Case(
        L,
        (
            Given(S3, {"bucket": UNKNOWN, "tags": {"zone": "raw"}}, name="store"),
            Given(
                "aws:s3/bucketLogging:BucketLogging",
                {"bucket": UNKNOWN, "targetBucket": UNKNOWN},
                name="beside",
                depends_on={"bucket": ["store"], "targetBucket": ["store"]},
            ),
        ),
        {"store": (ITSELF,)},
        label="itself-by-dependency",
    ),
    Case(
        L,
        (
            Given(S3, {"bucket": UNKNOWN, "tags": {"zone": "raw"}}, name="store"),
            beside("bucketLogging", UNKNOWN, "store", targetBucket="logs"),
        ),
        deferred={"store": ("bucket",)},
        label="name-unknown",
    ),
    Case(L, (bucket(), beside("bucketLogging", UNKNOWN)), deferred={"beside": ("bucket",)}, label="whose"),
)

C = "lake-lifecycle-present"
NO_RULE = "no lifecycle rule is in force"
NO_END = "no lifecycle rule in force deletes objects by their age"
OLD_STAY = "no lifecycle rule in force deletes old versions, so nothing ever ends"
EXPIRE = {"id": "expire", "status": "Enabled", "expiration": {"days": 400}}
EXPIRE_OLD = {"id": "old", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 30}}
ABORT = {"id": "abort", "status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}
INLINE = [{"enabled": True, "expiration": {"days": 400}, "noncurrentVersionExpiration": {"days": 30}}]
INLINE_V2 = [{"enabled": True, "expirations": [{"days": 400}], "noncurrentVersionExpirations": [{"days": 30}]}]
KEPT: Mapping[str, Any] = {"versioning": {"enabled": True}}
FOR_EVER = CONVENTIONS.model_copy(
    update={"retention": Retention(default="archive", classes={"archive": RetentionClass().named("archive")})}
)


def configured(*rules: Mapping[str, Any], v2: str = "") -> Given:
    return beside(f"bucketLifecycleConfiguration{v2}", rules=list(rules))


def gcs_rules(*conditions: Mapping[str, Any], action: str = "Delete") -> Given:
    rules = [{"action": {"type": action}, "condition": dict(condition)} for condition in conditions]
    return bucket(GCS, lifecycleRules=rules, **KEPT)


LIFECYCLE = (
    passes(C, "beside", bucket(), configured(EXPIRE)),
    passes(C, "beside-v2", bucket(S3_V2), configured(EXPIRE, v2="V2")),
    passes(C, "versioned", bucket(**KEPT), configured(ABORT, EXPIRE, EXPIRE_OLD)),
    passes(C, "by-date", bucket(), configured({"status": "Enabled", "expiration": {"date": "2026-12-24"}})),
    passes(C, "inline", bucket(lifecycleRules=INLINE, **KEPT)),
    passes(C, "inline-v2", bucket(S3_V2, lifecycleRules=INLINE_V2, versionings=[{"enabled": True}])),
    passes(C, "gcs", gcs_rules({"age": 400})),
    passes(C, "gcs-two-rules", gcs_rules({"age": 30, "withState": "LIVE"}, {"daysSinceNoncurrentTime": 7})),
    passes(C, "deliberately-no-zone", bucket(zone="none")),
    passes(C, "kept-for-ever", bucket(**KEPT), configured(ABORT), conventions=FOR_EVER),
    fails(C, "none", NO_RULE, bucket()),
    fails(C, "gcs-none", NO_RULE, bucket(GCS)),
    fails(C, "none-even-if-kept-for-ever", NO_RULE, bucket(), conventions=FOR_EVER),
    fails(C, "disabled", NO_RULE, bucket(), configured({**EXPIRE, "status": "Disabled"})),
    fails(C, "inline-disabled", NO_RULE, bucket(lifecycleRules=[{**INLINE[0], "enabled": False}])),
    fails(C, "aborts-only", NO_END, bucket(), configured(ABORT)),
    fails(
        C, "markers-only", NO_END, bucket(), configured({**ABORT, "expiration": {"expiredObjectDeleteMarker": True}})
    ),
    fails(C, "old-versions-stay", OLD_STAY, bucket(**KEPT), configured(EXPIRE)),
    fails(C, "gcs-moves-only", NO_END, gcs_rules({"age": 400}, action="SetStorageClass")),
    fails(C, "gcs-by-date-empties-now", NO_END, gcs_rules({"createdBefore": "2027-01-01"})),
    fails(C, "gcs-old-versions-only", NO_END, gcs_rules({"numNewerVersions": 3})),
    fails(C, "gcs-old-versions-stay", OLD_STAY, gcs_rules({"age": 400, "withState": "LIVE"})),
    Case(
        C,
        (bucket(), beside("bucketLifecycleConfiguration", UNKNOWN, rules=[EXPIRE])),
        deferred={"beside": ("bucket",)},
        label="whose",
    ),
)

CASES = (*VERSIONED, *LOGGED, *LIFECYCLE)
