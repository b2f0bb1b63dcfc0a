"""The wiring: what a request becomes before an engine sees it, and what else reaches the result."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.errors import InvalidInputError, PreviewError
from dataops_infra.preview import run
from dataops_infra.preview.capture import Captured
from dataops_infra.preview.cli_engine import CliJob, CliRun
from dataops_infra.preview.run import PreviewRequest, preview
from dataops_infra.preview.supervisor import EngineResult
from tests.support.previews import observed

CONVENTIONS = """
environments:
  dev: {aws_account: "111111111111", gcp_project: acme-data-dev}
  prod: {production: true}
"""
PACK = "runtime: python\nversion: 1.0.0\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("")
    (tmp_path / "dataops.yaml").write_text(CONVENTIONS)
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {shop:size: '3'}\n")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "PulumiPolicy.yaml").write_text(PACK)
    (tmp_path / "rules" / "__main__.py").write_text("")
    (tmp_path / "rules.json").write_text('{"a": "mandatory", "b": {"enforcementLevel": "advisory", "limit": 3}}')
    return tmp_path


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The jobs that the engines are handed; both answer with one fixed observation."""
    seen: list[Any] = []

    def embedded(job: dict[str, Any], *_: object, environ: Mapping[str, str], **_more: object) -> EngineResult:
        seen.append(job | {"environ": environ})
        return EngineResult(observed(), Captured("out\n", 1, 4), Captured("err\n", 1, 4), 1.0)

    def real(job: CliJob, _: object) -> CliRun:
        seen.append(job)
        return CliRun(observed(), ("printed",))

    monkeypatch.setattr(run, "run_job", embedded)
    monkeypatch.setattr(run, "run_cli", real)
    return seen


def request(project: Path, **more: Any) -> PreviewRequest:
    pack = str(project / "rules")
    return PreviewRequest(project, **{"stack": "dev", "packs": (pack,), "as_of": date(2026, 11, 22), **more})


def test_job_for_the_embedded_engine(project: Path, jobs: list[Any]) -> None:
    (project / "answers.yaml").write_text("- {function: a:b, result: 1}\n")
    (project / "outputs.json").write_text('{"network": {"vpc": "x"}}')
    found = preview(
        request(
            project,
            answers=project / "answers.yaml",
            stack_outputs=project / "outputs.json",
            config=("size=4",),
            organization="acme",
            pack_configs=(str(project / "rules.json"),),
        )
    )
    job = jobs[0]
    assert job.pop("environ")["DATAOPS_CONVENTIONS"] == str(project / "dataops.yaml")
    json.dumps(job)
    assert (job["project"], job["stack"], job["organization"]) == ("shop", "dev", "acme")
    assert (job["root"], job["main"]) == (str(project), str(project))
    assert (job["config"], job["configSecretKeys"], job["configUnknown"]) == ({"shop:size": "4"}, [], {})
    assert job["facts"] == {"awsAccount": "111111111111", "gcpProject": "acme-data-dev"}
    assert (Path(job["providerFacts"]) / "aws.json").is_file()
    assert job["stackOutputs"] == {"network": {"vpc": "x"}}
    assert [answer["function"] for answer in job["answers"]] == ["a:b"]
    pack = job["packs"][0]
    assert (pack["name"], pack["config"]["a"], pack["conventions"]["asOf"]) == ("rules", "mandatory", "2026-11-22")
    assert (found.program_output, found.as_of, found.engine) == (("out", "err"), "2026-11-22", "embedded")
    assert found.conventions.source == "dataops.yaml"
    assert len(found.conventions.digest) == 64


