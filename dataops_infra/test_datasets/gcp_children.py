"""What the modules that make a test dataset on GCP share: whose child each resource is, and what stands for it."""

from dataclasses import dataclass, field
from typing import Any

import pulumi

from dataops_infra.test_datasets.gcp_plan import DatasetPlan


@dataclass
class Children:
    """The children of one dataset while they are made.

    :param usable: a value of each child, all known at preview.
    """

    dataset: pulumi.ComponentResource
    name: str
    plan: DatasetPlan
    usable: list[pulumi.Output[Any]] = field(default_factory=list)

    def named(self, role: str) -> str:
        """The logical name of the child that plays this role."""
        return f"{self.name}-{role}"

    def options(self, **options: Any) -> pulumi.ResourceOptions:
        """Resource options of a child that holds no data: it goes when the dataset goes."""
        return pulumi.ResourceOptions(parent=self.dataset, **options)
