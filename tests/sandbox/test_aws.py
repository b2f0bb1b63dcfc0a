"""What AwsSandbox creates, exactly."""

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from dataops_infra.sandbox import AwsSandbox, AwsSandboxArgs
from tests.support.recording import ACCOUNT, UNKNOWN, Recording, record

MEMBER = "arn:aws:iam::111111111111:role/analyst"
BOUNDARY = "arn:aws:iam::111111111111:policy/boundary"
MINIMAL: AwsSandboxArgs = {
    "domain": "growth",
    "regions": ["eu-west-1"],
    "expires_on": "2026-12-31",
    "members": [MEMBER],
    "monthly_budget_usd": 100,
}
TAGS = {
    "owner": "growth-data",
    "cost-center": "cc-1234",
    "environment": "dev",
    "domain": "growth",
    "data-classification": "masked",
    "managed-by": "dataops-infra",
    "zone": "sandbox",
    "expires-on": "2026-12-31",
    "sandbox": "acme-dev-growth-trial-sandbox",
}
TOPIC = "arn:aws:sns:eu-west-1:111111111111:acme-dev-growth-trial-sandbox-budget"
SETTINGS = ("lifecycle", "ownership", "policy", "public-access", "versioning", "encryption")


def sandbox(config: dict[str, str] | None = None, **args: Any) -> Recording:
    """A recording of one sandbox called ``trial``."""
    merged: Any = {**MINIMAL, **args}
    return record(lambda: AwsSandbox("trial", merged), config=config)


def in_region(region: str) -> list[str]:
    """The names of what a sandbox has in one region."""
    buckets = [f"trial-{region}-{zone}" for zone in ("sandbox", "logs")]
    return [
        *buckets,
        *(f"{bucket}-{setting}" for bucket in buckets for setting in SETTINGS),
        f"trial-{region}-sandbox-logging",
        f"trial-{region}-key",
        f"trial-{region}-key-alias",
        f"trial-{region}-database",
        f"trial-{region}-workgroup",
    ]


ONCE = ["trial-role", "trial-role-policy", "trial-budget-alerts", "trial-budget"]
ACTION = ["trial-stop-spending", "trial-budget-action-role", "trial-budget-action-role-policy", "trial-budget-action"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, [*ONCE, *in_region("eu-west-1")]),
        ({"regions": ["eu-central-1", "eu-west-1"]}, [*ONCE, *in_region("eu-west-1"), *in_region("eu-central-1")]),
        ({"stop_spending_at_budget": True}, [*ONCE, *ACTION, *in_region("eu-west-1")]),
        ({"stop_spending_at_budget": False}, [*ONCE, *in_region("eu-west-1")]),
    ],
)
def test_aws_sandbox_registers_these_children(args: dict[str, Any], expected: list[str]) -> None:
    recording = sandbox(**args)
    assert sorted(r.name for r in recording.resources) == sorted(["trial", *expected])
    assert {r.parent for r in recording.resources if r.custom} == {recording.named("trial").urn}
    assert recording.named("trial").type == "dataops-infra:index:AwsSandbox"


def test_aws_sandbox_says_what_it_is_on_everything_that_takes_tags() -> None:
    recording = sandbox(stop_spending_at_budget=True, tags={"team": "checkout"})
    tagged = {r.name: r.inputs["tags"] for r in recording.resources if r.custom and "tags" in r.inputs}
    regional = {f"trial-eu-west-1-{part}" for part in ("sandbox", "logs", "key", "database", "workgroup")}
    assert tagged.keys() == {*regional, "trial-role", "trial-budget-alerts", "trial-budget", *ACTION} - {
        "trial-budget-action-role-policy"
    }
    assert tagged.pop("trial-eu-west-1-logs") == {**TAGS, "team": "checkout", "zone": "logs"}
    assert {json.dumps(tags, sort_keys=True) for tags in tagged.values()} == {
        json.dumps({**TAGS, "team": "checkout"}, sort_keys=True)
    }


def test_role_lets_sessions_last_an_hour_and_goes_whatever_is_attached() -> None:
    role = sandbox(permissions_boundary_arn=BOUNDARY).named("trial-role").inputs
    policy = json.loads(role.pop("assumeRolePolicy"))
    assert role == {
        "name": "acme-dev-growth-trial-sandbox",
        "description": "Members of the sandbox trial, until 2026-12-31",
        "permissionsBoundary": BOUNDARY,
        "maxSessionDuration": 3600,
        "forceDetachPolicies": True,
        "tags": TAGS,
    }
    assert policy["Statement"] == [
        {
            "Sid": "MembersUntilTheEnd",
            "Effect": "Allow",
            "Principal": {"AWS": [MEMBER]},
            "Action": "sts:AssumeRole",
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
        }
    ]


