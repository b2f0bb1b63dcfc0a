"""Every rule of every pack on everything that our components register: nothing is wrong, and nothing has to wait.

As with the real providers, every output that is no input is unknown here, also those of inputs that were left out and
that the cloud fills in (the encryption of a bucket); stack rules see them beside the inputs.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.components import COMPONENTS
from dataops_infra.data_lake import GcsDataLake, S3DataLake
from dataops_infra.pack_folders import PACKS
from dataops_infra.policy import UNKNOWN, Rule
from dataops_infra.policy.judging import Given, judge, judge_stack
from dataops_infra.policy.packs import pack_rules
from dataops_infra.preview.engine import classes
from dataops_infra.sandbox import AwsSandbox, GcpSandbox
from dataops_infra.test_datasets import MaskedTestDataset
from tests.support import recording as recordings
from tests.support.recording import Recorded, record
from tests.support.rule_cases import AS_OF, CONVENTIONS

ROOT = Path(__file__).parents[2]
RULES = [rule for pack in PACKS for rule in pack_rules(pack)]
ROLES = "arn:aws:iam::111111111111:role/acme-dev-growth"
LAKE: Mapping[str, Any] = {"domain": "growth", "data_classification": "internal"}
SANDBOX: Mapping[str, Any] = {"domain": "growth", "expires_on": "2026-12-18", "monthly_budget_usd": 200}

MASKED: Mapping[str, Any] = {
    "domain": "growth",
    "source": {"uri": "s3://acme-prod-growth-events-curated/curated/growth/orders/v1"},
    "masking": {
        "plan": str(Path(__file__).parents[1] / "test_datasets" / "orders.plan.yaml"),
        "key_secret": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:growth/masking-AbCdEf",
    },
    "job": {
        "wheels_uri": "s3://acme-artifacts/masking.gluewheels.zip",
        "network": {
            "vpc": "vpc-0a1b2c3d",
            "subnets": ["subnet-0a1b2c3d"],
            "availability_zone": "eu-west-1a",
            "endpoints_security_group": "sg-0a1b2c3d",
            "s3_prefix_list": "pl-6da54004",
        },
    },
    "schedule": {"cron": "0 3 * * *"},
}

MASKED_ON_GCP: Mapping[str, Any] = {
    "domain": "growth",
    "source": {"uri": "gs://acme-dev-growth-events-curated/curated/growth/orders"},
    "masking": {
        "plan": MASKED["masking"]["plan"],
        "key_secret": "projects/acme-data-dev/secrets/masking-key/versions/1",
    },
    "job": {
        "image": "europe-west1-docker.pkg.dev/acme-data-dev/jobs/masking:1.0",
        "network": {"vpc": "data", "subnets": ["data-jobs"]},
    },
    "schedule": {"cron": "0 3 * * *"},
    "alarms": {"emails": ["growth-data@acme.example"]},
}

PROGRAMS: Mapping[str, tuple[type, Mapping[str, Any], str]] = {
    "S3DataLake": (S3DataLake, LAKE, "dev"),
    "S3DataLake with roles": (
        S3DataLake,
        {**LAKE, "readers": [f"{ROLES}-analyst"], "writers": [f"{ROLES}-loader"], "retention_class": "regulated"},
        "dev",
    ),
    "S3DataLake of personal data": (S3DataLake, {**LAKE, "data_classification": "pii"}, "prod"),
    "GcsDataLake": (GcsDataLake, LAKE, "dev"),
    "GcsDataLake with groups": (
        GcsDataLake,
        {
            **LAKE,
            "readers": ["group:growth@acme.example"],
            "datasets": {"orders": {"readers": ["group:analysts@acme.example"]}},
        },
        "dev",
    ),
    "GcsDataLake of personal data": (GcsDataLake, {**LAKE, "data_classification": "pii"}, "prod"),
    "AwsSandbox": (
        AwsSandbox,
        {**SANDBOX, "regions": ["eu-west-1", "eu-central-1"], "members": [f"{ROLES}-analyst"]},
        "dev",
    ),
    "MaskedTestDataset on Glue": (MaskedTestDataset, MASKED, "dev"),
    "MaskedTestDataset on EMR Serverless": (
        MaskedTestDataset,
        {
            **MASKED,
            "job": {"engine": "emr_serverless", "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/masking:1.4.0"},
            "readers": [f"{ROLES}-analyst"],
        },
        "dev",
    ),
    "MaskedTestDataset on Cloud Run": (MaskedTestDataset, MASKED_ON_GCP, "dev"),
    "MaskedTestDataset on Dataproc": (
        MaskedTestDataset,
        {
            **MASKED_ON_GCP,
            "job": {
                **MASKED_ON_GCP["job"],
                "engine": "dataproc",
                "network": {"vpc": "data", "subnets": ["data-jobs"], "reachable_ranges": ["10.0.0.0/24"]},
            },
        },
        "dev",
    ),
    "GcpSandbox": (
        GcpSandbox,
        {
            **SANDBOX,
            "locations": ["europe-west1", "europe-west4"],
            "members": ["group:growth@acme.example"],
            "billing_account": "012345-6789AB-CDEF01",
        },
        "dev",
    ),
}
CLASSES = classes.SdkClasses()


@functools.cache
def stack_of(program: str) -> tuple[Given, ...]:
    """What one component registers, as a stack of its own."""
    component, args, stack = PROGRAMS[program]
    return registered(lambda: component("events", dict(args)), stack)


def registered(program: Callable[[], object], stack: str) -> tuple[Given, ...]:
    made = record(program, stack_name=stack)
    names = {resource.urn: f"{resource.name}|{resource.type}" for resource in made.resources}
    return tuple(given(resource, names, stack) for resource in made.resources)


def given(resource: Recorded, names: Mapping[str, str], stack: str) -> Given:
    inputs = with_unknowns(resource.inputs)
    depends = {name: [names[urn] for urn in urns] for name, urns in resource.property_dependencies.items()}
    return Given(
        resource.type,
        inputs,
        name=names[resource.urn],
        stack=stack,
        protect=resource.protect,
        parent=resource.parent,
        depends_on=depends,
        computed=dict.fromkeys(outputs_of(resource.type) - inputs.keys(), UNKNOWN),
    )


@functools.cache
def outputs_of(token: str) -> frozenset[str]:
    """Wire names of the outputs that every resource of a type has, inputs that may be left out among them."""
    made = CLASSES._class_of(token)
    if made is None:
        return frozenset()
    present = [
        wire
        for _, wire, getter in classes._wire_properties(made)
        if not classes._is_optional(getter.__annotations__.get("return"))
    ]
    return frozenset({"id", *present})


def with_unknowns(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: with_unknowns(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_unknowns(item) for item in value]
    return UNKNOWN if value == recordings.UNKNOWN else value


def said(rule: Rule, resources: tuple[Given, ...]) -> list[tuple[str, str]]:
    """(resource, message or path that is waited for) of all that a rule says."""
    if rule.kind == "stack":
        found = [judge_stack(rule, resources, conventions=CONVENTIONS, as_of=AS_OF)]
    else:
        found = [judged_alone(rule, resource) for resource in resources]
    return [
        *((violation.urn.rpartition("::")[2], violation.message) for each in found for violation in each.violations),
        *((deferred.urn.rpartition("::")[2], deferred.path) for each in found for deferred in each.deferred),
    ]


def judged_alone(rule: Rule, resource: Given) -> Any:
    return judge(
        rule,
        resource.type,
        resource.properties,
        conventions=CONVENTIONS,
        as_of=AS_OF,
        name=resource.name,
        stack=resource.stack,
        protect=resource.protect,
        parent=resource.parent,
    )


def test_every_component_is_judged() -> None:
    assert {component for component, _, _ in PROGRAMS.values()} == set(COMPONENTS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_rule_of_any_pack_barks_at_a_component_or_waits(program: str) -> None:
    resources = stack_of(program)
    assert len({resource.name for resource in resources}) == len(resources) > 1
    heard = {rule.name: said(rule, resources) for rule in RULES}
    assert {rule: words for rule, words in heard.items() if words} == {}


def guide_programs() -> Iterator[tuple[str, str]]:
    """The Python programs of the guides that deploy our components, each with its place."""
    for name in ("sandboxes.md", "test-datasets.md"):
        text = (ROOT / "docs" / "guides" / name).read_text(encoding="utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            yield f"{name}:{text[: block.start()].count(chr(10)) + 1}", block[1]


@pytest.mark.parametrize(("place", "program"), [pytest.param(*each, id=each[0]) for each in guide_programs()])
def test_a_program_of_a_guide_passes_the_packs_as_it_is_printed(
    place: str, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where the guide's masking plan is
    resources = registered(lambda: exec(compile(program, place, "exec"), {}), "dev")
    heard = {rule.name: said(rule, resources) for rule in RULES}
    assert {rule: words for rule, words in heard.items() if words} == {}


NEEDED = {
    "lake-bucket-private": "BucketPublicAccessBlock",
    "lake-acls-disabled": "BucketOwnershipControls",
    "lake-bucket-encrypted": "BucketServerSideEncryptionConfiguration",
    "lake-bucket-versioned": "BucketVersioning",
    "lake-bucket-tls-only": "BucketPolicy",
    "lake-bucket-logged": "BucketLogging",
    "lake-lifecycle-present": "BucketLifecycleConfiguration",
}


@pytest.mark.parametrize(("rule", "setting"), NEEDED.items())
def test_a_rule_bites_each_bucket_of_a_lake_that_lost_a_setting(rule: str, setting: str) -> None:
    (found,) = [each for each in RULES if each.name == rule]
    left = tuple(resource for resource in stack_of("S3DataLake") if resource.type.rpartition(":")[2] != setting)
    # The bucket of logs is not logged itself.
    assert len(said(found, left)) == (4 if rule == "lake-bucket-logged" else 5)
