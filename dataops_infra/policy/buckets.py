"""Buckets of both clouds as one view each, whether a setting stands in the bucket or in a resource of its own.

Signatures::

    s3_buckets(stack) -> S3Buckets        a sequence of S3Bucket; .of_urn(urn)
    gcs_buckets(stack) -> GcsBuckets      a sequence of GcsBucket; .of_urn(urn)
    buckets.settings(kind) -> Joined      the join of one kind: .of(resource), .strays, .unresolved
    S3_TYPES, GCS_TYPES                   what a stack rule must name as its types to be shown all of this

    bucket.resource, .name, .zone, .classification, .in_lake
    bucket.versioned, .log_targets, .lifecycle_rules, .keys
    bucket.settings(kind)                 its separate resources of one kind (S3Setting, GcsSetting)
    bucket.may_miss(kind)                 whether one whose bucket is unknown may be this one's (is then waited for)
    s3_bucket.inline(name)                an input of the bucket itself, of either token; None if left out
    s3_bucket.policies                    (resource, value) of each bucket policy: give the value to read_document
    s3_bucket.encryptions                 default encryptions: Properties with sseAlgorithm, kmsMasterKeyId

A separate resource goes before what is inline, which the provider fills in. What is unknown is noted when it is read,
so that the kernel defers or denies; views count it as kept until then (``versioned`` is True, a rule expires), for a
rule not to say that something is missing which may be there. ``name`` alone is never waited for. External buckets,
those of ``.get()``, are no buckets of the stack.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from dataops_infra.conventions.tags import ZONE
from dataops_infra.policy.joins import Joined, join
from dataops_infra.policy.rules import Resource, Stack
from dataops_infra.policy.store_types import GCS_BUCKET, S3_BUCKETS
from dataops_infra.policy.stores import classification_of
from dataops_infra.policy.values import UNKNOWN, Items, Properties, Unknown


class S3Setting(Enum):
    """The kinds of resources that set something for one S3 bucket; the value is the provider's name for it."""

    ACL = "bucketAcl"
    ACCESS_POINT = "accessPoint"
    ENCRYPTION = "bucketServerSideEncryptionConfiguration"
    LIFECYCLE = "bucketLifecycleConfiguration"
    LOGGING = "bucketLogging"
    OWNERSHIP = "bucketOwnershipControls"
    POLICY = "bucketPolicy"
    PUBLIC_ACCESS = "bucketPublicAccessBlock"
    VERSIONING = "bucketVersioning"

    @property
    def types(self) -> frozenset[str]:
        """Its tokens; some have a second one, left from a renaming."""
        names = (self.value, f"{self.value}V2") if self.value in _HAVE_V2 else (self.value,)
        return frozenset(f"aws:s3/{name}:{name[0].upper()}{name[1:]}" for name in names)


_HAVE_V2: Final = frozenset(
    kind.value
    for kind in (S3Setting.ACL, S3Setting.ENCRYPTION, S3Setting.LIFECYCLE, S3Setting.LOGGING, S3Setting.VERSIONING)
)


PUBLIC_ACCESS_BLOCKS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


class GcsSetting(Enum):
    """The kinds of resources that set something for one GCS bucket."""

    ACL = "bucketACL bucketAccessControl defaultObjectACL defaultObjectAccessControl objectACL objectAccessControl"
    IAM = "bucketIAMMember bucketIAMBinding bucketIAMPolicy"
    FOLDER_IAM = "managedFolderIamMember managedFolderIamBinding managedFolderIamPolicy"

    @property
    def types(self) -> frozenset[str]:
        """Its tokens."""
        return frozenset(f"gcp:storage/{name}:{name[0].upper()}{name[1:]}" for name in self.value.split())


S3_TYPES: Final = S3_BUCKETS.union(*(kind.types for kind in S3Setting))
GCS_TYPES: Final = frozenset({GCS_BUCKET}).union(*(kind.types for kind in GcsSetting))


