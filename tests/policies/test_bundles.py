"""Bundled packs run where this repository is not: the wheel is all they have, and their own config is their rules."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dataops_infra import __version__
from dataops_infra.audit.exported import read_export
from dataops_infra.audit.records import resource_records
from dataops_infra.audit.secrets import Secrets
from dataops_infra.pack_folders import DIGEST_FILE, PACKS, digest_of, pack_folder
from dataops_infra.preview.engine.records import PackSpec
from tests.audit.states import bucket, state, write
from tests.support.cli import dataops, environment
from tests.support.pack_processes import started

REPOSITORY = Path(__file__).parents[2]
CONVENTIONS = "organisation: acme\ntags: {required: {team: {}}}\n"
GUARD = """
import os, sys
REPOSITORY, ALLOWED = os.environ["GUARDED"], os.environ["ALLOWED"]

def refuse(event, args):
    if event == "open" and isinstance(args[0], str):
        path = os.path.abspath(args[0])
        if path.startswith(REPOSITORY + os.sep) and not path.startswith(ALLOWED + os.sep):
            sys.stderr.write(f"opened {path}\\n")
            os._exit(77)

sys.addaudithook(refuse)
"""
"""Ends a Python that opens anything of the repository but the environment that happens to stand in it."""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A Python to which this repository is not installed, and the variables by which it finds the built wheel."""
    folder = tmp_path_factory.mktemp("elsewhere")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True, timeout=120)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    # A folder named in PYTHONPATH runs no .pth file, so the editable install in it stays without effect.
    packages = Path(sysconfig.get_path("purelib"))
    (folder / "packages").symlink_to(packages)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True, timeout=300)
    variables = {
        "PYTHONPATH": os.pathsep.join(str(folder / name) for name in ("guard", "wheel", "packages")),
        "GUARDED": str(REPOSITORY),
        "ALLOWED": str(packages),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return folder / "venv" / "bin" / "python", variables


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``dataops policies bundle`` wrote, moved away from where it was written."""
    made = tmp_path_factory.mktemp("made")
    (made / "dataops.yaml").write_text(CONVENTIONS)
    assert dataops("policies", "bundle", made / "packs", "--as-of", "2026-11-22", cwd=made).code == 0
    moved = tmp_path_factory.mktemp("moved") / "packs"
    shutil.move(made / "packs", moved)
    return moved


def run(python: Path, variables: Mapping[str, str], code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = environment(**variables)
    return subprocess.run([python, "-c", code], cwd=folder, env=environ, capture_output=True, text=True, timeout=300)


def test_the_other_python_does_not_see_the_repository(elsewhere: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    python, variables = elsewhere
    code = "import dataops_infra, json, sys; print(json.dumps([dataops_infra.__file__, sys.path]))"
    found = run(python, variables, code, tmp_path)
    assert found.returncode == 0, found.stderr
    file, search_path = json.loads(found.stdout)
    assert file == str(python.parents[2] / "wheel" / "dataops_infra" / "__init__.py")
    assert not [entry for entry in search_path if Path(entry).is_relative_to(REPOSITORY)]
    refused = run(python, variables, f"open({str(REPOSITORY / 'README.md')!r})", tmp_path)
    assert refused.returncode == 77


def judged(spec: PackSpec, path: Path) -> list[dict[str, Any]]:
    """What a pack says about the export at ``path``."""
    records = resource_records(read_export(path, 10**6), Secrets({}, None))
    with started([spec]) as group:
        for record in records:
            group.analyze(record)
        group.finish(records)
        return sorted(
            ({key: event[key] for key in ("policy", "level", "urn", "message")} for event in group.events),
            key=lambda event: (event["urn"], event["policy"], event["message"]),
        )


@pytest.mark.parametrize("pack", PACKS)
def test_bundled_pack_judges_by_its_own_config(
    elsewhere: tuple[Path, dict[str, str]], bundles: Path, tmp_path: Path, pack: str
) -> None:
    python, variables = elsewhere
    folder = bundles / pack
    assert (folder / "requirements.txt").read_text() == f"dataops-infra=={__version__}\n"
    assert (folder / DIGEST_FILE).read_text().strip() == digest_of(folder)
    path = write(tmp_path / "state.json", state(bucket("lake", {"zone": "raw", "data-classification": "pii"})))
    config = json.loads((folder / "policy-config.json").read_text())
    document = next(iter(config.values()))["conventions"]
    bundled = judged(PackSpec(pack, str(folder), [str(python)], dict(variables), {}), path)
    given = PackSpec(pack, str(pack_folder(pack)), [sys.executable], {}, {}, conventions=document)
    assert bundled == judged(given, path)
    assert [event for event in bundled if event["level"] == "mandatory"]
    assert not [event for event in bundled if event["policy"] == "conventions-source"]


def test_bundled_conventions_decide(elsewhere: tuple[Path, dict[str, str]], bundles: Path, tmp_path: Path) -> None:
    python, variables = elsewhere
    path = write(tmp_path / "state.json", state(bucket("lake", {"owner": "x"})))
    spec = PackSpec("tagging", str(bundles / "tagging"), [str(python)], dict(variables), {})
    required = [e["message"] for e in judged(spec, path) if e["policy"] == "required-tags"]
    assert len(required) == 1
    assert "tag `team` is missing" in required[0]
