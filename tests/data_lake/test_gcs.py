"""What GcsDataLake creates, exactly."""

from pathlib import Path
from typing import Any

import pulumi_gcp as gcp
import pytest

from dataops_infra.data_lake import GcsDataLake, GcsDataLakeArgs
from tests.support.recording import STORAGE_AGENT, Recording, record

MINIMAL: GcsDataLakeArgs = {"domain": "growth", "data_classification": "internal"}
RING = "projects/acme-data-dev/locations/europe-west1/keyRings/acme-dev-growth-events"
KEY = f"{RING}/cryptoKeys/acme-dev-growth-events"
LABELS = {
    "owner": "growth-data",
    "cost-center": "cc-1234",
    "environment": "dev",
    "domain": "growth",
    "data-classification": "internal",
    "managed-by": "dataops-infra",
}


def lake(config: dict[str, str] | None = None, stack: str = "dev", **args: Any) -> Recording:
    """A recording of one lake called ``events``."""
    merged: Any = {**MINIMAL, **args}
    return record(lambda: GcsDataLake("events", merged), config=config, stack_name=stack)


def test_gcs_data_lake_has_one_bucket_per_zone_and_one_for_logs() -> None:
    buckets = lake().of_type("gcp:storage/bucket:Bucket")
    assert {b.name: (b.inputs["name"], b.inputs["labels"]["zone"]) for b in buckets} == {
        f"events-{zone}": (f"acme-dev-growth-events-{zone}", zone)
        for zone in ("raw", "staged", "curated", "quarantine", "logs")
    }


def test_gcs_data_lake_registers_these_children_for_one_zone() -> None:
    recording = lake(zones=["raw"], datasets={"orders": {"readers": ["group:a@acme.example"]}})
    assert {r.name: r.type for r in recording.resources if r.custom} == {
        "events-key-ring": "gcp:kms/keyRing:KeyRing",
        "events-key": "gcp:kms/cryptoKey:CryptoKey",
        "events-key-grant": "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "events-data-access-logs": "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        "events-logs": "gcp:storage/bucket:Bucket",
        "events-logs-policy": "gcp:storage/bucketIAMPolicy:BucketIAMPolicy",
        "events-raw": "gcp:storage/bucket:Bucket",
        "events-raw-policy": "gcp:storage/bucketIAMPolicy:BucketIAMPolicy",
        "events-raw-folder-orders": "gcp:storage/managedFolder:ManagedFolder",
        "events-raw-access-orders": "gcp:storage/managedFolderIamPolicy:ManagedFolderIamPolicy",
    }
    assert {r.parent for r in recording.resources if r.custom} == {recording.named("events").urn}
    assert recording.named("events").type == "dataops-infra:index:GcsDataLake"


def test_gcs_data_lake_labels_whatever_takes_labels() -> None:
    recording = lake(zones=["raw"], tags={"team": "checkout"})
    assert recording.named("events-raw").inputs["labels"] == {**LABELS, "team": "checkout", "zone": "raw"}
    assert recording.named("events-logs").inputs["labels"] == {**LABELS, "team": "checkout", "zone": "logs"}
    assert recording.named("events-key").inputs["labels"] == {**LABELS, "team": "checkout"}


def test_gcs_data_lake_makes_a_bucket_private_versioned_encrypted_and_logged() -> None:
    inputs = lake().named("events-raw").inputs
    rules, labels = inputs.pop("lifecycleRules"), inputs.pop("labels")
    assert (len(rules), labels["zone"]) == (5, "raw")
    assert inputs == {
        "name": "acme-dev-growth-events-raw",
        "location": "europe-west1",
        "project": "acme-data-dev",
        "uniformBucketLevelAccess": True,
        "publicAccessPrevention": "enforced",
        "versioning": {"enabled": True},
        "softDeletePolicy": {"retentionDurationSeconds": 30 * 24 * 60 * 60},
        "forceDestroy": False,
        "logging": {"logBucket": "acme-dev-growth-events-logs", "logObjectPrefix": "raw"},
        "encryption": {
            "defaultKmsKeyName": KEY,
            "googleManagedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
            "customerSuppliedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
            "customerManagedEncryptionEnforcementConfig": {"restrictionMode": "NotRestricted"},
        },
    }


def test_gcs_data_lake_leaves_the_log_bucket_to_googles_keys_and_out_of_the_logs() -> None:
    recording = lake(zones=["raw"])
    logs, raw = recording.named("events-logs").inputs, recording.named("events-raw").inputs
    assert raw.keys() - logs.keys() == {"encryption", "logging"}
    different = {key for key in logs if logs[key] != raw[key]}
    assert different == {"name", "labels"}


