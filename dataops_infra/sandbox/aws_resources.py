"""The children of an AWS sandbox: the role of its members and its regions; its budget stands in ``aws_budget``."""

from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.conventions.sandboxes import SESSION_SECONDS
from dataops_infra.data_lake.s3_policies import Access
from dataops_infra.data_lake.s3_resources import LakeResources
from dataops_infra.sandbox import aws_policies as policies
from dataops_infra.sandbox.aws_budget import BudgetResources
from dataops_infra.sandbox.aws_plan import RegionPlan, SandboxPlan
from dataops_infra.test_datasets.component import TestDatasetRef


@dataclass(frozen=True)
class MadeRegion:
    """One region of a sandbox.

    :param key_arn: by which the bucket names its key; known at preview where the account is.
    :param settled: what must exist before something else uses the bucket or the key.
    :param usable: a value of each child, all known at preview.
    """

    key_arn: pulumi.Output[str]
    settled: tuple[pulumi.Resource, ...]
    usable: tuple[pulumi.Output[str], ...]


class SandboxResources:
    """Creates the children of one sandbox from its plan.

    :ivar role_arn: the members' role; known at preview where the account is.
    :ivar regions: what was made, by region.
    :ivar budget: what was made around the budget.
    :ivar usable: a value of each child, all known at preview, that together stand for a sandbox that can be used.
    """

    def __init__(self, sandbox: pulumi.ComponentResource, name: str, plan: SandboxPlan) -> None:
        self._sandbox, self._name, self._plan = sandbox, name, plan
        region = plan.home.region
        self._account = pulumi.Output.from_input(plan.home.account(sandbox))
        self.role_arn = self._account.apply(lambda account: names.iam_role_arn(account, plan.role, region))
        self.budget = BudgetResources(sandbox, name, plan, self._account)
        self._role = self._create_role()
        rights = self._grant_rights()
        self.regions = {planned.region: self._create_region(planned) for planned in plan.regions}
        home = self.regions[region]
        self.budget.create(self._role, self.role_arn, home.key_arn, home.settled)
        made = [value for each in self.regions.values() for value in each.usable]
        self.usable = [self._role.name, rights.name, *made, *self.budget.usable]

    def _create_role(self) -> aws.iam.Role:
        plan = self._plan
        trust = policies.trust_policy(plan.members, plan.terms.access_ends)
        return aws.iam.Role(
            f"{self._name}-role",
            name=plan.role,
            description=f"Members of the sandbox {self._name}, until {plan.terms.expires_on.isoformat()}",
            assume_role_policy=pulumi.Output.json_dumps(trust),
            permissions_boundary=plan.permissions_boundary_arn,
            max_session_duration=SESSION_SECONDS,
            force_detach_policies=True,  # what the budget's action attached would keep the role from going
            tags={**plan.placement.tags},
            # Goes before the policy that the budget's action may have put on it: that one could not go before.
            opts=self._options(depends_on=self.budget.spending_policies, delete_before_replace=True),
        )

    def _grant_rights(self) -> aws.iam.RolePolicy:
        plan, regions = self._plan, [region.region for region in self._plan.regions]
        rights = pulumi.Output.all(account=self._account, datasets=list(plan.test_datasets)).apply(
            lambda known: policies.member_policy(
                [policies.catalog_arns(known["account"], r.region, r.database, r.workgroup) for r in plan.regions],
                regions,
                plan.terms.access_ends,
                [self._test_data(dataset) for dataset in known["datasets"]],
            )
        )
        return aws.iam.RolePolicy(
            f"{self._name}-role-policy",
            name="sandbox",
            role=self._role.name,
            policy=pulumi.Output.json_dumps(rights),
            opts=self._options(),
        )

    def _test_data(self, dataset: TestDatasetRef) -> policies.TestData:
        region = dataset["region"]
        return policies.TestData(
            bucket_arn=names.s3_bucket_arn(dataset["bucket"], region),
            prefix=dataset["prefix"],
            key_arn=dataset["kms_key"],
            via_s3=replace(self._plan.home, region=region).via_service("s3"),
        )

    def _create_region(self, planned: RegionPlan) -> MadeRegion:
        region, name = planned.region, f"{self._name}-{planned.region}"
        own_keys = self._account.apply(lambda account: names.kms_key_arn(account, region, "*"))
        storage = replace(
            planned.storage,
            access=Access((), [self.role_arn], self._plan.terms.access_ends),
            stated_keys=(own_keys,),  # what Athena states where it looks the alias up (ADR 0084)
            key_users=(self.budget.key_statement,),
        )
        made = LakeResources(self._sandbox, name, storage, after=[self._role])
        database = aws.glue.CatalogDatabase(
            f"{name}-database",
            name=planned.database,
            description=storage.purpose,
            location_uri=names.s3_uri(planned.bucket, planned.tables_prefix),
            tags={**self._plan.placement.tags},
            region=region,
            opts=self._options(depends_on=made.settled, delete_before_replace=True),
        )
        workgroup = aws.athena.Workgroup(
            f"{name}-workgroup",
            name=planned.workgroup,
            description=storage.purpose,
            configuration=self._queries(planned, made.key_arn),
            force_destroy=True,
            tags={**self._plan.placement.tags},
            region=region,
            opts=self._options(depends_on=made.settled, delete_before_replace=True),
        )
        return MadeRegion(made.key_arn, tuple(made.settled), (*made.usable, database.name, workgroup.name))

    def _queries(self, planned: RegionPlan, key_arn: pulumi.Output[str]) -> Any:
        """The settings of a workgroup, which no query can override."""
        return {
            "enforce_workgroup_configuration": True,
            "publish_cloudwatch_metrics_enabled": True,
            "requester_pays_enabled": False,
            "bytes_scanned_cutoff_per_query": self._plan.scans_at_most_bytes,
            "result_configuration": {
                "output_location": names.s3_uri(planned.bucket, planned.results_prefix),
                "expected_bucket_owner": self._account,
                "encryption_configuration": {"encryption_option": "SSE_KMS", "kms_key_arn": key_arn},
            },
        }

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._sandbox, **options)
