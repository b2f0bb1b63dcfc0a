"""Grants of GCP's IAM, one by one: who gets which role on what, as far as prefixes of buckets are told apart."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dataops_infra.policy import Resource, Unknown

from ..flow.edges_gcp_access import NO_READING
from ..flow.graph import Node
from ..flow.kinds import GCS_BUCKET, reference
from ..flow.places import Atlas
from ..flow.principals import bindings_of, gcp_member, members_at
from .places import Place


def _family(module: str, stem: str) -> frozenset[str]:
    upper = stem[0].upper() + stem[1:]
    return frozenset(f"gcp:{module}/{stem}{each}:{upper}{each}" for each in ("Member", "Binding", "Policy"))


PROJECT: Final = _family("projects", "iAM")
BUCKET: Final = _family("storage", "bucketIAM")
FOLDER: Final = _family("storage", "managedFolderIam")
DATASET: Final = _family("bigquery", "datasetIam")
TOPIC: Final = _family("pubsub", "topicIAM")
GRANT_TYPES: Final = PROJECT | BUCKET | FOLDER | DATASET | TOPIC

_WRITING: Final = re.compile(
    r"roles/(owner|editor|storage\.(admin|objectAdmin|objectUser|objectCreator|legacyBucketWriter|legacyBucketOwner"
    r"|legacyObjectOwner|folderAdmin)|bigquery\.(admin|dataOwner|dataEditor|user|jobUser)|pubsub\.(admin|editor|publisher)"
    r"|cloudfunctions\.(admin|developer|invoker)|run\.(admin|developer|invoker)|secretmanager\.(admin|secretVersionAdder"
    r"|secretVersionManager)|iam\.serviceAccountTokenCreator|resourcemanager\..*|iam\.securityAdmin)"
)
"""Roles by which data goes elsewhere: https://cloud.google.com/iam/docs/roles-permissions. A role that the organisation
defined may write."""
_STARTS_WITH: Final = re.compile(r'resource\.name\.startsWith\("projects/_/buckets/([^/"]+)/objects/([^"]*)"\)')


@dataclass(frozen=True)
class Grant:
    """One role of one member.

    :param bucket: the bucket it stands on; empty = a whole project, or no bucket.
    :param places: the objects it is narrowed to; empty = all of the bucket.
    """

    by: Resource
    role: str
    member: Node
    bucket: str = ""
    places: tuple[Place, ...] = ()

    def reaches(self, place: Place) -> bool:
        """Whether it reaches an object there."""
        if self.bucket and self.bucket != place.bucket:
            return False
        return not self.places or any(place.meets(each) for each in self.places)


def reads(role: str) -> bool:
    """Whether a role may read objects of a bucket."""
    return role not in NO_READING and (
        role in _BASIC or role.startswith("roles/storage.") or not role.startswith("roles/")
    )


_BASIC: Final = frozenset({"roles/owner", "roles/editor", "roles/viewer"})


def writes(role: str) -> bool:
    """Whether a role may send data elsewhere."""
    return not role.startswith("roles/") or bool(_WRITING.fullmatch(role))


def grants(atlas: Atlas, types: frozenset[str] = GRANT_TYPES) -> Iterator[Grant]:
    """Every grant of the stack; notes what is not known yet."""
    for resource in atlas.stack.of_types(types):
        bucket, places = _subject(resource)
        for role, members, condition in _roles(atlas, resource):
            narrowed = _narrowed(condition)
            for member in members:
                yield Grant(resource, role, member, bucket, narrowed or places)


def _subject(resource: Resource) -> tuple[str, tuple[Place, ...]]:
    if resource.type not in BUCKET | FOLDER:
        return "", ()
    text = resource.props["bucket"]
    named = reference(GCS_BUCKET, text) if isinstance(text, str) else None
    bucket = named.name if named else "?"
    folder = resource.props["managedFolder"] if resource.type in FOLDER else None
    return bucket, (Place(bucket, folder.rstrip("/")),) if isinstance(folder, str) else ()


def _roles(atlas: Atlas, resource: Resource) -> Iterator[tuple[str, tuple[Node, ...], Any]]:
    props = resource.props
    if "policyData" in props.keys():  # noqa: SIM118 - `in` would wait for an unknown value
        data = props["policyData"]
        bindings = _decoded(data).get("bindings")
        for binding in bindings if isinstance(bindings, list) else ():
            for role, members in bindings_of({"bindings": [binding]}):
                nodes = tuple(node for member in members for node in gcp_member(atlas, member))
                yield role, nodes, binding.get("condition")
        return
    role = props.at("role")
    nodes = tuple(node for key in ("member", "members") for node in members_at(atlas, resource, props, key))
    yield role if isinstance(role, str) else "", nodes, props["condition"]


def _decoded(value: Any) -> Mapping[str, Any]:
    try:
        policy = json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return {}
    return policy if isinstance(policy, Mapping) else {}


def _narrowed(condition: Any) -> tuple[Place, ...]:
    """The objects that a condition names, where it is nothing but a list of their beginnings."""
    expression = condition.get("expression") if isinstance(condition, Mapping) else None
    if not isinstance(expression, str) or isinstance(expression, Unknown):
        return ()
    parts = [_STARTS_WITH.fullmatch(part.strip()) for part in expression.split("||")]
    if not all(parts):
        return ()
    return tuple(Place(part[1], part[2].rstrip("/")) for part in parts if part)


def writing_grants(atlas: Atlas, member: Node) -> Iterator[Grant]:
    """The grants of a member by which data goes elsewhere; waits for members that are not known yet."""
    for grant in grants(atlas):
        if not writes(grant.role):
            continue
        if atlas.is_unknown(grant.member):
            atlas.outside(grant.member)
        elif grant.member == member:
            yield grant
