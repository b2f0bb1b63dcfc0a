"""Data lakes: one file per cloud product."""

from typing import TYPE_CHECKING

from dataops_infra.foundation.exports import exported

if TYPE_CHECKING:
    from dataops_infra.data_lake.gcs import GcsDataLake, GcsDataLakeArgs, GcsDatasetAccess
    from dataops_infra.data_lake.gcs_plan import AuditLogs
    from dataops_infra.data_lake.refs import GcsLakeRef, LakeRef
    from dataops_infra.data_lake.s3 import S3DataLake, S3DataLakeArgs

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
        "gcs": ("GcsDataLake", "GcsDataLakeArgs", "GcsDatasetAccess"),
        "gcs_plan": ("AuditLogs",),
        "refs": ("GcsLakeRef", "LakeRef"),
        "s3": ("S3DataLake", "S3DataLakeArgs"),
    },
)
