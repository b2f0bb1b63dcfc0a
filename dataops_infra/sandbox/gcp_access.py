"""Who gets into a sandbox on Google Cloud, and until when. Pure functions of principals and a condition.

Sources: BigQuery documentation, "Control access to resources with IAM" and "IAM conditions" (access entries and their
conditions); REST reference of ``datasets`` (which field names which kind of principal).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dataops_infra.conventions import names

RUN_QUERIES = "roles/bigquery.jobUser"
"""Runs jobs in the project, which pays for them; sees no data by itself."""
IMPERSONATE = "roles/iam.serviceAccountTokenCreator"
"""Takes on the service account with tokens of an hour at most; makes no keys, which would live on."""

# The API answers with these names also where it was given roles/bigquery.data…, which would show as drift.
DATASET_OWNER = "OWNER"
DATASET_WRITER = "WRITER"
PROJECT_OWNERS = {"role": DATASET_OWNER, "special_group": "projectOwners"}
"""A dataset needs an owner, and owners of the project can let themselves in anyway. Its editors and viewers, whom a
dataset lets in that names nobody, get nothing."""

_ENTRY_OF_KIND = {"user": "user_by_email", "serviceAccount": "user_by_email", "group": "group_by_email"}


def dataset_accesses(principals: Sequence[str], condition: Mapping[str, str]) -> list[dict[str, Any]]:
    """The whole access list of a dataset: ``principals`` write while ``condition`` holds, and it has its owner."""
    return [
        PROJECT_OWNERS,
        *({"role": DATASET_WRITER, **_entry(who), "condition": dict(condition)} for who in principals),
    ]


def _entry(principal: str) -> dict[str, str]:
    kind, _, address = principal.partition(":")
    field = _ENTRY_OF_KIND.get(kind)
    # Workload identity pools of a cluster look like service accounts, but are no e-mail addresses.
    return {field: address} if field and not address.endswith("]") else {"iam_member": principal}


def of_one_sandbox(condition: Mapping[str, str], account_id: str) -> dict[str, str]:
    """``condition`` with a title that no other sandbox of the project has.

    A project's policy is shared, and a binding there is known by role, principal and condition: two sandboxes with one
    member and one last day would register the same binding, and the first to go would take it from the other.
    """
    return {**condition, "title": f"{account_id}-{condition['title']}"}


def child_of(principal: str) -> str:
    """The part of a child's name that stands for a principal, whatever its place in the list of members."""
    return names.label_value(principal)
