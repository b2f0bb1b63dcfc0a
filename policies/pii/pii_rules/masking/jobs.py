"""Which resources are masking jobs: those that run ``dataops_infra.masking`` on a source and a target.

Known by the command line that they are given, hand-written ones too: arguments of Glue jobs and of the triggers that
start them, words of containers (ECS, AWS Batch, Lambda, Cloud Run, Kubernetes) and of Spark jobs (Dataproc and its
workflow templates, steps of EMR), variables of Lambda functions, and what documents ask for (state machines, schedules
and events of AWS, workflows). An application of EMR Serverless shows no command line, as each run
is asked for with one: it is known by the tag that every resource of a ``MaskedTestDataset`` carries, and its runs by
the state machine or schedule that asks for them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dataops_infra.conventions.tags import TEST_DATASET
from dataops_infra.policy import Items, Properties, Resource, Stack, Unknown
from dataops_infra.policy.joins import peeked

from ..flow.edges import blocks, spots
from .command_lines import (
    OPTIONS,
    SCRIPTS,
    CommandLine,
    Spot,
    Word,
    is_marked,
    names_our_handler,
    read_line,
    read_variables,
    words_in,
)
from .documents import read_run_document

GLUE: Final = "aws:glue/job:Job"
TRIGGER: Final = "aws:glue/trigger:Trigger"
EMR: Final = "aws:emrserverless/application:Application"
EMR_CLUSTER: Final = "aws:emr/cluster:Cluster"
ECS: Final = "aws:ecs/taskDefinition:TaskDefinition"
BATCH: Final = "aws:batch/jobDefinition:JobDefinition"
LAMBDA: Final = "aws:lambda/function:Function"
STATE_MACHINE: Final = "aws:sfn/stateMachine:StateMachine"
SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
EVENT_TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"
CLOUD_RUN: Final = "gcp:cloudrunv2/job:Job"
WORKER_POOL: Final = "gcp:cloudrunv2/workerPool:WorkerPool"
SERVICE: Final = "gcp:cloudrunv2/service:Service"
WORKFLOW: Final = "gcp:workflows/workflow:Workflow"
DATAPROC_JOB: Final = "gcp:dataproc/job:Job"
DATAPROC_BATCH: Final = "gcp:dataproc/batch:Batch"
TEMPLATE: Final = "gcp:dataproc/workflowTemplate:WorkflowTemplate"
KUBERNETES: Final = {
    "kubernetes:batch/v1:Job": ("spec", "template"),
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", "spec", "template"),
    "kubernetes:batch/v1beta1:CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Type -> path of the template of its pods."""

FIXED, DEFAULT = "nonOverridableArguments", "defaultArguments"
"""Where Glue takes a job's arguments from: https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html."""
_REFERENCE: Final = "Ref::"
"""A word of a Batch job that a parameter fills in: https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html."""


@dataclass(frozen=True, eq=False)
class MaskingJob:
    """One masking job.

    :param line: its command line; None = the resource shows none.
    :param holder: what describes the machine that runs it: a template of Cloud Run or of pods, a configuration.
    :param texts: what the document says in which it stands, key by key.
    :param starts: the Glue jobs of the stack that a trigger's action starts.
    """

    resource: Resource
    line: CommandLine | None
    holder: Properties | None = None
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    starts: Sequence[Resource] = ()

    @property
    def is_told(self) -> bool:
        """Whether the stack shows the job's command line at all."""
        return self.line is not None

    @property
    def loose(self) -> frozenset[str]:
        """Options that whoever starts the job may give otherwise."""
        return self.line.loose if self.line else frozenset()

    def option(self, name: str) -> Any:
        """The value of an option; None where it is left out, UNKNOWN (which is noted) where it is not known."""
        return self.line.option(name) if self.line else None

    @property
    def name(self) -> Any:
        """What the cloud calls it, as far as it is known; names of a template's jobs are made up."""
        if self.resource.type == TEMPLATE:
            return None
        return peeked(self.resource, _NAMES.get(self.resource.type, "name"))

    def is_of_same_dataset(self, resource: Resource) -> bool:
        """Whether both carry the tag of one test dataset."""
        return _tag(self.resource) is not None and _tag(self.resource) == _tag(resource)


_NAMES: Final = {
    ECS: "family",
    DATAPROC_JOB: "reference.jobId",
    DATAPROC_BATCH: "batchId",
    **dict.fromkeys(KUBERNETES, "metadata.name"),
}


