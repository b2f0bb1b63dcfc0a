"""A lake for a trial: data lives 30 days, and both keys are turned, so that `pulumi destroy` takes the data along.

The second key is in Pulumi.dev.yaml: `dataops:allowDataLoss: true`. With one key alone the buckets would stay.
"""

import pulumi

from dataops_infra.data_lake import S3DataLake

lake = S3DataLake(
    "trial",
    {
        "domain": "growth",
        "data_classification": "masked",
        "zones": ["raw", "curated"],
        "retention_class": "transient",
        "deletion_protection": False,
    },
)

pulumi.export("lake", lake.ref)
