"""Buckets say their zone, are called by the organisation's pattern, and hold what the lake's layout says."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from dataops_infra.conventions.lake_layout import ZONE_PLACEHOLDER
from dataops_infra.conventions.lake_prefixes import prefix_mistake
from dataops_infra.conventions.name_limits import GCS_BUCKET as GCS_NAMES
from dataops_infra.conventions.name_limits import S3_BUCKET as S3_NAMES
from dataops_infra.conventions.name_reading import name_mistake, zone_in_name
from dataops_infra.conventions.tags import LOG_ZONE, NO_ZONE, SANDBOX_ZONE, ZONE
from dataops_infra.errors import InvalidInputError
from dataops_infra.policy import Resource, Rule, Severity, Stack, Unknown, Violation
from dataops_infra.policy.store_types import GCS_BUCKET, S3_BUCKETS
from dataops_infra.policy.tag_reading import as_text

from .locations import Place, reads_or_writes, split_places, uri_places

BUCKETS: Final = S3_BUCKETS | {GCS_BUCKET}
FREE_ZONES: Final = frozenset({NO_ZONE, LOG_ZONE, SANDBOX_ZONE})
"""Zones without layout: services lay out their logs themselves, people their sandboxes."""
GENERATED_LENGTH: Final = 26
"""Characters that the provider appends to ``bucketPrefix``: a timestamp and a counter."""
MOST_MESSAGES: Final = 10
"""Mistakes of one resource that are told one by one: a generated document may hold thousands."""

ASSET_INVENTORY: Final = "ISO/IEC 27001:2022 A.5.9"
LABELLING: Final = "ISO/IEC 27001:2022 A.5.13"


def zone_declared(bucket: Resource) -> Iterator[str]:
    """A bucket says by its tag or label which zone of the lake it is, or that it is none."""
    value = bucket.tags.get(ZONE)
    legal = (*bucket.settings.conventions.lake.zones, NO_ZONE)
    if value is None:
        yield f"the bucket does not say its zone: `{bucket.tags.path}` has no `{ZONE}`"
    elif not isinstance(value, Unknown) and as_text(value) not in legal:
        yield f"`{bucket.tags.path}.{ZONE}` must be one of {', '.join(legal)}"


def bucket_named(bucket: Resource) -> Iterator[str]:
    """A bucket that is part of the lake is called by the organisation's pattern."""
    on_aws = bucket.type in S3_BUCKETS
    environment = bucket.environment
    name = _physical_name(bucket)
    if name is None:
        return
    account = None if environment is None else environment.aws_account if on_aws else environment.gcp_project
    mistake = name_mistake(
        bucket.settings.conventions,
        S3_NAMES if on_aws else GCS_NAMES,
        name,
        environment=environment.name if environment else None,
        account=account,
    )
    # Read last: a bucket that is called rightly needs no zone to be right.
    if mistake and bucket.tags.get(ZONE) != NO_ZONE and not isinstance(bucket.tags.get(ZONE), Unknown):
        yield f"the bucket's name {mistake}"


def _physical_name(bucket: Resource) -> str | None:
    """The name, or one such as the provider makes where none is given; None while it is unknown."""
    named = bucket.props["name" if bucket.type == GCS_BUCKET else "bucket"]
    if isinstance(named, str | Unknown):
        return named if isinstance(named, str) else None
    prefix = bucket.props["bucketPrefix"]
    if isinstance(prefix, str | Unknown):
        return prefix + "0" * GENERATED_LENGTH if isinstance(prefix, str) else None
    made = bucket.facts.auto_name
    return f"{bucket.name}{made['separator']}{'0' * made['random']}"


