"""Who reads and writes data that may live in production only is recorded.

What counts as a record of each access (ADR 0096): CloudTrail data events or the access logs of the bucket itself, the
data-access audit logs of Google or a bucket's usage logs, the audit logs of Redshift. BigQuery always logs who reads.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dataops_infra.policy import Items, Properties, Resource, Rule, Severity, Stack, Unknown, Violation
from dataops_infra.policy.buckets import GCS_TYPES, S3_TYPES, GcsBucket, S3Bucket, S3Setting, gcs_buckets, s3_buckets
from dataops_infra.policy.joins import join
from dataops_infra.policy.store_types import GCS_BUCKET, STORES
from dataops_infra.policy.stores import classified, gcp_project, stated_at

from .classifying import is_external
from .controls import (
    CIS_AWS_OBJECT_READS,
    CIS_AWS_OBJECT_WRITES,
    CIS_GCP_AUDIT_LOGS,
    GDPR_SECURITY,
    LOGGING,
)
from .encryption import keeps_logs

TRAILS: Final = frozenset({"aws:cloudtrail/trail:Trail", "aws:cloudtrail/eventDataStore:EventDataStore"})
PROJECT_AUDIT: Final = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
AUDITS: Final = frozenset(
    {PROJECT_AUDIT, "gcp:folder/iamAuditConfig:IamAuditConfig", "gcp:organizations/iamAuditConfig:IamAuditConfig"}
)
REDSHIFT: Final = "aws:redshift/cluster:Cluster"
REDSHIFT_LOGGING: Final = "aws:redshift/logging:Logging"
NAMESPACE: Final = "aws:redshiftserverless/namespace:Namespace"

AUDITED: Final[Mapping[str, str]] = {
    GCS_BUCKET: "storage.googleapis.com",
    "gcp:spanner/instance:Instance": "spanner.googleapis.com",
    "gcp:bigtable/instance:Instance": "bigtable.googleapis.com",
    "gcp:sql/databaseInstance:DatabaseInstance": "cloudsql.googleapis.com",
    "gcp:alloydb/cluster:Cluster": "alloydb.googleapis.com",
    "gcp:pubsub/topic:Topic": "pubsub.googleapis.com",
}
"""Type -> the service whose data-access logs are off by default; BigQuery's cannot be turned off.

https://cloud.google.com/logging/docs/audit/configure-data-access
"""
ALL_SERVICES: Final = "allServices"
DATA_ACCESS: Final = frozenset({"DATA_READ", "DATA_WRITE"})

S3_OBJECTS: Final = "AWS::S3::Object"
_NARROWING: Final = ("readOnly", "eventName", "userIdentity.arn", "sessionCredentialFromConsole", "eventType")
"""Fields of an advanced selector that leave some accesses of an object out."""
_LEAVING_OUT: Final = ("equals", "endsWiths", "notEquals", "notEndsWiths", "notStartsWiths")


def access_logged(stack: Stack) -> Iterator[Violation]:
    """Each access to a store of the highest levels is recorded."""
    if not stack.config["trailElsewhere"]:
        trails = [trail for trail in stack.of_types(TRAILS) if trail.stated("enableLogging") is not False]
        for bucket in s3_buckets(stack):
            if _must_be_logged(bucket.resource) and not _is_logged_s3(bucket, trails):
                yield _unlogged(
                    bucket.resource, "log its accesses (aws.s3.BucketLogging) or its data events (CloudTrail)"
                )
    yield from _unlogged_warehouses(stack)
    if not stack.config["auditLogsElsewhere"]:
        yield from _unlogged_on_gcp(stack)


def _must_be_logged(resource: Resource) -> bool:
    if is_external(resource):
        return False
    found = classified(resource)
    return found.reaches(found.levels.production_only_from) and not keeps_logs(resource)


def _unlogged(resource: Resource, step: str) -> Violation:
    classification = resource.settings.conventions.classification
    level, top = classification.production_only_from, classification.levels[-1]
    noun, above = STORES[resource.type].noun, "" if level == top else " or above"
    message = f"nothing records who reads and writes the {noun}, whose data is of the level {level}{above}"
    return Violation(message, (step,), resource.urn)


def _is_logged_s3(bucket: S3Bucket, trails: Sequence[Resource]) -> bool:
    if bucket.log_targets or any(_covers(trail, bucket.name) for trail in trails):
        return True
    return bucket.may_miss(S3Setting.LOGGING)


def _covers(trail: Resource, name: str | None) -> bool:
    """Whether a trail records every access to the objects of a bucket; also where that is not known yet."""
    selectors, advanced = trail.stated("eventSelectors"), trail.stated("advancedEventSelectors")
    if isinstance(selectors, Unknown) or isinstance(advanced, Unknown):
        return True
    return any(_selects(each, name) for each in _items(selectors)) or any(
        _selects_by_fields(each, name) for each in _items(advanced)
    )


def _items(value: Any) -> Iterator[Properties]:
    yield from (item for item in (value if isinstance(value, Items) else ()) if isinstance(item, Properties))


def _selects(selector: Properties, name: str | None) -> bool:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html"""
    if selector.get("readWriteType", "All") != "All":
        return False
    return any(
        resource["type"] == S3_OBJECTS and any(path in ("", f"{name}/") for path in _object_paths(resource["values"]))
        for resource in _items(selector["dataResources"])
    )


