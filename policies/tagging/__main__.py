"""The pack dataops-tagging: tags and labels as the conventions want them. ``PolicyPack`` serves and never returns."""

from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack
from tagging_rules import RULES

from dataops_infra.policy import build_pack

PolicyPack(
    "dataops-tagging",
    policies=build_pack(RULES, Path(__file__).parent),
    enforcement_level=EnforcementLevel.ADVISORY,
)
