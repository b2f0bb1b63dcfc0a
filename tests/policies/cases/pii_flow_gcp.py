"""Flows of personal data on GCP to outside production, each with its legal twin."""

import json
from collections.abc import Mapping
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.flow_cases import END, PII, Twins, gcs, given

DEV, PROD = "acme-data-dev", "acme-data-prod"
BUCKETS = ("acme-dev-crm-copy", "acme-prod-crm-copy")
EMAILS = (f"etl@{DEV}.iam.gserviceaccount.com", f"etl@{PROD}.iam.gserviceaccount.com")
VIEWS = {"projectId": END, "datasetId": "views"}
READERS = (f"serviceAccount:{EMAILS[0]}", f"serviceAccount:{EMAILS[1]}")
PEOPLE = (READERS[0], "group:analysts@acme.example")
IN_DEV = f"service account `{EMAILS[0]}` (environment dev)"
TRANSFER = "gcp:storage/transferJob:TransferJob"
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
LISTING = "gcp:bigqueryanalyticshub/listing:Listing"


def dataset(**properties: Any) -> Given:
    return given("gcp:bigquery/dataset:Dataset", "crm", {"datasetId": "crm", "labels": PII, **properties})


def grant(token: str, role: str = "roles/storage.objectViewer", **properties: Any) -> Given:
    subject = {"bucket": "acme-prod-crm-raw"} if ":storage/" in token else {"datasetId": "crm"}
    return given(token, "grant", {**subject, "role": role, **properties})


def sql(name: str = "crm", labels: Mapping[str, str] = PII, **properties: Any) -> Given:
    settings = {"settings": {"userLabels": dict(labels)}}
    return given("gcp:sql/databaseInstance:DatabaseInstance", name, {"name": name, **settings, **properties})


def read_by(what: str, store: str = "`raw`") -> dict[str, list[str]]:
    return {"grant": [f"{store} (pii) → read by {what}"]}


TOPIC = given("gcp:pubsub/topic:Topic", "events", {"name": "events"})
NOTIFIED = given("gcp:storage/notification:Notification", "tell", {"bucket": "acme-prod-crm-raw", "topic": "events"})
NOTIFIED_BY_ID = given(
    "gcp:storage/notification:Notification", "tell", {"bucket": "acme-prod-crm-raw", "topic": UNKNOWN}, topic=["events"]
)


def on_the_project(role: str, member: str) -> Given:
    properties = {"project": PROD, "role": role, "member": member}
    return given("gcp:projects/iAMMember:IAMMember", "grant", properties)


def subscription(**properties: Any) -> Given:
    return given("gcp:pubsub/subscription:Subscription", "all", {"name": "all", "topic": "events", **properties})


