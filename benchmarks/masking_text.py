"""Cleaning free text beside presidio without a model and beside a loop over texts, on the same texts in one run."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import masking_data
from benchmarks.environments import interpreter
from benchmarks.measuring import one_core
from dataops_infra.masking.binding import make_operator
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known_collecting import collect_known
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.operators.base import Operator
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.sources import open_source

TEXTS, CUSTOMERS, PEER_TEXTS, ROUNDS = 100_000, 33_000, 1_000, 3
IDS_TARGET, NAMES_TARGET = 250, 100
"""Texts a second over presidio's (masking-design.md §4)."""
_LOOP = tuple(
    map(
        re.compile,
        (
            r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}",
            r"\b\d{3}-\d{2}-\d{4}\b",
            r"\b(?:\d[ -]?){13,19}\b",
            r"\+\d[\d ().-]{7,}\d",
            r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b",
        ),
    )
)


def section(folder: Path) -> str:
    """The measurement as a section of docs/benchmarks.md."""
    texts, ids, names = _cases(folder)
    ways: dict[str, Callable[[], object]] = {
        "loop": lambda: [_replaced(text) for text in texts.to_pylist()],
        "ids": lambda: ids.apply(texts, None),  # type: ignore[arg-type]
        "names": lambda: names.apply(texts, None),  # type: ignore[arg-type]
    }
    speeds: dict[str, list[float]] = {name: [] for name in ("presidio", *ways)}
    with one_core():
        for _ in range(ROUNDS):
            speeds["presidio"].append(_presidio(folder))
            for name, work in ways.items():
                speeds[name].append(_speed(work))
    middle = {name: median(each) for name, each in speeds.items()}
    return _SECTION.format(
        texts=TEXTS,
        some=PEER_TEXTS,
        names_known=CUSTOMERS,
        rounds=ROUNDS,
        ids=middle["ids"] / middle["presidio"],
        names=middle["names"] / middle["presidio"],
        loop=middle["ids"] / middle["loop"],
        ids_target=IDS_TARGET,
        names_target=NAMES_TARGET,
    )


def _cases(folder: Path) -> tuple[pa.Array, Operator, Operator]:
    """The texts, and the operator without and with the names of all customers."""
    tickets = masking_data.ticket_rows(np.arange(TEXTS), CUSTOMERS).to_arrow()
    customers = masking_data.customer_rows(np.arange(CUSTOMERS)).to_arrow().select(["full_name"])
    pq.write_table(tickets, folder / "tickets.parquet")
    pq.write_table(customers, folder / "customers.parquet")
    name = ColumnPlan(operator="pool", domain="full_name", options={"pool": "full_name"})
    columns = {path: ColumnPlan(operator="text" if path == "body" else "keep") for path in tickets.schema.names}
    plan = Plan(tables={"customers": TablePlan(columns={"full_name": name}), "tickets": TablePlan(columns=columns)})
    key = MasterKey(bytes(range(32)))
    known = Learned(known=collect_known(plan, open_source(folder), key))
    texts = tickets["body"].combine_chunks()
    operators = (make_operator(plan, "tickets", "body", texts.type, key, each) for each in (Learned(), known))
    return texts, *operators


def _presidio(folder: Path) -> float:
    """Texts a second of presidio's batch engines without a model, in their own environment."""
    peer = Path(__file__).parent / "peers" / "masking.py"
    rows = PEER_TEXTS * (TEXTS + CUSTOMERS) // TEXTS
    words: list[str | Path] = [interpreter("presidio"), peer, "texts", folder, str(rows)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    cost = json.loads(done.stdout.splitlines()[-1])
    return float(cost["rows"] / cost["seconds"])


def _replaced(text: str) -> str:
    for pattern in _LOOP:
        text = pattern.sub("[redacted]", text)
    return text


def _speed(work: Callable[[], object]) -> float:
    """Texts a second of the second of two calls: the first one warms up."""
    work()
    start = time.perf_counter()
    work()
    return TEXTS / (time.perf_counter() - start)


_SECTION = """\
## Free text beside presidio and beside a loop

{texts:,} invented tickets of some 150 characters that hold e-mail addresses, phone and card numbers and names;
{names_known:,} customers' names are known. Presidio (batch engines, no model, analyse and anonymise) gets the first
{some:,} of the same texts; the loop is five compiled regular expressions over each text, without check digits and
context. One core, warm, medians of {rounds} rounds in turn.

| cleaned | texts a second over the peer's | target |
|---|---|---|
| identifiers, presidio | **{ids:,.0f} ×** | ≥ {ids_target} × |
| identifiers and names, presidio | **{names:,.0f} ×** | ≥ {names_target} × |
| identifiers, loop of five expressions | **{loop:.1f} ×** | |
"""
