"""How a test dataset on GCP is masked by Spark, and who is told of runs that published nothing."""

import json
from typing import Any

import pytest

from dataops_infra.masking.engines.job_arguments import Engine, read_arguments
from dataops_infra.masking.engines.spark import ENCRYPTION
from dataops_infra.test_datasets import MaskedTestDataset
from dataops_infra.test_datasets.gcp_run import spark_properties
from tests.support.recording import Recording, record
from tests.test_datasets.gcp_arguments import (
    COPY,
    IMAGE,
    JOB,
    MASKED,
    NETWORK,
    ON_CLOUD_RUN,
    ON_DATAPROC,
    PROJECT,
    STAGING,
    WORK,
    account,
    dataset,
)

KEY = f"projects/{PROJECT}/locations/europe-west1/keyRings/{MASKED}/cryptoKeys/{MASKED}"
ADOPTED = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys/test-data"
BATCHES = f"https://dataproc.googleapis.com/v1/projects/{PROJECT}/locations/europe-west1/batches"


def steps(recording: Recording) -> dict[str, Any]:
    """The steps of the workflow by name, in their order."""
    source = json.loads(recording.named("orders-job").inputs["sourceContents"])
    return {name: step for each in source["main"]["steps"] for name, step in each.items()}


def batch(recording: Recording) -> dict[str, Any]:
    body: dict[str, Any] = steps(recording)["submit"]["args"]["body"]
    return body


def test_batch_runs_as_the_job_in_the_given_network_with_the_datasets_key() -> None:
    recording = dataset(ON_DATAPROC)
    made = batch(recording)
    assert made["environmentConfig"] == {
        "executionConfig": {
            "serviceAccount": account(recording, "job").removeprefix("serviceAccount:"),
            "subnetworkUri": f"projects/{PROJECT}/regions/europe-west1/subnetworks/jobs",
            "networkTags": [JOB],
            "stagingBucket": STAGING,
            "ttl": "7200s",
            "kmsKey": KEY,
        }
    }
    assert made["labels"]["test-dataset"] == JOB
    assert made["runtimeConfig"]["containerImage"] == IMAGE
    assert made["runtimeConfig"]["properties"] == spark_properties(workers=2, vcpus=4, memory_gib=16)
    told = read_arguments(made["pysparkBatch"]["args"])
    assert (told.engine, told.target, told.is_overwritten) == (Engine.spark, f"gs://{COPY}/masked/", True)


@pytest.mark.parametrize(
    ("changed", "key"),
    [({"kms_key_name": ADOPTED}, ADOPTED), ({"target": {"uri": "gs://acme-test-data/tests/orders"}}, KEY)],
    ids=["adopted", "target elsewhere"],
)
def test_disks_of_a_batch_have_the_key_of_the_datasets_own_buckets(changed: dict[str, Any], key: str) -> None:
    made = batch(dataset({**ON_DATAPROC, **changed}))
    assert made["environmentConfig"]["executionConfig"]["kmsKey"] == key


def test_googles_own_accounts_may_use_the_key_that_is_made() -> None:
    recording = dataset(ON_DATAPROC)
    assert {r.inputs["member"] for r in recording.of_type("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")} == {
        "serviceAccount:service-999999999999@gs-project-accounts.iam.gserviceaccount.com",
        "serviceAccount:service-111111111111@dataproc-accounts.iam.gserviceaccount.com",
        "serviceAccount:service-111111111111@compute-system.iam.gserviceaccount.com",
    }


def test_launcher_is_there_before_a_batch_can_run_it() -> None:
    recording = dataset(ON_DATAPROC)
    launcher = recording.named("orders-launcher").inputs
    assert batch(recording)["pysparkBatch"]["mainPythonFileUri"] == f"gs://{launcher['bucket']}/{launcher['name']}"
    assert (launcher["bucket"], launcher["name"]) == (WORK, "plan/masking_job.py")
    before = {urn.rpartition("::")[2] for urn in recording.named("orders-job").dependencies}
    assert before >= {"orders-launcher", "orders-plan", "orders-submitter-acts", "orders-job-serverlessnode"}
    assert before >= {"orders-egress-none", "orders-egress-named", "orders-dataproc-key-grant"}


def test_spark_is_sized_as_asked_with_half_of_the_memory_for_python() -> None:
    assert spark_properties(workers=8, vcpus=8, memory_gib=32) == {
        ENCRYPTION: "true",
        "spark.dynamicAllocation.enabled": "false",
        "spark.executor.instances": "8",
        "spark.driver.cores": "8",
        "spark.driver.memory": "16g",
        "spark.driver.memoryOverhead": "16g",
        "spark.executor.cores": "8",
        "spark.executor.memory": "16g",
        "spark.executor.memoryOverhead": "16g",
    }


