"""Nothing outlives the supervisor: when its end of the lifeline closes, the engine's whole group ends."""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

from dataops_infra.preview.engine.leftovers import MARK, remove_workdir
from tests.support.engine import START, engine_job, write_program

PROGRAM = """\
import os, subprocess, sys, time
from pathlib import Path

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
escaped = subprocess.Popen(["sleep", "3600"], start_new_session=True)
Path("pids").write_text(f"{os.getpid()} {child.pid} {escaped.pid}.")
time.sleep(3600)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: object, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.05)


def test_everything_ends_with_the_lifeline(tmp_path: Path) -> None:
    folder = write_program(tmp_path / "program", PROGRAM)
    workdir = tmp_path / "dataops-preview-x"
    workdir.mkdir()
    job = workdir / "job.json"
    job.write_text(json.dumps({**engine_job(folder), "workdir": str(workdir), "trace": False}))
    engine = subprocess.Popen(
        [sys.executable, str(START), str(job)],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd=folder,
        env={**os.environ, MARK: uuid.uuid4().hex},
    )
    pids = folder / "pids"
    wait_until(lambda: pids.exists() and pids.read_text().endswith("."))
    started = [int(pid) for pid in pids.read_text().rstrip(".").split()]
    assert [is_alive(pid) for pid in started] == [True, True, True]

    assert engine.stdin is not None
    engine.stdin.close()
    engine.wait(20)
    wait_until(lambda: not any(map(is_alive, started)))

    assert [is_alive(pid) for pid in started] == [False, False, False]
    assert not workdir.exists()


def test_only_a_working_folder_of_a_preview_is_removed(tmp_path: Path) -> None:
    for name in ("dataops-preview-x", "project"):
        (tmp_path / name / "inner").mkdir(parents=True)
        remove_workdir(tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == ["project"]
