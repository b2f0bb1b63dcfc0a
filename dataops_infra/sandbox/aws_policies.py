"""The policy documents of an AWS sandbox: who gets in, what the role may do, and who is told. Pure functions of names.

What members may do with the bucket and its key stands in the bucket's and the key's policies (``data_lake``), and
nowhere else; here stands what has no policy of its own: workgroups and the data catalog (ADR 0083).

Sources: Athena user guide, "Configure access to workgroups and tags" and "Configure access to databases and tables in
the AWS Glue Data Catalog"; AWS Cost Management user guide, "Creating an Amazon SNS topic for budget notifications" and
"Configuring AWS Budgets actions"; IAM user guide, "Policy evaluation logic" (an explicit deny wins).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dataops_infra.conventions import names
from dataops_infra.data_lake.s3_policies import READ_OBJECTS, Statement, Text, before, document, key_grant
from dataops_infra.data_lake.service_policies import for_account, service_trust, topic_policy

BUDGETS_SERVICE = "budgets.amazonaws.com"

RUN_QUERIES = [
    "athena:BatchGetNamedQuery",
    "athena:BatchGetPreparedStatement",
    "athena:BatchGetQueryExecution",
    "athena:CreateNamedQuery",
    "athena:CreatePreparedStatement",
    "athena:DeleteNamedQuery",
    "athena:DeletePreparedStatement",
    "athena:GetNamedQuery",
    "athena:GetPreparedStatement",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "athena:GetQueryRuntimeStatistics",
    "athena:GetWorkGroup",
    "athena:ListNamedQueries",
    "athena:ListPreparedStatements",
    "athena:ListQueryExecutions",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
    "athena:UpdateNamedQuery",
    "athena:UpdatePreparedStatement",
]
USE_TABLES = [
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
    "glue:BatchDeleteTable",
    "glue:BatchGetPartition",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:DeletePartition",
    "glue:DeleteTable",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
    "glue:UpdatePartition",
    "glue:UpdateTable",
]
LIST_CHOICES = ["athena:ListDataCatalogs", "athena:ListWorkGroups"]
"""What the console asks to offer a choice: names only. Both know no resources."""
STILL_ALLOWED_OVER_BUDGET = [
    "athena:BatchGet*",
    "athena:Get*",
    "athena:List*",
    "athena:StopQueryExecution",
    "glue:BatchDelete*",
    "glue:BatchGet*",
    "glue:Delete*",
    "glue:Get*",
    "kms:Decrypt",
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:Get*",
    "s3:List*",
    "sts:GetCallerIdentity",
]
"""Looking at what is there, taking it away and removing it; everything else adds to the bill."""


@dataclass(frozen=True)
class CatalogArns:
    """What the role may use in one region."""

    workgroup: Text
    catalog: Text
    default_database: Text
    database: Text
    tables: Text


def catalog_arns(account: str, region: str, database: str, workgroup: str) -> CatalogArns:
    """The ARNs of one region's workgroup, catalog, database and tables."""
    return CatalogArns(
        workgroup=names.athena_workgroup_arn(account, region, workgroup),
        catalog=names.glue_catalog_arn(account, region),
        default_database=names.glue_database_arn(account, region, "default"),
        database=names.glue_database_arn(account, region, database),
        tables=names.glue_table_arn(account, region, database),
    )


def trust_policy(members: Sequence[Text], until: str) -> dict[str, Any]:
    """The members may take the role, before ``until``."""
    return document(
        [
            {
                "Sid": "MembersUntilTheEnd",
                "Effect": "Allow",
                "Principal": {"AWS": list(members)},
                "Action": "sts:AssumeRole",
                "Condition": before(until),
            }
        ]
    )


@dataclass(frozen=True)
class TestData:
    """A masked test dataset that members may read.

    :param prefix: path of the copy in the bucket, with a slash at its end.
    :param key_arn: ARN of the key, or of its alias, that encrypts it; empty = none of the organisation's own.
    :param via_s3: S3 in the dataset's region, as ``kms:ViaService`` has it.
    """

    bucket_arn: str
    prefix: str
    key_arn: str
    via_s3: str


