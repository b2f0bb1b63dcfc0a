"""Which arguments GcsDataLake refuses, and that it refuses all of them at once before it registers anything."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from dataops_infra.data_lake import GcsDataLake, GcsDataLakeArgs
from dataops_infra.errors import InvalidInputError
from tests.support import refusals
from tests.support.recording import record

MINIMAL: GcsDataLakeArgs = {"domain": "growth", "data_classification": "internal"}
OWNED = {"owner": "growth-data", "cost_center": "cc"}
KEY_FORM = "the name of a Cloud KMS key, projects/<project>/locations/europe-west1/keyRings/<key ring>/cryptoKeys/<key>"
PRINCIPALS = "user:…, group:…, serviceAccount:…, principal://… or principalSet://… in lowercase, never everybody, got "


def refusal(name: str = "events", stack: str = "dev", config: dict[str, str] | None = None, **args: Any) -> str:
    """The text with which a lake of these arguments is refused."""
    return refusals.refusal(GcsDataLake, {**MINIMAL, **args}, name=name, stack=stack, config=config)


def conventions(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "dataops.yaml"
    path.write_text(text)
    return {"dataops:conventions": str(path), "gcp:project": "acme-other"}


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"domain": "growht"}, "domain: expected growth, got 'growht'"),
        ({"domain": "absent"}, "domain: expected a value: it is required, got None"),
        (
            {"data_classification": "pii"},
            "data_classification: expected a level below pii, as dev is not production, got 'pii'",
        ),
        ({"zones": ["logs"]}, "zones[0]: expected no 'logs': that bucket is always made, got 'logs'"),
        (
            {"zones": ["sandbox"]},
            "zones[0]: expected no 'sandbox': sandboxes are components of their own, which end, got 'sandbox'",
        ),
        (
            {"retention_class": "forever"},
            "retention_class: expected one of transient, standard, regulated, got 'forever'",
        ),
        ({"location": "EU"}, "location: expected one of europe-west1, europe-west4, got 'EU'"),
        ({"region": "europe-west1"}, "region: expected an argument of GcsDataLakeArgs, got 'region'"),
        (
            {"tags": {"team": "Checkout"}},
            "tags.team: expected lowercase letters, digits, underscores and hyphens for a GCP label value",
        ),
        ({"readers": ["allUsers"]}, f"readers[0]: expected {PRINCIPALS}'allUsers'"),
        ({"writers": ["domain:acme.example"]}, f"writers[0]: expected {PRINCIPALS}'domain:acme.example'"),
        ({"readers": "group:a@acme.example"}, "readers: expected a list, got 'group:a@acme.example'"),
        (
            {"datasets": {"orders": {"readers": ["projectViewer:acme-data-dev"]}}},
            f"datasets.orders.readers[0]: expected {PRINCIPALS}'projectViewer:acme-data-dev'",
        ),
        (
            {"datasets": {"orders": {"raeders": []}}},
            "datasets.orders.raeders: expected an argument of GcsDatasetAccess; did you mean 'readers'?, got 'raeders'",
        ),
        (
            {"datasets": {"Orders/": {"readers": ["user:a@acme.example"]}}},
            "datasets.Orders/: expected lowercase letters, digits, hyphens and underscores that begin with a letter or "
            "digit, got 'Orders/'",
        ),
        (
            {"datasets": {"x" * 1012: {"readers": ["user:a@acme.example"]}}},
            f"datasets.{'x' * 1012}: expected a shorter name: a folder has 1024 characters at most, got",
        ),
        ({"kms_key_name": "my-key"}, f"kms_key_name: expected {KEY_FORM}, got 'my-key'"),
        (
            {"kms_key_name": "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"},
            f"kms_key_name: expected {KEY_FORM}, got",
        ),
        ({"audit_logs": "no"}, "audit_logs: expected one of create, adopt, got 'no'"),
        ({"deletion_protection": "no"}, "deletion_protection: expected True or False, got 'no'"),
        ({"name": "Events"}, "name: expected lowercase letters, digits and hyphens between them, got 'Events'"),
        (
            {"config": {"dataops:allowDataLoss": "yes"}, "deletion_protection": False},
            "stack config dataops:allowDataLoss: expected true or false, got 'yes'",
        ),
        (
            {"environment": "prod"},
            "environment: expected dev, the environment that the stack 'dev' belongs to, got 'prod'",
        ),
    ],
)  # fmt: skip
def test_gcs_data_lake_refuses(args: dict[str, Any], text: str) -> None:
    assert text in refusal(**args)


def test_gcs_data_lake_names_every_mistake_of_a_call_at_once() -> None:
    text = refusal(
        name="Events",
        domain="growht",
        data_classification="pii",
        zones=["row", "logs"],
        readers=["x"],
        datasets={"Orders": {"writers": ["allUsers"]}},
        owner=5,
        kms_key_name="k",
        tags={"CostTeam": "x", "owner": "y"},
        retention_class="forever",
        location="us",
        audit_logs="no",
        regoin=1,
    )
    arguments = ("name", "domain", "data_classification", "zones[0]", "zones[1]", "readers[0]",
                 "datasets.Orders.writers[0]", "owner", "kms_key_name", "tags.CostTeam", "tags.owner",
                 "retention_class", "location", "audit_logs", "regoin")  # fmt: skip
    assert text.startswith(f"{len(arguments)} wrong arguments: ")
    for argument in arguments:
        assert f"{argument}: expected" in text


@pytest.mark.parametrize(
    "argument", ["domain", "data_classification", "environment", "location", "retention_class", "audit_logs"]
)
def test_gcs_data_lake_wants_what_its_parts_are_made_of_to_be_known(argument: str) -> None:
    merged: Any = {**MINIMAL}

    def program() -> None:
        merged[argument] = pulumi.Output.from_input("growth")
        GcsDataLake("events", merged)

    with pytest.raises(InvalidInputError, match=f"{argument}: expected a value known when the program runs"):
        record(program)


@pytest.mark.parametrize(
    ("stack", "args", "environment"),
    [
        ("dev", {}, "dev"),
        ("platform-staging", {}, "staging"),
        ("feature", {"environment": "prod", "data_classification": "pii"}, "prod"),
    ],
)
def test_gcs_data_lake_stands_in_the_project_of_its_stacks_environment(
    stack: str, args: dict[str, Any], environment: str
) -> None:
    merged: Any = {**MINIMAL, **args}
    recording = record(lambda: GcsDataLake("events", merged), stack_name=stack)
    bucket = recording.named("events-raw").inputs
    assert (bucket["labels"]["environment"], bucket["project"]) == (environment, f"acme-data-{environment}")
    assert bucket["name"] == f"acme-{environment}-growth-events-raw"
    projects = {r.inputs["project"] for r in recording.resources if "project" in r.inputs}
    assert projects == {f"acme-data-{environment}"}


def test_gcs_data_lake_needs_a_location_and_a_project_from_somewhere(tmp_path: Path) -> None:
    config = {**conventions(tmp_path, ""), "gcp:project": ""}
    assert refusal(config=config, **OWNED) == (
        "2 wrong arguments: "
        "location: expected a location in this argument, in gcp:region or in regions.gcp of dataops.yaml, got None; "
        "gcp_project: expected a project: declare gcp_project of dev in dataops.yaml, or set gcp:project, got None"
    )


def test_gcs_data_lake_tells_of_a_name_that_no_bucket_can_have(tmp_path: Path) -> None:
    text = "regions: {gcp: [eu]}\nnaming: {pattern: 'goog-{name}'}\n"
    expected = "name: expected a name without '^goog' for a GCS bucket"
    assert expected in refusal(config=conventions(tmp_path, text), **OWNED)


def test_gcs_data_lake_tells_of_a_name_that_no_key_can_have(tmp_path: Path) -> None:
    config = conventions(tmp_path, "regions: {gcp: [eu]}\nnaming: {pattern: '{name}'}\n")
    long = "e" * 80  # shortened, not refused
    recording = record(
        lambda: GcsDataLake(long, {**MINIMAL, "owner": "growth-data", "cost_center": "cc"}), config=config
    )
    assert len(recording.named(f"{long}-key").inputs["name"]) == 63


def test_gcs_data_lake_tells_of_more_principals_than_a_policy_holds() -> None:
    users = [f"user:u{number}@acme.example" for number in range(751)]
    text = "readers, writers: expected at most 750 principals; make a group of them, got '751 principals'"
    assert refusal(readers=users) == text
    assert f"datasets.orders.{text.partition(',')[0]}" in refusal(datasets={"orders": {"readers": users}})
    record(lambda: GcsDataLake("events", {**MINIMAL, "readers": users[:750]}))


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        ("{zone}/{domain}/{dataset}/dt={date}", "raw/growth/orders/"),
        ("lake/{dataset}/{zone}", "lake/orders/"),
        ("{zone}/{domain}-data/{version:int}/{dataset}", None),
        ("{zone}/{domain}", None),
    ],
)
def test_gcs_data_lake_shares_datasets_where_the_layout_leads_to_them(
    layout: str, path: str | None, tmp_path: Path
) -> None:
    config = conventions(tmp_path, f"regions: {{gcp: [eu]}}\nlake: {{layout: '{layout}'}}\n")
    args: Any = {**MINIMAL, **OWNED, "zones": ["raw"], "datasets": {"orders": {"readers": ["user:a@acme.example"]}}}
    if path is None:
        expected = "no datasets: lake.layout does not lead to {dataset} by zone and domain alone"
        assert refusals.refusal(GcsDataLake, args, config=config) == f"datasets: expected {expected}, got ['orders']"
    else:
        recording = record(lambda: GcsDataLake("events", args), config=config)
        assert recording.named("events-raw-folder-orders").inputs["name"] == path


def test_gcs_data_lake_marks_the_log_bucket_as_no_zone_where_logs_is_none(tmp_path: Path) -> None:
    config = conventions(tmp_path, "regions: {gcp: [eu]}\nlake: {zones: [raw]}\n")
    args: Any = {**MINIMAL, **OWNED}
    recording = record(lambda: GcsDataLake("events", args), config=config)
    assert {r.name: r.inputs["labels"]["zone"] for r in recording.of_type("gcp:storage/bucket:Bucket")} == {
        "events-raw": "raw",
        "events-logs": "none",
    }