def masking_jobs(stack: Stack) -> tuple[MaskingJob, ...]:
    """The masking jobs of a stack; notes what has to be waited for to tell whether something is one."""
    read = (job for resource in stack.of_types(_READERS.keys()) for job in jobs_at(resource))
    return (*read, *(job for trigger in stack.of_types({TRIGGER}) for job in _of_trigger(stack, trigger)))


def jobs_at(resource: Resource) -> Iterator[MaskingJob]:
    """The masking jobs of one resource of :data:`JOB_TYPES`, as far as it tells of them alone: no trigger does."""
    yield from _READERS[resource.type](resource)


def _of_glue(resource: Resource) -> Iterator[MaskingJob]:
    line = _arguments_of(resource)
    script = peeked(resource, "command.scriptLocation")
    if isinstance(script, Unknown) and not is_marked(line.spots) and line.spots.keys() & OPTIONS:
        resource.props.at("command.scriptLocation")  # noted: it may be ours
    if is_marked(line.spots) or line.is_ours or (line.untold and _tag(resource) is not None):
        yield MaskingJob(resource, line)


def _arguments_of(resource: Resource) -> CommandLine:
    """What a Glue job is given, whether it masks or not."""
    found: dict[str, Spot] = {}
    loose: set[str] = set()
    untold: Spot | None = None
    for where in (DEFAULT, FIXED):
        stated = resource.stated(where)
        if isinstance(stated, Unknown):
            untold = (resource.props, where)
        for option in stated if isinstance(stated, Properties) else ():
            found[option] = (stated, option)
            (loose.add if where == DEFAULT else loose.discard)(option)
    script = peeked(resource, "command.scriptLocation")
    is_ours = isinstance(script, str) and script.endswith(SCRIPTS)
    return CommandLine(found, loose=frozenset(loose), untold=untold, is_ours=is_ours)


def _of_trigger(stack: Stack, trigger: Resource) -> Iterator[MaskingJob]:
    """Actions that give a Glue job options of masking; those of the job itself hold where it lets no others in."""
    for action in blocks(trigger, "actions"):
        given = action["arguments"]
        own: dict[str, Spot] = {name: (given, name) for name in given} if isinstance(given, Properties) else {}
        if not (own.keys() & OPTIONS or isinstance(given, Unknown)):
            continue
        started = meant(stack, trigger, (action, "jobName"), "actions", GLUE, "name")
        lines = [(_arguments_of(job), [job]) for job in started] or [(CommandLine(), started)]
        for line, starts in lines:
            fixed = line.spots.keys() - line.loose
            merged = {**line.spots, **{name: spot for name, spot in own.items() if name not in fixed}}
            untold = (action, "arguments") if isinstance(given, Unknown) else line.untold
            if is_marked(merged) or line.is_ours or (untold and _tag(trigger) is not None):
                whole = CommandLine(merged, untold=untold, is_ours=line.is_ours)
                yield MaskingJob(trigger, whole, action, starts=starts)


def meant(stack: Stack, resource: Resource, spot: Spot, key: str, token: str, name: str) -> list[Resource]:
    """The resources of a type that a text speaks of; where it, or the name of one that it may mean, is unknown, that
    is noted.

    :param key: the input that the text is part of.
    :param name: the property by which such a resource is named.
    """
    holder, index = spot
    made_from, text = resource.property_dependencies.get(key, ()), holder.peek(index)
    known = stack.of_types({token})
    found = [each for each in known if each.urn in made_from or is_named(text, each.props.peek(name))]
    if not found and known:
        holder[index]
        for each in known:
            each.props[name]
    return found


def is_named(text: Any, name: Any) -> bool:
    """Whether a name, or an ARN (``…:task-definition/mask:7``, ``…:instance-profile/mask``), speaks of what is called
    so."""
    if not (isinstance(text, str) and isinstance(name, str)):
        return False
    # Before its resource an ARN has five fields, and the resource mostly begins with its kind.
    is_arn = text.startswith("arn:")
    parts = re.split(r"[/:]", text.split(":", 5)[-1] if is_arn else text)
    return name in (parts[1:] or parts if is_arn else parts)


def _of_emr(resource: Resource) -> Iterator[MaskingJob]:
    resource.stated("tags")  # an unknown one is noted
    if _tag(resource) is not None:
        yield MaskingJob(resource, None)


Reader = Callable[[Resource], Iterator[MaskingJob]]


def _containers(*template: str, kinds: Sequence[str] = ("containers",)) -> Reader:
    """Containers of a template, which is at a path of the resource (empty: the resource)."""

    def read(resource: Resource) -> Iterator[MaskingJob]:
        for holder in blocks(resource, *template):
            for container in (each for kind in kinds for each in _objects(holder, kind)):
                yield from _job(resource, words_in(container), holder)

    return read


