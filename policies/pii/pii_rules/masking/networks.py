"""Ways by which a masking job reaches the internet: its network, as far as the stack shows it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from dataops_infra.policy import UNKNOWN, Items, Properties, Resource, Unknown, Violation
from dataops_infra.policy.store_types import ANYONE_RANGES

from ..flow.edges import blocks, inner_blocks
from ..flow.places import Atlas
from .jobs import (
    BATCH,
    CLOUD_RUN,
    DATAPROC_BATCH,
    DATAPROC_JOB,
    ECS,
    EMR,
    EMR_CLUSTER,
    EVENT_TARGET,
    GLUE,
    KUBERNETES,
    LAMBDA,
    SCHEDULE,
    SERVICE,
    STATE_MACHINE,
    TEMPLATE,
    TRIGGER,
    WORKER_POOL,
    WORKFLOW,
    MaskingJob,
)
from .started import ECS_SERVICE, TASK_AT, clusters, started, tasks_at

CONNECTION: Final = "aws:glue/connection:Connection"
SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
EGRESS_RULE: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
COMPUTE: Final = "aws:batch/computeEnvironment:ComputeEnvironment"
FIREWALL: Final = "gcp:compute/firewall:Firewall"
POD_POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NETWORKS: Final = frozenset({CONNECTION, SECURITY_GROUP, EGRESS_RULE, GROUP_RULE, COMPUTE, FIREWALL, POD_POLICY})

_NO_INTERNET: Final = "the job reaches the internet"
_NOWHERE: Final = f"{_NO_INTERNET}: it runs in no network of the organisation's"
_OPEN_GROUP: Final = f"{_NO_INTERNET}: its security group lets everything out"
_PUBLIC: Final = f"{_NO_INTERNET}: it has a public address"
_CLOSE_GROUP: Final = ("let the security group out to endpoints of the VPC and prefix lists of AWS only",)
_ENABLED: Final = ("ENABLED", True)
"""A public address on ECS and AWS Batch: as a request and as a property of a service."""
_GROUPS: Final = "securityGroups"
_MACHINE_GROUPS: Final = (
    *("emrManagedMasterSecurityGroup", "emrManagedSlaveSecurityGroup"),
    *("additionalMasterSecurityGroups", "additionalSlaveSecurityGroups"),
)
"""Of the machines of an EMR cluster."""


def openings(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """What in the stack lets the job out."""
    for each in (job, *started(atlas, job)):
        yield from _OPENINGS[each.resource.type](atlas, each)


def _of_glue(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/glue/latest/dg/connection-VPC-disable-proxy.html"""
    resource = job.resource
    connections = resource.stated("connections")
    if isinstance(connections, Unknown):
        return
    if not connections:
        step = "give it a connection of type NETWORK into private subnets"
        yield Violation(_NOWHERE, (step,), resource.urn)
        return
    made_from = resource.property_dependencies.get("connections", ())
    stated = list(connections) if isinstance(connections, Items) else []
    for connection in atlas.stack.of_types({CONNECTION}):
        name = connection.props.peek("name") if connection.urn in made_from else connection.props["name"]
        if connection.urn in made_from or name in stated:
            yield from _of_groups(atlas, connection, "physicalConnectionRequirements", key="securityGroupIdLists")


