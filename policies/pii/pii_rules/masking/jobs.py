"""Which resources are masking jobs: those that run ``dataops_infra.masking`` on a source and a target.

Known by the command line that they are given, hand-written ones too. EMR Serverless is given its command line with each
run, which no resource of the stack shows before the deployment: an application is known by the tag that every resource
of a ``MaskedTestDataset`` carries.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import yaml

from dataops_infra.conventions.tags import TEST_DATASET
from dataops_infra.policy import UNKNOWN, Items, Properties, Resource, Stack, Unknown

GLUE: Final = "aws:glue/job:Job"
EMR: Final = "aws:emrserverless/application:Application"
CLOUD_RUN: Final = "gcp:cloudrunv2/job:Job"
WORKFLOW: Final = "gcp:workflows/workflow:Workflow"
JOB_TYPES: Final = frozenset({GLUE, EMR, CLOUD_RUN, WORKFLOW})

KEY: Final = "--key-secret"
_MARKS: Final = frozenset({KEY, "--source", "--target"})
"""Options that a masking job has and other jobs hardly have all three of."""
FIXED, DEFAULT = "nonOverridableArguments", "defaultArguments"
"""Where Glue takes a job's arguments from: https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html."""

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Spot = tuple[Properties | Items, Any]


@dataclass(frozen=True, eq=False)
class MaskingJob:
    """One masking job.

    :param spots: option -> where its value stands.
    :param plain: option -> its value, where a document tells them.
    :param loose: options that whoever starts the job may give otherwise.
    :param untold: what would have to be known to tell the options; None = all of them are told.
    :param accounts: e-mail addresses of the service accounts that a workflow's batches run as.
    :param network_tags: tags that their machines carry.
    """

    resource: Resource
    spots: Mapping[str, Spot] = field(default_factory=dict)
    plain: Mapping[str, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    untold: Spot | None = None
    accounts: tuple[str, ...] = ()
    network_tags: tuple[str, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether the stack shows the job's command line at all."""
        return self.resource.type != EMR

    def option(self, name: str) -> Any:
        """The value of an option; None where it is left out, UNKNOWN (which is noted) where it is not known."""
        if name in self.plain:
            return self.plain[name]
        if name in self.spots:
            holder, key = self.spots[name]
            return holder[key]
        if self.untold is not None:
            holder, key = self.untold
            _note(holder[key])
            return UNKNOWN
        return None

    @property
    def name(self) -> Any:
        """What the cloud calls it, as far as it is known."""
        return self.resource.props.peek("name")

    def is_of_same_dataset(self, resource: Resource) -> bool:
        """Whether both carry the tag of one test dataset."""
        return _tag(self.resource) is not None and _tag(self.resource) == _tag(resource)


def masking_jobs(stack: Stack) -> tuple[MaskingJob, ...]:
    """The masking jobs of a stack; notes what has to be waited for to tell whether something is one."""
    return tuple(job for resource in stack.of_types(JOB_TYPES) for job in _READERS[resource.type](resource))


def _of_glue(resource: Resource) -> Iterator[MaskingJob]:
    spots: dict[str, Spot] = {}
    loose: set[str] = set()
    untold: Spot | None = None
    for where in (DEFAULT, FIXED):
        stated = resource.stated(where)
        if isinstance(stated, Unknown):
            untold = (resource.props, where)
        for option in stated if isinstance(stated, Properties) else ():
            spots[option] = (stated, option)
            (loose.add if where == DEFAULT else loose.discard)(option)
    if spots.keys() >= _MARKS or (untold and _tag(resource) is not None):
        yield MaskingJob(resource, spots, loose=frozenset(loose), untold=untold)


def _of_cloud_run(resource: Resource) -> Iterator[MaskingJob]:
    containers = resource.props.at("template.template.containers")
    for container in containers if isinstance(containers, Items) else ():
        if isinstance(container, Properties):
            yield from _of_container(resource, container)


def _of_container(resource: Resource, container: Properties) -> Iterator[MaskingJob]:
    """Options may stand in either list, as two words or as one with ``=``."""
    spots: dict[str, Spot] = {}
    plain: dict[str, str] = {}
    untold: Spot | None = None
    for words in (container["commands"], container["args"]):
        if not isinstance(words, Items):
            continue
        for index in range(len(words)):
            word, before = words.peek(index), words.peek(index - 1) if index else None
            if isinstance(before, str) and before.startswith("--") and "=" not in before:
                spots[before] = (words, index)
            elif isinstance(word, Unknown):
                untold = untold or (words, index)
            elif isinstance(word, str) and word.startswith("--"):
                name, is_whole, value = word.partition("=")
                if is_whole:
                    plain[name] = value
    told = spots.keys() | plain.keys()
    if told >= _MARKS:
        yield MaskingJob(resource, spots, plain, untold=untold)
    elif untold is not None and told & _MARKS:
        _note(untold[0][untold[1]])  # it may be the option that is missing


def _of_workflow(resource: Resource) -> Iterator[MaskingJob]:
    source = resource.stated("sourceContents")
    if isinstance(source, Unknown):
        if _tag(resource) is not None:
            yield MaskingJob(resource, untold=(resource.props, "sourceContents"))
        return
    lists, accounts, tags = _read_workflow(source)
    for arguments in lists:
        words = [part for word in arguments for part in (word.split("=", 1) if word.startswith("--") else [word])]
        plain = {name: value for name, value in pairwise([*words, ""]) if name.startswith("--")}
        if plain.keys() >= _MARKS:
            yield MaskingJob(resource, plain=plain, accounts=tuple(accounts), network_tags=tuple(tags))


def _read_workflow(source: Any) -> tuple[list[list[str]], list[str], list[str]]:
    """The lists of texts, the accounts and the network tags of batches in a workflow: YAML, of which JSON is a part."""
    try:
        waiting: list[Any] = [yaml.load(source, _Loader)] if isinstance(source, str) else []  # noqa: S506 - a safe one
    except (yaml.YAMLError, ValueError, RecursionError):
        return [], [], []
    seen: set[int] = set()
    lists: list[list[str]] = []
    accounts: list[str] = []
    tags: list[str] = []
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue  # an alias: what it stands for was looked at
        seen.add(id(value))
        if isinstance(value, Mapping):
            waiting += value.values()
            account = value.get("serviceAccount")
            accounts += [account] if isinstance(account, str) else []
            found = value.get("networkTags")
            tags += [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []
        elif isinstance(value, list):
            waiting += [item for item in value if not isinstance(item, str)]
            lists.append([item for item in value if isinstance(item, str)])
    return lists, accounts, tags


def _of_emr(resource: Resource) -> Iterator[MaskingJob]:
    _note(resource.stated("tags"))
    if _tag(resource) is not None:
        yield MaskingJob(resource)


_READERS: Final = {GLUE: _of_glue, EMR: _of_emr, CLOUD_RUN: _of_cloud_run, WORKFLOW: _of_workflow}


def _tag(resource: Resource) -> Any:
    tags = resource.props.peek("tags") or resource.props.peek("labels")
    return tags.get(TEST_DATASET) if isinstance(tags, Mapping) else None


def _note(_value: Any) -> None:
    """Reading an unknown is noted by the view that it was read from."""
