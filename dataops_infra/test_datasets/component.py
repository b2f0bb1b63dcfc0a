"""A masked test dataset: the job that masks one dataset where it lies, and the copy that others may read."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NotRequired, TypedDict, cast

import pulumi

from dataops_infra.data_lake.refs import GcsLakeRef, LakeRef
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.telling import telling
from dataops_infra.test_datasets.halves import half_of
from dataops_infra.test_datasets.terms import read_terms


class MaskingEngine(str, Enum):
    """What runs the masking job."""

    GLUE = "glue"
    """AWS Glue, Spark. The default on AWS."""
    EMR_SERVERLESS = "emr_serverless"
    """Amazon EMR Serverless, Spark in an image of yours."""
    DATAPROC = "dataproc"
    """Dataproc Serverless, Spark in an image of yours."""
    CLOUD_RUN = "cloud_run"
    """A Cloud Run job: one machine, no Spark. The default on GCP."""


class WorkerSize(str, Enum):
    """How large each worker of the job is."""

    SMALL = "small"
    """4 vCPUs, 16 GiB."""
    MEDIUM = "medium"
    """8 vCPUs, 32 GiB."""
    LARGE = "large"
    """16 vCPUs, 64 GiB; not on Cloud Run, whose largest is medium."""


class FolderGrant(str, Enum):
    """How the job gets its right to a prefix on GCS, which is a right to a managed folder."""

    CREATE = "create"
    """The component makes the managed folder and lets the job use it. The default."""
    ADOPT = "adopt"
    """The managed folder is there, made by another dataset, say: the component lets the job use it."""
    OWNER = "owner"
    """The owner of the bucket lets the job in, as a reader of a lake's dataset, say: the component does nothing."""


class DatasetPlace(TypedDict):
    """Where a dataset lies: an address, or a prefix of a lake. Exactly one of `uri`, `s3_lake` and `gcs_lake`."""

    uri: NotRequired[str]
    """`s3://bucket/prefix` or `gs://bucket/prefix`; a file or a folder of tables."""
    s3_lake: NotRequired[pulumi.Input[LakeRef]]
    """The `ref` of an `S3DataLake`; `zone` and `prefix` say where in it."""
    gcs_lake: NotRequired[pulumi.Input[GcsLakeRef]]
    """The `ref` of a `GcsDataLake`; `zone` and `prefix` say where in it."""
    zone: NotRequired[str]
    """The lake's zone."""
    prefix: NotRequired[str]
    """The path in the zone's bucket, as `lake.layout` in `dataops.yaml` has it."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """Of an address on S3: ARN of the key that encrypts it. Default: none; a lake's `ref` tells its key."""
    kms_key_name: NotRequired[pulumi.Input[str]]
    """Of an address on GCS: resource name of the key that encrypts it. Default: none; a lake's `ref` tells its key."""
    folder: NotRequired[FolderGrant]
    """GCS: how the job gets its right to the prefix. Default: `create`."""


class SubsetOfRows(TypedDict):
    """A part of the source: rows of one table, and all rows that belong to them by foreign keys."""

    root: NotRequired[str]
    """The table that the subset grows from. Not needed where the plan has one table."""
    rows: NotRequired[int]
    """How many rows of it. Either this or `fraction`."""
    fraction: NotRequired[float]
    """Which share of its rows, above 0 and at most 1."""
    keep_values: NotRequired[int]
    """Columns of at most so many different values keep all of them; 0 = none does. Default: 50."""


class MaskingSettings(TypedDict):
    """What is done with the data."""

    plan: str
    """Path of the masking plan, from the program's root. It is read when the program runs, and the job refuses any
    other than the one that was read."""
    key_secret: pulumi.Input[str]
    """The secret that holds the masking key: the whole ARN of an AWS Secrets Manager secret, or
    `projects/P/secrets/S` (`/versions/V` too) of Secret Manager. Never the key itself."""
    subset: NotRequired[SubsetOfRows]
    """Mask a part of the source. Default: all of it."""
    key_secret_kms_key: NotRequired[pulumi.Input[str]]
    """ARN of the customer-managed key that encrypts the secret on AWS. Default: the key that AWS manages."""


class Firewall(str, Enum):
    """Who closes a network on GCP for the job."""

    CREATE = "create"
    """The component, by rules on a network tag of the job's own."""
    ADOPT = "adopt"
    """Whoever owns the network: nothing in it reaches the internet, or nothing that carries the job's name as tag."""


