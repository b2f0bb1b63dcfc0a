"""Buckets as one view, whether a setting stands in the bucket or beside it, in both shapes of each type."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pulumi_aws
import pulumi_gcp
import pytest

from dataops_infra.policy import UNKNOWN, OnUnknown, Rule, Stack
from dataops_infra.policy.buckets import GCS_TYPES, S3_TYPES, gcs_buckets, s3_buckets
from dataops_infra.policy.judging import Given, judge_stack
from dataops_infra.policy.verdicts import Verdicts

S3, S3_V2, GCS = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "gcp:storage/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ON: dict[str, Any] = {"versioningConfiguration": {"status": "Enabled"}}
OFF: dict[str, Any] = {"versioningConfiguration": {"status": "Suspended"}}


def seen(look: Callable[[Any], Any], resources: Sequence[Given]) -> tuple[dict[str, Any], Verdicts]:
    """What ``look`` finds in each bucket by name, and what the rule would have to wait for."""
    found: dict[str, Any] = {}

    def check(stack: Stack) -> list[str]:
        for bucket in (*s3_buckets(stack), *gcs_buckets(stack)):
            found[bucket.resource.name] = look(bucket)
        return []

    rule = Rule("a-b", "D.", check, S3_TYPES | GCS_TYPES, kind="stack", on_unknown=OnUnknown.DEFER)
    return found, judge_stack(rule, resources)


def bucket(name: str = "raw", token: str = S3, **properties: Any) -> Given:
    named = {"name" if token == GCS else "bucket": f"acme-{name}"}
    return Given(token, {**named, **properties}, name=name)


def beside(token: str, name: str = "beside", of: str = "acme-raw", **properties: Any) -> Given:
    return Given(token, {"bucket": of, **properties}, name=name)


def test_every_type_exists_in_the_installed_sdks() -> None:
    tokens: set[str] = set()
    for module, folder in ((pulumi_aws, "s3"), (pulumi_gcp, "storage")):
        for path in (Path(module.__path__[0]) / folder).glob("*.py"):
            tokens.update(re.findall(r"'((?:aws|gcp):\w+/\w+:\w+)'", path.read_text()))
    assert (S3_TYPES | GCS_TYPES) - tokens == set()


VERSIONED: list[tuple[str, list[Given], bool]] = [
    ("none", [bucket()], False),
    ("inline", [bucket(versioning={"enabled": True})], True),
    ("inline off", [bucket(versioning={"enabled": False})], False),
    ("second token", [bucket(token=S3_V2, versionings=[{"enabled": True}])], True),
    ("second token, empty", [bucket(token=S3_V2, versionings=[])], False),
    ("beside, by name", [bucket(), beside(VERSIONING, **ON)], True),
    ("beside, by ARN", [bucket(), beside(VERSIONING, of="arn:aws:s3:::acme-raw", **ON)], True),
    ("beside, off", [bucket(versioning={"enabled": True}), beside(VERSIONING, **OFF)], False),
    ("another's", [bucket(), beside(VERSIONING, of="acme-other", **ON)], False),
    ("gcs", [bucket(token=GCS, versioning={"enabled": True})], True),
    ("gcs off", [bucket(token=GCS)], False),
]


@pytest.mark.parametrize(("label", "resources", "expected"), VERSIONED, ids=[label for label, _, _ in VERSIONED])
def test_versioned(label: str, resources: list[Given], expected: bool) -> None:
    found, verdicts = seen(lambda b: b.versioned, resources)
    assert (found, verdicts.deferred) == ({"raw": expected}, ())


def test_setting_is_joined_by_what_its_unknown_name_was_made_from() -> None:
    setting = Given(VERSIONING, {"bucket": UNKNOWN, **ON}, name="v", depends_on={"bucket": ["raw"]})
    found, verdicts = seen(lambda b: b.versioned, [bucket(), bucket("other"), setting])
    assert (found, verdicts.deferred) == ({"raw": True, "other": False}, ())


def test_setting_of_an_unknown_bucket_is_waited_for_where_one_is_missing() -> None:
    setting = Given(VERSIONING, {"bucket": UNKNOWN, **ON}, name="v")
    found, verdicts = seen(lambda b: b.versioned, [bucket(), setting])
    assert found == {"raw": True}
    assert [(item.urn, item.path) for item in verdicts.deferred] == [(setting.urn, "bucket")]


def test_what_only_the_cloud_filled_in_is_not_stated() -> None:
    filled = {"serverSideEncryptionConfiguration": UNKNOWN, "versioning": UNKNOWN, "policy": UNKNOWN}
    raw = Given(S3, {"bucket": "acme-raw"}, name="raw", computed=filled)
    found, verdicts = seen(lambda b: (b.versioned, b.encryptions, b.policies), [raw])
    assert (found, verdicts.deferred) == ({"raw": (False, (), ())}, ())


def test_external_bucket_is_no_bucket_of_the_stack() -> None:
    found, _ = seen(lambda b: b.name, [Given(S3, {}, name="raw", computed={"bucket": "acme-raw"}), bucket("mine")])
    assert found == {"mine": "acme-mine"}
