"""The guide of the pack dataops-pii speaks of every rule, and of no other."""

import re
from pathlib import Path

from dataops_infra.policy.packs import pack_rules

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "pii-pack.md"


def test_the_guide_tells_what_every_rule_wants() -> None:
    section = GUIDE.read_text(encoding="utf-8").split("## What each rule wants")[1].split("\n## ")[0]
    told = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", section, re.MULTILINE)
    assert sorted(told) == sorted(rule.name for rule in pack_rules("pii"))


def test_the_guide_names_only_config_keys_that_rules_have() -> None:
    named = set(re.findall(r"\"([a-zA-Z]+)\": (?:true|[0-9]+)", GUIDE.read_text(encoding="utf-8")))
    assert {"trailElsewhere", "auditLogsElsewhere", "maximumDays"} == named
    assert named <= {key for rule in pack_rules("pii") for key in rule.config}
