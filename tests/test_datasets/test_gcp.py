"""What MaskedTestDataset creates on Google Cloud, exactly."""

import base64
import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from dataops_infra.data_lake import GcsDataLake
from dataops_infra.masking.engines.job_arguments import Engine, read_arguments
from dataops_infra.masking.plan import read_plan
from dataops_infra.masking.subset.request import SubsetRequest
from dataops_infra.test_datasets import MaskedTestDataset
from dataops_infra.test_datasets.gcp_run import LAUNCHER_TEXT
from tests.support.recording import Recording, record
from tests.test_datasets.arguments import PLAN
from tests.test_datasets.gcp_arguments import (
    COPY,
    IMAGE,
    JOB,
    LOGS,
    MASKED,
    NETWORK,
    ON_CLOUD_RUN,
    ON_DATAPROC,
    PROJECT,
    SECRET,
    SOURCE,
    STAGING,
    WORK,
    account,
    dataset,
)

KEY = f"projects/{PROJECT}/locations/europe-west1/keyRings/{MASKED}/cryptoKeys/{MASKED}"
ADOPTED = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys/test-data"
DIGEST = read_plan(Path(PLAN)).digest
SCHEDULED = ["orders-schedule", "orders-starter-account", "orders-starter-grant", "orders-missed-alarm"]
ALWAYS = [
    "orders",
    "orders-copy",
    "orders-copy-folder",
    "orders-copy-policy",
    "orders-egress-apis",
    "orders-egress-none",
    "orders-egress-none6",
    "orders-failed-alarm",
    "orders-job",
    "orders-job-account",
    "orders-key",
    "orders-key-grant",
    "orders-key-reader",
    "orders-key-ring",
    "orders-logs",
    "orders-logs-policy",
    "orders-plan",
    "orders-source-folder",
    "orders-source-grant",
    "orders-staging",
    "orders-staging-policy",
    "orders-work",
    "orders-work-policy",
]
ON_SPARK = [
    "orders-compute-key-grant",
    "orders-dataproc-key-grant",
    "orders-egress-named",
    "orders-job-logwriter",
    "orders-job-metricwriter",
    "orders-job-serverlessnode",
    "orders-launcher",
    "orders-submitter-account",
    "orders-submitter-acts",
    "orders-submitter-serverlesseditor",
]
CLOSED = {"orders-egress-apis", "orders-egress-none", "orders-egress-none6"}
ELSEWHERE = {"uri": "gs://acme-test-data/tests/orders"}


def without(*roles: str) -> list[str]:
    return [name for name in ALWAYS if name.removeprefix("orders-") not in roles]


@pytest.mark.parametrize(
    ("args", "children"),
    [
        (ON_CLOUD_RUN, [*ALWAYS, *SCHEDULED]),
        ({**ON_CLOUD_RUN, "schedule": "absent"}, ALWAYS),
        (ON_DATAPROC, [*ALWAYS, *SCHEDULED, *ON_SPARK]),
        ({**ON_CLOUD_RUN, "readers": ["group:qa@acme.example"]}, [*ALWAYS, *SCHEDULED, "orders-readers"]),
        (
            {**ON_CLOUD_RUN, "target": ELSEWHERE},
            [
                *without("copy", "copy-folder", "copy-policy"),
                *SCHEDULED,
                "orders-target-folder",
                "orders-target-grant",
            ],
        ),
        (
            {**ON_CLOUD_RUN, "target": {**ELSEWHERE, "folder": "adopt"}},
            [*without("copy", "copy-folder", "copy-policy"), *SCHEDULED, "orders-target-grant"],
        ),
        (
            {**ON_CLOUD_RUN, "source": {"uri": SOURCE, "folder": "adopt"}},
            [*without("source-folder"), *SCHEDULED],
        ),
        (
            {**ON_CLOUD_RUN, "source": {"uri": SOURCE, "folder": "owner"}},
            [*without("source-folder", "source-grant"), *SCHEDULED],
        ),
        ({**ON_CLOUD_RUN, "kms_key_name": ADOPTED}, [*without("key", "key-ring", "key-grant"), *SCHEDULED]),
        (
            {**ON_DATAPROC, "kms_key_name": ADOPTED},
            [
                *without("key", "key-ring", "key-grant"),
                *SCHEDULED,
                *(name for name in ON_SPARK if "key-grant" not in name),
            ],
        ),
        (
            {**ON_CLOUD_RUN, "job": {"image": IMAGE, "network": {**NETWORK, "firewall": "adopt"}}},
            [*without("egress-apis", "egress-none", "egress-none6"), *SCHEDULED],
        ),
        (
            {**ON_CLOUD_RUN, "alarms": {"emails": ["qa@acme.example"]}},
            [*ALWAYS, *SCHEDULED, "orders-mailbox-qa-acme-example-2b5e5b60"],
        ),
    ],
)
def test_dataset_on_gcp_registers_these_children(args: dict[str, Any], children: list[str]) -> None:
    recording = dataset(args)
    assert sorted(r.name for r in recording.resources) == sorted(children)
    assert {r.parent for r in recording.resources if r.custom} == {recording.named("orders").urn}


