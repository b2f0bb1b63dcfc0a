"""A rule as a record, and what its check is given.

A rule is one function and its record. The function is a generator: it yields what is wrong, a sentence or a
:class:`Violation` each, and yields nothing when the resource is fine::

    def check(resource: Resource) -> Iterator[str]:
        if resource.props.at("versioning.enabled", False) is not True:
            yield "versioning is off"

    RULE = Rule(name="lake-bucket-versioned", description="Buckets of the lake keep old versions.",
                types=frozenset({"aws:s3/bucket:Bucket"}), check=check, remediation=("set versioning.enabled",))

It reads properties through :class:`~dataops_infra.policy.values.Properties`. Messages name keys and types of values and
never repeat a value of a property: secrets arrive as plain text.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from dataops_infra.conventions.environments import Environment
from dataops_infra.conventions.exemptions import Exemption
from dataops_infra.policy.settings import Settings
from dataops_infra.policy.tag_reading import Tags
from dataops_infra.policy.values import UNKNOWN, Properties, ReadLog, ReceivedProperties
from dataops_infra.provider_facts import TypeFacts, facts

PROVIDER_TYPE_PREFIX = "pulumi:providers:"


class Level(Enum):
    """What a violation does, unless the pack's config says otherwise."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"
    DISABLED = "disabled"


class Severity(Enum):
    """How bad a violation is, for reports."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class OnUnknown(Enum):
    """The verdict of a rule that has read a value which is unknown before deployment."""

    DENY = "deny"
    DEFER = "defer"


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong.

    :param message: the sentence.
    :param fix: steps that mend it; the rule's own when empty.
    :param urn: the resource that a stack rule speaks of; the stack itself when empty.
    """

    message: str
    fix: tuple[str, ...] = ()
    urn: str = ""


Finding = str | Violation


@dataclass(frozen=True)
class Provider:
    """The provider of a resource."""

    type: str
    name: str
    props: Properties


@dataclass(frozen=True)
class Resource:
    """One resource as a rule sees it: checked inputs in Analyze, outputs in a stack rule."""

    type: str
    name: str
    urn: str
    props: Properties
    provider: Provider | None
    settings: Settings
    config: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The policy's own config keys."""
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    """URNs; only in a stack rule."""
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Input -> URNs it was made from, which holds even where the value is unknown; only in a stack rule."""
    inputs: frozenset[str] | None = None
    """Names of the inputs, of which an external resource has none; None where the pack was shown nothing else."""

    @cached_property
    def facts(self) -> TypeFacts:
        """What the provider's SDK says about the type."""
        return facts(self.type)

    @cached_property
    def tags(self) -> Tags:
        """The resource's tags or labels, with the provider's defaults."""
        return Tags(self.facts, self.props, self.provider.props if self.provider else None)

    def stated(self, name: str) -> Any:
        """An input by its name; None if it was left out, though the cloud fills in an output of that name.

        A stack rule is shown outputs: S3 reports an encryption for every bucket, unknown before the deployment. Where
        the provider itself is not known yet there is not even an output (unknown).
        """
        if self.inputs is None:
            return self.props[name]
        if name not in self.inputs:
            return None
        return self.props[name] if len(self.props) else Properties({name: UNKNOWN}, self.props.log)[name]

    @property
    def stack(self) -> str:
        """Name of the stack, from the URN: a pack that audits a state is told no stack."""
        return self.urn.split(":")[2]

    @property
    def project(self) -> str:
        """Name of the project, from the URN."""
        return self.urn.split(":")[4]

    @cached_property
    def environment(self) -> Environment | None:
        """The environment that the stack belongs to."""
        return self.settings.conventions.environment_of(self.stack)


@dataclass(frozen=True)
class Stack:
    """The resources of a stack that a rule looks at, in no fixed order of arrival; sorted by URN here."""

    resources: tuple[Resource, ...]
    settings: Settings
    config: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    urn_prefixes: frozenset[str] = frozenset()
    """How the URNs of all the stack's resources begin (``urn:pulumi:dev::lake::``), also of those not looked at."""

    def concerned_by(self, exemption: Exemption) -> bool:
        """Whether an exemption can concern a resource of this stack: one file of conventions serves many stacks."""
        return any(exemption.may_concern(prefix) for prefix in self.urn_prefixes)

    def of_types(self, types: Iterable[str]) -> tuple[Resource, ...]:
        """The resources of some types, of those that the rule looks at."""
        wanted = frozenset(types)
        return tuple(resource for resource in self.resources if resource.type in wanted)

    @cached_property
    def by_urn(self) -> Mapping[str, Resource]:
        """URN -> resource."""
        return {resource.urn: resource for resource in self.resources}


ResourceCheck = Callable[[Resource], Iterable[Finding]]
StackCheck = Callable[[Stack], Iterable[Finding]]
Remediation = Callable[[Any, Settings], bool]
"""Edits the properties of the resource it is given (an ``EditableResource``) in place; True if it changed anything."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    :param name: ``<scope>-<requirement>``, permanent: never renamed, never reused.
    :param description: one sentence that says what holds when the rule is kept.
    :param types: the type tokens it looks at, or a predicate of the token. A stack rule is given resources of these
        types alone, so one that looks at no resource but judges the settings names none.
    :param check: yields what is wrong; see the module's docstring.
    :param remediation: steps for people, shown after ``Fix:``.
    :param frameworks: controls that the rule helps with, such as ``ISO/IEC 27001:2022 A.5.9``, the main one first.
    :param on_unknown: the verdict when the check has read an unknown value.
    :param remediate: mends the resource; runs only at level REMEDIATE.
    :param config: JSON Schema of the rule's own config keys; a key's ``default`` also counts where nobody fills it in.
    :param exemptible: whether ``exemptions:`` of the conventions can name it.
    """

    name: str
    description: str
    check: ResourceCheck | StackCheck
    types: frozenset[str] | Callable[[str], bool] = frozenset()
    kind: Literal["resource", "stack"] = "resource"
    remediation: tuple[str, ...] = ()
    severity: Severity = Severity.MEDIUM
    frameworks: tuple[str, ...] = ()
    level: Level = Level.MANDATORY
    on_unknown: OnUnknown = OnUnknown.DEFER
    remediate: Remediation | None = None
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    exemptible: bool = True

    def __post_init__(self) -> None:
        if self.kind == "stack" and self.exemptible and not self.types:
            raise ValueError(f"the stack rule {self.name} names no types, so it would be given no resource and pass")

    def applies_to(self, token: str) -> bool:
        """Whether the rule looks at resources of this type."""
        return token in self.types if isinstance(self.types, frozenset) else self.types(token)

    def own_config(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rule's config keys, defaults filled in: a unit test and the SDK fill nothing."""
        defaults = {key: schema["default"] for key, schema in self.config.items() if "default" in schema}
        return MappingProxyType({**defaults, **{key: given[key] for key in self.config if key in given}})


def taggable(token: str) -> bool:
    """Type predicate: the provider's type takes tags or labels."""
    return facts(token).taggable


def every_type(token: str) -> bool:  # noqa: ARG001 - a type predicate
    """Type predicate of a rule that looks at every resource, which a large stack has many of."""
    return True


def properties(value: Any, log: ReadLog, path: str = "") -> Properties:
    """A safe view of properties in any form: a proxy of ``pulumi_policy``, wire data or plain data."""
    return ReceivedProperties(value, log, path)
