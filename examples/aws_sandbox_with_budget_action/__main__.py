"""A sandbox with every option: bounded roles, small queries, mail, and no new spending once the budget is spent.

The members come from two accounts. A permissions boundary bounds both roles; the one named here is the organisation's.
"""

import pulumi

from dataops_infra.sandbox import AwsSandbox

sandbox = AwsSandbox(
    "pricing",
    {
        "domain": "growth",
        "regions": ["eu-west-1"],
        "expires_on": "2026-12-30",
        "members": [
            "arn:aws:iam::111111111111:role/acme-dev-growth-analyst",
            "arn:aws:iam::222222222222:role/acme-staging-growth-analyst",
        ],
        "monthly_budget_usd": 50,
        "data_classification": "internal",
        "permissions_boundary_arn": "arn:aws:iam::111111111111:policy/acme-sandbox-boundary",
        "queries": {"scans_at_most_gib": 10, "results_days": 30},
        "budget_alert_emails": ["growth-data@acme.example"],
        "stop_spending_at_budget": True,
        "owner": "growth-pricing",
        "cost_center": "cc-5678",
        "tags": {"team": "pricing"},
    },
)

pulumi.export("sandbox", sandbox.ref)
pulumi.export("role_arn", sandbox.role_arn)
pulumi.export("workgroups", sandbox.workgroups)
pulumi.export("databases", sandbox.databases)
pulumi.export("buckets", sandbox.buckets)
