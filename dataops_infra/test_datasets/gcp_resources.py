"""The children of a test dataset on GCP: accounts, buckets, what the job may do, and the job."""

from dataclasses import replace

import pulumi
import pulumi_gcp as gcp

from dataops_infra.conventions import names
from dataops_infra.data_lake.gcs_access import READ_OBJECTS, USE_KEY, WRITE_OBJECTS
from dataops_infra.data_lake.gcs_resources import LakeResources
from dataops_infra.foundation.inputs import distinct
from dataops_infra.test_datasets.gcp_access import (
    ACT_AS,
    OF_SPARK_NODES,
    READ_MASKING_KEY,
    SUBMIT_BATCHES,
)
from dataops_infra.test_datasets.gcp_alarms import create_alarms
from dataops_infra.test_datasets.gcp_children import Children
from dataops_infra.test_datasets.gcp_network import close_network
from dataops_infra.test_datasets.gcp_plan import (
    ADOPT,
    COPY,
    CREATE,
    JOB,
    STARTER,
    SUBMITTER,
    WORK,
    DatasetPlan,
    FolderPlan,
)
from dataops_infra.test_datasets.gcp_run import LAUNCHER, LAUNCHER_TEXT, create_batch_workflow, create_cloud_run_job
from dataops_infra.test_datasets.gcp_schedule import start_by_clock
from dataops_infra.test_datasets.places import Place
from dataops_infra.test_datasets.terms import DATAPROC

_PURPOSES = {JOB: "Masks", STARTER: "Starts the masking of", SUBMITTER: "Submits the masking of"}
DISPLAY_NAME_MAXIMUM = 100
"""https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts (bytes of UTF-8)."""
_BATCH_AGENTS = {
    "dataproc": "service-{number}@dataproc-accounts.iam.gserviceaccount.com",
    "compute": "service-{number}@compute-system.iam.gserviceaccount.com",
}
"""Google's own accounts that encrypt the disks of a batch: https://cloud.google.com/iam/docs/service-agents."""


