"""What every component refuses in the same words: one sentence for one mistake, and nothing that follows from it."""

from pathlib import Path
from typing import Any

import pytest

from dataops_infra.data_lake import GcsDataLake, S3DataLake
from dataops_infra.sandbox import AwsSandbox, GcpSandbox
from tests.support.refusals import refusal

LAKE = {"domain": "growth", "data_classification": "internal"}
SANDBOX = {"domain": "growth", "expires_on": "2026-12-31", "monthly_budget_usd": 100}
ROLE = "arn:aws:iam::111111111111:role/analyst"
SOUND: dict[Any, dict[str, Any]] = {
    S3DataLake: LAKE,
    GcsDataLake: LAKE,
    AwsSandbox: {**SANDBOX, "regions": ["eu-west-1"], "members": [ROLE]},
    GcpSandbox: {
        **SANDBOX,
        "locations": ["europe-west1"],
        "members": ["group:growth@acme.example"],
        "billing_account": "012345-6789AB-CDEF01",
    },
}
NAME = "name: expected lowercase letters, digits and hyphens between them, got"
LEVEL = "data_classification: expected one of public, internal, masked, confidential, pii, got"


@pytest.mark.parametrize("component", SOUND, ids=lambda component: component.__name__)
@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"domain": ""}, "domain: expected growth, got ''"),
        ({"domain": "x" * 300}, f"domain: expected growth, got '{'x' * 300}'"),
        ({"data_classification": ""}, f"{LEVEL} ''"),
        ({"owner": ""}, "owner: expected a value that fits: it must not be empty, got ''"),
        ({"cost_center": ""}, "cost_center: expected a value that fits: it must not be empty, got ''"),
        ({"environment": ""}, "environment: expected one of dev, staging, prod, got ''"),
        ({"tags": {5: "x"}}, "tags.5: expected a text as key, got 5"),
        ({"tags": {f"t{number}": "x" for number in range(60)}}, "tags: expected fewer: with those of the library "),
    ],
)
def test_component_refuses(component: Any, wrong: dict[str, Any], text: str) -> None:
    told = refusal(component, {**SOUND[component], **wrong})
    assert told.startswith(text)
    assert ";" not in told


@pytest.mark.parametrize("component", SOUND, ids=lambda component: component.__name__)
@pytest.mark.parametrize("name", ["", "Events", "événements", "a b", "-a", "a-", "a\n", None, 5])
def test_component_refuses_a_name_that_names_nothing(component: Any, name: Any) -> None:
    assert refusal(component, SOUND[component], name=name) == f"{NAME} {name!r}"


@pytest.mark.parametrize(
    ("component", "argument"), [(AwsSandbox, "regions"), (GcpSandbox, "locations"), (S3DataLake, "zones")]
)
@pytest.mark.parametrize("item", [None, 5, []])
def test_wrong_item_of_a_list_is_not_told_as_an_empty_list_too(component: Any, argument: str, item: Any) -> None:
    told = refusal(component, {**SOUND[component], argument: [item]})
    assert told == f"{argument}[0]: expected a text, got {item!r}"


@pytest.mark.parametrize(
    ("component", "args", "text"),
    [
        (S3DataLake, {"region": "nonsense"}, "region: expected an AWS region such as eu-west-1, got 'nonsense'"),
        (S3DataLake, {"region": "*"}, "region: expected an AWS region such as eu-west-1, got '*'"),
        (GcsDataLake, {"location": "*"}, "location: expected a location such as europe-west1 or eu, in lowercase, "),
    ],
)
def test_lake_checks_a_region_that_no_convention_lists(
    tmp_path: Path, component: Any, args: dict[str, Any], text: str
) -> None:
    path = tmp_path / "dataops.yaml"
    path.write_text("environments: {dev: {gcp_project: acme-data-dev}}\ntags: {required: {}}\n")
    told = refusal(component, {**LAKE, **args}, config={"dataops:conventions": str(path)})
    assert told.startswith(text)
