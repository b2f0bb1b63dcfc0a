"""Every rule of the tagging pack bites and does not bark, and passes on nothing that is unknown."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from dataops_infra.conventions.model import Conventions
from dataops_infra.policy import UNKNOWN, Level, Rule
from dataops_infra.policy.judging import Given, judge, judge_stack
from dataops_infra.policy.personal_data import find_personal_data
from dataops_infra.policy.verdicts import Verdicts
from policies.tagging.tagging_rules import RULES
from tests.policies.tagging_cases import (
    AS_OF,
    AWS,
    BUCKET,
    BY_NAME,
    CASES,
    CONVENTIONS,
    FAILING,
    GOOD,
    MACHINE,
    NO_OWNER,
    PASSING,
    TEMPLATE,
    Case,
)

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def judged(case: Case, rule: Rule | None = None) -> Verdicts:
    return judge(
        rule or BY_NAME[case.rule],
        case.type,
        case.properties,
        conventions=case.conventions,
        as_of=AS_OF,
        config=case.config,
        provider=case.provider,
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_says_exactly_what_is_wrong(case: Case) -> None:
    verdicts = judged(case)
    assert tuple(violation.message for violation in verdicts.violations) == case.messages
    assert verdicts.deferred == ()


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.kind == "resource"], ids=lambda rule: rule.name)
def test_every_rule_has_a_failing_and_a_passing_case_and_disabling_it_shows(rule: Rule) -> None:
    assert any(case.rule == rule.name for case in PASSING)
    failing = [case for case in FAILING if case.rule == rule.name]
    assert failing
    disabled = replace(rule, check=lambda resource: ())
    assert all(judged(case, disabled).violations == () for case in failing)


CANARY = "canary-4711"


def with_canary(value: Any) -> Any:
    """The value with every text replaced by one that no message may hold; keys of tags may be named."""
    if isinstance(value, Mapping):
        return {key: item if key == "key" else with_canary(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_canary(item) for item in value]
    return CANARY if isinstance(value, str) else value


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_no_message_repeats_a_value(case: Case) -> None:
    verdicts = judged(replace(case, properties=with_canary(case.properties)))
    assert CANARY not in " ".join(violation.message for violation in verdicts.violations)
    personal = judged(case) if case.rule == "tags-carry-no-personal-data" else Verdicts()
    for violation in personal.violations:
        assert not find_personal_data(violation.message)


def with_unknowns(value: Any) -> Iterator[Any]:
    """The value with each of its parts in turn, at every depth, replaced by an unknown."""
    entries: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    for key, item in entries:
        for changed in (UNKNOWN, *with_unknowns(item)):
            copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
            copy[key] = changed
            yield copy


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_no_rule_passes_on_an_unknown(case: Case) -> None:
    fuzzed = [replace(case, properties=properties) for properties in with_unknowns(case.properties)]
    if case.provider is not None:
        fuzzed += [replace(case, provider=provider) for provider in with_unknowns(case.provider)]
    assert fuzzed
    for unknown in fuzzed:
        verdicts = judged(unknown)
        assert verdicts.violations or verdicts.deferred, unknown.properties


@pytest.mark.parametrize(
    ("properties", "provider", "paths"),
    [
        ({"tags": UNKNOWN}, None, ("tags",)),
        ({"tags": {**GOOD, "owner": UNKNOWN}}, None, ("tags.owner",)),
        ({"tags": {**GOOD, "free": UNKNOWN}, "tagsAll": UNKNOWN}, None, ()),
        ({"tags": {}, "tagsAll": UNKNOWN}, {"defaultTags": UNKNOWN}, ("provider.defaultTags",)),
        ({"tags": GOOD}, {"defaultTags": UNKNOWN}, ()),
        ({"tags": NO_OWNER, "tagsAll": UNKNOWN}, None, ("tagsAll",)),
        ({"tags": NO_OWNER, "tagsAll": {**NO_OWNER, "owner": UNKNOWN}}, None, ("tagsAll.owner",)),
    ],
)
def test_required_tags_defer_only_what_they_need(
    properties: dict[str, Any], provider: dict[str, Any] | None, paths: tuple[str, ...]
) -> None:
    verdicts = judge(
        BY_NAME["required-tags"], BUCKET, properties, provider=provider, conventions=CONVENTIONS, as_of=AS_OF
    )
    assert tuple(deferred.path for deferred in verdicts.deferred) == paths
    assert verdicts.violations == ()


@pytest.mark.parametrize(
    ("provider", "declared", "paths"),
    [
        ({"defaultTags": UNKNOWN}, UNKNOWN, ("defaultTags",)),
        ({"defaultTags": {"tags": UNKNOWN}}, UNKNOWN, ("defaultTags.tags",)),
        ({"defaultTags": {"tags": {"owner": UNKNOWN}}}, True, ()),
        ({"defaultTags": json.dumps({"tags": {"owner": UNKNOWN_STRING_VALUE}})}, True, ()),
        ({"defaultTags": json.dumps({"tags": {"owner": {SIGNATURE: SECRET, "value": "x"}}})}, True, ()),
        ({"defaultTags": json.dumps({SIGNATURE: SECRET, "value": {"tags": {"owner": "x"}}})}, True, ()),
        ({"defaultTags": "not json"}, False, ()),
        ({"defaultTags": "[1]"}, False, ()),
        ({"defaultTags": '{"tags": "owner"}'}, False, ()),
        ({}, False, ()),
    ],
)
def test_default_tags_are_declared_or_not_or_not_yet_known(
    provider: dict[str, Any], declared: object, paths: tuple[str, ...]
) -> None:
    verdicts = judge(BY_NAME["default-tags-declared"], AWS, provider, conventions=CONVENTIONS, as_of=AS_OF)
    missing = ("the aws provider declares no `defaultTags`",) if declared is False else ()
    assert tuple(violation.message for violation in verdicts.violations) == missing
    assert tuple(deferred.path for deferred in verdicts.deferred) == paths


@pytest.mark.parametrize(
    ("properties", "provider"),
    [({"tags": NO_OWNER}, {"defaultTags": "not json"}), ({"tags": NO_OWNER}, {"defaultTags": "[1]"})],
)
def test_default_tags_that_are_no_json_are_none(properties: dict[str, Any], provider: dict[str, Any]) -> None:
    verdicts = judge(
        BY_NAME["required-tags"], BUCKET, properties, provider=provider, conventions=CONVENTIONS, as_of=AS_OF
    )
    assert [violation.message for violation in verdicts.violations] == ["tag `owner` is missing"]
    assert verdicts.deferred == ()


@pytest.mark.parametrize(
    ("properties", "paths"),
    [
        ({"tagSpecifications": UNKNOWN}, ("tagSpecifications",)),
        ({"tagSpecifications": [{"tags": {"owner": UNKNOWN}}]}, ("tagSpecifications[0].tags.owner",)),
        ({"tagSpecifications": [{"resourceType": UNKNOWN, "tags": {"owner": "x"}}]}, ()),
        ({"tagSpecifications": [UNKNOWN]}, ("tagSpecifications[0]",)),
        ({"networkInterfaces": [UNKNOWN]}, ()),
        ({"tags": [{"key": "a", "value": UNKNOWN}]}, ("tags[0].value",)),
        ({"tags": [UNKNOWN]}, ("tags[0]",)),
        # Of a block that may hold anything nothing is awaited: hardly a resource would be judged before deployment.
        ({"bootDisk": UNKNOWN, "percentage": UNKNOWN, "tags": {}}, ()),
    ],
)
def test_personal_data_is_awaited_in_tags_only(properties: dict[str, Any], paths: tuple[str, ...]) -> None:
    rule = BY_NAME["tags-carry-no-personal-data"]
    verdicts = judge(rule, TEMPLATE, properties, conventions=CONVENTIONS, as_of=AS_OF)
    assert tuple(deferred.path for deferred in verdicts.deferred) == paths
    assert verdicts.violations == ()


OTHER_ENVIRONMENT = "tag `environment` names another environment than {}, to which the stack belongs"


@pytest.mark.parametrize(
    ("stack", "tags", "messages"),
    [
        ("dev", {"environment": "dev"}, []),
        ("dev", {"environment": "prod"}, [OTHER_ENVIRONMENT.format("dev")]),
        ("growth-prod", {"environment": "dev"}, [OTHER_ENVIRONMENT.format("prod")]),
        ("feature", {"environment": "prod"}, []),
        ("dev", {}, []),
        ("dev", {"environment": "qa"}, ["tag `environment` must be one of dev, prod, staging"]),
    ],
)
def test_a_resource_belongs_to_the_environment_of_its_stack(
    stack: str, tags: dict[str, str], messages: list[str]
) -> None:
    rule = BY_NAME["tag-values-allowed"]
    verdicts = judge(rule, BUCKET, {"tags": tags}, stack=stack, conventions=CONVENTIONS, as_of=AS_OF)
    assert [violation.message for violation in verdicts.violations] == messages


def test_personal_data_is_found_in_labels_at_any_depth() -> None:
    properties = {"bootDisk": {"initializeParams": {"labels": {"owner": "ann@example.com"}}}}
    verdicts = judge(BY_NAME["tags-carry-no-personal-data"], MACHINE, properties, conventions=CONVENTIONS, as_of=AS_OF)
    assert [violation.message for violation in verdicts.violations] == [
        "the value of tag `owner` in `bootDisk.initializeParams.labels` looks like an e-mail address"
    ]


EXEMPTIONS = CONVENTIONS.model_copy(
    update={
        "exemptions": Conventions.model_validate(
            {
                "exemptions": [
                    {
                        "policy": "required-tags",
                        "resource": "urn:pulumi:*::scratch-*",
                        "owner": "platform",
                        "reason": "export",
                        "expires": "2026-11-22",
                    }
                ]
            }
        ).exemptions
    }
)


def test_exemption_covers_until_its_last_day() -> None:
    rule = BY_NAME["required-tags"]
    covered = judge(rule, BUCKET, {}, name="scratch-1", conventions=EXEMPTIONS, as_of=AS_OF)
    assert covered.violations == ()
    assert {item.message for item in covered.exempted} == {f"tag `{key}` is missing" for key in GOOD}
    assert judge(rule, BUCKET, {}, name="kept", conventions=EXEMPTIONS, as_of=AS_OF).exempted == ()
    late = judge(rule, BUCKET, {}, name="scratch-1", conventions=EXEMPTIONS, as_of=date(2026, 11, 23))
    assert late.exempted == ()
    assert len(late.violations) == 4


@pytest.mark.parametrize(
    ("as_of", "messages"),
    [
        (AS_OF, ()),
        (
            date(2026, 11, 23),
            ("the exemption of required-tags for urn:pulumi:*::scratch-* expired on 2026-11-22 (owner platform)",),
        ),
    ],
)
def test_exemption_valid_names_the_expired_one(as_of: date, messages: tuple[str, ...]) -> None:
    rule = BY_NAME["exemption-valid"]
    resources = [Given(BUCKET, {"tags": UNKNOWN})]
    verdicts = judge_stack(rule, resources, conventions=EXEMPTIONS, as_of=as_of)
    assert tuple(violation.message for violation in verdicts.violations) == messages
    assert verdicts.deferred == ()
    disabled = replace(rule, check=lambda stack: ())
    assert judge_stack(disabled, resources, conventions=EXEMPTIONS, as_of=as_of).violations == ()


@pytest.mark.parametrize(
    ("glob", "stacks"),
    [
        ("urn:pulumi:prod::*", ["prod"]),
        ("urn:pulumi:*::scratch-*", ["dev", "prod"]),
        ("urn:pulumi:dev::test::*", ["dev"]),
        ("urn:pulumi:dev::other::*", []),
    ],
)
def test_expired_exemption_fails_the_stacks_that_it_may_concern(glob: str, stacks: list[str]) -> None:
    """One file of conventions serves all stacks; an export need not hold the stack's own resource."""
    entry = EXEMPTIONS.exemptions[0].model_copy(update={"resource": glob})
    conventions = EXEMPTIONS.model_copy(update={"exemptions": (entry,)})

    def failing(*resources: Given) -> bool:
        rule = BY_NAME["exemption-valid"]
        return bool(judge_stack(rule, resources, conventions=conventions, as_of=date(2026, 11, 23)).violations)

    given = {stack: Given(BUCKET, {"tags": UNKNOWN}, stack=stack) for stack in ("dev", "prod")}
    assert [stack for stack, resource in given.items() if failing(resource)] == stacks
    assert not failing()


def test_pack_without_conventions_judges_by_the_built_in_defaults() -> None:
    verdicts = judge(BY_NAME["required-tags"], BUCKET, {"tags": GOOD})
    assert [violation.message for violation in verdicts.violations] == ["tag `domain` is missing"]


def test_levels_are_what_the_readers_of_reports_expect() -> None:
    levels = {rule.name: rule.level for rule in RULES}
    assert levels == {
        "required-tags": Level.REMEDIATE,
        "tag-values-allowed": Level.MANDATORY,
        "default-tags-declared": Level.ADVISORY,
        "tags-carry-no-personal-data": Level.MANDATORY,
        "sandbox-expires": Level.MANDATORY,
        "exemption-valid": Level.MANDATORY,
    }
