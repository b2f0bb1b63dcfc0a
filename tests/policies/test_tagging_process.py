"""The tagging pack as the engine sees it: a process of its own, over the Analyzer protocol."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.conventions.compiled import compiled
from dataops_infra.conventions.loading import rules_digest
from dataops_infra.conventions.model import Conventions
from dataops_infra.pack_folders import pack_folder
from dataops_infra.policy.building import KERNEL_POLICIES
from dataops_infra.policy.judging import Given
from dataops_infra.policy.packs import pack_config
from dataops_infra.policy.values import UNKNOWN, UNKNOWN_MARKERS
from dataops_infra.preview.engine.records import EngineFailure, PackSpec
from tests.policies.tagging_cases import (
    AS_OF,
    BILLABLE,
    BUCKET,
    BY_NAME,
    CASES,
    CONVENTIONS,
    FAILING,
    GOOD,
    GROUP,
    NO_OWNER,
    Case,
)
from tests.policies.test_tagging_rules import EXEMPTIONS, with_unknowns
from tests.support.analyzer import Analyzer, analyzer, secret, write_pack
from tests.support.pack_processes import started


@pytest.fixture(scope="module")
def pack() -> Iterator[Analyzer]:
    with analyzer(pack_folder("tagging")) as running:
        yield running


def configure(pack: Analyzer, conventions: Conventions = CONVENTIONS, as_of: date = AS_OF, **own: Any) -> None:
    document = compiled(conventions, (), "a test", as_of)
    config = pack_config("tagging", document)
    for policy, entry in own.items():
        config[policy.replace("_", "-")] |= entry
    pack.configure(config)
    pack.configure_stack()


def given(case: Case) -> Given:
    return Given(case.type, case.properties, provider=case.provider)


def said(pack: Analyzer, case: Case) -> list[tuple[str, str, str]]:
    own = {case.rule: dict(case.config)} if case.config else {}
    configure(pack, case.conventions, **own)
    return [
        entry for entry in pack.analyze(given(case)) if entry[0] == case.rule or entry[2].startswith(f"{case.rule}:")
    ]


def test_pack_declares_its_policies_and_the_kernels(pack: Analyzer) -> None:
    assert pack.info.name == "dataops-tagging"
    names = [policy.name for policy in pack.info.policies]
    assert names == [*BY_NAME, "deferred-checks", "used-exemptions", "unused-exemptions", "conventions-source"]
    schema = {policy.name: sorted(policy.configSchema.properties) for policy in pack.info.policies}
    assert schema["tags-carry-no-personal-data"] == ["allowedAddresses", "conventions"]
    assert all("conventions" in keys for keys in schema.values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_process_says_what_the_rule_says(pack: Analyzer, case: Case) -> None:
    heard = said(pack, case)
    assert [text.split("\nFix: ")[0] for _, _, text in heard] == list(case.messages)
    assert {level for _, level, _ in heard} <= {case.level}
    assert all("\nFix: " in text for _, _, text in heard)


def test_no_rule_passes_on_an_unknown_in_the_process(pack: Analyzer) -> None:
    configured = None
    for case in FAILING:
        if configured != (case.conventions.tags.scope, dict(case.config)):
            configure(pack, case.conventions, **({case.rule: dict(case.config)} if case.config else {}))
            configured = (case.conventions.tags.scope, dict(case.config))
        fuzzed = [replace(case, properties=properties) for properties in with_unknowns(case.properties)]
        fuzzed += [replace(case, provider=provider) for provider in with_unknowns(case.provider or {})]
        for unknown in fuzzed:
            heard = pack.analyze(given(unknown))
            mine = [entry for entry in heard if entry[0] == case.rule or entry[2].startswith(f"{case.rule}: ")]
            assert mine, unknown
            assert not any("can't run" in text for _, _, text in heard)


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_disabled_rule_says_nothing(pack: Analyzer, case: Case) -> None:
    config = pack_config("tagging", compiled(case.conventions, (), "a test", AS_OF))
    pack.configure(config, **{case.rule.replace("-", "_"): "disabled"})
    assert not [entry for entry in pack.analyze(given(case)) if entry[0] == case.rule]


def test_deferred_checks_have_the_fixed_text(pack: Analyzer) -> None:
    configure(pack)
    heard = pack.analyze(Given(BUCKET, {"tags": {**GOOD, "owner": UNKNOWN}}))
    texts = [text for policy, _, text in heard if policy == "deferred-checks"]
    assert "required-tags: `tags.owner` is unknown before deployment; `dataops audit` judges it afterwards" in texts
    assert {policy for policy, _, _ in heard} == {"deferred-checks"}
    assert {level for _, level, _ in heard} == {"advisory"}
    assert [entry for entry in pack.analyze(Given(BUCKET, {"tags": GOOD})) if entry[0] == "deferred-checks"] == []


def test_used_and_unused_exemptions_have_the_fixed_texts(pack: Analyzer) -> None:
    configure(pack, EXEMPTIONS)
    scratch = Given(BUCKET, {"tags": NO_OWNER}, name="scratch-1")
    assert pack.analyze(scratch) == [
        (
            "used-exemptions",
            "advisory",
            "required-tags: exempted until 2026-11-22 by platform (export): tag `owner` is missing",
        )
    ]
    assert pack.analyze_stack([scratch]) == []
    # Nothing has needed it since.
    assert pack.analyze_stack([scratch]) == [
        (
            "unused-exemptions",
            "advisory",
            "required-tags urn:pulumi:*::scratch-*: no violation needed this exemption; remove it",
        )
    ]


def test_expired_exemption_fails_and_covers_nothing(pack: Analyzer) -> None:
    configure(pack, EXEMPTIONS, date(2026, 11, 23))
    scratch = Given(BUCKET, {"tags": NO_OWNER}, name="scratch-1")
    assert [(policy, level) for policy, level, _ in pack.analyze(scratch)] == [("required-tags", "mandatory")]
    heard = pack.analyze_stack([scratch])
    assert [(policy, level) for policy, level, _ in heard] == [("exemption-valid", "mandatory")]


def test_expired_exemption_of_another_stack_fails_nothing(pack: Analyzer) -> None:
    entry = EXEMPTIONS.exemptions[0].model_copy(update={"resource": "urn:pulumi:prod::*"})
    configure(pack, EXEMPTIONS.model_copy(update={"exemptions": (entry,)}), date(2026, 11, 23))
    heard = {stack: pack.analyze_stack([Given(BUCKET, {"tags": GOOD}, stack=stack)]) for stack in ("dev", "prod")}
    assert {stack: [policy for policy, _, _ in found] for stack, found in heard.items()} == {
        "dev": [],
        "prod": ["exemption-valid"],
    }


def test_exemption_of_a_misspelt_policy_is_called_unused(pack: Analyzer) -> None:
    names = ("requird-tags", "their-own-rule")
    entries = tuple(EXEMPTIONS.exemptions[0].model_copy(update={"policy": name}) for name in names)
    configure(pack, EXEMPTIONS.model_copy(update={"exemptions": entries}))
    assert [text for _, _, text in pack.analyze_stack([Given(BUCKET, {"tags": GOOD})])] == [
        "requird-tags urn:pulumi:*::scratch-*: no violation needed this exemption; remove it"
        ", or correct it: did you mean required-tags?"
    ]


def test_exemption_of_another_stack_is_not_called_unused(pack: Analyzer) -> None:
    entry = EXEMPTIONS.exemptions[0].model_copy(update={"resource": "urn:pulumi:prod::test::*"})
    configure(pack, EXEMPTIONS.model_copy(update={"exemptions": (entry,)}))
    assert pack.analyze_stack([Given(BUCKET, {"tags": GOOD})]) == []
    assert len(pack.analyze_stack([Given(BUCKET, {"tags": GOOD}, stack="prod")])) == 1


@pytest.mark.parametrize(
    ("conventions", "problem"),
    [
        ({"x": 1}, "conventions: schema is required"),
        ({}, "conventions: schema is required"),
        (
            {"schema": "dataops.conventions/v9"},
            'conventions.schema: conventions.schema must be one of the following: "dataops.conventions/v1"',
        ),
    ],
)
def test_conventions_that_are_none_are_refused_before_a_rule_meets_them(
    conventions: dict[str, Any], problem: str
) -> None:
    """However the pack was found, and by Pulumi's engine too: the schema is the pack's own."""
    config = {"required-tags": {"conventions": conventions}}
    spec = PackSpec("tagging", str(pack_folder("tagging")), [sys.executable], {}, config)
    with pytest.raises(EngineFailure) as caught, started([spec]):
        pass
    assert (caught.value.kind, str(caught.value).partition(" required-tags: ")[2]) == ("config", problem)


def test_pack_without_conventions_says_so(pack: Analyzer) -> None:
    pack.configure()
    digest = rules_digest(Conventions())[:12]
    assert pack.analyze_stack([Given(BUCKET, {"tags": GOOD})]) == [
        (
            "conventions-source",
            "advisory",
            f"built-in defaults (digest {digest}): give this pack the output of dataops policies config",
        )
    ]
    configure(pack)
    assert pack.analyze_stack([Given(BUCKET, {"tags": GOOD})]) == []


MARKER = min(UNKNOWN_MARKERS)
OLD = {**NO_OWNER, "Owner": "growth-data"}


def pairs(tags: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


@pytest.mark.parametrize(
    ("token", "before", "after"),
    [
        (BUCKET, {"tags": OLD}, {"tags": GOOD}),
        (BUCKET, {"tags": OLD, "tagsAll": {**OLD, "team": "x"}}, {"tags": GOOD, "tagsAll": {**GOOD, "team": "x"}}),
        (
            BUCKET,
            {"tags": {**OLD, "free": MARKER}, "tagsAll": MARKER},
            {"tags": {**GOOD, "free": MARKER}, "tagsAll": MARKER},
        ),
        (BUCKET, {"tags": {**NO_OWNER, "Owner": MARKER}}, {"tags": {**NO_OWNER, "owner": MARKER}}),
        (BUCKET, {"tags": {**NO_OWNER, "Owner": secret("x")}}, {"tags": {**NO_OWNER, "owner": secret("x")}}),
        (BUCKET, {"tags": secret(OLD), "tagsAll": OLD}, {"tags": secret(GOOD), "tagsAll": GOOD}),
        (
            BUCKET,
            {"tags": {"CostCenter": "1", "cost_center": "2", "Owner": "x"}},
            {"tags": {"CostCenter": "1", "cost_center": "2", "owner": "x"}},
        ),
        (GROUP, {"tags": pairs(OLD)}, {"tags": pairs({**NO_OWNER, "owner": "growth-data"})}),
        ("gcp:storage/bucket:Bucket", {"labels": {"cost_center": "cc-1"}}, {"labels": {"cost-center": "cc-1"}}),
        (
            "gcp:sql/databaseInstance:DatabaseInstance",
            {"settings": {"userLabels": OLD}},
            {"settings": {"userLabels": GOOD}},
        ),
        (BUCKET, {"tags": OLD, "tagsAll": secret(OLD)}, {"tags": GOOD, "tagsAll": secret(GOOD)}),
        (GROUP, {"tags": secret(pairs(OLD))}, {"tags": secret(pairs({**NO_OWNER, "owner": "growth-data"}))}),
        (GROUP, {"tags": [secret({"key": "Owner"})]}, {"tags": [secret({"key": "owner"})]}),
        (BUCKET, {"tags": GOOD}, None),
        (BUCKET, {"tags": {**GOOD, "CostCenter": "old"}}, None),
        (BUCKET, {"tags": MARKER, "tagsAll": MARKER}, None),
        (BUCKET, {"tags": {"CostCenter": "1", "cost_center": "2"}}, None),
        (BUCKET, {"tags": "no map"}, None),
        (BUCKET, {"bucket": "raw"}, None),
        (GROUP, {"tags": [*pairs(OLD), {"key": MARKER, "value": "x"}]}, None),
        ("gcp:sql/databaseInstance:DatabaseInstance", {"settings": MARKER}, None),
        ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "raw"}, None),
        ("acme:index:Lake", {"tags": OLD}, None),
    ],
)
def test_remediation_renames_variants_in_place(pack: Analyzer, token: str, before: Any, after: Any) -> None:
    configure(pack)
    remediations = pack.remediate(Given(token, {**before, "__defaults": ["x"]}))
    if after is None:
        assert remediations == []
        return
    assert remediations == [("required-tags", {**after, "__defaults": ["x"]})]
    # What a remediation has made, another run of it leaves alone: it commutes with itself and with others.
    assert pack.remediate(Given(token, after)) == []


ADDING_RULES = """
from dataops_infra.policy import Level, Rule

