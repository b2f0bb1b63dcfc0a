"""``masked-job-cannot-leak``: a masking job, which sees originals, writes nothing but its copy, in a closed network."""

from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import Resource, Stack, Violation
from dataops_infra.policy.policy_documents import Statement

from ..flow.graph import Node
from ..flow.places import Atlas
from .command_lines import TARGET
from .gate import REPORT, STAGING
from .grants import writing_grants
from .jobs import MaskingJob, masking_jobs
from .networks import openings
from .places import Place, pattern_of, place_of
from .rights import atlas_of, aws_rights, runners

S3_WRITES: Final = ("s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:ReplicateObject")
LEAKS: Final = (
    "s3:PutBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutReplicationConfiguration",
    "sns:Publish",
    "sqs:SendMessage",
    "kinesis:PutRecord",
    "kinesis:PutRecords",
    "firehose:PutRecord",
    "firehose:PutRecordBatch",
    "events:PutEvents",
    "lambda:InvokeFunction",
    "states:StartExecution",
    "dynamodb:PutItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:UpdateItem",
    "rds-data:ExecuteStatement",
    "redshift-data:ExecuteStatement",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecret",
    "ssm:PutParameter",
    "ses:SendEmail",
    "ses:SendRawEmail",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "sts:AssumeRole",
)
"""Actions by which data goes elsewhere, or by which a role gets the right to send it:
https://docs.aws.amazon.com/service-authorization/latest/reference/."""
_HARMLESS: Final = frozenset({"AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole"})
"""Policies of AWS that let a function write its own logs and be put into a network, and nothing else:
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/."""


def cannot_leak(stack: Stack) -> Iterator[Violation]:
    """Every masking job of the stack."""
    jobs = masking_jobs(stack)
    if not jobs:
        return
    atlas = atlas_of(stack)
    for job in jobs:
        yield from leaks(atlas, job)


def leaks(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """The ways by which one job may carry originals elsewhere."""
    yield from dict.fromkeys(openings(atlas, job))
    yield from dict.fromkeys(_writes(atlas, job))


def _writes(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """What the job may write beside its copy, what is staged of it, and its verdict."""
    places = [place_of(job.option(name)) for name in (TARGET, STAGING, REPORT)] if job.is_told else []
    own = [place for place in places if place is not None]
    for runner in runners(atlas, job):
        if atlas.is_unknown(runner):
            atlas.outside(runner)  # waits for it
        if not job.resource.type.startswith("gcp:"):
            yield from _of_role(atlas, runner, own, is_told=job.is_told)
        if not job.resource.type.startswith("aws:"):
            for grant in writing_grants(atlas, runner):
                if not any(place.bucket == grant.bucket for place in own):
                    yield _leak(grant.by, f"the role {grant.role} lets the job write elsewhere")


def _of_role(atlas: Atlas, runner: Node, own: list[Place], *, is_told: bool) -> Iterator[Violation]:
    for right in aws_rights(atlas, runner):
        if right.managed and not (right.managed.endswith("ReadOnlyAccess") or right.managed in _HARMLESS):
            yield _leak(right.by, f"the policy {right.managed} lets the job write elsewhere")
        elif right.statement is not None:
            yield from _statement(right.by, right.statement, own, is_told=is_told)


def _statement(by: Resource, statement: Statement, own: list[Place], *, is_told: bool) -> Iterator[Violation]:
    leaking = next((action for action in LEAKS if statement.covers_action(action)), None)
    if leaking is not None:
        yield _leak(by, f"a statement lets the job call {leaking}")
    if not any(statement.covers_action(action) for action in S3_WRITES):
        return
    patterns = [pattern_of(text) for text in statement.resources] + [pattern_of("*") for _ in statement.not_resources]
    for pattern in patterns:
        if pattern is None or any(pattern.lies_within(place) for place in own):
            continue
        if is_told or not pattern.is_whole_bucket:
            yield _leak(by, "a statement lets the job write objects elsewhere than its copy")


_NARROW: Final = ("let the job read its source and write its target, staging and verdict, and nothing else",)


def _leak(by: Resource, text: str) -> Violation:
    return Violation(text, _NARROW, by.urn)
