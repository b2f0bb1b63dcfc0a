"""What a store says of its data, and where such data may lie: level, sandbox, region."""

from collections.abc import Iterator
from typing import Any

from dataops_infra.conventions.tags import DATA_CLASSIFICATION, SANDBOX_ZONE, ZONE
from dataops_infra.policy import Resource, Rule, Severity, Stack, Unknown, Violation, taggable
from dataops_infra.policy.store_types import GCS_BUCKET, STORES, Place, Store
from dataops_infra.policy.stores import classified, values_at

from .controls import CLASSIFICATION, GDPR_PRINCIPLES, GDPR_TRANSFERS, LABELLING, PRIVACY, SEPARATION

SPEAKING = frozenset(token for token, store in STORES.items() if taggable(token) and store.within is None)
"""Stores that can say their classification themselves: those that take tags and do not lie in one that does."""
LABELLED = frozenset(token for token in STORES if taggable(token))
PLACED = frozenset(token for token, store in STORES.items() if store.location)

_CUSTOM_DUAL_REGION = "customPlacementConfig.dataLocations[]"


def is_external(resource: Resource) -> bool:
    """Whether the stack only reads the resource (``.get()``): an audit hands it over without its inputs."""
    return not (len(resource.props) if resource.inputs is None else resource.inputs)


def classification_declared(resource: Resource) -> Iterator[Violation]:
    """Every data store says how confidential its data is, and no less than the contracts of what lies in it."""
    if is_external(resource):
        return
    found, noun, path = classified(resource), STORES[resource.type].noun, resource.tags.path
    levels = ", ".join(found.levels.levels)
    if isinstance(found.stated, Unknown):
        return
    if found.stated is None:
        if found.promised is None:
            step = f"set `{DATA_CLASSIFICATION}` in `{path}` to one of {levels}"
            yield Violation(f"the {noun} does not say how confidential its data is", (step,))
    elif not found.legal:
        step = f"use one of {levels}"
        yield Violation(f"`{DATA_CLASSIFICATION}` of the {noun} names no level of the organisation", (step,))
    elif found.promised is not None and not found.reaches_as_stated(found.promised):
        names = ", ".join(contract.name for contract in found.contracts)
        step = f"set `{DATA_CLASSIFICATION}` in `{path}` to {found.promised}"
        message = f"`{DATA_CLASSIFICATION}` of the {noun} is lower than {found.promised}, which the contract says"
        yield Violation(f"{message} of what lies in it ({names})", (step,))


def not_in_sandbox(resource: Resource) -> Iterator[str]:
    """A sandbox holds no data above the level that the conventions allow there."""
    if resource.tags.get(ZONE) != SANDBOX_ZONE:
        return
    level, conventions = classified(resource).level, resource.settings.conventions
    limit = conventions.sandbox.classification_at_most
    if isinstance(level, str) and conventions.classification.rank(level) > conventions.classification.rank(limit):
        noun = STORES[resource.type].noun
        yield f"the {noun} belongs to a sandbox, which holds data up to the level {limit}, but is classified {level}"


def region_allowed(stack: Stack) -> Iterator[Violation]:
    """Data lies in the regions that the conventions name, where they name some."""
    for resource in stack.resources:
        store = STORES[resource.type]
        allowed = getattr(stack.settings.conventions.regions, store.provider)
        if not allowed or is_external(resource):
            continue
        if any(place not in allowed for place in _places(resource, store)):
            names = ", ".join(allowed)
            message = f"the {store.noun} lies outside the regions in which data may live ({names})"
            yield Violation(message, urn=resource.urn)


def _places(resource: Resource, store: Store) -> Iterator[str]:
    """The regions or multi-regions in which a store's data lies, as far as they are known."""
    values = list(values_at(resource.props, store.location))
    if resource.type == GCS_BUCKET:
        own = [value for value in values_at(resource.props, _CUSTOM_DUAL_REGION) if value is not None]
        values = own or values
    if values == [None] and store.location == "region" and resource.provider is not None:
        values = [resource.provider.props["region"]]
    for path in store.copies:
        values += values_at(resource.props, path)
    yield from (_region(value, store.place) for value in values if isinstance(value, str))


def _region(value: Any, place: Place) -> str:
    text = str(value).lower().rpartition("/")[2]
    if place is Place.SPANNER_CONFIG:
        return text.removeprefix("regional-")
    # A zone ends in a letter after its region: europe-west1-b.
    head, _, tail = text.rpartition("-")
    return head if len(tail) == 1 and tail.isalpha() and head else text


RULES = (
    Rule(
        name="pii-classification-declared",
        description="Every data store says how confidential its data is.",
        types=SPEAKING,
        check=classification_declared,
        remediation=(f"set the tag or label `{DATA_CLASSIFICATION}`",),
        severity=Severity.HIGH,
        frameworks=(CLASSIFICATION, LABELLING, GDPR_PRINCIPLES),
    ),
    Rule(
        name="pii-not-in-sandbox",
        description="Sandboxes hold no data above the level that the conventions allow in them.",
        types=LABELLED,
        check=not_in_sandbox,
        remediation=(
            "keep the data out of the sandbox, or put in only what was masked before it is written,"
            f" and say the level of that in `{DATA_CLASSIFICATION}`",
        ),
        severity=Severity.CRITICAL,
        frameworks=(SEPARATION, PRIVACY, GDPR_PRINCIPLES),
    ),
    Rule(
        name="pii-region-allowed",
        description="Data lies in the regions that the conventions name.",
        kind="stack",
        types=PLACED,
        check=region_allowed,
        remediation=("move the store to one of these regions, or add its region to `regions:` of dataops.yaml",),
        severity=Severity.HIGH,
        frameworks=(GDPR_TRANSFERS, PRIVACY),
    ),
)
