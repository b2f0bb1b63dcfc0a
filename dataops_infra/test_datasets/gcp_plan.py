"""Everything about a test dataset on GCP that can be known before its first resource: checked, named, as plain data."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from dataops_infra.conventions import RetentionClass, names
from dataops_infra.conventions.name_limits import GCP_JOB, GCP_SERVICE_ACCOUNT
from dataops_infra.conventions.tags import NO_ZONE, TEST_DATASET
from dataops_infra.data_lake.gcs_plan import BucketPlan, LakePlan, plan_bucket, plan_key, plan_logs
from dataops_infra.foundation.gcp import GcpPlacement, check_channels, check_key_name, place_on_gcp, principals
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.test_datasets.gcp_access import (
    APPROVAL_FOLDER,
    COPY_FOLDER,
    PLAN_FOLDER,
    VERDICT_FOLDER,
    copy_bindings,
    one_version,
    staging_bindings,
    work_bindings,
)
from dataops_infra.test_datasets.places import Cloud, Place
from dataops_infra.test_datasets.terms import (
    CLOUD_RUN,
    DATAPROC,
    JobTerms,
    Terms,
    given_of,
    secret_reference,
)

WORK, STAGING, COPY = "work", "staging", "copy"
"""The dataset's own buckets: what the job is told and tells; what it makes on the way; the copy."""
STAGED_DAYS = 14
"""What a killed run left goes with the next run, or with this."""
_RETENTION = {WORK: RetentionClass().named(WORK), STAGING: RetentionClass(maximum_days=STAGED_DAYS).named(STAGING)}
"""Of the buckets that hold no copy; a plan that a lifecycle deleted would end the runs."""
LEAST_DATAPROC_WORKERS, LEAST_DATAPROC_MINUTES = 2, 10
"""https://cloud.google.com/dataproc-serverless/docs/concepts/properties (spark.executor.instances), and the shortest
``ttl`` of a batch (REST reference of ``batches``, ``ExecutionConfig``)."""
CHANNELS_AT_MOST = 16
"""https://cloud.google.com/monitoring/quotas#alerting_uptime_limits, notification channels of one alerting policy."""
CREATE, ADOPT = "create", "adopt"
"""Values of ``FolderGrant`` and ``Firewall``."""
LARGE = "large"
"""The value of ``WorkerSize`` that Cloud Run has no machine for
(https://cloud.google.com/run/docs/configuring/jobs/cpu)."""

_PRIVATE = [ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
"""https://www.rfc-editor.org/rfc/rfc1918 and 6598: what no router of the internet forwards to."""
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]{1,2}")
_NAME = "[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
_ADDRESS = "https://www.googleapis.com/compute/v1/"
_PROJECT = rf"({re.escape(_ADDRESS)})?projects/(?P<project>[a-z0-9.:-]+)"
_NETWORK = re.compile(rf"({_PROJECT}/global/networks/)?{_NAME}")
_SUBNETWORK = re.compile(rf"({_PROJECT}/regions/(?P<region>[a-z0-9-]+)/subnetworks/)?{_NAME}")
_SECRET = re.compile(
    r"(?P<secret>projects/[a-z0-9.:-]+/secrets/(?P<id>[A-Za-z0-9_-]{1,255}))(/versions/(?P<version>latest|[0-9]{1,19}))?"
)
SECRET_NAME = "projects/<project>/secrets/<secret>, perhaps with /versions/<number>, of Secret Manager"  # noqa: S105


JOB, STARTER, SUBMITTER = "job", "starter", "submitter"
"""The service accounts: as whom the job runs, who starts it by the clock, and who submits its batches."""
_ACCOUNT_WORDS = {JOB: "masking", STARTER: "masking-start", SUBMITTER: "masking-batch"}


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

    :param reference: its resource name as it was given, perhaps with a version; fails where it is none.
    :param name: its resource name, without a version.
    :param condition: on the grant, where one version was named.
    """

    reference: pulumi.Input[str]
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
    def key_name(self) -> pulumi.Input[str]:
        """Resource name of the key that encrypts the dataset's own buckets, and the disks of a batch."""
        adopted = self.lake.adopted_key_name
        return self.lake.key.resource if adopted is None else adopted

    @property
    def subnetwork_uri(self) -> pulumi.Input[str]:
        """The subnetwork with its project and region, where its name alone was given."""
        given = self.network.subnetwork
        if not isinstance(given, str) or "/" in given:
            return given
        return f"projects/{self.where.project}/regions/{self.where.location}/subnetworks/{given}"

    @property
    def plan_object(self) -> str:
        """The plan in the work bucket; another plan is another object, so that a run reads the one it began with."""
        return f"{PLAN_FOLDER}{self.terms.plan_digest[:16]}.yaml"

    @property
    def verdict_uri(self) -> str:
        """Address of the gate's verdict."""
        return names.gcs_uri(self.bucket(WORK), f"{VERDICT_FOLDER}verdict.json")


