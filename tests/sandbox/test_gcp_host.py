"""GcpSandbox as another language builds it: through the real provider process."""

from tests.support.component_host import component_host
from tests.support.recording import BIGQUERY_AGENT, STORAGE_AGENT

INPUTS = {
    "domain": "growth",
    "locations": ["europe-west1"],
    "expiresOn": "2026-12-31",
    "members": ["group:growth@acme.example"],
    "monthlyBudgetUsd": 200,
    "billingAccount": "012345-6789AB-CDEF01",
    "dataDays": 14,
    "budget": {"counts": "project"},
    "queryQuota": {"userGibPerDay": 10},
}
AGENTS = {
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": STORAGE_AGENT,
    "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount": BIGQUERY_AGENT,
}


def test_host_builds_a_sandbox_for_another_language() -> None:
    with component_host() as host:
        host.monitor.answers.update({token: {"member": f"serviceAccount:{agent}"} for token, agent in AGENTS.items()})
        _, outputs = host.construct("dataops-infra:index:GcpSandbox", "trial", INPUTS)
        inputs = host.monitor.inputs
        assert inputs("trial-user-quota")["overrideValue"] == "10240"
        assert inputs("trial-budget")["budgetFilter"]["projects"] == ["projects/111111111111"]
        assert inputs("trial-europe-west1-dataset")["defaultTableExpirationMs"] == 14 * 24 * 60 * 60 * 1000
        assert inputs("trial-europe-west1-bigquery-key-grant")["member"] == f"serviceAccount:{BIGQUERY_AGENT}"
    bucket = {"europe-west1": "acme-dev-growth-trial-europe-west1-sandbox"}
    dataset = {"europe-west1": "acme_dev_growth_trial_sandbox_europe_west1"}
    email = "acme-dev-growth-trial-sandbox@acme-data-dev.iam.gserviceaccount.com"
    assert (outputs["buckets"], outputs["datasets"], outputs["serviceAccountEmail"]) == (bucket, dataset, email)
    assert (outputs["ref"]["buckets"], outputs["ref"]["expiresOn"]) == (bucket, "2026-12-31")
