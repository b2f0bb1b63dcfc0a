"""The tagging pack under the real Pulumi CLI, by the command that the documentation prints."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.cli import dataops

PROGRAM = """
import pulumi
pulumi.ComponentResource("acme:index:Lake", "lake", {"tags": {}})
"""


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
def test_cli_runs_the_pack_from_its_bound_folder(tmp_path: Path) -> None:
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "lake", "runtime": runtime}))
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "state").mkdir()
    pack = dataops("policies", "path", "tagging", environ={"XDG_CACHE_HOME": str(tmp_path / "cache")}).out.strip()
    environ = os.environ | {
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    environ.pop("VIRTUAL_ENV", None)

    def pulumi(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *words, "--non-interactive"]
        return subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False
        )

    assert pulumi("stack", "init", "dev").returncode == 0
    shown = pulumi("preview", "--stack", "dev", "--policy-pack", pack)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "dataops-tagging" in shown.stdout
    assert "give this pack the output of dataops policies config" in shown.stdout
