"""What the masking job may do and who may read its copy, judged by an evaluator that is not ours.

The verdicts are written by hand from the IAM user guide, "Policy evaluation logic" (see ``tests/sandbox``). The owner
of the source has let the job's role read the whole lake, as a lake's ``readers`` may: the role's own denials narrow it.
"""

import functools
import json
from typing import Any

import pytest

from dataops_infra.data_lake import S3DataLake
from dataops_infra.test_datasets import MaskedTestDataset
from tests.support import iam_evaluator
from tests.support.iam_evaluator import Request
from tests.support.recording import Recording, record
from tests.test_datasets.arguments import LAKE_KEY, ON_EMR, ON_GLUE, SECRET

pytestmark = pytest.mark.skipif(
    not iam_evaluator.AVAILABLE, reason="principalmapper, the independent IAM evaluator, is not installed"
)

OWN, FOREIGN = "111111111111", "555555555555"
ROLE = f"arn:aws:iam::{OWN}:role/acme-dev-growth-orders-masking"
STARTER, RUNNER = f"{ROLE}-start", f"{ROLE}-run"
READER, OTHER, ADMIN = (f"arn:aws:iam::{OWN}:role/{name}" for name in ("analyst", "other", "admin"))
GUEST = f"arn:aws:iam::{FOREIGN}:role/guest"
LAKE, RAW = "arn:aws:s3:::acme-dev-growth-events-curated", "arn:aws:s3:::acme-dev-growth-events-raw"
SOURCE, BESIDE = f"{LAKE}/curated/growth/orders/v1", f"{LAKE}/curated/growth/orders/v10"
OWN_BUCKET = "arn:aws:s3:::acme-dev-growth-orders-masked"
COPY, CONTROL = f"{OWN_BUCKET}/masked", f"{OWN_BUCKET}/masking"
STAGED = f"{OWN_BUCKET}/staging"
ANOTHER_COPY = "arn:aws:s3:::acme-dev-growth-customers-masked/masked"
WHEELS = "arn:aws:s3:::acme-artifacts/masking/1.4.0.gluewheels.zip"
ANOTHER_SECRET = SECRET.replace("masking-", "masking-prod-")
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = f"arn:aws:sns:eu-west-1:{OWN}:acme-dev-growth-orders-masking-alarms"
JOB = f"arn:aws:glue:eu-west-1:{OWN}:job/acme-dev-growth-orders-masking"
CONNECTION = f"arn:aws:glue:eu-west-1:{OWN}:connection"
GLUE, EMR, SCHEDULER = "glue.amazonaws.com", "emr-serverless.amazonaws.com", "scheduler.amazonaws.com"
STATES = "states.amazonaws.com"
EVENTS, CLOUDWATCH, LAMBDA = "events.amazonaws.com", "cloudwatch.amazonaws.com", "lambda.amazonaws.com"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

ALIASES, CONTEXT, VIA = "kms:ResourceAliases", "kms:EncryptionContext:aws:s3:arn", "kms:ViaService"
S3, SECRETS = "s3.eu-west-1.amazonaws.com", "secretsmanager.eu-west-1.amazonaws.com"
OWN_ALIAS, LAKE_ALIAS = "alias/acme-dev-growth-orders-masked", "alias/acme-dev-growth-events"
OWN_KEY = f"arn:aws:kms:eu-west-1:{OWN}:{OWN_ALIAS}"
FOR_OWN = {VIA: S3, CONTEXT: OWN_BUCKET, ALIASES: OWN_ALIAS}
FOR_LAKE = {VIA: S3, CONTEXT: LAKE, ALIASES: LAKE_ALIAS}
PLAIN = {"aws:SecureTransport": "false"}
ALGORITHM, KEY_ID = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
OF_CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"
IN_VPC = {"ec2:Vpc": f"arn:aws:ec2:eu-west-1:{OWN}:vpc/vpc-0a1b2c3d"}
SUBNET = f"arn:aws:ec2:eu-west-1:{OWN}:subnet/subnet-0a1b2c3d"
INTERFACE = f"arn:aws:ec2:eu-west-1:{OWN}:network-interface/eni-1"
GROUP = f"arn:aws:scheduler:eu-west-1:{OWN}:schedule-group/acme-dev-growth-orders-masking"


