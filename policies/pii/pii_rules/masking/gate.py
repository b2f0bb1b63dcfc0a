"""``masked-dataset-has-gate``: a masking job masks by the plan that was reviewed, tells its verdict, and is watched."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dataops_infra.policy import Items, Properties, Resource, Stack, Unknown, Violation

from .jobs import CLOUD_RUN, EMR, GLUE, WORKFLOW, MaskingJob, masking_jobs

EVENT_RULE: Final = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"
ALERT: Final = "gcp:monitoring/alertPolicy:AlertPolicy"
WATCHING: Final = frozenset({EVENT_RULE, EVENT_TARGET, ALERT})

PLAN_HASH, REPORT, STAGING, TARGET = "--plan-hash", "--report", "--staging", "--target"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PINNED: Final = ("--plan", PLAN_HASH, "--source", TARGET, STAGING, REPORT)
"""Options by which whoever starts a job could send other data, elsewhere, by another plan."""
_FAILED: Final[Mapping[str, str]] = {GLUE: "FAILED", EMR: "FAILED"}
"""The state of a run that the gate refused, in the events of AWS: its job ends with exit code 1."""


def has_gate(stack: Stack) -> Iterator[Violation]:
    """Every masking job of the stack."""
    jobs = masking_jobs(stack)
    watched = _Watched(stack) if jobs else None
    for job in jobs:
        yield from _stated(job)
        if watched is not None and not stack.config["alarmsElsewhere"] and not watched.tells_of(job):
            yield Violation(
                "nobody is told when the gate refuses the copy or a run fails",
                (_WATCH[job.resource.type],),
                job.resource.urn,
            )


_WATCH: Final[Mapping[str, str]] = {
    GLUE: "send the job's state FAILED to people (an aws.cloudwatch.EventRule with a target)",
    EMR: "send the application's state FAILED to people (an aws.cloudwatch.EventRule with a target)",
    CLOUD_RUN: "alert on executions that failed (a gcp.monitoring.AlertPolicy with notification channels)",
    WORKFLOW: "alert on executions that failed (a gcp.monitoring.AlertPolicy with notification channels)",
}


def _stated(job: MaskingJob) -> Iterator[Violation]:
    if not job.is_told:
        return
    urn = job.resource.urn
    digest = job.option(PLAN_HASH)
    if digest is None:
        yield Violation("the job masks by whatever plan it finds", (f"pin the reviewed plan by `{PLAN_HASH}`",), urn)
    elif isinstance(digest, str) and not _DIGEST.fullmatch(digest):
        step = f"give `{PLAN_HASH}` the plan's digest, 64 hex digits"
        yield Violation(f"`{PLAN_HASH}` is no digest of a plan", (step,), urn)
    if job.option(REPORT) is None:
        yield Violation("the gate's verdict is kept nowhere", (f"say where by `{REPORT}`",), urn)
    loose = sorted(job.loose.intersection(_PINNED))
    if loose:
        listed = ", ".join(f"`{option}`" for option in loose)
        step = "state them in `nonOverridableArguments`"
        yield Violation(f"whoever starts the job may give another {listed}", (step,), urn)


class _Watched:
    """What in the stack tells people of jobs that fail."""

    def __init__(self, stack: Stack) -> None:
        self._rules = [rule for rule in stack.of_types({EVENT_RULE}) if _is_on(rule)]
        self._targets = stack.of_types({EVENT_TARGET})
        self._alerts = stack.of_types({ALERT})

    def tells_of(self, job: MaskingJob) -> bool:
        """Whether one of them speaks of the job; also where that is not known yet, which is noted."""
        if job.resource.type in _FAILED:
            return any(self._has_target(rule) for rule in self._rules if _rule_speaks_of(rule, job))
        return any(_channels(alert) for alert in self._alerts if _alert_speaks_of(alert, job))

    def _has_target(self, rule: Resource) -> bool:
        names = [text for text in (rule.props.peek("name"), rule.props.peek("arn")) if isinstance(text, str)]
        return any(
            rule.urn in target.property_dependencies.get("rule", ()) or target.props["rule"] in names
            for target in self._targets
        )


def _is_on(rule: Resource) -> bool:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
    return rule.stated("state") not in ("DISABLED",) and rule.stated("isEnabled") is not False


def _rule_speaks_of(rule: Resource, job: MaskingJob) -> bool:
    made_from = rule.property_dependencies.get("eventPattern", ())
    if job.resource.type == EMR and job.resource.urn in made_from:
        pattern = rule.props.peek("eventPattern")  # what is unknown in it is the application's id
    else:
        pattern = rule.stated("eventPattern")
    if isinstance(pattern, Unknown):
        return True
    detail = _decoded(pattern).get("detail")
    if not isinstance(detail, Mapping):
        return False
    states = detail.get("state")
    if isinstance(states, Sequence) and _FAILED[job.resource.type] not in states:
        return False
    if job.resource.type == EMR:
        applications = detail.get("applicationId")
        return not isinstance(applications, Sequence) or job.resource.props.peek("id") in applications
    named = detail.get("jobName")
    return not isinstance(named, Sequence) or job.name in named


def _alert_speaks_of(alert: Resource, job: MaskingJob) -> bool:
    """An alert policy whose conditions name the job, in PromQL, MQL or a filter, and that is on."""
    if alert.stated("enabled") is False:
        return False
    return isinstance(job.name, str) and any(job.name in text for text in _texts(alert.stated("conditions")))


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