def test_gcs_data_lake_rotates_its_key_and_lets_only_cloud_storage_use_it() -> None:
    recording = lake()
    assert recording.named("events-key-ring").inputs == {
        "name": "acme-dev-growth-events",
        "location": "europe-west1",
        "project": "acme-data-dev",
    }
    key = recording.named("events-key").inputs
    assert key.pop("labels") == LABELS
    assert key == {
        "name": "acme-dev-growth-events",
        "keyRing": RING,
        "purpose": "ENCRYPT_DECRYPT",
        "rotationPeriod": f"{90 * 24 * 60 * 60}s",
        "destroyScheduledDuration": f"{30 * 24 * 60 * 60}s",
    }
    assert recording.named("events-key-grant").inputs == {
        "cryptoKeyId": KEY,
        "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        "member": f"serviceAccount:{STORAGE_AGENT}",
    }
    assert recording.functions == ["gcp:storage/getProjectServiceAccount:getProjectServiceAccount"]


def test_gcs_data_lake_has_its_key_where_cloud_kms_serves_its_location(tmp_path: Path) -> None:
    (tmp_path / "dataops.yaml").write_text("")
    config = {"dataops:conventions": str(tmp_path / "dataops.yaml"), "gcp:project": "acme-other"}
    recording = lake(config, owner="growth-data", cost_center="c", location="eu")
    assert recording.named("events-key-ring").inputs["location"] == "europe"
    assert recording.named("events-raw").inputs["location"] == "eu"
    assert recording.named("events-raw").inputs["encryption"]["defaultKmsKeyName"] == (
        "projects/acme-other/locations/europe/keyRings/dataops-dev-growth-events/cryptoKeys/dataops-dev-growth-events"
    )


def test_gcs_data_lake_logs_who_reads_data_for_the_project_and_never_turns_that_off() -> None:
    recording = lake(config={"dataops:allowDataLoss": "true"}, deletion_protection=False)
    audit = recording.named("events-data-access-logs")
    assert audit.inputs == {
        "project": "acme-data-dev",
        "service": "storage.googleapis.com",
        "auditLogConfigs": [{"logType": kind} for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")],
    }
    assert audit.retain_on_delete
    assert [r.name for r in recording.resources if r.custom and r.retain_on_delete] == ["events-data-access-logs"]


@pytest.mark.parametrize(("audit_logs", "made"), [(None, 1), ("create", 1), ("adopt", 0)])
def test_gcs_data_lake_leaves_the_projects_logs_to_whoever_answers_for_them(audit_logs: str | None, made: int) -> None:
    recording = lake(audit_logs=audit_logs)
    assert len(recording.of_type("gcp:projects/iAMAuditConfig:IAMAuditConfig")) == made


def test_gcs_data_lake_states_the_order_that_its_values_no_longer_carry() -> None:
    recording = lake(zones=["raw"], datasets={"orders": {"readers": ["group:a@acme.example"]}})

    def after(name: str) -> set[str]:
        return {urn.split("::")[-1] for urn in recording.named(name).dependencies}

    assert after("events-key") == {"events-key-ring"}
    assert after("events-key-grant") == {"events-key"}
    assert after("events-raw") == {"events-key-grant", "events-logs-policy", "events-logs"}
    assert after("events-raw-policy") == {"events-raw"}
    assert after("events-raw-access-orders") == {"events-raw", "events-raw-folder-orders"}
    bucket = (recording.named("events-raw").urn,)
    assert recording.named("events-raw-policy").property_dependencies == {"bucket": bucket}
    assert recording.named("events-raw").delete_before_replace
    assert recording.named("events-raw-folder-orders").delete_before_replace


def test_gcs_data_lake_publishes_a_ref_that_waits_for_every_child() -> None:
    def program() -> None:
        datasets: Any = {"orders": {"readers": ["group:a@acme.example"]}}
        made = GcsDataLake("events", {**MINIMAL, "zones": ["raw"], "datasets": datasets})
        gcp.storage.BucketObject("consumer", bucket=made.ref["buckets"]["raw"], content="x")

    recording = record(program)
    assert recording.outputs("events") == {
        "ref": {
            "buckets": {"raw": "acme-dev-growth-events-raw"},
            "log_bucket": "acme-dev-growth-events-logs",
            "kms_key_name": KEY,
            "location": "europe-west1",
            "project": "acme-data-dev",
            "domain": "growth",
            "environment": "dev",
            "data_classification": "internal",
            "retention_class": "standard",
        }
    }
    consumer = recording.named("consumer")
    assert consumer.inputs["bucket"] == "acme-dev-growth-events-raw"
    waits_for = {urn.split("::")[-1] for urn in consumer.dependencies}
    assert {r.name for r in recording.resources if r.custom} - {"consumer"} == waits_for - {"events"}
