"""Copies of data on AWS: replicas, snapshots, exports, synchronisation and migration."""

from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import Properties, Resource

from .edges import ITSELF, EdgeKind, at, blocks, copied_with, inner_blocks, is_given, link, spots, text_at
from .graph import Copied, Edge, Node
from .kinds import (
    DATABASE,
    DYNAMODB_TABLE,
    KINESIS_STREAM,
    MIGRATION_ENDPOINT,
    S3_BUCKET,
    SNAPSHOT,
    SYNC_LOCATION,
    TABLE_BUCKET,
    WAREHOUSE,
)
from .places import Atlas, flow
from .principals import accounts_at

REPLICATION: Final = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
_DISABLED: Final = "Disabled"


def replication(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Replication rules of S3, which stand in a resource of their own or in the bucket (both tokens)."""
    if resource.type == REPLICATION:
        sources: tuple[Node, ...] = atlas.ends(resource, resource.props, "bucket", S3_BUCKET)
        rules = blocks(resource, "rules")
    else:
        sources = (resource.urn,)
        one, several = (tuple(blocks(resource, name, "rules")) for name in _INLINE)
        rules = iter((*one, *several))
    for rule in rules:
        if rule.at("status") != _DISABLED:
            yield from _replicated(atlas, resource, rule, sources)


_INLINE: Final = ("replicationConfiguration", "replicationConfigurations")


def _replicated(atlas: Atlas, resource: Resource, rule: Properties, sources: tuple[Node, ...]) -> Iterator[Edge]:
    name = text_at(rule, "id") if isinstance(rule.peek("id"), str) else ""
    detail = f"bucket rule `{name}`" if name else "bucket rule"
    for destination in (*inner_blocks(rule, "destination"), *inner_blocks(rule, "destinations")):
        targets = atlas.ends(resource, destination, "bucket", S3_BUCKET)
        yield from flow(resource, sources, targets, "replicated to", detail, Copied.BY_TARGET)


def synchronised(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A DataSync task between two locations; one in S3 stands for its bucket."""
    sources, targets = (
        [node for end in atlas.ends(resource, resource.props, key, SYNC_LOCATION) for node in _behind(atlas, end)]
        for key in ("sourceLocationArn", "destinationLocationArn")
    )
    yield from flow(resource, sources, targets, "synchronised to", copy=Copied.BY_TARGET)


def migrated(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A migration (DMS) between two endpoints; an endpoint stands for the bucket, database or stream behind it."""
    sources, targets = (
        [node for end in atlas.ends(resource, resource.props, key, MIGRATION_ENDPOINT) for node in _behind(atlas, end)]
        for key in ("sourceEndpointArn", "targetEndpointArn")
    )
    yield from flow(resource, sources, targets, "migrated to", copy=Copied.BY_TARGET)


BEHIND: Final = (
    at("s3BucketArn", S3_BUCKET),
    at("bucketName", S3_BUCKET),
    at("kinesisSettings.streamArn", KINESIS_STREAM),
)


def _behind(atlas: Atlas, node: Node) -> tuple[Node, ...]:
    """What stands behind a location or an endpoint; the node itself where that is not told."""
    resource = atlas.by_urn.get(node)
    if resource is None:
        return (node,)
    for end in BEHIND:
        if any(True for _ in spots(resource, end.path)):
            return end.nodes(atlas, resource) or (node,)
    return atlas.made_from(resource, "serverName", DATABASE, WAREHOUSE) or (node,)


def shared_snapshot(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Accounts that a snapshot is shared with."""
    for holder, key in spots(resource, "sharedAccounts"):
        targets = accounts_at(atlas, resource, holder, key)
        yield from flow(resource, (resource.urn,), targets, "shared with")


def global_table(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Replicas of a DynamoDB table in other regions of its account."""
    for replica in blocks(resource, "replicas"):
        region = text_at(replica, "regionName")
        target = atlas.place(f"{resource.urn} in {region}", f"`{resource.name}` in {region}", None)
        yield from flow(resource, (resource.urn,), (target,), "replicated to", copy=copied_with(replica, "kmsKeyArn"))


def restored(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A database or warehouse made from another one or from a snapshot."""
    for path, *kinds in RESTORED_FROM:
        if is_given(resource, path.split(".")[0]):
            sources = at(path, *kinds).nodes(atlas, resource)
            yield from flow(resource, sources, (resource.urn,), "restored as", copy=Copied.BY_TARGET)


RESTORED_FROM: Final = (
    ("snapshotIdentifier", SNAPSHOT),
    ("restoreToPointInTime.sourceDbInstanceIdentifier", DATABASE),
    ("restoreToPointInTime.sourceClusterIdentifier", DATABASE),
    ("restoreSourceName", DYNAMODB_TABLE),
    ("restoreSourceTableArn", DYNAMODB_TABLE),
)

AWS_COPIES: Final = (
    EdgeKind("S3 replication", S3_BUCKET.types | {REPLICATION}, replication),
    EdgeKind("DataSync task", frozenset({"aws:datasync/task:Task"}), synchronised),
    EdgeKind(
        "database migration",
        frozenset({"aws:dms/replicationTask:ReplicationTask", "aws:dms/replicationConfig:ReplicationConfig"}),
        migrated,
    ),
    EdgeKind("shared snapshot", SNAPSHOT.types, shared_snapshot),
    EdgeKind("DynamoDB replicas", DYNAMODB_TABLE.types, global_table),
    EdgeKind("restore", DATABASE.types | DYNAMODB_TABLE.types, restored),
    link(
        "aws:rds/instance:Instance", at("replicateSourceDb", DATABASE), "replicated to", ITSELF, copy=Copied.BY_TARGET
    ),
    link(
        "aws:rds/cluster:Cluster",
        at("replicationSourceIdentifier", DATABASE),
        "replicated to",
        ITSELF,
        copy=Copied.BY_TARGET,
    ),
    link("aws:rds/snapshot:Snapshot", at("dbInstanceIdentifier", DATABASE), "saved as", ITSELF),
    link("aws:rds/clusterSnapshot:ClusterSnapshot", at("dbClusterIdentifier", DATABASE), "saved as", ITSELF),
    link(
        "aws:rds/snapshotCopy:SnapshotCopy",
        at("sourceDbSnapshotIdentifier", SNAPSHOT),
        "copied to",
        ITSELF,
        copy=Copied.WITH_KEY,
        key="kmsKeyId",
    ),
    link(
        "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy",
        at("sourceDbClusterSnapshotIdentifier", SNAPSHOT),
        "copied to",
        ITSELF,
        copy=Copied.WITH_KEY,
        key="kmsKeyId",
    ),
    link(
        "aws:rds/exportTask:ExportTask",
        at("sourceArn"),
        "exported to",
        at("s3BucketName", S3_BUCKET),
        copy=Copied.WITH_KEY,
        key="kmsKeyId",
    ),
    link("aws:rds/integration:Integration", at("sourceArn"), "replicated to", at("targetArn"), copy=Copied.BY_TARGET),
    link(
        "aws:redshift/integration:Integration",
        at("sourceArn"),
        "replicated to",
        at("targetArn"),
        copy=Copied.BY_TARGET,
        name="zero-ETL integration",
    ),
    link(
        "aws:dynamodb/tableExport:TableExport",
        at("tableArn", DYNAMODB_TABLE),
        "exported to",
        at("s3Bucket", S3_BUCKET),
        copy=Copied.BY_TARGET,
    ),
    link(
        "aws:s3tables/tableBucketReplication:TableBucketReplication",
        at("tableBucketArn", TABLE_BUCKET),
        "replicated to",
        at("rule.destinations[].destinationTableBucketArn", TABLE_BUCKET),
        copy=Copied.BY_TARGET,
    ),
)
