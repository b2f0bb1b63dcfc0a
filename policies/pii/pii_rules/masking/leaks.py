"""``masked-job-cannot-leak``: a masking job, which sees originals, writes nothing but its copy, in a closed network."""

from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import UNKNOWN, Items, Properties, Resource, Stack, Unknown, Violation
from dataops_infra.policy.policy_documents import Statement
from dataops_infra.policy.store_types import ANYONE_RANGES

from ..flow.edges import blocks
from ..flow.places import Atlas
from .gate import REPORT, STAGING, TARGET
from .grants import writing_grants
from .jobs import CLOUD_RUN, EMR, GLUE, MaskingJob, masking_jobs
from .places import Place, pattern_of, place_of
from .rights import atlas_of, aws_rights, runners

CONNECTION: Final = "aws:glue/connection:Connection"
SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
EGRESS_RULE: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
FIREWALL: Final = "gcp:compute/firewall:Firewall"
NETWORKS: Final = frozenset({CONNECTION, SECURITY_GROUP, EGRESS_RULE, GROUP_RULE, FIREWALL})

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
MANAGED_READERS: Final = ("ReadOnly", "AWSGlueServiceNotebookRole")


def cannot_leak(stack: Stack) -> Iterator[Violation]:
    """Every masking job of the stack."""
    jobs = masking_jobs(stack)
    if not jobs:
        return
    atlas = atlas_of(stack)
    for job in jobs:
        yield from dict.fromkeys(_NETWORK[job.resource.type](atlas, job))
        yield from dict.fromkeys(_writes(atlas, job))


_CLOSE_GROUP: Final = ("let the security group out to endpoints of the VPC and prefix lists of AWS only",)
_NO_INTERNET: Final = "the job reaches the internet"


