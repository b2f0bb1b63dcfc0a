"""Copies of personal data on AWS, each with its legal twin."""

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.flow_cases import DEV, END, PII, PROD, Twins, bucket, given

REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
TABLE = "aws:dynamodb/table:Table"
DATABASE = "aws:rds/instance:Instance"
SNAPSHOT = "aws:rds/snapshot:Snapshot"
SYNC = "aws:datasync/s3Location:S3Location"

DEV_BUCKET, PROD_BUCKET = "acme-dev-crm-copy", "acme-prod-crm-copy"
BUCKETS = (f"arn:aws:s3:::{DEV_BUCKET}", f"arn:aws:s3:::{PROD_BUCKET}")
TO_DEV = f"`{BUCKETS[0]}`"


def replicated(name: str) -> Given:
    rule = {"id": "r1", "status": "Enabled", "destination": {"bucket": END}}
    return given(REPLICATION, name, {"bucket": "acme-prod-crm-raw", "role": "r", "rules": [rule]}, bucket=["raw"])


def rule_to(target: str) -> dict[str, object]:
    return {"bucket": "acme-prod-crm-raw", "rules": [{"status": "Enabled", "destination": {"bucket": target}}]}


def shared(account: str) -> Given:
    properties = {"dbInstanceIdentifier": "crm", "dbSnapshotIdentifier": "save", "sharedAccounts": [account]}
    return given(SNAPSHOT, "save", properties)


def table(**properties: object) -> Given:
    return given(TABLE, "people", {"name": "people", "tags": PII, **properties})


def database(name: str = "crm", **properties: object) -> Given:
    return given(DATABASE, name, {"identifier": name, "tags": PII, **properties})


