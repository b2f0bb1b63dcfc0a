"""The tagging rules on what a real component registers: silent as it is, and biting as soon as a tag is spoilt."""

import functools
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.conventions import load_conventions
from dataops_infra.data_lake import S3DataLake
from dataops_infra.policy.judging import judge
from dataops_infra.provider_facts import facts
from policies.tagging.tagging_rules import RULES
from tests.policies.tagging_cases import AS_OF, BY_NAME
from tests.support.recording import Recorded, record

ROOT = Path(__file__).parents[2]
CONVENTIONS = load_conventions(ROOT, environ={}).conventions
BUCKET = "aws:s3/bucket:Bucket"
SPOILT: list[tuple[str, dict[str, str | None], str]] = [
    ("required-tags", {"owner": None}, "tag `owner` is missing"),
    ("tag-values-allowed", {"environment": "moon"}, "tag `environment` must be one of dev, prod, staging"),
    ("tags-carry-no-personal-data", {"contact": "jane.doe@example.com"}, "tag `contact`"),
    ("sandbox-expires", {"zone": "sandbox"}, "expires-on"),
]


@functools.cache
def lake() -> tuple[Recorded, ...]:
    """Everything custom that a lake registers."""
    recording = record(lambda: S3DataLake("events", {"domain": "growth", "data_classification": "internal"}))
    return tuple(r for r in recording.resources if r.type.startswith("aws:"))


def tagged() -> list[Recorded]:
    return [resource for resource in lake() if facts(resource.type).taggable]


def said(rule: str, resource: Recorded, **tags: str | None) -> list[str]:
    merged: dict[str, Any] = {**resource.inputs.get("tags", {}), **tags}
    inputs = {**resource.inputs, "tags": {key: value for key, value in merged.items() if value is not None}}
    found = judge(
        BY_NAME[rule], resource.type, inputs, name=resource.name, conventions=CONVENTIONS, as_of=AS_OF, stack="dev"
    )
    return [violation.message for violation in found.violations]


@pytest.mark.parametrize("rule", [rule.name for rule in RULES if rule.kind == "resource"])
def test_no_rule_barks_at_a_lake(rule: str) -> None:
    assert {resource.type for resource in tagged()} == {BUCKET, "aws:kms/key:Key"}
    assert [(resource.name, text) for resource in tagged() for text in said(rule, resource)] == []


@pytest.mark.parametrize(("rule", "tags", "message"), SPOILT, ids=[rule for rule, _, _ in SPOILT])
def test_a_rule_bites_each_bucket_of_a_lake_whose_tags_were_spoilt(
    rule: str, tags: dict[str, str | None], message: str
) -> None:
    buckets = [resource for resource in lake() if resource.type == BUCKET]
    assert len(buckets) == 5
    for bucket in buckets:
        (text,) = said(rule, bucket, **tags)
        assert message in text


def test_a_null_tag_is_missing_and_no_other_spelling_of_itself() -> None:
    inputs = {"tags": {"owner": None, "domain": "growth", "data-classification": "internal", "environment": "dev"}}
    rule, given = BY_NAME["required-tags"], {**inputs, "tags": {**inputs["tags"], "cost-center": "cc-1234"}}
    found = judge(rule, BUCKET, given, name="b", conventions=CONVENTIONS, as_of=AS_OF, stack="dev")
    assert [violation.message for violation in found.violations] == ["tag `owner` is missing"]
