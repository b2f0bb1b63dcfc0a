"""What holds of a lake on either cloud: how data is destroyed, and which arguments may be outputs or None."""

from typing import Any

import pulumi
import pytest

from dataops_infra.data_lake import GcsDataLake, GcsDataLakeArgs, S3DataLake, S3DataLakeArgs
from tests.support.recording import Recording, record

MINIMAL: dict[str, Any] = {"domain": "growth", "data_classification": "internal"}
BOTH = pytest.mark.parametrize("component", [S3DataLake, GcsDataLake])


@BOTH
@pytest.mark.parametrize(
    ("deletion_protection", "config", "protect", "retain", "force_destroy"),
    [
        (None, {}, True, True, False),
        (True, {}, True, True, False),
        (True, {"dataops:allowDataLoss": "true"}, True, True, False),
        (False, {}, False, True, False),
        (False, {"dataops:allowDataLoss": "false"}, False, True, False),
        (False, {"dataops:allowDataLoss": "true"}, False, False, True),
    ],
)
def test_data_is_destroyed_by_two_keys_only(
    component: Any,
    deletion_protection: bool | None,
    config: dict[str, str],
    protect: bool,
    retain: bool,
    force_destroy: bool,
) -> None:
    args = {**MINIMAL, "zones": ["raw"], "deletion_protection": deletion_protection}
    # The data-access logs of a project are never turned off, and a folder goes like its bucket.
    only_on_gcs = {"audit_logs": "adopt", "datasets": {"orders": {"readers": ["group:a@acme.example"]}}}
    args |= only_on_gcs if component is GcsDataLake else {}
    children = [r for r in record(lambda: component("events", args), config=config).resources if r.custom]
    assert {(r.protect, r.retain_on_delete) for r in children} == {(protect, retain)}
    destroyed = {r.name: r.inputs["forceDestroy"] for r in children if "forceDestroy" in r.inputs}
    folder = {"events-raw-folder-orders"} if component is GcsDataLake else set()
    assert destroyed == dict.fromkeys({"events-raw", "events-logs", *folder}, force_destroy)


@BOTH
def test_protect_on_the_component_reaches_its_children(component: Any) -> None:
    args = {**MINIMAL, "deletion_protection": False}
    opts = pulumi.ResourceOptions(protect=True)
    recording = record(lambda: component("events", args, opts), config={"dataops:allowDataLoss": "true"})
    assert {r.protect for r in recording.resources} == {True}


@BOTH
def test_owner_and_tags_may_be_outputs(component: Any) -> None:
    def program() -> None:
        owner, team = pulumi.Output.from_input("growth-events"), pulumi.Output.from_input("checkout")
        component("events", {**MINIMAL, "zones": ["raw"], "owner": owner, "tags": {"team": team}})

    bucket = record(program).named("events-raw").inputs
    tags = bucket["tags" if component is S3DataLake else "labels"]
    assert (tags["owner"], tags["team"]) == ("growth-events", "checkout")


@pytest.mark.parametrize(("component", "spec"), [(S3DataLake, S3DataLakeArgs), (GcsDataLake, GcsDataLakeArgs)])
def test_none_is_an_absent_argument(component: Any, spec: Any) -> None:
    given = {**MINIMAL, **dict.fromkeys(spec.__optional_keys__)}
    assert children(component, given) == children(component, MINIMAL)


def children(component: Any, args: dict[str, Any]) -> dict[str, dict[str, Any]]:
    recording: Recording = record(lambda: component("events", args))
    return {r.name: r.inputs for r in recording.resources if r.custom}
