"""Who may do what with a GCS lake: the policies of buckets and folders, and the arguments that shape them."""

import json
from datetime import date
from typing import Any

import pulumi
import pytest

from dataops_infra.data_lake import GcsDataLake, GcsDataLakeArgs
from dataops_infra.data_lake.gcs_access import Access, bucket_policy, folder_policy
from dataops_infra.foundation.gcp import until
from tests.support.recording import Recording, record

READER = "group:readers@acme.example"
WRITER = "serviceAccount:loader@acme-data-dev.iam.gserviceaccount.com"
MINIMAL: GcsDataLakeArgs = {"domain": "growth", "data_classification": "internal", "zones": ["raw"]}
ADOPTED = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys/lakes"
SEE, READ, WRITE = "roles/storage.bucketViewer", "roles/storage.objectViewer", "roles/storage.objectUser"


def lake(**args: Any) -> Recording:
    merged: Any = {**MINIMAL, **args}
    return record(lambda: GcsDataLake("events", merged))


def bindings(recording: Recording, name: str) -> dict[str, list[str]]:
    """Members by role of a policy whose grants have no condition and whose roles stand once."""
    document = json.loads(recording.named(name).inputs["policyData"])
    assert document.keys() == {"bindings"}
    assert all(binding.keys() == {"role", "members"} for binding in document["bindings"])
    found = {binding["role"]: binding["members"] for binding in document["bindings"]}
    assert len(found) == len(document["bindings"])
    return found


def test_lake_without_readers_and_writers_allows_nothing_not_even_to_the_projects_editors() -> None:
    assert bindings(lake(), "events-raw-policy") == {}


def test_bucket_policy_lets_readers_read_and_writers_write_too() -> None:
    assert bindings(lake(readers=[READER], writers=[WRITER]), "events-raw-policy") == {
        SEE: [READER, WRITER],
        READ: [READER],
        WRITE: [WRITER],
    }


@pytest.mark.parametrize("name", ["events-raw-policy", "events-logs-policy"])
def test_no_role_changes_a_bucket_or_a_policy(name: str) -> None:
    roles = bindings(lake(readers=[READER], writers=[WRITER]), name).keys()
    assert roles <= {SEE, READ, WRITE, "roles/storage.objectCreator"}


def test_log_bucket_admits_the_log_delivery_only() -> None:
    made = bindings(lake(readers=[READER], writers=[WRITER]), "events-logs-policy")
    assert made == {"roles/storage.objectCreator": ["group:cloud-storage-analytics@google.com"]}


def test_a_principal_that_reads_and_writes_stands_once_in_each_binding() -> None:
    made = bindings(lake(readers=[WRITER, READER, READER], writers=[WRITER, WRITER]), "events-raw-policy")
    assert made == {SEE: [WRITER, READER], READ: [READER], WRITE: [WRITER]}


def test_principals_given_as_known_outputs_leave_the_policies_known() -> None:
    made = bindings(lake(readers=[pulumi.Output.from_input(READER)], writers=[WRITER]), "events-raw-policy")
    assert made == {SEE: [READER, WRITER], READ: [READER], WRITE: [WRITER]}


def test_dataset_has_a_folder_of_its_own_in_every_zone() -> None:
    recording = lake(zones=["raw", "curated"], datasets={"orders": {"readers": [READER], "writers": [WRITER]}})
    folders = recording.of_type("gcp:storage/managedFolder:ManagedFolder")
    assert {r.name: r.inputs for r in folders} == {
        f"events-{zone}-folder-orders": {
            "bucket": f"acme-dev-growth-events-{zone}",
            "name": f"{zone}/growth/orders/",
            "forceDestroy": False,
        }
        for zone in ("raw", "curated")
    }
    access = recording.named("events-curated-access-orders")
    assert access.inputs["bucket"] == "acme-dev-growth-events-curated"
    assert access.inputs["managedFolder"] == "curated/growth/orders/"
    assert bindings(recording, "events-curated-access-orders") == {READ: [READER], WRITE: [WRITER]}
    assert bindings(recording, "events-curated-policy") == {}


def test_datasets_with_names_like_settings_have_children_of_their_own() -> None:
    datasets = {name: {"readers": [READER]} for name in ("policy", "access-policy", "folder", "folder-policy")}
    names = [r.name for r in lake(datasets=datasets).resources]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("as_output", [False, True])
def test_adopted_key_replaces_the_lakes_own(as_output: bool) -> None:
    recording = lake(kms_key_name=pulumi.Output.from_input(ADOPTED) if as_output else ADOPTED)
    assert [r.name for r in recording.resources if r.type.startswith("gcp:kms/")] == []
    assert recording.functions == []
    assert recording.named("events-raw").inputs["encryption"]["defaultKmsKeyName"] == ADOPTED
    assert recording.outputs("events")["ref"]["kms_key_name"] == ADOPTED


def test_every_grant_carries_the_condition_of_its_access() -> None:
    ends = until(date(2026, 12, 31))
    access = Access([READER], [WRITER], ends)
    for document in (bucket_policy(access), folder_policy(access)):
        assert {json.dumps(binding["condition"]) for binding in document["bindings"]} == {json.dumps(ends)}
    assert [binding["role"] for binding in bucket_policy(access)["bindings"]] == [SEE, READ, WRITE]


def test_nothing_recorded_is_unknown_or_holds_the_text_none() -> None:
    recording = lake(readers=[READER], writers=[WRITER], datasets={"orders": {"readers": [READER]}})
    texts = {r.name: json.dumps(r.inputs) for r in recording.resources}
    assert [name for name, text in texts.items() if "None" in text or "<unknown>" in text] == []
