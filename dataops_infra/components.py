"""Every public component on one screen: what other languages see is exactly this list."""

import pulumi

from dataops_infra.data_lake import S3DataLake

COMPONENTS: list[type[pulumi.ComponentResource]] = [
    S3DataLake,
]
