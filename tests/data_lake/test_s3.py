"""What S3DataLake creates, exactly."""

from typing import Any

import pulumi_aws as aws
import pytest

from dataops_infra.data_lake import S3DataLake, S3DataLakeArgs
from tests.support.recording import UNKNOWN, Recording, record

MINIMAL: S3DataLakeArgs = {"domain": "growth", "data_classification": "internal"}
KEY = "arn:aws:kms:eu-west-1:111111111111:alias/acme-dev-growth-events"
TAGS = {
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
    return record(lambda: S3DataLake("events", merged), config=config, stack_name=stack)


def test_s3_data_lake_has_one_bucket_per_zone_and_one_for_logs() -> None:
    buckets = lake().of_type("aws:s3/bucket:Bucket")
    assert {b.name: (b.inputs["bucket"], b.inputs["tags"]["zone"]) for b in buckets} == {
        f"events-{zone}": (f"acme-dev-growth-events-{zone}", zone)
        for zone in ("raw", "staged", "curated", "quarantine", "logs")
    }


def test_s3_data_lake_registers_these_children_for_one_zone() -> None:
    recording = lake(zones=["raw"])
    settings = ("lifecycle", "ownership", "policy", "public-access", "versioning", "encryption")
    assert sorted(r.name for r in recording.resources) == sorted(
        ["events", "events-key", "events-key-alias", "events-raw-logging"]
        + [f"events-{zone}" for zone in ("raw", "logs")]
        + [f"events-{zone}-{setting}" for zone in ("raw", "logs") for setting in settings]
    )
    assert {r.parent for r in recording.resources if r.custom} == {recording.named("events").urn}
    assert recording.named("events").type == "dataops-infra:index:S3DataLake"


def test_s3_data_lake_tags_whatever_takes_tags() -> None:
    recording = lake(zones=["raw"], tags={"team": "checkout"})
    assert recording.named("events-raw").inputs["tags"] == {**TAGS, "team": "checkout", "zone": "raw"}
    assert recording.named("events-logs").inputs["tags"] == {**TAGS, "team": "checkout", "zone": "logs"}
    assert recording.named("events-key").inputs["tags"] == {**TAGS, "team": "checkout"}


@pytest.mark.parametrize("zone", ["raw", "logs"])
def test_s3_data_lake_makes_each_bucket_private_and_versioned(zone: str) -> None:
    recording = lake(zones=["raw"])
    bucket = {"bucket": f"acme-dev-growth-events-{zone}", "region": "eu-west-1"}
    assert recording.named(f"events-{zone}-public-access").inputs == {
        **bucket,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert recording.named(f"events-{zone}-ownership").inputs == {
        **bucket,
        "rule": {"objectOwnership": "BucketOwnerEnforced"},
    }
    assert recording.named(f"events-{zone}-versioning").inputs == {
        **bucket,
        "versioningConfiguration": {"status": "Enabled"},
    }


@pytest.mark.parametrize(
    ("zone", "default", "bucket_key"),
    [
        ("raw", {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}, True),
        ("logs", {"sseAlgorithm": "AES256"}, False),
    ],
)
def test_s3_data_lake_encrypts_zones_with_its_key_and_logs_with_s3s(zone: str, default: Any, bucket_key: bool) -> None:
    assert lake().named(f"events-{zone}-encryption").inputs["rules"] == [
        {"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": bucket_key}
    ]


def test_s3_data_lake_logs_each_zone_below_its_own_prefix_and_never_the_logs() -> None:
    logging = lake(zones=["raw", "curated"]).of_type("aws:s3/bucketLogging:BucketLogging")
    assert {r.name: r.inputs for r in logging} == {
        f"events-{zone}-logging": {
            "bucket": f"acme-dev-growth-events-{zone}",
            "targetBucket": "acme-dev-growth-events-logs",
            "targetPrefix": f"{zone}/",
            "region": "eu-west-1",
        }
        for zone in ("raw", "curated")
    }


def test_s3_data_lake_rotates_its_key_and_names_it_by_alias() -> None:
    recording = lake()
    key = recording.named("events-key").inputs
    assert (key["enableKeyRotation"], key["deletionWindowInDays"], key["region"]) == (True, 30, "eu-west-1")
    assert recording.named("events-key-alias").inputs == {
        "name": "alias/acme-dev-growth-events",
        "targetKeyId": UNKNOWN,
        "region": "eu-west-1",
    }


def test_s3_data_lake_states_the_order_that_its_values_no_longer_carry() -> None:
    recording = lake(zones=["raw"])

    def after(name: str) -> set[str]:
        return {urn.split("::")[-1] for urn in recording.named(name).dependencies}

    assert after("events-raw-encryption") == {"events-raw", "events-key-alias"}
    assert after("events-raw-policy") == {"events-raw", "events-raw-public-access"}
    assert after("events-raw-lifecycle") == {"events-raw", "events-raw-versioning"}
    assert after("events-raw-logging") == {"events-raw", "events-logs", "events-logs-policy"}
    assert recording.named("events-raw-policy").property_dependencies == {
        "bucket": (recording.named("events-raw").urn,)
    }
    assert recording.named("events-raw").delete_before_replace
    assert recording.named("events-key-alias").delete_before_replace


def test_s3_data_lake_publishes_a_ref_that_waits_for_every_child() -> None:
    def program() -> None:
        made = S3DataLake("events", {**MINIMAL, "zones": ["raw"]})
        aws.s3.BucketObject("consumer", bucket=made.ref["buckets"]["raw"], content="x")

    recording = record(program)
    assert recording.outputs("events") == {
        "ref": {
            "buckets": {"raw": "acme-dev-growth-events-raw"},
            "log_bucket": "acme-dev-growth-events-logs",
            "kms_key_arn": KEY,
            "region": "eu-west-1",
            "domain": "growth",
            "environment": "dev",
            "data_classification": "internal",
            "retention_class": "standard",
        }
    }
    consumer = recording.named("consumer")
    assert consumer.inputs["bucket"] == "acme-dev-growth-events-raw"
    waits_for = {urn.split("::")[-1] for urn in consumer.dependencies}
    everything = {r.name for r in recording.resources if r.custom} - {"consumer", "events-key"}
    assert everything - waits_for == set()
