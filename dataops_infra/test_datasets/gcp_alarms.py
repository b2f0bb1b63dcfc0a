"""Who is told that a run was refused, failed or did not take place: two alert policies of Cloud Monitoring.

Two, because a policy with a condition in PromQL takes no other. In PromQL, because the other conditions look back on a
day at most (https://cloud.google.com/monitoring/alerts/using-promql).
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from dataops_infra.conventions import names
from dataops_infra.foundation.inputs import distinct
from dataops_infra.test_datasets.gcp_children import Children
from dataops_infra.test_datasets.terms import CLOUD_RUN

_LOOKED_BACK = "10m"
"""How long a failed run stays in sight of a policy that looks once a minute."""
_SOME_RUN = 0.5
"""Runs are whole, but an increase between samples is interpolated."""


@dataclass(frozen=True)
class RunMetric:
    """How Cloud Monitoring counts runs that have ended.

    :param series: the metric in PromQL.
    :param labels: which runs, as a selector has it.
    :param outcome: the label that tells how a run ended, and its value for one that published a copy.
    """

    series: str
    labels: str
    outcome: tuple[str, str]

    def failed(self) -> str:
        """True for a while after a run that published nothing."""
        label, good = self.outcome
        return f'sum(increase({self.series}{{{self.labels},{label}!="{good}"}}[{_LOOKED_BACK}])) > 0'

    def missed(self, hours: int) -> str:
        """True when no run has published a copy for so long."""
        label, good = self.outcome
        published = f'sum(increase({self.series}{{{self.labels},{label}="{good}"}}[{hours}h]))'
        return f"({published} or vector(0)) < {_SOME_RUN}"


def run_metric(engine: str, project: str, location: str, job: str) -> RunMetric:
    """The metric of what runs the job: Cloud Run itself, or the workflow that waits for a batch.

    Source: "Google Cloud metrics", ``run.googleapis.com/job`` and ``workflows.googleapis.com``; names in PromQL by
    https://cloud.google.com/monitoring/promql/promql-mapping.
    """
    where = f'project_id="{project}",location="{location}"'
    if engine == CLOUD_RUN:
        labels = f'monitored_resource="cloud_run_job",{where},job_name="{job}"'
        return RunMetric("run_googleapis_com:job_completed_execution_count", labels, ("result", "succeeded"))
    labels = f'monitored_resource="workflows.googleapis.com/Workflow",{where},workflow_id="{job}"'
    return RunMetric("workflows_googleapis_com:finished_execution_count", labels, ("status", "SUCCEEDED"))


def create_alarms(children: Children) -> list[str]:
    """Make the policies and the channels of e-mail addresses; the names of the policies."""
    plan = children.plan
    terms, where = plan.terms, plan.where
    metric = run_metric(terms.job.engine, where.project, where.location, plan.job)
    channels = [*distinct(terms.alarms.notification_channels), *_mailboxes(children)]
    verdict = f"What the gate said of the last run that it judged: {plan.verdict_uri}"
    _create_policy(
        children,
        "failed",
        f"A run of {plan.job} ended without a published copy: it failed, or the gate refused its copy.\n\n{verdict}",
        metric.failed(),
        channels,
    )
    hours = terms.alarms.missed_after_hours
    if hours is None:
        return [f"{plan.job}-failed"]
    _create_policy(
        children,
        "missed",
        f"No run of {plan.job} has published a copy for {hours} hours. A new dataset says so until its first run.",
        metric.missed(hours),
        channels,
    )
    return [f"{plan.job}-failed", f"{plan.job}-missed"]


def _create_policy(children: Children, role: str, text: str, query: str, channels: list[pulumi.Input[str]]) -> None:
    plan = children.plan
    made = gcp.monitoring.AlertPolicy(
        children.named(f"{role}-alarm"),
        display_name=f"{plan.job}-{role}",
        project=plan.where.project,
        combiner="OR",
        conditions=[
            {
                "display_name": role,
                "condition_prometheus_query_language": {
                    "query": query,
                    "duration": "0s",
                    "evaluation_interval": "60s",
                    "disable_metric_validation": True,  # before the first run there is no such series
                },
            }
        ],
        notification_channels=channels,
        documentation={"content": text, "mime_type": "text/markdown"},
        user_labels=plan.where.labels,
        opts=children.options(),
    )
    children.usable.append(made.display_name)


def _mailboxes(children: Children) -> list[pulumi.Input[str]]:
    plan = children.plan
    made: list[pulumi.Input[str]] = []
    for address in plan.terms.alarms.emails:
        channel = gcp.monitoring.NotificationChannel(
            children.named(f"mailbox-{names.label_value(address)}"),
            type="email",
            display_name=f"{plan.job} {address}",
            labels={"email_address": address},
            project=plan.where.project,
            user_labels=plan.where.labels,
            opts=children.options(),
        )
        children.usable.append(channel.type)
        made.append(channel.id)
    return made
