"""A report's file is there whole or not at all."""

import os
import stat
import threading
from pathlib import Path

import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.reporting.writing import check_writable, write_report


def test_new_file_has_the_usual_mode_and_nothing_else_is_left(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_report(tmp_path / "report.json", "ü\n")
    finally:
        os.umask(before)
    assert (tmp_path / "report.json").read_bytes() == "ü\n".encode()
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_existing_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("old")
    real.chmod(0o604)
    (tmp_path / "link").symlink_to(real)
    write_report(tmp_path / "link", "new")
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode)) == ("new", 0o604)
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_failed_write_leaves_the_old_file_and_no_other(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report").write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if failing == "fsync" else Path, failing, fail)
    with pytest.raises(InvalidInputError, match=r"--output: expected a file that can be written \(No space left"):
        write_report(tmp_path / "report", "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report", "old")]


def test_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    check_writable(pipe)
    write_report(pipe, "through")
    reader.join(10)
    assert read == ["through"]


@pytest.mark.parametrize(("name", "said"), [(".", "the path of a file"), ("none/report", "a folder that exists")])
def test_path_for_no_file_is_refused_before_any_work(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=said):
        check_writable(tmp_path / name)


def test_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InvalidInputError, match="cannot"):
        check_writable(tmp_path / "report")
    check_writable(Path(os.devnull))


@pytest.mark.parametrize(
    "name",
    ["__main__.py", "lake/zones.py", "Pulumi.yaml", "Pulumi.yml", "Pulumi.prod.yaml", "dataops.yaml",
     "PulumiPolicy.yaml", "link.json", "answers.yaml"],
)  # fmt: skip
def test_program_its_configuration_and_what_is_read_are_never_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "program.py").write_text("")
    (tmp_path / "link.json").symlink_to("program.py")
    with pytest.raises(InvalidInputError, match="--output: expected a file of its own, no program and no file that is"):
        check_writable(tmp_path / name, [tmp_path / "lake" / ".." / "answers.yaml"])


@pytest.mark.parametrize(
    "name", ["report.json", "pulumi.report.json", "Pulumi.md", "dataops.yaml.html", "report.py.xml", "other.yaml"]
)
def test_other_files_are_written(name: str, tmp_path: Path) -> None:
    check_writable(tmp_path / name, [tmp_path / "answers.yaml"])
