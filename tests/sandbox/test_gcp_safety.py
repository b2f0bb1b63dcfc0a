"""Copies of a GCP sandbox are the same but for their location, and no combination of arguments makes an unsafe one."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.conventions.sandboxes import SANDBOX_GRACE_DAYS, SANDBOX_MAXIMUM_DAYS
from dataops_infra.sandbox import GcpSandbox
from tests.support.cel import holds
from tests.support.cel_grants import grants_of
from tests.support.recording import Recorded, Recording, record

LOCATIONS = ["europe-west1", "europe-west4", "us-central1", "asia-northeast1"]
WEEK = 7 * 24 * 60 * 60
LONGEST = SANDBOX_MAXIMUM_DAYS + SANDBOX_GRACE_DAYS
MEMBERS = [
    "user:ana@acme.example",
    "group:growth@acme.example",
    "serviceAccount:ci@acme.iam.gserviceaccount.com",
    "serviceAccount:acme-data-dev.svc.id.goog[jobs/loader]",
    "principal://iam.googleapis.com/locations/global/workforcePools/acme/subject/ana",
    "principalSet://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/ci/attribute.repo/acme",
]
GOOGLES_OWN = {
    "group:cloud-storage-analytics@google.com",
    "serviceAccount:service-999999999999@gs-project-accounts.iam.gserviceaccount.com",
    "serviceAccount:bq-999999999999@bigquery-encryption.iam.gserviceaccount.com",
    "projectOwners",
}
QUOTA = (
    "projects/acme-data-dev/services/bigquery.googleapis.com/consumerQuotaMetrics/"
    "bigquery.googleapis.com%2Fquota%2Fquery%2Fusage/limits/%2Fd%2Fproject/consumerOverrides/x"
)


@pytest.fixture(scope="module", autouse=True)
def conventions_with_more_locations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The reference conventions, with more than the two locations they need."""
    file = tmp_path_factory.mktemp("conventions") / "dataops.yaml"
    conventions = yaml.safe_load((Path(__file__).parents[2] / "dataops.yaml").read_text())
    file.write_text(yaml.safe_dump({**conventions, "regions": {"gcp": LOCATIONS}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAOPS_CONVENTIONS", str(file))
        yield


def key(location: str) -> str:
    return f"projects/acme-keys/locations/{location}/keyRings/shared/cryptoKeys/sandboxes"


def arguments() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "domain": st.just("growth"),
            "locations": st.lists(st.sampled_from(LOCATIONS), min_size=1, unique=True),
            "expires_on": st.dates(date(2020, 1, 1), date(2100, 1, 1)).map(date.isoformat),
            "members": st.lists(st.sampled_from(MEMBERS), min_size=1, unique=True),
            "monthly_budget_usd": st.integers(100, 10**11).map(lambda cents: cents / 100) | st.integers(1, 10**9),
            "billing_account": st.just("012345-6789AB-CDEF01"),
        },
        optional={
            "data_classification": st.sampled_from(["public", "internal", "masked"]),
            "data_days": st.integers(1, LONGEST),
            "budget": st.fixed_dictionaries({}, optional={"counts": st.sampled_from(["labelled", "project"])}),
            "query_quota": st.sampled_from(
                [{"user_gib_per_day": 1}, {"user_gib_per_day": 1, "adopted_ids": [QUOTA]}, {"project_gib_per_day": 7}]
            ),
            "tags": st.dictionaries(st.sampled_from(["team", "project"]), st.just("x")),
            "environment": st.just("dev"),
        },
    )


def with_keys(args: dict[str, Any], adopted: bool) -> dict[str, Any]:
    return {**args, "kms_key_names": {place: key(place) for place in args["locations"]}} if adopted else args


def built(args: Any) -> Recording:
    return record(lambda: GcpSandbox("trial", args))


def thorough(test: Any) -> Any:
    return settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])(test)


@thorough
@given(args=arguments(), adopted=st.booleans())
def test_copies_are_the_same_but_for_the_names_that_hold_their_location(args: Any, adopted: bool) -> None:
    recording = built(with_keys(args, adopted))
    copies = [_without_location(recording, location) for location in args["locations"]]
    assert len(copies[0]) == (5 if adopted else 9)
    assert all(copy == copies[0] for copy in copies)


