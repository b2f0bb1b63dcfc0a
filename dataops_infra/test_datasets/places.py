"""Where a dataset lies: an address, or a prefix of a lake whose facts may be known only later."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pulumi

from dataops_infra.conventions import Conventions
from dataops_infra.conventions.lake_prefixes import prefix_mistake
from dataops_infra.conventions.name_limits import GCS_BUCKET, S3_BUCKET
from dataops_infra.foundation.inputs import Mistakes, one_of


class Cloud(Enum):
    """The cloud of a dataset."""

    AWS = "aws"
    GCP = "gcp"

    @property
    def scheme(self) -> str:
        """What its addresses begin with."""
        return "s3://" if self is Cloud.AWS else "gs://"


_URI = re.compile(r"(s3|gs)://([^/]+)/([^/].*)")
# What IAM policies and conditions read literally; wildcards and policy variables would mean other paths.
_PREFIX = re.compile(r"[A-Za-z0-9_=.-]+(/[A-Za-z0-9_=.-]+)*/?")
_LAKES = {"s3_lake": Cloud.AWS, "gcs_lake": Cloud.GCP}
_KEYS = {Cloud.AWS: "kms_key_arn", Cloud.GCP: "kms_key_name"}
_FORM = "s3://bucket/prefix or gs://bucket/prefix"


@dataclass(frozen=True)
class Place:
    """A folder of a bucket.

    :param bucket: its name; of a lake, whose facts are outputs, an output.
    :param prefix: path of the folder, with a slash at its end.
    :param kms_key: ARN or resource name of the key that encrypts it; None = no key that the organisation manages.
    """

    cloud: Cloud
    bucket: pulumi.Input[str]
    prefix: str
    kms_key: pulumi.Input[str] | None

    @property
    def uri(self) -> pulumi.Input[str]:
        """Its address, with a slash at its end."""
        if isinstance(self.bucket, str):
            return f"{self.cloud.scheme}{self.bucket}/{self.prefix}"
        return pulumi.Output.concat(self.cloud.scheme, self.bucket, "/", self.prefix)

    def overlaps(self, other: "Place") -> bool:
        """Whether one of two places with known buckets lies in the other."""
        same = isinstance(self.bucket, str) and self.bucket == other.bucket and self.cloud is other.cloud
        return same and (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))


def read_place(mistakes: Mistakes, conventions: Conventions, label: str, given: Mapping[str, Any]) -> Place | None:
    """The place that ``given`` describes; None where that cannot be told, and noted.

    :param label: the argument's name.
    """
    named = [key for key in ("uri", *_LAKES) if given.get(key) is not None]
    if len(named) != 1:
        mistakes.add(label, "exactly one of uri, s3_lake and gcs_lake", ", ".join(named) or None)
        return None
    read = _read_address if named == ["uri"] else _read_lake
    place = read(mistakes, conventions, label, given)
    if place is not None:
        _refuse_other_key(mistakes, label, given, place.cloud)
    return place


def _read_address(mistakes: Mistakes, _: Conventions, label: str, given: Mapping[str, Any]) -> Place | None:
    for argument in ("zone", "prefix"):
        if given.get(argument) is not None:
            mistakes.add(f"{label}.{argument}", "nothing beside uri, whose path says it", given[argument])
    match = _URI.fullmatch(given["uri"])
    if match is None:
        mistakes.add(f"{label}.uri", f"{_FORM}: the folder of one dataset", given["uri"])
        return None
    cloud = Cloud.AWS if match[1] == "s3" else Cloud.GCP
    problem = (S3_BUCKET if cloud is Cloud.AWS else GCS_BUCKET).problem(match[2])
    if problem:
        mistakes.add(f"{label}.uri", problem, given["uri"])
    prefix = _prefix(mistakes, f"{label}.uri", match[3])
    return Place(cloud, match[2], prefix, given.get(_KEYS[cloud]))


def _read_lake(mistakes: Mistakes, conventions: Conventions, label: str, given: Mapping[str, Any]) -> Place:
    argument, cloud = next((key, cloud) for key, cloud in _LAKES.items() if given.get(key) is not None)
    zone, path = given.get("zone"), given.get("prefix")
    if zone is None:
        mistakes.add(f"{label}.zone", f"one of the lake's zones, beside {argument}", None)
    else:
        mistakes.require_one_of(f"{label}.zone", conventions.lake.zones, zone)
    if path is None:
        mistakes.add(f"{label}.prefix", f"the dataset's path in the zone's bucket, beside {argument}", None)
    prefix = _prefix(mistakes, f"{label}.prefix", path or "missing")
    problem = prefix_mistake(conventions, prefix, zone) if path and zone in conventions.lake.zones else None
    if problem:
        mistakes.add(f"{label}.prefix", f"a path by lake.layout, whose {problem}", path)
    if given.get(_KEYS[cloud]) is not None:
        mistakes.add(f"{label}.{_KEYS[cloud]}", f"nothing beside {argument}, which tells its key", "a key")
    if mistakes.about(f"{label}.zone"):
        return Place(cloud, "", prefix, None)
    ref: pulumi.Output[Mapping[str, Any]] = pulumi.Output.from_input(given[argument])
    bucket = ref.apply(lambda known: _bucket_of(mistakes.component, f"{label}.zone", known, zone))
    return Place(cloud, bucket, prefix, ref.apply(lambda known: str(known[_KEYS[cloud]])))


def _bucket_of(component: str, label: str, ref: Mapping[str, Any], zone: object) -> str:
    """Which zones a lake has is known only with its facts; a wrong one fails the program there."""
    buckets = ref["buckets"]
    if zone not in buckets:
        late = Mistakes(component)
        late.add(label, one_of(list(buckets), str(zone)), zone)
        late.stop()
    return str(buckets[zone])


def _prefix(mistakes: Mistakes, label: str, path: str) -> str:
    if not _PREFIX.fullmatch(path) or {".", ".."} & set(path.split("/")):
        expected = "a path of letters, digits and _=.- between slashes, as the job's rights are made of it"
        mistakes.add(label, expected, path)
    return f"{path.rstrip('/')}/"


def _refuse_other_key(mistakes: Mistakes, label: str, given: Mapping[str, Any], cloud: Cloud) -> None:
    for other, argument in _KEYS.items():
        if other is not cloud and given.get(argument) is not None:
            mistakes.add(f"{label}.{argument}", f"{_KEYS[cloud]}, as the data lies on {cloud.name}", "a key")
