"""Environments, the stacks that belong to them, the domains and the regions of an organisation."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from dataops_infra.conventions.base import Model, NamedModel, glob_matches, text

DEFAULT_ORGANISATION = "dataops"
"""Stands in names where ``organisation`` is not given."""

AWS_ACCOUNT_PATTERN = r"[0-9]{12}"
# Every region of both clouds ends with one of these words and a number; typing errors mostly do not:
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
# https://cloud.google.com/compute/docs/regions-zones
_DIRECTION = "(central|north|south|(north|south)?(east|west))"
AWS_REGION_PATTERN = rf"[a-z]{{2,4}}(-[a-z]+){{0,2}}-{_DIRECTION}-[0-9]{{1,2}}"
# https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin
GCP_PROJECT_PATTERN = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
# Multi-regions (US, EU) and dual-regions (EUR4) are locations too.
GCP_LOCATION_PATTERN = rf"[a-z]+-{_DIRECTION}[0-9]{{1,2}}|us|eu|asia|[a-z]{{3,4}}[0-9]"

OrganisationName = Annotated[
    str,
    text(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", "2 to 20 lowercase letters, digits and hyphens that begin with a letter"),
]
EnvironmentName = Annotated[
    str,
    text(r"[a-z][a-z0-9-]{0,14}[a-z0-9]", "2 to 16 lowercase letters, digits and hyphens that begin with a letter"),
]
DomainName = Annotated[
    str,
    text(r"[a-z][a-z0-9-]{0,28}[a-z0-9]", "2 to 30 lowercase letters, digits and hyphens that begin with a letter"),
]
# Identifiers: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
AwsAccount = Annotated[str, text(AWS_ACCOUNT_PATTERN, "an AWS account of 12 digits in quotes")]
GcpProject = Annotated[str, text(GCP_PROJECT_PATTERN, "a GCP project id of 6 to 30 characters")]
GcpProjectNumber = Annotated[str, text(r"[1-9][0-9]{5,18}", "the number of a GCP project in quotes")]
AwsRegion = Annotated[str, text(AWS_REGION_PATTERN, "an AWS region such as eu-west-1")]
StackGlob = Annotated[
    str, text(r"[A-Za-z0-9_.*?-]+", "a glob of stack names (letters, digits and _.-), without organisation and project")
]
GcpRegion = Annotated[str, text(GCP_LOCATION_PATTERN, "a GCP region such as europe-west1 (or us, eu, asia)")]


class Environment(NamedModel):
    """One environment: whether it is production, and the account and project it lives in."""

    production: bool = Field(default=False, description="Whether data of production may live here.")
    aws_account: AwsAccount | None = Field(default=None, description="AWS account id (12 digits, quoted).")
    gcp_project: GcpProject | None = Field(default=None, description="GCP project id.")
    gcp_project_number: GcpProjectNumber | None = Field(
        default=None,
        description="Number of that project (quoted): Google's own service accounts have it in their names.",
    )
    stacks: tuple[StackGlob, ...] = Field(
        default=(),
        description="Globs of further stacks that belong to this environment (`*` any text, `?` one character).",
    )


class Domain(NamedModel):
    """One data domain and the defaults of its components."""

    owner: str | None = Field(default=None, min_length=1, description="Default of the components' `owner`.")
    cost_center: str | None = Field(default=None, min_length=1, description="Default of the components' `cost_center`.")


class Regions(Model):
    """Where data may live; an empty list allows every region of that cloud."""

    aws: tuple[AwsRegion, ...] = Field(default=(), description="AWS regions in use; the first is the default.")
    gcp: tuple[GcpRegion, ...] = Field(default=(), description="GCP locations in use; the first is the default.")


def default_environments() -> dict[str, Environment]:
    """The environments of an organisation that declares none: dev, staging and (production) prod."""
    return {
        "dev": Environment().named("dev"),
        "staging": Environment().named("staging"),
        "prod": Environment(production=True).named("prod"),
    }


def environment_of(environments: Mapping[str, Environment], stack: str) -> Environment | None:
    """The environment that ``stack`` belongs to, or None.

    A stack given as ``organisation/project/stack`` counts by its last part. Where several environments match, the most
    specific one wins: the exact name, then a glob of ``stacks:`` (the one with most literal characters), then the
    suffix ``-<name>`` or ``.<name>`` (the longest name). What is still a tie goes to production, since a stack mistaken
    for production is watched too closely, the other way round too little; then to the first name of the alphabet.
    """
    name = stack.rsplit("/", 1)[-1]
    ranked = [(_specificity(entry, name), entry) for entry in environments.values()]
    matching = [(rank, entry) for rank, entry in ranked if rank is not None]
    if not matching:
        return None
    best = max(rank for rank, _ in matching)
    tied = [entry for rank, entry in matching if rank == best]
    return min(tied, key=lambda entry: (not entry.production, entry.name))


def _specificity(environment: Environment, stack: str) -> tuple[int, int] | None:
    if stack == environment.name:
        return (3, 0)
    globs = [glob for glob in environment.stacks if glob_matches(glob, stack)]
    if globs:
        return (2, max(len(glob) - glob.count("*") - glob.count("?") for glob in globs))
    if stack.endswith((f"-{environment.name}", f".{environment.name}")):
        return (1, len(environment.name))
    return None
