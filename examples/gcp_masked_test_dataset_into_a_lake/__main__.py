"""Masked copies in a lake of test data and a bucket of another team; owners keep their folders and networks."""

import pulumi

from dataops_infra.data_lake import GcsDataLake
from dataops_infra.test_datasets import MaskedTestDataset

BUCKETS, KEYS = "gs://acme-prod-growth", "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys"
MASKING = {"plan": "plan.yaml", "key_secret": "projects/acme-keys/secrets/masking-key/versions/3"}
JOB = {
    "engine": "cloud_run", "image": "europe-west1-docker.pkg.dev/acme-data-prod/jobs/masking@sha256:" + "5f" * 32,
    "network": {"vpc": "data", "subnets": ["jobs"], "firewall": "adopt"},
}  # fmt: skip
TOLD = {"emails": ["growth-data@acme.example"]}
tests = GcsDataLake("tests", {"domain": "growth", "data_classification": "masked", "zones": ["curated"]})
shop = MaskedTestDataset("shop", {
    "domain": "growth",
    "source": {"uri": f"{BUCKETS}-events-raw/raw/growth/shop", "kms_key_name": f"{KEYS}/events", "folder": "adopt"},
    "target": {"gcs_lake": tests.ref, "zone": "curated", "prefix": "curated/growth/shop", "folder": "create"},
    "masking": {**MASKING, "subset": {"root": "customers", "rows": 5_000}}, "job": JOB, "alarms": TOLD,
})  # fmt: skip
crm = MaskedTestDataset("crm", {
    "domain": "growth",
    "source": {"uri": f"{BUCKETS}-crm-raw/raw/growth/crm", "folder": "owner"},
    "target": {"uri": f"{BUCKETS}-training-data/crm", "kms_key_name": f"{KEYS}/training", "folder": "adopt"},
    "masking": MASKING, "job": {**JOB, "worker_size": "small"}, "alarms": TOLD,
})  # fmt: skip
web = MaskedTestDataset("web", {
    "domain": "growth",
    "source": {"uri": f"{BUCKETS}-web-raw/raw/growth/web"},
    "target": {"uri": f"{BUCKETS}-training-data/web", "folder": "owner"},
    "masking": MASKING, "job": JOB, "alarms": TOLD,
})  # fmt: skip
pulumi.export("datasets", [shop.ref, crm.ref, web.ref])
