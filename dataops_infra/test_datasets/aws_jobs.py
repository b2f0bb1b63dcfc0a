"""What runs a masking job on AWS: a Glue job in a network without a way out, or an EMR Serverless application, whose
runs ``aws_runs`` starts; and the schedule of both."""

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.test_datasets import aws_policies as policies
from dataops_infra.test_datasets.aws_plan import STAGING_PREFIX, AwsPlan, aws_cron
from dataops_infra.test_datasets.aws_roles import ServiceRole
from dataops_infra.test_datasets.aws_runs import DISK_ENCRYPTION, RunResources, run_request

GLUE_VERSION = "5.0"
"""Spark 3.5 and Python 3.11 (https://docs.aws.amazon.com/glue/latest/dg/release-notes.html)."""
GLUE_WORKER_TYPES = {"small": "G.1X", "medium": "G.2X", "large": "G.4X"}
"""4 vCPUs with 16 GiB, 8 with 32, 16 with 64 (https://docs.aws.amazon.com/glue/latest/dg/worker-types.html)."""
EMR_RELEASE = "emr-7.5.0"
"""Spark 3.5 (https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/release-versions.html)."""
EMR_IDLE_MINUTES = 5
HTTPS = 443
GLUE_FAILURES = ("FAILED", "TIMEOUT", "STOPPED", "ERROR")
EMR_FAILURES = ("FAILED", "CANCELLED")


