"""Masks and copies the same files with one Spark application: ``masking_spark_stage SOURCE FOLDER PLAN ROUNDS``.

Prints what each round cost as JSON: wall-clock seconds, and seconds of CPU of the whole process tree.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from benchmarks.measuring import process_tree
from dataops_infra.masking.engines.base import Work
from dataops_infra.masking.engines.local import LocalEngine
from dataops_infra.masking.engines.spark import SparkEngine, start_session
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.plan import read_plan
from dataops_infra.masking.preparing import begin_learning
from dataops_infra.masking.run import RunRequest, run
from dataops_infra.masking.sources import Source, open_source

KEY = MasterKey(bytes(range(32)))
MASTER = "local[2]"
SETTINGS = {
    "spark.master": MASTER,
    "spark.driver.memory": "2g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def main(source: Path, folder: Path, plan_file: Path, rounds: int) -> None:
    """Warm up, then copy and mask in turn; at last a whole run, and a comparison with the local engine's copy."""
    session = start_session(SETTINGS)
    plan, opened = read_plan(plan_file), open_source(source)
    work = Work(plan, opened, KEY, begin_learning(plan, opened, KEY))
    engine = SparkEngine(session)

    def copy() -> None:
        for table in opened.tables.values():
            for file in table.files:
                session.read.parquet(str(file.path)).write.mode("overwrite").parquet(str(folder / "copy" / table.name))

    def mask() -> None:
        masked = _emptied(folder / "masked")
        engine.mask(work, masked, lambda _rows: None)

    def whole() -> None:
        shutil.rmtree(folder / "whole", ignore_errors=True)
        run(RunRequest(plan_file, source, folder / "whole", KEY, threads=2), engine=engine)

    _cost(copy), _cost(mask)  # the machine's and the workers' first time
    found = [{"copy": _cost(copy), "mask": _cost(mask)} for _ in range(rounds)]
    local = _emptied(folder / "local")
    LocalEngine(2).mask(work, local, lambda _rows: None)
    is_equal = _is_equal(open_source(local), open_source(folder / "masked"))
    print(json.dumps({"rounds": found, "whole": _cost(whole), "equal": is_equal}))


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _cost(work: Callable[[], None]) -> dict[str, float]:
    start, cpu = time.perf_counter(), _cpu()
    work()
    return {"seconds": time.perf_counter() - start, "cpu": _cpu() - cpu}


def _cpu() -> float:
    """Seconds of CPU of this process and all that descend from it, those that have ended included: Java and workers."""
    ticks = 0
    for process in process_tree(os.getpid()):
        try:
            stat = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, stat[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _is_equal(one: Source, other: Source) -> bool:
    """Whether two copies hold the same values in the same order, however their files are cut."""
    return all(
        first == second
        for name, table in one.tables.items()
        for first, second in zip(_slices(table.batches()), _slices(other.tables[name].batches()), strict=True)
    )


def _slices(batches: Iterator[pa.RecordBatch], rows: int = 65_536) -> Iterator[pa.Table]:
    """The same rows in tables of one size."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        while sum(each.num_rows for each in waiting) >= rows:
            table = pa.Table.from_batches(waiting).combine_chunks()
            yield table.slice(0, rows).combine_chunks()
            waiting = table.slice(rows).to_batches()
    yield pa.Table.from_batches(waiting).combine_chunks() if waiting else None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
