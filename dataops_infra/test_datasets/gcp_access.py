"""What the job of a test dataset may do on Google Cloud, and who reads the copy. Pure functions of names.

Every right stands on the one thing that it opens: folders of the dataset's own buckets by conditions in the one policy
of each, prefixes of other buckets by managed folders, one secret, one job.

Sources: Cloud Storage documentation, "IAM roles for Cloud Storage", "IAM Conditions" (names of objects; a listing is a
request to the bucket, which no condition on objects holds for) and "Managed folders" (a listing below a folder is a
request to the folder); Secret Manager documentation, "Use IAM Conditions"; IAM documentation, "Roles and permissions".
"""

from dataops_infra.conventions import names
from dataops_infra.data_lake.gcs_access import READ_OBJECTS, SEE_BUCKET, WRITE_OBJECTS, Binding

PLAN_FOLDER, APPROVAL_FOLDER, VERDICT_FOLDER = "plan/", "approval/", "verdict/"
"""Folders of the work bucket: what the job is told, who approved of it, what the gate said."""
COPY_FOLDER = "masked/"
"""Folder of the copy in a bucket of the dataset's own."""
STAGING_FOLDER = "staging/"
"""Folder of the staging bucket for what the gate has not judged yet, out of reach of the copy's readers."""

LIST_NAMES = "roles/storage.legacyBucketReader"
"""Sees the bucket's settings and the names of its objects, and no object."""
READ_MASKING_KEY = "roles/secretmanager.secretAccessor"
RUN_JOB = "roles/run.invoker"
"""Runs one Cloud Run job as it is: with other arguments, it takes another role."""
RUN_WORKFLOWS = "roles/workflows.invoker"
SUBMIT_BATCHES = "roles/dataproc.serverlessEditor"
ACT_AS = "roles/iam.serviceAccountUser"
OF_SPARK_NODES = ("roles/dataproc.serverlessNode", "roles/logging.logWriter", "roles/monitoring.metricWriter")
"""What the machines of a batch need in the project. Not ``roles/dataproc.worker``, which reads and writes every object
of the project."""


def work_bindings(bucket: str, job: str) -> list[Binding]:
    """The job reads what it is told, and writes what the gate said."""
    return [
        {"role": READ_OBJECTS, "members": [job], "condition": only_below(bucket, PLAN_FOLDER, APPROVAL_FOLDER)},
        {"role": WRITE_OBJECTS, "members": [job], "condition": only_below(bucket, VERDICT_FOLDER)},
    ]


def copy_bindings(bucket: str, job: str) -> list[Binding]:
    """The job writes the copy. A listing cannot be narrowed to a folder: it tells names, which are the copy's."""
    return [
        {"role": LIST_NAMES, "members": [job]},
        {"role": WRITE_OBJECTS, "members": [job], "condition": _copy_condition(bucket)},
    ]


def _copy_condition(bucket: str) -> dict[str, str]:
    """Below the folder, and its own name: pyarrow asks for that before it copies an object to below it."""
    below = only_below(bucket, COPY_FOLDER)
    own = f"{names.gcs_bucket_resource(bucket)}/objects/{COPY_FOLDER.rstrip('/')}"
    return {**below, "expression": f'{below["expression"]} || resource.name == "{own}"'}


def staging_bindings(_bucket: str, job: str) -> list[Binding]:
    """The job alone, in the whole bucket: what Dataproc keeps of a batch lies anywhere in it."""
    return [{"role": SEE_BUCKET, "members": [job]}, {"role": WRITE_OBJECTS, "members": [job]}]


def only_below(bucket: str, *folders: str) -> dict[str, str]:
    """The condition of a grant on objects below these folders."""
    objects = f"{names.gcs_bucket_resource(bucket)}/objects"
    return {
        "title": f"below-{'-or-'.join(folder.rstrip('/') for folder in folders)}",
        "description": f"Objects below {' or '.join(folders)} only.",
        "expression": " || ".join(f'resource.name.startsWith("{objects}/{folder}")' for folder in folders),
    }


def one_version(secret: str, version: str) -> dict[str, str]:
    """The condition of a grant on one version of a secret, whose names have the number of a project, not its id."""
    return {
        "title": f"version-{version}",
        "description": f"Version {version} of the secret only.",
        "expression": f'resource.name.endsWith("/secrets/{secret}/versions/{version}")',
    }
