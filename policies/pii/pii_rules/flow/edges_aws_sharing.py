"""What AWS accounts share with one another: the data catalogue, Lake Formation, RAM, datashares."""

from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import Items, Resource, Unknown

from .edges import ITSELF, EdgeKind, at, is_given, link, spots
from .graph import Edge, Node
from .kinds import CATALOG_DATABASE, DYNAMODB_TABLE, S3_BUCKET, SHARE, WAREHOUSE
from .places import Atlas, flow
from .principals import accounts_at

_READING: Final = frozenset({"SELECT", "ALL", "SUPER", "SUPER_USER"})
"""Permissions of Lake Formation that let read: https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html."""
GRANTED: Final = (
    "database.name",
    "table.databaseName",
    "tableWithColumns.databaseName",
    "dataCellsFilter.databaseName",
)


def lake_formation(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A grant of Lake Formation: who may read the tables of a database, or of all that a tag picks."""
    given = resource.props["permissions"]
    permissions = [given.peek(index) for index in range(len(given))] if isinstance(given, Items) else []
    unknown = isinstance(given, Unknown) or any(isinstance(permission, Unknown) for permission in permissions)
    if not unknown and not _READING & {str(permission).upper() for permission in permissions}:
        return
    sources: list[Node] = []
    for path in GRANTED:
        if is_given(resource, path.split(".")[0]):
            sources += at(path, CATALOG_DATABASE).nodes(atlas, resource)
    if is_given(resource, "lfTagPolicy"):
        sources.append(atlas.gathered(CATALOG_DATABASE, "*"))
    yield from flow(resource, sources, accounts_at(atlas, resource, resource.props, "principal"), "granted to")


def datashare(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A datashare of a warehouse: the one that its ARN was made from, or whichever it may be."""
    sources = atlas.made_from(resource, "dataShareArn", WAREHOUSE) or (atlas.gathered(WAREHOUSE, "*"),)
    for key in ("consumerIdentifier", "consumerArn"):
        if is_given(resource, key):
            yield from flow(
                resource, sources, accounts_at(atlas, resource, resource.props, key), "shared with", "datashare"
            )


def opened(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """Another account may open network endpoints to a cluster."""
    sources = atlas.ends(resource, resource.props, "clusterIdentifier", WAREHOUSE)
    yield from flow(resource, sources, accounts_at(atlas, resource, resource.props, "account"), "opened to")


def shared_by_ram(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """The accounts and organisations that a resource share is for."""
    for holder, key in spots(resource, "principal"):
        targets = accounts_at(atlas, resource, holder, key)
        yield from flow(
            resource, atlas.ends(resource, resource.props, "resourceShareArn", SHARE), targets, "shared with"
        )


_TABLE: Final = "aws:glue/catalogTable:CatalogTable"
_DATABASE: Final = "aws:glue/catalogDatabase:CatalogDatabase"
_CRAWLER: Final = "aws:glue/crawler:Crawler"

AWS_SHARING: Final = (
    link(_TABLE, at("storageDescriptor.location", S3_BUCKET), "listed in", at("databaseName", CATALOG_DATABASE)),
    link(_DATABASE, at("locationUri", S3_BUCKET), "listed in", ITSELF),
    link(_DATABASE, at("targetDatabase.databaseName", CATALOG_DATABASE), "linked as", ITSELF),
    link(_TABLE, at("targetTable.databaseName", CATALOG_DATABASE), "linked in", at("databaseName", CATALOG_DATABASE)),
    link(_CRAWLER, at("s3Targets[].path", S3_BUCKET), "listed in", at("databaseName", CATALOG_DATABASE)),
    link(
        _CRAWLER,
        at("dynamodbTargets[].path", DYNAMODB_TABLE),
        "listed in",
        at("databaseName", CATALOG_DATABASE),
        name="crawler of a table",
    ),
    EdgeKind("Lake Formation grant", frozenset({"aws:lakeformation/permissions:Permissions"}), lake_formation),
    EdgeKind(
        "datashare",
        frozenset(
            {
                "aws:redshift/dataShareAuthorization:DataShareAuthorization",
                "aws:redshift/dataShareConsumerAssociation:DataShareConsumerAssociation",
            }
        ),
        datashare,
    ),
    EdgeKind("cluster endpoint", frozenset({"aws:redshift/endpointAuthorization:EndpointAuthorization"}), opened),
    link(
        "aws:ram/resourceAssociation:ResourceAssociation", at("resourceArn"), "put into", at("resourceShareArn", SHARE)
    ),
    EdgeKind("resource share", frozenset({"aws:ram/principalAssociation:PrincipalAssociation"}), shared_by_ram),
)
