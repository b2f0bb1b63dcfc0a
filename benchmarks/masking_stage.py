"""One stage of a masked copy in a process of its own; prints what it cost as JSON.

``python -m benchmarks.masking_stage copy|mask|gate SOURCE TARGET PLAN THREADS [ROUNDS]``. Of several rounds (1 unless
said) the first is left out, which does what a process does once: imports, pools, compiled expressions; of the others
the medians count. ``mask`` includes the first pass that learns the names.
"""

import json
import resource
import sys
import time
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.masking.binding import check_plan
from dataops_infra.masking.engines.base import Work
from dataops_infra.masking.engines.local import LocalEngine
from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.model import Verdict
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.plan import read_plan
from dataops_infra.masking.preparing import begin_learning
from dataops_infra.masking.sources import open_source

KEY = bytes(range(32))


def copy(source: Path, target: Path, _plan: Path, _threads: int) -> None:
    """Row group by row group through pyarrow with its defaults: what a masked copy is measured against."""
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.parquet")):
        original = pq.ParquetFile(file)
        with pq.ParquetWriter(target / file.name, original.schema_arrow) as writer:
            for group in range(original.num_row_groups):
                writer.write_table(original.read_row_group(group))


def mask(source: Path, target: Path, plan: Path, threads: int) -> None:
    """Learn, bind, mask every file into ``target``."""

    opened, read, key = open_source(source), read_plan(plan), MasterKey(KEY)
    check_plan(read, opened.schemas, plan)
    work = Work(read, opened, key, begin_learning(read, opened, key, threads=threads))
    LocalEngine(threads).mask(work, target, lambda _rows: None)


def gate(source: Path, target: Path, plan: Path, _threads: int) -> None:
    """Judge ``target``; a refusal is an error here."""

    report = judge(read_plan(plan), open_source(source), open_source(target))
    failed = [f"{check.name} {check.table}.{check.column}" for check in report.checks if check.verdict is Verdict.FAIL]
    if failed:
        raise SystemExit(f"the gate refused: {failed}")


STAGES = {"copy": copy, "mask": mask, "gate": gate}


def _cost(stage: str, source: Path, target: Path, plan: Path, threads: int) -> tuple[float, float]:
    """Seconds, and seconds of CPU."""
    start, cpu = time.perf_counter(), time.process_time()
    STAGES[stage](source, target, plan, threads)
    return time.perf_counter() - start, time.process_time() - cpu


def main(stage: str, source: str, target: str, plan: str, threads: str, rounds: str = "1") -> None:
    """Prints seconds, seconds of CPU and the peak of the resident memory."""

    pa.set_cpu_count(max(1, int(threads)))
    costs = [_cost(stage, Path(source), Path(target), Path(plan), int(threads)) for _ in range(int(rounds))]
    seconds, cpu = (median(each) for each in zip(*(costs[1:] or costs), strict=True))
    cost = {"seconds": seconds, "cpu": cpu}
    # Linux counts in kilobytes.
    print(json.dumps({**cost, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
