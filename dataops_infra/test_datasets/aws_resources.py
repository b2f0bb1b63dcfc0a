"""The children of a masked test dataset on AWS: role, own bucket, plan and script, job; alarms stand in ``aws_alarms``,
what runs the job in ``aws_jobs``."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.data_lake.s3_resources import LakeResources
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.test_datasets import aws_policies as policies
from dataops_infra.test_datasets import masking_job
from dataops_infra.test_datasets.aws_alarms import AlarmResources
from dataops_infra.test_datasets.aws_jobs import JobResources
from dataops_infra.test_datasets.aws_plan import CONTROL_PREFIX, COPY_PREFIX, OTHER_BUCKET, STAGING_PREFIX, AwsPlan

LOG_RETENTION_DAYS = 30
"""Logs of a job hold steps and counts; what a copy was made by stands in its manifest."""


class DatasetResources:
    """Creates the children of one dataset from its plan.

    :ivar role_arn: the job's role; known at preview where the account is.
    :ivar copy_key: ARN of the key that encrypts the copy; empty = none that the organisation manages.
    :ivar alarms: who is told.
    :ivar usable: a value of each child that is known at preview.
    """

    def __init__(self, dataset: pulumi.ComponentResource, name: str, plan: AwsPlan) -> None:
        self._dataset, self._name, self._plan = dataset, name, plan
        self._region = plan.place.region
        self._account = pulumi.Output.from_input(plan.place.account(dataset))
        self.role_arn = self._account.apply(lambda account: names.iam_role_arn(account, plan.names.role, self._region))
        self.usable: list[pulumi.Output[Any]] = []
        self.alarms = AlarmResources(dataset, name, plan, self._account)
        role = self._create_role()
        lake = self._create_bucket(role)
        copied_here = plan.terms.target is None
        self.copy_key = lake.key_arn if copied_here else pulumi.Output.from_input(plan.copy.kms_key or "")
        files = self._upload(lake)
        groups = [self._create_log_group(stream, group) for stream, group in plan.log_groups.items()]
        rights = self._grant_rights(role, lake)
        jobs = JobResources(dataset, name, plan, self._account, self.role_arn, [rights, *files, *groups])
        self.alarms.create(None if plan.storage.adopted_key_arn is not None else lake.key_arn, lake.settled, jobs)
        self.usable += [role.name, *lake.usable, *jobs.usable, *self.alarms.usable]

    def _create_role(self) -> aws.iam.Role:
        plan = self._plan
        service, source = (
            (policies.GLUE_SERVICE, ("glue", "*"))
            if plan.is_glue
            else (policies.EMR_SERVICE, ("emr-serverless", "/applications/*"))
        )
        trust = self._account.apply(
            lambda account: policies.job_trust(
                service, account, names.arn(source[0], source[1], region=self._region, account=account)
            )
        )
        return aws.iam.Role(
            f"{self._name}-role",
            name=plan.names.role,
            description=f"Masks the test dataset {self._name}: reads its source, writes its copy",
            assume_role_policy=pulumi.Output.json_dumps(trust),
            tags={**plan.place.placement.tags},
            opts=self._options(delete_before_replace=True),
        )

    def _create_bucket(self, role: aws.iam.Role) -> LakeResources:
        """The component's own bucket; whoever its policies name must be there before."""
        plan, (bucket,) = self._plan, self._plan.storage.zones
        root = self._account.apply(lambda account: names.iam_root_arn(account, self._region))
        via_s3, alarms = plan.place.via_service("s3"), [self.alarms.key_statement]
        storage = replace(
            plan.storage,
            key_users=tuple(policies.key_statements(bucket.arn, via_s3, root, plan.readers, self.role_arn, alarms)),
            bucket_users=tuple(
                policies.bucket_statements(bucket.arn, COPY_PREFIX, STAGING_PREFIX, plan.readers, self.role_arn)
            ),
        )
        return LakeResources(self._dataset, self._name, storage, after=[role])

    def _upload(self, lake: LakeResources) -> list[pulumi.Resource]:
        """Plan and script, as they are here and now."""
        plan, script = self._plan, str(Path(masking_job.__file__))
        files = {"plan": (plan.plan_key, str(plan.terms.plan_file)), "script": (plan.script_key, script)}
        return [self._upload_file(kind, key, path, lake) for kind, (key, path) in files.items()]

    def _upload_file(self, kind: str, key: str, path: str, lake: LakeResources) -> aws.s3.BucketObjectv2:
        made = aws.s3.BucketObjectv2(
            f"{self._name}-{kind}",
            bucket=self._plan.bucket,
            key=key,
            source=pulumi.FileAsset(path),
            region=self._region,
            tags={**self._plan.place.placement.tags},
            # Not protected, as another plan is another object; kept with the bucket, as a run may be reading it.
            opts=self._options(depends_on=lake.settled, retain_on_delete=not self._plan.storage.deletion.destroys_data),
        )
        self.usable.append(made.key)
        return made

    def _create_log_group(self, stream: str, group: str) -> aws.cloudwatch.LogGroup:
        made = aws.cloudwatch.LogGroup(
            f"{self._name}-log-{stream}",
            name=group,
            retention_in_days=LOG_RETENTION_DAYS,
            tags={**self._plan.place.placement.tags},
            region=self._region,
            opts=self._options(delete_before_replace=True),
        )
        self.usable.append(made.name)
        return made

    def _grant_rights(self, role: aws.iam.Role, lake: LakeResources) -> aws.iam.RolePolicy:
        """One document of known names: where all of them are known, packs can judge it at preview."""
        plan = self._plan
        network = plan.terms.job.network
        known = pulumi.Output.all(
            account=self._account,
            source_bucket=plan.terms.source.bucket,
            source_key=plan.terms.source.kms_key or "",
            copy_bucket=plan.copy.bucket,
            copy_key=self.copy_key,
            own_key=lake.key_arn,
            secret=plan.key_secret,
            secret_key=plan.key_secret_kms_key or "",
            vpc=network.get("vpc", ""),
            subnet=next(iter(network.get("subnets", ())), ""),
        )
        rights = aws.iam.RolePolicy(
            f"{self._name}-role-policy",
            name="mask",
            role=role.name,
            policy=pulumi.Output.json_dumps(known.apply(self._rights)),
            opts=self._options(),
        )
        self.usable.append(rights.name)
        return rights

    def _check_late(self, known: dict[str, str]) -> None:
        """What is known only now where a lake's facts are outputs."""
        late = Mistakes(f"MaskedTestDataset {self._name!r}")
        if known["source_bucket"] == known["copy_bucket"]:
            late.add("target", OTHER_BUCKET, known["copy_bucket"])
        for place in ("source", "copy"):
            key = known[f"{place}_key"]
            if key and key.split(":")[3] != self._region:
                expected = f"a place in {self._region}, where the job is: it may use keys of that region only"
                late.add("target" if place == "copy" else place, expected, key)
        late.stop()

    def _rights(self, known: dict[str, str]) -> dict[str, Any]:
        plan = self._plan
        self._check_late(known)
        glue = policies.GlueNetwork(plan.names.job, known["vpc"], known["subnet"])
        return policies.job_policy(
            policies.JobRights(
                account=known["account"],
                region=self._region,
                via={service: plan.place.via_service(service) for service in ("s3", "secretsmanager")},
                source=policies.Folder(known["source_bucket"], plan.terms.source.prefix, known["source_key"]),
                copy=policies.Folder(known["copy_bucket"], plan.copy.prefix, known["copy_key"]),
                staging=policies.Folder(plan.bucket, STAGING_PREFIX, known["own_key"]),
                control=policies.Folder(plan.bucket, CONTROL_PREFIX, known["own_key"]),
                verdict=plan.verdict_key,
                secret=known["secret"],
                secret_key=known["secret_key"],
                objects=plan.objects,
                log_groups=tuple(plan.log_groups.values()),
                network=glue if plan.is_glue else None,
            )
        )

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._dataset, **options)
