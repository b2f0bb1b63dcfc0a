"""The reference platform: the events and the customers of the domain growth, and the roles that load and read them."""

import json
import os
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import load_conventions, name_limits, names
from dataops_infra.data_lake import S3DataLake

REGION = pulumi.Config("aws").require("region")
CONVENTIONS = load_conventions(Path(__file__), environ=os.environ).conventions
ENVIRONMENT = CONVENTIONS.environment_of(pulumi.get_stack()) or CONVENTIONS.environment("dev")
ACCOUNT = ENVIRONMENT.aws_account or ""
OWNED_BY_GROWTH = {"domain": "growth", "data-classification": "confidential"}


def job_role(purpose: str, service: str) -> pulumi.Output[str]:
    """A role that jobs of one AWS service take on; its ARN is known at preview and waits for the role."""
    name = names.physical_name(
        name_limits.IAM_ROLE, CONVENTIONS, name=purpose, environment=ENVIRONMENT.name, domain="growth"
    )
    trust: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ],
    }
    role = aws.iam.Role(purpose, name=name, assume_role_policy=json.dumps(trust), tags=OWNED_BY_GROWTH)
    known_name: pulumi.Output[str] = role.name
    return known_name.apply(lambda known: names.iam_role_arn(ACCOUNT, known, REGION))


loader = job_role("loader", "glue.amazonaws.com")
analyst = job_role("analyst", "emr-serverless.amazonaws.com")

events = S3DataLake(
    "events",
    {
        "domain": "growth",
        "data_classification": "internal",
        "zones": ["raw", "staged", "curated", "quarantine"],
        "readers": [analyst],
        "writers": [loader],
    },
)
customers = S3DataLake(
    "customers",
    {
        "domain": "growth",
        "data_classification": "confidential",
        "zones": ["raw", "curated", "quarantine"],
        "retention_class": "regulated",
        "writers": [loader],
    },
)

pulumi.export("events", events.ref)
pulumi.export("customers", customers.ref)
