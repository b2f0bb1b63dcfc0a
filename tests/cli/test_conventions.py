"""``dataops conventions`` as a person calls it: a process, its output and its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from dataops_infra.conventions import Conventions, load_conventions, rules_digest
from dataops_infra.conventions.loading import canonical

REPOSITORY = Path(__file__).parents[2]


def run(folder: Path, *arguments: str, variable: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from dataops_infra.cli import main; main()", "conventions", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "DATAOPS_CONVENTIONS": variable, "COLUMNS": "120"},
    )


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


# --- show --------------------------------------------------------------------------------------------------------


def test_show_prints_every_default_its_source_and_digest(tmp_path: Path) -> None:
    done = run(tmp_path, "show")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["# source: built-in defaults", f"# digest: {rules_digest(Conventions())}"]
    assert Conventions.model_validate(yaml.safe_load(done.stdout)) == Conventions()


def test_what_show_prints_is_a_dataops_yaml_of_the_same_rules(tmp_path: Path) -> None:
    shown = run(REPOSITORY, "show").stdout
    write(tmp_path / "dataops.yaml", shown)
    assert load_conventions(tmp_path).conventions == load_conventions(REPOSITORY).conventions


def test_show_as_json_finds_the_nearest_file_or_the_one_that_is_named(tmp_path: Path) -> None:
    write(tmp_path / "dataops.yaml", "organisation: nearest")
    other = write(tmp_path / "other.yaml", "organisation: other")
    folder = write(tmp_path / "a/b", "").parent
    near = json.loads(run(folder, "show", "--format", "json").stdout)
    assert (near["conventions"]["organisation"], near["source"]) == ("nearest", str(tmp_path / "dataops.yaml"))
    assert near["conventions"] == canonical(Conventions(organisation="nearest"))
    named = json.loads(run(folder, "show", "--format", "json", "--conventions", str(other)).stdout)
    assert named["conventions"]["organisation"] == "other"
    variable = json.loads(run(folder, "show", "--format", "json", variable=str(other)).stdout)
    assert variable == named


def test_show_and_check_name_one_digest() -> None:
    """Of the conventions and the contracts: two digests for the same rules would only confuse."""
    shown = json.loads(run(REPOSITORY, "show", "--format", "json").stdout)
    checked = json.loads(run(REPOSITORY, "check", "--format", "json", "--as-of", "2026-11-22").stdout)
    assert shown["digest"] == checked["digest"] == load_conventions(REPOSITORY).digest


def test_show_of_a_wrong_file_cannot_do_its_work(tmp_path: Path) -> None:
    write(tmp_path / "dataops.yaml", "domans: {}")
    done = run(tmp_path, "show")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dataops: dataops.yaml:1: unknown key `domans` (did you mean domains?)\n"


# --- check -------------------------------------------------------------------------------------------------------


def test_check_of_the_reference_is_right() -> None:
    done = run(REPOSITORY, "check", "--as-of", "2026-11-22")
    assert done.returncode == 0, done.stdout
    digest = load_conventions(REPOSITORY).digest[:12]
    assert done.stdout == f"dataops.yaml: all is right (3 contracts, digest {digest}, as of 2026-11-22)\n"


def test_check_without_a_file_checks_the_built_in_defaults(tmp_path: Path) -> None:
    done = run(tmp_path, "check", "--as-of", "2026-11-22")
    digest = rules_digest(Conventions())[:12]
    expected = f"built-in defaults: all is right (0 contracts, digest {digest}, as of 2026-11-22)\n"
    assert (done.returncode, done.stdout) == (0, expected)


def test_check_lists_every_mistake_and_fails(tmp_path: Path) -> None:
    write(tmp_path / "dataops.yaml", "domans: {}\nsandbox: {grace_days: -1}\n")
    done = run(tmp_path, "check", "--as-of", "2026-11-22")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "dataops.yaml:1: unknown key `domans` (did you mean domains?)",
        "dataops.yaml:2: `sandbox.grace_days`: expected greater than or equal to 0, got -1",
        "dataops.yaml: 2 problems (0 contracts, as of 2026-11-22)",
    ]


def test_check_warns_of_an_exemption_whose_policy_is_almost_one_of_ours(tmp_path: Path) -> None:
    names = ("requird-tags", "required-tags", "their-own-rule")
    one = '- {{policy: {}, resource: "urn:pulumi:*::x", owner: o, reason: r, expires: 2027-01-31}}'
    write(tmp_path / "dataops.yaml", "exemptions:\n" + "\n".join(one.format(name) for name in names))
    done = run(tmp_path, "check", "--as-of", "2026-11-22")
    message = "`exemptions[0].policy`: none of our packs has a policy 'requird-tags'"
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == f"dataops.yaml:2: warning: {message} (did you mean required-tags?)"
    assert len(lines) == 2
    report = json.loads(run(tmp_path, "check", "--as-of", "2026-11-22", "--format", "json").stdout)
    hint = "did you mean required-tags?"
    assert report["warnings"] == [{"file": "dataops.yaml", "line": 2, "message": message, "hint": hint}]
    assert report["problems"] == []


def test_check_covers_the_contracts_beside_the_file_and_expired_exemptions(tmp_path: Path) -> None:
    exemption = '{policy: a-b, resource: "urn:x", owner: team, reason: r, expires: 2027-01-31}'
    write(tmp_path / "conf/dataops.yaml", f"exemptions:\n- {exemption}\n")
    write(tmp_path / "conf/contracts/orders.yaml", "kind: DataContract\nversion: '1'\napiVersion: v3.1.0\nid: x\n")
    done = run(tmp_path, "check", "conf/dataops.yaml", "--format", "json", "--as-of", "2027-02-01")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert {key: report[key] for key in ("schema", "source", "digest", "asOf", "contracts")} == {
        "schema": "dataops.conventions-check/v1",
        "source": "conf/dataops.yaml",
        "digest": None,
        "asOf": "2027-02-01",
        "contracts": 0,
    }
    assert report["problems"][0] == {
        "file": "conf/dataops.yaml",
        "line": 2,
        "message": "the exemption from a-b expired on 2027-01-31",
        "hint": "mend urn:x and remove it, or agree on a new date with team",
    }
    contract = [problem["message"] for problem in report["problems"][1:]]
    assert "`domain`: is missing" in contract
    assert {problem["file"] for problem in report["problems"][1:]} == {"conf/contracts/orders.yaml"}
    in_words = run(tmp_path, "check", "conf/dataops.yaml", "--as-of", "2027-02-01").stdout.splitlines()
    assert len(in_words) == len(report["problems"]) + 1


@pytest.mark.parametrize(
    ("arguments", "variable", "message"),
    [
        (["check", "gone.yaml"], "", "dataops: gone.yaml: is not a file\n"),
        (["check"], "gone.yaml", "dataops: gone.yaml: is not a file (named by DATAOPS_CONVENTIONS)\n"),
        (["show", "--conventions", "gone.yaml"], "", "dataops: gone.yaml: is not a file\n"),
    ],
)
def test_a_file_that_is_not_there_is_no_finding(
    tmp_path: Path, arguments: list[str], variable: str, message: str
) -> None:
    done = run(tmp_path, *arguments, variable=variable)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_a_day_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    done = run(tmp_path, "check", "--as-of", "31.01.2027")
    assert done.returncode == 2
    assert "--as-of" in done.stderr


# --- schema and help ---------------------------------------------------------------------------------------------


def test_the_schema_accepts_the_reference_and_refuses_unknown_keys() -> None:
    done = run(REPOSITORY, "schema")
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    reference = canonical(load_conventions(REPOSITORY).conventions)
    assert list(validator.iter_errors(reference)) == []
    for wrong in ({"domans": {}}, {"organisation": "Acme"}, {"environments": {"PROD": {}}}, {"lake": {"zones": []}}):
        assert list(validator.iter_errors(wrong)) != [], wrong


@pytest.mark.parametrize("command", ["show", "check", "schema"])
def test_every_help_page_has_an_example(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command, "--help")
    assert done.returncode == 0
    assert f"Example: dataops conventions {command}" in done.stdout
