"""A sandbox on Google Cloud: in each of several locations a bucket and a dataset, for its members, until a day."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.telling import telling
from dataops_infra.sandbox.gcp_plan import plan_sandbox
from dataops_infra.sandbox.gcp_resources import SandboxResources
from dataops_infra.sandbox.gcp_spending import BudgetCounts
from dataops_infra.test_datasets.component import TestDatasetRef


class BigQueryQuota(TypedDict):
    """Bytes that queries in the whole project may process in a day. Each of the two limits exists once per project."""

    user_gib_per_day: NotRequired[int]
    """Create the limit for each user, in GiB (2^30 bytes) a day. It holds for everybody in the project."""
    project_gib_per_day: NotRequired[int]
    """Create the limit for all users together, in GiB (2^30 bytes) a day."""
    adopted_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Ids of limits that somebody else created in this project: the deployment fails where they are gone."""


class GcpSandboxBudget(TypedDict):
    """What the budget counts, and who is told beside the administrators of the billing account."""

    counts: NotRequired[BudgetCounts]
    """What the budget counts. Default: what carries the sandbox's label."""
    notification_channels: NotRequired[Sequence[pulumi.Input[str]]]
    """Channels of Cloud Monitoring that are told, at most 5 (`projects/<project>/notificationChannels/<number>`)."""
    pubsub_topic: NotRequired[pulumi.Input[str]]
    """Pub/Sub topic that is told several times a day what was spent (`projects/<project>/topics/<topic>`)."""


class GcpSandboxArgs(TypedDict):
    """Arguments of :class:`GcpSandbox`."""

    domain: str
    """The data domain that owns the sandbox; its `owner` and `cost_center` in `dataops.yaml` are the defaults here."""
    locations: list[str]
    """The locations that get a copy: GCP regions or multi-regions, in lowercase."""
    expires_on: str
    """The last day on which members get in, as a date (`2026-12-31`), in UTC."""
    members: list[str]
    """Who gets in: `user:…`, `group:…`, `serviceAccount:…`, `principal://…` or `principalSet://…`."""
    monthly_budget_usd: float
    """US dollars a month, at 50, 80 and 100 % of which somebody is told. The billing account must be in US dollars."""
    billing_account: pulumi.Input[str]
    """Id of the billing account that pays for the project (`012345-6789AB-CDEF01`)."""
    data_classification: NotRequired[str]
    """How confidential the most confidential data may be. Default, and the most that is possible:
    `sandbox.classification_at_most` in `dataops.yaml`."""
    data_days: NotRequired[int]
    """Days after which objects and tables are deleted, counted from their creation. Default, and the most that is
    possible: `sandbox.maximum_days` and `sandbox.grace_days` of `dataops.yaml` together."""
    budget: NotRequired[GcpSandboxBudget]
    """What the budget counts, and who is told."""
    query_quota: NotRequired[BigQueryQuota]
    """Limits of what queries in the project may process. Default: none is created, and none is relied on."""
    test_datasets: NotRequired[Sequence[pulumi.Input[TestDatasetRef]]]
    """The `ref` of each `MaskedTestDataset` that members may read until the sandbox ends."""
    kms_key_names: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Existing keys to use instead of making some, by location. Cloud Storage's and BigQuery's own accounts must be
    allowed to use them."""
    environment: NotRequired[str]
    """The environment. Default: the one that the stack belongs to; another is refused."""
    owner: NotRequired[pulumi.Input[str]]
    """Who answers for the sandbox. Default: the domain's owner."""
    cost_center: NotRequired[pulumi.Input[str]]
    """Who pays for the sandbox. Default: the domain's cost center."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further labels for everything in the sandbox."""


class GcpSandboxRef(TypedDict):
    """What other components need to know of a sandbox."""

    service_account_email: str
    """E-mail address of the service account that members take on."""
    label: str
    """Value of the label `sandbox` on everything that belongs to the sandbox."""
    datasets: Mapping[str, str]
    """Id of the BigQuery dataset, by location."""
    buckets: Mapping[str, str]
    """Name of the bucket, by location."""
    log_buckets: Mapping[str, str]
    """Name of the bucket of usage logs, by location."""
    kms_key_names: Mapping[str, str]
    """Resource name of the key that encrypts bucket and dataset, by location."""
    project: str
    """Project of the sandbox."""
    expires_on: str
    """The last day on which members get in."""
    domain: str
    """Domain that owns the sandbox."""
    environment: str
    """Environment of the sandbox."""
    data_classification: str
    """Level of the most confidential data that the sandbox may hold."""


class GcpSandbox(pulumi.ComponentResource):
    """A sandbox on Google Cloud whose access ends by itself, the same in each of its locations.

    A bucket and a BigQuery dataset per location (private, encrypted with a key of their own, logged, emptied by age),
    one service account, a budget, and on request the project's query quota. Members use the data as themselves or as
    the service account; every grant carries an IAM condition that ends with `expires_on`. Deleting what remains is the
    reaper's job. Whoever deploys it needs `roles/storage.admin`, `roles/cloudkms.admin`, `roles/bigquery.admin`,
    `roles/iam.serviceAccountAdmin` and `roles/resourcemanager.projectIamAdmin` on the project, and
    `roles/billing.costsManager` on the billing account.
    """

    service_account_email: pulumi.Output[str]
    """E-mail address of the service account that members take on."""
    datasets: pulumi.Output[Mapping[str, str]]
    """Id of the BigQuery dataset, by location."""
    buckets: pulumi.Output[Mapping[str, str]]
    """Name of the bucket, by location."""
    ref: pulumi.Output[GcpSandboxRef]
    """What other components need to know of this sandbox; available once it is usable as a whole."""

    def __init__(self, name: str, args: GcpSandboxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Check every argument, then create the sandbox.

        :raises InvalidInputError: with all wrong arguments of this call, before anything is registered.
        """
        component = f"GcpSandbox {name!r}"
        plan = plan_sandbox(Mistakes(component), name, args, GcpSandboxArgs)
        super().__init__("dataops-infra:index:GcpSandbox", name, {**args}, opts)
        made = SandboxResources(self, name, plan)
        facts: GcpSandboxRef = {
            "service_account_email": plan.account.removeprefix("serviceAccount:"),
            "label": plan.account_id,
            "datasets": {copy.location: copy.dataset for copy in plan.copies},
            "buckets": {copy.location: copy.bucket for copy in plan.copies},
            "log_buckets": {copy.location: copy.lake.logs.name for copy in plan.copies},
            "kms_key_names": {},
            "project": plan.home.project,
            "expires_on": plan.terms.expires_on.isoformat(),
            "domain": plan.placement.domain.name,
            "environment": plan.placement.environment.name,
            "data_classification": plan.placement.data_classification,
        }
        # Facts are known before anything exists; waiting for every child keeps others from a half-made sandbox.
        everything = pulumi.Output.all(pulumi.Output.all(**made.key_names), *made.usable)
        self.ref = everything.apply(
            lambda known: telling(component, GcpSandboxRef(**{**facts, "kms_key_names": known[0]}))
        )
        self.service_account_email = self.ref["service_account_email"]
        self.datasets = self.ref["datasets"]
        self.buckets = self.ref["buckets"]
        self.register_outputs(
            {
                "service_account_email": self.service_account_email,
                "datasets": self.datasets,
                "buckets": self.buckets,
                "ref": self.ref,
            }
        )
