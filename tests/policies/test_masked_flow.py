"""Personal data may leave production by way of a masked test dataset, and only by that way."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from policies.pii.pii_rules.masking.own import is_child

ROOT = Path(__file__).parents[2]
PROGRAM = """
import pulumi_aws as aws
from dataops_infra.data_lake import S3DataLake
from dataops_infra.sandbox import AwsSandbox
from dataops_infra.test_datasets import MaskedTestDataset
from tests.test_datasets.arguments import ON_GLUE

ROLE, ACCOUNT = "arn:aws:iam::333333333333:role/acme-prod-growth-orders-masking", "111111111111"
SECRET = "arn:aws:secretsmanager:eu-west-1:333333333333:secret:growth/masking-AbCdEf"
lake = S3DataLake("events", {"domain": "growth", "data_classification": "pii", "readers": [ROLE]})
orders = MaskedTestDataset("orders", {
    **ON_GLUE,
    "source": {"s3_lake": lake.ref, "zone": "curated", "prefix": "curated/growth/orders/v1"},
    "masking": {**ON_GLUE["masking"], "key_secret": SECRET},
    "readers": [f"arn:aws:iam::{ACCOUNT}:role/acme-dev-growth-trial-sandbox"],
})
AwsSandbox("trial", {
    "domain": "growth", "regions": ["eu-west-1"], "expires_on": "2026-12-18", "monthly_budget_usd": 200,
    "members": ["arn:aws:iam::333333333333:role/analyst"], "test_datasets": [orders.ref],
})
"""
BESIDE = """
source = {"s3": "s3://acme-prod-growth-events-curated/curated/", "target": "s3://acme-prod-growth-orders-masked/masked/"}
aws.glue.Job("beside", role_arn=ROLE, command={"script_location": "s3://acme-artifacts/a.py"}, default_arguments={
    "--source": source["s3"], "--target": source["target"],
})
"""


def violations(folder: Path, program: str) -> list[dict[str, Any]]:
    (folder / "__main__.py").write_text(program)
    (folder / "Pulumi.yaml").write_text("name: flow\nruntime: python\nconfig: {aws:region: {value: eu-west-1}}\n")
    (folder / "Pulumi.prod.yaml").write_text("config: {}\n")
    command = [sys.executable, "-c", "from dataops_infra.cli import main; main()", "preview", str(folder)]
    command += ["--stack", "prod", "--policy-pack", "pii", "--format", "json", "--as-of", "2026-12-01"]
    command += ["--conventions", str(ROOT / "dataops.yaml")]
    environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["deferred"] == []
    found: list[dict[str, Any]] = report["violations"]
    return found


def test_masked_copy_of_personal_data_may_be_read_outside_of_production(tmp_path: Path) -> None:
    assert violations(tmp_path, PROGRAM) == []


def test_another_job_that_fills_the_same_bucket_is_no_mask(tmp_path: Path) -> None:
    found = [each for each in violations(tmp_path, PROGRAM + BESIDE) if each["policy"] == "pii-stays-in-production"]
    assert {each["urn"].rpartition("::")[2] for each in found} == {"trial-role-policy", "orders-masked-policy"}
    assert all("processed by job `beside`" in each["message"] for each in found)


IMITATION = """
import json
import pulumi
import pulumi_aws as aws
from dataops_infra.data_lake import S3DataLake

ROLE, ACCOUNT = "arn:aws:iam::333333333333:role/imitated", "111111111111"
lake = S3DataLake("events", {"domain": "growth", "data_classification": "pii", "readers": [ROLE]})
own = pulumi.ResourceOptions(parent=pulumi.ComponentResource("dataops-infra:index:MaskedTestDataset", "imitated"))
OPTIONS = {
    "--plan": "s3://work/plan.yaml", "--plan-hash": "0123456789abcdef" * 4, "--report": "s3://work/verdict.json",
    "--source": "s3://acme-prod-growth-events-curated/curated/", "--target": "s3://acme-copies/masked/",
    "--staging": "s3://acme-copies/staging/", "--key-secret": "arn:aws:secretsmanager:eu-west-1:333333333333:secret:k",
}
# HERE
service = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
aws.iam.Role("imitated", name="imitated", assume_role_policy=json.dumps({"Statement": [service]}), opts=own)
aws.glue.Job(
    "job", name="job", role_arn=ROLE, command={"script_location": "s3://work/masking_job.py"}, connections=["inside"],
    non_overridable_arguments=OPTIONS, opts=own,
)
copies = aws.s3.Bucket("copies", bucket="acme-copies", tags={"data-classification": "masked"})
reader = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "s3:GetObject",
          "Resource": "arn:aws:s3:::acme-copies/masked/*"}
aws.s3.BucketPolicy("readers", bucket="acme-copies", policy=json.dumps({"Statement": [reader]}))
"""


def leaving(folder: Path, program: str) -> list[str]:
    """Names of the resources by which personal data leaves production."""
    found = violations(folder, program)
    return sorted(each["urn"].rpartition("::")[2] for each in found if each["policy"] == "pii-stays-in-production")


def test_child_that_is_all_that_the_component_makes_counts_as_its_own(tmp_path: Path) -> None:
    assert leaving(tmp_path, IMITATION) == []


def test_component_class_of_a_program_s_own_under_our_token_is_no_mask(tmp_path: Path) -> None:
    assert "readers" in leaving(tmp_path, IMITATION.replace("# HERE", 'del OPTIONS["--plan-hash"]'))


COMPONENT = "dataops-infra:index:MaskedTestDataset"


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (f"{COMPONENT}$aws:glue/job:Job", True),
        (f"acme:index:Team${COMPONENT}$aws:iam/role:Role", True),
        (f"{COMPONENT}$gcp:cloudrunv2/job:Job", True),
        ("aws:glue/job:Job", False),
        (f"{COMPONENT}$aws:s3/bucket:Bucket", False),
        (f"{COMPONENT}$acme:index:Mine$aws:glue/job:Job", False),
        ("acme:index:MaskedTestDataset$aws:glue/job:Job", False),
        (COMPONENT, False),
    ],
)
def test_masking_children_are_the_component_s_own(types: str, expected: bool) -> None:
    assert is_child(f"urn:pulumi:prod::shop::{types}::orders-job") is expected
    assert not is_child(f"~{types}")