def member_policy(
    regions: Sequence[CatalogArns], region_names: Sequence[str], until: str, test_data: Sequence[TestData] = ()
) -> dict[str, Any]:
    """Query in the sandbox's workgroups, use tables of its databases, read test datasets; before ``until``, from then
    on nothing at all.

    The denial also ends what others grant to the role: the bucket policy of a lake that it may read, or a policy that
    somebody attaches.
    """
    use_tables = [arn for region in regions for arn in (region.catalog, region.database, region.tables)]
    # Athena looks at the database `default` before it reads any other (Athena user guide, "Configure access …").
    defaults = [arn for region in regions for arn in (region.catalog, region.default_database)]
    in_regions = {"StringEquals": {"aws:RequestedRegion": list(region_names)}}
    return document(
        [
            _until(until, "RunQueries", RUN_QUERIES, [region.workgroup for region in regions]),
            _until(until, "UseTables", USE_TABLES, use_tables),
            _until(until, "SeeTheDefaultDatabase", ["glue:GetDatabase"], defaults),
            _until(until, "ListChoices", LIST_CHOICES, "*", in_regions),
            *(each for index, data in enumerate(test_data) for each in _read_test_data(until, str(index), data)),
            {
                "Sid": "NothingAfterTheEnd",
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"DateGreaterThanEquals": {"aws:CurrentTime": until}},
            },
        ]
    )


def _read_test_data(until: str, number: str, data: TestData) -> list[Statement]:
    """One published copy, never its source: what is below the copy's prefix, and its key for that bucket through S3."""
    listed = {"StringLike": {"s3:prefix": [data.prefix.rstrip("/"), f"{data.prefix}*"]}}
    objects = f"{data.bucket_arn}/{data.prefix}*"
    statements = [
        _until(until, f"FindTestData{number}", ["s3:GetBucketLocation"], data.bucket_arn),
        _until(until, f"ListTestData{number}", ["s3:ListBucket"], data.bucket_arn, listed),
        _until(until, f"ReadTestData{number}", READ_OBJECTS, objects),
    ]
    if data.key_arn:
        condition = {
            "StringEquals": {"kms:ViaService": data.via_s3},
            "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [data.bucket_arn, objects]},
            **before(until),
        }
        statements.append(key_grant(f"DecryptTestData{number}", ["kms:Decrypt"], data.key_arn, condition))
    return statements


def _until(
    until: str, sid: str, actions: Sequence[str], resources: Text, condition: dict[str, Any] | None = None
) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": resources,
        "Condition": {**before(until), **(condition or {})},
    }


def stop_spending_policy() -> dict[str, Any]:
    """What the budget's action puts on the role: nothing that adds to the bill, whoever granted it."""
    return document(
        [
            {
                "Sid": "NoNewSpending",
                "Effect": "Deny",
                "NotAction": STILL_ALLOWED_OVER_BUDGET,
                "Resource": "*",
            }
        ]
    )


def alerts_policy(topic_arn: Text, account: Text, budgets_arn: Text) -> dict[str, Any]:
    """AWS Budgets may publish for this account's budgets; nobody publishes without TLS."""
    return topic_policy(topic_arn, account, [("BudgetsTell", BUDGETS_SERVICE, budgets_arn)])


def alerts_key_statement(account: Text, budgets_arn: Text) -> Statement:
    """AWS Budgets may use the key with which the topic is encrypted."""
    return {
        "Sid": "BudgetsEncryptAlerts",
        "Effect": "Allow",
        "Principal": {"Service": BUDGETS_SERVICE},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": for_account(account, budgets_arn),
    }


def budget_action_trust(account: Text, budgets_arn: Text) -> dict[str, Any]:
    """AWS Budgets may take the role that acts for it, for this account's budgets."""
    return service_trust("BudgetsAct", BUDGETS_SERVICE, account, budgets_arn)


def budget_action_policy(member_role_arn: Text, policy_arn: Text) -> dict[str, Any]:
    """Put one policy on the sandbox's role, take it off again, and nothing else."""
    return document(
        [
            {
                "Sid": "StopSpending",
                "Effect": "Allow",
                "Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
                "Resource": member_role_arn,
                "Condition": {"ArnEquals": {"iam:PolicyARN": policy_arn}},
            }
        ]
    )
