"""Who may do what with a lake: bucket policies, key policy, and the arguments that shape them."""

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

from dataops_infra.data_lake import S3DataLake, S3DataLakeArgs
from dataops_infra.data_lake.s3_policies import Access, deny_other_encryption, key_policy
from tests.support.recording import ACCOUNT, UNKNOWN, Recording, record

READER = "arn:aws:iam::111111111111:role/reader"
WRITER = "arn:aws:iam::111111111111:role/writer"
MINIMAL: S3DataLakeArgs = {"domain": "growth", "data_classification": "internal", "zones": ["raw"]}
BUCKET = "arn:aws:s3:::acme-dev-growth-events-raw"
LOGS = "arn:aws:s3:::acme-dev-growth-events-logs"
ALIAS = "arn:aws:kms:eu-west-1:111111111111:alias/acme-dev-growth-events"
ADOPTED = "arn:aws:kms:eu-west-1:555555555555:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def lake(**args: Any) -> Recording:
    merged: Any = {**MINIMAL, **args}
    return record(lambda: S3DataLake("events", merged))


@pytest.fixture
def empty_conventions(tmp_path: Path) -> Path:
    """A dataops.yaml that says nothing: built-in defaults, no account."""
    path = tmp_path / "dataops.yaml"
    path.write_text("")
    return path


def statements(recording: Recording, name: str) -> dict[str, dict[str, Any]]:
    """The statements of a policy by their Sid, or by their resource where they have none."""
    document = json.loads(recording.named(name).inputs["policy"])
    assert document["Version"] == "2012-10-17"
    return {statement.get("Sid", statement["Resource"]): statement for statement in document["Statement"]}


