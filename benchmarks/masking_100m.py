"""Whether memory hangs on the rows: mask and judge 10 and 100 million of them, and watch the resident memory.

``python -m benchmarks --only masking_100m`` only: it writes 11 GB of data and as much of a copy in
half an hour.
"""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import masking_data
from benchmarks.masking import plan_of

ROWS = (10_000_000, 100_000_000)
THREADS = 2
SAMPLE_SECONDS = 0.5
WITHIN = 0.1
"""The memory of ten times the rows may differ by so much."""


@dataclass(frozen=True)
class Watched:
    """Resident memory (MB) of one stage, in the order of time, and its seconds of CPU."""

    sampled: tuple[float, ...]
    peak: float
    cpu: float

    @property
    def halves(self) -> tuple[float, float]:
        """The median of either half of the run."""
        middle = len(self.sampled) // 2
        return median(self.sampled[:middle] or self.sampled), median(self.sampled[middle:])


def watched(stage: str, source: Path, target: Path, plan: Path) -> Watched:
    """Run a stage of ``benchmarks.masking_stage`` with :data:`THREADS` threads and sample its resident memory.

    :raises RuntimeError: it failed.
    """
    words = [sys.executable, "-m", "benchmarks.masking_stage", stage, source, target, plan, str(THREADS)]
    root = Path(__file__).parents[1]
    with subprocess.Popen(list(map(str, words)), cwd=root, stdout=subprocess.PIPE, text=True) as process:
        sampled = []
        while process.poll() is None:
            sampled.append(_resident(process.pid))
            time.sleep(SAMPLE_SECONDS)
        told = process.stdout.read() if process.stdout is not None else ""
    if process.returncode:
        raise RuntimeError(f"{stage} of {source} ended with {process.returncode}")
    cost = json.loads(told.splitlines()[-1])
    return Watched(tuple(each for each in sampled if each), cost["peak_mb"], cost["cpu"])


def _resident(process: int) -> float:
    try:
        status = (Path("/proc") / str(process) / "status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def compared(small: Path, large: Path, folder: Path, plan: Path) -> str:
    """The section of docs/benchmarks.md about two sources of :data:`ROWS` rows."""
    runs = {}
    for source in (small, large):
        target = folder / "masked"
        shutil.rmtree(target, ignore_errors=True)
        runs[source] = [watched(stage, source, target, plan) for stage in ("mask", "gate")]
    shutil.rmtree(folder / "masked")
    rows = [_row(name, *pair) for name, pair in zip(("mask", "gate"), zip(*runs.values(), strict=True), strict=True)]
    return _SECTION.format(small=ROWS[0], large=ROWS[1], threads=THREADS, within=WITHIN, rows="\n".join(rows))


def _row(name: str, small: Watched, large: Watched) -> str:
    first, second = large.halves
    return (
        f"| {name} | {small.peak:.0f} MB | {large.peak:.0f} MB | **{large.peak / small.peak:.2f}** | "
        f"{first:.0f} MB, {second:.0f} MB | {large.cpu / small.cpu:.1f} × |"
    )


def section(folder: Path) -> str:
    """The measurement as a section of docs/benchmarks.md."""
    small, large = (folder / f"rows{count}" for count in ROWS)
    for source, count in zip((small, large), ROWS, strict=True):
        masking_data.write(source, count)
    return compared(small, large, folder, plan_of(small, folder))


_SECTION = """\
## Memory of `dataops mask` at ten times the rows

The same invented data at {small:,} and {large:,} rows, masked and judged with {threads} threads. What is compared is
the peak of the resident memory of each process (target: within ± {within:.0%}); the medians over the first and the
second half of the larger run say whether it grows meanwhile. What grows with the data is what learning
remembers: the different values that texts really hold, six bytes each (ADR 0182).

| stage | peak at {small:,} rows | peak at {large:,} rows | ratio | halves of the larger run | CPU |
|---|---|---|---|---|---|
{rows}
"""