RULES = {"rules": [{"id": "r1", "status": "Enabled", "destination": {"bucket": END}}], "role": "r"}
V2 = {"rules": [{"id": "r1", "status": "Enabled", "destinations": [{"bucket": END}]}], "role": "r"}
PAIRS = (
    Twins(
        "replication",
        (bucket(), replicated("copy")),
        BUCKETS,
        {"copy": [f"`raw` (pii) → replicated to {TO_DEV} (bucket rule `r1`; environment dev)"]},
    ),
    Twins(
        "replication-by-account",
        (
            bucket(),
            given(
                REPLICATION,
                "copy",
                {
                    "bucket": "acme-prod-crm-raw",
                    "rules": [
                        {"status": "Enabled", "destination": {"bucket": "arn:aws:s3:::elsewhere", "account": END}}
                    ],
                },
                bucket=["raw"],
            ),
        ),
        (DEV, PROD),
        {"copy": ["`raw` (pii) → replicated to `arn:aws:s3:::elsewhere` (bucket rule; environment dev)"]},
    ),
    Twins(
        "replication-switched-off",
        (
            bucket(),
            given(
                REPLICATION,
                "copy",
                {
                    "bucket": "acme-prod-crm-raw",
                    "rules": [{"id": "r1", "status": END, "destination": {"bucket": BUCKETS[0]}}],
                },
                bucket=["raw"],
            ),
        ),
        ("Enabled", "Disabled"),
        {"copy": [f"`raw` (pii) → replicated to {TO_DEV} (bucket rule `r1`; environment dev)"]},
    ),
    Twins(
        "replication-inline",
        (bucket(replicationConfiguration=RULES),),
        BUCKETS,
        {"raw": [f"`raw` (pii) → replicated to {TO_DEV} (bucket rule `r1`; environment dev)"]},
    ),
    Twins(
        "replication-inline-v2",
        (
            given(
                "aws:s3/bucketV2:BucketV2",
                "raw",
                {"bucket": "acme-prod-crm-raw", "tags": PII, "replicationConfigurations": [V2]},
            ),
        ),
        BUCKETS,
        {"raw": [f"`raw` (pii) → replicated to {TO_DEV} (bucket rule `r1`; environment dev)"]},
    ),
    Twins(
        "replication-to-a-stranger",
        (bucket(), replicated("copy")),
        ("arn:aws:s3:::somebodys-bucket", BUCKETS[1]),
        {
            "copy": [
                "`raw` (pii) → replicated to `arn:aws:s3:::somebodys-bucket`"
                " (bucket rule `r1`; in no production environment of the conventions)"
            ]
        },
    ),
    Twins(
        "replication-into-a-sandbox",
        (
            bucket(),
            bucket("play", {**PII, "zone": END}),
            given(
                REPLICATION,
                "copy",
                {
                    "bucket": "acme-prod-crm-raw",
                    "rules": [{"status": "Enabled", "destination": {"bucket": "acme-prod-crm-play"}}],
                },
                bucket=["raw"],
            ),
        ),
        ("sandbox", "curated"),
        {
            "copy": ["`raw` (pii) → replicated to `play` (bucket rule; zone sandbox)"],
            "play": ["`play` (pii) lies outside production (zone sandbox)"],
        },
    ),
    Twins(
        "replica-classified-lower",
        (
            bucket(),
            bucket("copy", {"data-classification": END}),
            given(
                REPLICATION,
                "replication",
                {
                    "bucket": "acme-prod-crm-raw",
                    "rules": [{"status": "Enabled", "destination": {"bucket": "acme-prod-crm-copy"}}],
                },
                bucket=["raw"],
            ),
        ),
        ("internal", "pii"),
        {"copy": ["`raw` (pii) is replicated to `copy`, which is classified lower (internal)"]},
    ),
    Twins(
        "datasync",
        (
            bucket(),
            given(SYNC, "here", {"s3BucketArn": "arn:aws:s3:::acme-prod-crm-raw", "subdirectory": "/"}),
            given(SYNC, "there", {"s3BucketArn": END, "subdirectory": "/"}),
            given(
                "aws:datasync/task:Task",
                "nightly",
                {
                    "sourceLocationArn": UNKNOWN,
                    "destinationLocationArn": UNKNOWN,
                },
                sourceLocationArn=["here"],
                destinationLocationArn=["there"],
            ),
        ),
        BUCKETS,
        {"nightly": [f"`raw` (pii) → synchronised to {TO_DEV} (environment dev)"]},
    ),
    Twins(
        "migration",
        (
            database(),
            given("aws:dms/endpoint:Endpoint", "from", {"endpointId": "from", "serverName": "x"}, serverName=["crm"]),
            given("aws:dms/s3Endpoint:S3Endpoint", "to", {"endpointId": "to", "bucketName": END}),
            given(
                "aws:dms/replicationTask:ReplicationTask",
                "move",
                {
                    "sourceEndpointArn": UNKNOWN,
                    "targetEndpointArn": UNKNOWN,
                },
                sourceEndpointArn=["from"],
                targetEndpointArn=["to"],
            ),
        ),
        (DEV_BUCKET, PROD_BUCKET),
        {"move": [f"`crm` (pii) → migrated to `{DEV_BUCKET}` (environment dev)"]},
    ),
    Twins(
        "table-export",
        (
            table(),
            given(
                "aws:dynamodb/tableExport:TableExport",
                "export",
                {"tableArn": "arn:aws:dynamodb:eu-west-1:333333333333:table/people", "s3Bucket": END},
            ),
        ),
        (DEV_BUCKET, PROD_BUCKET),
        {"export": [f"`people` (pii) → exported to `{DEV_BUCKET}` (environment dev)"]},
    ),
    Twins(
        "global-table-without-key",
        (table(replicas=[END]),),
        ({"regionName": "eu-central-1"}, {"regionName": "eu-central-1", "kmsKeyArn": "arn:aws:kms:x"}),
        {"people": ["`people` (pii) is replicated to `people` in eu-central-1 without a customer-managed key"]},
    ),
    Twins(
        "snapshot-shared",
        (
            database(),
            shared(END),
        ),
        (DEV, PROD),
        {"save": [f"`crm` (pii) → saved as snapshot `save` → shared with account {DEV} (environment dev)"]},
    ),
    Twins(
        "snapshot-shared-with-all",
        (
            database(),
            shared(END),
        ),
        ("all", PROD),
        {"save": ["`crm` (pii) → saved as snapshot `save` → shared with everybody (the public)"]},
    ),
    Twins(
        "read-replica",
        (database(), database("reader", replicateSourceDb="crm", tags={**PII, "environment": END})),
        ("dev", "prod"),
        {
            "reader": [
                "`crm` (pii) → replicated to `reader` (environment dev)",
                "`reader` (pii) lies outside production (environment dev)",
            ]
        },
    ),
    Twins(
        "export-of-a-database",
        (
            database(),
            given(
                "aws:rds/exportTask:ExportTask",
                "export",
                {"sourceArn": "arn:aws:rds:eu-west-1:333333333333:db:crm", "s3BucketName": END, "kmsKeyId": "k"},
            ),
        ),
        (DEV_BUCKET, PROD_BUCKET),
        {"export": [f"`crm` (pii) → exported to `{DEV_BUCKET}` (environment dev)"]},
    ),
)

CASES = tuple(case for pair in PAIRS for case in pair.cases())
