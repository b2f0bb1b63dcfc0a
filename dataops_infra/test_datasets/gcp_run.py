"""What runs a masking job on GCP: a Cloud Run job, or a workflow that submits a batch of Dataproc Serverless.

Both run ``dataops_infra.masking.engines.spark_job`` as the job's own service account, in the given network only, once:
a run that the gate refused would be refused again.

Sources: reference of Cloud Run ``projects.locations.jobs``, of Dataproc ``projects.locations.batches``
(``PySparkBatch``, ``ExecutionConfig``) and of Workflows (``http.post``, expressions); "Spark properties" of Dataproc
Serverless.
"""

from typing import Any

import pulumi
import pulumi_gcp as gcp

from dataops_infra.conventions import names
from dataops_infra.test_datasets.gcp_access import PLAN_FOLDER, STAGING_FOLDER
from dataops_infra.test_datasets.gcp_children import Children
from dataops_infra.test_datasets.gcp_plan import JOB, STAGING, SUBMITTER, WORK, DatasetPlan
from dataops_infra.test_datasets.terms import CLOUD_RUN

MODULE = "dataops_infra.masking.engines.spark_job"
LAUNCHER = f"{PLAN_FOLDER}masking_job.py"
LAUNCHER_TEXT = f"""\"\"\"What a batch runs: Dataproc takes a file, no module.\"\"\"

import sys

from {MODULE} import main

sys.exit(main())
"""
SPARK_RUNTIME = "2.3"
"""Spark 3.5 with long-term support: https://cloud.google.com/dataproc-serverless/docs/concepts/versions/spark-runtime"""
_POLL_SECONDS = 60
_DATAPROC = "https://dataproc.googleapis.com/v1"


def job_arguments(plan: DatasetPlan) -> list[pulumi.Input[str]]:
    """The command line of the job, as :mod:`dataops_infra.masking.engines.job_arguments` reads it."""
    terms = plan.terms
    engine: list[pulumi.Input[str]] = ["--engine", "local" if terms.job.engine == CLOUD_RUN else "spark"]
    approval: list[pulumi.Input[str]] = ["--approval", terms.approval_uri] if terms.approval_uri else []
    return [
        names.gcs_uri(plan.bucket(WORK), plan.plan_object),
        *("--source", plan.source.place.uri),
        *("--target", plan.target.uri),
        *("--staging", names.gcs_uri(plan.bucket(STAGING), STAGING_FOLDER)),
        *("--key-secret", plan.secret.reference),
        *("--plan-hash", terms.plan_digest),
        *("--report", plan.verdict_uri),
        *(word for option in terms.subset.items() for word in option),
        *engine,
        "--overwrite",
        *approval,
    ]


def create_cloud_run_job(children: Children, after: list[pulumi.Resource]) -> gcp.cloudrunv2.Job:
    """One task on one machine."""
    plan, job = children.plan, children.plan.terms.job
    made = gcp.cloudrunv2.Job(
        children.named("job"),
        name=plan.job,
        location=plan.where.location,
        project=plan.where.project,
        labels=plan.where.labels,
        deletion_protection=False,  # it holds no data
        template={
            "task_count": 1,
            "parallelism": 1,
            "template": {
                "service_account": plan.email(JOB),
                "max_retries": 0,
                "timeout": f"{job.timeout_minutes * 60}s",
                "execution_environment": "EXECUTION_ENVIRONMENT_GEN2",
                "containers": [
                    {
                        "image": job.image,
                        "commands": ["python", "-m", MODULE],
                        "args": job_arguments(plan),
                        "resources": {"limits": {"cpu": f"{job.shape.vcpus}", "memory": f"{job.shape.memory_gib}Gi"}},
                    }
                ],
                "vpc_access": {
                    "egress": "ALL_TRAFFIC",
                    "network_interfaces": [
                        {
                            "network": plan.network.network,
                            "subnetwork": plan.network.subnetwork,
                            "tags": [plan.job],
                        }
                    ],
                },
            },
        },
        opts=children.options(delete_before_replace=True, depends_on=after),
    )
    children.usable.append(made.name)
    return made


