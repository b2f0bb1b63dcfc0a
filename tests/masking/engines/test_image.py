"""The recipe of the job's image and the guide to the job say what the code does."""

import re
from pathlib import Path

from dataops_infra.masking.engines.job_arguments import parser

ROOT = Path(__file__).parents[3]
RECIPE = ROOT / "docs" / "containers" / "masking"
PIN = re.compile(r"^([a-z0-9-]+==[^ ;\\]+)", re.MULTILINE)


def test_image_is_pinned_as_the_project_is() -> None:
    ours, all_pins = (PIN.findall((folder / "requirements.lock").read_text()) for folder in (RECIPE, ROOT))
    assert set(ours) <= set(all_pins)
    assert {pin.partition("==")[0] for pin in ours} >= {"polars", "pyarrow", "pyspark", "boto3", "google-auth"}
    assert not [pin for pin in ours if pin.startswith(("pytest", "moto", "pulumi-aws", "pulumi-gcp"))]


def test_image_installs_by_hash_and_runs_as_nobody_in_particular() -> None:
    recipe = (RECIPE / "Dockerfile").read_text()
    assert "pip install --no-cache-dir --require-hashes -r /build/requirements.lock" in recipe
    user = re.findall(r"^USER (\d+):(\d+)$", recipe, re.MULTILINE)
    assert user[-1] == ("1099", "1099")
    copied = re.findall(r"^COPY (?:--from=build )?(\S+)", recipe, re.MULTILINE)
    assert copied == ["docs/containers/masking/requirements.lock", "dist/dataops_infra-*.whl", "/opt/masking"]
    assert "ARG BASE" in recipe
    assert not re.findall(r"(?i)^(?:ARG|ENV) .*(?:key|secret|password|token)", recipe, re.MULTILINE)
    assert "Not built here" in recipe


def test_guide_names_every_argument_of_the_job() -> None:
    guide = (ROOT / "docs" / "guides" / "masking-on-spark.md").read_text()
    options = {word for action in parser()._actions for word in action.option_strings} - {"-h", "--help"}
    assert {option for option in options if f"`{option}`" not in guide} == set()
