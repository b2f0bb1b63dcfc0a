"""Data does not go with its stack: nothing turns off what the clouds do to keep it."""

from collections.abc import Iterator, Mapping
from typing import Final

from dataops_infra.conventions.tags import EXPIRES_ON, NO_ZONE, SANDBOX_ZONE, ZONE
from dataops_infra.policy import Resource, Rule, Severity, Unknown, Violation
from dataops_infra.policy.store_types import BIGQUERY_DATASET, BIGQUERY_TABLE, GCS_BUCKET, S3_BUCKETS

RDS_INSTANCE: Final = "aws:rds/instance:Instance"

_FORCED: Final = ("forceDestroy", True)
_NO_SNAPSHOT: Final = ("skipFinalSnapshot", True)
_UNPROTECTED: Final = ("deletionProtection", False)

DESTROYS: Final[Mapping[str, tuple[tuple[str, bool], ...]]] = {
    **dict.fromkeys(sorted(S3_BUCKETS), (_FORCED,)),
    "aws:athena/database:Database": (_FORCED,),  # DROP TABLE destroys the data of Iceberg tables
    "aws:backup/vault:Vault": (_FORCED,),
    "aws:docdb/cluster:Cluster": (_NO_SNAPSHOT,),
    "aws:dsql/cluster:Cluster": (_FORCED,),
    "aws:lightsail/bucket:Bucket": (("forceDelete", True),),
    "aws:lightsail/database:Database": (_NO_SNAPSHOT,),
    "aws:neptune/cluster:Cluster": (_NO_SNAPSHOT,),
    "aws:rds/cluster:Cluster": (_NO_SNAPSHOT,),
    RDS_INSTANCE: (_NO_SNAPSHOT,),
    "aws:redshift/cluster:Cluster": (_NO_SNAPSHOT,),
    "aws:s3/directoryBucket:DirectoryBucket": (_FORCED,),
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": (_FORCED,),
    "aws:s3tables/tableBucket:TableBucket": (_FORCED,),
    "gcp:alloydb/cluster:Cluster": (_UNPROTECTED,),
    BIGQUERY_DATASET: (("deleteContentsOnDestroy", True),),
    BIGQUERY_TABLE: (_UNPROTECTED,),
    "gcp:bigtable/instance:Instance": (_UNPROTECTED, _FORCED),
    "gcp:spanner/database:Database": (_UNPROTECTED,),
    "gcp:spanner/instance:Instance": (_FORCED,),
    "gcp:sql/databaseInstance:DatabaseInstance": (_UNPROTECTED,),
    GCS_BUCKET: (_FORCED,),
    "gcp:storage/folder:Folder": (_FORCED,),
}
"""Type -> properties with the value that takes the data along. Left out, each keeps the data: a program that says so
has turned off what the provider does by itself. Where nothing is on by default (``deletionProtection`` of RDS) nothing
is asked for. Redshift Serverless has no such property: a namespace is deleted without a snapshot (provider 7.51)."""

_WITHOUT_DATA: Final[Mapping[str, tuple[str, ...]]] = {
    BIGQUERY_TABLE: ("view", "materializedView", "externalDataConfiguration"),
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html: none of a read replica
    RDS_INSTANCE: ("replicateSourceDb",),
}
"""Type -> properties that say that the data lies elsewhere."""

_BUCKETS: Final = S3_BUCKETS | {GCS_BUCKET}

_COMPONENTS: Final = "dataops-infra:index:"
_SANDBOXES: Final = frozenset(f"{_COMPONENTS}{cloud}Sandbox" for cloud in ("Aws", "Gcp"))

BACKUP: Final = "ISO/IEC 27001:2022 A.8.13"
DELETION: Final = "ISO/IEC 27001:2022 A.8.10"

_IN_PRODUCTION: Final = ("leave it out; to destroy data of production, exempt the resource with a reason and a date",)
_ELSEWHERE: Final = (
    "leave it out, or turn both keys of a component (deletion_protection=False and dataops:allowDataLoss: true)",
    f"or make it part of a sandbox (`{ZONE}: {SANDBOX_ZONE}` and `{EXPIRES_ON}`)",
)


def deletion_protected(resource: Resource) -> Iterator[Violation]:
    """Nothing destroys data with its stack, but for sandboxes and, outside production, two keys that were turned.

    A bucket that is deliberately no part of the lake holds nothing that cannot be made again.
    """
    said = [name for name, value in DESTROYS[resource.type] if _is(resource, name, value)]
    if not said or any(resource.props[name] is not None for name in _WITHOUT_DATA.get(resource.type, ())):
        return
    environment, parents = resource.environment, _parent_types(resource)
    # A stack that belongs to no environment may be production.
    in_production = environment is None or environment.production
    if not in_production and any(parent.startswith(_COMPONENTS) for parent in parents):
        return
    if _SANDBOXES.intersection(parents) or _says_so(resource):
        return
    for name in said:
        written = "true" if resource.props[name] is True else "false"
        yield Violation(
            f"`{name}: {written}` lets the data go with the resource", _IN_PRODUCTION if in_production else _ELSEWHERE
        )


def _is(resource: Resource, name: str, value: bool) -> bool:
    given = resource.props[name]
    return not isinstance(given, Unknown) and given is value


def _parent_types(resource: Resource) -> list[str]:
    """Types of the components that made the resource: URNs carry them, the resource's own or its parent's."""
    qualified = [*resource.urn.split("::")[2].split("$")[:-1]]
    return [*qualified, *(resource.parent.split("::")[2].split("$") if resource.parent else ())]


def _says_so(resource: Resource) -> bool:
    """Whether its tags say that its data may go: a sandbox that ends, or a bucket that is no part of the lake.

    What is unknown is waited for.
    """
    zone = resource.tags.get(ZONE)
    if zone == SANDBOX_ZONE:
        return resource.tags.get(EXPIRES_ON) is not None
    return isinstance(zone, Unknown) or (zone == NO_ZONE and resource.type in _BUCKETS)


RULES = (
    Rule(
        name="lake-deletion-protected",
        description="Data outlives the stack that made its store.",
        types=frozenset(DESTROYS),
        check=deletion_protected,
        remediation=_IN_PRODUCTION,
        severity=Severity.HIGH,
        frameworks=(BACKUP, DELETION),
    ),
)
