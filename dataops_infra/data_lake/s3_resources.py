"""The children of an S3 lake. What makes a bucket safe is done in one place, for zones and logs alike."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.conventions.tags import ZONE
from dataops_infra.data_lake.s3_plan import BucketPlan, StoragePlan
from dataops_infra.data_lake.s3_policies import key_policy, log_bucket_policy, log_prefix, zone_bucket_policy

KEY_DELETION_WINDOW_DAYS = 30
"""The longest waiting period AWS offers: until it ends, a deleted key can be brought back, and the data with it."""


class LakeResources:
    """Creates the buckets of one lake, or of one region of a sandbox, from its plan.

    :param after: what must exist before a policy names it: AWS refuses principals that it does not know.
    :ivar key_arn: by which the buckets name their key; known at preview where the account is.
    :ivar usable: a value of each child, all known at preview, that together stand for a lake that can be used.
    :ivar settled: what must exist before something else uses a zone's bucket: the key's alias, the buckets' policies.
    """

    key_arn: pulumi.Output[str]

    def __init__(
        self, lake: pulumi.ComponentResource, name: str, plan: StoragePlan, after: Sequence[pulumi.Resource] = ()
    ) -> None:
        self._lake, self._name, self._plan, self._after = lake, name, plan, list(after)
        self._region = plan.place.region
        self._account = pulumi.Output.from_input(plan.place.account(lake))
        self.usable: list[pulumi.Output[str]] = []
        key = self._adopt_key() if plan.adopted_key_arn is not None else self._create_key()
        self.settled: list[pulumi.Resource] = [*key]
        self._create_buckets(key)

    def _adopt_key(self) -> list[pulumi.Resource]:
        assert self._plan.adopted_key_arn is not None
        self.key_arn = pulumi.Output.from_input(self._plan.adopted_key_arn)
        return []

    def _create_key(self) -> list[pulumi.Resource]:
        """Make the key and its alias; the alias must exist before a bucket names it."""
        place, region, alias_name = self._plan.place, self._region, self._plan.key_alias
        root = self._account.apply(lambda account: names.iam_root_arn(account, region))
        buckets = [zone.arn for zone in self._plan.zones]
        key = aws.kms.Key(
            f"{self._name}-key",
            description=self._plan.purpose,
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_WINDOW_DAYS,
            policy=pulumi.Output.json_dumps(
                key_policy(root, place.via_service("s3"), buckets, self._plan.access, self._plan.key_users)
            ),
            tags={**place.placement.tags},
            region=region,
            opts=self._options(depends_on=self._after),
        )
        alias = aws.kms.Alias(
            f"{self._name}-key-alias",
            name=f"alias/{alias_name}",
            target_key_id=key.key_id,
            region=region,
            opts=self._options(delete_before_replace=True),
        )
        # The key's own ARN holds an id that AWS makes up; its alias can be named before it exists (ADR 0071).
        self.key_arn = self._account.apply(lambda account: names.kms_alias_arn(account, region, alias_name))
        self.usable.append(alias.name)
        return [alias]

    def _create_buckets(self, key: Sequence[pulumi.Resource]) -> None:
        plan = self._plan
        sources = [(zone.arn, log_prefix(zone.role)) for zone in plan.zones]
        logs = self._create_bucket(plan.logs)
        self._encrypt(plan.logs, logs, {"sse_algorithm": "AES256"}, ())  # what log delivery supports (ADR 0072)
        delivery = self._set_policy(plan.logs, logs, log_bucket_policy(plan.logs.arn, self._account, sources))
        for zone in plan.zones:
            bucket = self._create_bucket(zone)
            self._encrypt(zone, bucket, {"sse_algorithm": "aws:kms", "kms_master_key_id": self.key_arn}, key)
            keys = [self.key_arn, *plan.stated_keys]
            document = zone_bucket_policy(zone.arn, keys, plan.access, plan.bucket_users)
            self.settled.append(self._set_policy(zone, bucket, document, self._after))
            self._log(zone, bucket, logs, delivery)

    def _create_bucket(self, plan: BucketPlan) -> aws.s3.Bucket:
        bucket = aws.s3.Bucket(
            self._child(plan),
            bucket=plan.name,
            force_destroy=self._plan.deletion.destroys_data,
            tags={**self._plan.place.placement.tags, ZONE: plan.zone},
            region=self._region,
            opts=self._options(delete_before_replace=True),
        )
        self.usable.append(bucket.bucket)
        self._disable_acls(plan, bucket)
        self._keep_versions(plan, bucket)
        return bucket

    def _disable_acls(self, plan: BucketPlan, bucket: aws.s3.Bucket) -> None:
        owned = aws.s3.BucketOwnershipControls(
            self._child(plan, "ownership"),
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            region=self._region,
            opts=self._options(),
        )
        self.usable.append(owned.bucket)

    def _keep_versions(self, plan: BucketPlan, bucket: aws.s3.Bucket) -> None:
        """Versions are kept, and end by the bucket's lifecycle."""
        versioning = aws.s3.BucketVersioning(
            self._child(plan, "versioning"),
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            region=self._region,
            opts=self._options(),
        )
        lifecycle = aws.s3.BucketLifecycleConfiguration(
            self._child(plan, "lifecycle"),
            bucket=bucket.bucket,
            rules=list(plan.lifecycle),
            region=self._region,
            opts=self._options(depends_on=[versioning]),
        )
        self.usable += [versioning.bucket, lifecycle.bucket]

    def _encrypt(
        self, plan: BucketPlan, bucket: aws.s3.Bucket, default: dict[str, Any], after: Sequence[pulumi.Resource]
    ) -> None:
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            self._child(plan, "encryption"),
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": default,
                    "bucket_key_enabled": default["sse_algorithm"] == "aws:kms",
                }
            ],
            region=self._region,
            opts=self._options(depends_on=list(after)),
        )
        self.usable.append(encryption.bucket)

    def _set_policy(
        self, plan: BucketPlan, bucket: aws.s3.Bucket, document: dict[str, Any], after: Sequence[pulumi.Resource] = ()
    ) -> aws.s3.BucketPolicy:
        """Block public access, then set the policy: S3 refuses two changes of one bucket's access at a time."""
        private = aws.s3.BucketPublicAccessBlock(
            self._child(plan, "public-access"),
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            region=self._region,
            opts=self._options(),
        )
        policy = aws.s3.BucketPolicy(
            self._child(plan, "policy"),
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(document),
            region=self._region,
            opts=self._options(depends_on=[private, *after]),
        )
        self.usable += [private.bucket, policy.bucket]
        return policy

    def _log(self, plan: BucketPlan, bucket: aws.s3.Bucket, logs: aws.s3.Bucket, delivery: aws.s3.BucketPolicy) -> None:
        logging = aws.s3.BucketLogging(
            self._child(plan, "logging"),
            bucket=bucket.bucket,
            target_bucket=logs.bucket,
            target_prefix=log_prefix(plan.role),
            region=self._region,
            opts=self._options(depends_on=[delivery]),
        )
        self.usable.append(logging.bucket)

    def _child(self, plan: BucketPlan, setting: str = "") -> str:
        return "-".join(filter(None, (self._name, plan.role, setting)))

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return self._plan.deletion.options(parent=self._lake, **options)
