"""Everything about a GCS lake that can be known before its first resource: checked, named, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pulumi

from dataops_infra.conventions import RetentionClass, names
from dataops_infra.conventions.lake_layout import LakeLayout
from dataops_infra.conventions.name_limits import GCP_KEY_RING, GCS_BUCKET
from dataops_infra.conventions.tags import LOG_ZONE, NO_ZONE
from dataops_infra.data_lake.gcs_access import NOBODY, Access, Binding
from dataops_infra.errors import InvalidInputError
from dataops_infra.foundation.deletion import Deletion, read_deletion
from dataops_infra.foundation.gcp import GcpPlacement, check_key_name, place_on_gcp, principals
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.placement import read_call, retention_of, zones_of

DATASET_PLACEHOLDER = "dataset"
POLICY_MAXIMUM_PRINCIPALS = 1_500
"""https://cloud.google.com/iam/quotas#limits: principals in all bindings of one policy."""

FOLDER_MAXIMUM_CHARACTERS = 1_024
"""https://cloud.google.com/storage/docs/managed-folders: as the name of an object (1,024 bytes of UTF-8)."""


class AuditLogs(str, Enum):
    """Who answers for the project's data-access logs of Cloud Storage, which are one setting for the whole project."""

    CREATE = "create"
    """The lake turns them on; it never turns them off, since other lakes of the project rely on them."""
    ADOPT = "adopt"
    """Somebody else does, for the project, its folder or its organisation."""


@dataclass(frozen=True)
class BucketPlan:
    """One bucket: the part it plays in the lake, its physical name, and the zone it says it is.

    :param retention: how long its objects are kept; None = as the lake's.
    """

    role: str
    name: str
    zone: str
    retention: RetentionClass | None = None


@dataclass(frozen=True)
class KeyPlan:
    """The key that a lake makes: the name of its ring, its own, and its resource name."""

    ring: str
    key: str
    resource: str


@dataclass(frozen=True)
class FolderPlan:
    """One managed folder: the part of the bucket it is in, the dataset, its path (with the slash at its end)."""

    role: str
    dataset: str
    path: str
    access: Access


@dataclass(frozen=True)
class LakePlan:
    """One lake; other components plan one of their own and pass it to :class:`.gcs_resources.LakeResources`.

    :param adopted_key_name: None where the lake makes its own key.
    :param audit_logs: whether the lake turns on the project's data-access logs.
    :param bindings: further bindings of the policy of a zone's bucket, by the bucket's role.
    """

    place: GcpPlacement
    retention: RetentionClass
    deletion: Deletion
    zones: tuple[BucketPlan, ...]
    logs: BucketPlan
    key: KeyPlan
    adopted_key_name: pulumi.Input[str] | None = None
    access: Access = NOBODY
    folders: tuple[FolderPlan, ...] = ()
    audit_logs: bool = True
    bindings: Mapping[str, Sequence[Binding]] = field(default_factory=dict)


def plan_lake(mistakes: Mistakes, name: str, args: Mapping[str, Any], spec: type) -> LakePlan:
    """Check every argument of one lake and derive its names.

    :raises ComponentInputError: with everything that is wrong.
    """
    args, placement = read_call(mistakes, name, args, spec)
    conventions, where = placement.conventions, place_on_gcp(mistakes, placement, args.get("location"))
    retention = retention_of(mistakes, conventions, args.get("retention_class"))
    zones = zones_of(mistakes, conventions, args.get("zones"))
    check_key_name(mistakes, "kms_key_name", args.get("kms_key_name"), where)
    access = read_access(mistakes, "", args)
    folders = _folders(mistakes, where, zones, args.get("datasets", {}))
    deletion = read_deletion(mistakes, args.get("deletion_protection"))
    mistakes.stop()  # names are made of what was checked above
    plan = LakePlan(
        place=where,
        retention=retention,
        deletion=deletion,
        zones=tuple(plan_bucket(mistakes, where, name, zone, zone) for zone in zones),
        logs=plan_logs(mistakes, where, name),
        key=plan_key(mistakes, where, name),
        adopted_key_name=args.get("kms_key_name"),
        access=access,
        folders=folders,
        audit_logs=args.get("audit_logs", AuditLogs.CREATE) == AuditLogs.CREATE,
    )
    mistakes.stop()
    return plan