def test_boundary_bounds_every_role_and_is_absent_by_default() -> None:
    bounded = sandbox(permissions_boundary_arn=BOUNDARY, stop_spending_at_budget=True).of_type("aws:iam/role:Role")
    assert {r.name: r.inputs["permissionsBoundary"] for r in bounded} == {
        "trial-role": BOUNDARY,
        "trial-budget-action-role": BOUNDARY,
    }
    assert "permissionsBoundary" not in sandbox().named("trial-role").inputs


def test_workgroup_enforces_its_settings() -> None:
    assert sandbox().named("trial-eu-west-1-workgroup").inputs == {
        "name": "acme-dev-growth-trial-sandbox",
        "description": "Sandbox trial of the domain growth, until 2026-12-31",
        "forceDestroy": True,
        "region": "eu-west-1",
        "tags": TAGS,
        "configuration": {
            "enforceWorkgroupConfiguration": True,
            "publishCloudwatchMetricsEnabled": True,
            "requesterPaysEnabled": False,
            "bytesScannedCutoffPerQuery": 100 * 2**30,
            "resultConfiguration": {
                "outputLocation": "s3://acme-dev-growth-trial-eu-west-1-sandbox/sandbox/growth/query-results/",
                "expectedBucketOwner": "111111111111",
                "encryptionConfiguration": {
                    "encryptionOption": "SSE_KMS",
                    "kmsKeyArn": "arn:aws:kms:eu-west-1:111111111111:alias/acme-dev-growth-trial-eu-west-1-sandbox",
                },
            },
        },
    }


def test_database_keeps_its_tables_in_the_bucket() -> None:
    assert sandbox().named("trial-eu-west-1-database").inputs == {
        "name": "acme_dev_growth_trial_sandbox",
        "description": "Sandbox trial of the domain growth, until 2026-12-31",
        "locationUri": "s3://acme-dev-growth-trial-eu-west-1-sandbox/sandbox/growth/",
        "region": "eu-west-1",
        "tags": TAGS,
    }


@pytest.mark.parametrize(
    ("queries", "gib", "days"),
    [({}, 100, 7), ({"scans_at_most_gib": 1}, 1, 7), ({"results_days": 30}, 100, 30), ({"results_days": None}, 100, 7)],
)
def test_limits_of_queries_are_the_users_where_given(queries: dict[str, Any], gib: int, days: int) -> None:
    recording = sandbox(queries=queries)
    settings = recording.named("trial-eu-west-1-workgroup").inputs["configuration"]
    rules = {r["id"]: r for r in recording.named("trial-eu-west-1-sandbox-lifecycle").inputs["rules"]}
    assert settings["bytesScannedCutoffPerQuery"] == gib * 2**30
    assert rules["expire-sandbox-growth-query-results"] == {
        "id": "expire-sandbox-growth-query-results",
        "status": "Enabled",
        "filter": {"prefix": "sandbox/growth/query-results/"},
        "expiration": {"days": days},
    }


@pytest.mark.parametrize("zone", ["sandbox", "logs"])
def test_everything_in_a_bucket_is_deleted_after_the_grace_days(zone: str) -> None:
    rules = {r["id"]: r for r in sandbox().named(f"trial-eu-west-1-{zone}-lifecycle").inputs["rules"]}
    everything = {"status": "Enabled", "filter": {}}
    ends = {"expiration": {"date": "2027-01-08T00:00:00Z"}}
    assert rules["expire-everything"] == {"id": "expire-everything", **everything, **ends}
    assert rules["delete-noncurrent"]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
    assert rules["remove-orphaned-delete-markers"]["expiration"] == {"expiredObjectDeleteMarker": True}
    assert rules["abort-unfinished-uploads"]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


def test_budget_counts_what_carries_the_sandboxs_tag_and_tells_the_topic() -> None:
    budget = sandbox(monthly_budget_usd=99.9).named("trial-budget").inputs
    notifications = budget.pop("notifications")
    assert budget == {
        "name": "acme-dev-growth-trial-sandbox",
        "accountId": "111111111111",
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "99.90",
        "limitUnit": "USD",
        "costFilters": [{"name": "TagKeyValue", "values": ["user:sandbox$acme-dev-growth-trial-sandbox"]}],
        "tags": TAGS,
    }
    assert [n.pop("threshold") for n in notifications] == [50, 80, 100]
    alike = {
        "comparisonOperator": "GREATER_THAN",
        "thresholdType": "PERCENTAGE",
        "notificationType": "ACTUAL",
        "subscriberSnsTopicArns": [TOPIC],
    }
    assert notifications == [alike] * 3