def _of_emr(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """Without a network configuration its workers reach AWS services of the region only:
    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/vpc-access.html."""
    yield from _of_groups(atlas, job.resource, "networkConfiguration", key="securityGroupIds")


def _of_function(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html"""
    configuration = job.resource.stated("vpcConfig")
    if not configuration and not isinstance(configuration, Unknown):
        yield Violation(_NOWHERE, ("give it a `vpcConfig` with private subnets",), job.resource.urn)
    yield from _of_groups(atlas, job.resource, "vpcConfig", key="securityGroupIds")


def _of_machines(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-security-groups.html"""
    for key in _MACHINE_GROUPS:
        yield from _of_groups(atlas, job.resource, "ec2Attributes", key=key)


def _of_task(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """A task definition has no network: whatever of the stack runs it gives it one."""
    for runner in atlas.stack.of_types(TASK_AT):
        if job.resource in tasks_at(atlas, runner, TASK_AT[runner.type]):
            yield from _of_what_runs_tasks(atlas, runner)


_TASK_NETWORK: Final = {
    SCHEDULE: ("target", "ecsParameters", "networkConfiguration"),
    EVENT_TARGET: ("ecsTarget", "networkConfiguration"),
    ECS_SERVICE: ("networkConfiguration",),
}


def _of_what_runs_tasks(atlas: Atlas, resource: Resource) -> Iterator[Violation]:
    path = _TASK_NETWORK[resource.type]
    for configuration in blocks(resource, *path):
        if configuration["assignPublicIp"] in _ENABLED:
            yield Violation(_PUBLIC, ("leave `assignPublicIp` out",), resource.urn)
    yield from _of_groups(atlas, resource, *path, key=_GROUPS)


def _of_request(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """What a state machine, a schedule or an event asks for, in its document and beside it."""
    if "ENABLED" in job.texts.get("assignPublicIp", ()):
        yield Violation(_PUBLIC, ("leave `assignPublicIp` out",), job.resource.urn)
    named = job.texts.get(_GROUPS, ())
    for group in atlas.stack.of_types({SECURITY_GROUP}) if named else ():
        if any(group.props.peek(key) in named for key in ("id", "name")):
            yield from _of_group(atlas, group)
    if job.resource.type in _TASK_NETWORK:
        yield from _of_what_runs_tasks(atlas, job.resource)


def _of_trigger(_atlas: Atlas, _job: MaskingJob) -> Iterator[Violation]:
    """A trigger is nowhere: the job that it starts has a network."""
    return iter(())


def _of_batch(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """Whoever submits the job chooses its queue: it may run in every compute environment of the stack."""
    yield from _of_request(atlas, job)
    for environment in atlas.stack.of_types({COMPUTE}):
        yield from _of_groups(atlas, environment, "computeResources", key="securityGroupIds")


def _of_groups(atlas: Atlas, resource: Resource, *path: str, key: str) -> Iterator[Violation]:
    """The security groups of the stack that a block names, as far as they let anything out."""
    known = atlas.stack.of_types({SECURITY_GROUP})
    made_from = set(resource.property_dependencies.get(path[0], ()))
    is_resolved = any(group.urn in made_from for group in known)
    names = [item for holder in blocks(resource, *path) for item in _texts(holder, key, is_noted=not is_resolved)]
    for group in known:
        if group.urn in made_from or any(group.props.peek(each) in names for each in ("id", "name")):
            yield from _of_group(atlas, group)


def _of_group(atlas: Atlas, group: Resource) -> Iterator[Violation]:
    for rule in blocks(group, "egress"):
        if _is_open(rule, "cidrBlocks", "ipv6CidrBlocks"):
            yield Violation(_OPEN_GROUP, _CLOSE_GROUP, group.urn)
    yield from _open_rules(atlas, group)


def _texts(holder: Properties, key: str, *, is_noted: bool) -> Iterator[str]:
    """The texts of a list, or those between the commas of one text; an unknown one is noted where nothing tells what
    it was made from."""
    values = holder[key] if is_noted else holder.peek(key)
    values = values.split(",") if isinstance(values, str) else values
    yield from (item for item in (values if isinstance(values, Items | list) else ()) if isinstance(item, str))


def _open_rules(atlas: Atlas, group: Resource) -> Iterator[Violation]:
    """Rules of the group as resources of their own."""
    for rule in atlas.stack.of_types({EGRESS_RULE, GROUP_RULE}):
        if not _is_of(rule, group) or (rule.type == GROUP_RULE and rule.props["type"] not in ("egress", UNKNOWN)):
            continue
        if _is_open(rule.props, "cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6"):
            yield Violation(_OPEN_GROUP, _CLOSE_GROUP, rule.urn)


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
    template = job.holder
    egress = template.at("vpcAccess.egress") if template is not None else None
    if isinstance(egress, Unknown) or template is None:
        return
    if egress != "ALL_TRAFFIC":
        step = "send it through the network: `vpcAccess` with `egress` ALL_TRAFFIC"
        yield Violation(f"{_NO_INTERNET}: not all of its traffic goes through the network", (step,), job.resource.urn)
    tags = {
        tag
        for interface in inner_blocks(template, "vpcAccess", "networkInterfaces")
        for tag in _texts(interface, "tags", is_noted=True)
    }
    yield from _open_firewalls(atlas, tags)


def _of_workflow(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    yield from _open_firewalls(atlas, set(job.texts.get("networkTags", ())))


def _of_dataproc_batch(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """Its machines have no address of the internet: https://cloud.google.com/dataproc-serverless/docs/concepts/network"""
    tags = _texts(job.holder, "networkTags", is_noted=True) if job.holder is not None else ()
    yield from _open_firewalls(atlas, set(tags))


def _of_cluster(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/network#internal_ip_only"""
    for cluster, machines in clusters(atlas, job):
        is_internal = machines["internalIpOnly"]
        if is_internal is not True and not isinstance(is_internal, Unknown):
            step = "set `internalIpOnly` on the cluster, in a subnetwork with Private Google Access"
            yield Violation(f"{_NO_INTERNET}: its cluster has public addresses", (step,), cluster.urn)
        yield from _open_firewalls(atlas, set(_texts(machines, "tags", is_noted=True)))


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


def _of_pods(atlas: Atlas, job: MaskingJob) -> Iterator[Violation]:
    """Pods that no policy selects for egress reach everything:
    https://kubernetes.io/docs/concepts/services-networking/network-policies/"""
    if job.holder is not None and job.holder["hostNetwork"] is True:
        yield Violation(
            f"{_NO_INTERNET}: its pods use the machine's network", ("leave `hostNetwork` out",), job.resource.urn
        )
    selecting = [policy for policy in atlas.stack.of_types({POD_POLICY}) if _selects(policy, job)]
    if not selecting and not atlas.stack.config["networksElsewhere"]:
        step = "select its pods in a NetworkPolicy of `policyTypes` Egress that names what they need"
        yield Violation(f"{_NO_INTERNET}: no network policy closes its pods", (step,), job.resource.urn)
    for policy in selecting:
        for rule in blocks(policy, "spec", "egress"):
            if _is_open_to_pods(rule):
                step = "name in `to` the pods and blocks that the job needs"
                yield Violation(f"{_NO_INTERNET}: a network policy lets its pods out", (step,), policy.urn)


def _is_open_to_pods(rule: Properties) -> bool:
    """A rule without ``to``, or one whose block holds every address."""
    peers = rule["to"]
    if isinstance(peers, Unknown):
        return False
    cidrs = [block["cidr"] for block in inner_blocks(rule, "to", "ipBlock")]
    return not peers or any(cidr in ANYONE_RANGES for cidr in cidrs)


def _selects(policy: Resource, job: MaskingJob) -> bool:
    """Whether a policy is about egress of the job's pods; by its labels alone, as expressions may leave pods out."""
    spec = policy.props["spec"]
    if not isinstance(spec, Properties) or not _is_in_namespace(policy, job.resource):
        return False
    kinds, selector = spec["policyTypes"], spec["podSelector"]
    if isinstance(kinds, Items) and "Egress" not in list(kinds):
        return False
    if not isinstance(selector, Properties) or (kinds is None and not spec.peek("egress")):
        return False
    wanted = selector["matchLabels"]
    if selector["matchExpressions"] or isinstance(wanted, Unknown):
        return False
    labels = _labels_of(job)
    return all(wanted[name] == labels.get(name) for name in (wanted if isinstance(wanted, Properties) else ()))


def _labels_of(job: MaskingJob) -> Mapping[str, Any]:
    """The labels of the job's pods."""
    for template in blocks(job.resource, *KUBERNETES[job.resource.type]):
        labels = template.at("metadata.labels")
        if isinstance(labels, Properties):
            return labels
    return {}


def _is_in_namespace(policy: Resource, resource: Resource) -> bool:
    here, there = (each.props.at("metadata.namespace", "default") for each in (policy, resource))
    return bool(here == there)


_OPENINGS: Final[Mapping[str, Callable[[Atlas, MaskingJob], Iterator[Violation]]]] = {
    GLUE: _of_glue,
    EMR: _of_emr,
    EMR_CLUSTER: _of_machines,
    LAMBDA: _of_function,
    TRIGGER: _of_trigger,
    ECS: _of_task,
    BATCH: _of_batch,
    **dict.fromkeys((STATE_MACHINE, SCHEDULE, EVENT_TARGET), _of_request),
    **dict.fromkeys((CLOUD_RUN, WORKER_POOL, SERVICE), _of_cloud_run),
    WORKFLOW: _of_workflow,
    DATAPROC_BATCH: _of_dataproc_batch,
    **dict.fromkeys((DATAPROC_JOB, TEMPLATE), _of_cluster),
    **dict.fromkeys(KUBERNETES, _of_pods),
}
