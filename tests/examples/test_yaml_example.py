"""The example in Pulumi YAML, by the schema that other languages see: the YAML runtime is part of the Pulumi CLI."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.component_host import ComponentHost, component_host

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "sandbox_from_yaml"
PROGRAM: dict[str, Any] = yaml.safe_load((FOLDER / "Pulumi.yaml").read_text())
SCHEMA: dict[str, Any] = json.loads((ROOT / "tests" / "data_lake" / "schema.json").read_text())
REFERENCE = re.compile(r"\$\{([a-z]\w*)\.(\w+)((?:\.\w+)*)\}")


def json_schema(field: dict[str, Any]) -> dict[str, Any]:
    """A property of Pulumi's package schema as JSON Schema."""
    if "$ref" in field:
        kind = SCHEMA["types"][field["$ref"].removeprefix("#/types/")]
        if "enum" in kind:
            return {"enum": [each["value"] for each in kind["enum"]]}
        return closed_object(kind["properties"], kind.get("required", []))
    if field["type"] == "array":
        return {"type": "array", "items": json_schema(field["items"])}
    if field["type"] == "object":
        return {"type": "object", "additionalProperties": json_schema(field["additionalProperties"])}
    return {"type": field["type"]}


def closed_object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: json_schema(field) for name, field in properties.items()},
        "required": required,
        "additionalProperties": False,
    }


def mistakes(token: str, properties: dict[str, Any]) -> list[str]:
    component = SCHEMA["resources"][token]
    schema = closed_object(component["inputProperties"], component.get("requiredInputs", []))
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(properties)]


@pytest.mark.parametrize("name", PROGRAM["resources"])
def test_resource_fits_the_schema(name: str) -> None:
    resource = PROGRAM["resources"][name]
    assert mistakes(resource["type"], resource["properties"]) == []


@pytest.fixture(scope="module")
def host() -> Iterator[ComponentHost]:
    with component_host() as running:
        yield running


@pytest.mark.parametrize("name", PROGRAM["resources"])
def test_component_host_builds_what_the_program_asks_for(name: str, host: ComponentHost) -> None:
    resource = PROGRAM["resources"][name]
    urn, outputs = host.construct(resource["type"], name, resource["properties"])
    assert urn == f"urn:pulumi:dev::platform::{resource['type']}::{name}"
    assert set(outputs) == set(SCHEMA["resources"][resource["type"]]["properties"])


def test_check_against_the_schema_finds_what_is_wrong() -> None:
    lake = {**PROGRAM["resources"]["events"]["properties"], "zones": "raw", "reader": []}
    del lake["domain"]
    assert sorted(mistakes("dataops-infra:index:S3DataLake", lake)) == [
        "'domain' is a required property",
        "'raw' is not of type 'array'",
        "Additional properties are not allowed ('reader' was unexpected)",
    ]


@pytest.mark.parametrize("output", PROGRAM["outputs"])
def test_output_names_a_property_that_the_component_has(output: str) -> None:
    match = REFERENCE.fullmatch(PROGRAM["outputs"][output])
    assert match is not None
    component = SCHEMA["resources"][PROGRAM["resources"][match[1]]["type"]]
    field = component["properties"][match[2]]
    for step in match[3].split(".")[1:]:
        # A step into a type must be one of its properties; into a map it may be any key.
        kind = SCHEMA["types"][field["$ref"].removeprefix("#/types/")]["properties"] if "$ref" in field else None
        field = kind[step] if kind is not None else field["additionalProperties"]


def test_components_come_from_this_repository() -> None:
    (source,) = PROGRAM["packages"].values()
    assert (FOLDER / source / "PulumiPlugin.yaml").resolve() == ROOT / "PulumiPlugin.yaml"


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
def test_real_engine_previews_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_BACKEND_URL": f"file://{tmp_path}"}
    command = ["pulumi", "preview", "--stack", "dev", "--non-interactive", "--json"]
    subprocess.run(["pulumi", "stack", "init", "dev"], cwd=FOLDER, env=environment, check=True, timeout=120)
    done = subprocess.run(
        command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