class JobNetwork(TypedDict):
    """The network that the job runs in. What it may reach is what is named here, never the internet."""

    vpc: pulumi.Input[str]
    """Id of the VPC on AWS, name or self link of the network on GCP."""
    subnets: Sequence[pulumi.Input[str]]
    """Ids of private subnets on AWS (Glue takes the first), names or self links of subnetworks on GCP (the first)."""
    availability_zone: NotRequired[str]
    """Glue: the availability zone of the first subnet, which its API asks for."""
    endpoints_security_group: NotRequired[pulumi.Input[str]]
    """AWS: id of the security group of the VPC's interface endpoints (Secrets Manager, KMS, CloudWatch Logs, Glue)."""
    s3_prefix_list: NotRequired[pulumi.Input[str]]
    """AWS: id (`pl-…`) of the prefix list of S3, which the VPC's gateway endpoint serves."""
    reachable_ranges: NotRequired[list[str]]
    """GCP: IPv4 ranges that the job may reach beside Google's own services. Dataproc needs that of its subnetwork."""
    firewall: NotRequired[Firewall]
    """GCP: whether the component makes the rules that close the network for the job. Default: `create`."""


class MaskingJob(TypedDict):
    """The job. What it runs is yours: an image or wheels with `dataops-infra[masking]` in it."""

    engine: NotRequired[MaskingEngine]
    """What runs it. Default: `glue` on AWS, `cloud_run` on GCP."""
    image: NotRequired[pulumi.Input[str]]
    """The container image, by tag or digest. For every engine but Glue."""
    wheels_uri: NotRequired[str]
    """Glue: `s3://` address of the `.gluewheels.zip` with `dataops-infra` and what it needs; nothing is downloaded."""
    workers: NotRequired[int]
    """How many workers. Default: 2. Cloud Run has one."""
    worker_size: NotRequired[WorkerSize]
    """How large each is. Default: small."""
    timeout_minutes: NotRequired[int]
    """Minutes after which a run is stopped. Default: 120."""
    network: NotRequired[JobNetwork]
    """The network. Required by Glue and Cloud Run jobs, which could reach the internet without it."""


class RunSchedule(TypedDict):
    """When the job runs by itself."""

    cron: str
    """Minute, hour, day of month, month, day of week, as cron has them: `0 3 * * 1-5`."""
    time_zone: NotRequired[str]
    """Name in the tz database, such as `Europe/Berlin`. Default: `UTC`."""


class GateSettings(TypedDict):
    """What the plan must demand of the gate, beside what the gate always judges. Default: what the plan demands."""

    minimum_k: NotRequired[int]
    """Least `k` (rows that share their quasi-identifiers) that the plan may demand."""
    minimum_l: NotRequired[int]
    """Least `l` (distinct sensitive values in such a group) that the plan may demand."""
    maximum_t: NotRequired[float]
    """Largest `t` (distance of a group's distribution) that the plan may allow."""
    approval_uri: NotRequired[str]
    """Address of the approval record, which a plan for external sharing needs."""


class RunAlarms(TypedDict):
    """Who is told that a run was refused by the gate, failed or did not take place."""

    topic_arn: NotRequired[pulumi.Input[str]]
    """AWS: ARN of an existing SNS topic that EventBridge and CloudWatch may publish to. Default: a topic of its own."""
    notification_channels: NotRequired[Sequence[pulumi.Input[str]]]
    """GCP: resource names of existing notification channels."""
    emails: NotRequired[list[str]]
    """Addresses that are told, at most 10."""
    missed_after_hours: NotRequired[int]
    """Hours without a published copy after which a run counts as missed, 168 at most. Default with a schedule: 26;
    without one, nothing is missed."""


