"""Who gets into an AWS sandbox, judged by an evaluator that is not ours, before and after the last day.

The verdicts are written by hand from the IAM user guide, "Policy evaluation logic": everything is denied that nothing
allows; an explicit deny wins; in one account an allow of the identity's policies *or* of the resource's is enough, but
a role's trust policy and a key's policy must allow by themselves; between accounts both must allow.
"""

import functools
import json
from typing import Any

import pytest

from dataops_infra.sandbox import AwsSandbox
from tests.support import iam_evaluator
from tests.support.iam_evaluator import Request
from tests.support.recording import Recording, record

pytestmark = pytest.mark.skipif(
    not iam_evaluator.AVAILABLE, reason="principalmapper, the independent IAM evaluator, is not installed"
)

BEFORE, AFTER = "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"
"""The last second of the last day, and the first after it."""
OWN, FOREIGN = "111111111111", "555555555555"
MEMBER, GUEST = f"arn:aws:iam::{OWN}:role/analyst", f"arn:aws:iam::{FOREIGN}:role/guest"
ROLE = f"arn:aws:iam::{OWN}:role/acme-dev-growth-trial-sandbox"
OTHER, ADMIN = f"arn:aws:iam::{OWN}:role/other", f"arn:aws:iam::{OWN}:role/admin"
STRANGER = f"arn:aws:iam::{FOREIGN}:role/admin"
ACTOR = f"{ROLE}-budget-action"
STOP = f"arn:aws:iam::{OWN}:policy/acme-dev-growth-trial-sandbox-stop-spending"
BUCKET, TWIN, LOGS = (
    f"arn:aws:s3:::acme-dev-growth-trial-{name}"
    for name in ("eu-west-1-sandbox", "eu-central-1-sandbox", "eu-west-1-logs")
)
ELSEWHERE = "arn:aws:s3:::acme-dev-growth-events-raw"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = f"arn:aws:kms:eu-west-1:{OWN}:alias/acme-dev-growth-trial-eu-west-1-sandbox"
TOPIC = f"arn:aws:sns:eu-west-1:{OWN}:acme-dev-growth-trial-sandbox-budget"
WORKGROUP = "workgroup/acme-dev-growth-trial-sandbox"
DATABASE = "acme_dev_growth_trial_sandbox"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

ALGORITHM, KEY_ID = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_KEY = {"s3:x-amz-server-side-encryption-customer-algorithm": "AES256"}
PLAIN = {"aws:SecureTransport": "false"}
CONTEXT = "kms:EncryptionContext:aws:s3:arn"
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com", CONTEXT: BUCKET}
BUDGETS, DELIVERY = "budgets.amazonaws.com", "logging.s3.amazonaws.com"
FROM_OWN = {"aws:SourceAccount": OWN, "aws:SourceArn": f"arn:aws:budgets::{OWN}:budget/acme-dev-growth-trial-sandbox"}
FROM_FOREIGN = {"aws:SourceAccount": FOREIGN, "aws:SourceArn": f"arn:aws:budgets::{FOREIGN}:budget/theirs"}


def athena(region: str, resource: str = WORKGROUP) -> str:
    return f"arn:aws:athena:{region}:{OWN}:{resource}"


def glue(resource: str, region: str = "eu-west-1") -> str:
    return f"arn:aws:glue:{region}:{OWN}:{resource}"


