"""Nothing that holds data is open to everybody, unless the data is meant to be."""

import re
from collections.abc import Iterator

from dataops_infra.conventions.classification import PUBLIC_LEVEL
from dataops_infra.policy import Properties, Resource, Rule, Severity, Stack, Unknown, Violation
from dataops_infra.policy.buckets import GCS_TYPES, S3_TYPES, S3Bucket, S3Setting, s3_buckets
from dataops_infra.policy.joins import join
from dataops_infra.policy.policy_documents import is_public, read_document
from dataops_infra.policy.store_types import BIGQUERY_DATASET
from dataops_infra.policy.stores import classification_of, stated_at

from .classifying import is_external
from .controls import (
    ACCESS_CONTROL,
    CIS_AWS_RDS_PRIVATE,
    CIS_GCP_BUCKETS_PRIVATE,
    CIS_GCP_DATASETS_PRIVATE,
    CIS_GCP_SQL_PRIVATE,
    GDPR_SECURITY,
    LEAKAGE,
)
from .exposure_gcp import open_on_gcp
from .exposure_roles import ROLE, open_roles
from .openings import (
    DOCUMENTS,
    DOMAIN_DOCUMENT,
    DOMAIN_POLICIES,
    DOMAINS,
    DOORS,
    EMR_BLOCK,
    PUBLIC_ACLS,
    PUBLIC_GROUPS,
    SERVING,
)

_OTHERS = frozenset(
    {*DOORS, *DOCUMENTS, *DOMAINS, *DOMAIN_POLICIES, EMR_BLOCK, ROLE, *S3_TYPES, *GCS_TYPES, BIGQUERY_DATASET}
)
_GCP_GRANT = re.compile(r"gcp:(?P<service>\w+)/\w+:(?:\w*(?:IAM|Iam)(?:Member|Binding|Policy)|DatasetAccess)")

_REVIEW = "publish data of the level public only, and say so with `data-classification: public`"


def looked_at(token: str) -> bool:
    """Type predicate: stores, doors, roles, policy documents and grants that may let anybody in."""
    grant = _GCP_GRANT.fullmatch(token)
    return token in _OTHERS or (grant is not None and grant["service"] not in SERVING)


def not_public(stack: Stack) -> Iterator[Violation]:
    """No store of data, and no way to one such as a role, is open to everybody."""
    for resource in stack.resources:
        if not is_external(resource):
            yield from _open_doors(resource)
            yield from _open_documents(resource)
    yield from _open_domains(stack)
    for bucket in s3_buckets(stack):
        for opened in _openings_of_s3(bucket):
            if not may_be_open(bucket.resource):
                yield opened
    for opened, store in open_on_gcp(stack):
        if store is None or not may_be_open(store):
            yield opened


def may_be_open(store: Resource) -> bool:
    """Whether anybody may read a store's data; also before it can be told, which was noted."""
    level = classification_of(store)
    return isinstance(level, Unknown) or level == PUBLIC_LEVEL


def _open_doors(resource: Resource) -> Iterator[Violation]:
    noun, openings = DOORS.get(resource.type, ("", {}))
    for path, values in openings.items():
        if any(value in values for value in stated_at(resource, path) if value is not None):
            if not may_be_open(resource):
                steps = (f"close `{path}`", _REVIEW)
                yield Violation(f"the {noun} is open to everybody", steps, resource.urn)
            return


def _open_documents(resource: Resource) -> Iterator[Violation]:
    if resource.type in DOCUMENTS:
        noun, path = DOCUMENTS[resource.type]
        if _lets_anybody_in(resource.stated(path)) and not may_be_open(resource):
            yield _open_policy(resource, noun, path)
    elif resource.type == EMR_BLOCK and resource.stated("blockPublicSecurityGroupRules") is False:
        message = "clusters of the account may be opened to everybody"
        yield Violation(message, ("set `blockPublicSecurityGroupRules`",), resource.urn)
    elif resource.type == ROLE:
        yield from open_roles(resource)


def _lets_anybody_in(document: object) -> bool:
    return any(is_public(statement) for statement in read_document(document).statements)


def _open_policy(resource: Resource, noun: str, path: str) -> Violation:
    steps = (f"name the principals in `{path}`, or the organisation in a condition", _REVIEW)
    return Violation(f"the policy of the {noun} lets anybody in", steps, resource.urn)


def _open_domains(stack: Stack) -> Iterator[Violation]:
    """A domain in a VPC is reached from there only, whatever its policy says.

    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html
    """
    domains = [domain for domain in stack.of_types(DOMAINS) if not is_external(domain)]
    policies = stack.of_types(DOMAIN_POLICIES)
    joined = join(stack, domains, policies, reference="domainName", names=("domainName", "id"))
    inside = [domain for domain in domains if domain.stated("vpcOptions") is not None]
    hidden = {policy.urn for domain in inside for policy in (domain, *joined.of(domain))}
    for resource in (*domains, *policies):
        if resource.urn not in hidden and _lets_anybody_in(resource.stated(DOMAIN_DOCUMENT)):
            yield _open_policy(resource, "search domain", DOMAIN_DOCUMENT)


def _openings_of_s3(bucket: S3Bucket) -> Iterator[Violation]:
    for holder in (bucket.resource, *bucket.settings(S3Setting.ACL)):
        if any(_is_open_acl(holder)):
            steps = ("leave the ACL out and disable ACLs (BucketOwnerEnforced)", _REVIEW)
            yield Violation("the bucket's ACL lets anybody in", steps, holder.urn)
    # What the bucket refuses is not waited for: most policies name its ARN, which only the deployment tells.
    waits = not bucket.refuses_public or not _has_unknown_policy(bucket)
    for holder, document in bucket.policies if waits else ():
        if _lets_anybody_in(document):
            yield _open_policy(holder, "bucket", "policy")
    for point in bucket.settings(S3Setting.ACCESS_POINT):
        if _lets_anybody_in(point.stated("policy")):
            yield _open_policy(point, "access point", "policy")


def _has_unknown_policy(bucket: S3Bucket) -> bool:
    holders = bucket.settings(S3Setting.POLICY) or (bucket.resource,)
    return any(isinstance(holder.props.peek("policy"), Unknown) for holder in holders)


def _is_open_acl(holder: Resource) -> Iterator[bool]:
    """Canned ACLs and grants, of the bucket itself and of a resource of its own."""
    acl = holder.stated("acl")
    yield not isinstance(acl, Properties) and acl in PUBLIC_ACLS
    for path in ("grants[].uri", "accessControlPolicy.grants[].grantee.uri"):
        yield from (uri in PUBLIC_GROUPS for uri in stated_at(holder, path))


RULES = (
    Rule(
        name="pii-not-public",
        description="No data store is open to everybody, and no role is assumed by anybody.",
        kind="stack",
        types=looked_at,
        check=not_public,
        remediation=("close what is open", _REVIEW),
        severity=Severity.CRITICAL,
        frameworks=(
            ACCESS_CONTROL,
            LEAKAGE,
            GDPR_SECURITY,
            CIS_AWS_RDS_PRIVATE,
            CIS_GCP_BUCKETS_PRIVATE,
            CIS_GCP_SQL_PRIVATE,
            CIS_GCP_DATASETS_PRIVATE,
        ),
    ),
)
