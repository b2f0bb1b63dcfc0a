"""The AWS half of :class:`.component.MaskedTestDataset`."""

import pulumi

from dataops_infra.test_datasets.aws_plan import AwsPlan
from dataops_infra.test_datasets.aws_plan import plan_dataset as plan
from dataops_infra.test_datasets.aws_resources import DatasetResources
from dataops_infra.test_datasets.halves import Made
from dataops_infra.test_datasets.terms import MANIFEST

__all__ = ["build", "plan"]


def build(dataset: pulumi.ComponentResource, name: str, plan: AwsPlan) -> Made:
    """Create the children of ``dataset``."""
    made = DatasetResources(dataset, name, plan)
    place = plan.place.placement
    target = plan.copy.uri
    facts: dict[str, pulumi.Input[str]] = {
        "cloud": plan.terms.cloud.value,
        "target_uri": target,
        "bucket": plan.copy.bucket,
        "prefix": plan.copy.prefix,
        "kms_key": made.copy_key,
        "manifest_uri": pulumi.Output.concat(target, MANIFEST),
        "verdict_uri": f"s3://{plan.bucket}/{plan.verdict_key}",
        "plan_digest": plan.terms.plan_digest,
        "region": plan.place.region,
        "domain": place.domain.name,
        "environment": place.environment.name,
        "data_classification": place.data_classification,
    }
    return Made(
        facts=facts,
        usable=made.usable,
        role=made.role_arn,
        job=pulumi.Output.from_input(plan.job),
        alarm=made.alarms.topic_arn,
    )
