"""The README's example does what the README says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.recording import record

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    """The README's one code block in a language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return str(code)


def test_readme_example_fits_in_fifteen_lines_and_builds_a_lake() -> None:
    assert len([line for line in block("python").splitlines() if line.strip()]) <= 15
    recording = record(lambda: exec(compile(block("python"), "README.md", "exec"), {"__name__": "__main__"}))
    assert recording.named("events").type == "dataops-infra:index:S3DataLake"
    names = {r.inputs["bucket"] for r in recording.of_type("aws:s3/bucket:Bucket")}
    zones = ["raw", "staged", "curated", "quarantine", "logs"]
    assert names == {f"acme-dev-growth-events-{zone}" for zone in zones}


def test_readme_example_passes_a_preview(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "dataops.yaml").write_text(block("yaml"))
    (tmp_path / "__main__.py").write_text(block("python"))
    command = [sys.executable, "-c", "from dataops_infra.cli import main; main()"]
    (asked,) = re.findall(r"^dataops (preview .*)$", README, re.MULTILINE)
    environment = {key: value for key, value in os.environ.items() if key != "DATAOPS_CONVENTIONS"}
    done = subprocess.run([*command, *asked.split()], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # The one advisory says that the project declares no default tags.
    assert "0 mandatory, 1 advisory, 0 deferred" in done.stdout


def test_readme_names_every_folder_of_the_library() -> None:
    folders = {path.parent.name for path in (ROOT / "dataops_infra").glob("*/__init__.py")}
    assert {f for f in folders - {"cli", "provider_facts"} if f"dataops_infra/{f}" not in README} == set()
