"""The kinds of edges that the other modules leave: one stack each that must fail, and its legal twin."""

from collections.abc import Mapping
from typing import Any

from dataops_infra.policy.judging import Given
from policies.pii.pii_rules.flow.edges_aws_streams import DELIVERED
from tests.support.flow_cases import DEV, END, PII, PROD, Twins, bucket, gcs, given, policy

ROOTS = (f"arn:aws:iam::{DEV}:root", f"arn:aws:iam::{PROD}:root")
ACCOUNTS = (DEV, PROD)
PROJECTS = ("acme-data-dev", "acme-data-prod")
MEMBERS = tuple(f"serviceAccount:etl@{project}.iam.gserviceaccount.com" for project in PROJECTS)
S3_DEV, S3_PROD = "arn:aws:s3:::acme-dev-crm-copy", "arn:aws:s3:::acme-prod-crm-copy"
GCS_ENDS = ("acme-dev-crm-copy", "acme-prod-crm-copy")

ZONED = {**PII, "zone": END}
RAW = bucket()
TABLE = given("aws:dynamodb/table:Table", "people", {"name": "people", "tags": PII})
CRM = given("aws:rds/instance:Instance", "crm", {"identifier": "crm", "tags": PII})
CLUSTER = given("aws:rds/cluster:Cluster", "crm", {"clusterIdentifier": "crm", "tags": PII})
STREAM = given("aws:kinesis/stream:Stream", "clicks", {"name": "clicks", "tags": PII})
QUEUE = given("aws:sqs/queue:Queue", "inbox", {"name": "inbox", "tags": PII})
TOPIC = given("aws:sns/topic:Topic", "news", {"name": "news", "tags": PII})
TABLES = given("aws:s3tables/tableBucket:TableBucket", "lake", {"name": "lake", "tags": PII})
WAREHOUSE = given("aws:redshift/cluster:Cluster", "dwh", {"clusterIdentifier": "dwh", "tags": PII})
CATALOG = given("aws:glue/catalogDatabase:CatalogDatabase", "crm", {"name": "crm"})
DATASET = given("gcp:bigquery/dataset:Dataset", "crm", {"datasetId": "crm", "labels": PII})
SQL = given("gcp:sql/databaseInstance:DatabaseInstance", "crm", {"name": "crm", "settings": {"userLabels": PII}})
EVENTS = given("gcp:pubsub/topic:Topic", "events", {"name": "events", "labels": PII})


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:eu-west-1:{PROD}:{rest}"


def one(
    label: str,
    resources: tuple[Given, ...],
    edge: tuple[str, Mapping[str, Any]],
    ends: tuple[Any, ...],
    message: str,
    *needless: str,
    also: Mapping[str, Any] | None = None,
) -> Twins:
    """Twins whose last resource, ``edge``, holds the fact."""
    made = given(edge[0], "edge", edge[1])
    return Twins(label, (*resources, made), ends, {"edge": [message], **(also or {})}, frozenset(needless))


def reading(action: str, resource: str = "*") -> dict[str, Any]:
    return policy({"Action": action, "Principal": {"AWS": END}, "Resource": resource})


def opened(label: str, resource: Given, token: str, subject: Mapping[str, Any], action: str, what: str) -> Twins:
    """A policy as a resource of its own."""
    key = "resourcePolicy" if "s3tables" in token else "policy"
    kind = {"clicks": "stream ", "inbox": "queue ", "news": "topic "}.get(resource.name, "")
    message = f"{kind}`{resource.name}` (pii) → read by account {DEV} ({what}; environment dev)"
    return one(label, (resource,), (token, {**subject, key: reading(action)}), ROOTS, message)


def inline(label: str, token: str, properties: Mapping[str, Any], action: str, word: str, what: str) -> Twins:
    """A policy inside its store."""
    store = given(token, "store", {**properties, "tags": PII, "policy": reading(action)})
    message = f"{word}`store` (pii) → read by account {DEV} ({what}; environment dev)"
    return Twins(label, (store,), ROOTS, {"store": [message]})


