"""On what terms a test dataset is masked, the same on both clouds: places, plan, job, schedule, gate, alarms."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from dataops_infra.conventions import Conventions, RetentionClass
from dataops_infra.conventions.classification import MASKED_LEVEL
from dataops_infra.errors import PlanError
from dataops_infra.foundation.deletion import Deletion, read_deletion
from dataops_infra.foundation.emails import check_emails
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.placement import Placement, read_call, retention_of
from dataops_infra.masking.plan import Plan, read_plan
from dataops_infra.test_datasets.places import Cloud, Place, read_place
from dataops_infra.test_datasets.schedules import UTC, Schedule, read_schedule
from dataops_infra.test_datasets.subsets import read_subset

GLUE, EMR_SERVERLESS, DATAPROC, CLOUD_RUN = "glue", "emr_serverless", "dataproc", "cloud_run"
ENGINES = {Cloud.AWS: (GLUE, EMR_SERVERLESS), Cloud.GCP: (CLOUD_RUN, DATAPROC)}
"""The engines of each cloud; the first is the default."""
NEEDS_NETWORK = {
    GLUE: "without one a Glue job reaches the internet",
    CLOUD_RUN: "without one a Cloud Run job reaches the internet",
    DATAPROC: "Dataproc Serverless has no network of its own",
}
"""Engines that run in a network of the organisation's only, and why."""
WORKERS, MOST_WORKERS = 2, 299
"""The most is what Glue gives to one job (https://docs.aws.amazon.com/general/latest/gr/glue.html, G.1X)."""
TIMEOUT_MINUTES, LONGEST_TIMEOUT_MINUTES = 120, 2880
"""The longest is Glue's default, two days (https://docs.aws.amazon.com/glue/latest/dg/add-job.html)."""
MISSED_AFTER_HOURS, MOST_MISSED_AFTER_HOURS = 26, 168
"""A day and what a run may take. The most is what a CloudWatch alarm looks back on, seven days
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, Period)."""
MANIFEST = "_manifest.json"
"""Name of the manifest in the folder of the copy, as :data:`dataops_infra.masking.manifest.FOLDER_MANIFEST`."""
_OF_CLOUD = {
    Cloud.AWS: {
        "kms_key_arn",
        "region",
        "alarms.topic_arn",
        "masking.key_secret_kms_key",
        "job.network.endpoints_security_group",
        "job.network.s3_prefix_list",
    },
    Cloud.GCP: {
        "kms_key_name",
        "location",
        "alarms.notification_channels",
        "source.folder",
        "target.folder",
        "job.network.reachable_ranges",
        "job.network.firewall",
    },
}
"""Arguments that only one of the clouds knows."""


@dataclass(frozen=True)
class WorkerShape:
    """One worker.

    :param vcpus: how many virtual processors it has.
    :param memory_gib: its memory, in GiB.
    """

    vcpus: int
    memory_gib: int


SMALL = "small"
WORKER_SHAPES = {SMALL: WorkerShape(4, 16), "medium": WorkerShape(8, 32), "large": WorkerShape(16, 64)}


@dataclass(frozen=True)
class JobTerms:
    """What runs the masking.

    :param size: a key of :data:`WORKER_SHAPES`.
    :param network: the arguments of ``JobNetwork`` that were given; empty = none.
    """

    engine: str
    image: pulumi.Input[str] | None
    wheels_uri: str | None
    workers: int
    size: str
    timeout_minutes: int
    network: Mapping[str, Any]

    @property
    def shape(self) -> WorkerShape:
        """What each worker has."""
        return WORKER_SHAPES[self.size]


@dataclass(frozen=True)
class AlarmTerms:
    """Who is told.

    :param missed_after_hours: hours without a published copy after which a run was missed; None = none is.
    """

    topic_arn: pulumi.Input[str] | None
    notification_channels: Sequence[pulumi.Input[str]]
    emails: tuple[str, ...]
    missed_after_hours: int | None


@dataclass(frozen=True)
class Terms:
    """One masked test dataset, as far as both clouds have it in common.

    :param args: the arguments that are sound, for what only one cloud judges.
    :param target: None where the component makes a bucket of its own.
    :param plan_file: absolute path of the plan.
    :param plan_digest: SHA-256 of what the plan says; the job refuses another.
    :param subset: the job's options for a part of the source, each with its value; empty = all rows.
    :param approval_uri: address of the approval record.
    """

    cloud: Cloud
    args: Mapping[str, Any]
    placement: Placement
    retention: RetentionClass
    deletion: Deletion
    source: Place
    target: Place | None
    plan_file: Path
    plan_digest: str
    key_secret: pulumi.Input[str]
    subset: Mapping[str, str]
    job: JobTerms
    schedule: Schedule | None
    approval_uri: str | None
    alarms: AlarmTerms


