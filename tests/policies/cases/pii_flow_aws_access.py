"""Readers of personal data on AWS outside production, each with its legal twin."""

from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.flow_cases import DEV, END, PII, PROD, STRANGER, Twins, bucket, given, policy

ROLE = "aws:iam/role:Role"
ROOT = "arn:aws:iam::{}:root"
OBJECTS = "arn:aws:s3:::acme-prod-crm-raw/*"
READ = {"Action": "s3:GetObject", "Resource": OBJECTS}
TRUSTED = (ROOT.format(DEV), ROOT.format(PROD))
BY_ROLE = "`raw` (pii) → read by role `analyst` → assumed by "
IN_DEV = f"account {DEV} (environment dev)"


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return policy({"Action": "sts:AssumeRole", "Principal": principal, **more})


def role(name: str = "analyst", principal: Any = None, **properties: Any) -> Given:
    return given(ROLE, name, {"name": name, "assumeRolePolicy": trust(principal or {"AWS": END}), **properties})


def role_policy(document: Any, of: str = "analyst") -> Given:
    return given("aws:iam/rolePolicy:RolePolicy", "grant", {"role": of, "policy": document})


def bucket_policy(statement: Any) -> Given:
    return given(
        "aws:s3/bucketPolicy:BucketPolicy",
        "open",
        {"bucket": "acme-prod-crm-raw", "policy": policy({**READ, **statement})},
        bucket=["raw"],
    )


def read_by(what: str) -> dict[str, list[str]]:
    return {"open": [f"`raw` (pii) → read by {what}"]}


def opened(label: str, statement: Any, ends: tuple[Any, ...], what: str, **more: Any) -> Twins:
    return Twins(label, (bucket(), bucket_policy(statement)), ends, read_by(what), **more)


def attached(arn: Any, **made_from: Any) -> Given:
    return given(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "attach",
        {"role": "analyst", "policyArn": arn},
        **made_from,
    )


