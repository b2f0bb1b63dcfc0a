"""Streams, deliveries, jobs and shares of personal data on AWS, each with its legal twin."""

from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.flow_cases import CONVENTIONS, DEV, END, PII, PROD, RULE, Twins, bucket, given, policy
from tests.support.rule_cases import Case

BUCKETS = ("arn:aws:s3:::acme-dev-crm-copy", "arn:aws:s3:::acme-prod-crm-copy")
QUEUES = (f"arn:aws:sqs:eu-west-1:{DEV}:inbox", f"arn:aws:sqs:eu-west-1:{PROD}:inbox")
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
STREAM = given("aws:kinesis/stream:Stream", "clicks", {"name": "clicks", "tags": PII})
WAREHOUSE = given("aws:redshift/cluster:Cluster", "dwh", {"clusterIdentifier": "dwh", "tags": PII})
TABLE = given("aws:dynamodb/table:Table", "people", {"name": "people", "tags": PII})
CATALOG = given("aws:glue/catalogDatabase:CatalogDatabase", "crm", {"name": "crm"})
LISTED = given(
    "aws:glue/catalogTable:CatalogTable",
    "customers",
    {
        "databaseName": "crm",
        "name": "customers",
        "storageDescriptor": {"location": "s3://acme-prod-crm-raw/customers/"},
    },
)
NEW_OBJECTS = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["acme-prod-crm-raw"]}}}
WRITTEN = (
    "--out",
    "--out-path",
    "--outPath",
    "--output",
    "--target",
    "--sink",
    "--destination",
    "--warehouse",
    "--lake",
)
TO_DEV_QUEUE = f"queue `{QUEUES[0]}` (environment dev)"


def notified(**targets: Any) -> Given:
    return given(
        "aws:s3/bucketNotification:BucketNotification",
        "tell",
        {"bucket": "acme-prod-crm-raw", **targets},
        bucket=["raw"],
    )


def fed(**configuration: Any) -> Given:
    source = {"kinesisStreamArn": f"arn:aws:kinesis:eu-west-1:{PROD}:stream/clicks"}
    return given(FIREHOSE, "deliver", {"name": "deliver", "kinesisSourceConfiguration": source, **configuration})


def granted(permissions: Any, principal: Any) -> Given:
    return given(
        "aws:lakeformation/permissions:Permissions",
        "share",
        {"permissions": permissions, "principal": principal, "table": {"databaseName": "crm", "name": "customers"}},
    )


# A table's own name does not matter to a grant on its database, a job's neither.
CATALOG_NAMES = frozenset({"customers.name", "share.table.name"})
DELIVERED = "stream `clicks` (pii) → collected by delivery stream `deliver` → delivered to "
SHARED = f"`raw` (pii) → listed in database `crm` → granted to account {DEV} (environment dev)"

