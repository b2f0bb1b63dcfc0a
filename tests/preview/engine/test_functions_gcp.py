import importlib
import json

import pytest

from dataops_infra.preview.engine.functions import Functions
from dataops_infra.preview.engine.records import EngineFailure
from dataops_infra.preview.engine.values import UNKNOWN
from tests.support.function_calls import ask, job, provider

CLIENT = "gcp:organizations/getClientConfig:getClientConfig"
PROJECT = "gcp:organizations/getProject:getProject"
POLICY = "gcp:organizations/getIAMPolicy:getIAMPolicy"
ACCOUNT = "gcp:serviceaccount/getAccount:getAccount"


@pytest.fixture(autouse=True)
def no_settings_from_the_environment(monkeypatch):
    for name in ("PROJECT", "CLOUD_PROJECT", "REGION", "ZONE"):
        monkeypatch.delenv(f"GOOGLE_{name}", raising=False)
        monkeypatch.delenv(f"GCLOUD_{name}", raising=False)
    for name in ("CORE_PROJECT", "COMPUTE_REGION", "COMPUTE_ZONE"):
        monkeypatch.delenv(f"CLOUDSDK_{name}", raising=False)


def offline(token, args=None, **changes):
    answer = ask(token, args, plain=False, **changes)
    assert answer.record["answeredBy"] == "offline"
    return answer.result


def test_the_client_config_is_the_providers():
    result = offline(CLIENT, provider=provider("gcp", project="p", region="r", zone="r-a", defaultLabels='{"t": "d"}'))
    assert result.pop("accessToken").startswith("placeholder-")
    assert result == {
        "project": "p",
        "region": "r",
        "zone": "r-a",
        "id": "projects/p/regions/r/zones/r-a",
        "defaultLabels": {"t": "d"},
    }


def test_the_client_config_of_the_stacks_configuration():
    result = offline(CLIENT)
    assert (result["project"], result["region"], result["zone"]) == ("acme-dev", "europe-west1", "")
    assert result["defaultLabels"] == {}


@pytest.mark.parametrize("name", ["project", "region", "zone", "defaultLabels"])
def test_a_setting_that_is_unknown_is_made_up(name):
    settings = {"project": "p", "region": "r", "zone": "z", "defaultLabels": "{}", name: UNKNOWN}
    functions = Functions(job())
    result = functions.answer(CLIENT, {}, provider("gcp", **settings), False).result
    assert functions.placeholders.found_in(result[name])


def test_the_project_may_come_from_the_environment_or_the_conventions(monkeypatch):
    bare = provider("gcp")
    assert offline(CLIENT, provider=bare, facts={"gcpProject": "declared"})["project"] == "declared"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "from-env")
    assert offline(CLIENT, provider=bare, facts={"gcpProject": "declared"})["project"] == "from-env"


def test_a_project_has_the_id_that_was_asked_for():
    assert offline(PROJECT, {"projectId": "other"})["id"] == "projects/other"
    assert offline(PROJECT)["projectId"] == "acme-dev"
    assert ask(PROJECT, plain=False, provider=provider("gcp")).result == UNKNOWN


@pytest.mark.parametrize(
    ("args", "mail", "owner"),
    [
        ({"accountId": "etl"}, "etl@acme-dev.iam.gserviceaccount.com", "acme-dev"),
        ({"accountId": "etl", "project": "o"}, "etl@o.iam.gserviceaccount.com", "o"),
        ({"accountId": "etl@o.iam.gserviceaccount.com"}, "etl@o.iam.gserviceaccount.com", "o"),
        (
            {"accountId": "projects/o/serviceAccounts/etl@o.iam.gserviceaccount.com"},
            "etl@o.iam.gserviceaccount.com",
            "o",
        ),
    ],
)
def test_a_service_accounts_names_follow_from_its_id(args, mail, owner):
    result = offline(ACCOUNT, args)
    assert (result["email"], result["member"]) == (mail, f"serviceAccount:{mail}")
    assert result["name"] == result["id"] == f"projects/{owner}/serviceAccounts/{mail}"


def test_a_service_account_of_an_unknown_project_is_unknown():
    assert ask(ACCOUNT, {"accountId": "etl"}, plain=False, provider=provider("gcp")).result == UNKNOWN


def test_an_iam_policy_joins_bindings_and_sorts_everything():
    condition = {"title": "t", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')", "description": ""}
    result = offline(
        POLICY,
        {
            "bindings": [
                {"role": "roles/viewer", "members": ["user:b@x.org", "user:a@x.org"]},
                {"role": "roles/editor", "members": ["user:c@x.org"], "condition": condition},
                {"role": "roles/editor", "members": ["user:d@x.org"]},
                {"role": "roles/viewer", "members": ["user:a@x.org", "user:e@x.org"]},
            ],
            "auditConfigs": [
                {
                    "service": "allServices",
                    "auditLogConfigs": [
                        {"logType": "DATA_READ", "exemptedMembers": ["user:b@x.org", "user:a@x.org"]},
                        {"logType": "ADMIN_READ"},
                    ],
                }
            ],
        },
    )
    assert "\\u003c" in result["policyData"]
    assert " " not in result["policyData"].replace(condition["expression"].replace("<", "\\u003c"), "")
    assert json.loads(result["policyData"]) == {
        "auditConfigs": [
            {
                "auditLogConfigs": [
                    {"logType": "ADMIN_READ"},
                    {"exemptedMembers": ["user:a@x.org", "user:b@x.org"], "logType": "DATA_READ"},
                ],
                "service": "allServices",
            }
        ],
        "bindings": [
            {"members": ["user:d@x.org"], "role": "roles/editor"},
            {
                "condition": {"expression": condition["expression"], "title": "t"},
                "members": ["user:c@x.org"],
                "role": "roles/editor",
            },
            {"members": ["user:a@x.org", "user:b@x.org", "user:e@x.org"], "role": "roles/viewer"},
        ],
    }


def test_an_iam_policy_without_bindings_is_empty():
    assert offline(POLICY)["policyData"] == "{}"


def test_a_deleted_principal_is_refused():
    with pytest.raises(EngineFailure, match="deleted: principal"):
        ask(POLICY, {"bindings": [{"role": "r", "members": ["deleted:user:x"]}]})


@pytest.mark.parametrize(
    ("token", "field", "mail"),
    [
        (
            "gcp:storage/getProjectServiceAccount:getProjectServiceAccount",
            "emailAddress",
            "service-123456789012@gs-project-accounts.iam.gserviceaccount.com",
        ),
        (
            "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount",
            "email",
            "bq-123456789012@bigquery-encryption.iam.gserviceaccount.com",
        ),
    ],
)
def test_an_account_of_googles_is_known_where_the_projects_number_is_declared(token, field, mail):
    declared = {"gcpProject": "acme-dev", "gcpProjectNumber": "123456789012"}
    importlib.import_module("pulumi_gcp.compute.get_default_service_account")  # of the same name, with other fields
    answer = {field: mail, "member": f"serviceAccount:{mail}", "id": mail, "project": "acme-dev"}
    assert offline(token, facts=declared) == answer
    assert offline(token, {"project": "acme-dev"}, facts=declared) == answer
    for args, facts in (({}, {"gcpProject": "acme-dev"}), ({"project": "other"}, declared)):
        assert ask(token, args, plain=False, facts=facts).record["answeredBy"] == "unknown"
