"""A misspelt key of what a component tells is one sentence that names the component."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from dataops_infra.data_lake import GcsDataLake, S3DataLake
from dataops_infra.foundation.inputs import ComponentInputError
from dataops_infra.foundation.telling import telling
from dataops_infra.sandbox import AwsSandbox, GcpSandbox
from tests.support.recording import record

LAKE = {"domain": "growth", "data_classification": "internal", "zones": ["raw", "curated"]}
SANDBOX = {"domain": "growth", "expires_on": "2026-12-31", "monthly_budget_usd": 100}
ON_AWS = {**SANDBOX, "regions": ["eu-west-1"], "members": ["arn:aws:iam::111111111111:role/analyst"]}
ON_GCP = {
    **SANDBOX,
    "locations": ["europe-west1"],
    "members": ["group:growth@acme.example"],
    "billing_account": "012345-6789AB-CDEF01",
}


@pytest.mark.parametrize(
    ("component", "args", "look", "text"),
    [
        (AwsSandbox, ON_AWS, lambda made: made.buckets["eu-west-2"], "buckets: expected eu-west-1, got 'eu-west-2'"),
        (AwsSandbox, ON_AWS, lambda made: made.ref["kms_key_arns"]["eu"], "kms_key_arns: expected eu-west-1, got 'eu'"),
        (GcpSandbox, ON_GCP, lambda made: made.datasets["us"], "datasets: expected europe-west1, got 'us'"),
        (S3DataLake, LAKE, lambda made: made.ref["bucket"], "did you mean 'buckets'?, got 'bucket'"),
        (S3DataLake, LAKE, lambda made: made.ref["buckets"][5], "buckets: expected one of raw, curated, got 5"),
        (GcsDataLake, LAKE, lambda made: made.ref["buckets"]["rwa"], "raw, curated; did you mean 'raw'?, got 'rwa'"),
    ],
)
def test_misspelt_key_is_told_with_the_keys_there_are(
    component: Any, args: dict[str, Any], look: Callable[[Any], Any], text: str
) -> None:
    with pytest.raises(ComponentInputError) as caught:
        record(lambda: pulumi.export("found", look(component("events", args))))
    assert str(caught.value).startswith(f"{component.__name__} 'events': ")
    assert str(caught.value).endswith(text)


def test_what_is_told_is_a_dict_like_any_other() -> None:
    plain = {"region": "eu-west-1", "buckets": {"raw": "acme-raw"}}
    told = telling("Thing 'x'", plain)
    assert told == plain
    assert json.loads(json.dumps(told)) == plain
    assert copy.deepcopy(told) == plain
    assert told.get("zone") is None
    assert "zone" not in told
