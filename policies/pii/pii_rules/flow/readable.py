"""Which statements of AWS policies let somebody read data, and of which stores.

Actions and forms of resources: https://docs.aws.amazon.com/service-authorization/latest/reference/, by service.
Denials, permission boundaries and most conditions are not weighed: what may be allowed counts as allowed (ADR 0100).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dataops_infra.policy.policy_documents import ANYBODY, Statement, matches

from .graph import Node
from .kinds import (
    CATALOG_DATABASE,
    DATABASE,
    DYNAMODB_TABLE,
    KINESIS_STREAM,
    QUEUE,
    S3_BUCKET,
    TABLE_BUCKET,
    TOPIC,
    WAREHOUSE,
    Kind,
)
from .places import Atlas


@dataclass(frozen=True)
class Readable:
    """How policies speak of reading one kind of store.

    :param actions: each lets read data.
    :param form: a pattern of resources that names stores, with their name or a pattern of names in the first group.
    :param sample: a resource of the kind: what a pattern of no such form must cover to mean every store.
    :param every: a form that tells no name (a database user, a workgroup), so that any store may be meant.
    """

    kind: Kind
    actions: tuple[str, ...]
    form: re.Pattern[str]
    sample: str
    every: re.Pattern[str] = re.compile(r"(?!)")


def _readable(
    kind: Kind, actions: tuple[str, ...], service: str, rest: str, sample: str, every: str = r"(?!)"
) -> Readable:
    arn = rf"arn:[^:]*:{service}:(?:[^:]*:){{2}}"
    return Readable(kind, actions, re.compile(arn + rest), f"arn:aws:{sample}", re.compile(arn + every))


READABLE: Final = (
    Readable(
        S3_BUCKET,
        ("s3:GetObject", "s3:GetObjectVersion"),
        # The objects of a bucket: `lake*` alone covers `lake/key` too, `lake` alone covers none.
        re.compile(r"arn:[^:]*:s3:::([^/]*)(?:(?<=\*)|/.*)"),
        "arn:aws:s3:::~/~",
    ),
    _readable(
        TABLE_BUCKET, ("s3tables:GetTableData",), "s3tables", r"bucket/([^/]*).*", "s3tables:~:~:bucket/~/table/~"
    ),
    _readable(
        DYNAMODB_TABLE,
        (
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:PartiQLSelect",
            "dynamodb:GetRecords",
            "dynamodb:ExportTableToPointInTime",
        ),
        "dynamodb",
        r"table/([^/]*).*",
        "dynamodb:~:~:table/~",
    ),
    _readable(
        KINESIS_STREAM,
        ("kinesis:GetRecords", "kinesis:SubscribeToShard"),
        "kinesis",
        r"stream/([^/]*).*",
        "kinesis:~:~:stream/~",
    ),
    _readable(QUEUE, ("sqs:ReceiveMessage",), "sqs", r"(.*)", "sqs:~:~:~"),
    _readable(TOPIC, ("sns:Subscribe",), "sns", r"(.*)", "sns:~:~:~"),
    _readable(
        WAREHOUSE,
        (
            "redshift-data:ExecuteStatement",
            "redshift:GetClusterCredentials",
            "redshift:GetClusterCredentialsWithIAM",
            "redshift-serverless:GetCredentials",
        ),
        "redshift(?:-serverless)?",
        r"(?:cluster|dbuser|dbname|namespace)[:/]([^/:]*).*",
        "redshift:~:~:cluster:~",
        every=r"workgroup/.*",
    ),
    _readable(
        DATABASE,
        ("rds-db:connect", "rds-data:ExecuteStatement"),
        "rds(?:-db)?",
        r"(?:cluster|db):([^/:]*).*",
        "rds:~:~:cluster:~",
        every=r"dbuser:.*",
    ),
    _readable(
        CATALOG_DATABASE,
        ("glue:GetTable", "glue:GetTables"),
        "glue",
        r"(?:database|table)/([^/]*).*",
        "glue:~:~:database/~",
    ),
)

_EVERYTHING: Final = (ANYBODY,)
AWS_MANAGED: Final[Mapping[str, tuple[str, ...]]] = {
    "AdministratorAccess": _EVERYTHING,
    "PowerUserAccess": _EVERYTHING,
    "ReadOnlyAccess": ("s3:Get*", "dynamodb:*", "kinesis:Get*", "sqs:Receive*"),
    "AmazonS3FullAccess": ("s3:*",),
    "AmazonS3ReadOnlyAccess": ("s3:Get*",),
    "AmazonDynamoDBFullAccess": ("dynamodb:*",),
    "AmazonDynamoDBReadOnlyAccess": ("dynamodb:GetItem",),
    "AmazonKinesisFullAccess": ("kinesis:*",),
    "AmazonKinesisReadOnlyAccess": ("kinesis:Get*",),
    "AmazonSQSFullAccess": ("sqs:*",),
    "AmazonSNSFullAccess": ("sns:*",),
    "AmazonRedshiftFullAccess": ("redshift:*",),
    "AmazonRedshiftDataFullAccess": ("redshift-data:*",),
    "AmazonRDSDataFullAccess": ("rds-data:*",),
    "AmazonElasticMapReduceforEC2Role": ("s3:*", "dynamodb:*", "kinesis:*"),
}
"""Policies that AWS manages and that let read data in every store, by the actions that matter here:
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html."""


def managed_statement(arn: str) -> Statement | None:
    """The statement that stands for a policy managed by AWS; None for one that reads no store, or is not AWS's."""
    actions = AWS_MANAGED.get(arn.rpartition("/")[2]) if ":iam::aws:policy/" in arn else None
    return Statement("Allow", actions=actions, resources=_EVERYTHING) if actions else None


def stores_read(atlas: Atlas, statement: Statement, only: Kind | None = None) -> Iterator[Node]:
    """The stores (of one kind only) that a statement lets read: nodes that gather those which its patterns mean."""
    for readable in _read(statement.actions, statement.not_actions) if statement.allows else ():
        if only in {None, readable.kind}:
            for glob in sorted(set(_globs(atlas, readable, statement))):
                yield atlas.gathered(readable.kind, glob)


def reads(statement: Statement, kind: Kind) -> bool:
    """Whether a statement lets read data of a kind of store."""
    return any(readable.kind is kind for readable in _read(statement.actions, statement.not_actions))


@lru_cache(maxsize=1024)
def _read(actions: tuple[str, ...], not_actions: tuple[str, ...]) -> tuple[Readable, ...]:
    """What the actions of a statement let read; the same few stand in most policies of a stack."""
    statement = Statement("Allow", actions=actions, not_actions=not_actions)
    return tuple(each for each in READABLE if any(statement.covers_action(action) for action in each.actions))


def _globs(atlas: Atlas, readable: Readable, statement: Statement) -> Iterator[str]:
    if statement.not_resources:
        yield ANYBODY
    for pattern in statement.resources:
        named = readable.form.fullmatch(pattern)
        if named and atlas.borders.is_own(_account(pattern)):
            yield named[1]
        elif not named and (matches(pattern, readable.sample) or readable.every.fullmatch(pattern)):
            yield ANYBODY


def _account(pattern: str) -> str:
    account = pattern.split(":")[4]
    return account if account.isdigit() else ""
