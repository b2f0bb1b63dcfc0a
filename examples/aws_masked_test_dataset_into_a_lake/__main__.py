"""Masked copies from a lake into a lake of test data, and into a bucket of another team, by EMR Serverless."""

import pulumi

from dataops_infra.data_lake import S3DataLake
from dataops_infra.test_datasets import MaskedTestDataset

ACCOUNT, PREFIX = "333333333333", "curated/growth/orders/v1"
ROLE, KMS = f"arn:aws:iam::{ACCOUNT}:role/acme-prod-growth", f"arn:aws:kms:eu-west-1:{ACCOUNT}"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:growth/masking-a1B2c3"
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/masking@sha256:" + "5f" * 32
events = S3DataLake("events", {
    "domain": "growth", "data_classification": "pii", "zones": ["curated"],
    "readers": [f"{ROLE}-orders-masking", f"{ROLE}-sample-masking"],  # once these datasets are deployed
})  # fmt: skip
tests = S3DataLake("tests", {
    "domain": "growth", "data_classification": "masked", "zones": ["curated"], "writers": [f"{ROLE}-orders-masking"],
})  # fmt: skip
orders = MaskedTestDataset("orders", {
    "domain": "growth",
    "source": {"s3_lake": events.ref, "zone": "curated", "prefix": PREFIX},
    "target": {"s3_lake": tests.ref, "zone": "curated", "prefix": PREFIX},
    "masking": {"plan": "orders.plan.yaml", "key_secret": SECRET},
    "job": {"engine": "emr_serverless", "image": IMAGE, "worker_size": "large", "network": {
        "vpc": "vpc-0a1b2c3d", "subnets": ["subnet-0a1b2c3d"],
        "endpoints_security_group": "sg-0a1b2c3d", "s3_prefix_list": "pl-6da54004",
    }},
    "schedule": {"cron": "0 3 * * *"},
    "alarms": {"topic_arn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:data-platform-alarms"},
    "kms_key_arn": f"{KMS}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
})  # fmt: skip
sample = MaskedTestDataset("sample", {
    "domain": "growth", "owner": "growth-data", "cost_center": "cc-1234",
    "source": {"s3_lake": events.ref, "zone": "curated", "prefix": PREFIX},
    "target": {"uri": "s3://acme-prod-growth-training-data/orders", "kms_key_arn": f"{KMS}:alias/training"},
    "masking": {"plan": "orders.plan.yaml", "key_secret": SECRET, "subset": {"rows": 10_000}},
    "job": {"engine": "emr_serverless", "image": IMAGE, "worker_size": "small"},
})  # fmt: skip
pulumi.export("datasets", [orders.ref, sample.ref])
