"""Which arguments GcpSandbox refuses, and that it refuses all of them at once before it registers anything."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from dataops_infra.conventions.sandboxes import SANDBOX_GRACE_DAYS, SANDBOX_MAXIMUM_DAYS
from dataops_infra.errors import InvalidInputError
from dataops_infra.sandbox import GcpSandbox, GcpSandboxArgs
from tests.support import refusals
from tests.support.recording import record

ARGS: GcpSandboxArgs = {
    "domain": "growth",
    "locations": ["europe-west1"],
    "expires_on": "2026-12-31",
    "members": ["group:growth@acme.example"],
    "monthly_budget_usd": 200,
    "billing_account": "012345-6789AB-CDEF01",
}
FORMS = "user:…, group:…, serviceAccount:…, principal://… or principalSet://… in lowercase, never everybody"
BUDGET = "monthly_budget_usd: expected 1 to 1,000,000,000 US dollars, in whole cents, got"
DATE = "the last day of the sandbox as a date such as 2026-12-31"
METRIC = "bigquery.googleapis.com%2Fquota%2Fquery%2Fusage"
USAGE = f"projects/acme-data-dev/services/bigquery.googleapis.com/consumerQuotaMetrics/{METRIC}"
OF_USERS = f"{USAGE}/limits/%2Fd%2Fproject%2Fuser/consumerOverrides/x"
KEY_FORM = "the name of a Cloud KMS key, projects/<project>/locations/europe-west1/keyRings/<key ring>/cryptoKeys/<key>"
LONGEST = SANDBOX_MAXIMUM_DAYS + SANDBOX_GRACE_DAYS


def refusal(name: str = "trial", stack: str = "dev", config: dict[str, str] | None = None, **args: Any) -> str:
    """The text with which a sandbox of these arguments is refused."""
    return refusals.refusal(GcpSandbox, {**ARGS, **args}, name=name, stack=stack, config=config)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"domain": "growht"}, "domain: expected growth, got 'growht'"),
        ({"name": "Trial"}, "name: expected lowercase letters, digits and hyphens between them, got 'Trial'"),
        ({"locations": []}, "locations: expected at least one location, got []"),
        (
            {"locations": ["europe-west1", "europe-west3"]},
            "locations[1]: expected one of europe-west1, europe-west4; did you mean 'europe-west4'?",
        ),
        (
            {"locations": ["europe-west1", "europe-west1"]},
            "locations[1]: expected each location once, got 'europe-west1'",
        ),
        ({"expires_on": "31.12.2026"}, f"expires_on: expected {DATE}, got '31.12.2026'"),
        ({"expires_on": "20261231"}, f"expires_on: expected {DATE}, got '20261231'"),
        ({"expires_on": "2026-02-30"}, "expires_on: expected the last day of the sandbox, a day that the"),
        ({"expires_on": "9999-12-31"}, "expires_on: expected the last day of the sandbox, 9998-12-29 at"),
        ({"expires_on": "absent"}, "expires_on: expected a value: it is required, got None"),
        ({"members": []}, "members: expected at least one member, got []"),
        ({"members": ["allUsers"]}, f"members[0]: expected {FORMS}, got 'allUsers'"),
        ({"members": ["allAuthenticatedUsers"]}, f"members[0]: expected {FORMS}, got 'allAuthenticatedUsers'"),
        ({"members": ["domain:acme.example"]}, f"members[0]: expected {FORMS}, got 'domain:acme.example'"),
        ({"members": ["projectEditor:acme-data-dev"]}, f"members[0]: expected {FORMS}, got 'projectEditor:acme-data"),
        (
            {"members": ["ana@acme.example"]},
            "members[0]: expected what it is before the address: user:, group: or serviceAccount:, "
            "got 'ana@acme.example'",
        ),
        (
            {"members": ["user:ana@acme.example", "user:ana@acme.example"]},
            "members[1]: expected each member once, got 'user:ana@acme.example'",
        ),
        (
            {"members": [f"user:u{number}@acme.example" for number in range(501)]},
            "members: expected at most 500 members; make a group of them, got '501 members'",
        ),
        (
            {"members": ["serviceAccount:acme-dev-growth-trial-sandbox@acme-data-dev.iam.gserviceaccount.com"]},
            "members: expected others than the sandbox's own service account, which gets in anyway, got",
        ),
        ({"readers": ["user:ana@acme.example"]}, "readers: expected no readers: a sandbox is open to its members only"),
        ({"writers": ["user:ana@acme.example"]}, "writers: expected no writers: a sandbox is open to its members only"),
        ({"deletion_protection": True}, "deletion_protection: expected nothing: a sandbox ends, and its data with it"),
        ({"monthly_budget_usd": 0}, f"{BUDGET} 0"),
        ({"monthly_budget_usd": "200"}, "monthly_budget_usd: expected a number, got '200'"),
        ({"monthly_budget_usd": float("nan")}, f"{BUDGET} nan"),
        ({"monthly_budget_usd": 200.555}, f"{BUDGET} 200.555"),
        ({"monthly_budget_usd": 1e30}, f"{BUDGET} 1e+30"),
        ({"monthly_budget_usd": 1e25}, f"{BUDGET} 1e+25"),
        ({"monthly_budget_usd": float("inf")}, f"{BUDGET} inf"),
        (
            {"billing_account": "billingAccounts/012345"},
            "billing_account: expected the id of a billing account such as 012345-6789AB-CDEF01, got 'billingAccounts",
        ),
        (
            {"data_classification": "confidential"},
            "data_classification: expected masked or a lower level: what a sandbox may hold, got 'confidential'",
        ),
        (
            {"data_days": 0},
            f"data_days: expected 1 to {LONGEST} days (maximum_days and grace_days of sandboxes), got 0",
        ),
        ({"data_days": LONGEST + 1}, f"data_days: expected 1 to {LONGEST} days"),
        ({"data_days": 1.5}, "data_days: expected a whole number, got 1.5"),
        ({"budget": {"counts": "all"}}, "budget.counts: expected one of labelled, project, got 'all'"),
        (
            {"budget": {"notification_channels": ["me@acme.example"]}},
            "budget.notification_channels[0]: expected a channel of Cloud Monitoring "
            "(projects/<project>/notificationChannels/<number>), got 'me@acme.example'",
        ),
        (
            {"budget": {"notification_channels": [f"projects/p/notificationChannels/{n}" for n in range(6)]}},
            "budget.notification_channels: expected 5 channels at most, got '6 channels'",
        ),
        (
            {"budget": {"notification_channels": ["projects/p/notificationChannels/1"] * 2}},
            "budget.notification_channels[1]: expected each channel once, got 'projects/p/notificationChannels/1'",
        ),
        (
            {"budget": {"pubsub_topic": "spending"}},
            "budget.pubsub_topic: expected a topic (projects/<project>/topics/<topic>), got 'spending'",
        ),
        (
            {"query_quota": {}},
            "query_quota: expected a quota to create or the ids of those to adopt; leave it out for none, got {}",
        ),
        (
            {"query_quota": {"user_gib_per_day": 0}},
            "query_quota.user_gib_per_day: expected 1 to 1,073,741,824 GiB, got 0",
        ),
        (
            {"query_quota": {"project_gib_per_day": -1}},
            "query_quota.project_gib_per_day: expected 1 to 1,073,741,824 GiB, got -1",
        ),
        (
            {"query_quota": {"adopted_ids": ["quota"]}},
            "query_quota.adopted_ids[0]: expected the id of a quota of BigQuery's query usage in acme-data-dev",
        ),
        (
            {"query_quota": {"adopted_ids": [OF_USERS.replace("acme-data-dev", "other")]}},
            "query_quota.adopted_ids[0]: expected the id of a quota of BigQuery's query usage in acme-data-dev",
        ),
        (
            {"query_quota": {"user_gib_per_day": 1, "adopted_ids": [OF_USERS]}},
            "query_quota.adopted_ids[0]: expected another quota: this one exists already",
        ),
        (
            {"kms_key_names": {"europe-west4": "k"}},
            "kms_key_names.europe-west4: expected europe-west1, got 'europe-west4'",
        ),
        ({"kms_key_names": {"europe-west1": "k"}}, f"kms_key_names.europe-west1: expected {KEY_FORM}, got 'k'"),
        ({"tags": {"sandbox": "x"}}, "tags.sandbox: expected another key: the library sets this one, got 'sandbox'"),
        ({"tags": {"expires-on": "x"}}, "tags.expires-on: expected another key: the library sets this one"),
        ({"tags": {"team": "Checkout Team"}}, "tags.team: expected lowercase letters, digits, underscores and hyphens"),
        ({"region": "europe-west1"}, "region: expected an argument of GcpSandboxArgs, got 'region'"),
        ({"stack": "feature"}, "environment: expected one of dev, staging, prod, as the stack's name stands for none"),
    ],
)
def test_gcp_sandbox_refuses(args: dict[str, Any], text: str) -> None:
    assert text in refusal(**args)


def test_gcp_sandbox_names_every_mistake_of_a_call_at_once() -> None:
    text = refusal(
        name="Trial",
        domain="growht",
        locations=["europe-west1", "mars"],
        expires_on="soon",
        members=["allUsers", "everybody"],
        monthly_budget_usd=-1,
        billing_account="x",
        data_classification="pii",
        data_days=1000,
        readers=["x"],
        budget={"pubsub_topic": "x", "unknown": 1},
        query_quota={"user_gib_per_day": 0},
        kms_key_names={"europe-west9": "k"},
        tags={"owner": "growth"},
    )
    found = ("name", "domain", "locations[1]", "expires_on", "members[0]", "members[1]", "monthly_budget_usd",
             "billing_account", "data_classification", "data_days", "readers", "budget.unknown",
             "query_quota.user_gib_per_day", "kms_key_names.europe-west9", "tags.owner")  # fmt: skip
    assert text.startswith(f"{len(found)} wrong arguments: ")
    for argument in found:
        assert f"{argument}: expected" in text


@pytest.mark.parametrize("argument", ["domain", "expires_on", "data_days", "locations", "members"])
def test_gcp_sandbox_wants_what_names_are_made_of_to_be_known(argument: str) -> None:
    merged: Any = {**ARGS}

    def program() -> None:
        merged[argument] = pulumi.Output.from_input("x")
        GcpSandbox("trial", merged)

    with pytest.raises(InvalidInputError, match=f"{argument}: expected a value known when the program runs"):
        record(program)


def test_gcp_sandbox_takes_outputs_where_no_name_is_made_of_them() -> None:
    merged: Any = {**ARGS}

    def program() -> None:
        merged["owner"] = pulumi.Output.from_input("growth-events")
        merged["billing_account"] = pulumi.Output.from_input("AAAAAA-BBBBBB-CCCCCC")
        merged["budget"] = {"pubsub_topic": pulumi.Output.from_input("projects/p/topics/t")}
        merged["query_quota"] = {"adopted_ids": [pulumi.Output.from_input(OF_USERS)]}
        merged["kms_key_names"] = {"europe-west1": pulumi.Output.from_input("projects/p/…")}
        GcpSandbox("trial", merged)

    recording = record(program)
    assert recording.named("trial-budget").inputs["billingAccount"] == "AAAAAA-BBBBBB-CCCCCC"
    assert recording.named("trial-budget").inputs["allUpdatesRule"] == {"pubsubTopic": "projects/p/topics/t"}
    assert recording.named("trial-europe-west1-dataset").inputs["labels"]["owner"] == "growth-events"
    assert recording.read == {"trial-adopted-quota-0": OF_USERS}


def test_gcp_sandbox_treats_none_as_absent() -> None:
    nothing = {"query_quota": None, "budget": None, "kms_key_names": None, "data_days": None, "tags": None}
    merged: Any = {**ARGS, **nothing, "data_classification": None}

    def children(args: Any) -> dict[str, Any]:
        return {r.name: r.inputs for r in record(lambda: GcpSandbox("trial", args)).resources if r.custom}

    assert children(merged) == children(ARGS)
    assert children({**ARGS, "budget": {"counts": None, "pubsub_topic": None}}) == children(ARGS)


CONVENTIONS = """
environments: {dev: {gcp_project: somewhere-else}}
tags: {required: {}}
"""


def test_gcp_sandbox_counts_a_project_only_by_the_number_that_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dataops.yaml"
    file.write_text(CONVENTIONS)
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(file))
    args: Any = {**ARGS, "locations": ["eu"]}
    recording = record(lambda: GcpSandbox("trial", args))
    assert recording.named("trial-budget").inputs["budgetFilter"] == {
        "labels": {"sandbox": recording.named("trial-account").inputs["accountId"]},
        "calendarPeriod": "MONTH",
    }
    assert recording.named("trial-eu-key-ring").inputs["location"] == "europe"  # Cloud KMS's name of the same
    assert refusal(locations=["eu"], budget={"counts": "project"}) == (
        "budget.counts: expected labelled, as gcp_project_number of dev is not declared in dataops.yaml, got 'project'"
    )
    for location in ("eur4", "asia"):
        expected = "a region, us or eu, as BigQuery has no others of Cloud Storage's locations"
        assert refusal(locations=["eu", location]) == f"locations[1]: expected {expected}, got {location!r}"
    assert refusal(locations=["EU"]) == (
        "locations[0]: expected a location such as europe-west1 or eu, in lowercase, got 'EU'"
    )


def test_gcp_sandbox_needs_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dataops.yaml"
    file.write_text("tags: {required: {}}")
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(file))
    assert refusal() == (
        "gcp_project: expected a project: declare gcp_project of dev in dataops.yaml, or set gcp:project, got None"
    )
    args: Any = ARGS
    recording = record(lambda: GcpSandbox("trial", args), config={"gcp:project": "configured"})
    assert recording.named("trial-account").inputs["project"] == "configured"


def test_gcp_sandbox_asks_for_no_key_location_where_it_has_no_locations() -> None:
    assert refusal(locations=[5], kms_key_names={"us": "x"}) == "locations[0]: expected a text, got 5"
