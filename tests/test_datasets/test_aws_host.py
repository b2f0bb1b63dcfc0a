"""MaskedTestDataset as other languages see it, and its policies' words as AWS's own API descriptions know them."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from dataops_infra.test_datasets import MaskedTestDataset
from tests.support.component_host import ComponentHost, component_host
from tests.support.recording import record
from tests.test_datasets.arguments import ON_EMR, ON_GLUE, PLAN, SECRET

TOKEN = "dataops-infra:index:MaskedTestDataset"
INPUTS: dict[str, Any] = {
    "domain": "growth",
    "region": "eu-west-1",
    "source": {"uri": "s3://acme-dev-growth-events-curated/orders"},
    "masking": {"plan": PLAN, "keySecret": SECRET},
    "job": {
        "engine": "glue",
        "wheelsUri": "s3://acme-artifacts/masking/1.4.0.gluewheels.zip",
        "workers": 3,
        "workerSize": "medium",
        "network": {
            "vpc": "vpc-0a1b2c3d",
            "subnets": ["subnet-0a1b2c3d"],
            "availabilityZone": "eu-west-1a",
            "endpointsSecurityGroup": "sg-0a1b2c3d",
            "s3PrefixList": "pl-6da54004",
        },
    },
    "schedule": {"cron": "0 3 * * *", "timeZone": "Europe/Berlin"},
    "alarms": {"missedAfterHours": 30},
}


@pytest.fixture(scope="module")
def host() -> Iterator[ComponentHost]:
    with component_host() as running:
        yield running


def test_host_builds_a_test_dataset_for_another_language(host: ComponentHost) -> None:
    urn, outputs = host.construct(TOKEN, "orders", INPUTS)
    assert urn == f"urn:pulumi:dev::platform::{TOKEN}::orders"
    job = host.monitor.inputs("orders-job")
    assert (job["workerType"], job["numberOfWorkers"]) == ("G.2X", 3)
    assert host.monitor.inputs("orders-missed")["evaluationPeriods"] == 30
    assert outputs["jobName"] == "acme-dev-growth-orders-masking"
    assert outputs["ref"]["targetUri"] == "s3://acme-dev-growth-orders-masked/masked/"
    assert outputs["ref"]["kmsKey"].endswith(":alias/acme-dev-growth-orders-masked")
    assert outputs["verdictUri"] == "s3://acme-dev-growth-orders-masked/masking/verdict.json"


def test_host_gives_a_sandbox_the_ref_of_a_test_dataset(host: ComponentHost) -> None:
    _, outputs = host.construct(TOKEN, "shared", INPUTS)
    sandbox = {
        "domain": "growth",
        "regions": ["eu-west-1"],
        "expiresOn": "2026-12-31",
        "members": ["arn:aws:iam::111111111111:role/analyst"],
        "monthlyBudgetUsd": 100,
        "testDatasets": [outputs["ref"]],
    }
    _, made = host.construct("dataops-infra:index:AwsSandbox", "tests", sandbox)
    assert made["ref"]["testDatasets"] == [outputs["ref"]["targetUri"]]


def test_host_passes_the_sentence_of_a_wrong_argument_on(host: ComponentHost) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        host.construct(TOKEN, "wrong", {**INPUTS, "schedule": {"cron": "daily"}})
    assert "schedule.cron: expected minute, hour, day of month, month and day of week" in str(caught.value)
    assert "wrong" not in host.monitor.registered


IAM_ONLY = {"iam:PassRole"}
"""Actions that are no operation of any API (service authorization reference)."""
SDK_NAMES = {"states": "stepfunctions"}
RENAMED = {"s3:ListBucket": "ListObjects", "s3:ListMultipartUploadParts": "ListParts"}


def operations(service: str) -> set[str]:
    session = pytest.importorskip("botocore.session", reason="botocore comes with principalmapper")
    names: list[str] = session.get_session().get_service_model(SDK_NAMES.get(service, service)).operation_names
    return set(names)


@pytest.mark.parametrize("args", [ON_GLUE, ON_EMR], ids=["glue", "emr"])
def test_every_action_that_a_role_of_ours_is_granted_exists_and_none_is_a_wildcard(args: Any) -> None:
    made = record(lambda: MaskedTestDataset("orders", args))
    policies = [json.loads(each.inputs["policy"]) for each in made.of_type("aws:iam/rolePolicy:RolePolicy")]
    granted = {
        action
        for policy in policies
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }
    assert len(granted) > 10
    assert not [action for action in granted if "*" in action]
    known = {service: operations(service) for service in {action.partition(":")[0] for action in granted - IAM_ONLY}}
    assert {
        action
        for action in granted - IAM_ONLY
        if RENAMED.get(action, action.partition(":")[2]) not in known[action.partition(":")[0]]
    } == set()
