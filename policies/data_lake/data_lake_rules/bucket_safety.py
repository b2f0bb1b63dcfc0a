"""What keeps every bucket safe, in the lake or not: ACLs off, encryption stated, TLS only.

These hold for every bucket of a stack, whatever its zone says: a bucket that is deliberately not part of the lake
(``zone: none``) still holds the organisation's data. What keeps a bucket safe is *declared*, although S3 does it for
new buckets by itself (ACLs off and public access blocked since April 2023, SSE-S3 since January 2023): a bucket may be
older than that, and what no program states, no deployment puts right when somebody has changed it (ADR 0090).
"""

from collections.abc import Iterator

from dataops_infra.policy import Items, Resource, Rule, Severity, Stack, Unknown, Violation
from dataops_infra.policy.buckets import GCS_TYPES, S3_TYPES, GcsSetting, S3Bucket, S3Setting, gcs_buckets, s3_buckets
from dataops_infra.policy.policy_documents import Condition, Statement, matches, read_document
from dataops_infra.policy.values import Properties

ACCESS_CONTROL = "ISO/IEC 27001:2022 A.5.15"
CRYPTOGRAPHY = "ISO/IEC 27001:2022 A.8.24"
NETWORKS = "ISO/IEC 27001:2022 A.8.20"

ENFORCED = "BucketOwnerEnforced"
PRIVATE = "private"
"""The canned ACL of a bucket that was given none."""


def acls_disabled(stack: Stack) -> Iterator[Violation]:
    """Access is what policies say: no ACL acts, so nobody grants anything object by object.

    Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket";
    https://cloud.google.com/storage/docs/uniform-bucket-level-access.
    """
    for bucket in s3_buckets(stack):
        yield from _ownership(bucket)
        acl, grants = bucket.resource.stated("acl"), bucket.resource.stated("grants")
        if acl not in (None, PRIVATE) and not isinstance(acl, Unknown):
            yield Violation("`acl` grants access by an ACL", urn=bucket.resource.urn)
        if isinstance(grants, Items) and len(grants):
            yield Violation("`grants` grants access by an ACL", urn=bucket.resource.urn)
    for gcs in gcs_buckets(stack):
        uniform = gcs.resource.stated("uniformBucketLevelAccess")
        if uniform is not True and not isinstance(uniform, Unknown):
            yield Violation("`uniformBucketLevelAccess` is not on, so ACLs act", urn=gcs.resource.urn)
    for resource in stack.of_types(S3Setting.ACL.types | GcsSetting.ACL.types):
        yield Violation("access is granted by an ACL", urn=resource.urn)


def _ownership(bucket: S3Bucket) -> Iterator[Violation]:
    controls = bucket.settings(S3Setting.OWNERSHIP)
    if not controls and not bucket.may_miss(S3Setting.OWNERSHIP):
        yield Violation("no BucketOwnershipControls turn ACLs off", urn=bucket.resource.urn)
    for control in controls:
        rule = control.stated("rule")
        owner = rule["objectOwnership"] if isinstance(rule, Properties) else rule
        if owner != ENFORCED and not isinstance(owner, Unknown):
            yield Violation(f"`rule.objectOwnership` is not {ENFORCED}, so ACLs act", urn=control.urn)


def encrypted(stack: Stack) -> Iterator[Violation]:
    """Default encryption is stated, SSE-S3 or better.

    Which data needs a key of the customer's own is asked by ``pii-store-encrypted`` of the pack dataops-pii. Cloud
    Storage encrypts always, without a setting (https://cloud.google.com/storage/docs/encryption/default-keys).
    """
    for bucket in s3_buckets(stack):
        if not any(_names_algorithm(default) for default in bucket.encryptions):
            yield Violation("no default encryption is stated", urn=bucket.resource.urn)


def _names_algorithm(default: Properties | Unknown) -> bool:
    return isinstance(default, Unknown) or bool(default["sseAlgorithm"]) or isinstance(default["sseAlgorithm"], Unknown)


def tls_only(stack: Stack) -> Iterator[Violation]:
    """The bucket policy denies everybody every request without TLS, for the bucket and its objects.

    Amazon S3 user guide, "Security best practices for Amazon S3", "Enforce encryption of data in transit". Cloud
    Storage has no such setting: who is authenticated uses HTTPS, and ``lake-bucket-private`` keeps out who is not.
    """
    for bucket in s3_buckets(stack):
        documents = [read_document(value) for _, value in bucket.policies]
        if not all(document.complete for document in documents):
            continue
        if not documents:
            if not bucket.may_miss(S3Setting.POLICY):
                yield Violation("no bucket policy denies requests without TLS", urn=bucket.resource.urn)
            continue
        denials = [found for document in documents for found in document.statements if _denies_plain_http(found)]
        if bucket.name is None:
            bucket.wait_for_name()
        else:
            yield from _uncovered(bucket.policies[0][0], denials, bucket.name)


def _uncovered(policy: Resource, denials: list[Statement], name: str) -> Iterator[Violation]:
    for part, key in (("the bucket", ""), ("its objects", "/*")):
        if not any(_covers(denial, name + key) for denial in denials):
            yield Violation(f"the policy does not deny requests without TLS to {part}", urn=policy.urn)


def _denies_plain_http(statement: Statement) -> bool:
    everybody = statement.names_everybody and not statement.not_principals
    conditions = statement.conditions
    return (
        not statement.allows
        and everybody
        and statement.covers_action("s3:*")
        and len(conditions) == 1
        and _is_without_tls(conditions[0])
    )


def _is_without_tls(condition: Condition) -> bool:
    plain = condition.operator.lower() in {"bool", "boolifexists"} and condition.key == "aws:securetransport"
    return plain and [value.lower() for value in condition.values] == ["false"]


def _covers(statement: Statement, target: str) -> bool:
    """Whether the resources of a statement hold ``<bucket>`` or ``<bucket>/*``, in whichever partition."""
    return any(matches(pattern.rpartition(":::")[2], target) for pattern in statement.resources)


RULES = (
    Rule(
        name="lake-acls-disabled",
        description="No ACL grants access to a bucket or its objects.",
        kind="stack",
        types=S3_TYPES | GCS_TYPES,
        check=acls_disabled,
        remediation=(
            f"add BucketOwnershipControls with objectOwnership {ENFORCED}, or uniformBucketLevelAccess on GCS,"
            " and grant by policy",
        ),
        frameworks=(ACCESS_CONTROL,),
    ),
    Rule(
        name="lake-bucket-encrypted",
        description="Every bucket states its default encryption.",
        kind="stack",
        types=S3_TYPES,
        check=encrypted,
        remediation=("add a BucketServerSideEncryptionConfiguration with sseAlgorithm aws:kms (or AES256 for logs)",),
        severity=Severity.HIGH,
        frameworks=(CRYPTOGRAPHY,),
    ),
    Rule(
        name="lake-bucket-tls-only",
        description="No bucket answers requests without TLS.",
        kind="stack",
        types=S3_TYPES,
        check=tls_only,
        remediation=(
            "deny s3:* to Principal * on the bucket and its objects where aws:SecureTransport is false,"
            " with no other condition",
        ),
        severity=Severity.HIGH,
        frameworks=(NETWORKS, CRYPTOGRAPHY),
    ),
)