def plan_bucket(mistakes: Mistakes, where: GcpPlacement, lake: str, role: str, zone: str) -> BucketPlan:
    """One bucket of the lake called ``lake``; ``role`` tells it from the others."""
    return BucketPlan(role, where.name(mistakes, GCS_BUCKET, f"{lake}-{role}"), zone)


def plan_logs(mistakes: Mistakes, where: GcpPlacement, lake: str) -> BucketPlan:
    """The bucket of usage logs, which is part of the lake only where the organisation has such a zone."""
    known = LOG_ZONE in where.placement.conventions.lake.zones
    return plan_bucket(mistakes, where, lake, LOG_ZONE, LOG_ZONE if known else NO_ZONE)


def plan_key(mistakes: Mistakes, where: GcpPlacement, lake: str) -> KeyPlan:
    """The key of the lake called ``lake``, alone in a ring of the same name."""
    found = where.name(mistakes, GCP_KEY_RING, lake)
    resource = names.crypto_key_resource(where.project, where.kms_location, found, found) if found else ""
    return KeyPlan(found, found, resource)


def read_access(mistakes: Mistakes, prefix: str, args: Mapping[str, Any]) -> Access:
    """The principals under ``readers`` and ``writers`` of ``args``, which stand below ``prefix`` in the call."""
    readers, writers = (
        principals(mistakes, f"{prefix}{argument}", args.get(argument)) for argument in ("readers", "writers")
    )
    access = Access(readers, writers)
    if len(access.everyone) > POLICY_MAXIMUM_PRINCIPALS // 2:  # everyone stands in two bindings
        expected = f"at most {POLICY_MAXIMUM_PRINCIPALS // 2} principals; make a group of them"
        mistakes.add(f"{prefix}readers, {prefix}writers", expected, f"{len(access.everyone)} principals")
    return access


def _folders(
    mistakes: Mistakes, where: GcpPlacement, zones: Sequence[str], datasets: Mapping[str, Mapping[str, Any]]
) -> tuple[FolderPlan, ...]:
    """A managed folder for each dataset in each zone, where the layout has the dataset's folder."""
    access = {dataset: read_access(mistakes, f"datasets.{dataset}.", args) for dataset, args in datasets.items()}
    layout = _down_to_dataset(where.placement.conventions.lake.grammar)
    if datasets and layout is None:
        expected = "no datasets: lake.layout does not lead to {dataset} by zone and domain alone"
        mistakes.add("datasets", expected, list(datasets))
    if layout is None:
        return ()
    domain = where.placement.domain.name
    return tuple(
        FolderPlan(zone, dataset, _folder_path(mistakes, layout, zone=zone, domain=domain, dataset=dataset), granted)
        for dataset, granted in access.items()
        for zone in zones
    )


def _down_to_dataset(layout: LakeLayout) -> LakeLayout | None:
    """The upper part of ``layout`` that ends with the dataset's folder; None where more than its name leads there."""
    for depth in range(1, len(layout.folders) + 1):
        upper = LakeLayout(layout.folders[:depth])
        placeholders = {part.name for part in upper.placeholders}
        if DATASET_PLACEHOLDER in placeholders:
            return upper if placeholders <= {"zone", "domain", DATASET_PLACEHOLDER} else None
    return None


def _folder_path(mistakes: Mistakes, layout: LakeLayout, **values: str) -> str:
    needed = {part.name for part in layout.placeholders}
    try:
        path = f"{layout.build({name: value for name, value in values.items() if name in needed})}/"
    except InvalidInputError as error:
        mistakes.add(f"datasets.{values[DATASET_PLACEHOLDER]}", error.expected, values[DATASET_PLACEHOLDER])
        return ""
    if len(path) > FOLDER_MAXIMUM_CHARACTERS:
        expected = f"a shorter name: a folder has {FOLDER_MAXIMUM_CHARACTERS} characters at most"
        mistakes.add(f"datasets.{values[DATASET_PLACEHOLDER]}", expected, values[DATASET_PLACEHOLDER])
    return path
