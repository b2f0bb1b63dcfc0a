"""No bucket lets in the public: ``lake-bucket-private``, for every bucket of a stack, whatever its zone says.

What is public is what Amazon S3 calls so (user guide, "Blocking public access to your Amazon S3 storage", "The meaning
of public") and, on Cloud Storage, what ``allUsers`` and ``allAuthenticatedUsers`` may do
(https://cloud.google.com/storage/docs/public-access-prevention).

Where a bucket's public access is blocked in all four ways (or prevented), the cloud refuses or ignores what is public:
a policy that is unknown before the deployment is not waited for then, though one that is known is still judged.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dataops_infra.policy import Items, Properties, Provider, Resource, Rule, Severity, Stack, Unknown, Violation
from dataops_infra.policy.buckets import GCS_TYPES, PUBLIC_ACCESS_BLOCKS, S3_TYPES, S3Bucket, S3Setting, s3_buckets
from dataops_infra.policy.policy_documents import is_public, read_document
from dataops_infra.policy.store_types import S3_BUCKETS

from .bucket_access_gcs import gcs_public

ACCESS_CONTROL = "ISO/IEC 27001:2022 A.5.15"
LEAKAGE = "ISO/IEC 27001:2022 A.8.12"

ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
MULTI_REGION_POINT = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
OTHER_POLICIES: Mapping[str, tuple[str, ...]] = {
    "aws:s3control/accessPointPolicy:AccessPointPolicy": ("policy",),
    "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": ("details", "policy"),
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": ("policy",),
}
"""Types whose policy opens a way to a bucket: where it stands."""
OBJECT_TYPES = frozenset(
    {
        "aws:s3/bucketObject:BucketObject",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:s3/objectCopy:ObjectCopy",
    }
)
PUBLIC_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
"""Ends of the URIs: Amazon S3 user guide, "Access control list (ACL) overview"."""
_CREDENTIALS = ("profile", "assumeRoles", "assumeRoleWithWebIdentity", "accessKey", "allowedAccountIds")


def private(stack: Stack) -> Iterator[Violation]:
    """Everything of a stack that could let the public reach a bucket."""
    account_blocks = stack.of_types({ACCOUNT_BLOCK})
    buckets = s3_buckets(stack)
    refused: set[str] = set()
    for bucket in buckets:
        blocks = [*bucket.settings(S3Setting.PUBLIC_ACCESS), *_of_its_account(bucket.resource, account_blocks)]
        yield from _block_missing(bucket, blocks)
        if _blocks_everything(blocks):
            refused.update((bucket.resource.urn, *(setting.urn for setting in bucket.settings(S3Setting.POLICY))))
    for resource in stack.of_types(S3Setting.POLICY.types | S3_BUCKETS):
        if resource.urn not in refused or not isinstance(resource.props.peek("policy"), Unknown):
            yield from _public_policy(resource, resource.stated("policy"))
    yield from _public_acls(stack)
    yield from _public_points(stack)
    yield from gcs_public(stack)


def _of_its_account(resource: Resource, blocks: Iterable[Resource]) -> Iterator[Resource]:
    return (block for block in blocks if _same_account(resource.provider, block.provider))


def _same_account(one: Provider | None, other: Provider | None) -> bool:
    """Whether two providers act in one account, as far as can be told: one provider, or with equal credentials."""
    if one is None or other is None or one.name == other.name:
        return True
    mine, theirs = ([each.props.peek(key) for key in _CREDENTIALS] for each in (one, other))
    return mine == theirs and not any(isinstance(value, Unknown) for value in mine)


def _block_missing(bucket: S3Bucket, blocks: list[Resource]) -> Iterator[Violation]:
    if not blocks:
        if not bucket.may_miss(S3Setting.PUBLIC_ACCESS):
            yield Violation("no public access block covers the bucket", urn=bucket.resource.urn)
        return
    off = [name for name in PUBLIC_ACCESS_BLOCKS if not any(_on(block.stated(name)) for block in blocks)]
    if off:
        names = ", ".join(f"`{name}`" for name in off)
        yield Violation(f"the public access block leaves {names} off", urn=bucket.resource.urn)


def _on(value: Any) -> bool:
    return value is True or isinstance(value, Unknown)


def _blocks_everything(blocks: list[Resource]) -> bool:
    return all(any(block.props.peek(name) is True for block in blocks) for name in PUBLIC_ACCESS_BLOCKS)


def _public_policy(resource: Resource, value: Any) -> Iterator[Violation]:
    document = read_document(value)
    if document.problem is not None:
        yield Violation(f"the policy {document.problem}, so nobody can tell whom it lets in", urn=resource.urn)
    for index, statement in enumerate(document.statements):
        if is_public(statement):
            yield Violation(f"the policy lets in anybody (`Statement[{index}]`)", urn=resource.urn)


def _public_acls(stack: Stack) -> Iterator[Violation]:
    for resource in stack.of_types(S3Setting.ACL.types | OBJECT_TYPES | S3_BUCKETS):
        if resource.stated("acl") in PUBLIC_ACLS:
            yield Violation("`acl` lets in the public", urn=resource.urn)
        for path, grant in _grants(resource):
            uri = grant["uri"]
            if isinstance(uri, str) and uri.endswith(PUBLIC_GROUPS):
                yield Violation(f"`{path}` lets in the public", urn=resource.urn)


def _grants(resource: Resource) -> Iterator[tuple[str, Properties]]:
    """Path and grantee of each grant: of a bucket or object, and of a BucketAcl's access control policy."""
    policy = resource.stated("accessControlPolicy")
    for grants in (resource.stated("grants"), policy["grants"] if isinstance(policy, Properties) else None):
        for grant in grants if isinstance(grants, Items) else ():
            if isinstance(grant, Properties):
                grantee = grant["grantee"]
                yield grant.path, grantee if isinstance(grantee, Properties) else grant


def _public_points(stack: Stack) -> Iterator[Violation]:
    for point in stack.of_types(S3Setting.ACCESS_POINT.types):
        yield from _opened(point, point.stated("publicAccessBlockConfiguration"))
        if point.stated("vpcConfiguration") is None:  # one of a VPC is never public, whatever its policy says
            yield from _public_policy(point, point.stated("policy"))
    for point in stack.of_types({MULTI_REGION_POINT}):
        details = point.stated("details")
        yield from _opened(point, details["publicAccessBlock"] if isinstance(details, Properties) else details)
    for resource in stack.of_types(OTHER_POLICIES):
        name, *inner = OTHER_POLICIES[resource.type]
        value = resource.stated(name)
        for step in inner:
            value = value[step] if isinstance(value, Properties) else value
        yield from _public_policy(resource, value)


def _opened(point: Resource, block: Any) -> Iterator[Violation]:
    """An access point blocks public access by itself unless it is told not to."""
    for name in PUBLIC_ACCESS_BLOCKS:
        if isinstance(block, Properties) and block[name] is False:
            yield Violation(f"`{block.path}.{name}` is off", urn=point.urn)


RULES = (
    Rule(
        name="lake-bucket-private",
        description="No bucket lets in the public.",
        kind="stack",
        types=S3_TYPES | OBJECT_TYPES | GCS_TYPES | frozenset({ACCOUNT_BLOCK, MULTI_REGION_POINT, *OTHER_POLICIES}),
        check=private,
        remediation=(
            "block public access in all four ways with a BucketPublicAccessBlock"
            " (publicAccessPrevention enforced on GCS) and name who may come in",
        ),
        severity=Severity.CRITICAL,
        frameworks=(ACCESS_CONTROL, LEAKAGE),
    ),
)
