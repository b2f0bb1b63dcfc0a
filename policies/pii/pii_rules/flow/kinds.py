"""Kinds of things that data flows through, and how a property speaks of one: by name, by ARN, by URI, by resource name.

Forms of ARNs: https://docs.aws.amazon.com/service-authorization/latest/reference/ (resource types per service);
of Google's names: https://cloud.google.com/apis/design/resource_names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_ARN: Final = r"arn:[^:]*:{service}:(?P<region>[^:]*):(?P<account>[^:]*):{rest}"


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of thing.

    :param types: type tokens of its resources.
    :param names: properties of such a resource that hold what others call it.
    :param forms: what a reference looks like, with the groups ``name`` and, where it tells, ``account`` or ``project``;
        a text that has none of these forms is the name itself, unless it is an ARN or a URI.
    :param scopes: properties beside a reference that hold the account or project it is meant in.
    :param word: stands before the name in messages.
    :param worldwide: whether its names are the same in every account, so that a bare name tells of no account.
    """

    types: frozenset[str]
    names: tuple[str, ...] = ()
    forms: tuple[re.Pattern[str], ...] = ()
    scopes: tuple[str, ...] = ()
    word: str = ""
    worldwide: bool = False


@dataclass(frozen=True)
class Reference:
    """What a text speaks of: a name, and the account or project where the text tells it."""

    name: str
    scope: str = ""


def _arn(service: str, rest: str) -> re.Pattern[str]:
    return re.compile(_ARN.format(service=service, rest=rest))


def _aws(*tokens: str) -> frozenset[str]:
    return frozenset(f"aws:{token}" for token in tokens)


def _gcp(*tokens: str) -> frozenset[str]:
    return frozenset(f"gcp:{token}" for token in tokens)


_NAME: Final = r"(?P<name>[^/:]+)"
_ACCOUNTS: Final = ("account", "accountId", "bucketAccountId", "s3BucketOwner", "expectedBucketOwner", "catalogId")
_PROJECTS: Final = ("projectId", "project", "sourceProjectId")
_PROJECT: Final = r"(?:.*/)?projects/(?P<project>[^/]+)/"