@pytest.mark.parametrize(("stack", "facts"), [("prod", {}), ("other", {})])
def test_facts_are_what_the_environment_declares(stack: str, facts: Any, project: Path, jobs: list[Any]) -> None:
    (project / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    preview(request(project, stack=stack))
    assert jobs[0]["facts"] == facts
    assert (jobs[0]["stackOutputs"], jobs[0]["answers"]) == (None, [])


def test_only_stack_is_the_default_and_several_are_listed(project: Path, jobs: list[Any]) -> None:
    with pytest.raises(InvalidInputError, match="--stack: expected one of dev, prod, got None"):
        preview(request(project, stack=None))
    (project / "Pulumi.dev.yaml").unlink()
    assert preview(request(project, stack=None)).stack == "prod"


def test_job_for_the_real_cli(project: Path, jobs: list[Any]) -> None:
    found = preview(
        request(
            project,
            engine="pulumi",
            stack="acme/dev",
            config=("size=4", "aws:region=eu-west-1"),
            pack_configs=(str(project / "rules.json"),),
            rules_config={
                "rules": lambda rules: {"a": {"conventions": rules["asOf"]}, "b": {"conventions": 1}, "c": {}}
            },
            timeout=5.0,
        )
    )
    job = jobs[0]
    assert job.environ == {"DATAOPS_CONVENTIONS": str(project / "dataops.yaml")}
    assert (job.project, job.stack, job.timeout) == (project, "acme/dev", 5.0)
    assert job.config == {"size": "4", "aws:region": "eu-west-1"}
    assert job.config_file == project / "Pulumi.dev.yaml"
    assert job.packs[0].path == project / "rules"
    assert job.packs[0].config == {
        "a": {"conventions": "2026-11-22", "enforcementLevel": "mandatory"},
        "b": {"conventions": 1, "enforcementLevel": "advisory", "limit": 3},
        "c": {},
    }
    assert (found.engine, found.stack, found.program_output) == ("pulumi", "dev", ("printed",))


def test_organization_reaches_the_real_cli(project: Path, jobs: list[Any]) -> None:
    preview(request(project, engine="pulumi", organization="acme"))
    assert jobs[0].stack == "acme/dev"
    (project / "Pulumi.dev.yaml").unlink()
    (project / "Pulumi.prod.yaml").unlink()
    preview(request(project, engine="pulumi", stack="new"))
    assert (jobs[1].stack, jobs[1].config_file, jobs[1].packs[0].config) == ("new", None, {})


def test_notes_on_the_configuration_are_messages(
    project: Path, jobs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    (project / "Pulumi.dev.yaml").write_text(
        "encryptionsalt: v1:+5ihNhDEDBA=:v1:Vyj5gKbpCO7c39WN:PolzrlKpO+hN/KJHnUJFhPo9wPWqaQ==\n"
        "config:\n  shop:password:\n    secure: v1:KE3q/mqokQhHKWHG:snVg7fwEGe/19/SqJpGn+MVyE/j3Bnw+/npM0XQ=\n"
    )
    found = preview(request(project))
    assert [d.severity for d in found.diagnostics] == ["warning"]
    assert "PULUMI_CONFIG_PASSPHRASE" in found.diagnostics[0].message


def test_conventions_outside_of_the_repository_keep_their_path(
    project: Path, jobs: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "rules.yaml"
    elsewhere.write_text("")
    assert preview(request(project, conventions=elsewhere)).conventions.source == str(elsewhere)


def test_stack_configuration_may_name_the_conventions(
    project: Path, jobs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAOPS_CONVENTIONS", raising=False)
    (project / "other.yaml").write_text("")
    named = request(project, config=("dataops:conventions=other.yaml",))
    assert preview(named).conventions.source == "other.yaml"
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(project / "dataops.yaml"))
    assert preview(named).conventions.source == "dataops.yaml"


def test_built_in_defaults_are_named(project: Path, jobs: list[Any]) -> None:
    (project / "dataops.yaml").unlink()
    assert preview(request(project)).conventions.source == "built-in defaults"
    assert "DATAOPS_CONVENTIONS" not in jobs[0]["environ"]


def test_program_of_another_language_needs_the_real_cli(project: Path) -> None:
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: nodejs\n")
    with pytest.raises(PreviewError, match="--engine pulumi"):
        preview(request(project))


@pytest.mark.parametrize(("stack", "environment"), [("dev", "dev"), ("shop-prod", "prod"), ("qa", None)])
def test_result_names_the_environment_of_the_stack(
    stack: str, environment: str | None, project: Path, jobs: list[Any]
) -> None:
    (project / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    found = preview(PreviewRequest(project, stack)).conventions
    assert (found.environment, found.environments, len(jobs)) == (environment, ("dev", "prod"), 1)
