"""Cases: ways by which a masking job could carry originals elsewhere."""

import json
from collections.abc import Mapping
from typing import Any

from dataops_infra.policy.judging import Given
from tests.support.rule_cases import Case

RULE = "masked-job-cannot-leak"
GLUE, EMR = "aws:glue/job:Job", "aws:emrserverless/application:Application"
CLOUD_RUN, WORKFLOW = "gcp:cloudrunv2/job:Job", "gcp:workflows/workflow:Workflow"
CONNECTION, GROUP = "aws:glue/connection:Connection", "aws:ec2/securityGroup:SecurityGroup"
OWN_RULE, OLD_RULE = (
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:ec2/securityGroupRule:SecurityGroupRule",
)
FIREWALL, ROLE, ROLE_POLICY = "gcp:compute/firewall:Firewall", "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
PROJECT_MEMBER, BUCKET_MEMBER = "gcp:projects/iAMMember:IAMMember", "gcp:storage/bucketIAMMember:BucketIAMMember"

NOWHERE = "the job reaches the internet: it runs in no network of the organisation's"
OPEN_GROUP = "the job reaches the internet: its security group lets everything out"
NOT_ALL = "the job reaches the internet: not all of its traffic goes through the network"
OPEN_RULE = "the job reaches the internet: a firewall rule lets it out"
ELSEWHERE = "a statement lets the job write objects elsewhere than its copy"
MASKER = "masker@acme-data-dev.iam.gserviceaccount.com"

OPTIONS = {
    "--source": "s3://lake/shop/",
    "--target": "s3://copies/masked/",
    "--staging": "s3://copies/staging/",
    "--report": "s3://copies/masking/verdict.json",
    "--key-secret": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:key",
}
JOB = Given(
    GLUE,
    {
        "name": "mask",
        "roleArn": "arn:aws:iam::111111111111:role/masker",
        "connections": ["inside"],
        "nonOverridableArguments": OPTIONS,
    },
    "job",
)
INSIDE = Given(
    CONNECTION,
    {"name": "inside", "physicalConnectionRequirements": {"securityGroupIdLists": ["sg-1"]}},
    "connection",
)
_ENDPOINTS = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "securityGroups": ["sg-2"]}
UNWRITTEN = frozenset({"group.id"})
"""An id that nobody knows yet is no id that somebody has written down."""
MASKING_ROLE = Given(ROLE, {"name": "masker", "assumeRolePolicy": "{}"}, "role")


def group(egress: Mapping[str, Any], name: str = "group") -> Given:
    return Given(GROUP, {"id": "sg-1", "name": "masking", "egress": [dict(egress)]}, name)


def statement(action: Any, resource: Any) -> Given:
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    return Given(ROLE_POLICY, {"role": "masker", "policy": document}, "rights")


def glue(label: str, *others: Given, at: str = "", said: str = "", **more: Any) -> Case:
    return Case(RULE, (JOB, INSIDE, *others), {at: (said,)} if at else {}, label, needless=UNWRITTEN, **more)


def cloud_run(egress: str | None = "ALL_TRAFFIC") -> Given:
    network = {"networkInterfaces": [{"network": "data", "tags": ["masking"]}]}
    words = [word for option in OPTIONS.items() for word in option]
    words = [word.replace("s3://", "gs://") for word in words]
    inner = {
        "serviceAccount": MASKER,
        "containers": [{"args": words}],
        "vpcAccess": network | ({"egress": egress} if egress else {}),
    }
    return Given(CLOUD_RUN, {"name": "mask", "template": {"template": inner}}, "job")


def firewall(name: str = "rule", **properties: Any) -> Given:
    base = {
        "name": "out",
        "direction": "EGRESS",
        "allows": [{"protocol": "all"}],
        "destinationRanges": ["0.0.0.0/0"],
        "targetTags": ["masking"],
    }
    kept = {key: value for key, value in (base | properties).items() if value is not None}
    return Given(FIREWALL, kept, name)