S3_BUCKET: Final = Kind(
    _aws("s3/bucket:Bucket", "s3/bucketV2:BucketV2"),
    ("bucket",),
    (re.compile(r"arn:[^:]*:s3:::(?P<name>[^/]+).*"), re.compile(r"s3[an]?://(?P<name>[^/]+).*")),
    _ACCOUNTS,
    worldwide=True,
)
ACCESS_POINT: Final = Kind(
    _aws("s3/accessPoint:AccessPoint"), ("name",), (_arn("s3", rf"accesspoint/{_NAME}.*"),), word="access point"
)
ROLE: Final = Kind(
    _aws("iam/role:Role"),
    ("name",),
    (_arn("iam", r"role/(?:.*/)?(?P<name>[^/]+)"), _arn("sts", rf"assumed-role/{_NAME}/.*")),
    word="role",
)
USER: Final = Kind(_aws("iam/user:User"), ("name",), (_arn("iam", r"user/(?:.*/)?(?P<name>[^/]+)"),), word="user")
MANAGED_POLICY: Final = Kind(
    _aws("iam/policy:Policy"), ("name",), (_arn("iam", r"policy/(?:.*/)?(?P<name>[^/]+)"),), word="policy"
)
DYNAMODB_TABLE: Final = Kind(
    _aws("dynamodb/table:Table", "dynamodb/globalTable:GlobalTable"),
    ("name",),
    (_arn("dynamodb", r"table/(?P<name>[^/]+).*"),),
)
KINESIS_STREAM: Final = Kind(
    _aws("kinesis/stream:Stream"), ("name",), (_arn("kinesis", r"stream/(?P<name>[^/]+).*"),), word="stream"
)
FIREHOSE: Final = Kind(
    _aws("kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"),
    ("name",),
    (_arn("firehose", rf"deliverystream/{_NAME}"),),
    word="delivery stream",
)
QUEUE: Final = Kind(
    _aws("sqs/queue:Queue"),
    ("name",),
    (_arn("sqs", _NAME), re.compile(r"https://[^/]*sqs[^/]*/(?P<account>[0-9]{12})/(?P<name>[^/]+)")),
    word="queue",
)
TOPIC: Final = Kind(_aws("sns/topic:Topic"), ("name",), (_arn("sns", rf"{_NAME}(?::.*)?"),), word="topic")
FUNCTION: Final = Kind(
    _aws("lambda/function:Function"), ("name",), (_arn("lambda", rf"function:{_NAME}(?::.*)?"),), word="function"
)
EVENT_BUS: Final = Kind(
    _aws("cloudwatch/eventBus:EventBus"), ("name",), (_arn("events", r"event-bus/(?P<name>.+)"),), word="event bus"
)
STATE_MACHINE: Final = Kind(
    _aws("sfn/stateMachine:StateMachine"),
    ("name",),
    (_arn("states", rf"stateMachine:{_NAME}(?::.*)?"),),
    word="state machine",
)
DATABASE: Final = Kind(
    _aws("rds/instance:Instance", "rds/cluster:Cluster"),
    ("identifier", "clusterIdentifier"),
    (_arn("rds", rf"(?:db|cluster):{_NAME}"),),
)
SNAPSHOT: Final = Kind(
    _aws(
        "rds/snapshot:Snapshot",
        "rds/clusterSnapshot:ClusterSnapshot",
        "rds/snapshotCopy:SnapshotCopy",
        "rds/clusterSnapshotCopy:ClusterSnapshotCopy",
    ),
    (
        "dbSnapshotIdentifier",
        "dbClusterSnapshotIdentifier",
        "targetDbSnapshotIdentifier",
        "targetDbClusterSnapshotIdentifier",
    ),
    (_arn("rds", r"(?:cluster-)?snapshot:(?P<name>.+)"),),
    word="snapshot",
)
WAREHOUSE: Final = Kind(
    _aws("redshift/cluster:Cluster", "redshiftserverless/namespace:Namespace"),
    ("clusterIdentifier", "namespaceName"),
    (_arn("redshift(?:-serverless)?", r"(?:cluster|namespace):?/?(?P<name>[^/:]+)"),),
)
DATASHARE: Final = Kind(
    _aws("redshift/dataShareAuthorization:DataShareAuthorization"),
    ("dataShareArn",),
    (_arn("redshift", r"datashare:(?P<name>[^/]+/.+)"),),
    word="datashare",
)
CATALOG_DATABASE: Final = Kind(
    _aws("glue/catalogDatabase:CatalogDatabase"),
    ("name",),
    (_arn("glue", rf"database/{_NAME}"),),
    _ACCOUNTS,
    word="database",
)
CATALOG_TABLE: Final = Kind(
    _aws("glue/catalogTable:CatalogTable"),
    ("name",),
    (_arn("glue", r"table/[^/]+/(?P<name>[^/]+)"),),
    _ACCOUNTS,
    word="table",
)
SYNC_LOCATION: Final = Kind(
    _aws(
        "datasync/s3Location:S3Location",
        "datasync/efsLocation:EfsLocation",
        "datasync/nfsLocation:NfsLocation",
        "datasync/locationSmb:LocationSmb",
        "datasync/locationHdfs:LocationHdfs",
        "datasync/locationObjectStorage:LocationObjectStorage",
        "datasync/locationAzureBlob:LocationAzureBlob",
    ),
    (),
    (_arn("datasync", rf"location/{_NAME}"),),
    word="location",
)
MIGRATION_ENDPOINT: Final = Kind(
    _aws("dms/endpoint:Endpoint", "dms/s3Endpoint:S3Endpoint"),
    (),  # its ARN holds no name that its resource knows
    (_arn("dms", rf"endpoint:{_NAME}"),),
    word="endpoint",
)
SHARE: Final = Kind(
    _aws("ram/resourceShare:ResourceShare"), (), (_arn("ram", rf"resource-share/{_NAME}"),), word="resource share"
)
TABLE_BUCKET: Final = Kind(
    _aws("s3tables/tableBucket:TableBucket"), ("name",), (_arn("s3tables", rf"bucket/{_NAME}.*"),)
)
EVENT_RULE: Final = Kind(
    _aws("cloudwatch/eventRule:EventRule"),
    ("name",),
    (_arn("events", r"rule/(?:.*/)?(?P<name>[^/]+)"),),
    word="event rule",
)
GLUE_JOB: Final = Kind(_aws("glue/job:Job"), ("name",), (_arn("glue", rf"job/{_NAME}"),), word="job")
GCS_BUCKET: Final = Kind(
    _gcp("storage/bucket:Bucket"),
    ("name",),
    (
        re.compile(r"gs://(?P<name>[^/]+).*"),
        re.compile(r"(?://)?storage\.googleapis\.com/(?:projects/_/buckets/)?(?P<name>[^/]+).*"),
        re.compile(r"(?:b|projects/_/buckets)/(?P<name>[^/]+).*"),
    ),
    worldwide=True,
)
DATASET: Final = Kind(
    _gcp("bigquery/dataset:Dataset"),
    ("datasetId",),
    (
        re.compile(_PROJECT + r"datasets/(?P<name>[^/]+).*"),
        re.compile(r"(?P<project>[a-z][a-z0-9-]+)[.:](?P<name>\w+)(?:\.[^.]+)?"),
    ),
    _PROJECTS,
    word="dataset",
)
PUBSUB_TOPIC: Final = Kind(
    _gcp("pubsub/topic:Topic"), ("name",), (re.compile(_PROJECT + r"topics/(?P<name>[^/]+)"),), _PROJECTS, word="topic"
)
SUBSCRIPTION: Final = Kind(
    _gcp("pubsub/subscription:Subscription"),
    ("name",),
    (re.compile(_PROJECT + r"subscriptions/(?P<name>[^/]+)"),),
    _PROJECTS,
    word="subscription",
)
SQL_INSTANCE: Final = Kind(
    _gcp("sql/databaseInstance:DatabaseInstance"),
    ("name",),
    (re.compile(_PROJECT + r"instances/(?P<name>[^/]+)"), re.compile(r"(?P<project>[a-z][a-z0-9-]+):(?P<name>[^:]+)")),
    (*_PROJECTS, "sourceProject"),
)
SERVICE_ACCOUNT: Final = Kind(
    _gcp("serviceaccount/account:Account"),
    ("accountId",),
    (
        re.compile(
            r"(?:projects/[^/]+/serviceAccounts/)?(?P<name>[^@/]+)@(?P<project>[^@]+)\.iam\.gserviceaccount\.com"
        ),
    ),
    word="service account",
)
EXCHANGE: Final = Kind(
    _gcp("bigqueryanalyticshub/dataExchange:DataExchange"),
    ("dataExchangeId",),
    (re.compile(_PROJECT + r"locations/[^/]+/dataExchanges/(?P<name>[^/]+)"),),
    _PROJECTS,
    word="exchange",
)
LISTING: Final = Kind(
    _gcp("bigqueryanalyticshub/listing:Listing"),
    ("listingId",),
    (re.compile(_PROJECT + r"locations/[^/]+/dataExchanges/[^/]+/listings/(?P<name>[^/]+)"),),
    _PROJECTS,
    word="listing",
)

