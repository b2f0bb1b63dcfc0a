"""Masked test datasets in an AWS sandbox: members read the copy until the end, never its source."""

import functools
import json
from typing import Any

import pulumi
import pytest

from dataops_infra.data_lake import S3DataLake
from dataops_infra.errors import InvalidInputError
from dataops_infra.sandbox import AwsSandbox
from dataops_infra.test_datasets import MaskedTestDataset
from tests.support import iam_evaluator
from tests.support.iam_evaluator import Request
from tests.support.recording import UNKNOWN, Recording, record
from tests.test_datasets.arguments import ON_GLUE

BEFORE, AFTER = "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"
OWN = "111111111111"
ROLE = f"arn:aws:iam::{OWN}:role/acme-dev-growth-trial-sandbox"
LAKE, BUCKET = "arn:aws:s3:::acme-dev-growth-events-curated", "arn:aws:s3:::acme-dev-growth-orders-masked"
ELSEWHERE = "arn:aws:s3:::acme-dev-growth-customers-masked"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CONTEXT, VIA, ALIASES = "kms:EncryptionContext:aws:s3:arn", "kms:ViaService", "kms:ResourceAliases"
USED = {VIA: "s3.eu-west-1.amazonaws.com", CONTEXT: BUCKET, ALIASES: "alias/acme-dev-growth-orders-masked"}
SANDBOX: dict[str, Any] = {
    "domain": "growth",
    "regions": ["eu-west-1", "eu-central-1"],
    "expires_on": "2026-12-31",
    "members": [f"arn:aws:iam::{OWN}:role/analyst"],
    "monthly_budget_usd": 100,
}
REF: dict[str, Any] = {
    "cloud": "aws",
    "target_uri": "s3://acme-prod-growth-orders-masked/masked/",
    "bucket": "acme-prod-growth-orders-masked",
    "prefix": "masked/",
    "kms_key": "",
    "manifest_uri": "s3://acme-prod-growth-orders-masked/masked/_manifest.json",
    "verdict_uri": "s3://acme-prod-growth-orders-masked/masking/verdict.json",
    "plan_digest": "0" * 64,
    "region": "eu-central-1",
    "domain": "growth",
    "environment": "prod",
    "data_classification": "masked",
}


@functools.cache
def recording() -> Recording:
    lake: Any = {"domain": "growth", "data_classification": "internal"}
    args: Any = ON_GLUE

    def program() -> None:
        S3DataLake("events", lake)
        dataset = MaskedTestDataset("orders", args)
        trial: Any = {**SANDBOX, "test_datasets": [dataset.ref]}
        AwsSandbox("trial", trial)

    return record(program)


def document(resource: str) -> Any:
    return json.loads(recording().named(resource).inputs["policy"])


ROWS: list[tuple[str, str, bool, str | None, dict[str, str]]] = [
    ("s3:GetObject", f"{BUCKET}/masked/orders.parquet", True, "orders-masked-policy", {}),
    ("s3:ListBucket", BUCKET, True, "orders-masked-policy", {"s3:prefix": "masked/"}),
    ("s3:GetBucketLocation", BUCKET, True, "orders-masked-policy", {}),
    ("kms:Decrypt", KEY, True, "orders-key", USED),
    ("s3:ListBucket", BUCKET, False, "orders-masked-policy", {"s3:prefix": ""}),
    ("s3:ListBucket", BUCKET, False, "orders-masked-policy", {"s3:prefix": "staging/"}),
    ("s3:GetObject", f"{BUCKET}/staging/orders.parquet", False, "orders-masked-policy", {}),
    ("s3:GetObject", f"{BUCKET}/masking/verdict.json", False, "orders-masked-policy", {}),
    ("s3:PutObject", f"{BUCKET}/masked/orders.parquet", False, "orders-masked-policy", {}),
    ("s3:DeleteObject", f"{BUCKET}/masked/orders.parquet", False, "orders-masked-policy", {}),
    (
        "s3:GetObject",
        f"{BUCKET}/masked/orders.parquet",
        False,
        "orders-masked-policy",
        {"aws:SecureTransport": "false"},
    ),
    ("s3:GetObject", f"{ELSEWHERE}/masked/customers.parquet", False, None, {}),
    ("s3:GetObject", f"{LAKE}/curated/growth/orders/v1/a.parquet", False, "events-curated-policy", {}),
    ("s3:ListBucket", LAKE, False, "events-curated-policy", {"s3:prefix": "curated/growth/orders/v1/"}),
    ("kms:Decrypt", KEY, False, "orders-key", {**USED, CONTEXT: LAKE}),
    ("kms:Decrypt", KEY, False, "events-key", {**USED, CONTEXT: LAKE, ALIASES: "alias/acme-dev-growth-events"}),
    ("kms:GenerateDataKey", KEY, False, "orders-key", USED),
    ("glue:StartJobRun", f"arn:aws:glue:eu-west-1:{OWN}:job/acme-dev-growth-orders-masking", False, None, {}),
]


