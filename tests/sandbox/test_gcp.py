"""What GcpSandbox creates, exactly."""

import json
from typing import Any

import pulumi_gcp as gcp
import pytest

from dataops_infra.conventions.sandboxes import SANDBOX_GRACE_DAYS, SANDBOX_MAXIMUM_DAYS
from dataops_infra.sandbox import GcpSandbox, GcpSandboxArgs
from tests.support.recording import BIGQUERY_AGENT, Recording, record

ARGS: GcpSandboxArgs = {
    "domain": "growth",
    "locations": ["europe-west1"],
    "expires_on": "2026-12-31",
    "members": ["group:growth@acme.example"],
    "monthly_budget_usd": 200,
    "billing_account": "012345-6789AB-CDEF01",
}
PROJECT = "acme-data-dev"
SANDBOX = "acme-dev-growth-trial-sandbox"
EMAIL = f"{SANDBOX}@{PROJECT}.iam.gserviceaccount.com"
LABELS = {
    "owner": "growth-data",
    "cost-center": "cc-1234",
    "environment": "dev",
    "domain": "growth",
    "data-classification": "masked",
    "managed-by": "dataops-infra",
    "zone": "sandbox",
    "expires-on": "2026-12-31",
    "sandbox": SANDBOX,
}
CONDITION = {
    "title": "until-2026-12-31",
    "description": "Access ends with 2026-12-31 (UTC).",
    "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")',
}
GROUP = "group-growth-acme-example-9688c0a4"
ONCE = [
    "trial",
    "trial-account",
    "trial-account-users",
    "trial-budget",
    "trial-queries-account",
    f"trial-queries-{GROUP}",
]
COPY = [
    "bigquery-key-grant",
    "dataset",
    "key",
    "key-grant",
    "key-ring",
    "logs",
    "logs-policy",
    "sandbox",
    "sandbox-policy",
]
METRIC = "bigquery.googleapis.com%2Fquota%2Fquery%2Fusage"
QUOTA = f"projects/{PROJECT}/services/bigquery.googleapis.com/consumerQuotaMetrics/{METRIC}"


def key_of(location: str) -> str:
    return f"projects/{PROJECT}/locations/{location}/keyRings/{SANDBOX}/cryptoKeys/{SANDBOX}"


def sandbox(config: dict[str, str] | None = None, stack: str = "dev", **args: Any) -> Recording:
    """A recording of one sandbox called ``trial``."""
    merged: Any = {**ARGS, **args}
    return record(lambda: GcpSandbox("trial", merged), config=config, stack_name=stack)


@pytest.mark.parametrize("locations", [["europe-west1"], ["europe-west4", "europe-west1"]])
def test_gcp_sandbox_registers_these_children(locations: list[str]) -> None:
    recording = sandbox(locations=locations)
    copies = [f"trial-{location}-{child}" for location in locations for child in COPY]
    assert sorted(r.name for r in recording.resources) == sorted([*ONCE, *copies])
    assert {r.parent for r in recording.resources if r.custom} == {recording.named("trial").urn}
    assert recording.named("trial").type == "dataops-infra:index:GcpSandbox"


def test_gcp_sandbox_stands_in_the_environments_project() -> None:
    for stack, project in (("dev", "acme-data-dev"), ("prod", "acme-data-prod")):
        made = [r for r in sandbox(stack=stack).resources if r.custom and "project" in r.inputs]
        assert {r.inputs["project"] for r in made} == {project}


def test_gcp_sandbox_labels_whatever_takes_labels() -> None:
    recording = sandbox(tags={"team": "checkout"}, data_classification="internal")
    labels = {**LABELS, "team": "checkout", "data-classification": "internal"}
    labelled = {r.name: r.inputs["labels"] for r in recording.resources if r.custom and "labels" in r.inputs}
    assert labelled == {
        "trial-europe-west1-dataset": labels,
        "trial-europe-west1-key": labels,
        "trial-europe-west1-logs": {**labels, "zone": "logs"},
        "trial-europe-west1-sandbox": labels,
    }


