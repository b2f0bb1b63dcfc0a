"""Whatever the arguments: regional copies are alike, and no sandbox is public, unencrypted, unlogged or endless."""

import json
import re
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.conventions.sandboxes import LONGEST_DAYS, MOST_BUDGET_USD
from dataops_infra.sandbox import AwsSandbox
from dataops_infra.sandbox.terms import MOST_GIB
from tests.support.recording import Recorded, Recording, record

REGIONS = ["eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2", "me-central-1"]
MEMBERS = ["arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/path/b"]
CONVENTIONS = """
organisation: acme
domains: {growth: {owner: growth-data, cost_center: cc-1234}}
environments: {dev: {aws_account: "111111111111"}, prod: {production: true, aws_account: "333333333333"}}
"""
CHECKED = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def arguments() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "domain": st.just("growth"),
            "regions": st.lists(st.sampled_from(REGIONS), min_size=1, unique=True),
            "expires_on": st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(date.isoformat),
            "members": st.lists(st.sampled_from(MEMBERS), min_size=1, unique=True),
            "monthly_budget_usd": st.integers(100, MOST_BUDGET_USD * 100).map(lambda cents: cents / 100),
        },
        optional={
            "data_classification": st.sampled_from(["public", "internal", "masked"]),
            "permissions_boundary_arn": st.just("arn:aws:iam::111111111111:policy/boundary"),
            "queries": st.fixed_dictionaries(
                {},
                optional={
                    "results_days": st.integers(1, LONGEST_DAYS),
                    "scans_at_most_gib": st.integers(1, MOST_GIB),
                },
            ),
            "budget_alert_emails": st.lists(st.sampled_from(["a@acme.example", "b@acme.example"]), unique=True),
            "stop_spending_at_budget": st.booleans(),
            "tags": st.dictionaries(st.sampled_from(["team", "project"]), st.just("x")),
        },
    )


def sandbox(args: dict[str, Any], folder: Any, stack: str = "dev") -> Recording:
    path = folder / "dataops.yaml"
    path.write_text(CONVENTIONS)
    given: Any = args
    return record(lambda: AwsSandbox("trial", given), stack_name=stack, config={"dataops:conventions": str(path)})


def copy_of(recording: Recording, region: str) -> dict[str, Any]:
    """What a sandbox has in one region, with the region's name taken out of it; URNs hold names and go likewise."""
    parts = {
        r.name: [r.type, r.inputs, r.dependencies, r.property_dependencies, r.delete_before_replace, r.protect]
        for r in recording.resources
        if region in r.name
    }
    copy: dict[str, Any] = json.loads(json.dumps(parts, sort_keys=True).replace(region, "<region>"))
    return copy


@CHECKED
@given(args=arguments())
def test_regional_copies_differ_by_the_regions_name_only(args: dict[str, Any], tmp_path_factory: Any) -> None:
    recording = sandbox(args, tmp_path_factory.mktemp("copies"))
    copies = [copy_of(recording, region) for region in args["regions"]]
    assert all(copy == copies[0] for copy in copies)
    assert len(copies[0]) == 19
    regional = sum(len(copy) for copy in copies)
    once = 4 + (4 if args.get("stop_spending_at_budget") else 0)
    assert len([r for r in recording.resources if r.custom]) == regional + once


def test_comparison_of_copies_tells_a_difference(tmp_path: Any) -> None:
    args = {
        "domain": "growth",
        "regions": REGIONS[:2],
        "expires_on": "2026-12-31",
        "members": MEMBERS[:1],
        "monthly_budget_usd": 5,
    }
    recording = sandbox(args, tmp_path)
    recording.named("trial-eu-central-1-workgroup").inputs["configuration"]["bytesScannedCutoffPerQuery"] = 1
    assert copy_of(recording, "eu-west-1") != copy_of(recording, "eu-central-1")


