"""The recorded programs once more, live: what packs receive and conclude under both engines, side by side.

Where ``pulumi`` is on PATH (marker ``engine``) the real engine runs the recorded programs with the real AWS provider,
which is given credentials that open nothing and told to check none. Its own defaults and computed outputs may be more
than ours; whatever ours says must be the same there. Everywhere else the embedded engine is compared with itself, so
that the comparison is known to work, and to fail.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cli import dataops
from tests.support.parity import cases

RECORDER = Path(__file__).parents[2] / "support" / "packs" / "recorder"
PROGRAMS = {"components", "default_tags", "dependencies", "hooks", "remediation", "transforms", "verdicts_advisory"} | {
    "verdicts",
    "verdicts_unknown",
}
"""Those that need neither a cloud's answers nor another stack."""
FOLDERS = [folder for folder in cases() if folder.name in PROGRAMS]
NO_CLOUD = {
    "aws:accessKey": "none",
    "aws:secretKey": "none",
    "aws:skipCredentialsValidation": "true",
    "aws:skipMetadataApiCheck": "true",
    "aws:skipRequestingAccountId": "true",
}
NEEDS_CLI = pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")


def observe(folder: Path, engine: str, work: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The JSON report of a program under one engine, and what the recording pack received."""
    program, received = work / engine / folder.name, work / f"{engine}.jsonl"
    shutil.copytree(folder, program)
    project = yaml.safe_load((program / "Pulumi.yaml").read_text())
    project["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (program / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    environ = {
        "RECORD_TO": str(received),
        "PULUMI_CONFIG_PASSPHRASE": "parity",
        "PULUMI_BACKEND_URL": f"file://{work}",
        "PATH": f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}",
    }
    if engine == "pulumi":
        init = ["pulumi", "stack", "init", "dev", "--non-interactive"]
        subprocess.run(init, cwd=program, env=os.environ | environ, check=True, capture_output=True, timeout=120)
    packs = [*sorted(path for path in (program / "packs").glob("*") if path.is_dir()), RECORDER]
    configs = [str(file) if (file := pack.with_suffix(".json")).exists() else "" for pack in packs]
    words = [word for pack, file in zip(packs, configs, strict=True) for word in ("--policy-pack", str(pack))]
    words += [word for file in configs for word in ("--policy-pack-config", file)]
    words += [word for key, value in NO_CLOUD.items() for word in ("--config", f"{key}={value}")]
    report = work / f"{engine}.json"
    shown = dataops(
        "preview", program, "--stack", "dev", "--engine", engine, "--format", "json", "--output", report, *words,
        environ=environ,
    )  # fmt: skip
    assert report.exists(), shown
    return json.loads(report.read_text()), [json.loads(line) for line in received.read_text().splitlines()]


def spelled(value: Any) -> Any:
    """``value`` with the random part of automatic names taken out."""
    return json.loads(re.sub(r"-[0-9a-f]{7}\b", "-<auto>", json.dumps(value)))


def verdicts(report: Mapping[str, Any]) -> list[list[str]]:
    keys = ("level", "pack", "policy", "urn", "message")
    return sorted([str(violation[key]) for key in keys] for violation in report["violations"])


def differences(ours: Any, theirs: Any) -> list[str]:
    """What the embedded engine says (``ours``) and the other one does not."""
    mine, other = verdicts(ours[0]), verdicts(theirs[0])
    found = [f"verdict of one engine only: {verdict}" for verdict in mine if verdict not in other]
    found += [f"verdict of the other engine only: {verdict}" for verdict in other if verdict not in mine]
    received = {(line["method"], line["urn"]): spelled(line) for line in theirs[1]}
    ours_received = {(line["method"], line["urn"]): spelled(line) for line in ours[1]}
    found += [f"only one engine passed {key}" for key in sorted(received.keys() ^ ours_received.keys())]
    for key in sorted(received.keys() & ours_received.keys()):
        other, mine = received[key], ours_received[key]
        found += [f"{key} {name}" for name in mine if name != "properties" and mine[name] != other[name]]
        found += [
            f"{key} {name}: {value!r} and {other['properties'].get(name, 'absent')!r}"
            for name, value in mine["properties"].items()
            if other["properties"].get(name, "absent") != value
        ]
    return found


@pytest.mark.engine
@NEEDS_CLI
@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_packs_receive_and_conclude_the_same_under_both_engines(folder: Path, tmp_path: Path) -> None:
    found = differences(observe(folder, "embedded", tmp_path), observe(folder, "pulumi", tmp_path))

    assert not found, "\n".join(found)


@pytest.mark.skipif(not FOLDERS, reason="no recordings of the real engine beside the project")
def test_the_comparison_finds_what_differs(tmp_path: Path) -> None:
    folder = next(folder for folder in FOLDERS if folder.name == "verdicts_unknown")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first, second = (observe(folder, "embedded", tmp_path / name) for name in ("first", "second"))
    assert differences(first, second) == []

    lake = next(line for line in second[1] if line["method"] == "Analyze" and line["name"] == "lake")
    lake["properties"]["bucket"] = "lake"
    lake["protect"] = True
    second[1].remove(next(line for line in second[1] if line["name"] == "attached"))
    second[0]["violations"].pop(0)
    found = differences(first, second)
    assert [line.split(" ")[0] for line in found] == ["verdict", "only", "('Analyze',", "('Analyze',"]
