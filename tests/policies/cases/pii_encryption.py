"""Cases: encryption of stores, streams, catalogues and results, and the care of keys."""

from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from dataops_infra.policy.store_types import STORES
from tests.support.rule_cases import Case

STORE, STREAM, KEYS = "pii-store-encrypted", "stream-encrypted", "kms-rotated"
CATALOG, RESULTS = "catalog-encrypted", "query-results-encrypted"

S3, S3_V2, GCS = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "gcp:storage/bucket:Bucket"
SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
RDS, AURORA = "aws:rds/instance:Instance", "aws:rds/cluster:Cluster"
REDSHIFT, NAMESPACE = "aws:redshift/cluster:Cluster", "aws:redshiftserverless/namespace:Namespace"
DYNAMO, CACHE = "aws:dynamodb/table:Table", "aws:elasticache/replicationGroup:ReplicationGroup"
OPENSEARCH, COLLECTION = "aws:opensearch/domain:Domain", "aws:opensearch/serverlessCollection:ServerlessCollection"
DATASET, TABLE = "gcp:bigquery/dataset:Dataset", "gcp:bigquery/table:Table"
SPANNER, DATABASE = "gcp:spanner/instance:Instance", "gcp:spanner/database:Database"
BIGTABLE, SQL = "gcp:bigtable/instance:Instance", "gcp:sql/databaseInstance:DatabaseInstance"
KINESIS, FIREHOSE = "aws:kinesis/stream:Stream", "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
MSK, MSK_SERVERLESS = "aws:msk/cluster:Cluster", "aws:msk/serverlessCluster:ServerlessCluster"
QUEUE, SNS, PUBSUB = "aws:sqs/queue:Queue", "aws:sns/topic:Topic", "gcp:pubsub/topic:Topic"
KEY, CRYPTO_KEY, ALIAS = "aws:kms/key:Key", "gcp:kms/cryptoKey:CryptoKey", "aws:kms/alias:Alias"
SETTINGS = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
CONNECTION, METASTORE = "aws:glue/connection:Connection", "gcp:dataproc/metastoreService:MetastoreService"
WORKGROUP = "aws:athena/workgroup:Workgroup"

PII, INTERNAL = {"data-classification": "pii"}, {"data-classification": "internal"}
CMK = "arn:aws:kms:eu-west-1:111111111111:alias/acme-dev-growth-lake"
CMEK = "projects/acme-data-dev/locations/europe-west1/keyRings/lake/cryptoKeys/lake"
MANAGED = "alias/aws/s3"

PLAIN = "the {} is not encrypted at rest"
KEYLESS = "the {} is not encrypted with a customer-managed key, which data needs from the level confidential"
NO_KEY = "the {} cannot have a customer-managed key, which data needs from the level confidential"


def case(rule: str, token: str, properties: dict[str, Any], said: str = "", noun: str = "", **more: Any) -> Case:
    words = said.format(noun or (STORES[token].noun if token in STORES else ""))
    return Case(rule, (Given(token, properties, "store"),), {"store": (words,)} if said else {}, **more)


def sse(key: Any, algorithm: str = "aws:kms") -> list[Any]:
    return [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}]


def lake(tags: dict[str, str], setting: dict[str, Any] | None, said: str = "", label: str = "", **more: Any) -> Case:
    """A bucket with its default encryption in a resource of its own."""
    resources = [
        Given(S3, {"bucket": "lake", "tags": tags}, "store", computed={"serverSideEncryptionConfiguration": UNKNOWN})
    ]
    if setting is not None:
        resources.append(Given(SSE, {"bucket": "lake", **setting}, "setting", depends_on={"bucket": ("store",)}))
    return Case(STORE, tuple(resources), {"store": (said.format("bucket"),)} if said else {}, label=label, **more)