AWS_KINDS: Final = (
    S3_BUCKET,
    ACCESS_POINT,
    ROLE,
    USER,
    DYNAMODB_TABLE,
    KINESIS_STREAM,
    FIREHOSE,
    QUEUE,
    TOPIC,
    FUNCTION,
    EVENT_BUS,
    STATE_MACHINE,
    DATABASE,
    SNAPSHOT,
    WAREHOUSE,
    DATASHARE,
    CATALOG_DATABASE,
    CATALOG_TABLE,
)
"""What an ARN in a property can speak of."""

KINDS: Final = (
    *AWS_KINDS,
    TABLE_BUCKET,
    EVENT_RULE,
    GLUE_JOB,
    MANAGED_POLICY,
    SYNC_LOCATION,
    MIGRATION_ENDPOINT,
    SHARE,
    GCS_BUCKET,
    DATASET,
    PUBSUB_TOPIC,
    SUBSCRIPTION,
    SQL_INSTANCE,
    SERVICE_ACCOUNT,
    EXCHANGE,
    LISTING,
)

KIND_OF: Final[Mapping[str, Kind]] = {token: kind for kind in KINDS for token in kind.types}


def reference(kind: Kind, text: str) -> Reference | None:
    """What ``text`` speaks of when it speaks of a thing of this kind; None where it has another one's form."""
    for form in kind.forms:
        found = form.fullmatch(text)
        if found:
            groups = found.groupdict()
            return Reference(groups["name"], groups.get("account") or groups.get("project") or "")
    return None if text.startswith("arn:") or "/" in text else Reference(text)
