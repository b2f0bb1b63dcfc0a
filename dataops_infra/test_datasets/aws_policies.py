"""What a masking job on AWS may do, and who may read its copy. Pure functions of names.

The job's role is closed twice: it is granted what it needs, and denied everything else, so that a bucket policy or a
further policy of its own cannot widen it (ADR 0153).

Sources: Amazon S3 user guide, "Actions, resources, and condition keys" (a HEAD on what is not there asks for
s3:ListBucket) and "Using server-side encryption with AWS KMS keys" (encryption context); AWS KMS developer guide,
"kms:ResourceAliases"; AWS Secrets Manager user guide, "Secret encryption and decryption" (encryption context); AWS Glue
developer guide, "Setting up IAM permissions"; EventBridge Scheduler user guide, "Confused deputy prevention".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dataops_infra.conventions import names
from dataops_infra.data_lake import service_policies
from dataops_infra.data_lake.s3_policies import READ_OBJECTS, Statement, Text, document, key_grant

EVENTS_SERVICE, CLOUDWATCH_SERVICE = "events.amazonaws.com", "cloudwatch.amazonaws.com"
SCHEDULER_SERVICE, STATES_SERVICE = "scheduler.amazonaws.com", "states.amazonaws.com"
GLUE_SERVICE, EMR_SERVICE = "glue.amazonaws.com", "emr-serverless.amazonaws.com"
READ = ["s3:GetObject"]
WRITE = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]
LOG = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
SEE_NETWORK = [
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
]
"""What Glue asks before it puts a worker into a subnet; none of these knows resources."""
GLUE_TAG = "aws-glue-service-resource"
"""The tag key that Glue puts on network interfaces of its own."""


@dataclass(frozen=True)
class Folder:
    """A folder of a bucket.

    :param prefix: with a slash at its end.
    :param key_arn: ARN of the key, or of its alias, that encrypts it; empty = none that the organisation manages.
    """

    bucket: str
    prefix: str
    key_arn: str = ""


@dataclass(frozen=True)
class GlueNetwork:
    """What Glue uses in the job's name to put it into a network."""

    connection: str
    vpc: str
    subnet: str


@dataclass(frozen=True)
class JobRights:
    """Everything that one job needs.

    :param via: region's host name of a service, as ``kms:ViaService`` has it, by the service's name.
    :param staging: where the copy is made before the gate has passed it.
    :param control: where plan and script lie and the verdict goes, in the bucket of ``staging``.
    :param verdict: key of the verdict in that bucket.
    :param objects: further single objects that it reads, as (bucket, key): wheels, approval.
    :param log_groups: names of the job's own log groups.
    :param network: only where Glue runs the job.
    """

    account: str
    region: str
    via: dict[str, str]
    source: Folder
    copy: Folder
    staging: Folder
    control: Folder
    verdict: str
    secret: str
    secret_key: str
    objects: Sequence[tuple[str, str]]
    log_groups: Sequence[str]
    network: GlueNetwork | None


def job_policy(rights: JobRights) -> dict[str, Any]:
    """What the job may do, and that it may do nothing else whoever grants it."""
    granted = [*_data(rights), *_key_secret(rights), *_logs(rights), *_glue(rights)]
    return document([*granted, *_nothing_else(rights, granted)])


def _data(rights: JobRights) -> list[Statement]:
    control = names.s3_objects_arn(rights.control.bucket, rights.region, f"{rights.control.prefix}*")
    verdict = names.s3_objects_arn(rights.control.bucket, rights.region, rights.verdict)
    single = [names.s3_objects_arn(bucket, rights.region, key) for bucket, key in rights.objects]
    return [
        _list("ListSource", rights, [rights.source], "StringLike"),
        _allow("ReadSource", READ, _below(rights, rights.source)),
        *_use_key("DecryptSource", rights, [rights.source], ["kms:Decrypt"]),
        # S3 answers "not found" only to who may list the bucket, and the job must tell that from "forbidden".
        *(_list(f"List{what}", rights, folders, "StringLikeIfExists") for what, folders in _by_bucket(rights).items()),
        _allow("WriteCopy", WRITE, [_below(rights, folder) for folder in (rights.copy, rights.staging)]),
        *(
            statement
            for what, folders in _by_bucket(rights).items()
            for statement in _use_key(f"Encrypt{what}", rights, folders, ["kms:Decrypt", "kms:GenerateDataKey"])
        ),
        _allow("ReadPlan", READ, [control, *single]),
        _allow("WriteVerdict", ["s3:PutObject"], verdict),
    ]


def _by_bucket(rights: JobRights) -> dict[str, list[Folder]]:
    """The folders that the job writes, those of one bucket together: a bucket has one key."""
    if rights.copy.bucket == rights.staging.bucket:
        return {"Copy": [rights.copy, rights.staging, rights.control]}
    return {"Copy": [rights.copy], "Staging": [rights.staging, rights.control]}