# Columns: who, action, resource, verdict before, verdict after, what guards the resource, further condition keys.
UNTIL, ALWAYS, NEVER = (True, False), (True, True), (False, False)
Row = tuple[str, str, str, tuple[bool, bool], str | None, dict[str, str]]
TABLE: list[Row] = [
    # Taking the role: the trust policy alone decides within an account.
    (MEMBER, "sts:AssumeRole", ROLE, UNTIL, "trust", {}),
    (OTHER, "sts:AssumeRole", ROLE, NEVER, "trust", {}),
    (ADMIN, "sts:AssumeRole", ROLE, NEVER, "trust", {}),
    (GUEST, "sts:AssumeRole", ROLE, UNTIL, "trust", {}),  # named, and allowed by its own account
    (STRANGER, "sts:AssumeRole", ROLE, NEVER, "trust", {}),
    (ROLE, "sts:AssumeRole", ROLE, NEVER, "trust", {}),
    (MEMBER, "sts:TagSession", ROLE, NEVER, "trust", {}),
    # The data, as a member.
    (ROLE, "s3:GetObject", f"{BUCKET}/sandbox/growth/orders/v1/a", UNTIL, "bucket", {}),
    (ROLE, "s3:GetObject", f"{TWIN}/sandbox/growth/orders/v1/a", UNTIL, "twin", {}),
    (ROLE, "s3:GetObjectVersion", f"{BUCKET}/a", UNTIL, "bucket", {}),
    (ROLE, "s3:ListBucket", BUCKET, UNTIL, "bucket", {}),
    (ROLE, "s3:ListBucketVersions", BUCKET, UNTIL, "bucket", {}),
    (ROLE, "s3:DeleteObject", f"{BUCKET}/a", UNTIL, "bucket", {}),
    (ROLE, "s3:DeleteObjectVersion", f"{BUCKET}/a", NEVER, "bucket", {}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", UNTIL, "bucket", {}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", UNTIL, "bucket", {ALGORITHM: "aws:kms", KEY_ID: ALIAS}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", UNTIL, "bucket", {ALGORITHM: "aws:kms", KEY_ID: KEY}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", NEVER, "bucket", {ALGORITHM: "aws:kms", KEY_ID: KEY.replace(OWN, FOREIGN)}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", NEVER, "bucket", {ALGORITHM: "aws:kms"}),  # would take the AWS managed key
    (ROLE, "s3:PutObject", f"{BUCKET}/a", NEVER, "bucket", {ALGORITHM: "AES256"}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", NEVER, "bucket", {ALGORITHM: "aws:kms:dsse", KEY_ID: ALIAS}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", NEVER, "bucket", CUSTOMER_KEY),
    (ROLE, "s3:ListBucketMultipartUploads", BUCKET, UNTIL, "bucket", {}),
    (ROLE, "s3:PutObject", f"{BUCKET}/a", NEVER, "bucket", PLAIN),
    (ROLE, "s3:GetObject", f"{BUCKET}/a", NEVER, "bucket", PLAIN),
    (ROLE, "s3:PutBucketPolicy", BUCKET, NEVER, "bucket", {}),
    (ROLE, "s3:PutLifecycleConfiguration", BUCKET, NEVER, "bucket", {}),
    (ROLE, "s3:DeleteBucket", BUCKET, NEVER, "bucket", {}),
    (ROLE, "s3:GetObject", f"{LOGS}/sandbox/a", NEVER, "logs", {}),
    (ROLE, "s3:GetObject", f"{ELSEWHERE}/a", NEVER, None, {}),
    (ROLE, "s3:ListAllMyBuckets", "*", NEVER, None, {}),
    # The data, as somebody else: members get in by the role only.
    (MEMBER, "s3:GetObject", f"{BUCKET}/a", NEVER, "bucket", {}),
    (STRANGER, "s3:GetObject", f"{BUCKET}/a", NEVER, "bucket", {}),
    (ADMIN, "s3:GetObject", f"{BUCKET}/a", ALWAYS, "bucket", {}),  # but without the key: see below
    (ADMIN, "s3:GetObject", f"{BUCKET}/a", NEVER, "bucket", PLAIN),
    (ADMIN, "s3:GetObject", f"{LOGS}/sandbox/a", NEVER, "logs", PLAIN),
    (
        DELIVERY,
        "s3:PutObject",
        f"{LOGS}/sandbox/a",
        ALWAYS,
        "logs",
        {"aws:SourceAccount": OWN, "aws:SourceArn": BUCKET},
    ),
    (DELIVERY, "s3:PutObject", f"{LOGS}/sandbox/a", NEVER, "logs", {"aws:SourceAccount": OWN, "aws:SourceArn": TWIN}),
    # The key: its policy must allow by itself; the account administers it and cannot use it.
    (ROLE, "kms:Decrypt", KEY, UNTIL, "key", VIA_S3),
    (ROLE, "kms:GenerateDataKey", KEY, UNTIL, "key", {**VIA_S3, CONTEXT: f"{BUCKET}/a"}),
    (ROLE, "kms:Decrypt", KEY, NEVER, "key", {}),
    (ROLE, "kms:Decrypt", KEY, NEVER, "key", {**VIA_S3, CONTEXT: ELSEWHERE}),
    (ROLE, "kms:Decrypt", KEY, NEVER, "key", {**VIA_S3, "kms:ViaService": "s3.eu-central-1.amazonaws.com"}),
    (ROLE, "kms:CreateGrant", KEY, NEVER, "key", VIA_S3),
    (ADMIN, "kms:Decrypt", KEY, NEVER, "key", VIA_S3),
    (ADMIN, "kms:PutKeyPolicy", KEY, ALWAYS, "key", {}),
    (BUDGETS, "kms:GenerateDataKey", KEY, ALWAYS, "key", FROM_OWN),
    (BUDGETS, "kms:Decrypt", KEY, NEVER, "key", FROM_FOREIGN),
    # Queries.
    (ROLE, "athena:StartQueryExecution", athena("eu-west-1"), UNTIL, None, {}),
    (ROLE, "athena:StartQueryExecution", athena("eu-central-1"), UNTIL, None, {}),
    (ROLE, "athena:GetQueryResults", athena("eu-west-1"), UNTIL, None, {}),
    (ROLE, "athena:StartQueryExecution", athena("us-east-1"), NEVER, None, {}),
    (ROLE, "athena:StartQueryExecution", athena("eu-west-1", "workgroup/primary"), NEVER, None, {}),
    (ROLE, "athena:UpdateWorkGroup", athena("eu-west-1"), NEVER, None, {}),  # the cut-off stays
    (ROLE, "athena:DeleteWorkGroup", athena("eu-west-1"), NEVER, None, {}),
    (ROLE, "athena:CreateWorkGroup", athena("eu-west-1", "workgroup/free"), NEVER, None, {}),
    (ROLE, "athena:ListWorkGroups", "*", UNTIL, None, {"aws:RequestedRegion": "eu-west-1"}),
    (ROLE, "athena:ListWorkGroups", "*", NEVER, None, {"aws:RequestedRegion": "us-east-1"}),
    (ROLE, "glue:CreateTable", glue(f"table/{DATABASE}/orders"), UNTIL, None, {}),
    (ROLE, "glue:CreateTable", glue(f"database/{DATABASE}", "eu-central-1"), UNTIL, None, {}),
    (ROLE, "glue:GetTables", glue("catalog"), UNTIL, None, {}),
    (ROLE, "glue:GetTable", glue("table/acme_prod_growth_orders/customers"), NEVER, None, {}),
    (ROLE, "glue:GetTable", glue(f"table/{DATABASE}/orders", "us-east-1"), NEVER, None, {}),
    (ROLE, "glue:GetDatabase", glue("database/default"), UNTIL, None, {}),
    (ROLE, "glue:GetTables", glue("table/default/customers"), NEVER, None, {}),
    (ROLE, "glue:DeleteDatabase", glue(f"database/{DATABASE}"), NEVER, None, {}),
    # No way out of the sandbox.
    (ROLE, "iam:PassRole", ADMIN, NEVER, None, {}),
    (ROLE, "iam:AttachRolePolicy", ROLE, NEVER, None, {}),
    (ROLE, "iam:UpdateAssumeRolePolicy", ROLE, NEVER, None, {}),
    (ROLE, "ec2:RunInstances", "*", NEVER, None, {}),
    (ROLE, "sns:Publish", TOPIC, NEVER, "topic", {}),
    # What others grant to the role without an end ends too.
    (ROLE, "s3:GetObject", f"{ELSEWHERE}/a", UNTIL, "generous", {}),
    (f"{ROLE} with everything", "ec2:RunInstances", "*", UNTIL, None, {}),
    # The budget tells, and its action can do one thing.
    (BUDGETS, "sns:Publish", TOPIC, ALWAYS, "topic", FROM_OWN),
    (BUDGETS, "sns:Publish", TOPIC, NEVER, "topic", FROM_FOREIGN),
    (DELIVERY, "sns:Publish", TOPIC, NEVER, "topic", FROM_OWN),
    (ADMIN, "sns:Publish", TOPIC, NEVER, "topic", PLAIN),
    (BUDGETS, "sts:AssumeRole", ACTOR, ALWAYS, "actor", FROM_OWN),
    (BUDGETS, "sts:AssumeRole", ACTOR, NEVER, "actor", FROM_FOREIGN),
    (ADMIN, "sts:AssumeRole", ACTOR, NEVER, "actor", {}),
    (ACTOR, "iam:AttachRolePolicy", ROLE, ALWAYS, None, {"iam:PolicyARN": STOP}),
    (ACTOR, "iam:AttachRolePolicy", ROLE, NEVER, None, {"iam:PolicyARN": "arn:aws:iam::aws:policy/PowerUserAccess"}),
    (ACTOR, "iam:AttachRolePolicy", OTHER, NEVER, None, {"iam:PolicyARN": STOP}),
    (ACTOR, "iam:PutRolePolicy", ROLE, NEVER, None, {}),
    # Over budget: what costs is denied, whoever granted it; looking and removing go on until the end.
    (f"{ROLE} over budget", "athena:StartQueryExecution", athena("eu-west-1"), NEVER, None, {}),
    (f"{ROLE} over budget", "s3:PutObject", f"{BUCKET}/a", NEVER, "bucket", {}),
    (f"{ROLE} over budget", "glue:CreateTable", glue(f"table/{DATABASE}/orders"), NEVER, None, {}),
    (f"{ROLE} over budget", "s3:GetObject", f"{BUCKET}/a", UNTIL, "bucket", {}),
    (f"{ROLE} over budget", "s3:DeleteObject", f"{BUCKET}/a", UNTIL, "bucket", {}),
    (f"{ROLE} over budget", "kms:Decrypt", KEY, UNTIL, "key", VIA_S3),
    (f"{ROLE} over budget", "athena:StopQueryExecution", athena("eu-west-1"), UNTIL, None, {}),
]


@functools.cache
def sandbox() -> Recording:
    args: Any = {
        "domain": "growth",
        "regions": ["eu-west-1", "eu-central-1"],
        "expires_on": "2026-12-31",
        "members": [MEMBER, GUEST],
        "monthly_budget_usd": 100,
        "stop_spending_at_budget": True,
    }
    return record(lambda: AwsSandbox("trial", args))


def documents() -> dict[str, Any]:
    """Every policy document of the sandbox, and two that are not its own, by what the table calls them."""
    inputs = {resource.name: resource.inputs for resource in sandbox().resources}
    texts = {
        "trust": inputs["trial-role"]["assumeRolePolicy"],
        "rights": inputs["trial-role-policy"]["policy"],
        "bucket": inputs["trial-eu-west-1-sandbox-policy"]["policy"],
        "twin": inputs["trial-eu-central-1-sandbox-policy"]["policy"],
        "logs": inputs["trial-eu-west-1-logs-policy"]["policy"],
        "key": inputs["trial-eu-west-1-key"]["policy"],
        "topic": inputs["trial-budget-alerts"]["policy"],
        "stop": inputs["trial-stop-spending"]["policy"],
        "actor": inputs["trial-budget-action-role"]["assumeRolePolicy"],
        "act": inputs["trial-budget-action-role-policy"]["policy"],
    }
    another = {"Effect": "Allow", "Principal": {"AWS": [ROLE]}, "Action": "s3:GetObject", "Resource": f"{ELSEWHERE}/*"}
    generous = {"Version": "2012-10-17", "Statement": [another]}
    return {**{name: json.loads(text) for name, text in texts.items()}, "generous": generous}


def identities(known: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {
        ROLE: (known["rights"],),
        f"{ROLE} with everything": (known["rights"], ALLOW_ALL),
        f"{ROLE} over budget": (known["rights"], known["stop"]),
        ACTOR: (known["act"],),
        ADMIN: (ALLOW_ALL,),
        STRANGER: (ALLOW_ALL,),
        GUEST: (ALLOW_ALL,),
    }


def requests(known: dict[str, Any], rows: list[Row], now: str) -> list[Request]:
    """The rows as requests at one instant."""
    held = identities(known)
    return [
        Request(
            who.partition(" ")[0],
            action,
            resource,
            held.get(who, ()),
            known[guard] if guard else None,
            OWN if guard else None,
            {"aws:CurrentTime": now, **context},
        )
        for who, action, resource, _, guard, context in rows
    ]


def described(rows: list[Row], verdicts: list[bool]) -> list[str]:
    return [
        f"{verdict} {who.rpartition('/')[2]} {action} {resource} {context}"
        for (who, action, resource, _, _, context), verdict in zip(rows, verdicts, strict=True)
    ]


@pytest.mark.parametrize(("column", "now"), [(0, BEFORE), (1, AFTER)], ids=["before", "after"])
def test_every_request_has_the_verdict_that_was_written_by_hand(column: int, now: str) -> None:
    verdicts = iam_evaluator.allowed(requests(documents(), TABLE, now))
    assert described(TABLE, verdicts) == described(TABLE, [row[3][column] for row in TABLE])


def test_table_holds_both_verdicts_in_number() -> None:
    assert len(TABLE) >= 60
    assert min(sum(row[3] == kind for row in TABLE) for kind in (UNTIL, ALWAYS, NEVER)) >= 6


def without_an_end(document: Any) -> Any:
    """The document as it would be had nobody thought of the end."""
    statements = [dict(s) for s in document["Statement"] if s.get("Sid") != "NothingAfterTheEnd"]
    for statement in statements:
        condition = {key: value for key, value in statement.pop("Condition", {}).items() if key != "DateLessThan"}
        statement.update({"Condition": condition} if condition else {})
    return {**document, "Statement": statements}


def test_the_end_alone_is_what_denies_after_the_last_day() -> None:
    """The guard bites: with every expiry taken out of the documents, all that ends would go on."""
    endless = {name: without_an_end(document) for name, document in documents().items()}
    rows = [row for row in TABLE if row[3] == UNTIL]
    assert iam_evaluator.allowed(requests(endless, rows, AFTER)) == [True] * len(rows)


def test_table_hangs_on_every_statement() -> None:
    """The table bites: taking any one statement out of any document turns at least one verdict."""
    known = documents()
    variants, asked = [], []
    for name, document in known.items():
        for index, statement in enumerate(document["Statement"]):
            rest = [s for position, s in enumerate(document["Statement"]) if position != index]
            spoilt = {**known, name: {**document, "Statement": rest}}
            variants.append(f"{name} {statement.get('Sid')}")
            asked += [*requests(spoilt, TABLE, BEFORE), *requests(spoilt, TABLE, AFTER)]
    verdicts, expected = iam_evaluator.allowed(asked), [row[3][0] for row in TABLE] + [row[3][1] for row in TABLE]
    size = len(expected)
    idle = [v for i, v in enumerate(variants) if verdicts[i * size : (i + 1) * size] == expected]
    assert [v for v in idle if not v.startswith("twin")] == []  # the twin's documents say what the first region's say


@pytest.mark.parametrize("kept", ["grants", "denial"])
def test_each_of_the_two_ends_is_enough_for_what_the_sandbox_itself_grants(kept: str) -> None:
    known = documents()
    rights = known["rights"]["Statement"]
    if kept == "grants":
        known["rights"]["Statement"] = [s for s in rights if s["Effect"] == "Allow"]
    else:
        known = {name: d if name == "trust" else without_an_end(d) for name, d in known.items()}
        known["rights"]["Statement"].append(next(s for s in rights if s["Effect"] == "Deny"))
    granted_by_others = ("generous", "everything")
    rows = [r for r in TABLE if r[3] == UNTIL and r[4] not in granted_by_others and not r[0].endswith("everything")]
    assert iam_evaluator.allowed(requests(known, rows, AFTER)) == [False] * len(rows)


def test_every_statement_that_lets_members_in_says_when_it_ends() -> None:
    for name, document in documents().items():
        for statement in document["Statement"]:
            serves = "Service" in json.dumps(statement.get("Principal", ""))
            if (
                statement["Effect"] == "Deny"
                or serves
                or name in ("act", "generous")
                or statement["Sid"] == "AdministerKey"
            ):
                continue
            assert statement["Condition"]["DateLessThan"] == {"aws:CurrentTime": AFTER}, (name, statement["Sid"])