def test_budget_tells_the_addresses_that_are_named() -> None:
    notifications = sandbox(budget_alert_emails=["a@acme.example"]).named("trial-budget").inputs["notifications"]
    assert [n["subscriberEmailAddresses"] for n in notifications] == [["a@acme.example"]] * 3


def test_topic_of_the_budget_is_encrypted_with_the_first_regions_key() -> None:
    topic = sandbox(regions=["eu-central-1", "eu-west-1"]).named("trial-budget-alerts").inputs
    assert topic["region"] == "eu-central-1"
    assert topic["name"] == "acme-dev-growth-trial-sandbox-budget"
    assert topic["kmsMasterKeyId"] == (
        "arn:aws:kms:eu-central-1:111111111111:alias/acme-dev-growth-trial-eu-central-1-sandbox"
    )


def test_budget_action_puts_the_denial_on_the_role_by_itself() -> None:
    recording = sandbox(stop_spending_at_budget=True)
    action = recording.named("trial-budget-action").inputs
    assert action == {
        "accountId": "111111111111",
        "budgetName": "acme-dev-growth-trial-sandbox",
        "actionType": "APPLY_IAM_POLICY",
        "approvalModel": "AUTOMATIC",
        "notificationType": "ACTUAL",
        "executionRoleArn": "arn:aws:iam::111111111111:role/acme-dev-growth-trial-sandbox-budget-action",
        "actionThreshold": {"actionThresholdType": "PERCENTAGE", "actionThresholdValue": 100},
        "definition": {
            "iamActionDefinition": {
                "policyArn": "arn:aws:iam::111111111111:policy/acme-dev-growth-trial-sandbox-stop-spending",
                "roles": ["acme-dev-growth-trial-sandbox"],
            }
        },
        "subscribers": [{"address": TOPIC, "subscriptionType": "SNS"}],
        "tags": TAGS,
    }


def test_aws_sandbox_states_the_order_that_its_values_no_longer_carry() -> None:
    recording = sandbox(stop_spending_at_budget=True)

    def after(name: str) -> set[str]:
        return {urn.split("::")[-1] for urn in recording.named(name).dependencies}

    ready = {"trial-eu-west-1-key-alias", "trial-eu-west-1-sandbox-policy"}
    assert after("trial-role") == {"trial-stop-spending"}  # goes first: the action may have put the policy on it
    assert after("trial-eu-west-1-key") == {"trial-role"}  # a policy names no role that AWS does not know
    assert after("trial-eu-west-1-sandbox-policy") >= {"trial-role", "trial-eu-west-1-sandbox-public-access"}
    assert after("trial-eu-west-1-workgroup") == ready
    assert after("trial-eu-west-1-database") == ready
    assert after("trial-budget-alerts") == ready
    assert after("trial-budget") == {"trial-budget-alerts"}
    assert after("trial-budget-action") == {
        "trial-budget",
        "trial-role",
        "trial-stop-spending",
        "trial-budget-action-role-policy",
    }


def test_aws_sandbox_publishes_a_ref_that_waits_for_every_child() -> None:
    def program() -> None:
        args: Any = {**MINIMAL, "regions": ["eu-west-1", "eu-central-1"], "stop_spending_at_budget": True}
        made = AwsSandbox("trial", args)
        aws.s3.BucketObject("consumer", bucket=made.buckets["eu-west-1"], content="x")

    recording = record(program)
    names = dict.fromkeys(("eu-west-1", "eu-central-1"), "acme-dev-growth-trial-sandbox")
    role = "arn:aws:iam::111111111111:role/acme-dev-growth-trial-sandbox"
    buckets = {region: f"acme-dev-growth-trial-{region}-sandbox" for region in names}
    databases = dict.fromkeys(names, "acme_dev_growth_trial_sandbox")
    shown = {"role_arn": role, "workgroups": names, "databases": databases, "buckets": buckets}
    assert recording.outputs("trial") == {
        **shown,
        "ref": {
            **shown,
            "role_name": "acme-dev-growth-trial-sandbox",
            "log_buckets": {region: f"acme-dev-growth-trial-{region}-logs" for region in names},
            "kms_key_arns": {
                region: f"arn:aws:kms:{region}:111111111111:alias/acme-dev-growth-trial-{region}-sandbox"
                for region in names
            },
            "test_datasets": [],
            "budget": "acme-dev-growth-trial-sandbox",
            "budget_topic_arn": TOPIC,
            "expires_on": "2026-12-31",
            "access_ends": "2027-01-01T00:00:00Z",
            "data_deleted_on": "2027-01-08",
            "domain": "growth",
            "environment": "dev",
            "data_classification": "masked",
        },
    }
    waits_for = {urn.split("::")[-1] for urn in recording.named("consumer").dependencies}
    everything = {r.name for r in recording.resources if r.custom} - {"consumer"}
    assert everything - waits_for == {"trial-eu-west-1-key", "trial-eu-central-1-key"}  # their aliases stand for them


