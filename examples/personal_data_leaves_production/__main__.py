"""Breaks a rule on purpose: a role of production may read customers' data, and the account of dev may take the role."""

import json

import pulumi_aws as aws

from dataops_infra.data_lake import S3DataLake

REPORT = "arn:aws:iam::333333333333:role/acme-prod-growth-report"
DEV = "arn:aws:iam::111111111111:root"

report = aws.iam.Role(
    "report",
    name="acme-prod-growth-report",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": DEV}, "Action": "sts:AssumeRole"}],
        }
    ),
)
customers = S3DataLake(
    "customers",
    {
        "domain": "growth",
        "data_classification": "pii",
        "zones": ["curated"],
        "readers": [report.name.apply(lambda _: REPORT)],  # known at preview, and waits for the role
    },
)
