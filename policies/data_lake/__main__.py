"""The pack dataops-data-lake: a lake that is private, encrypted, laid out and kept. ``PolicyPack`` never returns."""

from pathlib import Path

from data_lake_rules import RULES
from pulumi_policy import EnforcementLevel, PolicyPack

from dataops_infra.policy import build_pack

PolicyPack(
    "dataops-data-lake",
    policies=build_pack(RULES, Path(__file__).parent),
    enforcement_level=EnforcementLevel.ADVISORY,
)