def read_terms(mistakes: Mistakes, name: object, args: object, spec: type) -> Terms:
    """Check what both clouds have in common. Where something is wrong the terms hold a stand-in: the cloud's half asks
    ``mistakes`` to stop before it uses them.

    :raises ComponentInputError: not even the cloud can be told.
    """

    def complete(conventions: Conventions, sound: dict[str, Any]) -> dict[str, Any]:
        if MASKED_LEVEL not in conventions.classification.levels:
            return sound
        return {"data_classification": MASKED_LEVEL, **sound}

    given, placement = read_call(mistakes, name, args, spec, complete)
    conventions = placement.conventions
    if "data_classification" not in given and not mistakes.about("data_classification"):
        expected = f"the level of a masked copy, as {MASKED_LEVEL} is none of dataops.yaml"
        mistakes.add("data_classification", expected, None)
    source = read_place(mistakes, conventions, "source", given["source"]) if "source" in given else None
    if source is None:
        mistakes.stop()
    assert source is not None
    masking = given.get("masking", {})
    plan, plan_file = _read_plan(mistakes, masking.get("plan"))
    schedule = _schedule(mistakes, given_of(given, "schedule"))
    _refuse_other_cloud(mistakes, given, source.cloud)
    return Terms(
        cloud=source.cloud,
        args=given,
        placement=placement,
        retention=retention_of(mistakes, conventions, given.get("retention_class")),
        deletion=read_deletion(mistakes, given.get("deletion_protection")),
        source=source,
        target=_target(mistakes, conventions, given, source),
        plan_file=plan_file,
        plan_digest=plan.digest,
        key_secret=masking.get("key_secret", ""),
        subset=read_subset(mistakes, "masking.subset", given_of(masking, "subset"), plan),
        job=_job(mistakes, given_of(given, "job"), source.cloud, "job" in given),
        schedule=schedule,
        approval_uri=_approval(mistakes, given_of(given, "gate"), plan),
        alarms=_alarms(mistakes, given_of(given, "alarms"), schedule),
    )


def given_of(args: Mapping[str, Any], argument: str) -> dict[str, Any]:
    """What was given in a nested argument; nothing where it was left out, and ``None`` is left out too."""
    return {key: value for key, value in args.get(argument, {}).items() if value is not None}


def secret_reference(
    mistakes: Mistakes, argument: str, value: pulumi.Input[str], problem: Callable[[str], str | None]
) -> pulumi.Input[str]:
    """``value`` where it names a secret; anything else is refused and never repeated: it may be the key itself.

    :param problem: what is expected instead of a text, None where it is right. An output is judged once it is known.
    """
    hidden = "a text that names no secret (not shown)"
    if isinstance(value, str):
        expected = problem(value)
        if expected and value:  # none at all is noted elsewhere
            mistakes.add(argument, expected, hidden)
        return value

    def check(known: Any) -> str:
        expected = problem(str(known))
        if expected:
            late = Mistakes(mistakes.component)
            late.add(argument, expected, hidden)
            late.stop()
        return str(known)

    output: pulumi.Output[Any] = pulumi.Output.from_input(value)
    return output.apply(check)


def _read_plan(mistakes: Mistakes, path: str | None) -> tuple[Plan, Path]:
    """The plan, read where the program runs, so that what was reviewed is what the job accepts (ADR 0151)."""
    root = Path(pulumi.runtime.get_root_directory() or Path.cwd())
    file = (root / (path or "")).resolve()
    if path is None:
        return Plan(), file
    try:
        return read_plan(file), file
    except PlanError as error:
        wrong = "; ".join(str(error).splitlines())
        mistakes.add("masking.plan", f"the path of a masking plan without mistakes ({wrong})", path)
        return Plan(), file


def _target(mistakes: Mistakes, conventions: Conventions, given: Mapping[str, Any], source: Place) -> Place | None:
    if "target" not in given:
        return None
    if "readers" in given:
        mistakes.add("readers", "nothing beside target: whoever owns that bucket decides it there", "readers")
    target = read_place(mistakes, conventions, "target", given["target"])
    if target is not None and target.cloud is not source.cloud:
        mistakes.add("target", f"a place on {source.cloud.name}, as the source", target.cloud.name)
    if target is not None and target.overlaps(source):
        mistakes.add("target", "a place outside of the source", target.uri)
    return target