class MaskedTestDatasetArgs(TypedDict):
    """Arguments of :class:`MaskedTestDataset`."""

    domain: str
    """The data domain that owns the copy; its `owner` and `cost_center` in `dataops.yaml` are the defaults here."""
    source: DatasetPlace
    """The data that is masked. Its cloud is the cloud of everything here."""
    masking: MaskingSettings
    """What is done with it: plan and key."""
    job: MaskingJob
    """What runs the masking."""
    target: NotRequired[DatasetPlace]
    """Where the copy goes. Default: the component's own bucket (private, encrypted, TLS only, versioned, logged), which
    holds plan and verdict in any case."""
    schedule: NotRequired[RunSchedule]
    """When the job runs by itself. Default: never, only when somebody starts it."""
    gate: NotRequired[GateSettings]
    """What the plan must demand at least."""
    alarms: NotRequired[RunAlarms]
    """Who is told of refused, failed and missed runs."""
    readers: NotRequired[Sequence[pulumi.Input[str]]]
    """Who may read the copy in the component's own bucket: ARNs of IAM roles, or IAM principals on GCP."""
    data_classification: NotRequired[str]
    """How confidential the copy is. Default: `masked`."""
    retention_class: NotRequired[str]
    """How long copies are kept: a class of `retention` in `dataops.yaml`. Default: `retention.default`."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """AWS: ARN of an existing key for the component's own bucket; its policy stays its owner's business."""
    kms_key_name: NotRequired[pulumi.Input[str]]
    """GCP: resource name of an existing key for the component's own bucket."""
    environment: NotRequired[str]
    """The environment. Default: the one that the stack belongs to; another is refused."""
    owner: NotRequired[pulumi.Input[str]]
    """Who answers for the copy. Default: the domain's owner."""
    cost_center: NotRequired[pulumi.Input[str]]
    """Who pays for it. Default: the domain's cost center."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Further tags for everything that is made."""
    region: NotRequired[str]
    """AWS: the region. Default: `aws:region` of the stack, else the first of `regions.aws` in `dataops.yaml`."""
    location: NotRequired[str]
    """GCP: the location. Default: `gcp:region` of the stack, else the first of `regions.gcp` in `dataops.yaml`."""
    deletion_protection: NotRequired[bool]
    """Refuse to delete the copy. Default: true. Data is destroyed only when this is false *and* the stack's config
    `dataops:allowDataLoss` is true."""


class TestDatasetRef(TypedDict):
    """What other components need to know of a masked test dataset; nothing of its source."""

    cloud: str
    """`aws` or `gcp`."""
    target_uri: str
    """Address of the copy."""
    bucket: str
    """Name of the bucket that holds it."""
    prefix: str
    """Path of the copy in the bucket, with a slash at its end; empty = the whole bucket."""
    kms_key: str
    """ARN (AWS) or resource name (GCP) of the key that encrypts the copy; empty = none of the organisation's own."""
    manifest_uri: str
    """Address of the manifest: it is written last, so a copy without one is not published."""
    verdict_uri: str
    """Address of the gate's verdict on the last run, also of a refused one (JSON)."""
    plan_digest: str
    """SHA-256 of the plan that the copy is made by."""
    region: str
    """Region or location of the copy."""
    domain: str
    """Domain that owns the copy."""
    environment: str
    """Environment of the copy."""
    data_classification: str
    """How confidential the copy is."""


class MaskedTestDataset(pulumi.ComponentResource):
    """A masked copy of a dataset, made where the data lives and published only when the gate has proven it.

    A job masks the source by a plan that was reviewed in git; its role reads this source and writes this copy, and
    nothing else. Readers of the copy get no right to the source. Refused, failed and missed runs raise an alarm.
    """

    ref: pulumi.Output[TestDatasetRef]
    """What other components need to know of this dataset; available once the dataset is usable as a whole."""
    manifest_uri: pulumi.Output[str]
    """Address of the manifest of the published copy."""
    verdict_uri: pulumi.Output[str]
    """Address of the gate's verdict on the last run (JSON)."""
    role: pulumi.Output[str]
    """Who the job is: ARN of an IAM role, or e-mail address of a service account. The owner of the source admits it."""
    job_name: pulumi.Output[str]
    """Name of the job, by which a run is started by hand."""
    alarm: pulumi.Output[str]
    """ARN of the topic (AWS) or names of the alert policies (GCP) that tell of refused, failed and missed runs."""

    def __init__(self, name: str, args: MaskedTestDatasetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Check every argument, then create the dataset.

        :raises InvalidInputError: with all wrong arguments of this call, before anything is registered.
        """
        component = f"MaskedTestDataset {name!r}"
        mistakes = Mistakes(component)
        terms = read_terms(mistakes, name, args, MaskedTestDatasetArgs)
        half = half_of(terms.cloud)
        plan = half.plan(mistakes, name, terms)
        super().__init__("dataops-infra:index:MaskedTestDataset", name, {**args}, opts)
        made = half.build(self, name, plan)
        # Facts are known before anything exists; waiting for every child keeps others from a half-made dataset.
        everything = pulumi.Output.all(made.facts, *made.usable)
        self.ref = everything.apply(lambda known: telling(component, cast(TestDatasetRef, known[0])))
        self.manifest_uri, self.verdict_uri = self.ref["manifest_uri"], self.ref["verdict_uri"]
        self.role, self.job_name, self.alarm = made.role, made.job, made.alarm
        self.register_outputs(
            {
                "ref": self.ref,
                "manifest_uri": self.manifest_uri,
                "verdict_uri": self.verdict_uri,
                "role": self.role,
                "job_name": self.job_name,
                "alarm": self.alarm,
            }
        )