def plan_dataset(mistakes: Mistakes, name: str, terms: Terms) -> DatasetPlan:
    """Check what only GCP can judge, and derive every name.

    :raises ComponentInputError: with everything that is wrong, what ``mistakes`` held before included.
    """
    args = terms.args
    where = place_on_gcp(mistakes, terms.placement, args.get("location"))
    if not _REGION.fullmatch(where.location):
        mistakes.add("location", "a region such as europe-west1, as a job runs in one", where.location)
    _check_machines(mistakes, terms.job, given_of(args, "job"))
    network = _network(mistakes, terms.job, where)
    check_key_name(mistakes, "kms_key_name", args.get("kms_key_name"), where)
    _check_disks(mistakes, terms, where)
    _check_alarms(mistakes, terms)
    readers = principals(mistakes, "readers", args.get("readers"))
    secret = _secret(mistakes, terms.key_secret)
    mistakes.stop()  # names are made of what was checked above
    accounts = {
        role: where.name(mistakes, GCP_SERVICE_ACCOUNT, f"{name}-{_ACCOUNT_WORDS[role]}") for role in _roles(terms)
    }
    job = where.name(mistakes, GCP_JOB, f"{name}-masking")
    tags = {**where.placement.tags, TEST_DATASET: accounts[JOB]}
    where = replace(where, placement=replace(where.placement, tags=tags))
    buckets = _own_buckets(mistakes, name, terms, where)
    mistakes.stop()
    lake = _lake(mistakes, name, terms, where, buckets, names.service_account_member(accounts[JOB], where.project))
    plan = DatasetPlan(
        terms=terms,
        where=where,
        job=job,
        accounts=accounts,
        lake=lake,
        source=_folder(args, "source", terms.source),
        target=terms.target or Place(Cloud.GCP, _copy_bucket(buckets), COPY_FOLDER, None),
        target_folder=_folder(args, "target", terms.target) if terms.target is not None else None,
        secret=secret,
        network=network,
        readers=readers,
    )
    _check_approval(mistakes, plan)
    mistakes.stop()
    return plan


def _roles(terms: Terms) -> list[str]:
    submits = [SUBMITTER] if terms.job.engine == DATAPROC else []
    return [JOB, *([STARTER] if terms.schedule is not None else []), *submits]


def _own_buckets(mistakes: Mistakes, name: str, terms: Terms, where: GcpPlacement) -> list[BucketPlan]:
    roles = [WORK, STAGING, *([COPY] if terms.target is None else [])]
    buckets = [plan_bucket(mistakes, where, f"{name}-masked", role, NO_ZONE) for role in roles]
    return [replace(bucket, retention=_RETENTION.get(bucket.role)) for bucket in buckets]


_BINDINGS = {WORK: work_bindings, COPY: copy_bindings, STAGING: staging_bindings}


def _lake(
    mistakes: Mistakes, name: str, terms: Terms, where: GcpPlacement, buckets: Sequence[BucketPlan], job: str
) -> LakePlan:
    bindings = {bucket.role: _BINDINGS[bucket.role](bucket.name, job) for bucket in buckets}
    plan = LakePlan(
        place=where,
        retention=terms.retention,
        deletion=terms.deletion,
        zones=tuple(buckets),
        logs=plan_logs(mistakes, where, f"{name}-masked"),
        key=plan_key(mistakes, where, f"{name}-masked"),
        adopted_key_name=terms.args.get("kms_key_name"),
        audit_logs=False,  # the project's setting, for lakes to make: what lies here is masked
        bindings=bindings,
    )
    mistakes.stop()
    return plan


def _copy_bucket(buckets: Sequence[BucketPlan]) -> str:
    return next(bucket.name for bucket in buckets if bucket.role == COPY)


def _folder(args: Mapping[str, Any], argument: str, place: Place) -> FolderPlan:
    grant = given_of(args, argument).get("folder", CREATE)
    return FolderPlan(place, str(getattr(grant, "value", grant)))


def _check_machines(mistakes: Mistakes, job: JobTerms, given: Mapping[str, Any]) -> None:
    workers = given.get("workers")
    if job.engine == CLOUD_RUN:
        if workers not in (None, 1):
            mistakes.add("job.workers", f"1, as Cloud Run has one machine; {DATAPROC} has more", workers)
        if job.size == LARGE:
            mistakes.add("job.worker_size", "small or medium, the largest machine of Cloud Run", job.size)
    else:
        if workers is not None and workers < LEAST_DATAPROC_WORKERS:
            mistakes.add("job.workers", f"{LEAST_DATAPROC_WORKERS} at least on Dataproc", workers)
        if job.timeout_minutes < LEAST_DATAPROC_MINUTES:
            mistakes.add("job.timeout_minutes", f"{LEAST_DATAPROC_MINUTES} at least on Dataproc", job.timeout_minutes)


