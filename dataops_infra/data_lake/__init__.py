"""Data lakes: one file per cloud product."""

from typing import TYPE_CHECKING

from dataops_infra.foundation.exports import exported

if TYPE_CHECKING:
    from dataops_infra.data_lake.gcs import GcsDataLake, GcsDataLakeArgs, GcsDatasetAccess, GcsLakeRef
    from dataops_infra.data_lake.gcs_plan import AuditLogs
    from dataops_infra.data_lake.s3 import LakeRef, S3DataLake, S3DataLakeArgs

__all__ = [
    "AuditLogs",
    "GcsDataLake",
    "GcsDataLakeArgs",
    "GcsDatasetAccess",
    "GcsLakeRef",
    "LakeRef",
    "S3DataLake",
    "S3DataLakeArgs",
]
__getattr__ = exported(
    __name__,
    {
        "gcs": ("GcsDataLake", "GcsDataLakeArgs", "GcsDatasetAccess", "GcsLakeRef"),
        "gcs_plan": ("AuditLogs",),
        "s3": ("LakeRef", "S3DataLake", "S3DataLakeArgs"),
    },
)
