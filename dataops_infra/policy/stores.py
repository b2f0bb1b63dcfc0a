"""How confidential the data of a store is, for the types of :mod:`dataops_infra.policy.store_types`.

``classification_of(resource)`` is the level: from the tag or label ``data-classification`` (provider defaults count)
and from the contracts of the datasets that lie in the store; ``classified(resource)`` tells the two apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.conventions.names import bigquery_dataset_resource
from dataops_infra.conventions.tags import DATA_CLASSIFICATION
from dataops_infra.errors import InvalidInputError
from dataops_infra.policy.rules import Resource
from dataops_infra.policy.store_types import BIGQUERY_DATASET, GCS_BUCKET, S3_BUCKETS, STORES
from dataops_infra.policy.tag_reading import as_text
from dataops_infra.policy.values import UNKNOWN, Items, Properties, Unknown


def values_at(props: Properties, path: str) -> Iterator[Any]:
    """The values at a path, one for each item of the lists that ``[]`` goes through; None for what is absent.

    ``UNKNOWN`` where a part of the way is; reading it was noted.
    """
    before, each, after = path.partition("[]")
    value = props.at(before)
    if not each:
        yield value
    elif isinstance(value, Items) and len(value):
        for item in value:
            if not after:
                yield item
            elif isinstance(item, Properties):
                yield from values_at(item, after.removeprefix("."))
            else:
                yield UNKNOWN if isinstance(item, Unknown) else None
    else:
        yield UNKNOWN if isinstance(value, Unknown) else None


def stated_at(resource: Resource, path: str) -> Iterator[Any]:
    """:func:`values_at` among the inputs: what the cloud fills in by itself is None (:meth:`.Resource.stated`)."""
    first = path.partition(".")[0].removesuffix("[]")
    value = resource.stated(first)
    if value is None or isinstance(value, Unknown):
        yield value
    else:
        yield from values_at(resource.props, path)


@dataclass(frozen=True)
class Classified:
    """What is known of how confidential a store's data is.

    :param stated: what its tag or label says, a legal level or not; None = it has none.
    :param contracts: the datasets that lie in it, as their contracts say.
    """

    stated: str | Unknown | None
    contracts: tuple[DatasetContract, ...]
    levels: Classification

    @property
    def legal(self) -> bool:
        """Whether the tag names a level of the organisation."""
        return isinstance(self.stated, str) and self.stated in self.levels.levels

    @property
    def promised(self) -> str | None:
        """The highest level among the contracts; None without any."""
        known = [found.classification for found in self.contracts]
        return self.levels.highest(known) if known else None

    @property
    def level(self) -> str | Unknown | None:
        """The level that the data has: the higher one of tag and contracts; None where neither names a legal one."""
        if isinstance(self.stated, Unknown):
            return UNKNOWN
        known = [level for level in (self.stated if self.legal else None, self.promised) if level is not None]
        return self.levels.highest(known) if known else None

    def reaches_as_stated(self, floor: str) -> bool:
        """Whether the tag alone says a level as confidential as ``floor``."""
        return self.legal and self.levels.at_least(str(self.stated), floor)

    def reaches(self, floor: str) -> bool:
        """Whether the data is as confidential as ``floor``; False where its level is not known."""
        level = self.level
        return isinstance(level, str) and self.levels.at_least(level, floor)


def classified(resource: Resource) -> Classified:
    """How confidential a store's data is: tag or label ``data-classification`` with the provider's defaults, and the
    contracts of the datasets that lie in it."""
    stated = resource.tags.get(DATA_CLASSIFICATION)
    contracts = contracts_in(resource)
    text = stated if isinstance(stated, Unknown) or stated is None else as_text(stated) or ""
    return Classified(text, contracts, resource.settings.conventions.classification)


def classification_of(resource: Resource) -> str | Unknown | None:
    """The level of a store's data; UNKNOWN before its tags are known, None where nothing names a legal level."""
    return classified(resource).level


def contracts_in(resource: Resource) -> tuple[DatasetContract, ...]:
    """The contracts of the datasets that lie in a bucket or BigQuery dataset, by its physical name."""
    if not resource.settings.contracts:
        return ()
    places = _contract_places(resource)
    if not places:
        return ()
    return tuple(
        contract
        for contract in resource.settings.contracts
        if any(_store_in(location.uri) in places for location in contract.locations)
    )


def _contract_places(resource: Resource) -> frozenset[str]:
    store = STORES.get(resource.type)
    name = resource.props.at(store.physical) if store is not None and store.physical else None
    if not isinstance(name, str):
        return frozenset()
    if resource.type in S3_BUCKETS:
        return frozenset({f"s3://{name}"})
    if resource.type == GCS_BUCKET:
        return frozenset({f"gs://{name}"})
    if resource.type == BIGQUERY_DATASET:
        project = gcp_project(resource)
        return _dataset_place(project, name) if project else frozenset()
    return frozenset()


def _dataset_place(project: str, dataset: str) -> frozenset[str]:
    try:
        return frozenset({bigquery_dataset_resource(project, dataset)})
    except InvalidInputError:
        # The provider refuses such a name; no contract can state it either.
        return frozenset()


@cache
def _store_in(uri: str | None) -> str:
    """The bucket of an object URI, with its scheme; anything else as it is."""
    scheme, separator, rest = (uri or "").partition("://")
    return f"{'s3' if scheme in ('s3a', 's3n') else scheme}://{rest.partition('/')[0]}" if separator else scheme


def gcp_project(resource: Resource) -> str | None:
    """The project of a GCP resource: its own, the provider's, or the one that its environment declares."""
    own = resource.stated("project")
    provided = resource.provider.props["project"] if own is None and resource.provider else None
    for found in (own, provided):
        if isinstance(found, str) and found:
            return found
    return resource.environment.gcp_project if resource.environment and not isinstance(own, Unknown) else None
