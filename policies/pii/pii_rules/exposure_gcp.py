"""Grants of Google Cloud to everybody: IAM members, ACLs of buckets, access lists of BigQuery."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dataops_infra.policy import Resource, Stack, Unknown, Violation
from dataops_infra.policy.buckets import GcsSetting, gcs_buckets
from dataops_infra.policy.joins import join
from dataops_infra.policy.store_types import BIGQUERY_DATASET
from dataops_infra.policy.stores import stated_at

from .classifying import is_external
from .openings import ANYBODY, PUBLIC_GCS_ACLS

_ACL_PATHS = ("entity", "roleEntities[]")
_ACCESSES = ("accesses[].specialGroup", "accesses[].iamMember")
_STEPS = ("grant it to groups or service accounts by name", "publish data of the level public only")


def open_on_gcp(stack: Stack) -> Iterator[tuple[Violation, Resource | None]]:
    """What lets anybody in, and the store that it opens as far as it is in the stack."""
    owners = _owners(stack)
    for resource in stack.resources:
        if not resource.type.startswith("gcp:") or is_external(resource):
            continue
        owner = owners.get(resource.urn)
        if resource.type in GcsSetting.ACL.types:
            if any(_opens_by_acl(resource)):
                yield Violation("the ACL lets anybody in", _STEPS, resource.urn), owner
        elif resource.type == BIGQUERY_DATASET:
            if any(value in ANYBODY for path in _ACCESSES for value in stated_at(resource, path)):
                yield Violation("the dataset's `accesses` let anybody in", _STEPS, resource.urn), resource
        elif any(member in ANYBODY for member in _members(resource)):
            yield Violation("the grant lets anybody in", _STEPS, resource.urn), owner


def _owners(stack: Stack) -> Mapping[str, Resource]:
    """URN of a grant -> the bucket or dataset of this stack that it speaks of."""
    buckets = gcs_buckets(stack)
    owners = {
        setting.urn: bucket.resource for bucket in buckets for kind in GcsSetting for setting in bucket.settings(kind)
    }
    datasets = stack.of_types({BIGQUERY_DATASET})
    grants = [resource for resource in stack.resources if _speaks_of_dataset(resource)]
    joined = join(stack, datasets, grants, reference="datasetId", names=("datasetId", "id"))
    return owners | {grant.urn: dataset for dataset in datasets for grant in joined.of(dataset)}


def _speaks_of_dataset(resource: Resource) -> bool:
    return resource.type.startswith("gcp:bigquery/") and resource.type != BIGQUERY_DATASET


def _opens_by_acl(resource: Resource) -> Iterator[bool]:
    predefined = resource.stated("predefinedAcl")
    yield not isinstance(predefined, Unknown) and predefined in PUBLIC_GCS_ACLS
    for path in _ACL_PATHS:
        for value in stated_at(resource, path):
            # `READER:allUsers` or `allUsers`
            yield isinstance(value, str) and value.rpartition(":")[2] in ANYBODY


def _members(resource: Resource) -> Iterator[Any]:
    """Who is granted something, in any of the forms: one member, several, a policy as JSON, an access of BigQuery."""
    for path in ("member", "members[]", "iamMember", "specialGroup"):
        name = path.removesuffix("[]")
        if resource.property_dependencies.get(name):
            # Made from another resource, such as a service account's address: that is somebody, known or not.
            yield from _known(resource.props.peek(name))
        else:
            yield from stated_at(resource, path)
    policy = resource.stated("policyData")
    if isinstance(policy, str):
        yield from _members_of_policy(policy)


def _known(value: Any) -> Iterator[Any]:
    yield from (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))


def _members_of_policy(text: str) -> Iterator[Any]:
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        return
    bindings = policy.get("bindings") if isinstance(policy, dict) else None
    for binding in bindings if isinstance(bindings, list) else ():
        members = binding.get("members") if isinstance(binding, dict) else None
        yield from members if isinstance(members, list) else ()
