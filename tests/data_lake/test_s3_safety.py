"""No combination of arguments yields a public, unencrypted, unversioned or unlogged bucket; two keys destroy data."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.data_lake import S3DataLake, S3DataLakeArgs
from tests.support.recording import Recorded, Recording, record

MINIMAL: S3DataLakeArgs = {"domain": "growth", "data_classification": "internal", "zones": ["raw"]}
ROLES = ["arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/path/b"]
KEY = "arn:aws:kms:eu-west-1:555555555555:key/k"


def arguments() -> st.SearchStrategy[dict[str, Any]]:
    zones = ["raw", "staged", "curated", "quarantine"]
    return st.fixed_dictionaries(
        {"domain": st.just("growth"), "data_classification": st.sampled_from(["public", "masked", "confidential"])},
        optional={
            "zones": st.lists(st.sampled_from(zones), min_size=1, unique=True),
            "retention_class": st.sampled_from(["transient", "standard", "regulated"]),
            "readers": st.lists(st.sampled_from(ROLES)),
            "writers": st.lists(st.sampled_from(ROLES)),
            "kms_key_arn": st.just(KEY),
            "region": st.just("eu-west-1"),
            "environment": st.sampled_from(["dev", "staging", "prod"]),
            "deletion_protection": st.booleans(),
            "tags": st.dictionaries(st.sampled_from(["team", "project"]), st.just("x")),
        },
    )


def settings_of(recording: Recording, kind: str, bucket: str) -> Recorded:
    """The one setting of this kind on a bucket."""
    (found,) = [
        r for r in recording.resources if r.type == f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
        and r.inputs["bucket"] == bucket
    ]  # fmt: skip
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(args=arguments(), allow_data_loss=st.sampled_from(["true", "false"]))
def test_every_lake_is_private_encrypted_versioned_and_logged(args: Any, allow_data_loss: str) -> None:
    stack, config = args.get("environment", "dev"), {"dataops:allowDataLoss": allow_data_loss}
    recording = record(lambda: S3DataLake("events", args), stack_name=stack, config=config)
    buckets = {r.inputs["bucket"]: r.inputs["tags"]["zone"] for r in recording.of_type("aws:s3/bucket:Bucket")}
    assert buckets
    for bucket, zone in buckets.items():
        _assert_private(recording, bucket)
        assert settings_of(recording, "BucketVersioning", bucket).inputs["versioningConfiguration"] == {
            "status": "Enabled"
        }
        rules = settings_of(recording, "BucketLifecycleConfiguration", bucket).inputs["rules"]
        assert {"expire-current", "delete-noncurrent", "abort-unfinished-uploads"} <= {rule["id"] for rule in rules}
        default = settings_of(recording, "BucketServerSideEncryptionConfiguration", bucket).inputs["rules"][0]
        algorithm = default["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
        assert algorithm == ("AES256" if zone == "logs" else "aws:kms")
        logged = [r for r in recording.of_type("aws:s3/bucketLogging:BucketLogging") if r.inputs["bucket"] == bucket]
        assert len(logged) == (0 if zone == "logs" else 1)
    everything = json.dumps([r.inputs for r in recording.resources])
    assert "None" not in everything


def _assert_private(recording: Recording, bucket: str) -> None:
    block = settings_of(recording, "BucketPublicAccessBlock", bucket).inputs
    assert all(block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls"))
    assert block["restrictPublicBuckets"]
    owner = settings_of(recording, "BucketOwnershipControls", bucket).inputs["rule"]["objectOwnership"]
    assert owner == "BucketOwnerEnforced"
    document = json.loads(settings_of(recording, "BucketPolicy", bucket).inputs["policy"])
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            assert statement["Principal"] != "*"
            assert "*" not in json.dumps(statement["Principal"])
            assert all(":*" not in action for action in statement["Action"])
    assert "DenyPlainHttp" in {statement.get("Sid") for statement in document["Statement"]}
