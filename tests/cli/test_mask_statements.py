"""``dataops mask statements``: SQL on the screen, for a warehouse to run."""

from pathlib import Path

import pytest

from dataops_infra import cli

PLAN = """\
schema: dataops.mask-plan/v1
tables:
  people:
    columns:
      id: {operator: token}
"""
EXPECTED = {
    "redshift unload --dataset s --prefix s3://stage/raw --role arn:aws:iam::111111111111:role/r": "UNLOAD ($$SELECT",
    "redshift load --dataset s --prefix s3://stage/raw --role arn:aws:iam::111111111111:role/r": 'COPY "s"."people"',
    "bigquery unload --dataset p.s --prefix gs://stage/raw --as-of 2026-11-23T04:00:00+0000": "EXPORT DATA OPTIONS",
    "bigquery load --dataset p.s --prefix gs://stage/raw": "LOAD DATA OVERWRITE",
}
WRONG = {
    "redshift unload --dataset s --prefix s3://stage/raw": "--role: expected the ARN of the role that Redshift assumes",
    "bigquery unload --dataset p.s --prefix gs://stage/raw": "--as-of: expected the moment that all tables are read at",
    "redshift load --dataset s --prefix gs://stage/raw --role arn:aws:iam::111111111111:role/r": "is no prefix",
}


def exit_code(folder: Path, arguments: str) -> int:
    (folder / "plan.yaml").write_text(PLAN)
    with pytest.raises(SystemExit) as ended:
        cli.main(["mask", "statements", str(folder / "plan.yaml"), *arguments.split()])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("arguments", sorted(EXPECTED))
def test_statements_are_printed(arguments: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(tmp_path, arguments) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert EXPECTED[arguments] in shown.out


@pytest.mark.parametrize("arguments", sorted(WRONG))
def test_what_is_missing_is_said(arguments: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(tmp_path, arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert WRONG[arguments] in shown.err