def test_buckets_are_private_encrypted_logged_and_kept_by_their_purpose() -> None:
    recording = dataset({**ON_CLOUD_RUN, "retention_class": "transient"})
    buckets = {r.inputs["name"]: r.inputs for r in recording.of_type("gcp:storage/bucket:Bucket")}
    assert set(buckets) == {WORK, STAGING, COPY, LOGS}
    for name, inputs in buckets.items():
        assert inputs["uniformBucketLevelAccess"] is True
        assert inputs["publicAccessPrevention"] == "enforced"
        assert inputs["versioning"] == {"enabled": True}
        assert inputs["labels"]["data-classification"] == "masked"
        assert inputs["labels"]["test-dataset"] == JOB
        if name != LOGS:
            assert inputs["encryption"]["defaultKmsKeyName"] == KEY
            assert inputs["logging"]["logBucket"] == LOGS
            assert inputs["labels"]["zone"] == "none"

    def ages(name: str) -> list[int]:
        rules = buckets[name]["lifecycleRules"]
        return [r["condition"]["age"] for r in rules if r["action"]["type"] == "Delete" and "age" in r["condition"]]

    assert ages(COPY) == [22, 23]  # transient: 30 days with a week in which a mistake is mended
    assert ages(STAGING) == [13, 14]
    assert ages(WORK) == []


def job_of(recording: Recording) -> dict[str, Any]:
    """The one task of the Cloud Run job."""
    task: dict[str, Any] = recording.named("orders-job").inputs["template"]["template"]
    return task


def words(recording: Recording) -> list[str]:
    (container,) = job_of(recording)["containers"]
    found: list[str] = container["args"]
    return found


def test_cloud_run_job_runs_once_as_its_own_account_in_the_given_network_only() -> None:
    recording = dataset(ON_CLOUD_RUN)
    inputs = recording.named("orders-job").inputs
    assert (inputs["name"], inputs["location"], inputs["project"]) == (JOB, "europe-west1", PROJECT)
    assert inputs["deletionProtection"] is False
    assert (inputs["template"]["taskCount"], inputs["template"]["parallelism"]) == (1, 1)
    task = job_of(recording)
    (container,) = task.pop("containers")
    assert task == {
        "serviceAccount": account(recording, "job").removeprefix("serviceAccount:"),
        "maxRetries": 0,
        "timeout": "7200s",
        "executionEnvironment": "EXECUTION_ENVIRONMENT_GEN2",
        "vpcAccess": {
            "egress": "ALL_TRAFFIC",
            "networkInterfaces": [{"network": "data", "subnetwork": "jobs", "tags": [JOB]}],
        },
    }
    assert container["image"] == IMAGE
    assert container["commands"] == ["python", "-m", "dataops_infra.masking.engines.spark_job"]
    assert container["resources"] == {"limits": {"cpu": "4", "memory": "16Gi"}}


def test_job_is_told_what_its_own_parser_understands() -> None:
    approval = f"gs://{WORK}/approval/approval.yaml"
    told = vars(read_arguments(words(dataset({**ON_CLOUD_RUN, "gate": {"approval_uri": approval}}))))
    wanted = {
        "plan": f"gs://{WORK}/plan/{DIGEST[:16]}.yaml",
        "source": f"{SOURCE}/",
        "target": f"gs://{COPY}/masked/",
        "staging": f"gs://{STAGING}/staging/",
        "key_secret": f"{SECRET}/versions/3",
        "key_file": None,
        "key_env": None,
        "plan_hash": DIGEST,
        "report": f"gs://{WORK}/verdict/verdict.json",
        "engine": Engine.local,
        "is_overwritten": True,
        "approval": approval,
    }
    assert {name: told[name] for name in wanted} == wanted


def test_job_masks_a_part_of_the_source_where_that_is_asked_for() -> None:
    masking = {**ON_CLOUD_RUN["masking"], "subset": {"rows": 100}}
    assert read_arguments(words(dataset({**ON_CLOUD_RUN, "masking": masking}))).subset == SubsetRequest(rows=100)


def test_job_is_there_when_its_plan_is_uploaded_and_its_network_closed() -> None:
    recording = dataset(ON_CLOUD_RUN)
    uploaded = recording.named("orders-plan").inputs
    assert (uploaded["bucket"], uploaded["name"]) == (WORK, f"plan/{DIGEST[:16]}.yaml")
    assert uploaded["source"]["text"] == Path(PLAN).read_text(encoding="utf-8")
    before = {urn.rpartition("::")[2] for urn in recording.named("orders-job").dependencies}
    assert before == {"orders-plan", "orders-key-reader", "orders-source-grant", "orders-job-account", *CLOSED}