def test_workflow_submits_a_batch_and_ends_as_the_batch_ends() -> None:
    recording = dataset(ON_DATAPROC)
    found = steps(recording)
    assert list(found) == ["name", "submit", "wait", "look", "judge"]
    assert found["name"] == {"assign": [{"batch": f'${{"{JOB}-" + string(int(sys.now()))}}'}]}
    assert found["submit"]["call"] == "http.post"
    assert found["submit"]["args"]["url"] == BATCHES
    assert found["submit"]["args"]["query"] == {"batchId": "${batch}"}
    assert found["submit"]["args"]["auth"] == {"type": "OAuth2"}
    assert found["wait"] == {"call": "sys.sleep", "args": {"seconds": 60}}
    assert found["look"] == {
        "call": "http.get",
        "args": {"url": f'${{"{BATCHES}/" + batch}}', "auth": {"type": "OAuth2"}},
        "result": "seen",
    }
    assert found["judge"] == {
        "switch": [
            {"condition": '${seen.body.state == "SUCCEEDED"}', "return": "${batch}"},
            {
                "condition": '${seen.body.state == "FAILED" or seen.body.state == "CANCELLED"}',
                "raise": '${"batch " + batch + " ended as " + seen.body.state + ": nothing was published"}',
            },
        ],
        "next": "wait",
    }
    inputs = recording.named("orders-job").inputs
    assert inputs["serviceAccount"] == account(recording, "submitter").removeprefix("serviceAccount:")
    assert (inputs["name"], inputs["region"], inputs["deletionProtection"]) == (JOB, "europe-west1", False)


def test_names_of_batches_stay_within_what_dataproc_takes() -> None:
    name, args = "a" * 60, dict[str, Any](ON_DATAPROC)
    recording = record(lambda: MaskedTestDataset(name, args))  # type: ignore[arg-type]
    job = recording.named(f"{name}-job").inputs["name"]
    assert len(f"{job}-{2**31}") <= 63
    assert all(len(r.inputs["name"]) <= 63 for r in recording.of_type("gcp:compute/firewall:Firewall"))


def test_clock_starts_the_workflow_on_dataproc() -> None:
    recording = dataset(ON_DATAPROC)
    place = f"projects/{PROJECT}/locations/europe-west1/workflows/{JOB}"
    uri = recording.named("orders-schedule").inputs["httpTarget"]["uri"]
    assert uri == f"https://workflowexecutions.googleapis.com/v1/{place}/executions"


# ----------------------------------------------------------------------------------------------- alarms

RUNS = (
    'run_googleapis_com:job_completed_execution_count{monitored_resource="cloud_run_job",'
    f'project_id="{PROJECT}",location="europe-west1",job_name="{JOB}",'
)
EXECUTIONS = (
    'workflows_googleapis_com:finished_execution_count{monitored_resource="workflows.googleapis.com/Workflow",'
    f'project_id="{PROJECT}",location="europe-west1",workflow_id="{JOB}",'
)
CHANNEL = f"projects/{PROJECT}/notificationChannels/42"


def queries(recording: Recording) -> dict[str, str]:
    """What each policy asks, by the policy's name."""
    policies = [r.inputs for r in recording.of_type("gcp:monitoring/alertPolicy:AlertPolicy")]
    assert all(len(policy["conditions"]) == 1 for policy in policies)  # PromQL takes no condition beside it
    return {
        policy["displayName"]: policy["conditions"][0]["conditionPrometheusQueryLanguage"]["query"]
        for policy in policies
    }


@pytest.mark.parametrize(
    ("args", "failed", "missed"),
    [
        (
            ON_CLOUD_RUN,
            f'sum(increase({RUNS}result!="succeeded"}}[10m])) > 0',
            f'(sum(increase({RUNS}result="succeeded"}}[26h])) or vector(0)) < 0.5',
        ),
        (
            {**ON_DATAPROC, "alarms": {"missed_after_hours": 168}},
            f'sum(increase({EXECUTIONS}status!="SUCCEEDED"}}[10m])) > 0',
            f'(sum(increase({EXECUTIONS}status="SUCCEEDED"}}[168h])) or vector(0)) < 0.5',
        ),
    ],
    ids=["cloud run", "dataproc"],
)
def test_failed_and_missed_runs_raise_an_alarm(args: dict[str, Any], failed: str, missed: str) -> None:
    assert queries(dataset(args)) == {f"{JOB}-failed": failed, f"{JOB}-missed": missed}


def test_nothing_is_missed_without_a_schedule() -> None:
    recording = dataset({**ON_CLOUD_RUN, "schedule": "absent"})
    assert list(queries(recording)) == [f"{JOB}-failed"]
    assert recording.outputs("orders")["alarm"] == f"{JOB}-failed"


def test_channels_and_addresses_are_told_where_to_look() -> None:
    alarms = {"notification_channels": [CHANNEL], "emails": ["qa@acme.example"]}
    recording = dataset({**ON_CLOUD_RUN, "alarms": alarms})
    (mailbox,) = recording.of_type("gcp:monitoring/notificationChannel:NotificationChannel")
    assert (mailbox.inputs["type"], mailbox.inputs["labels"]) == ("email", {"email_address": "qa@acme.example"})
    for role in ("failed", "missed"):
        policy = recording.named(f"orders-{role}-alarm")
        assert policy.inputs["notificationChannels"][0] == CHANNEL
        assert policy.property_dependencies["notificationChannels"] == (mailbox.urn,)
        assert policy.inputs["userLabels"]["test-dataset"] == JOB
    text = recording.named("orders-failed-alarm").inputs["documentation"]["content"]
    assert f"gs://{WORK}/verdict/verdict.json" in text


def test_firewall_of_dataproc_lets_its_machines_talk() -> None:
    network = {**NETWORK, "reachable_ranges": ["10.8.0.0/24"]}
    recording = dataset({**ON_DATAPROC, "job": {**ON_DATAPROC["job"], "network": network}})
    assert recording.named("orders-egress-named").inputs["destinationRanges"] == ["10.8.0.0/24"]
