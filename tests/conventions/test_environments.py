"""Which environment a stack belongs to."""

import pytest
from pulumi_aws import Region

from dataops_infra.conventions import Conventions, Environment
from dataops_infra.errors import InvalidInputError

NESTED = Conventions.model_validate(
    {
        "environments": {
            "prod": {"production": True},
            "eu-prod": {"production": True},
            "dev": {"stacks": ["play-*", "team-?"]},
            "test": {"stacks": ["play-ground*", "*-prod-copy"]},
        }
    }
)


@pytest.mark.parametrize(
    ("stack", "name"),
    [
        ("dev", "dev"),
        ("lake-dev", "dev"),
        ("lake.dev", "dev"),
        ("acme/lake/dev", "dev"),
        ("acme/lake/lake-staging", "staging"),
        ("prod", "prod"),
        ("devprod", None),
        ("dev-lake", None),
        ("prod_", None),
        ("DEV", None),
        ("", None),
    ],
)
def test_a_stack_belongs_by_name_or_suffix(stack: str, name: str | None) -> None:
    found = Conventions().environment_of(stack)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("stack", "name"),
    [
        ("acme-eu-prod", "eu-prod"),  # the longer name
        ("acme-us-prod", "prod"),
        ("play-x", "dev"),
        ("play-ground-1", "test"),  # the glob with more literal characters
        ("play-prod", "dev"),  # a glob that somebody wrote goes before a suffix
        ("prod", "prod"),  # the exact name goes before everything
        ("team-a", "dev"),
        ("team-ab", None),
        ("x-prod-copy", "test"),
    ],
)
def test_the_most_specific_match_wins(stack: str, name: str | None) -> None:
    found = NESTED.environment_of(stack)
    assert (found.name if found else None) == name


def test_only_literal_characters_make_a_glob_specific() -> None:
    environments = {"aa": {"stacks": ["p*l*y*?"]}, "bb": {"stacks": ["play*"]}}
    found = Conventions.model_validate({"environments": environments}).environment_of("play-1")
    assert found is not None
    assert found.name == "bb"


@pytest.mark.parametrize("names", [("alpha", "beta"), ("beta", "alpha")])
def test_a_tie_goes_to_production_then_to_the_alphabet_whatever_the_order(names: tuple[str, str]) -> None:
    globs = {"alpha": "a*x", "beta": "ax*"}
    plain = {name: {"stacks": [globs[name]]} for name in names}
    assert _name(plain) == "alpha"
    assert _name({**plain, "beta": {"stacks": ["ax*"], "production": True}}) == "beta"


def _name(environments: dict[str, object]) -> str:
    found = Conventions.model_validate({"environments": environments}).environment_of("ax")
    assert found is not None
    return found.name


def test_an_entry_knows_its_key_and_stays_frozen() -> None:
    shared = Environment(production=True)
    conventions = Conventions(environments={"one": shared, "two": shared})
    assert [environment.name for environment in conventions.environments.values()] == ["one", "two"]
    assert shared.name == ""
    with pytest.raises(ValueError, match="frozen"):
        conventions.environments["one"].production = False  # type: ignore[misc]


def test_an_environment_by_name() -> None:
    assert Conventions().environment("prod").production
    with pytest.raises(InvalidInputError, match=r"^environment: expected one of dev, staging, prod, got 'qa'$"):
        Conventions().environment("qa")


def test_any_domain_is_one_until_some_are_declared() -> None:
    assert Conventions().domain("anything").name == "anything"
    declared = Conventions.model_validate({"domains": {"growth": {"owner": "growth-data"}}})
    assert declared.domain("growth").owner == "growth-data"
    with pytest.raises(InvalidInputError, match=r"^domain: expected one of growth, got 'grwth'$"):
        declared.domain("grwth")


# https://cloud.google.com/compute/docs/regions-zones and the multi- and dual-regions of Cloud Storage, November 2026
GCP_LOCATIONS = """
    africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1
    asia-south2 asia-southeast1 asia-southeast2 asia-southeast3 australia-southeast1 australia-southeast2
    europe-central2 europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4
    europe-west6 europe-west8 europe-west9 europe-west10 europe-west12 me-central1 me-central2 me-west1
    northamerica-northeast1 northamerica-northeast2 northamerica-south1 southamerica-east1 southamerica-west1
    us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4 us eu asia nam4 eur4
    eur5 eur7 eur8 asia1
"""


def test_every_region_of_both_clouds_may_be_named() -> None:
    aws = tuple(region.value for region in Region)
    gcp = tuple(GCP_LOCATIONS.split())
    regions = Conventions.model_validate({"regions": {"aws": aws, "gcp": gcp}}).regions
    assert (regions.aws, regions.gcp) == (aws, gcp)
    assert len(aws) > 40
