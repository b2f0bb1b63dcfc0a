"""Cases: who reads and writes the most confidential data is recorded."""

from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import CONVENTIONS, Case

RULE = "pii-access-logged"

S3, LOGGING, TRAIL = "aws:s3/bucket:Bucket", "aws:s3/bucketLogging:BucketLogging", "aws:cloudtrail/trail:Trail"
EVENTS = "aws:cloudtrail/eventDataStore:EventDataStore"
REDSHIFT, REDSHIFT_LOGGING = "aws:redshift/cluster:Cluster", "aws:redshift/logging:Logging"
NAMESPACE, GCS = "aws:redshiftserverless/namespace:Namespace", "gcp:storage/bucket:Bucket"
SPANNER, DATASET = "gcp:spanner/instance:Instance", "gcp:bigquery/dataset:Dataset"
PROJECT_AUDIT, FOLDER_AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig", "gcp:folder/iamAuditConfig:IamAuditConfig"

PII, MASKED = {"data-classification": "pii"}, {"data-classification": "masked"}
UNLOGGED = "nothing records who reads and writes the {}, whose data is of the level pii"

FROM_CONFIDENTIAL = CONVENTIONS.model_copy(
    update={
        "classification": CONVENTIONS.classification.model_copy(update={"production_only_from": "confidential"}),
    }
)


def case(store: Given, *others: Given, said: str = "", label: str = "", **more: Any) -> Case:
    messages = {"store": (UNLOGGED.format(said),)} if said else {}
    return Case(RULE, (store, *others), messages, label=label, **more)


def lake(tags: dict[str, str] = PII, **more: Any) -> Given:
    return Given(S3, {"bucket": "lake", "tags": tags, **more}, "store")


def trail(**properties: Any) -> Given:
    return Given(TRAIL, {"s3BucketName": "logs", **properties}, "trail")


def basic(*values: Any, kind: str = "AWS::S3::Object", access: str = "All") -> dict[str, Any]:
    return {"eventSelectors": [{"readWriteType": access, "dataResources": [{"type": kind, "values": list(values)}]}]}


def fields(**operators: Any) -> dict[str, Any]:
    given = {
        "eventCategory": {"equals": ["Data"]},
        "resources.type": {"equals": ["AWS::S3::Object"]},
        **{name.replace("_", "."): operator for name, operator in operators.items()},
    }
    return {"advancedEventSelectors": [{"fieldSelectors": [{"field": name} | each for name, each in given.items()]}]}


_LAKE = "arn:aws:s3:::lake/"

ON_S3 = (
    case(lake(), said="bucket"),
    case(lake(MASKED), label="below the level"),
    Case(
        RULE,
        (lake({"data-classification": "confidential"}),),
        {
            "store": (
                "nothing records who reads and writes the bucket, whose data is of the level confidential or above",
            )
        },
        conventions=FROM_CONFIDENTIAL,
        label="levels above it",
    ),
    case(lake(PII | {"zone": "logs"}), label="access logs"),
    case(lake(logging={"targetBucket": "logs"}), label="inline"),
    case(lake(), Given(LOGGING, {"bucket": "lake", "targetBucket": "logs"}, "logging")),
    case(
        lake(),
        Given(LOGGING, {"bucket": UNKNOWN, "targetBucket": "logs"}, "logging"),
        label="perhaps",
        deferred={"logging": ("bucket",)},
    ),
    case(lake(), said="bucket", label="only read", config={"auditLogsElsewhere": True}),
    case(lake(), label="trail elsewhere", config={"trailElsewhere": True}),
    case(Given(S3, {}, "store", computed={"tags": PII}), label="only read"),
    case(lake(), trail(**basic("arn:aws:s3")), label="every bucket"),
    case(lake(), trail(**basic("arn:aws:s3:::")), label="every bucket too"),
    case(lake(), trail(**basic("arn:aws:s3:::other/", _LAKE)), label="this bucket"),
    case(
        lake(),
        trail(**basic(UNKNOWN)),
        label="perhaps this bucket",
        deferred={"trail": ("eventSelectors[0].dataResources[0].values[0]",)},
    ),
    case(lake(), trail(**basic("arn:aws:s3:::lake/raw/")), said="bucket", label="a part"),
    case(lake(), trail(**basic(_LAKE, access="WriteOnly")), said="bucket", label="writes"),
    case(lake(), trail(**basic("arn:aws:lambda", kind="AWS::Lambda::Function")), said="bucket", label="functions"),
    case(lake(), trail(enableLogging=False, **basic("arn:aws:s3")), said="bucket", label="stopped"),
    case(lake(), trail(), said="bucket", label="management events"),
    case(lake(), trail(eventSelectors=UNKNOWN), label="selectors", deferred={"trail": ("eventSelectors",)}),
    case(lake(), trail(**fields()), label="fields: every bucket"),
    case(lake(), Given(EVENTS, fields(), "trail"), label="event data store"),
    case(lake(), trail(**fields(resources_ARN={"startsWiths": [_LAKE]})), label="fields: this bucket"),
    case(lake(), trail(**fields(resources_ARN={"startsWiths": ["arn:aws-cn:s3:::la"]})), label="fields: some buckets"),
    case(
        lake(),
        trail(**fields(resources_ARN={"startsWiths": ["arn:aws:s3:::x"]})),
        said="bucket",
        label="fields: others",
    ),
    case(lake(), trail(**fields(resources_ARN={"notStartsWiths": [_LAKE]})), said="bucket", label="fields: not this"),
    case(lake(), trail(**fields(readOnly={"equals": ["true"]})), said="bucket", label="fields: reads"),
    case(lake(), trail(**fields(eventCategory={"equals": ["Management"]})), said="bucket", label="fields: management"),
)

