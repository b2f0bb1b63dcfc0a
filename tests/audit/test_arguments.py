"""What a command line means: files, folders, globs, pipes."""

import io
import os
import threading
from pathlib import Path

import pytest

from dataops_infra.audit.arguments import Named, expand, shown_path
from dataops_infra.errors import InvalidInputError
from tests.audit.states import state, write

LIMIT = 1000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.json", "a.json", "deep/c.json", "x[1].json"):
        write(tmp_path / "in" / name, state())
    (tmp_path / "in" / "notes.txt").write_text("no export")
    (tmp_path / "in" / "folder.json").mkdir()
    (tmp_path / "spool").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    return tmp_path


def names(*arguments: str, spool: Path) -> list[tuple[str, str]]:
    return [(named.shown, named.problem) for named in expand(arguments, spool, LIMIT)]


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
        (["z*"], [("z*", "matches no file; name exported stacks")]),
        (["folder.json"], [("folder.json", "holds no *.json; name exported stacks")]),
    ],
)
def test_arguments_name_exports(folder: Path, arguments: list[str], expected: list[tuple[str, str]]) -> None:
    found = names(*arguments, spool=folder / "spool")
    assert found == expected


def test_links_to_one_file_are_one_export(folder: Path) -> None:
    Path("link.json").symlink_to("a.json")
    Path("broken.json").symlink_to("nowhere")
    assert names("a.json", "link.json", "broken.json", spool=folder / "spool") == [
        ("a.json", ""),
        ("link.json", "is the same file as a.json; name it once"),
        ("broken.json", "cannot be read (No such file or directory); name a file that this user may read"),
    ]


def test_nothing_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"STATE.json: expected at least one exported stack"):
        expand([], tmp_path, LIMIT)


def test_pipes_are_kept_for_this_user_only_and_up_to_the_limit(folder: Path) -> None:
    os.mkfifo("pipe")

    def feed() -> None:
        with open("pipe", "wb") as pipe:  # noqa: PTH123 - blocks until it is read
            pipe.write(b"x" * (LIMIT * 3))

    writer = threading.Thread(target=feed, daemon=True)
    writer.start()
    (named,) = expand(["pipe"], folder / "spool", LIMIT)
    assert named.shown == "pipe"
    assert named.path is not None
    assert named.path.stat().st_size == LIMIT + 1
    assert named.path.stat().st_mode & 0o777 == 0o600


def test_standard_input_is_an_export(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    (named,) = expand(["-"], folder / "spool", LIMIT)
    assert (named.shown, named.path and named.path.read_bytes()) == ("<stdin>", b"{}")


def test_paths_elsewhere_are_shown_whole(folder: Path) -> None:
    assert shown_path(Path("/etc/hosts")) == "/etc/hosts"
    assert expand([str(folder / "in" / "a.json")], folder / "spool", LIMIT)[0] == Named(
        "a.json", folder / "in" / "a.json"
    )
