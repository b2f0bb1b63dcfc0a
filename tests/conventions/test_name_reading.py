"""Reading names is the way back of making them: what `physical_name` makes is accepted, and others are told why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import Conventions, names
from dataops_infra.conventions.name_limits import GCS_BUCKET, S3_BUCKET
from dataops_infra.conventions.name_reading import name_mistake, zone_in_name
from dataops_infra.errors import InvalidInputError

PATTERN = "{organisation}-{environment}-{domain}-{name}"
ACME = Conventions.model_validate({"organisation": "acme", "domains": {"growth": {}, "data-platform": {}}})
OPEN = Conventions(organisation="acme")
WORDS = "lowercase letters, digits and hyphens between them"


def with_pattern(pattern: str) -> Conventions:
    return Conventions.model_validate({"organisation": "acme", "naming": {"pattern": pattern}})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("acme-dev-growth-lake-raw", None),
        ("acme-dev-data-platform-lake", None),
        ("acme-dev-growth-scratch-1234567", None),
        ("acme-prod-growth-lake", "{environment} must be dev"),
        ("zenith-dev-growth-lake", "{organisation} must be acme"),
        ("acme-dev-finance-lake", "{domain} must be one of growth, data-platform"),
        ("acme-dev-growth-", f"{{name}} must be {WORDS}"),
        ("acme-dev-growth", f"{{name}} must be {WORDS}"),
        ("acme-dev-growth-Lake", f"{{name}} must be {WORDS}"),
        ("acme-dev-growth-lake.raw", f"{{name}} must be {WORDS}"),
        ("", "{organisation} must be acme"),
        ("acme-dev-growth-" + "x" * 48, "it must have 63 characters at most"),
        ("acme-dev-12345678", "{domain} must be one of growth, data-platform"),
        ("acme-12345678", "{environment} must be dev"),
        ("acme-dev-fin-12345678", "{domain} must be one of growth, data-platform"),
    ],
)
def test_a_name_off_the_pattern_says_which_part(name: str, reason: str | None) -> None:
    expected = reason and f"does not follow {PATTERN}: {reason}"
    assert name_mistake(ACME, S3_BUCKET, name, environment="dev") == expected


@pytest.mark.parametrize(
    ("pattern", "name", "reason"),
    [
        ("{name}-{environment}", "lake-dev", None),
        ("{name}-{environment}", "lake-test", "{environment} must be one of dev, staging, prod"),
        ("{name}-{region}-data", "lake-eu-west-1-data", None),
        ("{name}-{region}-data", "lake-europe-west1-data", None),
        ("{name}-{region}-data", "lake-mars-data", "{region} must be a region"),
        ("{name}-{region}-data", "lake-eu-west-1", "it must end with -data"),
        ("{account}-{name}", "333333333333-lake", "{account} must be 111111111111"),
        ("x-{name}", "lake", f"{{name}} must be {WORDS}"),
    ],
)
def test_the_organisation_chooses_the_pattern(pattern: str, name: str, reason: str | None) -> None:
    expected = reason and f"does not follow {pattern}: {reason}"
    assert name_mistake(with_pattern(pattern), GCS_BUCKET, name, account="111111111111") == expected


def test_any_account_or_project_will_do_where_none_is_declared() -> None:
    conventions = with_pattern("{account}-{name}")
    assert name_mistake(conventions, GCS_BUCKET, "333333333333-lake") is None
    assert name_mistake(conventions, GCS_BUCKET, "acme-data-dev-lake") is None
    assert "{account} must be an account or a project" in str(name_mistake(conventions, GCS_BUCKET, "1-lake"))


def test_a_name_that_was_cut_must_begin_rightly() -> None:
    cut = "acme-dev-growth-" + "a" * 38
    assert len(cut) == 63 - 9
    assert name_mistake(ACME, S3_BUCKET, f"{cut}-0123abcd", environment="dev") is None
    assert name_mistake(ACME, S3_BUCKET, f"{cut.replace('dev', 'dav')}-0123abcd", environment="dev") is not None


words = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?", fullmatch=True)
domain_names = st.from_regex(r"[a-z][a-z0-9-]{0,28}[a-z0-9]", fullmatch=True)
environment_names = st.from_regex(r"[a-z][a-z0-9-]{0,14}[a-z0-9]", fullmatch=True)
patterns = st.sampled_from(
    [
        PATTERN,
        "{name}",
        "{name}-{domain}",
        "{environment}-{region}-{domain}-{name}-x",
        "{account}-{name}-{organisation}",
        "data-{domain}-{name}-{region}",
    ]
)


@given(
    pattern=patterns,
    organisation=environment_names,
    environment=environment_names,
    domain=domain_names,
    declared=st.booleans(),
    name=words,
    region=st.sampled_from(["eu-west-1", "us-gov-west-1", "europe-west1", "eu"]),
    account=st.sampled_from(["111111111111", "acme-data-dev"]),
)
def test_every_name_that_is_made_is_accepted(
    pattern: str,
    organisation: str,
    environment: str,
    domain: str,
    declared: bool,
    name: str,
    region: str,
    account: str,
) -> None:
    conventions = Conventions.model_validate(
        {
            "organisation": organisation,
            "environments": {environment: {}, "other": {}},
            "domains": {domain: {}, "another": {}} if declared else {},
            "naming": {"pattern": pattern},
        }
    )
    given_words = {"name": name, "environment": environment, "domain": domain, "region": region, "account": account}
    for service in (S3_BUCKET, GCS_BUCKET):
        try:
            made = names.physical_name(service, conventions, **given_words)
        except InvalidInputError:  # the service refuses it
            continue
        assert name_mistake(conventions, service, made, environment=environment, account=account) is None


@given(st.text(max_size=80))
def test_reading_never_raises_and_repeats_nothing(text: str) -> None:
    for conventions in (ACME, OPEN, with_pattern("{name}-{region}-{account}-{domain}")):
        mistake = name_mistake(conventions, S3_BUCKET, text)
        assert zone_in_name(conventions, text) is None or mistake is None
        assert len(text) < 20 or text not in str(mistake)


@pytest.mark.parametrize(
    ("pattern", "name", "zone"),
    [
        (PATTERN, "acme-dev-growth-lake-raw", "raw"),
        (PATTERN, "acme-prod-growth-raw", "raw"),
        (PATTERN, "acme-dev-data-platform-lake-curated-0123abcd", "curated"),
        (PATTERN, "acme-dev-growth-rawlake", None),
        (PATTERN, "acme-dev-growth-raw-lake", None),
        (PATTERN, "acme-dev-growth-lake-bronze", None),
        (PATTERN, "zenith-dev-growth-lake-raw", None),
        (PATTERN, "acme-test-growth-lake-raw", None),
        ("{name}-{region}", "lake-raw-eu-west-1", "raw"),
        ("{name}-{environment}-x", "lake-logs-dev-x", "logs"),
    ],
)
def test_the_end_of_a_buckets_own_word_tells_its_zone(pattern: str, name: str, zone: str | None) -> None:
    assert zone_in_name(with_pattern(pattern), name) == zone


def test_a_name_that_a_lake_made_tells_its_zone() -> None:
    made = names.physical_name(S3_BUCKET, ACME, name="lake-staged", environment="dev", domain="data-platform")
    assert made.startswith("acme-dev-data-platform-lake-staged-")
    assert zone_in_name(ACME, made) == "staged"
