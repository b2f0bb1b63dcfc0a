"""Cases: what stores say of their data, sandboxes, regions."""

from dataops_infra.conventions.contracts import DatasetContract, Location
from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import CONVENTIONS, Case

S3, S3_V2, GCS = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "gcp:storage/bucket:Bucket"
DATASET, RDS, SQL = (
    "gcp:bigquery/dataset:Dataset",
    "aws:rds/instance:Instance",
    "gcp:sql/databaseInstance:DatabaseInstance",
)
DYNAMO, SPANNER = "aws:dynamodb/table:Table", "gcp:spanner/instance:Instance"
BIGTABLE, TOPIC = "gcp:bigtable/instance:Instance", "gcp:pubsub/topic:Topic"

DECLARED, SANDBOX, REGION = "pii-classification-declared", "pii-not-in-sandbox", "pii-region-allowed"
PII, MASKED = {"data-classification": "pii"}, {"data-classification": "masked"}
OPEN = CONVENTIONS.model_copy(update={"regions": CONVENTIONS.regions.model_copy(update={"aws": (), "gcp": ()})})
EUROPE = CONVENTIONS.model_copy(
    update={"regions": CONVENTIONS.regions.model_copy(update={"gcp": ("eu", "eur4", "europe-west1", "europe-west4")})}
)


def contract(uri: str, level: str = "pii") -> DatasetContract:
    return DatasetContract(
        id="1",
        version="1.0.0",
        domain="growth",
        dataset="signups",
        owner="growth-data",
        classification=level,
        retention_class="standard",
        locations=(Location(type="s3", uri=uri),),
    )


def silent(noun: str) -> dict[str, tuple[str]]:
    return {"store": (f"the {noun} does not say how confidential its data is",)}


def declared(token: str, properties: dict[str, object], noun: str = "", **more: object) -> Case:
    return Case(
        DECLARED,
        (Given(token, properties, "store", provider=more.pop("provider", None)),),  # type: ignore[arg-type]
        silent(noun) if noun else {},
        **more,  # type: ignore[arg-type]
    )


_LOWER = (
    "`data-classification` of the bucket is lower than pii, which the contract says of what lies in it (growth/signups)"
)

DECLARING = (
    declared(S3, {"bucket": "lake", "tags": PII}),
    declared(S3, {"bucket": "lake", "tags": {"owner": "growth-data"}}, "bucket"),
    declared(
        S3,
        {"bucket": "lake"},
        label="by the provider",
        provider={"defaultTags": '{"tags": {"data-classification": "pii"}}'},
    ),
    declared(S3_V2, {"bucket": "lake"}, "bucket"),
    declared(S3, {"bucket": "lake"}, label="by contract", contracts=(contract("s3://lake/raw/growth/signups/v1/"),)),
    declared(S3, {"bucket": "lake"}, "bucket", label="contract elsewhere", contracts=(contract("s3://other/raw/"),)),
    declared(GCS, {"name": "lake", "labels": MASKED}),
    declared(GCS, {"name": "lake", "labels": {"zone": "raw"}}, "bucket"),
    declared(DATASET, {"datasetId": "crm"}, "dataset"),
    declared(RDS, {"engine": "postgres"}, "database"),
    declared(SQL, {"settings": {"tier": "db-f1-micro", "userLabels": {"data-classification": "internal"}}}),
    declared(SQL, {"settings": {"tier": "db-f1-micro"}}, "database"),
    declared(S3, {}, label="only read"),
    Case(
        DECLARED,
        (Given(S3, {"bucket": "lake", "tags": {"data-classification": "secret"}}, "store"),),
        {"store": ("`data-classification` of the bucket names no level of the organisation",)},
        label="no level",
    ),
    Case(
        DECLARED,
        (Given(S3, {"bucket": "lake", "tags": MASKED}, "store"),),
        {"store": (_LOWER,)},
        label="lower than its contract",
        contracts=(contract("s3://lake/curated/"),),
        # Without its name or its tags nothing says what lies in the bucket, or how confidential it is called.
        fuzzed=False,
        echoed=True,
    ),
    Case(
        DECLARED,
        (Given(S3, {"bucket": "lake", "tags": {"data-classification": UNKNOWN}}, "store"),),
        deferred={"store": ("tags.data-classification",)},
        label="unknown",
    ),
)

_SANDBOX = {"zone": "sandbox"}


def in_sandbox(token: str, properties: dict[str, object], noun: str = "") -> Case:
    said = f"the {noun} belongs to a sandbox, which holds data up to the level masked, but is classified pii"
    return Case(SANDBOX, (Given(token, properties, "store"),), {"store": (said,)} if noun else {})