PAIRS = (
    Twins(
        "transfer",
        (
            gcs(),
            given(
                TRANSFER,
                "move",
                {
                    "transferSpec": {
                        "gcsDataSource": {"bucketName": "acme-prod-crm-raw"},
                        "gcsDataSink": {"bucketName": END},
                    }
                },
            ),
        ),
        BUCKETS,
        {"move": [f"`raw` (pii) → transferred to `{BUCKETS[0]}` (environment dev)"]},
    ),
    Twins(
        "replication-of-buckets",
        (
            gcs(),
            given(
                TRANSFER,
                "move",
                {
                    "replicationSpec": {
                        "gcsDataSource": {"bucketName": "acme-prod-crm-raw"},
                        "gcsDataSink": {"bucketName": END},
                    }
                },
            ),
        ),
        BUCKETS,
        {"move": [f"`raw` (pii) → transferred to `{BUCKETS[0]}` (environment dev)"]},
    ),
    Twins("member", (gcs(), grant(MEMBER, member=END)), READERS, read_by(IN_DEV)),
    Twins("member-or-people", (gcs(), grant(MEMBER, member=END)), PEOPLE, read_by(IN_DEV)),
    Twins(
        "member-role",
        (gcs(), grant(MEMBER, member=READERS[0], role=END)),
        ("roles/storage.objectViewer", "roles/storage.objectCreator"),
        read_by(IN_DEV),
    ),
    Twins(
        "binding-of-the-public",
        (gcs(), grant("gcp:storage/bucketIAMBinding:BucketIAMBinding", members=[READERS[1], END])),
        ("allAuthenticatedUsers", "domain:acme.example"),
        read_by("everybody (the public)"),
    ),
    Twins(
        "binding-of-a-project",
        (gcs(), grant("gcp:storage/bucketIAMBinding:BucketIAMBinding", members=[END])),
        (f"projectEditor:{DEV}", f"projectEditor:{PROD}"),
        read_by(f"project {DEV} (environment dev)"),
    ),
    Twins(
        "policy",
        (
            gcs(),
            given(
                "gcp:storage/bucketIAMPolicy:BucketIAMPolicy",
                "grant",
                {
                    "bucket": "b/acme-prod-crm-raw",
                    "policyData": json.dumps({"bindings": [{"role": "roles/storage.admin", "members": [END]}]}),
                },
            ),
        ),
        READERS,
        read_by(IN_DEV),
    ),
    Twins(
        "access-control-list",
        (
            gcs(),
            given(
                "gcp:storage/bucketAccessControl:BucketAccessControl",
                "grant",
                {"bucket": "acme-prod-crm-raw", "entity": END, "role": "READER"},
            ),
        ),
        (f"user-{EMAILS[0]}", "project-owners-123"),
        read_by(f"service account `{EMAILS[0]}` (access control list; environment dev)"),
        needless=frozenset({"grant.role"}),
    ),
    Twins(
        "role-on-the-project",
        (
            gcs(),
            given("gcp:projects/iAMMember:IAMMember", "grant", {"project": PROD, "role": END, "member": READERS[0]}),
        ),
        ("roles/storage.admin", "roles/logging.viewer"),
        read_by(IN_DEV),
    ),
    Twins(
        "access-list",
        (dataset(accesses=[{"role": "READER", "userByEmail": END}]),),
        EMAILS,
        {"crm": [f"dataset `crm` (pii) → read by service account `{EMAILS[0]}` (access list; environment dev)"]},
    ),
    Twins(
        "authorised-view",
        (dataset(accesses=[{"view": {"projectId": END, "datasetId": "views", "tableId": "v"}}]),),
        (DEV, PROD),
        {"crm": ["dataset `crm` (pii) → read by an authorised view in dataset `views` (environment dev)"]},
        needless=frozenset({"crm.accesses[0].view.tableId"}),
    ),
    Twins(
        "authorised-dataset",
        (
            dataset(
                accesses=[{"dataset": {"dataset": {"projectId": END, "datasetId": "views"}, "targetTypes": ["VIEWS"]}}]
            ),
        ),
        (DEV, PROD),
        {"crm": ["dataset `crm` (pii) → read by every view in dataset `views` (environment dev)"]},
        needless=frozenset({"crm.accesses[0].dataset.targetTypes", "crm.accesses[0].dataset.targetTypes[0]"}),
    ),
    Twins(
        "dataset-access",
        (dataset(), grant("gcp:bigquery/datasetAccess:DatasetAccess", role="READER", specialGroup=END)),
        ("allAuthenticatedUsers", "projectReaders"),
        read_by("everybody (access list; the public)", "dataset `crm`"),
    ),
    Twins(
        "dataset-member",
        (dataset(), grant("gcp:bigquery/datasetIamMember:DatasetIamMember", "roles/bigquery.dataViewer", member=END)),
        READERS,
        read_by(IN_DEV, "dataset `crm`"),
    ),
    Twins(
        "copy-of-a-dataset",
        (
            dataset(),
            given(
                "gcp:bigquery/dataTransferConfig:DataTransferConfig",
                "copy",
                {
                    "dataSourceId": "cross_region_copy",
                    "destinationDatasetId": "crm_copy",
                    "project": END,
                    "params": {"source_dataset_id": "crm", "source_project_id": PROD},
                },
            ),
        ),
        (DEV, PROD),
        {"copy": ["dataset `crm` (pii) → copied to dataset `crm_copy` (environment dev)"]},
        needless=frozenset({"copy.dataSourceId", "copy.params.source_project_id"}),
    ),
    Twins(
        "extract",
        (
            dataset(),
            given(
                "gcp:bigquery/job:Job",
                "extract",
                {"extract": {"sourceTable": {"datasetId": "crm", "tableId": "t"}, "destinationUris": [END]}},
            ),
        ),
        (f"gs://{BUCKETS[0]}/out/*.csv", f"gs://{BUCKETS[1]}/out/*.csv"),
        {"extract": [f"dataset `crm` (pii) → exported to `gs://{BUCKETS[0]}/out/*.csv` (environment dev)"]},
        needless=frozenset({"extract.extract.sourceTable.tableId"}),
    ),
    Twins(
        "push",
        (gcs(), TOPIC, NOTIFIED, subscription(pushConfig={"pushEndpoint": END})),
        ("https://collect.example.com/in?token=geheim", ""),
        {
            "all": [
                "`raw` (pii) → notified to topic `events` → subscribed by subscription `all`"
                " → pushed to endpoint `collect.example.com` (in no production environment of the conventions)"
            ]
        },
        needless=frozenset({"all.name"}),
    ),
    Twins(
        "subscription-to-a-bucket",
        (gcs(), TOPIC, NOTIFIED_BY_ID, subscription(cloudStorageConfig={"bucket": END})),
        BUCKETS,
        {
            "all": [
                "`raw` (pii) → notified to topic `events` → subscribed by subscription `all`"
                f" → stored in `{BUCKETS[0]}` (environment dev)"
            ]
        },
        needless=frozenset({"all.name"}),
    ),
    Twins(
        "subscription-to-a-table",
        (gcs(), TOPIC, NOTIFIED, subscription(bigqueryConfig={"table": END})),
        (f"{DEV}.crm.events", f"{PROD}.crm.events"),
        {
            "all": [
                "`raw` (pii) → notified to topic `events` → subscribed by subscription `all`"
                f" → written to dataset `{DEV}.crm.events` (environment dev)"
            ]
        },
        needless=frozenset({"all.name"}),
    ),
    Twins(
        "listing",
        (
            dataset(),
            given(
                LISTING,
                "offer",
                {
                    "dataExchangeId": "market",
                    "listingId": "offer",
                    "bigqueryDataset": {"dataset": f"projects/{PROD}/datasets/crm"},
                },
            ),
            given(
                "gcp:bigqueryanalyticshub/listingIamMember:ListingIamMember",
                "grant",
                {
                    "dataExchangeId": "market",
                    "listingId": "offer",
                    "role": "roles/analyticshub.subscriber",
                    "member": END,
                },
            ),
        ),
        READERS,
        {"grant": [f"dataset `crm` (pii) → listed as listing `offer` → read by {IN_DEV}"]},
        needless=frozenset({"offer.dataExchangeId", "grant.dataExchangeId"}),
    ),
    Twins(
        "listing-subscribed",
        (
            dataset(),
            given(
                LISTING,
                "offer",
                {"dataExchangeId": "market", "listingId": "offer", "bigqueryDataset": {"dataset": "crm"}},
            ),
            given(
                "gcp:bigqueryanalyticshub/listingSubscription:ListingSubscription",
                "take",
                {
                    "dataExchangeId": "market",
                    "listingId": "offer",
                    "destinationDataset": {"datasetReference": {"datasetId": "crm", "projectId": END}},
                },
            ),
        ),
        (DEV, PROD),
        {"take": ["dataset `crm` (pii) → listed as listing `offer` → subscribed as dataset `crm` (environment dev)"]},
        needless=frozenset({"offer.dataExchangeId", "take.dataExchangeId"}),
    ),
    Twins(
        "impersonation",
        (
            gcs(),
            given("gcp:serviceaccount/account:Account", "etl", {"accountId": "etl", "project": PROD}),
            grant(MEMBER, member=READERS[1]),
            given(
                "gcp:serviceaccount/iAMMember:IAMMember",
                "act",
                {
                    "serviceAccountId": f"projects/{PROD}/serviceAccounts/{EMAILS[1]}",
                    "role": "roles/iam.serviceAccountTokenCreator",
                    "member": END,
                },
            ),
        ),
        READERS,
        {"act": [f"`raw` (pii) → read by service account `etl` → impersonated by {IN_DEV}"]},
        needless=frozenset({"etl.project"}),
    ),
    Twins(
        "replica-of-an-instance",
        (sql(), sql("reader", {**PII, "environment": END}, masterInstanceName="crm")),
        ("dev", "prod"),
        {
            "reader": [
                "`crm` (pii) → replicated to `reader` (environment dev)",
                "`reader` (pii) lies outside production (environment dev)",
            ]
        },
    ),
)

CASES = tuple(case for pair in PAIRS for case in pair.cases())
