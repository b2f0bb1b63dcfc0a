"""A pack is not asked again about types that none of its rules looks at; in packs that are not ours it always is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.engine.packs import PackGroup
from dataops_infra.preview.engine.records import ResourceRecord
from tests.support import analyzer
from tests.support.pack_processes import BUCKET, bucket, pack_spec, started, write_pack

OURS = f"""
from dataops_infra.policy import Level, Rule

def named(resource):
    if not resource.props.get("bucket"):
        yield "no name"

def edit(resource, settings):
    return False

RULES = [
    Rule(name="bucket-named", description="Named.", types=frozenset({{"{BUCKET}"}}), check=named, remediate=edit,
         level=Level.REMEDIATE),
    Rule(name="stack-known", description="Known.", kind="stack", types=frozenset({{"{BUCKET}"}}),
         check=lambda stack: ()),
]
"""
THEIRS = f"""
def named(args, report):
    if args.resource_type != "{BUCKET}":
        args.not_applicable()

PolicyPack("theirs", [ResourceValidationPolicy("bucket-named", "Named.", named)])
"""
TOPIC = "aws:sns/topic:Topic"


def topic(index: int) -> ResourceRecord:
    return replace(bucket(), type=TOPIC, urn=f"urn:pulumi:dev::shop::{TOPIC}::t{index}", name=f"t{index}")


def asked_about(group: PackGroup, records: list[ResourceRecord], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the resources that the pack was asked about, those to remediate with an exclamation mark."""
    server, asked = group._packs[0].server, list[str]()

    def note(method: str, mark: str) -> None:
        ask = getattr(server, method)

        def noting(request: Any) -> Any:
            asked.append(request.name + mark)
            return ask(request)

        monkeypatch.setattr(server, method, noting)

    note("analyze", "")
    note("remediate", "!")
    for record in records:
        group.remediate(record)
        group.analyze(record)
        group.drain()
    return asked


def test_our_pack_is_asked_once_about_a_type_that_it_does_not_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = bucket()
    with started([pack_spec(analyzer.write_pack(tmp_path / "ours", OURS))]) as group:
        asked = asked_about(group, [topic(0), lake, topic(1), lake, topic(2)], monkeypatch)
    assert asked == ["t0!", "t0", f"{lake.name}!", lake.name, f"{lake.name}!", lake.name]


def test_another_pack_is_asked_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started([pack_spec(write_pack(tmp_path / "theirs", THEIRS))]) as group:
        assert asked_about(group, [topic(0), topic(1)], monkeypatch) == ["t0", "t1"]


def test_an_audit_asks_always_since_stack_rules_need_the_inputs_of_each_resource(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started([pack_spec(analyzer.write_pack(tmp_path / "ours", OURS))]) as group:
        group.skips_indifferent = False
        assert asked_about(group, [topic(0), topic(1)], monkeypatch) == ["t0!", "t0", "t1!", "t1"]