@pytest.mark.skipif(
    not iam_evaluator.AVAILABLE, reason="principalmapper, the independent IAM evaluator, is not installed"
)
@pytest.mark.parametrize(("now", "is_over"), [(BEFORE, False), (AFTER, True)], ids=["before", "after"])
def test_members_read_the_copy_until_the_end_and_never_the_source(now: str, is_over: bool) -> None:
    rights = document("trial-role-policy")
    asked = [
        Request(
            ROLE,
            action,
            resource,
            (rights,),
            document(guard) if guard else None,
            OWN if guard else None,
            {"aws:CurrentTime": now, "aws:PrincipalArn": ROLE, **context},
        )
        for action, resource, _, guard, context in ROWS
    ]
    verdicts = zip(ROWS, iam_evaluator.allowed(asked), strict=True)
    assert [row[:2] for row, verdict in verdicts if verdict != (row[2] and not is_over)] == []


def test_sandbox_tells_where_its_test_datasets_lie() -> None:
    assert recording().outputs("trial")["ref"]["test_datasets"] == ["s3://acme-dev-growth-orders-masked/masked/"]


def test_dataset_of_another_region_is_decrypted_there_and_one_without_a_key_not_at_all() -> None:
    keyed = {**REF, "kms_key": "arn:aws:kms:eu-central-1:333333333333:key/1234abcd"}
    made = record(lambda: AwsSandbox("trial", {**SANDBOX, "test_datasets": [REF, keyed]}))  # type: ignore[typeddict-item]
    rights = {each["Sid"]: each for each in json.loads(made.named("trial-role-policy").inputs["policy"])["Statement"]}
    assert "DecryptTestData0" not in rights
    assert rights["DecryptTestData1"]["Resource"] == keyed["kms_key"]
    assert rights["DecryptTestData1"]["Condition"]["StringEquals"] == {VIA: "s3.eu-central-1.amazonaws.com"}


def test_dataset_whose_facts_are_unknown_leaves_the_rights_unknown() -> None:
    unknown = pulumi.Output.from_input(REF).apply(lambda _: pulumi.UNKNOWN)
    args: Any = {**SANDBOX, "test_datasets": [unknown]}
    assert record(lambda: AwsSandbox("trial", args)).named("trial-role-policy").inputs["policy"] == UNKNOWN


@pytest.mark.parametrize("make", [dict, pulumi.Output.from_input], ids=["facts", "output"])
@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"data_classification": "confidential"},
            "test_datasets[0]: expected a dataset of the level masked or a lower one: what members of this sandbox may "
            "read, got 'confidential'",
        ),
        (
            {"cloud": "gcp"},
            "test_datasets[0]: expected the ref of a MaskedTestDataset on AWS; for this one, take GcpSandbox, "
            "got 'gcp'",
        ),
    ],
    ids=["level", "cloud"],
)
def test_dataset_that_a_sandbox_may_not_hold_is_refused(make: Any, changed: dict[str, str], text: str) -> None:
    args: Any = {**SANDBOX, "test_datasets": [make({**REF, **changed})]}
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: AwsSandbox("trial", args))
    assert str(caught.value) == f"AwsSandbox 'trial': {text}"


def test_more_datasets_than_a_role_has_room_for_are_refused() -> None:
    args: Any = {**SANDBOX, "test_datasets": [REF] * 20}
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: AwsSandbox("trial", args))
    assert "regions, test_datasets: expected fewer regions, test_datasets: IAM takes 10240" in str(caught.value)
