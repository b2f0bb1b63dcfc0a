"""Pack folders: found, bound to this Python, bundled."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from dataops_infra import __version__
from dataops_infra import pack_folders as packs
from dataops_infra.errors import DataopsError, InvalidInputError
from dataops_infra.pack_folders import bound_pack, bundle_pack, cache_folder, digest_of, pack_folder
from dataops_infra.policy.building import KERNEL_POLICIES
from dataops_infra.policy.packs import pack_config, pack_rules
from tests.support.analyzer import analyzer


def test_every_pack_has_a_folder_with_a_valid_declaration() -> None:
    for name in packs.PACKS:
        declared = yaml.safe_load((pack_folder(name) / "PulumiPolicy.yaml").read_text())
        # A folder `venv` that does not exist would make the CLI hang.
        assert declared["runtime"] == "python"
        assert declared["version"] == __version__
        assert declared["description"]
        assert len(pack_rules(name)) == len({rule.name for rule in pack_rules(name)})


@pytest.mark.parametrize("name", ["nope", "tagging/", "../tagging", ""])
def test_unknown_pack_is_refused_with_the_names(name: str) -> None:
    with pytest.raises(InvalidInputError, match="expected one of tagging"):
        pack_folder(name)


def test_hyphen_and_underscore_mean_the_same() -> None:
    assert packs.pack_name("data-lake") == packs.pack_name("data_lake") == "data_lake"


def test_installed_wheel_finds_its_packs_beside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "_PACKAGE", tmp_path / "dataops_infra")
    with pytest.raises(DataopsError, match="tagging is missing from this installation"):
        pack_folder("tagging")
    shipped = tmp_path / "dataops_infra" / "_packs" / "tagging"
    shipped.mkdir(parents=True)
    (shipped / "PulumiPolicy.yaml").write_text("runtime: python\n")
    assert pack_folder("tagging") == shipped


def test_a_bound_pack_that_somebody_else_may_have_written_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bound_pack("tagging", tmp_path / "cache")
    assert folder.parent.stat().st_mode & 0o077 == 0

    folder.chmod(0o777)
    with pytest.raises(DataopsError, match="may be written by everybody"):
        bound_pack("tagging", tmp_path / "cache")
    folder.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(DataopsError, match="belongs to another user"):
        bound_pack("tagging", tmp_path / "cache")
    monkeypatch.undo()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataopsError, match="is a link"):
        bound_pack("tagging", tmp_path / "cache")


def test_bound_pack_runs_with_this_python(tmp_path: Path) -> None:
    folder = bound_pack("tagging", tmp_path)
    declared = yaml.safe_load((folder / "PulumiPolicy.yaml").read_text())
    assert declared["runtime"] == {"name": "python", "options": {"virtualenv": sys.prefix}}
    assert Path(sys.prefix, "bin", "python").is_file()
    assert folder.name == "tagging"
    with analyzer(folder) as running:
        assert running.info.name == "dataops-tagging"
    # A cache written by the running pack changes nothing, and what editors leave behind is not copied.
    assert bound_pack("tagging", tmp_path) == folder
    assert [path.name for path in tmp_path.rglob(".*")] == []


def test_concurrent_calls_make_one_whole_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: bound_pack("tagging", tmp_path), range(16)))
    assert len(folders) == 1
    assert sorted(path.name for path in folders.pop().iterdir()) == [
        "PulumiPolicy.yaml",
        "__main__.py",
        "tagging_rules.py",
    ]
    assert len(list((tmp_path / "packs").iterdir())) == 1


def test_another_content_gets_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bound_pack("tagging", tmp_path)
    monkeypatch.setattr("dataops_infra.__version__", "9.9.9")
    assert bound_pack("tagging", tmp_path) != before


def test_environment_without_its_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    with pytest.raises(DataopsError, match="has no python; make it anew"):
        bound_pack("tagging", tmp_path)
    assert not (tmp_path / "packs").exists()


def test_python_without_environment_must_be_the_one_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataopsError, match="no python3 at all"):
        bound_pack("tagging", tmp_path)
    (tmp_path / "python3").symlink_to(sys.executable)
    declared = yaml.safe_load((bound_pack("tagging", tmp_path) / "PulumiPolicy.yaml").read_text())
    assert declared["runtime"] == "python"


@pytest.mark.parametrize(
    ("configured", "expected"),
    [("/x/cache", "/x/cache/dataops"), ("relative", "/h/.cache/dataops"), ("", "/h/.cache/dataops")],
)
def test_cache_folder_follows_xdg(configured: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", configured)
    monkeypatch.setenv("HOME", "/h")
    assert cache_folder() == Path(expected)


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    """As in a container whose user may write nothing but a mounted folder."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(DataopsError) as caught:
        bound_pack("tagging", tmp_path / "cache")
    advice = "set XDG_CACHE_HOME to a folder (its whole path) that this user may write"
    assert str(caught.value).startswith(f"{tmp_path}/cache/packs/")
    assert str(caught.value).endswith(f"/tagging cannot be written: Not a directory; {advice}")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where neither HOME nor passwd knows the user
    with pytest.raises(DataopsError, match=r"^HOME is not set and this user has no home folder; set XDG_CACHE_HOME to"):
        cache_folder()


def test_pack_config_has_an_entry_for_every_policy() -> None:
    config = pack_config("tagging", {"digest": "x"})
    assert set(config) == {rule.name for rule in pack_rules("tagging")} | set(KERNEL_POLICIES)
    assert all(entry == {"conventions": {"digest": "x"}} for entry in config.values())


def test_bundle_has_requirements_config_and_digest(tmp_path: Path) -> None:
    config = pack_config("tagging", {"digest": "x"})
    folder = bundle_pack("tagging", tmp_path / "out", config)
    assert folder == tmp_path / "out" / "tagging"
    assert (folder / "requirements.txt").read_text() == f"dataops-infra=={__version__}\n"
    assert json.loads((folder / "policy-config.json").read_text()) == config
    assert (folder / "DIGEST").read_text().strip() == digest_of(folder)
    assert yaml.safe_load((folder / "PulumiPolicy.yaml").read_text())["runtime"] == "python"
    first = (folder / "DIGEST").read_text()
    assert (bundle_pack("tagging", tmp_path / "out", config) / "DIGEST").read_text() == first
    changed = bundle_pack("tagging", tmp_path / "out", pack_config("tagging", {"digest": "y"}))
    assert (changed / "DIGEST").read_text() != first


def test_bundle_touches_nothing_that_is_not_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "tagging").mkdir()
    (tmp_path / "tagging" / "mine.txt").write_text("mine")
    with pytest.raises(DataopsError, match="holds something else"):
        bundle_pack("tagging", tmp_path, {})
    assert (tmp_path / "tagging" / "mine.txt").read_text() == "mine"


def test_bundle_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = f"^folder: expected a folder, or a path where none is yet, got '{tmp_path}/file'$"
    with pytest.raises(InvalidInputError, match=refused):
        bundle_pack("tagging", tmp_path / "file", {})
    with pytest.raises(DataopsError, match=f"^{tmp_path}/file/below/tagging cannot be written: Not a directory$"):
        bundle_pack("tagging", tmp_path / "file/below", {})


def test_folder_that_cannot_take_its_place_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(
        DataopsError, match=r"^.*/tagging cannot be written: No space left on device; set XDG_CACHE_HOME"
    ):
        bound_pack("tagging", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
