"""Every example and the reference platform, previewed by the real command and compared with an inventory."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.examples.inventory import inventory_of, read_inventory, write_inventory

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/Pulumi.yaml"))
FAILS_ON_PURPOSE = "breaks_the_rules"
STACKS = ["dev", "staging", "prod"]


@functools.cache
def preview(folder: str, stack: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON report of ``dataops preview`` with the tagging pack."""
    command = [sys.executable, "-c", "from dataops_infra.cli import main; main()", "preview", folder]
    command += ["--stack", stack, "--policy-pack", "tagging", "--format", "json", "--as-of", "2026-12-01"]
    environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, report


CASES = [(f"examples/{name}", "dev", f"{name}.dev") for name in EXAMPLES]
CASES += [(".", stack, f"platform.{stack}") for stack in STACKS]


@pytest.mark.parametrize(("folder", "stack", "inventory"), CASES, ids=[name for _, _, name in CASES])
def test_program_deploys_what_its_inventory_says(
    folder: str, stack: str, inventory: str, request: pytest.FixtureRequest
) -> None:
    wanted = read_inventory(inventory)
    actual = inventory_of(preview(folder, stack)[1], wanted)
    if request.config.getoption("--update"):
        write_inventory(inventory, actual)
    assert actual == read_inventory(inventory), "if this is meant: pytest tests/examples --update"


@pytest.mark.parametrize(("folder", "stack"), [(folder, stack) for folder, stack, _ in CASES])
def test_no_program_of_ours_leaves_anything_to_be_judged_later(folder: str, stack: str) -> None:
    report = preview(folder, stack)[1]
    assert report["deferred"] == []
    assert report["unansweredFunctions"] == []


@pytest.mark.parametrize(("folder", "stack"), [c[:2] for c in CASES if FAILS_ON_PURPOSE not in c[0]])
def test_our_programs_break_no_rule(folder: str, stack: str) -> None:
    code, report = preview(folder, stack)
    assert report["violations"] == []
    assert code == 0


def test_example_that_fails_on_purpose_points_at_its_lines() -> None:
    code, report = preview(f"examples/{FAILS_ON_PURPOSE}", "dev")
    assert code == 1
    program = (ROOT / "examples" / FAILS_ON_PURPOSE / "__main__.py").read_text().splitlines()
    exports = next(v for v in report["violations"] if v["urn"].endswith("::exports"))
    assert exports["policy"] == "required-tags"
    assert exports["source"]["file"].endswith("breaks_the_rules/__main__.py")
    assert program[exports["source"]["line"] - 1].startswith("exports = ")


@pytest.mark.parametrize(("folder", "stack"), [(folder, stack) for folder, stack, _ in CASES])
def test_no_input_of_our_programs_holds_the_text_none(folder: str, stack: str) -> None:
    resources = preview(folder, stack)[1]["resources"]
    assert [r["name"] for r in resources if "None" in json.dumps(r["inputs"])] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_fits_on_a_screen(name: str) -> None:
    lines = (ROOT / "examples" / name / "__main__.py").read_text().splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith('"""')