PAIRS = (
    Twins(
        "notification",
        (bucket(), notified(queues=[{"queueArn": END, "events": ["s3:ObjectCreated:*"]}])),
        QUEUES,
        {"tell": [f"`raw` (pii) → notified to {TO_DEV_QUEUE}"]},
        needless=frozenset({"tell.queues[0].events", "tell.queues[0].events[0]"}),
    ),
    Twins(
        "delivery",
        (STREAM, fed(extendedS3Configuration={"bucketArn": END})),
        BUCKETS,
        {"deliver": [f"{DELIVERED}`{BUCKETS[0]}` (environment dev)"]},
    ),
    Twins(
        "delivery-to-an-endpoint",
        (STREAM, fed(httpEndpointConfiguration={"url": END})),
        ("https://key@collect.example.com/in?token=geheim", ""),
        {"deliver": [f"{DELIVERED}endpoint `collect.example.com` (in no production environment of the conventions)"]},
    ),
    Twins(
        "events",
        (
            bucket(),
            given(
                "aws:cloudwatch/eventRule:EventRule",
                "new",
                {
                    "name": "new",
                    "eventPattern": '{"source":["aws.s3"],"detail":{"bucket":{"name":["acme-prod-crm-raw"]}}}',
                },
            ),
            given("aws:cloudwatch/eventTarget:EventTarget", "send", {"rule": "new", "arn": END}),
        ),
        (f"arn:aws:events:eu-west-1:{DEV}:event-bus/default", f"arn:aws:events:eu-west-1:{PROD}:event-bus/default"),
        {
            "send": [
                "`raw` (pii) → tells of events to event rule `new`"
                f" → sent to event bus `arn:aws:events:eu-west-1:{DEV}:event-bus/default` (environment dev)"
            ]
        },
    ),
    Twins(
        "pipe",
        (
            STREAM,
            given(
                "aws:pipes/pipe:Pipe",
                "pipe",
                {"source": f"arn:aws:kinesis:eu-west-1:{PROD}:stream/clicks", "target": END},
            ),
        ),
        QUEUES,
        {"pipe": [f"stream `clicks` (pii) → piped to {TO_DEV_QUEUE}"]},
    ),
    Twins(
        "topic-and-queue",
        (
            bucket(),
            given("aws:sns/topic:Topic", "news", {"name": "news"}),
            notified(topics=[{"topicArn": f"arn:aws:sns:eu-west-1:{PROD}:news"}]),
            given(
                "aws:sns/topicSubscription:TopicSubscription",
                "subscribe",
                {"topic": f"arn:aws:sns:eu-west-1:{PROD}:news", "protocol": "sqs", "endpoint": END},
            ),
        ),
        QUEUES,
        {"subscribe": [f"`raw` (pii) → notified to topic `news` → delivered to {TO_DEV_QUEUE}"]},
    ),
    *(
        Twins(
            f"glue-job{argument}",
            (
                bucket(),
                given(
                    "aws:glue/job:Job",
                    "export",
                    {
                        "name": "export",
                        "nonOverridableArguments": {"--in": "s3://acme-prod-crm-raw/customers/", argument: END},
                    },
                ),
            ),
            ends,
            {"export": [f"`raw` (pii) → processed by job `export` → written to `{ends[0]}` (environment dev)"]},
            needless=frozenset({"export.name"}),
        )
        for argument, ends in (
            *((name, ("s3://acme-dev-crm-copy/", "s3://acme-prod-crm-copy/")) for name in WRITTEN),
            ("--bucket_name", ("acme-dev-crm-copy", "acme-prod-crm-copy")),
        )
    ),
    Twins(
        "glue-job",
        (
            bucket(),
            given(
                "aws:glue/job:Job",
                "export",
                {
                    "name": "export",
                    "defaultArguments": {
                        "--source_path": "s3://acme-prod-crm-raw/customers/",
                        "--output_path": END,
                        "--extra-py-files": "s3://acme-dev-crm-code/lib.zip",
                    },
                },
            ),
        ),
        ("s3://acme-dev-crm-copy/out/", "s3://acme-prod-crm-copy/out/"),
        {
            "export": [
                "`raw` (pii) → processed by job `export` → written to `s3://acme-dev-crm-copy/out/` (environment dev)"
            ]
        },
        # A job's own name is only how people call it; what it runs is no data.
        needless=frozenset({"export.name", "export.defaultArguments.--extra-py-files"}),
    ),
    Twins(
        "lake-formation",
        (bucket(), CATALOG, LISTED, granted(["SELECT"], END)),
        (DEV, PROD),
        {"share": [SHARED]},
        needless=CATALOG_NAMES,
    ),
    Twins(
        "lake-formation-describes",
        (bucket(), CATALOG, LISTED, granted([END], DEV)),
        ("SELECT", "DESCRIBE"),
        {"share": [SHARED]},
        needless=CATALOG_NAMES,
    ),
    Twins(
        "resource-share",
        (
            TABLE,
            given("aws:ram/resourceShare:ResourceShare", "share", {"name": "share"}),
            given(
                "aws:ram/resourceAssociation:ResourceAssociation",
                "put",
                {"resourceArn": f"arn:aws:dynamodb:eu-west-1:{PROD}:table/people", "resourceShareArn": UNKNOWN},
                resourceShareArn=["share"],
            ),
            given(
                "aws:ram/principalAssociation:PrincipalAssociation",
                "with",
                {"principal": END, "resourceShareArn": UNKNOWN},
                resourceShareArn=["share"],
            ),
        ),
        (DEV, PROD),
        {"with": [f"`people` (pii) → put into resource share `share` → shared with account {DEV} (environment dev)"]},
    ),
    Twins(
        "datashare",
        (
            WAREHOUSE,
            given(
                "aws:redshift/dataShareAuthorization:DataShareAuthorization",
                "share",
                {"dataShareArn": f"arn:aws:redshift:eu-west-1:{PROD}:datashare:guid/sales", "consumerIdentifier": END},
            ),
        ),
        (DEV, PROD),
        {"share": [f"`dwh` (pii) → shared with account {DEV} (datashare; environment dev)"]},
    ),
    Twins(
        "catalog-policy",
        (
            bucket(),
            CATALOG,
            LISTED,
            given(
                "aws:glue/resourcePolicy:ResourcePolicy",
                "share",
                {"policy": policy({"Action": "glue:GetTable", "Principal": {"AWS": END}, "Resource": "*"})},
            ),
        ),
        (DEV, PROD),
        {
            "share": [
                f"`raw` (pii) → listed in database `crm` → read by account {DEV} (catalog policy; environment dev)"
            ]
        },
        needless=CATALOG_NAMES,
    ),
)

UNTOUCHED = Case(
    RULE,
    (
        bucket(),
        given(
            "aws:glue/job:Job",
            "count",
            {
                "name": "count",
                "defaultArguments": {
                    "--customers": "s3://acme-prod-crm-raw/customers/",
                    "--lookup": "s3://acme-dev-crm-countries/",
                    "--bucket_count": 4,
                    "--redshift-role": UNKNOWN,
                    "--dataset": "acme-dev-crm-countries",
                },
            },
        ),
    ),
    label="glue-job-reads-and-takes-no-places",
    conventions=CONVENTIONS,
)

CASES = (*(case for pair in PAIRS for case in pair.cases()), UNTOUCHED)
