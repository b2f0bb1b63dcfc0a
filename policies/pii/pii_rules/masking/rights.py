"""What the stack lets a masking job do, on both clouds: statements of its role's policies, grants to its account."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dataops_infra.policy import Items, Properties, Resource, Stack
from dataops_infra.policy.policy_documents import Statement, read_document

from ..flow.edges import blocks, is_given, spots
from ..flow.graph import Node
from ..flow.kinds import MANAGED_POLICY, ROLE, SERVICE_ACCOUNT, Kind
from ..flow.places import Atlas, parts
from ..flow.readable import managed_statement
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
    meant,
)
from .started import CLUSTER, ECS_SERVICE, clusters, started, tasks_of

ROLE_TYPE: Final = "aws:iam/role:Role"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
POLICY: Final = "aws:iam/policy:Policy"
ATTACHMENTS: Final = frozenset(
    {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment"}
)
AWS_RIGHTS: Final = frozenset({ROLE_TYPE, ROLE_POLICY, POLICY}) | ATTACHMENTS
POD_ACCOUNT: Final = "kubernetes:core/v1:ServiceAccount"
INSTANCE_PROFILE: Final = "aws:iam/instanceProfile:InstanceProfile"
RUNNING: Final = frozenset({CLUSTER, POD_ACCOUNT, ECS_SERVICE, INSTANCE_PROFILE})
"""What tells who a job runs as, beside roles and service accounts."""
_EMR_SERVICE: Final = "emr-serverless.amazonaws.com"
_ANNOTATIONS: Final = {"eks.amazonaws.com/role-arn": ROLE, "iam.gke.io/gcp-service-account": SERVICE_ACCOUNT}
"""https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html,
https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity."""


@dataclass(frozen=True)
class Right:
    """One statement of a policy.

    :param by: the resource that gives it, the one to mend.
    :param statement: of a policy that AWS manages, what it lets read; None = nothing.
    :param managed: name of a policy that AWS manages; empty = it is none.
    """

    by: Resource
    statement: Statement | None = None
    managed: str = ""


def atlas_of(stack: Stack) -> Atlas:
    """The nodes of a stack; where production ends is another rule's business, and so is its config."""
    return Atlas(replace(stack, config={**stack.config, "production": [], "outside": []}))


def runners(atlas: Atlas, job: MaskingJob) -> tuple[Node, ...]:
    """The roles or service accounts that a job runs as, as far as the stack tells them."""
    every = (job, *started(atlas, job))
    return tuple(dict.fromkeys(node for each in every for node in _RUNNERS[each.resource.type](atlas, each)))


def _at(path: str, kind: Kind) -> Callable[[Atlas, MaskingJob], Iterator[Node]]:
    """What a property of the job's holder names: a template, a configuration, the resource itself."""

    def found(atlas: Atlas, job: MaskingJob) -> Iterator[Node]:
        holder = job.resource.props if job.holder is None else job.holder
        yield from atlas.ends(job.resource, holder, path, kind)

    return found


def _of_emr(atlas: Atlas, job: MaskingJob) -> Iterator[Node]:
    """The role that a run is given stands in the request for it: here, roles of the same dataset."""
    for role in atlas.stack.of_types({ROLE_TYPE}):
        trust = read_document(role.props.peek("assumeRolePolicy"))
        services = {text for statement in trust.statements for kind, text in statement.principals if kind == "Service"}
        if _EMR_SERVICE in services and job.is_of_same_dataset(role):
            yield role.urn


def _of_document(atlas: Atlas, job: MaskingJob) -> Iterator[Node]:
    """Who the document names, and who the task definition does that it, a schedule or an event runs."""
    asks_emr = "jobDriver" in job.texts  # on ECS and AWS Batch `executionRoleArn` only fetches the image
    for key in ("taskRoleArn", "jobRoleArn", *(("executionRoleArn",) if asks_emr else ())):
        for text in job.texts.get(key, ()):
            yield from atlas.named(text, ROLE)
    for task in tasks_of(atlas, job):
        yield from atlas.ends(task, task.props, "taskRoleArn", ROLE)
    if job.resource.type == BATCH:
        yield from _of_pods(atlas, job)


def _of_machines(atlas: Atlas, job: MaskingJob) -> Iterator[Node]:
    """The role of a cluster's machines, which every step of EMR has."""
    for attributes in blocks(job.resource, "ec2Attributes"):
        spot = attributes, "instanceProfile"
        for profile in meant(atlas.stack, job.resource, spot, "ec2Attributes", INSTANCE_PROFILE, "name"):
            yield from atlas.ends(profile, profile.props, "role", ROLE)


