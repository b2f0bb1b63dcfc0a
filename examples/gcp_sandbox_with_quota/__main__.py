"""Two sandboxes in one project: the first creates the project's quota of queries, the second lives under it.

The quota of all users together was there before either: it is adopted, so that the deployment fails where it is gone.
"""

import pulumi

from dataops_infra.sandbox import GcpSandbox

METRIC = "bigquery.googleapis.com%2Fquota%2Fquery%2Fusage/limits/%2Fd%2Fproject"
OF_THE_PROJECT = f"projects/acme-data-dev/services/bigquery.googleapis.com/consumerQuotaMetrics/{METRIC}"

pricing = GcpSandbox(
    "pricing",
    {
        "domain": "growth",
        "locations": ["europe-west1"],
        "expires_on": "2026-12-30",
        "members": ["user:ana@acme.example", "serviceAccount:notebooks@acme-data-dev.iam.gserviceaccount.com"],
        "monthly_budget_usd": 49.5,
        "billing_account": "012345-6789AB-CDEF01",
        "data_classification": "internal",
        "data_days": 14,
        "budget": {"notification_channels": ["projects/acme-data-dev/notificationChannels/1234567890"]},
        "query_quota": {"user_gib_per_day": 500, "adopted_ids": [f"{OF_THE_PROJECT}/consumerOverrides/Cg1RdW90YQ"]},
    },
)
forecast = GcpSandbox("forecast", {
    "domain": "growth",
    "locations": ["europe-west4"],
    "expires_on": "2026-12-30",
    "members": ["user:ana@acme.example"],
    "monthly_budget_usd": 50, "billing_account": "012345-6789AB-CDEF01",
})  # fmt: skip

pulumi.export("pricing", pricing.ref)
pulumi.export("forecast", forecast.datasets)