def called(source: str, account: str = OWN) -> dict[str, str]:
    return {"aws:SourceAccount": account, "aws:SourceArn": source}


def logs(group: str) -> str:
    return f"arn:aws:logs:eu-west-1:{OWN}:log-group:{group}:log-stream:1"


def rule(name: str) -> str:
    return f"arn:aws:events:eu-west-1:{OWN}:rule/{name}"


ALARM = f"arn:aws:cloudwatch:eu-west-1:{OWN}:alarm:acme-dev-growth-orders-masking-missed"
FAILED = rule("acme-dev-growth-orders-masking-failed")
OWN_LOGS = "/dataops/masking/acme-dev-growth-orders-masking/output"

Row = tuple[str, str, str, bool, str | None, dict[str, str]]
# Columns: who, action, resource, verdict, what guards the resource, further condition keys.
TABLE: list[Row] = [
    # The source: this prefix, read.
    (ROLE, "s3:GetObject", f"{SOURCE}/dt=2026-11-22/a.parquet", True, "lake", {}),
    (ROLE, "s3:ListBucket", LAKE, True, "lake", {"s3:prefix": "curated/growth/orders/v1/"}),
    (ROLE, "s3:ListBucket", LAKE, True, "lake", {"s3:prefix": "curated/growth/orders/v1"}),
    (ROLE, "s3:ListBucket", LAKE, False, "lake", {"s3:prefix": "curated/growth/"}),
    (ROLE, "s3:ListBucket", LAKE, False, "lake", {"s3:prefix": "curated/growth/orders/v10/"}),
    (ROLE, "s3:ListBucket", LAKE, False, "lake", {"s3:prefix": ""}),
    (ROLE, "s3:GetObject", f"{BESIDE}/a.parquet", False, "lake", {}),
    (ROLE, "s3:GetObject", f"{LAKE}/curated/growth/customers/v1/a.parquet", False, "lake", {}),
    (ROLE, "s3:GetObject", f"{RAW}/raw/growth/orders/v1/a.parquet", False, "raw", {}),
    (ROLE, "s3:ListBucket", RAW, False, "raw", {}),
    (ROLE, "s3:GetObjectVersion", f"{SOURCE}/a.parquet", False, "lake", {}),
    (ROLE, "s3:PutObject", f"{SOURCE}/a.parquet", False, "generous", {}),
    (ROLE, "s3:DeleteObject", f"{SOURCE}/a.parquet", False, "generous", {}),
    (ROLE, "s3:PutBucketPolicy", LAKE, False, "generous", {}),
    (ROLE, "s3:GetObject", f"{SOURCE}/a.parquet", False, "lake", PLAIN),
    (ROLE, "s3:GetObject", f"{SOURCE}/a.parquet", True, None, {}),  # a bucket whose policy says nothing
    (ROLE, "s3:ListBucket", LAKE, True, None, {"s3:prefix": "curated/growth/orders/v1/"}),
    # The copy: this prefix, read and written.
    (ROLE, "s3:PutObject", f"{COPY}/orders.parquet", True, "own", {}),
    (ROLE, "s3:PutObject", f"{STAGED}/orders.parquet", True, "own", {}),
    (ROLE, "s3:GetObject", f"{STAGED}/orders.parquet", True, "own", {"aws:PrincipalArn": ROLE}),
    (ROLE, "s3:GetObject", f"{COPY}/_manifest.json", True, "own", {}),
    (ROLE, "s3:DeleteObject", f"{COPY}/orders.parquet", True, "own", {}),
    (ROLE, "s3:DeleteObjectVersion", f"{COPY}/orders.parquet", False, "own", {}),
    (ROLE, "s3:ListBucket", OWN_BUCKET, True, "own", {"s3:prefix": "masked/"}),
    (ROLE, "s3:ListBucket", OWN_BUCKET, True, "own", {}),  # what HEAD on a missing object asks for
    (ROLE, "s3:ListBucket", OWN_BUCKET, True, "own", {"s3:prefix": "staging/"}),
    (ROLE, "s3:ListBucket", OWN_BUCKET, False, "own", {"s3:prefix": "another/"}),
    (ROLE, "s3:PutObject", f"{OWN_BUCKET}/elsewhere/orders.parquet", False, "own", {}),
    (ROLE, "s3:PutObject", f"{COPY}/orders.parquet", False, "own", PLAIN),
    (ROLE, "s3:PutObject", f"{COPY}/a", False, "own", {ALGORITHM: "AES256"}),
    (ROLE, "s3:PutObject", f"{COPY}/a", False, "own", {ALGORITHM: "aws:kms"}),  # would take the AWS managed key
    (ROLE, "s3:PutObject", f"{COPY}/a", False, "own", {ALGORITHM: "aws:kms", KEY_ID: KEY.replace(OWN, FOREIGN)}),
    (ROLE, "s3:PutObject", f"{COPY}/a", False, "own", {OF_CUSTOMER: "AES256"}),
    (ROLE, "s3:PutObject", f"{COPY}/a", False, "own", {ALGORITHM: "aws:kms:dsse", KEY_ID: OWN_KEY}),
    (ROLE, "s3:PutObject", f"{COPY}/a", True, "own", {ALGORITHM: "aws:kms", KEY_ID: OWN_KEY}),
    (ROLE, "s3:PutBucketPolicy", OWN_BUCKET, False, "own", {}),
    (ROLE, "s3:PutObjectAcl", f"{COPY}/orders.parquet", False, "own", {}),
    (ROLE, "s3:PutObject", f"{ANOTHER_COPY}/orders.parquet", False, None, {}),
    (ROLE, "s3:GetObject", f"{ANOTHER_COPY}/orders.parquet", False, None, {}),
    (ROLE, "s3:PutObject", "arn:aws:s3:::somebody-elses/orders.parquet", False, "elsewhere", {}),
    # Plan, script, verdict, wheels.
    (ROLE, "s3:GetObject", f"{CONTROL}/plan-0123456789abcdef.yaml", True, "own", {}),
    (ROLE, "s3:PutObject", f"{CONTROL}/verdict.json", True, "own", {}),
    (ROLE, "s3:PutObject", f"{CONTROL}/plan-0123456789abcdef.yaml", False, "own", {}),
    (ROLE, "s3:PutObject", f"{CONTROL}/masking_job.py", False, "own", {}),
    (ROLE, "s3:GetObject", WHEELS, True, None, {}),
    (ROLE, "s3:PutObject", WHEELS, False, None, {}),
    (ROLE, "s3:GetObject", "arn:aws:s3:::acme-artifacts/masking/secret.txt", False, None, {}),
    # The masking key.
    (ROLE, "secretsmanager:GetSecretValue", SECRET, True, None, {}),
    (ROLE, "secretsmanager:GetSecretValue", ANOTHER_SECRET, False, None, {}),
    (ROLE, "secretsmanager:PutSecretValue", SECRET, False, None, {}),
    (f"{ROLE} with everything", "secretsmanager:GetSecretValue", ANOTHER_SECRET, False, None, {}),
    # Keys: through S3 or Secrets Manager only, for these buckets and this secret only.
    (ROLE, "kms:Decrypt", KEY, True, None, FOR_LAKE),
    (ROLE, "kms:Decrypt", KEY, False, None, {**FOR_LAKE, ALIASES: "alias/acme-dev-growth-customers"}),
    (ROLE, "kms:Decrypt", KEY, False, None, {**FOR_LAKE, CONTEXT: RAW}),
    (ROLE, "kms:Decrypt", KEY, False, None, {**FOR_LAKE, VIA: "glue.eu-west-1.amazonaws.com"}),
    (ROLE, "kms:GenerateDataKey", KEY, False, None, FOR_LAKE),
    (ROLE, "kms:GenerateDataKey", KEY, True, None, FOR_OWN),
    (ROLE, "kms:GenerateDataKey", KEY, True, "key", FOR_OWN),
    (ROLE, "kms:Decrypt", KEY, True, "key", FOR_OWN),
    (ROLE, "kms:ScheduleKeyDeletion", KEY, False, "key", {}),
    (ROLE, "kms:CreateGrant", KEY, False, "key", FOR_OWN),
    # Logs of its own.
    (ROLE, "logs:PutLogEvents", logs(OWN_LOGS), True, None, {}),
    (ROLE, "logs:PutLogEvents", logs("/dataops/masking/acme-dev-growth-customers-masking/output"), False, None, {}),
    (ROLE, "logs:PutLogEvents", logs("/aws-glue/jobs/output"), False, None, {}),
    (ROLE, "logs:GetLogEvents", logs(OWN_LOGS), False, None, {}),
    # The network that it was put into, and no other.
    (ROLE, "ec2:CreateNetworkInterface", SUBNET, True, None, IN_VPC),
    (ROLE, "ec2:CreateNetworkInterface", SUBNET, False, None, {"ec2:Vpc": IN_VPC["ec2:Vpc"].replace("0a", "ff")}),
    (ROLE, "ec2:CreateNetworkInterface", SUBNET.replace("0a", "ff"), False, None, IN_VPC),
    (ROLE, "ec2:DeleteNetworkInterface", INTERFACE, True, None, IN_VPC),
    (ROLE, "ec2:DeleteNetworkInterface", INTERFACE, False, None, {}),
    (ROLE, "ec2:CreateNetworkInterface", INTERFACE, True, None, {}),
    (ROLE, "ec2:CreateTags", INTERFACE, True, None, {"aws:TagKeys": "aws-glue-service-resource"}),
    (ROLE, "ec2:CreateTags", INTERFACE, False, None, {"aws:TagKeys": "owner"}),
    (ROLE, "ec2:DescribeSubnets", "*", True, None, {"aws:RequestedRegion": "eu-west-1"}),
    (ROLE, "ec2:DescribeSubnets", "*", False, None, {"aws:RequestedRegion": "us-east-1"}),
    (ROLE, "glue:GetConnection", f"{CONNECTION}/acme-dev-growth-orders-masking", True, None, {}),
    (ROLE, "glue:GetConnection", f"{CONNECTION}/warehouse", False, None, {}),
    # No way on from here, whoever grants it.
    (ROLE, "sts:AssumeRole", ADMIN, False, None, {}),
    (ROLE, "iam:PassRole", ADMIN, False, None, {}),
    (f"{ROLE} with everything", "s3:GetObject", f"{ANOTHER_COPY}/orders.parquet", False, None, {}),
    (f"{ROLE} with everything", "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OWN}:out", False, None, {}),
    (f"{ROLE} with everything", "kms:Decrypt", KEY, False, None, {}),
    # Who reads the copy, and that nobody reads the source by it.
    (READER, "s3:GetObject", f"{COPY}/orders.parquet", True, "own", {"aws:PrincipalArn": READER}),
    (READER, "s3:GetObject", f"{STAGED}/orders.parquet", False, "own", {"aws:PrincipalArn": READER}),
    (READER, "s3:GetObject", f"{CONTROL}/verdict.json", False, "own", {"aws:PrincipalArn": READER}),
    (READER, "s3:ListBucket", OWN_BUCKET, True, "own", {"s3:prefix": "masked/"}),
    (READER, "s3:GetBucketLocation", OWN_BUCKET, True, "own", {}),
    (READER, "s3:ListBucket", OWN_BUCKET, False, "own", {"s3:prefix": "masking/"}),
    (READER, "s3:PutObject", f"{COPY}/orders.parquet", False, "own", {"aws:PrincipalArn": READER}),
    (READER, "s3:GetObject", f"{SOURCE}/a.parquet", False, "lake", {"aws:PrincipalArn": READER}),
    (READER, "s3:ListBucket", LAKE, False, "lake", {"s3:prefix": "curated/growth/orders/v1/"}),
    (READER, "kms:Decrypt", KEY, True, "key", FOR_OWN),
    (READER, "kms:GenerateDataKey", KEY, False, "key", FOR_OWN),
    (READER, "kms:Decrypt", KEY, False, "key", {**FOR_OWN, CONTEXT: LAKE}),
    (READER, "secretsmanager:GetSecretValue", SECRET, False, None, {}),
    (GUEST, "s3:GetObject", f"{COPY}/orders.parquet", True, "own", {"aws:PrincipalArn": GUEST}),
    (GUEST, "kms:Decrypt", KEY, True, "key", FOR_OWN),
    (OTHER, "s3:GetObject", f"{COPY}/orders.parquet", False, "own", {"aws:PrincipalArn": OTHER}),
    (ADMIN, "s3:GetObject", f"{COPY}/orders.parquet", True, "own", {"aws:PrincipalArn": ADMIN}),
    (ADMIN, "s3:GetObject", f"{STAGED}/orders.parquet", False, "own", {"aws:PrincipalArn": ADMIN}),
    (ADMIN, "s3:GetObject", f"{COPY}/orders.parquet", False, "own", {**PLAIN, "aws:PrincipalArn": ADMIN}),
    (ADMIN, "kms:PutKeyPolicy", KEY, True, "key", {}),
    # Who the job is: Glue, for this account.
    (GLUE, "sts:AssumeRole", ROLE, True, "trust", called(JOB)),
    (GLUE, "sts:AssumeRole", ROLE, False, "trust", called(JOB.replace(OWN, FOREIGN), FOREIGN)),
    (GLUE, "sts:AssumeRole", ROLE, False, "trust", called(JOB.replace("eu-west-1", "us-east-1"))),
    (LAMBDA, "sts:AssumeRole", ROLE, False, "trust", called(JOB)),
    (EMR, "sts:AssumeRole", ROLE, False, "trust", called(JOB)),
    (ADMIN, "sts:AssumeRole", ROLE, False, "trust", {}),
    # Who starts it: the schedule, and nothing else by that role.
    (SCHEDULER, "sts:AssumeRole", STARTER, True, "starter trust", called(GROUP)),
    (SCHEDULER, "sts:AssumeRole", STARTER, False, "starter trust", called(GROUP.replace("orders", "customers"))),
    (GLUE, "sts:AssumeRole", STARTER, False, "starter trust", called(GROUP)),
    (STARTER, "glue:StartJobRun", JOB, True, None, {}),
    (STARTER, "glue:StartJobRun", JOB.replace("orders", "customers"), False, None, {}),
    (STARTER, "glue:UpdateJob", JOB, False, None, {}),
    (STARTER, "iam:PassRole", ROLE, False, None, {}),
    (STARTER, "s3:GetObject", f"{COPY}/orders.parquet", False, "own", {"aws:PrincipalArn": STARTER}),
    # Alarms.
    (EVENTS, "sns:Publish", TOPIC, True, "topic", called(FAILED)),
    (EVENTS, "sns:Publish", TOPIC, False, "topic", called(rule("another"))),
    (CLOUDWATCH, "sns:Publish", TOPIC, True, "topic", called(ALARM)),
    (CLOUDWATCH, "sns:Publish", TOPIC, False, "topic", called(ALARM.replace(OWN, FOREIGN), FOREIGN)),
    (LAMBDA, "sns:Publish", TOPIC, False, "topic", called(ALARM)),
    (ADMIN, "sns:Publish", TOPIC, False, "topic", PLAIN),
    (EVENTS, "kms:GenerateDataKey", KEY, True, "key", called(FAILED)),
    (EVENTS, "kms:GenerateDataKey", KEY, False, "key", called(rule("another"))),
    (CLOUDWATCH, "kms:Decrypt", KEY, True, "key", called(ALARM)),
]  # fmt: skip


