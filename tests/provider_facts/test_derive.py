"""The committed tables against the installed SDKs and against what the real engine recorded."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops_infra.errors import DataopsError
from dataops_infra.provider_facts import FOLDER, derive, facts, naming, sdk, tokens

PARITY = Path(__file__).parents[3] / "shared" / "parity"


@pytest.mark.parametrize("provider", ["aws", "gcp"])
def test_committed_table_is_what_the_installed_sdk_says(provider: str) -> None:
    fresh = derive.render(derive.derive(provider))
    assert (FOLDER / f"{provider}.json").read_text(encoding="utf-8") == fresh, (
        "stale: run python -m dataops_infra.provider_facts.derive"
    )


def recorded_resources() -> Iterator[tuple[str, dict[str, object], str | None]]:
    """Type, checked inputs and the property with an automatic name, of every resource the real engine analysed."""
    for path in sorted(PARITY.glob("*/recorded.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if path.parent.name == "names_autonaming" or not recorded["analyze"]:
            continue
        for resource in recorded["analyze"]:
            # A provider with an unknown argument is not called: its resources were not checked and have no name.
            provider = resource["provider"] or {"properties": {}}
            if "<unknown>" not in provider["properties"].values():
                yield resource["type"], resource["properties"], recorded["auto_names"].get(resource["urn"])


@pytest.mark.skipif(not PARITY.is_dir(), reason="recordings of the real engine (../shared/parity) are not here")
def test_automatic_names_are_those_the_real_engine_recorded() -> None:
    seen = 0
    for token, properties, automatic in recorded_resources():
        rule = facts(token).auto_name
        if automatic is not None:
            assert rule.get("property") == automatic, token
            seen += 1
        elif rule and rule["random"] and rule.get("unless") not in properties:
            assert rule["property"] in properties, f"{token} is in the table but the engine left it without a name"
    assert seen > 80


@pytest.mark.skipif(not PARITY.is_dir(), reason="recordings of the real engine (../shared/parity) are not here")
def test_tags_all_is_where_the_real_engine_recorded_it() -> None:
    for token, properties, _ in recorded_resources():
        if token.startswith("aws:"):
            assert facts(token).tags_all == ("tagsAll" in properties), token


@pytest.mark.parametrize(
    ("token", "tags", "tag_list", "tags_all", "region", "more"),
    [
        ("aws:s3/bucket:Bucket", ("tags",), False, True, True, ()),
        ("aws:s3/bucketV2:BucketV2", ("tags",), False, True, True, ()),
        ("aws:iam/role:Role", ("tags",), False, True, False, ()),
        ("aws:autoscaling/group:Group", ("tags",), True, False, True, ()),
        ("aws:ec2/instance:Instance", ("tags",), False, True, True, ("volumeTags",)),
        ("aws:s3/bucketPolicy:BucketPolicy", (), False, False, True, ()),
        ("aws:glue/catalogTable:CatalogTable", (), False, False, True, ()),
        ("gcp:storage/bucket:Bucket", ("labels",), False, False, False, ()),
        ("gcp:bigquery/dataset:Dataset", ("labels",), False, False, False, ("resourceTags",)),
        ("gcp:monitoring/alertPolicy:AlertPolicy", ("userLabels",), False, False, False, ()),
        ("gcp:monitoring/notificationChannel:NotificationChannel", ("userLabels",), False, False, False, ()),
        ("gcp:container/cluster:Cluster", ("resourceLabels",), False, False, False, ()),
        ("gcp:sql/databaseInstance:DatabaseInstance", ("settings", "userLabels"), False, False, True, ()),
        ("gcp:deploymentmanager/deployment:Deployment", ("labels",), True, False, False, ()),
        ("gcp:compute/instance:Instance", ("labels",), False, False, False, ()),
        ("gcp:logging/metric:Metric", (), False, False, False, ()),
        ("random:index/randomPassword:RandomPassword", (), False, False, False, ()),
    ],
)
def test_tag_facts_of_known_types(
    token: str, tags: tuple[str, ...], tag_list: bool, tags_all: bool, region: bool, more: tuple[str, ...]
) -> None:
    known = facts(token)
    assert (known.tags, known.tag_list, known.tags_all, known.region, known.more_tags) == (
        tags,
        tag_list,
        tags_all,
        region,
        more,
    )
    assert known.taggable == bool(tags)
    assert known.provider == token.split(":")[0]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("aws:sns/topic:Topic", ("name", 80, "-", 7)),
        ("aws:iam/role:Role", ("name", 64, "-", 7)),
        ("aws:s3/bucket:Bucket", ("bucket", 63, "-", 7)),
        ("aws:glue/catalogDatabase:CatalogDatabase", ("name", 0, "_", 8)),
        ("aws:kms/alias:Alias", ("name", 238, "-", 7)),
        ("aws:rds/instance:Instance", ("identifier", 255, "", 7)),
        ("gcp:storage/bucket:Bucket", ("name", 222, "-", 7)),
        ("gcp:compute/network:Network", ("name", 63, "-", 7)),
    ],
)
def test_automatic_name_of_known_types(token: str, expected: tuple[str, int, str, int]) -> None:
    rule = facts(token).auto_name
    assert (rule["property"], rule["maxLength"], rule["separator"], rule["random"]) == expected


@pytest.mark.parametrize(
    "token", ["aws:redshift/cluster:Cluster", "aws:route53/record:Record", "gcp:serviceaccount/account:Account"]
)
def test_types_whose_name_must_be_given_have_no_automatic_name(token: str) -> None:
    assert not facts(token).auto_name


def test_every_special_rule_is_in_a_table() -> None:
    for token, rule in naming.SPECIAL.items():
        assert {**facts(token).auto_name, **rule} == dict(facts(token).auto_name), token


def test_counts_match_the_field_notes() -> None:
    assert sum(facts(token).taggable for token in tokens("aws")) >= 860
    assert sum(facts(token).taggable for token in tokens("gcp")) >= 325
    assert sdk("aws").startswith("pulumi_aws 7.")
    assert sdk("azure") == ""


def source(token: str, inputs: dict[str, str], required: frozenset[str] = frozenset()) -> derive.ResourceSource:
    return derive.ResourceSource(token, inputs, required, False, FOLDER)


@pytest.mark.parametrize(
    ("inputs", "required"),
    [
        ({}, frozenset[str]()),
        ({"bucket": "pulumi.Input[Optional[_builtins.str]]"}, frozenset({"bucket"})),
        ({"bucket": "pulumi.Input[Optional[_builtins.int]]"}, frozenset[str]()),
    ],
)
def test_a_special_rule_that_the_sdk_contradicts_is_an_error(inputs: dict[str, str], required: frozenset[str]) -> None:
    with pytest.raises(DataopsError, match=r"aws:s3/bucket:Bucket has no optional input bucket"):
        derive.facts_of("aws", source("aws:s3/bucket:Bucket", inputs, required))


def test_two_facts_under_one_label_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derive, "shape_label", lambda facts: "same")
    with pytest.raises(DataopsError, match="extend shape_label"):
        derive.derive("gcp")


def test_main_writes_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(derive, "__file__", str(tmp_path / "derive.py"))
    monkeypatch.setattr(derive, "PROVIDERS", {"gcp": "pulumi_gcp"})
    derive.main()
    assert (tmp_path / "gcp.json").read_text() == (FOLDER / "gcp.json").read_text()
    assert "pulumi_gcp 10" in capsys.readouterr().out
