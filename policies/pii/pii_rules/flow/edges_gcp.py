"""Copies and deliveries of data on GCP: transfers, jobs, replicas, subscriptions, listings."""

from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import Resource

from .edges import ITSELF, EdgeKind, at, link
from .edges_aws_streams import hosts_at
from .graph import Copied, Edge
from .kinds import DATASET, EXCHANGE, GCS_BUCKET, LISTING, PUBSUB_TOPIC, S3_BUCKET, SQL_INSTANCE, SUBSCRIPTION
from .places import Atlas, flow

_TRANSFER: Final = "gcp:storage/transferJob:TransferJob"
_JOB: Final = "gcp:bigquery/job:Job"
_SUBSCRIPTION: Final = "gcp:pubsub/subscription:Subscription"
_LISTING: Final = "gcp:bigqueryanalyticshub/listing:Listing"
_SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
_TABLE: Final = "gcp:bigquery/table:Table"


def pushed(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    """A subscription that pushes messages to an endpoint."""
    targets = hosts_at(atlas, resource, "pushConfig.pushEndpoint")
    yield from flow(resource, (resource.urn,), targets, "pushed to")


GCP_COPIES: Final = (
    *(
        link(
            _TRANSFER,
            at(f"{spec}.{source}.bucketName", kind),
            "transferred to",
            at(f"{spec}.gcsDataSink.bucketName", GCS_BUCKET),
            copy=Copied.BY_TARGET,
            name=f"transfer by {spec} from {source}",
        )
        for spec, source, kind in (
            ("transferSpec", "gcsDataSource", GCS_BUCKET),
            ("transferSpec", "awsS3DataSource", S3_BUCKET),
            ("replicationSpec", "gcsDataSource", GCS_BUCKET),
        )
    ),
    link(
        "gcp:bigquery/dataTransferConfig:DataTransferConfig",
        at("params.source_dataset_id", DATASET),
        "copied to",
        at("destinationDatasetId", DATASET),
        copy=Copied.BY_TARGET,
    ),
    link(
        _JOB,
        at("copy.sourceTables[].datasetId", DATASET),
        "copied to",
        at("copy.destinationTable.datasetId", DATASET),
        copy=Copied.BY_TARGET,
    ),
    link(
        _JOB,
        at("extract.sourceTable.datasetId", DATASET),
        "exported to",
        at("extract.destinationUris", GCS_BUCKET),
        copy=Copied.BY_TARGET,
    ),
    link(
        _JOB,
        at("load.sourceUris", GCS_BUCKET),
        "loaded into",
        at("load.destinationTable.datasetId", DATASET),
        copy=Copied.BY_TARGET,
    ),
    link(_TABLE, ITSELF, "part of", at("datasetId", DATASET)),
    link(_TABLE, at("externalDataConfiguration.sourceUris", GCS_BUCKET), "listed in", at("datasetId", DATASET)),
    link(
        _TABLE,
        at("tableReplicationInfo.sourceDatasetId", DATASET),
        "replicated to",
        at("datasetId", DATASET),
        copy=Copied.BY_TARGET,
    ),
    link(_SQL, at("masterInstanceName", SQL_INSTANCE), "replicated to", ITSELF, copy=Copied.BY_TARGET),
    link(_SQL, at("clone.sourceInstanceName", SQL_INSTANCE), "cloned as", ITSELF, copy=Copied.BY_TARGET),
    link(_SQL, at("restoreBackupContext.instanceId", SQL_INSTANCE), "restored as", ITSELF, copy=Copied.BY_TARGET),
    link("gcp:storage/notification:Notification", at("bucket", GCS_BUCKET), "notified to", at("topic", PUBSUB_TOPIC)),
    link(
        "gcp:pubsub/topic:Topic",
        at("ingestionDataSourceSettings.cloudStorage.bucket", GCS_BUCKET),
        "ingested by",
        ITSELF,
    ),
    link(_SUBSCRIPTION, at("topic", PUBSUB_TOPIC), "subscribed by", ITSELF),
    link(_SUBSCRIPTION, ITSELF, "written to", at("bigqueryConfig.table", DATASET)),
    link(_SUBSCRIPTION, ITSELF, "stored in", at("cloudStorageConfig.bucket", GCS_BUCKET)),
    link(_SUBSCRIPTION, ITSELF, "given up to", at("deadLetterPolicy.deadLetterTopic", PUBSUB_TOPIC)),
    EdgeKind("push subscription", SUBSCRIPTION.types, pushed),
    link(_LISTING, at("bigqueryDataset.dataset", DATASET), "listed as", ITSELF),
    link(_LISTING, at("pubsubTopic.topic", PUBSUB_TOPIC), "listed as", ITSELF, name="listing of a topic"),
    link(_LISTING, ITSELF, "offered in", at("dataExchangeId", EXCHANGE)),
    link(
        "gcp:bigqueryanalyticshub/listingSubscription:ListingSubscription",
        at("listingId", LISTING),
        "subscribed as",
        at("destinationDataset.datasetReference.datasetId", DATASET),
    ),
    link(
        "gcp:bigqueryanalyticshub/dataExchangeSubscription:DataExchangeSubscription",
        at("dataExchangeId", EXCHANGE),
        "subscribed as",
        at("destinationDataset.datasetReference.datasetId", DATASET),
    ),
)
