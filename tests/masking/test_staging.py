"""The staging folder and the publication of what stands in it."""

import ctypes
import os
import resource
import stat
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking import publishing
from dataops_infra.masking.manifest import manifest_path
from dataops_infra.masking.publishing import check_target, publish, sync
from dataops_infra.masking.staging import staging, staging_path


def test_staging_is_beside_the_target_hidden_private_and_goes_away(tmp_path: Path) -> None:
    with staging(tmp_path / "target") as folder:
        assert folder == tmp_path / ".target.masking" == staging_path(tmp_path / "target")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "part").mkdir()
        (folder / "part" / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    left = tmp_path / ".target.masking"
    (left / "copy").mkdir(parents=True)
    (left / "copy" / "a.parquet").write_text("x")
    (left / "manifest.json").write_text("{}")
    with staging(tmp_path / "target") as folder:
        assert list(folder.iterdir()) == []


def test_failure_removes_the_staging_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyError), staging(tmp_path / "target"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_share_a_target(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom dataops_infra.masking.staging import staging\n"
        "with staging(Path(sys.argv[1])): print('ready', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "target")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        with pytest.raises(MaskingError, match="another run is writing"), staging(tmp_path / "target"):
            pass
        assert staging_path(tmp_path / "target").is_dir()
        with staging(tmp_path / "elsewhere"):
            pass
    finally:
        other.kill()
        other.communicate()
    with staging(tmp_path / "target"):
        pass


def test_owner_that_has_just_finished_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [FileNotFoundError, None]
    opened = os.open

    def gone_once(path: Path, flags: int) -> int:
        if (answer := answers.pop(0)) is not None:
            raise answer
        return opened(path, flags)

    monkeypatch.setattr(os, "open", gone_once)
    with staging(tmp_path / "target") as folder:
        assert folder.is_dir()


def test_folder_that_others_keep_replacing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops_infra.masking.staging._is_same", lambda *_: False)
    with pytest.raises(MaskingError, match="other runs keep writing"), staging(tmp_path / "target"):
        pass


def test_staging_in_the_way_of_a_file_or_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".target.masking").symlink_to(tmp_path)
    with pytest.raises(MaskingError, match="cannot be written"), staging(tmp_path / "target"):
        pass
    assert tmp_path.is_dir()


def copy_of(path: Path, content: str, *, is_folder: bool = True) -> Path:
    """A former masked copy."""
    if is_folder:
        path.mkdir()
        (path / "t.parquet").write_text(content)
    else:
        path.write_text(content)
    manifest_path(path).write_text('{"schema": "dataops.mask/v1"}')
    return path


@pytest.mark.parametrize("can_exchange", [True, False], ids=["exchange", "fallback"])
def test_publication_takes_the_place_of_a_former_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(publishing, "_renameat2", lambda *_: False)
    staged, target = copy_of(tmp_path / "staged", "new"), copy_of(tmp_path / "target", "old")
    sync(staged)
    publish(staged, target, tmp_path / "former")
    assert (target / "t.parquet").read_text() == "new"
    assert (tmp_path / "former" / "t.parquet").read_text() == "old"
    assert not staged.exists()


def test_fallback_puts_back_what_it_could_not_replace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_renameat2", lambda *_: False)
    target = copy_of(tmp_path / "target", "old")
    with pytest.raises(MaskingError, match="could not be published"):
        publish(tmp_path / "gone", target, tmp_path / "former")
    assert (target / "t.parquet").read_text() == "old"


@pytest.mark.parametrize("renamed", [1, 2, 3], ids=["before", "between", "behind"])
def test_fallback_loses_no_former_copy_to_a_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renamed: int
) -> None:
    """The former copy lies in the staging folder for a moment, and goes with it."""
    monkeypatch.setattr(publishing, "_renameat2", lambda *_: False)
    staged, target = copy_of(tmp_path / "staged", "new"), copy_of(tmp_path / "target", "old")
    rename, calls = Path.rename, iter(range(1, 10))

    def interrupted(path: Path, to: Path) -> Path:
        number = next(calls)
        if number == renamed == 1:
            raise KeyboardInterrupt
        found = rename(path, to)
        if number == renamed - 1:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(staged, target, tmp_path / "former")
    assert (target / "t.parquet").read_text() == ("new" if renamed == 3 else "old")