class DatasetResources:
    """Creates the children of one dataset from its plan.

    :ivar usable: a value of each child, all known at preview, that together stand for a dataset that can be used.
    :ivar key_name: by which the dataset's own buckets name their key; known at preview.
    :ivar alarms: names of the alert policies.
    """

    def __init__(self, dataset: pulumi.ComponentResource, name: str, plan: DatasetPlan) -> None:
        self._plan, self._children = plan, Children(dataset, name, plan)
        self.usable = self._children.usable
        self._accounts = {role: self._create_account(role) for role in plan.accounts}
        self._lake = LakeResources(dataset, name, plan.lake, after=[self._accounts[JOB]])
        self.key_name = self._lake.key_name
        self.usable += [self.key_name, *self._lake.usable]
        self._let_readers_in()
        told_and_let = [*self._upload(), self._let_read_key(), *self._let_use_folders()]
        job = self._create_job([*told_and_let, *close_network(self._children)])
        if plan.terms.schedule is not None:
            start_by_clock(self._children, self._accounts[STARTER], job)
        self.alarms = create_alarms(self._children)

    def _create_account(self, role: str) -> gcp.serviceaccount.Account:
        made = gcp.serviceaccount.Account(
            self._children.named(f"{role}-account"),
            account_id=self._plan.accounts[role],
            display_name=f"{_PURPOSES[role]} {self._children.name}"[:DISPLAY_NAME_MAXIMUM],
            project=self._plan.where.project,
            opts=self._children.options(delete_before_replace=True),
        )
        self.usable.append(made.account_id)
        return made

    def _upload(self) -> list[pulumi.Resource]:
        """What the job is told."""
        texts = {"plan": (self._plan.plan_object, self._plan.terms.plan_file.read_text(encoding="utf-8"))}
        if self._plan.terms.job.engine == DATAPROC:
            texts["launcher"] = (LAUNCHER, LAUNCHER_TEXT)
        made: list[pulumi.Resource] = []
        for role, (path, text) in texts.items():
            uploaded = gcp.storage.BucketObject(
                self._children.named(role),
                bucket=self._lake.buckets[WORK].name,
                name=path,
                source=pulumi.StringAsset(text),
                opts=self._children.options(),
            )
            self.usable.append(uploaded.name)
            made.append(uploaded)
        return made

    def _let_read_key(self) -> gcp.secretmanager.SecretIamMember:
        secret = self._plan.secret
        grant = gcp.secretmanager.SecretIamMember(
            self._children.named("key-reader"),
            secret_id=secret.name,
            role=READ_MASKING_KEY,
            member=self._plan.member(JOB),
            condition=dict(secret.condition) if secret.condition else None,
            opts=self._children.options(depends_on=[self._accounts[JOB]]),
        )
        self.usable.append(grant.role)
        return grant

    def _let_use_folders(self) -> list[pulumi.Resource]:
        """The job's rights to what is not the dataset's own: the source, and a target in another bucket."""
        plan, target = self._plan, self._plan.target_folder
        grants = self._let_use_folder("source", plan.source, READ_OBJECTS)
        return grants + (self._let_use_folder("target", target, WRITE_OBJECTS) if target is not None else [])

    def _let_use_folder(self, role: str, folder: FolderPlan, right: str) -> list[pulumi.Resource]:
        if folder.grant not in (CREATE, ADOPT):
            return []
        made = [self._create_folder(role, folder.place)] if folder.grant == CREATE else []
        grant = gcp.storage.ManagedFolderIamMember(
            self._children.named(f"{role}-grant"),
            bucket=folder.place.bucket,
            managed_folder=folder.place.prefix,
            role=right,
            member=self._plan.member(JOB),
            opts=self._children.options(depends_on=[self._accounts[JOB], *made]),
        )
        self.usable.append(grant.role)
        return [grant]

    def _create_folder(self, role: str, place: Place) -> gcp.storage.ManagedFolder:
        """What rights to a prefix stand on. Without it they are gone, and the objects stay."""
        made = gcp.storage.ManagedFolder(
            self._children.named(f"{role}-folder"),
            bucket=place.bucket,
            name=place.prefix,
            force_destroy=True,
            opts=self._children.options(delete_before_replace=True),
        )
        self.usable.append(made.name)
        return made

    def _let_readers_in(self) -> None:
        """Readers of the copy in the dataset's own bucket; the folder is there for consumers that come later too."""
        plan = self._plan
        if plan.target_folder is not None:
            return
        bucket = self._lake.buckets[COPY]
        folder = self._create_folder("copy", replace(plan.target, bucket=bucket.name))
        readers = distinct(plan.readers)
        if readers:
            grant = gcp.storage.ManagedFolderIamBinding(
                self._children.named("readers"),
                bucket=bucket.name,
                managed_folder=folder.name,
                role=READ_OBJECTS,
                members=readers,
                opts=self._children.options(),
            )
            self.usable.append(grant.role)

    def _create_job(self, after: list[pulumi.Resource]) -> gcp.cloudrunv2.Job | gcp.workflows.Workflow:
        if self._plan.terms.job.engine != DATAPROC:
            return create_cloud_run_job(self._children, [*after, self._accounts[JOB]])
        after += [*self._let_disks_be_encrypted(), *self._let_batches_run()]
        return create_batch_workflow(self._children, after)

    def _let_batches_run(self) -> list[pulumi.Resource]:
        """What machines need that are the project's, and who submits what they run: as the job's account only."""
        plan, project = self._plan, self._plan.where.project
        roles = [(JOB, role) for role in OF_SPARK_NODES] + [(SUBMITTER, SUBMIT_BATCHES)]
        grants = [
            gcp.projects.IAMMember(
                self._children.named(f"{who}-{role.rpartition('.')[2].lower()}"),
                project=project,
                role=role,
                member=plan.member(who),
                opts=self._children.options(depends_on=[self._accounts[who]]),
            )
            for who, role in roles
        ]
        acting = gcp.serviceaccount.IAMMember(
            self._children.named("submitter-acts"),
            service_account_id=names.service_account_resource(plan.accounts[JOB], project),
            role=ACT_AS,
            member=plan.member(SUBMITTER),
            opts=self._children.options(depends_on=[self._accounts[JOB], self._accounts[SUBMITTER]]),
        )
        self.usable += [acting.role, *(grant.role for grant in grants)]
        return [*grants, acting]

    def _let_disks_be_encrypted(self) -> list[pulumi.Resource]:
        """Google's own accounts may use the key that is made here; whose an adopted one is decides that himself."""
        number = self._plan.where.project_number
        grants: list[pulumi.Resource] = []
        if self._plan.lake.adopted_key_name is not None or number is None:
            return grants
        for role, address in _BATCH_AGENTS.items():
            grant = gcp.kms.CryptoKeyIAMMember(
                self._children.named(f"{role}-key-grant"),
                crypto_key_id=self.key_name,
                role=USE_KEY,
                member=f"serviceAccount:{address.format(number=number)}",
                opts=self._children.options(depends_on=self._lake.key),
            )
            self.usable.append(grant.role)
            grants.append(grant)
        return grants