def _key_secret(rights: JobRights) -> list[Statement]:
    read = _allow("ReadMaskingKey", ["secretsmanager:GetSecretValue"], rights.secret)
    if not rights.secret_key:
        return [read]
    condition = {"StringEquals": {"kms:EncryptionContext:SecretARN": rights.secret}}
    used = _key_statement(
        "DecryptMaskingKey", ["kms:Decrypt"], rights.secret_key, rights.via["secretsmanager"], condition
    )
    return [read, used]


def _logs(rights: JobRights) -> list[Statement]:
    groups = [names.log_group_arn(rights.account, rights.region, group) for group in rights.log_groups]
    return [_allow("WriteOwnLogs", LOG, groups)]


def _glue(rights: JobRights) -> list[Statement]:
    if rights.network is None:
        return [_allow("FindOwnLogs", ["logs:DescribeLogGroups"], "*", _in_region(rights))]
    account, region, network = rights.account, rights.region, rights.network
    subnet, group, interface, vpc = (
        names.ec2_arn(account, region, kind, resource)
        for kind, resource in (
            ("subnet", network.subnet),
            ("security-group", "*"),
            ("network-interface", "*"),
            ("vpc", network.vpc),
        )
    )
    inside = {"ArnEquals": {"ec2:Vpc": vpc}}
    own = {"ForAllValues:StringEquals": {"aws:TagKeys": [GLUE_TAG]}}
    catalog, connection = (
        names.glue_catalog_arn(account, region),
        names.glue_connection_arn(account, region, network.connection),
    )
    return [
        _allow("UseConnection", ["glue:GetConnection"], [catalog, connection]),
        _allow("SeeNetwork", SEE_NETWORK, "*", _in_region(rights)),
        _allow("EnterNetwork", ["ec2:CreateNetworkInterface"], interface),
        _allow("EnterNetworkHere", ["ec2:CreateNetworkInterface"], [subnet, group], inside),
        _allow("LeaveNetwork", ["ec2:DeleteNetworkInterface"], interface, inside),
        _allow("MarkInterfaces", ["ec2:CreateTags", "ec2:DeleteTags"], interface, own),
    ]


def _nothing_else(rights: JobRights, granted: Sequence[Statement]) -> list[Statement]:
    """What others grant to the role (the policy of a lake that it may read, a policy attached by hand) ends here."""
    actions = sorted({action for statement in granted for action in statement["Action"]})
    objects = [
        resource
        for statement in granted
        if any(action.startswith("s3:") for action in statement["Action"])
        for resource in _as_list(statement["Resource"])
    ]
    source = names.s3_bucket_arn(rights.source.bucket, rights.region)
    listed = {"s3:prefix": _prefixes(rights.source)}
    through = sorted(set(rights.via.values()))
    return [
        {"Sid": "NothingElse", "Effect": "Deny", "NotAction": actions, "Resource": "*"},
        _deny("NoOtherData", ["s3:*"], {"NotResource": list(dict.fromkeys(objects))}),
        _deny("NoOtherNames", ["s3:ListBucket"], {"Resource": source}, {"StringNotLike": listed}),
        {"Sid": "SourceStays", "Effect": "Deny", "NotAction": READ, "Resource": _below(rights, rights.source)},
        _deny("NoOtherSecret", ["secretsmanager:*"], {"NotResource": rights.secret}),
        _deny("KeysForServicesOnly", ["kms:*"], {"Resource": "*"}, {"StringNotEquals": {"kms:ViaService": through}}),
    ]


def job_trust(service: str, account: str, source_arn: str) -> dict[str, Any]:
    """One service may take the role, for this account's jobs."""
    return service_policies.service_trust("ServiceRunsTheJob", service, account, source_arn)


def starter_policy(start: str, job_arn: str) -> dict[str, Any]:
    """The schedule's role: start this job."""
    return document([_allow("StartTheJob", [start], job_arn)])


def run_policy(applications: str, ours: dict[str, Any], passed: str, parameter: str) -> dict[str, Any]:
    """The state machine's role: look up the application's id, start runs of it as the job's role.

    :param ours: condition that only this dataset's application meets.
    :param passed: ARN of the job's role.
    :param parameter: ARN of the parameter that tells the id.
    """
    to_service = {"StringEquals": {"iam:PassedToService": EMR_SERVICE}}
    return document(
        [
            _allow("FindTheApplication", ["ssm:GetParameter"], parameter),
            _allow("StartTheJob", ["emr-serverless:StartJobRun"], applications, ours),
            _allow("PassTheJobsRole", ["iam:PassRole"], passed, to_service),
        ]
    )


