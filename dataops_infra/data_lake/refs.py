"""What other components need to know of a lake, as types that need no cloud's SDK."""

from collections.abc import Mapping
from typing import TypedDict


class LakeRef(TypedDict):
    """What other components need to know of a lake."""

    buckets: Mapping[str, str]
    """Name of the bucket of each zone."""
    log_bucket: str
    """Name of the bucket that holds the access logs of the others."""
    kms_key_arn: str
    """ARN (of an alias, where the lake made the key) by which the buckets name their key."""
    region: str
    """Region of the buckets and of the key."""
    domain: str
    """Domain that owns the lake."""
    environment: str
    """Environment of the lake."""
    data_classification: str
    """Level of the most confidential data in the lake."""
    retention_class: str
    """Retention class of the lake."""


class GcsLakeRef(TypedDict):
    """What other components need to know of a lake on Google Cloud."""

    buckets: Mapping[str, str]
    """Name of the bucket of each zone."""
    log_bucket: str
    """Name of the bucket that holds the usage logs of the others."""
    kms_key_name: str
    """Resource name of the Cloud KMS key that encrypts the buckets of the zones."""
    location: str
    """Location of the buckets."""
    project: str
    """Id of the project that holds the lake."""
    domain: str
    """Domain that owns the lake."""
    environment: str
    """Environment of the lake."""
    data_classification: str
    """Level of the most confidential data in the lake."""
    retention_class: str
    """Retention class of the lake."""
