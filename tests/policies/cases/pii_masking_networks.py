"""Cases: networks of hand-written masking jobs, closed and open; those of Glue and Cloud Run are with the leaks."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dataops_infra.policy.judging import Given
from tests.support import masking_jobs as jobs
from tests.support.rule_cases import Case

RULE = "masked-job-cannot-leak"
GROUP, FIREWALL = "aws:ec2/securityGroup:SecurityGroup", "gcp:compute/firewall:Firewall"
ECS_SERVICE, COMPUTE = "aws:ecs/service:Service", "aws:batch/computeEnvironment:ComputeEnvironment"
NO_INTERNET = "the job reaches the internet"
NOWHERE = f"{NO_INTERNET}: it runs in no network of the organisation's"
OPEN_GROUP, PUBLIC = f"{NO_INTERNET}: its security group lets everything out", f"{NO_INTERNET}: it has a public address"
NOT_ALL = f"{NO_INTERNET}: not all of its traffic goes through the network"
OPEN_RULE, PUBLIC_CLUSTER = (
    f"{NO_INTERNET}: a firewall rule lets it out",
    f"{NO_INTERNET}: its cluster has public addresses",
)
UNSELECTED = f"{NO_INTERNET}: no network policy closes its pods"
LET_OUT = f"{NO_INTERNET}: a network policy lets its pods out"
OF_AWS, OF_GCP = jobs.words("s3"), jobs.words("gs")
UNWRITTEN = frozenset({"group.id"})
"""An id that nobody knows yet is no id that somebody has written down."""


def group(cidr: str) -> Given:
    egress = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": [cidr]}
    return Given(GROUP, {"id": "sg-1", "name": "masking", "egress": [egress]}, "group")


OPEN, CLOSED = group("0.0.0.0/0"), group("10.0.0.0/8")


def case(label: str, *resources: Given, at: str = "", said: str = "", **more: Any) -> Case:
    return Case(RULE, resources, {at: (said,)} if at else {}, label, **more)


def twins(label: str, *resources: Given) -> tuple[Case, Case]:
    """With a security group that is closed, and with one that is open."""
    return (
        case(f"{label}-closed", *resources, CLOSED, needless=UNWRITTEN),
        case(f"{label}-open", *resources, OPEN, at="group", said=OPEN_GROUP, needless=UNWRITTEN),
    )


def network(**more: Any) -> dict[str, Any]:
    return {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], **more}


def ecs_service(**more: Any) -> Given:
    return Given(ECS_SERVICE, {"taskDefinition": jobs.TASK, "networkConfiguration": network(**more)}, "service")


def ecs_schedule(**more: Any) -> Given:
    parameters = {"taskDefinitionArn": jobs.TASK, "networkConfiguration": network(**more)}
    return Given(
        jobs.SCHEDULE, {"name": "nightly", "target": {"arn": "cluster", "ecsParameters": parameters}}, "schedule"
    )


def ecs_event(**more: Any) -> Given:
    parameters = {"taskDefinitionArn": jobs.TASK, "networkConfiguration": network(**more)}
    job = jobs.event_target(OF_AWS)
    return replace(job, properties={**job.properties, "ecsTarget": parameters})


def ecs_machine(public: str) -> Given:
    vpc = {"AwsvpcConfiguration": {"SecurityGroups": ["sg-1"], "AssignPublicIp": public}}
    overrides = {"ContainerOverrides": [{"Name": "mask", "Command": ["python", "-m", jobs.ENTRY_POINT, *OF_AWS]}]}
    parameters = {"TaskDefinition": jobs.TASK, "NetworkConfiguration": vpc, "Overrides": overrides}
    task = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": parameters}
    return Given(jobs.STATE_MACHINE, {"name": "mask", "definition": json.dumps({"States": {"Run": task}})}, "job")


def batch(public: str) -> Given:
    container = {"command": ["run", *OF_AWS], "networkConfiguration": {"assignPublicIp": public}}
    return Given(jobs.BATCH, {"name": "mask", "containerProperties": json.dumps(container)}, "job")


FARGATE = Given(COMPUTE, {"computeResources": {"securityGroupIds": ["sg-1"], "subnets": ["subnet-1"]}}, "compute")
ON_AWS = (
    *twins("lambda", jobs.function(OF_AWS)),
    case(
        "lambda-in-no-network",
        Given(jobs.LAMBDA, {k: v for k, v in jobs.function(OF_AWS).properties.items() if k != "vpcConfig"}, "job"),
        at="job",
        said=NOWHERE,
    ),
    *twins("ecs-service", jobs.ecs(OF_AWS), ecs_service()),
    case("ecs-service-public", jobs.ecs(OF_AWS), ecs_service(assignPublicIp=True), at="service", said=PUBLIC),
    *twins("ecs-schedule", jobs.ecs(OF_AWS), ecs_schedule()),
    case("ecs-schedule-public", jobs.ecs(OF_AWS), ecs_schedule(assignPublicIp=True), at="schedule", said=PUBLIC),
    *twins("ecs-event", ecs_event()),
    case("ecs-event-public", ecs_event(assignPublicIp=True), at="job", said=PUBLIC),
    case("service-of-another-task", jobs.ecs(OF_AWS), replace(
        ecs_service(assignPublicIp=True),
        properties={**ecs_service(assignPublicIp=True).properties, "taskDefinition": "etl:3"},
    )),
    *twins("state-machine-of-tasks", ecs_machine("DISABLED")),
    case("state-machine-public", ecs_machine("ENABLED"), at="job", said=PUBLIC),
    *twins("batch", batch("DISABLED"), FARGATE),
    case("batch-public", batch("ENABLED"), at="job", said=PUBLIC),
)  # fmt: skip


def firewall(*tags: str) -> Given:
    base = {"direction": "EGRESS", "allows": [{"protocol": "all"}], "destinationRanges": ["0.0.0.0/0"]}
    return Given(FIREWALL, {**base, "targetTags": list(tags)}, "rule")


def pool(token: str, egress: str) -> Given:
    job = jobs.pool(OF_GCP, token)
    template = job.properties["template"]
    template = {**template, "vpcAccess": {**template["vpcAccess"], "egress": egress}}
    return replace(job, properties={**job.properties, "template": template})


def cluster(**machines: Any) -> Given:
    config = {"serviceAccount": jobs.MASKER, "tags": ["masking"], **machines}
    return Given(jobs.CLUSTER, {"name": "spark", "clusterConfig": {"gceClusterConfig": config}}, "cluster")


ON_GCP = (
    case("pool-closed", jobs.pool(OF_GCP), firewall("web")),
    case("pool-private-ranges", pool(jobs.POOL, "PRIVATE_RANGES_ONLY"), at="job", said=NOT_ALL),
    case("pool-let-out", jobs.pool(OF_GCP), firewall("masking"), at="rule", said=OPEN_RULE),
    case("service-private-ranges", pool(jobs.SERVICE, "PRIVATE_RANGES_ONLY"), at="job", said=NOT_ALL),
    case("batch-of-other-tags-gcp", jobs.dataproc_batch(OF_GCP), firewall("web")),
    case("batch-let-out-gcp", jobs.dataproc_batch(OF_GCP), firewall("masking"), at="rule", said=OPEN_RULE),
    case("cluster-closed", jobs.dataproc_job(OF_GCP), cluster(internalIpOnly=True), firewall("web")),
    case("cluster-public", jobs.dataproc_job(OF_GCP), cluster(), at="cluster", said=PUBLIC_CLUSTER),
    case(
        "cluster-let-out",
        jobs.dataproc_job(OF_GCP),
        cluster(internalIpOnly=True),
        firewall("masking"),
        at="rule",
        said=OPEN_RULE,
    ),
    case("cluster-of-others", jobs.dataproc_job(OF_GCP), replace(cluster(), properties={"name": "etl"})),
)


def policy(egress: Any = None, **spec: Any) -> Given:
    base: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Egress"], "egress": egress or []}
    return Given(jobs.POD_POLICY, {"spec": base | spec}, "policy")


def labelled(**labels: str) -> Mapping[str, Any]:
    return {"podSelector": {"matchLabels": labels}}


KUBE, CRON = jobs.kube_job(OF_AWS), jobs.cron_job(OF_AWS)
_POD = KUBE.properties["spec"]["template"]
HOST = replace(
    KUBE, properties={**KUBE.properties, "spec": {"template": {**_POD, "spec": {**_POD["spec"], "hostNetwork": True}}}}
)
BY_EXPRESSION = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["mask"]}]}
BLOCK = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
IN_CLUSTERS = (
    case("pods-closed", KUBE, policy()),
    case("pods-closed-by-label", CRON, policy(**labelled(app="mask"))),
    case("pods-in-no-policy", KUBE, at="job", said=UNSELECTED),
    case("pods-of-a-schedule-in-no-policy", CRON, at="job", said=UNSELECTED),
    case("pods-closed-elsewhere", KUBE, config={"networksElsewhere": True}),
    case("policy-of-other-pods", KUBE, policy(**labelled(app="web")), at="job", said=UNSELECTED),
    case("policy-of-ingress", KUBE, policy(policyTypes=["Ingress"]), at="job", said=UNSELECTED),
    case("policy-by-expressions", KUBE, policy(podSelector=BY_EXPRESSION), at="job", said=UNSELECTED),
    case(
        "policy-of-another-namespace",
        KUBE,
        replace(policy(), properties={**policy().properties, "metadata": {"namespace": "web"}}),
        at="job",
        said=UNSELECTED,
    ),
    case("pods-of-the-machine", HOST, policy(), at="job", said=f"{NO_INTERNET}: its pods use the machine's network"),
    case("pods-let-out-by-block", KUBE, policy([BLOCK]), at="policy", said=LET_OUT),
    case("pods-let-out-by-ports", CRON, policy([{"ports": [{"port": 443}]}]), at="policy", said=LET_OUT),
    case("pods-let-out-without-types", KUBE, policy([BLOCK], policyTypes=None), at="policy", said=LET_OUT),
)  # fmt: skip

CASES = (*ON_AWS, *ON_GCP, *IN_CLUSTERS)
