"""Entries of `--answers` that answer nothing, from the command line to the report."""

import json
from pathlib import Path

import pytest

from tests.support.cli import dataops


@pytest.mark.parametrize(("end", "code", "warnings"), [("", 0, 1), ("raise ValueError('no')", 2, 0)])
def test_an_entry_that_answers_nothing_is_a_warning_unless_the_program_failed(
    end: str, code: int, warnings: int, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(f"import pulumi\n{end}\n")
    (tmp_path / "answers.yaml").write_text("- {function: aws:ec2:getAmy, result: {id: ami-1}}\n")
    shown = dataops("preview", "-s", "dev", "--answers", "answers.yaml", "--format", "json", cwd=tmp_path)
    said = [found["message"] for found in json.loads(shown.out)["diagnostics"] if found["severity"] == "warning"]
    sentence = (
        "entry 1 of the answers (answers.yaml:1) answered nothing: it got no call of aws:ec2:getAmy; "
        "correct the entry or remove it"
    )
    assert (shown.code, said) == (code, [sentence] * warnings)
