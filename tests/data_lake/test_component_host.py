"""The components as other languages see them: the schema, and the real provider process that hosts them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.runtime.proto import provider_pb2

from dataops_infra import __main__, __version__
from dataops_infra.components import COMPONENTS
from tests.support.component_host import ComponentHost, component_host
from tests.support.recording import STORAGE_AGENT

ROOT = Path(__file__).parents[2]
SCHEMA = Path(__file__).parent / "schema.json"
SNAPSHOT_VERSION = "0.0.0"
"""A release does not change the snapshot."""


def current_schema() -> str:
    provider = ComponentProvider(COMPONENTS, "dataops-infra", None, SNAPSHOT_VERSION)
    return json.dumps(json.loads(str(provider.schema)), indent=2, sort_keys=True) + "\n"


def test_plugin_file_and_entry_point_host_exactly_the_listed_components(monkeypatch: pytest.MonkeyPatch) -> None:
    assert yaml.safe_load((ROOT / "PulumiPlugin.yaml").read_text()) == {"runtime": "python"}
    hosted: dict[str, Any] = {}
    monkeypatch.setattr(__main__, "component_provider_host", lambda **given: hosted.update(given))
    __main__.main()
    assert hosted == {"components": COMPONENTS, "name": "dataops-infra", "namespace": None, "version": __version__}


def test_schema_is_what_it_was() -> None:
    assert current_schema() == SCHEMA.read_text(), (
        "what other languages see has changed; if that is meant: "
        "python -c 'from tests.data_lake.test_component_host import *; SCHEMA.write_text(current_schema())'"
    )


def test_schema_names_every_component_and_documents_every_field() -> None:
    schema = json.loads(current_schema())
    assert schema["resources"].keys() == {f"dataops-infra:index:{component.__name__}" for component in COMPONENTS}
    for component in schema["resources"].values():
        described = {**component["inputProperties"], **component["properties"]}
        assert [name for name, field in described.items() if not field.get("description")] == []
    for token, kind in schema["types"].items():
        fields = kind.get("properties") or {value["name"]: value for value in kind["enum"]}
        assert [f"{token}.{name}" for name, field in fields.items() if not field.get("description")] == []


@pytest.fixture
def host() -> Iterator[ComponentHost]:
    with component_host() as running:
        yield running


LAKE = "dataops-infra:index:S3DataLake"


def test_host_builds_a_lake_for_another_language(host: ComponentHost) -> None:
    assert LAKE in json.loads(host.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)["resources"]
    urn, outputs = host.construct(
        LAKE, "events", {"domain": "growth", "dataClassification": "internal", "zones": ["raw"]}
    )
    assert urn == "urn:pulumi:dev::platform::dataops-infra:index:S3DataLake::events"
    assert {"events", "events-raw", "events-logs", "events-key"} <= host.monitor.registered.keys()
    bucket = host.monitor.inputs("events-raw")
    assert (bucket["bucket"], bucket["region"]) == ("acme-dev-growth-events-raw", "eu-central-1")
    assert outputs["ref"] == {
        "buckets": {"raw": "acme-dev-growth-events-raw"},
        "logBucket": "acme-dev-growth-events-logs",
        "kmsKeyArn": "arn:aws:kms:eu-central-1:111111111111:alias/acme-dev-growth-events",
        "region": "eu-central-1",
        "domain": "growth",
        "environment": "dev",
        "dataClassification": "internal",
        "retentionClass": "standard",
    }


def test_host_builds_a_lake_on_another_cloud(host: ComponentHost) -> None:
    agent = {"member": f"serviceAccount:{STORAGE_AGENT}"}
    host.monitor.answers["gcp:storage/getProjectServiceAccount:getProjectServiceAccount"] = agent
    inputs = {
        "domain": "growth",
        "dataClassification": "internal",
        "zones": ["raw"],
        "auditLogs": "adopt",
        "datasets": {"orders": {"readers": ["group:analysts@acme.example"]}},
    }
    _, outputs = host.construct("dataops-infra:index:GcsDataLake", "events", inputs)
    assert host.monitor.registered.keys() == {
        "events",
        *(f"events-{part}" for part in ("key-ring", "key", "key-grant", "logs", "logs-policy", "raw", "raw-policy")),
        "events-raw-folder-orders",
        "events-raw-access-orders",
    }
    assert host.monitor.inputs("events-key-grant")["member"] == agent["member"]
    key_ring = "projects/acme-data-dev/locations/europe-west1/keyRings/acme-dev-growth-events"
    assert outputs["ref"] == {
        "buckets": {"raw": "acme-dev-growth-events-raw"},
        "logBucket": "acme-dev-growth-events-logs",
        "kmsKeyName": f"{key_ring}/cryptoKeys/acme-dev-growth-events",
        "location": "europe-west1",
        "project": "acme-data-dev",
        "domain": "growth",
        "environment": "dev",
        "dataClassification": "internal",
        "retentionClass": "standard",
    }


def test_host_passes_the_sentence_of_a_wrong_argument_on(host: ComponentHost) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        host.construct(LAKE, "events", {"domain": "growht", "dataClassification": "internal"})
    assert "domain: expected growth, got 'growht'" in str(caught.value)
    assert host.monitor.registered == {}
