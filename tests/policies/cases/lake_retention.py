"""What keeps data and what ends logs: what must pass and what must fail."""

from typing import Any

from dataops_infra.conventions.model import Conventions
from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from policies.data_lake.data_lake_rules.deletion import DESTROYS
from tests.support.rule_cases import Case

S3, GCS = "aws:s3/bucket:Bucket", "gcp:storage/bucket:Bucket"
TABLE, RDS = "gcp:bigquery/table:Table", "aws:rds/instance:Instance"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
LOG_BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
SANDBOX = {"zone": "sandbox", "expires-on": "2026-12-01"}
LAKE = "urn:pulumi:{}::test::dataops-infra:index:S3DataLake::lake"
AWS_SANDBOX = "urn:pulumi:{}::test::dataops-infra:index:AwsSandbox::trial"


def deleting(label: str, type_: str = S3, stack: str = "prod", parent: str = "", **properties: Any) -> Case:
    given = Given(type_, properties or {"forceDestroy": True}, name="store", stack=stack, parent=parent.format(stack))
    return Case("lake-deletion-protected", (given,), label=label)


def bare(type_: str, name: str, value: bool) -> Case:
    given = Given(type_, {name: value}, name="store", stack="prod")
    return Case("lake-deletion-protected", (given,), label=f"bare-{type_.rpartition(':')[2]}-{name}")


def bites(case: Case, *said: str) -> Case:
    messages = {"store": tuple(f"`{each}` lets the data go with the resource" for each in said)}
    return Case(case.rule, case.resources, messages, label=case.label)


KEPT = (
    deleting("default", bucket="b"),
    deleting("kept", forceDestroy=False),
    deleting("snapshot", "aws:redshift/cluster:Cluster", skipFinalSnapshot=False),
    deleting("protected", "gcp:sql/databaseInstance:DatabaseInstance", deletionProtection=True),
    deleting("view", TABLE, deletionProtection=False, view={"query": "SELECT 1"}),
    deleting("external", TABLE, deletionProtection=False, externalDataConfiguration={"autodetect": True}),
    deleting("replica", RDS, skipFinalSnapshot=True, replicateSourceDb="main"),
    deleting("sandbox", forceDestroy=True, tags=SANDBOX),
    deleting("sandbox-labels", "gcp:bigquery/dataset:Dataset", deleteContentsOnDestroy=True, labels=SANDBOX),
    deleting("sandbox-component", "aws:athena/database:Database", parent=AWS_SANDBOX),
    deleting("outside-the-lake", forceDestroy=True, tags={"zone": "none"}),
    deleting("two-keys", stack="dev", parent=LAKE),
)

GONE = (
    *(
        bites(bare(type_, name, value), f"{name}: {str(value).lower()}")
        for type_, switches in DESTROYS.items()
        for name, value in switches
    ),
    bites(deleting("non-production", stack="dev"), "forceDestroy: true"),
    bites(deleting("no-environment", stack="somewhere"), "forceDestroy: true"),
    bites(deleting("no-environment-two-keys", stack="somewhere", parent=LAKE), "forceDestroy: true"),
    bites(deleting("production-two-keys", parent=LAKE), "forceDestroy: true"),
    bites(deleting("sandbox-without-end", tags={"zone": "sandbox"}, forceDestroy=True), "forceDestroy: true"),
    bites(
        deleting("no-bucket", "aws:redshift/cluster:Cluster", skipFinalSnapshot=True, tags={"zone": "none"}),
        "skipFinalSnapshot: true",
    ),
    bites(
        deleting("both", "gcp:bigtable/instance:Instance", deletionProtection=False, forceDestroy=True),
        "deletionProtection: false",
        "forceDestroy: true",
    ),
)

WAITING = (
    Case(
        "lake-deletion-protected",
        (Given(S3, {"forceDestroy": UNKNOWN}, name="store"),),
        deferred={"store": ("forceDestroy",)},
        label="unknown",
    ),
    Case(
        "lake-deletion-protected",
        (Given(S3, {"forceDestroy": True, "tags": UNKNOWN}, name="store"),),
        deferred={"store": ("tags",)},
        label="tags-unknown",
    ),
)


def logs(days: Any, *said: str, type_: str = LOG_GROUP, label: str = "", **more: Any) -> Case:
    name = "retentionInDays" if type_ == LOG_GROUP else "retentionDays"
    properties = {} if days is None else {name: days}
    conventions = {"conventions": more.pop("conventions")} if "conventions" in more else {}
    given = Given(type_, {"name": "logs", **properties, **more}, name="logs")
    return Case("log-retention-set", (given,), {"logs": said} if said else {}, label=label, **conventions)


FOR_EVER = "logs are kept for ever: `retentionInDays` is not set"
ZERO = "logs are kept for ever: `retentionInDays` is no number above 0, and 0 keeps logs for ever"
ENDLESS = Conventions.model_validate(
    {"retention": {"default": "kept", "classes": {"kept": {}, "short": {"maximum_days": 3}}}}
)


def too_long(days: int, name: str) -> str:
    return f"logs are kept for {days} days, longer than any retention class: `{name}` exceeds 3650"


LOGS = (
    logs(90, label="set"),
    logs(3650, label="longest"),
    logs(None, label="delivery", logGroupClass="DELIVERY"),
    logs(3653, label="no-longest", conventions=ENDLESS),
    logs(None, type_=LOG_BUCKET, label="default-of-gcp"),
    logs(0, type_=LOG_BUCKET, label="zero-of-gcp"),
    logs("365", type_=LOG_BUCKET, label="text"),
    logs(4000, type_=LOG_BUCKET, label="required", bucketId="_Required"),
    logs(None, FOR_EVER, label="absent"),
    logs(0, ZERO, label="zero"),
    logs(3653, too_long(3653, "retentionInDays"), label="too-long"),
    logs(None, FOR_EVER, label="absent-endless", conventions=ENDLESS),
    *(
        logs(
            3651,
            too_long(3651, "retentionDays"),
            type_=f"gcp:logging/{holder}BucketConfig:{holder[0].upper()}{holder[1:]}BucketConfig",
        )
        for holder in ("project", "folder", "organization", "billingAccount")
    ),
    Case(
        "log-retention-set",
        (Given(LOG_GROUP, {"retentionInDays": UNKNOWN}, name="logs"),),
        deferred={"logs": ("retentionInDays",)},
        label="unknown",
    ),
)

CASES = (*KEPT, *GONE, *WAITING, *LOGS)
