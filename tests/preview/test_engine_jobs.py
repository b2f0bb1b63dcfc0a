"""What project, stack and supervisor prepare, under the real engine."""

from pathlib import Path

import pytest

from tests.preview.test_project import ENCRYPTED, PASSPHRASE
from tests.support.engine import preview_code, run_engine, write_program
from tests.support.pack_processes import write_pack

READS = """
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
db = config.require_secret_object("db")
aws.ssm.Parameter("plain", name="plain", type="String", value=config.require("password"))
aws.ssm.Parameter("deep", name="deep", type="SecureString", value=db["deep"][0]["password"])
aws.ssm.Parameter("user", name="user", type="String", value=db["user"])
pulumi.export("size", config.require_int("plain"))
"""
SEES = """
def sees(args, report):
    if args.resource_type == "aws:ssm/parameter:Parameter":
        report(f"{args.name} is {args.props['value']}")
PolicyPack("sees", [ResourceValidationPolicy("sees", "Sees.", sees)])
"""


@pytest.fixture
def encrypted(tmp_path: Path) -> Path:
    """A project whose name is that of the encrypted configuration."""
    folder = write_program(tmp_path / "program", READS)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(ENCRYPTED)
    return folder


def test_decrypted_configuration_is_secret_in_the_report_and_plain_to_rules(encrypted: Path, tmp_path: Path) -> None:
    ran = run_engine(encrypted, [write_pack(tmp_path / "sees", SEES)], environ=PASSPHRASE)
    assert ran.result["error"] is None
    values = {r["name"]: r["inputs"].get("value") for r in ran.result["resources"]}
    assert (values["deep"], values["plain"]) == ("<secret>", "<secret>")
    assert sorted(event["message"] for event in ran.result["policyEvents"]) == [
        "Sees.\ndeep is nested one\n",
        "Sees.\nplain is correct horse\n",
        "Sees.\nuser is admin\n",
    ]
    assert ran.result["outputs"] == {"size": 1}


def test_configuration_without_a_passphrase_is_unknown_to_rules(encrypted: Path, tmp_path: Path) -> None:
    ran = run_engine(encrypted, [write_pack(tmp_path / "sees", SEES)])
    assert ran.result["error"] is None
    said = sorted(event["message"] for event in ran.result["policyEvents"])
    assert [text.startswith("can't run policy 'sees'") for text in said] == [False, True, True]
    assert said[0] == "Sees.\nuser is admin\n"
    assert "unknown-config-" not in str(ran.result["resources"])


def test_no_job_file_is_there_while_the_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "own"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "own"))
    code = """
    import pathlib, pulumi, tempfile
    folders = list(pathlib.Path(tempfile.gettempdir()).glob("dataops-preview-*"))
    pulumi.export("folders", len(folders))
    pulumi.export("jobs", [str(f) for folder in folders for f in folder.glob("job.json")])
    """
    assert preview_code(tmp_path / "program", code).result["outputs"] == {"folders": 1, "jobs": []}


def test_a_configuration_that_names_no_policy_is_a_warning(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "sees", SEES)
    (tmp_path / "sees.json").write_text('{"sese": "mandatory"}')
    folder = write_program(tmp_path / "program", "import pulumi")
    ran = run_engine(folder, [pack], [str(tmp_path / "sees.json")])
    assert [(d["severity"], d["message"]) for d in ran.result["diagnostics"]] == [
        ("warning", "policy pack sees has no policy 'sese': its configuration does nothing; did you mean 'sees'?")
    ]
