"""Who may read data on GCP: IAM of stores, projects and service accounts, ACLs, access lists of BigQuery."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dataops_infra.policy import Properties, Resource, Unknown

from .edges import EdgeKind, End, at, blocks, spots, text_at
from .graph import Edge, Node
from .kinds import (
    DATASET,
    EXCHANGE,
    GCS_BUCKET,
    LISTING,
    PUBSUB_TOPIC,
    SERVICE_ACCOUNT,
    SQL_INSTANCE,
    SUBSCRIPTION,
    Kind,
)
from .places import PUBLIC, Atlas, flow
from .principals import ANY_USER, bindings_of, gcp_member, members_at

READ_BY: Final = "read by"

NO_READING: Final = frozenset(
    {
        "roles/bigquery.jobUser",
        "roles/bigquery.metadataViewer",
        "roles/bigquery.user",
        "roles/pubsub.publisher",
        "roles/pubsub.viewer",
        "roles/analyticshub.viewer",
        "roles/storage.bucketViewer",
        "roles/storage.folderAdmin",
        "roles/storage.legacyBucketReader",
        "roles/storage.legacyBucketWriter",
        "roles/storage.objectCreator",
    }
)
"""Predefined roles that read no data: https://cloud.google.com/iam/docs/roles-permissions. Any other role, also one of
an organisation, counts as reading."""
_IMPERSONATING: Final = frozenset(
    {
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountUser",
        "roles/iam.serviceAccountKeyAdmin",
        "roles/iam.serviceAccountOpenIdTokenCreator",
        "roles/iam.workloadIdentityUser",
        "roles/iam.serviceAccountAdmin",
        "roles/owner",
        "roles/editor",
    }
)
"""Roles on a service account that let act as it: https://cloud.google.com/iam/docs/service-account-permissions."""


@dataclass(frozen=True)
class Granting:
    """One family of IAM resources: ``<stem>Member``, ``<stem>Binding`` and ``<stem>Policy`` of a module.

    :param subject: the property that names what is granted.
    """

    module: str
    stem: str
    subject: End
    text: str = READ_BY

    @property
    def types(self) -> frozenset[str]:
        """The tokens of the three."""
        upper = self.stem[0].upper() + self.stem[1:]
        return frozenset(
            f"gcp:{self.module}/{self.stem}{each}:{upper}{each}" for each in ("Member", "Binding", "Policy")
        )

    def edges(self, atlas: Atlas, resource: Resource) -> Iterator[Edge]:
        """What is granted by one resource of the family."""
        sources = self.subject.nodes(atlas, resource)
        yield from flow(resource, sources, _granted(atlas, resource, self.reads), self.text)

    def reads(self, role: str) -> bool:
        """Whether a role lets read, or act as a service account."""
        return role in _IMPERSONATING if self.text != READ_BY else role not in NO_READING


def _granted(atlas: Atlas, resource: Resource, reads: Any) -> Iterator[Node]:
    """The members that a member, binding or policy resource grants a reading role to."""
    props = resource.props
    if "policyData" in resource.props.keys():  # noqa: SIM118 - `in` would wait for an unknown value
        yield from _of_policy(atlas, resource, reads)
        return
    role = props.at("role")
    if not isinstance(role, str) or reads(role):
        for key in ("member", "members"):
            yield from members_at(atlas, resource, props, key)


def _of_policy(atlas: Atlas, resource: Resource, reads: Any) -> Iterator[Node]:
    value = resource.props.peek("policyData")
    if isinstance(value, Unknown):
        yield atlas.waiting(resource.props, "policyData", resource)
        return
    for role, members in bindings_of(_decoded(value)):
        if reads(role):
            for member in members:
                yield from gcp_member(atlas, member)


def _decoded(value: Any) -> Mapping[str, Any]:
    try:
        policy = json.loads(value or "")
    except (TypeError, ValueError, RecursionError):
        return {}
    return policy if isinstance(policy, Mapping) else {}


_BY_PREFIX: Final[Mapping[str, tuple[Kind, ...]]] = {
    "roles/storage.": (GCS_BUCKET,),
    "roles/bigquery.": (DATASET,),
    "roles/pubsub.": (PUBSUB_TOPIC, SUBSCRIPTION),
    "roles/cloudsql.": (SQL_INSTANCE,),
    "roles/analyticshub.": (EXCHANGE, LISTING),
    "roles/owner": (GCS_BUCKET, DATASET, PUBSUB_TOPIC, SUBSCRIPTION, SQL_INSTANCE),
    "roles/editor": (GCS_BUCKET, DATASET, PUBSUB_TOPIC, SUBSCRIPTION),
    "roles/viewer": (DATASET,),
}
"""Beginnings of roles on a project and the stores whose data they let read; any other role of Google's reads none of
them, one that the organisation defined may read all."""


