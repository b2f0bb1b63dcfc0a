"""The organisation's conventions as one frozen object: what ``dataops.yaml`` says, with every default filled in."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from dataops_infra.conventions import tags as tag_keys
from dataops_infra.conventions.base import NAMED, Model, refusal
from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.environments import (
    DEFAULT_ORGANISATION,
    Domain,
    DomainName,
    Environment,
    EnvironmentName,
    OrganisationName,
    Regions,
    default_environments,
    environment_of,
)
from dataops_infra.conventions.exemptions import Exemption
from dataops_infra.conventions.lake_layout import Lake
from dataops_infra.conventions.naming import Naming
from dataops_infra.conventions.retention import Retention, RetentionClass
from dataops_infra.conventions.sandboxes import Sandbox
from dataops_infra.conventions.tags import TagRule, Tags
from dataops_infra.errors import InvalidInputError


class Conventions(Model):
    """All rules of ``dataops.yaml``; ``Conventions()`` holds the built-in defaults.

    A mapping or list that is given (environments, required tags, zones, …) replaces the default one as a whole.
    """

    organisation: OrganisationName = Field(default=DEFAULT_ORGANISATION, description="First part of physical names.")
    domains: Annotated[Mapping[DomainName, Domain], NAMED] = Field(
        default_factory=dict, description="Data domains; none = any name is one."
    )
    environments: Annotated[Mapping[EnvironmentName, Environment], NAMED] = Field(
        default_factory=default_environments, min_length=1, description="Environments by name."
    )
    regions: Regions = Field(default=Regions(), description="Where data may live.")
    tags: Tags = Field(default=Tags(), description="Required tags and labels.")
    naming: Naming = Field(default=Naming(), description="How physical names are put together.")
    lake: Lake = Field(default=Lake(), description="Zones and paths of the data lake.")
    retention: Retention = Field(default=Retention(), description="How long data must and may be kept.")
    classification: Classification = Field(default=Classification(), description="How confidential data is.")
    sandbox: Sandbox = Field(default=Sandbox(), description="Limits of sandboxes.")
    exemptions: tuple[Exemption, ...] = Field(
        default=(), description="Policies that need not hold, for a reason, until a date."
    )

    @model_validator(mode="after")
    def _sandbox_level_exists(self) -> Self:
        level = self.sandbox.classification_at_most
        if level not in self.classification.levels:
            given = "classification_at_most" in self.sandbox.model_fields_set
            raise refusal(
                f"sandbox.classification_at_most: {level!r}{'' if given else ' (the default)'} is not a level",
                f"one of {', '.join(self.classification.levels)}",
                ("sandbox", "classification_at_most") if given else ("classification", "levels"),
            )
        return self

    def environment(self, name: str) -> Environment:
        """The environment called ``name``.

        :raises InvalidInputError: the organisation has none of that name.
        """
        if name not in self.environments:
            raise InvalidInputError("environment", f"one of {', '.join(self.environments)}", name)
        return self.environments[name]

    def environment_of(self, stack: str) -> Environment | None:
        """The environment that ``stack`` belongs to (see :func:`.environments.environment_of`), or None."""
        return environment_of(self.environments, stack)

    def domain(self, name: str) -> Domain:
        """The domain called ``name``; one without defaults when the organisation declares no domains at all.

        :raises InvalidInputError: domains are declared and this is none of them.
        """
        if self.domains and name not in self.domains:
            raise InvalidInputError("domain", f"one of {', '.join(self.domains)}", name)
        return self.domains.get(name) or Domain().named(name)

    def retention_class(self, name: str | None = None) -> RetentionClass:
        """The retention class called ``name``, the default one for None.

        :raises InvalidInputError: the organisation has none of that name.
        """
        wanted = self.retention.default if name is None else name
        if wanted not in self.retention.classes:
            raise InvalidInputError("retention_class", f"one of {', '.join(self.retention.classes)}", wanted)
        return self.retention.classes[wanted]

    def tag_rule(self, key: str) -> TagRule | None:
        """What the value of the tag ``key`` must be: the required tags, and ``zone``; None = nothing is known of it."""
        if key == tag_keys.ZONE:
            return self.tags.required.get(key, TagRule(values_from="zones"))
        return self.tags.required.get(key)

    def tag_problems(self, values: Mapping[str, str]) -> dict[str, str]:
        """Each required tag that ``values`` lack or state wrongly, with the reason ("is missing", "must be …")."""
        reasons = {
            key: rule.check(values[key], self) if key in values else "is missing"
            for key, rule in self.tags.required.items()
        }
        return {key: reason for key, reason in reasons.items() if reason is not None}

    def exemptions_for(self, policy: str, urn: str) -> tuple[Exemption, ...]:
        """The exemptions, expired or not, that speak of ``policy`` on the resource ``urn``."""
        return tuple(exemption for exemption in self.exemptions if exemption.matches(policy, urn))
