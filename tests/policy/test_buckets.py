"""Buckets as one view, whether a setting stands in the bucket or beside it, in both shapes of each type."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pulumi_aws
import pulumi_gcp
import pytest

from dataops_infra.policy import UNKNOWN, OnUnknown, Resource, Rule, Stack
from dataops_infra.policy.buckets import GCS_TYPES, S3_TYPES, S3Setting, gcs_buckets, s3_buckets
from dataops_infra.policy.judging import Given, judge_stack
from dataops_infra.policy.rules import properties
from dataops_infra.policy.settings import read_settings
from dataops_infra.policy.values import ReadLog
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


def beside(token: str, name: str = "beside", of: Any = "acme-raw", **properties: Any) -> Given:
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


RULES = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/lake"}}]
KEYS: list[tuple[str, list[Given], tuple[Any, ...]]] = [
    ("none", [bucket()], ()),
    ("beside", [bucket(), beside(ENCRYPTION, rules=RULES)], ("alias/lake",)),
    ("inline", [bucket(serverSideEncryptionConfiguration={"rule": RULES[0]})], ("alias/lake",)),
    (
        "second token",
        [
            bucket(
                token=S3_V2,
                serverSideEncryptionConfigurations=[
                    {"rules": [{"applyServerSideEncryptionByDefaults": [{"kmsMasterKeyId": "alias/lake"}]}]}
                ],
            )
        ],
        ("alias/lake",),
    ),
    ("without a key", [bucket(), beside(ENCRYPTION, rules=[{"bucketKeyEnabled": True}])], ()),
    ("gcs", [bucket(token=GCS, encryption={"defaultKmsKeyName": "projects/p/key"})], ("projects/p/key",)),
    ("gcs none", [bucket(token=GCS)], ()),
]


@pytest.mark.parametrize(("label", "resources", "expected"), KEYS, ids=[label for label, _, _ in KEYS])
def test_keys(label: str, resources: list[Given], expected: tuple[Any, ...]) -> None:
    assert seen(lambda b: b.keys, resources)[0] == {"raw": expected}


def test_unknown_key_is_waited_for_and_unknown_encryption_counts_as_one() -> None:
    found, verdicts = seen(lambda b: (b.keys, b.encryptions), [bucket(), beside(ENCRYPTION, rules=UNKNOWN)])
    assert found == {"raw": ((UNKNOWN,), (UNKNOWN,))}
    assert [item.path for item in verdicts.deferred] == ["rules"]
    found, verdicts = seen(lambda b: b.encryptions, [bucket(), beside(ENCRYPTION, of=UNKNOWN, rules=RULES)])
    assert (found, [item.path for item in verdicts.deferred]) == ({"raw": (UNKNOWN,)}, ["bucket"])


TARGETS: list[tuple[str, list[Given], list[tuple[str, str | None, bool]]]] = [
    ("none", [bucket()], []),
    ("beside", [bucket(), beside(LOGGING, targetBucket="logs")], [("beside", "logs", False)]),
    ("itself", [bucket(), beside(LOGGING, targetBucket="acme-raw")], [("beside", "acme-raw", True)]),
    ("inline", [bucket(logging={"targetBucket": "logs"})], [("raw", "logs", False)]),
    ("second token", [bucket(token=S3_V2, loggings=[{"targetBucket": "acme-raw"}])], [("raw", "acme-raw", True)]),
    ("empty", [bucket(token=S3_V2, loggings=[])], []),
    ("gcs", [bucket(token=GCS, logging={"logBucket": "acme-raw"})], [("raw", "acme-raw", True)]),
]


@pytest.mark.parametrize(("label", "resources", "expected"), TARGETS, ids=[label for label, _, _ in TARGETS])
def test_log_targets(label: str, resources: list[Given], expected: list[tuple[str, str | None, bool]]) -> None:
    found, verdicts = seen(lambda b: [(t.source.name, t.name, t.is_in(b)) for t in b.log_targets], resources)
    assert (found, verdicts.deferred) == ({"raw": expected}, ())


@pytest.mark.parametrize("inline", [True, False])
def test_unknown_log_target_is_told_by_what_it_was_made_from(inline: bool) -> None:
    logging = {"logging": {"targetBucket": UNKNOWN}} if inline else {}
    depends = {"logging": ["logs"]} if inline else None
    raw = Given(S3, {"bucket": "acme-raw", **logging}, name="raw", depends_on=depends)
    named = Given(
        LOGGING, {"bucket": "acme-raw", "targetBucket": UNKNOWN}, name="l", depends_on={"targetBucket": ["raw"]}
    )
    found, verdicts = seen(
        lambda b: [t.is_in(b) for t in b.log_targets], [raw, bucket("logs"), *([] if inline else [named])]
    )
    assert (found, verdicts.deferred) == ({"raw": [not inline], "logs": []}, ())


def test_unknown_log_target_of_unknown_making_is_waited_for() -> None:
    found, verdicts = seen(lambda b: len(b.log_targets), [bucket(logging={"targetBucket": UNKNOWN})])
    assert (found, [item.path for item in verdicts.deferred]) == ({"raw": 1}, ["logging.targetBucket"])


INLINE_RULE = {"enabled": True, "expiration": {"days": 1}}
LIFECYCLES: list[tuple[str, list[Given], list[tuple[bool, bool]]]] = [
    ("none", [bucket()], []),
    ("inline", [bucket(lifecycleRules=[INLINE_RULE, {**INLINE_RULE, "enabled": False}])], [(True, False)]),
    (
        "beside",
        [bucket(lifecycleRules=[INLINE_RULE]), beside(LIFECYCLE, rules=[{"status": "Enabled"}])],
        [(False, False)],
    ),
    (
        "noncurrent",
        [
            bucket(),
            beside(LIFECYCLE, rules=[{"status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 1}}]),
        ],
        [(False, True)],
    ),
    (
        "gcs",
        [bucket(token=GCS, lifecycleRules=[{"action": {"type": "Delete"}, "condition": {"age": 1}}])],
        [(True, True)],
    ),
    ("gcs odd", [bucket(token=GCS, lifecycleRules=["odd"])], [(False, False)]),
]


@pytest.mark.parametrize(("label", "resources", "expected"), LIFECYCLES, ids=[label for label, _, _ in LIFECYCLES])
def test_lifecycle_rules(label: str, resources: list[Given], expected: list[tuple[bool, bool]]) -> None:
    found, _ = seen(lambda b: [(r.expires_current, r.expires_noncurrent) for r in b.lifecycle_rules], resources)
    assert found == {"raw": expected}


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        (UNKNOWN, "lifecycleRules"),
        ([UNKNOWN], "lifecycleRules[0]"),
        ([{"action": {"type": UNKNOWN}, "condition": {"age": 1}}], "lifecycleRules[0].action.type"),
        ([{"action": {"type": "Delete"}, "condition": UNKNOWN}], "lifecycleRules[0].condition"),
    ],
)
def test_unknown_lifecycle_counts_as_kept_and_is_waited_for(rules: Any, path: str) -> None:
    found, verdicts = seen(lambda b: b.lifecycle_rules[0].expires_current, [bucket(token=GCS, lifecycleRules=rules)])
    assert (found, verdicts.deferred[0].path) == ({"raw": True}, path)


def test_policies_say_where_they_stand() -> None:
    inline, separate = {"policy": "inline"}, beside(POLICY, policy="beside")
    look = lambda b: [(holder.name, value) for holder, value in b.policies]  # noqa: E731
    assert seen(look, [bucket()])[0] == {"raw": []}
    assert seen(look, [bucket(**inline)])[0] == {"raw": [("raw", "inline")]}
    assert seen(look, [bucket(**inline), separate])[0] == {"raw": [("beside", "beside")]}


def test_zone_and_classification() -> None:
    tags = {"zone": "raw", "data-classification": "internal"}
    look = lambda b: (b.zone, b.in_lake, b.classification)  # noqa: E731
    assert seen(look, [bucket(tags=tags)])[0] == {"raw": ("raw", True, "internal")}
    assert seen(look, [bucket(token=GCS, labels=tags)])[0] == {"raw": ("raw", True, "internal")}
    assert seen(look, [bucket(tags={"zone": "none"})])[0] == {"raw": ("none", False, None)}
    assert seen(look, [bucket()])[0] == {"raw": (None, False, None)}
    found, verdicts = seen(look, [bucket(tags=UNKNOWN)])
    assert (found, verdicts.deferred[0].path) == ({"raw": (UNKNOWN, False, UNKNOWN)}, "tags")


def test_buckets_are_a_sequence_and_found_by_urn() -> None:
    def check(stack: Stack) -> list[str]:
        buckets = s3_buckets(stack)
        assert [each.name for each in buckets] == ["acme-a", "acme-b"]
        assert (len(buckets), buckets[1].name) == (2, "acme-b")
        assert buckets.of_urn(buckets[0].resource.urn) is buckets[0]
        assert buckets.of_urn("urn:elsewhere") is None
        assert buckets.settings(S3Setting.POLICY) is buckets.settings(S3Setting.POLICY)
        return ["looked"]

    rule = Rule("a-b", "D.", check, S3_TYPES, kind="stack")
    assert len(judge_stack(rule, [bucket("b"), bucket("a")]).violations) == 1


STATED: list[tuple[str, dict[str, Any], frozenset[str] | None, Any, tuple[str, ...]]] = [
    ("an input", {"acl": "private"}, frozenset({"acl"}), "private", ()),
    ("filled in", {"acl": "private", "bucket": "b"}, frozenset({"bucket"}), None, ()),
    ("filled in later", {"acl": UNKNOWN, "bucket": "b"}, frozenset({"bucket"}), None, ()),
    ("not known yet", {"acl": UNKNOWN}, frozenset({"acl"}), UNKNOWN, ("acl",)),
    ("no outputs of an unknown provider", {}, frozenset({"acl"}), UNKNOWN, ("acl",)),
    ("external", {"acl": "private"}, frozenset(), None, ()),
    ("nobody said what was stated", {"acl": "private"}, None, "private", ()),
    ("nobody said, and it is unknown", {"acl": UNKNOWN}, None, UNKNOWN, ("acl",)),
]


@pytest.mark.parametrize(
    ("outputs", "inputs", "value", "waits"), [case[1:] for case in STATED], ids=[case[0] for case in STATED]
)
def test_stated(outputs: dict[str, Any], inputs: frozenset[str] | None, value: Any, waits: tuple[str, ...]) -> None:
    log = ReadLog()
    resource = Resource(S3, "raw", "urn", properties(outputs, log), None, read_settings({}), inputs=inputs)
    assert (resource.stated("acl"), log.paths) == (value, waits)