def create_batch_workflow(children: Children, after: list[pulumi.Resource]) -> gcp.workflows.Workflow:
    """What submits a batch and waits for its end, so that its own end is the batch's."""
    plan = children.plan
    made = gcp.workflows.Workflow(
        children.named("job"),
        name=plan.job,
        region=plan.where.location,
        project=plan.where.project,
        description=f"Masks {children.name} in a batch of Dataproc Serverless",
        labels=plan.where.labels,
        service_account=plan.email(SUBMITTER),
        call_log_level="LOG_ERRORS_ONLY",
        source_contents=pulumi.Output.json_dumps(workflow_source(plan), indent=2),
        deletion_protection=False,  # it holds no data
        opts=children.options(delete_before_replace=True, depends_on=after),
    )
    children.usable.append(made.name)
    return made


def workflow_source(plan: DatasetPlan) -> dict[str, Any]:
    """The workflow: submit, then look every minute until the batch has ended."""
    parent = f"{_DATAPROC}/projects/{plan.where.project}/locations/{plan.where.location}/batches"
    signed = {"auth": {"type": "OAuth2"}}
    submit = {
        "call": "http.post",
        "args": {"url": parent, "query": {"batchId": "${batch}"}, "body": batch(plan), **signed},
    }
    look = {
        "call": "http.get",
        "args": {"url": f'${{"{parent}/" + batch}}', **signed},
        "result": "seen",
    }
    ended = [
        {"condition": '${seen.body.state == "SUCCEEDED"}', "return": "${batch}"},
        {
            "condition": '${seen.body.state == "FAILED" or seen.body.state == "CANCELLED"}',
            "raise": '${"batch " + batch + " ended as " + seen.body.state + ": nothing was published"}',
        },
    ]
    steps: list[dict[str, Any]] = [
        {"name": {"assign": [{"batch": f'${{"{plan.job}-" + string(int(sys.now()))}}'}]}},
        {"submit": submit},
        {"wait": {"call": "sys.sleep", "args": {"seconds": _POLL_SECONDS}}},
        {"look": look},
        {"judge": {"switch": ended, "next": "wait"}},
    ]
    return {"main": {"steps": steps}}


def batch(plan: DatasetPlan) -> dict[str, Any]:
    """The batch as the API takes it. Its machines have no address of the internet in any case."""
    job = plan.terms.job
    return {
        "labels": plan.where.labels,
        "pysparkBatch": {
            "mainPythonFileUri": names.gcs_uri(plan.bucket(WORK), LAUNCHER),
            "args": job_arguments(plan),
        },
        "runtimeConfig": {
            "version": SPARK_RUNTIME,
            "containerImage": job.image,
            "properties": spark_properties(job.workers, job.shape.vcpus, job.shape.memory_gib),
        },
        "environmentConfig": {
            "executionConfig": {
                "serviceAccount": plan.email(JOB),
                "subnetworkUri": plan.subnetwork_uri,
                "networkTags": [plan.job],
                "stagingBucket": plan.bucket(STAGING),
                "ttl": f"{job.timeout_minutes * 60}s",
                "kmsKey": plan.key_name,
            }
        },
    }


def spark_properties(workers: int, vcpus: int, memory_gib: int) -> dict[str, str]:
    """Driver and executors alike, as many as were asked for.

    Half of the memory is outside of the JVM: the masking itself is Python's.
    """
    heap, beside = f"{memory_gib // 2}g", f"{memory_gib - memory_gib // 2}g"
    each = {"cores": f"{vcpus}", "memory": heap, "memoryOverhead": beside}
    return {
        "spark.io.encryption.enabled": "true",  # without it the engine refuses: the key is among what lies on disks
        "spark.dynamicAllocation.enabled": "false",
        "spark.executor.instances": f"{workers}",
        **{f"spark.{role}.{setting}": value for role in ("driver", "executor") for setting, value in each.items()},
    }
