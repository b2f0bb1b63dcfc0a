"""What starts a masking job by the clock: a Cloud Scheduler job, as a service account that may do nothing else.

Source: REST reference of Cloud Run ``jobs.run`` and of Workflows ``executions.create``.
"""

import base64

import pulumi
import pulumi_gcp as gcp

from dataops_infra.test_datasets.gcp_access import RUN_JOB, RUN_WORKFLOWS
from dataops_infra.test_datasets.gcp_children import Children
from dataops_infra.test_datasets.gcp_plan import STARTER, DatasetPlan
from dataops_infra.test_datasets.terms import CLOUD_RUN


def start_address(plan: DatasetPlan) -> str:
    """Where a run is asked for."""
    place = f"projects/{plan.where.project}/locations/{plan.where.location}"
    if plan.terms.job.engine == CLOUD_RUN:
        return f"https://run.googleapis.com/v2/{place}/jobs/{plan.job}:run"
    return f"https://workflowexecutions.googleapis.com/v1/{place}/workflows/{plan.job}/executions"


def start_by_clock(children: Children, account: pulumi.Resource, job: pulumi.Resource) -> None:
    """Let the starter run the job, and have it do so on the schedule. A start that fails shows as a missed run."""
    plan = children.plan
    schedule = plan.terms.schedule
    assert schedule is not None
    grant = _let_run(children, [account, job])
    made = gcp.cloudscheduler.Job(
        children.named("schedule"),
        name=plan.job,
        region=plan.where.location,
        project=plan.where.project,
        description=f"Runs the masking of {children.name}",
        schedule=schedule.cron,
        time_zone=schedule.time_zone,
        http_target={
            "http_method": "POST",
            "uri": start_address(plan),
            "headers": {"Content-Type": "application/json"},
            "body": base64.b64encode(b"{}").decode(),
            "oauth_token": {"service_account_email": plan.email(STARTER)},
        },
        opts=children.options(delete_before_replace=True, depends_on=[grant]),
    )
    children.usable.append(made.name)


def _let_run(children: Children, after: list[pulumi.Resource]) -> gcp.cloudrunv2.JobIamMember | gcp.projects.IAMMember:
    plan, name, options = children.plan, children.named("starter-grant"), children.options(depends_on=after)
    grant: gcp.cloudrunv2.JobIamMember | gcp.projects.IAMMember
    if plan.terms.job.engine == CLOUD_RUN:
        grant = gcp.cloudrunv2.JobIamMember(
            name,
            name=plan.job,
            location=plan.where.location,
            project=plan.where.project,
            role=RUN_JOB,
            member=plan.member(STARTER),
            opts=options,
        )
    else:
        # Workflows have no policies of their own: this account may start every workflow of the project (ADR 0157).
        grant = gcp.projects.IAMMember(
            name, project=plan.where.project, role=RUN_WORKFLOWS, member=plan.member(STARTER), opts=options
        )
    children.usable.append(grant.member)
    return grant
