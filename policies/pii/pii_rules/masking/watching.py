"""Who is told of masking jobs that fail, as a refusal of the gate does: its job ends with exit code 1.

On AWS an event rule with a target, for functions an alarm or a destination; on Google Cloud an alert policy; in a
cluster of Kubernetes a rule of Prometheus too.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dataops_infra.conventions.tags import TEST_DATASET
from dataops_infra.policy import Items, Properties, Resource, Stack, Unknown

from ..flow.edges import blocks
from .jobs import (
    BATCH,
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
    STATE_MACHINE,
    TEMPLATE,
    TRIGGER,
    WORKER_POOL,
    MaskingJob,
)
from .rights import atlas_of
from .started import started

EVENT_RULE: Final = "aws:cloudwatch/eventRule:EventRule"
METRIC_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
INVOKING: Final = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
ALERT: Final = "gcp:monitoring/alertPolicy:AlertPolicy"
PROMETHEUS: Final = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
WATCHING: Final = frozenset({EVENT_RULE, EVENT_TARGET, METRIC_ALARM, INVOKING, ALERT, PROMETHEUS})


@dataclass(frozen=True)
class Events:
    """The events by which a service tells how runs end.

    :param source: who sends them.
    :param state: key of the state in an event's detail.
    :param failed: the state of a run that the gate refused.
    :param named: keys of the detail that say what ran; empty = the rules here do not tell what it is called.
    """

    source: str
    state: str
    failed: str
    named: tuple[str, ...] = ()


_EVENTS: Final[Mapping[str, Events]] = {
    GLUE: Events("aws.glue", "state", "FAILED", ("jobName",)),
    EMR: Events("aws.emr-serverless", "state", "FAILED"),
    EMR_CLUSTER: Events("aws.emr", "state", "FAILED"),
    ECS: Events("aws.ecs", "lastStatus", "STOPPED", ("taskDefinitionArn",)),
    BATCH: Events("aws.batch", "status", "FAILED", ("jobDefinition",)),
    STATE_MACHINE: Events("aws.states", "status", "FAILED", ("stateMachineArn",)),
}
"""https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref.html"""
_STARTING: Final = (STATE_MACHINE, SCHEDULE, EVENT_TARGET)
"""What starts a run elsewhere: the events of what it starts tell how the run ended, its own that none began."""
_STARTED: Final[Mapping[str, tuple[str, ...]]] = {
    EMR: ("jobDriver",),
    ECS: ("taskDefinition", "containerOverrides"),
    BATCH: ("jobDefinition", "containerOverrides"),
    GLUE: ("arguments",),
    EMR_CLUSTER: ("hadoopJarStep",),
}
"""What a request starts, by the keys that it has."""
_METRICS: Final[Mapping[str, str]] = {
    **dict.fromkeys((DATAPROC_JOB, TEMPLATE), "cloud_dataproc_job"),
    DATAPROC_BATCH: "cloud_dataproc_batch",
    WORKER_POOL: "cloud_run_worker_pool",
}
"""Monitored resources of jobs whose names may be made up: https://cloud.google.com/monitoring/api/resources."""
_EVENT_STEP: Final = "send the state {state} of `{source}` to people (an aws.cloudwatch.EventRule with a target)"
_FUNCTION_STEP: Final = "alarm on its errors (an aws.cloudwatch.MetricAlarm), or give failures a destination"
_ALERT_STEP: Final = (
    "alert on executions that failed (a gcp.monitoring.AlertPolicy with notification channels; `alarms` of a"
    " MaskedTestDataset)"
)
_POD_STEP: Final = "alert on failed jobs (a PrometheusRule, or a gcp.monitoring.AlertPolicy with notification channels)"


class Watched:
    """What in the stack tells people of jobs that fail."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._atlas = atlas_of(stack)
        self._rules = [rule for rule in stack.of_types({EVENT_RULE}) if _is_on(rule)]
        self._targets = stack.of_types({EVENT_TARGET})
        self._alerts = stack.of_types({ALERT})

    def step(self, job: MaskingJob) -> str:
        """What people can do so that they are told."""
        if self._functions(job):
            return _FUNCTION_STEP
        if job.resource.type in KUBERNETES:
            return _POD_STEP
        events = next(iter(_events_of(job)), None)
        return _EVENT_STEP.format(state=events.failed, source=events.source) if events else _ALERT_STEP

    def tells_of(self, job: MaskingJob) -> bool:
        """Whether one of them speaks of the job; also where that is not known yet, which is noted."""
        functions = self._functions(job)
        if functions:
            return all(map(self._tells_of_function, functions))
        if job.resource.type == TRIGGER and job.starts:
            return all(map(self.tells_of, started(self._atlas, job)))
        if job.resource.type in KUBERNETES and self._has_cluster_rule(job):
            return True
        shapes = _events_of(job)
        if shapes:
            return any(self._has_target(rule) for rule in self._rules if self._speaks_of(rule, job, shapes))
        return any(_channels(alert) for alert in self._alerts if _alert_speaks_of(alert, job))

    def _functions(self, job: MaskingJob) -> list[MaskingJob]:
        """The job as a function runs it: itself, or one of the stack that it starts."""
        every = (job, *started(self._atlas, job))
        return [each for each in every if each.resource.type == LAMBDA]

    def _speaks_of(self, rule: Resource, job: MaskingJob, shapes: Sequence[Events]) -> bool:
        made_from = rule.property_dependencies.get("eventPattern", ())
        applications = {each.urn for each in self._stack.of_types({EMR})}.intersection(made_from)
        is_id = bool(applications) and any(each.source == _EVENTS[EMR].source for each in shapes)
        # What is unknown in a pattern that is made from an application is the application's id.
        pattern = rule.props.peek("eventPattern") if is_id else rule.stated("eventPattern")
        if isinstance(pattern, Unknown):
            return job.resource.type != EMR or not applications or job.resource.urn in applications
        decoded = _decoded(pattern)
        return any(_is_told(decoded, each, job) for each in shapes)

    def _has_target(self, rule: Resource) -> bool:
        names = [text for text in (rule.props.peek("name"), rule.props.peek("arn")) if isinstance(text, str)]
        return any(
            rule.urn in target.property_dependencies.get("rule", ()) or target.props["rule"] in names
            for target in self._targets
        )

    def _tells_of_function(self, job: MaskingJob) -> bool:
        """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
        alarms = self._stack.of_types({METRIC_ALARM})
        return any(_alarm_speaks_of(alarm, job) for alarm in alarms) or any(
            any(True for _ in blocks(each, "destinationConfig", "onFailure"))
            for each in self._stack.of_types({INVOKING})
            if _is_named(each, "functionName", each.props["functionName"], job)
        )

    def _has_cluster_rule(self, job: MaskingJob) -> bool:
        """https://github.com/kubernetes/kube-state-metrics, metrics of jobs"""
        for resource in self._stack.of_types({PROMETHEUS}):
            for rule in blocks(resource, "spec", "groups", "rules"):
                if any(_names_job(text, job, "kube_job_status_failed") for text in _texts(rule["expr"])):
                    return True
        return False