def add(resource, settings):
    tags = resource.props["tags"]
    if "managed-by" in tags:
        return False
    tags["managed-by"] = "dataops-infra"
    return True

RULES = [
    Rule(name="managed-by-added", description="Adds.", types=frozenset({"aws:s3/bucket:Bucket"}),
         check=lambda resource: (), remediate=add, level=Level.REMEDIATE)
]
"""


def test_remediation_commutes_with_that_of_another_pack(pack: Analyzer, tmp_path: Path) -> None:
    configure(pack)
    with analyzer(write_pack(tmp_path / "adding", ADDING_RULES)) as other:
        other.configure()
        outcomes = []
        for order in ((pack, other), (other, pack)):
            properties: Any = {"tags": {**OLD, "token": secret("x")}, "tagsAll": OLD}
            for each in order:
                properties = each.remediate(Given(BUCKET, properties))[-1][1]
            outcomes.append(properties)
    expected = {"tags": {**GOOD, "managed-by": "dataops-infra", "token": secret("x")}, "tagsAll": GOOD}
    assert outcomes == [expected, expected]


def test_remediation_runs_only_at_its_level(pack: Analyzer) -> None:
    config = pack_config("tagging", compiled(CONVENTIONS, (), "a test", AS_OF))
    pack.configure(config, required_tags="mandatory")
    assert pack.remediate(Given(BUCKET, {"tags": OLD})) == []
    assert [entry[0] for entry in pack.analyze(Given(BUCKET, {"tags": OLD}))] == ["required-tags"]


def test_kernel_policies_survive_any_level(pack: Analyzer) -> None:
    levels = {name.replace("-", "_"): "remediate" for name in KERNEL_POLICIES}
    pack.configure(pack_config("tagging", compiled(CONVENTIONS, (), "a test", AS_OF)), **levels)
    assert pack.remediate(Given(BUCKET, {"tags": GOOD})) == []
    heard = pack.analyze(Given(BUCKET, {"tags": UNKNOWN}))
    assert {policy for policy, _, _ in heard} == {"deferred-checks"}


def test_what_the_remediation_leaves_is_mandatory(pack: Analyzer) -> None:
    configure(pack)
    left = pack.analyze(Given(BUCKET, {"tags": NO_OWNER}))
    assert [(policy, level) for policy, level, _ in left] == [("required-tags", "mandatory")]


def test_pack_stays_small(pack: Analyzer) -> None:
    configure(pack, BILLABLE)
    for index in range(200):
        pack.analyze(Given(BUCKET, {"tags": GOOD}, name=f"b{index}"))
    status = Path(f"/proc/{pack.process.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < 200 * 1024, f"{peak // 1024} MB"