def gcp(label: str, *others: Given, job: Given | None = None, at: str = "", said: str = "", **more: Any) -> Case:
    return Case(RULE, (job or cloud_run(), *others), {at: (said,)} if at else {}, label, **more)


def project_role(role: str) -> Given:
    return Given(
        PROJECT_MEMBER, {"project": "acme-data-dev", "role": role, "member": f"serviceAccount:{MASKER}"}, "role"
    )


def bucket_role(bucket: str, role: str) -> Given:
    return Given(BUCKET_MEMBER, {"bucket": bucket, "role": role, "member": f"serviceAccount:{MASKER}"}, "role")


def batch(tags: list[str]) -> Given:
    words = [word.replace("s3://", "gs://") for option in OPTIONS.items() for word in option]
    body = {
        "pysparkBatch": {"args": words},
        "environmentConfig": {"executionConfig": {"serviceAccount": MASKER, "networkTags": tags}},
    }
    source = json.dumps({"main": {"steps": [{"submit": {"args": {"body": body}}}]}})
    return Given(WORKFLOW, {"name": "mask", "sourceContents": source}, "job")


def _emr(label: str, egress: Mapping[str, Any], at: str = "", said: str = "") -> Case:
    properties = {
        "name": "mask",
        "tags": {"test-dataset": "shop"},
        "networkConfiguration": {"securityGroupIds": ["sg-1"]},
    }
    return Case(
        RULE, (Given(EMR, properties, "job"), group(egress)), {at: (said,)} if at else {}, label, needless=UNWRITTEN
    )


