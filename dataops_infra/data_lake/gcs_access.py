"""The IAM policies of GCS buckets and folders: who may do what. Pure functions of names and principals.

Sources: Cloud Storage documentation, "IAM roles for Cloud Storage" (what a role holds), "Usage logs & storage logs"
(who delivers them) and "IAM Conditions" (which resources take one).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataops_infra.foundation.inputs import distinct

Text = Any
"""A string, or an output of one: documents are serialised with ``pulumi.Output.json_dumps``."""
Binding = dict[str, Any]

SEE_BUCKET = "roles/storage.bucketViewer"
"""Name, location and settings of the bucket, which Spark's connector asks for before it reads anything."""
READ_OBJECTS = "roles/storage.objectViewer"
WRITE_OBJECTS = "roles/storage.objectUser"
"""Reads, writes and deletes objects; changes no bucket and no policy."""
DELIVER_LOGS = "roles/storage.objectCreator"
USE_KEY = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

LOG_DELIVERY = "group:cloud-storage-analytics@google.com"
"""Who writes usage logs: https://cloud.google.com/storage/docs/access-logs#delivery"""
AUDITED_SERVICE = "storage.googleapis.com"
AUDIT_LOG_TYPES = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
"""Data-access logs of each kind; what changes the configuration is logged without asking."""


@dataclass(frozen=True)
class Access:
    """Principals that may read, and those that may read and write.

    :param condition: an IAM condition on every one of these grants, such as :func:`dataops_infra.foundation.gcp.until`.
    """

    readers: Sequence[Text] = ()
    writers: Sequence[Text] = ()
    condition: Mapping[str, str] = field(default_factory=dict)

    @property
    def everyone(self) -> list[Text]:
        """Readers and writers, each once."""
        return distinct([*self.readers, *self.writers])


NOBODY = Access()


def bucket_policy(access: Access, further: Sequence[Binding] = ()) -> dict[str, Any]:
    """The whole policy of a bucket: it replaces what GCS gives every editor and viewer of the project by itself.

    :param further: bindings that are no reading or writing of the whole bucket.
    """
    return policy([_binding(SEE_BUCKET, access.everyone, access), *_object_bindings(access), *further])


def folder_policy(access: Access) -> dict[str, Any]:
    """The whole policy of a managed folder: its principals reach the objects below it."""
    return policy(_object_bindings(access))


def log_bucket_policy() -> dict[str, Any]:
    """Nobody but GCS's log delivery writes; reading is for whom the project's own policy lets administer storage."""
    return policy([{"role": DELIVER_LOGS, "members": [LOG_DELIVERY]}])


def policy(bindings: Sequence[Binding]) -> dict[str, Any]:
    """An IAM policy; a binding without members is left out, as the API drops it."""
    return {"bindings": [binding for binding in bindings if binding["members"]]}


def _object_bindings(access: Access) -> list[Binding]:
    writers = distinct(access.writers)
    readers = [reader for reader in distinct(access.readers) if not (isinstance(reader, str) and reader in writers)]
    return [_binding(READ_OBJECTS, readers, access), _binding(WRITE_OBJECTS, writers, access)]


def _binding(role: str, members: Sequence[Text], access: Access) -> Binding:
    condition = {"condition": dict(access.condition)} if access.condition else {}
    return {"role": role, "members": list(members), **condition}
