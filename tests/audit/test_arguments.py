"""What a command line means: files, folders, globs, pipes."""

import io
import os
import threading
from pathlib import Path

import pytest

from dataops_infra.audit.arguments import Named, expand, shown_path
from dataops_infra.errors import DataopsError, InvalidInputError
from tests.audit.states import state, write

LIMIT = 1000
READ = "cannot be read (No such file or directory); name a file that this user may read"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.json", "a.json", "deep/c.json", "x[1].json"):
        write(tmp_path / "in" / name, state())
    (tmp_path / "in" / "notes.txt").write_text("no export")
    (tmp_path / "in" / "folder.json").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    return tmp_path


def names(*arguments: str, output: str | None = None) -> list[tuple[str, str]]:
    with expand(arguments, LIMIT, Path(output) if output else None) as expanded:
        return [(named.shown, named.problem) for named in expanded.exports]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["b.json", "a.json"], [("b.json", ""), ("a.json", "")]),
        (["."], [("a.json", ""), ("b.json", ""), ("deep/c.json", ""), ("x[1].json", "")]),
        (["*.json"], [("a.json", ""), ("b.json", ""), ("x[1].json", "")]),
        (["**/c.json"], [("deep/c.json", "")]),
        (["x[1].json"], [("x[1].json", "")]),
        (["a.json", "."], [("a.json", ""), ("b.json", ""), ("deep/c.json", ""), ("x[1].json", "")]),
        (["a.json", "./a.json"], [("a.json", ""), ("a.json", "is the same file as a.json; name it once")]),
        (["nope.json"], [("nope.json", "does not exist; name an exported stack")]),
        (["~no-such-user/x.json"], [("~no-such-user/x.json", "does not exist; name an exported stack")]),
        (["n" * 300], [("n" * 300, "does not exist; name an exported stack")]),
        (["z*"], [("z*", "matches no file; name exported stacks")]),
        (["folder.json"], [("folder.json", "holds no *.json; name exported stacks")]),
    ],
)
def test_arguments_name_exports(folder: Path, arguments: list[str], expected: list[tuple[str, str]]) -> None:
    assert names(*arguments) == expected


def test_links_to_one_file_are_one_export(folder: Path) -> None:
    Path("link.json").symlink_to("a.json")
    Path("broken.json").symlink_to("nowhere")
    assert names("a.json", "link.json", "broken.json") == [
        ("a.json", ""),
        ("link.json", "is the same file as a.json; name it once"),
        ("broken.json", READ),
    ]


@pytest.mark.parametrize("argument", [".", "*.json"])
def test_a_link_to_nowhere_is_told_of_in_a_folder_too(folder: Path, argument: str) -> None:
    Path("broken.json").symlink_to("nowhere")
    assert ("broken.json", READ) in names(argument)


def test_a_folder_is_read_with_its_hidden_files_and_not_through_links(folder: Path) -> None:
    write(Path("more/.hidden/.h.json"), state())
    Path("more/circle").symlink_to(folder / "in")
    os.mkfifo("more/pipe.json")
    assert names("more") == [("more/.hidden/.h.json", "")]


def test_a_folder_that_cannot_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def refusing(place: str) -> object:
        if str(place).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr("os.scandir", refusing)
    assert ("deep", "cannot be read (Permission denied); name a file that this user may read") in names(".")


@pytest.mark.parametrize(("number", "files"), [(1, "1 file is"), (2, "2 files are")])
def test_compressed_exports_are_counted(folder: Path, number: int, files: str) -> None:
    for n in range(number):
        Path(f"deep/{n}.json.gz").write_bytes(b"\x1f\x8b")
    expected = f"deep: {files} compressed (*.json.gz) and left out; unpack with gunzip to audit them"
    assert expand(["deep"], LIMIT).notes == [expected]
    assert expand(["a.json"], LIMIT).notes == []


