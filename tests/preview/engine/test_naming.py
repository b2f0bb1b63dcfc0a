"""Automatic names: the providers' rules, the stack's configuration, and the same name in every run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.engine.facts import NOTHING, NameRule, ProviderFacts, name_rule
from dataops_infra.preview.engine.naming import (
    Autonaming,
    NameTooLong,
    apply_condition,
    automatic_name,
    random_part,
)
from dataops_infra.preview.engine.records import JobSpec
from dataops_infra.preview.engine.values import UNKNOWN
from tests.support.engine import FACTS

URN = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::lake"
BUCKET = "aws:s3/bucket:Bucket"


def job_spec(tmp_path: Path, **changes: Any) -> JobSpec:
    document = {
        "project": "shop",
        "stack": "dev",
        "root": str(tmp_path),
        "main": str(tmp_path),
        "providerFacts": str(FACTS),
        "workdir": str(tmp_path),
        **changes,
    }
    path = tmp_path / "job.json"
    path.write_text(json.dumps(document))
    return JobSpec.load(path)


@pytest.mark.parametrize(
    ("rule", "name", "pattern"),
    [
        (NameRule("bucket", 63, lower=True), "Lake", r"lake-[0-9a-f]{7}"),
        (NameRule("name"), "Lake", r"Lake-[0-9a-f]{7}"),
        (NameRule("name", 0, "_", 8, letters=True, lower=True), "Mart", r"mart_[a-z]{8}"),
        (NameRule("key", 0, "", 0), "a/b", r"a/b"),
        (NameRule("name", 238, prefix="alias/"), "lake", r"alias/lake-[0-9a-f]{7}"),
        (NameRule("name", 238, prefix="alias/"), "alias/lake", r"alias/lake-[0-9a-f]{7}"),
        (NameRule("name", 80, suffix=".fifo"), "queue", r"queue-[0-9a-f]{7}\.fifo"),
        (NameRule("identifier", 63, ""), "db", r"db[0-9a-f]{7}"),
    ],
)
def test_a_name_follows_its_providers_rule(rule: NameRule, name: str, pattern: str) -> None:
    assert re.fullmatch(pattern, automatic_name(rule, URN, name))


def test_a_name_is_the_same_in_every_run_and_another_for_another_urn() -> None:
    assert automatic_name(NameRule("bucket", 63), URN, "lake") == "lake-c68808d"
    assert automatic_name(NameRule("bucket", 63), URN + "2", "lake") != "lake-c68808d"


def test_a_logical_name_without_room_for_the_random_part_is_refused() -> None:
    rule = NameRule("name", maximum=15)

    assert len(automatic_name(rule, URN, "x" * 7)) == 15
    with pytest.raises(NameTooLong, match="name 'xxxxxxxx-' plus 7 random chars is longer than maximum length 15"):
        automatic_name(rule, URN, "x" * 8)


@pytest.mark.parametrize(
    ("condition", "inputs", "maximum", "suffix"),
    [
        ({"property": "fifoQueue", "equals": True, "suffix": ".fifo"}, {"fifoQueue": True}, 80, ".fifo"),
        ({"property": "fifoQueue", "equals": True, "suffix": ".fifo"}, {"fifoQueue": False}, 80, ""),
        ({"property": "fifoQueue", "equals": True, "suffix": ".fifo"}, {}, 80, ""),
        ({"property": "engine", "contains": "sqlserver", "maxLength": 15}, {"engine": "SQLServer-ee"}, 15, ""),
        ({"property": "engine", "contains": "sqlserver", "maxLength": 15}, {"engine": UNKNOWN}, 80, ""),
        (None, {"fifoQueue": True}, 80, ""),
    ],
)
def test_an_input_changes_the_rule(condition: Any, inputs: dict[str, Any], maximum: int, suffix: str) -> None:
    changed = apply_condition(NameRule("name", 80, when=condition), inputs)

    assert (changed.maximum, changed.suffix) == (maximum, suffix)


@pytest.mark.parametrize(
    ("alphabet", "length", "pattern"),
    [
        ("hex", 100, "[0-9a-f]{100}"),
        ("num", 40, "[0-9]{40}"),
        ("alphanum", 5, "[a-z0-9]{5}"),
        ("string", 33, "[a-z]{33}"),
    ],
)
def test_random_parts_have_the_length_and_alphabet_asked_for(alphabet: str, length: int, pattern: str) -> None:
    assert re.fullmatch(pattern, random_part(URN, length, alphabet))


@pytest.mark.parametrize(
    ("autonaming", "name", "replaces"),
    [
        ({"mode": "verbatim"}, "lake", True),
        ({"mode": "disabled"}, None, True),
        ({"pattern": "${project}-${stack}-${organization}-${name}"}, "shop-dev-organization-lake", True),
        ({"pattern": "${name}-${config.suffix}-${config.aws:region}${config.none}"}, "lake-x-eu-west-1", True),
        ({"pattern": "${name}-${hex(4)}"}, r"lake-[0-9a-f]{4}", False),
        ({"pattern": "${name}-${ uuid }"}, r"lake-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", False),
        ({"pattern": "${what}"}, r"\$\{what\}", True),
        ({"mode": "verbatim", "providers": {"aws": {"mode": "disabled"}}}, None, True),
        ({"providers": {"aws": {"pattern": "p", "resources": {BUCKET: {"mode": "verbatim"}}}}}, "lake", True),
        ({"providers": {"gcp": {"mode": "verbatim"}}}, "the provider's", False),
        ({"mode": "default"}, "the provider's", False),
        (None, "the provider's", False),
    ],
)
def test_the_stacks_configuration_replaces_names(
    tmp_path: Path, autonaming: Any, name: str | None, replaces: bool
) -> None:
    job = job_spec(tmp_path, autonaming=autonaming, config={"shop:suffix": "x", "aws:region": "eu-west-1"})
    naming = Autonaming(job)

    proposal = naming.propose(URN, BUCKET, "lake")

    if name == "the provider's":
        assert proposal is None
    else:
        assert proposal is not None
        assert proposal.name == name if name is None else re.fullmatch(name, str(proposal.name))
    assert naming.deletes_before_replace(BUCKET) is replaces


def test_facts_of_a_type_come_from_the_shipped_files() -> None:
    facts = ProviderFacts(FACTS)

    assert facts.of(BUCKET).name == NameRule("bucket", 63, lower=True, unless="bucketPrefix")
    assert (facts.of(BUCKET).tags, facts.of(BUCKET).tags_all) == ("tags", True)
    assert facts.of("aws:s3/bucketPolicy:BucketPolicy").name is None
    assert facts.of("gcp:storage/bucket:Bucket").tags_all is False


@pytest.mark.parametrize("token", ["azure:core:Group", "../aws:x:Y", "random:index/randomId:RandomId", ""])
def test_a_type_of_another_package_has_no_facts(token: str) -> None:
    assert ProviderFacts(FACTS).of(token) == NOTHING


def test_a_rule_has_the_bridges_defaults() -> None:
    assert name_rule({"property": "name"}) == NameRule("name", 0, "-", 7)
