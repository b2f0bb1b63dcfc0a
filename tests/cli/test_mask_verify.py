"""``dataops mask verify``: exit codes, formats, and one clear sentence where a copy cannot be judged."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from dataops_infra import cli
from tests.support.judged import write

PLAN = """\
schema: dataops.mask-plan/v1
tables:
  people:
    columns:
      name: {operator: token, reason: "the name says names"}
      land: {operator: keep, classification: safe}
"""
BEFORE = pa.table({"name": ["Planted Anna", "Planted Bert"], "land": ["NL", "FR"]})
AFTER = pa.table({"name": ["qwertyuiopasdfgh", "zxcvbnmasdfghjkl"], "land": ["NL", "FR"]})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "plan.yaml").write_text(PLAN)
    write(tmp_path / "source", {"people": BEFORE})
    write(tmp_path / "good", {"people": AFTER})
    write(tmp_path / "bad", {"people": BEFORE})
    return tmp_path


def verify(*words: str) -> int:
    return exit_code("plan.yaml", "--source", "source", *words)


def exit_code(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["mask", "verify", *words])
    return int(ended.value.code or 0)


def test_a_good_copy_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--target", "good", "--as-of", "2026-11-01") == 0
    out = capsys.readouterr().out
    assert "good  as of 2026-11-01" in out
    assert "passed: all" in out


def test_a_bad_copy_is_refused_with_masked_examples(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--target", "bad") == 1
    out = capsys.readouterr().out
    assert "people.name  2, allowed 0" in out
    assert "row 1: Xxxxxxx Xxxx" in out
    assert "refused: 3 of" in out
    assert "Planted" not in out


def test_json_says_the_same_and_goes_to_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--target", "bad", "--format", "json", "-o", "gate.json", "--as-of", "2026-11-01") == 1
    report = json.loads((folder / "gate.json").read_text())
    assert (report["schema"], report["verdict"], report["asOf"]) == ("dataops.mask-gate/v1", "fail", "2026-11-01")
    captured = capsys.readouterr()
    assert "refused: 3 of" in captured.out
    assert captured.err == ""


def test_html_is_one_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--target", "good", "--format", "html") == 0
    page = capsys.readouterr().out
    assert page.startswith("<!DOCTYPE html>")
    assert "Columns of people" in page


def test_text_goes_to_a_file_in_lines_of_120(folder: Path) -> None:
    assert verify("--target", "bad", "--format", "text", "-o", "gate.txt", "--as-of", "2026-11-01") == 1
    written = (folder / "gate.txt").read_text()
    assert written.splitlines()[0].rstrip() == "dataops mask verify bad  as of 2026-11-01"
    assert "refused: 3 of" in written
    assert max(map(len, written.splitlines())) <= 120
    assert "\x1b" not in written


@pytest.mark.parametrize("is_ci", [False, True])
def test_rows_are_counted_on_a_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_ci: bool
) -> None:
    monkeypatch.setenv("CI", "true" if is_ci else "")
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    assert verify("--target", "good", "--format", "json") == 0
    assert ("Judging people" in capsys.readouterr().err) is not is_ci


def other_format(folder: Path) -> None:
    (folder / "target").mkdir()
    pyarrow.csv.write_csv(AFTER.append_column("age", [["1", "2"]]), folder / "target" / "people.csv")


def other_table(folder: Path) -> None:
    write(folder / "target", {"animals": AFTER})


def no_rows(folder: Path) -> None:
    write(folder / "target", {"people": AFTER.slice(0, 0)})


def empty_folder(folder: Path) -> None:
    (folder / "target").mkdir()


def damaged_file(folder: Path) -> None:
    (folder / "target").mkdir()
    (folder / "target" / "people.parquet").write_bytes(b"PAR1 no Parquet PAR1")


@pytest.mark.parametrize(
    ("make", "code", "told"),
    [
        (other_format, 1, "schema-equal"),
        (other_table, 1, "the copy does not have this table"),
        (no_rows, 1, "the source has 2 rows and the copy 0"),
        (empty_folder, 2, "target holds no data"),
        (damaged_file, 2, "people.parquet"),
        (lambda _folder: None, 2, "target does not exist"),
    ],
)
def test_a_wrong_target_is_told_in_one_sentence(
    make: object, code: int, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(make)
    make(folder)
    assert verify("--target", "target") == code
    captured = capsys.readouterr()
    assert told in captured.out + captured.err
    assert "Traceback" not in captured.out + captured.err


def test_a_plan_for_other_data_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plan.yaml").write_text(PLAN.replace("land:", "country:"))
    assert verify("--target", "good") == 2
    assert "plan.yaml" in capsys.readouterr().err


def test_a_copy_that_is_one_file_may_have_another_name(folder: Path) -> None:
    shutil.copy(folder / "good" / "people.parquet", folder / "renamed.parquet")
    words = ("plan.yaml", "--source", "source/people.parquet", "--target", "renamed.parquet")
    assert exit_code(*words) == 0


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("no JSON", "it is no manifest"),
        ("[]", "it is no manifest"),
        ('{"schema": "dataops.mask/v1"}', "in the form of manifest.schema.json (its keys: required)"),
    ],
)
def test_a_manifest_of_another_copy_is_refused(
    manifest: str, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "good" / "_manifest.json").write_text(manifest)
    assert verify("--target", "good") == 1
    assert told in " ".join(capsys.readouterr().out.split())


def test_a_plan_for_external_sharing_demands_an_approval(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plan.yaml").write_text(f"{PLAN}sharing: external\n")
    assert verify("--target", "good") == 1
    assert "no approval was given" in capsys.readouterr().out


def test_a_report_is_never_written_over_the_plan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--target", "good", "--format", "json", "-o", "plan.yaml") == 2
    assert (folder / "plan.yaml").read_text() == PLAN
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["mask.key", "plan2.yaml", "good/people.parquet", "source/people.parquet", "good/new"])
def test_a_report_is_never_written_over_anything_else(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mask.key").write_text("planted")
    (folder / "plan2.yaml").write_text(PLAN)
    before = (folder / name).read_bytes() if (folder / name).exists() else None
    assert verify("--target", "good", "--format", "html", "-o", name) == 2
    assert "--output: expected a " in capsys.readouterr().err
    assert ((folder / name).read_bytes() if (folder / name).exists() else None) == before


@pytest.mark.parametrize("first", ["text", "json", "html"])
def test_an_earlier_report_is_replaced(first: str, folder: Path) -> None:
    assert verify("--target", "good", "--format", first, "-o", "gate") == 0
    assert verify("--target", "bad", "--format", "json", "-o", "gate") == 1
    assert json.loads((folder / "gate").read_text())["verdict"] == "fail"


def test_rows_of_the_copy_may_lie_in_other_files(folder: Path) -> None:
    parts = folder / "parts" / "people"
    parts.mkdir(parents=True)
    for number in range(2):
        pq.write_table(AFTER.slice(number, 1), parts / f"{number}.parquet")
    assert verify("--target", "parts") == 0


@pytest.mark.parametrize("name", ["_originals.parquet", ".hidden.parquet", "_d/x.parquet", "_Anna Berg/"])
def test_files_that_nobody_judged_are_refused(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "good" / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.parent.mkdir(exist_ok=True)
        pq.write_table(BEFORE, path)
    assert verify("--target", "good") == 1
    assert "1 files or empty folders in the folder are neither data nor its manifest" in " ".join(
        capsys.readouterr().out.split()
    )
