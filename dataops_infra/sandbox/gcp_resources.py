"""The children of a sandbox on Google Cloud: what stands once in the project, and a copy in each location."""

from typing import Any

import pulumi
import pulumi_gcp as gcp

from dataops_infra.conventions import names
from dataops_infra.data_lake.gcs_access import READ_OBJECTS, USE_KEY
from dataops_infra.data_lake.gcs_resources import LakeResources
from dataops_infra.sandbox.gcp_access import IMPERSONATE, RUN_QUERIES, child_of, dataset_accesses
from dataops_infra.sandbox.gcp_plan import CopyPlan, SandboxPlan
from dataops_infra.sandbox.gcp_spending import budget_filter, dollars, thresholds
from dataops_infra.sandbox.terms import SANDBOX_GOES_WITH_ITS_DATA
from dataops_infra.test_datasets.component import TestDatasetRef

DISPLAY_NAME_MAXIMUM = 100
"""https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts (bytes of UTF-8)."""
MILLISECONDS_A_DAY = 86_400_000


class SandboxResources:
    """Creates the children of one sandbox from its plan.

    :ivar key_names: by which each location's bucket and dataset name their key; known at preview.
    :ivar usable: a value of each child, all known at preview, that together stand for a sandbox that can be used.
    """

    def __init__(self, sandbox: pulumi.ComponentResource, name: str, plan: SandboxPlan) -> None:
        self._sandbox, self._name, self._plan = sandbox, name, plan
        self._project, self._labels = plan.home.project, plan.home.labels
        self.usable: list[pulumi.Output[str]] = []
        self.key_names: dict[str, pulumi.Output[str]] = {}
        self._limit_spending()
        account = self._create_account()
        for copy in plan.copies:
            self._create_copy(copy, account)
        for index, dataset in enumerate(plan.test_datasets):
            self._let_read(f"test-data-{index}", dataset, account)

    def _limit_spending(self) -> None:
        self._create_budget()
        for quota in self._plan.quotas:
            made = gcp.serviceusage.ConsumerQuotaOverride(
                f"{self._name}-{quota.role}", project=self._project, **quota.arguments, opts=self._options()
            )
            self.usable.append(made.metric)
        for index, override_id in enumerate(self._plan.adopted_quotas):
            # Read, never changed: the deployment fails where the quota is gone.
            gcp.serviceusage.ConsumerQuotaOverride.get(
                f"{self._name}-adopted-quota-{index}", override_id, opts=pulumi.ResourceOptions(parent=self._sandbox)
            )

    def _create_budget(self) -> None:
        plan = self._plan.budget
        told = {
            **({"monitoring_notification_channels": list(plan.channels)} if plan.channels else {}),
            **({"pubsub_topic": plan.topic} if plan.topic is not None else {}),
        }
        budget = gcp.billing.Budget(
            f"{self._name}-budget",
            billing_account=plan.billing_account,
            display_name=plan.name,
            amount={"specified_amount": dollars(plan.usd)},
            budget_filter=budget_filter(plan.labels, plan.project_number),
            threshold_rules=thresholds(),
            all_updates_rule=told or None,
            opts=self._options(),
        )
        self.usable.append(budget.display_name)

    def _create_account(self) -> gcp.serviceaccount.Account:
        """The service account, which members take on and which may run queries, each until the last day has ended."""
        plan = self._plan
        account = gcp.serviceaccount.Account(
            f"{self._name}-account",
            account_id=plan.account_id,
            display_name=f"Sandbox until {plan.terms.expires_on.isoformat()}: {self._name}"[:DISPLAY_NAME_MAXIMUM],
            project=self._project,
            opts=self._options(delete_before_replace=True),
        )
        taken_on = gcp.serviceaccount.IAMBinding(
            f"{self._name}-account-users",
            service_account_id=names.service_account_resource(plan.account_id, self._project),
            role=IMPERSONATE,
            members=list(plan.members),
            condition=dict(plan.condition),
            opts=self._options(depends_on=[account]),
        )
        self.usable += [account.account_id, taken_on.role]
        for role, who in (("account", plan.account), *((child_of(member), member) for member in plan.members)):
            self._let_query(role, who, account)
        return account

    def _let_query(self, role: str, principal: str, account: gcp.serviceaccount.Account) -> None:
        """One more member in the policy of the whole project: never a binding there, which would replace others'."""
        grant = gcp.projects.IAMMember(
            f"{self._name}-queries-{role}",
            project=self._project,
            role=RUN_QUERIES,
            member=principal,
            condition=dict(self._plan.project_condition),
            opts=self._options(depends_on=[account]),
        )
        self.usable.append(grant.member)

    def _create_copy(self, copy: CopyPlan, account: gcp.serviceaccount.Account) -> None:
        lake = LakeResources(self._sandbox, f"{self._name}-{copy.location}", copy.lake, after=[account])
        self.key_names[copy.location] = lake.key_name
        self.usable += [lake.key_name, *lake.usable]
        grant = [] if copy.lake.adopted_key_name is not None else [self._let_bigquery_encrypt(copy, lake)]
        dataset = gcp.bigquery.Dataset(
            f"{self._name}-{copy.location}-dataset",
            dataset_id=copy.dataset,
            project=self._project,
            location=copy.location,
            description=f"Sandbox {self._name} until {self._plan.terms.expires_on.isoformat()}",
            accesses=dataset_accesses(self._plan.principals, self._plan.condition),
            default_encryption_configuration={"kms_key_name": lake.key_name},
            default_table_expiration_ms=self._plan.data_days * MILLISECONDS_A_DAY,
            default_partition_expiration_ms=self._plan.data_days * MILLISECONDS_A_DAY,
            delete_contents_on_destroy=True,
            labels=self._labels,
            opts=self._options(delete_before_replace=True, depends_on=[account, *grant]),
        )
        self.usable.append(dataset.dataset_id)

    def _let_read(self, role: str, dataset: pulumi.Output[TestDatasetRef], account: gcp.serviceaccount.Account) -> None:
        """One more reader each of the copy's managed folder, until the last day; nothing of the source (ADR 0158)."""
        who = (("account", self._plan.account), *((child_of(member), member) for member in self._plan.members))
        for child, principal in who:
            grant = gcp.storage.ManagedFolderIamMember(
                f"{self._name}-{role}-{child}",
                bucket=dataset["bucket"],
                managed_folder=dataset["prefix"],
                role=READ_OBJECTS,
                member=principal,
                condition=dict(self._plan.project_condition),
                opts=self._options(depends_on=[account]),
            )
            self.usable.append(grant.member)

    def _let_bigquery_encrypt(self, copy: CopyPlan, lake: LakeResources) -> gcp.kms.CryptoKeyIAMMember:
        agent = gcp.bigquery.get_default_service_account_output(
            project=self._project, opts=pulumi.InvokeOutputOptions(parent=self._sandbox)
        )
        grant = gcp.kms.CryptoKeyIAMMember(
            f"{self._name}-{copy.location}-bigquery-key-grant",
            crypto_key_id=lake.key_name,
            role=USE_KEY,
            member=agent.member,
            opts=self._options(depends_on=lake.key),
        )
        self.usable.append(grant.role)
        return grant

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return SANDBOX_GOES_WITH_ITS_DATA.options(parent=self._sandbox, **options)
