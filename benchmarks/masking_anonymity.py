"""k, l and t of a table beside pycanon, in turns on one core, and generalising it with the time that takes.

``python -m benchmarks --only masking_anonymity`` makes pycanon's environment when it is missing.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.environments import interpreter
from benchmarks.measuring import one_core
from dataops_infra.masking.anonymity.measures import measure
from dataops_infra.masking.anonymity.recoding import learn_recoding
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import open_source

ROWS, ROUNDS, TARGET = 1_000_000, 3, 15
GENERALISED_ROWS, GENERALISED_SECONDS, K = 100_000, 1.0, 5
IDENTIFIERS, SENSITIVE = ("age", "zip", "sex"), ("salary", "illness")
PEER = Path(__file__).parent / "peers" / "measures.py"


@dataclass(frozen=True)
class Measured:
    """Medians of some rounds, in seconds; ratio = the peer's time over ours."""

    rows: int
    ours: float
    theirs: float
    figures: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.theirs / self.ours


@dataclass(frozen=True)
class Generalised:
    """One table generalised: seconds to learn and to apply, and what came out."""

    rows: int
    learning: float
    applying: float
    groups: int


def people(rows: int) -> pa.Table:
    """Invented people: 16 bands of age, 20 postcodes, 3 sexes, 60 salaries and 30 illnesses, some of them rare."""
    draw = np.random.default_rng(5)
    return pa.table(
        {
            "age": draw.integers(4, 20, rows) * 5,
            "zip": pa.array([f"{10_000 + 7 * place:05}" for place in range(20)]).take(
                pa.array(draw.integers(0, 20, rows))
            ),
            "sex": pa.array(["f", "m", "x"]).take(pa.array(draw.choice(3, rows, p=[0.495, 0.495, 0.01]))),
            "salary": draw.binomial(60, 0.4, rows) * 1_000,
            "illness": pa.array([f"illness {place}" for place in range(30)]).take(
                pa.array(draw.binomial(29, 0.3, rows))
            ),
        }
    )


def against_pycanon(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> Measured:
    """k, l and t of the same rows, ours and pycanon's in turns.

    :raises RuntimeError: the figures differ.
    """
    table = people(rows)
    pyarrow.csv.write_csv(table, folder / "people.csv")
    ours, theirs = [], []
    found: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()
    with one_core(), _peer(folder / "people.csv") as ask:
        for _ in range(rounds):
            start = time.perf_counter()
            measures = measure(table.to_batches(max_chunksize=65_536), IDENTIFIERS, SENSITIVE)
            ours.append(time.perf_counter() - start)
            assert measures.l is not None
            assert measures.t is not None
            found = (measures.k, measures.l, round(measures.t, 9))
            answer = ask()
            theirs.append(answer["seconds"])
            expected = (*answer["figures"][:2], round(answer["figures"][2], 9))
    if found != expected:
        raise RuntimeError(f"ours found {found}, pycanon {expected}")
    return Measured(rows, median(ours), median(theirs), found)


def varied_people(rows: int) -> pa.Table:
    """Invented people of whom hardly two are alike: 90 ages, 40,000 postcodes, 3 sexes, 15,000 birth dates."""
    draw = np.random.default_rng(6)
    postcodes = pa.array([f"{place:05}" for place in range(40_000)])
    return pa.table(
        {
            "age": draw.integers(0, 90, rows),
            "zip": postcodes.take(pa.array(draw.integers(0, len(postcodes), rows))),
            "sex": pa.array(["f", "m", "x"]).take(pa.array(draw.choice(3, rows, p=[0.495, 0.495, 0.01]))),
            "born": pa.array(draw.integers(0, 15_000, rows).astype(np.int32)).view(pa.date32()),
        }
    )


@contextmanager
def _peer(table: Path) -> Iterator[Any]:
    """pycanon in a process of its own that has read the table: call the result for one measurement."""
    words = [interpreter("pycanon"), PEER, table, ",".join(IDENTIFIERS), ",".join(SENSITIVE)]
    with subprocess.Popen(
        [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"

        def ask() -> dict[str, Any]:
            print("go", file=child.stdin, flush=True)
            return dict(json.loads(child.stdout.readline()))  # type: ignore[union-attr]  # asserted above

        yield ask
        child.stdin.close()


def generalised(folder: Path, rows: int = GENERALISED_ROWS) -> Generalised:
    """A table of varied people generalised to k = 5, one core."""
    pyarrow.parquet.write_table(varied_people(rows), folder / "people.parquet")
    source = open_source(folder / "people.parquet").tables["people"]
    names = source.schema.names
    columns = {name: {"operator": "generalise"} for name in names}
    plan = Plan.model_validate(
        {"tables": {"people": {"columns": columns}}, "quasi_identifiers": {"people": names}, "k": K}
    )
    with one_core():
        start = time.perf_counter()
        recoding = learn_recoding(plan, "people", source)
        learned = time.perf_counter()
        assert recoding is not None
        for batch in source.batches():
            for name in names:
                recoding.apply(name, BatchRows(batch))
        applied = time.perf_counter()
    return Generalised(rows, learned - start, applied - learned, int(recoding.groups.max()) + 1)


def section(folder: Path, rows: int = ROWS) -> str:
    """What docs/benchmarks.md says of it."""
    measured, made = against_pycanon(folder, rows), generalised(folder)
    return (
        "## k-anonymity, l-diversity and t-closeness beside pycanon\n\n"
        f"k + l + t of {measured.rows:,} rows: **{measured.ratio:.1f} times** as fast as pycanon "
        f"(target: at least {TARGET}); {measured.ours:.2f} s and {measured.theirs:.2f} s, medians of {ROUNDS} rounds "
        f"in turns on one core, equal figures {measured.figures}.\n\n"
        f"Generalising {made.rows:,} rows to k = {K}: learned in {made.learning:.2f} s (target: at most "
        f"{GENERALISED_SECONDS:.0f} s), applied in {made.applying:.2f} s, {made.groups:,} groups.\n"
    )
