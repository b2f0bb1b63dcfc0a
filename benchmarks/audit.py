"""`dataops audit` of many exports: as many workers as cores beside one worker on one core, in turn in one run.

A worker with its packs is several processes, which overlap where cores are idle. So the single-stack rate is that of
one worker whose processes share one core: what a core does when nobody helps it.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.exports import write_exports
from benchmarks.measuring import one_core
from dataops_infra.audit.arguments import Named
from dataops_infra.audit.run import MAXIMUM_MEBIBYTES, cores, work_order
from dataops_infra.audit.workers import Pool
from dataops_infra.conventions import Conventions, compiled
from dataops_infra.pack_folders import PACKS, pack_folder
from dataops_infra.preview.packs import resolve_packs

EXPORTS = 200
ROUNDS = 3
TARGET = 0.8
"""Of the cores times the single-stack rate."""
_WARM_UP = 0.1
"""Share of the exports that is judged before the clock starts: packs load modules when they first need them."""


@dataclass(frozen=True)
class Throughput:
    """Stacks per second in steady state: of one worker on one core, and of one worker per core."""

    exports: int
    cores: int
    single: float
    parallel: float

    @property
    def ratio(self) -> float:
        """The parallel rate over cores times the single-stack rate; 1 = perfect."""
        return self.parallel / (self.cores * self.single)


def throughput(folder: Path, exports: int = EXPORTS, rounds: int = ROUNDS) -> Throughput:
    """Medians of some rounds, each of which measures both."""
    named = [Named(path.name, path) for path in write_exports(folder / "exports", exports)]
    packs = resolve_packs(PACKS, (), {name: partial(pack_folder, name) for name in PACKS}, folder)
    rules = compiled(Conventions(), (), "built-in defaults", date(2026, 1, 1))
    order = work_order(packs, rules, MAXIMUM_MEBIBYTES * 1024 * 1024)
    single, parallel = [], []
    for _ in range(rounds):
        with one_core():
            single.append(_rate(1, order, named))
        parallel.append(_rate(cores(), order, named))
    return Throughput(exports, cores(), median(single), median(parallel))


def _rate(jobs: int, order: dict[str, Any], exports: Sequence[Named]) -> float:
    """Stacks per second after the warm-up."""
    finished: list[float] = []

    def keep(_position: int, document: dict[str, Any]) -> None:
        if document["error"] is not None:
            raise RuntimeError(f"an export could not be judged: {document['error']}")
        finished.append(time.perf_counter())

    pool = Pool(jobs, order, os.environ, None)
    try:
        pool.run(exports, keep)
    finally:
        pool.close()
    warm = max(1, int(len(exports) * _WARM_UP))
    return (len(finished) - warm) / (finished[-1] - finished[warm - 1])


_SECTION = """\
## `dataops audit` of {exports} exports with every pack

One worker per core beside one worker on one core, stacks per second in steady state, medians of {rounds}:
**{ratio:.2f}** of {cores} cores times the single-stack rate (target: at least {target});
{parallel:.1f} and {single:.1f} stacks a second.
"""


def section(folder: Path) -> str:
    """The measurement as a section of docs/benchmarks.md."""
    audited = throughput(folder)
    return _SECTION.format(
        exports=audited.exports,
        rounds=ROUNDS,
        ratio=audited.ratio,
        cores=audited.cores,
        target=TARGET,
        parallel=audited.parallel,
        single=audited.single,
    )
