"""The table of data stores agrees with the installed SDKs, and one place says how confidential a store's data is."""

from typing import Any

import pytest

from dataops_infra.conventions.contracts import DatasetContract, Location
from dataops_infra.conventions.model import Conventions
from dataops_infra.policy import UNKNOWN, Properties, Resource
from dataops_infra.policy.rules import Provider
from dataops_infra.policy.settings import Settings, built_in
from dataops_infra.policy.store_types import STORES, Kind, Store
from dataops_infra.policy.stores import classification_of, classified, contracts_in, gcp_project, values_at
from dataops_infra.policy.values import ReadLog
from tests.support.sdk_paths import has_path, source_of

S3, GCS, DATASET = "aws:s3/bucket:Bucket", "gcp:storage/bucket:Bucket", "gcp:bigquery/dataset:Dataset"
PROD = Conventions.model_validate({"environments": {"prod": {"production": True, "gcp_project": "acme-prod"}}})


def contract(uri: str | None, level: str) -> DatasetContract:
    return DatasetContract(
        id="1",
        version="1.0.0",
        domain="growth",
        dataset=f"data-{level}",
        owner="growth-data",
        classification=level,
        retention_class="standard",
        locations=(Location(type="s3", uri=uri),),
    )


def settings(*contracts: DatasetContract) -> Settings:
    default = built_in()
    return Settings(PROD, contracts, default.as_of, "a test", "0" * 12, given=True)


def resource(
    token: str, props: dict[str, Any], *contracts: DatasetContract, provider: dict[str, Any] | None = None
) -> Resource:
    log = ReadLog()
    return Resource(
        type=token,
        name="store",
        urn=f"urn:pulumi:prod::test::{token}::store",
        props=Properties(props, log),
        provider=Provider("pulumi:providers:x", "default", Properties(provider, log)) if provider else None,
        settings=settings(*contracts),
    )


@pytest.mark.parametrize("store", STORES.values(), ids=lambda store: store.token)
def test_every_path_of_the_table_is_in_the_sdk(store: Store) -> None:
    assert source_of(store.token) is not None
    assert [path for path in store.paths if not has_path(store.token, path)] == []


@pytest.mark.parametrize("path", ["nothing", "bucket[]", "tags.owner", "corsRules.id"])
def test_a_path_that_is_not_in_the_sdk_is_found_out(path: str) -> None:
    assert not has_path(S3, path)


def test_a_type_that_is_not_in_the_sdk_is_found_out() -> None:
    assert source_of("aws:s3/nothing:Nothing") is None
    assert not has_path("aws:s3/nothing:Nothing", "name")


def test_a_store_is_within_another_store_of_the_table() -> None:
    assert {store.within[1] for store in STORES.values() if store.within} <= set(STORES)


def test_both_clouds_have_streams_and_stores_at_rest() -> None:
    assert {(store.provider, store.kind) for store in STORES.values()} == {
        (provider, kind) for provider in ("aws", "gcp") for kind in Kind
    }


@pytest.mark.parametrize(
    ("props", "path", "values"),
    [
        ({"a": {"b": 1}}, "a.b", [1]),
        ({}, "a.b", [None]),
        ({"a": UNKNOWN}, "a.b", [UNKNOWN]),
        ({"a": [{"b": 1}, {}, {"b": UNKNOWN}]}, "a[].b", [1, None, UNKNOWN]),
        ({"a": [{"b": [{"c": 1}, {"c": 2}]}, {"b": []}]}, "a[].b[].c", [1, 2, None]),
        ({"a": []}, "a[].b", [None]),
        ({"a": UNKNOWN}, "a[].b", [UNKNOWN]),
        ({"a": [UNKNOWN, 7]}, "a[].b", [UNKNOWN, None]),
        ({"a": ["x", "y"]}, "a[]", ["x", "y"]),
        ({"a": "text"}, "a[]", [None]),
    ],
)
def test_values_at_a_path(props: dict[str, Any], path: str, values: list[Any]) -> None:
    assert list(values_at(Properties(props, ReadLog()), path)) == values


