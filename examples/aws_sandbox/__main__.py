"""A sandbox in two regions for one team: a bucket, a database and a workgroup in each, gone by itself."""

import pulumi

from dataops_infra.sandbox import AwsSandbox

sandbox = AwsSandbox("churn", {
    "domain": "growth",
    "regions": ["eu-west-1", "eu-central-1"],
    "expires_on": "2026-12-18",
    "members": ["arn:aws:iam::111111111111:role/acme-dev-growth-analyst"],
    "monthly_budget_usd": 200,
})  # fmt: skip

pulumi.export("sandbox", sandbox.ref)
