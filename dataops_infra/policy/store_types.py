"""The types that hold data on both clouds, as one table.

A *data store* is a resource in which data of a dataset comes to rest: buckets, warehouses, databases, file systems,
caches, and streams, which keep what they carry for hours or days. Each entry says where the provider's type tells how
the data is encrypted, what makes it public, where it lies and how it is called; the rules of the pack dataops-pii read
the table and know no type by themselves. That every path exists is checked against the installed SDKs by a test.

What is encrypted without any setting is documented by the providers: each AWS service's page on encryption at rest
(named at the entry where it is off by default), https://cloud.google.com/docs/security/encryption/default-encryption.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

ANYONE_RANGES: Final = ("0.0.0.0/0", "::/0")
"""Address ranges that hold every address."""


class Kind(Enum):
    """What a store is to the rules: streams have a rule of their own."""

    AT_REST = "at rest"
    STREAM = "stream"


class Place(Enum):
    """What stands at :attr:`Store.location`."""

    REGION = "region"
    ZONE = "zone"
    """``europe-west1-b``: its region is all but the last part."""
    SPANNER_CONFIG = "spanner config"
    """``regional-europe-west1`` or a multi-region such as ``eur3``, perhaps after ``projects/…/instanceConfigs/``."""


@dataclass(frozen=True)
class Store:
    """What the rules need to know of one type; a path such as ``clusters[].kmsKeyName`` means each item of a list.

    :param noun: for messages, such as ``database``.
    :param keys: paths of the customer-managed key; none where the type cannot have one, or has it elsewhere.
    :param switch: path of what turns encryption at rest on; empty where data is always encrypted.
    :param off: values of the switch that leave data in plain; None = the switch is not given.
    :param on_with_key: value of the switch that encrypts, where the provider wants a key to be named with it.
    :param on_when: path and value with which a switch that is not given is on.
    :param inherits: paths that, when given, let the store take its encryption from another one.
    :param key_switch: path and value without which the key is not used.
    :param managed: whether ``keys`` is everything that says which key is used; False where it may stand in another
        resource that cannot be joined, so that a missing key proves nothing.
    :param public: path -> values that let anybody on the internet reach the store.
    :param location: path of where the data lies; ``region`` also where the provider's default counts.
    :param copies: paths of further regions to which the provider copies the data.
    :param physical: path of the name by which contracts and URIs call it, empty where none does.
    :param within: path and type of the resource that says the classification in place of this one.
    """

    token: str
    noun: str
    kind: Kind = Kind.AT_REST
    keys: tuple[str, ...] = ()
    switch: str = ""
    off: tuple[Any, ...] = ()
    on_with_key: str = ""
    on_when: tuple[str, str] | None = None
    inherits: tuple[str, ...] = ()
    key_switch: tuple[str, str | bool] | None = None
    managed: bool = True
    public: Mapping[str, tuple[Any, ...]] | None = None
    location: str = "region"
    place: Place = Place.REGION
    copies: tuple[str, ...] = ()
    physical: str = ""
    within: tuple[str, str] | None = None

    @property
    def provider(self) -> str:
        """``aws`` or ``gcp``."""
        return self.token.partition(":")[0]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every property path that the entry names."""
        named = (
            *self.keys,
            self.switch,
            *self.inherits,
            *(self.public or ()),
            self.location,
            *self.copies,
            self.physical,
        )
        pairs = (self.key_switch, self.on_when, self.within)
        return tuple(path for path in (*named, *(pair[0] for pair in pairs if pair)) if path)


_ON_THE_INTERNET: Final = {"publiclyAccessible": (True,)}
_UNSET_OR_FALSE: Final = (None, False)

S3_BUCKET: Final = "aws:s3/bucket:Bucket"
S3_BUCKET_V2: Final = "aws:s3/bucketV2:BucketV2"
S3_BUCKETS: Final = frozenset({S3_BUCKET, S3_BUCKET_V2})
"""Both tokens of one thing."""
GCS_BUCKET: Final = "gcp:storage/bucket:Bucket"
BIGQUERY_DATASET: Final = "gcp:bigquery/dataset:Dataset"
BIGQUERY_TABLE: Final = "gcp:bigquery/table:Table"
SPANNER_INSTANCE: Final = "gcp:spanner/instance:Instance"

_V2_DEFAULT: Final = "serverSideEncryptionConfigurations[].rules[].applyServerSideEncryptionByDefaults[]"

