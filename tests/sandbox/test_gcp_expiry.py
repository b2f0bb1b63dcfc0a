"""When the access to a GCP sandbox ends: tables written by hand, judged with another's CEL (issue 4, must hold 2)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from dataops_infra.sandbox import GcpSandbox, GcpSandboxArgs
from tests.support.cel import holds
from tests.support.cel_grants import Grant, allowed, grants_of
from tests.support.recording import record

GROUP, PERSON, JOB = (
    "group:growth@acme.example",
    "user:ana@acme.example",
    "serviceAccount:ci@acme.iam.gserviceaccount.com",
)
WORKFORCE = "principalSet://iam.googleapis.com/locations/global/workforcePools/acme/group/analysts"
ARGS: GcpSandboxArgs = {
    "domain": "growth",
    "locations": ["europe-west1", "europe-west4"],
    "expires_on": "2026-12-31",
    "members": [GROUP, PERSON, JOB, WORKFORCE],
    "monthly_budget_usd": 200,
    "billing_account": "012345-6789AB-CDEF01",
}
ACCOUNT = "serviceAccount:acme-dev-growth-trial-sandbox@acme-data-dev.iam.gserviceaccount.com"
ACCOUNT_NAME = (
    "projects/acme-data-dev/serviceAccounts/acme-dev-growth-trial-sandbox@acme-data-dev.iam.gserviceaccount.com"
)
BUCKET = "projects/_/buckets/acme-dev-growth-trial-europe-west4-sandbox"
LOGS = "projects/_/buckets/acme-dev-growth-trial-europe-west4-logs"
DATASET = "projects/acme-data-dev/datasets/acme_dev_growth_trial_sandbox_europe_west4"
PROJECT = "projects/acme-data-dev"
KEY = (
    f"{PROJECT}/locations/europe-west4/keyRings/acme-dev-growth-trial-sandbox/cryptoKeys/acme-dev-growth-trial-sandbox"
)
STRANGER = "user:eve@acme.example"
WHO_GETS_IN = [GROUP, PERSON, JOB, WORKFORCE, ACCOUNT]

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)
LAST_MOMENT = datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)
NEW_YORK, TOKYO = timezone(timedelta(hours=-5)), timezone(timedelta(hours=9))
MOMENTS = [
    ("long before", datetime(2026, 12, 2, tzinfo=UTC), True),
    ("on the last day", NOON, True),
    ("in its last moment", LAST_MOMENT, True),
    ("New York's evening, when the day is over in UTC", datetime(2026, 12, 31, 19, tzinfo=NEW_YORK), False),
    ("Tokyo's morning, when it is not", datetime(2027, 1, 1, 8, 59, 59, tzinfo=TOKYO), True),
    ("the midnight that ends it", MIDNIGHT, False),
    ("a second later", MIDNIGHT + timedelta(seconds=1), False),
    ("in the grace days", datetime(2027, 1, 5, tzinfo=UTC), False),
    ("years later", datetime(2036, 1, 1, tzinfo=UTC), False),
]  # fmt: skip


def grants(**args: Any) -> list[Grant]:
    """What a sandbox called ``trial`` grants."""
    merged: Any = {**ARGS, **args}
    return grants_of(record(lambda: GcpSandbox("trial", merged)))


GRANTS = grants()


@pytest.mark.parametrize(("moment", "inside"), [case[1:] for case in MOMENTS], ids=[case[0] for case in MOMENTS])
def test_every_condition_of_a_sandbox_ends_with_its_last_day(moment: datetime, inside: bool) -> None:
    conditions = {grant.condition for grant in GRANTS if grant.condition is not None}
    assert conditions
    for condition in conditions:
        for resource in (BUCKET, f"{BUCKET}/objects/a", DATASET, ACCOUNT_NAME, PROJECT):
            assert holds(condition, moment, {"name": resource}) is inside


def test_every_grant_to_whom_it_lets_in_has_a_condition() -> None:
    unconditioned = {grant.principal for grant in GRANTS if grant.condition is None}
    assert {grant.principal for grant in GRANTS if grant.condition is not None} == set(WHO_GETS_IN)
    assert unconditioned == {
        "projectOwners",
        "group:cloud-storage-analytics@google.com",  # Cloud Storage's log delivery
        "serviceAccount:service-999999999999@gs-project-accounts.iam.gserviceaccount.com",  # Cloud Storage itself
        "serviceAccount:bq-999999999999@bigquery-encryption.iam.gserviceaccount.com",  # BigQuery itself
    }


REQUESTS = [
    # (permission, resource, whether those who are let in may use it before the end)
    ("storage.objects.get", f"{BUCKET}/objects/sandbox/growth/a", True),
    ("storage.objects.list", BUCKET, True),
    ("storage.objects.create", f"{BUCKET}/objects/sandbox/growth/a", True),
    ("storage.objects.delete", f"{BUCKET}/objects/sandbox/growth/a", True),
    ("storage.buckets.get", BUCKET, True),
    ("storage.buckets.setIamPolicy", BUCKET, False),
    ("storage.buckets.update", BUCKET, False),
    ("storage.objects.get", f"{LOGS}/objects/a", False),
    ("storage.objects.create", f"{LOGS}/objects/a", False),
    ("storage.objects.get", "projects/_/buckets/acme-dev-growth-events-raw/objects/a", False),
    ("storage.objects.get", f"{BUCKET}-of-somebody-else/objects/a", False),
    ("bigquery.tables.getData", f"{DATASET}/tables/t", True),
    ("bigquery.tables.create", DATASET, True),
    ("bigquery.tables.updateData", f"{DATASET}/tables/t", True),
    ("bigquery.datasets.update", DATASET, False),
    ("bigquery.datasets.setIamPolicy", DATASET, False),
    ("bigquery.tables.getData", f"{PROJECT}/datasets/acme_dev_growth_events/tables/t", False),
    ("bigquery.jobs.create", PROJECT, True),
    ("cloudkms.cryptoKeyVersions.useToDecrypt", KEY, False),
]


@pytest.mark.parametrize(("permission", "resource", "before"), REQUESTS)
@pytest.mark.parametrize("principal", WHO_GETS_IN)
def test_those_let_in_may_do_this_before_the_end_and_nothing_after_it(
    principal: str, permission: str, resource: str, before: bool
) -> None:
    assert allowed(GRANTS, principal, permission, resource, LAST_MOMENT) is before
    assert allowed(GRANTS, principal, permission, resource, MIDNIGHT) is False


@pytest.mark.parametrize(
    ("principal", "permission", "moment", "verdict"),
    [
        (GROUP, "iam.serviceAccounts.getAccessToken", NOON, True),
        (PERSON, "iam.serviceAccounts.getAccessToken", LAST_MOMENT, True),
        (PERSON, "iam.serviceAccounts.getAccessToken", MIDNIGHT, False),
        (WORKFORCE, "iam.serviceAccounts.signBlob", MIDNIGHT, False),
        (JOB, "iam.serviceAccountKeys.create", NOON, False),
        (ACCOUNT, "iam.serviceAccounts.getAccessToken", NOON, False),
        (STRANGER, "iam.serviceAccounts.getAccessToken", NOON, False),
    ],
)
def test_members_take_on_the_service_account_until_the_end(
    principal: str, permission: str, moment: datetime, verdict: bool
) -> None:
    assert allowed(GRANTS, principal, permission, ACCOUNT_NAME, moment) is verdict


@pytest.mark.parametrize(
    "principal", [STRANGER, "allUsers", "allAuthenticatedUsers", "projectReaders", "projectWriters"]
)
@pytest.mark.parametrize(("permission", "resource"), [request[:2] for request in REQUESTS])
def test_nobody_else_is_let_in_at_any_time(principal: str, permission: str, resource: str) -> None:
    assert not any(allowed(GRANTS, principal, permission, resource, moment) for _, moment, _ in MOMENTS)


def test_a_later_last_day_is_a_later_end() -> None:
    extended = grants(expires_on="2027-01-15")
    assert allowed(extended, PERSON, "bigquery.jobs.create", PROJECT, datetime(2027, 1, 15, 23, 59, tzinfo=UTC))
    assert not allowed(extended, PERSON, "bigquery.jobs.create", PROJECT, datetime(2027, 1, 16, tzinfo=UTC))


def test_grants_in_the_projects_policy_differ_between_sandboxes_with_one_member_and_one_last_day() -> None:
    def program() -> None:
        GcpSandbox("trial", ARGS)
        GcpSandbox("other", ARGS)

    members = record(program).of_type("gcp:projects/iAMMember:IAMMember")
    bindings = [(r.inputs["role"], r.inputs["member"], str(r.inputs["condition"])) for r in members]
    assert len(set(bindings)) == len(bindings) == 10
    assert {r.inputs["condition"]["title"] for r in members} == {
        "acme-dev-growth-trial-sandbox-until-2026-12-31",
        "acme-dev-growth-other-sandbox-until-2026-12-31",
    }
