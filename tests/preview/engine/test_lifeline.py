"""Nothing outlives the supervisor: when its end of the lifeline closes, the engine's whole group ends."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.support.engine import START, engine_job, write_program

PROGRAM = """\
import os, subprocess, sys, time
from pathlib import Path

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
Path("pids").write_text(f"{os.getpid()} {child.pid}")
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.05)


def test_the_group_ends_with_the_lifeline(tmp_path: Path) -> None:
    folder = write_program(tmp_path / "program", PROGRAM)
    workdir = tmp_path / "work"
    workdir.mkdir()
    job = workdir / "job.json"
    job.write_text(json.dumps({**engine_job(folder), "workdir": str(workdir), "trace": False}))
    engine = subprocess.Popen(
        [sys.executable, str(START), str(job)], stdin=subprocess.PIPE, start_new_session=True, cwd=folder
    )
    pids = folder / "pids"
    wait_until(lambda: pids.exists() and " " in pids.read_text())
    program, child = map(int, pids.read_text().split())

    assert engine.stdin is not None
    engine.stdin.close()
    engine.wait(20)
    wait_until(lambda: not is_alive(child))

    assert not is_alive(program)
    assert not is_alive(child)
    assert not (workdir / "result.json").exists()