def shared(identifier: str, sources: tuple[Given, ...], token: str, properties: Mapping[str, Any], way: str) -> Twins:
    message = f"`crm` (pii) → {way} → shared with account {DEV} (environment dev)"
    return one(identifier, sources, (token, {**properties, "sharedAccounts": [END]}), ACCOUNTS, message)


SAVED = given("aws:rds/snapshot:Snapshot", "save", {"dbInstanceIdentifier": "crm", "dbSnapshotIdentifier": "save"})
SAVED_CLUSTER = given(
    "aws:rds/clusterSnapshot:ClusterSnapshot",
    "save",
    {"dbClusterIdentifier": "crm", "dbClusterSnapshotIdentifier": "save"},
)
COPY = "aws:rds/snapshotCopy:SnapshotCopy"
COPY_OF_CLUSTER = "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy"

AWS_COPIES = (
    one(
        "restored",
        (CRM, SAVED),
        (
            "aws:rds/instance:Instance",
            {"identifier": "two", "snapshotIdentifier": "save", "tags": {**PII, "zone": END}},
        ),
        ("sandbox", "curated"),
        "`crm` (pii) → saved as snapshot `save` → restored as `edge` (zone sandbox)",
        also={
            "edge": [
                "`crm` (pii) → saved as snapshot `save` → restored as `edge` (zone sandbox)",
                "`edge` (pii) lies outside production (zone sandbox)",
            ]
        },
    ),
    one(
        "cluster-replica",
        (CLUSTER,),
        (
            "aws:rds/cluster:Cluster",
            {
                "clusterIdentifier": "reader",
                "replicationSourceIdentifier": arn("rds", "cluster:crm"),
                "tags": {"data-classification": END},
            },
        ),
        ("internal", "pii"),
        "`crm` (pii) is replicated to `edge`, which is classified lower (internal)",
    ),
    shared(
        "cluster-snapshot",
        (CLUSTER,),
        "aws:rds/clusterSnapshot:ClusterSnapshot",
        SAVED_CLUSTER.properties,
        "saved as snapshot `edge`",
    ),
    shared(
        "snapshot-copy",
        (CRM, SAVED),
        COPY,
        {"sourceDbSnapshotIdentifier": "save", "targetDbSnapshotIdentifier": "again", "kmsKeyId": "k"},
        "saved as snapshot `save` → copied to snapshot `edge`",
    ),
    shared(
        "cluster-snapshot-copy",
        (CLUSTER, SAVED_CLUSTER),
        COPY_OF_CLUSTER,
        {"sourceDbClusterSnapshotIdentifier": "save", "targetDbClusterSnapshotIdentifier": "again", "kmsKeyId": "k"},
        "saved as snapshot `save` → copied to snapshot `edge`",
    ),
    *(
        one(
            f"integration-{token.split('/')[0]}",
            (source,),
            (token, {"integrationName": "feed", "sourceArn": source_arn, "targetArn": END}),
            tuple(f"arn:aws:redshift-serverless:eu-west-1:{account}:namespace/n" for account in ACCOUNTS),
            f"`{source.name}` (pii) → replicated to"
            f" `arn:aws:redshift-serverless:eu-west-1:{DEV}:namespace/n` (environment dev)",
            "edge.integrationName",
        )
        for token, source, source_arn in (
            ("aws:rds/integration:Integration", CRM, arn("rds", "db:crm")),
            ("aws:redshift/integration:Integration", TABLE, arn("dynamodb", "table/people")),
        )
    ),
    one(
        "table-bucket-replication",
        (TABLES,),
        (
            "aws:s3tables/tableBucketReplication:TableBucketReplication",
            {
                "tableBucketArn": arn("s3tables", "bucket/lake"),
                "rule": {"destinations": [{"destinationTableBucketArn": END}]},
            },
        ),
        tuple(f"arn:aws:s3tables:eu-west-1:{account}:bucket/copy" for account in ACCOUNTS),
        f"`lake` (pii) → replicated to `arn:aws:s3tables:eu-west-1:{DEV}:bucket/copy` (environment dev)",
    ),
)