@dataclass(frozen=True)
class LogTarget:
    """Where a bucket's access logs go, as far as it is known."""

    source: Resource
    """The resource that says so: the bucket, or one of its own."""
    name: str | None
    urns: tuple[str, ...]
    """What the name was made from."""

    def is_in(self, bucket: "Bucket") -> bool:
        """Whether it is this bucket; notes the bucket's name where only that is missing to tell."""
        if self.name is not None and bucket.name is not None:
            return self.name == bucket.name
        if self.urns:
            return self.urns == (bucket.resource.urn,)
        if self.name is not None:
            bucket.wait_for_name()
        return False


@dataclass(frozen=True)
class LifecycleRule:
    """What one lifecycle rule, which is in force, does; True also where it is not known yet."""

    expires_current: bool
    expires_noncurrent: bool


@dataclass(frozen=True)
class Bucket:
    """What a bucket of either cloud is."""

    resource: Resource
    join_of: Callable[[Any], Joined]

    @cached_property
    def name(self) -> str | None:
        """The physical name, None while it is unknown."""
        return _text(self.resource.props.peek(self._name_property))

    @property
    def _name_property(self) -> str:
        return "bucket"

    def wait_for_name(self) -> None:
        """Note that the name is needed, where it is unknown."""
        self.resource.props.get(self._name_property)

    @cached_property
    def zone(self) -> str | Unknown | None:
        """The tag or label ``zone``."""
        zone = self.resource.tags.get(ZONE)
        return zone if isinstance(zone, str | Unknown) else None

    @property
    def classification(self) -> str | Unknown | None:
        """How confidential its data is: its tag, and the contracts of the datasets that lie in it."""
        return classification_of(self.resource)

    @property
    def in_lake(self) -> bool:
        """Whether it says that it is one of the lake's zones."""
        return self.zone in self.resource.settings.conventions.lake.zones

    def settings(self, kind: Any) -> tuple[Resource, ...]:
        """Its separate resources of one kind."""
        return self.join_of(kind).of(self.resource)

    def may_miss(self, kind: Any) -> bool:
        """Whether a separate resource whose bucket is unknown may be this one's; notes that it has to be waited for."""
        return self.join_of(kind).may_miss(self.resource)


class S3Bucket(Bucket):
    """An S3 bucket with its settings."""

    def inline(self, name: str) -> Any:
        """An input of the bucket itself: a list's first item where the second token has a list (``versionings``)."""
        value = self.resource.stated(name)
        if value is None:
            value = self.resource.stated(f"{name}s")
        return (value[0] if len(value) else None) if isinstance(value, Items) else value

    @cached_property
    def versioned(self) -> bool:
        """Whether old versions are kept."""
        separate = self.settings(S3Setting.VERSIONING)
        if separate:
            states = [_at(setting, "versioningConfiguration", "status") for setting in separate]
            return any(state == "Enabled" or isinstance(state, Unknown) for state in states)
        enabled = _within(self.inline("versioning"), "enabled")
        return enabled is True or isinstance(enabled, Unknown) or self.may_miss(S3Setting.VERSIONING)

    @cached_property
    def encryptions(self) -> tuple[Properties | Unknown, ...]:
        """Its default encryptions: Properties with ``sseAlgorithm`` and ``kmsMasterKeyId``, or UNKNOWN."""
        separate = self.settings(S3Setting.ENCRYPTION)
        if separate:
            rules = [rule for setting in separate for rule in _items(setting.stated("rules"))]
        else:
            inline = self.inline("serverSideEncryptionConfiguration")
            rules = [*_items(_within(inline, "rule")), *_items(_within(inline, "rules"))]
            if not rules and self.may_miss(S3Setting.ENCRYPTION):
                return (UNKNOWN,)
        return tuple(default for rule in rules for default in _defaults_of(rule))

    @property
    def keys(self) -> tuple[Any, ...]:
        """The keys that its default encryptions name."""
        named = [_within(default, "kmsMasterKeyId") for default in self.encryptions]
        return tuple(key for key in named if key is not None)

    @cached_property
    def log_targets(self) -> tuple[LogTarget, ...]:
        """Where its access logs go."""
        separate = self.settings(S3Setting.LOGGING)
        if separate:
            return tuple(target for setting in separate for target in _log_targets(setting, "targetBucket"))
        inline = (*self._inline_targets("logging"), *self._inline_targets("loggings"))
        return inline or ((LogTarget(self.resource, None, ()),) if self.may_miss(S3Setting.LOGGING) else ())

    def _inline_targets(self, name: str) -> tuple[LogTarget, ...]:
        return _log_targets(self.resource, name, "targetBucket")

    @cached_property
    def lifecycle_rules(self) -> tuple[LifecycleRule, ...]:
        """Its lifecycle rules that are in force."""
        separate = self.settings(S3Setting.LIFECYCLE)
        if separate:
            rules = [rule for setting in separate for rule in _items(setting.stated("rules"))]
        else:
            waited_for = [UNKNOWN] if self.may_miss(S3Setting.LIFECYCLE) else []
            rules = _items(self.resource.stated("lifecycleRules")) or waited_for
        return tuple(_s3_rule(rule) for rule in rules if _is_in_force(rule))

    @cached_property
    def policies(self) -> tuple[tuple[Resource, Any], ...]:
        """Its bucket policies: (the resource that holds it, its value)."""
        separate = self.settings(S3Setting.POLICY)
        if separate:
            return tuple((setting, setting.stated("policy")) for setting in separate)
        inline = self.inline("policy")
        return () if inline is None else ((self.resource, inline),)

    @property
    def refuses_public(self) -> bool:
        """Whether it is known that a block of its own refuses whatever policies and ACLs grant to the public."""
        blocks = self.settings(S3Setting.PUBLIC_ACCESS)
        return any(all(block.props.peek(name) is True for name in PUBLIC_ACCESS_BLOCKS) for block in blocks)