_OUT = {"protocol": "-1", "fromPort": 0, "toPort": 0}
NETWORK = (
    glue("closed", group(_ENDPOINTS)),
    glue("out-by-ipv4", group(_OUT | {"cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}), at="group", said=OPEN_GROUP),
    glue("out-by-ipv6", group(_OUT | {"ipv6CidrBlocks": ["::/0"]}), at="group", said=OPEN_GROUP),
    glue("own-range", group(_OUT | {"cidrBlocks": ["10.0.0.0/8"]})),
    glue(
        "rule-of-its-own",
        group(_ENDPOINTS),
        Given(OWN_RULE, {"securityGroupId": "sg-1", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}, "rule"),
        at="rule",
        said=OPEN_GROUP,
    ),
    glue(
        "older-rule",
        group(_ENDPOINTS),
        Given(OLD_RULE, {"securityGroupId": "sg-1", "type": "egress", "cidrBlocks": ["0.0.0.0/0"]}, "rule"),
        at="rule",
        said=OPEN_GROUP,
    ),
    glue(
        "ingress-rule",
        group(_ENDPOINTS),
        Given(OLD_RULE, {"securityGroupId": "sg-1", "type": "ingress", "cidrBlocks": ["0.0.0.0/0"]}, "rule"),
    ),
    glue(
        "rule-of-another-group",
        group(_ENDPOINTS),
        Given(OWN_RULE, {"securityGroupId": "sg-9", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}, "rule"),
    ),
    Case(
        RULE,
        (Given(GLUE, {key: value for key, value in JOB.properties.items() if key != "connections"}, "job"),),
        {"job": (NOWHERE,)},
        "no-network",
    ),
    _emr("emr-closed", _ENDPOINTS),
    _emr("emr-open", _OUT | {"cidrBlocks": ["0.0.0.0/0"]}, "group", OPEN_GROUP),
    Case(RULE, (Given(EMR, {"name": "mask", "tags": {"test-dataset": "shop"}}, "job"),), {}, "emr-of-the-region"),
    gcp("cloud-run-closed"),
    gcp("cloud-run-private-ranges", job=cloud_run("PRIVATE_RANGES_ONLY"), at="job", said=NOT_ALL),
    gcp("cloud-run-default", job=cloud_run(None), at="job", said=NOT_ALL),
    gcp("firewall-lets-out", firewall(), at="rule", said=OPEN_RULE),
    gcp("firewall-lets-all-out", firewall(targetTags=None), at="rule", said=OPEN_RULE),
    gcp("firewall-of-others", firewall(targetTags=["web"])),
    gcp("firewall-denies", firewall(allows=None, denies=[{"protocol": "all"}])),
    gcp("firewall-to-google", firewall(destinationRanges=["199.36.153.4/30"])),
    gcp("firewall-that-is-off", firewall(disabled=True)),
    gcp("firewall-in", firewall(direction="INGRESS")),
    gcp("batch-let-out", firewall(), job=batch(["masking"]), at="rule", said=OPEN_RULE),
    gcp("batch-of-other-tags", firewall(), job=batch(["spark"])),
)

_COPIES = [f"arn:aws:s3:::copies/{prefix}/*" for prefix in ("masked", "staging")]
RIGHTS = (
    glue("writes-its-copy", MASKING_ROLE, statement(["s3:PutObject", "s3:DeleteObject"], _COPIES)),
    glue("writes-its-verdict", MASKING_ROLE, statement("s3:PutObject", "arn:aws:s3:::copies/masking/verdict.json")),
    glue("reads-only", MASKING_ROLE, statement("s3:GetObject", "*")),
    glue("logs", MASKING_ROLE, statement(["logs:CreateLogStream", "logs:PutLogEvents"], "*")),
    glue(
        "writes-elsewhere", MASKING_ROLE, statement("s3:PutObject", "arn:aws:s3:::drop/*"), at="rights", said=ELSEWHERE
    ),
    glue(
        "writes-another-prefix",
        MASKING_ROLE,
        statement("s3:PutObject", [*_COPIES, "arn:aws:s3:::copies/*"]),
        at="rights",
        said=ELSEWHERE,
    ),
    glue(
        "writes-the-source",
        MASKING_ROLE,
        statement("s3:PutObject*", "arn:aws:s3:::lake/shop/*"),
        at="rights",
        said=ELSEWHERE,
    ),
    glue(
        "publishes",
        MASKING_ROLE,
        statement("sns:Publish", "*"),
        at="rights",
        said="a statement lets the job call sns:Publish",
    ),
    Case(
        RULE,
        (JOB, INSIDE, MASKING_ROLE, statement("*", "*")),
        {"rights": ("a statement lets the job call s3:PutBucketPolicy", ELSEWHERE)},
        "everything",
    ),
    Case(
        RULE,
        (
            JOB,
            INSIDE,
            MASKING_ROLE,
            Given(
                ATTACHMENT, {"role": "masker", "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}, "attached"
            ),
        ),
        {"attached": ("the policy AmazonS3FullAccess lets the job write elsewhere",)},
        "managed-policy",
        echoed=True,
    ),
    glue(
        "managed-reader",
        MASKING_ROLE,
        Given(
            ATTACHMENT, {"role": "masker", "policyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, "attached"
        ),
    ),
    glue(
        "another-role",
        Given(ROLE_POLICY, {"role": "etl", "policy": statement("*", "*").properties["policy"]}, "rights"),
    ),
    gcp("gcp-own-target", bucket_role("copies", "roles/storage.objectUser")),
    gcp("gcp-reads-lake", bucket_role("lake", "roles/storage.objectViewer")),
    gcp("gcp-logs", project_role("roles/logging.logWriter")),
    gcp(
        "gcp-another-bucket",
        bucket_role("drop", "roles/storage.objectCreator"),
        at="role",
        said="the role roles/storage.objectCreator lets the job write elsewhere",
        echoed=True,
    ),
    gcp(
        "gcp-editor",
        project_role("roles/editor"),
        at="role",
        said="the role roles/editor lets the job write elsewhere",
        echoed=True,
    ),
    gcp(
        "gcp-publisher",
        project_role("roles/pubsub.publisher"),
        job=batch([]),
        at="role",
        said="the role roles/pubsub.publisher lets the job write elsewhere",
        echoed=True,
    ),
)

CASES = (*NETWORK, *RIGHTS)
