"""The CI files that the guides tell people to copy: valid by the published schemas; their scripts do what they say."""

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GUIDES = ROOT / "docs" / "guides"
BIN = Path(sys.executable).parent
FILES = {
    "github-actions.yml": ["--builtin-schema", "vendor.github-workflows"],
    "gitlab-ci.yml": ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
}
BAD_STACK = """
import pulumi_aws as aws
aws.s3.Bucket("raw", bucket="raw")
"""
# Stands in for the Pulumi CLI: writes down what it was called with, and exports a stack.
PULUMI = """#!/bin/sh
printf '%s\\n' "$@" >> "$CALLS"
case "$1 $2" in "stack export") cp "$EXPORT" "$6" ;; esac
"""
EXPORT = '{"version": 3, "deployment": {"manifest": {}, "resources": []}}'


@pytest.mark.parametrize("file", FILES)
def test_file_is_valid_by_the_published_schema(file: str) -> None:
    checked = subprocess.run(
        [BIN / "check-jsonschema", *FILES[file], GUIDES / "ci" / file], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout.strip()) == (0, "ok -- validation done")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A team's repository: a program that is fine and one environment."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "s3_data_lake", folder)
    shutil.copy(ROOT / "dataops.yaml", folder)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").write_text(PULUMI)
    (tmp_path / "bin" / "pulumi").chmod(0o755)
    (tmp_path / "export.json").write_text(EXPORT)
    return folder


def run(script: str, project: Path, shell: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A job's script as the runner runs it: GitHub by ``bash -e``, GitLab by ``sh -e`` in most images."""
    given = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("DATAOPS_", "PULUMI_"))},
        "PATH": f"{project.parent / 'bin'}:{BIN}:{os.environ['PATH']}",
        "CALLS": str(project.parent / "calls"),
        "EXPORT": str(project.parent / "export.json"),
        "RUNNER_TEMP": str(project.parent),
        "CI_BUILDS_DIR": str(project.parent),
        "PACKS": "tagging data-lake pii",
        "STACK": "dev",
        "STACKS": "dev",
        **environ,
    }
    return subprocess.run(
        [shell, "-e", "-c", script], cwd=project, env=given, capture_output=True, text=True, check=False
    )


def github(job: str, step: str) -> str:
    jobs: Any = yaml.safe_load((GUIDES / "ci" / "github-actions.yml").read_text())["jobs"]
    return next(str(each["run"]) for each in jobs[job]["steps"] if each.get("name") == step)


def gitlab(job: str, command: str) -> str:
    lines: Any = yaml.safe_load((GUIDES / "ci" / "gitlab-ci.yml").read_text())[job]["script"]
    return next(str(line) for line in lines if command in line)


PREVIEWS = [("bash", github("preview", "Preview"), ""), ("sh", gitlab("preview", "dataops"), "preview-dev.xml")]


@pytest.mark.parametrize(("shell", "script", "output"), PREVIEWS, ids=["github", "gitlab"])
def test_preview_passes_a_good_program_and_fails_a_bad_one(shell: str, script: str, output: str, project: Path) -> None:
    good = run(script, project, shell)
    assert good.returncode == 0, good.stdout + good.stderr
    (project / "__main__.py").write_text(BAD_STACK)
    bad = run(script, project, shell)
    assert bad.returncode == 1
    said = (project / output).read_text() if output else bad.stdout
    assert "tag `owner` is missing" in said
    assert "__main__.py" in said


def test_page_for_reviewers_is_written_also_when_rules_are_broken(project: Path) -> None:
    (project / "__main__.py").write_text(BAD_STACK)
    assert run(github("preview", "Page for reviewers"), project, "bash").returncode == 1
    assert "tag `owner` is missing" in (project / "preview-dev.html").read_text().replace("<code>", "`").replace(
        "</code>", "`"
    )


DEPLOYS = [("bash", github("deploy", "Deploy")), ("sh", gitlab("deploy", "pulumi up"))]


@pytest.mark.parametrize(("shell", "script"), DEPLOYS, ids=["github", "gitlab"])
def test_deployment_is_guarded_by_every_pack_with_its_config(shell: str, script: str, project: Path) -> None:
    deployed = run(script, project, shell, XDG_CACHE_HOME=str(project.parent / "cache"))
    assert deployed.returncode == 0, deployed.stderr
    called = (project.parent / "calls").read_text().splitlines()
    assert called[:4] == ["up", "--yes", "--stack", "dev"]
    packs = [Path(value) for flag, value in pairwise(called) if flag == "--policy-pack"]
    configs = [Path(value) for flag, value in pairwise(called) if flag == "--policy-pack-config"]
    assert [pack.name for pack in packs] == ["tagging", "data_lake", "pii"]
    assert all((pack / "PulumiPolicy.yaml").is_file() for pack in packs)
    assert [config.name for config in configs] == ["tagging.json", "data-lake.json", "pii.json"]
    assert all("acme" in config.read_text() for config in configs)


AUDITS = [("bash", github("audit", "Audit"), "audit.html"), ("sh", gitlab("audit", "dataops audit"), "audit.xml")]


@pytest.mark.parametrize(("shell", "script", "output"), AUDITS, ids=["github", "gitlab"])
def test_audit_exports_every_stack_and_writes_a_report(shell: str, script: str, output: str, project: Path) -> None:
    audited = run(script, project, shell)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert (project.parent / "calls").read_text().splitlines() == [
        "stack", "export", "--stack", "dev", "--file", "exports/dev.json",
    ]  # fmt: skip
    assert (project / output).is_file()


@pytest.mark.parametrize("guide", ["previews-in-ci.md", "enforce-the-packs.md"])
def test_guide_names_only_what_exists(guide: str) -> None:
    text = (GUIDES / guide).read_text()
    for link in (part.split(")")[0] for part in text.split("](")[1:]):
        assert (GUIDES / link).exists(), link