def _of_glue(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/glue/latest/dg/connection-VPC-disable-proxy.html"""
    resource = job.resource
    connections = resource.stated("connections")
    if isinstance(connections, Unknown):
        return
    if not connections:
        step = "give it a connection of type NETWORK into private subnets"
        yield Violation(f"{_NO_INTERNET}: it runs in no network of the organisation's", (step,), resource.urn)
        return
    made_from = resource.property_dependencies.get("connections", ())
    stated = list(connections) if isinstance(connections, Items) else []
    for connection in atlas.stack.of_types({CONNECTION}):
        name = connection.props.peek("name") if connection.urn in made_from else connection.props["name"]
        if connection.urn in made_from or name in stated:
            yield from _open_groups(atlas, connection, "physicalConnectionRequirements", "securityGroupIdLists")


def _of_emr(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """Without a network configuration its workers reach AWS services of the region only:
    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/vpc-access.html."""
    yield from _open_groups(atlas, job.resource, "networkConfiguration", "securityGroupIds")


def _open_groups(atlas: Atlas, resource: Resource, block: str, key: str) -> Iterator[Violation]:
    """The security groups of the stack that a block names, as far as they let anything out."""
    known = atlas.stack.of_types({SECURITY_GROUP})
    made_from = set(resource.property_dependencies.get(block, ()))
    is_resolved = any(group.urn in made_from for group in known)
    names = [item for holder in blocks(resource, block) for item in _texts(holder, key, is_noted=not is_resolved)]
    groups = [
        group
        for group in known
        if group.urn in made_from or any(group.props.peek(key) in names for key in ("id", "name"))
    ]
    for group in groups:
        for rule in blocks(group, "egress"):
            if _is_open(rule, "cidrBlocks", "ipv6CidrBlocks"):
                yield Violation(f"{_NO_INTERNET}: its security group lets everything out", _CLOSE_GROUP, group.urn)
        yield from _open_rules(atlas, group)


def _texts(holder: Properties, key: str, *, is_noted: bool) -> Iterator[str]:
    """The texts of a list; an unknown one is noted where nothing tells what it was made from."""
    values = holder[key] if is_noted else holder.peek(key)
    yield from (item for item in (values if isinstance(values, Items | list) else ()) if isinstance(item, str))


def _open_rules(atlas: Atlas, group: Resource) -> Iterator[Violation]:
    """Rules of the group as resources of their own."""
    for rule in atlas.stack.of_types({EGRESS_RULE, GROUP_RULE}):
        if not _is_of(rule, group) or (rule.type == GROUP_RULE and rule.props["type"] not in ("egress", UNKNOWN)):
            continue
        if _is_open(rule.props, "cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6"):
            yield Violation(f"{_NO_INTERNET}: its security group lets everything out", _CLOSE_GROUP, rule.urn)


def _is_of(rule: Resource, group: Resource) -> bool:
    """Whether a rule is the group's; one whose group is unknown may be, and is waited for."""
    if group.urn in (made_from := rule.property_dependencies.get("securityGroupId", ())):
        return True
    named = rule.props.peek("securityGroupId") if made_from else rule.props["securityGroupId"]
    return named is not None and named == group.props.peek("id")


def _is_open(rule: Properties, *keys: str) -> bool:
    """Whether a rule names every address; an unknown range is noted."""
    for key in keys:
        ranges = rule[key]
        for text in ranges if isinstance(ranges, Items) else (ranges,):
            if text in ANYONE_RANGES:
                return True
    return False


def _of_cloud_run(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """https://cloud.google.com/run/docs/configuring/vpc-direct-vpc#egress"""
    resource = job.resource
    egress = resource.props.at("template.template.vpcAccess.egress")
    if isinstance(egress, Unknown):
        return
    if egress != "ALL_TRAFFIC":
        step = "send it through the network: `vpcAccess` with `egress` ALL_TRAFFIC"
        yield Violation(f"{_NO_INTERNET}: not all of its traffic goes through the network", (step,), resource.urn)
    tags = {
        tag
        for interface in blocks(resource, "template", "template", "vpcAccess", "networkInterfaces")
        for tag in _texts(interface, "tags", is_noted=True)
    }
    yield from _open_firewalls(atlas, tags)


def _of_workflow(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    yield from _open_firewalls(atlas, set(job.network_tags))


def _open_firewalls(atlas: Atlas, tags: set[str]) -> Iterator[Violation]:
    """Rules of the stack that let machines with one of these tags, or every machine, out to the internet.

    A rule that every network has lets everything out; only one that denies it closes a network, and it may stand in
    another stack: what is judged are rules that open it."""
    for rule in atlas.stack.of_types({FIREWALL}):
        if rule.stated("direction") != "EGRESS" or rule.stated("disabled") is True or not rule.stated("allows"):
            continue
        targets = rule.stated("targetTags")
        if isinstance(targets, Items) and not tags.intersection(text for text in targets if isinstance(text, str)):
            continue
        if _is_open(rule.props, "destinationRanges") or rule.stated("destinationRanges") is None:
            step = "name in `destinationRanges` what the job needs, or give the rule tags of other machines"
            yield Violation(f"{_NO_INTERNET}: a firewall rule lets it out", (step,), rule.urn)


_NETWORK: Final = {
    GLUE: _of_glue,
    EMR: _of_emr,
    CLOUD_RUN: _of_cloud_run,
    "gcp:workflows/workflow:Workflow": _of_workflow,
}


def _writes(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """What the job may write beside its copy, what is staged of it, and its verdict."""
    places = [place_of(job.option(name)) for name in (TARGET, STAGING, REPORT)] if job.is_told else []
    own = [place for place in places if place is not None]
    for runner in runners(atlas, job):
        if atlas.is_unknown(runner):
            atlas.outside(runner)  # waits for it
        if job.resource.type in (GLUE, EMR):
            for right in aws_rights(atlas, runner):
                if right.managed and not right.managed.endswith("ReadOnlyAccess"):
                    yield _leak(right.by, f"the policy {right.managed} lets the job write elsewhere")
                elif right.statement is not None:
                    yield from _statement(right.by, right.statement, own, is_told=job.is_told)
        else:
            for grant in writing_grants(atlas, runner):
                if not any(place.bucket == grant.bucket for place in own):
                    yield _leak(grant.by, f"the role {grant.role} lets the job write elsewhere")


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
