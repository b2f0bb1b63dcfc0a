"""A sandbox on AWS: in each of several regions a bucket, a database and a workgroup, for one role, until a day."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.telling import telling
from dataops_infra.sandbox.aws_plan import plan_sandbox
from dataops_infra.sandbox.aws_resources import SandboxResources
from dataops_infra.test_datasets.component import TestDatasetRef


class AthenaLimits(TypedDict):
    """What queries in a sandbox may do."""

    scans_at_most_gib: NotRequired[int]
    """GiB (2^30 bytes) that one query may scan before Athena ends it. Default: 100."""
    results_days: NotRequired[int]
    """Days after which results are deleted; the data of tables made by CREATE TABLE AS lies with them. Default: 7."""


class AwsSandboxArgs(TypedDict):
    """Arguments of :class:`AwsSandbox`."""

    domain: str
    """The data domain that owns the sandbox; its `owner` and `cost_center` in `dataops.yaml` are the defaults here."""
    regions: list[str]
    """The AWS regions that get a copy. What there is once (topic, names by region) follows the first."""
    expires_on: str
    """The last day on which members get in, as a date (`2026-12-31`), in UTC."""
    members: Sequence[pulumi.Input[str]]
    """ARNs of the IAM roles that may take the sandbox's role. A role must exist before it is named."""
    monthly_budget_usd: float
    """US dollars a month, at 50, 80 and 100 % of which somebody is told."""
    data_classification: NotRequired[str]
    """How confidential the most confidential data may be. Default, and the most that is possible:
    `sandbox.classification_at_most` in `dataops.yaml`."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of a managed policy that bounds every role made here. Default: none."""
    queries: NotRequired[AthenaLimits]
    """What queries may do."""
    budget_alert_emails: NotRequired[list[str]]
    """Addresses that are told too, at most 10. Default: the topic in `ref` alone, which anybody may subscribe to."""
    test_datasets: NotRequired[Sequence[pulumi.Input[TestDatasetRef]]]
    """The `ref` of each `MaskedTestDataset` that members may read until the sandbox ends. One of another account names
    the sandbox's role among its `readers` too."""
    stop_spending_at_budget: NotRequired[bool]
    """Deny everything that adds to the bill once the budget is spent. Default: false."""
    environment: NotRequired[str]
    """The environment. Default: the one that the stack belongs to; another is refused."""
    owner: NotRequired[pulumi.Input[str]]
    """Who answers for the sandbox. Default: the domain's owner."""
    cost_center: NotRequired[pulumi.Input[str]]
    """Who pays for the sandbox. Default: the domain's cost center."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further tags for everything in the sandbox."""


class AwsSandboxRef(TypedDict):
    """What other components need to know of a sandbox."""

    role_arn: str
    """ARN of the role that the members take."""
    role_name: str
    """Name of that role, and the value of the tag `sandbox` on everything that belongs to the sandbox."""
    workgroups: Mapping[str, str]
    """Name of the Athena workgroup, by region."""
    databases: Mapping[str, str]
    """Name of the Glue database, by region."""
    buckets: Mapping[str, str]
    """Name of the bucket, by region."""
    log_buckets: Mapping[str, str]
    """Name of the bucket of access logs, by region."""
    kms_key_arns: Mapping[str, str]
    """ARN (of an alias) by which the bucket names its key, by region."""
    test_datasets: Sequence[str]
    """Address of each masked test dataset that members may read."""
    budget: str
    """Name of the budget."""
    budget_topic_arn: str
    """ARN of the SNS topic that is told of the budget."""
    expires_on: str
    """The last day on which members get in."""
    access_ends: str
    """The first instant (RFC 3339) at which nobody gets in any more."""
    data_deleted_on: str
    """The first day (UTC) on which S3 deletes the data by itself."""
    domain: str
    """Domain that owns the sandbox."""
    environment: str
    """Environment of the sandbox."""
    data_classification: str
    """Level of the most confidential data that the sandbox may hold."""


class AwsSandbox(pulumi.ComponentResource):
    """A sandbox on AWS that ends by itself.

    In each region the same: a bucket of the zone `sandbox` with its own key and access logs, a Glue database, an Athena
    workgroup. One role for the members. Every grant ends with `expires_on`, S3 deletes the data after the grace days of
    `dataops.yaml`, and a budget tells who spends. It can be destroyed at any time, with everything in it.
    """

    role_arn: pulumi.Output[str]
    """ARN of the role that the members take."""
    workgroups: pulumi.Output[Mapping[str, str]]
    """Name of the Athena workgroup, by region."""
    databases: pulumi.Output[Mapping[str, str]]
    """Name of the Glue database, by region."""
    buckets: pulumi.Output[Mapping[str, str]]
    """Name of the bucket, by region."""
    ref: pulumi.Output[AwsSandboxRef]
    """What other components need to know of this sandbox; available once the sandbox is usable as a whole."""

    def __init__(self, name: str, args: AwsSandboxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Check every argument, then create the sandbox.

        :raises InvalidInputError: with all wrong arguments of this call, before anything is registered.
        """
        component = f"AwsSandbox {name!r}"
        plan = plan_sandbox(Mistakes(component), name, args, AwsSandboxArgs)
        super().__init__("dataops-infra:index:AwsSandbox", name, {**args}, opts)
        made = SandboxResources(self, name, plan)
        facts: AwsSandboxRef = {
            "role_arn": "",
            "role_name": plan.role,
            "workgroups": {region.region: region.workgroup for region in plan.regions},
            "databases": {region.region: region.database for region in plan.regions},
            "buckets": {region.region: region.bucket for region in plan.regions},
            "log_buckets": {region.region: region.storage.logs.name for region in plan.regions},
            "kms_key_arns": {},
            "test_datasets": [],
            "budget": plan.budget,
            "budget_topic_arn": "",
            "expires_on": plan.terms.expires_on.isoformat(),
            "access_ends": plan.terms.access_ends,
            "data_deleted_on": plan.terms.data_deleted_on.isoformat(),
            "domain": plan.placement.domain.name,
            "environment": plan.placement.environment.name,
            "data_classification": plan.placement.data_classification,
        }
        derived = {
            "role_arn": made.role_arn,
            "budget_topic_arn": made.budget.topic_arn,
            "kms_key_arns": {region: each.key_arn for region, each in made.regions.items()},
            "test_datasets": [dataset["target_uri"] for dataset in plan.test_datasets],
        }
        # Facts are known before anything exists; waiting for every child keeps others from a half-made sandbox.
        everything = pulumi.Output.all(derived, *made.usable)
        self.ref = everything.apply(lambda known: telling(component, AwsSandboxRef(**{**facts, **known[0]})))
        self.role_arn = self.ref["role_arn"]
        self.workgroups = self.ref["workgroups"]
        self.databases = self.ref["databases"]
        self.buckets = self.ref["buckets"]
        self.register_outputs(
            {
                "role_arn": self.role_arn,
                "workgroups": self.workgroups,
                "databases": self.databases,
                "buckets": self.buckets,
                "ref": self.ref,
            }
        )
