"""Every public component on one screen: what other languages see is exactly this list."""

import pulumi

from dataops_infra.data_lake import GcsDataLake, S3DataLake
from dataops_infra.sandbox import AwsSandbox, GcpSandbox

COMPONENTS: list[type[pulumi.ComponentResource]] = [
    AwsSandbox,
    GcpSandbox,
    GcsDataLake,
    S3DataLake,
]