@CHECKED
@given(args=arguments(), stack=st.sampled_from(["dev", "prod"]))
def test_no_sandbox_is_public_unencrypted_unlogged_or_endless(
    args: dict[str, Any], stack: str, tmp_path_factory: Any
) -> None:
    recording = sandbox(args, tmp_path_factory.mktemp("safety"), stack)
    ends = date.fromisoformat(args["expires_on"]) + timedelta(days=1)
    for bucket in recording.of_type("aws:s3/bucket:Bucket"):
        _assert_bucket_is_safe(recording, bucket, ends)
    for resource in recording.resources:
        assert not resource.protect
        assert not resource.retain_on_delete
        for key in ("policy", "assumeRolePolicy"):
            if key in resource.inputs:
                _assert_document_is_closed(resource, json.loads(resource.inputs[key]), f"{ends.isoformat()}T00:00:00Z")
    assert all(key.inputs["enableKeyRotation"] for key in recording.of_type("aws:kms/key:Key"))
    assert all(topic.inputs["kmsMasterKeyId"] for topic in recording.of_type("aws:sns/topic:Topic"))
    for workgroup in recording.of_type("aws:athena/workgroup:Workgroup"):
        limits = workgroup.inputs["configuration"]
        assert limits["enforceWorkgroupConfiguration"]
        assert limits["bytesScannedCutoffPerQuery"] >= 2**30
        assert limits["resultConfiguration"]["encryptionConfiguration"]["encryptionOption"] == "SSE_KMS"
    (budget,) = recording.of_type("aws:budgets/budget:Budget")
    assert float(budget.inputs["limitAmount"]) >= 1
    assert "None" not in json.dumps([r.inputs for r in recording.resources])


def _setting(recording: Recording, kind: str, bucket: str) -> dict[str, Any]:
    token = f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
    (found,) = [r.inputs for r in recording.of_type(token) if r.inputs["bucket"] == bucket]
    return found


def _assert_bucket_is_safe(recording: Recording, bucket: Recorded, ends: date) -> None:
    name, zone = bucket.inputs["bucket"], bucket.inputs["tags"]["zone"]
    assert bucket.inputs["forceDestroy"]
    block = _setting(recording, "BucketPublicAccessBlock", name)
    assert all(
        block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    assert _setting(recording, "BucketOwnershipControls", name)["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert _setting(recording, "BucketVersioning", name)["versioningConfiguration"] == {"status": "Enabled"}
    default = _setting(recording, "BucketServerSideEncryptionConfiguration", name)["rules"][0]
    algorithm = default["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
    assert algorithm == ("AES256" if zone == "logs" else "aws:kms")
    logging = [r for r in recording.of_type("aws:s3/bucketLogging:BucketLogging") if r.inputs["bucket"] == name]
    assert len(logging) == (0 if zone == "logs" else 1)
    rules = {rule["id"]: rule for rule in _setting(recording, "BucketLifecycleConfiguration", name)["rules"]}
    assert {rule["status"] for rule in rules.values()} == {"Enabled"}
    last = date.fromisoformat(rules["expire-everything"]["expiration"]["date"].removesuffix("T00:00:00Z"))
    assert rules["expire-everything"]["filter"] == {}
    assert timedelta(0) <= last - ends <= timedelta(days=366)
    assert rules["delete-noncurrent"]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}


def _assert_document_is_closed(resource: Recorded, document: dict[str, Any], until: str) -> None:
    """Nothing is allowed to everybody, no wildcard action is, and what people get ends."""
    assert document["Version"] == "2012-10-17"
    sids = [statement["Sid"] for statement in document["Statement"] if "Sid" in statement]
    assert len(sids) == len(set(sids))
    for statement in document["Statement"]:
        if statement["Effect"] == "Deny":
            continue
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in actions), resource.name
        principal = statement.get("Principal", {})
        assert "*" not in json.dumps(principal)
        if "Service" in principal:  # AWS itself, on behalf of this account's resources only
            assert {"aws:SourceAccount"} <= statement["Condition"]["StringEquals"].keys()
        elif statement.get("Sid") not in ("AdministerKey", "StopSpending"):
            assert statement["Condition"]["DateLessThan"] == {"aws:CurrentTime": until}, resource.name