@pytest.mark.parametrize("argument", [".pulumi", "backend", "backend/.pulumi/../.pulumi", "backend/.pulumi/stacks"])
def test_of_a_file_backend_the_stacks_are_meant(folder: Path, argument: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stacks/shop/dev", "history/shop/dev/1", "backups/shop/dev/1", "locks/x", "credentials"):
        write(Path("backend/.pulumi") / f"{name}.json", state())
    if argument == ".pulumi":
        monkeypatch.chdir("backend")
    assert [Path(shown).name for shown, _ in names(argument)] == ["dev.json"]
    monkeypatch.chdir(folder / "in")
    assert names("backend/.pulumi/history") == [("backend/.pulumi/history/shop/dev/1.json", "")]


def test_wrong_command_lines_are_refused(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"STATE.json: expected at least one exported stack"):
        expand([], LIMIT)
    with pytest.raises(DataopsError, match=r"^argument 2 is empty: name a file or folder$"):
        expand(["a.json", ""], LIMIT)


@pytest.mark.parametrize(("argument", "output"), [("a.json", "a.json"), (".", "deep/c.json"), ("*.json", "link.json")])
def test_the_report_may_replace_no_export(folder: Path, argument: str, output: str) -> None:
    Path("link.json").symlink_to("a.json")
    with pytest.raises(DataopsError, match=r"^--output is one of the exports \(.*\): name another file$"):
        names(argument, output=output)


@pytest.mark.parametrize(
    "content", ["", '{"schema": "dataops.audit/v1"}', '{"$schema": "https://x/sarif-2.1.0.json", "runs": []}']
)
def test_the_report_of_an_earlier_run_is_left_out_of_its_folder(folder: Path, content: str) -> None:
    Path("deep/report.json").write_text(content)
    assert names("deep", output="deep/report.json") == [("deep/c.json", "")]
    assert ("deep/report.json", "") in names("deep", output="deep/other.json")
    with pytest.raises(DataopsError, match="--output is one of the exports"):
        names("deep/report.json", output="deep/report.json")


@pytest.mark.parametrize("content", ['{"version": 3, "deplo', "[]", '{"version": 3}', "[" * 100_000])
def test_what_may_be_an_export_is_not_taken_for_a_report(folder: Path, content: str) -> None:
    Path("deep/report.json").write_text(content)
    with pytest.raises(DataopsError, match="--output is one of the exports"):
        names("deep", output="deep/report.json")


def test_pipes_are_kept_for_this_user_only_up_to_the_limit_and_under_no_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    before = set(folder.iterdir())
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"x" * (LIMIT * 3))

    threading.Thread(target=feed, daemon=True).start()
    with expand([f"/dev/fd/{reading}"], LIMIT) as expanded:
        (named,) = expanded.exports
        assert named.shown == f"/dev/fd/{reading}"
        assert named.path is not None
        assert named.path.stat().st_size == LIMIT + 1
        assert named.path.stat().st_mode & 0o777 == 0o600
        assert named.path.read_bytes() == b"x" * (LIMIT + 1)
        assert set(folder.iterdir()) == before
    assert not named.path.exists()
    os.close(reading)


def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo("pipe")
    assert names("pipe") == [("pipe", "is a named pipe; use `dataops audit - < pipe`")]


def test_standard_input_is_an_export_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    with expand(["-", "-"], LIMIT) as expanded:
        first, second = expanded.exports
        assert (first.shown, first.path and first.path.read_bytes()) == ("<stdin>", b"{}")
        assert second == Named("<stdin>", None, "is named twice; name it once")


def test_standard_input_that_cannot_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert names("-") == [("<stdin>", "standard input is closed; pipe an exported stack into it")]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(_Folder())))
    assert names("-") == [("<stdin>", "cannot be read (Is a directory); pipe an exported stack into it")]


class _Folder(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        raise IsADirectoryError(21, "Is a directory")


def test_paths_elsewhere_are_shown_whole(folder: Path) -> None:
    assert shown_path(Path("/etc/hosts")) == "/etc/hosts"
    assert expand([str(folder / "in" / "a.json")], LIMIT).exports == [Named("a.json", folder / "in" / "a.json")]
