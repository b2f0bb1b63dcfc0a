"""A lake on Google Cloud: a group reads all of it, an analysts' group one dataset only."""

import pulumi

from dataops_infra.data_lake import GcsDataLake

lake = GcsDataLake(
    "events",
    {
        "domain": "growth",
        "data_classification": "internal",
        "readers": ["group:growth@acme.example"],
        "writers": ["serviceAccount:loader@acme-data-dev.iam.gserviceaccount.com"],
        "datasets": {"orders": {"readers": ["group:analysts@acme.example"]}},
    },
)

pulumi.export("raw", lake.ref["buckets"]["raw"])
