"""What both clouds know of the platform: the stack's environment, and what the domain growth keeps there."""

import os
from pathlib import Path

import pulumi

from dataops_infra.conventions import load_conventions

CONVENTIONS = load_conventions(Path(__file__), environ=os.environ).conventions
ENVIRONMENT = CONVENTIONS.environment_of(pulumi.get_stack()) or CONVENTIONS.environment("dev")
DOMAIN = "growth"
CUSTOMERS = "pii" if ENVIRONMENT.production else "masked"
"""People's data stays in production; elsewhere the lake of the same name holds a masked copy."""
SANDBOX_EXPIRES_ON = pulumi.Config().get("sandboxExpiresOn")
"""The last day of the sandboxes; no sandboxes where the stack does not say one."""
EVENTS_ZONES = ["raw", "staged", "curated", "quarantine"]
CUSTOMERS_ZONES = ["raw", "curated", "quarantine"]
