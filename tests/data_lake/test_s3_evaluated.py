"""Who gets into an S3 lake, judged by an evaluator that is not ours.

The verdicts are written by hand from the IAM user guide, "Policy evaluation logic": an explicit deny wins; in one
account an allow by the identity *or* by the bucket is enough; a key's policy must allow by itself; between accounts
identity and resource must both allow.
"""

import functools
import json
from typing import Any

import pytest

from dataops_infra.data_lake import S3DataLake
from tests.support import iam_evaluator
from tests.support.iam_evaluator import Request
from tests.support.recording import record

pytestmark = pytest.mark.skipif(
    not iam_evaluator.AVAILABLE, reason="principalmapper, the independent IAM evaluator, is not installed"
)

OWN, FOREIGN = "111111111111", "555555555555"
READER, WRITER = f"arn:aws:iam::{OWN}:role/reader", f"arn:aws:iam::{OWN}:role/writer"
GUEST = f"arn:aws:iam::{FOREIGN}:role/guest"  # a reader of another account
OTHER, ADMIN = f"arn:aws:iam::{OWN}:role/other", f"arn:aws:iam::{OWN}:role/admin"
STRANGER = f"arn:aws:iam::{FOREIGN}:role/admin"
RAW, CURATED, LOGS = (f"arn:aws:s3:::acme-dev-growth-events-{zone}" for zone in ("raw", "curated", "logs"))
OBJECT = f"{RAW}/raw/growth/orders/v1/dt=2026-12-01/a.parquet"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = f"arn:aws:kms:eu-west-1:{OWN}:alias/acme-dev-growth-events"
ALGORITHM, KEY_ID = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_KEY = {"s3:x-amz-server-side-encryption-customer-algorithm": "AES256"}
PLAIN = {"aws:SecureTransport": "false"}
CONTEXT = "kms:EncryptionContext:aws:s3:arn"
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com", CONTEXT: RAW}
DELIVERY = "logging.s3.amazonaws.com"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
HOLDS_EVERYTHING = (ADMIN, STRANGER, GUEST)