SANDBOXES = (
    in_sandbox(S3, {"bucket": "play", "tags": _SANDBOX | PII}, "bucket"),
    in_sandbox(S3, {"bucket": "play", "tags": _SANDBOX | MASKED}),
    in_sandbox(S3, {"bucket": "play", "tags": {"zone": "raw"} | PII}),
    in_sandbox(S3, {"bucket": "play", "tags": _SANDBOX}),
    in_sandbox(DATASET, {"datasetId": "play", "labels": _SANDBOX | PII}, "dataset"),
    in_sandbox(DATASET, {"datasetId": "play", "labels": _SANDBOX | MASKED}),
    Case(
        SANDBOX,
        (Given(S3, {"bucket": "play", "tags": _SANDBOX | MASKED}, "store"),),
        {"store": ("the bucket belongs to a sandbox, which holds data up to the level masked, but is classified pii",)},
        label="by contract",
        contracts=(contract("s3://play/x"),),
        fuzzed=False,  # an unknown name of the bucket matches no contract before it is known
        echoed=True,
    ),
)

_AWS_PLACES, _GCP_PLACES = ", ".join(CONVENTIONS.regions.aws), ", ".join(CONVENTIONS.regions.gcp)
_IRELAND, _VIRGINIA = {"region": "eu-west-1"}, {"region": "us-east-1"}


def placed(
    token: str,
    properties: dict[str, object],
    noun: str = "",
    *,
    provider: dict[str, object] | None = None,
    names: str = "",
    **more: object,
) -> Case:
    places = names or (_AWS_PLACES if token.startswith("aws:") else _GCP_PLACES)
    said = {"store": (f"the {noun} lies outside the regions in which data may live ({places})",)} if noun else {}
    return Case(REGION, (Given(token, properties, "store", provider=provider),), said, **more)  # type: ignore[arg-type]


_EUROPEAN = ", ".join(EUROPE.regions.gcp)

REGIONS = (
    placed(S3, {"bucket": "lake", "region": "eu-west-1"}),
    placed(S3, {"bucket": "lake", "region": "us-east-1"}, "bucket"),
    placed(S3, {"bucket": "lake"}, provider=_IRELAND, label="region of the provider"),
    placed(S3, {"bucket": "lake"}, "bucket", provider=_VIRGINIA, label="region of the provider, elsewhere"),
    placed(S3, {"bucket": "lake", "region": "us-east-1"}, conventions=OPEN, label="no regions declared"),
    placed(S3, {"bucket": "lake", "region": UNKNOWN}, deferred={"store": ("region",)}, label="unknown"),
    placed(DYNAMO, {"region": "eu-west-1", "replicas": [{"regionName": "eu-central-1"}]}),
    placed(DYNAMO, {"region": "eu-west-1", "replicas": [{"regionName": "us-east-1"}]}, "table", label="copied abroad"),
    placed(GCS, {"name": "lake", "location": "EUROPE-WEST1"}),
    placed(GCS, {"name": "lake", "location": "US"}, "bucket"),
    placed(GCS, {"name": "lake", "location": "EU"}, conventions=EUROPE, label="multi-region"),
    placed(GCS, {"name": "lake", "location": "EUR4"}, conventions=EUROPE, label="dual region"),
    placed(
        GCS,
        {
            "name": "lake",
            "location": "EU",
            "customPlacementConfig": {"dataLocations": ["EUROPE-WEST1", "EUROPE-WEST4"]},
        },
        conventions=EUROPE,
        label="two chosen regions",
    ),
    placed(
        GCS,
        {
            "name": "lake",
            "location": "EU",
            "customPlacementConfig": {"dataLocations": ["EUROPE-WEST1", "EUROPE-WEST9"]},
        },
        "bucket",
        names=_EUROPEAN,
        conventions=EUROPE,
        label="one of two regions elsewhere",
        # Where the two regions are not known, neither is the location: nothing else is read.
    ),
    placed(DATASET, {"datasetId": "crm", "location": "us-central1"}, "dataset"),
    placed(SPANNER, {"config": "regional-europe-west1"}),
    placed(SPANNER, {"config": "projects/acme/instanceConfigs/nam3"}, "database instance"),
    placed(BIGTABLE, {"clusters": [{"zone": "europe-west1-b"}]}),
    placed(BIGTABLE, {"clusters": [{"zone": "europe-west1-b"}, {"zone": "us-east1-c"}]}, "database"),
    placed(TOPIC, {"name": "events"}, label="everywhere"),
    placed(TOPIC, {"messageStoragePolicy": {"allowedPersistenceRegions": ["us-east1"]}}, "topic"),
)

CASES = (*DECLARING, *SANDBOXES, *REGIONS)