# `Effect`, `Sid` and the like may turn a grant into none: a document in which they are unknown is waited for.
PAIRS = (
    Twins(
        "role-and-trust",
        (bucket(), role(), role_policy(policy(READ))),
        TRUSTED,
        {"analyst": [BY_ROLE + IN_DEV]},
    ),
    Twins(
        "role-reads-another-bucket",
        (
            bucket(),
            bucket("web", {}),
            role(principal={"AWS": ROOT.format(DEV)}),
            role_policy(policy({"Action": "s3:Get*", "Resource": [END]})),
        ),
        ("arn:aws:s3:::acme-prod-*", "arn:aws:s3:::acme-prod-crm-web/*"),
        {"analyst": [BY_ROLE + IN_DEV]},
    ),
    Twins(
        "role-lists-only",
        (bucket(), role(principal={"AWS": ROOT.format(DEV)}), role_policy(policy({"Action": END, "Resource": "*"}))),
        ("s3:*", "s3:ListBucket"),
        {"analyst": [BY_ROLE + IN_DEV]},
    ),
    Twins(
        "role-everything-but",
        (bucket(), role(principal={"AWS": ROOT.format(DEV)}), role_policy(policy({"NotAction": END, "Resource": "*"}))),
        ("iam:*", "s3:*"),
        {"analyst": [BY_ROLE + IN_DEV]},
    ),
    Twins(
        "inline-policy",
        (bucket(), role(principal={"AWS": END}, inlinePolicies=[{"name": "read", "policy": policy(READ)}])),
        TRUSTED,
        {"analyst": [BY_ROLE + IN_DEV]},
        needless=frozenset({"analyst.inlinePolicies[0].name"}),
    ),
    Twins(
        "managed-policy",
        (bucket(), role(principal={"AWS": ROOT.format(DEV)}), attached(END)),
        ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonAthenaFullAccess"),
        {"analyst": [BY_ROLE + IN_DEV]},
    ),
    Twins(
        "policy-of-the-stack",
        (
            bucket(),
            role(principal={"AWS": END}),
            given("aws:iam/policy:Policy", "reading", {"name": "reading", "policy": policy(READ)}),
            attached(UNKNOWN, policyArn=["reading"]),
        ),
        TRUSTED,
        {"analyst": [BY_ROLE + IN_DEV]},
    ),
    Twins(
        "trust-by-saml",
        (bucket(), role(principal={"Federated": END}), role_policy(policy(READ))),
        (f"arn:aws:iam::{DEV}:saml-provider/sso", f"arn:aws:iam::{PROD}:saml-provider/sso"),
        {"analyst": [f"{BY_ROLE}identity provider `arn:aws:iam::{DEV}:saml-provider/sso` (environment dev)"]},
    ),
    Twins(
        "trust-by-service-or-stranger",
        (bucket(), role(principal=END), role_policy(policy(READ))),
        ({"AWS": STRANGER}, {"Service": "lambda.amazonaws.com"}),
        {"analyst": [f"{BY_ROLE}account {STRANGER} (in no production environment of the conventions)"]},
    ),
    opened("bucket-policy", {"Principal": {"AWS": END}}, TRUSTED, f"account {DEV} (bucket policy; environment dev)"),
    opened(
        "bucket-policy-role",
        {"Principal": {"AWS": END}},
        (f"arn:aws:iam::{DEV}:role/etl", f"arn:aws:iam::{PROD}:role/etl"),
        f"role `arn:aws:iam::{DEV}:role/etl` (bucket policy; environment dev)",
    ),
    opened(
        "bucket-policy-stranger",
        {"Principal": {"AWS": END}},
        (STRANGER, PROD),
        f"account {STRANGER} (bucket policy; in no production environment of the conventions)",
    ),
    opened(
        "bucket-policy-public",
        {"Principal": END},
        ("*", {"Service": "logging.s3.amazonaws.com"}),
        "everybody (bucket policy; the public)",
    ),
    opened(
        "bucket-policy-writers",
        {"Principal": {"AWS": ROOT.format(DEV)}, "Action": END},
        ("s3:GetObject*", "s3:PutObject"),
        f"account {DEV} (bucket policy; environment dev)",
    ),
    opened(
        "bucket-policy-of-an-account",
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": END}}},
        (DEV, PROD),
        f"account {DEV} (bucket policy; environment dev)",
    ),
    opened(
        "bucket-policy-of-an-organisation",
        {"Principal": "*", "Condition": END},
        (
            {"StringEquals": {"aws:PrincipalOrgID": "o-acme123456"}},
            {"StringEquals": {"aws:PrincipalOrgID": "o-acme123456", "aws:PrincipalAccount": PROD}},
        ),
        "organisation `o-acme123456` (bucket policy; also its other environments)",
    ),
    opened(
        "bucket-policy-of-roles",
        {"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": END}}},
        (f"arn:aws:iam::{DEV}:role/analyst-*", f"arn:aws:iam::{PROD}:role/analyst-*"),
        f"account {DEV} (bucket policy; environment dev)",
    ),
    Twins(
        "access-point",
        (
            bucket(),
            given(
                "aws:s3/accessPoint:AccessPoint",
                "door",
                {
                    "name": "door",
                    "bucket": "acme-prod-crm-raw",
                    "policy": policy({"Action": "s3:GetObject", "Principal": {"AWS": END}, "Resource": "*"}),
                },
                bucket=["raw"],
            ),
        ),
        TRUSTED,
        {
            "door": [
                "`raw` (pii) → offered by access point `door`"
                f" → read by account {DEV} (access point policy; environment dev)"
            ]
        },
    ),
    Twins(
        "table-policy",
        (
            given("aws:dynamodb/table:Table", "people", {"name": "people", "tags": PII}),
            given(
                "aws:dynamodb/resourcePolicy:ResourcePolicy",
                "open",
                {
                    "resourceArn": f"arn:aws:dynamodb:eu-west-1:{PROD}:table/people",
                    "policy": policy({"Action": "dynamodb:Query", "Principal": {"AWS": END}, "Resource": "*"}),
                },
            ),
        ),
        TRUSTED,
        {"open": [f"`people` (pii) → read by account {DEV} (table policy; environment dev)"]},
    ),
)

CASES = tuple(case for pair in PAIRS for case in pair.cases())
