"""Which children of a ``MaskedTestDataset`` end a flow of personal data: of the real component, on every engine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dataops_infra.policy import UNKNOWN, Rule, Violation
from dataops_infra.policy.judging import Given, judge_stack
from dataops_infra.test_datasets import MaskedTestDataset
from policies.pii.pii_rules.masking.own import PROOF, own_maskers
from policies.pii.pii_rules.masking.rights import atlas_of
from tests.policies.test_packs_on_components import given
from tests.support.recording import record
from tests.support.rule_cases import CONVENTIONS
from tests.test_datasets.arguments import ON_EMR, ON_GLUE
from tests.test_datasets.gcp_arguments import ON_CLOUD_RUN, ON_DATAPROC


@dataclass(frozen=True)
class Made(Given):
    """A resource with the URN that the engine gave it."""

    engine_urn: str = ""

    @property
    def urn(self) -> str:
        return self.engine_urn


PROBE = Rule(
    name="own-maskers",
    description="Tells what ends a flow.",
    kind="stack",
    types=PROOF,
    check=lambda stack: [Violation("ends a flow", urn=urn) for urn in sorted(own_maskers(atlas_of(stack)))],
    remediation=("none",),
)


def stack_of(args: Mapping[str, Any]) -> list[Made]:
    """What the component registers, with its own URNs."""
    made = record(lambda: MaskedTestDataset("orders", dict(args)))  # type: ignore[arg-type]
    names = {resource.urn: f"{resource.name}|{resource.type}" for resource in made.resources}
    found = [(given(resource, names, "dev"), resource) for resource in made.resources]
    return [Made(**vars(each), engine_urn=resource.urn) for each, resource in found]


def ends_in(resources: list[Made]) -> tuple[set[str], tuple[Any, ...]]:
    """Names of the resources that end a flow, and what has to be waited for."""
    verdicts = judge_stack(PROBE, resources, conventions=CONVENTIONS)
    return {violation.urn.rpartition("::")[2] for violation in verdicts.violations}, verdicts.deferred


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (ON_GLUE, {"orders-job", "orders-role"}),
        (ON_EMR, {"orders-run", "orders-job", "orders-role"}),
        (ON_CLOUD_RUN, {"orders-job", "orders-job-account"}),
        (ON_DATAPROC, {"orders-job", "orders-job-account"}),
    ],
    ids=["glue", "emr", "cloud-run", "dataproc"],
)
def test_job_of_the_component_and_who_it_is_end_a_flow(args: Any, expected: set[str]) -> None:
    assert ends_in(stack_of(args)) == (expected, ())


def test_role_of_another_component_ends_none() -> None:
    moved = [replace(each, parent="elsewhere") if each.type.endswith("Role") else each for each in stack_of(ON_GLUE)]
    assert ends_in(moved)[0] == {"orders-job"}


def test_application_without_its_state_machine_ends_none() -> None:
    left = [each for each in stack_of(ON_EMR) if not each.type.endswith("StateMachine")]
    assert ends_in(left)[0] == set()


def test_source_that_nobody_knows_yet_is_not_waited_for() -> None:
    unknown = [_with_unknown_source(each) if each.type.endswith("job:Job") else each for each in stack_of(ON_GLUE)]
    assert ends_in(unknown) == ({"orders-job", "orders-role"}, ())


def _with_unknown_source(job: Made) -> Made:
    options = {**job.properties["nonOverridableArguments"], "--source": UNKNOWN}
    return replace(job, properties={**job.properties, "nonOverridableArguments": options})
