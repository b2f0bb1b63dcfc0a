"""Where buckets and paths of the lake stand: what must pass and what must fail."""

from base64 import b64encode
from typing import Any

from dataops_infra.conventions.contracts import DatasetContract, Location
from dataops_infra.conventions.lake_layout import Lake
from dataops_infra.conventions.naming import Naming
from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from policies.data_lake.data_lake_rules.locations import FILLED
from tests.support.rule_cases import CONVENTIONS, Case

S3, S3_V2, GCS = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "gcp:storage/bucket:Bucket"
ZONES = "raw, staged, curated, quarantine, sandbox, logs, none"
PATTERN = "{organisation}-{environment}-{domain}-{name}"
LAYOUT = "{zone}/{domain}/{dataset}/v{version:int}/dt={date}"
WORDS = "lowercase letters, digits and hyphens between them"
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"


def bucket(zone: str | None = "raw", type_: str = S3, name: str = "acme-dev-growth-lake", **more: Any) -> Given:
    tags = {} if zone is None else {"zone": zone}
    if type_ == GCS:
        return Given(GCS, {"name": name, "labels": tags, **more}, name="store")
    return Given(type_, {"bucket": name, "tags": tags, **more}, name="store")


def says(*messages: str) -> dict[str, tuple[str, ...]]:
    return {"store": messages}


ZONE_DECLARED = (
    Case("lake-zone-declared", (bucket("raw"),), label="s3"),
    Case("lake-zone-declared", (bucket("none", S3_V2),), label="no-zone-is-said"),
    Case("lake-zone-declared", (bucket("logs", GCS),), label="gcs"),
    Case(
        "lake-zone-declared",
        (Given(S3, {"bucket": "b"}, provider={"defaultTags": '{"tags": {"zone": "none"}}'}),),
        label="by-default-tags",
    ),
    Case(
        "lake-zone-declared",
        (Given(S3, {"bucket": "b", "tags": {"zone": UNKNOWN}}, name="store"),),
        deferred={"store": ("tags.zone",)},
        label="unknown",
    ),
    *(
        Case(
            "lake-zone-declared",
            (bucket(None, type_),),
            says(f"the bucket does not say its zone: `{path}` has no `zone`"),
        )
        for type_, path in ((S3, "tags"), (S3_V2, "tags"), (GCS, "labels"))
    ),
    Case("lake-zone-declared", (bucket("bronze"),), says(f"`tags.zone` must be one of {ZONES}"), label="another-word"),
    Case("lake-zone-declared", (bucket("bronze", GCS),), says(f"`labels.zone` must be one of {ZONES}")),
)


def named(name: str, reason: str, type_: str = S3, **more: Any) -> Case:
    message = f"the bucket's name does not follow {PATTERN}: {reason}"
    return Case("lake-bucket-name", (bucket("raw", type_, name, **more),), says(message))


BUCKET_NAME = (
    Case("lake-bucket-name", (bucket(name="acme-dev-growth-lake-raw"),), label="by-pattern"),
    Case("lake-bucket-name", (bucket(name="acme-dev-growth-lake-raw", type_=GCS),), label="gcs"),
    Case("lake-bucket-name", (bucket(name=f"acme-dev-growth-{'x' * 38}-0123abcd"),), label="shortened"),
    Case("lake-bucket-name", (bucket("none", name="somebody-elses"),), label="not-in-the-lake"),
    Case(
        "lake-bucket-name",
        (Given(S3, {"tags": {"zone": "raw"}, "bucketPrefix": "acme-dev-growth-"}),),
        label="prefix",
    ),
    Case("lake-bucket-name", (Given(S3, {"tags": {"zone": "raw"}}, name="acme-dev-growth-lake"),), label="automatic"),
    Case(
        "lake-bucket-name",
        (Given(S3, {"tags": {"zone": "raw"}, "bucket": UNKNOWN}, name="store"),),
        deferred={"store": ("bucket",)},
        label="unknown",
    ),
    Case(
        "lake-bucket-name",
        (Given(S3, {"tags": {"zone": "raw"}, "bucketPrefix": UNKNOWN}, name="store"),),
        deferred={"store": ("bucketPrefix",)},
        label="unknown-prefix",
    ),
    *(
        Case(
            "lake-bucket-name",
            (bucket("raw", type_, f"{account}-lake"),),
            conventions=CONVENTIONS.model_copy(update={"naming": Naming(pattern="{account}-{name}")}),
            label=f"account-{account}",
        )
        for type_, account in ((S3, "111111111111"), (GCS, "acme-data-dev"))
    ),
    named("acme-prod-growth-lake", "{environment} must be dev"),
    named("lake-1234567", "{organisation} must be acme", S3_V2),
    named("acme-dev-sales-lake", "{domain} must be growth", GCS),
    named("acme-dev-growth-My.Lake", f"{{name}} must be {WORDS}"),
    Case(
        "lake-bucket-name",
        (Given(S3, {"tags": {}, "bucketPrefix": "lake-"}, name="store"),),
        says(f"the bucket's name does not follow {PATTERN}: {{organisation}} must be acme"),
        label="prefix-off",
    ),
    Case(
        "lake-bucket-name",
        (Given(GCS, {"labels": {"zone": "raw"}}, name="store"),),
        says(f"the bucket's name does not follow {PATTERN}: {{organisation}} must be acme"),
        label="automatic-off",
    ),
)