def test_gcp_sandbox_owns_the_whole_access_list_of_its_dataset() -> None:
    federated = "principal://iam.googleapis.com/locations/global/workforcePools/acme/subject/ana"
    cluster = "serviceAccount:acme-data-dev.svc.id.goog[jobs/loader]"
    members = ["group:growth@acme.example", "user:ana@acme.example", "serviceAccount:ci@p.iam.gserviceaccount.com"]
    dataset = sandbox(members=[*members, federated, cluster]).named("trial-europe-west1-dataset").inputs
    assert dataset["accesses"] == [
        {"role": "OWNER", "specialGroup": "projectOwners"},
        {"role": "WRITER", "userByEmail": EMAIL, "condition": CONDITION},
        {"role": "WRITER", "groupByEmail": "growth@acme.example", "condition": CONDITION},
        {"role": "WRITER", "userByEmail": "ana@acme.example", "condition": CONDITION},
        {"role": "WRITER", "userByEmail": "ci@p.iam.gserviceaccount.com", "condition": CONDITION},
        {"role": "WRITER", "iamMember": federated, "condition": CONDITION},
        {"role": "WRITER", "iamMember": cluster, "condition": CONDITION},
    ]


def test_gcp_sandbox_encrypts_and_empties_its_dataset() -> None:
    dataset = sandbox().named("trial-europe-west1-dataset").inputs
    milliseconds = (SANDBOX_MAXIMUM_DAYS + SANDBOX_GRACE_DAYS) * 24 * 60 * 60 * 1000
    assert {key: value for key, value in dataset.items() if key not in ("accesses", "labels")} == {
        "datasetId": "acme_dev_growth_trial_sandbox_europe_west1",
        "project": PROJECT,
        "location": "europe-west1",
        "description": "Sandbox trial until 2026-12-31",
        "defaultEncryptionConfiguration": {"kmsKeyName": key_of("europe-west1")},
        "defaultTableExpirationMs": milliseconds,
        "defaultPartitionExpirationMs": milliseconds,
        "deleteContentsOnDestroy": True,
    }


def test_gcp_sandbox_deletes_objects_by_their_age_and_never_by_a_date() -> None:
    bucket = sandbox(data_days=10).named("trial-europe-west1-sandbox").inputs
    conditions = [rule["condition"] for rule in bucket["lifecycleRules"] if rule["action"]["type"] == "Delete"]
    assert conditions == [
        {"age": 10, "withState": "LIVE"},
        {"daysSinceNoncurrentTime": 1, "withState": "ARCHIVED"},
        {"age": 11, "withState": "ARCHIVED"},
    ]
    assert bucket["softDeletePolicy"] == {"retentionDurationSeconds": 7 * 24 * 60 * 60}
    assert "createdBefore" not in json.dumps(bucket)


def test_gcp_sandbox_lets_bigquery_use_the_key_it_makes_and_asks_nothing_of_an_adopted_one() -> None:
    grant = sandbox().named("trial-europe-west1-bigquery-key-grant").inputs
    assert grant == {
        "cryptoKeyId": key_of("europe-west1"),
        "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        "member": f"serviceAccount:{BIGQUERY_AGENT}",
    }
    adopted = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys/sandboxes"
    recording = sandbox(kms_key_names={"europe-west1": adopted})
    assert not [r for r in recording.resources if r.type.startswith("gcp:kms")]
    dataset, bucket = (recording.named(f"trial-europe-west1-{child}").inputs for child in ("dataset", "sandbox"))
    assert dataset["defaultEncryptionConfiguration"] == {"kmsKeyName": adopted}
    assert bucket["encryption"]["defaultKmsKeyName"] == adopted


