"""Who may read data on AWS: policies of stores and of roles, and who may assume a role."""

from collections.abc import Iterator
from typing import Any, Final

from dataops_infra.policy import Items, Properties, Resource, Unknown
from dataops_infra.policy.policy_documents import ASSUMING, PolicyDocument, read_document

from .edges import ITSELF, EdgeKind, End, at, is_given, link, spots
from .graph import Edge, Node
from .kinds import (
    ACCESS_POINT,
    CATALOG_DATABASE,
    DYNAMODB_TABLE,
    KINESIS_STREAM,
    MANAGED_POLICY,
    QUEUE,
    ROLE,
    S3_BUCKET,
    TABLE_BUCKET,
    TOPIC,
    WAREHOUSE,
    Kind,
)
from .places import Atlas, flow, parts
from .principals import principals_of
from .readable import managed_statement, reads, stores_read

READ_BY: Final = "read by"


def _document(holder: Properties | Items, key: Any) -> PolicyDocument:
    """The document as far as it is known; what is unknown is noted when a search comes to it, not here."""
    return read_document(holder.peek(key))


def store_policy(token: str, key: str, subject: End, kind: Kind, detail: str) -> EdgeKind:
    """The kind of edge between a store and those whom its policy lets read it."""

    def edges(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
        if not is_given(resource, key):
            return
        document, stores = _document(resource.props, key), subject.nodes(atlas, resource)
        for statement in document.statements:
            if reads(statement, S3_BUCKET if kind is ACCESS_POINT else kind):
                yield from flow(resource, stores, principals_of(atlas, statement), READ_BY, detail)
        if not document.complete:
            yield from flow(resource, stores, (atlas.waiting(resource.props, key, resource),), READ_BY)

    paths = tuple(path for path in (subject.path, key) if path)
    return EdgeKind(f"{detail} ({token.rpartition(':')[2]}.{key})", frozenset({token}), edges, paths)


def catalog_policy(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """The policy of an account's Glue catalog: what its statements name is read by their principals."""
    document = _document(resource.props, "policy")
    for statement in document.statements:
        stores = tuple(stores_read(atlas, statement, CATALOG_DATABASE))
        yield from flow(resource, stores, principals_of(atlas, statement), READ_BY, "catalog policy")
    if not document.complete:
        waiting = atlas.waiting(resource.props, "policy", resource)
        yield from flow(resource, (atlas.gathered(CATALOG_DATABASE, "*"),), (waiting,), READ_BY)


def trust(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Who may assume a role."""
    document = _document(resource.props, "assumeRolePolicy")
    for statement in document.statements:
        if any(statement.covers_action(action) for action in ASSUMING):
            yield from flow(resource, (resource.urn,), principals_of(atlas, statement), "assumed by")
    if not document.complete:
        waiting = atlas.waiting(resource.props, "assumeRolePolicy", resource)
        yield from flow(resource, (resource.urn,), (waiting,), "assumed by")


def _granted(
    atlas: Atlas, resource: Resource, holder: Properties | Items, key: Any, roles: tuple[Node, ...]
) -> Iterator[Edge]:
    """What an identity policy lets roles read; one that is unknown may speak of every store."""
    document = _document(holder, key)
    for statement in document.statements:
        yield from flow(resource, stores_read(atlas, statement), roles, READ_BY)
    if not document.complete and roles:
        waiting = (atlas.waiting(holder, key, resource),)
        for kind in _STORES:
            yield from flow(resource, (atlas.gathered(kind, "*"),), waiting, READ_BY)


_STORES: Final = (S3_BUCKET, TABLE_BUCKET, DYNAMODB_TABLE, KINESIS_STREAM, QUEUE, TOPIC, WAREHOUSE)


def role_policy(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """An inline policy of a role as a resource of its own."""
    roles = atlas.ends(resource, resource.props, "role", ROLE)
    yield from _granted(atlas, resource, resource.props, "policy", roles)


def inline_policies(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Inline and attached policies that stand in the role."""
    for holder, key in spots(resource, "inlinePolicies[].policy"):
        yield from _granted(atlas, resource, holder, key, (resource.urn,))
    if is_given(resource, "managedPolicyArns"):
        yield from _attached(atlas, resource, "managedPolicyArns", (resource.urn,))


def attachment(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A managed policy attached to roles by a resource of its own."""
    roles = tuple(node for key in ("role", "roles") for node in atlas.ends(resource, resource.props, key, ROLE))
    yield from _attached(atlas, resource, "policyArn", roles)


def _attached(atlas: Atlas, resource: Resource, key: str, roles: tuple[Node, ...]) -> Iterator[Edge]:
    for part, index in parts(resource.props, key):
        value = part.peek(index)
        managed = managed_statement(value) if isinstance(value, str) else None
        if managed is not None:
            yield from flow(resource, stores_read(atlas, managed), roles, READ_BY)
            continue
        for node in atlas.ends(resource, part, index, MANAGED_POLICY):
            policy = atlas.by_urn.get(node)
            if policy is not None:
                yield from _granted(atlas, policy, policy.props, "policy", roles)
            elif isinstance(value, Unknown):
                for kind in _STORES:
                    yield from flow(resource, (atlas.gathered(kind, "*"),), (node,), READ_BY)


AWS_ACCESS: Final = (
    store_policy("aws:s3/bucketPolicy:BucketPolicy", "policy", at("bucket", S3_BUCKET), S3_BUCKET, "bucket policy"),
    *(store_policy(token, "policy", ITSELF, S3_BUCKET, "bucket policy") for token in sorted(S3_BUCKET.types)),
    link("aws:s3/accessPoint:AccessPoint", at("bucket", S3_BUCKET), "offered by", ITSELF),
    store_policy("aws:s3/accessPoint:AccessPoint", "policy", ITSELF, ACCESS_POINT, "access point policy"),
    store_policy(
        "aws:s3control/accessPointPolicy:AccessPointPolicy",
        "policy",
        at("accessPointArn", ACCESS_POINT),
        ACCESS_POINT,
        "access point policy",
    ),
    store_policy(
        "aws:s3tables/tableBucketPolicy:TableBucketPolicy",
        "resourcePolicy",
        at("tableBucketArn", TABLE_BUCKET),
        TABLE_BUCKET,
        "table bucket policy",
    ),
    store_policy(
        "aws:dynamodb/resourcePolicy:ResourcePolicy",
        "policy",
        at("resourceArn", DYNAMODB_TABLE),
        DYNAMODB_TABLE,
        "table policy",
    ),
    store_policy(
        "aws:kinesis/resourcePolicy:ResourcePolicy",
        "policy",
        at("resourceArn", KINESIS_STREAM),
        KINESIS_STREAM,
        "stream policy",
    ),
    store_policy("aws:sns/topicPolicy:TopicPolicy", "policy", at("arn", TOPIC), TOPIC, "topic policy"),
    store_policy("aws:sns/topic:Topic", "policy", ITSELF, TOPIC, "topic policy"),
    store_policy("aws:sqs/queuePolicy:QueuePolicy", "policy", at("queueUrl", QUEUE), QUEUE, "queue policy"),
    store_policy("aws:sqs/queue:Queue", "policy", ITSELF, QUEUE, "queue policy"),
    EdgeKind("catalog policy", frozenset({"aws:glue/resourcePolicy:ResourcePolicy"}), catalog_policy),
    EdgeKind("role trust", ROLE.types, trust),
    EdgeKind("policies in a role", ROLE.types, inline_policies),
    EdgeKind("role policy", frozenset({"aws:iam/rolePolicy:RolePolicy"}), role_policy),
    EdgeKind(
        "attached policy",
        frozenset({"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment"}),
        attachment,
    ),
)