def test_key_is_only_ever_a_name() -> None:
    everything = json.dumps([r.inputs for r in dataset(ON_CLOUD_RUN).resources])
    assert "secretData" not in everything
    assert dataset(ON_CLOUD_RUN).named("orders-key-reader").inputs == {
        "secretId": SECRET,
        "role": "roles/secretmanager.secretAccessor",
        "member": f"serviceAccount:{JOB}@{PROJECT}.iam.gserviceaccount.com",
        "condition": {
            "title": "version-3",
            "description": "Version 3 of the secret only.",
            "expression": 'resource.name.endsWith("/secrets/masking-key/versions/3")',
        },
    }


@pytest.mark.parametrize("version", ["", "/versions/latest"])
def test_every_version_of_a_secret_is_open_where_none_is_named(version: str) -> None:
    masking = {"plan": PLAN, "key_secret": f"{SECRET}{version}"}
    grant = dataset({**ON_CLOUD_RUN, "masking": masking}).named("orders-key-reader").inputs
    assert grant["secretId"] == SECRET
    assert "condition" not in grant


def test_network_is_closed_but_for_googles_services_and_what_is_named() -> None:
    shared = "projects/acme-network-dev/global/networks/data"
    network = {**NETWORK, "vpc": shared, "reachable_ranges": ["10.8.0.0/24", "192.168.7.0/28"]}
    recording = dataset({**ON_CLOUD_RUN, "job": {"image": IMAGE, "network": network}})
    rules = {
        r.name.removeprefix("orders-egress-"): r.inputs for r in recording.of_type("gcp:compute/firewall:Firewall")
    }
    common = {"project": "acme-network-dev", "network": shared, "direction": "EGRESS", "targetTags": [JOB]}
    assert rules == {
        "apis": {
            **common,
            "name": f"{JOB}-apis",
            "priority": 900,
            "destinationRanges": ["199.36.153.4/30"],
            "allows": [{"protocol": "tcp", "ports": ["443"]}],
        },
        "named": {
            **common,
            "name": f"{JOB}-named",
            "priority": 900,
            "destinationRanges": ["10.8.0.0/24", "192.168.7.0/28"],
            "allows": [{"protocol": "all"}],
        },
        "none": {
            **common,
            "name": f"{JOB}-none",
            "priority": 1000,
            "destinationRanges": ["0.0.0.0/0"],
            "denies": [{"protocol": "all"}],
        },
        "none6": {
            **common,
            "name": f"{JOB}-none6",
            "priority": 1000,
            "destinationRanges": ["::/0"],
            "denies": [{"protocol": "all"}],
        },
    }


def test_self_links_reach_the_job_as_names() -> None:
    address = "https://www.googleapis.com/compute/v1/projects/acme-network-dev"
    network = {
        "vpc": f"{address}/global/networks/data",
        "subnets": [f"{address}/regions/europe-west1/subnetworks/jobs"],
    }
    recording = dataset({**ON_CLOUD_RUN, "job": {"image": IMAGE, "network": network}})
    assert job_of(recording)["vpcAccess"]["networkInterfaces"] == [
        {
            "network": "projects/acme-network-dev/global/networks/data",
            "subnetwork": "projects/acme-network-dev/regions/europe-west1/subnetworks/jobs",
            "tags": [JOB],
        }
    ]
    assert recording.named("orders-egress-none").inputs["project"] == "acme-network-dev"


def test_clock_starts_the_job_as_an_account_of_its_own() -> None:
    recording = dataset({**ON_CLOUD_RUN, "schedule": {"cron": "30 2 * * 1-5", "time_zone": "Europe/Berlin"}})
    inputs = recording.named("orders-schedule").inputs
    target = inputs.pop("httpTarget")
    assert inputs == {
        "name": JOB,
        "region": "europe-west1",
        "project": PROJECT,
        "description": "Runs the masking of orders",
        "schedule": "30 2 * * 1-5",
        "timeZone": "Europe/Berlin",
    }
    assert base64.b64decode(target.pop("body")) == b"{}"
    assert target == {
        "httpMethod": "POST",
        "uri": f"https://run.googleapis.com/v2/projects/{PROJECT}/locations/europe-west1/jobs/{JOB}:run",
        "headers": {"Content-Type": "application/json"},
        "oauthToken": {"serviceAccountEmail": account(recording, "starter").removeprefix("serviceAccount:")},
    }
    before = {urn.rpartition("::")[2] for urn in recording.named("orders-schedule").dependencies}
    assert before == {"orders-starter-grant"}


