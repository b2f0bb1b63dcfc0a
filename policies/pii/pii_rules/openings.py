"""What lets anybody in, by type: properties that open a store, and properties that hold a policy document."""

from collections.abc import Mapping
from typing import Any, Final

from dataops_infra.policy.store_types import ANYONE_RANGES, STORES

_ON_THE_INTERNET: Final = {"publiclyAccessible": (True,)}
_SHARED_WITH_ALL: Final = {"sharedAccounts[]": ("all",)}

DOORS: Final[Mapping[str, tuple[str, Mapping[str, tuple[Any, ...]]]]] = {
    **{token: (store.noun, store.public) for token, store in STORES.items() if store.public},
    "aws:redshiftserverless/workgroup:Workgroup": ("warehouse", _ON_THE_INTERNET),
    "aws:rds/clusterInstance:ClusterInstance": ("database", _ON_THE_INTERNET),
    "aws:rds/shardGroup:ShardGroup": ("database", _ON_THE_INTERNET),
    "aws:neptune/clusterInstance:ClusterInstance": ("database", _ON_THE_INTERNET),
    "aws:dms/replicationInstance:ReplicationInstance": ("replication instance", _ON_THE_INTERNET),
    "aws:dms/instanceProfile:InstanceProfile": ("replication instance", _ON_THE_INTERNET),
    "aws:rds/snapshot:Snapshot": ("snapshot", _SHARED_WITH_ALL),
    "aws:rds/clusterSnapshot:ClusterSnapshot": ("snapshot", _SHARED_WITH_ALL),
    "aws:rds/snapshotCopy:SnapshotCopy": ("snapshot", _SHARED_WITH_ALL),
    "gcp:alloydb/instance:Instance": (
        "database",
        {"networkConfig.authorizedExternalNetworks[].cidrRange": ANYONE_RANGES},
    ),
}
"""Type -> what it is, and path -> values by which everybody on the internet, or in the cloud, reaches it."""

DOCUMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "aws:backup/vaultPolicy:VaultPolicy": ("backup vault", "policy"),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": ("table", "policy"),
    "aws:glue/resourcePolicy:ResourcePolicy": ("data catalogue", "policy"),
    "aws:kinesis/resourcePolicy:ResourcePolicy": ("stream", "policy"),
    "aws:kms/key:Key": ("key", "policy"),
    "aws:kms/keyPolicy:KeyPolicy": ("key", "policy"),
    "aws:msk/clusterPolicy:ClusterPolicy": ("Kafka cluster", "policy"),
    "aws:redshift/resourcePolicy:ResourcePolicy": ("warehouse", "policy"),
    "aws:s3control/accessPointPolicy:AccessPointPolicy": ("access point", "policy"),
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": ("table bucket", "resourcePolicy"),
    "aws:s3tables/tablePolicy:TablePolicy": ("table", "resourcePolicy"),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("secret", "policy"),
    "aws:sns/topic:Topic": ("topic", "policy"),
    "aws:sns/topicPolicy:TopicPolicy": ("topic", "policy"),
    "aws:sqs/queue:Queue": ("queue", "policy"),
    "aws:sqs/queuePolicy:QueuePolicy": ("queue", "policy"),
}
"""Type -> what it is, and the path of its policy document."""

DOMAINS: Final = frozenset({"aws:opensearch/domain:Domain", "aws:elasticsearch/domain:Domain"})
DOMAIN_POLICIES: Final = frozenset(
    {"aws:opensearch/domainPolicy:DomainPolicy", "aws:elasticsearch/domainPolicy:DomainPolicy"}
)
DOMAIN_DOCUMENT: Final = "accessPolicies"

EMR_BLOCK: Final = "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration"

PUBLIC_ACLS: Final = ("public-read", "public-read-write", "authenticated-read")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl (any AWS account too)"""
PUBLIC_GROUPS: Final = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)

ANYBODY: Final = ("allUsers", "allAuthenticatedUsers")
"""https://cloud.google.com/iam/docs/principals-overview#all-users: with or without a Google account, anybody's."""
PUBLIC_GCS_ACLS: Final = ("publicRead", "publicReadWrite", "authenticatedRead")
"""https://cloud.google.com/storage/docs/access-control/lists#predefined-acl"""
SERVING: Final = frozenset(
    {"apigateway", "cloudfunctions", "cloudfunctionsv2", "cloudrun", "cloudrunv2", "endpoints", "iap"}
)
"""Services whose IAM says who may call a program: a public web site is no public store."""
