"""From a check to verdicts: unknowns, exemptions, mistakes in a rule."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dataops_infra.conventions.compiled import CONFIG_KEY
from dataops_infra.conventions.model import Conventions
from dataops_infra.errors import InvalidInputError
from dataops_infra.policy import (
    UNKNOWN,
    OnUnknown,
    Resource,
    Rule,
    RuleError,
    Stack,
    Violation,
    build_pack,
    settings,
    taggable,
)
from dataops_infra.policy.building import Ledger
from dataops_infra.policy.judging import NO_VERDICTS, Given, judge, judge_stack, policy_config, remediated
from dataops_infra.policy.settings import read_settings, use_bundled
from dataops_infra.policy.verdicts import Deferred, Verdicts, violation_text

BUCKET = "aws:s3/bucket:Bucket"
TODAY = date(2026, 11, 22)


def versioned(resource: Resource) -> Iterator[str]:
    if resource.props.at("versioning.enabled", False) is not True:
        yield "versioning is off"


RULE = Rule(
    name="lake-bucket-versioned",
    description="Buckets keep old versions.",
    types=frozenset({BUCKET}),
    check=versioned,
    remediation=("enable versioning", "deploy"),
    config={"days": {"type": "integer", "default": 30}},
)
ON, OFF = {"versioning": {"enabled": True}}, {"versioning": {"enabled": False}}


def messages(verdicts: Verdicts) -> list[str]:
    return [violation.message for violation in verdicts.violations]


def test_absent_input_is_the_providers_default() -> None:
    assert messages(judge(RULE, BUCKET, {})) == ["versioning is off"]
    assert judge(RULE, BUCKET, ON).passed
    assert judge(RULE, "aws:sns/topic:Topic", {}) is NO_VERDICTS


def test_truthy_looking_check_cannot_pass_on_an_unknown() -> None:
    def careless(resource: Resource) -> Iterator[str]:
        if resource.props["policy"] == "open":
            yield "open"

    verdicts = judge(replace(RULE, check=careless), BUCKET, {"policy": UNKNOWN})
    assert verdicts == Verdicts(deferred=(Deferred(f"urn:pulumi:dev::test::{BUCKET}::resource", "policy"),))
    assert not verdicts.passed


def test_on_unknown_deny_is_a_violation() -> None:
    def reads(resource: Resource) -> Iterator[str]:
        if resource.props["policy"] == "open":
            yield "open"

    verdicts = judge(replace(RULE, check=reads, on_unknown=OnUnknown.DENY), BUCKET, {"policy": UNKNOWN})
    assert messages(verdicts) == ["`policy` is unknown before deployment, so the rule cannot be checked"]
    assert verdicts.deferred == ()


def test_check_that_goes_around_the_accessors_cannot_pass_either(monkeypatch: pytest.MonkeyPatch) -> None:
    from pulumi_policy.proxy import UnknownValueError

    def careless(resource: Resource) -> Iterator[str]:
        raise UnknownValueError("04da6b54-80e4-46f7-96ec-b56ff0331ba9", ["rules", "0"])

    verdicts = judge(replace(RULE, check=careless), BUCKET, {})
    assert [deferred.path for deferred in verdicts.deferred] == ["rules.0"]


def test_rule_that_raises_fails_the_run_and_tells_no_value() -> None:
    def broken(resource: Resource) -> Iterator[str]:
        yield str(int(resource.props["password"]))

    with pytest.raises(RuleError) as raised:
        judge(replace(RULE, check=broken), BUCKET, {"password": "hunter2"})
    assert str(raised.value).startswith("policy lake-bucket-versioned raised ValueError at test_verdicts.py:")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_rule_sees_stack_project_environment_and_options() -> None:
    seen: list[Any] = []

    def look(resource: Resource) -> Iterator[str]:
        environment = resource.environment
        seen.append((resource.stack, resource.project, environment and environment.name, resource.protect))
        seen.append((resource.parent, resource.config["days"], resource.provider and resource.provider.props["region"]))
        yield from ()

    judge(
        replace(RULE, check=look),
        BUCKET,
        {},
        stack="eu-prod",
        project="lake",
        protect=True,
        parent="urn:x",
        provider={"region": "eu-west-1"},
        config={"days": 7.0},
    )
    assert seen == [("eu-prod", "lake", "prod", True), ("urn:x", 7.0, "eu-west-1")]


def paired(stack: Stack) -> Iterator[Violation]:
    blocked = {
        urn
        for block in stack.of_types({"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"})
        if block.props["blockPublicAcls"] is True
        for urn in block.property_dependencies.get("bucket", ())
    }
    for bucket in stack.of_types({BUCKET}):
        if bucket.urn not in blocked:
            yield Violation("no public access block", urn=bucket.urn)
    assert set(stack.by_urn) == {resource.urn for resource in stack.resources}


BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
STACK_RULE = Rule(
    name="lake-bucket-private",
    description="Buckets are private.",
    kind="stack",
    types=frozenset({BUCKET, BLOCK}),
    check=paired,
)


def test_stack_rule_joins_by_dependency_and_names_the_resource() -> None:
    resources = [
        Given(BUCKET, {}, name="open"),
        Given(BUCKET, {}, name="closed"),
        Given(BLOCK, {"blockPublicAcls": True, "bucket": UNKNOWN}, name="b", depends_on={"bucket": ["closed"]}),
    ]
    verdicts = judge_stack(STACK_RULE, resources)
    assert verdicts.violations == (Violation("no public access block", urn=resources[0].urn),)
    assert verdicts.deferred == ()


def test_one_unknown_in_a_stack_rule_hides_no_other_resource() -> None:
    resources = [
        Given(BLOCK, {"blockPublicAcls": UNKNOWN}, name="block"),
        Given(BUCKET, {}, name="open"),
    ]
    verdicts = judge_stack(STACK_RULE, resources)
    assert [violation.urn for violation in verdicts.violations] == [resources[1].urn]
    assert verdicts.deferred == (Deferred(resources[0].urn, "blockPublicAcls"),)


def conventions_with(**entry: str) -> Conventions:
    exemption = {"policy": RULE.name, "resource": "urn:pulumi:*::scratch-*", "owner": "o", "reason": "r"}
    return Conventions.model_validate({"exemptions": [{**exemption, "expires": "2026-11-22", **entry}]})


def test_exemption_applies_to_stack_rules_and_not_to_rules_that_refuse_it() -> None:
    exempt = conventions_with(policy=STACK_RULE.name)
    resources = [Given(BUCKET, {}, name="scratch-1")]
    covered = judge_stack(STACK_RULE, resources, conventions=exempt, as_of=TODAY)
    assert covered.violations == ()
    assert [item.urn for item in covered.exempted] == [resources[0].urn]
    assert not covered.passed
    refused = judge_stack(replace(STACK_RULE, exemptible=False), resources, conventions=exempt, as_of=TODAY)
    assert len(refused.violations) == 1


def test_violation_of_the_stack_itself_cannot_be_exempted() -> None:
    whole = replace(STACK_RULE, check=lambda stack: ["wrong"])
    assert len(judge_stack(whole, [], conventions=conventions_with(policy=whole.name), as_of=TODAY).violations) == 1


@pytest.mark.parametrize(
    ("glob", "prefix", "expected"),
    [
        ("urn:pulumi:*::scratch-*", "urn:pulumi:dev::lake::", True),
        ("urn:pulumi:dev::*", "urn:pulumi:dev::lake::", True),
        ("urn:pulumi:prod::*", "urn:pulumi:dev::lake::", False),
        ("urn:pulumi:d?v::x", "urn:pulumi:dev::lake::", True),
        ("urn:pulumi:dev::lake::aws:s3/bucket:Bucket::x", "urn:pulumi:dev::lake::", True),
        ("urn:pulumi:dev::other::aws:s3/bucket:Bucket::x", "urn:pulumi:dev::lake::", False),
        ("*", "urn:pulumi:dev::lake::", True),
    ],
)
def test_exemption_may_concern_a_stack(glob: str, prefix: str, expected: bool) -> None:
    exemption = conventions_with().exemptions[0].model_copy(update={"resource": glob})
    assert exemption.may_concern(prefix) is expected


def test_violation_text_ends_with_the_steps() -> None:
    assert violation_text(RULE, Violation("off")) == "off\nFix: enable versioning; deploy"
    assert violation_text(RULE, Violation("off", ("turn it on",))) == "off\nFix: turn it on"
    assert violation_text(replace(RULE, remediation=()), Violation("off")) == "off"


@pytest.mark.parametrize("names", [("a-rule", "a-rule"), ("deferred-checks",)])
def test_pack_refuses_a_name_twice_or_the_kernels(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"unique in a pack: {names[0]}"):
        build_pack([replace(RULE, name=name) for name in names])


def test_ledger_hands_out_each_note_once() -> None:
    ledger = Ledger()
    ledger.record("urn:x", RULE, Verdicts(deferred=(Deferred("urn:x", "a"),)))
    assert len(ledger.take("deferred-checks", "urn:x")) == 1
    assert ledger.take("deferred-checks", "urn:x") == []
    assert ledger.take("deferred-checks", "urn:y") == []


def test_own_config_fills_the_defaults_in() -> None:
    assert dict(RULE.own_config({})) == {"days": 30}
    assert dict(RULE.own_config({"days": 0, "conventions": {}})) == {"days": 0}


def test_settings_come_from_config_then_bundle_then_built_in_defaults() -> None:
    acme, other = (Conventions.model_validate({"organisation": name}) for name in ("acme", "other"))
    given, bundled = policy_config(acme, as_of=TODAY), policy_config(other, as_of=TODAY)
    try:
        use_bundled({"required-tags": bundled})
        assert read_settings(given).conventions.organisation == "acme"
        assert read_settings({}).conventions.organisation == "other"
        assert read_settings({}).given
    finally:
        use_bundled({})
    assert not read_settings({}).given
    assert read_settings({}).source == "built-in defaults"
    assert read_settings(given) is read_settings(dict(given))
    assert read_settings(given) is read_settings(policy_config(acme, as_of=TODAY))


def test_pack_that_is_told_no_day_judges_by_each_day_on_which_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack may serve past midnight, and settings are kept per document."""
    undated, named = policy_config(exempt := conventions_with()), policy_config(exempt, as_of=TODAY)

    def on(day: date) -> tuple[list[date], int]:
        monkeypatch.setattr(settings, "datetime", SimpleNamespace(now=lambda zone: datetime.combine(day, time(), zone)))
        covered = judge(RULE, BUCKET, OFF, name="scratch-1", conventions=exempt).exempted
        return [read_settings(config).as_of for config in (undated, {}, named)], len(covered)

    tomorrow = TODAY + timedelta(days=1)
    assert on(TODAY) == ([TODAY, TODAY, TODAY], 1)
    assert on(tomorrow) == ([tomorrow, tomorrow, TODAY], 0)


