"""Everything about a test dataset on GCP that can be known before its first resource: checked, named, as plain data."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from dataops_infra.conventions import RetentionClass, names
from dataops_infra.conventions.name_limits import GCP_JOB, GCP_SERVICE_ACCOUNT
from dataops_infra.conventions.tags import NO_ZONE
from dataops_infra.data_lake.gcs_plan import BucketPlan, LakePlan, plan_bucket, plan_key, plan_logs
from dataops_infra.foundation.gcp import GcpPlacement, check_channels, check_key_name, place_on_gcp, principals
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.test_datasets.gcp_access import (
    APPROVAL_FOLDER,
    COPY_FOLDER,
    VERDICT_FOLDER,
    copy_bindings,
    one_version,
    scratch_bindings,
    work_bindings,
)
from dataops_infra.test_datasets.places import Cloud, Place
from dataops_infra.test_datasets.terms import CLOUD_RUN, DATAPROC, JobTerms, Terms, given_of, secret_reference

WORK, COPY, SPARK = "work", "copy", "spark"
"""The dataset's own buckets: what the job is told and tells; the copy; what a Spark service keeps while it runs."""
WORK_RETENTION = RetentionClass().named(WORK)
"""A plan that a lifecycle deleted would end the runs."""
LEAST_DATAPROC_WORKERS, LEAST_DATAPROC_MINUTES = 2, 10
"""https://cloud.google.com/dataproc-serverless/docs/concepts/properties (spark.executor.instances), and the shortest
``ttl`` of a batch (REST reference of ``batches``, ``ExecutionConfig``)."""
CHANNELS_AT_MOST = 16
"""https://cloud.google.com/monitoring/quotas#alerting_uptime_limits, notification channels of one alerting policy."""
CREATE, ADOPT = "create", "adopt"
"""Values of ``FolderGrant`` and ``Firewall`` that this module tells apart from the others."""

_PRIVATE = tuple(ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
"""https://www.rfc-editor.org/rfc/rfc1918 and 6598: what no router of the internet forwards to."""
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]{1,2}")
_NAME = "[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
_PROJECT = r"(https://www\.googleapis\.com/compute/v1/)?projects/(?P<project>[a-z0-9.:-]+)"
_NETWORK = re.compile(rf"({_PROJECT}/global/networks/)?{_NAME}")
_SUBNETWORK = re.compile(rf"({_PROJECT}/regions/(?P<region>[a-z0-9-]+)/subnetworks/)?{_NAME}")
_SECRET = re.compile(
    r"(?P<secret>projects/[a-z0-9.:-]+/secrets/(?P<id>[A-Za-z0-9_-]{1,255}))(/versions/(?P<version>latest|[0-9]{1,19}))?"
)
_SECRET_FORM = "projects/<project>/secrets/<secret>, perhaps with /versions/<number>, of Secret Manager"


@dataclass(frozen=True)
class FolderPlan:
    """A prefix of a bucket that is not the dataset's own, and how the job gets its right to it.

    :param grant: a value of ``FolderGrant``.
    """

    place: Place
    grant: str


@dataclass(frozen=True)
class SecretPlan:
    """The secret that holds the masking key.

    :param name: its resource name, without a version.
    :param condition: on the grant, where one version was named.
    """

    name: pulumi.Input[str]
    condition: Mapping[str, str] | None


@dataclass(frozen=True)
class NetworkPlan:
    """The network that the job runs in.

    :param project: of the network, where its firewall rules belong; an output where the network is one.
    :param ranges: what the job may reach beside Google's services.
    :param is_closed_here: whether the dataset makes the firewall rules.
    """

    network: pulumi.Input[str]
    subnetwork: pulumi.Input[str]
    project: pulumi.Input[str]
    ranges: tuple[str, ...]
    is_closed_here: bool


@dataclass(frozen=True)
class DatasetPlan:
    """One test dataset.

    :param job: name of the job, and of what starts it and closes its network.
    :param accounts: ids of the service accounts: of the job, and of what starts it and submits it.
    :param lake: the dataset's own buckets.
    :param target: where the copy goes.
    :param target_folder: how the job gets there; None where the copy's bucket is the dataset's own.
    """

    terms: Terms
    where: GcpPlacement
    job: str
    accounts: Mapping[str, str]
    lake: LakePlan
    source: FolderPlan
    target: Place
    target_folder: FolderPlan | None
    secret: SecretPlan
    network: NetworkPlan
    readers: Sequence[pulumi.Input[str]]

    def member(self, role: str) -> str:
        """One of the service accounts as IAM knows it."""
        return f"serviceAccount:{self.email(role)}"

    def email(self, role: str) -> str:
        """The address of one of the service accounts."""
        return names.service_account_email(self.accounts[role], self.where.project)

    def bucket(self, role: str) -> str:
        """Name of one of the dataset's own buckets."""
        return next(zone.name for zone in self.lake.zones if zone.role == role)

    @property
    def verdict_uri(self) -> str:
        """Address of the gate's verdict."""
        return names.gcs_uri(self.bucket(WORK), f"{VERDICT_FOLDER}verdict.json")


JOB, STARTER, SUBMITTER = "job", "starter", "submitter"
"""The service accounts: as whom the job runs, who starts it by the clock, and who submits its batches."""
_ACCOUNT_WORDS = {JOB: "masking", STARTER: "masking-start", SUBMITTER: "masking-batch"}


def plan_dataset(mistakes: Mistakes, name: str, terms: Terms) -> DatasetPlan:
    """Check what only GCP can judge, and derive every name.

    :raises ComponentInputError: with everything that is wrong, what ``mistakes`` held before included.
    """
    args = terms.args
    where = place_on_gcp(mistakes, terms.placement, args.get("location"))
    if not _REGION.fullmatch(where.location):
        mistakes.add("location", "a region such as europe-west1: a job runs in one", where.location)
    _check_job(mistakes, terms.job, given_of(args, "job"))
    network = _network(mistakes, terms.job, where)
    check_key_name(mistakes, "kms_key_name", args.get("kms_key_name"), where)
    _check_disks(mistakes, terms, where)
    _check_alarms(mistakes, terms)
    readers = principals(mistakes, "readers", args.get("readers"))
    secret = _secret(mistakes, terms.key_secret)
    mistakes.stop()  # names are made of what was checked above
    accounts = {role: where.name(mistakes, GCP_SERVICE_ACCOUNT, f"{name}-{_ACCOUNT_WORDS[role]}") for role in _roles(terms)}
    lake = _own_buckets(mistakes, name, terms, where)
    job = where.name(mistakes, GCP_JOB, f"{name}-masking")
    mistakes.stop()
    plan = _plan(terms, where, job, accounts, lake, secret, network, readers)
    _check_approval(mistakes, plan)
    mistakes.stop()
    return plan


def _plan(
    terms: Terms,
    where: GcpPlacement,
    job: str,
    accounts: Mapping[str, str],
    lake: LakePlan,
    secret: SecretPlan,
    network: NetworkPlan,
    readers: Sequence[pulumi.Input[str]],
) -> DatasetPlan:
    raise NotImplementedError
