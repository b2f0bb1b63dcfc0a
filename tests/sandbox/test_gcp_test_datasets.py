"""Masked test datasets that a GCP sandbox lets its members read, and those that it refuses."""

from typing import Any

import pulumi
import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.sandbox import GcpSandbox, GcpSandboxArgs
from tests.support import refusals
from tests.support.recording import record

GROUP = "group:growth@acme.example"
ARGS: GcpSandboxArgs = {
    "domain": "growth",
    "locations": ["europe-west1"],
    "expires_on": "2026-12-31",
    "members": [GROUP],
    "monthly_budget_usd": 200,
    "billing_account": "012345-6789AB-CDEF01",
}
REF: dict[str, str] = {
    "cloud": "gcp",
    "target_uri": "gs://acme-prod-growth-orders-masked-copy/masked/",
    "bucket": "acme-prod-growth-orders-masked-copy",
    "prefix": "masked/",
    "kms_key": "",
    "manifest_uri": "gs://acme-prod-growth-orders-masked-copy/masked/_manifest.json",
    "verdict_uri": "gs://acme-prod-growth-orders-masked-work/verdict/verdict.json",
    "plan_digest": "5f" * 32,
    "region": "europe-west1",
    "domain": "growth",
    "environment": "prod",
    "data_classification": "masked",
}
ACCOUNT = "serviceAccount:acme-dev-growth-trial-sandbox@acme-data-dev.iam.gserviceaccount.com"
LEVEL = "expected a dataset of the level masked or a lower one: what members of this sandbox may read, got"


def grants_of_test_data(refs: list[Any], **args: Any) -> dict[str, dict[str, Any]]:
    def program() -> None:
        given: Any = {**ARGS, **args, "test_datasets": [ref() if callable(ref) else ref for ref in refs]}
        GcpSandbox("trial", given)

    made = record(program).of_type("gcp:storage/managedFolderIamMember:ManagedFolderIamMember")
    return {r.name: r.inputs for r in made}


@pytest.mark.parametrize("ref", [REF, lambda: pulumi.Output.from_input(REF)], ids=["dict", "output"])
def test_members_and_the_service_account_read_the_copy_until_the_last_day(ref: Any) -> None:
    common = {
        "bucket": "acme-prod-growth-orders-masked-copy",
        "managedFolder": "masked/",
        "role": "roles/storage.objectViewer",
        "condition": {
            "title": "acme-dev-growth-trial-sandbox-until-2026-12-31",
            "description": "Access ends with 2026-12-31 (UTC).",
            "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")',
        },
    }
    assert grants_of_test_data([ref]) == {
        "trial-test-data-0-account": {**common, "member": ACCOUNT},
        "trial-test-data-0-group-growth-acme-example-9688c0a4": {**common, "member": GROUP},
    }


def test_each_dataset_has_grants_of_its_own() -> None:
    other = {**REF, "bucket": "acme-prod-growth-customers-masked-copy", "data_classification": "public"}
    made = grants_of_test_data([REF, other])
    assert {(name.split("-")[3], inputs["bucket"]) for name, inputs in made.items()} == {
        ("0", REF["bucket"]),
        ("1", other["bucket"]),
    }


def test_sandbox_without_test_datasets_grants_none() -> None:
    assert grants_of_test_data([]) == {}


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"cloud": "aws"},
            "test_datasets[0]: expected the ref of a MaskedTestDataset on GCP; for this one, take AwsSandbox, got",
        ),
        ({"cloud": "azure"}, "test_datasets[0]: expected the ref of a MaskedTestDataset on GCP, got 'azure'"),
        ({"data_classification": "confidential"}, f"test_datasets[0]: {LEVEL} 'confidential'"),
        ({"data_classification": "secret"}, f"test_datasets[0]: {LEVEL} 'secret'"),
    ],
)
def test_sandbox_refuses_what_its_members_may_not_read(changed: dict[str, Any], text: str) -> None:
    given: Any = {**ARGS, "test_datasets": [{**REF, **changed}]}
    assert text in refusals.refusal(GcpSandbox, given, name="trial")


@pytest.mark.parametrize("changed", [{"cloud": "aws"}, {"data_classification": "pii"}])
def test_ref_that_is_known_late_fails_the_program_all_the_same(changed: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match=r"GcpSandbox 'trial': test_datasets\[0\]: expected"):
        grants_of_test_data([lambda: pulumi.Output.from_input({**REF, **changed})])


def test_sandbox_of_a_lower_level_takes_no_masked_data() -> None:
    given: Any = {**ARGS, "data_classification": "internal", "test_datasets": [REF]}
    expected = "a dataset of the level internal or a lower one: what members of this sandbox may read"
    assert refusals.refusal(GcpSandbox, given, name="trial") == f"test_datasets[0]: expected {expected}, got 'masked'"