def test_system_without_renameat2_renames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    publish(copy_of(tmp_path / "staged", "new"), tmp_path / "target", tmp_path / "former")
    assert (tmp_path / "target" / "t.parquet").read_text() == "new"


def test_target_that_somebody_made_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staged, target = copy_of(tmp_path / "staged", "new"), copy_of(tmp_path / "target", "old")
    with pytest.raises(OSError, match="File exists"):
        publishing._rename_new(staged, target)
    assert (target / "t.parquet").read_text() == "old"


@pytest.mark.parametrize("number", sorted(publishing._NOT_SUPPORTED))
def test_file_system_that_cannot_exchange_falls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(ctypes, "get_errno", lambda: number)
    assert publishing._renameat2(tmp_path / "gone", tmp_path / "x", 1) is False


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("source", "overlaps the source"),
        ("source/inner", "overlaps the source"),
        (".", "overlaps the source"),
        ("link-to-source", "is a link"),
        ("circle", "is a link"),
        ("circle/inner", "folder .*circle does not exist"),
        ("no/where", "folder .*no does not exist"),
        ("elsewhere", "exists; choose another, or replace a former copy with --overwrite"),
        ("link", "is a link"),
    ],
)
def test_target_in_a_wrong_place_is_refused(tmp_path: Path, source: Path, target: str, expected: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "link-to-source").symlink_to(source)
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(MaskingError, match=expected):
        check_target(tmp_path / target, source, is_overwritten=False)


@pytest.mark.parametrize("manifest", [None, "no json", "[]", '{"schema": "other"}'])
def test_only_a_masked_copy_is_overwritten(tmp_path: Path, source: Path, manifest: str | None) -> None:
    (tmp_path / "target").mkdir()
    if manifest is not None:
        (tmp_path / "target" / "_manifest.json").write_text(manifest)
    with pytest.raises(MaskingError, match="is no masked copy"):
        check_target(tmp_path / "target", source, is_overwritten=True)


def test_masked_copy_of_the_same_kind_may_be_overwritten(tmp_path: Path, source: Path) -> None:
    check_target(copy_of(tmp_path / "folder", "x"), source, is_overwritten=True)
    file = copy_of(tmp_path / "file.csv", "x", is_folder=False)
    with pytest.raises(MaskingError, match="is no masked copy"):
        check_target(file, source, is_overwritten=True)


def test_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may write everywhere
    with pytest.raises(MaskingError, match="cannot be written; choose another --target"):
        check_target(tmp_path / "target", source, is_overwritten=False)


def test_what_is_unfinished_goes_away_where_no_more_files_can_be_open(tmp_path: Path) -> None:
    def work(folder: Path, opened: ExitStack) -> None:
        (folder / "copy" / "table" / "day=1").mkdir(parents=True)
        while True:
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[0]), before[1]))
    try:
        with ExitStack() as opened:
            with pytest.raises(OSError, match="Too many open files"), staging(tmp_path / "target") as folder:
                work(folder, opened)
            left = list(tmp_path.glob(".*"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert left == []


@pytest.mark.parametrize("free", range(20))
def test_where_few_files_can_be_open_nothing_is_left_behind(tmp_path: Path, free: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[0]), before[1]))
    opened: list[int] = []
    try:
        with suppress(OSError):
            while True:
                opened.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(free):
            os.close(opened.pop())
        with suppress(OSError), staging(tmp_path / "target"):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for descriptor in opened:
            os.close(descriptor)
    assert [*tmp_path.iterdir()] == []
