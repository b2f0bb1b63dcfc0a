"""A copy that is one file has two names, its own and its manifest's: a run that dies between the two renames."""

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from dataops_infra.masking.gate.model import Verdict
from dataops_infra.masking.manifest import fingerprint
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.masked_runs import KEY_BYTES, mask, write_people, write_plan

DYING_RUN = f"""
import os, signal, sys
from pathlib import Path
from dataops_infra.masking import destinations, run
from dataops_infra.masking.keys import MasterKey

destinations.publish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
plan, source, target = map(Path, sys.argv[1:])
run.run(run.RunRequest(plan, source, target, MasterKey({KEY_BYTES!r}), is_overwritten=True))
"""


def die_between(folder: Path, source: Path) -> None:
    words = [sys.executable, "-c", DYING_RUN, *map(str, (folder / "plan.yaml", source, folder / "masked.parquet"))]
    died = subprocess.run(words, check=False, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert died.returncode == -signal.SIGKILL


def manifest_check(folder: Path, source: Path) -> tuple[Verdict, str]:
    request = VerifyRequest(folder / "plan.yaml", source, folder / "masked.parquet", date(2026, 1, 1))
    (found,) = [check for check in verify(request).gate.checks if check.name == "manifest"]
    return found.verdict, found.explanation


@pytest.mark.parametrize("has_former", [False, True], ids=["new", "overwrite"])
def test_the_file_is_untouched_and_the_next_run_works(tmp_path: Path, has_former: bool) -> None:
    source, target = write_people(tmp_path / "people") / "customers.parquet", tmp_path / "masked.parquet"
    if has_former:
        mask(tmp_path, source, {"email": "redact"})
        former = target.read_bytes()
        assert manifest_check(tmp_path, source)[0] is Verdict.PASS
    write_plan(tmp_path / "plan.yaml", source)
    die_between(tmp_path, source)
    assert (tmp_path / "masked_manifest.json").is_file()
    assert target.exists() is has_former
    if has_former:
        assert target.read_bytes() == former
        verdict, said = manifest_check(tmp_path, source)
        assert verdict is Verdict.FAIL
        assert "it is of another file, as an interrupted run leaves it, or the file was changed" in said
    result = mask(tmp_path, source, is_overwritten=has_former)
    assert result.manifest["file"] == fingerprint(target)
    assert manifest_check(tmp_path, source)[0] is Verdict.PASS
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    source = write_people(tmp_path / "people") / "customers.parquet"
    mask(tmp_path, source)
    content = (tmp_path / "masked.parquet").read_bytes()
    other = mask(tmp_path, source, {"email": "redact"}, is_overwritten=True)
    assert other.is_published
    write_plan(tmp_path / "plan.yaml", source)
    (tmp_path / "masked.parquet").write_bytes(content)
    verdict, said = manifest_check(tmp_path, source)
    assert verdict is Verdict.FAIL
    assert "it was made by another plan; it is of another file" in said
