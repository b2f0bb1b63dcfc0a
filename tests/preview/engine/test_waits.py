"""Who a time-out blames."""

import time
from pathlib import Path

import pytest

from dataops_infra.errors import PreviewError
from dataops_infra.preview.engine.waits import FILE, Waits
from tests.support.engine import run_engine, write_program
from tests.support.pack_processes import write_pack


def until(path: Path, text: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (path.exists() and path.read_text() == text):
        time.sleep(0.02)
    assert path.read_text() == text


def test_only_a_wait_that_lasts_is_told_and_taken_back(tmp_path: Path) -> None:
    waits = Waits()
    waits.tell(tmp_path)
    with waits.on("short"):
        pass
    with waits.on("first"), waits.on("second"):
        until(tmp_path / FILE, "first")
    until(tmp_path / FILE, "")
    waits.close()


HANGS = "lambda args, report: time.sleep(600)"
RULES = {
    "judging {urn}": f"ResourceValidationPolicy('slow', 'Slow.', {HANGS})",
    "judging the whole stack": f"StackValidationPolicy('slow', 'Slow.', {HANGS})",
    "remediating {urn}": (
        "ResourceValidationPolicy('slow', 'Slow.', lambda args, report: None, enforcement_level=Level.REMEDIATE, "
        "remediate=lambda args: time.sleep(600))"
    ),
}


@pytest.mark.parametrize("doing", RULES)
def test_a_pack_that_hangs_is_blamed_for_the_time_out(doing: str, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "slow", f"PolicyPack('slow', [{RULES[doing]}])")
    program = write_program(tmp_path / "program", "import pulumi\npulumi.ComponentResource('a:b:C', 'c')\n")

    with pytest.raises(PreviewError) as caught:
        run_engine(program, [pack], timeout=15)

    urn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
    urn = "urn:pulumi:dev::shop::a:b:C::c" if doing.startswith("rem") else urn
    assert str(caught.value) == (
        f"policy pack slow did not finish {doing.format(urn=urn)} within the 15 s of --timeout: look there for a rule "
        "that never ends, or give it longer with --timeout"
    )
