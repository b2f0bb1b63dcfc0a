"""Test data for a team on Google Cloud: every night a Cloud Run job masks the shop's tables where they lie."""

import pulumi

from dataops_infra.test_datasets import MaskedTestDataset

shop = MaskedTestDataset(
    "shop",
    {
        "domain": "growth",
        "source": {"uri": "gs://acme-dev-growth-events-raw/raw/growth/shop/"},
        "masking": {"plan": "plan.yaml", "key_secret": "projects/acme-data-dev/secrets/masking-key/versions/1"},
        "job": {
            "image": "europe-west1-docker.pkg.dev/acme-data-dev/jobs/masking:1.0",
            "network": {"vpc": "data", "subnets": ["data-jobs"]},
        },
        "schedule": {"cron": "0 3 * * *", "time_zone": "Europe/Berlin"},
        "alarms": {"emails": ["growth-data@acme.example"]},
        "readers": ["group:growth-testers@acme.example"],
    },
)

pulumi.export("shop", shop.ref)
