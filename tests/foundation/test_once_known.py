"""Outputs among members, readers and writers are judged like texts, as soon as their values are known."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from dataops_infra.data_lake import GcsDataLake, S3DataLake
from dataops_infra.foundation.inputs import ComponentInputError
from dataops_infra.sandbox import AwsSandbox
from tests.support.recording import UNKNOWN, record

LAKE = {"domain": "growth", "data_classification": "internal", "zones": ["raw"]}
SANDBOX = {"domain": "growth", "expires_on": "2026-12-31", "monthly_budget_usd": 100, "regions": ["eu-west-1"]}
ROLE = "arn:aws:iam::111111111111:role/analyst"
GROUP = "group:growth@acme.example"
ARN = "expected the ARN of an IAM role (arn:aws:iam::<account>:role/<name>)"


def told(component: Any, args: dict[str, Any], argument: str, values: list[Any]) -> str:
    """What the program ends with where an argument has these outputs."""

    def program() -> None:
        component("events", {**args, argument: [pulumi.Output.from_input(value) for value in values]})

    with pytest.raises(ComponentInputError) as caught:
        record(program)
    assert isinstance(caught.value, pulumi.RunError)  # the engine prints it without a traceback
    return str(caught.value)


@pytest.mark.parametrize(
    ("component", "args", "argument", "values", "text"),
    [
        (AwsSandbox, SANDBOX, "members", ["*"], f"AwsSandbox 'events': members[0]: {ARN}, got '*'"),
        (AwsSandbox, SANDBOX, "members", [ROLE, "rubbish"], f"AwsSandbox 'events': members[1]: {ARN}, got 'rubbish'"),
        (AwsSandbox, SANDBOX, "members", [5], "AwsSandbox 'events': members[0]: expected a text, got 5"),
        (S3DataLake, LAKE, "readers", ["*"], f"S3DataLake 'events': readers[0]: {ARN}, got '*'"),
        (S3DataLake, LAKE, "writers", [ROLE, ROLE + "*"], f"S3DataLake 'events': writers[1]: {ARN}, got '{ROLE}*'"),
        (GcsDataLake, LAKE, "readers", ["domain:x.y"], "GcsDataLake 'events': readers[0]: expected "),
        (GcsDataLake, LAKE, "writers", [GROUP, "allUsers"], "GcsDataLake 'events': writers[1]: expected "),
    ],
)
def test_output_is_refused_in_the_words_of_a_text(
    component: Any, args: dict[str, Any], argument: str, values: list[Any], text: str
) -> None:
    assert told(component, args, argument, values).startswith(text)


def test_output_of_a_dataset_is_refused_with_its_path() -> None:
    def program() -> None:
        reader: Any = pulumi.Output.from_input("allUsers")
        GcsDataLake("events", {**LAKE, "datasets": {"orders": {"readers": [reader]}}})  # type: ignore[typeddict-item]

    with pytest.raises(ComponentInputError, match=r"datasets\.orders\.readers\[0\]: expected .*, got 'allUsers'"):
        record(program)


def test_secret_is_refused_without_being_told() -> None:
    def program() -> None:
        S3DataLake("events", {**LAKE, "readers": [pulumi.Output.secret("hush")]})  # type: ignore[typeddict-item]

    with pytest.raises(ComponentInputError) as caught:
        record(program)
    assert str(caught.value) == f"S3DataLake 'events': readers[0]: {ARN}, got 'a secret'"


@pytest.mark.parametrize(
    ("member", "trust"),
    [
        (lambda: pulumi.Output.from_input(ROLE), f'"AWS": ["{ROLE}"]'),
        (lambda: pulumi.Output.secret(ROLE), "<secret>"),
        (lambda: aws.iam.Role("analyst", assume_role_policy="{}").arn, UNKNOWN),
    ],
    ids=["known", "secret", "unknown"],
)
def test_what_is_known_secret_or_unknown_stays_so(member: Callable[[], pulumi.Output[str]], trust: str) -> None:
    def program() -> None:
        AwsSandbox("trial", {**SANDBOX, "members": [member()]})  # type: ignore[typeddict-item]

    assert trust in record(program).named("trial-role").inputs["assumeRolePolicy"]