def project_grants(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Roles on the whole project, which hold for every store in it."""
    role = resource.props.at("role")
    kinds = _kinds_read(role if isinstance(role, str) else "")
    sources = [atlas.gathered(kind, "*") for kind in kinds]
    if sources and _speaks_of_own(atlas, resource):
        yield from flow(resource, sources, _granted(atlas, resource, lambda each: each not in NO_READING), READ_BY)


def _speaks_of_own(atlas: Atlas, resource: Resource) -> bool:
    project = resource.props.at("project")
    return not isinstance(project, str) or atlas.borders.is_own(project.removeprefix("projects/"))


def _kinds_read(role: str) -> tuple[Kind, ...]:
    for beginning, kinds in _BY_PREFIX.items():
        if role.startswith(beginning):
            return kinds
    return () if role.startswith("roles/") else _BY_PREFIX["roles/owner"]


_ACL_ENTITY: Final[Mapping[str, str]] = {"user-": "user:", "group-": "group:", "domain-": "domain:"}


def _acl_member(entity: str) -> str:
    """An entity of an ACL as an IAM member; a service account among users by its address."""
    if entity.startswith("user-") and entity.endswith("gserviceaccount.com"):
        return f"serviceAccount:{entity.removeprefix('user-')}"
    prefix = next((prefix for prefix in _ACL_ENTITY if entity.startswith(prefix)), "")
    return _ACL_ENTITY[prefix] + entity.removeprefix(prefix) if prefix else entity


def acl(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Entries of access control lists; those of a project's own owners, editors and viewers are no edge."""
    sources = atlas.ends(resource, resource.props, "bucket", GCS_BUCKET)
    entities: list[Node] = []
    for holder, key in (*spots(resource, "entity"), *spots(resource, "roleEntities")):
        value = holder.peek(key)
        if isinstance(value, Unknown):
            entities.append(atlas.waiting(holder, key, resource))
            continue
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, Unknown):
                entities.append(atlas.waiting(holder[key], index, resource))
            elif isinstance(item, str) and not item.rpartition(":")[2].startswith("project-"):
                entities += gcp_member(atlas, _acl_member(item.rpartition(":")[2]))
    for key in ("predefinedAcl", "defaultAcl"):
        if text_at(resource.props, key).startswith(("public", "authenticated")):
            entities.append(PUBLIC)
    yield from flow(resource, sources, entities, READ_BY, "access control list")


_EMAIL_KEYS: Final[Mapping[str, str]] = {"userByEmail": "user", "groupByEmail": "group", "domain": "domain"}


def access_entry(atlas: Atlas, resource: Resource, entry: Properties, sources: tuple[Node, ...]) -> Iterator[Edge]:
    """One entry of a dataset's access list: a member, or an authorised view, dataset or routine."""
    if text_at(entry, "role") not in _ENTRIES_WITHOUT_READING:
        yield from flow(resource, sources, _entry_members(atlas, resource, entry), READ_BY, "access list")
    for path, word in _AUTHORISED.items():
        for part in _inner(entry, path):
            targets = atlas.ends(resource, part, "datasetId", DATASET)
            yield from flow(resource, sources, targets, f"read by {word} in")


_ENTRIES_WITHOUT_READING: Final = frozenset({"roles/bigquery.metadataViewer"})
_AUTHORISED: Final[Mapping[tuple[str, ...], str]] = {
    ("view",): "an authorised view",
    ("routine",): "an authorised routine",
    ("dataset", "dataset"): "every view",
    ("authorizedDataset", "dataset"): "every view",
}


def _inner(entry: Properties, path: tuple[str, ...]) -> Iterator[Properties]:
    value: Any = entry
    for step in path:
        value = value[step] if isinstance(value, Properties) else None
    if isinstance(value, Properties):
        yield value


def _entry_members(atlas: Atlas, resource: Resource, entry: Properties) -> Iterator[Node]:
    if entry.peek("iamMember") is not None:
        yield from members_at(atlas, resource, entry, "iamMember")
    if text_at(entry, "specialGroup") in ANY_USER:
        yield PUBLIC
    for key, kind in _EMAIL_KEYS.items():
        value = entry.peek(key)
        if isinstance(value, Unknown):
            made_from = atlas.made_from(resource, entry.path or key, SERVICE_ACCOUNT)
            yield from made_from or [atlas.waiting(entry, key, resource)]
        elif isinstance(value, str) and value:
            member = "serviceAccount" if value.endswith("gserviceaccount.com") else kind
            yield from gcp_member(atlas, f"{member}:{value}")


def access_list(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """The access list of a dataset."""
    for entry in blocks(resource, "accesses"):
        yield from access_entry(atlas, resource, entry, (resource.urn,))


def access_resource(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """An entry of the access list as a resource of its own."""
    sources = atlas.ends(resource, resource.props, "datasetId", DATASET)
    yield from access_entry(atlas, resource, resource.props, sources)


_BUCKET: Final = at("bucket", GCS_BUCKET)
_GRANTS: Final = (
    Granting("storage", "bucketIAM", _BUCKET),
    Granting("storage", "managedFolderIam", _BUCKET),
    Granting("bigquery", "datasetIam", at("datasetId", DATASET)),
    Granting("bigquery", "iam", at("datasetId", DATASET)),
    Granting("pubsub", "topicIAM", at("topic", PUBSUB_TOPIC)),
    Granting("pubsub", "subscriptionIAM", at("subscription", SUBSCRIPTION)),
    Granting("bigqueryanalyticshub", "listingIam", at("listingId", LISTING)),
    Granting("bigqueryanalyticshub", "dataExchangeIam", at("dataExchangeId", EXCHANGE)),
    Granting("serviceaccount", "iAM", at("serviceAccountId", SERVICE_ACCOUNT), "impersonated by"),
)

GCP_ACCESS: Final = (
    *(EdgeKind(f"{each.module} {each.stem}", each.types, each.edges) for each in _GRANTS),
    EdgeKind(
        "roles on the project",
        frozenset({"gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMBinding:IAMBinding"}),
        project_grants,
    ),
    EdgeKind(
        "access control list",
        frozenset(
            {
                "gcp:storage/bucketAccessControl:BucketAccessControl",
                "gcp:storage/bucketACL:BucketACL",
                "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl",
                "gcp:storage/defaultObjectACL:DefaultObjectACL",
            }
        ),
        acl,
    ),
    EdgeKind("access list", DATASET.types, access_list),
    EdgeKind("dataset access", frozenset({"gcp:bigquery/datasetAccess:DatasetAccess"}), access_resource),
)
