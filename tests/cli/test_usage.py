"""What is wrong with a command line is told in one sentence, like every other mistake."""

import pytest

from dataops_infra import cli

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
