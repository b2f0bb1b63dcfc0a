"""What every policy pack shares: rules as records, safe reading of properties, exemptions, the kernel's own policies.

A pack's ``__main__.py`` makes ``PolicyPack(name, policies=build_pack(RULES, folder))`` and holds nothing else;
:mod:`dataops_infra.policy.judging` judges a rule on a resource in a unit test, without a server.
"""

from dataops_infra.policy.billable import is_billable
from dataops_infra.policy.building import build_pack
from dataops_infra.policy.rules import (
    PROVIDER_TYPE_PREFIX,
    Finding,
    Level,
    OnUnknown,
    Provider,
    Resource,
    Rule,
    Severity,
    Stack,
    Violation,
    every_type,
    taggable,
)
from dataops_infra.policy.settings import Settings
from dataops_infra.policy.tag_reading import Tags
from dataops_infra.policy.values import UNKNOWN, Items, Properties, Unknown
from dataops_infra.policy.verdicts import RuleError

__all__ = [
    "PROVIDER_TYPE_PREFIX",
    "UNKNOWN",
    "Finding",
    "Items",
    "Level",
    "OnUnknown",
    "Properties",
    "Provider",
    "Resource",
    "Rule",
    "RuleError",
    "Settings",
    "Severity",
    "Stack",
    "Tags",
    "Unknown",
    "Violation",
    "build_pack",
    "every_type",
    "is_billable",
    "taggable",
]
