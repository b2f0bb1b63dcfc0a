"""What a run on EMR Serverless is: a state machine that looks up the application's id and starts a run of it.

AWS makes up the id, and a request to start a run names it. In a state machine that reads the id when it runs, all the
rest of the request is known before the deployment: packs judge its command line and its places at preview (ADR 0180).

Sources: Step Functions, "AWS SDK service integrations" and "Intrinsic functions"; EMR Serverless, API ``StartJobRun``.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.conventions.tags import TEST_DATASET
from dataops_infra.test_datasets import aws_policies as policies
from dataops_infra.test_datasets.aws_plan import AwsPlan
from dataops_infra.test_datasets.aws_roles import ServiceRole

OVERHEAD_GIB = 2
"""Of a worker's memory, what Spark leaves to Python: a tenth at least, and masking is Python."""
DISK_ENCRYPTION = "spark.io.encryption.enabled"
"""The job works in no Spark application without it: broadcasts carry the key to executors, and may lie on disks."""
WIRE_ENCRYPTION = "spark.network.crypto.enabled"
"""EMR Serverless has ``spark.authenticate``, which this needs, by itself
(https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html). Glue's workers have a security group
for each job."""
IMAGE_PYTHON = "/opt/masking/bin/python"
"""Where an image has Python and what masking needs, as ``docs/containers/masking`` builds it; EMR's own is too old."""
_FIND, _RUN = "FindTheApplication", "StartTheRun"


class RunResources:
    """Creates what starts runs of one dataset's application.

    :ivar made: what must exist before a run is started.
    :ivar usable: a value of each child that is known at preview.
    """

    def __init__(
        self,
        dataset: pulumi.ComponentResource,
        name: str,
        plan: AwsPlan,
        account: pulumi.Output[str],
        request: Mapping[str, Any],
        application: aws.emrserverless.Application,
    ) -> None:
        self._dataset, self._name, self._plan, self._account = dataset, name, plan, account
        parameter = self._create_parameter(application)
        role, rights = self._create_role()
        machine = self._create_machine(request, [parameter, rights])
        self.made: list[pulumi.Resource] = [machine]
        self.usable: list[pulumi.Output[Any]] = [parameter.name, role.name, rights.name, machine.name]

    def _create_parameter(self, application: aws.emrserverless.Application) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            f"{self._name}-application-id",
            name=self._plan.id_parameter,
            type="String",
            value=application.id,
            description=f"Id of the application that masks {self._name}",
            tags={**self._plan.place.placement.tags},
            region=self._plan.place.region,
            opts=self._options(delete_before_replace=True),
        )

    def _create_role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        plan, region = self._plan, self._plan.place.region
        trust = self._account.apply(
            lambda account: policies.job_trust(
                policies.STATES_SERVICE, account, names.state_machine_arn(account, region, plan.names.state_machine)
            )
        )
        description = f"Starts runs of the application that masks {self._name}"
        role = ServiceRole("run", plan.names.run_role, description, trust, self._account.apply(self._policy))
        return role.create(self._name, plan.place.placement.tags, self._options)

    def _policy(self, account: str) -> dict[str, Any]:
        plan, region = self._plan, self._plan.place.region
        return policies.run_policy(
            # The id in an application's ARN is made up by AWS: the tag that only this dataset carries stands for it.
            names.arn("emr-serverless", "/applications/*", region=region, account=account),
            {"StringEquals": {f"aws:ResourceTag/{TEST_DATASET}": plan.names.role}},
            names.iam_role_arn(account, plan.names.role, region),
            names.ssm_parameter_arn(account, region, plan.id_parameter),
        )

    def _create_machine(self, request: Mapping[str, Any], after: list[pulumi.Resource]) -> aws.sfn.StateMachine:
        plan, region = self._plan, self._plan.place.region
        return aws.sfn.StateMachine(
            f"{self._name}-run",
            name=plan.names.state_machine,
            role_arn=self._account.apply(lambda account: names.iam_role_arn(account, plan.names.run_role, region)),
            definition=pulumi.Output.json_dumps(definition(plan, request)),
            tags={**plan.place.placement.tags},
            region=region,
            opts=self._options(depends_on=after, delete_before_replace=True),
        )

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._dataset, **options)


def definition(plan: AwsPlan, request: Mapping[str, Any]) -> dict[str, Any]:
    """The state machine. Nothing is tried again: what the gate refused, it would refuse again.

    :param request: of ``StartJobRun``, without the application's id.
    """
    calls = f"arn:{plan.place.partition}:states:::aws-sdk"
    found = "$.application.id"
    states: dict[str, dict[str, Any]] = {
        _FIND: {
            "Type": "Task",
            "Resource": f"{calls}:ssm:getParameter",
            "Parameters": {"Name": plan.id_parameter},
            "ResultSelector": {"id.$": "$.Parameter.Value"},
            "ResultPath": found.rpartition(".")[0],
            "Next": _RUN,
        },
        _RUN: {
            "Type": "Task",
            "Resource": f"{calls}:emrserverless:startJobRun",
            "Parameters": {"ApplicationId.$": found, "ClientToken.$": "States.UUID()", **request},
            "End": True,
        },
    }
    return {"Comment": "Starts a masking run", "StartAt": _FIND, "States": states}


def run_request(
    plan: AwsPlan, role_arn: pulumi.Output[str], arguments: Mapping[str, pulumi.Input[str]]
) -> dict[str, Any]:
    """What is asked of EMR Serverless for one run, but for the application.

    :param arguments: the command line of the script, option by option.
    """
    job = plan.terms.job
    memory = f"{job.shape.memory_gib - OVERHEAD_GIB}g"
    settings = {
        "spark.driver.cores": job.shape.vcpus,
        "spark.driver.memory": memory,
        "spark.executor.cores": job.shape.vcpus,
        "spark.executor.memory": memory,
        "spark.dynamicAllocation.maxExecutors": job.workers,
        DISK_ENCRYPTION: "true",
        WIRE_ENCRYPTION: "true",
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": IMAGE_PYTHON,
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": IMAGE_PYTHON,
        "spark.executorEnv.PYSPARK_PYTHON": IMAGE_PYTHON,
    }
    logging = {"Enabled": True, "LogGroupName": plan.log_groups["job"]}
    return {
        "ExecutionRoleArn": role_arn,
        "ExecutionTimeoutMinutes": job.timeout_minutes,
        "Name": plan.names.application,
        "JobDriver": {
            "SparkSubmit": {
                "EntryPoint": f"s3://{plan.bucket}/{plan.script_key}",
                "EntryPointArguments": [word for option in arguments.items() for word in option],
                "SparkSubmitParameters": " ".join(f"--conf {key}={value}" for key, value in settings.items()),
            }
        },
        "ConfigurationOverrides": {
            "MonitoringConfiguration": {
                "CloudWatchLoggingConfiguration": logging,
                "ManagedPersistenceMonitoringConfiguration": {"Enabled": False},
            }
        },
    }