@pytest.mark.parametrize(("name", "arn"), [("events-raw-policy", BUCKET), ("events-logs-policy", LOGS)])
def test_bucket_policy_refuses_plain_http_to_everybody(name: str, arn: str) -> None:
    assert statements(lake(), name)["DenyPlainHttp"] == {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def denies(statement: dict[str, Any], headers: dict[str, str]) -> bool:
    """IAM's own rules for the three operators used: every condition must hold; negated ones hold for an absent key."""
    condition = statement["Condition"]
    return all(headers.get(key) != wanted for key, wanted in condition.get("StringNotEquals", {}).items()) and all(
        (key not in headers) == (wanted == "true") for key, wanted in condition.get("Null", {}).items()
    )


ALGORITHM, KEY_ID = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"


@pytest.mark.parametrize(
    ("headers", "denied_by"),
    [
        ({}, set()),  # the bucket's default encrypts with the lake's key
        ({ALGORITHM: "aws:kms", KEY_ID: ALIAS}, set()),
        ({ALGORITHM: "AES256"}, {"DenyOtherAlgorithm", "DenyAlgorithmWithoutKey"}),
        ({ALGORITHM: "aws:kms"}, {"DenyAlgorithmWithoutKey"}),  # would take the AWS managed key
        ({ALGORITHM: "aws:kms", KEY_ID: "alias/aws/s3"}, {"DenyOtherKey"}),
        ({ALGORITHM: "aws:kms:dsse", KEY_ID: ALIAS}, {"DenyOtherAlgorithm"}),
        ({CUSTOMER: "AES256"}, {"DenyCustomerProvidedKey"}),
    ],
)
def test_encryption_statements_deny_exactly_the_writes_with_another_key(
    headers: dict[str, str], denied_by: set[str]
) -> None:
    found = {s["Sid"] for s in deny_other_encryption(BUCKET, [ALIAS]) if denies(s, headers)}
    assert found == denied_by


def test_encryption_statements_stand_in_the_policy_of_each_zone() -> None:
    made = statements(lake(), "events-raw-policy")
    expected = {s["Sid"]: s for s in deny_other_encryption(BUCKET, [ALIAS])}
    assert {sid: made[sid] for sid in expected} == expected
    assert {s["Effect"] for s in expected.values()} == {"Deny"}
    assert {s["Principal"] for s in expected.values()} == {"*"}
    assert {(s["Action"], s["Resource"]) for s in expected.values()} == {("s3:PutObject", f"{BUCKET}/*")}


def test_log_bucket_policy_admits_only_the_log_delivery_of_the_lakes_own_buckets() -> None:
    made = statements(lake(zones=["raw", "curated"], readers=[READER], writers=[WRITER]), "events-logs-policy")
    assert made.keys() == {"DenyPlainHttp", f"{LOGS}/raw/*", f"{LOGS}/curated/*"}
    assert made[f"{LOGS}/raw/*"] == {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{LOGS}/raw/*",
        "Condition": {"ArnLike": {"aws:SourceArn": BUCKET}, "StringEquals": {"aws:SourceAccount": "111111111111"}},
    }


def test_lake_without_readers_and_writers_allows_nothing() -> None:
    recording = lake()
    assert {s["Effect"] for s in statements(recording, "events-raw-policy").values()} == {"Deny"}
    assert statements(recording, "events-key").keys() == {"AdministerKey"}


def test_bucket_policy_lets_readers_read_and_writers_write_too() -> None:
    made = statements(lake(readers=[READER], writers=[WRITER]), "events-raw-policy")
    allowed = {sid: (s["Principal"]["AWS"], s["Resource"]) for sid, s in made.items() if s["Effect"] == "Allow"}
    assert allowed == {
        "ListForReaders": ([READER, WRITER], BUCKET),
        "ReadForReaders": ([READER, WRITER], f"{BUCKET}/*"),
        "ListForWriters": ([WRITER], BUCKET),
        "WriteForWriters": ([WRITER], f"{BUCKET}/*"),
    }
    assert made["ReadForReaders"]["Action"] == ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"]
    # Only the lifecycle destroys data: no writer removes a version, a policy or a setting.
    assert made["WriteForWriters"]["Action"] == [
        "s3:PutObject",
        "s3:PutObjectTagging",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    ]


def test_key_policy_separates_administration_from_use() -> None:
    made = statements(lake(readers=[READER], writers=[WRITER]), "events-key")
    use = {
        "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [BUCKET, f"{BUCKET}/*"]},
    }
    assert made["AdministerKey"]["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    assert not {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:*"} & set(
        made["AdministerKey"]["Action"]
    )
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKeyRotation"} <= set(
        made["AdministerKey"]["Action"]
    )
    assert made["DecryptForReaders"] == {
        "Sid": "DecryptForReaders",
        "Effect": "Allow",
        "Principal": {"AWS": [READER, WRITER]},
        "Action": ["kms:Decrypt"],
        "Resource": "*",
        "Condition": use,
    }
    assert made["EncryptForWriters"] == {
        "Sid": "EncryptForWriters",
        "Effect": "Allow",
        "Principal": {"AWS": [WRITER]},
        "Action": ["kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": use,
    }


def test_another_partition_has_its_own_arns_and_service_names(empty_conventions: Path) -> None:
    reader = READER.replace("arn:aws:", "arn:aws-cn:")
    recording = record(
        lambda: S3DataLake(
            "events",
            {**MINIMAL, "region": "cn-north-1", "readers": [reader], "owner": "growth-data", "cost_center": "c"},
        ),
        config={"dataops:conventions": str(empty_conventions)},
    )
    bucket = "arn:aws-cn:s3:::dataops-dev-growth-events-logs"
    assert statements(recording, "events-logs-policy")["DenyPlainHttp"]["Resource"] == [bucket, f"{bucket}/*"]
    use = statements(recording, "events-key")["DecryptForReaders"]["Condition"]["StringEquals"]
    assert use == {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}


def test_a_role_that_reads_and_writes_stands_once_in_each_statement() -> None:
    made = statements(lake(readers=[WRITER, READER, READER], writers=[WRITER, WRITER]), "events-raw-policy")
    assert made["ReadForReaders"]["Principal"] == {"AWS": [WRITER, READER]}
    assert made["WriteForWriters"]["Principal"] == {"AWS": [WRITER]}


def test_roles_given_as_known_outputs_leave_the_policies_known() -> None:
    made = statements(lake(readers=[pulumi.Output.from_input(READER)]), "events-raw-policy")
    assert made["ReadForReaders"]["Principal"] == {"AWS": [READER]}


@pytest.mark.parametrize("as_output", [False, True])
def test_adopted_key_replaces_the_lakes_own(as_output: bool) -> None:
    recording = lake(kms_key_arn=pulumi.Output.from_input(ADOPTED) if as_output else ADOPTED, writers=[WRITER])
    assert recording.of_type("aws:kms/key:Key") == []
    assert recording.of_type("aws:kms/alias:Alias") == []
    rule = recording.named("events-raw-encryption").inputs["rules"][0]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == ADOPTED
    denied = statements(recording, "events-raw-policy")["DenyOtherKey"]["Condition"]["StringNotEquals"]
    assert denied == {KEY_ID: ADOPTED}
    assert recording.outputs("events")["ref"]["kms_key_arn"] == ADOPTED


def test_caller_identity_stands_in_where_no_account_is_declared(empty_conventions: Path) -> None:
    recording = record(
        lambda: S3DataLake("events", {**MINIMAL, "region": "eu-west-1", "owner": "growth-data", "cost_center": "c"}),
        config={"dataops:conventions": str(empty_conventions)},
    )
    assert recording.functions == ["aws:index/getCallerIdentity:getCallerIdentity"]
    delivery = statements(recording, "events-logs-policy")["arn:aws:s3:::dataops-dev-growth-events-logs/raw/*"]
    assert delivery["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert recording.outputs("events")["ref"]["kms_key_arn"] == (
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/dataops-dev-growth-events"
    )


def test_declared_account_needs_no_call() -> None:
    assert lake().functions == []


def test_nothing_recorded_holds_the_text_none() -> None:
    recording = lake(readers=[READER], writers=[WRITER])
    assert [r.name for r in recording.resources if "None" in json.dumps(r.inputs)] == []
    unknown = [r.name for r in recording.resources if UNKNOWN in json.dumps(r.inputs)]
    assert unknown == ["events-key-alias"]  # the id of the key that AWS makes up


def test_key_policy_without_use_keeps_only_administration() -> None:
    document = key_policy("arn:aws:iam::1:root", "s3.eu-west-1.amazonaws.com", [BUCKET], Access([], []))
    assert [s["Sid"] for s in document["Statement"]] == ["AdministerKey"]


def test_policies_are_well_formed_documents() -> None:
    """What the IAM policy grammar demands of the parts that we use."""
    recording = lake(zones=["raw", "curated"], readers=[READER], writers=[WRITER])
    documents = [json.loads(r.inputs["policy"]) for r in recording.resources if "policy" in r.inputs]
    assert len(documents) == 4
    for document in documents:
        sids = [statement["Sid"] for statement in document["Statement"] if "Sid" in statement]
        assert len(sids) == len(set(sids))
        assert all(sid.isalnum() for sid in sids)
        for statement in document["Statement"]:
            assert statement.keys() - {"Sid", "Condition"} == {"Effect", "Principal", "Action", "Resource"}
            assert statement.get("Condition", {}).keys() <= {
                "Bool",
                "StringEquals",
                "StringNotEquals",
                "ArnLike",
                "Null",
            }
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert all(re.fullmatch(r"(s3|kms):([A-Z][A-Za-z]+|\*)", action) for action in actions)
