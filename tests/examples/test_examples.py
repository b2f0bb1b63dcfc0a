"""Every example and the reference platform, previewed by the real command and compared with an inventory."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.pack_folders import PACKS
from tests.examples.inventory import inventory_of, read_inventory, write_inventory

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/__main__.py"))
FAILS_ON_PURPOSE = {"breaks_the_rules", "personal_data_leaves_production"}
STACKS = ["dev", "staging", "prod"]
EVERY_PACK = [word for pack in PACKS for word in ("--policy-pack", pack)]


@functools.cache
def preview(folder: str, stack: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON report of ``dataops preview`` with every pack."""
    command = [sys.executable, "-c", "from dataops_infra.cli import main; main()", "preview", folder]
    command += ["--stack", stack, *EVERY_PACK, "--format", "json", "--as-of", "2026-12-01"]
    environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, report


def stacks_of(example: str) -> list[str]:
    """The stacks that an example has: each has a file."""
    files = (ROOT / "examples" / example).glob("Pulumi.*.yaml")
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)


CASES = [(f"examples/{name}", stack, f"{name}.{stack}") for name in EXAMPLES for stack in stacks_of(name)]
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


@pytest.mark.parametrize(("folder", "stack"), [c[:2] for c in CASES if Path(c[0]).name not in FAILS_ON_PURPOSE])
def test_our_programs_break_no_rule(folder: str, stack: str) -> None:
    code, report = preview(folder, stack)
    assert report["violations"] == []
    assert code == 0


def test_example_that_fails_on_purpose_points_at_its_lines() -> None:
    code, report = preview("examples/breaks_the_rules", "dev")
    assert code == 1
    program = (ROOT / "examples" / "breaks_the_rules" / "__main__.py").read_text().splitlines()
    found = (v for v in report["violations"] if v["urn"].endswith("::exports") and v["policy"] == "required-tags")
    exports = next(found)
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


def test_example_in_which_personal_data_leaves_production_prints_the_way() -> None:
    code, report = preview("examples/personal_data_leaves_production", "prod")
    assert code == 1
    (violation,) = report["violations"]
    assert (violation["policy"], violation["urn"].rpartition("::")[2]) == ("pii-stays-in-production", "report")
    assert violation["message"] == (
        "`customers-curated` (pii) → read by role `report` (bucket policy)"
        " → assumed by account 111111111111 (environment dev)"
    )