AWS_ACCESS = (
    inline("bucket-inline", "aws:s3/bucket:Bucket", {"bucket": "acme-prod-crm-x"}, "s3:*", "", "bucket policy"),
    inline("bucket-v2-inline", "aws:s3/bucketV2:BucketV2", {"bucket": "acme-prod-crm-x"}, "s3:*", "", "bucket policy"),
    inline("topic-inline", "aws:sns/topic:Topic", {"name": "x"}, "sns:Subscribe", "topic ", "topic policy"),
    inline("queue-inline", "aws:sqs/queue:Queue", {"name": "x"}, "sqs:*", "queue ", "queue policy"),
    one(
        "access-point-policy",
        (RAW, given("aws:s3/accessPoint:AccessPoint", "door", {"name": "door", "bucket": "acme-prod-crm-raw"})),
        (
            "aws:s3control/accessPointPolicy:AccessPointPolicy",
            {"accessPointArn": arn("s3", "accesspoint/door"), "policy": reading("s3:GetObject")},
        ),
        ROOTS,
        f"`raw` (pii) → offered by access point `door` → read by account {DEV} (access point policy; environment dev)",
    ),
    opened(
        "table-bucket-policy",
        TABLES,
        "aws:s3tables/tableBucketPolicy:TableBucketPolicy",
        {"tableBucketArn": arn("s3tables", "bucket/lake")},
        "s3tables:*",
        "table bucket policy",
    ),
    opened(
        "stream-policy",
        STREAM,
        "aws:kinesis/resourcePolicy:ResourcePolicy",
        {"resourceArn": arn("kinesis", "stream/clicks")},
        "kinesis:GetRecords",
        "stream policy",
    ),
    opened(
        "topic-policy", TOPIC, "aws:sns/topicPolicy:TopicPolicy", {"arn": arn("sns", "news")}, "sns:*", "topic policy"
    ),
    opened(
        "queue-policy",
        QUEUE,
        "aws:sqs/queuePolicy:QueuePolicy",
        {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{PROD}/inbox"},
        "sqs:ReceiveMessage",
        "queue policy",
    ),
)

GRANTED = "aws:lakeformation/permissions:Permissions"
GRANT = (GRANTED, {"permissions": ["ALL"], "principal": END, "database": {"name": "crm"}})
GRANT_BY_TAG = (
    GRANTED,
    {"permissions": ["SELECT"], "principal": END, "lfTagPolicy": {"resourceType": "TABLE"}},
)
TO_DEV = f"granted to account {DEV} (environment dev)"
CRAWLER = "aws:glue/crawler:Crawler"
LINKED = given(
    "aws:glue/catalogDatabase:CatalogDatabase",
    "link",
    {"name": "link", "targetDatabase": {"catalogId": PROD, "databaseName": "crm"}},
)
LINKED_TABLE = given(
    "aws:glue/catalogTable:CatalogTable",
    "table",
    {"name": "t", "databaseName": "link", "targetTable": {"catalogId": PROD, "databaseName": "crm", "name": "t"}},
)
LOCATED = given(
    "aws:glue/catalogDatabase:CatalogDatabase", "crm", {"name": "crm", "locationUri": "s3://acme-prod-crm-raw/"}
)
PLAIN_LINK = given("aws:glue/catalogDatabase:CatalogDatabase", "link", {"name": "link"})
GRANT_ON_LINK = (GRANTED, {"permissions": ["SELECT"], "principal": END, "database": {"name": "link"}})
CRAWLED = given(CRAWLER, "crawl", {"databaseName": "crm", "s3Targets": [{"path": "s3://acme-prod-crm-raw/x"}]})
CRAWLED_TABLE = given(CRAWLER, "crawl", {"databaseName": "crm", "dynamodbTargets": [{"path": "people"}]})

AWS_SHARING = (
    one("database-location", (RAW, LOCATED), GRANT, ACCOUNTS, f"`raw` (pii) → listed in database `crm` → {TO_DEV}"),
    one("crawler", (RAW, CATALOG, CRAWLED), GRANT, ACCOUNTS, f"`raw` (pii) → listed in database `crm` → {TO_DEV}"),
    one(
        "crawler-of-a-table",
        (TABLE, CATALOG, CRAWLED_TABLE),
        GRANT_BY_TAG,
        ACCOUNTS,
        f"`people` (pii) → listed in database `crm` → {TO_DEV}",
        "edge.lfTagPolicy",
        "edge.lfTagPolicy.resourceType",
    ),
    one(
        "resource-link",
        (RAW, LOCATED, LINKED),
        GRANT_ON_LINK,
        ACCOUNTS,
        f"`raw` (pii) → listed in database `crm` → linked as database `link` → {TO_DEV}",
        "link.targetDatabase.catalogId",
    ),
    one(
        "link-of-a-table",
        (RAW, LOCATED, PLAIN_LINK, LINKED_TABLE),
        GRANT_ON_LINK,
        ACCOUNTS,
        f"`raw` (pii) → listed in database `crm` → linked in database `link` → {TO_DEV}",
        "table.name",
        "table.targetTable.name",
        "table.targetTable.catalogId",
    ),
    one(
        "cluster-endpoint",
        (WAREHOUSE,),
        ("aws:redshift/endpointAuthorization:EndpointAuthorization", {"clusterIdentifier": "dwh", "account": END}),
        ACCOUNTS,
        f"`dwh` (pii) → opened to account {DEV} (environment dev)",
    ),
    one(
        "datashare-associated",
        (WAREHOUSE,),
        (
            "aws:redshift/dataShareConsumerAssociation:DataShareConsumerAssociation",
            {"dataShareArn": arn("redshift", "datashare:guid/sales"), "consumerArn": END},
        ),
        tuple(f"arn:aws:redshift:eu-west-1:{account}:namespace:guid" for account in ACCOUNTS),
        f"`dwh` (pii) → shared with `arn:aws:redshift:eu-west-1:{DEV}:namespace:guid` (datashare; environment dev)",
        "edge.dataShareArn",
    ),
)

FUNCTIONS = tuple(f"arn:aws:lambda:eu-west-1:{account}:function:read" for account in ACCOUNTS)
BUSES = tuple(f"arn:aws:events:eu-west-1:{account}:event-bus/default" for account in ACCOUNTS)
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
SOURCE = {"name": "x", "tags": PII}


def delivery(block: str) -> Twins:
    inner: Any = {"bucketArn": END}
    for step in reversed(block.split(".")):
        inner = {step: inner}
    message = f"delivery stream `store` (pii) → delivered to `{S3_DEV}` (environment dev)"
    store = given(FIREHOSE, "store", {**SOURCE, **inner})
    return Twins(f"delivery-{block}", (store,), (S3_DEV, S3_PROD), {"store": [message]})


AWS_STREAMS = (
    *map(delivery, DELIVERED),
    one(
        "notification-of-a-function",
        (RAW,),
        (
            "aws:s3/bucketNotification:BucketNotification",
            {"bucket": "acme-prod-crm-raw", "lambdaFunctions": [{"lambdaFunctionArn": END}]},
        ),
        FUNCTIONS,
        f"`raw` (pii) → notified to function `{FUNCTIONS[0]}` (environment dev)",
    ),
    one(
        "table-stream",
        (TABLE,),
        (
            "aws:lambda/eventSourceMapping:EventSourceMapping",
            {"eventSourceArn": arn("dynamodb", "table/people/stream/2026"), "functionName": END},
        ),
        FUNCTIONS,
        f"`people` (pii) → consumed by function `{FUNCTIONS[0]}` (environment dev)",
    ),
    one(
        "table-to-a-stream",
        (TABLE,),
        (
            "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination",
            {"tableName": "people", "streamArn": END},
        ),
        tuple(f"arn:aws:kinesis:eu-west-1:{account}:stream/s" for account in ACCOUNTS),
        f"`people` (pii) → streamed to stream `arn:aws:kinesis:eu-west-1:{DEV}:stream/s` (environment dev)",
    ),
    one(
        "event-bus",
        (
            RAW,
            given("aws:cloudwatch/eventBus:EventBus", "bus", {"name": "bus"}),
            given(
                "aws:cloudwatch/eventRule:EventRule", "all", {"name": "all", "eventPattern": '{"source": ["aws.s3"]}'}
            ),
            given(
                "aws:cloudwatch/eventTarget:EventTarget", "pass", {"rule": "all", "arn": arn("events", "event-bus/bus")}
            ),
            given("aws:cloudwatch/eventRule:EventRule", "on", {"name": "on", "eventBusName": "bus"}),
        ),
        (EVENT_TARGET, {"rule": "on", "arn": END}),
        BUSES,
        "`raw` (pii) → tells of events to event rule `all` → sent to event bus `bus`"
        f" → picked by event rule `on` → sent to event bus `{BUSES[0]}` (environment dev)",
    ),
    one(
        "topic-over-https",
        (TOPIC,),
        (
            "aws:sns/topicSubscription:TopicSubscription",
            {"topic": arn("sns", "news"), "protocol": END, "endpoint": "https://user:geheim@in.example.com/x?k=geheim"},
        ),
        ("https", "email"),
        "topic `news` (pii) → delivered to endpoint `in.example.com` (in no production environment of the conventions)",
    ),
)

JOB = "gcp:bigquery/job:Job"
BQ_TABLE = "gcp:bigquery/table:Table"
TWO = {"datasetId": "two", "projectId": END}
TO_DEV_DATASET = "dataset `two` (environment dev)"
ETL = "service account `etl@acme-data-dev.iam.gserviceaccount.com` (environment dev)"
OFFER = given(
    "gcp:bigqueryanalyticshub/listing:Listing",
    "offer",
    {"dataExchangeId": "market", "listingId": "offer", "bigqueryDataset": {"dataset": "crm"}},
)
OFFER_OF_TOPIC = given(
    "gcp:bigqueryanalyticshub/listing:Listing",
    "offer",
    {"dataExchangeId": "market", "listingId": "offer", "pubsubTopic": {"topic": "events"}},
)
MARKET = given("gcp:bigqueryanalyticshub/dataExchange:DataExchange", "market", {"dataExchangeId": "market"})
DATASET_MEMBER = (
    "gcp:bigquery/datasetIamMember:DatasetIamMember",
    {"datasetId": "plain", "role": "roles/bigquery.dataViewer", "member": END},
)
PLAIN = given("gcp:bigquery/dataset:Dataset", "plain", {"datasetId": "plain"})
FILES = gcs()

GCP = (
    one(
        "transfer-from-s3",
        (RAW,),
        (
            "gcp:storage/transferJob:TransferJob",
            {
                "transferSpec": {
                    "awsS3DataSource": {"bucketName": "acme-prod-crm-raw"},
                    "gcsDataSink": {"bucketName": END},
                }
            },
        ),
        GCS_ENDS,
        f"`raw` (pii) → transferred to `{GCS_ENDS[0]}` (environment dev)",
    ),
    one(
        "job-copies",
        (DATASET,),
        (
            JOB,
            {
                "copy": {
                    "sourceTables": [{"datasetId": "crm"}],
                    "destinationTable": {"datasetId": "two", "projectId": END},
                }
            },
        ),
        PROJECTS,
        f"dataset `crm` (pii) → copied to {TO_DEV_DATASET}",
    ),
    one(
        "job-loads",
        (FILES,),
        (
            JOB,
            {
                "load": {
                    "sourceUris": ["gs://acme-prod-crm-raw/x.csv"],
                    "destinationTable": TWO,
                }
            },
        ),
        PROJECTS,
        f"`raw` (pii) → loaded into {TO_DEV_DATASET}",
    ),
    one(
        "table-in-a-dataset",
        (PLAIN, given(BQ_TABLE, "people", {"datasetId": "plain", "tableId": "people", "labels": PII})),
        DATASET_MEMBER,
        MEMBERS,
        f"`people` (pii) → part of dataset `plain` → read by {ETL}",
        "people.tableId",
    ),
    one(
        "external-table",
        (
            FILES,
            PLAIN,
            given(
                BQ_TABLE,
                "people",
                {
                    "datasetId": "plain",
                    "tableId": "people",
                    "externalDataConfiguration": {"sourceUris": ["gs://acme-prod-crm-raw/*"]},
                },
            ),
        ),
        DATASET_MEMBER,
        MEMBERS,
        f"`raw` (pii) → listed in dataset `plain` → read by {ETL}",
        "people.tableId",
    ),
    one(
        "replica-of-a-table",
        (DATASET,),
        (BQ_TABLE, {"datasetId": "two", "project": END, "tableReplicationInfo": {"sourceDatasetId": "crm"}}),
        PROJECTS,
        f"dataset `crm` (pii) → replicated to {TO_DEV_DATASET}",
    ),
    *(
        one(
            f"instance-{text}",
            (SQL,),
            (
                "gcp:sql/databaseInstance:DatabaseInstance",
                {"name": "two", "settings": {"userLabels": ZONED}, **source},
            ),
            ("sandbox", "curated"),
            "",
            also={
                "edge": [
                    f"`crm` (pii) → {text} as `edge` (zone sandbox)",
                    "`edge` (pii) lies outside production (zone sandbox)",
                ]
            },
        )
        for text, source in (
            ("cloned", {"clone": {"sourceInstanceName": "crm"}}),
            ("restored", {"restoreBackupContext": {"instanceId": "crm"}}),
        )
    ),
    one(
        "topic-ingests",
        (
            FILES,
            given(
                "gcp:pubsub/topic:Topic",
                "in",
                {"name": "in", "ingestionDataSourceSettings": {"cloudStorage": {"bucket": "acme-prod-crm-raw"}}},
            ),
        ),
        ("gcp:pubsub/topicIAMMember:TopicIAMMember", {"topic": "in", "role": "roles/pubsub.subscriber", "member": END}),
        MEMBERS,
        f"`raw` (pii) → ingested by topic `in` → read by {ETL}",
    ),
    one(
        "dead-letters",
        (EVENTS,),
        (
            "gcp:pubsub/subscription:Subscription",
            {"name": "all", "topic": "events", "deadLetterPolicy": {"deadLetterTopic": END}},
        ),
        tuple(f"projects/{project}/topics/dead" for project in PROJECTS),
        "topic `events` (pii) → subscribed by subscription `edge`"
        " → given up to topic `projects/acme-data-dev/topics/dead` (environment dev)",
        "edge.name",
    ),
    one(
        "subscription-member",
        (EVENTS, given("gcp:pubsub/subscription:Subscription", "all", {"name": "all", "topic": "events"})),
        (
            "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
            {"subscription": "all", "role": "roles/pubsub.subscriber", "member": END},
        ),
        MEMBERS,
        f"topic `events` (pii) → subscribed by subscription `all` → read by {ETL}",
    ),
    one(
        "listing-of-a-topic",
        (EVENTS, MARKET, OFFER_OF_TOPIC),
        (
            "gcp:bigqueryanalyticshub/dataExchangeIamMember:DataExchangeIamMember",
            {"dataExchangeId": "market", "role": "roles/analyticshub.subscriber", "member": END},
        ),
        MEMBERS,
        f"topic `events` (pii) → listed as listing `offer` → offered in exchange `market` → read by {ETL}",
        "offer.listingId",
    ),
    one(
        "exchange-subscribed",
        (DATASET, MARKET, OFFER),
        (
            "gcp:bigqueryanalyticshub/dataExchangeSubscription:DataExchangeSubscription",
            {
                "dataExchangeId": "market",
                "destinationDataset": {"datasetReference": TWO},
            },
        ),
        PROJECTS,
        "dataset `crm` (pii) → listed as listing `offer` → offered in exchange `market`"
        f" → subscribed as {TO_DEV_DATASET}",
        "offer.listingId",
    ),
    one(
        "managed-folder",
        (FILES,),
        (
            "gcp:storage/managedFolderIamMember:ManagedFolderIamMember",
            {"bucket": "acme-prod-crm-raw", "role": "roles/storage.objectViewer", "member": END},
        ),
        MEMBERS,
        f"`raw` (pii) → read by {ETL}",
    ),
    one(
        "member-of-a-table",
        (DATASET,),
        (
            "gcp:bigquery/iamMember:IamMember",
            {"datasetId": "crm", "role": "roles/bigquery.dataViewer", "member": END},
        ),
        MEMBERS,
        f"dataset `crm` (pii) → read by {ETL}",
    ),
)

PAIRS = (*AWS_COPIES, *AWS_ACCESS, *AWS_SHARING, *AWS_STREAMS, *GCP)
CASES = tuple(case for pair in PAIRS for case in pair.cases())