@thorough
@given(args=arguments())
def test_a_copy_hangs_on_no_other_location(args: Any) -> None:
    alone = _without_location(built({**args, "locations": ["europe-west4"]}), "europe-west4")
    others = [location for location in args["locations"] if location != "europe-west4"]
    among_others = _without_location(built({**args, "locations": [*others, "europe-west4"]}), "europe-west4")
    assert alone == among_others


def _without_location(recording: Recording, location: str) -> dict[str, Any]:
    mine = [r for r in recording.resources if r.custom and location in r.name]
    text = json.dumps({r.name: r.inputs for r in mine}, sort_keys=True)
    return dict(json.loads(text.replace(location, "<location>").replace(location.replace("-", "_"), "<location>")))


@thorough
@given(args=arguments(), adopted=st.booleans())
def test_every_sandbox_is_private_encrypted_logged_and_emptied(args: Any, adopted: bool) -> None:
    recording = built(with_keys(args, adopted))
    days = args.get("data_days", LONGEST)
    assert len(recording.of_type("gcp:storage/bucket:Bucket")) == 2 * len(args["locations"])
    for bucket in recording.of_type("gcp:storage/bucket:Bucket"):
        _assert_private_and_emptied(bucket, days)
        if bucket.inputs["labels"]["zone"] == "sandbox":
            assert "/cryptoKeys/" in bucket.inputs["encryption"]["defaultKmsKeyName"]
            assert bucket.inputs["logging"]["logBucket"] != bucket.inputs["name"]
    for dataset in recording.of_type("gcp:bigquery/dataset:Dataset"):
        assert "/cryptoKeys/" in dataset.inputs["defaultEncryptionConfiguration"]["kmsKeyName"]
        for setting in ("defaultTableExpirationMs", "defaultPartitionExpirationMs"):
            assert dataset.inputs[setting] == days * 24 * 60 * 60 * 1000
    for made in recording.of_type("gcp:kms/cryptoKey:CryptoKey"):
        assert made.inputs["rotationPeriod"] == "7776000s"
    everything = json.dumps([r.inputs for r in recording.resources])
    for forbidden in ("None", "allUsers", "allAuthenticatedUsers", "createdBefore", "roles/owner", "roles/editor"):
        assert forbidden not in everything


def _assert_private_and_emptied(bucket: Recorded, days: int) -> None:
    inputs = bucket.inputs
    assert inputs["uniformBucketLevelAccess"] is True
    assert inputs["publicAccessPrevention"] == "enforced"
    assert inputs["versioning"] == {"enabled": True}
    assert inputs["softDeletePolicy"]["retentionDurationSeconds"] == (WEEK if days >= 7 else 0)
    ages = [r["condition"].get("age") for r in inputs["lifecycleRules"] if r["action"]["type"] == "Delete"]
    assert ages == [days, None, days + 1]


@thorough
@given(args=arguments(), adopted=st.booleans())
def test_every_sandbox_lets_its_members_in_until_its_last_day_and_nobody_else(args: Any, adopted: bool) -> None:
    recording = built(with_keys(args, adopted))
    end = datetime.combine(date.fromisoformat(args["expires_on"]) + timedelta(days=1), time(), UTC)
    account = "serviceAccount:acme-dev-growth-trial-sandbox@acme-data-dev.iam.gserviceaccount.com"
    grants = grants_of(recording)
    assert {g.principal for g in grants if g.condition is None} <= GOOGLES_OWN
    assert {g.principal for g in grants} - GOOGLES_OWN == {account, *args["members"]}
    for condition in {g.condition for g in grants if g.condition is not None}:
        assert holds(condition, end - timedelta(seconds=1))
        assert not holds(condition, end)
    labelled = [r.inputs["labels"] for r in recording.resources if r.custom and "labels" in r.inputs]
    assert {labels["expires-on"] for labels in labelled} == {args["expires_on"]}


@thorough
@given(args=arguments())
def test_every_sandbox_goes_with_its_data_and_has_a_budget(args: Any) -> None:
    recording = built(args)
    assert {(r.protect, r.retain_on_delete) for r in recording.resources if r.custom} == {(False, False)}
    (budget,) = recording.of_type("gcp:billing/budget:Budget")
    amount = budget.inputs["amount"]["specifiedAmount"]
    assert int(amount["units"]) + amount.get("nanos", 0) / 1e9 == args["monthly_budget_usd"]
    assert [rule["thresholdPercent"] for rule in budget.inputs["thresholdRules"]] == [0.5, 0.8, 1]
    assert budget.inputs["budgetFilter"].get("labels") or budget.inputs["budgetFilter"].get("projects")
