"""AwsSandbox as other languages see it, and its policies' words as AWS's own API descriptions know them."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from dataops_infra.data_lake import s3_policies
from dataops_infra.sandbox import aws_policies
from tests.support.component_host import ComponentHost, component_host

TOKEN = "dataops-infra:index:AwsSandbox"
INPUTS: dict[str, Any] = {
    "domain": "growth",
    "regions": ["eu-west-1", "eu-central-1"],
    "expiresOn": "2026-12-31",
    "members": ["arn:aws:iam::111111111111:role/analyst"],
    "monthlyBudgetUsd": 100,
    "queries": {"scansAtMostGib": 5, "resultsDays": 3},
    "stopSpendingAtBudget": True,
}


@pytest.fixture(scope="module")
def host() -> Iterator[ComponentHost]:
    with component_host() as running:
        yield running


def test_host_builds_a_sandbox_for_another_language(host: ComponentHost) -> None:
    urn, outputs = host.construct(TOKEN, "trial", INPUTS)
    assert urn == f"urn:pulumi:dev::platform::{TOKEN}::trial"
    settings = host.monitor.inputs("trial-eu-central-1-workgroup")["configuration"]
    assert settings["bytesScannedCutoffPerQuery"] == 5 * 2**30
    assert host.monitor.inputs("trial-budget")["limitAmount"] == "100.00"
    assert "trial-budget-action" in host.monitor.registered
    assert outputs["roleArn"] == "arn:aws:iam::111111111111:role/acme-dev-growth-trial-sandbox"
    assert outputs["buckets"] == {
        "eu-west-1": "acme-dev-growth-trial-eu-west-1-sandbox",
        "eu-central-1": "acme-dev-growth-trial-eu-central-1-sandbox",
    }
    assert outputs["ref"]["accessEnds"] == "2027-01-01T00:00:00Z"
    assert outputs["ref"]["workgroups"] == outputs["workgroups"]
    assert outputs["databases"].keys() == outputs["buckets"].keys()


def test_host_passes_the_sentence_of_a_wrong_argument_on(host: ComponentHost) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        host.construct(TOKEN, "wrong", {**INPUTS, "expiresOn": "tomorrow"})
    assert "expires_on: expected the last day of the sandbox as a date such as 2026-12-31" in str(caught.value)
    assert "wrong" not in host.monitor.registered


def operations(service: str) -> set[str]:
    session = pytest.importorskip("botocore.session", reason="botocore comes with principalmapper")
    names: list[str] = session.get_session().get_service_model(service).operation_names
    return set(names)


BEFORE_VERSIONS = {"ListBucket": "ListObjects", "ListBucketVersions": "ListObjectVersions"}
"""Actions of S3 that are not called like their operation (service authorization reference, "Amazon S3")."""
ONE_OPERATION_SEVERAL_ACTIONS = {
    "GetObjectVersion": "GetObject",
    "ListBucketMultipartUploads": "ListMultipartUploads",
    "ListMultipartUploadParts": "ListParts",
}
IAM_ONLY = {"athena:GetQueryResultsStream"}
"""What JDBC and ODBC drivers call; it is in no SDK (Athena user guide, "Access through JDBC and ODBC connections")."""


def test_every_action_that_is_granted_exists() -> None:
    """A misspelt action is granted without an error, and is missed by whoever needs it."""
    stop = json.loads(json.dumps(aws_policies.stop_spending_policy()))["Statement"][0]["NotAction"]
    granted = {
        *aws_policies.RUN_QUERIES,
        *aws_policies.USE_TABLES,
        *aws_policies.LIST_CHOICES,
        *(action for action in stop if "*" not in action),
        *s3_policies.READ_OBJECTS,
        *s3_policies.READ_BUCKET,
        *s3_policies.WRITE_OBJECTS,
        *s3_policies.WRITE_BUCKET,
        *s3_policies.ADMINISTER_KEY,
    }
    known = {service: operations(service) for service in {action.partition(":")[0] for action in granted}}
    renamed = {**BEFORE_VERSIONS, **ONE_OPERATION_SEVERAL_ACTIONS}
    unknown = set()
    for action in granted - IAM_ONLY:
        service, _, name = action.partition(":")
        if (renamed.get(name, name) if service == "s3" else name) not in known[service]:
            unknown.add(action)
    assert unknown == set()