WAREHOUSES = (
    case(Given(REDSHIFT, {"clusterIdentifier": "w", "tags": PII}, "store"), said="warehouse"),
    case(Given(REDSHIFT, {"clusterIdentifier": "w", "tags": MASKED}, "store")),
    case(
        Given(REDSHIFT, {"clusterIdentifier": "w", "tags": PII}, "store"),
        Given(REDSHIFT_LOGGING, {"clusterIdentifier": "w"}, "logging"),
    ),
    case(Given(NAMESPACE, {"namespaceName": "w", "tags": PII}, "store"), said="warehouse"),
    case(Given(NAMESPACE, {"namespaceName": "w", "tags": PII, "logExports": ["useractivitylog"]}, "store")),
)


def audit(service: Any, *types: Any, token: str = PROJECT_AUDIT, exempted: Any = None, **more: Any) -> Given:
    configs = [{"logType": kind} | ({"exemptedMembers": exempted} if exempted else {}) for kind in types]
    return Given(token, {"service": service, "auditLogConfigs": configs, **more}, f"audit-{'-'.join(map(str, types))}")


def gcs(**more: Any) -> Given:
    return Given(GCS, {"name": "lake", "labels": PII, **more}, "store", stack="prod")


_STORAGE = "storage.googleapis.com"

ON_GCP = (
    case(gcs(), said="bucket"),
    case(gcs(logging={"logBucket": "logs"}), label="usage logs"),
    case(gcs(), audit(_STORAGE, "DATA_READ", "DATA_WRITE")),
    case(gcs(), audit("allServices", "DATA_READ", "DATA_WRITE"), label="every service"),
    case(gcs(), audit(_STORAGE, "DATA_READ"), audit(_STORAGE, "DATA_WRITE"), label="one each"),
    case(gcs(), audit(_STORAGE, "DATA_READ", "DATA_WRITE", token=FOLDER_AUDIT, folder="folders/1"), label="folder"),
    case(gcs(), audit(_STORAGE, "DATA_WRITE"), said="bucket", label="writes"),
    case(gcs(), audit("bigquery.googleapis.com", "DATA_READ", "DATA_WRITE"), said="bucket", label="another service"),
    case(gcs(), audit(_STORAGE, "DATA_READ", "DATA_WRITE", exempted=["user:a@x"]), said="bucket", label="but for some"),
    case(
        gcs(project="acme-data-prod"),
        audit(_STORAGE, "DATA_READ", "DATA_WRITE", project="acme-data-dev"),
        said="bucket",
        label="another project",
    ),
    case(
        gcs(),
        audit(_STORAGE, UNKNOWN),
        label="kind unknown",
        deferred={"audit-UNKNOWN": ("auditLogConfigs[0].logType",)},
    ),
    case(
        gcs(),
        Given(PROJECT_AUDIT, {"service": _STORAGE, "auditLogConfigs": UNKNOWN}, "audit"),
        label="unknown",
        deferred={"audit": ("auditLogConfigs",)},
    ),
    case(gcs(), label="elsewhere", config={"auditLogsElsewhere": True}),
    case(Given(SPANNER, {"name": "main", "labels": PII}, "store"), said="database instance"),
    case(Given(DATASET, {"datasetId": "crm", "labels": PII}, "store"), label="always logged"),
)

CASES = (*ON_S3, *WAREHOUSES, *ON_GCP)
