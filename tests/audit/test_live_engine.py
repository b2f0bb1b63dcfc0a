"""Our audit beside ``pulumi policy analyze`` on the same export: the same verdicts, resource by resource."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dataops_infra.audit.run import work_order
from dataops_infra.audit.worker import Auditor
from dataops_infra.pack_folders import PACKS, bound_pack
from dataops_infra.preview.packs import resolve_packs
from tests.audit.states import GOOD_TAGS, bucket, shown_secret, state, write
from tests.support.cli import environment

EXPORT = state(
    bucket("good"),
    bucket("bad", {"Owner": "x"}),
    bucket("secret", GOOD_TAGS | {"owner": shown_secret("growth-data")}),
    bucket("read", external=True, inputs={}, outputs={"bucket": "read", "tags": {}}),
    bucket("gone", {}, delete=True),
)

Verdict = tuple[str, str, str, str]


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="pulumi is not on PATH")
@pytest.mark.parametrize("pack", PACKS)
def test_verdicts_equal_those_of_the_cli(tmp_path: Path, pack: str) -> None:
    path = write(tmp_path / "state.json", EXPORT)
    ours, theirs = _ours(pack, path), _theirs(pack, path)
    assert ours == theirs


def _ours(pack: str, path: Path) -> list[Verdict]:
    packs = resolve_packs([pack], [], {pack: lambda: bound_pack(pack)}, path.parent)
    order = work_order(packs, {}, 10**9) | {"packs": [found.job_entry(None) for found in packs]}
    auditor = Auditor(order, environment())
    try:
        found = auditor.audit(path)
    finally:
        auditor.close()
    assert found["error"] is None
    root = EXPORT["deployment"]["resources"][0]["urn"]
    return sorted(
        # A verdict that names no resource is the stack's here, and nobody's there.
        (e["policy"], e["level"], "" if e["urn"] == root else e["urn"], e["message"].strip())
        for e in found["observed"]["policyEvents"]
    )


def _theirs(pack: str, path: Path) -> list[Verdict]:
    folder = bound_pack(pack)
    command = ["pulumi", "policy", "analyze", "--file", str(path), "--policy-pack", str(folder), "--json"]
    environ = environment(PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    done = subprocess.run(
        command, cwd=path.parent, env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    events = [json.loads(line).get("policyEvent") for line in done.stdout.splitlines() if line.startswith("{")]
    root = EXPORT["deployment"]["resources"][0]["urn"]
    return sorted(
        (e["policyName"], e["enforcementLevel"], "" if e.get("resourceUrn") == root else e.get("resourceUrn", ""),
         e["message"].strip())
        for e in events if e
    )  # fmt: skip
