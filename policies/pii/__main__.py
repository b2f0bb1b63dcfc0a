"""The pack dataops-pii: personal data encrypted, private and in production. ``PolicyPack`` never returns."""

from pathlib import Path

from pii_rules import RULES
from pulumi_policy import EnforcementLevel, PolicyPack

from dataops_infra.policy import build_pack

PolicyPack(
    "dataops-pii",
    policies=build_pack(RULES, Path(__file__).parent),
    enforcement_level=EnforcementLevel.ADVISORY,
)
