"""The README's example does what the README says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.recording import record

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def example() -> str:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return str(code)


def test_readme_example_fits_in_fifteen_lines_and_builds_a_lake() -> None:
    assert len([line for line in example().splitlines() if line.strip()]) <= 15
    recording = record(lambda: exec(compile(example(), "README.md", "exec"), {"__name__": "__main__"}))
    assert recording.named("events").type == "dataops-infra:index:S3DataLake"
    names = {r.inputs["bucket"] for r in recording.of_type("aws:s3/bucket:Bucket")}
    zones = ["raw", "staged", "curated", "quarantine", "logs"]
    assert names == {f"acme-dev-growth-events-{zone}" for zone in zones}


def test_readme_example_passes_a_preview(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: readme\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:defaultTags: {tags: {managed-by: dataops-infra}}}\n")
    (tmp_path / "__main__.py").write_text(example())
    command = [sys.executable, "-c", "from dataops_infra.cli import main; main()"]
    (asked,) = re.findall(r"run `dataops (preview [^`]*)`", README)
    environment = {**os.environ, "DATAOPS_CONVENTIONS": str(ROOT / "dataops.yaml")}
    done = subprocess.run([*command, *asked.split()], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 mandatory, 0 advisory, 0 deferred" in done.stdout


def test_readme_names_every_folder_of_the_library() -> None:
    folders = {path.parent.name for path in (ROOT / "dataops_infra").glob("*/__init__.py")}
    assert {f for f in folders - {"cli", "provider_facts"} if f"dataops_infra/{f}" not in README} == set()
