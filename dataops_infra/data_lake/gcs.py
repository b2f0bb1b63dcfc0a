"""A data lake on Google Cloud Storage: one bucket per zone, a log bucket, one key; private, versioned, logged."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from dataops_infra.data_lake.gcs_plan import AuditLogs, plan_lake
from dataops_infra.data_lake.gcs_resources import LakeResources
from dataops_infra.data_lake.refs import GcsLakeRef
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.telling import telling


class GcsDatasetAccess(TypedDict):
    """Who may use one dataset of a lake, beside the lake's own readers and writers."""

    readers: NotRequired[Sequence[pulumi.Input[str]]]
    """IAM principals that may read the dataset in every zone of the lake."""
    writers: NotRequired[Sequence[pulumi.Input[str]]]
    """IAM principals that may read and write the dataset in every zone of the lake."""


class GcsDataLakeArgs(TypedDict):
    """Arguments of :class:`GcsDataLake`."""

    domain: str
    """The data domain that owns the lake; its `owner` and `cost_center` in `dataops.yaml` are the defaults here."""
    data_classification: str
    """How confidential the most confidential data in the lake is: a level of `classification` in `dataops.yaml`."""
    zones: NotRequired[list[str]]
    """The zones that get a bucket. Default: all in `dataops.yaml` but `sandbox`; the bucket `logs` is always made."""
    retention_class: NotRequired[str]
    """How long data is kept: a class of `retention` in `dataops.yaml`. Default: `retention.default`."""
    readers: NotRequired[Sequence[pulumi.Input[str]]]
    """IAM principals (`group:…`, `serviceAccount:…`, …) that may read all of the lake; never everybody or a domain."""
    writers: NotRequired[Sequence[pulumi.Input[str]]]
    """IAM principals that may read and write all of the lake."""
    datasets: NotRequired[Mapping[str, GcsDatasetAccess]]
    """Access to single datasets by name: each gets a managed folder in every zone, where `lake.layout` has it."""
    kms_key_name: NotRequired[pulumi.Input[str]]
    """Resource name of an existing Cloud KMS key to use instead of making one. Its owner must let the project's Cloud
    Storage service agent use it."""
    audit_logs: NotRequired[AuditLogs]
    """Whether the lake turns on the data-access logs of Cloud Storage for its project (`create`, the default), or
    somebody else answers for them (`adopt`)."""
    environment: NotRequired[str]
    """The environment. Default: the one that the stack belongs to; another is refused."""
    owner: NotRequired[pulumi.Input[str]]
    """Who answers for the lake. Default: the domain's owner."""
    cost_center: NotRequired[pulumi.Input[str]]
    """Who pays for the lake. Default: the domain's cost center."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further labels for everything in the lake."""
    location: NotRequired[str]
    """The GCS location. Default: `gcp:region` of the stack, else the first of `regions.gcp` in `dataops.yaml`."""
    deletion_protection: NotRequired[bool]
    """Refuse to delete the lake. Default: true. Data is destroyed only when this is false *and* the stack's config
    `dataops:allowDataLoss` is true."""


class GcsDataLake(pulumi.ComponentResource):
    """A data lake on Google Cloud Storage that follows the organisation's conventions.

    One bucket per zone and one for usage logs: uniform access that nobody inherits from the bucket, public access
    prevented, versioned, soft-deleted, logged, encrypted with one customer-managed key that rotates, expired by the
    retention class. Names are fixed, so that everything can be judged at preview. Whoever deploys it needs
    `roles/storage.admin` and `roles/cloudkms.admin` on the project: the buckets' policies leave nothing to editors.
    """

    ref: pulumi.Output[GcsLakeRef]
    """What other components need to know of this lake; available once the lake is usable as a whole."""

    def __init__(self, name: str, args: GcsDataLakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Check every argument, then create the lake.

        :raises InvalidInputError: with all wrong arguments of this call, before anything is registered.
        """
        component = f"GcsDataLake {name!r}"
        plan = plan_lake(Mistakes(component), name, args, GcsDataLakeArgs)
        super().__init__("dataops-infra:index:GcsDataLake", name, {**args}, opts)
        made = LakeResources(self, name, plan)
        place = plan.place.placement
        facts: GcsLakeRef = {
            "buckets": {zone.role: zone.name for zone in plan.zones},
            "log_bucket": plan.logs.name,
            "kms_key_name": "",
            "location": plan.place.location,
            "project": plan.place.project,
            "domain": place.domain.name,
            "environment": place.environment.name,
            "data_classification": place.data_classification,
            "retention_class": plan.retention.name,
        }
        # Facts are known before anything exists; waiting for every child keeps others from a half-made lake.
        everything = pulumi.Output.all(made.key_name, *made.usable)
        self.ref = everything.apply(lambda known: telling(component, GcsLakeRef(**{**facts, "kms_key_name": known[0]})))
        self.register_outputs({"ref": self.ref})