def _configurations(*paths: str, beside: str = "") -> Reader:
    """Objects at paths, each with words of its own.

    :param beside: path of the object that describes the machine; empty = the resource.
    """

    def read(resource: Resource) -> Iterator[MaskingJob]:
        for path in paths:
            for configuration in blocks(resource, *path.split(".")):
                holder = resource.props.at(beside) if beside else resource.props
                yield from _job(resource, words_in(configuration), holder if isinstance(holder, Properties) else None)

    return read


def _documents(*paths: str) -> Reader:
    """Texts at paths that are JSON or YAML; an unknown one is noted, and is a masking job's where the tag says so."""

    def read(resource: Resource) -> Iterator[MaskingJob]:
        for holder, key in (spot for path in paths for spot in spots(resource, path)):
            text = holder[key]
            if isinstance(text, Unknown) and _tag(resource) is not None:
                yield MaskingJob(resource, CommandLine(untold=(holder, key)), resource.props)
            document = read_run_document(text)
            for line in document.lines:
                words = [_filled_in(resource, Word(word)) for word in line]
                yield from _job(resource, words, resource.props, document.texts)

    return read


def _filled_in(resource: Resource, word: Word) -> Word:
    """The parameter's value where a Batch job's word stands for one."""
    parameters = resource.props.peek("parameters") if word.text.startswith(_REFERENCE) else None
    if isinstance(parameters, Unknown):
        return Word(parameters, (resource.props, "parameters"))
    name = word.text.removeprefix(_REFERENCE)
    if isinstance(parameters, Mapping) and name in parameters:
        return Word(parameters[name], (resource.props["parameters"], name))
    return word


def _job(
    resource: Resource,
    words: Sequence[Word],
    holder: Properties | None,
    texts: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[MaskingJob]:
    line = read_line(words)
    if line is not None:
        yield MaskingJob(resource, line, holder, texts or {})


def _objects(holder: Properties, key: str) -> Iterator[Properties]:
    value = holder[key]
    for item in value if isinstance(value, Items) else ():
        if isinstance(item, Properties):
            yield item


def _of_function(resource: Resource) -> Iterator[MaskingJob]:
    """The command line of its image, and the variables of its environment, which code in a zip is told by."""
    yield from _configurations("imageConfig")(resource)
    handler = resource.props["handler"] if resource.props.peek("handler") is not None else None
    is_ours = isinstance(handler, str) and names_our_handler(handler)
    for environment in blocks(resource, "environment"):
        line = read_variables(environment, is_ours=is_ours)
        if line is not None:
            yield MaskingJob(resource, line)
            return
    if is_ours:
        yield MaskingJob(resource, CommandLine(is_ours=True))


def _of_batch(resource: Resource) -> Iterator[MaskingJob]:
    yield from _documents("containerProperties", "ecsProperties", "nodeProperties")(resource)
    yield from _containers("eksProperties", "podProperties")(resource)


_READERS: Final[Mapping[str, Reader]] = {
    GLUE: _of_glue,
    EMR: _of_emr,
    ECS: _documents("containerDefinitions"),
    BATCH: _of_batch,
    LAMBDA: _of_function,
    EMR_CLUSTER: _configurations("steps.hadoopJarStep"),
    STATE_MACHINE: _documents("definition"),
    SCHEDULE: _documents("target.input"),
    EVENT_TARGET: _documents("input", "inputTransformer.inputTemplate"),
    CLOUD_RUN: _containers("template", "template"),
    WORKER_POOL: _containers("template"),
    SERVICE: _containers("template"),
    WORKFLOW: _documents("sourceContents"),
    DATAPROC_JOB: _configurations("pysparkConfig", "sparkConfig", beside="placement"),
    TEMPLATE: _configurations("jobs.pysparkJob", "jobs.sparkJob", beside="placement"),
    DATAPROC_BATCH: _configurations("pysparkBatch", "sparkBatch", beside="environmentConfig.executionConfig"),
    **{token: _containers(*path, "spec", kinds=("containers", "initContainers")) for token, path in KUBERNETES.items()},
}
JOB_TYPES: Final = frozenset(_READERS) | {TRIGGER}


def _tag(resource: Resource) -> Any:
    tags = resource.props.peek("tags") or resource.props.peek("labels")
    return tags.get(TEST_DATASET) if isinstance(tags, Mapping) else None
