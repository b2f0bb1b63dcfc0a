"""Where programs say which objects they read and write: URIs in any text, and buckets with a key beside them.

URIs are found wherever they stand; the tables say where one is to be expected, so that an unknown is waited for there
and nowhere else, and where the bucket and the key are properties of their own. A test holds the paths against the SDKs.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from dataops_infra.policy import Properties, Resource, Unknown
from dataops_infra.policy.joins import store_name
from dataops_infra.policy.secret_shapes import last_words
from dataops_infra.policy.stores import stated_at
from dataops_infra.policy.uris import ANYTHING, find_uris, with_placeholders

_SERVICES: Final = (
    *(f"aws:{module}/" for module in ("appflow", "athena", "batch", "datasync", "dms", "ecs", "emr", "emrcontainers")),
    *(f"aws:{module}/" for module in ("emrserverless", "glue", "kinesis", "lakeformation", "lambda", "mwaa")),
    *(f"aws:{module}/" for module in ("redshift", "redshiftdata", "redshiftserverless", "sagemaker", "scheduler")),
    *("aws:sfn/", "aws:cloudwatch/eventTarget:", "aws:ec2/instance:", "aws:ec2/launchTemplate:"),
    *("aws:s3/bucketObject", "aws:s3/inventory:", "aws:s3/objectCopy:"),
    *(f"gcp:{module}/" for module in ("biglake", "bigquery", "cloudfunctions", "cloudfunctionsv2", "cloudrunv2")),
    *(f"gcp:{module}/" for module in ("cloudscheduler", "composer", "dataflow", "dataproc", "datastream", "pubsub")),
    *("gcp:workflows/", "gcp:compute/instance:", "gcp:storage/transferJob:"),
    *("gcp:storage/bucketObject:", "gcp:storage/managedFolder:"),
)
"""What reads and writes data, by the beginning of the type token."""


def reads_or_writes(token: str) -> bool:
    """Type predicate: URIs of data are looked for in resources of this type."""
    return token.startswith(_SERVICES)


_QUERIES: Final = tuple(f"{engine}Config.queryLists[]" for engine in ("hive", "pig", "presto", "sparksql"))
_ARGUMENTS: Final = tuple(f"{engine}Config.args[]" for engine in ("hadoop", "pyspark", "spark"))

URIS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:athena/namedQuery:NamedQuery": ("query",),
    "aws:athena/preparedStatement:PreparedStatement": ("queryStatement",),
    "aws:athena/workgroup:Workgroup": ("configuration.resultConfiguration.outputLocation",),
    "aws:cloudwatch/eventTarget:EventTarget": ("redshiftTarget.sql",),
    "aws:emr/cluster:Cluster": (
        "logUri",
        "steps[].hadoopJarStep.jar",
        "steps[].hadoopJarStep.args[]",
        "bootstrapActions[].path",
        "bootstrapActions[].args[]",
        "configurationsJson",
    ),
    "aws:emrcontainers/jobTemplate:JobTemplate": (
        "jobTemplateData.jobDriver.sparkSubmitJobDriver.entryPoint",
        "jobTemplateData.jobDriver.sparkSubmitJobDriver.entryPointArguments[]",
    ),
    "aws:emrserverless/application:Application": ("monitoringConfiguration.s3MonitoringConfiguration.logUri",),
    "aws:glue/catalogDatabase:CatalogDatabase": ("locationUri",),
    "aws:glue/catalogTable:CatalogTable": (
        "storageDescriptor.location",
        "storageDescriptor.additionalLocations[]",
        "parameters",
    ),
    "aws:glue/crawler:Crawler": (
        "s3Targets[].path",
        "deltaTargets[].deltaTables[]",
        "icebergTargets[].paths[]",
        "hudiTargets[].paths[]",
    ),
    "aws:glue/devEndpoint:DevEndpoint": ("extraJarsS3Path", "extraPythonLibsS3Path"),
    "aws:glue/job:Job": ("command.scriptLocation", "defaultArguments", "nonOverridableArguments"),
    "aws:glue/partition:Partition": ("storageDescriptor.location",),
    "aws:redshiftdata/statement:Statement": ("sql",),
    "aws:scheduler/schedule:Schedule": ("target.input",),
    "aws:sfn/stateMachine:StateMachine": ("definition",),
    "gcp:biglake/database:Database": ("hiveOptions.locationUri",),
    "gcp:biglake/table:Table": ("hiveOptions.storageDescriptor.locationUri",),
    "gcp:bigquery/dataTransferConfig:DataTransferConfig": ("params",),
    "gcp:bigquery/job:Job": ("load.sourceUris[]", "extract.destinationUris[]", "query.query"),
    "gcp:bigquery/routine:Routine": ("definitionBody", "importedLibraries[]", "sparkOptions.mainFileUri"),
    "gcp:bigquery/table:Table": (
        "externalDataConfiguration.sourceUris[]",
        "externalDataConfiguration.hivePartitioningOptions.sourceUriPrefix",
        "biglakeConfiguration.storageUri",
    ),
    "gcp:dataflow/flexTemplateJob:FlexTemplateJob": ("parameters", "stagingLocation", "tempLocation"),
    "gcp:dataflow/job:Job": ("parameters", "tempGcsLocation", "templateGcsPath"),
    "gcp:dataproc/batch:Batch": ("pysparkBatch.mainPythonFileUri", "pysparkBatch.args[]", "sparkBatch.args[]"),
    "gcp:dataproc/cluster:Cluster": ("clusterConfig.initializationActions[].script",),
    "gcp:dataproc/job:Job": ("pysparkConfig.mainPythonFileUri", *_ARGUMENTS, *_QUERIES),
}
"""Type -> paths where a URI is to be expected, which are waited for. A map stands for all of its values."""

FILLED: Final = frozenset(
    {
        ("aws:athena/workgroup:Workgroup", "configuration.resultConfiguration.outputLocation"),
        ("aws:emr/cluster:Cluster", "logUri"),
        ("aws:emrserverless/application:Application", "monitoringConfiguration.s3MonitoringConfiguration.logUri"),
        ("aws:glue/job:Job", "defaultArguments.--TempDir"),
        ("aws:glue/job:Job", "defaultArguments.--spark-event-logs-path"),
        ("gcp:dataflow/flexTemplateJob:FlexTemplateJob", "stagingLocation"),
        ("gcp:dataflow/flexTemplateJob:FlexTemplateJob", "tempLocation"),
        ("gcp:dataflow/job:Job", "tempGcsLocation"),
    }
)
"""Type and path of URIs where the service writes files of its own, whose names nobody chooses."""
OWN_FILE: Final = "Files of the service"
"""No folder of a layout has such a name."""


ENCODED: Final = ("userData", "userDataBase64")
"""Properties whose text may be in base64: the user data of launch templates is."""


class Prefix(NamedTuple):
    """A beginning of keys, with ``*`` for what is filled in, and what a person has to know to understand it."""

    text: str
    note: str = ""


def _as_given(given: str) -> Prefix:
    return Prefix(with_placeholders(given))


@dataclass(frozen=True)
class Split:
    """A bucket and a key that are properties of their own.

    :param holder: path of the object that holds both, empty where the resource does.
    :param bucket: the property that names the bucket: its name, ARN or URI, perhaps with a key behind it.
    :param key: the property that names the key, empty where the bucket is all that is said.
    :param read: what the service makes of the key that it is given ("" = left out).
    """

    holder: str
    bucket: str
    key: str = ""
    read: Callable[[str], Prefix] = _as_given


_TIMESTAMP: Final = re.compile(r"!\{timestamp:([^{}]*)\}")
_SAMPLES: Final = {"y": "2026", "Y": "2026", "u": "2026", "M": "11", "L": "11", "d": "22", "H": "13", "h": "01"}
_APPENDED: Final = "!{timestamp:yyyy/MM/dd/HH/}"


def _timestamps_filled_in(prefix: str) -> str:
    """A prefix of Firehose with an example for each timestamp, so that its form can be judged."""
    return _TIMESTAMP.sub(lambda found: _formatted(found[1]), prefix)


def _formatted(pattern: str) -> str:
    """What Java's DateTimeFormatter makes of a pattern, for an example; quoted text stands for itself."""

    def example(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found["text"]
        sample = _SAMPLES.get(found["letter"], ANYTHING)
        return sample[2:] if len(sample) == 4 and len(found[0]) == 2 else sample if len(found[0]) != 3 else ANYTHING

    return re.sub(r"'(?P<text>[^']*)'|(?P<letter>[A-Za-z])(?P=letter)*", example, pattern)


def _firehose_prefix(given: str) -> Prefix:
    """https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html, "Semantic rules"."""
    if _TIMESTAMP.search(given):
        return _as_given(_timestamps_filled_in(given))
    note = "Firehose adds yyyy/MM/dd/HH/ to a prefix without a timestamp expression"
    return Prefix(with_placeholders(_timestamps_filled_in(given + _APPENDED)), note)


def _firehose_error_prefix(given: str) -> Prefix:
    return _as_given(_timestamps_filled_in(given))


def _firehose() -> Iterator[Split]:
    destinations = ("elasticsearch", "httpEndpoint", "iceberg", "opensearch", "opensearchserverless", "redshift")
    holders = [f"{name}Configuration.s3Configuration" for name in (*destinations, "snowflake", "splunk")]
    backups = [f"{name}Configuration.s3BackupConfiguration" for name in ("extendedS3", "redshift")]
    for holder in ("extendedS3Configuration", *holders, *backups):
        yield Split(holder, "bucketArn", "prefix", _firehose_prefix)
        yield Split(holder, "bucketArn", "errorOutputPrefix", _firehose_error_prefix)


def _folder(given: str) -> Prefix:
    """A folder that may begin with a slash."""
    return _as_given(given.removeprefix("/"))


def _beginning(given: str) -> Prefix:
    """The beginning of file names."""
    return Prefix(with_placeholders(given) + ANYTHING)


def _own_files(given: str) -> Prefix:
    """The service writes files of its own into the folder."""
    return Prefix(f"{given.rstrip('/')}/{OWN_FILE}".removeprefix("/"), "the service writes files of its own there")


_OBJECTS: Final = (Split("", "bucket", "key"),)

SPLITS: Final[Mapping[str, tuple[Split, ...]]] = {
    "aws:appflow/flow:Flow": (
        Split("destinationFlowConfigs[].destinationConnectorProperties.s3", "bucketName", "bucketPrefix"),
    ),
    "aws:athena/database:Database": (Split("", "bucket", read=_own_files),),
    "aws:datasync/s3Location:S3Location": (Split("", "s3BucketArn", "subdirectory", _folder),),
    "aws:dms/s3Endpoint:S3Endpoint": (Split("", "bucketName", "bucketFolder", _folder),),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": tuple(_firehose()),
    "aws:lakeformation/resource:Resource": (Split("", "arn"),),
    "aws:s3/bucketObject:BucketObject": _OBJECTS,
    "aws:s3/bucketObjectv2:BucketObjectv2": _OBJECTS,
    "aws:s3/inventory:Inventory": (Split("destination.bucket", "bucketArn", "prefix", _own_files),),
    "aws:s3/objectCopy:ObjectCopy": _OBJECTS,
    "gcp:dataproc/cluster:Cluster": tuple(
        Split("clusterConfig", bucket, read=_own_files) for bucket in ("stagingBucket", "tempBucket")
    ),
    "gcp:datastream/connectionProfile:ConnectionProfile": (Split("gcsProfile", "bucket", "rootPath", _folder),),
    "gcp:pubsub/subscription:Subscription": (Split("cloudStorageConfig", "bucket", "filenamePrefix", _beginning),),
    "gcp:storage/bucketObject:BucketObject": (Split("", "bucket", "name"),),
    "gcp:storage/managedFolder:ManagedFolder": (Split("", "bucket", "name"),),
    "gcp:storage/transferJob:TransferJob": tuple(
        Split(f"transferSpec.{end}", "bucketName", "path")
        for end in ("awsS3DataSource", "gcsDataSink", "gcsDataSource")
    ),
}
"""Type -> buckets with a key beside them."""


class Place(NamedTuple):
    """One place of an object store that a resource names.

    :param path: the property that names it.
    :param bucket: physical name of the bucket, or its URN where only that is known.
    :param prefix: gives what lies there; None while it is unknown, which is then noted.
    """

    path: str
    bucket: str
    prefix: Callable[[], Prefix | None]


def uri_places(resource: Resource, is_free: Callable[[str], bool]) -> Iterator[Place]:
    """The places that URIs in the resource name.

    :param is_free: whether a URN is of a bucket without layout: an input that was made from such alone need not be
        waited for.
    """
    for path in URIS.get(resource.type, ()):
        made_from = resource.property_dependencies.get(re.split(r"[.\[]", path)[0])
        if made_from and all(is_free(urn) for urn in made_from):
            continue
        for value in stated_at(resource, path):
            _wait_for_maps(value)
    for path, text in _texts(resource):
        found = list(find_uris(text))
        for number, uri in enumerate(found, 1):
            prefix = Prefix(uri.key, f"URI {number} of {len(found)}" if len(found) > 1 else "")
            if (resource.type, path) in FILLED:
                prefix = _own_files(uri.key)
            yield Place(path, uri.bucket, partial(_identity, prefix))


def _identity(prefix: Prefix) -> Prefix:
    return prefix


def _wait_for_maps(value: Any) -> None:
    if isinstance(value, Properties):
        for key in value:
            if not _NO_PLACES.intersection(last_words(key)[-1:]):
                value[key]


_NO_PLACES: Final = frozenset({"arn", "project", "region", "role", "subscription", "table", "topic"})
"""Last words of parameters and arguments that name something else than objects: ``inputTopic``, ``--role-arn``."""


def _texts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Path and text of every text among the inputs, whatever is unknown beside it."""
    inputs = sorted(resource.props if resource.inputs is None else resource.inputs, reverse=True)
    waiting: list[tuple[str, Any]] = [(name, resource.props.peek(name)) for name in inputs]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, _decoded(value) if path in ENCODED else value
        elif isinstance(value, Mapping):
            waiting += [(f"{path}.{key}", value[key]) for key in sorted(value, reverse=True)]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", value[index]) for index in reversed(range(len(value)))]


def _decoded(text: str) -> str:
    try:
        return b64decode(text, validate=True).decode(errors="replace")
    except ValueError:
        return text  # not encoded after all


def split_places(resource: Resource, buckets: frozenset[str]) -> Iterator[Place]:
    """The places that the resource names by a bucket and a key.

    :param buckets: URNs of the buckets of the stack: one that is unknown is told by what it was made from.
    """
    for split in SPLITS.get(resource.type, ()):
        holders = stated_at(resource, split.holder) if split.holder else (resource.props,)
        for holder in holders:
            if isinstance(holder, Properties):
                yield from _split_place(resource, split, holder, buckets)


def _split_place(resource: Resource, split: Split, holder: Properties, buckets: frozenset[str]) -> Iterator[Place]:
    named = holder.peek(split.bucket)
    behind = ""
    if isinstance(named, Unknown):
        made_from = resource.property_dependencies.get((split.holder or split.bucket).partition(".")[0], ())
        sources = buckets.intersection(made_from)
        bucket = next(iter(sources)) if len(sources) == 1 else None
        if bucket is None:
            holder[split.bucket]  # noted: only the deployment tells which bucket it is
            return
    elif isinstance(named, str):
        bucket, _, behind = store_name(named).partition("/")
    else:
        return
    path = f"{holder.path}.{split.key or split.bucket}".removeprefix(".")

    def prefix() -> Prefix | None:
        given = holder[split.key] if split.key else behind
        return None if isinstance(given, Unknown) else split.read(given if isinstance(given, str) else "")

    yield Place(path, bucket, prefix)