class GcsBucket(Bucket):
    """A GCS bucket with its settings."""

    @property
    def _name_property(self) -> str:
        return "name"

    @cached_property
    def versioned(self) -> bool:
        """Whether old versions are kept."""
        enabled = _at(self.resource, "versioning", "enabled")
        return enabled is True or isinstance(enabled, Unknown)

    @property
    def keys(self) -> tuple[Any, ...]:
        """The key that its default encryption names."""
        key = _at(self.resource, "encryption", "defaultKmsKeyName")
        return () if key is None else (key,)

    @cached_property
    def log_targets(self) -> tuple[LogTarget, ...]:
        """Where its usage logs go."""
        return _log_targets(self.resource, "logging", "logBucket")

    @cached_property
    def lifecycle_rules(self) -> tuple[LifecycleRule, ...]:
        """Its lifecycle rules."""
        return tuple(_gcs_rule(rule) for rule in _items(self.resource.stated("lifecycleRules")))


AnyBucket = TypeVar("AnyBucket", S3Bucket, GcsBucket)


class Buckets(Sequence[AnyBucket], Generic[AnyBucket]):
    """The buckets of a stack, sorted by URN; joins are made when first asked for, once."""

    def __init__(self, stack: Stack, view: type[AnyBucket], types: Iterable[str], names: Sequence[str]) -> None:
        self._stack, self._names = stack, names
        self._joins: dict[Any, Joined] = {}
        self._buckets: tuple[AnyBucket, ...] = tuple(
            view(resource, self.settings) for resource in stack.of_types(types) if resource.inputs != frozenset()
        )

    def __getitem__(self, index: Any) -> Any:
        return self._buckets[index]

    def __iter__(self) -> Iterator[AnyBucket]:
        return iter(self._buckets)

    def __len__(self) -> int:
        return len(self._buckets)

    @cached_property
    def _by_urn(self) -> Mapping[str, AnyBucket]:
        return {bucket.resource.urn: bucket for bucket in self._buckets}

    def of_urn(self, urn: str) -> AnyBucket | None:
        """The bucket of a URN, None where there is none in this stack."""
        return self._by_urn.get(urn)

    def settings(self, kind: S3Setting | GcsSetting) -> Joined:
        """The join of one kind of separate resources to the buckets."""
        if kind not in self._joins:
            subjects = [bucket.resource for bucket in self._buckets]
            settings = self._stack.of_types(kind.types)
            self._joins[kind] = join(self._stack, subjects, settings, reference="bucket", names=self._names)
        return self._joins[kind]


