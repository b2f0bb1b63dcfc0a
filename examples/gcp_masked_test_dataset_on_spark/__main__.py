"""Personal data of a lake in production, masked by Spark every Sunday, and a sandbox whose members read the copy."""

import pulumi

from dataops_infra.data_lake import GcsDataLake
from dataops_infra.sandbox import GcpSandbox
from dataops_infra.test_datasets import MaskedTestDataset

HOST = "projects/acme-network-prod"
KEYS = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys"
lake = GcsDataLake("crm", {"domain": "growth", "data_classification": "pii", "zones": ["curated"]})
customers = MaskedTestDataset("customers", {
    "domain": "growth",
    "source": {"gcs_lake": lake.ref, "zone": "curated", "prefix": "curated/growth/customers", "folder": "create"},
    "masking": {"plan": "plan.yaml", "key_secret": "projects/acme-keys/secrets/masking-key"},
    "job": {
        "engine": "dataproc", "image": "europe-west1-docker.pkg.dev/acme-data-prod/jobs/masking@sha256:" + "5f" * 32,
        "workers": 8, "worker_size": "medium", "timeout_minutes": 240,
        "network": {
            "vpc": f"{HOST}/global/networks/data", "subnets": [f"{HOST}/regions/europe-west1/subnetworks/jobs"],
            "reachable_ranges": ["10.8.0.0/24"], "firewall": "create",
        },
    },
    "schedule": {"cron": "0 2 * * 0", "time_zone": "Europe/Berlin"},
    "gate": {"approval_uri": "gs://acme-prod-growth-customers-masked-work/approval/approval.yaml"},
    "alarms": {
        "notification_channels": ["projects/acme-data-prod/notificationChannels/42"], "missed_after_hours": 168,
        "emails": ["growth-data@acme.example"],
    },
    "readers": ["group:growth-testers@acme.example"], "data_classification": "masked", "retention_class": "transient",
    "kms_key_name": f"{KEYS}/test-data", "location": "europe-west1", "environment": "prod", "tags": {"team": "crm"},
    "owner": "growth-data", "cost_center": "cc-1234", "deletion_protection": False,
})  # fmt: skip
trial = GcpSandbox("trial", {
    "domain": "growth", "locations": ["europe-west1"], "expires_on": "2026-12-18",
    "members": ["group:growth-analysts@acme.example"], "test_datasets": [customers.ref],
    "monthly_budget_usd": 200, "billing_account": "012345-6789AB-CDEF01",
})  # fmt: skip

pulumi.export("customers", customers.ref)