def test_members_given_as_known_outputs_leave_the_trust_policy_known() -> None:
    policy = sandbox(members=[pulumi.Output.from_input(MEMBER)]).named("trial-role").inputs["assumeRolePolicy"]
    assert json.loads(policy)["Statement"][0]["Principal"] == {"AWS": [MEMBER]}


def conventions(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "dataops.yaml"
    path.write_text(text)
    return {"dataops:conventions": str(path)}


def test_caller_identity_stands_in_where_no_account_is_declared(tmp_path: Path) -> None:
    config = conventions(tmp_path, "")
    recording = sandbox(config, owner="growth-data", cost_center="c", stop_spending_at_budget=True)
    assert set(recording.functions) == {"aws:index/getCallerIdentity:getCallerIdentity"}
    ref = recording.outputs("trial")["ref"]
    assert ref["role_arn"] == f"arn:aws:iam::{ACCOUNT}:role/dataops-dev-growth-trial-sandbox"
    assert recording.named("trial-budget").inputs["accountId"] == ACCOUNT
    unknown = [r.name for r in recording.resources if UNKNOWN in json.dumps(r.inputs)]
    assert unknown == ["trial-eu-west-1-key-alias"]  # the id of the key that AWS makes up


def test_nothing_recorded_holds_the_text_none() -> None:
    recording = sandbox(stop_spending_at_budget=True)
    assert [r.name for r in recording.resources if "None" in json.dumps(r.inputs)] == []


def test_grace_days_are_the_organisations(tmp_path: Path) -> None:
    config = conventions(tmp_path, "sandbox: {grace_days: 0}\n")
    recording = sandbox(config, owner="growth-data", cost_center="c")
    rules = {r["id"]: r for r in recording.named("trial-eu-west-1-sandbox-lifecycle").inputs["rules"]}
    # Access lasts all of the last day, so that the data does too.
    assert rules["expire-everything"]["expiration"] == {"date": "2027-01-01T00:00:00Z"}


def test_guide_shows_a_program_that_runs() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "sandboxes.md").read_text()
    (program,) = [block for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "AwsSandbox(" in block]
    made = record(lambda: exec(program, {}))
    assert len(made.of_type("aws:athena/workgroup:Workgroup")) == 2


@pytest.mark.parametrize(
    ("layout", "tables", "results"),
    [
        ("{zone}/{domain}/{dataset}/v{version:int}", "sandbox/growth/", "sandbox/growth/query-results/"),
        ("lake/{zone}/{dataset}", "lake/sandbox/", "lake/sandbox/query-results/"),
        ("{dataset}/{zone}/{domain}", "", "query-results/sandbox/growth/"),
        ("{zone}/d={date}/{dataset}", "sandbox/", "query-results/"),  # no dataset without a date before it
        ("{zone}/{domain}", "sandbox/growth/", "query-results/"),  # nothing in the layout keeps results apart
    ],
)
def test_results_lie_where_no_dataset_does(tmp_path: Path, layout: str, tables: str, results: str) -> None:
    config = conventions(tmp_path, f'lake: {{layout: "{layout}"}}\n')
    recording = sandbox(config, owner="growth-data", cost_center="c")
    bucket = "s3://dataops-dev-growth-trial-eu-west-1-sandbox"
    settings = recording.named("trial-eu-west-1-workgroup").inputs["configuration"]["resultConfiguration"]
    assert recording.named("trial-eu-west-1-database").inputs["locationUri"] == f"{bucket}/{tables}"
    assert settings["outputLocation"] == f"{bucket}/{results}"
    assert not tables.startswith(results)
    rules = recording.named("trial-eu-west-1-sandbox-lifecycle").inputs["rules"]
    assert [r["filter"]["prefix"] for r in rules if r["filter"]] == [results]
