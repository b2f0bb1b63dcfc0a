"""The generated reference is what the code says, and the pictures are self-contained."""

import re
from pathlib import Path

import pytest

from docs import generate, picture
from tests.support.previews import EXPORTS, event, hostile, result


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
