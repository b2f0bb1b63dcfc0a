"""Which arguments AwsSandbox refuses, and that it refuses all of them at once before it registers anything."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.sandbox import AwsSandbox, AwsSandboxArgs
from tests.support import refusals
from tests.support.recording import record

MEMBER = "arn:aws:iam::111111111111:role/analyst"
MINIMAL: AwsSandboxArgs = {
    "domain": "growth",
    "regions": ["eu-west-1"],
    "expires_on": "2026-12-31",
    "members": [MEMBER],
    "monthly_budget_usd": 100,
}
DATE = "expires_on: expected the last day of the sandbox as a date such as 2026-12-31, got"
BUDGET = "monthly_budget_usd: expected 1 to 1,000,000,000 US dollars, in whole cents, got"
ROLE = "expected the ARN of an IAM role (arn:aws:iam::<account>:role/<name>)"


def refusal(name: str = "trial", stack: str = "dev", config: dict[str, str] | None = None, **args: Any) -> str:
    """The text with which a sandbox of these arguments is refused."""
    return refusals.refusal(AwsSandbox, {**MINIMAL, **args}, name=name, stack=stack, config=config)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        *(({argument: "absent"}, f"{argument}: expected a value: it is required, got None") for argument in MINIMAL),
        ({"expires_on": "31.12.2026"}, f"{DATE} '31.12.2026'"),
        ({"expires_on": "20261231"}, f"{DATE} '20261231'"),
        (
            {"expires_on": "2027-02-29"},
            "expires_on: expected the last day of the sandbox, a day that the calendar has, got '2027-02-29'",
        ),
        (
            {"expires_on": "9999-12-31"},
            "expires_on: expected the last day of the sandbox, 9998-12-29 at the latest, got '9999-12-31'",
        ),
        ({"expires_on": ""}, f"{DATE} ''"),
        ({"expires_on": 20261231}, "expires_on: expected a text, got 20261231"),
        ({"regions": []}, "regions: expected at least one region, got []"),
        ({"regions": "eu-west-1"}, "regions: expected a list, got 'eu-west-1'"),
        (
            {"regions": ["eu-west-1", "eu-west-9"]},
            "regions[1]: expected one of eu-west-1, eu-central-1; did you mean 'eu-west-1'?, got 'eu-west-9'",
        ),
        ({"regions": ["eu-west-1"] * 2}, "regions[1]: expected each region once, got 'eu-west-1'"),
        ({"members": []}, "members: expected at least one member, got []"),
        ({"members": ["*"]}, f"members[0]: {ROLE}, got '*'"),
        ({"members": ["arn:aws:iam::111111111111:user/me"]}, f"members[0]: {ROLE}"),
        ({"members": ["arn:aws:iam::111111111111:root"]}, f"members[0]: {ROLE}"),
        *(
            ({"members": [f"arn:aws:iam::111111111111:role/{name}"]}, f"members[0]: {ROLE}")
            for name in ("*", "path/*/x", "a?b", "${aws:username}", "path/", "")
        ),
        ({"members": [MEMBER, MEMBER]}, f"members[1]: expected each member once, got '{MEMBER}'"),
        ({"monthly_budget_usd": 0}, f"{BUDGET} 0"),
        ({"monthly_budget_usd": -5}, f"{BUDGET} -5"),
        ({"monthly_budget_usd": float("nan")}, f"{BUDGET} nan"),
        ({"monthly_budget_usd": float("inf")}, f"{BUDGET} inf"),
        ({"monthly_budget_usd": 10**400}, f"{BUDGET} 1000"),
        ({"monthly_budget_usd": 1_000_000_000.5}, f"{BUDGET} 1000000000.5"),
        ({"monthly_budget_usd": 1e15}, f"{BUDGET} 1000000000000000.0"),
        ({"monthly_budget_usd": 200.555}, f"{BUDGET} 200.555"),
        ({"monthly_budget_usd": "100"}, "monthly_budget_usd: expected a number, got '100'"),
        ({"monthly_budget_usd": True}, "monthly_budget_usd: expected a number, got True"),
        (
            {"data_classification": "confidential"},
            "data_classification: expected masked or a lower level: what a sandbox may hold, got 'confidential'",
        ),
        (
            {"data_classification": "secret"},
            "data_classification: expected one of public, internal, masked, confidential, pii, got 'secret'",
        ),
        (
            {"data_classification": "pii"},
            "data_classification: expected masked or a lower level: what a sandbox may hold, got 'pii'",
        ),
        (
            {"regions": ["EU-WEST-1"]},
            "regions[0]: expected one of eu-west-1, eu-central-1; did you mean 'eu-west-1'?, got 'EU-WEST-1'",
        ),
        (
            {"regions": ["europe-west1"]},
            "regions[0]: expected one of eu-west-1, eu-central-1, got 'europe-west1'",
        ),
        ({"readers": [MEMBER]}, "readers: expected no readers: a sandbox is open to its members only, got 'readers'"),
        ({"writers": []}, "writers: expected no writers: a sandbox is open to its members only, got 'writers'"),
        (
            {"deletion_protection": True},
            "deletion_protection: expected nothing: a sandbox ends, and its data with it, got 'deletion_protection'",
        ),
        (
            {"retention_class": "standard"},
            "retention_class: expected nothing: a sandbox's data stays until expires_on and the grace days, "
            "got 'retention_class'",
        ),
        (
            {"permissions_boundary_arn": MEMBER},
            "permissions_boundary_arn: expected the ARN of a managed policy (arn:aws:iam::<account>:policy/<name>), "
            f"got '{MEMBER}'",
        ),
        ({"queries": {"results_days": 0}}, "queries.results_days: expected 1 to 366, got 0"),
        ({"queries": {"results_days": 367}}, "queries.results_days: expected 1 to 366, got 367"),
        ({"queries": {"scans_at_most_gib": 0}}, "queries.scans_at_most_gib: expected 1 to 1,073,741,824, got 0"),
        ({"queries": {"scans_at_most_gib": 1.5}}, "queries.scans_at_most_gib: expected a whole number, got 1.5"),
        ({"queries": {"results": 1}}, "queries.results: expected an argument of AthenaLimits"),
        ({"budget_alert_emails": ["me"]}, "budget_alert_emails[0]: expected an e-mail address, got 'me'"),
        (
            {"budget_alert_emails": [f"a{number}@acme.example" for number in range(11)]},
            "budget_alert_emails: expected 10 addresses at most, got '11 addresses'",
        ),
        (
            {"budget_alert_emails": ["me@acme.example"] * 2},
            "budget_alert_emails[1]: expected each address once, got 'me@acme.example'",
        ),
        ({"stop_spending_at_budget": "yes"}, "stop_spending_at_budget: expected True or False, got 'yes'"),
        ({"tags": {"expires-on": "x"}}, "tags.expires-on: expected another key: the library sets this one"),
        ({"tags": {"sandbox": "x"}}, "tags.sandbox: expected another key: the library sets this one"),
        ({"tags": {"zone": "raw"}}, "tags.zone: expected another key: the library sets this one"),
        ({"tags": {"team": "x" * 257}}, "tags.team: expected 0 to 256 characters for an AWS tag value"),
        (
            {"tags": {f"t{number}": "x" for number in range(42)}},
            "tags: expected fewer: with those of the library 50 at most, got '52 tags'",
        ),
        ({"name": "Trial"}, "name: expected lowercase letters, digits and hyphens between them, got 'Trial'"),
        ({"region": "eu-west-1"}, "region: expected an argument of AwsSandboxArgs; did you mean 'regions'?"),
        ({"environment": "prod"}, "environment: expected dev, the environment that the stack 'dev' belongs to"),
        ({"domain": "growht"}, "domain: expected growth, got 'growht'"),
    ],
)
def test_aws_sandbox_refuses(args: dict[str, Any], text: str) -> None:
    assert text in refusal(**args)


def test_aws_sandbox_names_every_mistake_of_a_call_at_once() -> None:
    wrong: dict[str, Any] = {
        "domain": "growht",
        "regions": ["us-east-1"],
        "expires_on": "tomorrow",
        "members": ["x"],
        "monthly_budget_usd": 0,
        "data_classification": "pii",
        "permissions_boundary_arn": "x",
        "queries": {"results_days": 0, "scans_at_most_gib": 0},
        "budget_alert_emails": ["x"],
        "readers": [],
        "tags": {"sandbox": "x"},
        "regoins": [],
    }
    text = refusal(name="Trial", **wrong)
    assert text.startswith("14 wrong arguments: ")
    several = {"regions": "regions[0]", "members": "members[0]", "queries": "queries.results_days"}
    for argument in [*wrong, "name"]:
        marks = {"budget_alert_emails": "budget_alert_emails[0]", "tags": "tags.sandbox", **several}
        assert f"{marks.get(argument, argument)}: expected" in text


@pytest.mark.parametrize("argument", ["domain", "regions", "expires_on", "monthly_budget_usd", "budget_alert_emails"])
def test_aws_sandbox_wants_what_names_are_made_of_to_be_known(argument: str) -> None:
    merged: Any = {**MINIMAL}

    def program() -> None:
        merged[argument] = pulumi.Output.from_input("growth")
        AwsSandbox("trial", merged)

    with pytest.raises(InvalidInputError, match=f"{argument}: expected a (value|list) known when the program runs"):
        record(program)


def test_aws_sandbox_refuses_arguments_that_are_no_dict() -> None:
    nothing: Any = None
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: AwsSandbox("trial", nothing))
    assert str(caught.value) == "AwsSandbox 'trial': args: expected a dict like AwsSandboxArgs, got None"


def test_aws_sandbox_treats_none_as_absent() -> None:
    optional = AwsSandboxArgs.__optional_keys__
    merged: Any = {**MINIMAL, **dict.fromkeys(optional)}
    assert children(merged) == children(MINIMAL)


def children(args: AwsSandboxArgs) -> dict[str, dict[str, Any]]:
    return {r.name: r.inputs for r in record(lambda: AwsSandbox("trial", args)).resources if r.custom}


def conventions(tmp_path: Path, text: str) -> dict[str, Any]:
    """Arguments and config under which this dataops.yaml holds."""
    path = tmp_path / "dataops.yaml"
    path.write_text(text)
    return {"config": {"dataops:conventions": str(path)}, "owner": "growth-data", "cost_center": "c"}


def test_aws_sandbox_needs_a_zone_for_sandboxes(tmp_path: Path) -> None:
    text = refusal(**conventions(tmp_path, "lake: {zones: [raw, logs]}\n"))
    assert text == "lake.zones in dataops.yaml: expected the zone 'sandbox', got 'raw, logs'"


@pytest.mark.parametrize(
    ("regions", "text"),
    [
        (["mars"], "regions[0]: expected an AWS region such as eu-west-1, got 'mars'"),
        (["eu-west-1", "cn-north-1"], "regions[1]: expected a region of the partition aws, as the first"),
    ],
)
def test_aws_sandbox_checks_regions_that_no_convention_lists(tmp_path: Path, regions: list[str], text: str) -> None:
    assert text in refusal(**conventions(tmp_path, ""), regions=regions)


def test_aws_sandbox_wants_members_and_boundary_of_its_regions_partition(tmp_path: Path) -> None:
    theirs: dict[str, Any] = {
        "members": [MEMBER],
        "permissions_boundary_arn": "arn:aws:iam::111111111111:policy/boundary",
    }
    assert refusal(**conventions(tmp_path, ""), regions=["cn-north-1"], **theirs) == (
        f"2 wrong arguments: members[0]: {ROLE.replace('arn:aws:', 'arn:aws-cn:')}, got '{MEMBER}'; "
        "permissions_boundary_arn: expected the ARN of a managed policy (arn:aws-cn:iam::<account>:policy/<name>), "
        "got 'arn:aws:iam::111111111111:policy/boundary'"
    )


def test_aws_sandbox_tells_of_more_regions_than_a_roles_policy_holds(tmp_path: Path) -> None:
    many = [f"eu-west-{number}" for number in range(1, 41)]
    text = refusal(**conventions(tmp_path, ""), regions=many)
    assert "regions: expected fewer regions: IAM takes 10240 characters of such a policy" in text


def test_aws_sandbox_holds_as_many_regions_as_aws_has(tmp_path: Path) -> None:
    given = conventions(tmp_path, "")
    config = given.pop("config")
    merged: Any = {**MINIMAL, **given, "regions": [f"ap-southeast-{number}" for number in range(1, 13)]}
    record(lambda: AwsSandbox("trial", merged), config=config)


def test_aws_sandbox_tells_of_more_members_than_a_trust_policy_holds() -> None:
    many = [f"arn:aws:iam::111111111111:role/acme-dev-growth-analyst-{number:03}" for number in range(40)]
    expected = "members: expected fewer members: IAM takes 2048 characters of such a policy"
    assert expected in refusal(members=many)

    def program() -> None:
        outputs: Any = [pulumi.Output.from_input(member) for member in many]
        AwsSandbox("trial", {**MINIMAL, "members": outputs})

    with pytest.raises(InvalidInputError, match="members: expected fewer members"):
        record(program)
    record(lambda: AwsSandbox("trial", {**MINIMAL, "members": many[:20]}))


def test_aws_sandbox_tells_of_a_name_that_no_bucket_can_have(tmp_path: Path) -> None:
    text = refusal(**conventions(tmp_path, "naming: {pattern: 'xn--{name}'}\n"))
    assert "name: expected a name without '^xn--' for an S3 bucket" in text
