"""Arguments of masked test datasets for the tests."""

from pathlib import Path
from typing import Any

PLAN = str(Path(__file__).parent / "orders.plan.yaml")
SECRET = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:growth/masking-AbCdEf"
LAKE_KEY = "arn:aws:kms:eu-west-1:111111111111:alias/acme-dev-growth-events"
NETWORK: dict[str, Any] = {
    "vpc": "vpc-0a1b2c3d",
    "subnets": ["subnet-0a1b2c3d"],
    "availability_zone": "eu-west-1a",
    "endpoints_security_group": "sg-0a1b2c3d",
    "s3_prefix_list": "pl-6da54004",
}
ON_GLUE: dict[str, Any] = {
    "domain": "growth",
    "source": {
        "uri": "s3://acme-dev-growth-events-curated/curated/growth/orders/v1",
        "kms_key_arn": LAKE_KEY,
    },
    "masking": {"plan": PLAN, "key_secret": SECRET},
    "job": {"wheels_uri": "s3://acme-artifacts/masking/1.4.0.gluewheels.zip", "network": NETWORK},
    "schedule": {"cron": "0 3 * * *"},
}
ON_EMR: dict[str, Any] = {
    **ON_GLUE,
    "job": {"engine": "emr_serverless", "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/masking:1.4.0"},
}
