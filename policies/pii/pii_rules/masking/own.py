"""The jobs of a ``MaskedTestDataset`` and who they are: a flow of personal data ends there, as a copy leaves them only
when the gate has passed it.

A URN says that a resource is a child of the component, and any program can register a class of its own under the
component's token. So the children must also be what the component makes: a command line that runs our entry point on a
pinned plan, with a gate whose verdict is kept and with a private place for what is not passed, which nobody who starts
the job can change; a role that only the service takes; and nothing by which the job may write or reach elsewhere.

What this cannot prove: what is in an image, in wheels or in a script under our script's name. These are inputs of the
component itself, so a program that gives the component an image that masks nothing is as well off as one that
imitates it. Who may change programs and images is a matter of reviews and of registries (ADR 0181).
"""

from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import Resource, Unknown
from dataops_infra.policy.policy_documents import read_document

from ..flow.graph import Node
from ..flow.places import Atlas
from .command_lines import SECRET, SOURCE, TARGET
from .gate import DIGEST, PINNED, PLAN_HASH, REPORT, STAGING
from .grants import GRANT_TYPES
from .jobs import EMR, JOB_TYPES, STATE_MACHINE, MaskingJob, jobs_at
from .leaks import leaks
from .networks import NETWORKS, POD_POLICY
from .rights import AWS_RIGHTS, ROLE_TYPE, runners

COMPONENT: Final = "dataops-infra:index:MaskedTestDataset"
CHILDREN: Final = frozenset(
    {
        EMR,
        STATE_MACHINE,
        ROLE_TYPE,
        "aws:glue/job:Job",
        "gcp:cloudrunv2/job:Job",
        "gcp:serviceaccount/account:Account",
        "gcp:workflows/workflow:Workflow",
    }
)
"""What runs the masking in that component, and as whom."""
PROOF: Final = CHILDREN | AWS_RIGHTS | GRANT_TYPES | (NETWORKS - {POD_POLICY})
"""What a rule must be shown to tell."""
_TAKEN_BY: Final = frozenset({"glue.amazonaws.com", "emr-serverless.amazonaws.com"})


def is_child(urn: str) -> bool:
    """Whether a URN is of a child of the component, and such as runs the masking."""
    types = urn.split("::")[2].split("$") if urn.startswith("urn:pulumi:") else []
    return types[-2:-1] == [COMPONENT] and types[-1] in CHILDREN


def own_maskers(atlas: Atlas) -> frozenset[Node]:
    """The jobs and roles of the stack at which a flow ends; notes what has to be known to tell."""
    children = {resource.urn: resource for resource in atlas.stack.resources if is_child(resource.urn)}
    found: set[Node] = set()
    for resource in children.values():
        for job in jobs_at(resource) if resource.type in JOB_TYPES else ():
            if _is_whole(job) and not any(leaks(atlas, job)):
                found |= {resource.urn, *_beside(atlas, job, children)}
    return frozenset(found)


def _beside(atlas: Atlas, job: MaskingJob, children: dict[str, Resource]) -> Iterator[Node]:
    """Who the job is, and the application that runs it: children of the same component."""
    parent = job.resource.parent
    siblings = {urn: resource for urn, resource in children.items() if resource.parent == parent}
    for node in runners(atlas, job):
        if node in siblings and (siblings[node].type != ROLE_TYPE or _is_the_service_s(siblings[node])):
            yield node
    if job.resource.type == STATE_MACHINE:
        yield from (urn for urn, resource in siblings.items() if resource.type == EMR)


def _is_whole(job: MaskingJob) -> bool:
    """Whether the command line runs our entry point, and says all that the component's says."""
    line = job.line
    if line is None or not line.is_ours or line.loose & PINNED:
        return False
    if not all(line.gives(name) for name in (SOURCE, TARGET, STAGING, REPORT, SECRET)):
        return False
    digest = line.option(PLAN_HASH)
    return isinstance(digest, Unknown) or (isinstance(digest, str) and DIGEST.fullmatch(digest) is not None)


def _is_the_service_s(role: Resource) -> bool:
    """Whether nobody but a service that runs jobs takes the role."""
    trust = read_document(role.props["assumeRolePolicy"])
    allowed = [statement for statement in trust.statements if statement.allows]
    return all(
        statement.principals and all(kind == "Service" and name in _TAKEN_BY for kind, name in statement.principals)
        for statement in allowed
    )
