"""Places in buckets, as masking jobs and policies speak of them: a bucket and how the names of its objects begin."""

import re
from dataclasses import dataclass
from typing import Any, Final

_URI: Final = re.compile(r"(s3|gs)[an]?://([^/]+)/?(.*)")
_OBJECTS: Final = re.compile(r"arn:[^:]*:s3:::([^/]*)(?:/(.*))?")
_WILD: Final = re.compile(r"[*?]|\$\{")


@dataclass(frozen=True)
class Place:
    """Objects of a bucket.

    :param prefix: what their names begin with; empty = all of them.
    """

    bucket: str
    prefix: str

    def holds(self, other: "Place") -> bool:
        """Whether all of ``other`` lies here."""
        return self.bucket == other.bucket and other.prefix.startswith(self.prefix)

    def meets(self, other: "Place") -> bool:
        """Whether an object may lie in both."""
        return self.holds(other) or other.holds(self)


def place_of(uri: Any) -> Place | None:
    """The place that an address names: the object, and all below it; None for what is none, or not known."""
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    return Place(found[2], found[3].rstrip("/")) if found else None


@dataclass(frozen=True)
class Pattern:
    """What a policy of AWS means by a resource: the fixed beginnings of a bucket's name and of its objects' names.

    :param is_whole_bucket: whether the bucket's name is told whole.
    """

    bucket: str
    prefix: str
    is_whole_bucket: bool

    def may_mean(self, place: Place) -> bool:
        """Whether it may mean an object there."""
        named = self.bucket == place.bucket if self.is_whole_bucket else place.bucket.startswith(self.bucket)
        return named and (place.prefix.startswith(self.prefix) or self.prefix.startswith(place.prefix))

    def lies_within(self, place: Place) -> bool:
        """Whether it means objects there alone."""
        return self.is_whole_bucket and place.holds(Place(self.bucket, self.prefix))


def pattern_of(resource: str) -> Pattern | None:
    """The pattern of objects of S3 that ``resource`` is; None where it names none (a bucket, another service)."""
    if resource == "*":
        return Pattern("", "", False)
    found = _OBJECTS.fullmatch(resource)
    if found is None:
        return Pattern("", "", False) if _WILD.search(":".join(resource.split(":")[:3])) else None
    bucket, prefix = found[1], found[2]
    wild = _WILD.search(bucket)
    if prefix is None:
        return Pattern(bucket[: wild.start()], "", False) if wild else None
    cut = _WILD.search(prefix)
    return Pattern(bucket[: wild.start()] if wild else bucket, prefix[: cut.start()] if cut else prefix, not wild)
