"""`dataops` itself: help, exit codes, and no traceback without --debug."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

import dataops_infra
from dataops_infra import cli
from dataops_infra.errors import MaskingError, PreviewError
from tests.support.cli import command


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Let the command `boom` raise what it is given."""

    def install(error: BaseException) -> None:
        def register(app: typer.Typer) -> None:
            @app.command()
            def boom() -> None:
                raise error

        module = type(sys)("tests_boom")
        module.register = register  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "tests_boom", module)
        monkeypatch.setitem(cli.GROUPS, "boom", ("tests_boom", "Fails."))

    return install


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def test_help_lists_every_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.GROUPS)


@pytest.mark.parametrize("group", list(cli.GROUPS))
def test_every_group_has_a_help_page_with_an_example(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group, "--help") == 0
    assert f"dataops {group}" in capsys.readouterr().out


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"dataops {dataops_infra.__version__}\n"


def test_unknown_command_is_bad_input() -> None:
    assert run("deploy") == 2


def test_a_mistake_of_the_user_is_one_sentence(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(PreviewError("no Pulumi.yaml in /x; name the project's folder", "a detail"))
    assert run("boom") == 2
    assert capsys.readouterr().err == "dataops: no Pulumi.yaml in /x; name the project's folder\na detail\n"


def test_a_mistake_of_ours_shows_no_traceback(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(ZeroDivisionError("division by zero"))
    assert run("boom") == 2
    shown = capsys.readouterr().err
    assert shown.startswith("dataops: a mistake in dataops itself (ZeroDivisionError: division by zero)")
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PreviewError("no", "a detail"), "dataops: no\na detail\n"),
        (ZeroDivisionError("no"), "dataops: a mistake in dataops itself (ZeroDivisionError: no)\n"),
    ],
)
@pytest.mark.parametrize("words", [("--debug", "boom"), ("boom", "--debug")])
def test_debug_shows_the_traceback_and_ends_as_without(
    failing: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    sentence: str,
    words: tuple[str, ...],
) -> None:
    failing(error)
    assert run(*words) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):\n")
    assert "in boom\n" in shown
    assert shown.endswith(f"{type(error).__name__}: no\n{sentence}")


def test_debug_shows_causes_but_none_that_may_hold_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def register(app: typer.Typer) -> None:
        @app.command(app_name)
        def fail() -> None:
            try:
                raise ValueError("jane.doe@acme.com")
            except ValueError as error:
                raise MaskingError("no") from error

    module = type(sys)("tests_boom")
    module.register = register  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tests_boom", module)
    shown = {}
    for app_name in ("boom", "mask"):
        monkeypatch.setitem(cli.GROUPS, app_name, ("tests_boom", "Fails."))
        assert run(app_name, "--debug") == 2
        shown[app_name] = capsys.readouterr().err
    assert "in fail\n" in shown["mask"]
    assert ("jane" in shown["boom"], "jane" in shown["mask"]) == (True, False)


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["plain", "debug"])
def test_a_command_of_its_own_exit_code_keeps_it(
    failing: Callable[[BaseException], None], debug: tuple[str, ...]
) -> None:
    failing(typer.Exit(1))
    assert run("boom", *debug) == 1


def test_ctrl_c_is_one_sentence(failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]) -> None:
    failing(KeyboardInterrupt())
    assert run("boom") == 2
    assert capsys.readouterr().err == "dataops: stopped by Ctrl-C\n"


@pytest.mark.parametrize(
    "words", [("preview", "--stack", "dev"), ("conventions", "show"), ("mask", "classify", "a", "-o", "b")]
)
def test_a_current_folder_that_was_removed_is_told(words: tuple[str, ...], tmp_path: Path) -> None:
    """A terminal whose folder another window has removed, or a checkout made anew."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && exec "$@"'
    done = subprocess.run(["sh", "-c", script, "sh", *command(*words)], cwd=gone, capture_output=True, check=False)
    said = b"dataops: the current folder does not exist any more: change into one that does\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", said)


def test_help_imports_no_command(tmp_path: Path) -> None:
    """Start-up stays typer's own: neither pydantic nor a module of a command is loaded for the help page."""
    code = (
        "import sys\nfrom dataops_infra import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pydantic', 'pulumi', 'yaml', 'dataops_infra.cli.preview'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    assert shown.splitlines()[-1] == "[]"
