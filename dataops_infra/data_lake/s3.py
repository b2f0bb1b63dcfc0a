"""A data lake on Amazon S3: one bucket per zone, a log bucket, one key; private, encrypted, versioned, logged."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from dataops_infra.data_lake.refs import LakeRef
from dataops_infra.data_lake.s3_plan import plan_lake
from dataops_infra.data_lake.s3_resources import LakeResources
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.telling import telling


class S3DataLakeArgs(TypedDict):
    """Arguments of :class:`S3DataLake`."""

    domain: str
    """The data domain that owns the lake; its `owner` and `cost_center` in `dataops.yaml` are the defaults here."""
    data_classification: str
    """How confidential the most confidential data in the lake is: a level of `classification` in `dataops.yaml`."""
    zones: NotRequired[list[str]]
    """The zones that get a bucket. Default: all in `dataops.yaml` but `sandbox`; the bucket `logs` is always made."""
    retention_class: NotRequired[str]
    """How long data is kept: a class of `retention` in `dataops.yaml`. Default: `retention.default`."""
    readers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the IAM roles that may read. A role must exist before it is named."""
    writers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the IAM roles that may read and write."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of an existing key to use instead of making one; its policy stays its owner's business."""
    environment: NotRequired[str]
    """The environment. Default: the one that the stack belongs to; another is refused."""
    owner: NotRequired[pulumi.Input[str]]
    """Who answers for the lake. Default: the domain's owner."""
    cost_center: NotRequired[pulumi.Input[str]]
    """Who pays for the lake. Default: the domain's cost center."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further tags for everything in the lake."""
    region: NotRequired[str]
    """The AWS region. Default: `aws:region` of the stack, else the first of `regions.aws` in `dataops.yaml`."""
    deletion_protection: NotRequired[bool]
    """Refuse to delete the lake. Default: true. Data is destroyed only when this is false *and* the stack's config
    `dataops:allowDataLoss` is true."""


class S3DataLake(pulumi.ComponentResource):
    """A data lake on Amazon S3 that follows the organisation's conventions.

    One bucket per zone and one for access logs: private, TLS only, versioned, logged, encrypted with one
    customer-managed key that rotates, expired by the retention class. Names are fixed, so that everything can be
    judged at preview.
    """

    ref: pulumi.Output[LakeRef]
    """What other components need to know of this lake; available once the lake is usable as a whole."""

    def __init__(self, name: str, args: S3DataLakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Check every argument, then create the lake.

        :raises InvalidInputError: with all wrong arguments of this call, before anything is registered.
        """
        component = f"S3DataLake {name!r}"
        plan = plan_lake(Mistakes(component), name, args, S3DataLakeArgs)
        super().__init__("dataops-infra:index:S3DataLake", name, {**args}, opts)
        storage = plan.storage
        made = LakeResources(self, name, storage)
        place = storage.place.placement
        facts: LakeRef = {
            "buckets": {zone.role: zone.name for zone in storage.zones},
            "log_bucket": storage.logs.name,
            "kms_key_arn": "",
            "region": storage.place.region,
            "domain": place.domain.name,
            "environment": place.environment.name,
            "data_classification": place.data_classification,
            "retention_class": plan.retention.name,
        }
        # Facts are known before anything exists; waiting for every child keeps others from a half-made lake.
        everything = pulumi.Output.all(made.key_arn, *made.usable)
        self.ref = everything.apply(lambda known: telling(component, LakeRef(**{**facts, "kms_key_arn": known[0]})))
        self.register_outputs({"ref": self.ref})
