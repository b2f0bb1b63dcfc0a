"""Ways of several steps, circles, unknown ends, and where a stack itself is no production."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dataops_infra.conventions.model import Conventions
from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.flow_cases import CONVENTIONS, DEV, PII, PROD, RULE, STRANGER, bucket, gcs, given, policy
from tests.support.rule_cases import Case

REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
DEV_BUCKET = "arn:aws:s3:::acme-dev-crm-copy"
TO_DEV = f"replicated to `{DEV_BUCKET}` (bucket rule; environment dev)"


def replication(source: str, target: Any, name: str = "", **made_from: Any) -> Given:
    rules = [{"status": "Enabled", "destination": {"bucket": target}}]
    properties = {"bucket": f"acme-prod-crm-{source}", "rules": rules}
    return given(REPLICATION, name or f"{source}-replication", properties, **made_from)


def arn(name: str) -> str:
    return f"arn:aws:s3:::acme-prod-crm-{name}"


def case(label: str, resources: tuple[Given, ...], messages: Mapping[str, Any] | None = None, **more: Any) -> Case:
    return Case(RULE, resources, messages or {}, label=label, echoed=True, **{"conventions": CONVENTIONS, **more})


def elsewhere(*resources: Given, stack: str) -> tuple[Given, ...]:
    return tuple(replace(resource, stack=stack) for resource in resources)


ANALYST = given(
    "aws:iam/role:Role",
    "analyst",
    {
        "name": "analyst",
        "assumeRolePolicy": policy({"Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{DEV}:root"}}),
    },
)
GRANT = given(
    "aws:iam/rolePolicy:RolePolicy",
    "grant",
    {"role": "analyst", "policy": policy({"Action": "s3:GetObject", "Resource": f"{arn('copy')}/*"})},
)
NO_ACCOUNTS = Conventions.model_validate({"organisation": "acme"})
MASKING = given(
    "aws:glue/job:Job",
    "mask-people",
    {
        "name": "mask-people",
        "defaultArguments": {"--source": "s3://acme-prod-crm-raw/", "--output": "s3://acme-dev-crm-copy/"},
    },
)
GATED = {
    "--source": "s3://acme-prod-crm-raw/",
    "--target": "s3://acme-dev-crm-copy/",
    "--key-secret": "arn:aws:secretsmanager:eu-west-1:333333333333:secret:key",
    "--plan-hash": "0123456789abcdef" * 4,
}


def gated(options: dict[str, str]) -> Given:
    """A job that is given what a masking job of ours is given."""
    return given("aws:glue/job:Job", "mask-people", {"name": "mask-people", "nonOverridableArguments": options})


UNGATED = "`raw` (pii) → processed by job `mask-people` → written to `s3://acme-dev-crm-copy/` (environment dev)"
DEV_PROVIDER = {"allowedAccountIds": f'["{DEV}"]'}
OPEN_TO_STRANGER = given(
    "aws:s3/bucketPolicy:BucketPolicy",
    "open",
    {
        "bucket": "acme-prod-crm-raw",
        "policy": policy({"Action": "s3:*", "Principal": {"AWS": STRANGER}, "Resource": "*"}),
    },
)
QUEUE_OF_STRANGER = given("aws:sqs/queue:Queue", "inbox", {"arn": f"arn:aws:sqs:eu-west-1:{STRANGER}:inbox"})
INTERNS = {"role": "roles/storage.objectViewer", "member": "group:interns@acme.example"}
IDLE = given("aws:iam/role:Role", "idle", {"name": "idle", "assumeRolePolicy": UNKNOWN})
CONFIDENTIAL = CONVENTIONS.classification.model_copy(update={"production_only_from": "confidential"})
TO_STRANGER = "in no production environment of the conventions"

CASES = (
    case(
        "copy-of-confidential-data-to-an-unknown-place",
        (bucket(tags={"data-classification": "confidential"}), replication("raw", UNKNOWN)),
        deferred={"raw-replication": ["rules[0].destination.bucket"]},
    ),
    case(
        "three-hops",
        (bucket(), bucket("copy"), replication("raw", arn("copy")), ANALYST, GRANT),
        {
            "analyst": [
                f"`copy` (pii) → read by role `analyst` → assumed by account {DEV} (environment dev)",
                "`raw` (pii) → replicated to `copy` (bucket rule) → read by role `analyst`"
                f" → assumed by account {DEV} (environment dev)",
            ]
        },
    ),
    case(
        "three-hops-legal",
        (
            bucket(),
            bucket("copy"),
            replication("raw", arn("copy")),
            GRANT,
            replace(
                ANALYST,
                properties={
                    **ANALYST.properties,
                    "assumeRolePolicy": policy(
                        {"Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{PROD}:root"}}
                    ),
                },
            ),
        ),
    ),
    case(
        "circle",
        (bucket("a"), bucket("b"), replication("a", arn("b")), replication("b", arn("a"))),
    ),
    case(
        "circle-left",
        (
            bucket("a"),
            bucket("b"),
            replication("a", arn("b")),
            replication("b", arn("a"), "back"),
            replication("b", DEV_BUCKET, "out"),
        ),
        {"out": [f"`a` (pii) → replicated to `b` (bucket rule) → {TO_DEV}", f"`b` (pii) → {TO_DEV}"]},
    ),
    case("nothing-personal", (bucket(tags={"data-classification": "internal"}), replication("raw", DEV_BUCKET))),
    case("no-classification", (bucket(tags={}), replication("raw", DEV_BUCKET))),
    case(
        "unknown-target",
        (bucket(), replication("raw", UNKNOWN)),
        deferred={"raw-replication": ["rules[0].destination.bucket"]},
    ),
    case(
        "unknown-target-of-what-is-not-personal",
        (bucket(), bucket("web", {"data-classification": "public"}), replication("web", UNKNOWN)),
    ),
    case(
        "target-made-from-a-bucket-of-the-stack",
        (bucket(), bucket("copy"), replication("raw", UNKNOWN, rules=["copy"])),
    ),
    case(
        "target-made-from-a-bucket-of-dev",
        (bucket(), bucket("copy", physical="acme-dev-crm-copy"), replication("raw", UNKNOWN, rules=["copy"])),
        {
            "copy": ["`copy` (pii) lies outside production (environment dev)"],
            "raw-replication": ["`raw` (pii) → replicated to `copy` (bucket rule; environment dev)"],
        },
        needless=frozenset({"copy.bucket"}),
        fuzzed=False,  # the name of the copy is what tells that it is of dev
    ),
    case(
        "unknown-policy-of-a-role",
        (bucket(), ANALYST, given("aws:iam/rolePolicy:RolePolicy", "grant", {"role": "analyst", "policy": UNKNOWN})),
        deferred={"grant": ["policy"]},
    ),
    case(
        "stack-of-dev",
        elsewhere(bucket(), gcs("files"), stack="dev"),
        {
            "raw": ["`raw` (pii) lives in environment dev, which is no production"],
            "files": ["`files` (pii) lives in environment dev, which is no production"],
        },
    ),
    case("stack-of-dev-without-personal-data", elsewhere(bucket(tags={"data-classification": "masked"}), stack="dev")),
    case(
        "stack-of-no-environment",
        elsewhere(bucket(), stack="main"),
        {"raw": ["`raw` (pii) lives in a stack of no environment"]},
    ),
    case(
        "provider-of-another-account",
        (
            bucket(),
            replace(bucket("copy"), provider={"allowedAccountIds": f'["{DEV}"]'}),
            replication("raw", arn("copy")),
        ),
        {
            "copy": ["`copy` (pii) lies outside production (environment dev)"],
            "raw-replication": ["`raw` (pii) → replicated to `copy` (bucket rule; environment dev)"],
        },
        fuzzed=False,  # the provider's account is what tells; one that is unknown cannot be told from the stack's own
    ),
    case(
        "account-that-nobody-declared",
        (
            bucket(),
            replication("raw", arn("copy")),
            OPEN_TO_STRANGER,
        ),
        {"open": [f"`raw` (pii) → read by account {STRANGER} (bucket policy; {TO_STRANGER})"]},
        conventions=NO_ACCOUNTS,
    ),
    case(
        "account-in-which-the-stack-stands",
        (
            bucket(arn=arn("raw")),
            QUEUE_OF_STRANGER,
            OPEN_TO_STRANGER,
        ),
        conventions=NO_ACCOUNTS,
    ),
    case(
        "declared-in-the-config",
        (bucket(), replication("raw", "arn:aws:s3:::partner-archive")),
        config={"production": ["partner-*"]},
    ),
    case(
        "people-declared-outside",
        (
            gcs(),
            given(
                "gcp:storage/bucketIAMMember:BucketIAMMember",
                "grant",
                {
                    "bucket": "acme-prod-crm-raw",
                    "role": "roles/storage.objectViewer",
                    "member": "group:interns@acme.example",
                },
            ),
        ),
        {"grant": ["`raw` (pii) → read by `group:interns@acme.example` (outside by the rule's config)"]},
        config={"outside": ["group:interns@*"]},
    ),
    # Any script may be given such a command line.
    case("a-command-line-proves-no-gate", (bucket(), gated(GATED)), {"mask-people": [UNGATED]}),
    case("masked-by-a-job", (bucket(), MASKING), config={"maskers": ["mask-*"]}),
    case(
        "not-masked-by-its-tag",
        (bucket(), MASKING),
        {
            "mask-people": [
                "`raw` (pii) → processed by job `mask-people` → written to `s3://acme-dev-crm-copy/` (environment dev)"
            ]
        },
        needless=frozenset({"mask-people.name"}),
    ),
    case(
        "copy-without-classification",
        (bucket(tags={"data-classification": "confidential"}), bucket("copy", {}), replication("raw", arn("copy"))),
        {"copy": ["`raw` (confidential) is replicated to `copy`, which has no classification"]},
    ),
    case(
        "copy-classified-higher",
        (bucket(tags={"data-classification": "internal"}), bucket("copy"), replication("raw", arn("copy"))),
    ),
    case(
        "level-of-the-organisation",
        (bucket(tags={"data-classification": "confidential"}), replication("raw", DEV_BUCKET)),
        {"raw-replication": [f"`raw` (confidential) → {TO_DEV}"]},
        conventions=CONVENTIONS.model_copy(
            update={
                "classification": CONVENTIONS.classification.model_copy(update={"production_only_from": "confidential"})
            }
        ),
    ),
    case(
        "dead-end",
        (
            bucket(),
            given("aws:iam/role:Role", "idle", {"name": "idle", "assumeRolePolicy": UNKNOWN}),
            replication("raw", arn("copy")),
        ),
    ),
    case(
        "every-tag-counts",
        (bucket(tags=PII), bucket("copy", {**PII, "environment": "staging"}), replication("raw", arn("copy"))),
        {
            "copy": ["`copy` (pii) lies outside production (environment staging)"],
            "raw-replication": ["`raw` (pii) → replicated to `copy` (bucket rule; environment staging)"],
        },
    ),
)
