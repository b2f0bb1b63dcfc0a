"""A masked test dataset on Google Cloud: what :mod:`.component` asks of this cloud."""

import pulumi

from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.test_datasets.gcp_plan import JOB, DatasetPlan, plan_dataset
from dataops_infra.test_datasets.gcp_resources import DatasetResources
from dataops_infra.test_datasets.halves import Made
from dataops_infra.test_datasets.places import Place
from dataops_infra.test_datasets.terms import MANIFEST, Terms


def plan(mistakes: Mistakes, name: str, terms: Terms) -> DatasetPlan:
    """Check what only this cloud can judge and derive every name; nothing is registered.

    :raises ComponentInputError: with everything that is wrong, what ``mistakes`` held before included.
    """
    return plan_dataset(mistakes, name, terms)


def build(dataset: pulumi.ComponentResource, name: str, plan: DatasetPlan) -> Made:
    """Create the children of ``dataset``."""
    made = DatasetResources(dataset, name, plan)
    placement, target = plan.where.placement, plan.target
    facts: dict[str, pulumi.Input[str]] = {
        "cloud": plan.terms.cloud.value,
        "target_uri": target.uri,
        "bucket": target.bucket,
        "prefix": target.prefix,
        "kms_key": plan.key_name if plan.target_folder is None else _key_of(target),
        "manifest_uri": pulumi.Output.concat(target.uri, MANIFEST),
        "verdict_uri": plan.verdict_uri,
        "plan_digest": plan.terms.plan_digest,
        "region": plan.where.location,
        "domain": placement.domain.name,
        "environment": placement.environment.name,
        "data_classification": placement.data_classification,
    }
    return Made(
        facts=facts,
        usable=made.usable,
        role=pulumi.Output.from_input(plan.email(JOB)),
        job=pulumi.Output.from_input(plan.job),
        alarm=pulumi.Output.from_input(", ".join(made.alarms)),
    )


def _key_of(place: Place) -> pulumi.Input[str]:
    return "" if place.kms_key is None else place.kms_key