_AWS: Final = (
    Store(
        S3_BUCKET,
        "bucket",
        keys=("serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.kmsMasterKeyId",),
        physical="bucket",
    ),
    Store(S3_BUCKET_V2, "bucket", keys=(f"{_V2_DEFAULT}.kmsMasterKeyId",), physical="bucket"),
    Store("aws:s3/directoryBucket:DirectoryBucket", "directory bucket", managed=False, physical="bucket"),
    Store(
        "aws:s3tables/tableBucket:TableBucket",
        "table bucket",
        keys=("encryptionConfiguration.kmsKeyArn",),
        physical="name",
    ),
    Store(
        # Encrypted by default since provider 6: https://registry.terraform.io/providers/hashicorp/aws/6.0.0/docs/guides/version-6-upgrade
        "aws:redshift/cluster:Cluster",
        "warehouse",
        keys=("kmsKeyId",),
        switch="encrypted",
        off=(False, "false"),
        public=_ON_THE_INTERNET,
        physical="clusterIdentifier",
    ),
    Store("aws:redshiftserverless/namespace:Namespace", "warehouse", keys=("kmsKeyId",), physical="namespaceName"),
    Store(
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html
        "aws:rds/instance:Instance",
        "database",
        keys=("kmsKeyId",),
        switch="storageEncrypted",
        off=_UNSET_OR_FALSE,
        inherits=("replicateSourceDb", "snapshotIdentifier", "restoreToPointInTime"),
        public=_ON_THE_INTERNET,
    ),
    Store(
        "aws:rds/cluster:Cluster",
        "database",
        keys=("kmsKeyId",),
        switch="storageEncrypted",
        off=_UNSET_OR_FALSE,
        inherits=("snapshotIdentifier", "restoreToPointInTime"),
        public=_ON_THE_INTERNET,
    ),
    Store(
        # https://docs.aws.amazon.com/documentdb/latest/developerguide/encryption-at-rest.html
        "aws:docdb/cluster:Cluster",
        "database",
        keys=("kmsKeyId",),
        switch="storageEncrypted",
        off=_UNSET_OR_FALSE,
        inherits=("snapshotIdentifier", "restoreToPointInTime"),
    ),
    Store("aws:docdb/elasticCluster:ElasticCluster", "database", keys=("kmsKeyId",)),
    Store(
        # https://docs.aws.amazon.com/neptune/latest/userguide/encrypt.html
        "aws:neptune/cluster:Cluster",
        "database",
        keys=("kmsKeyArn",),
        switch="storageEncrypted",
        off=_UNSET_OR_FALSE,
        inherits=("snapshotIdentifier",),
    ),
    Store(
        "aws:neptunegraph/graph:Graph",
        "database",
        keys=("kmsKeyIdentifier",),
        public={"publicConnectivity": (True,)},
    ),
    Store("aws:dsql/cluster:Cluster", "database", keys=("kmsEncryptionKey",)),
    Store(
        "aws:dynamodb/table:Table",
        "table",
        keys=("serverSideEncryption.kmsKeyArn",),
        key_switch=("serverSideEncryption.enabled", True),
        copies=("replicas[].regionName",),
        physical="name",
    ),
    Store(
        "aws:keyspaces/table:Table",
        "table",
        keys=("encryptionSpecification.kmsKeyIdentifier",),
        key_switch=("encryptionSpecification.type", "CUSTOMER_MANAGED_KMS_KEY"),
    ),
    Store("aws:timestreamwrite/database:Database", "database", keys=("kmsKeyId",)),
    Store("aws:timestreaminfluxdb/dbInstance:DbInstance", "database", public=_ON_THE_INTERNET),
    Store("aws:timestreaminfluxdb/dbCluster:DbCluster", "database", public=_ON_THE_INTERNET),
    Store(
        # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/encryption-at-rest.html
        "aws:opensearch/domain:Domain",
        "search domain",
        keys=("encryptAtRest.kmsKeyId",),
        switch="encryptAtRest.enabled",
        off=_UNSET_OR_FALSE,
    ),
    Store(
        "aws:elasticsearch/domain:Domain",
        "search domain",
        keys=("encryptAtRest.kmsKeyId",),
        switch="encryptAtRest.enabled",
        off=_UNSET_OR_FALSE,
    ),
    # Its key may also stand in an encryption policy that speaks of collections by pattern.
    Store(
        "aws:opensearch/serverlessCollection:ServerlessCollection",
        "search collection",
        keys=("encryptionConfigs[].kmsKeyArn",),
        managed=False,
    ),
    Store(
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "cache",
        keys=("kmsKeyId",),
        switch="atRestEncryptionEnabled",
        off=_UNSET_OR_FALSE,
        on_when=("engine", "valkey"),
        inherits=("globalReplicationGroupId",),
    ),
    Store("aws:elasticache/serverlessCache:ServerlessCache", "cache", keys=("kmsKeyId",)),
    Store("aws:memorydb/cluster:Cluster", "cache", keys=("kmsKeyArn",)),
    Store(
        # https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html
        "aws:efs/fileSystem:FileSystem",
        "file system",
        keys=("kmsKeyId",),
        switch="encrypted",
        off=_UNSET_OR_FALSE,
    ),
    *(
        Store(f"aws:fsx/{token[0].lower()}{token[1:]}:{token}", "file system", keys=("kmsKeyId",))
        for token in ("LustreFileSystem", "OntapFileSystem", "OpenZfsFileSystem", "WindowsFileSystem")
    ),
    Store(
        # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
        "aws:ebs/volume:Volume",
        "volume",
        keys=("kmsKeyId",),
        switch="encrypted",
        off=_UNSET_OR_FALSE,
        inherits=("snapshotId",),
    ),
    Store(
        # https://docs.aws.amazon.com/streams/latest/dev/what-is-sse.html; StartStreamEncryption takes a key always
        "aws:kinesis/stream:Stream",
        "stream",
        Kind.STREAM,
        keys=("kmsKeyId",),
        switch="encryptionType",
        off=(None, "NONE"),
        on_with_key="KMS",
        physical="name",
    ),
    Store(
        # https://docs.aws.amazon.com/firehose/latest/dev/encryption.html: of other sources, the source encrypts
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "delivery stream",
        Kind.STREAM,
        keys=("serverSideEncryption.keyArn",),
        switch="serverSideEncryption.enabled",
        off=_UNSET_OR_FALSE,
        inherits=("kinesisSourceConfiguration", "mskSourceConfiguration"),
        key_switch=("serverSideEncryption.keyType", "CUSTOMER_MANAGED_CMK"),
        physical="name",
    ),
    Store(
        "aws:msk/cluster:Cluster",
        "Kafka cluster",
        Kind.STREAM,
        keys=("encryptionInfo.encryptionAtRestKmsKeyArn",),
        public={"brokerNodeGroupInfo.connectivityInfo.publicAccess.type": ("SERVICE_PROVIDED_EIPS",)},
        physical="clusterName",
    ),
    Store("aws:msk/serverlessCluster:ServerlessCluster", "Kafka cluster", Kind.STREAM, physical="clusterName"),
    Store(
        # SQS encrypts with its own keys unless told not to:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
        "aws:sqs/queue:Queue",
        "queue",
        Kind.STREAM,
        keys=("kmsMasterKeyId",),
        switch="sqsManagedSseEnabled",
        off=(False,),
        inherits=("kmsMasterKeyId",),
        physical="name",
    ),
    Store(
        # Disks are always encrypted: https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-1
        "aws:sns/topic:Topic",
        "topic",
        Kind.STREAM,
        keys=("kmsMasterKeyId",),
        physical="name",
    ),
)

