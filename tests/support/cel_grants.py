"""Who may do what by the grants that a recording registered: every kind of IAM policy and access list, judged with CEL.

Only what our components register is understood; a resource that grants in another way is an error, never a pass.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.support.cel import holds
from tests.support.recording import Recorded, Recording

# What a role holds: the parts of the documentation's lists that the tables below ask for.
# https://cloud.google.com/iam/docs/roles-permissions/{bigquery,storage,iam,cloudkms,…}, and for the basic roles of a
# dataset https://cloud.google.com/bigquery/docs/access-control-basic-roles#dataset-basic-roles.
_READ_OBJECTS = {"storage.objects.get", "storage.objects.list"}
_EDIT_DATASET = {
    "bigquery.datasets.get",
    "bigquery.tables.create",
    "bigquery.tables.delete",
    "bigquery.tables.getData",
    "bigquery.tables.list",
    "bigquery.tables.update",
    "bigquery.tables.updateData",
}
PERMISSIONS: Mapping[str, frozenset[str]] = {
    "roles/bigquery.jobUser": frozenset({"bigquery.jobs.create"}),
    "roles/iam.serviceAccountTokenCreator": frozenset(
        {"iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt"}
    ),
    "roles/storage.bucketViewer": frozenset({"storage.buckets.get", "storage.buckets.list"}),
    "roles/storage.objectCreator": frozenset({"storage.objects.create"}),
    "roles/storage.objectViewer": frozenset(_READ_OBJECTS),
    "roles/storage.objectUser": frozenset(
        {*_READ_OBJECTS, "storage.objects.create", "storage.objects.delete", "storage.objects.update"}
    ),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": frozenset(
        {"cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"}
    ),
    "roles/storage.legacyBucketReader": frozenset(
        {"storage.buckets.get", "storage.objects.list", "storage.multipartUploads.list"}
    ),
    "roles/secretmanager.secretAccessor": frozenset({"secretmanager.versions.access"}),
    "roles/run.invoker": frozenset({"run.jobs.run", "run.routes.invoke"}),
    "roles/workflows.invoker": frozenset(
        {f"workflows.executions.{verb}" for verb in ("cancel", "create", "get", "list")}
    ),
    "roles/iam.serviceAccountUser": frozenset({"iam.serviceAccounts.actAs", "iam.serviceAccounts.get"}),
    "roles/dataproc.serverlessNode": frozenset(
        {
            "dataproc.batches.sparkApplicationWrite",
            "dataproc.sessions.sparkApplicationWrite",
            "dataprocrm.nodePools.create",
            "dataprocrm.nodePools.resize",
            "dataprocrm.nodes.list",
        }
    ),
    "roles/dataproc.serverlessEditor": frozenset(
        {f"dataproc.batches.{verb}" for verb in ("cancel", "create", "delete", "get", "list")}
    ),
    "roles/logging.logWriter": frozenset({"logging.logEntries.create"}),
    "roles/monitoring.metricWriter": frozenset({"monitoring.timeSeries.create", "monitoring.metricDescriptors.create"}),
    "WRITER": frozenset(_EDIT_DATASET),
    "OWNER": frozenset({*_EDIT_DATASET, "bigquery.datasets.update", "bigquery.datasets.setIamPolicy"}),
}


@dataclass(frozen=True)
class Grant:
    """One role of one principal on one resource; no condition = for ever."""

    principal: str
    role: str
    resource: str
    condition: str | None

    def allows(self, permission: str, resource: str, at: datetime) -> bool:
        """Whether this grant lets its principal use ``permission`` on ``resource`` at this moment."""
        covered = resource == self.resource or resource.startswith(f"{self.resource.rstrip('/')}/")
        if permission not in PERMISSIONS[self.role] or not covered:
            return False
        return self.condition is None or holds(self.condition, at, {"name": resource})


def grants_of(recording: Recording) -> list[Grant]:
    """Every grant that the recording's resources make."""
    return [grant for resource in recording.resources if resource.custom for grant in _grants(resource)]