def _job(mistakes: Mistakes, job: Mapping[str, Any], cloud: Cloud, is_given: bool) -> JobTerms:
    engines = ENGINES[cloud]
    engine = str(getattr(job.get("engine"), "value", job.get("engine", engines[0])))
    if engine not in engines:
        mistakes.add("job.engine", f"{' or '.join(engines)}, as the source lies on {cloud.name}", engine)
    elif is_given:
        _check_artefacts(mistakes, job, engine)
        if engine in NEEDS_NETWORK and "network" not in job:
            mistakes.add("job.network", f"a network: {NEEDS_NETWORK[engine]}", None)
    if not job.get("network", {}).get("subnets", True):
        mistakes.add("job.network.subnets", "at least one subnet", [])
    size = job.get("worker_size", SMALL)
    found = JobTerms(
        engine=engine,
        image=job.get("image"),
        wheels_uri=job.get("wheels_uri"),
        workers=job.get("workers", WORKERS),
        size=str(getattr(size, "value", size)),
        timeout_minutes=job.get("timeout_minutes", TIMEOUT_MINUTES),
        network=given_of(job, "network"),
    )
    for argument, value, most in (
        ("workers", found.workers, MOST_WORKERS),
        ("timeout_minutes", found.timeout_minutes, LONGEST_TIMEOUT_MINUTES),
    ):
        if not 1 <= value <= most:
            mistakes.add(f"job.{argument}", f"1 to {most:,}", value)
    return found


def _check_artefacts(mistakes: Mistakes, job: Mapping[str, Any], engine: str) -> None:
    of_glue, of_others = {"wheels_uri"}, {"image"}
    wanted, refused = (of_glue, of_others) if engine == GLUE else (of_others, of_glue)
    for argument in sorted(wanted - set(job)):
        mistakes.add(f"job.{argument}", f"a value: {engine} runs what it names", None)
    for argument in sorted(refused & set(job)):
        mistakes.add(f"job.{argument}", f"nothing: {engine} has no use for it", job[argument])


def _schedule(mistakes: Mistakes, given: Mapping[str, Any]) -> Schedule | None:
    if "cron" not in given:
        return None
    return read_schedule(mistakes, "schedule", given["cron"], given.get("time_zone", UTC))


def _approval(mistakes: Mistakes, gate: Mapping[str, Any], plan: Plan) -> str | None:
    """What the gate is held to, beside what it always judges; the address of the approval record."""
    for argument, demanded in (("minimum_k", plan.k), ("minimum_l", plan.l)):
        least = gate.get(argument)
        if least is not None and (demanded is None or demanded < least):
            mistakes.add("masking.plan", f"a plan with {argument[-1]} of {least} at least (gate.{argument})", demanded)
    most = gate.get("maximum_t")
    if most is not None and (plan.t is None or plan.t > most):
        mistakes.add("masking.plan", f"a plan with t of {most} at most (gate.maximum_t)", plan.t)
    approval: str | None = gate.get("approval_uri")
    if plan.sharing == "external" and approval is None:
        expected = "the address of the approval record, as the plan is for external sharing"
        mistakes.add("gate.approval_uri", expected, None)
    return approval


def _alarms(mistakes: Mistakes, given: Mapping[str, Any], schedule: Schedule | None) -> AlarmTerms:
    emails = tuple(given.get("emails", ()))
    check_emails(mistakes, "alarms.emails", emails)
    default = MISSED_AFTER_HOURS if schedule is not None and schedule.is_daily else None
    missed = given.get("missed_after_hours", default)
    if missed is not None and not 1 <= missed <= MOST_MISSED_AFTER_HOURS:
        mistakes.add("alarms.missed_after_hours", f"1 to {MOST_MISSED_AFTER_HOURS}", missed)
    return AlarmTerms(given.get("topic_arn"), given.get("notification_channels", ()), emails, missed)


def _refuse_other_cloud(mistakes: Mistakes, given: Mapping[str, Any], cloud: Cloud) -> None:
    for other, arguments in _OF_CLOUD.items():
        for argument in sorted(arguments) if other is not cloud else ():
            if _is_given(given, argument):
                mistakes.add(argument, f"nothing: the source lies on {cloud.name}", argument)


def _is_given(args: Mapping[str, Any], path: str) -> bool:
    """Whether the argument at a path of nested arguments (``job.network.firewall``) has a value."""
    value: Any = args
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value is not None