def _check_disks(mistakes: Mistakes, terms: Terms, where: GcpPlacement) -> None:
    """The key that is made here encrypts a batch's disks too, for accounts that have a number in their names."""
    makes_key = "kms_key_name" not in terms.args
    if terms.job.engine == DATAPROC and makes_key and where.project_number is None:
        name = terms.placement.environment.name
        expected = f"a key, as gcp_project_number of {name} is not declared in dataops.yaml and Dataproc's own account "
        mistakes.add("kms_key_name", f"{expected}could not be let use one that is made here", None)


def _network(mistakes: Mistakes, job: JobTerms, where: GcpPlacement) -> NetworkPlan:
    given, subnets = job.network, job.network.get("subnets", ())
    network, subnetwork = given.get("vpc", ""), subnets[0] if subnets else ""
    if isinstance(network, str) and network and not _NETWORK.fullmatch(network):
        mistakes.add("job.network.vpc", "the name or self link of a network (projects/…/global/networks/…)", network)
    if isinstance(subnetwork, str) and subnetwork:
        match = _SUBNETWORK.fullmatch(subnetwork)
        if match is None or match["region"] not in (None, where.location):
            form = f"the name or self link of a subnetwork (projects/…/regions/{where.location}/subnetworks/…)"
            mistakes.add("job.network.subnets[0]", form, subnetwork)
    firewall = given.get("firewall", CREATE)
    ranges = tuple(given.get("reachable_ranges", ()))
    _check_ranges(mistakes, ranges)
    is_closed_here = str(getattr(firewall, "value", firewall)) == CREATE
    if job.engine == DATAPROC and is_closed_here and not ranges and given:
        expected = "the IPv4 range of the subnetwork, in which the machines of a batch talk to each other"
        mistakes.add("job.network.reachable_ranges", expected, None)
    project = _of_text(network, lambda text: _project_of(text) or where.project)
    return NetworkPlan(
        _of_text(network, _without_address), _of_text(subnetwork, _without_address), project, ranges, is_closed_here
    )


def _check_ranges(mistakes: Mistakes, ranges: Sequence[str]) -> None:
    mistakes.each_once("job.network.reachable_ranges", "range", ranges)
    for index, text in enumerate(ranges):
        if not _is_private(text):
            expected = "a private IPv4 range such as 10.8.0.0/24: the job must not reach the internet"
            mistakes.add(f"job.network.reachable_ranges[{index}]", expected, text)


def _is_private(text: str) -> bool:
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return any(network.subnet_of(private) for private in _PRIVATE)


def _project_of(network: str) -> str | None:
    """The project that a network's name tells, which is another than the job's where it is shared."""
    match = _NETWORK.fullmatch(network)
    return match["project"] if match else None


def _without_address(link: str) -> str:
    """The name in a self link: not every service takes the address before it."""
    return link.removeprefix(_ADDRESS)


def _of_text(value: pulumi.Input[str], make: Callable[[str], str]) -> pulumi.Input[str]:
    """What ``make`` makes of a text, now or as soon as it is known."""
    if isinstance(value, str):
        return make(value)
    output: pulumi.Output[Any] = pulumi.Output.from_input(value)
    return output.apply(lambda text: make(str(text)))


def _check_alarms(mistakes: Mistakes, terms: Terms) -> None:
    channels = terms.alarms.notification_channels
    check_channels(mistakes, "alarms.notification_channels", channels)
    told = len(channels) + len(terms.alarms.emails)
    if told > CHANNELS_AT_MOST:
        expected = f"{CHANNELS_AT_MOST} channels and e-mail addresses at most"
        mistakes.add("alarms.notification_channels", expected, f"{told} of them")


def _secret(mistakes: Mistakes, reference: pulumi.Input[str]) -> SecretPlan:
    def problem(text: str) -> str | None:
        return None if _SECRET.fullmatch(text) else f"the name of a secret, {SECRET_NAME}"

    checked = secret_reference(mistakes, "masking.key_secret", reference, problem)
    if not isinstance(checked, str):
        output: pulumi.Output[Any] = pulumi.Output.from_input(checked)
        return SecretPlan(checked, output.apply(lambda text: str(text).partition("/versions/")[0]), None)
    match = _SECRET.fullmatch(checked)
    if match is None:
        return SecretPlan("", "", None)
    version = match["version"] or ""
    return SecretPlan(checked, match["secret"], one_version(match["id"], version) if version.isdigit() else None)


def _check_approval(mistakes: Mistakes, plan: DatasetPlan) -> None:
    uri = plan.terms.approval_uri
    folder = names.gcs_uri(plan.bucket(WORK), APPROVAL_FOLDER)
    if uri is not None and not (uri.startswith(folder) and len(uri) > len(folder)):
        mistakes.add("gate.approval_uri", f"an address below {folder}, where the job reads and does not write", uri)
