"""Packs made with the kernel, in a process of their own: rules that raise or defer, bundled conventions."""

import json
from pathlib import Path

import grpc
import pytest

from dataops_infra.conventions.model import Conventions
from dataops_infra.pack_folders import CONFIG_FILE
from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given, policy_config
from tests.support.analyzer import analyzer, write_pack

BUCKET = Given("aws:s3/bucket:Bucket", {"password": "hunter2", "policy": UNKNOWN})

RULES = """
from dataops_infra.policy import Rule, Violation, every_type

def raises(resource):
    yield str(int(resource.props["password"]))

def reads(stack):
    for resource in stack.resources:
        if resource.props["policy"] == "open":
            yield Violation("open", urn=resource.urn)

RULES = [
    Rule(name="rule-that-raises", description="Raises.", types=frozenset({"aws:s3/bucket:Bucket"}), check=raises),
    Rule(name="rule-that-reads", description="Reads.", kind="stack", types=every_type, check=reads),
]
"""


def test_rule_that_raises_is_an_error_of_the_run_at_any_level(tmp_path: Path) -> None:
    with analyzer(write_pack(tmp_path / "raising", RULES)) as pack:
        pack.configure(rule_that_raises="advisory")
        with pytest.raises(grpc.RpcError) as raised:
            pack.analyze(BUCKET)
        assert "policy rule-that-raises raised ValueError at raising_rules.py:5" in str(raised.value.details())
        assert "hunter2" not in str(raised.value.details())
        pack.configure(rule_that_raises="disabled")
        assert pack.analyze(BUCKET) == []


def test_stack_rule_defers_on_the_resource(tmp_path: Path) -> None:
    with analyzer(write_pack(tmp_path / "reading", RULES)) as pack:
        pack.configure()
        heard = [entry for entry in pack.analyze_stack([BUCKET]) if entry[0] != "conventions-source"]
    text = "rule-that-reads: `policy` is unknown before deployment; `dataops audit` judges it afterwards"
    assert heard == [("deferred-checks", "advisory", text)]


def test_bundled_conventions_hold_where_the_engine_gives_none(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "bundled", RULES)
    config = policy_config(Conventions.model_validate({"organisation": "acme"}))
    (folder / CONFIG_FILE).write_text(json.dumps({"rule-that-reads": config}))
    with analyzer(folder) as pack:
        pack.configure()
        assert "conventions-source" not in {policy for policy, _, _ in pack.analyze_stack([])}
