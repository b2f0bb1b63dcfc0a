"""What lets the public into a GCS bucket: no prevention, grants to everybody, ACLs."""

import json
from collections.abc import Iterator
from typing import Any

from dataops_infra.policy import Items, Resource, Stack, Unknown, Violation
from dataops_infra.policy.buckets import GcsSetting, gcs_buckets

EVERYBODY = ("allUsers", "allAuthenticatedUsers")
PUBLIC_CANNED = frozenset({"publicread", "publicreadwrite", "authenticatedread"})
"""Canned ACLs, without hyphens, in lower case: the two APIs of Cloud Storage spell them `publicRead` and `public-read`
(https://cloud.google.com/storage/docs/access-control/lists#predefined-acl)."""


def gcs_public(stack: Stack) -> Iterator[Violation]:
    """What could let the public reach a bucket of Cloud Storage."""
    prevented: set[str] = set()
    for bucket in gcs_buckets(stack):
        prevention = bucket.resource.stated("publicAccessPrevention")
        if prevention == "enforced":
            prevented.update(setting.urn for kind in GcsSetting for setting in bucket.settings(kind))
        elif not isinstance(prevention, Unknown):
            yield Violation("`publicAccessPrevention` is not enforced", urn=bucket.resource.urn)
    for resource in stack.of_types(GcsSetting.IAM.types | GcsSetting.FOLDER_IAM.types | GcsSetting.ACL.types):
        for path in _public_paths(resource, waits=resource.urn not in prevented):
            yield Violation(f"`{path}` lets in the public", urn=resource.urn)


def _public_paths(resource: Resource, waits: bool) -> Iterator[str]:
    """Names of the inputs that name everybody; where the cloud prevents it, what is unknown is not waited for."""
    for name in ("member", "members", "entity", "roleEntities", "policyData"):
        if any(
            _names_everybody(text) for text in _texts(resource.stated(name) if waits else resource.props.peek(name))
        ):
            yield name
    for name in ("predefinedAcl", "defaultAcl"):
        canned = resource.stated(name) if waits else resource.props.peek(name)
        if isinstance(canned, str) and canned.replace("-", "").lower() in PUBLIC_CANNED:
            yield name


def _texts(value: Any) -> Iterator[str]:
    """The members of a grant in any of its forms: one, a list, the JSON text of a policy."""
    if isinstance(value, Items | list):
        yield from (item for item in value if isinstance(item, str))
    elif isinstance(value, str) and value.lstrip().startswith("{"):
        yield from _members(value)
    elif isinstance(value, str):
        yield value


def _members(policy: str) -> Iterator[str]:
    try:
        bindings = json.loads(policy).get("bindings", ())
    except (ValueError, RecursionError, AttributeError):
        return
    for binding in bindings if isinstance(bindings, list) else ():
        members = binding.get("members") if isinstance(binding, dict) else None
        yield from (member for member in members if isinstance(member, str)) if isinstance(members, list) else ()


def _names_everybody(text: str) -> bool:
    """``allUsers``, and ``READER:allUsers`` of an ACL."""
    return text.rpartition(":")[2] in EVERYBODY
