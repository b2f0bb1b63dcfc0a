"""A component's place on Google Cloud: location, project, labels, principals, keys, and grants that end."""

from datetime import date
from typing import Any

import pulumi
import pytest

from dataops_infra.conventions import Conventions
from dataops_infra.conventions.name_limits import GCS_BUCKET
from dataops_infra.foundation.gcp import (
    PRINCIPAL_FORMS,
    GcpPlacement,
    check_key_name,
    place_in_locations,
    place_on_gcp,
    principals,
    until,
)
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.placement import place
from tests.support.recording import record

ARGS = {"domain": "growth", "data_classification": "internal", "owner": "growth-data", "cost_center": "cc-1234"}
DECLARED: dict[str, Any] = {"environments": {"dev": {"gcp_project": "acme-data-dev"}}}


def placed(
    document: dict[str, Any] | None = None,
    location: str | None = None,
    config: dict[str, str] | None = None,
    **args: Any,
) -> tuple[list[str], GcpPlacement]:
    """The mistakes and the place of a component in the stack ``dev``."""
    mistakes = Mistakes("Thing 'x'")
    found: list[GcpPlacement] = []

    def program() -> None:
        conventions = Conventions.model_validate(DECLARED if document is None else document)
        found.append(place_on_gcp(mistakes, place(mistakes, conventions, {**ARGS, **args}), location))

    record(program, config=config)
    return [str(mistake) for mistake in mistakes.found], found[0]


@pytest.mark.parametrize(
    ("allowed", "config", "argument", "location"),
    [
        (["europe-west1", "eu"], {}, None, "europe-west1"),
        (["europe-west1", "eu"], {"gcp:region": "eu"}, None, "eu"),
        (["europe-west1", "eu"], {"gcp:region": "eu"}, "europe-west1", "europe-west1"),
        ([], {}, "northamerica-northeast1", "northamerica-northeast1"),
    ],
)
def test_location_is_the_argument_else_the_stacks_else_the_first_of_the_conventions(
    allowed: list[str], config: dict[str, str], argument: str | None, location: str
) -> None:
    mistakes, where = placed({**DECLARED, "regions": {"gcp": allowed}}, argument, config)
    assert (mistakes, where.location) == ([], location)


@pytest.mark.parametrize(
    ("allowed", "location", "mistake"),
    [
        ([], None, "location: expected a location in this argument, in gcp:region or in regions.gcp of dataops.yaml, "
         "got None"),
        ([], "EU", "location: expected a location such as europe-west1 or eu, in lowercase, got 'EU'"),
        (
            ["europe-west1", "europe-west4"],
            "europe-west3",
            "location: expected one of europe-west1, europe-west4; did you mean 'europe-west4'?, got 'europe-west3'",
        ),
    ],
)  # fmt: skip
def test_wrong_location_is_one_mistake(allowed: list[str], location: str | None, mistake: str) -> None:
    assert placed({**DECLARED, "regions": {"gcp": allowed}}, location)[0] == [mistake]


@pytest.mark.parametrize(
    ("document", "config", "project"),
    [
        (DECLARED, {}, "acme-data-dev"),
        (DECLARED, {"gcp:project": "billing"}, "acme-data-dev"),
        ({}, {"gcp:project": "acme-other"}, "acme-other"),
    ],
)
def test_project_is_the_environments_else_the_stacks(
    document: dict[str, Any], config: dict[str, str], project: str
) -> None:
    mistakes, where = placed(document, "eu", config)
    assert (mistakes, where.project) == ([], project)


def test_no_project_anywhere_is_a_mistake_that_says_where_to_declare_one() -> None:
    assert placed({}, "eu")[0] == [
        "gcp_project: expected a project: declare gcp_project of dev in dataops.yaml, or set gcp:project, got None"
    ]


def test_project_of_the_stack_is_a_project_id() -> None:
    assert placed({}, "eu", {"gcp:project": "Acme Data"})[0] == [
        "stack config gcp:project: expected the id of a GCP project, of 6 to 30 characters, got 'Acme Data'"
    ]


