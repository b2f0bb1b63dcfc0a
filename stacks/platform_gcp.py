"""The platform on Google Cloud: events in every location, customers in the first, who loads and reads, a sandbox."""

from typing import Any

import growth
import pulumi_gcp as gcp

from dataops_infra.conventions import name_limits, names
from dataops_infra.data_lake import GcsDataLake
from dataops_infra.sandbox import GcpSandbox

LOCATIONS = growth.CONVENTIONS.regions.gcp
PROJECT = growth.ENVIRONMENT.gcp_project or ""
ANALYSTS = "group:growth-analysts@acme.example"
BILLING_ACCOUNT = "000000-111111-222222"


def job_account(purpose: str) -> Any:
    """A service account that jobs run as, as IAM policies name it: known at preview, and waits for the account."""
    account_id = names.physical_name(
        name_limits.GCP_SERVICE_ACCOUNT,
        growth.CONVENTIONS,
        name=purpose,
        environment=growth.ENVIRONMENT.name,
        domain=growth.DOMAIN,
    )
    account = gcp.serviceaccount.Account(purpose, account_id=account_id, project=PROJECT)
    return account.account_id.apply(lambda known: names.service_account_member(known, PROJECT))


def deploy() -> dict[str, Any]:
    """Everything on Google Cloud; returns what the stack exports."""
    loader = job_account("gcp-loader")
    made: dict[str, Any] = {}
    for position, location in enumerate(LOCATIONS):
        made[f"events-{location}"] = GcsDataLake(
            f"events-{location}",
            {
                "domain": growth.DOMAIN,
                "data_classification": "internal",
                "zones": growth.EVENTS_ZONES,
                "readers": [ANALYSTS],
                "writers": [loader],
                "location": location,
                # The data-access logs are one setting of the project: the first lake answers for them.
                "audit_logs": "create" if position == 0 else "adopt",
            },
        )
    made["customers"] = GcsDataLake(
        "gcp-customers",
        {
            "domain": growth.DOMAIN,
            "data_classification": growth.CUSTOMERS,
            "zones": growth.CUSTOMERS_ZONES,
            "retention_class": "regulated",
            "writers": [loader],
            "location": LOCATIONS[0],
            "audit_logs": "adopt",
        },
    )
    if growth.SANDBOX_EXPIRES_ON:
        made["sandbox"] = GcpSandbox(
            "gcp-churn",
            {
                "domain": growth.DOMAIN,
                "locations": list(LOCATIONS),
                "expires_on": growth.SANDBOX_EXPIRES_ON,
                "members": [ANALYSTS],
                "monthly_budget_usd": 200,
                "billing_account": BILLING_ACCOUNT,
            },
        )
    return {name: component.ref for name, component in made.items()}
