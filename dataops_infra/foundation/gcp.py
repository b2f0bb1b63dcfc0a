"""Where a component stands on Google Cloud: location, project, and the names that follow from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pulumi

from dataops_infra.conventions.environments import GCP_LOCATION_PATTERN, GCP_PROJECT_PATTERN
from dataops_infra.conventions.name_limits import GCP_LABEL_KEY, GCP_LABEL_VALUE, NameLimits
from dataops_infra.conventions.sandboxes import access_ends, timestamp
from dataops_infra.foundation.inputs import Mistakes, once_known
from dataops_infra.foundation.placement import Placement, check_places, check_tags

# https://cloud.google.com/iam/docs/principal-identifiers. The provider compares e-mail addresses in lowercase: two
# spellings would be two grants in the program and one in the cloud, which goes when the first of them goes.
_EMAIL = r"[a-z0-9._%+'-]+@[a-z0-9-]+(\.[a-z0-9-]+)+"
_POOL = (
    r"//iam\.googleapis\.com/(locations/global/workforcePools|projects/[0-9]+/locations/global/workloadIdentityPools)"
    r"/[a-z0-9.-]+"
)
_WORD = r"[A-Za-z0-9._:@/%+=~-]+"
_PRINCIPAL = re.compile(
    rf"(user|group):{_EMAIL}"
    rf"|serviceAccount:({_EMAIL}|[a-z0-9.:-]+\.svc\.id\.goog\[[a-z0-9./-]+\])"
    rf"|principal:{_POOL}/subject/{_WORD}"
    rf"|principalSet:{_POOL}/(group|attribute\.[a-z0-9_]+)/{_WORD}"
)
_KINDS_WITH_ADDRESS = ("user", "group", "serviceAccount")
PRINCIPAL_FORMS = "user:…, group:…, serviceAccount:…, principal://… or principalSet://… in lowercase, never everybody"
"""What may get access, in words; ``allUsers``, ``domain:`` and ``projectOwner:`` may not."""

_KEY_NAME = re.compile(
    r"projects/([a-z0-9.:-]+)/locations/([a-z0-9-]+)/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}"
)
_CHANNEL = re.compile(r"projects/[a-z0-9.:-]+/notificationChannels/[0-9]+")
# https://cloud.google.com/kms/docs/locations: the other multi-regions are called the same there.
_KMS_LOCATIONS = {"eu": "europe"}
LABELS_AT_MOST = 64
"""https://cloud.google.com/resource-manager/docs/labels-overview#requirements"""
FALLBACK_LOCATION = "europe-west1"
"""Only to go on checking after a missing location was noted; never used for a resource."""


@dataclass(frozen=True)
class GcpPlacement:
    """A placement with the location and the project in which the component's resources stand; all are known."""

    placement: Placement
    location: str
    project: str

    @property
    def labels(self) -> dict[str, pulumi.Input[str]]:
        """The labels of everything the component makes."""
        return {**self.placement.tags}

    @property
    def project_number(self) -> str | None:
        """The project's number where the conventions declare it."""
        environment = self.placement.environment
        return environment.gcp_project_number if environment.gcp_project == self.project else None

    @property
    def kms_location(self) -> str:
        """Where Cloud KMS has the keys for data in this location."""
        return _KMS_LOCATIONS.get(self.location, self.location)

    def name(self, mistakes: Mistakes, limits: NameLimits, name: str) -> str:
        """The physical name of a resource, by the organisation's pattern; notes why there is none, then it is ''."""
        return self.placement.name(mistakes, limits, name, self.location, self.project)


def place_on_gcp(mistakes: Mistakes, placement: Placement, location: str | None) -> GcpPlacement:
    """Find the location (argument, else ``gcp:region``, else the first of the conventions) and the project."""
    allowed = placement.conventions.regions.gcp
    found = location or pulumi.Config("gcp").get("region") or next(iter(allowed), None)
    if found is None:
        mistakes.add("location", "a location in this argument, in gcp:region or in regions.gcp of dataops.yaml", None)
    else:
        check_location(mistakes, "location", allowed, found)
    _check_labels(mistakes, placement)
    return GcpPlacement(placement, found or FALLBACK_LOCATION, _project(mistakes, placement))


