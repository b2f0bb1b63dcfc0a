"""The guide of the data-lake pack speaks of every rule, and of no other."""

import re
from pathlib import Path

from dataops_infra.policy.packs import pack_rules

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "data-lake-pack.md"


def test_the_guide_tells_what_every_rule_wants() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", GUIDE.read_text(encoding="utf-8").split("## Paths")[0], re.M)
    names = {rule.name for rule in pack_rules("data-lake")}
    assert set(told) >= names
    assert {name for name in told if "-" in name} == names
