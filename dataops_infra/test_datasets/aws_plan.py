"""Everything about a masked test dataset on AWS that can be known before its first resource."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from dataops_infra.conventions.name_limits import (
    EMR_SERVERLESS,
    EVENT_RULE,
    GLUE_JOB,
    IAM_ROLE,
    KMS_ALIAS,
    SECURITY_GROUP,
    SNS_TOPIC,
    STATE_MACHINE,
)
from dataops_infra.conventions.tags import NO_ZONE, TEST_DATASET
from dataops_infra.data_lake.s3_lifecycle import SHORTEST_NONCURRENT_DAYS, Rule, lifecycle_rules, lifetime
from dataops_infra.data_lake.s3_plan import StoragePlan, plan_bucket, plan_log_bucket
from dataops_infra.data_lake.s3_policies import Access
from dataops_infra.foundation.aws import AwsPlacement, check_key_arn, place_on_aws, role_arns
from dataops_infra.foundation.inputs import Mistakes, distinct
from dataops_infra.test_datasets import terms as common
from dataops_infra.test_datasets.places import Place
from dataops_infra.test_datasets.schedules import Schedule
from dataops_infra.test_datasets.terms import LONGEST_TIMEOUT_MINUTES, Terms

COPY_PREFIX = "masked/"
"""The copy in the component's own bucket."""
STAGING_PREFIX = "staging/"
"""What the gate has not passed yet, in the component's own bucket wherever the copy goes: readers never get there."""
STAGED_DAYS = LONGEST_TIMEOUT_MINUTES // (24 * 60)
"""No run lasts longer, so nothing that a run still needs is older."""
CONTROL_PREFIX = "masking/"
"""Plan, script and verdict in the component's own bucket."""
OTHER_BUCKET = "another bucket than the source's: the job's rights end at buckets"
LEAST_GLUE_WORKERS = 2
"""https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html, NumberOfWorkers with G.1X."""
SECRET_FORM = "the whole ARN of a secret, arn:{partition}:secretsmanager:{region}:<account>:secret:<name>-<6 letters>"  # noqa: S105
_SECRET = re.compile(
    r"arn:(aws[a-z-]*):secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}"
)
_TOPIC = re.compile(r"arn:(aws[a-z-]*):sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_OBJECT = re.compile(r"s3://([a-z0-9.-]{3,63})/([A-Za-z0-9_=./+-]+)")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True)
class AwsNames:
    """The physical names of one dataset's parts."""

    role: str
    starter_role: str
    run_role: str
    job: str
    application: str
    state_machine: str
    failed_rule: str
    published_rule: str
    missed_alarm: str
    schedule: str
    topic: str
    security_group: str


@dataclass(frozen=True)
class AwsPlan:
    """One masked test dataset on AWS.

    :param place: its tags are those of everything that is made.
    :param storage: the component's own bucket, with its logs and its key.
    :param copy: where the copy goes; its key is None in the own bucket, which has its own.
    :param objects: single objects that the job reads beside: wheels, approval.
    """

    terms: Terms
    place: AwsPlacement
    names: AwsNames
    storage: StoragePlan
    readers: Sequence[pulumi.Input[str]]
    copy: Place
    key_secret: pulumi.Input[str]
    key_secret_kms_key: pulumi.Input[str] | None
    objects: tuple[tuple[str, str], ...]

    @property
    def bucket(self) -> str:
        """Name of the component's own bucket."""
        return self.storage.zones[0].name

    @property
    def is_glue(self) -> bool:
        """Whether Glue runs the job; else EMR Serverless does."""
        return self.terms.job.engine == common.GLUE

    @property
    def job(self) -> str:
        """Name of what a run is started by: the Glue job, or the state machine of the EMR Serverless application."""
        return self.names.job if self.is_glue else self.names.state_machine

    @property
    def plan_key(self) -> str:
        """Key of the plan; another plan is another object, so that a running job reads the one it was started with."""
        return f"{CONTROL_PREFIX}plan-{self.terms.plan_digest[:16]}.yaml"

    @property
    def script_key(self) -> str:
        """Key of the script."""
        return f"{CONTROL_PREFIX}masking_job.py"

    @property
    def verdict_key(self) -> str:
        """Key of the gate's verdict on the last run."""
        return f"{CONTROL_PREFIX}verdict.json"

    @property
    def id_parameter(self) -> str:
        """Name of the parameter that tells the id of the EMR Serverless application."""
        return f"/dataops/masking/{self.names.role}/application-id"

    @property
    def log_prefix(self) -> str:
        """What the names of the job's log groups begin with."""
        return f"/dataops/masking/{self.names.role}"

    @property
    def log_groups(self) -> dict[str, str]:
        """Purpose of each log group -> its name; Glue 5 writes the two below one prefix."""
        return {stream: f"{self.log_prefix}/{stream}" for stream in (("output", "error") if self.is_glue else ("job",))}


def plan_dataset(mistakes: Mistakes, name: str, terms: Terms) -> AwsPlan:
    """Check what only AWS can judge and derive every name.

    :raises ComponentInputError: with everything that is wrong.
    """
    where = place_on_aws(mistakes, terms.placement, terms.args.get("region"))
    readers = role_arns(mistakes, "readers", terms.args.get("readers"), where.partition)
    # A region that is none would make a mistake of every ARN.
    key_secret = terms.key_secret if mistakes.about("region") else _check_keys(mistakes, terms, where)
    objects = _check_job(mistakes, terms, where)
    if lifetime(terms.retention) is None:
        expected = "a class whose maximum_days exceed its minimum_days by a day at least, as buckets are versioned"
        mistakes.add("retention_class", expected, terms.retention.name)
    mistakes.stop()  # names are made of what was checked above
    role = where.name(mistakes, IAM_ROLE, f"{name}-masking")
    marked = replace(where, placement=replace(where.placement, tags={**where.placement.tags, TEST_DATASET: role}))
    storage = _storage(mistakes, marked, name, terms)
    plan = AwsPlan(
        terms=terms,
        place=marked,
        names=_names(mistakes, marked, name, role),
        storage=storage,
        readers=distinct(readers),
        copy=terms.target or Place(terms.cloud, storage.zones[0].name, COPY_PREFIX, None),
        key_secret=key_secret,
        key_secret_kms_key=terms.args["masking"].get("key_secret_kms_key"),
        objects=objects,
    )
    mistakes.stop()
    return plan


def aws_cron(schedule: Schedule) -> str:
    """The schedule as EventBridge Scheduler writes it: a year at the end, ``?`` for the day that is not meant.

    Weekdays are spelled, as the two count them differently
    (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
    """
    minute, hour, day, month, weekday = schedule.fields
    if weekday == "*":
        return f"cron({minute} {hour} {day} {month} ? *)"
    return f"cron({minute} {hour} ? {month} {_weekdays(weekday)} *)"


def _weekdays(field: str) -> str:
    """Days one by one: a range may wrap round the week's end in cron's counting and not in AWS's."""
    found: list[str] = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0", "", "6") if span == "*" else span.partition("-")
        days = range(int(first), int(last or first) + 1, int(step or 1))
        found += [_WEEKDAYS[day] for day in days if _WEEKDAYS[day] not in found]
    return ",".join(found)


def bucket_lifecycle(rules: Sequence[Rule]) -> list[Rule]:
    """The rules of the own bucket: the copy ends and moves by its class, what was staged goes soon with its versions,
    plan and script stay for as long as the job is deployed."""
    of_copy = [
        {**rule, "filter": {"prefix": COPY_PREFIX}} if {"transitions"} & set(rule) or _expires(rule) else rule
        for rule in rules
    ]
    staged: Rule = {
        "id": "delete-staged",
        "status": "Enabled",
        "filter": {"prefix": STAGING_PREFIX},
        "expiration": {"days": STAGED_DAYS},
        "noncurrent_version_expiration": {"noncurrent_days": SHORTEST_NONCURRENT_DAYS},
    }
    return [*of_copy, staged]


def _expires(rule: Rule) -> bool:
    return "days" in rule.get("expiration", {})


def _check_keys(mistakes: Mistakes, terms: Terms, where: AwsPlacement) -> pulumi.Input[str]:
    check_key_arn(mistakes, "kms_key_arn", terms.args.get("kms_key_arn"), where.region)
    if terms.target is not None and isinstance(terms.source.bucket, str) and terms.source.bucket == terms.target.bucket:
        mistakes.add("target", OTHER_BUCKET, terms.source.bucket)
    for place, label in ((terms.source, "source"), (terms.target, "target")):
        if place is not None:
            check_key_arn(mistakes, f"{label}.kms_key_arn", place.kms_key, where.region)
    masking = terms.args.get("masking", {})
    check_key_arn(mistakes, "masking.key_secret_kms_key", masking.get("key_secret_kms_key"), where.region)
    expected = SECRET_FORM.format(partition=where.partition, region=where.region)

    def problem(text: str) -> str | None:
        match = _SECRET.fullmatch(text)
        return None if match and match.groups() == (where.partition, where.region) else expected

    return common.secret_reference(mistakes, "masking.key_secret", terms.key_secret, problem)


def _check_job(mistakes: Mistakes, terms: Terms, where: AwsPlacement) -> tuple[tuple[str, str], ...]:
    """Check job, network and alarms; return the single objects that the job reads."""
    job, alarms = terms.job, terms.alarms
    if job.engine == common.GLUE:
        if job.workers < LEAST_GLUE_WORKERS:
            mistakes.add("job.workers", f"{LEAST_GLUE_WORKERS} at least: Glue runs a driver and workers", job.workers)
        _need_in_network(mistakes, job.network, "availability_zone", "Glue's API asks for it")
    for argument in ("endpoints_security_group", "s3_prefix_list"):
        _need_in_network(mistakes, job.network, argument, "the job reaches nothing else")
    if isinstance(alarms.topic_arn, str):
        match = _TOPIC.fullmatch(alarms.topic_arn)
        if match is None or match.groups() != (where.partition, where.region):
            mistakes.add("alarms.topic_arn", f"the ARN of an SNS topic in {where.region}", alarms.topic_arn)
    if alarms.topic_arn is not None and alarms.emails:
        mistakes.add(
            "alarms.emails", "nothing beside topic_arn: whoever owns the topic subscribes", list(alarms.emails)
        )
    return _objects(
        mistakes,
        {
            "job.wheels_uri": job.wheels_uri if job.engine == common.GLUE else None,
            "gate.approval_uri": terms.approval_uri,
        },
    )


def _need_in_network(mistakes: Mistakes, network: Any, argument: str, why: str) -> None:
    if network and argument not in network:
        mistakes.add(f"job.network.{argument}", f"a value: {why}", None)


def _objects(mistakes: Mistakes, uris: dict[str, str | None]) -> tuple[tuple[str, str], ...]:
    found = []
    for argument, uri in uris.items():
        match = _OBJECT.fullmatch(uri) if uri is not None else None
        if match is not None:
            found.append((match[1], match[2]))
        elif uri is not None:
            mistakes.add(argument, "the s3:// address of one object", uri)
    return tuple(found)


def _names(mistakes: Mistakes, where: AwsPlacement, name: str, role: str) -> AwsNames:
    return AwsNames(
        role=role,
        starter_role=where.name(mistakes, IAM_ROLE, f"{name}-masking-start"),
        run_role=where.name(mistakes, IAM_ROLE, f"{name}-masking-run"),
        job=where.name(mistakes, GLUE_JOB, f"{name}-masking"),
        application=where.name(mistakes, EMR_SERVERLESS, f"{name}-masking"),
        state_machine=where.name(mistakes, STATE_MACHINE, f"{name}-masking"),
        failed_rule=where.name(mistakes, EVENT_RULE, f"{name}-masking-failed"),
        published_rule=where.name(mistakes, EVENT_RULE, f"{name}-masking-published"),
        missed_alarm=where.name(mistakes, EVENT_RULE, f"{name}-masking-missed"),
        schedule=where.name(mistakes, EVENT_RULE, f"{name}-masking"),
        topic=where.name(mistakes, SNS_TOPIC, f"{name}-masking-alarms"),
        security_group=where.name(mistakes, SECURITY_GROUP, f"{name}-masking"),
    )


def _storage(mistakes: Mistakes, where: AwsPlacement, name: str, terms: Terms) -> StoragePlan:
    rules = lifecycle_rules(terms.retention)
    bucket = plan_bucket(mistakes, where, name, "masked", bucket_lifecycle(rules))
    return StoragePlan(
        purpose=f"Masked test dataset {name} of the domain {where.placement.domain.name}",
        place=where,
        deletion=terms.deletion,
        zones=(replace(bucket, zone=NO_ZONE),),
        logs=plan_log_bucket(mistakes, where, name, rules),
        key_alias=where.name(mistakes, KMS_ALIAS, f"{name}-masked"),
        access=Access((), ()),
        adopted_key_arn=terms.args.get("kms_key_arn"),
    )
