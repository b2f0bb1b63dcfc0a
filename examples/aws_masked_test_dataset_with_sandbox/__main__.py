"""A masked test dataset with every option, and a sandbox whose members read the copy and never its source."""

import pulumi

from dataops_infra.sandbox import AwsSandbox
from dataops_infra.test_datasets import MaskedTestDataset, MaskingEngine, WorkerSize

ROLES, KEYS, BUCKET = "arn:aws:iam::333333333333:role", "arn:aws:kms:eu-west-1:333333333333:alias", "s3://acme-prod"
SECRETS = "arn:aws:secretsmanager:eu-west-1:333333333333:secret"

orders = MaskedTestDataset("orders", {
    "domain": "growth",
    "source": {"uri": f"{BUCKET}-growth-events-curated/curated/growth/orders/v1", "kms_key_arn": f"{KEYS}/events"},
    "masking": {
        "plan": "orders.plan.yaml", "subset": {"root": "orders", "fraction": 0.1, "keep_values": 20},
        "key_secret": f"{SECRETS}:growth/masking-a1B2c3", "key_secret_kms_key": f"{KEYS}/secrets",
    },
    "job": {
        "engine": MaskingEngine.GLUE, "wheels_uri": f"{BUCKET}-artifacts/masking/1.4.0.gluewheels.zip",
        "workers": 4, "worker_size": WorkerSize.MEDIUM, "timeout_minutes": 90,
        "network": {
            "vpc": "vpc-0a1b2c3d", "subnets": ["subnet-0a1b2c3d"], "availability_zone": "eu-west-1a",
            "endpoints_security_group": "sg-0a1b2c3d", "s3_prefix_list": "pl-6da54004",
        },
    },
    "schedule": {"cron": "30 2 * * 1-5", "time_zone": "Europe/Berlin"},
    "gate": {"minimum_k": 5, "minimum_l": 2, "maximum_t": 0.4, "approval_uri": f"{BUCKET}-approvals/orders.yaml"},
    "alarms": {"emails": ["growth-data@acme.example"], "missed_after_hours": 80},
    "readers": [f"{ROLES}/acme-prod-growth-testing"],
    "data_classification": "masked", "retention_class": "transient", "tags": {"team": "checkout"},
    "region": "eu-west-1", "environment": "prod", "deletion_protection": False,
})  # fmt: skip
trial = AwsSandbox("trial", {
    "domain": "growth", "regions": ["eu-west-1"], "expires_on": "2026-12-18", "monthly_budget_usd": 100,
    "members": [f"{ROLES}/acme-prod-growth-analyst"], "test_datasets": [orders.ref],
})  # fmt: skip
for name in ("ref", "manifest_uri", "verdict_uri", "role", "job_name", "alarm"):
    pulumi.export(name, getattr(orders, name))
pulumi.export("test_datasets", trial.ref["test_datasets"])