CONTRACT = DatasetContract(
    id="1",
    version="1.0.0",
    domain="growth",
    dataset="signups",
    owner="growth-data",
    classification="pii",
    retention_class="standard",
    locations=(
        Location(type="bigquery", uri="projects/acme/datasets/x"),
        Location(type="s3", uri="s3://zenith/curated/growth/signups/v1/"),
        Location(type="s3", uri="s3://zenith-top"),
        Location(type="s3", uri="s3://zenith-short/lake"),
        Location(type="s3", uri="s3://zenith-lake/lake/raw/signups/"),
        Location(type="s3", uri="s3://zenith-odd/Curated/x"),
        Location(type="s3", uri="s3://zenith-bronze/bronze/x"),
    ),
)


def job(**arguments: Any) -> Given:
    return Given("aws:glue/job:Job", {"roleArn": UNKNOWN, **arguments}, name="job")


def table(location: Any) -> Given:
    properties = {"databaseName": "growth", "storageDescriptor": {"location": location, "columns": [{"name": "id"}]}}
    return Given("aws:glue/catalogTable:CatalogTable", properties, name="table")


def off(path: str, mistake: str, name: str, note: str = "") -> dict[str, tuple[str, ...]]:
    return {name: (f"`{path}` leaves the layout {LAYOUT}: its {mistake}{f' ({note})' if note else ''}",)}


def in_layout(*resources: Given, label: str, **more: Any) -> Case:
    return Case("lake-path-in-layout", resources, label=label, **more)


def firehose(bucket_arn: Any, **s3: Any) -> Given:
    configuration = {"bucketArn": bucket_arn, "roleArn": UNKNOWN, **s3}
    return Given(FIREHOSE, {"destination": "extended_s3", "extendedS3Configuration": configuration}, name="stream")


RAW = "acme-dev-growth-lake-raw"
ZONE_1 = "folder 1 must be raw, the zone of the bucket"
DAY_5 = "folder 5 must be like dt={date}"
OWN = "the service writes files of its own there"
APPENDED = "Firehose adds yyyy/MM/dd/HH/ to a prefix without a timestamp expression"
DAILY = "raw/growth/clicks/v1/dt=!{timestamp:yyyy-MM-dd}/"

OTHER = "lake/{zone}/{dataset}"
OTHER_LAYOUT = CONVENTIONS.model_copy(update={"lake": Lake(layout=OTHER, zones=("raw",))})