class LakeBuckets:
    """The zone of a bucket as far as the stack, the contracts and the organisation's names tell it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._conventions = stack.settings.conventions
        self._resources = [resource for resource in stack.of_types(BUCKETS) if resource.inputs != frozenset()]

    @cached_property
    def urns(self) -> frozenset[str]:
        """URNs of the buckets of the stack."""
        return frozenset(self._by_urn)

    @cached_property
    def _by_urn(self) -> Mapping[str, Resource]:
        return {resource.urn: resource for resource in self._resources}

    @cached_property
    def _by_name(self) -> Mapping[str, Resource]:
        names = ((_peeked_name(resource), resource) for resource in self._resources)
        return {name: resource for name, resource in names if isinstance(name, str)}

    @cached_property
    def _unnamed(self) -> tuple[Resource, ...]:
        return tuple(resource for resource in self._resources if isinstance(_peeked_name(resource), Unknown))

    @cached_property
    def _contracted(self) -> Mapping[str, str]:
        zones: dict[str, str] = {}
        for contract in self._stack.settings.contracts:
            for location in contract.locations:
                scheme, _, rest = (location.uri or "").partition("://")
                bucket, _, path = rest.partition("/")
                zone = self._zone_in_path(path) if scheme in ("s3", "s3a", "s3n", "gs") else None
                if zone:
                    zones.setdefault(bucket, zone)
        return zones

    def _zone_in_path(self, path: str) -> str | None:
        for folder, name in zip(self._conventions.lake.grammar.folders, path.split("/"), strict=False):
            try:
                values = folder.read(name)
            except InvalidInputError:
                return None
            if ZONE_PLACEHOLDER in values:
                zone = str(values[ZONE_PLACEHOLDER])
                return zone if zone in self._conventions.lake.zones else None
        return None

    def zone_of(self, bucket: str) -> str | None:
        """The zone of a bucket, by its physical name or URN; None where it is no bucket of the lake, or not known yet
        (what has to be waited for is noted)."""
        resource = self._by_urn.get(bucket) or self._by_name.get(bucket)
        if resource is not None:
            stated = resource.tags.get(ZONE)
            if isinstance(stated, Unknown) or stated in (*self._conventions.lake.zones, NO_ZONE):
                return stated if isinstance(stated, str) else None
        zone = zone_in_name(self._conventions, bucket) or self._contracted.get(bucket)
        if zone is None and resource is None:
            self._wait_for_names(bucket)
        return zone

    def is_free(self, urn: str) -> bool:
        """Whether a URN is of a bucket of the stack that says that it holds no datasets."""
        return urn in self._by_urn and self.zone_of(urn) in FREE_ZONES

    def _wait_for_names(self, bucket: str) -> None:
        for resource in self._unnamed:
            prefix = resource.props.peek("bucketPrefix")
            if not isinstance(prefix, str) or bucket.startswith(prefix):
                resource.props[_name_property(resource)]


def _name_property(bucket: Resource) -> str:
    return "name" if bucket.type == GCS_BUCKET else "bucket"


def _peeked_name(bucket: Resource) -> object:
    return bucket.props.peek(_name_property(bucket))


def path_in_layout(stack: Stack) -> Iterator[Violation]:
    """Whatever is read or written in a bucket of the lake lies where the layout says."""
    buckets = LakeBuckets(stack)
    for resource in stack.resources:
        if resource.type in BUCKETS or resource.inputs == frozenset():
            continue
        messages: dict[str, None] = {}
        for place in (*uri_places(resource, buckets.is_free), *split_places(resource, buckets.urns)):
            message = _mistake(stack, buckets, place)
            if message:
                messages[message] = None
        for message in list(messages)[:MOST_MESSAGES]:
            yield Violation(message, urn=resource.urn)
        if len(messages) > MOST_MESSAGES:
            yield Violation(f"and {len(messages) - MOST_MESSAGES} more such places", urn=resource.urn)


def _mistake(stack: Stack, buckets: LakeBuckets, place: Place) -> str | None:
    zone = buckets.zone_of(place.bucket)
    if zone is None or zone in FREE_ZONES:
        return None
    prefix = place.prefix()
    mistake = prefix and prefix_mistake(stack.settings.conventions, prefix.text, zone)
    if prefix is None or mistake is None:
        return None
    note = f" ({prefix.note})" if prefix.note else ""
    return f"`{place.path}` leaves the layout {stack.settings.conventions.lake.layout}: its {mistake}{note}"


def _looked_at(token: str) -> bool:
    return token in BUCKETS or reads_or_writes(token)


RULES = (
    Rule(
        name="lake-zone-declared",
        description="Buckets say which zone of the lake they are, or that they are none.",
        types=BUCKETS,
        check=zone_declared,
        remediation=(f"set the tag or label `{ZONE}` (`{NO_ZONE}` = deliberately not part of the lake)",),
        frameworks=(LABELLING, ASSET_INVENTORY),
    ),
    Rule(
        name="lake-bucket-name",
        description="Buckets of the lake are called by the organisation's pattern.",
        types=BUCKETS,
        check=bucket_named,
        remediation=(f"name it by naming.pattern, or say `{ZONE}: {NO_ZONE}` if it is not part of the lake",),
        severity=Severity.LOW,
        frameworks=(ASSET_INVENTORY,),
    ),
    Rule(
        name="lake-path-in-layout",
        description="What is read and written in the lake lies where its layout says.",
        kind="stack",
        types=_looked_at,
        check=path_in_layout,
        remediation=(
            "move it to a folder of the layout",
            f"code, temporary files and results belong into a bucket whose zone is {NO_ZONE}, {LOG_ZONE} or"
            f" {SANDBOX_ZONE}",
        ),
        frameworks=(ASSET_INVENTORY,),
    ),
)
