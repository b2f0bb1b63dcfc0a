"""The guide of the pack dataops-pii speaks of every rule, and of no other."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema

from dataops_infra.policy.packs import pack_rules
from dataops_infra.preview.packs import read_pack_config
from tests.support.rule_cases import every_case, judged

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "pii-pack.md"


def test_the_guide_tells_what_every_rule_wants() -> None:
    section = GUIDE.read_text(encoding="utf-8").split("## What each rule wants")[1].split("\n## ")[0]
    told = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", section, re.MULTILINE)
    assert sorted(told) == sorted(rule.name for rule in pack_rules("pii"))


def documented_config(folder: Path) -> dict[str, Any]:
    """The example of the guide, read as ``--policy-pack-config`` reads it."""
    (example,) = re.findall(r"^```json\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    file = folder / "pii-rules.json"
    file.write_text(example, encoding="utf-8")
    return read_pack_config(file)


def test_the_guide_explains_every_config_key_of_every_rule(tmp_path: Path) -> None:
    keys = {rule.name: set(rule.config) for rule in pack_rules("pii") if rule.config}
    section = GUIDE.read_text(encoding="utf-8").split("## What a stack cannot tell")[1].split("\n## ")[0]
    explained: dict[str, set[str]] = {}
    rule = ""
    for name, key in re.findall(r"^\| (?:`([a-z-]+)` )?\| `([a-zA-Z]+)` \| .+ \|$", section, re.MULTILINE):
        rule = name or rule
        explained.setdefault(rule, set()).add(key)
    assert explained == keys
    assert {name: set(entry) for name, entry in documented_config(tmp_path).items()} == keys


def test_the_example_of_the_guide_is_what_the_rules_take(tmp_path: Path) -> None:
    rules = {rule.name: rule for rule in pack_rules("pii")}
    for name, entry in documented_config(tmp_path).items():
        jsonschema.validate(entry, {"properties": dict(rules[name].config), "additionalProperties": False})


def test_the_example_of_the_guide_changes_what_the_rules_say(tmp_path: Path) -> None:
    config = documented_config(tmp_path)
    rules = {rule.name: rule for rule in pack_rules("pii")}
    changed = {
        case.rule
        for case in every_case()
        if case.rule in config
        and not case.config
        and judged(case, rules[case.rule]) != judged(replace(case, config=config[case.rule]), rules[case.rule])
    }
    assert changed == set(config)
