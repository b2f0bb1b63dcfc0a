"""The packs of the recordings, fed with the recorded resources, conclude what they concluded under the real engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.engine.records import EngineFailure, PackSpec, ResourceRecord
from tests.support.pack_processes import PARITY, judged, pack_spec, recorded_record, started, trace_of

CASES = sorted(path.parent.name for path in PARITY.glob("*/packs"))
pytestmark = pytest.mark.skipif(not CASES, reason="the recordings (../shared/parity) are not on this machine")


def recording(case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PARITY / case / "recorded.json").read_text())
    return loaded


def specs_of(case: str) -> list[PackSpec]:
    folders = sorted(path for path in (PARITY / case / "packs").iterdir() if path.is_dir())
    configs = {folder: folder.with_suffix(".json") for folder in folders}
    return [
        pack_spec(f, version="1.0.0", config=json.loads(c.read_text()) if c.exists() else {})
        for f, c in configs.items()
    ]


def records_of(recorded: dict[str, Any]) -> list[ResourceRecord]:
    """Inputs as Analyze got them, outputs and dependencies as AnalyzeStack did."""
    whole = {raw["urn"]: recorded_record(raw) for raw in recorded["analyze_stack"] or []}
    records = [recorded_record(raw) for raw in recorded["analyze"]]
    for record in records:
        if record.urn in whole:
            record.outputs = whole[record.urn].outputs
            record.dependencies = whole[record.urn].dependencies
            record.property_dependencies = whole[record.urn].property_dependencies
    return records


def comparable(items: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)


@pytest.mark.parametrize("case", CASES)
def test_the_recorded_resources_get_the_recorded_verdicts(case: str, tmp_path: Path) -> None:
    recorded, error, group = recording(case), None, None
    of_this_run = recorded["analyze_from"] == "this run"
    try:
        with started(specs_of(case), trace=tmp_path, project=case, organization="organization") as group:
            records = records_of(recorded)
            if not of_this_run:  # then the resources were recorded without the packs' remediations
                for record in records:
                    record.inputs = group.remediate(record) or record.inputs
            judged(group, records)
    except EngineFailure as failure:
        error = str(failure)
    if error is not None:
        assert error == recorded["error"]
    else:
        failed = any(verdict["level"] == "mandatory" for verdict in recorded["verdicts"])
        assert recorded["error"] == ("preview failed" if failed else None)
    if group is not None:
        events = [{k: v for k, v in event.items() if k != "packVersion"} for event in group.events]
        assert comparable(events) == comparable(recorded["verdicts"])
        assert {p: {r: sorted(u) for r, u in of.items()} for p, of in group.passed.items()} == recorded["passed"]
    for pack, configured in recorded["configure"].items():
        [line] = trace_of(tmp_path, pack, "Configure")
        assert line["request"] == configured
        [line] = trace_of(tmp_path, pack, "ConfigureStack")
        assert line["request"] == {**recorded["configure_stack"], "configKeys": ["aws:region"]}
        if of_this_run:
            sent = [line["request"] for line in trace_of(tmp_path, pack, "Analyze")]
            assert comparable(sent) == comparable(recorded["analyze"])
            [line] = trace_of(tmp_path, pack, "AnalyzeStack")
            assert comparable(line["request"]["resources"]) == comparable(recorded["analyze_stack"])


@pytest.mark.parametrize("case", [case for case in CASES if recording(case)["remediate"]])
def test_the_recorded_inputs_are_remediated_as_recorded(case: str, tmp_path: Path) -> None:
    recorded = recording(case)
    before = {raw["urn"]: raw["before"] for raw in reversed(recorded["remediate"])}
    raws = [raw for raw in recorded["analyze"] if raw["urn"] in before]
    with started(specs_of(case), trace=tmp_path, project=case) as group:
        for raw in raws:
            group.remediate(recorded_record({**raw, "properties": before[raw["urn"]]}))
    found = []
    for spec in specs_of(case):
        for line in trace_of(tmp_path, spec.name, "Remediate") if (tmp_path / f"{spec.name}.jsonl").exists() else []:
            request = line["request"]
            found += [
                {"pack": spec.name, "urn": request["urn"], "before": request["properties"],
                 "policy": answer["policy"], "diagnostic": answer["diagnostic"], "after": answer["properties"]}
                for answer in line["response"]
            ]  # fmt: skip
    assert comparable(found) == comparable(recorded["remediate"])
