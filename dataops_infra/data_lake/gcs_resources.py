"""The children of a GCS lake. What makes a bucket safe is done in one place, for zones and logs alike."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_gcp as gcp

from dataops_infra.conventions import names
from dataops_infra.conventions.tags import ZONE
from dataops_infra.data_lake.gcs_access import (
    AUDIT_LOG_TYPES,
    AUDITED_SERVICE,
    USE_KEY,
    bucket_policy,
    folder_policy,
    log_bucket_policy,
)
from dataops_infra.data_lake.gcs_lifecycle import SECONDS_A_DAY, lifecycle_rules, soft_delete_seconds
from dataops_infra.data_lake.gcs_plan import BucketPlan, FolderPlan, LakePlan

KEY_ROTATION_DAYS = 90
"""What Google recommends: https://cloud.google.com/kms/docs/key-rotation#how_often_to_rotate_keys"""
KEY_DELETION_WINDOW_DAYS = 30
"""Google's own default: until it ends, a destroyed version of the key can be restored, and the data with it."""


class LakeResources:
    """Creates the children of one lake from its plan.

    :param after: what must exist before a bucket's policy names it, such as a service account.
    :ivar key_name: by which the buckets name their key; known at preview.
    :ivar key: what must exist before the key can be used; nothing where it was adopted.
    :ivar buckets: the buckets by their roles.
    :ivar usable: a value of each child, all known at preview, that together stand for a lake that can be used.
    """

    key_name: pulumi.Output[str]

    def __init__(
        self, lake: pulumi.ComponentResource, name: str, plan: LakePlan, after: Sequence[pulumi.Resource] = ()
    ) -> None:
        self._lake, self._name, self._plan, self._after = lake, name, plan, list(after)
        self._project, self._labels = plan.place.project, plan.place.labels
        self.usable: list[pulumi.Output[str]] = []
        self.buckets: dict[str, gcp.storage.Bucket] = {}
        self.key = self._adopt_key() if plan.adopted_key_name is not None else self._create_key()
        if plan.audit_logs:
            self._log_data_access()
        self._create_buckets()

    def _adopt_key(self) -> list[pulumi.Resource]:
        assert self._plan.adopted_key_name is not None
        self.key_name = pulumi.Output.from_input(self._plan.adopted_key_name)
        return []

    def _create_key(self) -> list[pulumi.Resource]:
        """Make the key in a ring of its own; Cloud Storage may use it before a bucket names it."""
        plan, where = self._plan.key, self._plan.place
        ring = gcp.kms.KeyRing(
            f"{self._name}-key-ring",
            name=plan.ring,
            location=where.kms_location,
            project=self._project,
            opts=self._options(),
        )
        key = gcp.kms.CryptoKey(
            f"{self._name}-key",
            name=plan.key,
            # The ring's own id is unknown before it exists; its name is not (ADR 0071).
            key_ring=names.key_ring_resource(self._project, where.kms_location, plan.ring),
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{KEY_ROTATION_DAYS * SECONDS_A_DAY}s",
            destroy_scheduled_duration=f"{KEY_DELETION_WINDOW_DAYS * SECONDS_A_DAY}s",
            labels=self._labels,
            opts=self._options(depends_on=[ring]),
        )
        agent = gcp.storage.get_project_service_account_output(
            project=self._project, opts=pulumi.InvokeOutputOptions(parent=self._lake)
        )
        grant = gcp.kms.CryptoKeyIAMMember(
            f"{self._name}-key-grant",
            crypto_key_id=plan.resource,
            role=USE_KEY,
            member=agent.member,
            opts=self._options(depends_on=[key]),
        )
        self.key_name = pulumi.Output.from_input(plan.resource)
        self.usable += [ring.name, key.name, grant.role]
        return [grant]

    def _log_data_access(self) -> None:
        """One setting for the whole project, the same from every lake, left on by all of them (ADR 0082)."""
        audit = gcp.projects.IAMAuditConfig(
            f"{self._name}-data-access-logs",
            project=self._project,
            service=AUDITED_SERVICE,
            audit_log_configs=[{"log_type": kind} for kind in AUDIT_LOG_TYPES],
            opts=pulumi.ResourceOptions.merge(self._options(), pulumi.ResourceOptions(retain_on_delete=True)),
        )
        self.usable.append(audit.service)

    def _create_buckets(self) -> None:
        plan = self._plan
        logs = self._create_bucket(plan.logs)
        delivery = self._set_policy(plan.logs, logs, log_bucket_policy())
        for zone in plan.zones:
            bucket = self._create_bucket(
                zone,
                after=[*self.key, delivery],
                encryption=self._only_with_key(),
                logging={"log_bucket": logs.name, "log_object_prefix": zone.role},
            )
            self._set_policy(zone, bucket, bucket_policy(plan.access, plan.bindings.get(zone.role, ())))
            for folder in plan.folders:
                if folder.role == zone.role:
                    self._create_folder(zone, bucket, folder)

    def _only_with_key(self) -> dict[str, Any]:
        """Objects are encrypted with the lake's key; a write that asks for anything else is refused."""
        return {
            "default_kms_key_name": self.key_name,
            "google_managed_encryption_enforcement_config": {"restriction_mode": "FullyRestricted"},
            "customer_supplied_encryption_enforcement_config": {"restriction_mode": "FullyRestricted"},
            "customer_managed_encryption_enforcement_config": {"restriction_mode": "NotRestricted"},
        }

    def _create_bucket(
        self, plan: BucketPlan, after: Sequence[pulumi.Resource] = (), **settings: Any
    ) -> gcp.storage.Bucket:
        retention = plan.retention or self._plan.retention
        bucket = gcp.storage.Bucket(
            self._child(plan),
            name=plan.name,
            location=self._plan.place.location,
            project=self._project,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning={"enabled": True},
            soft_delete_policy={"retention_duration_seconds": soft_delete_seconds(retention)},
            lifecycle_rules=lifecycle_rules(retention),
            force_destroy=self._plan.deletion.destroys_data,
            labels={**self._labels, ZONE: plan.zone},
            opts=self._options(delete_before_replace=True, depends_on=list(after)),
            **settings,
        )
        self.usable.append(bucket.name)
        self.buckets[plan.role] = bucket
        return bucket

    def _set_policy(
        self, plan: BucketPlan, bucket: gcp.storage.Bucket, document: dict[str, Any]
    ) -> gcp.storage.BucketIAMPolicy:
        policy = gcp.storage.BucketIAMPolicy(
            self._child(plan, "policy"),
            bucket=bucket.name,
            policy_data=pulumi.Output.json_dumps(document),
            opts=self._options(depends_on=self._after),
        )
        self.usable.append(policy.bucket)
        return policy

    def _create_folder(self, plan: BucketPlan, bucket: gcp.storage.Bucket, folder: FolderPlan) -> None:
        made = gcp.storage.ManagedFolder(
            self._child(plan, "folder", folder.dataset),
            bucket=bucket.name,
            name=folder.path,
            force_destroy=self._plan.deletion.destroys_data,
            opts=self._options(delete_before_replace=True),
        )
        policy = gcp.storage.ManagedFolderIamPolicy(
            self._child(plan, "access", folder.dataset),
            bucket=bucket.name,
            managed_folder=made.name,
            policy_data=pulumi.Output.json_dumps(folder_policy(folder.access)),
            opts=self._options(),
        )
        self.usable += [made.name, policy.managed_folder]

    def _child(self, plan: BucketPlan, *words: str) -> str:
        return "-".join((self._name, plan.role, *words))

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return self._plan.deletion.options(parent=self._lake, **options)