def place_in_locations(
    mistakes: Mistakes, placement: Placement, locations: Sequence[str] | None
) -> tuple[GcpPlacement, ...]:
    """One placement per location of the argument ``locations``, as :func:`check_places` has them."""

    def check(argument: str, location: str) -> None:
        check_location(mistakes, argument, placement.conventions.regions.gcp, location)

    found = check_places(mistakes, "location", locations, check)
    _check_labels(mistakes, placement)
    project = _project(mistakes, placement)
    return tuple(GcpPlacement(placement, location, project) for location in found)


def check_location(mistakes: Mistakes, argument: str, allowed: Sequence[str], location: str) -> None:
    """It is one of the conventions' locations, or any where they name none."""
    if allowed:
        mistakes.require_one_of(argument, allowed, location)
    elif not re.fullmatch(GCP_LOCATION_PATTERN, location):
        mistakes.add(argument, "a location such as europe-west1 or eu, in lowercase", location)


def principals(mistakes: Mistakes, argument: str, given: object) -> list[pulumi.Input[str]]:
    """People, groups and workloads, one each; everybody, whole domains and the roles of a project are mistakes.

    An output is judged :func:`once it is known <dataops_infra.foundation.inputs.once_known>`.
    """
    return once_known(mistakes, argument, given, _principal_problem)


def _principal_problem(principal: str) -> str | None:
    """What is expected instead of ``principal``: the part that is wrong where that can be told."""
    if _PRINCIPAL.fullmatch(principal):
        return None
    kind, _, address = principal.partition(":")
    if re.fullmatch(_EMAIL, principal.lower()):
        return "what it is before the address: user:, group: or serviceAccount:"
    if re.fullmatch(rf"principalSet:{_POOL}/\*", principal):
        return "a group or an attribute of the pool (/group/… or /attribute.…/…), not a whole pool"
    if kind not in _KINDS_WITH_ADDRESS:
        return PRINCIPAL_FORMS
    lowercase = _PRINCIPAL.fullmatch(f"{kind}:{address.lower()}")
    return "the address in lowercase" if lowercase else f"a whole e-mail address after {kind}:"


def check_key_name(mistakes: Mistakes, argument: str, name: object, where: GcpPlacement) -> None:
    """It is the resource name of a Cloud KMS key (not of a version of it) where ``where`` needs one."""
    if isinstance(name, str):
        match = _KEY_NAME.fullmatch(name)
        if not match or match[2] != where.kms_location:
            form = f"projects/<project>/locations/{where.kms_location}/keyRings/<key ring>/cryptoKeys/<key>"
            mistakes.add(argument, f"the name of a Cloud KMS key, {form}", name)


def check_channels(mistakes: Mistakes, argument: str, channels: Sequence[pulumi.Input[str]]) -> None:
    """They are resource names of notification channels of Cloud Monitoring, each once."""
    mistakes.each_once(argument, "channel", channels)
    for index, channel in enumerate(channels):
        if isinstance(channel, str) and not _CHANNEL.fullmatch(channel):
            form = "a channel of Cloud Monitoring (projects/<project>/notificationChannels/<number>)"
            mistakes.add(f"{argument}[{index}]", form, channel)


def until(last_day: date) -> dict[str, str]:
    """The IAM condition of a grant that ends by itself when ``last_day`` (UTC) has ended.

    The cloud itself compares with the time of each request (https://cloud.google.com/iam/docs/conditions-overview).
    """
    return {
        "title": f"until-{last_day.isoformat()}",
        "description": f"Access ends with {last_day.isoformat()} (UTC).",
        "expression": f'request.time < timestamp("{timestamp(access_ends(last_day))}")',
    }


def _project(mistakes: Mistakes, placement: Placement) -> str:
    """The environment's project, else the stack's: keys and service accounts have it in their names."""
    found = placement.environment.gcp_project or pulumi.Config("gcp").get("project") or ""
    if found and not re.fullmatch(GCP_PROJECT_PATTERN, found):
        mistakes.add("stack config gcp:project", "the id of a GCP project, of 6 to 30 characters", found)
    elif not found and not mistakes.about("environment"):
        expected = f"a project: declare gcp_project of {placement.environment.name} in dataops.yaml, or set gcp:project"
        mistakes.add("gcp_project", expected, None)
    return found


def _check_labels(mistakes: Mistakes, placement: Placement) -> None:
    check_tags(mistakes, placement.tags, GCP_LABEL_KEY, GCP_LABEL_VALUE, LABELS_AT_MOST)