LEGAL_PATHS = (
    in_layout(bucket(), table("s3://acme-dev-growth-lake/raw/growth/clicks/v1/"), label="table"),
    in_layout(bucket("none"), table("s3://acme-dev-growth-lake/anything/"), label="bucket-outside-the-lake"),
    in_layout(bucket("logs"), job(command={"scriptLocation": "s3://acme-dev-growth-lake/x.py"}), label="free-zone"),
    in_layout(table("s3://elasticmapreduce/samples/"), label="bucket-of-somebody-else"),
    in_layout(table("s3://acme-dev-growth-scratch/x/"), label="zone-not-in-the-name"),
    in_layout(table(f"s3://{RAW}/raw/growth/"), label="zone-in-the-name"),
    in_layout(bucket(), firehose("arn:aws:s3:::acme-dev-growth-lake", prefix=DAILY), label="firehose"),
    in_layout(
        table("s3://zenith-top/x s3://zenith-odd/x s3://zenith-bronze/x"),
        contracts=(CONTRACT,),
        label="contracts-that-tell-no-zone",
    ),
    in_layout(
        Given(
            "aws:datasync/s3Location:S3Location",
            {"s3BucketArn": f"arn:aws:s3:::{RAW}", "subdirectory": "/raw/growth/x/v1/"},
        ),
        label="datasync",
    ),
    in_layout(
        Given("gcp:storage/bucketObject:BucketObject", {"bucket": RAW, "name": "raw/growth/x/v1/dt=2026-11-22/a"}),
        label="object",
    ),
    in_layout(
        Given(
            "gcp:pubsub/subscription:Subscription",
            {"cloudStorageConfig": {"bucket": RAW, "filenamePrefix": "raw/growth/x/v1/dt="}},
        ),
        label="beginning-of-file-names",
    ),
    in_layout(
        Given(
            "aws:glue/catalogTable:CatalogTable",
            {"parameters": {"storage.location.template": f"s3://{RAW}/raw/growth/x/v1/dt=${{dt}}/"}},
        ),
        label="partition-projection",
    ),
    in_layout(
        table("s3://zenith/x/ s3://zenith-short/x/"),
        contracts=(CONTRACT,),
        conventions=OTHER_LAYOUT,
        label="contract-of-another-layout",
    ),
)

OFF_PATHS = (
    in_layout(
        table("s3://zenith-lake/x/"),
        contracts=(CONTRACT,),
        conventions=OTHER_LAYOUT,
        messages={
            "table": (f"`storageDescriptor.location` leaves the layout {OTHER}: its folder 1 must be like lake",)
        },
        label="another-layout-off",
    ),
    in_layout(
        bucket(),
        table("s3://acme-dev-growth-lake/clicks/"),
        messages=off("storageDescriptor.location", ZONE_1, "table"),
        label="table-off",
    ),
    in_layout(
        bucket(type_=GCS),
        Given(
            "gcp:bigquery/table:Table",
            {"externalDataConfiguration": {"sourceUris": ["gs://acme-dev-growth-lake/raw/sales/*.csv"]}},
            name="table",
        ),
        messages=off("externalDataConfiguration.sourceUris[0]", "folder 2 must be a domain (growth)", "table"),
        label="external-table-off",
    ),
    in_layout(
        job(defaultArguments={"--TempDir": f"s3://{RAW}/tmp/", "--job-language": "python"}),
        messages=off("defaultArguments.--TempDir", ZONE_1, "job", OWN),
        label="zone-in-the-name-off",
    ),
    in_layout(
        table("s3://zenith/clicks/"),
        contracts=(CONTRACT,),
        messages=off("storageDescriptor.location", "folder 1 must be curated, the zone of the bucket", "table"),
        label="zone-in-a-contract-off",
    ),
    in_layout(
        Given(
            "aws:redshiftdata/statement:Statement",
            {"sql": f"COPY a FROM 's3://{RAW}/raw/growth/a/v1/'; COPY b FROM 's3://{RAW}/b/' IAM_ROLE default"},
            name="copy",
        ),
        messages=off("sql", ZONE_1, "copy", "URI 2 of 2"),
        label="sql-off",
    ),
    in_layout(
        firehose(f"arn:aws:s3:::{RAW}", prefix="raw/growth/clicks/v1/"),
        messages=off("extendedS3Configuration.prefix", DAY_5, "stream", APPENDED),
        label="firehose-appends",
    ),
    in_layout(
        firehose(f"arn:aws:s3:::{RAW}", prefix="raw/growth/clicks/v1/dt=!{timestamp:yyyyMMdd}/"),
        messages=off("extendedS3Configuration.prefix", "folder 5 must be a date as YYYY-MM-DD", "stream"),
        label="firehose-date-off",
    ),
    in_layout(
        firehose(f"arn:aws:s3:::{RAW}", prefix=DAILY, errorOutputPrefix="errors/!{firehose:error-output-type}/"),
        messages=off("extendedS3Configuration.errorOutputPrefix", ZONE_1, "stream"),
        label="firehose-errors-off",
    ),
    in_layout(
        Given(
            "aws:datasync/s3Location:S3Location",
            {"s3BucketArn": f"arn:aws:s3:::{RAW}", "subdirectory": "/export"},
            name="location",
        ),
        messages=off("subdirectory", ZONE_1, "location"),
        label="datasync-off",
    ),
    in_layout(
        Given(
            "gcp:storage/transferJob:TransferJob",
            {"transferSpec": {"gcsDataSink": {"bucketName": RAW, "path": "import/"}}},
            name="transfer",
        ),
        messages=off("transferSpec.gcsDataSink.path", ZONE_1, "transfer"),
        label="transfer-off",
    ),
    in_layout(
        Given("aws:athena/database:Database", {"name": "growth", "bucket": RAW}, name="database"),
        messages=off("bucket", ZONE_1, "database", OWN),
        label="results-off",
    ),
    in_layout(
        Given(
            "aws:athena/workgroup:Workgroup",
            {"configuration": {"resultConfiguration": {"outputLocation": f"s3://{RAW}/raw/growth/x/v1/"}}},
            name="workgroup",
        ),
        messages=off("configuration.resultConfiguration.outputLocation", DAY_5, "workgroup", OWN),
        label="results-beside-data-off",
    ),
    in_layout(
        Given("aws:lakeformation/resource:Resource", {"arn": f"arn:aws:s3:::{RAW}/x/"}, name="registered"),
        messages=off("arn", ZONE_1, "registered"),
        label="registered-off",
    ),
    in_layout(
        Given(
            "aws:s3/bucketObjectv2:BucketObjectv2",
            {"bucket": UNKNOWN, "key": "scripts/etl.py"},
            name="script",
            depends_on={"bucket": ("store",)},
        ),
        bucket(),
        messages=off("key", ZONE_1, "script"),
        label="object-off",
    ),
    in_layout(
        Given(
            "aws:sfn/stateMachine:StateMachine",
            {"definition": " ".join(f"s3://{RAW}/{number}/" for number in range(13))},
            name="machine",
        ),
        messages={
            "machine": (
                *(
                    f"`definition` leaves the layout {LAYOUT}: its {ZONE_1} (URI {number} of 13)"
                    for number in range(1, 11)
                ),
                "and 3 more such places",
            )
        },
        label="many-off",
    ),
)

