"""The README's example does what the README says."""

import re
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


def test_readme_names_every_folder_of_the_library() -> None:
    folders = {path.parent.name for path in (ROOT / "dataops_infra").glob("*/__init__.py")}
    assert {f for f in folders - {"cli", "provider_facts"} if f"dataops_infra/{f}" not in README} == set()
