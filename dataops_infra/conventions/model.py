"""The organisation's conventions as one frozen object: what ``dataops.yaml`` says, with every default filled in."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dataops_infra.conventions import tags as tag_keys
from dataops_infra.conventions.base import NAMED, Mistake, Model, refused, undeclared
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

FILE_NAME = "dataops.yaml"


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
    def _sections_agree(self) -> Self:
        mistakes = [
            *self._undeclared_levels(),
            *self._values_that_no_tag_may_have(),
            *self._globs_of_two_environments(),
        ]
        if mistakes:
            raise refused(mistakes)
        return self

    def _undeclared_levels(self) -> Iterator[Mistake]:
        levels = self.classification.levels
        for section, holder, key in (
            ("classification", self.classification, "customer_managed_key_from"),
            ("classification", self.classification, "production_only_from"),
            ("sandbox", self.sandbox, "classification_at_most"),
        ):
            level = getattr(holder, key)
            if level not in levels:
                yield undeclared(holder, key, level, ("classification", "levels"), levels, at=section)

    def _values_that_no_tag_may_have(self) -> Iterator[Mistake]:
        """What components write into tags by themselves must pass the rules of these tags."""
        values: list[tuple[str, str | None, tuple[str, ...]]] = []
        for name, domain in self.domains.items():
            values.append((tag_keys.DOMAIN, name, ("domains", name)))
            values.append((tag_keys.OWNER, domain.owner, ("domains", name, "owner")))
            values.append((tag_keys.COST_CENTER, domain.cost_center, ("domains", name, "cost_center")))
        values += [(tag_keys.ENVIRONMENT, name, ("environments", name)) for name in self.environments]
        for key, value, path in values:
            rule = self.tags.required.get(key)
            reason = rule.check(value, self) if rule and value is not None else None
            if reason is not None:
                yield Mistake(f"{value!r} {reason}", f"tags.required.{key} says so", path, ("tags", "required"))

    def _globs_of_two_environments(self) -> Iterator[Mistake]:
        owners: dict[str, str] = {}
        for name, environment in self.environments.items():
            for position, glob in enumerate(environment.stacks):
                first = owners.setdefault(glob, name)
                if first != name:
                    at = ("environments", name, "stacks", position)
                    yield Mistake(f"{glob!r} is claimed by environment {first!r} too", "keep one of them", at)

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

    def exemptions_for(self, policy: str, urn: str) -> tuple[Exemption, ...]:
        """The exemptions, expired or not, that speak of ``policy`` on the resource ``urn``."""
        return tuple(exemption for exemption in self.exemptions if exemption.matches(policy, urn))


def conventions_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of ``dataops.yaml``, for editors."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Conventions.model_json_schema(),
        "title": FILE_NAME,
    }
    _close_mappings(schema)
    return schema


def _close_mappings(schema: Any) -> None:
    """Refuse keys that match no pattern: pydantic writes the pattern of a mapping's keys but leaves other keys open."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            _close_mappings(part)