def bucket_statements(
    bucket_arn: str, copy: str, staging: str, readers: Sequence[Text], job_role: Text
) -> list[Statement]:
    """Readers of the published copy, by the bucket's policy; what is not published yet is the job's alone.

    :param copy: prefix of the copy.
    :param staging: prefix of what the gate has not passed.
    """
    objects, listed = f"{bucket_arn}/{copy}*", [copy.rstrip("/"), f"{copy}*"]
    statements = [
        _deny(
            "StagedIsUnpublished",
            READ_OBJECTS,
            {"Resource": f"{bucket_arn}/{staging}*", "Principal": "*"},
            {"ArnNotEquals": {"aws:PrincipalArn": job_role}},
        )
    ]
    if readers:
        who = {"Principal": {"AWS": list(readers)}}
        statements += [
            {**_allow("FindTheCopy", ["s3:GetBucketLocation"], bucket_arn), **who},
            {**_allow("ListTheCopy", ["s3:ListBucket"], bucket_arn, {"StringLike": {"s3:prefix": listed}}), **who},
            {**_allow("ReadTheCopy", READ_OBJECTS, objects), **who},
        ]
    return statements


def key_statements(
    bucket_arn: str, via_s3: str, root: Text, readers: Sequence[Text], job_role: Text, others: Sequence[Statement]
) -> list[Statement]:
    """Who uses the key of the component's own bucket: the job, the readers, and who in the account may read it."""
    for_bucket = {
        "StringEquals": {"kms:ViaService": via_s3},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
    }
    job = _allow("EncryptForTheJob", ["kms:Decrypt", "kms:GenerateDataKey"], "*", for_bucket)
    account = _allow("DecryptForWhoMayReadTheCopy", ["kms:Decrypt"], "*", for_bucket)
    return [
        {**job, "Principal": {"AWS": job_role}},
        {**account, "Principal": {"AWS": [root, *readers]}},
        *others,
    ]


def alarm_key_statement(account: Text, sources: Sequence[Text]) -> Statement:
    """EventBridge and CloudWatch may use the key with which the topic is encrypted."""
    return {
        "Sid": "AlarmsEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": [EVENTS_SERVICE, CLOUDWATCH_SERVICE]},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": service_policies.for_account(account, list(sources)),
    }


def topic_policy(topic_arn: Text, account: Text, rule_arn: Text, alarm_arn: Text) -> dict[str, Any]:
    """The rule of failed runs and the alarm of missed ones may publish; nobody publishes without TLS."""
    publishers = (
        ("RefusedAndFailedRuns", EVENTS_SERVICE, rule_arn),
        ("MissedRuns", CLOUDWATCH_SERVICE, alarm_arn),
    )
    return service_policies.topic_policy(topic_arn, account, publishers)


def _list(sid: str, rights: JobRights, folders: Sequence[Folder], operator: str) -> Statement:
    """:param folders: of one bucket."""
    bucket = names.s3_bucket_arn(folders[0].bucket, rights.region)
    prefixes = [prefix for folder in folders for prefix in _prefixes(folder)]
    return _allow(sid, ["s3:ListBucket"], bucket, {operator: {"s3:prefix": prefixes}})


def _prefixes(folder: Folder) -> list[str]:
    return [folder.prefix.rstrip("/"), f"{folder.prefix}*"]


def _below(rights: JobRights, folder: Folder) -> str:
    return names.s3_objects_arn(folder.bucket, rights.region, f"{folder.prefix}*")


def _use_key(sid: str, rights: JobRights, folders: Sequence[Folder], actions: Sequence[str]) -> list[Statement]:
    """The key of folders of one bucket, only through S3, only for them: with a bucket key the context is the bucket."""
    key = folders[0].key_arn
    if not key:
        return []
    bucket = names.s3_bucket_arn(folders[0].bucket, rights.region)
    objects = [f"{bucket}/{folder.prefix}*" for folder in folders]
    context = {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, *objects]}}
    return [_key_statement(sid, actions, key, rights.via["s3"], context)]


def _key_statement(sid: str, actions: Sequence[str], key_arn: str, via: str, condition: dict[str, Any]) -> Statement:
    equals = {**condition.get("StringEquals", {}), "kms:ViaService": via}
    return key_grant(sid, actions, key_arn, {**condition, "StringEquals": equals})


def _in_region(rights: JobRights) -> dict[str, Any]:
    return {"StringEquals": {"aws:RequestedRegion": rights.region}}


def _allow(
    sid: str, actions: Sequence[str], resource: str | Sequence[str], condition: dict[str, Any] | None = None
) -> Statement:
    resources = resource if isinstance(resource, str) else list(resource)
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def _deny(sid: str, actions: Sequence[str], what: dict[str, Any], condition: dict[str, Any] | None = None) -> Statement:
    statement = {"Sid": sid, "Effect": "Deny", "Action": list(actions), **what}
    return {**statement, "Condition": condition} if condition else statement


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
