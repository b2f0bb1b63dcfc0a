"""Required tags, their values, and the spelling of their keys."""

import pytest

from dataops_infra.conventions import Conventions, TagRule, canonical_tag_key, is_mandated_tag_key
from dataops_infra.conventions.base import glob_matches

DECLARED = Conventions.model_validate({"domains": {"growth": {}, "sales": {}}})


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [
        (TagRule(), "anything", None),
        (TagRule(), "", "must not be empty"),
        (TagRule(), "  ", "must not be empty"),
        (TagRule(pattern="cc-[0-9]{4}"), "cc-1234", None),
        (TagRule(pattern="cc-[0-9]{4}"), "cc-12345", "must match cc-[0-9]{4}"),
        (TagRule(pattern="cc-[0-9]{4}"), "xcc-1234", "must match cc-[0-9]{4}"),
        (TagRule(pattern="a|ab"), "ab", None),
        (TagRule(pattern="a"), "a\n", "must match a"),
        (TagRule(pattern="(c+)+x-1234"), "c" * 256, "must match (c+)+x-1234"),
        (TagRule(pattern="(c+)+x-1234"), "cccx-1234", None),
        (TagRule(pattern="(?i)[a-z]+(-[a-z]+)*"), "Growth-data", None),
        (TagRule(values_from="environments"), "dev", None),
        (TagRule(values_from="environments"), "Dev", "must be one of dev, staging, prod"),
        (TagRule(values_from="classification"), "secret", "must be one of public, internal, masked, confidential, pii"),
        (TagRule(values_from="zones"), "none", None),
        (TagRule(values_from="zones"), "x", "must be one of raw, staged, curated, quarantine, sandbox, logs, none"),
    ],
)
def test_a_value_is_right_or_says_why_not(rule: TagRule, value: str, reason: str | None) -> None:
    assert rule.check(value, Conventions()) == reason


def test_a_glob_of_many_stars_ends() -> None:
    assert not glob_matches("*a" * 30 + "b", "a" * 2000)
    assert glob_matches("*a" * 30 + "*", "a" * 2000)
    assert glob_matches("urn:*::x [1]\n?\u00e9", "urn:y::x [1]\n-\u00e9")


def test_values_from_domains_allow_any_name_until_domains_are_declared() -> None:
    rule = TagRule(values_from="domains")
    assert rule.check("anything", Conventions()) is None
    assert rule.check("sales", DECLARED) is None
    assert rule.check("anything", DECLARED) == "must be one of growth, sales"


def test_the_rule_of_a_key() -> None:
    assert Conventions().tag_rule("zone") == TagRule(values_from="zones")
    assert Conventions().tag_rule("environment") == TagRule(values_from="environments")
    assert Conventions().tag_rule("colour") is None
    own = Conventions.model_validate({"tags": {"required": {"zone": {"pattern": "z"}}}})
    assert own.tag_rule("zone") == TagRule(pattern="z")


@pytest.mark.parametrize(
    ("key", "canonical"),
    [
        ("cost-center", "cost-center"),
        ("CostCenter", "cost-center"),
        ("costCenter", "cost-center"),
        ("cost_center", "cost-center"),
        ("COST_CENTER", "cost-center"),
        ("Cost Center", "cost-center"),
        ("acme:cost.center", "acme-cost-center"),
        ("AWSAccount", "aws-account"),
        ("OWNER", "owner"),
        ("__owner__", "owner"),
        ("tier2Name", "tier2-name"),
        ("", ""),
    ],
)
def test_spelling_variants_have_one_canonical_key(key: str, canonical: str) -> None:
    assert canonical_tag_key(key) == canonical


@pytest.mark.parametrize(
    ("key", "mandated"),
    [
        ("Name", True),
        ("RedshiftDbRoles", True),
        ("aws:cloudformation:stack-name", True),
        ("kubernetes.io/cluster/x", True),
        ("goog-dataproc-cluster-name", True),
        ("name", False),
        ("CostCenter", False),
    ],
)
def test_keys_that_a_provider_spells_are_a_named_list(key: str, mandated: bool) -> None:
    assert is_mandated_tag_key(key) is mandated
