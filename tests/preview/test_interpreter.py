"""Which Python runs a program, with real virtual environments."""

import subprocess
import sys
from pathlib import Path

import pytest

from dataops_infra.errors import PreviewError
from dataops_infra.preview.interpreter import environment_python, program_python
from dataops_infra.preview.project import Project, load_project

HERE = Path(sys.executable)


def shop(folder: Path, runtime: str = "python") -> Project:
    (folder / "Pulumi.yaml").write_text(f"name: shop\nruntime: {runtime}\n")
    return load_project(folder)


def venv(folder: Path, pulumi: str | None = None) -> Path:
    """An environment without pip; ``pulumi`` is the version of an SDK that it claims to hold."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    if pulumi:
        info = next(folder.glob("lib/python*/site-packages")) / f"pulumi-{pulumi}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pulumi\nVersion: {pulumi}\n")
    return folder / "bin/python"


def test_without_any_hint_this_python_runs_the_program(tmp_path: Path) -> None:
    assert program_python(shop(tmp_path), {}) == HERE
    assert program_python(shop(tmp_path), {"VIRTUAL_ENV": str(tmp_path / "deleted")}) == HERE


def test_the_activated_environment_comes_before_ours_and_the_option_before_both(tmp_path: Path) -> None:
    active, own = venv(tmp_path / "active", "3.272.0"), venv(tmp_path / "own", "3.180.0")
    environ = {"VIRTUAL_ENV": str(tmp_path / "active")}
    assert program_python(shop(tmp_path), environ) == active
    assert program_python(shop(tmp_path, "{name: python, options: {virtualenv: own}}"), environ) == own
    absolute = f"{{name: python, options: {{virtualenv: {tmp_path}/own}}}}"
    assert program_python(shop(tmp_path, absolute), environ) == own


def test_uv_keeps_its_environment_beside_its_lock(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    options = {"toolchain": "uv"}
    with pytest.raises(
        PreviewError, match=r"wants the virtual environment .*/deep/er/.venv, which does not exist; run uv"
    ):
        environment_python(tmp_path / "deep/er", options, "P")
    (tmp_path / "deep/pyproject.toml").touch()
    near = venv(tmp_path / "deep/.venv")
    assert environment_python(tmp_path / "deep/er", options, "P") == near
    (tmp_path / "uv.lock").touch()
    far = venv(tmp_path / ".venv")
    assert environment_python(tmp_path / "deep/er", options, "P") == far
    assert environment_python(tmp_path / "deep/er", {**options, "virtualenv": "../.venv"}, "P") == (
        tmp_path / "deep/er/../.venv/bin/python"
    )


def test_poetry_is_asked_unless_the_environment_stands_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, tools, project = {"toolchain": "poetry"}, tmp_path / "tools", tmp_path / "project"
    tools.mkdir()
    project.mkdir()
    monkeypatch.setenv("PATH", f"{tools}")
    with pytest.raises(PreviewError, match="uses poetry, which is not on PATH"):
        environment_python(project, options, "P")
    poetry = tools / "poetry"
    poetry.write_text("#!/bin/sh\nexit 1\n")
    poetry.chmod(0o755)
    with pytest.raises(PreviewError, match="poetry, which knows no environment for"):
        environment_python(project, options, "P")
    elsewhere = venv(tmp_path / "cache")
    poetry.write_text(f"#!/bin/sh\necho Using x\necho {tmp_path}/cache\n")
    assert environment_python(project, options, "P") == elsewhere
    own = venv(project / ".venv")
    assert environment_python(project, options, "P") == own


@pytest.mark.parametrize(
    ("runtime", "said"),
    [
        ("nodejs", "Pulumi.yaml: its runtime is nodejs, and the embedded engine runs Python programs"),
        ("{name: python, options: {toolchain: conda}}", "names the toolchain 'conda'; it must be pip, uv or poetry"),
        ("{name: python, options: {virtualenv: gone}}", "gone, which does not exist; run python -m venv "),
    ],
)
def test_an_environment_that_cannot_be_is_one_sentence(runtime: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PreviewError) as caught:
        program_python(shop(tmp_path, runtime), {})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (None, "has no Pulumi SDK: install pulumi there"),
        ("3.179.9", "has Pulumi SDK 3.179.9: the preview needs 3.180 or newer"),
        ("2.999.0", "has Pulumi SDK 2.999.0"),
    ],
)
def test_an_environment_without_a_new_enough_sdk_is_named(version: str | None, said: str, tmp_path: Path) -> None:
    python = venv(tmp_path / "v", version)
    with pytest.raises(PreviewError) as caught:
        program_python(shop(tmp_path), {"VIRTUAL_ENV": str(tmp_path / "v")})
    assert str(caught.value).startswith(f"{python} {said}")


def test_a_python_that_does_not_run_is_named(tmp_path: Path) -> None:
    python = tmp_path / "v/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("not a program")
    with pytest.raises(PreviewError, match=r"v/bin/python cannot be run \(PermissionError\)"):
        program_python(shop(tmp_path), {"VIRTUAL_ENV": str(tmp_path / "v")})


def test_our_own_environment_without_the_sdk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> str:
        from importlib.metadata import PackageNotFoundError

        raise PackageNotFoundError

    monkeypatch.setattr("dataops_infra.preview.interpreter.metadata.version", missing)
    with pytest.raises(PreviewError, match="has no Pulumi SDK"):
        program_python(shop(tmp_path), {})
