"""The smallest lake: one bucket per zone of dataops.yaml, a log bucket and a key, with everything defaulted."""

import pulumi

from dataops_infra.data_lake import S3DataLake

lake = S3DataLake("events", {"domain": "growth", "data_classification": "internal"})

pulumi.export("raw", lake.ref["buckets"]["raw"])