def test_gcp_sandbox_is_its_service_account_to_members() -> None:
    recording = sandbox(members=["group:growth@acme.example", "user:ana@acme.example"])
    assert recording.named("trial-account").inputs == {
        "accountId": SANDBOX,
        "displayName": "Sandbox until 2026-12-31: trial",
        "project": PROJECT,
    }
    assert recording.named("trial-account-users").inputs == {
        "serviceAccountId": f"projects/{PROJECT}/serviceAccounts/{EMAIL}",
        "role": "roles/iam.serviceAccountTokenCreator",
        "members": ["group:growth@acme.example", "user:ana@acme.example"],
        "condition": CONDITION,
    }


def test_gcp_sandbox_adds_to_the_projects_policy_and_replaces_nothing_there() -> None:
    recording = sandbox()
    of_project = [r for r in recording.resources if r.type.startswith("gcp:projects/")]
    assert {r.name: r.inputs for r in of_project} == {
        f"trial-queries-{child}": {
            "project": PROJECT,
            "role": "roles/bigquery.jobUser",
            "member": member,
            "condition": {**CONDITION, "title": f"{SANDBOX}-until-2026-12-31"},
        }
        for child, member in (("account", f"serviceAccount:{EMAIL}"), (GROUP, "group:growth@acme.example"))
    }
    assert {r.type for r in of_project} == {"gcp:projects/iAMMember:IAMMember"}


def test_gcp_sandbox_goes_with_its_data() -> None:
    recording = sandbox(locations=["europe-west1", "europe-west4"])
    children = [r for r in recording.resources if r.custom]
    assert {(r.protect, r.retain_on_delete) for r in children} == {(False, False)}
    assert {r.inputs["forceDestroy"] for r in recording.of_type("gcp:storage/bucket:Bucket")} == {True}
    assert {r.inputs["deleteContentsOnDestroy"] for r in recording.of_type("gcp:bigquery/dataset:Dataset")} == {True}


def test_gcp_sandbox_states_the_order_that_its_values_no_longer_carry() -> None:
    recording = sandbox()

    def after(name: str) -> set[str]:
        return {urn.split("::")[-1] for urn in recording.named(name).dependencies}

    assert after("trial-account-users") == {"trial-account"}
    assert after("trial-queries-account") == {"trial-account"}
    assert after("trial-europe-west1-bigquery-key-grant") == {"trial-europe-west1-key-grant"}
    assert after("trial-europe-west1-sandbox-policy") == {"trial-account", "trial-europe-west1-sandbox"}
    assert after("trial-europe-west1-dataset") == {"trial-account", "trial-europe-west1-bigquery-key-grant"}
    for name in ("trial-account", "trial-europe-west1-dataset", "trial-europe-west1-sandbox"):
        assert recording.named(name).delete_before_replace


def test_gcp_sandbox_names_its_children_by_the_member_and_not_by_its_place() -> None:
    first, second = "user:ana@acme.example", "user:bob@acme.example"
    there = {r.name: r.inputs["member"] for r in sandbox(members=[first, second]).resources if "member" in r.inputs}
    back = {r.name: r.inputs["member"] for r in sandbox(members=[second, first]).resources if "member" in r.inputs}
    assert there == back
    assert len(there) == 5


def test_gcp_sandbox_publishes_what_others_need_once_every_child_is_there() -> None:
    def program() -> None:
        merged: Any = {**ARGS, "locations": ["europe-west1", "europe-west4"], "query_quota": {"user_gib_per_day": 1}}
        made = GcpSandbox("trial", merged)
        gcp.storage.BucketObject("consumer", bucket=made.ref["buckets"]["europe-west4"], content="x")
        gcp.storage.BucketObject("by-output", bucket=made.buckets["europe-west4"], content=made.service_account_email)
        gcp.bigquery.Table("table", dataset_id=made.datasets["europe-west1"], table_id="t")

    recording = record(program)
    locations = ("europe-west1", "europe-west4")
    maps = {
        "datasets": {x: f"acme_dev_growth_trial_sandbox_{x.replace('-', '_')}" for x in locations},
        "buckets": {x: f"acme-dev-growth-trial-{x}-sandbox" for x in locations},
    }
    assert recording.outputs("trial") == {
        "service_account_email": EMAIL,
        **maps,
        "ref": {
            "service_account_email": EMAIL,
            "label": SANDBOX,
            **maps,
            "log_buckets": {x: f"acme-dev-growth-trial-{x}-logs" for x in locations},
            "kms_key_names": {x: key_of(x) for x in locations},
            "project": PROJECT,
            "expires_on": "2026-12-31",
            "domain": "growth",
            "environment": "dev",
            "data_classification": "masked",
        },
    }
    everything = {r.name for r in recording.resources if r.custom} - {"consumer", "by-output", "table"}
    for consumer in ("consumer", "by-output", "table"):
        waits_for = {urn.split("::")[-1] for urn in recording.named(consumer).dependencies}
        assert everything - waits_for == set()