BAD, BAD_GCS = f"s3://{RAW}/tmp/", f"gs://{RAW}/tmp/"
STEP = {"name": "etl", "hadoopJarStep": {"jar": "command-runner.jar", "args": ["spark-submit", BAD]}}
EVERY_SERVICE: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("aws:athena/namedQuery:NamedQuery", {"query": f"CREATE EXTERNAL TABLE t (a int) LOCATION '{BAD}'"}, "query"),
    (
        "aws:athena/workgroup:Workgroup",
        {"configuration": {"resultConfiguration": {"outputLocation": BAD}}},
        "configuration.resultConfiguration.outputLocation",
    ),
    ("aws:emr/cluster:Cluster", {"logUri": BAD.replace("s3:", "s3n:")}, "logUri"),
    ("aws:emr/cluster:Cluster", {"steps": [STEP]}, "steps[0].hadoopJarStep.args[1]"),
    ("aws:emr/cluster:Cluster", {"bootstrapActions": [{"name": "a", "path": BAD}]}, "bootstrapActions[0].path"),
    (
        "aws:emrserverless/application:Application",
        {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": BAD}}},
        "monitoringConfiguration.s3MonitoringConfiguration.logUri",
    ),
    ("aws:glue/catalogDatabase:CatalogDatabase", {"name": "growth", "locationUri": BAD}, "locationUri"),
    (
        "aws:glue/catalogTable:CatalogTable",
        {"parameters": {"storage.location.template": f"s3://{RAW}/raw/growth/x/v1/day=${{dt}}/"}},
        "parameters.storage.location.template",
    ),
    ("aws:glue/crawler:Crawler", {"s3Targets": [{"path": BAD}]}, "s3Targets[0].path"),
    ("aws:glue/job:Job", {"command": {"scriptLocation": f"{BAD}etl.py"}}, "command.scriptLocation"),
    ("aws:lambda/function:Function", {"environment": {"variables": {"OUT": BAD}}}, "environment.variables.OUT"),
    ("aws:ec2/instance:Instance", {"userData": f"#!/bin/sh\naws s3 cp x {BAD}\n"}, "userData"),
    ("aws:ec2/launchTemplate:LaunchTemplate", {"userData": b64encode(BAD.encode()).decode()}, "userData"),
    (
        "aws:cloudwatch/eventTarget:EventTarget",
        {"redshiftTarget": {"sql": f"UNLOAD ('x') TO '{BAD}'"}},
        "redshiftTarget.sql",
    ),
    (
        "gcp:bigquery/dataTransferConfig:DataTransferConfig",
        {"params": {"data_path_template": f'{BAD_GCS}{{run_time|"%Y%m%d"}}.csv'}},
        "params.data_path_template",
    ),
    ("gcp:bigquery/job:Job", {"load": {"sourceUris": [f"{BAD_GCS}*.csv"]}}, "load.sourceUris[0]"),
    ("gcp:bigquery/job:Job", {"extract": {"destinationUris": [BAD_GCS]}}, "extract.destinationUris[0]"),
    ("gcp:bigquery/job:Job", {"query": {"query": f"EXPORT DATA OPTIONS(uri='{BAD_GCS}*')"}}, "query.query"),
    ("gcp:dataproc/job:Job", {"pysparkConfig": {"args": ["--out", BAD_GCS]}}, "pysparkConfig.args[1]"),
    ("gcp:dataproc/job:Job", {"sparksqlConfig": {"queryLists": [f"LOAD '{BAD_GCS}'"]}}, "sparksqlConfig.queryLists[0]"),
    (
        "gcp:dataproc/cluster:Cluster",
        {"clusterConfig": {"initializationActions": [{"script": f"{BAD_GCS}init.sh"}]}},
        "clusterConfig.initializationActions[0].script",
    ),
    (
        "gcp:pubsub/subscription:Subscription",
        {"cloudStorageConfig": {"bucket": RAW, "filenamePrefix": "tmp/"}},
        "cloudStorageConfig.filenamePrefix",
    ),
)
DAY_5_TEMPLATE = {"parameters.storage.location.template": DAY_5}
# Most environments and start-up scripts hold unknowns that are no paths: to wait for each would drown what counts. The
# audit reads them all.
NOT_WAITED_FOR = ("environment.variables.OUT", "userData")
SERVICES = tuple(
    in_layout(
        Given(type_, properties, name="it"),
        messages=off(path, DAY_5_TEMPLATE.get(path, ZONE_1), "it", OWN if (type_, path) in FILLED else ""),
        label=f"{type_.split(':')[2]}-{path}",
        fuzzed=path not in NOT_WAITED_FOR,
    )
    for type_, properties, path in EVERY_SERVICE
)