def test_config_that_is_no_compiled_document_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="conventions"):
        read_settings({CONFIG_KEY: {"organisation": "acme"}})


def test_policy_config_needs_conventions_for_a_date() -> None:
    with pytest.raises(ValueError, match="give conventions too"):
        policy_config(as_of=TODAY)


def test_remediated_leaves_alone_what_the_rule_does_not_look_at() -> None:
    assert remediated(RULE, BUCKET, OFF) is None
    edits = replace(RULE, remediate=lambda resource, settings: resource.rename_own_tags(lambda keys: {"A": "a"}))
    assert remediated(edits, "aws:sns/topic:Topic", {"tags": {"A": "1"}}) is None
    assert remediated(edits, BUCKET, {"tags": {"A": "1"}, "tagsAll": {"B": "2"}}) == {
        "tags": {"a": "1"},
        "tagsAll": {"B": "2"},
    }
    changed = remediated(edits, BUCKET, {"tags": {"A": "1"}}, secrets=["tags.A"])
    assert changed is not None
    assert changed["tags"]["a"].value == "1"


def test_taggable_is_a_predicate_of_the_token() -> None:
    assert taggable(BUCKET)
    assert not taggable("pulumi:pulumi:Stack")
    assert replace(RULE, types=taggable).applies_to(BUCKET)


def test_stack_rule_is_given_only_resources_of_its_types() -> None:
    seen: list[tuple[str, ...]] = []

    def check(stack: Stack) -> Iterator[Violation]:
        seen.append(tuple(resource.name for resource in stack.resources))
        return iter(())

    rule = replace(STACK_RULE, types=frozenset({BLOCK}), check=check)
    verdicts = judge_stack(rule, [Given(BUCKET, {"bucket": UNKNOWN}, name="other"), Given(BLOCK, {}, name="block")])
    assert (seen, verdicts.passed) == ([("block",)], True)


def test_stack_rule_that_names_no_types_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="the stack rule lake-bucket-private names no types"):
        replace(STACK_RULE, types=frozenset())
