"""The tables of what destroys data and what keeps logs agree with the installed SDKs."""

import pytest

from dataops_infra.policy.store_types import STORES
from dataops_infra.provider_facts.derive import camel
from policies.data_lake.data_lake_rules.deletion import _WITHOUT_DATA, DESTROYS
from policies.data_lake.data_lake_rules.log_retention import LOG_STORES
from tests.support.sdk_paths import has_path, source_of

TAKES_DATA_ALONG = {"forceDestroy": True, "skipFinalSnapshot": True, "deleteContentsOnDestroy": True}
CACHES = {"gcp:redis/instance:Instance"}
"""Hold copies of what lies elsewhere."""


@pytest.mark.parametrize("type_", DESTROYS)
def test_every_property_of_the_table_is_in_the_sdk(type_: str) -> None:
    named = [*(name for name, _ in DESTROYS[type_]), *_WITHOUT_DATA.get(type_, ())]
    assert [name for name in named if not has_path(type_, name)] == []


@pytest.mark.parametrize("type_", sorted(set(STORES) - CACHES))
def test_no_store_of_the_sdk_was_forgotten(type_: str) -> None:
    source = source_of(type_)
    assert source is not None
    # On Google Cloud the provider protects from deletion where it is not told otherwise; AWS does not.
    switches = TAKES_DATA_ALONG | ({"deletionProtection": False} if type_.startswith("gcp:") else {})
    inputs = {camel(name) for name in source.inputs}
    assert dict(DESTROYS.get(type_, ())) == {name: value for name, value in switches.items() if name in inputs}


@pytest.mark.parametrize("type_", LOG_STORES)
def test_every_property_of_log_stores_is_in_the_sdk(type_: str) -> None:
    facts = LOG_STORES[type_]
    assert has_path(type_, facts.property)
    assert has_path(type_, facts.unless[0])
