"""Small policy packs in temporary folders, and the records and jobs that the engine's pack tests feed them."""

import json
import os
import sys
import textwrap
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops_infra.preview.engine.analyzer import stack_configuration
from dataops_infra.preview.engine.packs import PackGroup, pack_environment
from dataops_infra.preview.engine.records import JobSpec, PackSpec, ProviderRecord, ResourceRecord
from dataops_infra.preview.engine.values import SECRET_NOTATION, UNKNOWN, UNKNOWN_NOTATION, secret
from tests.support.cli import wait_until_gone

STACK_URN = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
BUCKET = "aws:s3/bucket:Bucket"
PARITY = Path(__file__).parents[3] / "shared" / "parity"
HEADER = """
import os, sys, time
from pulumi_policy import EnforcementLevel as Level
from pulumi_policy import PolicyConfigSchema, PolicyPack, ResourceValidationPolicy, Severity, StackValidationPolicy
"""
FINE = 'PolicyPack("fine", [ResourceValidationPolicy("fine", "Fine.", lambda args, report: None)])'


def write_pack(folder: Path, program: str, yaml: str | None = "runtime: python\nversion: 1.2.3\n") -> Path:
    """A pack in ``folder``; ``yaml`` None leaves PulumiPolicy.yaml out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__main__.py").write_text(HEADER + textwrap.dedent(program))
    if yaml is not None:
        (folder / "PulumiPolicy.yaml").write_text(yaml)
    return folder


def pack_spec(folder: Path, **changes: Any) -> PackSpec:
    """The pack in ``folder`` as job.json lists it, run by this Python."""
    given: dict[str, Any] = {"command": [sys.executable], "env": {}, "config": {}, "version": "1.2.3"}
    return PackSpec(name=folder.name, path=str(folder), **(given | changes))


def job(**changes: Any) -> JobSpec:
    """A job of the project ``shop``, stack ``dev``."""
    given: dict[str, Any] = {
        "project": "shop", "stack": "dev", "organization": "acme", "root": Path("/"), "main": Path("/"),
        "config": {"aws:region": "eu-west-1"}, "config_secret_keys": [], "config_unknown": {}, "autonaming": None,
        "stack_outputs": None, "answers": [], "facts": {}, "provider_facts": Path("/"), "packs": [], "timeouts": {},
        "workdir": Path("/"), "trace": False,
    }  # fmt: skip
    return JobSpec(**(given | changes))


def stack_record() -> ResourceRecord:
    """The stack's own resource."""
    return ResourceRecord(STACK_URN, "pulumi:pulumi:Stack", "shop-dev", custom=False)


def bucket(name: str = "lake", **changes: Any) -> ResourceRecord:
    """A bucket at the top level."""
    given: dict[str, Any] = {"parent": STACK_URN, "inputs": {"bucket": name}, "outputs": {"bucket": name}}
    return ResourceRecord(f"urn:pulumi:dev::shop::{BUCKET}::{name}", BUCKET, name, custom=True, **(given | changes))


@contextmanager
def started(
    specs: Sequence[PackSpec], timeouts: Mapping[str, float] | None = None, trace: Path | None = None, **changes: Any
) -> Iterator[PackGroup]:
    """The packs, ready; afterwards they are closed and none of their processes is left."""
    marker, described = uuid.uuid4().hex, job(**changes)
    environ = pack_environment(described, {**os.environ, "MARKER": marker})
    try:
        group = PackGroup.start(specs, "127.0.0.1:1", environ, timeouts or {}, trace)
        try:
            group.wait_ready(stack_configuration(described))
            yield group
        finally:
            group.close()
    finally:
        assert wait_until_gone(marker) == {}


def judged(group: PackGroup, records: Sequence[ResourceRecord]) -> PackGroup:
    """The group after it was asked about every record and the whole stack."""
    for record in records:
        group.analyze(record)
    group.finish(records)
    return group


def recorded_record(raw: Mapping[str, Any]) -> ResourceRecord:
    """A resource of a recording (``analyze`` or ``analyze_stack``) as the engine's record of it."""
    options, given = raw["options"], raw["provider"]
    return ResourceRecord(
        raw["urn"],
        raw["type"],
        raw["name"],
        custom=given is not None,
        parent=options["parent"],
        provider=given and ProviderRecord(given["urn"], "id", given["type"], given["name"], _wire(given["properties"])),
        inputs=_wire(raw["properties"]),
        outputs=_wire(raw["properties"]),
        dependencies=raw.get("dependencies", []),
        property_dependencies=raw.get("propertyDependencies", {}),
        protect=options["protect"],
        ignore_changes=options["ignoreChanges"],
        delete_before_replace=options["deleteBeforeReplace"] if options["deleteBeforeReplaceDefined"] else None,
        additional_secret_outputs=options["additionalSecretOutputs"],
        timeouts=options["customTimeouts"],
    )


def trace_of(folder: Path, pack: str, method: str) -> list[dict[str, Any]]:
    """The traced requests of one method."""
    lines = [json.loads(line) for line in (folder / f"{pack}.jsonl").read_text().splitlines()]
    return [line for line in lines if line["method"] == method]


def _wire(value: Any) -> Any:
    if value == UNKNOWN_NOTATION:
        return UNKNOWN
    if isinstance(value, dict):
        if set(value) == {SECRET_NOTATION}:
            return secret(_wire(value[SECRET_NOTATION]))
        return {key: _wire(item) for key, item in value.items()}
    return [_wire(item) for item in value] if isinstance(value, list) else value