def _selects_by_fields(selector: Properties, name: str | None) -> bool:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html"""
    fields = {field["field"]: field for field in _items(selector["fieldSelectors"])}
    if any(narrowing in fields for narrowing in _NARROWING):
        return False
    if not _equals(fields, "eventCategory", "Data") or not _equals(fields, "resources.type", S3_OBJECTS):
        return False
    arn = fields.get("resources.ARN")
    # Whatever is left out may be this bucket's.
    if arn is not None and any(arn[operator] is not None for operator in _LEAVING_OUT):
        return False
    return arn is None or any(f"{name or ''}/".startswith(path) for path in _object_paths(arn["startsWiths"]))


def _listed(values: Any) -> Iterator[Any]:
    """The items of a list, an unknown one as one item; nothing else is a list."""
    yield from (values,) if isinstance(values, Unknown) else values if isinstance(values, Items) else ()


def _equals(fields: Mapping[Any, Properties], name: str, wanted: str) -> bool:
    values = fields[name]["equals"] if name in fields else ()
    return any(isinstance(value, Unknown) or value == wanted for value in _listed(values))


def _object_paths(values: Any) -> Iterator[str]:
    """``lake/`` of the ARN ``arn:aws:s3:::lake/``; empty for every bucket, and for what is not known yet."""
    for value in _listed(values):
        yield "" if isinstance(value, Unknown) else str(value).partition(":s3")[2].removeprefix(":::")


def _unlogged_warehouses(stack: Stack) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/redshift/latest/mgmt/db-auditing.html"""
    clusters = stack.of_types({REDSHIFT})
    logs = stack.of_types({REDSHIFT_LOGGING})
    joined = join(stack, clusters, logs, reference="clusterIdentifier", names=("clusterIdentifier", "id"))
    for cluster in clusters:
        if _must_be_logged(cluster) and not joined.of(cluster) and not joined.may_miss(cluster):
            yield _unlogged(cluster, "log its audit events (aws.redshift.Logging)")
    for namespace in stack.of_types({NAMESPACE}):
        if _must_be_logged(namespace) and not any(value is not None for value in stated_at(namespace, "logExports[]")):
            yield _unlogged(namespace, "export its logs with `logExports`")


def _unlogged_on_gcp(stack: Stack) -> Iterator[Violation]:
    audits = [audit for audit in stack.of_types(AUDITS) if not is_external(audit)]
    views: Mapping[str, GcsBucket] = {bucket.resource.urn: bucket for bucket in gcs_buckets(stack)}
    for resource in stack.of_types(AUDITED):
        if not _must_be_logged(resource) or (resource.urn in views and views[resource.urn].log_targets):
            continue
        if not _is_audited(resource, audits):
            step = f"turn on DATA_READ and DATA_WRITE of {AUDITED[resource.type]} (gcp.projects.IAMAuditConfig)"
            yield _unlogged(resource, step)


def _is_audited(resource: Resource, audits: Sequence[Resource]) -> bool:
    logged: set[Any] = set()
    for audit in audits:
        service = audit.stated("service")
        if service not in (ALL_SERVICES, AUDITED[resource.type]) and not isinstance(service, Unknown):
            continue
        if audit.type == PROJECT_AUDIT and not _same_project(resource, audit):
            continue
        logged |= set(_logged_types(audit.stated("auditLogConfigs")))
    return logged >= DATA_ACCESS


def _same_project(resource: Resource, audit: Resource) -> bool:
    """Whether both lie in one project, as far as it is known."""
    mine, its = gcp_project(resource), audit.stated("project")
    return mine is None or not isinstance(its, str) or mine == its


def _logged_types(configs: Any) -> Iterator[str]:
    """Kinds of accesses that are logged for everybody; where it is not known yet, all of them."""
    if isinstance(configs, Unknown):
        yield from DATA_ACCESS
    for config in _items(configs):
        exempted, kind = config["exemptedMembers"], config["logType"]
        if isinstance(kind, Unknown):
            yield from DATA_ACCESS
        elif not exempted:
            yield str(kind)


def _elsewhere(description: str) -> dict[str, Any]:
    return {"type": "boolean", "default": False, "description": description}


RULES = (
    Rule(
        name="pii-access-logged",
        description="Each access to data that may live in production only is recorded.",
        kind="stack",
        types=S3_TYPES | GCS_TYPES | TRAILS | AUDITS | frozenset(AUDITED) | {REDSHIFT, REDSHIFT_LOGGING, NAMESPACE},
        check=access_logged,
        remediation=("record who reads and writes the store",),
        severity=Severity.HIGH,
        frameworks=(LOGGING, GDPR_SECURITY, CIS_AWS_OBJECT_WRITES, CIS_AWS_OBJECT_READS, CIS_GCP_AUDIT_LOGS),
        config={
            "trailElsewhere": _elsewhere("A trail of the organisation records the data events of every bucket."),
            "auditLogsElsewhere": _elsewhere("The organisation or folder turns on data-access logs of every project."),
        },
    ),
)