def script_in(zone: str) -> tuple[Given, Given]:
    job = Given(
        "aws:glue/job:Job", {"command": {"scriptLocation": UNKNOWN}}, name="job", depends_on={"command": ("store",)}
    )
    return job, bucket(zone)


WAITING_PATHS = (
    in_layout(*script_in("none"), label="made-from-a-bucket-without-layout"),
    in_layout(*script_in("raw"), deferred={"job": ("command.scriptLocation",)}, label="made-from-a-bucket-of-data"),
    in_layout(table(UNKNOWN), deferred={"table": ("storageDescriptor.location",)}, label="uri-unknown"),
    in_layout(
        job(defaultArguments={"--input": UNKNOWN, "--RedshiftRoleARN": UNKNOWN, "--input_topic": UNKNOWN}),
        deferred={"job": ("defaultArguments.--input",)},
        label="map-unknown",
    ),
    in_layout(
        firehose(UNKNOWN, prefix=DAILY),
        deferred={"stream": ("extendedS3Configuration.bucketArn",)},
        label="bucket-unknown",
    ),
    in_layout(
        firehose(f"arn:aws:s3:::{RAW}", prefix=UNKNOWN),
        deferred={"stream": ("extendedS3Configuration.prefix",)},
        label="key-unknown",
    ),
    in_layout(
        Given(S3, {"bucket": "acme-dev-growth-lake", "tags": UNKNOWN}, name="store"),
        table("s3://acme-dev-growth-lake/x/"),
        deferred={"store": ("tags",)},
        label="zone-unknown",
    ),
    in_layout(
        Given(S3, {"bucket": UNKNOWN, "bucketPrefix": "lake-", "tags": {"zone": "raw"}}, name="store"),
        Given(S3, {"bucket": UNKNOWN, "bucketPrefix": "other-", "tags": {"zone": "raw"}}, name="other"),
        table("s3://lake-123/x/"),
        deferred={"store": ("bucket",)},
        label="name-unknown",
    ),
)

CASES = (*ZONE_DECLARED, *BUCKET_NAME, *LEGAL_PATHS, *OFF_PATHS, *SERVICES, *WAITING_PATHS)