@pytest.mark.parametrize(
    ("token", "props", "contracts", "level"),
    [
        (S3, {}, [], None),
        (S3, {"tags": {"data-classification": "pii"}}, [], "pii"),
        (S3, {"tags": {"data-classification": "secret"}}, [], None),
        (S3, {"tags": {"data-classification": UNKNOWN}}, [], UNKNOWN),
        (S3, {"tags": {"data-classification": UNKNOWN}, "bucket": "lake"}, [("s3://lake/x", "pii")], UNKNOWN),
        (S3, {"bucket": "lake"}, [("s3://lake/raw/x/", "pii")], "pii"),
        (S3, {"bucket": "lake"}, [("s3a://lake", "pii")], "pii"),
        (S3, {"bucket": "lake"}, [("s3://lake-2/raw/x/", "pii"), (None, "pii")], None),
        (S3, {"bucket": "lake"}, [("s3://lake/a", "internal"), ("s3://lake/b", "pii")], "pii"),
        (S3, {"bucket": "lake", "tags": {"data-classification": "internal"}}, [("s3://lake/a", "pii")], "pii"),
        (S3, {"bucket": "lake", "tags": {"data-classification": "pii"}}, [("s3://lake/a", "internal")], "pii"),
        (GCS, {"name": "lake"}, [("s3://lake/a", "pii")], None),
        (GCS, {"name": "lake"}, [("gs://lake/a", "pii")], "pii"),
        (GCS, {"labels": {"data-classification": "masked"}}, [], "masked"),
        (DATASET, {"datasetId": "crm", "project": "acme-x"}, [("projects/acme-x/datasets/crm", "pii")], "pii"),
        (DATASET, {"datasetId": "crm"}, [("projects/acme-prod/datasets/crm", "pii")], "pii"),
        (DATASET, {"datasetId": "crm", "project": "acme-y"}, [("projects/acme-x/datasets/crm", "pii")], None),
        (DATASET, {"datasetId": "crm", "project": UNKNOWN}, [("projects/acme-x/datasets/crm", "pii")], None),
        (DATASET, {"datasetId": "not-legal", "project": "acme-x"}, [("projects/acme-x/datasets/crm", "pii")], None),
        ("aws:dynamodb/table:Table", {"name": "lake"}, [("s3://lake/a", "pii")], None),
        ("aws:rds/instance:Instance", {}, [("s3://lake/a", "pii")], None),
    ],
)
def test_classification_is_the_highest_of_tag_and_contracts(
    token: str, props: dict[str, Any], contracts: list[tuple[str | None, str]], level: Any
) -> None:
    found = classification_of(resource(token, props, *(contract(*each) for each in contracts)))
    assert found is UNKNOWN if level is UNKNOWN else found == level


def test_a_providers_default_label_classifies() -> None:
    given = resource(GCS, {}, provider={"defaultLabels": '{"data-classification": "pii"}'})
    assert classification_of(given) == "pii"


def test_what_the_tag_says_and_what_contracts_promise_are_told_apart() -> None:
    found = classified(
        resource(S3, {"bucket": "b", "tags": {"data-classification": "masked"}}, contract("s3://b", "pii"))
    )
    assert (found.stated, found.legal, found.promised, found.level) == ("masked", True, "pii", "pii")
    assert found.reaches("confidential")
    assert not classified(resource(S3, {"tags": {"data-classification": "masked"}})).reaches("confidential")
    assert not classified(resource(S3, {})).reaches("public")
    assert not classified(resource(S3, {"tags": {"data-classification": 7}})).legal


def test_contracts_in_a_bucket() -> None:
    mine = contract("s3://lake/raw/growth/", "pii")
    assert contracts_in(resource(S3, {"bucket": "lake"}, mine, contract("s3://other/x", "pii"))) == (mine,)
    assert contracts_in(resource(S3, {"bucket": UNKNOWN}, mine)) == ()


@pytest.mark.parametrize(
    ("props", "provider", "project"),
    [
        ({"project": "own"}, {"project": "provided"}, "own"),
        ({}, {"project": "provided"}, "provided"),
        ({}, None, "acme-prod"),
        ({"project": UNKNOWN}, {"project": "provided"}, None),
    ],
)
def test_the_project_of_a_resource(props: dict[str, Any], provider: dict[str, Any] | None, project: str | None) -> None:
    assert gcp_project(resource(GCS, props, provider=provider)) == project
