"""Runs that are killed, out of room, or without permission: the target is untouched or complete, the next run works."""

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.masked_runs import KEY_BYTES, contents, mask, write_people, write_plan

KILLS = 50
RUNNER = Path(__file__).parents[2] / "support" / "run_server.py"


class RunServer:
    """A process that has imported the engine and forks a run for each line it is sent."""

    def __init__(self, *arguments: str | Path) -> None:
        words = [sys.executable, str(RUNNER), KEY_BYTES.hex(), *map(str, arguments)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def run(self, kill_after: float | None = None, file_size: int | None = None) -> dict[str, object]:
        """One run, killed after so many seconds: its exit status, its text and how long it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"kill_after": kill_after, "file_size": file_size}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, object] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@pytest.mark.parametrize("has_former", [False, True], ids=["new", "overwrite"])
def test_killed_at_random_points_the_target_is_untouched_or_complete(tmp_path: Path, has_former: bool) -> None:
    source, target = write_people(tmp_path / "source", rows=2000), tmp_path / "masked"
    plan = write_plan(tmp_path / "plan.yaml", source)
    mask(tmp_path, source)
    new, former = contents(target), {}
    shutil.rmtree(target)
    if has_former:
        mask(tmp_path, source, {"email": "redact"})
        former = contents(target)
        write_plan(plan, source)
    kept = tmp_path / "kept"
    if has_former:
        shutil.copytree(target, kept)
    server = RunServer(plan, source, target)
    try:
        seconds = float(str(server.run()["seconds"]))
        assert contents(target) == new
        chance, killed = random.Random(5), 0
        for _kill in range(KILLS // 2):
            shutil.rmtree(target, ignore_errors=True)
            if has_former:
                shutil.copytree(kept, target)
            answer = server.run(kill_after=chance.random() * seconds)
            killed += answer["status"] == -signal.SIGKILL
            assert (contents(target) if target.exists() else {}) in (former, new)
        assert server.run()["status"] == 0
    finally:
        server.close()
    assert killed > KILLS // 4
    assert contents(target) == new
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_full_disk_is_one_sentence_and_nothing_is_left(tmp_path: Path) -> None:
    source, target = write_people(tmp_path / "source", rows=5000), tmp_path / "masked"
    server = RunServer(write_plan(tmp_path / "plan.yaml", source), source, target)
    try:
        answer = server.run(file_size=20_000)
        assert answer["status"] == 2
        assert "cannot be written (" in str(answer["text"])
        assert "nothing was published" in str(answer["text"])
        assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.yaml", "source"]
        assert server.run()["status"] == 0
    finally:
        server.close()
