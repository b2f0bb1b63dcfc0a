"""A masked copy of one dataset, made every night in the account of the data and published only when the gate agrees."""

import pulumi

from dataops_infra.test_datasets import MaskedTestDataset

ACCOUNT = "333333333333"

orders = MaskedTestDataset("orders", {
    "domain": "growth",
    "source": {
        "uri": "s3://acme-prod-growth-events-curated/curated/growth/orders/v1",
        "kms_key_arn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/acme-prod-growth-events",
    },
    "masking": {
        "plan": "orders.plan.yaml",
        "key_secret": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:growth/masking-a1B2c3",
    },
    "job": {
        "wheels_uri": "s3://acme-prod-artifacts/masking/1.4.0.gluewheels.zip",
        "network": {
            "vpc": "vpc-0a1b2c3d4e5f60718",
            "subnets": ["subnet-0a1b2c3d4e5f60718"],
            "availability_zone": "eu-west-1a",
            "endpoints_security_group": "sg-0a1b2c3d4e5f60718",
            "s3_prefix_list": "pl-6da54004",
        },
    },
    "schedule": {"cron": "0 3 * * *"},
})  # fmt: skip

pulumi.export("dataset", orders.ref)
pulumi.export("role", orders.role)  # the owner of the source adds it to the lake's readers