def allowed(grants: Sequence[Grant], principal: str, permission: str, resource: str, at: datetime) -> bool:
    """IAM's own logic without deny policies: one grant that fits is enough, and nothing is allowed without one."""
    return any(grant.allows(permission, resource, at) for grant in grants if grant.principal == principal)


def _grants(resource: Recorded) -> Iterator[Grant]:
    reader = _READERS.get(resource.type)
    if reader is not None:
        yield from reader(resource.inputs)
    elif resource.type not in _NO_GRANTS and (
        "iam" in resource.type.rpartition(":")[2].lower() or "accesses" in resource.inputs
    ):
        raise AssertionError(f"{resource.type} grants in a way that these tests do not read")


def _member(resource: str) -> Callable[[Mapping[str, Any]], Iterator[Grant]]:
    def read(inputs: Mapping[str, Any]) -> Iterator[Grant]:
        for principal in inputs.get("members", [inputs.get("member")]):
            yield Grant(principal, inputs["role"], resource.format_map(inputs), _expression(inputs))

    return read


def _policy(inputs: Mapping[str, Any]) -> Iterator[Grant]:
    for binding in json.loads(inputs["policyData"])["bindings"]:
        for principal in binding["members"]:
            yield Grant(principal, binding["role"], f"projects/_/buckets/{inputs['bucket']}", _expression(binding))


def _folder(inputs: Mapping[str, Any]) -> Iterator[Grant]:
    """A right to a managed folder is one to the objects whose names begin with its own, and to their listing."""
    bucket, path = f"projects/_/buckets/{inputs['bucket']}", inputs["managedFolder"].rstrip("/")
    bindings = json.loads(inputs["policyData"])["bindings"] if "policyData" in inputs else [inputs]
    for binding in bindings:
        for principal in binding.get("members", [binding.get("member")]):
            for covered in (f"{bucket}/objects/{path}/", f"{bucket}/managedFolders/{path}"):
                yield Grant(principal, binding["role"], covered, _expression(binding))


def _dataset(inputs: Mapping[str, Any]) -> Iterator[Grant]:
    name = f"projects/{inputs['project']}/datasets/{inputs['datasetId']}"
    for entry in inputs["accesses"]:
        yield Grant(_principal(entry), entry["role"], name, _expression(entry))


def _principal(entry: Mapping[str, str]) -> str:
    if "userByEmail" in entry:
        address = entry["userByEmail"]
        return f"{'serviceAccount' if address.endswith('.gserviceaccount.com') else 'user'}:{address}"
    if "groupByEmail" in entry:
        return f"group:{entry['groupByEmail']}"
    return entry.get("iamMember") or entry["specialGroup"]


def _expression(holder: Mapping[str, Any]) -> str | None:
    return holder["condition"]["expression"] if holder.get("condition") else None


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Grant]]] = {
    "gcp:projects/iAMMember:IAMMember": _member("projects/{project}"),
    "gcp:serviceaccount/iAMBinding:IAMBinding": _member("{serviceAccountId}"),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _member("{cryptoKeyId}"),
    "gcp:storage/bucketIAMPolicy:BucketIAMPolicy": _policy,
    "gcp:bigquery/dataset:Dataset": _dataset,
    "gcp:storage/managedFolderIamMember:ManagedFolderIamMember": _folder,
    "gcp:storage/managedFolderIamBinding:ManagedFolderIamBinding": _folder,
    "gcp:storage/managedFolderIamPolicy:ManagedFolderIamPolicy": _folder,
    "gcp:secretmanager/secretIamMember:SecretIamMember": _member("{secretId}"),
    "gcp:cloudrunv2/jobIamMember:JobIamMember": _member("projects/{project}/locations/{location}/jobs/{name}"),
    "gcp:serviceaccount/iAMMember:IAMMember": _member("{serviceAccountId}"),
}
_NO_GRANTS = frozenset({"gcp:projects/iAMAuditConfig:IAMAuditConfig"})