class JobResources:
    """Creates what runs one dataset's job, and its schedule.

    :param after: what a run needs: its rights, plan, script, log groups.
    :ivar usable: a value of each child that is known at preview.
    """

    def __init__(
        self,
        dataset: pulumi.ComponentResource,
        name: str,
        plan: AwsPlan,
        account: pulumi.Output[str],
        role_arn: pulumi.Output[str],
        after: Sequence[pulumi.Resource],
    ) -> None:
        self._dataset, self._name, self._plan = dataset, name, plan
        self._account, self._role_arn, self._after = account, role_arn, list(after)
        self._region = plan.place.region
        self.usable: list[pulumi.Output[Any]] = []
        group = self._create_security_group() if plan.terms.job.network else None
        if plan.is_glue:
            assert group is not None
            runner = self._create_glue_job(group)
        else:
            runner = self._create_application(group)
        if plan.terms.schedule is not None:
            self._create_schedule(aws_cron(plan.terms.schedule), plan.terms.schedule.time_zone, runner)

    def ended(self, *, published: bool) -> pulumi.Output[dict[str, Any]]:
        """The event pattern of runs that published a copy, or of those that ended otherwise."""
        if self._plan.is_glue:
            states = ["SUCCEEDED"] if published else list(GLUE_FAILURES)
            return pulumi.Output.from_input(
                {
                    "source": ["aws.glue"],
                    "detail-type": ["Glue Job State Change"],
                    "detail": {"jobName": [self._plan.names.job], "state": states},
                }
            )
        states = ["SUCCESS"] if published else list(EMR_FAILURES)
        return self._account.apply(
            lambda account: {
                "source": ["aws.emr-serverless"],
                "detail-type": ["EMR Serverless Job Run State Change"],
                "detail": {"createdBy": [{"wildcard": self._started_by(account)}], "state": states},
            }
        )

    def _started_by(self, account: str) -> str:
        """How the principal is called that starts runs of this dataset, and only of it: the state machine's role.

        AWS makes up the application's id, so a pattern that names it is unknown at preview."""
        return names.assumed_role_arn(account, self._plan.names.run_role, "*", self._region)

    def _arguments(self) -> dict[str, pulumi.Input[str]]:
        """The command line of ``masking_job``, option by option."""
        plan = self._plan
        home = f"s3://{plan.bucket}"
        stated: dict[str, pulumi.Input[str]] = {
            "--plan": f"{home}/{plan.plan_key}",
            "--source": plan.terms.source.uri,
            "--target": plan.copy.uri,
            "--staging": f"{home}/{STAGING_PREFIX}",
            "--key-secret": plan.key_secret,
            "--plan-hash": plan.terms.plan_digest,
            "--report": f"{home}/{plan.verdict_key}",
            **plan.terms.subset,
        }
        approval = plan.terms.approval_uri
        return stated if approval is None else {**stated, "--approval": approval}

    def _create_security_group(self) -> aws.ec2.SecurityGroup:
        """Workers reach each other, the VPC's interface endpoints and S3 through its gateway; nobody else."""
        network = self._plan.terms.job.network
        https = {"protocol": "tcp", "from_port": HTTPS, "to_port": HTTPS}
        among = {"protocol": "tcp", "from_port": 0, "to_port": 65535, "self": True}
        group = aws.ec2.SecurityGroup(
            f"{self._name}-network",
            name=self._plan.names.security_group,
            description=f"The masking job of {self._name}: no way out but AWS endpoints of the VPC",
            vpc_id=network["vpc"],
            ingress=[{**among, "description": "Workers of the job"}],
            egress=[
                {**among, "description": "Workers of the job"},
                {
                    **https,
                    "security_groups": [network["endpoints_security_group"]],
                    "description": "Interface endpoints",
                },
                {**https, "prefix_list_ids": [network["s3_prefix_list"]], "description": "Gateway endpoint of S3"},
            ],
            tags={**self._plan.place.placement.tags},
            region=self._region,
            opts=self._options(delete_before_replace=True),
        )
        self.usable.append(group.name)
        return group

    def _create_glue_job(self, group: aws.ec2.SecurityGroup) -> list[pulumi.Resource]:
        plan, job = self._plan, self._plan.terms.job
        connection = aws.glue.Connection(
            f"{self._name}-connection",
            name=plan.names.job,
            description=f"Puts the masking job of {self._name} into its network",
            connection_type="NETWORK",
            physical_connection_requirements={
                "availability_zone": job.network["availability_zone"],
                "security_group_id_lists": [group.id],
                "subnet_id": job.network["subnets"][0],
            },
            tags={**plan.place.placement.tags},
            region=self._region,
            opts=self._options(delete_before_replace=True),
        )
        made = aws.glue.Job(
            f"{self._name}-job",
            name=plan.names.job,
            description=f"Masks the test dataset {self._name}",
            role_arn=self._role_arn,
            command={
                "name": "glueetl",
                "python_version": "3",
                "script_location": f"s3://{plan.bucket}/{plan.script_key}",
            },
            glue_version=GLUE_VERSION,
            worker_type=GLUE_WORKER_TYPES[job.size],
            number_of_workers=job.workers,
            timeout=job.timeout_minutes,
            max_retries=0,
            execution_property={"max_concurrent_runs": 1},
            connections=[connection.name],
            # Whoever may start a run cannot turn it to another source, target or plan.
            non_overridable_arguments={**self._arguments(), **self._glue_arguments()},
            tags={**plan.place.placement.tags},
            region=self._region,
            opts=self._options(depends_on=self._after, delete_before_replace=True),
        )
        self.usable += [connection.name, made.name]
        return [made]

    def _glue_arguments(self) -> dict[str, pulumi.Input[str]]:
        """What Glue itself reads (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html).

        Modules come from the one file of wheels: pip asks no index, which could not be reached either.
        """
        assert self._plan.terms.job.wheels_uri is not None
        return {
            "--additional-python-modules": self._plan.terms.job.wheels_uri,
            "--python-modules-installer-option": "--no-index",
            "--conf": f"{DISK_ENCRYPTION}=true",
            "--custom-logGroup-prefix": self._plan.log_prefix,
            "--job-language": "python",
        }

    def _create_application(self, group: aws.ec2.SecurityGroup | None) -> list[pulumi.Resource]:
        """Without a network of the organisation's, workers reach AWS services of the region only
        (https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/vpc-access.html)."""
        plan, job = self._plan, self._plan.terms.job
        inside = (
            {
                "security_group_ids": [group.id],
                "subnet_ids": list(job.network["subnets"]),
            }
            if group is not None
            else None
        )
        workers = job.workers + 1  # and the driver
        made = aws.emrserverless.Application(
            f"{self._name}-job",
            name=plan.names.application,
            type="spark",
            release_label=EMR_RELEASE,
            image_configuration={"image_uri": job.image},
            network_configuration=inside,
            maximum_capacity={
                "cpu": f"{workers * job.shape.vcpus} vCPU",
                "memory": f"{workers * job.shape.memory_gib} GB",
            },
            auto_start_configuration={"enabled": True},
            auto_stop_configuration={"enabled": True, "idle_timeout_minutes": EMR_IDLE_MINUTES},
            tags={**plan.place.placement.tags},
            region=self._region,
            opts=self._options(depends_on=self._after),
        )
        request = run_request(plan, self._role_arn, self._arguments())
        runs = RunResources(self._dataset, self._name, plan, self._account, request, made)
        self.usable += [made.name, *runs.usable]
        return runs.made

    def _create_schedule(self, expression: str, time_zone: str, runner: list[pulumi.Resource]) -> None:
        plan, region = self._plan, self._region
        group = aws.scheduler.ScheduleGroup(
            f"{self._name}-schedules",
            name=plan.names.schedule,
            tags={**plan.place.placement.tags},
            region=region,
            opts=self._options(delete_before_replace=True),
        )
        starter = self._create_starter()
        arn, asked = self._start()
        made = aws.scheduler.Schedule(
            f"{self._name}-schedule",
            name=plan.names.schedule,
            group_name=group.name,
            description=f"Masks the test dataset {self._name}",
            schedule_expression=expression,
            schedule_expression_timezone=time_zone,
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": arn,
                "role_arn": self._account.apply(
                    lambda account: names.iam_role_arn(account, plan.names.starter_role, region)
                ),
                "input": json.dumps(asked),
                "retry_policy": {"maximum_retry_attempts": 0},
            },
            region=region,
            opts=self._options(depends_on=[*starter, *runner], delete_before_replace=True),
        )
        self.usable += [group.name, made.name]

    def _start(self) -> tuple[pulumi.Input[str], dict[str, str]]:
        """What the schedule calls, and what it says: the Glue job's name, or nothing to a state machine."""
        plan = self._plan
        if plan.is_glue:
            return f"arn:{plan.place.partition}:scheduler:::aws-sdk:glue:startJobRun", {"JobName": plan.names.job}
        return self._account.apply(self._machine_arn), {}

    def _machine_arn(self, account: str) -> str:
        return names.state_machine_arn(account, self._region, self._plan.names.state_machine)

    def _create_starter(self) -> list[pulumi.Resource]:
        """The schedule's role: it starts this job and does nothing else."""
        plan, region = self._plan, self._region
        trust = self._account.apply(
            lambda account: policies.job_trust(
                policies.SCHEDULER_SERVICE, account, names.schedule_group_arn(account, region, plan.names.schedule)
            )
        )
        description = f"Starts the masking job of {self._name} by its schedule"
        starter = ServiceRole(
            "start", plan.names.starter_role, description, trust, self._account.apply(self._starter_policy)
        )
        role, rights = starter.create(self._name, plan.place.placement.tags, self._options)
        self.usable += [role.name, rights.name]
        return [rights]

    def _starter_policy(self, account: str) -> dict[str, Any]:
        plan, region = self._plan, self._region
        if plan.is_glue:
            return policies.starter_policy("glue:StartJobRun", names.glue_job_arn(account, region, plan.names.job))
        return policies.starter_policy("states:StartExecution", self._machine_arn(account))

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._dataset, **options)