def test_environment_that_is_none_is_not_asked_for_its_project() -> None:
    assert placed({}, "eu", environment="dve")[0] == [
        "environment: expected one of dev, staging, prod; did you mean 'dev'?, got 'dve'"
    ]


@pytest.mark.parametrize(
    ("environment", "config", "number"),
    [
        ({"gcp_project": "acme-data-dev", "gcp_project_number": "123456789012"}, {}, "123456789012"),
        ({"gcp_project": "acme-data-dev"}, {}, None),
        ({"gcp_project_number": "123456789012"}, {"gcp:project": "acme-other"}, None),
    ],
)
def test_number_is_that_of_the_declared_project_only(
    environment: dict[str, str], config: dict[str, str], number: str | None
) -> None:
    assert placed({"environments": {"dev": environment}}, "eu", config)[1].project_number == number


def test_component_of_several_locations_has_a_place_in_each_and_every_mistake_its_index() -> None:
    found: list[tuple[list[str], list[str]]] = []

    def program() -> None:
        conventions = Conventions.model_validate({**DECLARED, "regions": {"gcp": ["europe-west1", "eu"]}})
        for locations in (["europe-west1", "eu"], ["eu", "us", "eu"], []):
            mistakes = Mistakes("Thing 'x'")
            places = place_in_locations(mistakes, place(mistakes, conventions, ARGS), locations)
            found.append(([where.location for where in places], [mistake.input for mistake in mistakes.found]))

    record(program)
    assert found == [
        (["europe-west1", "eu"], []),
        (["eu", "us", "eu"], ["locations[1]", "locations[2]"]),
        ([], ["locations"]),
    ]


@pytest.mark.parametrize(("location", "keys"), [("europe-west1", "europe-west1"), ("eu", "europe"), ("us", "us")])
def test_keys_stand_where_cloud_kms_has_them(location: str, keys: str) -> None:
    assert placed(location=location)[1].kms_location == keys


def test_names_follow_the_pattern_with_location_and_project() -> None:
    pattern = "{account}-{region}-{environment}-{domain}-{name}"
    mistakes, where = placed({**DECLARED, "naming": {"pattern": pattern}}, "eu")
    found = Mistakes("Thing 'x'")
    assert where.name(found, GCS_BUCKET, "lake").startswith("acme-data-dev-eu-dev-growth-lake")
    assert where.name(found, GCS_BUCKET, "google") == ""
    assert [mistake.input for mistake in found.found] == ["name"]
    assert mistakes == []


@pytest.mark.parametrize(
    ("args", "mistake"),
    [
        ({"owner": "x" * 64}, "owner: expected 0 to 63 characters for a GCP label value, got"),
        (
            {"tags": {"team": "Checkout"}},
            "tags.team: expected lowercase letters, digits, underscores and hyphens for a GCP label value, got",
        ),
        ({"tags": {"Name": "x"}}, "tags.Name: expected lowercase letters, digits, underscores and hyphens that begin"),
        (
            {"tags": {f"t{number}": "x" for number in range(60)}},
            "tags: expected fewer: with those of the library 64 at most, got '70 tags'",
        ),
    ],
)  # fmt: skip
def test_tags_that_are_no_labels_are_mistakes(args: dict[str, Any], mistake: str) -> None:
    document = {**DECLARED, "tags": {"required": {}}}
    (found,) = placed(document, "eu", **args)[0]
    assert found.startswith(mistake)


def test_labels_may_be_outputs() -> None:
    found: list[str] = []

    def program() -> None:
        mistakes = Mistakes("Thing 'x'")
        conventions = Conventions.model_validate(DECLARED)
        tags = {"team": pulumi.Output.from_input("Checkout")}
        where = place_on_gcp(mistakes, place(mistakes, conventions, {**ARGS, "tags": tags}), "eu")
        found.extend([*where.labels, *map(str, mistakes.found)])

    record(program)
    assert found == ["team", "owner", "cost-center", "environment", "domain", "data-classification", "managed-by"]