@functools.cache
def dataset() -> Recording:
    lake: Any = {"domain": "growth", "data_classification": "internal", "readers": [ROLE]}
    args: Any = {**ON_GLUE, "readers": [READER, GUEST]}

    def program() -> None:
        S3DataLake("events", lake)
        MaskedTestDataset("orders", args)

    return record(program)


def statement(principal: str, action: str, resource: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Principal": {"AWS": [principal]}, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [allow]}


def documents() -> dict[str, Any]:
    """Every policy document of the dataset and its lake, and what others might grant, by what the table calls them."""
    inputs = {resource.name: resource.inputs for resource in dataset().resources}
    texts = {
        "rights": inputs["orders-role-policy"]["policy"],
        "trust": inputs["orders-role"]["assumeRolePolicy"],
        "own": inputs["orders-masked-policy"]["policy"],
        "key": inputs["orders-key"]["policy"],
        "topic": inputs["orders-alarms"]["policy"],
        "start": inputs["orders-start-role-policy"]["policy"],
        "starter trust": inputs["orders-start-role"]["assumeRolePolicy"],
        "lake": inputs["events-curated-policy"]["policy"],
        "raw": inputs["events-raw-policy"]["policy"],
    }
    return {
        **{name: json.loads(text) for name, text in texts.items()},
        "generous": statement(ROLE, "s3:*", "*"),
        "elsewhere": statement(ROLE, "s3:PutObject", "arn:aws:s3:::somebody-elses/*"),
    }


def requests(known: dict[str, Any], rows: list[Row]) -> list[Request]:
    held = {
        ROLE: (known["rights"],),
        f"{ROLE} with everything": (known["rights"], ALLOW_ALL),
        STARTER: (known["start"],),
        ADMIN: (ALLOW_ALL,),
        GUEST: (ALLOW_ALL,),
    }
    return [
        Request(
            who.partition(" ")[0],
            action,
            resource,
            held.get(who, ()),
            known[guard] if guard else None,
            OWN if guard else None,
            context,
        )
        for who, action, resource, _, guard, context in rows
    ]


def described(rows: list[Row], verdicts: list[bool]) -> list[str]:
    return [
        f"{verdict} {who.rpartition('/')[2]} {action} {resource} {context}"
        for (who, action, resource, _, _, context), verdict in zip(rows, verdicts, strict=True)
    ]


def test_every_request_has_the_verdict_that_was_written_by_hand() -> None:
    verdicts = iam_evaluator.allowed(requests(documents(), TABLE))
    assert described(TABLE, verdicts) == described(TABLE, [row[3] for row in TABLE])


def test_table_hangs_on_every_statement_that_the_dataset_makes() -> None:
    """The table bites: taking any one statement out of any document turns at least one verdict."""
    known = documents()
    variants, asked = [], []
    for name in ("rights", "trust", "own", "key", "topic", "start", "starter trust"):
        for index, taken in enumerate(known[name]["Statement"]):
            rest = [s for position, s in enumerate(known[name]["Statement"]) if position != index]
            variants.append(f"{name} {taken.get('Sid')}")
            asked += requests({**known, name: {**known[name], "Statement": rest}}, TABLE)
    verdicts, expected = iam_evaluator.allowed(asked), [row[3] for row in TABLE]
    size = len(expected)
    assert [v for i, v in enumerate(variants) if verdicts[i * size : (i + 1) * size] == expected] == []


def test_emr_serverless_starts_runs_of_this_application_only() -> None:
    emr: Any = ON_EMR
    made = record(lambda: MaskedTestDataset("orders", emr))
    start, run_trust, runs, trust, rights = (
        json.loads(made.named(name).inputs[field])
        for name, field in (
            ("orders-start-role-policy", "policy"),
            ("orders-run-role", "assumeRolePolicy"),
            ("orders-run-role-policy", "policy"),
            ("orders-role", "assumeRolePolicy"),
            ("orders-role-policy", "policy"),
        )
    )
    region = f"eu-west-1:{OWN}"
    machine = f"arn:aws:states:{region}:stateMachine:acme-dev-growth-orders-masking"
    parameter = f"arn:aws:ssm:{region}:parameter/dataops/masking/acme-dev-growth-orders-masking/application-id"
    application, tag = f"arn:aws:emr-serverless:eu-west-1:{OWN}:/applications/00f1", "aws:ResourceTag/test-dataset"
    tagged, run = {tag: "acme-dev-growth-orders-masking"}, "emr-serverless:StartJobRun"
    asked = [
        Request(STARTER, "states:StartExecution", machine, (start,)),
        Request(STARTER, "states:StartExecution", machine.replace("orders", "customers"), (start,)),
        Request(STARTER, run, application, (start,), context=tagged),
        Request(STARTER, "iam:PassRole", ROLE, (start,), context={"iam:PassedToService": EMR}),
        Request(STATES, "sts:AssumeRole", RUNNER, (), run_trust, OWN, called(machine)),
        Request(STATES, "sts:AssumeRole", RUNNER, (), run_trust, OWN, called(machine.replace("orders", "customers"))),
        Request(SCHEDULER, "sts:AssumeRole", RUNNER, (), run_trust, OWN, called(machine)),
        Request(RUNNER, run, application, (runs,), context=tagged),
        Request(RUNNER, run, application, (runs,), context={tag: "acme-dev-growth-customers-masking"}),
        Request(RUNNER, run, application, (runs,)),
        Request(RUNNER, "ssm:GetParameter", parameter, (runs,)),
        Request(RUNNER, "ssm:GetParameter", parameter.replace("orders", "customers"), (runs,)),
        Request(RUNNER, "ssm:PutParameter", parameter, (runs,)),
        Request(RUNNER, "iam:PassRole", ROLE, (runs,), context={"iam:PassedToService": EMR}),
        Request(RUNNER, "iam:PassRole", ROLE, (runs,), context={"iam:PassedToService": GLUE}),
        Request(RUNNER, "iam:PassRole", ADMIN, (runs,), context={"iam:PassedToService": EMR}),
        Request(EMR, "sts:AssumeRole", ROLE, (), trust, OWN, called(application)),
        Request(GLUE, "sts:AssumeRole", ROLE, (), trust, OWN, called(JOB)),
        Request(ROLE, "ec2:CreateNetworkInterface", INTERFACE, (rights,), context=IN_VPC),
        Request(ROLE, "logs:DescribeLogGroups", "*", (rights,), context={"aws:RequestedRegion": "eu-west-1"}),
        Request(ROLE, "logs:DescribeLogGroups", "*", (rights,), context={"aws:RequestedRegion": "us-east-1"}),
    ]
    of_starter, of_state_machine = [True, False, False, False], [True, False, False]
    of_runner = [True, False, False, True, False, False, True, False, False]
    verdicts = [*of_starter, *of_state_machine, *of_runner, True, False, False, True, False]
    assert iam_evaluator.allowed(asked) == verdicts


def test_key_given_by_its_arn_is_named_by_it() -> None:
    key, secret_key = KEY, KEY.replace("1234abcd", "9876fedc")
    args: Any = {
        **ON_GLUE,
        "source": {"uri": "s3://acme-dev-growth-events-curated/orders", "kms_key_arn": key},
        "masking": {**ON_GLUE["masking"], "key_secret_kms_key": secret_key},
    }
    made = record(lambda: MaskedTestDataset("orders", args))
    rights = json.loads(made.named("orders-role-policy").inputs["policy"])
    of_secret = {VIA: SECRETS, "kms:EncryptionContext:SecretARN": SECRET}
    asked = [
        Request(ROLE, "kms:Decrypt", key, (rights,), context={VIA: S3, CONTEXT: LAKE}),
        Request(ROLE, "kms:Decrypt", secret_key, (rights,), context={VIA: S3, CONTEXT: LAKE}),
        Request(ROLE, "kms:Decrypt", secret_key, (rights,), context=of_secret),
        Request(ROLE, "kms:Decrypt", key, (rights,), context=of_secret),
        Request(ROLE, "kms:Decrypt", secret_key, (rights,), context={VIA: SECRETS}),
    ]
    assert iam_evaluator.allowed(asked) == [True, False, True, False, False]


def test_lake_key_by_alias_is_what_the_lake_tells() -> None:
    assert LAKE_KEY.endswith(LAKE_ALIAS)


def test_role_policies_fit_into_what_iam_takes() -> None:
    rights = documents()["rights"]
    assert len(json.dumps(rights, separators=(",", ":"))) < 10_240