def _events_of(job: MaskingJob) -> tuple[Events, ...]:
    """The events that tell how the job's runs end: its own, and those of what it starts."""
    token = job.resource.type
    if token == TRIGGER:
        return (replace(_EVENTS[GLUE], named=()),)
    own = (_EVENTS[token],) if token in _EVENTS else ()
    if token not in _STARTING:
        return own
    started = [each for each, keys in _STARTED.items() if any(key in job.texts for key in keys)]
    return (*own, *(replace(_EVENTS[each], named=()) for each in started or _STARTED))


def _is_on(rule: Resource) -> bool:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
    return rule.stated("state") not in ("DISABLED",) and rule.stated("isEnabled") is not False


def _is_told(pattern: Mapping[str, Any], events: Events, job: MaskingJob) -> bool:
    detail, sources = pattern.get("detail"), pattern.get("source")
    if not isinstance(detail, Mapping) or (isinstance(sources, list) and events.source not in sources):
        return False
    states = detail.get(events.state)
    if isinstance(states, list) and events.failed not in states:
        return False
    if not _may_start(detail.get("createdBy"), job):
        return False
    if job.resource.type == EMR:
        applications = detail.get("applicationId")
        return not isinstance(applications, list) or job.resource.props.peek("id") in applications
    return all(_may_name(detail.get(key), job) for key in events.named)


def _may_start(values: Any, job: MaskingJob) -> bool:
    """Whether a part of a pattern lets runs pass that the job's own role starts: a state machine's, or, of an
    application, one that is called after its test dataset."""
    if not isinstance(values, list):
        return True
    role = job.resource.props.at("roleArn" if job.resource.type == STATE_MACHINE else f"tags.{TEST_DATASET}")
    if not isinstance(role, str):
        return True
    name = role.rpartition("/")[2]
    forms = [value if isinstance(value, Mapping) else {"": value} for value in values]
    return any(f"/{name}" in str(text) for form in forms for text in form.values())


def _may_name(values: Any, job: MaskingJob) -> bool:
    """Whether a part of a pattern lets events of the job pass: it names it, in an ARN too, or is no list of names."""
    if not isinstance(values, list):
        return True
    return any(not isinstance(text, str) or _is_in(text, job) for text in values)


def _is_in(text: str, job: MaskingJob) -> bool:
    return isinstance(job.name, str) and job.name in text.replace("/", ":").split(":")


def _alarm_speaks_of(alarm: Resource, job: MaskingJob) -> bool:
    """An alarm on errors of the function, or of all, that tells somebody."""
    props = alarm.props
    if props["namespace"] != "AWS/Lambda" or props["metricName"] != "Errors" or alarm.stated("actionsEnabled") is False:
        return False
    dimensions = alarm.stated("dimensions")
    name = dimensions["FunctionName"] if isinstance(dimensions, Properties) else dimensions
    actions = alarm.stated("alarmActions")
    is_sent = isinstance(actions, Unknown) or (isinstance(actions, Items) and len(actions) > 0)
    return is_sent and (name is None or _is_named(alarm, "dimensions", name, job))


def _is_named(resource: Resource, key: str, name: Any, job: MaskingJob) -> bool:
    if job.resource.urn in resource.property_dependencies.get(key, ()):
        return True
    return isinstance(name, Unknown) or (isinstance(name, str) and _is_in(name, job))


def _alert_speaks_of(alert: Resource, job: MaskingJob) -> bool:
    """An alert policy whose conditions name the job, in PromQL, MQL or a filter, and that is on."""
    if alert.stated("enabled") is False:
        return False
    metric = _METRICS.get(job.resource.type, "")
    return any(_names_job(text, job, metric) for text in _texts(alert.stated("conditions")))


def _names_job(text: str, job: MaskingJob, metric: str) -> bool:
    """Whether a condition names the job, or, where nobody gave it a name, what counts jobs of its kind."""
    if isinstance(job.name, str):
        return re.search(rf"(?<![A-Za-z0-9]){re.escape(job.name)}(?![A-Za-z0-9])", text) is not None
    return bool(metric) and metric in text


def _channels(alert: Resource) -> bool:
    channels = alert.stated("notificationChannels")
    return isinstance(channels, Unknown) or (isinstance(channels, Items) and len(channels) > 0)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Properties):
        for key in value:
            yield from _texts(value[key])
    elif isinstance(value, Items):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _decoded(text: Any) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}
