"""What the accounts of a test dataset on GCP may do: tables written by hand, judged with another's CEL (must hold 2).

By IAM's own logic (https://cloud.google.com/iam/docs/policies#structure and /conditions-overview): a request is allowed
by one binding that names its principal, holds the permission, stands on the resource or above it, and whose condition
is true; nothing is allowed without one.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from dataops_infra.data_lake import GcsDataLake
from dataops_infra.sandbox import GcpSandbox
from dataops_infra.test_datasets import MaskedTestDataset
from tests.support.cel_grants import Grant, allowed, grants_of
from tests.support.recording import Recording, record
from tests.test_datasets.gcp_arguments import (
    COPY,
    JOB,
    LOGS,
    MASKED,
    ON_CLOUD_RUN,
    ON_DATAPROC,
    PROJECT,
    SECRET,
    STAGING,
    WORK,
    account,
    dataset,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
BUCKETS = "projects/_/buckets"
SOURCE = f"{BUCKETS}/acme-dev-growth-events-curated"
PREFIX = "curated/growth/orders/v1"
KEY = f"projects/{PROJECT}/locations/europe-west1/keyRings/{MASKED}/cryptoKeys/{MASKED}"
RUN_JOB = f"projects/{PROJECT}/locations/europe-west1/jobs"
READER = "group:testers@acme.example"
STRANGER = "user:eve@acme.example"

OF_THE_JOB = [
    # (permission, resource, verdict)
    ("storage.objects.get", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", True),
    ("storage.objects.get", f"{SOURCE}/objects/{PREFIX}/dt=2026-11-30/part-0.parquet", True),
    ("storage.objects.list", f"{SOURCE}/managedFolders/{PREFIX}", True),
    # the rest of the source's bucket, beginning with names that are almost the same
    ("storage.objects.get", f"{SOURCE}/objects/curated/growth/orders/v10/part-0.parquet", False),
    ("storage.objects.get", f"{SOURCE}/objects/curated/growth/orders/v2/part-0.parquet", False),
    ("storage.objects.get", f"{SOURCE}/objects/curated/growth/customers/v1/part-0.parquet", False),
    ("storage.objects.get", f"{SOURCE}/objects/{PREFIX}", False),
    ("storage.objects.list", SOURCE, False),
    ("storage.objects.list", f"{SOURCE}/managedFolders/curated/growth", False),
    ("storage.objects.list", f"{SOURCE}/managedFolders/curated/growth/customers/v1", False),
    # nothing is changed at the source
    ("storage.objects.create", f"{SOURCE}/objects/{PREFIX}/part-1.parquet", False),
    ("storage.objects.delete", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", False),
    ("storage.objects.update", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", False),
    ("storage.buckets.setIamPolicy", SOURCE, False),
    ("storage.managedFolders.setIamPolicy", f"{SOURCE}/managedFolders/{PREFIX}", False),
    ("storage.objects.get", f"{SOURCE}-of-somebody-else/objects/{PREFIX}/part-0.parquet", False),
    # the copy
    ("storage.objects.create", f"{BUCKETS}/{COPY}/objects/masked/part-0.parquet", True),
    ("storage.objects.delete", f"{BUCKETS}/{COPY}/objects/masked/_manifest.json", True),
    ("storage.objects.list", f"{BUCKETS}/{COPY}", True),
    ("storage.buckets.get", f"{BUCKETS}/{COPY}", True),
    ("storage.objects.create", f"{BUCKETS}/{COPY}/objects/other/part-0.parquet", False),
    ("storage.objects.create", f"{BUCKETS}/{COPY}/objects/masked-too/part-0.parquet", False),
    ("storage.buckets.update", f"{BUCKETS}/{COPY}", False),
    ("storage.buckets.setIamPolicy", f"{BUCKETS}/{COPY}", False),
    ("storage.managedFolders.setIamPolicy", f"{BUCKETS}/{COPY}/managedFolders/masked", False),
    # what it makes on the way, and what it tells
    ("storage.objects.create", f"{BUCKETS}/{STAGING}/objects/staging/5f/part-0.parquet", True),
    ("storage.objects.delete", f"{BUCKETS}/{STAGING}/objects/staging/5f/part-0.parquet", True),
    ("storage.objects.create", f"{BUCKETS}/{WORK}/objects/verdict/verdict.json", True),
    ("storage.objects.get", f"{BUCKETS}/{WORK}/objects/plan/5f.yaml", True),
    ("storage.objects.get", f"{BUCKETS}/{WORK}/objects/approval/approval.yaml", True),
    # neither its own plan nor who approved of it
    ("storage.objects.create", f"{BUCKETS}/{WORK}/objects/plan/5f.yaml", False),
    ("storage.objects.delete", f"{BUCKETS}/{WORK}/objects/plan/5f.yaml", False),
    ("storage.objects.create", f"{BUCKETS}/{WORK}/objects/approval/approval.yaml", False),
    ("storage.objects.list", f"{BUCKETS}/{WORK}", False),
    ("storage.objects.get", f"{BUCKETS}/{LOGS}/objects/copy_usage", False),
    ("storage.objects.create", f"{BUCKETS}/{LOGS}/objects/copy_usage", False),
    # other datasets
    ("storage.objects.get", f"{BUCKETS}/acme-dev-growth-customers-masked-copy/objects/masked/part-0.parquet", False),
    ("storage.objects.create", f"{BUCKETS}/acme-dev-growth-customers-masked-copy/objects/masked/x", False),
    ("storage.objects.get", f"{BUCKETS}/acme-dev-growth-customers-masked-staging/objects/staging/x", False),
    # one version of one secret; names of secrets have the project's number
    ("secretmanager.versions.access", f"{SECRET}/versions/3", True),
    ("secretmanager.versions.access", f"{SECRET}/versions/13", False),
    ("secretmanager.versions.access", f"{SECRET}/versions/4", False),
    ("secretmanager.versions.access", f"projects/{PROJECT}/secrets/customers-key/versions/3", False),
    ("secretmanager.versions.add", SECRET, False),
    ("secretmanager.secrets.delete", SECRET, False),
    # nothing of the project, and nobody else's rights
    ("cloudkms.cryptoKeyVersions.useToDecrypt", KEY, False),
    ("run.jobs.run", f"{RUN_JOB}/{JOB}", False),
    ("run.jobs.update", f"{RUN_JOB}/{JOB}", False),
    ("iam.serviceAccounts.getAccessToken", f"projects/{PROJECT}/serviceAccounts/other", False),
    ("resourcemanager.projects.setIamPolicy", f"projects/{PROJECT}", False),
    ("logging.logEntries.create", f"projects/{PROJECT}", False),
]


@pytest.fixture(scope="module")
def made() -> Recording:
    return dataset({**ON_CLOUD_RUN, "readers": [READER]})


@pytest.fixture(scope="module")
def grants(made: Recording) -> list[Grant]:
    return grants_of(made)


@pytest.mark.parametrize(("permission", "resource", "verdict"), OF_THE_JOB)
def test_job_reads_this_source_writes_this_copy_and_nothing_else(
    made: Recording, grants: list[Grant], permission: str, resource: str, verdict: bool
) -> None:
    assert allowed(grants, account(made, "job"), permission, resource, NOW) is verdict


OF_A_READER = [
    ("storage.objects.get", f"{BUCKETS}/{COPY}/objects/masked/part-0.parquet", True),
    ("storage.objects.get", f"{BUCKETS}/{COPY}/objects/masked/_manifest.json", True),
    ("storage.objects.list", f"{BUCKETS}/{COPY}/managedFolders/masked", True),
    ("storage.objects.get", f"{BUCKETS}/{COPY}/objects/other/x", False),
    ("storage.objects.list", f"{BUCKETS}/{COPY}", False),
    ("storage.objects.create", f"{BUCKETS}/{COPY}/objects/masked/x", False),
    ("storage.objects.delete", f"{BUCKETS}/{COPY}/objects/masked/part-0.parquet", False),
    ("storage.objects.get", f"{BUCKETS}/{STAGING}/objects/staging/5f/part-0.parquet", False),
    ("storage.objects.list", f"{BUCKETS}/{STAGING}", False),
    ("storage.objects.get", f"{BUCKETS}/{WORK}/objects/verdict/verdict.json", False),
    ("storage.objects.get", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", False),
    ("storage.objects.list", f"{SOURCE}/managedFolders/{PREFIX}", False),
    ("secretmanager.versions.access", f"{SECRET}/versions/3", False),
    ("run.jobs.run", f"{RUN_JOB}/{JOB}", False),
]


@pytest.mark.parametrize(("permission", "resource", "verdict"), OF_A_READER)
def test_reader_reads_the_copy_and_never_the_source(
    grants: list[Grant], permission: str, resource: str, verdict: bool
) -> None:
    assert allowed(grants, READER, permission, resource, NOW) is verdict
    assert not allowed(grants, STRANGER, permission, resource, NOW)


OF_THE_STARTER = [
    ("run.jobs.run", f"{RUN_JOB}/{JOB}", True),
    ("run.jobs.run", f"{RUN_JOB}/{JOB}-too", False),
    ("run.jobs.run", f"{RUN_JOB}/acme-dev-growth-customers-masking", False),
    ("run.jobs.runWithOverrides", f"{RUN_JOB}/{JOB}", False),
    ("run.jobs.update", f"{RUN_JOB}/{JOB}", False),
    ("iam.serviceAccounts.actAs", f"projects/{PROJECT}/serviceAccounts/x", False),
    ("storage.objects.get", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", False),
    ("storage.objects.get", f"{BUCKETS}/{COPY}/objects/masked/part-0.parquet", False),
    ("secretmanager.versions.access", f"{SECRET}/versions/3", False),
]


@pytest.mark.parametrize(("permission", "resource", "verdict"), OF_THE_STARTER)
def test_clock_starts_this_job_as_it_is_and_nothing_else(
    made: Recording, grants: list[Grant], permission: str, resource: str, verdict: bool
) -> None:
    assert allowed(grants, account(made, "starter"), permission, resource, NOW) is verdict


def test_nobody_has_a_right_in_the_whole_project(made: Recording) -> None:
    assert [r.name for r in made.resources if r.type.startswith("gcp:projects/")] == []


def test_rights_are_the_accounts_the_readers_and_googles_own(made: Recording, grants: list[Grant]) -> None:
    assert {grant.principal for grant in grants} == {
        account(made, "job"),
        account(made, "starter"),
        READER,
        "group:cloud-storage-analytics@google.com",  # Cloud Storage's log delivery
        "serviceAccount:service-999999999999@gs-project-accounts.iam.gserviceaccount.com",  # Cloud Storage itself
    }


# ------------------------------------------------------------------------------------------------ Spark

BATCHES = f"projects/{PROJECT}/locations/europe-west1/batches"
OF_A_BATCH = [
    ("job", "dataproc.batches.sparkApplicationWrite", BATCHES, True),
    ("job", "logging.logEntries.create", f"projects/{PROJECT}", True),
    ("job", "monitoring.timeSeries.create", f"projects/{PROJECT}", True),
    ("job", "storage.objects.get", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", True),
    ("job", "storage.objects.create", f"{BUCKETS}/{STAGING}/objects/google-cloud-dataproc-metainfo/x", True),
    ("job", "storage.objects.create", f"{BUCKETS}/{COPY}/objects/masked/part-0.parquet", True),
    ("job", "storage.objects.create", f"{BUCKETS}/{WORK}/objects/plan/masking_job.py", False),
    ("job", "storage.objects.get", f"{SOURCE}/objects/curated/growth/customers/v1/part-0.parquet", False),
    ("job", "dataproc.batches.create", BATCHES, False),
    ("job", "workflows.executions.create", f"projects/{PROJECT}/locations/europe-west1/workflows/{JOB}", False),
    ("submitter", "dataproc.batches.create", BATCHES, True),
    ("submitter", "dataproc.batches.get", f"{BATCHES}/{JOB}-1", True),
    ("submitter", "storage.objects.get", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", False),
    ("submitter", "storage.objects.create", f"{BUCKETS}/{WORK}/objects/plan/masking_job.py", False),
    ("submitter", "secretmanager.versions.access", f"{SECRET}/versions/3", False),
    ("submitter", "iam.serviceAccounts.getAccessToken", f"projects/{PROJECT}/serviceAccounts/x", False),
    ("starter", "workflows.executions.create", f"projects/{PROJECT}/locations/europe-west1/workflows/{JOB}", True),
    ("starter", "workflows.workflows.update", f"projects/{PROJECT}/locations/europe-west1/workflows/{JOB}", False),
    ("starter", "dataproc.batches.create", BATCHES, False),
    ("starter", "storage.objects.get", f"{SOURCE}/objects/{PREFIX}/part-0.parquet", False),
]


@pytest.fixture(scope="module")
def on_spark() -> Recording:
    return dataset(ON_DATAPROC)


@pytest.mark.parametrize(("role", "permission", "resource", "verdict"), OF_A_BATCH)
def test_batch_runs_as_the_job_and_is_submitted_by_an_account_that_reads_nothing(
    on_spark: Recording, role: str, permission: str, resource: str, verdict: bool
) -> None:
    assert allowed(grants_of(on_spark), account(on_spark, role), permission, resource, NOW) is verdict


@pytest.mark.parametrize(("who", "verdict"), [("job", True), ("submitter", False), ("starter", False)])
def test_submitter_acts_as_the_job_only(on_spark: Recording, who: str, verdict: bool) -> None:
    email = account(on_spark, who).removeprefix("serviceAccount:")
    resource = f"projects/{PROJECT}/serviceAccounts/{email}"
    submitter = account(on_spark, "submitter")
    assert allowed(grants_of(on_spark), submitter, "iam.serviceAccounts.actAs", resource, NOW) is verdict


def test_no_role_in_the_whole_project_reaches_an_object_or_a_secret(on_spark: Recording) -> None:
    of_project = {r.inputs["role"] for r in on_spark.of_type("gcp:projects/iAMMember:IAMMember")}
    assert of_project == {
        "roles/dataproc.serverlessNode",
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
        "roles/dataproc.serverlessEditor",
        "roles/workflows.invoker",
    }


# ------------------------------------------------------------------------------------- lakes and sandboxes

MEMBER = "user:ana@acme.example"
LAKE_BUCKET = f"{BUCKETS}/acme-dev-growth-events-curated"


@pytest.fixture(scope="module")
def platform() -> Recording:
    """A lake, a dataset of it, and a sandbox that reads the dataset."""

    def program() -> None:
        lake = GcsDataLake("events", {"domain": "growth", "data_classification": "confidential", "zones": ["curated"]})
        source: Any = {"gcs_lake": lake.ref, "zone": "curated", "prefix": PREFIX}
        orders = MaskedTestDataset("orders", {**ON_CLOUD_RUN, "source": source})  # type: ignore[typeddict-item]
        GcpSandbox(
            "trial",
            {
                "domain": "growth",
                "locations": ["europe-west1"],
                "expires_on": "2026-12-31",
                "members": [MEMBER],
                "monthly_budget_usd": 200,
                "billing_account": "012345-6789AB-CDEF01",
                "test_datasets": [orders.ref],
            },
        )

    return record(program)


BEFORE, AFTER = datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("permission", "resource", "verdict"),
    [
        ("storage.objects.get", f"{BUCKETS}/{COPY}/objects/masked/part-0.parquet", True),
        ("storage.objects.list", f"{BUCKETS}/{COPY}/managedFolders/masked", True),
        ("storage.objects.list", f"{BUCKETS}/{COPY}", False),
        ("storage.objects.create", f"{BUCKETS}/{COPY}/objects/masked/part-0.parquet", False),
        ("storage.objects.delete", f"{BUCKETS}/{COPY}/objects/masked/_manifest.json", False),
        ("storage.objects.get", f"{BUCKETS}/{STAGING}/objects/staging/5f/part-0.parquet", False),
        ("storage.objects.get", f"{BUCKETS}/{WORK}/objects/verdict/verdict.json", False),
        ("storage.objects.get", f"{LAKE_BUCKET}/objects/{PREFIX}/part-0.parquet", False),
        ("storage.objects.list", f"{LAKE_BUCKET}/managedFolders/{PREFIX}", False),
        ("storage.objects.list", LAKE_BUCKET, False),
        ("secretmanager.versions.access", f"{SECRET}/versions/3", False),
        ("run.jobs.run", f"{RUN_JOB}/{JOB}", False),
    ],
)
def test_members_of_a_sandbox_read_the_copy_until_its_end_and_never_the_source(
    platform: Recording, permission: str, resource: str, verdict: bool
) -> None:
    granted = grants_of(platform)
    trial = platform.named("trial-account").inputs["accountId"]
    for principal in (MEMBER, f"serviceAccount:{trial}@{PROJECT}.iam.gserviceaccount.com"):
        assert allowed(granted, principal, permission, resource, BEFORE) is verdict
        assert not allowed(granted, principal, permission, resource, AFTER)


def test_lake_is_read_by_its_prefix_and_its_bucket_keeps_its_own_policy(platform: Recording) -> None:
    granted = grants_of(platform)
    job = account(platform, "job")
    assert allowed(granted, job, "storage.objects.get", f"{LAKE_BUCKET}/objects/{PREFIX}/x", NOW)
    assert allowed(granted, job, "storage.objects.list", f"{LAKE_BUCKET}/managedFolders/{PREFIX}", NOW)
    assert not allowed(granted, job, "storage.objects.get", f"{LAKE_BUCKET}/objects/curated/growth/x", NOW)
    assert platform.named("events-curated-policy").inputs["policyData"] == '{"bindings": []}'
    of_bucket = [r for r in platform.resources if r.inputs.get("bucket") == "acme-dev-growth-events-curated"]
    assert {r.name for r in of_bucket if "am" in r.type.rpartition(":")[2].lower()} == {
        "events-curated-policy",
        "orders-source-grant",
    }
