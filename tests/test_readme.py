"""The README's example does what the README says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recording import record

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(language: str, position: int = 0) -> str:
    """One of the README's code blocks in a language."""
    return str(re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[position])


def previewed(program: str, folder: Path) -> str:
    """What the README's command prints about a program under the README's conventions; it must pass."""
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "dataops.yaml").write_text(block("yaml"))
    (folder / "__main__.py").write_text(program)
    command = [sys.executable, "-c", "from dataops_infra.cli import main; main()"]
    (asked,) = re.findall(r"^dataops (preview .*)$", README, re.MULTILINE)
    command += [*asked.split(), "--as-of", "2026-12-01"]
    environment = {key: value for key, value in os.environ.items() if key != "DATAOPS_CONVENTIONS"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_readme_example_fits_in_fifteen_lines_and_builds_a_lake() -> None:
    assert len([line for line in block("python").splitlines() if line.strip()]) <= 15
    recording = record(lambda: exec(compile(block("python"), "README.md", "exec"), {"__name__": "__main__"}))
    assert recording.named("events").type == "dataops-infra:index:S3DataLake"
    names = {r.inputs["bucket"] for r in recording.of_type("aws:s3/bucket:Bucket")}
    zones = ["raw", "staged", "curated", "quarantine", "logs"]
    assert names == {f"acme-dev-growth-events-{zone}" for zone in zones}


@pytest.mark.parametrize("position", [0, 1], ids=["lake", "sandbox"])
def test_readme_program_passes_the_preview_of_the_readme(position: int, tmp_path: Path) -> None:
    # The one advisory says that the project declares no default tags.
    assert "0 mandatory, 1 advisory, 0 deferred" in previewed(block("python", position), tmp_path)


def test_readme_names_every_folder_of_the_library() -> None:
    folders = {path.parent.name for path in (ROOT / "dataops_infra").glob("*/__init__.py")}
    assert {f for f in folders - {"cli", "provider_facts"} if f"dataops_infra/{f}" not in README} == set()
