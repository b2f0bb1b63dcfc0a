"""Everything about an S3 lake that can be known before its first resource: checked, named, as plain data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from dataops_infra.conventions import Conventions, RetentionClass, names
from dataops_infra.conventions.name_limits import KMS_ALIAS, S3_BUCKET
from dataops_infra.conventions.tags import LOG_ZONE, NO_ZONE
from dataops_infra.data_lake.s3_lifecycle import Rule, lifecycle_rules, lifetime
from dataops_infra.data_lake.s3_policies import Access, Statement, zone_bucket_policy
from dataops_infra.foundation.aws import AwsPlacement, check_key_arn, place_on_aws, role_arns
from dataops_infra.foundation.deletion import Deletion, read_deletion
from dataops_infra.foundation.inputs import Mistakes, distinct
from dataops_infra.foundation.placement import read_call, retention_of, zones_of

BUCKET_POLICY_MAXIMUM_BYTES = 20 * 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html"""
TYPICAL_ARN = "arn:aws:iam::000000000000:role/organisation-environment-domain-purpose"
"""Stands in for an ARN that is not known yet, where only its length matters."""


@dataclass(frozen=True)
class BucketPlan:
    """One bucket: the part it plays, its physical name, the zone it says it is, and when its data moves and ends."""

    role: str
    name: str
    zone: str
    arn: str
    lifecycle: Sequence[Rule]


@dataclass(frozen=True)
class StoragePlan:
    """Buckets that share one key and one log bucket: a lake, or one region of a sandbox.

    :param purpose: what the key says it is for.
    :param adopted_key_arn: a key to use instead of making one.
    :param stated_keys: ARNs and patterns that a write may state beside the ARN by which the buckets name their key.
    :param key_users: further statements of the key's policy.
    :param bucket_users: further statements of the policies of the zones' buckets.
    """

    purpose: str
    place: AwsPlacement
    deletion: Deletion
    zones: tuple[BucketPlan, ...]
    logs: BucketPlan
    key_alias: str
    access: Access
    adopted_key_arn: pulumi.Input[str] | None = None
    stated_keys: tuple[pulumi.Input[str], ...] = ()
    key_users: tuple[Statement, ...] = ()
    bucket_users: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class LakePlan:
    """One lake: its buckets, and the class by which their data is kept."""

    storage: StoragePlan
    retention: RetentionClass


def plan_lake(mistakes: Mistakes, name: str, args: Mapping[str, Any], spec: type) -> LakePlan:
    """Check every argument of one lake and derive its names.

    :raises ComponentInputError: with everything that is wrong.
    """
    args, placement = read_call(mistakes, name, args, spec)
    conventions, where = placement.conventions, place_on_aws(mistakes, placement, args.get("region"))
    retention = _retention(mistakes, conventions, args.get("retention_class"))
    zones = zones_of(mistakes, conventions, args.get("zones"))
    readers, writers = (
        role_arns(mistakes, argument, args.get(argument), where.partition) for argument in ("readers", "writers")
    )
    check_key_arn(mistakes, "kms_key_arn", args.get("kms_key_arn"), where.region)
    deletion = read_deletion(mistakes, args.get("deletion_protection"))
    mistakes.stop()  # names are made of what was checked above
    rules = lifecycle_rules(retention)
    storage = StoragePlan(
        purpose=f"Data lake {name} of the domain {where.placement.domain.name}",
        place=where,
        deletion=deletion,
        zones=tuple(plan_bucket(mistakes, where, name, zone, rules) for zone in zones),
        logs=plan_log_bucket(mistakes, where, name, rules),
        key_alias=where.name(mistakes, KMS_ALIAS, name),
        adopted_key_arn=args.get("kms_key_arn"),
        access=Access(distinct(readers), distinct(writers)),
    )
    _check_policy_sizes(mistakes, storage)
    mistakes.stop()
    return LakePlan(storage, retention)


def _retention(mistakes: Mistakes, conventions: Conventions, name: str | None) -> RetentionClass:
    retention = retention_of(mistakes, conventions, name)
    if lifetime(retention) is None:
        expected = "a class whose maximum_days exceed its minimum_days by a day at least, as buckets are versioned"
        mistakes.add("retention_class", expected, retention.name)
    return retention


def plan_bucket(mistakes: Mistakes, where: AwsPlacement, name: str, zone: str, lifecycle: Sequence[Rule]) -> BucketPlan:
    """The bucket of one zone."""
    return _bucket(mistakes, where, name, zone, zone, lifecycle)


def plan_log_bucket(mistakes: Mistakes, where: AwsPlacement, name: str, lifecycle: Sequence[Rule]) -> BucketPlan:
    """The bucket of the others' access logs; no zone where the organisation has none for logs."""
    zone = LOG_ZONE if LOG_ZONE in where.placement.conventions.lake.zones else NO_ZONE
    return _bucket(mistakes, where, name, LOG_ZONE, zone, lifecycle)


def _bucket(
    mistakes: Mistakes, where: AwsPlacement, name: str, role: str, zone: str, lifecycle: Sequence[Rule]
) -> BucketPlan:
    bucket = where.name(mistakes, S3_BUCKET, f"{name}-{role}")
    arn = names.s3_bucket_arn(bucket, where.region) if bucket else ""
    return BucketPlan(role, bucket, zone, arn, lifecycle)


def _check_policy_sizes(mistakes: Mistakes, plan: StoragePlan) -> None:
    """Too many roles would be refused by S3 in the middle of a deployment."""
    readers, writers = ([_text(role) for role in roles] for roles in (plan.access.readers, plan.access.writers))
    access = Access(readers, writers)
    for zone in plan.zones:
        size = len(json.dumps(zone_bucket_policy(zone.arn, [TYPICAL_ARN], access)))
        if size > BUCKET_POLICY_MAXIMUM_BYTES:
            expected = f"fewer roles: S3 takes {BUCKET_POLICY_MAXIMUM_BYTES} bytes of bucket policy"
            mistakes.add("readers, writers", expected, f"{size} bytes for {len(access.everyone)} roles")


def _text(value: pulumi.Input[str]) -> str:
    return value if isinstance(value, str) else TYPICAL_ARN