_INLINE = {"rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": CMK}}}
_INLINE_V2 = [
    {"rules": [{"applyServerSideEncryptionByDefaults": [{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": CMK}]}]}
]

BUCKETS = (
    lake(PII, {"rules": sse(CMK)}, label="own key"),
    lake(PII, {"rules": sse(CMK, "aws:kms:dsse")}, label="own key twice"),
    lake(
        PII,
        {"rules": sse(UNKNOWN)},
        label="key unknown",
        deferred={"setting": ("rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId",)},
    ),
    Case(
        STORE,
        (
            Given(S3, {"bucket": "lake", "tags": PII}, "store"),
            Given(SSE, {"bucket": "lake", "rules": sse(UNKNOWN)}, "setting", depends_on={"rules": ("key",)}),
            Given(KEY, {}, "key"),
        ),
        label="unknown ARN of a key of the stack",
    ),
    lake(PII, {"rules": sse(None, "AES256")}, KEYLESS, "keys of S3"),
    lake(PII, {"rules": sse(MANAGED)}, KEYLESS, "the key that AWS manages"),
    lake(PII, {"rules": sse(None)}, KEYLESS, "no key named"),
    lake(PII, None, KEYLESS, "default"),
    lake(INTERNAL, None, label="below the level"),
    lake({**PII, "zone": "logs"}, {"rules": sse(None, "AES256")}, label="access logs"),
    Case(
        STORE,
        (Given(S3, {"bucket": "lake", "tags": PII, "serverSideEncryptionConfiguration": _INLINE}, "store"),),
        label="inline",
    ),
    Case(
        STORE,
        (Given(S3_V2, {"bucket": "lake", "tags": PII, "serverSideEncryptionConfigurations": _INLINE_V2}, "store"),),
        label="inline V2",
    ),
    Case(
        STORE,
        (Given(S3_V2, {"bucket": "lake", "tags": PII}, "store"),),
        {"store": (KEYLESS.format("bucket"),)},
        label="V2 default",
    ),
    Case(
        STORE,
        (
            Given(S3, {"bucket": "lake", "tags": PII}, "store"),
            Given(SSE, {"bucket": UNKNOWN, "rules": sse(CMK)}, "setting"),
        ),
        deferred={"setting": ("bucket",)},
        label="may be another bucket's",
    ),
    Case(STORE, (Given(S3, {}, "store", computed={"tags": PII, "bucket": "lake"}),), label="only read"),
)

STORES_AT_REST = (
    case(STORE, RDS, {"storageEncrypted": True, "kmsKeyId": CMK, "tags": PII}),
    case(STORE, RDS, {"storageEncrypted": True, "tags": INTERNAL}),
    case(STORE, RDS, {"tags": INTERNAL}, PLAIN, label="default"),
    case(STORE, RDS, {"storageEncrypted": False, "kmsKeyId": CMK, "tags": PII}, PLAIN),
    case(STORE, RDS, {"storageEncrypted": True, "tags": PII}, KEYLESS),
    case(
        STORE, RDS, {"storageEncrypted": True, "kmsKeyId": "alias/aws/rds", "tags": PII}, KEYLESS, label="AWS managed"
    ),
    case(STORE, RDS, {"replicateSourceDb": "crm", "tags": PII}, label="replica"),
    case(STORE, AURORA, {"storageEncrypted": UNKNOWN, "tags": INTERNAL}, deferred={"store": ("storageEncrypted",)}),
    case(STORE, REDSHIFT, {"encrypted": "false", "tags": INTERNAL}, PLAIN),
    case(STORE, REDSHIFT, {"tags": INTERNAL}),
    case(STORE, NAMESPACE, {"namespaceName": "w", "tags": PII}, KEYLESS),
    case(STORE, NAMESPACE, {"namespaceName": "w", "tags": PII, "kmsKeyId": CMK}),
    case(STORE, DYNAMO, {"serverSideEncryption": {"enabled": True, "kmsKeyArn": CMK}, "tags": PII}),
    case(STORE, DYNAMO, {"serverSideEncryption": {"enabled": True}, "tags": PII}, KEYLESS),
    case(
        STORE,
        DYNAMO,
        {"serverSideEncryption": {"enabled": False, "kmsKeyArn": CMK}, "tags": PII},
        KEYLESS,
        label="key not used",
    ),
    case(STORE, CACHE, {"engine": "valkey", "tags": INTERNAL}),
    case(STORE, CACHE, {"engine": "redis", "tags": INTERNAL}, PLAIN),
    case(STORE, CACHE, {"engine": "valkey", "atRestEncryptionEnabled": False, "tags": INTERNAL}, PLAIN, label="off"),
    case(STORE, OPENSEARCH, {"encryptAtRest": {"enabled": True, "kmsKeyId": CMK}, "tags": PII}),
    case(STORE, OPENSEARCH, {"domainName": "logs", "tags": INTERNAL}, PLAIN),
    case(STORE, COLLECTION, {"name": "logs", "tags": PII}, label="key in a policy by pattern"),
    case(STORE, GCS, {"name": "lake", "labels": PII, "encryption": {"defaultKmsKeyName": CMEK}}),
    case(STORE, GCS, {"name": "lake", "labels": PII}, KEYLESS),
    case(STORE, GCS, {"name": "logs", "labels": {**PII, "zone": "logs"}}, label="usage logs"),
    case(STORE, DATASET, {"datasetId": "crm", "labels": PII, "defaultEncryptionConfiguration": {"kmsKeyName": CMEK}}),
    case(STORE, DATASET, {"datasetId": "crm", "labels": PII}, KEYLESS),
    case(STORE, SQL, {"encryptionKeyName": CMEK, "settings": {"userLabels": PII}}),
    case(STORE, SQL, {"settings": {"userLabels": PII}}, KEYLESS),
    case(STORE, BIGTABLE, {"clusters": [{"kmsKeyName": CMEK}, {"kmsKeyName": CMEK}], "labels": PII}),
    case(STORE, BIGTABLE, {"clusters": [{"kmsKeyName": CMEK}, {"zone": "europe-west1-b"}], "labels": PII}, KEYLESS),
)


def within(holder: Given, held: Given, said: str = "", label: str = "", reference: str = "", **more: Any) -> Case:
    tied = Given(held.type, held.properties, held.name, depends_on={reference: (holder.name,)})
    return Case(STORE, (holder, tied), {held.name: (said,)} if said else {}, label=label, **more)


_INSTANCE = Given(SPANNER, {"name": "main", "config": "regional-europe-west1", "labels": PII}, "main")
_KEYED_DATASET = {"datasetId": "crm", "defaultEncryptionConfiguration": {"kmsKeyName": CMEK}, "labels": INTERNAL}

STORES_WITHIN = (
    within(_INSTANCE, Given(DATABASE, {"instance": "main"}, "crm"), KEYLESS.format("database"), "no key", "instance"),
    within(
        _INSTANCE,
        Given(DATABASE, {"instance": "main", "encryptionConfig": {"kmsKeyName": CMEK}}, "crm"),
        label="key",
        reference="instance",
    ),
    within(
        _INSTANCE,
        Given(DATABASE, {"instance": "main", "encryptionConfig": {"kmsKeyNames": [CMEK, CMEK]}}, "crm"),
        label="keys of several regions",
        reference="instance",
    ),
    within(
        Given(DATASET, {"datasetId": "crm", "labels": INTERNAL}, "dataset"),
        Given(TABLE, {"datasetId": "crm", "tableId": "people", "labels": PII}, "people"),
        KEYLESS.format("table"),
        "above its dataset",
        "datasetId",
    ),
    within(
        Given(DATASET, _KEYED_DATASET, "dataset"),
        Given(TABLE, {"datasetId": "crm", "tableId": "people", "labels": PII}, "people"),
        label="key of the dataset",
        reference="datasetId",
    ),
    Case(STORE, (Given(TABLE, {"datasetId": "elsewhere", "labels": PII}, "people"),), label="dataset of another stack"),
    Case(
        STORE,
        (
            Given(DATASET, {"datasetId": "crm", "labels": PII}, "dataset"),
            Given(TABLE, {"datasetId": "crm", "labels": PII}, "people"),
        ),
        {"dataset": (KEYLESS.format("dataset"),)},
        label="told of the dataset once",
    ),
)


def keyed(rule: str, token: str, properties: dict[str, Any], made_from: str, *deferred: str, key: str = KEY) -> Case:
    """A store whose key is unknown, made from a resource of the stack."""
    resources = (Given(token, properties, "store", depends_on={made_from: ("source",)}), Given(key, {}, "source"))
    waiting = {"store": deferred} if deferred else {}
    return Case(rule, resources, label=f"key made from {key} for {token}", deferred=waiting)


PARAMETER = "aws:ssm/parameter:Parameter"
KEYS_OF_THE_STACK = (
    keyed(STORE, RDS, {"storageEncrypted": True, "kmsKeyId": UNKNOWN, "tags": PII}, "kmsKeyId"),
    keyed(STORE, RDS, {"storageEncrypted": True, "kmsKeyId": UNKNOWN, "tags": PII}, "kmsKeyId", key=ALIAS),
    keyed(
        STORE, RDS, {"storageEncrypted": True, "kmsKeyId": UNKNOWN, "tags": PII}, "kmsKeyId", "kmsKeyId", key=PARAMETER
    ),
    keyed(
        STORE,
        DYNAMO,
        {"serverSideEncryption": {"enabled": True, "kmsKeyArn": UNKNOWN}, "tags": PII},
        "serverSideEncryption",
    ),
    keyed(
        STORE,
        DATASET,
        {"defaultEncryptionConfiguration": {"kmsKeyName": UNKNOWN}, "labels": PII},
        "defaultEncryptionConfiguration",
        key=CRYPTO_KEY,
    ),
    keyed(STREAM, KINESIS, {"encryptionType": "KMS", "kmsKeyId": UNKNOWN, "tags": PII}, "kmsKeyId"),
    keyed(STREAM, QUEUE, {"kmsMasterKeyId": UNKNOWN, "tags": PII}, "kmsMasterKeyId"),
    keyed(STREAM, QUEUE, {"kmsMasterKeyId": UNKNOWN, "tags": PII}, "kmsMasterKeyId", "kmsMasterKeyId", key=PARAMETER),
)

_TLS = {"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}}

STREAMS = (
    case(STREAM, KINESIS, {"encryptionType": "KMS", "kmsKeyId": CMK, "tags": PII}),
    case(STREAM, KINESIS, {"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis", "tags": INTERNAL}),
    case(STREAM, KINESIS, {"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis", "tags": PII}, KEYLESS),
    case(STREAM, KINESIS, {"shardCount": 1, "tags": INTERNAL}, PLAIN),
    case(STREAM, KINESIS, {"encryptionType": "KMS", "tags": INTERNAL}, PLAIN, label="no key"),
    case(STREAM, KINESIS, {"encryptionType": "KMS", "kmsKeyId": "", "tags": PII}, PLAIN, label="empty key"),
    case(STREAM, FIREHOSE, {"destination": "extended_s3", "tags": INTERNAL}, PLAIN),
    case(
        STREAM,
        FIREHOSE,
        {"serverSideEncryption": {"enabled": True, "keyType": "CUSTOMER_MANAGED_CMK", "keyArn": CMK}, "tags": PII},
    ),
    case(
        STREAM,
        FIREHOSE,
        {"serverSideEncryption": {"enabled": True, "keyType": "AWS_OWNED_CMK"}, "tags": PII},
        KEYLESS,
        label="key of AWS",
    ),
    case(
        STREAM, FIREHOSE, {"kinesisSourceConfiguration": {"kinesisStreamArn": "arn"}, "tags": PII}, label="of a stream"
    ),
    case(STREAM, MSK, {"clusterName": "k", "tags": INTERNAL}),
    case(STREAM, MSK, {"encryptionInfo": {"encryptionAtRestKmsKeyArn": CMK, **_TLS}, "tags": PII}),
    case(
        STREAM,
        MSK,
        {"encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS_PLAINTEXT"}}, "tags": INTERNAL},
        "clients may speak to the brokers without TLS",
    ),
    case(
        STREAM,
        MSK,
        {"encryptionInfo": {"encryptionInTransit": {"inCluster": False}}, "tags": INTERNAL},
        "the brokers speak to one another without TLS",
        label="among brokers",
    ),
    case(STREAM, MSK_SERVERLESS, {"clusterName": "k", "tags": PII}, NO_KEY),
    case(STREAM, QUEUE, {"name": "q", "tags": INTERNAL}),
    case(STREAM, QUEUE, {"sqsManagedSseEnabled": False, "tags": INTERNAL}, PLAIN),
    case(STREAM, QUEUE, {"name": "q", "kmsMasterKeyId": CMK, "tags": PII}),
    case(STREAM, QUEUE, {"name": "q", "tags": PII}, KEYLESS),
    case(STREAM, SNS, {"name": "t", "tags": INTERNAL}),
    case(STREAM, SNS, {"name": "t", "kmsMasterKeyId": "alias/aws/sns", "tags": PII}, KEYLESS),
    case(STREAM, PUBSUB, {"name": "t", "kmsKeyName": CMEK, "labels": PII}),
    case(STREAM, PUBSUB, {"name": "t", "labels": PII}, KEYLESS),
    case(STREAM, KINESIS, {}, label="only read"),
)

_SELDOM = "the key is rotated less often than every 365 days"
_NEVER = "the key is never rotated"

ROTATION = (
    case(KEYS, KEY, {"enableKeyRotation": True}),
    case(KEYS, KEY, {"enableKeyRotation": True, "rotationPeriodInDays": 90}, label="often"),
    case(KEYS, KEY, {"enableKeyRotation": True, "rotationPeriodInDays": 730}, _SELDOM),
    case(
        KEYS,
        KEY,
        {"enableKeyRotation": True},
        _SELDOM.replace("365", "90"),
        label="own limit",
        config={"maximumDays": 90},
    ),
    case(KEYS, KEY, {"description": "lake"}, _NEVER),
    case(KEYS, KEY, {"enableKeyRotation": False, "customerMasterKeySpec": "SYMMETRIC_DEFAULT"}, _NEVER),
    case(KEYS, KEY, {"customerMasterKeySpec": "RSA_4096", "keyUsage": "SIGN_VERIFY"}),
    case(KEYS, KEY, {"customerMasterKeySpec": "HMAC_256", "keyUsage": "GENERATE_VERIFY_MAC"}, label="HMAC"),
    case(KEYS, KEY, {"customerMasterKeySpec": "RSA_4096", "keyUsage": "ENCRYPT_DECRYPT"}, label="asymmetric"),
    case(KEYS, KEY, {"customKeyStoreId": "cks-1"}),
    case(KEYS, KEY, {"enableKeyRotation": UNKNOWN}, deferred={"store": ("enableKeyRotation",)}),
    case(KEYS, KEY, {"customerMasterKeySpec": UNKNOWN}, deferred={"store": ("customerMasterKeySpec",)}),
    case(KEYS, KEY, {}, label="only read"),
    case(KEYS, CRYPTO_KEY, {"name": "lake", "rotationPeriod": "7776000s"}),
    case(KEYS, CRYPTO_KEY, {"name": "lake", "rotationPeriod": "63072000s"}, _SELDOM),
    case(KEYS, CRYPTO_KEY, {"name": "lake"}, _NEVER),
    case(KEYS, CRYPTO_KEY, {"name": "lake", "rotationPeriod": UNKNOWN}, deferred={"store": ("rotationPeriod",)}),
    case(KEYS, CRYPTO_KEY, {"purpose": "ASYMMETRIC_SIGN"}),
    case(KEYS, CRYPTO_KEY, {"importOnly": True}),
)


def catalogue(mode: Any, passwords: Any) -> dict[str, Any]:
    return {
        "dataCatalogEncryptionSettings": {
            "encryptionAtRest": {"catalogEncryptionMode": mode, "sseAwsKmsKeyId": CMK},
            "connectionPasswordEncryption": {"returnConnectionPasswordEncrypted": passwords, "awsKmsKeyId": CMK},
        }
    }


_OPEN_CATALOGUE = "the Glue catalogue is not encrypted"
_OPEN_PASSWORDS = "passwords of connections are not encrypted in the Glue catalogue"
_KEPT = "the connection keeps its password in the Glue catalogue, whose settings this stack does not show"
_JDBC = {"connectionProperties": {"JDBC_CONNECTION_URL": "jdbc:postgresql://db/crm", "USERNAME": "etl"}}
_WITH_PASSWORD = {"connectionProperties": {"USERNAME": "etl", "PASSWORD": "x"}}

CATALOGUES = (
    case(CATALOG, SETTINGS, catalogue("SSE-KMS", True)),
    case(CATALOG, SETTINGS, catalogue("SSE-KMS-WITH-SERVICE-ROLE", True), label="service role"),
    case(CATALOG, SETTINGS, catalogue("DISABLED", True), _OPEN_CATALOGUE),
    case(CATALOG, SETTINGS, catalogue("SSE-KMS", False), _OPEN_PASSWORDS),
    case(CATALOG, CONNECTION, _JDBC),
    case(CATALOG, CONNECTION, {"connectionProperties": {"SECRET_ID": "etl"}}, label="secret"),
    case(CATALOG, CONNECTION, _WITH_PASSWORD, _KEPT, fuzzed=False),  # a password is told by its key, known or not
    Case(CATALOG, (Given(CONNECTION, _WITH_PASSWORD, "c"), Given(SETTINGS, catalogue("SSE-KMS", True), "s"))),
    case(CATALOG, METASTORE, {"labels": PII, "encryptionConfig": {"kmsKey": CMEK}}),
    case(CATALOG, METASTORE, {"labels": INTERNAL}),
    case(CATALOG, METASTORE, {"labels": PII}, KEYLESS, "metastore"),
)


def results(option: Any = None, key: Any = None, **more: Any) -> dict[str, Any]:
    encryption = {"encryptionConfiguration": {"encryptionOption": option, "kmsKeyArn": key}} if option else {}
    return {"resultConfiguration": {"outputLocation": "s3://acme-dev-growth-lake-logs/athena/", **encryption}, **more}


_UNENCRYPTED = "the results of queries are not encrypted by the workgroup"
_CHOICE = "clients may choose where results of queries go, and whether they are encrypted"
_RESULTS_KEYLESS = (
    "results of queries are not encrypted with a customer-managed key, which data needs from the level confidential"
)


def workgroup(tags: dict[str, str], configuration: Any, said: str = "", **more: Any) -> Case:
    given = {"tags": tags} | ({"configuration": configuration} if configuration is not None else {})
    return case(RESULTS, WORKGROUP, given, said, **more)


_KEYED_BY_ATHENA = {"enabled": True, "encryptionConfiguration": {"kmsKey": CMK}}

QUERIES = (
    workgroup(PII, results("SSE_KMS", CMK), label="own key"),
    workgroup(INTERNAL, results("SSE_S3"), label="keys of S3"),
    workgroup(PII, results("SSE_S3", CMK), _RESULTS_KEYLESS, label="keys of S3 above the level"),
    workgroup(PII, results("SSE_KMS"), _RESULTS_KEYLESS, label="no key"),
    workgroup(INTERNAL, results(), _UNENCRYPTED, label="plain"),
    workgroup(INTERNAL, None, _UNENCRYPTED, label="nothing set"),
    workgroup(INTERNAL, results("SSE_S3", enforceWorkgroupConfiguration=False), _CHOICE, label="clients choose"),
    workgroup(INTERNAL, {"managedQueryResultsConfiguration": {"enabled": True}}, label="kept by Athena"),
    workgroup(PII, {"managedQueryResultsConfiguration": _KEYED_BY_ATHENA}, label="kept by Athena with a key"),
    workgroup(PII, {"managedQueryResultsConfiguration": {"enabled": True}}, _RESULTS_KEYLESS, label="kept, no key"),
    workgroup(INTERNAL, UNKNOWN, label="unknown", deferred={"store": ("configuration",)}),
    case(RESULTS, WORKGROUP, {}, label="only read"),
)

CASES = (*BUCKETS, *STORES_AT_REST, *STORES_WITHIN, *KEYS_OF_THE_STACK, *STREAMS, *ROTATION, *CATALOGUES, *QUERIES)
