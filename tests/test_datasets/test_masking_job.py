"""The script that Glue and EMR Serverless run, with the very arguments that the component writes."""

import subprocess
import sys
from pathlib import Path

import pytest

from dataops_infra.masking.engines.job_arguments import read_arguments
from dataops_infra.masking.subset.request import SubsetRequest
from dataops_infra.test_datasets import masking_job

SCRIPT = Path(masking_job.__file__)
STATED = [
    *("--plan", "s3://own/masking/plan.yaml", "--source", "s3://lake/orders/", "--target", "s3://own/masked/"),
    *("--staging", "s3://own/staging/", "--key-secret", "arn:aws:secretsmanager:eu-west-1:1:secret:k-AbCdEf"),
    *("--plan-hash", "0" * 64, "--report", "s3://own/masking/verdict.json"),
]
OF_GLUE = [
    *("--JOB_NAME", "masking", "--JOB_RUN_ID", "jr_1", "--TempDir", "s3://tmp/", "--custom-logGroup-prefix", "/a"),
    *("--additional-python-modules", "s3://w/a.gluewheels.zip", "--python-modules-installer-option", "--no-index"),
    *("--job-language", "python", "--job-bookmark-option", "job-bookmark-disable"),
]


@pytest.mark.parametrize("given", [STATED, [*OF_GLUE, *STATED], [*STATED, *OF_GLUE]], ids=["emr", "before", "after"])
def test_job_reads_what_the_component_wrote_and_nothing_of_glue(given: list[str]) -> None:
    read = read_arguments(masking_job.words_for_job(given))
    assert (read.plan, read.source) == ("s3://own/masking/plan.yaml", "s3://lake/orders/")
    assert (read.target, read.staging) == ("s3://own/masked/", "s3://own/staging/")
    assert (read.key_secret, read.plan_hash) == ("arn:aws:secretsmanager:eu-west-1:1:secret:k-AbCdEf", "0" * 64)
    assert (read.report, read.is_overwritten, read.approval) == ("s3://own/masking/verdict.json", True, None)


def test_approval_is_handed_on() -> None:
    words = masking_job.words_for_job([*STATED, "--approval", "s3://approvals/orders.yaml"])
    assert read_arguments(words).approval == "s3://approvals/orders.yaml"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], None),
        (["--root", "orders", "--rows", "10"], SubsetRequest("orders", 10)),
        (["--fraction", "0.25", "--keep-values", "0"], SubsetRequest(fraction=0.25, few_values=0)),
    ],
)
def test_part_of_the_source_is_handed_on(options: list[str], expected: SubsetRequest | None) -> None:
    assert read_arguments(masking_job.words_for_job([*STATED, *options])).subset == expected


@pytest.mark.parametrize(("code", "expected"), [("0", 0), ("None", 0), ("1", 1), ("2", 2)])
def test_script_ends_as_the_job_does_and_never_by_exit_of_zero(code: str, expected: int, tmp_path: Path) -> None:
    """Deployed alone: run from its file, with a package that stands in for the real one."""
    package = tmp_path / "dataops_infra" / "masking" / "engines"
    package.mkdir(parents=True)
    for folder in (package, package.parent, package.parent.parent):
        (folder / "__init__.py").write_text("")
    (package / "spark_job.py").write_text(f"import sys\nprint(sys.argv[1:3])\nsys.exit({code})\n")
    (tmp_path / "job.py").write_text(SCRIPT.read_text())
    after = "import job; job.main(); print('went on')"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[1:] = {[*OF_GLUE, *STATED]!r}; {after}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == expected
    assert "['--plan', 's3://own/masking/plan.yaml']" in done.stdout
    assert ("went on" in done.stdout) == (expected == 0)


def test_script_needs_nothing_but_the_standard_library() -> None:
    found = subprocess.run([sys.executable, "-I", str(SCRIPT), "--help"], capture_output=True, text=True, timeout=300)
    assert found.returncode == 0
    assert "--plan-hash" in found.stdout
