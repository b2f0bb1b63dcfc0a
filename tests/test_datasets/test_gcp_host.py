"""MaskedTestDataset on Google Cloud as another language builds it: through the real provider process."""

from tests.support.component_host import component_host
from tests.support.recording import STORAGE_AGENT
from tests.test_datasets.arguments import PLAN
from tests.test_datasets.gcp_arguments import COPY, IMAGE, JOB, PROJECT, SECRET, SOURCE

INPUTS = {
    "domain": "growth",
    "source": {"uri": SOURCE, "folder": "adopt"},
    "masking": {"plan": PLAN, "keySecret": SECRET},
    "job": {
        "engine": "dataproc",
        "image": IMAGE,
        "workers": 4.0,
        "network": {"vpc": "data", "subnets": ["jobs"], "reachableRanges": ["10.8.0.0/24"]},
    },
    "alarms": {"missedAfterHours": 168},
}
AGENT = "gcp:storage/getProjectServiceAccount:getProjectServiceAccount"


def test_host_builds_a_dataset_for_another_language() -> None:
    with component_host() as host:
        host.monitor.answers[AGENT] = {"member": f"serviceAccount:{STORAGE_AGENT}"}
        _, outputs = host.construct("dataops-infra:index:MaskedTestDataset", "orders", INPUTS)
        source = host.monitor.inputs("orders-job")["sourceContents"]
        assert '"spark.executor.instances": "4"' in source
        assert host.monitor.inputs("orders-missed-alarm")["displayName"] == f"{JOB}-missed"
    assert outputs["role"] == f"{JOB}@{PROJECT}.iam.gserviceaccount.com"
    assert (outputs["ref"]["bucket"], outputs["ref"]["targetUri"]) == (COPY, f"gs://{COPY}/masked/")
