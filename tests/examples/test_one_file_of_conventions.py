"""Components in a program and the packs beside it follow the same dataops.yaml, however it was named."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
from dataops_infra.data_lake import S3DataLake
S3DataLake("events", {"domain": "growth", "data_classification": "internal"})
"""
RULES = (
    "organisation: {name}\nregions: {{aws: [eu-west-1]}}\ndomains: {{growth: {{owner: growth-data, cost_center: c}}}}\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project below a dataops.yaml, with three more such files at hand."""
    for name in ("option", "variable", "config"):
        (tmp_path / f"{name}.yaml").write_text(RULES.format(name=name))
    (tmp_path / "dataops.yaml").write_text(RULES.format(name="nearest"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


@pytest.mark.parametrize(
    ("named", "followed"),
    [
        ((), "nearest"),
        (("config",), "config"),
        (("config", "variable"), "variable"),
        (("config", "variable", "option"), "option"),
    ],
)
def test_program_and_packs_follow_one_file(project: Path, named: tuple[str, ...], followed: str) -> None:
    command = [sys.executable, "-c", "from dataops_infra.cli import main; main()", "preview", str(project)]
    command += ["--stack", "dev", "--format", "json", "--policy-pack", "tagging"]
    environment = {key: value for key, value in os.environ.items() if key != "DATAOPS_CONVENTIONS"}
    if "config" in named:
        command += ["--config", "dataops:conventions=../config.yaml"]
    if "variable" in named:
        environment["DATAOPS_CONVENTIONS"] = str(project.parent / "variable.yaml")
    if "option" in named:
        command += ["--conventions", str(project.parent / "option.yaml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    report: dict[str, Any] = json.loads(done.stdout)
    source = "dataops.yaml" if followed == "nearest" else f"{followed}.yaml"
    assert Path(report["conventions"]["source"]).name == source
    (raw,) = [r["inputs"]["bucket"] for r in report["resources"] if r["name"] == "events-raw"]
    assert raw == f"{followed}-dev-growth-events-raw"
