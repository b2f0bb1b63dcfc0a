"""Data lakes: one file per cloud product."""

from dataops_infra.data_lake.s3 import LakeRef, S3DataLake, S3DataLakeArgs

__all__ = ["LakeRef", "S3DataLake", "S3DataLakeArgs"]
