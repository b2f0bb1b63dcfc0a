"""Which arguments S3DataLake refuses, and that it refuses all of them at once before it registers anything."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from dataops_infra.data_lake import S3DataLake, S3DataLakeArgs
from dataops_infra.errors import InvalidInputError
from tests.support import refusals
from tests.support.recording import record

MINIMAL: S3DataLakeArgs = {"domain": "growth", "data_classification": "internal"}
ZONES = "raw, staged, curated, quarantine"


def refusal(name: str = "events", stack: str = "dev", config: dict[str, str] | None = None, **args: Any) -> str:
    """The text with which a lake of these arguments is refused."""
    return refusals.refusal(S3DataLake, {**MINIMAL, **args}, name=name, stack=stack, config=config)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"domain": "growht"}, "domain: expected growth, got 'growht'"),
        ({"domain": "absent"}, "domain: expected a value: it is required, got None"),
        (
            {"data_classification": "intern"},
            "data_classification: expected one of public, internal, masked, confidential, pii; "
            "did you mean 'internal'?, got 'intern'",
        ),
        (
            {"data_classification": "pii"},
            "data_classification: expected a level below pii, as dev is not production, got 'pii'",
        ),
        ({"zones": ["row"]}, f"zones[0]: expected one of {ZONES}; did you mean 'raw'?, got 'row'"),
        ({"zones": ["raw", "raw"]}, "zones[1]: expected each zone once, got 'raw'"),
        ({"zones": ["logs"]}, "zones[0]: expected no 'logs': that bucket is always made, got 'logs'"),
        (
            {"zones": ["sandbox"]},
            "zones[0]: expected no 'sandbox': sandboxes are components of their own, which end, got 'sandbox'",
        ),
        ({"zones": []}, "zones: expected at least one zone, got []"),
        ({"zones": "raw"}, "zones: expected a list, got 'raw'"),
        (
            {"retention_class": "forever"},
            "retention_class: expected one of transient, standard, regulated, got 'forever'",
        ),
        ({"environment": "test"}, "environment: expected one of dev, staging, prod, got 'test'"),
        (
            {"region": "eu-west-9"},
            "region: expected one of eu-west-1, eu-central-1; did you mean 'eu-west-1'?, got 'eu-west-9'",
        ),
        (
            {"owner": "Growth Data"},
            "owner: expected a value that fits: it must match [a-z][a-z0-9-]{1,62}, got 'Growth Data'",
        ),
        ({"cost_center": "1234"}, "cost_center: expected a value that fits: it must match cc-[0-9]{4}, got '1234'"),
        ({"tags": {"owner": "x"}}, "tags.owner: expected the argument owner instead of this tag, got 'owner'"),
        ({"tags": {"zone": "x"}}, "tags.zone: expected another key: the library sets this one, got 'zone'"),
        (
            {"tags": {"CostTeam": "x"}},
            "tags.CostTeam: expected the key 'cost-team' (lowercase with hyphens), got 'CostTeam'",
        ),
        ({"tags": {"Ü": "x"}}, "tags.Ü: expected a key of a-z, 0-9 and hyphens, got 'Ü'"),
        ({"tags": {"team": 5}}, "tags.team: expected a text, got 5"),
        ({"tags": {"team": "x" * 257}}, "tags.team: expected 0 to 256 characters for an AWS tag value"),
        ({"tags": {"aws:team": "x"}}, "tags.aws:team: expected a name without"),
        ({"tags": ["team"]}, "tags: expected a dict, got ['team']"),
        (
            {"readers": ["arn:aws:iam::111111111111:user/me"]},
            "readers[0]: expected the ARN of an IAM role (arn:aws:iam::<account>:role/<name>), "
            "got 'arn:aws:iam::111111111111:user/me'",
        ),
        ({"writers": ["*"]}, "writers[0]: expected the ARN of an IAM role"),
        ({"writers": ["arn:aws:iam::111111111111:role/*"]}, "writers[0]: expected the ARN of an IAM role"),
        ({"kms_key_arn": "alias/lake"}, "kms_key_arn: expected the ARN of a KMS key in eu-west-1, got 'alias/lake'"),
        (
            {"kms_key_arn": "arn:aws:kms:us-east-1:111111111111:key/k"},
            "kms_key_arn: expected the ARN of a KMS key in eu-west-1",
        ),
        ({"deletion_protection": "no"}, "deletion_protection: expected True or False, got 'no'"),
        ({"regoin": "x"}, "regoin: expected an argument of S3DataLakeArgs; did you mean 'region'?, got 'regoin'"),
        ({"password": "hunter2"}, "password: expected an argument of S3DataLakeArgs, got 'password'"),
        ({"name": "Events"}, "name: expected lowercase letters, digits and hyphens between them, got 'Events'"),
        (
            {"config": {"dataops:allowDataLoss": "yes"}, "deletion_protection": False},
            "stack config dataops:allowDataLoss: expected true or false, got 'yes'",
        ),
        (
            {"environment": "prod"},
            "environment: expected dev, the environment that the stack 'dev' belongs to, got 'prod'",
        ),
        (
            {"stack": "feature"},
            "environment: expected one of dev, staging, prod, as the stack's name stands for none "
            "of them, got 'feature'",
        ),
    ],
)
def test_s3_data_lake_refuses(args: dict[str, Any], text: str) -> None:
    assert text in refusal(**args)


def test_s3_data_lake_names_every_mistake_of_a_call_at_once() -> None:
    text = refusal(
        name="Events",
        domain="growht",
        data_classification="pii",
        zones=["row", "logs"],
        readers=["x"],
        owner=5,
        kms_key_arn="k",
        tags={"CostTeam": "x", "owner": "y"},
        retention_class="forever",
        region="us-east-1",
        regoin=1,
    )
    assert text.startswith("13 wrong arguments: ")
    for argument in ("name", "domain", "data_classification", "zones[0]", "zones[1]", "readers[0]", "owner",
                     "kms_key_arn", "tags.CostTeam", "tags.owner", "retention_class", "region", "regoin"):  # fmt: skip
        assert f"{argument}: expected" in text


@pytest.mark.parametrize("argument", ["domain", "data_classification", "environment", "region", "retention_class"])
def test_s3_data_lake_wants_what_names_are_made_of_to_be_known(argument: str) -> None:
    merged: Any = {**MINIMAL}

    def program() -> None:
        merged[argument] = pulumi.Output.from_input("growth")
        S3DataLake("events", merged)

    with pytest.raises(InvalidInputError, match=f"{argument}: expected a value known when the program runs"):
        record(program)


def test_s3_data_lake_refuses_arguments_that_are_no_dict() -> None:
    nothing: Any = None
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: S3DataLake("events", nothing))
    assert str(caught.value) == "S3DataLake 'events': args: expected a dict like S3DataLakeArgs, got None"


@pytest.mark.parametrize(
    ("stack", "config", "args", "region"),
    [
        ("dev", {}, {}, "eu-west-1"),
        ("dev", {"aws:region": "eu-central-1"}, {}, "eu-central-1"),
        ("dev", {"aws:region": "eu-west-1"}, {"region": "eu-central-1"}, "eu-central-1"),
    ],
)
def test_s3_data_lake_puts_every_resource_in_one_region(
    stack: str, config: dict[str, str], args: dict[str, Any], region: str
) -> None:
    merged: Any = {**MINIMAL, **args}
    recording = record(lambda: S3DataLake("events", merged), stack_name=stack, config=config)
    assert {r.inputs["region"] for r in recording.resources if r.custom} == {region}


@pytest.mark.parametrize(
    ("stack", "args", "environment", "account"),
    [
        ("dev", {}, "dev", "111111111111"),
        ("platform-staging", {}, "staging", "222222222222"),
        ("dev", {"environment": "dev"}, "dev", "111111111111"),
        ("feature", {"environment": "prod", "data_classification": "pii"}, "prod", "333333333333"),
    ],
)
def test_s3_data_lake_belongs_to_the_environment_of_its_stack(
    stack: str, args: dict[str, Any], environment: str, account: str
) -> None:
    merged: Any = {**MINIMAL, **args}
    recording = record(lambda: S3DataLake("events", merged), stack_name=stack)
    assert recording.named("events-raw").inputs["tags"]["environment"] == environment
    assert recording.named("events-raw").inputs["bucket"] == f"acme-{environment}-growth-events-raw"
    assert f":{account}:" in recording.outputs("events")["ref"]["kms_key_arn"]


def conventions(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "dataops.yaml"
    path.write_text(text)
    return {"dataops:conventions": str(path)}


def test_s3_data_lake_needs_a_region_from_somewhere(tmp_path: Path) -> None:
    text = refusal(config=conventions(tmp_path, ""), owner="growth-data", cost_center="cc")
    assert (
        text == "region: expected a region in this argument, in aws:region or in regions.aws of dataops.yaml, got None"
    )


def test_s3_data_lake_asks_for_tags_that_the_conventions_require(tmp_path: Path) -> None:
    required = "regions: {aws: [eu-west-1]}\ntags: {required: {team: {pattern: '[a-z]+'}, owner: {}}}\n"
    assert refusal(config=conventions(tmp_path, required)) == (
        "2 wrong arguments: tags.team: expected a value: the conventions require this tag, got None; "
        "owner: expected a value: the conventions require this tag, got None"
    )


def test_s3_data_lake_refuses_a_class_that_versions_cannot_keep(tmp_path: Path) -> None:
    retention = "retention: {default: exact, classes: {exact: {minimum_days: 9, maximum_days: 9}}}"
    text = f"regions: {{aws: [eu-west-1]}}\n{retention}\n"
    assert refusal(config=conventions(tmp_path, text), owner="growth-data", cost_center="cc") == (
        "retention_class: expected a class whose maximum_days exceed its minimum_days by a day at least, "
        "as buckets are versioned, got 'exact'"
    )


def test_s3_data_lake_tells_of_a_name_that_no_bucket_can_have(tmp_path: Path) -> None:
    text = "regions: {aws: [eu-west-1]}\nnaming: {pattern: 'xn--{name}'}\n"
    assert "name: expected a name without '^xn--' for an S3 bucket" in refusal(
        config=conventions(tmp_path, text), owner="growth-data", cost_center="cc"
    )


def test_s3_data_lake_tells_of_more_roles_than_a_bucket_policy_holds() -> None:
    roles = [f"arn:aws:iam::111111111111:role/acme-dev-growth-{number:03}" for number in range(200)]
    assert "readers, writers: expected fewer roles: S3 takes 20480 bytes of bucket policy" in refusal(readers=roles)
    record(lambda: S3DataLake("events", {**MINIMAL, "readers": roles[:100]}))


def test_s3_data_lake_counts_roles_that_are_not_known_yet() -> None:
    merged: Any = {**MINIMAL}

    def program() -> None:
        merged["readers"] = [
            pulumi.Output.from_input(f"arn:aws:iam::111111111111:role/r{number}") for number in range(200)
        ]
        S3DataLake("events", merged)

    with pytest.raises(InvalidInputError, match="for 200 roles"):
        record(program)


def test_s3_data_lake_reports_a_wrong_conventions_file_as_one_line_per_mistake(tmp_path: Path) -> None:
    config = conventions(tmp_path, "organisation: acme\nregoins: {}\n")
    with pytest.raises(pulumi.RunError, match=r"dataops.yaml:2: .*regoins"):
        record(lambda: S3DataLake("events", MINIMAL), config=config)


def test_s3_data_lake_marks_the_log_bucket_as_no_zone_where_logs_is_none(tmp_path: Path) -> None:
    config = conventions(tmp_path, "regions: {aws: [eu-west-1]}\nlake: {zones: [raw]}\n")
    recording = record(
        lambda: S3DataLake("events", {**MINIMAL, "owner": "growth-data", "cost_center": "cc"}), config=config
    )
    assert {r.name: r.inputs["tags"]["zone"] for r in recording.of_type("aws:s3/bucket:Bucket")} == {
        "events-raw": "raw",
        "events-logs": "none",
    }
