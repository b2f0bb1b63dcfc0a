"""The generated reference is what the code says, and the pictures are self-contained."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from dataops_infra.cli import build
from docs import generate, picture
from tests.support.previews import EXPORTS, event, hostile, result

ROOT = Path(__file__).parents[1]


def test_reference_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_pages_are_named_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(generate, "write_pictures", lambda folder: None)
    assert generate.main(["--check"]) == 1
    assert "docs/reference/cli.md is out of date: run make docs" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_reference_names_every_option_and_key() -> None:
    assert "`--policy-pack-config <list[str]>`" in generate.command_line()
    page = generate.report_json(generate.SCHEMA)
    assert "| `exemption` | null or [exemption](#exemption) |" in page
    assert "| `engine` | `embedded` or `pulumi` | Who ran the program. |" in page


def test_picture_is_the_same_every_time_and_fetches_nothing() -> None:
    found = result(policyEvents=[event("required-tags", EXPORTS, "no tag `owner`")])
    shown = picture.svg(found, "dataops preview")
    assert shown == picture.svg(
        result(seconds=9.0, policyEvents=[event("required-tags", EXPORTS, "no tag `owner`")]), "dataops preview"
    )
    assert "required-tags" in shown
    assert "url(http" not in shown.replace('"', "")
    assert "<script" not in picture.svg(hostile(), "x")


def test_supported_programs_names_tests_that_exist_and_counts_its_rows() -> None:
    root = Path(__file__).parents[1]
    text = (root / "docs" / "supported-programs.md").read_text()
    tests = "".join(file.read_text() for file in (root / "tests" / "preview").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", text)
    assert [name for name in named if f"def {name}(" not in tests] == []

    functions, features, refused = (len(re.findall(r"^\| ", part, re.M)) - 1 for part in text.split("\n## ")[1:])
    count = (
        f"Features used: {functions + features + refused}; supported: {functions + features}; not supported: {refused}."
    )
    assert text.endswith(f"{count}\n")


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "guides").rglob("*.md"))]


def commands_of(page: Path) -> Iterator[list[str]]:
    """The words of each `dataops` command that a page prints, inline or in a block."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for found in re.finditer(r"(?:^|`|\$ |\| |\$\(|&& |<\()dataops ([^`\n]+)", text, re.M):
        # What follows a pipe, a redirection or a comment is the shell's.
        said = re.split(r" #|[|>;…]|&&|\)", found[1])[0]
        yield said.replace('"', "").replace("'", "").split()


def options_of(words: Sequence[str]) -> tuple[set[str], set[str]]:
    """The options that a command's words have, and those that it takes; a word that is no command is an option too."""
    command: Any = typer.main.get_command(build(words))
    taken: set[str] = set()
    for word in words:
        if not isinstance(command, typer.core.TyperGroup) or word.startswith(("-", "<", "[")):
            break
        if (below := command.commands.get(word)) is None:
            return {word}, set()
        command = below
    taken |= {spelled for parameter in command.params for spelled in parameter.opts} | {
        "--help",
        "--debug",
        "--version",
    }
    return {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}, taken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_printed_exist_with_their_options(page: Path) -> None:
    wrong = {}
    for words in commands_of(page):
        used, taken = options_of(words)
        if unknown := sorted(used - taken):
            wrong[" ".join(words)] = unknown
    assert wrong == {}


def test_the_commands_of_the_readme_are_found() -> None:
    found = [words[0] for words in commands_of(ROOT / "README.md")]
    assert found == ["preview", "audit", "mask", "preview", "policies", "mask", "mask", "mask"]