POOL = "//iam.googleapis.com/projects/123456/locations/global/workloadIdentityPools/ci"


@pytest.mark.parametrize(
    "principal",
    [
        "user:ada@example.com",
        "group:growth.team+data@data.example.co.uk",
        "serviceAccount:load@acme-data-dev.iam.gserviceaccount.com",
        "serviceAccount:acme-data-dev.svc.id.goog[jobs/loader]",
        "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/ada@example.com",
        f"principal:{POOL}/subject/repo:acme/data:ref:refs/heads/main",
        f"principalSet:{POOL}/attribute.repository/acme/data",
        f"principalSet:{POOL}/group/5f3c",
    ],
)
def test_people_groups_and_workloads_are_principals(principal: str) -> None:
    mistakes = Mistakes("Thing 'x'")
    principals(mistakes, "readers", [principal])
    assert mistakes.found == []


@pytest.mark.parametrize(
    "principal",
    [
        "allUsers",
        "allAuthenticatedUsers",
        "domain:example.com",
        "projectOwner:acme-data-dev",
        "projectEditor:acme-data-dev",
        "projectViewer:acme-data-dev",
        "deleted:user:ada@example.com?uid=1",
        "user:Ada@example.com",
        "user:*@example.com",
        "ada@example.com",
        f"principalSet:{POOL}/*",
        f"principalSet:{POOL}/attribute.repository/*",
        "principalSet://cloudresourcemanager.googleapis.com/organizations/1/type/ServiceAccount",
        "user:ada@example.com\n",
        "",
    ],
)
def test_everybody_and_what_is_no_principal_is_a_mistake(principal: str) -> None:
    mistakes = Mistakes("Thing 'x'")
    principals(mistakes, "readers", ["user:ada@example.com", principal])
    assert [(mistake.input, mistake.got) for mistake in mistakes.found] == [("readers[1]", principal)]


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (
            f"principalSet:{POOL}/*",
            "a group or an attribute of the pool (/group/… or /attribute.…/…), not a whole pool",
        ),
        ("user:ANA@acme.example", "the address in lowercase"),
        ("user:ana", "a whole e-mail address after user:"),
        ("group:", "a whole e-mail address after group:"),
        ("serviceAccount:*@p.iam.gserviceaccount.com", "a whole e-mail address after serviceAccount:"),
        ("ana@acme.example", "what it is before the address: user:, group: or serviceAccount:"),
        ("allUsers", PRINCIPAL_FORMS),
        ("domain:acme.example", PRINCIPAL_FORMS),
        (f"principalSet:{POOL}/attribute.repository/*", PRINCIPAL_FORMS),
    ],
)
def test_the_wrong_part_of_a_principal_is_told(principal: str, expected: str) -> None:
    mistakes = Mistakes("Thing 'x'")
    principals(mistakes, "readers", [principal])
    assert [mistake.expected for mistake in mistakes.found] == [expected]


@pytest.mark.parametrize(
    ("location", "name", "legal"),
    [
        ("europe-west1", "projects/p-keys/locations/europe-west1/keyRings/r/cryptoKeys/k", True),
        ("eu", "projects/example.com:keys/locations/europe/keyRings/r_1/cryptoKeys/K-2", True),
        ("eu", "projects/p-keys/locations/eu/keyRings/r/cryptoKeys/k", False),
        ("eu", "projects/p-keys/locations/europe/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", False),
        ("eu", "k", False),
    ],
)
def test_key_is_one_where_the_data_is(location: str, name: str, legal: bool) -> None:
    mistakes = Mistakes("Thing 'x'")
    check_key_name(mistakes, "kms_key_name", name, placed(location=location)[1])
    assert [mistake.input for mistake in mistakes.found] == ([] if legal else ["kms_key_name"])


def test_grant_ends_with_the_last_day() -> None:
    assert until(date(2026, 12, 31)) == {
        "title": "until-2026-12-31",
        "description": "Access ends with 2026-12-31 (UTC).",
        "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")',
    }
