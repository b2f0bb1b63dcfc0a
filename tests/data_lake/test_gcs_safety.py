"""No combination of arguments yields a public, unencrypted, unversioned or unlogged bucket; two keys destroy data."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.data_lake import GcsDataLake, GcsDataLakeArgs
from tests.support.recording import Recorded, Recording, record

MINIMAL: GcsDataLakeArgs = {"domain": "growth", "data_classification": "internal", "zones": ["raw"]}
PRINCIPALS = ["group:a@acme.example", "serviceAccount:b@acme-data-dev.iam.gserviceaccount.com"]
ADOPTED = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys/lakes"
LOG_DELIVERY = "group:cloud-storage-analytics@google.com"


def arguments() -> st.SearchStrategy[dict[str, Any]]:
    zones = ["raw", "staged", "curated", "quarantine"]
    access = {"readers": st.lists(st.sampled_from(PRINCIPALS)), "writers": st.lists(st.sampled_from(PRINCIPALS))}
    dataset = st.fixed_dictionaries({}, optional=access)
    return st.fixed_dictionaries(
        {"domain": st.just("growth"), "data_classification": st.sampled_from(["public", "masked", "confidential"])},
        optional={
            **access,
            "zones": st.lists(st.sampled_from(zones), min_size=1, unique=True),
            "retention_class": st.sampled_from(["transient", "standard", "regulated"]),
            "datasets": st.dictionaries(st.sampled_from(["orders", "clicks"]), dataset),
            "kms_key_name": st.just(ADOPTED),
            "audit_logs": st.sampled_from(["create", "adopt"]),
            "location": st.just("europe-west1"),
            "environment": st.sampled_from(["dev", "staging", "prod"]),
            "deletion_protection": st.booleans(),
            "tags": st.dictionaries(st.sampled_from(["team", "project"]), st.just("x")),
        },
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(args=arguments(), allow_data_loss=st.sampled_from(["true", "false"]))
def test_every_lake_is_private_encrypted_versioned_and_logged(args: Any, allow_data_loss: str) -> None:
    stack, config = args.get("environment", "dev"), {"dataops:allowDataLoss": allow_data_loss}
    recording = record(lambda: GcsDataLake("events", args), stack_name=stack, config=config)
    buckets = recording.of_type("gcp:storage/bucket:Bucket")
    assert len(buckets) == len(args.get("zones", ["raw", "staged", "curated", "quarantine"])) + 1
    for bucket in buckets:
        _assert_safe(bucket.inputs)
        (policy,) = [
            r for r in recording.of_type("gcp:storage/bucketIAMPolicy:BucketIAMPolicy")
            if r.inputs["bucket"] == bucket.inputs["name"]
        ]  # fmt: skip
        _assert_private(policy)
    for policy in recording.of_type("gcp:storage/managedFolderIamPolicy:ManagedFolderIamPolicy"):
        _assert_private(policy)
    _assert_keys_rotate(recording, args)
    assert "None" not in json.dumps([r.inputs for r in recording.resources])


def _assert_safe(bucket: dict[str, Any]) -> None:
    assert bucket["uniformBucketLevelAccess"]
    assert bucket["publicAccessPrevention"] == "enforced"
    assert bucket["versioning"] == {"enabled": True}
    assert bucket["softDeletePolicy"]["retentionDurationSeconds"] >= 7 * 86_400
    deletes = [rule["condition"] for rule in bucket["lifecycleRules"] if rule["action"]["type"] == "Delete"]
    assert [condition["withState"] for condition in deletes] == ["LIVE", "ARCHIVED", "ARCHIVED"]
    if bucket["labels"]["zone"] == "logs":
        assert not {"logging", "encryption"} & bucket.keys()
    else:
        assert bucket["logging"]["logBucket"].endswith("-logs")
        assert bucket["encryption"]["defaultKmsKeyName"].startswith("projects/")
        assert bucket["encryption"]["googleManagedEncryptionEnforcementConfig"] == {
            "restrictionMode": "FullyRestricted"
        }


def _assert_private(policy: Recorded) -> None:
    for binding in json.loads(policy.inputs["policyData"])["bindings"]:
        assert set(binding["members"]) <= {*PRINCIPALS, LOG_DELIVERY}
        assert binding["members"]
        assert not binding["role"].endswith(("Admin", ".admin", "Owner"))


def _assert_keys_rotate(recording: Recording, args: dict[str, Any]) -> None:
    keys = recording.of_type("gcp:kms/cryptoKey:CryptoKey")
    assert len(keys) == (0 if "kms_key_name" in args else 1)
    assert all(int(key.inputs["rotationPeriod"].removesuffix("s")) <= 90 * 86_400 for key in keys)
