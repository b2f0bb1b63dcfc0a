"""Arguments of masked test datasets on Google Cloud for the tests."""

from typing import Any

from dataops_infra.test_datasets import MaskedTestDataset
from tests.support.recording import Recording, record
from tests.test_datasets.arguments import PLAN

PROJECT = "acme-data-dev"
SECRET = f"projects/{PROJECT}/secrets/masking-key"
IMAGE = f"europe-west1-docker.pkg.dev/{PROJECT}/jobs/masking:1.0"
SOURCE = "gs://acme-dev-growth-events-curated/curated/growth/orders/v1"
NETWORK: dict[str, Any] = {"vpc": "data", "subnets": ["jobs"]}
ON_CLOUD_RUN: dict[str, Any] = {
    "domain": "growth",
    "source": {"uri": SOURCE},
    "masking": {"plan": PLAN, "key_secret": f"{SECRET}/versions/3"},
    "job": {"image": IMAGE, "network": NETWORK},
    "schedule": {"cron": "0 3 * * *"},
}
ON_DATAPROC: dict[str, Any] = {
    **ON_CLOUD_RUN,
    "job": {"engine": "dataproc", "image": IMAGE, "network": {**NETWORK, "reachable_ranges": ["10.8.0.0/24"]}},
}
MASKED = "acme-dev-growth-orders-masked"
JOB = "acme-dev-growth-orders-masking"
WORK, STAGING, COPY, LOGS = (f"{MASKED}-{role}" for role in ("work", "staging", "copy", "logs"))


def dataset(args: dict[str, Any], **how: Any) -> Recording:
    """A recording of one dataset called ``orders``."""
    given: Any = {key: value for key, value in args.items() if value != "absent"}
    return record(lambda: MaskedTestDataset("orders", given), **how)


def account(recording: Recording, role: str) -> str:
    """One of the dataset's service accounts as IAM knows it."""
    made = recording.named(f"orders-{role}-account").inputs
    return f"serviceAccount:{made['accountId']}@{made['project']}.iam.gserviceaccount.com"
