"""A sandbox in two regions for one team: a bucket and a dataset in each, closed by itself after its last day."""

import pulumi

from dataops_infra.sandbox import GcpSandbox

sandbox = GcpSandbox("churn", {
    "domain": "growth",
    "locations": ["europe-west1", "europe-west4"],
    "expires_on": "2026-12-18",
    "members": ["group:growth-analysts@acme.example"],
    "monthly_budget_usd": 200, "billing_account": "012345-6789AB-CDEF01",
})  # fmt: skip

pulumi.export("sandbox", sandbox.ref)
