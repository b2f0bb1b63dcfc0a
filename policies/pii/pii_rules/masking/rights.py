"""What the stack lets a masking job do, on both clouds: statements of its role's policies, grants to its account."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dataops_infra.policy import Items, Properties, Resource, Stack
from dataops_infra.policy.policy_documents import Statement, read_document

from ..flow.edges import is_given, spots
from ..flow.graph import Node
from ..flow.kinds import MANAGED_POLICY, ROLE, SERVICE_ACCOUNT
from ..flow.places import Atlas, parts
from ..flow.readable import managed_statement
from .jobs import CLOUD_RUN, EMR, GLUE, MaskingJob

ROLE_TYPE: Final = "aws:iam/role:Role"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
POLICY: Final = "aws:iam/policy:Policy"
ATTACHMENTS: Final = frozenset(
    {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment"}
)
AWS_RIGHTS: Final = frozenset({ROLE_TYPE, ROLE_POLICY, POLICY}) | ATTACHMENTS
_EMR_SERVICE: Final = "emr-serverless.amazonaws.com"


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
    return Atlas(replace(stack, config={"production": [], "outside": []}))


def runners(atlas: Atlas, job: MaskingJob) -> tuple[Node, ...]:
    """The roles or service accounts that a job runs as."""
    resource = job.resource
    if resource.type == GLUE:
        return atlas.ends(resource, resource.props, "roleArn", ROLE)
    if resource.type == EMR:
        return tuple(role.urn for role in atlas.stack.of_types({ROLE_TYPE}) if _runs_emr(role, job))
    if resource.type == CLOUD_RUN:
        template = resource.props.at("template.template")
        return (
            atlas.ends(resource, template, "serviceAccount", SERVICE_ACCOUNT)
            if isinstance(template, Properties)
            else ()
        )
    return tuple(node for email in job.accounts for node in atlas.named(email, SERVICE_ACCOUNT))


def _runs_emr(role: Resource, job: MaskingJob) -> bool:
    trust = read_document(role.props.peek("assumeRolePolicy"))
    services = {text for statement in trust.statements for kind, text in statement.principals if kind == "Service"}
    return _EMR_SERVICE in services and job.is_of_same_dataset(role)


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
