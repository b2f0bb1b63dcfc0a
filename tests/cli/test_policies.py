"""`dataops policies` as a person runs it."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from dataops_infra.policy.judging import Given
from tests.support.analyzer import analyzer
from tests.support.cli import dataops

DATAOPS_YAML = """
organisation: acme
exemptions:
  - {policy: required-tags, resource: "urn:pulumi:*::scratch-*", owner: o, reason: r, expires: 2027-01-31}
  - {policy: required-tags, resource: "urn:pulumi:prod::*", owner: o, reason: r, expires: 2027-01-31}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dataops.yaml").write_text(DATAOPS_YAML)
    return tmp_path


def test_list_shows_packs_and_policies() -> None:
    shown = dataops("policies", "list")
    assert shown.code == 0
    assert "dataops-tagging" in shown.out
    assert "tags-carry-no-personal-data" in shown.out
    assert "(--policy-pack data-lake)" in shown.out
    listed = json.loads(dataops("policies", "list", "--format", "json").out)
    assert listed["schema"] == "dataops.policies/v1"
    policies = {policy["name"]: policy for policy in listed["packs"][0]["policies"]}
    assert policies["required-tags"]["remediates"] is True
    assert policies["default-tags-declared"]["level"] == "advisory"
    assert policies["exemption-valid"]["kind"] == "stack"


def test_a_list_in_a_file_is_wide_enough_for_long_names() -> None:
    lines = dataops("policies", "list", environ={"COLUMNS": "80"}).out.splitlines()
    assert max(map(len, lines)) == 120
    (region,) = [line for line in lines if "pii-region-allowed" in line]
    assert "│ Data lies in the regions that the conventions name. " in region


def test_path_prints_a_folder_that_the_cli_can_run(tmp_path: Path) -> None:
    printed = dataops("policies", "path", "tagging", environ={"XDG_CACHE_HOME": str(tmp_path)})
    assert printed.code == 0
    folder = Path(printed.out.strip())
    assert folder.is_relative_to(tmp_path)
    declared = yaml.safe_load((folder / "PulumiPolicy.yaml").read_text())
    assert declared["runtime"]["options"]["virtualenv"] == sys.prefix
    as_json = dataops("policies", "path", "tagging", "--format", "json", environ={"XDG_CACHE_HOME": str(tmp_path)})
    assert json.loads(as_json.out) == {"pack": "tagging", "path": str(folder)}


def test_path_of_an_unknown_pack_is_one_sentence() -> None:
    refused = dataops("policies", "path", "tag")
    assert refused.code == 2
    assert refused.err.strip() == "dataops: policy pack: expected one of tagging, data-lake, pii, got 'tag'"


def test_config_configures_a_running_pack(folder: Path) -> None:
    printed = dataops("policies", "config", "tagging", "--as-of", "2026-11-22", cwd=folder)
    assert printed.code == 0
    config = json.loads(printed.out)
    document = config["required-tags"]["conventions"]
    assert (document["source"], document["asOf"]) == ("dataops.yaml", "2026-11-22")
    assert len(document["conventions"]["exemptions"]) == 2
    with analyzer(Path(dataops("policies", "path", "tagging").out.strip())) as pack:
        assert set(config) == {policy.name for policy in pack.info.policies}
        pack.configure(config)
        assert "conventions-source" not in {policy for policy, _, _ in pack.analyze_stack([])}


def test_config_of_a_stack_leaves_out_what_cannot_concern_it(folder: Path) -> None:
    printed = dataops("policies", "config", "--stack", "acme/lake/dev", cwd=folder)
    exemptions = json.loads(printed.out)["required-tags"]["conventions"]["conventions"]["exemptions"]
    assert [each["resource"] for each in exemptions] == ["urn:pulumi:*::scratch-*"]


def test_config_names_the_mistake_in_the_conventions(folder: Path) -> None:
    (folder / "dataops.yaml").write_text("organisation: [")
    refused = dataops("policies", "config", cwd=folder)
    assert refused.code == 2
    assert refused.err.startswith("dataops: dataops.yaml:1:")
    assert "Traceback" not in refused.text


def test_what_is_published_judges_by_the_day_on_which_it_runs(folder: Path) -> None:
    """It is judged by for months: exemptions and sandboxes expire meanwhile."""
    printed = json.loads(dataops("policies", "config", cwd=folder).out)
    bundled = [json.loads(file.read_text()) for file in bundled_in(folder)]
    dated = [json.loads(file.read_text()) for file in bundled_in(folder, "--as-of", "2026-11-22")]
    for config, day in [
        (printed, None),
        *((each, None) for each in bundled),
        *((each, "2026-11-22") for each in dated),
    ]:
        assert {entry["conventions"].get("asOf") for entry in config.values()} == {day}


def bundled_in(folder: Path, *words: str) -> list[Path]:
    assert dataops("policies", "bundle", "out", *words, cwd=folder).code == 0
    return sorted((folder / "out").glob("*/policy-config.json"))


def test_bundled_pack_sees_an_exemption_expire(folder: Path) -> None:
    conventions = folder / "dataops.yaml"
    conventions.write_text(conventions.read_text().replace("2027-01-31", "2020-01-31"))
    for words, failing in [((), True), (("--as-of", "2020-01-31"), False)]:
        bundled_in(folder, "--pack", "tagging", *words)
        with analyzer(folder / "out" / "tagging") as pack:
            pack.configure()
            heard = pack.analyze_stack([Given("aws:sns/topic:Topic", {}, stack="dev")])
            expired = [text for policy, _, text in heard if policy == "exemption-valid"]
        assert bool(expired) is failing
        assert not [text for text in expired if "urn:pulumi:prod::" in text]


def test_bundle_writes_packs_that_know_the_conventions(folder: Path) -> None:
    written = dataops("policies", "bundle", "out", "--format", "json", cwd=folder)
    assert written.code == 0
    entry = json.loads(written.out)[0]
    bundle = folder / "out" / "tagging"
    assert entry == {"path": "out/tagging", "digest": (bundle / "DIGEST").read_text().strip()}
    with analyzer(bundle) as pack:
        pack.configure()
        assert "conventions-source" not in {policy for policy, _, _ in pack.analyze_stack([])}
    again = dataops("policies", "bundle", "out", "--pack", "tagging", cwd=folder)
    assert again.out.strip() == "out/tagging"


def test_bundle_without_a_folder_writes_nothing(folder: Path) -> None:
    for empty in ("", " "):
        refused = dataops("policies", "bundle", empty, cwd=folder)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err == f"dataops: folder: expected the path of a folder, such as build/packs, got {empty!r}\n"
    assert [path.name for path in folder.iterdir()] == ["dataops.yaml"]


def test_config_for_a_stack_has_the_digest_of_the_whole_file(folder: Path) -> None:
    """Reports of previews and audits print that digest; an exemption of another stack is no other rule."""
    whole, narrowed = (
        next(iter(json.loads(dataops("policies", "config", "tagging", *words, cwd=folder).out).values()))["conventions"]
        for words in ((), ("--stack", "dev"))
    )
    assert len(narrowed["conventions"]["exemptions"]) < len(whole["conventions"]["exemptions"])
    assert narrowed["digest"] == whole["digest"]