def _of_trigger(_atlas: Atlas, _job: MaskingJob) -> Iterator[Node]:
    """A trigger is nobody: the job that it starts has a role."""
    return iter(())


def _of_workflow(atlas: Atlas, job: MaskingJob) -> Iterator[Node]:
    for email in job.texts.get("serviceAccount", ()):
        yield from atlas.named(email, SERVICE_ACCOUNT)


def _of_cluster(atlas: Atlas, job: MaskingJob) -> Iterator[Node]:
    for machines in clusters(atlas, job):
        yield from atlas.ends(machines[0], machines[1], "serviceAccount", SERVICE_ACCOUNT)


def _of_pods(atlas: Atlas, job: MaskingJob) -> Iterator[Node]:
    """Who a service account of Kubernetes is in the cloud, which an annotation says: IAM roles for service accounts on
    EKS, Workload Identity on GKE."""
    named = job.holder["serviceAccountName"] if job.holder is not None else None
    for account in atlas.stack.of_types({POD_ACCOUNT}):
        metadata = account.props["metadata"]
        if not isinstance(metadata, Properties) or not isinstance(named, str) or metadata["name"] != named:
            continue
        annotations = metadata["annotations"]
        for key, kind in _ANNOTATIONS.items():
            if isinstance(annotations, Properties):
                yield from atlas.ends(account, annotations, key, kind)


_RUNNERS: Final[Mapping[str, Callable[[Atlas, MaskingJob], Iterator[Node]]]] = {
    GLUE: _at("roleArn", ROLE),
    EMR: _of_emr,
    LAMBDA: _at("role", ROLE),
    ECS: _at("taskRoleArn", ROLE),
    EMR_CLUSTER: _of_machines,
    TRIGGER: _of_trigger,
    **dict.fromkeys((BATCH, STATE_MACHINE, SCHEDULE, EVENT_TARGET), _of_document),
    **dict.fromkeys((CLOUD_RUN, WORKER_POOL, SERVICE, DATAPROC_BATCH), _at("serviceAccount", SERVICE_ACCOUNT)),
    WORKFLOW: _of_workflow,
    **dict.fromkeys((DATAPROC_JOB, TEMPLATE), _of_cluster),
    **dict.fromkeys(KUBERNETES, _of_pods),
}


def aws_rights(atlas: Atlas, role: Node) -> Iterator[Right]:
    """Everything that the stack's policies give to a role; notes documents that are not known yet."""
    resource = atlas.by_urn.get(role)
    if resource is not None and resource.type == ROLE_TYPE:
        for holder, key in spots(resource, "inlinePolicies[].policy"):
            yield from _statements(resource, holder, key)
        if is_given(resource, "managedPolicyArns"):
            yield from _attached(atlas, resource, "managedPolicyArns")
    for policy in atlas.stack.of_types({ROLE_POLICY}):
        if _speaks_of(atlas, role, atlas.ends(policy, policy.props, "role", ROLE)):
            yield from _statements(policy, policy.props, "policy")
    for attachment in atlas.stack.of_types(ATTACHMENTS):
        holders = [node for key in ("role", "roles") for node in atlas.ends(attachment, attachment.props, key, ROLE)]
        if _speaks_of(atlas, role, holders):
            yield from _attached(atlas, attachment, "policyArn")


def _speaks_of(atlas: Atlas, role: Node, holders: Sequence[Node]) -> bool:
    """Whether the role is among the holders of a policy; an unknown one, which may be it, is waited for."""
    for node in holders:
        if atlas.is_unknown(node):
            atlas.outside(node)
    return role in holders


def _attached(atlas: Atlas, resource: Resource, key: str) -> Iterator[Right]:
    for part, index in parts(resource.props, key):
        text = part.peek(index)
        if isinstance(text, str) and ":iam::aws:policy/" in text:
            yield Right(resource, managed_statement(text), managed=text.rpartition("/")[2])
            continue
        for node in atlas.ends(resource, part, index, MANAGED_POLICY):
            policy = atlas.by_urn.get(node)
            if policy is not None:
                yield from _statements(policy, policy.props, "policy")
            elif atlas.is_unknown(node):
                atlas.outside(node)  # waits for it


def _statements(resource: Resource, holder: Properties | Items, key: object) -> Iterator[Right]:
    for statement in read_document(holder[key]).statements:  # type: ignore[index]
        if statement.allows:
            yield Right(resource, statement)
