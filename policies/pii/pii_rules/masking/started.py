"""What of the stack a masking job runs on, or starts: tasks, Glue jobs, functions and clusters, which have the role and
the network that a request, a schedule or a trigger has not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from dataops_infra.policy import Properties, Resource, Unknown

from ..flow.edges import blocks, inner_blocks, spots
from ..flow.places import Atlas
from .jobs import ECS, EMR_CLUSTER, EVENT_TARGET, GLUE, LAMBDA, SCHEDULE, STATE_MACHINE, MaskingJob, is_named, meant

ECS_SERVICE: Final = "aws:ecs/service:Service"
CLUSTER: Final = "gcp:dataproc/cluster:Cluster"
TASK_AT: Final[Mapping[str, str]] = {
    SCHEDULE: "target.ecsParameters.taskDefinitionArn",
    EVENT_TARGET: "ecsTarget.taskDefinitionArn",
    ECS_SERVICE: "taskDefinition",
}
"""Where what runs tasks of ECS names their definition."""
_DOCUMENT: Final[Mapping[str, str]] = {STATE_MACHINE: "definition", SCHEDULE: "target", EVENT_TARGET: "input"}
"""The input that holds the request."""
_TARGET: Final[Mapping[str, str]] = {SCHEDULE: "target.arn", EVENT_TARGET: "arn"}
"""Where a schedule and an event name the function that takes their document."""


def started(atlas: Atlas, job: MaskingJob) -> Iterator[MaskingJob]:
    """The job as resources of the stack run it that a request or a trigger starts; tasks are :func:`tasks_of`."""
    found = [*job.starts]
    for token, find in _STARTED.items() if job.resource.type in _DOCUMENT else ():
        known = atlas.stack.of_types({token})
        found += find(atlas, job) if known else ()
    yield from (
        replace(job, resource=resource, holder=None, starts=())
        for resource in {each.urn: each for each in found}.values()
    )


def _glue_jobs(atlas: Atlas, job: MaskingJob) -> Iterator[Resource]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html"""
    named = job.texts.get("jobName", ()) if "arguments" in job.texts else ()
    yield from (each for each in atlas.stack.of_types({GLUE}) if each.props.peek("name") in named)


def _clusters(atlas: Atlas, job: MaskingJob) -> Iterator[Resource]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html. The id of a cluster is known late: what
    the request is made from tells."""
    if "hadoopJarStep" not in job.texts and "clusterId" not in job.texts:
        return
    made_from = job.resource.property_dependencies.get(_DOCUMENT[job.resource.type], ())
    for cluster in atlas.stack.of_types({EMR_CLUSTER}):
        if cluster.urn in made_from or cluster.props.peek("id") in job.texts.get("clusterId", ()):
            yield cluster


def _functions(atlas: Atlas, job: MaskingJob) -> Iterator[Resource]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""
    named = job.texts.get("functionName", ())
    for function in atlas.stack.of_types({LAMBDA}):
        if any(is_named(text, function.props["name"]) for text in named):
            yield function
    for holder, key in spots(job.resource, _TARGET[job.resource.type]) if job.resource.type in _TARGET else ():
        text = holder.peek(key)
        if isinstance(text, Unknown) or ":function:" in str(text):
            root = _TARGET[job.resource.type].partition(".")[0]
            yield from meant(atlas.stack, job.resource, (holder, key), root, LAMBDA, "name")


_STARTED: Final[Mapping[str, Callable[[Atlas, MaskingJob], Iterator[Resource]]]] = {
    GLUE: _glue_jobs,
    EMR_CLUSTER: _clusters,
    LAMBDA: _functions,
}


def tasks_of(atlas: Atlas, job: MaskingJob) -> Iterator[Resource]:
    """The task definitions of the stack that a state machine, a schedule or an event runs."""
    named = job.texts.get("taskDefinition", ())
    tasks = atlas.stack.of_types({ECS}) if named else ()
    yield from (task for task in tasks if any(is_named(text, task.props["family"]) for text in named))
    if job.resource.type in TASK_AT:
        yield from tasks_at(atlas, job.resource, TASK_AT[job.resource.type])


def tasks_at(atlas: Atlas, resource: Resource, path: str) -> Iterator[Resource]:
    """The task definitions of the stack that a property names, by ARN, by family or by what it was made from."""
    for spot in spots(resource, path):
        yield from meant(atlas.stack, resource, spot, path.partition(".")[0], ECS, "family")


def clusters(atlas: Atlas, job: MaskingJob) -> Iterator[tuple[Resource, Properties]]:
    """The clusters of the stack that a job of Dataproc is placed on, or that a template makes for it, each with what
    describes its machines."""
    placement = job.holder
    if placement is None:
        return
    for machines in inner_blocks(placement, "managedCluster", "config", "gceClusterConfig"):
        yield job.resource, machines
    found = _selected(atlas, placement)
    if placement.peek("clusterName") is not None:
        found += meant(atlas.stack, job.resource, (placement, "clusterName"), "placement", CLUSTER, "name")
    for cluster in found:
        for machines in blocks(cluster, "clusterConfig", "gceClusterConfig"):
            yield cluster, machines


def _selected(atlas: Atlas, placement: Properties) -> list[Resource]:
    """The clusters that have the labels by which a template selects one."""
    found: list[Resource] = []
    for selector in inner_blocks(placement, "clusterSelector"):
        wanted = selector["clusterLabels"]
        for cluster in atlas.stack.of_types({CLUSTER}) if isinstance(wanted, Properties) else ():
            labels = cluster.props["labels"]
            if isinstance(labels, Properties) and all(labels[name] == wanted[name] for name in wanted):
                found.append(cluster)
    return found
