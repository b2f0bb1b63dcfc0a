"""The Spark engine beside a plain Spark copy of the same Parquet files, by the same application."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import masking_data
from benchmarks.masking import plan_of
from benchmarks.masking_spark_stage import MASTER

ROWS, ROUNDS = 10_000_000, 3
TARGET = 2.0
"""Target of the measured design (masking-design.md §4)."""


def section(folder: Path) -> str:
    """The measurements as a section of docs/benchmarks.md; without Java, that there are none."""
    if shutil.which("java") is None:
        return f"{_TITLE}\nNot measured: Spark needs Java 17, which this machine does not have.\n"
    source = folder / "source"
    masking_data.write(source, ROWS)
    return _written(measured(source, folder, ROUNDS))


def measured(source: Path, folder: Path, rounds: int) -> dict[str, Any]:
    """What one application made of ``source``.

    :raises RuntimeError: with the end of what it says, when it fails.
    """
    words = [sys.executable, "-m", "benchmarks.masking_spark_stage", source, folder, plan_of(source, folder)]
    done = subprocess.run(
        [*map(str, words), str(rounds)], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{words} ended with {done.returncode}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _written(found: dict[str, Any]) -> str:
    ratios = {
        unit: median(each["mask"][unit] / each["copy"][unit] for each in found["rounds"]) for unit in ("seconds", "cpu")
    }
    copied = {unit: median(each["copy"][unit] for each in found["rounds"]) for unit in ("seconds", "cpu")}
    masked = {unit: median(each["mask"][unit] for each in found["rounds"]) for unit in ("seconds", "cpu")}
    return _TITLE + _SECTION.format(
        rows=ROWS,
        rounds=len(found["rounds"]),
        master=MASTER,
        ratio=ratios["seconds"],
        cpu_ratio=ratios["cpu"],
        target=TARGET,
        copied=copied["seconds"],
        masked=masked["seconds"],
        copied_cpu=copied["cpu"],
        masked_cpu=masked["cpu"],
        whole=found["whole"]["seconds"] / copied["seconds"],
        equal="yes" if found["equal"] else "**no**",
        java=_java(),
        pandas=version("pandas"),
    )


def _java() -> str:
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    return said.partition('"')[2].partition('"')[0]


_TITLE = "## The Spark engine beside a plain Spark copy\n"
_SECTION = """
{rows:,} rows (the mix of the sections above) in three Parquet files, masked by the plan that `classify` makes, and
copied by `spark.read.parquet(…).write.parquet(…)`, by one application with master `{master}`; warm, medians of {rounds}
rounds in turn.

| | measured | target |
|---|---|---|
| masking beside the copy, wall clock ({masked:.1f} s and {copied:.1f} s) | **{ratio:.2f} ×** | ≤ {target:.0f} × |
| masking beside the copy, CPU of all processes ({masked_cpu:.1f} s and {copied_cpu:.1f} s) | {cpu_ratio:.2f} × | – |
| learning, masking and the gate on the driver beside the copy, wall clock | {whole:.2f} × | – |
| values equal those of the local engine | {equal} | yes |

Java {java}, pandas {pandas}.
"""
