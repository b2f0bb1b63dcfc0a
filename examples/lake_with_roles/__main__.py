"""A lake that one role fills and another reads. Nobody else can use its key, administrators included."""

import pulumi

from dataops_infra.data_lake import S3DataLake

ROLES = "arn:aws:iam::111111111111:role/acme-dev-growth"

lake = S3DataLake(
    "orders",
    {
        "domain": "growth",
        "data_classification": "confidential",
        "zones": ["raw", "curated", "quarantine"],
        "retention_class": "regulated",
        "writers": [f"{ROLES}-loader"],
        "readers": [f"{ROLES}-analyst"],
        "tags": {"team": "checkout"},
    },
)

pulumi.export("lake", lake.ref)
