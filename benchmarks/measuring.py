"""Run a command, watch its process tree, and say what it cost."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 0.02


@dataclass
class Cost:
    """What one run cost: wall-clock seconds, and the peak resident memory (MB) of the processes that ``role`` names."""

    seconds: float
    peak_mb: dict[str, float] = field(default_factory=dict)


def process_tree(session: int) -> list[int]:
    """Every process that descends from ``session``, itself included."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The command's name stands in parentheses and may hold spaces: read behind the last one.
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
    found = {session}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def _peak(process: int) -> tuple[str, float] | None:
    """The command line and the high-water mark of the resident memory (MB) of one process."""
    try:
        command = (Path("/proc") / str(process) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        status = (Path("/proc") / str(process) / "status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return command, int(line.split()[1]) / 1024
    return None


def run(command: Sequence[str | Path], folder: Path, role: Callable[[str], str]) -> Cost:
    """Run ``command`` in ``folder``; ``role`` turns a process's command line into the name its peak is kept under.

    :raises RuntimeError: with the end of its output, when the command fails.
    """
    log = folder / "measured.log"
    with log.open("wb") as sink:
        start = time.perf_counter()
        child = subprocess.Popen([str(word) for word in command], cwd=folder, stdout=sink, stderr=subprocess.STDOUT)
        peaks: dict[str, float] = {}
        while child.poll() is None:
            for process in process_tree(child.pid):
                if (seen := _peak(process)) is not None:
                    name = role(seen[0])
                    peaks[name] = max(peaks.get(name, 0.0), seen[1])
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - start
    if child.returncode not in (0, 1):
        raise RuntimeError(f"{command} ended with {child.returncode}: {log.read_text(errors='replace')[-2000:]}")
    return Cost(seconds, peaks)


@contextmanager
def one_core() -> Iterator[None]:
    """Confine this process, and the workers that it starts, to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
