"""Where a program's conventions come from."""

import os
from pathlib import Path

import pulumi
import pytest

from dataops_infra.foundation import placement
from tests.support.recording import record


def organisation(config: dict[str, str] | None = None) -> str:
    """The organisation of the conventions that hold for a program run now."""
    found: list[str] = []
    record(lambda: found.append(placement.conventions_of_program().organisation), config=config)
    return found[0]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project inside a repository with conventions of its own; the current folder is the project."""
    (tmp_path / "project").mkdir()
    for name in ("above", "named", "environment"):
        (tmp_path / f"{name}.yaml").write_text(f"organisation: {name}\n")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.delenv("DATAOPS_CONVENTIONS", raising=False)
    return tmp_path


def test_conventions_are_the_built_in_ones_where_there_is_no_file(folders: Path) -> None:
    assert organisation() == "dataops"


def test_conventions_are_the_nearest_file_upwards(folders: Path) -> None:
    (folders / "above.yaml").rename(folders / "dataops.yaml")
    assert organisation() == "above"


def test_the_environment_variable_beats_the_nearest_file(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folders / "above.yaml").rename(folders / "dataops.yaml")
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(folders / "environment.yaml"))
    assert organisation() == "environment"


def test_the_stacks_config_beats_the_nearest_file(folders: Path) -> None:
    (folders / "above.yaml").rename(folders / "dataops.yaml")
    assert organisation({"dataops:conventions": "../named.yaml"}) == "named"


def test_the_environment_variable_beats_the_stacks_config(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(folders / "environment.yaml"))
    assert organisation({"dataops:conventions": "../named.yaml"}) == "environment"


def test_a_changed_file_is_read_again(folders: Path) -> None:
    path = folders / "dataops.yaml"
    path.write_text("organisation: before\n")
    assert organisation() == "before"
    path.write_text("organisation: after\n")
    os.utime(path, ns=(1, 1))
    assert organisation() == "after"


def test_a_file_that_is_not_there_is_named(folders: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"missing\.yaml: is not a file"):
        organisation({"dataops:conventions": "missing.yaml"})