S3Buckets = Buckets[S3Bucket]
GcsBuckets = Buckets[GcsBucket]


def s3_buckets(stack: Stack) -> S3Buckets:
    """The S3 buckets that the stack makes, of both tokens."""
    return Buckets(stack, S3Bucket, S3_BUCKETS, ("bucket", "id", "arn"))


def gcs_buckets(stack: Stack) -> GcsBuckets:
    """The GCS buckets that the stack makes."""
    return Buckets(stack, GcsBucket, (GCS_BUCKET,), ("name", "id", "url"))


def _within(value: Any, name: str) -> Any:
    if isinstance(value, Properties):
        return value[name]
    return UNKNOWN if isinstance(value, Unknown) else None


def _at(resource: Resource, name: str, inner: str) -> Any:
    return _within(resource.stated(name), inner)


def _items(value: Any) -> list[Any]:
    """The items of a list, or the one thing that stands for a list of one."""
    if isinstance(value, Items):
        return list(value)
    return [] if value is None else [value]


def _defaults_of(rule: Any) -> list[Properties | Unknown]:
    if isinstance(rule, Unknown):
        return [UNKNOWN]
    names = ("applyServerSideEncryptionByDefault", "applyServerSideEncryptionByDefaults")
    found = [default for name in names for default in _items(_within(rule, name))]
    return [default for default in found if isinstance(default, Properties | Unknown)]


def _log_targets(source: Resource, name: str, inner: str = "") -> tuple[LogTarget, ...]:
    """The targets that an input names, itself or in ``inner``; of an unknown one, what it was made from says enough."""
    urns = source.property_dependencies.get(name, ())
    if urns and isinstance(_first(source.props.peek(name), inner), Unknown):
        return (LogTarget(source, None, urns),)
    targets = [_within(item, inner) if inner else item for item in _items(source.stated(name))]
    return tuple(LogTarget(source, _text(target), urns) for target in targets if target is not None)


def _first(value: Any, inner: str) -> Any:
    value = value[0] if isinstance(value, list) and value else value
    return value.get(inner) if inner and isinstance(value, Mapping) else value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _is_in_force(rule: Any) -> bool:
    """Whether a lifecycle rule acts: ``status`` in a separate configuration, ``enabled`` inline."""
    status, enabled = _within(rule, "status"), _within(rule, "enabled")
    return status == "Enabled" or enabled is True or isinstance(status, Unknown) or isinstance(enabled, Unknown)


def _s3_rule(rule: Any) -> LifecycleRule:
    current = [each for name in ("expiration", "expirations") for each in _items(_within(rule, name))]
    older = [
        each
        for name in ("noncurrentVersionExpiration", "noncurrentVersionExpirations")
        for each in _items(_within(rule, name))
    ]
    return LifecycleRule(
        expires_current=any(_says(each, "days") or _says(each, "date") for each in current),
        expires_noncurrent=any(_says(each, "noncurrentDays") or _says(each, "days") for each in older),
    )


def _says(value: Any, name: str) -> bool:
    return _within(value, name) is not None


_OF_NONCURRENT: Final = ("daysSinceNoncurrentTime", "noncurrentTimeBefore", "numNewerVersions")
_AGES: Final = ("age", "daysSinceCustomTime", *_OF_NONCURRENT)
"""Conditions that come true by themselves, https://cloud.google.com/storage/docs/lifecycle#conditions."""


def _gcs_rule(rule: Any) -> LifecycleRule:
    action, condition = _within(_within(rule, "action"), "type"), _within(rule, "condition")
    if action != "Delete" and not isinstance(action, Unknown):
        return LifecycleRule(expires_current=False, expires_noncurrent=False)
    ages, state = any(_says(condition, name) for name in _AGES), _within(condition, "withState")
    noncurrent_only = any(_says(condition, name) for name in _OF_NONCURRENT) and not isinstance(condition, Unknown)
    return LifecycleRule(
        expires_current=ages and state != "ARCHIVED" and not noncurrent_only,
        expires_noncurrent=ages and state != "LIVE",
    )
