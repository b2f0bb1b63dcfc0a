"""The platform on AWS: events in every region, customers in the first, roles that load and read, a sandbox."""

import json
from typing import Any

import growth
import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import name_limits, names
from dataops_infra.data_lake import S3DataLake
from dataops_infra.sandbox import AwsSandbox

REGIONS = growth.CONVENTIONS.regions.aws
ACCOUNT = growth.ENVIRONMENT.aws_account or ""


def job_role(purpose: str, service: str) -> pulumi.Output[str]:
    """A role that jobs of one AWS service take on; its ARN is known at preview and waits for the role."""
    name = names.physical_name(
        name_limits.IAM_ROLE,
        growth.CONVENTIONS,
        name=purpose,
        environment=growth.ENVIRONMENT.name,
        domain=growth.DOMAIN,
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
    tags = {"domain": growth.DOMAIN, "data-classification": growth.CUSTOMERS}
    role = aws.iam.Role(purpose, name=name, assume_role_policy=json.dumps(trust), tags=tags)
    known_name: pulumi.Output[str] = role.name
    return known_name.apply(lambda known: names.iam_role_arn(ACCOUNT, known, REGIONS[0]))


def deploy() -> dict[str, Any]:
    """Everything on AWS; returns what the stack exports."""
    loader = job_role("loader", "glue.amazonaws.com")
    analyst = job_role("analyst", "emr-serverless.amazonaws.com")
    made: dict[str, Any] = {
        f"events-{region}": S3DataLake(
            f"events-{region}",
            {
                "domain": growth.DOMAIN,
                "data_classification": "internal",
                "zones": growth.EVENTS_ZONES,
                "readers": [analyst],
                "writers": [loader],
                "region": region,
            },
        )
        for region in REGIONS
    }
    made["customers"] = S3DataLake(
        "customers",
        {
            "domain": growth.DOMAIN,
            "data_classification": growth.CUSTOMERS,
            "zones": growth.CUSTOMERS_ZONES,
            "retention_class": "regulated",
            "writers": [loader],
            "region": REGIONS[0],
        },
    )
    if growth.SANDBOX_EXPIRES_ON:
        made["sandbox"] = AwsSandbox(
            "churn",
            {
                "domain": growth.DOMAIN,
                "regions": list(REGIONS),
                "expires_on": growth.SANDBOX_EXPIRES_ON,
                "members": [analyst],
                "monthly_budget_usd": 200,
            },
        )
    return {name: component.ref for name, component in made.items()}