def test_gcp_sandbox_has_a_budget_of_its_own_label() -> None:
    assert sandbox(monthly_budget_usd=99.5).named("trial-budget").inputs == {
        "billingAccount": "012345-6789AB-CDEF01",
        "displayName": SANDBOX,
        "amount": {"specifiedAmount": {"currencyCode": "USD", "units": "99", "nanos": 500_000_000}},
        "budgetFilter": {
            "projects": ["projects/111111111111"],
            "labels": {"sandbox": SANDBOX},
            "calendarPeriod": "MONTH",
        },
        "thresholdRules": [{"thresholdPercent": 0.5}, {"thresholdPercent": 0.8}, {"thresholdPercent": 1}],
    }


def test_gcp_sandbox_may_have_the_project_counted_and_others_told() -> None:
    channel, topic = f"projects/{PROJECT}/notificationChannels/1234", f"projects/{PROJECT}/topics/spending"
    budget = {"counts": "project", "notification_channels": [channel], "pubsub_topic": topic}
    inputs = sandbox(budget=budget).named("trial-budget").inputs
    assert inputs["budgetFilter"] == {"projects": ["projects/111111111111"], "calendarPeriod": "MONTH"}
    assert inputs["allUpdatesRule"] == {"monitoringNotificationChannels": [channel], "pubsubTopic": topic}


def test_gcp_sandbox_creates_the_quotas_it_is_asked_for() -> None:
    recording = sandbox(query_quota={"user_gib_per_day": 100, "project_gib_per_day": 1000})
    common = {
        "project": PROJECT,
        "service": "bigquery.googleapis.com",
        "metric": METRIC,
        "force": True,
    }
    assert {r.name: r.inputs for r in recording.resources if "quota" in r.name} == {
        "trial-user-quota": {**common, "limit": "%2Fd%2Fproject%2Fuser", "overrideValue": "102400"},
        "trial-project-quota": {**common, "limit": "%2Fd%2Fproject", "overrideValue": "1024000"},
    }


def test_gcp_sandbox_reads_the_quota_it_adopts_and_creates_none() -> None:
    adopted = f"{QUOTA}/limits/%2Fd%2Fproject%2Fuser/consumerOverrides/Cg1RdW90YU92ZXJyaWRl"
    recording = sandbox(query_quota={"adopted_ids": [adopted]})
    assert [r for r in recording.resources if "quota" in r.type.lower()] == []
    assert recording.read == {"trial-adopted-quota-0": adopted}


def test_gcp_sandbox_has_one_sandbox_more_in_a_project_without_any_quota_by_default() -> None:
    def program() -> None:
        for name in ("trial", "other"):
            GcpSandbox(name, ARGS)

    assert [r for r in record(program).resources if "quota" in r.type.lower()] == []


def test_gcp_sandbox_of_a_long_name_has_a_display_name_that_google_takes() -> None:
    name = "a" * 200
    account = record(lambda: GcpSandbox(name, ARGS)).named(f"{name}-account").inputs
    assert account["displayName"] == f"Sandbox until 2026-12-31: {'a' * 74}"
    assert len(account["accountId"]) == 30