def test_dataset_publishes_what_others_need_once_every_child_is_there() -> None:
    def program() -> None:
        made = MaskedTestDataset("orders", ON_CLOUD_RUN)  # type: ignore[arg-type]
        gcp.storage.BucketObject("consumer", bucket=made.ref["bucket"], content=made.manifest_uri)

    recording = record(program)
    outputs = recording.outputs("orders")
    assert outputs["ref"] == {
        "cloud": "gcp",
        "target_uri": f"gs://{COPY}/masked/",
        "bucket": COPY,
        "prefix": "masked/",
        "kms_key": KEY,
        "manifest_uri": f"gs://{COPY}/masked/_manifest.json",
        "verdict_uri": f"gs://{WORK}/verdict/verdict.json",
        "plan_digest": DIGEST,
        "region": "europe-west1",
        "domain": "growth",
        "environment": "dev",
        "data_classification": "masked",
    }
    assert outputs["role"] == f"{JOB}@{PROJECT}.iam.gserviceaccount.com"
    assert outputs["alarm"] == f"{JOB}-failed, {JOB}-missed"
    assert JOB in outputs.values()
    waits_for = {urn.rpartition("::")[2] for urn in recording.named("consumer").dependencies}
    everything = {r.name for r in recording.resources if r.custom} - {"consumer"}
    assert everything - waits_for == set()


@pytest.mark.parametrize(
    ("place", "key"), [(ELSEWHERE, ""), ({**ELSEWHERE, "kms_key_name": ADOPTED}, ADOPTED)], ids=["no key", "key"]
)
def test_copy_may_go_to_a_bucket_of_somebody_else(place: dict[str, Any], key: str) -> None:
    recording = dataset({**ON_CLOUD_RUN, "target": place})
    ref = recording.outputs("orders")["ref"]
    assert (ref["target_uri"], ref["bucket"], ref["prefix"], ref["kms_key"]) == (
        "gs://acme-test-data/tests/orders/",
        "acme-test-data",
        "tests/orders/",
        key,
    )
    assert recording.named("orders-target-folder").inputs == {
        "bucket": "acme-test-data",
        "name": "tests/orders/",
        "forceDestroy": True,
    }
    assert recording.named("orders-target-grant").inputs == {
        "bucket": "acme-test-data",
        "managedFolder": "tests/orders/",
        "role": "roles/storage.objectUser",
        "member": account(recording, "job"),
    }
    assert read_arguments(words(recording)).staging == f"gs://{STAGING}/staging/"


def test_data_stays_unless_both_keys_turn_and_the_rest_goes() -> None:
    kept = dataset(ON_CLOUD_RUN)
    assert kept.named("orders-copy").protect
    assert not kept.named("orders-job").protect
    loose = dataset({**ON_CLOUD_RUN, "deletion_protection": False}, config={"dataops:allowDataLoss": "true"})
    assert {r.inputs["forceDestroy"] for r in loose.of_type("gcp:storage/bucket:Bucket")} == {True}
    assert {r.protect for r in loose.resources} == {False}


def test_facts_that_are_outputs_reach_job_secret_and_firewall() -> None:
    def program() -> None:
        lake = GcsDataLake("events", {"domain": "growth", "data_classification": "internal", "zones": ["curated"]})
        source = {"gcs_lake": lake.ref, "zone": "curated", "prefix": "curated/growth/orders/v1"}
        vpc = pulumi.Output.from_input("projects/acme-network-dev/global/networks/data")
        args: Any = {
            **ON_DATAPROC,
            "source": source,
            "masking": {"plan": PLAN, "key_secret": pulumi.Output.from_input(f"{SECRET}/versions/3")},
            "job": {
                **ON_DATAPROC["job"],
                "network": {
                    "vpc": vpc,
                    "subnets": [pulumi.Output.from_input("jobs")],
                    "reachable_ranges": ["10.8.0.0/24"],
                },
            },
        }
        MaskedTestDataset("orders", args)

    recording = record(program)
    assert recording.named("orders-source-folder").inputs["bucket"] == "acme-dev-growth-events-curated"
    assert recording.named("orders-key-reader").inputs["secretId"] == SECRET
    assert recording.named("orders-egress-none").inputs["project"] == "acme-network-dev"
    source = json.loads(recording.named("orders-job").inputs["sourceContents"])
    body = source["main"]["steps"][1]["submit"]["args"]["body"]
    told = read_arguments(body["pysparkBatch"]["args"])
    assert (told.source, told.key_secret) == (f"{SOURCE}/", f"{SECRET}/versions/3")
    assert body["environmentConfig"]["executionConfig"]["subnetworkUri"] == "jobs"


def test_launcher_ends_with_the_jobs_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops_infra.masking.engines.spark_job.main", lambda: 1)
    with pytest.raises(SystemExit) as ended:
        exec(compile(LAUNCHER_TEXT, "masking_job.py", "exec"), {})
    assert ended.value.code == 1