_GCP: Final = (
    Store(GCS_BUCKET, "bucket", keys=("encryption.defaultKmsKeyName",), location="location", physical="name"),
    Store(
        BIGQUERY_DATASET,
        "dataset",
        keys=("defaultEncryptionConfiguration.kmsKeyName",),
        location="location",
        physical="datasetId",
    ),
    Store(
        BIGQUERY_TABLE,
        "table",
        keys=("encryptionConfiguration.kmsKeyName",),
        location="",
        within=("datasetId", BIGQUERY_DATASET),
    ),
    Store(
        "gcp:sql/databaseInstance:DatabaseInstance",
        "database",
        keys=("encryptionKeyName",),
        public={"settings.ipConfiguration.authorizedNetworks[].value": ANYONE_RANGES},
    ),
    # The keys of Spanner stand at its databases, the labels at the instance.
    Store(
        SPANNER_INSTANCE,
        "database instance",
        managed=False,
        location="config",
        place=Place.SPANNER_CONFIG,
        physical="name",
    ),
    Store(
        "gcp:spanner/database:Database",
        "database",
        keys=("encryptionConfig.kmsKeyName", "encryptionConfig.kmsKeyNames[]"),
        location="",
        within=("instance", SPANNER_INSTANCE),
    ),
    Store(
        "gcp:bigtable/instance:Instance",
        "database",
        keys=("clusters[].kmsKeyName",),
        location="clusters[].zone",
        place=Place.ZONE,
        physical="name",
    ),
    Store("gcp:firestore/database:Database", "database", keys=("cmekConfig.kmsKeyName",), location="locationId"),
    Store("gcp:alloydb/cluster:Cluster", "database", keys=("encryptionConfig.kmsKeyName",), location="location"),
    Store("gcp:filestore/instance:Instance", "file system", keys=("kmsKeyName",), location="location"),
    Store("gcp:lustre/instance:Instance", "file system", keys=("kmsKey",), location="location", place=Place.ZONE),
    Store("gcp:redis/instance:Instance", "cache", keys=("customerManagedKey",)),
    Store("gcp:redis/cluster:Cluster", "cache", keys=("kmsKey",)),
    Store("gcp:memorystore/instance:Instance", "cache", keys=("kmsKey",), location="location"),
    Store("gcp:healthcare/dataset:Dataset", "dataset", keys=("encryptionSpec.kmsKeyName",), location="location"),
    Store(
        "gcp:compute/disk:Disk",
        "volume",
        keys=("diskEncryptionKey.kmsKeySelfLink",),
        location="zone",
        place=Place.ZONE,
    ),
    Store(
        "gcp:pubsub/topic:Topic",
        "topic",
        Kind.STREAM,
        keys=("kmsKeyName",),
        location="messageStoragePolicy.allowedPersistenceRegions[]",
        physical="name",
    ),
    Store(
        "gcp:managedkafka/cluster:Cluster",
        "Kafka cluster",
        Kind.STREAM,
        keys=("gcpConfig.kmsKey",),
        public={"gcpConfig.accessConfig.publicClusterConfig.allowedSourceIpRanges[]": ANYONE_RANGES},
        location="location",
    ),
)

STORES: Final[Mapping[str, Store]] = {store.token: store for store in (*_AWS, *_GCP)}
"""Type token -> what is known of it."""