YES, NO = True, False
Row = tuple[str, str, str, bool, str, dict[str, str]]
TABLE: list[Row] = [
    # Readers read, writers read and write; nobody named does more, nobody else does anything.
    (READER, "s3:GetObject", OBJECT, YES, "raw", {}),
    (READER, "s3:GetObjectVersion", OBJECT, YES, "raw", {}),
    (READER, "s3:ListBucket", RAW, YES, "raw", {}),
    (READER, "s3:PutObject", OBJECT, NO, "raw", {}),
    (READER, "s3:DeleteObject", OBJECT, NO, "raw", {}),
    (WRITER, "s3:GetObject", OBJECT, YES, "raw", {}),
    (WRITER, "s3:PutObject", OBJECT, YES, "raw", {}),
    (WRITER, "s3:ListMultipartUploadParts", OBJECT, YES, "raw", {}),
    (WRITER, "s3:ListBucketMultipartUploads", RAW, YES, "raw", {}),
    (WRITER, "s3:DeleteObject", OBJECT, YES, "raw", {}),
    (WRITER, "s3:DeleteObjectVersion", OBJECT, NO, "raw", {}),
    (WRITER, "s3:PutBucketPolicy", RAW, NO, "raw", {}),
    (WRITER, "s3:PutLifecycleConfiguration", RAW, NO, "raw", {}),
    (WRITER, "s3:PutObjectAcl", OBJECT, NO, "raw", {}),
    (WRITER, "s3:GetObject", f"{CURATED}/a", YES, "curated", {}),
    (GUEST, "s3:GetObject", OBJECT, YES, "raw", {}),  # named here, and allowed by its own account
    (GUEST, "s3:PutObject", OBJECT, NO, "raw", {}),
    (STRANGER, "s3:GetObject", OBJECT, NO, "raw", {}),
    (STRANGER, "s3:ListBucket", RAW, NO, "raw", {}),
    (OTHER, "s3:GetObject", OBJECT, NO, "raw", {}),
    (ADMIN, "s3:PutBucketPolicy", RAW, YES, "raw", {}),  # the account stays able to mend its bucket
    # TLS only, for everybody.
    (READER, "s3:GetObject", OBJECT, NO, "raw", PLAIN),
    (ADMIN, "s3:GetObject", OBJECT, NO, "raw", PLAIN),
    (ADMIN, "s3:ListBucket", LOGS, NO, "logs", PLAIN),
    # The lake's key or none.
    (WRITER, "s3:PutObject", OBJECT, YES, "raw", {ALGORITHM: "aws:kms", KEY_ID: ALIAS}),
    (WRITER, "s3:PutObject", OBJECT, NO, "raw", {ALGORITHM: "aws:kms", KEY_ID: "alias/aws/s3"}),
    (WRITER, "s3:PutObject", OBJECT, NO, "raw", {ALGORITHM: "aws:kms"}),
    (WRITER, "s3:PutObject", OBJECT, NO, "raw", {ALGORITHM: "AES256"}),
    (WRITER, "s3:PutObject", OBJECT, NO, "raw", {ALGORITHM: "aws:kms:dsse", KEY_ID: ALIAS}),
    (WRITER, "s3:PutObject", OBJECT, NO, "raw", CUSTOMER_KEY),
    (ADMIN, "s3:PutObject", OBJECT, NO, "raw", {ALGORITHM: "AES256"}),
    # The key: used through S3 for these buckets by those named; administered, not used, by the account.
    (READER, "kms:Decrypt", KEY, YES, "key", VIA_S3),
    (READER, "kms:Decrypt", KEY, YES, "key", {**VIA_S3, CONTEXT: OBJECT}),
    (READER, "kms:Decrypt", KEY, NO, "key", {}),
    (READER, "kms:Decrypt", KEY, NO, "key", {**VIA_S3, CONTEXT: "arn:aws:s3:::somebody-elses"}),
    (READER, "kms:Decrypt", KEY, NO, "key", {**VIA_S3, "kms:ViaService": "s3.eu-central-1.amazonaws.com"}),
    (READER, "kms:Decrypt", KEY, NO, "key", {**VIA_S3, "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}),
    (READER, "kms:GenerateDataKey", KEY, NO, "key", VIA_S3),
    (READER, "kms:CreateGrant", KEY, NO, "key", VIA_S3),
    (WRITER, "kms:GenerateDataKey", KEY, YES, "key", VIA_S3),
    (WRITER, "kms:Decrypt", KEY, YES, "key", VIA_S3),
    (GUEST, "kms:Decrypt", KEY, YES, "key", VIA_S3),
    (OTHER, "kms:Decrypt", KEY, NO, "key", VIA_S3),
    (ADMIN, "kms:Decrypt", KEY, NO, "key", VIA_S3),
    (ADMIN, "kms:PutKeyPolicy", KEY, YES, "key", {}),
    (ADMIN, "kms:ScheduleKeyDeletion", KEY, YES, "key", {}),
    (OTHER, "kms:PutKeyPolicy", KEY, NO, "key", {}),
    (STRANGER, "kms:PutKeyPolicy", KEY, NO, "key", {}),
    # Logs: S3 delivers for the lake's own buckets, each below its prefix; nobody else writes.
    (DELIVERY, "s3:PutObject", f"{LOGS}/raw/x", YES, "logs", {"aws:SourceArn": RAW, "aws:SourceAccount": OWN}),
    (DELIVERY, "s3:PutObject", f"{LOGS}/curated/x", YES, "logs", {"aws:SourceArn": CURATED, "aws:SourceAccount": OWN}),
    (DELIVERY, "s3:PutObject", f"{LOGS}/curated/x", NO, "logs", {"aws:SourceArn": RAW, "aws:SourceAccount": OWN}),
    (DELIVERY, "s3:PutObject", f"{LOGS}/raw/x", NO, "logs", {"aws:SourceArn": RAW, "aws:SourceAccount": FOREIGN}),
    (DELIVERY, "s3:PutObject", f"{RAW}/x", NO, "raw", {"aws:SourceArn": RAW, "aws:SourceAccount": OWN}),
    (WRITER, "s3:PutObject", f"{LOGS}/raw/x", NO, "logs", {}),
    (READER, "s3:GetObject", f"{LOGS}/raw/x", NO, "logs", {}),
]


@functools.cache
def documents() -> dict[str, Any]:
    """The policies of a lake's buckets and of its key."""
    args: Any = {
        "domain": "growth",
        "data_classification": "internal",
        "zones": ["raw", "curated"],
        "readers": [READER, GUEST],
        "writers": [WRITER],
    }
    recording = record(lambda: S3DataLake("events", args))
    names = {zone: f"events-{zone}-policy" for zone in ("raw", "curated", "logs")} | {"key": "events-key"}
    return {guard: json.loads(recording.named(name).inputs["policy"]) for guard, name in names.items()}


def requests(known: dict[str, Any]) -> list[Request]:
    return [
        Request(who, action, resource, (ALLOW_ALL,) if who in HOLDS_EVERYTHING else (), known[guard], OWN, context)
        for who, action, resource, _, guard, context in TABLE
    ]


def described(verdicts: list[bool]) -> list[str]:
    return [
        f"{verdict} {who.rpartition('/')[2]} {action} {resource} {context}"
        for (who, action, resource, _, _, context), verdict in zip(TABLE, verdicts, strict=True)
    ]


def test_every_request_has_the_verdict_that_was_written_by_hand() -> None:
    verdicts = iam_evaluator.allowed(requests(documents()))
    assert described(verdicts) == described([row[3] for row in TABLE])


def test_table_hangs_on_every_statement() -> None:
    """The table bites: taking any one statement out of any policy turns at least one verdict."""
    known, expected = documents(), [row[3] for row in TABLE]
    variants, asked = [], []
    for guard, document in known.items():
        for index, statement in enumerate(document["Statement"]):
            if guard != "curated":  # it says what raw's policy says
                rest = [s for position, s in enumerate(document["Statement"]) if position != index]
                variants.append((guard, statement.get("Sid", statement["Resource"])))
                asked += requests({**known, guard: {**document, "Statement": rest}})
    verdicts, size = iam_evaluator.allowed(asked), len(expected)
    assert [v for i, v in enumerate(variants) if verdicts[i * size : (i + 1) * size] == expected] == []
