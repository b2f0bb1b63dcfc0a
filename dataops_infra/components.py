"""Every public component on one screen: what other languages see is exactly this list."""

import pulumi

from dataops_infra.data_lake import GcsDataLake, S3DataLake
from dataops_infra.sandbox import AwsSandbox, GcpSandbox
from dataops_infra.test_datasets import MaskedTestDataset

COMPONENTS: list[type[pulumi.ComponentResource]] = [
    AwsSandbox,
    GcpSandbox,
    GcsDataLake,
    MaskedTestDataset,
    S3DataLake,
]
