"""Masking jobs as people write them by hand, one maker for each type, and what may stand beside them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dataops_infra.policy.judging import Given

ECS, BATCH, LAMBDA = (
    "aws:ecs/taskDefinition:TaskDefinition",
    "aws:batch/jobDefinition:JobDefinition",
    "aws:lambda/function:Function",
)
STATE_MACHINE, SCHEDULE = "aws:sfn/stateMachine:StateMachine", "aws:scheduler/schedule:Schedule"
EVENT_TARGET, EVENT_RULE = "aws:cloudwatch/eventTarget:EventTarget", "aws:cloudwatch/eventRule:EventRule"
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
POOL, SERVICE = "gcp:cloudrunv2/workerPool:WorkerPool", "gcp:cloudrunv2/service:Service"
DATAPROC_JOB, DATAPROC_BATCH, CLUSTER = (
    "gcp:dataproc/job:Job",
    "gcp:dataproc/batch:Batch",
    "gcp:dataproc/cluster:Cluster",
)
KUBE_JOB, CRON_JOB = "kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"
POD_ACCOUNT, POD_POLICY = "kubernetes:core/v1:ServiceAccount", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
GLUE, TRIGGER, GLUE_NETWORK = "aws:glue/job:Job", "aws:glue/trigger:Trigger", "aws:glue/connection:Connection"
EMR_CLUSTER, INSTANCE_PROFILE = "aws:emr/cluster:Cluster", "aws:iam/instanceProfile:InstanceProfile"
TEMPLATE = "gcp:dataproc/workflowTemplate:WorkflowTemplate"
ROLE_POLICY, ROLE = "aws:iam/rolePolicy:RolePolicy", "aws:iam/role:Role"
BUCKET_POLICY, FOLDER_MEMBER = (
    "aws:s3/bucketPolicy:BucketPolicy",
    "gcp:storage/managedFolderIamMember:ManagedFolderIamMember",
)
BUCKET_MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
ENTRY_POINT = "dataops_infra.masking.engines.spark_job"
DIGEST = "0123456789abcdef" * 4
MASKER_ROLE = "arn:aws:iam::111111111111:role/masker"
MASKER = "masker@acme-data-dev.iam.gserviceaccount.com"
TASK = "arn:aws:ecs:eu-west-1:111111111111:task-definition/mask:7"
APPLICATION = "00f1abcdefghijkl"


def words(scheme: str, *, pinned: bool = True) -> list[str]:
    """The command line of a job."""
    found = ["--plan", f"{scheme}://work/plan.yaml", "--source", f"{scheme}://lake/shop/"]
    found += ["--target", f"{scheme}://copies/masked", "--staging", f"{scheme}://copies/staging"]
    found += ["--key-secret", "projects/p/secrets/s", "--report", f"{scheme}://copies/verdict.json"]
    return [*found, "--plan-hash", DIGEST] if pinned else found


def ecs(line: Sequence[str]) -> Given:
    containers = [{"name": "mask", "entryPoint": ["python", "-m", ENTRY_POINT], "command": list(line)}]
    given = {"family": "mask", "containerDefinitions": json.dumps(containers), "taskRoleArn": MASKER_ROLE}
    return Given(ECS, given, "job")


def batch(line: Sequence[str]) -> Given:
    given = ["Ref::digest" if word == DIGEST else word for word in line]
    container = {"image": "mask:1", "command": ["dataops-mask", *given], "jobRoleArn": MASKER_ROLE}
    properties = {"name": "mask", "containerProperties": json.dumps(container), "parameters": {"digest": DIGEST}}
    return Given(BATCH, properties, "job")


def function(line: Sequence[str]) -> Given:
    image = {"entryPoints": ["python", "-m", ENTRY_POINT], "commands": list(line)}
    network = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    return Given(LAMBDA, {"name": "mask", "role": MASKER_ROLE, "imageConfig": image, "vpcConfig": network}, "job")


def zipped(line: Sequence[str], **more: Any) -> Given:
    """Code in a zip, which is told by variables what to do."""
    network = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    given = {"name": "mask", "role": MASKER_ROLE, "runtime": "python3.13", "handler": "app.handler"}
    environment = {"variables": more or {"MASK_ARGUMENTS": f"python -m {ENTRY_POINT} {' '.join(line)}"}}
    return Given(LAMBDA, {**given, "environment": environment, "vpcConfig": network}, "job")


def trigger(line: Sequence[str]) -> Given:
    arguments = dict(zip(line[::2], line[1::2], strict=True))
    action = {"jobName": "spark", "arguments": arguments}
    return Given(TRIGGER, {"name": "nightly", "type": "SCHEDULED", "actions": [action]}, "job")


def emr_step(line: Sequence[str]) -> Given:
    args = ["spark-submit", "--deploy-mode", "cluster", "s3://work/masking_job.py", *line]
    step = {"name": "mask", "actionOnFailure": "CONTINUE", "hadoopJarStep": {"jar": "command-runner.jar", "args": args}}
    machines = {"instanceProfile": "spark", "subnetId": "subnet-1", "emrManagedMasterSecurityGroup": "sg-1"}
    return Given(EMR_CLUSTER, {"name": "spark", "steps": [step], "ec2Attributes": machines}, "job")


def template(line: Sequence[str]) -> Given:
    step = {"stepId": "mask", "pysparkJob": {"mainPythonFileUri": "gs://work/spark_job.py", "args": list(line)}}
    machines = {"serviceAccount": MASKER, "internalIpOnly": True, "tags": ["masking"]}
    cluster = {"clusterName": "spark", "config": {"gceClusterConfig": machines}}
    given = {"name": "nightly", "location": "europe-west1", "jobs": [step], "placement": {"managedCluster": cluster}}
    return Given(TEMPLATE, given, "job")


def run_request(line: Sequence[str]) -> dict[str, Any]:
    """What is asked of EMR Serverless, as Step Functions and EventBridge Scheduler write it."""
    submit = {"EntryPoint": "s3://work/masking_job.py", "EntryPointArguments": list(line)}
    return {"ApplicationId": APPLICATION, "ExecutionRoleArn": MASKER_ROLE, "JobDriver": {"SparkSubmit": submit}}


def state_machine(line: Sequence[str]) -> Given:
    task = {"Type": "Task", "Resource": "arn:aws:states:::emr-serverless:startJobRun", "Parameters": run_request(line)}
    definition = json.dumps({"StartAt": "Run", "States": {"Run": task}})
    role = "arn:aws:iam::111111111111:role/starter"
    return Given(STATE_MACHINE, {"name": "mask", "roleArn": role, "definition": definition}, "job")


def schedule(line: Sequence[str]) -> Given:
    arn = "arn:aws:scheduler:::aws-sdk:emrserverless:startJobRun"
    return Given(SCHEDULE, {"name": "mask", "target": {"arn": arn, "input": json.dumps(run_request(line))}}, "job")


def event_target(line: Sequence[str]) -> Given:
    overrides = {
        "containerOverrides": [{"name": "mask", "command": ["sh", "-c", f"dataops mask run {' '.join(line)}"]}]
    }
    overrides["taskRoleArn"] = MASKER_ROLE  # type: ignore[assignment]
    return Given(EVENT_TARGET, {"rule": "nightly", "arn": "cluster", "input": json.dumps(overrides)}, "job")


def pool(line: Sequence[str], token: str = POOL) -> Given:
    network = {"egress": "ALL_TRAFFIC", "networkInterfaces": [{"network": "data", "tags": ["masking"]}]}
    container = {"commands": ["python", "-m", ENTRY_POINT], "args": list(line)}
    template = {"serviceAccount": MASKER, "containers": [container], "vpcAccess": network}
    return Given(token, {"name": "mask", "template": template}, "job")


def service(line: Sequence[str]) -> Given:
    return pool(line, SERVICE)


def dataproc_job(line: Sequence[str]) -> Given:
    config = {"mainPythonFileUri": "gs://work/launch.py", "args": list(line)}
    return Given(DATAPROC_JOB, {"pysparkConfig": config, "placement": {"clusterName": "spark"}}, "job")


def dataproc_batch(line: Sequence[str]) -> Given:
    machine = {"executionConfig": {"serviceAccount": MASKER, "networkTags": ["masking"]}}
    batch = {"mainPythonFileUri": "gs://work/spark_job.py", "args": list(line)}
    return Given(DATAPROC_BATCH, {"batchId": "mask", "pysparkBatch": batch, "environmentConfig": machine}, "job")


def _pods(line: Sequence[str]) -> dict[str, Any]:
    container = {"name": "mask", "command": ["python", "-m", ENTRY_POINT], "args": list(line)}
    return {
        "metadata": {"labels": {"app": "mask"}},
        "spec": {"serviceAccountName": "masker", "containers": [container]},
    }


def kube_job(line: Sequence[str]) -> Given:
    return Given(KUBE_JOB, {"metadata": {"name": "mask"}, "spec": {"template": _pods(line)}}, "job")


def cron_job(line: Sequence[str]) -> Given:
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": _pods(line)}}}
    return Given(CRON_JOB, {"metadata": {"name": "mask"}, "spec": spec}, "job")


def failed(source: str, **detail: Any) -> tuple[Given, ...]:
    pattern = json.dumps({"source": [source], "detail": detail})
    sent = {"rule": "failed", "arn": "arn:aws:sns:eu-west-1:111111111111:alarms"}
    return Given(EVENT_RULE, {"name": "failed", "eventPattern": pattern}, "rule"), Given(EVENT_TARGET, sent, "target")


def alarm(function: str = "mask", **more: Any) -> tuple[Given, ...]:
    given = {"namespace": "AWS/Lambda", "metricName": "Errors", "dimensions": {"FunctionName": function}}
    return (Given(METRIC_ALARM, given | {"alarmActions": ["arn:aws:sns:eu-west-1:111111111111:a"]} | more, "alarm"),)


def destination(function: str) -> tuple[Given, ...]:
    failures = {"onFailure": {"destination": "arn:aws:sns:eu-west-1:111111111111:a"}}
    given = {"functionName": function, "destinationConfig": failures}
    return (Given("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", given, "alarm"),)


def alert(condition: str) -> tuple[Given, ...]:
    given = {"conditions": [{"conditionMatchedLog": {"filter": condition}}], "notificationChannels": ["channels/1"]}
    return (Given("gcp:monitoring/alertPolicy:AlertPolicy", given, "alert"),)


def prometheus(expression: str) -> tuple[Given, ...]:
    spec = {"groups": [{"name": "masking", "rules": [{"alert": "Refused", "expr": expression}]}]}
    return (Given("kubernetes:monitoring.coreos.com/v1:PrometheusRule", {"spec": spec}, "alert"),)


def of_another_program(job: Given) -> Given:
    """The job with another program in place of ours, at every depth."""
    text = json.dumps(job.properties)
    for ours in (ENTRY_POINT, "masking_job", "spark_job", "dataops mask"):
        text = text.replace(ours, "etl")
    return replace(job, properties=json.loads(text))


MASKING_ROLE = Given(ROLE, {"name": "masker", "assumeRolePolicy": "{}"}, "role")
PODS = Given(
    POD_ACCOUNT,
    {"metadata": {"name": "masker", "annotations": {"eks.amazonaws.com/role-arn": MASKER_ROLE}}},
    "account",
)
GKE_PODS = Given(
    POD_ACCOUNT, {"metadata": {"name": "masker", "annotations": {"iam.gke.io/gcp-service-account": MASKER}}}, "account"
)
CLOSED = Given(
    POD_POLICY,
    {
        "spec": {
            "podSelector": {"matchLabels": {"app": "mask"}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
        }
    },
    "policy",
)
MACHINES = Given(INSTANCE_PROFILE, {"name": "spark", "role": "masker"}, "profile")
STARTED = Given(GLUE, {"name": "spark", "roleArn": MASKER_ROLE, "connections": ["private"]}, "glue")
SPARK = Given(
    CLUSTER,
    {
        "name": "spark",
        "clusterConfig": {"gceClusterConfig": {"serviceAccount": MASKER, "internalIpOnly": True, "tags": ["masking"]}},
    },
    "cluster",
)
