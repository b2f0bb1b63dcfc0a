"""Tags and labels: which are required, what their values must be, how their keys are spelled."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dataops_infra.conventions.base import Model, glob_matches, matches_whole, pattern_mistake, refusal, text

if TYPE_CHECKING:
    from dataops_infra.conventions.model import Conventions

OWNER = "owner"
COST_CENTER = "cost-center"
ENVIRONMENT = "environment"
DOMAIN = "domain"
DATA_CLASSIFICATION = "data-classification"
MANAGED_BY = "managed-by"
ZONE = "zone"
EXPIRES_ON = "expires-on"
SANDBOX = "sandbox"
"""Which sandbox a resource belongs to: what its budget adds up by."""
TEST_DATASET = "test-dataset"
"""Which masked test dataset a resource belongs to: what the right to start its runs is bound to."""

MANAGED_BY_VALUE = "dataops-infra"
"""Value of ``managed-by`` on everything that our components make."""
NO_ZONE = "none"
"""Value of ``zone`` on a bucket that is deliberately not part of the lake."""

LOG_ZONE = "logs"
"""Value of ``zone`` on a bucket of access logs, which every lake has."""
SANDBOX_ZONE = "sandbox"
"""Value of ``zone`` on what belongs to a sandbox: it needs ``expires-on``, so no lake makes such a bucket."""

OWNER_PATTERN = "[a-z][a-z0-9-]{1,62}"

MANDATED_TAG_KEYS = (
    "Name",  # shown as the name in the EC2 and VPC consoles
    "RedshiftDbRoles",  # principal tag that Redshift Serverless maps to database roles
    "for-use-with-amazon-emr-managed-policies",  # condition of AmazonEMRServicePolicy_v2
    "aws:*",  # reserved to AWS itself
    "goog-*",  # reserved to Google itself
    "kubernetes.io/*",
    "k8s.io/*",
)
"""Globs of keys that a provider mandates in its own spelling."""

TagKey = Annotated[
    str,
    text(r"[a-z][a-z0-9-]{0,62}", "a key of lowercase letters, digits and hyphens, so that AWS and GCP both accept it"),
]
ValueSource = Literal["environments", "classification", "domains", "zones"]


def _is_regular_expression(pattern: str) -> str:
    mistake = pattern_mistake(pattern)
    if mistake:
        raise refusal(f"{pattern!r} is not a regular expression that ends in linear time: {mistake}")
    return pattern


class TagRule(Model):
    """What the value of a tag must be; ``{}`` = any text that is not empty."""

    pattern: Annotated[str, AfterValidator(_is_regular_expression)] | None = Field(
        default=None,
        description="Regular expression (without look-around and backreferences) that the whole value must match.",
    )
    values_from: ValueSource | None = Field(
        default=None, description="What lists the legal values: environments, classification, domains or zones."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.pattern is not None and self.values_from is not None:
            raise refusal("pattern and values_from exclude each other", "keep one of them", ("pattern",))
        return self

    def legal_values(self, conventions: "Conventions") -> tuple[str, ...] | None:
        """The closed set of values, or None where any text (of the pattern) is legal."""
        match self.values_from:
            case "environments":
                return tuple(conventions.environments)
            case "classification":
                return conventions.classification.levels
            case "domains":
                return tuple(conventions.domains) or None
            case "zones":
                return (*conventions.lake.zones, NO_ZONE)
            case _:
                return None

    def check(self, value: str, conventions: "Conventions") -> str | None:
        """Why ``value`` is wrong, in words that can follow "the tag"; None = right. Never repeats the value."""
        if not value.strip():
            return "must not be empty"
        legal = self.legal_values(conventions)
        if legal is not None and value not in legal:
            return f"must be one of {', '.join(legal)}"
        if self.pattern is not None and not matches_whole(self.pattern, value):
            return f"must match {self.pattern}"
        return None


def default_required_tags() -> dict[str, TagRule]:
    """The tags that an organisation requires which declares none."""
    return {
        OWNER: TagRule(pattern=OWNER_PATTERN),
        COST_CENTER: TagRule(),
        ENVIRONMENT: TagRule(values_from="environments"),
        DOMAIN: TagRule(),
        DATA_CLASSIFICATION: TagRule(values_from="classification"),
    }


class Tags(Model):
    """Which tags are required, on what."""

    scope: Literal["taggable", "billable"] = Field(
        default="taggable", description="Whether every taggable resource needs the tags, or only what costs money."
    )
    required: Mapping[TagKey, TagRule] = Field(
        default_factory=default_required_tags, description="Required tags: key, and what its value must be."
    )


def canonical_tag_key(key: str) -> str:
    """``key`` in the house's spelling: ``CostCenter``, ``cost_center`` and ``Cost Center`` become ``cost-center``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", key)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def is_mandated_tag_key(key: str) -> bool:
    """Whether a provider mandates the spelling of ``key``."""
    return any(glob_matches(glob, key) for glob in MANDATED_TAG_KEYS)
