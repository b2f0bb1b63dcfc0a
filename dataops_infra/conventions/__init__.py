"""The organisation's rules, written once: ``dataops.yaml`` and the dataset contracts. Pure: no Pulumi, no cloud SDK.

``load_conventions()`` finds and reads ``dataops.yaml``; ``Conventions()`` holds the built-in defaults.
"""

from dataops_infra.conventions import name_limits, names, tags
from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.compiled import CompiledRules, compiled, from_compiled
from dataops_infra.conventions.contracts import ColumnContract, DatasetContract, Location, TableContract
from dataops_infra.conventions.environments import Domain, Environment, Regions
from dataops_infra.conventions.exemptions import Exemption
from dataops_infra.conventions.lake_layout import Lake, LakeLayout, LakePath
from dataops_infra.conventions.loading import (
    BUILT_IN,
    LoadedConventions,
    load_contracts,
    load_conventions,
    read_conventions,
    rules_digest,
)
from dataops_infra.conventions.model import Conventions
from dataops_infra.conventions.naming import Naming
from dataops_infra.conventions.retention import Retention, RetentionClass, Tiers
from dataops_infra.conventions.sandboxes import Sandbox
from dataops_infra.conventions.tags import TagRule, Tags, canonical_tag_key, is_mandated_tag_key

__all__ = [
    "BUILT_IN",
    "Classification",
    "ColumnContract",
    "CompiledRules",
    "Conventions",
    "DatasetContract",
    "Domain",
    "Environment",
    "Exemption",
    "Lake",
    "LakeLayout",
    "LakePath",
    "LoadedConventions",
    "Location",
    "Naming",
    "Regions",
    "Retention",
    "RetentionClass",
    "Sandbox",
    "TableContract",
    "TagRule",
    "Tags",
    "Tiers",
    "canonical_tag_key",
    "compiled",
    "from_compiled",
    "is_mandated_tag_key",
    "load_contracts",
    "load_conventions",
    "name_limits",
    "names",
    "read_conventions",
    "rules_digest",
    "tags",
]
