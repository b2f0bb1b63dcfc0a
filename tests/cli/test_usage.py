"""What is wrong with a command line is told in one sentence, like every other mistake."""

import os
import subprocess
from pathlib import Path

import pytest

from dataops_infra import cli
from tests.support.cli import command

FORMATS = "one of tree, json, sarif, junit, github, html"
MISTAKES = {
    "preveiw": "no such command 'preveiw' (did you mean 'preview'?); see dataops --help",
    "mask runn": "no such command 'runn' (did you mean 'run'?); see dataops mask --help",
    "mask preview": "no such command 'preview'; see dataops mask --help",
    "--debug": "missing command; see dataops --help",
    "--stack dev preview": "no such option: --stack; see dataops --help",
    "preview --formt json": "no such option: --formt (did you mean --format?); see dataops preview --help",
    "preview --policy-packs pii": "no such option: --policy-packs (did you mean --policy-pack, --policy-pack-config?);"
    " see dataops preview --help",
    "preview --stack": "option '--stack' requires an argument; see dataops --help",
    "conventions check a b": "got unexpected extra argument(s) (b); see dataops conventions check --help",
    "preview --format xml": f"--format: expected {FORMATS}, got 'xml'",
    "preview --format HTM": f"--format: expected {FORMATS} (did you mean html?), got 'HTM'",
    "preview --format=": f"--format: expected {FORMATS}, got ''",
    "preview --timeout 0": "--timeout: expected 0.1 or more, got '0'",
    "preview --timeout nan": "--timeout: expected 0.1 or more, got 'nan'",
    "preview --timeout soon": "--timeout: expected a number, got 'soon'",
    "audit --jobs 1.5": "--jobs: expected a whole number, got '1.5'",
    "mask run p -s a -t b --threads 300": "--threads: expected 256 or less, got '300'",
    "mask run p": "--source: expected a value, as it is required, got none",
    "mask synth --rows 5 -o x": "CONTRACT…: expected a value, as it is required, got none",
    "mask statements p redhsift load": "warehouse: expected one of redshift, bigquery (did you mean redshift?),"
    " got 'redhsift'",
    "mask statements p bigquery unload --as-of noon": "--as-of: 'noon' does not match the formats"
    " '%Y-%m-%dT%H:%M:%S%z'",
    "conventions check --as-of noon": "--as-of: expected a day such as 2027-01-31, got 'noon'",
}


@pytest.mark.parametrize(("line", "sentence"), MISTAKES.items(), ids=list(MISTAKES))
def test_a_wrong_command_line_is_one_sentence(line: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(line.split())
    shown = capsys.readouterr()
    assert (caught.value.code, shown.out, shown.err) == (2, "", f"dataops: {sentence}\n")


@pytest.mark.parametrize("line", ["", "mask", "conventions"])
def test_a_group_without_a_command_shows_its_help_and_nothing_else(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(line.split())
    shown = capsys.readouterr()
    assert (caught.value.code, shown.err) == (2, "")
    assert f"Usage: dataops {line}".rstrip() in shown.out


LONG = "x" * 300
TOO_LONG = f"dataops: {LONG[:40]}… is too long: names of files have 255 bytes at most, paths 4,095\n"
LOOP = "dataops: loop leads back to itself by its links; name the file or folder itself\n"
NAMELESS = {
    f"mask classify {LONG} -o p.yaml": TOO_LONG,
    f"preview --output={LONG}": TOO_LONG,
    f"conventions check {LONG}": TOO_LONG,
    "mask classify loop/x -o p.yaml": LOOP.replace("loop", "loop/x"),
    "preview -o loop": LOOP,
}


@pytest.mark.parametrize(("line", "said"), NAMELESS.items(), ids=range(len(NAMELESS)))
def test_names_that_no_file_can_have_are_told(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        cli.main(line.split())
    shown = capsys.readouterr()
    assert (caught.value.code, shown.out, shown.err) == (2, "", said)


def test_a_name_beyond_the_locale_is_told(tmp_path: Path) -> None:
    """A job without a locale, whose Python was told not to read names as UTF-8 all the same."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "t.csv").write_text("id\n1\n2\n")
    (tmp_path / "key").write_text("".join(f"{n * 7 % 256:02x}" for n in range(32)))
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "p.yaml").write_text("tables: {t: {columns: {id: {operator: token}}}}\n")
    done = subprocess.run(
        command("mask", "run", "p.yaml", "-s", "src", "-t", "m\u00fcll", "--key-file", "key"),
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        b"dataops: m\\udcc3\\udcbcll is no name in this locale: set LC_ALL=C.UTF-8, or PYTHONUTF8=1\n",
    )
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".m", "m"))]
